"""How a day fills: places kept for a group, people with their places, and who is already in the hall."""

from datetime import timedelta

from workshops.demo.attendees import DEMO, Visitor, attend, invite
from workshops.demo.calendar import Kind
from workshops.demo.crowd import Crowd, Someone
from workshops.demo.programme import CANCELLED_WHY, Planned, Slot
from workshops.demo.rows import Draw, Row, lasting_id

FULLNESS = ((0, 0.85), (14, 0.75), (45, 0.5), (90, 0.3), (400, 0.12))
"""Days ahead at most, and the share of places that is taken by then."""
PLACES, WEIGHTS = (1, 2, 3, 4), (25, 45, 25, 5)
GIVEN_BACK, NO_SHOW, WAITS = 0.05, 0.22, 0.15
MOST_WAITING = 4
SIGN_UP_DAYS = timedelta(days=28)
OFFERED_FOR = timedelta(days=10)
EARLY = timedelta(minutes=10)


def fill(planned: Planned, crowd: Crowd, draw: Draw) -> None:
    """Add attendees until the day is as full as one so near would be, and its sessions as they then stand."""
    day = planned.day
    if day.kind is not Kind.DRAFT:
        _keep_places(planned, draw)
        share = next(share for days, share in FULLNESS if day.ahead <= days) * draw.random.uniform(0.9, 1.1)
        wanted, taken = share * sum(slot.capacity for slot in planned.slots), 0
        while taken < wanted:
            taken += _sign_up(planned, crowd.someone(day.date), taken / wanted, draw)
        if day.kind is Kind.PUBLISHED:
            for by_mail in (True, False, True):
                invite(planned, crowd.someone(day.date), by_mail, draw)
    if day.kind is Kind.CANCELLED:
        _cancel(planned, draw)
    for slot in planned.slots:
        draw.add("session", slot.row(draw.start))


def _keep_places(planned: Planned, draw: Draw) -> None:
    """Keep a few places for a group whose names follow; unused, they are free two days before."""
    until = planned.day.starts_at - timedelta(days=2)
    if planned.day.kind is not Kind.PUBLISHED or until <= draw.start:
        return
    for slot in draw.random.sample(planned.slots, 4):
        slot.held = draw.random.randint(2, 3)
        row: Row = {
            "id": draw.id(),
            "session": slot.id,
            "organisation": lasting_id("mission-locale-demo"),
            "places": slot.held,
            "status": "active",
            "until_at": until,
            "note": "Un groupe de jeunes, les noms suivent (démo).",
            "created_at": draw.start - timedelta(days=5),
        }
        draw.add("hold", row)


def _sign_up(planned: Planned, person: Someone, progress: float, draw: Draw) -> int:
    """Take one to four places for one person; return how many became confirmed."""
    choice = _choose(planned, person, draw)
    if not choice:
        return 0
    before = timedelta(seconds=int(SIGN_UP_DAYS.total_seconds() * (1 - progress)))
    visitor = attend(planned, person, planned.until - before, draw)
    confirmed = [slot for slot in choice if _register(planned, visitor, slot, draw)]
    if planned.day.kind is Kind.TODAY and confirmed:
        _arrive(planned, visitor, confirmed[0], draw)
    return len(confirmed)


def _choose(planned: Planned, person: Someone, draw: Draw) -> list[Slot]:
    """Slots of different workshops that do not overlap, in their order: with a place, or worth waiting for."""
    number = draw.random.choices(PLACES, WEIGHTS)[0]
    appeals = [workshop[0].appeal for workshop in planned.workshops]
    chosen: dict[str, Slot] = {}
    for workshop in draw.random.choices(planned.workshops, appeals, k=3 * number):
        fitting = [slot for slot in workshop if not any(slot.overlaps(other) for other in chosen.values())]
        too_young = person.adult is not None and (workshop[0].min_age or 0) >= 16
        if too_young or not fitting or workshop[0].workshop in chosen or len(chosen) == number:
            continue
        slot = draw.random.choice(fitting)
        waits = slot.free <= 0 and slot.waiting < MOST_WAITING and draw.chance(WAITS)
        if not waits:
            slot = max(fitting, key=lambda other: other.free)
        if waits or slot.free > 0:
            chosen[slot.workshop] = slot
    return sorted(chosen.values(), key=lambda slot: slot.starts_at)


def _register(planned: Planned, visitor: Visitor, slot: Slot, draw: Draw) -> bool:
    """Add a registration and count it; return whether it is confirmed. A few were given back since."""
    is_free, back = slot.free > 0, draw.chance(GIVEN_BACK)
    given_back = visitor.created_at + (planned.until - visitor.created_at) / 2 if is_free and back else None
    status = "cancelled" if given_back else "confirmed" if is_free else "waiting"
    if status == "confirmed" and slot.free == 1 and _is_offered(planned, slot):
        status, slot.offered, planned.has_offer = "offered", 1, True
    elif status == "confirmed":
        slot.confirmed += 1
    elif status == "waiting":
        slot.waiting += 1
        slot.queue_tail += 1
    row: Row = {
        "id": draw.id(),
        "attendee": visitor.attendee,
        "session": slot.id,
        "status": status,
        "position": slot.queue_tail if status == "waiting" else None,
        "offer": "place" if status == "offered" else None,
        "offered_at": draw.start if status == "offered" else None,
        "offered_until": draw.start + OFFERED_FOR if status == "offered" else None,
        "share_with_exhibitor": draw.chance(0.4),
        "created_by": visitor.made_by,
        "created_at": visitor.created_at,
        "updated_at": given_back or visitor.created_at,
        "cancelled_at": given_back,
        "cancelled_by": f"attendee:{visitor.attendee}" if given_back else None,
        "cancelled_why": None,
    }
    draw.add("registration", row)
    return status == "confirmed"


def _is_offered(planned: Planned, slot: Slot) -> bool:
    """Whether the last place of a slot came free for somebody who waited: once, on the next day to come."""
    return planned.day.kind is Kind.PUBLISHED and not planned.has_offer and not slot.waiting


def _arrive(planned: Planned, visitor: Visitor, first: Slot, draw: Draw) -> None:
    """Scan a visitor in at the hall, ten minutes before their first slot, if that is past and they came."""
    at = max(first.starts_at - EARLY, planned.day.starts_at)
    if at > draw.start or draw.chance(NO_SHOW):
        return
    row: Row = {
        "id": draw.id(),
        "event": planned.id,
        "caller": DEMO,
        "kind": "in",
        "ticket": visitor.ticket,
        "attendee": visitor.attendee,
        "method": "qr",
        "taken_at": at,
        "effective_at": at,
        "received_at": at,
        "outcome": "admitted",
    }
    draw.add("scan", row)


def _cancel(planned: Planned, draw: Draw) -> None:
    """Cancel the sessions of a day and every place on them."""
    at = planned.until
    for slot in planned.slots:
        slot.confirmed = slot.offered = slot.held = slot.waiting = 0
        slot.cancelled_at = at
    ended = {"status": "cancelled", "position": None, "cancelled_at": at, "cancelled_by": DEMO}
    sessions = {slot.id for slot in planned.slots}
    for row in draw.rows["registration"]:
        if row["session"] in sessions and row["status"] != "cancelled":
            row.update(ended, updated_at=at, cancelled_why=CANCELLED_WHY)

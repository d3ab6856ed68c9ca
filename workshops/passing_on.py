"""What the clock brings to those who wait: an offer ends and its place passes on; two hours before, people come."""

from datetime import datetime

from workshops import advisers, call_list, database, freed, kept, mail, offers, places, promotion
from workshops.database import fetch, transaction
from workshops.freed import CLOCK, Row
from workshops.mail import Kind
from workshops.tables.people import Offer
from workshops.turns import Turn, in_turn

BATCH = 200
_LOST = (
    "SELECT r.id FROM message m JOIN registration r ON r.id = m.registration JOIN session s ON s.id = r.session "
    "JOIN attendee a ON a.id = r.attendee WHERE m.state = 'failed' AND m.kind IN ('place_given', 'place_offered') "
    "AND m.created_at >= r.offered_at AND (r.status = 'offered' OR (r.status = 'confirmed' AND r.offer = 'given')) "
    "AND a.called_at IS NULL AND s.starts_at > {}"
)

_ON_ITS_WAY = (
    "SELECT m.id FROM message m JOIN registration r ON r.id = m.registration WHERE r.id = {} AND m.channel = 'sms' "
    "AND m.kind = 'place_offered' AND m.state IN ('queued', 'sending') AND m.created_at >= r.offered_at LIMIT 1"
)
_TOLD = (
    "SELECT m.id FROM message m JOIN registration r ON r.id = m.registration WHERE r.id = {} "
    "AND m.kind = 'place_offered' AND m.state = 'sent' AND m.created_at >= r.offered_at LIMIT 1"
)


async def expire_due(now: datetime) -> int:
    """End the offers whose time is over and pass their places on; how many ended."""
    due = await fetch(
        f"SELECT id FROM registration WHERE status = 'offered' AND offered_until <= {database.clock()} "
        f"ORDER BY offered_until LIMIT {BATCH}"
    )
    return sum([await _expire(row["id"], now) for row in due])


async def pass_on_due(now: datetime) -> int:
    """Pass on what was given or offered to somebody whom its message cannot reach; how many places.

    Whom it was for stands on the list "à appeler" since the message failed (see `delivery`). Who has been telephoned
    since keeps it.
    """
    lost = await fetch(f"{_LOST} ORDER BY m.created_at LIMIT {BATCH}", now)
    return sum([await _pass_on(row["id"], now) for row in lost])


async def promote_due(now: datetime) -> int:
    """Give the places that a busy moment left beside people who wait; how many slots had one."""
    slots = await fetch(
        f"SELECT s.id FROM session s JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event "
        f"WHERE {promotion.CAN_GIVE} AND s.starts_at > {{}} ORDER BY s.id LIMIT {BATCH}",
        now + offers.LAST,
    )
    for slot in slots:
        await _promote(slot["id"], now)
    return len(slots)


async def tell_waiting_due(now: datetime) -> int:
    """Two hours before a slot, tell those who still wait to come: places not taken are given there; how many slots."""
    slots = await fetch(
        "SELECT s.id, s.starts_at, s.waiting_told_at FROM session s JOIN workshop w ON w.id = s.workshop "
        "JOIN event e ON e.id = w.event WHERE s.waiting > 0 AND s.status = 'open' AND w.status = 'ready' "
        "AND e.status IN ('published', 'closed') AND s.starts_at > {} AND s.starts_at <= {} ORDER BY s.id",
        *(now, now + offers.LAST),
    )
    due = [slot["id"] for slot in slots if not _is_told(slot)]
    for session in due:
        await _tell_waiting(session, now)
    return len(due)


async def _expire(registration: str, now: datetime) -> bool:
    """End one offer if its time is over, also one whose message could not leave in all that time; whether it was."""

    async def attempt(turn: Turn) -> bool:
        row = await freed.visible(registration, CLOCK)
        await freed.lock_person(row["attendee"], now, turn.also)
        await kept.lock_sessions([row["session"]])
        over = f"status = 'offered' AND offered_until <= {database.clock()}"
        if not await fetch(f"SELECT id FROM registration WHERE id = {{}} AND {over}", registration):
            return False
        row = await freed.visible(registration, CLOCK)
        is_told = row["offer"] == Offer.PROOF or await _is_told_of(row)
        await freed.free(row, CLOCK, now, "offer_ended" if is_told else "unreachable")
        if row["offer"] != Offer.PROOF:
            await _tell_ended(row, is_told, now)
        await advisers.tell([row["attendee"]], now)
        await promotion.fill([row["session"]], turn, now)
        return True

    return await in_turn(attempt)


async def _is_told_of(row: Row) -> bool:
    """Whether the message that offers a place has left; who has no e-mail and no text was called."""
    if row["email"]:
        return bool(await fetch(_TOLD, row["id"]))
    return not await fetch(_ON_ITS_WAY, row["id"])


async def _pass_on(registration: str, now: datetime) -> bool:
    async def attempt(turn: Turn) -> bool:
        row = await freed.visible(registration, CLOCK)
        await freed.lock_person(row["attendee"], now, turn.also)
        await kept.lock_sessions([row["session"]])
        if not await fetch(f"{_LOST} AND r.id = {{}}", now, registration):
            return False
        row = await freed.visible(registration, CLOCK)
        await freed.free(row, CLOCK, now, "unreachable")
        await advisers.tell([row["attendee"]], now)
        await promotion.fill([row["session"]], turn, now)
        return True

    return await in_turn(attempt)


async def _promote(session: str, now: datetime) -> None:
    async def attempt(turn: Turn) -> None:
        await places.lock_people(turn.also, now)
        await kept.lock_sessions([session])
        await promotion.fill([session], turn, now)

    await in_turn(attempt)


def _is_told(slot: Row) -> bool:
    """Whether they were told already, and the slot was not moved to later since."""
    told = slot["waiting_told_at"]
    return told is not None and bool(told >= slot["starts_at"] - offers.LAST)


async def _tell_waiting(session: str, now: datetime) -> None:
    async with transaction():
        await kept.lock_sessions([session])
        people = await fetch(
            "SELECT r.id, r.attendee, a.email, a.event, s.starts_at, s.waiting_told_at FROM registration r "
            "JOIN attendee a ON a.id = r.attendee JOIN session s ON s.id = r.session "
            "WHERE r.session = {} AND r.status = 'waiting' ORDER BY r.position",
            session,
        )
        if not people or _is_told(people[0]):
            return
        await fetch("UPDATE session SET waiting_told_at = {} WHERE id = {}", now, session)
        dedup = f"come:{session}:{now:%Y%m%d%H%M}"
        places_of = {one["attendee"]: one["id"] for one in people}
        await mail.enqueue_all(
            Kind.COME,
            [(one["attendee"], one["email"]) for one in people if one["email"]],
            dedup=dedup,
            event=people[0]["event"],
            registrations=places_of,
            expires_at=people[0]["starts_at"],
            not_before=now,
            now=now,
        )
        await call_list.reach(
            Kind.COME,
            [one["attendee"] for one in people if not one["email"]],
            now,
            dedup=dedup,
            expires_at=people[0]["starts_at"],
            registrations=places_of,
        )


async def _tell_ended(row: Row, is_told: bool, now: datetime) -> None:
    """Who never read of the offer, because mail could not leave, is not told that they did not answer: staff call."""
    dedup = f"ended:{row['id']}:{now:%Y%m%d%H%M%S%f}"
    if not is_told:
        await call_list.ask([row["attendee"]], "offer_ended", now)
    elif row["email"]:
        await mail.enqueue(
            Kind.OFFER_ENDED,
            dedup=dedup,
            attendee=row["attendee"],
            event=row["event"],
            registration=row["id"],
            address=row["email"],
            stranger=False,
            now=now,
        )
    else:
        places_of = {row["attendee"]: row["id"]}
        await call_list.reach(Kind.OFFER_ENDED, [row["attendee"]], now, dedup=dedup, registrations=places_of)

"""Checking in: every read is kept, and its answer is the merge's word at that moment (contract.md, rule 10).

A place is the hall, or a session's stand, on one day: reads of another day are kept, answered with `not_today`, and
never attendance. Seats are not touched. In this order: what is no ticket of ours, unknown, of another event, replaced;
then, if the person is in already, since when and who let them in; then what `verdict.judge` makes of their places.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from workshops import scans
from workshops.actors import Actor, Phone
from workshops.database import fetch_one, transaction, utcnow
from workshops.errors import Fault, Invalid, NotAllowed, NotFound
from workshops.i18n import _
from workshops.ids import is_id, new_id, spell
from workshops.merge import Read, merge
from workshops.scans import Row
from workshops.tables.people import Role
from workshops.tickets import foreign, read_code, secret_hash
from workshops.verdict import LETS_IN, Booking, Outcome, Stand, judge

QUEUE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, and where: `ticket` is the QR's text or the human code, or staff chose an `attendee` by name.

    No `session`: the hall. `at` is the reader's clock (UTC), None for now. A `nonce` counts once per caller and event.
    """

    event: str
    ticket: str = ""
    attendee: str | None = None
    session: str | None = None
    at: datetime | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The answer; times are UTC, `zone` is the event's own. Name and places only of a person of this event.

    `first_at` and `first_by`: who let them in, if they are in already. `other_date` and `other_commune` (INSEE code):
    the event that the ticket is for. `not_today`: the read is of another day than the ticket's event.
    """

    scan: str
    outcome: Outcome
    at: datetime
    zone: str
    first_name: str | None = None
    initial: str | None = None
    bookings: tuple[Booking, ...] = ()
    first_at: datetime | None = None
    first_by: str = ""
    other_date: date | None = None
    other_commune: str | None = None
    not_today: bool = False


async def check_in(reading: Reading, actor: Actor) -> CheckIn:
    """Keep a read and say what it means; the same nonce again is kept once and answered the same.

    Late reads count where they belong: `at`, never after now nor before the phone was made a device, with a token at
    most 7 days ago. Two phones at once: one admits. Raises NotAllowed, NotFound (also for somebody else's event),
    Invalid for a session that is not the event's or not the phone's own.
    """
    if actor.role not in (Role.ORGANISER, Role.DOOR, Role.ADMIN):
        raise NotAllowed
    async with transaction():
        place = await _place(reading, actor)
        if place["stored"]:
            return await _tell_again(reading, actor, place)
        wanted = _wanted(reading)
        ticket = await scans.lock_ticket(wanted)
        if reading.attendee and not ticket:
            raise NotFound
        bookings, history = await _known(ticket, place)
        now = utcnow()
        identity = spell(int(now.timestamp() * 1_000_000)) + new_id()[:8]
        mine = Read(_effective(reading.at, actor, now), 0, identity, actor.id)
        outcome = _decide(place, reading, ticket, bookings, history, mine) if wanted else Outcome.NOT_A_TICKET
        scan = _row(mine, outcome, reading, actor, wanted, ticket, now)
        if not await scans.insert(scan):
            return await _tell_again(reading, actor, place)
        return _told(scan, place, ticket, bookings, history)


async def undo(scan: str, actor: Actor) -> str:
    """Take back a read of one's own: it is kept, and the next one counts. Again: nothing more happens.

    Returns first name and initial of whom it was, empty if nobody. Raises NotFound, also for somebody else's read.
    """
    now = utcnow()
    async with transaction():
        row = is_id(scan) and await fetch_one(
            "SELECT n.event, n.session, n.ticket, n.attendee, n.device, a.first_name, a.last_name FROM scan n "
            "LEFT JOIN attendee a ON a.id = n.attendee WHERE n.id = {} AND n.caller = {} AND n.kind <> 'undo'",
            *(scan, actor.id),
        )
        if not row:
            raise NotFound
        named = f"{row.pop('first_name') or ''} {_initial(row.pop('last_name'))}".strip()
        await scans.insert(
            {
                **row,
                "id": hashlib.sha256(f"undo {scan}".encode()).hexdigest()[:32],
                "caller": actor.id,
                "kind": "undo",
                "undoes": scan,
                "method": "undo",
                "taken_at": now,
                "effective_at": now,
                "received_at": now,
                "outcome": "undone",
            }
        )
    return named


async def _place(reading: Reading, actor: Actor) -> Row:
    """Where the read was made, if the actor may check in there."""
    place = await scans.find_place(reading.event, reading.session, actor.organisation, actor.id, reading.nonce)
    phone = actor if isinstance(actor, Phone) else None
    leads = actor.organisation is not None and place and actor.organisation in (place["lead"], place["co_lead"])
    if not place or not (phone.event == place["id"] if phone else leads or actor.role is Role.ADMIN):
        raise NotFound
    is_own = not (phone and phone.workshop) or phone.workshop == place["workshop"]
    if not is_own or (reading.session is not None and not place["workshop"]):
        raise Invalid(faults=(Fault("session", _("Choose time slots of this day.")),))
    return place


async def _known(ticket: Row | None, place: Row) -> tuple[list[Booking], list[Row]]:
    """Places and scans of a person of this event; nothing is told of one of another."""
    if not ticket or ticket["event"] != place["id"]:
        return [], []
    return await scans.bookings(ticket["attendee"]), await scans.history(ticket["attendee"], place["id"])


def _wanted(reading: Reading) -> Row:
    """What the ticket is found by; nothing if this cannot be one of ours."""
    if reading.attendee:
        return {"event": reading.event, "attendee": reading.attendee, "status": "active"}
    if not foreign(reading.ticket) and (found := secret_hash(reading.ticket)):
        return {"secret_hash": found}
    code = read_code(reading.ticket)
    return {"event": reading.event, "code": code} if code else {}


def _decide(
    place: Row, reading: Reading, ticket: Row | None, bookings: list[Booking], history: list[Row], mine: Read
) -> Outcome:
    if not ticket:
        return Outcome.NOT_ON_LIST
    if ticket["event"] != place["id"]:
        return Outcome.OTHER_EVENT
    if ticket["status"] == "replaced" and (ticket["replaced_at"] or mine.at) <= mine.at:
        return Outcome.REPLACED
    first = merge([*scans.reads(history, reading.session, _day(mine.at, place), place["zone"]), mine]).first
    if first and first.id != mine.id:
        return Outcome.ALREADY_IN
    if place["status"] == "cancelled":
        return Outcome.CANCELLED
    stand = None
    if reading.session:
        is_on = place["session_status"] == "open" and place["workshop_status"] != "cancelled"
        stand = Stand(reading.session, place["workshop"], place["starts_at"], is_on)
    return judge(bookings, stand, mine.at)


def _row(
    mine: Read, outcome: Outcome, reading: Reading, actor: Actor, wanted: Row, ticket: Row | None, now: datetime
) -> Row:
    """The read as it is kept. Nothing of a foreign text, and of another event's person the ticket alone."""
    unknown = wanted.get("secret_hash") or hashlib.sha256(wanted.get("code", "").encode()).hexdigest()
    return {
        "id": mine.id,
        "event": reading.event,
        "session": reading.session,
        "device": actor.device if isinstance(actor, Phone) else None,
        "caller": actor.id,
        "nonce": reading.nonce,
        "kind": "in",
        "ticket": ticket["id"] if ticket else None,
        "attendee": ticket["attendee"] if ticket and ticket["event"] == reading.event else None,
        "unknown_hash": unknown if wanted and not ticket else None,
        "method": "name" if reading.attendee else "code" if "code" in wanted else "qr",
        "taken_at": reading.at or now,
        "effective_at": mine.at,
        "received_at": now,
        "outcome": outcome.value,
        "refused": outcome not in LETS_IN,
    }


async def _tell_again(reading: Reading, actor: Actor, place: Row) -> CheckIn:
    """The answer given before: its outcome was kept, the rest is read as it was when that scan was received."""
    scan = await fetch_one(
        "SELECT id, session, ticket, outcome, effective_at, received_at FROM scan "
        "WHERE event = {} AND caller = {} AND nonce = {}",
        *(reading.event, actor.id, reading.nonce),
    )
    assert scan is not None
    ticket = await scans.lock_ticket({"id": scan["ticket"]} if scan["ticket"] else {})
    bookings, history = await _known(ticket, place)
    before = [row for row in history if row["received_at"] <= scan["received_at"] and row["id"] != scan["id"]]
    return _told(scan, place, ticket, bookings, before)


def _told(scan: Row, place: Row, ticket: Row | None, bookings: list[Booking], history: list[Row]) -> CheckIn:
    outcome, day = Outcome(scan["outcome"]), _day(scan["effective_at"], place)
    known = ticket if ticket and ticket["event"] == place["id"] else None
    other = ticket if not known else None
    first: Row = {}
    if outcome is Outcome.ALREADY_IN:
        merged = merge(scans.reads(history, scan["session"], day, place["zone"]))
        first = next((row for row in history if merged.first and row["id"] == merged.first.id), {})
    return CheckIn(
        scan=scan["id"],
        outcome=outcome,
        at=scan["effective_at"],
        zone=place["zone"],
        first_name=known["first_name"] if known else None,
        initial=_initial(known["last_name"]) if known else None,
        bookings=tuple(bookings),
        first_at=first.get("effective_at"),
        first_by=first.get("label") or first.get("name") or "",
        other_date=other["date"] if other else None,
        other_commune=other["commune"] if other else None,
        not_today=day != (other or place)["date"],
    )


def _effective(at: datetime | None, actor: Actor, now: datetime) -> datetime:
    since = actor.since if isinstance(actor, Phone) else now - timedelta(days=QUEUE_DAYS)
    return now if at is None else max(since, min(at, now))


def _day(at: datetime, place: Row) -> date:
    return at.astimezone(ZoneInfo(place["zone"])).date()


def _initial(last_name: str | None) -> str:
    return (last_name or "")[:1].upper()

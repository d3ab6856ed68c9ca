"""Keeping places for an agency or a school: to be named until a date, or by number with an adult (product.md "Hold").

`session.held` follows in the same transaction, so that the database keeps rule 1. Times are aware UTC.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from workshops import audit, groups, kept, places, promotion, rights, schools
from workshops.actors import Actor
from workshops.database import fetch, is_unique_violation, transaction, utcnow
from workshops.errors import Fault, Invalid
from workshops.i18n import _
from workshops.ids import new_id
from workshops.newcomers import Group
from workshops.refusals import Refused, RegistrationClosed
from workshops.sql import rows
from workshops.turns import Turn, in_turn

MOST_SESSIONS = 60
MOST_PLACES = 500
ATTEMPTS = 3
BATCH = 200

Row = dict[str, Any]


class NotEnoughPlaces(Refused):
    """`left` says how many places can be kept at most, for each of `sessions`; those owed to who waits do not count."""

    type = "not-enough-places"
    title = _("There are not so many places left in this time slot")

    def __init__(self, left: dict[str, int]) -> None:
        super().__init__(list(left))
        self.left = left


class HoldReleased(Refused):
    """These places are no longer kept."""

    type = "hold-released"
    title = _("These places are no longer kept")


@dataclass(frozen=True, slots=True)
class Keeping:
    """What to keep in each of `sessions`. For an agency's id, or a `school` by name, written down if it is new.

    By number: an adult with a telephone (E.164) answers for the group, and the places are kept until each slot begins;
    else `until` (UTC), at most until then.
    """

    sessions: tuple[str, ...]
    places: int
    organisation: str | None = None
    school: str | None = None
    until: datetime | None = None
    by_number: bool = False
    adult_name: str | None = None
    adult_phone: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What can be changed of places that are kept."""

    places: int
    until: datetime | None = None
    adult_name: str | None = None
    adult_phone: str | None = None
    note: str | None = None


async def keep(event: str, keeping: Keeping, actor: Actor) -> str | None:
    """Keep places in all the slots or in none; return the attendee of a group by number, which has one ticket.

    Raises NotFound for a day that is not led by the actor's agency, Invalid, RegistrationClosed for slots that are
    over or off, NotEnoughPlaces.
    """
    for attempt in range(ATTEMPTS):
        try:
            return await _keep(event, keeping, actor)
        except Exception as error:  # the group's ticket drew a code that is taken: draw again
            if attempt + 1 == ATTEMPTS or not is_unique_violation(error):
                raise
    raise AssertionError


async def change(hold: str, terms: Terms, actor: Actor) -> None:
    """Keep more places, up to what is free, or fewer, down to those that have names; until another date.

    Raises NotFound, HoldReleased, Invalid, NotEnoughPlaces.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> None:
        row = await _locked(hold, actor, turn, now)
        if row["status"] != "active":
            raise HoldReleased([row["session"]])
        _check(terms, row["by_number"], [row], now)
        until = _until(terms.until or row["until_at"], row["by_number"], row)
        after = {**row, **asdict(terms), "until_at": until}
        await fetch(
            "UPDATE hold SET places = {}, adult_name = {}, adult_phone = {}, note = {}, until_at = {} WHERE id = {}",
            *(terms.places, terms.adult_name, terms.adult_phone, terms.note, until, hold),
        )
        await kept.recount([row["session"]], now)
        if row["by_number"]:
            await groups.resize(row["attendee"], terms.adult_name, terms.adult_phone, now)
        await promotion.fill([row["session"]], turn, now)
        await _note("change_hold", row, after, actor, now)

    await in_turn(attempt)


async def release(hold: str, actor: Actor) -> None:
    """Free what is still kept; a group by number gives its place back with it. Again: nothing more happens."""
    now = utcnow()

    async def attempt(turn: Turn) -> None:
        row = await _locked(hold, actor, turn, now)
        if row["status"] != "active":
            return
        if row["by_number"]:
            await groups.give_back(hold, actor, now)
        await kept.release([hold], now)
        await kept.recount([row["session"]], now)
        if row["by_number"]:
            await groups.resize(row["attendee"], row["adult_name"], row["adult_phone"], now)
        await promotion.fill([row["session"]], turn, now)
        await _note("release_hold", row, {**row, "status": "released"}, actor, now)

    await in_turn(attempt)


async def release_due(now: datetime) -> int:
    """Free what nobody named in time, for who waits first; how many holds. A group by number keeps its places."""
    due = "status = 'active' AND NOT by_number AND until_at <= {}"
    found = await fetch(f"SELECT DISTINCT session FROM hold WHERE {due} ORDER BY session LIMIT {BATCH}", now)

    async def attempt(session: str, turn: Turn) -> int:
        await places.lock_people(turn.also, now)
        await kept.lock_sessions([session])
        freed = await fetch(f"SELECT id FROM hold WHERE {due} AND session = {{}}", now, session)
        if freed:
            await kept.release([row["id"] for row in freed], now)
            await kept.recount([session], now)
            await promotion.fill([session], turn, now)
        return len(freed)

    return sum([await in_turn(partial(attempt, row["session"])) for row in found])


async def _keep(event: str, keeping: Keeping, actor: Actor) -> str | None:
    now = utcnow()
    async with transaction():
        await rights.led_event(actor, event)
        await rights.touch(event, now)
        slots = await _locked_slots(event, keeping.sessions, now)
        _check(keeping, keeping.by_number, slots, now)
        owner = await schools.found(keeping.organisation, keeping.school, now)
        holds = await _write(keeping, slots, owner["id"], now)
        attendee = None
        if keeping.by_number:
            size = groups.size([slot | {"places": keeping.places} for slot in slots])
            adult = keeping.adult_name or "", keeping.adult_phone or ""
            group = Group(owner["name"], owner["id"], size, *adult, holds[0])
            attendee = await groups.write(event, group, slots, holds, actor, now)
        await kept.recount([slot["session"] for slot in slots], now)
        told = asdict(keeping) | {"organisation": owner["id"]}
        await _note("keep_places", {"id": holds[0], "event": event}, told, actor, now)
    return attendee


async def _write(keeping: Keeping, slots: list[Row], owner: str, now: datetime) -> list[str]:
    named = int(keeping.by_number)
    written = [
        (new_id(), slot["session"], owner, keeping.places, named, keeping.by_number, "active",
         _until(keeping.until, keeping.by_number, slot), keeping.adult_name, keeping.adult_phone, keeping.note, now)
        for slot in slots
    ]  # fmt: skip
    await fetch(
        "INSERT INTO hold (id, session, organisation, places, named, by_number, status, until_at, adult_name, "
        f"adult_phone, note, created_at) VALUES {rows(len(written), 12)}",
        *(value for row in written for value in row),
    )
    return [row[0] for row in written]


def _until(asked: datetime | None, by_number: bool, slot: Row) -> datetime:
    """A group by number is expected to the end of its slot; a place without a name is free when its slot begins."""
    begins: datetime = slot["starts_at"]
    ends: datetime = slot["ends_at"]
    return ends if by_number else min(asked or begins, begins)


async def _locked_slots(event: str, sessions: Sequence[str], now: datetime) -> list[Row]:
    """The slots in order of time. Raises Invalid, RegistrationClosed."""
    slots = await kept.slots(event, sessions[:MOST_SESSIONS])
    if not slots or len(slots) < len(set(sessions)):
        raise Invalid(faults=(Fault("sessions", _("Choose time slots of this day.")),))
    closed = [slot["session"] for slot in slots if slot["starts_at"] <= now or not _is_on(slot)]
    if closed:
        raise RegistrationClosed(closed)
    return slots


def _check(terms: Keeping | Terms, by_number: bool, slots: list[Row], now: datetime) -> None:
    """Raise what the terms themselves break, then NotEnoughPlaces. Of a hold that is there, the row is its slot too."""
    faults, named = [], max(row.get("named", 0) for row in slots)
    if not max(1, named) <= terms.places <= MOST_PLACES:
        limits = {"least": max(1, named), "most": MOST_PLACES}
        faults.append(Fault("places", _("Write a whole number from %(least)s to %(most)s."), limits))
    if by_number and not (terms.adult_name and terms.adult_phone):
        faults.append(
            Fault("adult_name", _("Write the name and the telephone number of the adult who answers for it."))
        )
    if not by_number and (terms.until <= now if terms.until else isinstance(terms, Keeping)):
        faults.append(Fault("until", _("Choose a date to come.")))
    if faults:
        raise Invalid(faults=tuple(faults))
    most = {slot["session"]: slot.get("places", 0) + (0 if slot["waiting"] else slot["free"]) for slot in slots}
    short = {slot["session"] for slot in slots if slot.get("places", 0) < terms.places > most[slot["session"]]}
    if short:
        raise NotEnoughPlaces({session: number for session, number in most.items() if session in short})


def _is_on(slot: Row) -> bool:
    return "cancelled" not in (slot["session_status"], slot["workshop_status"], slot["event_status"])


async def _locked(hold: str, actor: Actor, turn: Turn, now: datetime) -> Row:
    """The hold with its slot, both locked, and the group's `attendee` if it has one. Raises NotFound."""
    row = await kept.find(hold, actor)
    await places.lock_people(turn.also, now)
    await rights.touch(row["event"], now)
    await kept.lock_sessions([row["session"]])
    return await kept.find(hold, actor)


async def _note(action: str, row: Row, after: Row, actor: Actor, now: datetime) -> None:
    """What is written in the note may be personal: it stays out of the journal."""
    before = {name: row.get(name) for name in after if name != "note"}
    told = {name: value for name, value in after.items() if name != "note"}
    await audit.note(actor, action, "hold", row["id"], event=row["event"], before=before, after=told, now=now)

"""What each line of an adviser's paste would do, before anything is written. It promises nothing: places go meanwhile.

Of people who are not the agency's own it tells what the booking itself would tell, and nothing more (rule 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from workshops import clashes, kept, places
from workshops.actors import Actor
from workshops.database import fetch, transaction, utcnow
from workshops.errors import WorkshopsError
from workshops.pasted import Line
from workshops.persons import name_key, person_keys
from workshops.places import Slot
from workshops.refusals import AlreadyInvited, SessionFull

Row = dict[str, Any]
REGISTER, ADD, INVITE, REFUSED = "register", "add", "invite", "refused"


@dataclass(frozen=True, slots=True)
class Prospect:
    """A line and what it would do: register | add (places for somebody of the agency) | invite | refused, by `error`
    or for what the line itself says. `waits`: slots whose waiting list it would join; `attendee`: who is added to.
    """

    line: Line
    does: str
    error: WorkshopsError | None = None
    waits: tuple[str, ...] = ()
    attendee: str | None = None


@dataclass(slots=True)
class Left:
    """What is left of the slots while one line after the other takes its places."""

    slots: list[Slot]
    free: dict[str, int]
    kept: dict[str, int]

    def take(self, wait: bool) -> tuple[list[Slot], list[str]]:
        """The slots as the next line would find them, and those that are full; places are taken unless it fails."""
        seen = [
            replace(slot, hold=slot.hold if self.kept.get(slot.id, 0) > 0 else None, free=self.free[slot.id])
            for slot in self.slots
        ]
        full = [slot.id for slot in seen if not slot.is_free]
        if full and not wait:
            return seen, full
        for slot in seen:
            if slot.hold is not None:
                self.kept[slot.id] -= 1
            elif slot.is_free:
                self.free[slot.id] -= 1
        return seen, full


async def to_register(
    event: str, lines: Sequence[Line], sessions: Sequence[str], holds: Sequence[str], wait: bool, actor: Actor
) -> list[Prospect]:
    """Each line takes a place in all of the slots. Raises what the slots themselves break, NotFound, Invalid."""
    left = await _left(event, sessions, holds, actor)
    return [await _judge(event, line, left, wait, actor) for line in lines]


async def to_invite(event: str, lines: Sequence[Line], actor: Actor) -> list[Prospect]:
    """Each line is invited, unless the agency has done so."""
    rows = await fetch(
        "SELECT first_name, email, phone FROM referral WHERE event = {} AND agency = {} AND mode = 'invite' "
        "AND used_at IS NULL AND withdrawn_at IS NULL",
        *(event, actor.organisation),
    )
    asked = {(name_key(row["first_name"] or "", ""), row["email"] or row["phone"]) for row in rows}
    return [
        Prospect(line, REFUSED)
        if not line.is_good
        else Prospect(line, REFUSED, AlreadyInvited())
        if (name_key(line.first_name, ""), line.email or line.phone) in asked
        else Prospect(line, INVITE)
        for line in lines
    ]


async def _left(event: str, sessions: Sequence[str], holds: Sequence[str], actor: Actor) -> Left:
    now = utcnow()
    async with transaction():
        slots = await kept.opened(await places.lock_slots(event, sessions), holds, actor, False, now)
    places.check_request(slots, True, now, actor)
    named = [slot.hold for slot in slots if slot.hold]
    rows = [
        row
        for hold in named
        for row in await fetch("SELECT session, places - named AS n FROM hold WHERE id = {}", hold)
    ]
    return Left(slots, {slot.id: slot.free for slot in slots}, {row["session"]: row["n"] for row in rows})


async def _judge(event: str, line: Line, left: Left, wait: bool, actor: Actor) -> Prospect:
    if not line.is_good:
        return Prospect(line, REFUSED)
    keys = person_keys(line.first_name, line.last_name, line.email, line.phone, actor.organisation)
    known = await clashes.known_people(keys, event)
    refusal = clashes.check_stored(known, keys, left.slots, actor, False)
    if refusal is not None:
        return Prospect(line, REFUSED, refusal)
    _slots, full = left.take(wait)
    if full and not wait:
        return Prospect(line, REFUSED, SessionFull(full))
    own = known.attendee if known.attendee and known.attendee["agency"] == actor.organisation else None
    return Prospect(line, ADD if own else REGISTER, None, tuple(full), own["id"] if own else None)

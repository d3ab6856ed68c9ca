"""Who is locked while a planned day is changed, and what is refused: people first, then the event, then its slots.

See `places` for why in this order. The people of a slot are read, locked, and read again once the slot is locked.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from workshops import consequences, places, rights, sql
from workshops.consequences import Place, Scope
from workshops.database import fetch_one, for_update
from workshops.errors import WorkshopsError
from workshops.i18n import _
from workshops.turns import LockFirst, Turn

Row = dict[str, Any]


class ChangedMeanwhile(WorkshopsError):
    """What is to be changed is no longer what the screen showed."""

    status = 409
    type = "changed-meanwhile"
    title = _("Somebody has changed this meanwhile. Look at it again before you go on")


class TooLate(WorkshopsError):
    """A slot has begun, or a first message has left."""

    status = 409
    type = "too-late"
    title = _("It is too late for this")


class Keyed(Protocol):
    """What names the keys of a person."""

    @property
    def keys(self) -> frozenset[str]:
        """The person's keys."""


@dataclass(frozen=True, slots=True)
class How:
    """How a change is told: `why` in its maker's words, `at_once` or after a wait. `seen`: what the screen showed."""

    why: str | None = None
    at_once: bool = False
    seen: str | None = None


AS_USUAL = How()


@dataclass(frozen=True, slots=True)
class Locked:
    """The event, the slots of a change and the places in them; `by_id` has the slots locked besides too."""

    day: Row
    sessions: list[Row]
    places: list[Place]
    by_id: dict[str, Row]

    @property
    def only(self) -> Row:
        """The one slot. Raises ChangedMeanwhile if it no longer takes place."""
        if not self.sessions:
            raise ChangedMeanwhile
        return self.sessions[0]


async def lock(event: str, scope: Scope, how: How, turn: Turn, now: datetime, also: Collection[str] = ()) -> Locked:
    """Lock the people of these slots, the event, then the slots, and others `also`. Raises ChangedMeanwhile."""
    first = await consequences.places_in(scope)
    await lock_people(first, turn, now)
    await rights.touch(event, now)
    condition, values = scope
    either = f"({condition} OR s.id IN ({sql.marks(len(also))}))" if also else condition
    rows = await consequences.sessions_in((either, (*values, *also)), f"{for_update()} OF s" if for_update() else "")
    day = await fetch_one("SELECT * FROM event WHERE id = {}", event)
    assert day is not None
    places = await consequences.places_in(scope)
    check_grown(first, places)
    locked = Locked(day, [row for row in rows if row["id"] not in also], places, {row["id"]: row for row in rows})
    if how.seen and how.seen != consequences.mark_of(day, locked.sessions):
        raise ChangedMeanwhile
    return locked


async def lock_people(of: Iterable[Keyed], turn: Turn, now: datetime) -> None:
    """Lock everybody who has one of these places."""
    await places.lock_people({key for place in of for key in place.keys} | turn.also, now)


def check_grown(first: Iterable[Keyed], found: Iterable[Keyed]) -> None:
    """Have `in_turn` begin again if `found` names somebody who was not locked with `first`."""
    if {key for place in found for key in place.keys} - {key for place in first for key in place.keys}:
        raise LockFirst

"""The plan of a day as its organisers see and change it: its halls, its stands, their slots, and what clashes.

Reads in the caller's transaction if there is one. Times are aware UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import grid
from workshops.actors import Actor
from workshops.database import fetch
from workshops.grid import Clash, Planned, Window
from workshops.planning.refused import Clashing, PlanClosed, StalePlan
from workshops.rights import led_event

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot that takes place."""

    id: str
    workshop: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    confirmed: int
    offered: int
    held: int
    waiting: int

    @property
    def taken(self) -> int:
        """Places that nobody else can have."""
        return self.confirmed + self.offered + self.held

    @property
    def is_free(self) -> bool:
        """Whether nobody holds a place of it or waits for one: the planner may change it."""
        return not (self.taken or self.waiting)

    @property
    def window(self) -> Window:
        """From when to when."""
        return self.starts_at, self.ends_at


@dataclass(frozen=True, slots=True)
class Stand:
    """A workshop that takes place; `company` is its exhibitor's name, `answer` what the exhibitor said."""

    id: str
    kind: str
    status: str
    title: str
    rome_code: str | None
    exhibitor: str | None
    company: str | None
    email: str | None
    stand: str | None
    facilitator: str | None
    min_age: int | None
    position: int
    invited_at: datetime | None
    answer: str | None
    asks_represented: bool
    slots: tuple[Slot, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether nobody is signed up to it."""
        return all(slot.is_free for slot in self.slots)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it needs before it can be said to be ready."""
        if self.kind == "meeting":
            return ()
        return tuple(name for name in ("exhibitor", "rome_code") if not getattr(self, name))

    @property
    def places(self) -> int:
        """The places of all its slots."""
        return sum(slot.capacity for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Hall:
    """A hall that is asked for (`asked`) or promised (`accepted`) to the day; `commune` is an INSEE code."""

    venue: str
    name: str
    commune: str
    capacity: int | None
    status: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A day: the row of its event, its halls, its stands in their order. `people` have signed up, ever."""

    event: Row
    halls: tuple[Hall, ...]
    stands: tuple[Stand, ...]
    people: int

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot."""
        return tuple(slot for stand in self.stands for slot in stand.slots)

    @property
    def windows(self) -> tuple[Window, ...]:
        """The hours of all slots, in order."""
        return tuple(sorted({slot.window for slot in self.slots}))

    @property
    def titles(self) -> dict[str, str]:
        """What each workshop is called, with its stand."""
        return {stand.id: called(stand.stand, stand.title) for stand in self.stands}

    @property
    def hall(self) -> Hall | None:
        """The hall where the day takes place."""
        own = (hall for hall in self.halls if hall.venue == self.event["venue"] and hall.status == "accepted")
        return next(own, None)

    def stand(self, workshop: str) -> Stand | None:
        """One of its stands."""
        return next((stand for stand in self.stands if stand.id == workshop), None)

    def planned(self) -> list[Planned]:
        """Every slot with what clashes are found by."""
        return [
            Planned(stand.id, stand.stand, stand.facilitator, slot.starts_at, slot.ends_at)
            for stand in self.stands
            for slot in stand.slots
        ]

    def clashes(self, planned: Iterable[Planned] | None = None) -> list[Clash]:
        """What is in two places at once, or outside the hours; in another plan of this day if one is given."""
        hall = (self.hall.from_at, self.hall.until_at) if self.hall else None
        day = (self.event["starts_at"], self.event["ends_at"])
        return grid.clashes(self.planned() if planned is None else planned, hall, day)


def called(stand: str | None, title: str) -> str:
    """4 · Maçon, or Maçon where the workshop has no stand."""
    return f"{stand} · {title}" if stand else title


async def read(event: str, actor: Actor) -> Plan:
    """The plan of a day that the actor leads. Raises NotFound."""
    return await of(await led_event(actor, event))


async def opened(event: str, version: int, actor: Actor, now: datetime) -> Plan:
    """The same, to be changed: locked, its version counted up. Raises NotFound, PlanClosed, StalePlan.

    One conditional UPDATE, because FOR UPDATE would also stop those who merely refer to the event: whoever signs up
    holds a slot meanwhile, and the two would wait for each other.
    """
    row = await led_event(actor, event)
    if row["status"] == "cancelled" or row["ends_at"] <= now:
        raise PlanClosed
    changed = await fetch(
        "UPDATE event SET version = version + 1, updated_at = {} WHERE id = {} AND version = {} RETURNING *",
        *(now, event, version),
    )
    if not changed:
        raise StalePlan
    return await of(changed[0])


async def of(event: Row) -> Plan:
    """The plan of the day of this row; three statements and one more where it has stands."""
    halls = await fetch(
        "SELECT v.id AS venue, v.name, v.commune, v.capacity, r.status, r.from_at, r.until_at FROM venue_request r "
        "JOIN venue v ON v.id = r.venue WHERE r.event = {} AND r.status IN ('asked', 'accepted') ORDER BY r.asked_at",
        event["id"],
    )
    rows = await fetch(
        "SELECT w.id, w.kind, w.status, w.title, w.rome_code, w.exhibitor, o.name AS company, o.email, w.stand, "
        "w.facilitator, w.min_age, w.position, w.invited_at, w.answer, w.asks_represented FROM workshop w "
        "LEFT JOIN organisation o ON o.id = w.exhibitor WHERE w.event = {} AND w.status <> 'cancelled' "
        "ORDER BY w.position, w.id",
        event["id"],
    )
    people = await fetch("SELECT COUNT(*) AS number FROM attendee WHERE event = {}", event["id"])
    slots = await _slots(event["id"]) if rows else {}
    stands = tuple(Stand(**row, slots=tuple(slots.get(row["id"], ()))) for row in rows)
    return Plan(event, tuple(Hall(**row) for row in halls), stands, people[0]["number"])


def new_clashes(plan: Plan, after: Iterable[Clash]) -> list[Clash]:
    """What clashes `after` a change, and did not before, or at fewer hours."""
    before = {(clash.trouble, clash.first, clash.second): len(clash.windows) for clash in plan.clashes()}
    known = ((clash, before.get((clash.trouble, clash.first, clash.second), 0)) for clash in after)
    return [clash for clash, number in known if len(clash.windows) > number]


def require_clear(plan: Plan, after: Iterable[Clash], titles: Mapping[str, str], anyway: bool) -> None:
    """Raise Clashing where a change brings a new clash, unless it is wanted `anyway`."""
    new = new_clashes(plan, after)
    if new and not anyway:
        raise Clashing(new, titles)


async def _slots(event: str) -> dict[str, list[Slot]]:
    found = defaultdict(list)
    for row in await fetch(
        "SELECT s.id, s.workshop, s.starts_at, s.ends_at, s.capacity, s.confirmed, s.offered, s.held, s.waiting "
        "FROM session s JOIN workshop w ON w.id = s.workshop WHERE w.event = {} AND w.status <> 'cancelled' "
        "AND s.status = 'open' ORDER BY s.starts_at, s.ends_at, s.id",
        event,
    ):
        found[row["workshop"]].append(Slot(**row))
    return found

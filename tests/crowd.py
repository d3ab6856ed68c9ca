"""A few people who all want the same few places of two days; what can happen to them: `crowd_steps`."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests import factories
from tests.factories import Row
from tests.planned import organiser
from tests.told import Told
from workshops.actors import ANYONE, Actor, Staff
from workshops.database import fetch
from workshops.errors import WorkshopsError
from workshops.ids import new_id
from workshops.persons import Person
from workshops.registrations import SignUp, register

Below = Callable[[int], int]
"""A choice: some number from 0 to below the one given."""

KNOWN: tuple[dict[str, Any], ...] = (
    {"first_name": "Zoé", "email": "famille@example.org"},
    {"first_name": "Yanis", "email": "famille@example.org"},
    {"first_name": "Ali", "email": "ali@example.org", "phone": "+33612000001"},
    {"first_name": "Ali", "email": None, "phone": "+33612000001"},
    {"first_name": "Béa", "email": None, "phone": "+33612000002"},
    {"first_name": "Karim", "email": "karim@example.org"},
    {"first_name": "Lina", "email": "lina@example.org"},
)
"""A family with one address, somebody who at times gives only a number, somebody who has nothing else."""
NOBODY = Actor("nobody")


@dataclass(slots=True)
class Crowd:
    """Two days at the same hours, of different agencies, with slots that overlap within a day and across."""

    events: list[Row]
    slots: list[Row]
    staff: dict[str, Staff]
    post: Told
    acted: str | None = None
    """Who was the last to do something about their own places."""

    @classmethod
    async def gather(cls, days: Sequence[date], post: Told) -> "Crowd":
        """Its days, nobody there yet."""
        for day in days:
            event = await factories.event(date=day, max_places=3)
            for slots in ([(0, 1), (1, 2)], [(0.5, 2), (4, 1)], [(1, 1)]):
                workshop = await factories.workshop(event)
                for hour, capacity in slots:
                    await factories.session(workshop, event, hour, capacity=capacity)
        return await cls.found(post)

    @classmethod
    async def found(cls, post: Told) -> "Crowd":
        """The one that is stored, with an organiser of its own for each day."""
        events = await fetch("SELECT * FROM event ORDER BY starts_at, created_at, id")
        slots = await fetch(
            "SELECT s.*, w.event FROM session s JOIN workshop w ON w.id = s.workshop "
            "ORDER BY w.event, w.created_at, s.starts_at, s.capacity, s.id"
        )
        return cls(events, slots, {event["id"]: await organiser(event) for event in events}, post)

    async def come(self, below: Below, time_passes: Callable[[], None]) -> None:
        """Everybody signs up in turn, so that every slot is full and awaited."""
        for event in self.events:
            slots = self.of(event["id"])
            for number in range(len(KNOWN) + 5):
                given = KNOWN[number] if number < len(KNOWN) else {"email": f"{number}@example.org"}
                asked = {slots[below(len(slots))]["id"], slots[number % len(slots)]["id"]}
                time_passes()
                with suppress(WorkshopsError):
                    await register(SignUp(event["id"], factories.person(**given), tuple(sorted(asked)), "wait"), ANYONE)

    def of(self, event: str) -> list[Row]:
        """The slots of a day."""
        return [slot for slot in self.slots if slot["event"] == event]

    async def places(self, *statuses: str, where: str = "") -> list[Row]:
        """Places in these states, oldest first, each with its event."""
        listed = ", ".join(f"'{status}'" for status in statuses)
        rows = await fetch(
            "SELECT r.id, r.attendee, r.session, r.created_at, a.event FROM registration r "
            f"JOIN attendee a ON a.id = r.attendee WHERE a.kind = 'person' AND r.status IN ({listed}) {where}"
        )
        order = {slot["id"]: number for number, slot in enumerate(self.slots)}
        return sorted(rows, key=lambda row: (row["created_at"], order.get(row["session"], -1), row["id"]))

    def whoever(self, place: Row, below: Below) -> Actor:
        """Who acts on a place: mostly its owner, at times the organiser, seldom somebody who may not."""
        self.acted = place["attendee"]
        chosen = below(12)
        if chosen == 0:
            return NOBODY
        return self.staff[place["event"]] if chosen < 4 else Actor(f"attendee:{place['attendee']}")


def somebody(below: Below) -> Person:
    """One of the known, or now and then somebody new."""
    number = below(len(KNOWN) + 1)
    given = KNOWN[number] if number < len(KNOWN) else {"email": f"{new_id()}@example.org"}
    return factories.person(**given)


def wish(crowd: Crowd, below: Below, event: str | None = None, **given: Any) -> SignUp:
    """Somebody asks for one slot of a day, or two."""
    event = event or crowd.events[below(len(crowd.events))]["id"]
    slots = crowd.of(event)
    chosen = {slots[below(len(slots))]["id"] for _ in range(1 + below(2))}
    if_full = "refuse" if below(4) == 0 else "wait"
    return SignUp(event, somebody(below), tuple(sorted(chosen)), if_full, **given)

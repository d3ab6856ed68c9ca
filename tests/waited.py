"""A full slot with people who wait for it, and what becomes of them: what the tests of the waiting list share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests import factories
from tests.factories import Row
from tests.planned import organiser, somebody
from workshops import changes, database
from workshops.actors import Actor, Staff
from workshops.database import fetch, fetch_one
from workshops.registrations import Registered
from workshops.tables.people import Role

ADMIN = Actor("account:admin", Role.ADMIN)


@dataclass
class Full:
    """A day whose slot has one place, which `holder` has; `waiting` wait for it, first come first."""

    event: Row
    slot: Row
    holder: Registered
    waiting: list[Registered]
    who: Staff

    async def give_back(self) -> None:
        """The one place comes free."""
        await changes.cancel(self.holder.places[0].id, ADMIN)


async def full(waits: int = 1, hours: float = 240, **slot: Any) -> Full:
    """A day that begins in so many hours, with one full slot."""
    now = database.utcnow()
    event = await factories.event(**at(now, hours))
    one = await slot_of(event, capacity=1, **slot)
    holder = await somebody(event, one, email="holder@example.org")
    waiting = [await somebody(event, one, email=f"w{number}@example.org") for number in range(waits)]
    return Full(event, one, holder, waiting, await organiser(event))


def at(now: datetime, hours: float) -> Row:
    """A day whose first hour is so many hours from `now`."""
    start = now + timedelta(hours=hours)
    return {"date": start.date(), "starts_at": start, "ends_at": start + timedelta(hours=8)}


async def slot_of(event: Row, hour: float = 0, **given: Any) -> Row:
    """A slot of a workshop of its own."""
    return await factories.session(await factories.workshop(event), event, hour, **given)


async def place(registered: Registered) -> Row:
    """The first place of a sign-up, as it is now."""
    row = await fetch_one("SELECT * FROM registration WHERE id = {}", registered.places[0].id)
    assert row is not None
    return row


async def told(of: Registered) -> list[str]:
    """The messages about the first place of a sign-up that were written since, oldest first."""
    rows = await fetch(
        "SELECT kind FROM message WHERE registration = {} AND state <> 'superseded' ORDER BY created_at, id",
        of.places[0].id,
    )
    return [row["kind"] for row in rows]


async def statuses(of: Iterable[Registered]) -> list[str]:
    """What each of them has now."""
    return [(await place(one))["status"] for one in of]


def own(registered: Registered) -> Actor:
    """The person, by their own link."""
    return Actor(f"attendee:{registered.attendee}")

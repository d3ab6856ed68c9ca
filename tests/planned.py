"""A planned day with people on it, and what became of them: what the tests of changes share."""

import sys
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.postbox import Clock
from tests.staff import make_staff
from workshops import database
from workshops.actors import ANYONE, Staff
from workshops.database import fetch, fetch_one
from workshops.registrations import Registered, register
from workshops.rescheduling.locks import AS_USUAL, How
from workshops.rescheduling.moving import move_slot
from workshops.tables.people import Role


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all modules that are loaded, standing still until a test turns it."""
    turned, real = Clock(), database.utcnow
    for name, module in list(sys.modules.items()):
        if name.startswith(("workshops.", "tests.")) and getattr(module, "utcnow", None) is real:
            monkeypatch.setattr(module, "utcnow", turned)
    monkeypatch.setattr(database, "clock", turned.sql)
    return turned


async def organiser(event: Row) -> Staff:
    """Somebody of the agency that leads the event."""
    who, _cookie = await make_staff(Role.ORGANISER, event["lead"])
    return who


async def later(session: Row, who: Staff, hours: float = 1, how: How = AS_USUAL) -> str:
    """Move a slot by so many hours from where it is now; the id of the change."""
    now, by = await row("session", session["id"]), timedelta(hours=hours)
    return await move_slot(session["id"], now["starts_at"] + by, now["ends_at"] + by, who, how)


async def people(event: Row, number: int, *slots: Row, **given: Any) -> list[Registered]:
    """So many new people, one after the other, each on these slots, or on their waiting lists."""
    return [await somebody(event, *slots, email=f"p{n}.{slots[0]['id']}@example.org", **given) for n in range(number)]


async def somebody(event: Row, *slots: Row, **given: Any) -> Registered:
    """One person on these slots, or on their waiting lists."""
    return await register(factories.sign_up(event, *slots, if_full="wait", **given), ANYONE)


async def on_the_phone(event: Row, *slots: Row, number: int = 0) -> Registered:
    """Somebody who cannot be written to."""
    return await somebody(event, *slots, email=None, phone=f"+336120000{number:02}")


async def row(table: str, identity: str) -> Row:
    """A row as it is now."""
    found = await fetch_one(f"SELECT * FROM {table} WHERE id = {{}}", identity)
    assert found is not None
    return found


async def place(registered: Registered, number: int = 0) -> Row:
    """A place of somebody as it is now."""
    return await row("registration", registered.places[number].id)


async def notices(change: str) -> list[Row]:
    """The messages of a change."""
    return await fetch("SELECT * FROM message WHERE plan_change = {} ORDER BY id", change)


async def versions() -> dict[str, int]:
    """The calendar's SEQUENCE of every place: a place of it and of its slot."""
    rows = await fetch(
        "SELECT r.id, r.sequence + s.sequence AS version FROM registration r JOIN session s ON s.id = r.session"
    )
    return {one["id"]: one["version"] for one in rows}


def now() -> datetime:
    """The code's clock."""
    return database.utcnow()

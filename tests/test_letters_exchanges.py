"""Somebody takes another hour for the one they had: the calendar file brings the new one and takes the old one out."""

import pytest

from tests import factories, postbox
from tests.factories import Row
from tests.planned import clock, somebody
from tests.postbox import Clock
from tests.test_letter_of_changes import delivered, entries
from workshops import changes
from workshops.actors import Actor
from workshops.database import Engine

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")


async def hours(db: Engine) -> tuple[Row, list[Row]]:
    event = await factories.event()
    workshop = await factories.workshop(event)
    return event, [await factories.session(workshop, event, hour) for hour in (0, 2)]


async def states() -> dict[str, str]:
    """What the one message that leaves now says of each entry."""
    [message] = await delivered()
    return {uid.partition("@")[0]: str(entry["status"]) for uid, entry in entries(message).items()}


async def test_an_exchange_takes_the_old_hour_out_of_the_calendar(db: Engine, clock: Clock) -> None:
    event, [early, late] = await hours(db)
    booked = await somebody(event, early)
    old = booked.places[0].id
    assert await states() == {f"place-{old}": "CONFIRMED"}
    clock.turn(minutes=1)
    new = await changes.move(old, late["id"], "refuse", Actor(f"attendee:{booked.attendee}"))
    assert await states() == {f"place-{old}": "CANCELLED", f"place-{new.place.id}": "CONFIRMED"}


async def test_and_back_again_before_anything_left_tells_what_is_true(db: Engine, clock: Clock) -> None:
    event, [early, late] = await hours(db)
    booked = await somebody(event, early)
    await delivered()
    owner = Actor(f"attendee:{booked.attendee}")
    clock.turn(minutes=1)
    there = await changes.move(booked.places[0].id, late["id"], "refuse", owner)
    clock.turn(minutes=1)
    back = await changes.move(there.place.id, early["id"], "refuse", owner)
    assert await states() == {
        f"place-{booked.places[0].id}": "CANCELLED",
        f"place-{there.place.id}": "CANCELLED",
        f"place-{back.place.id}": "CONFIRMED",
    }

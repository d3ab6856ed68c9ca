"""An offer against the clock: whose clock, how soon its place passes on, and what ends or keeps it meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextvars import Context
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests import factories, postbox, truths
from tests.conftest import NAME
from tests.factories import Row
from tests.planned import clock, organiser, place, row, somebody
from tests.postbox import Clock
from tests.postgres import Server
from tests.processes import PRODUCTION, Worker, migrated
from workshops import changes, database, freed, passing_on, settings, waiting_list
from workshops.actors import Actor
from workshops.database import Engine, fetch, is_embedded, utcnow
from workshops.passing_on import expire_due, pass_on_due
from workshops.refusals import OfferEnded
from workshops.registrations import Registered
from workshops.rescheduling.moving import move_slot
from workshops.rescheduling.undoing import undo

__all__ = ["clock"]
SECONDS = 5
"""How soon an offer that is over has passed on."""
ROUNDS = 4
THE_DATABASE_S = database.clock
"""Read before a test turns it."""


def own(who: Registered) -> Actor:
    """Somebody by their manage link."""
    return Actor(f"attendee:{who.attendee}")


async def awaited(number: int, days: int = 1) -> tuple[Row, Row, list[Registered]]:
    """A slot of tomorrow with one place that somebody has, and so many who wait."""
    event = await factories.event(date=(utcnow() + timedelta(days=days)).date())
    slot = await factories.session(await factories.workshop(event), event, 4, capacity=1)
    return event, slot, [await somebody(event, slot, email=f"{n}@example.org") for n in range(number + 1)]


async def offered(number: int = 1) -> tuple[Row, Row, list[Registered]]:
    """As `awaited`, and the place has been given back: it is offered to the next."""
    event, slot, people = await awaited(number)
    await changes.cancel(people[0].places[0].id, own(people[0]))
    assert (await place(people[1]))["status"] == "offered"
    return event, slot, people


async def fail(who: Registered) -> None:
    """What tells somebody of their place has come back."""
    await fetch("UPDATE message SET state = 'failed' WHERE registration = {}", who.places[0].id)
    await fetch("UPDATE attendee SET called_for = 'bounce', called_at = NULL WHERE id = {}", who.attendee)


async def test_the_clock_of_the_database_decides(db: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose clock is days behind takes no place that is no longer kept."""
    monkeypatch.setattr(database, "clock", THE_DATABASE_S)
    clock.now = datetime.now(UTC)
    _, slot, people = await offered(2)
    mine = people[1].places[0].id
    await fetch("UPDATE registration SET offered_until = {} WHERE id = {}", clock() - timedelta(seconds=1), mine)
    clock.turn(days=-7)
    with pytest.raises(OfferEnded):
        await waiting_list.accept(mine, own(people[1]))
    assert (await row("registration", mine))["status"] == "offered"
    assert (await row("session", slot["id"]))["offered"] == 1
    assert await expire_due(clock()) == 1
    assert (await place(people[2]))["status"] in ("offered", "confirmed")


async def test_an_offer_ends_when_its_slot_begins_earlier(db: Engine) -> None:
    """Until the change is undone."""
    event, slot, people = await offered()
    who, before = await organiser(event), (await place(people[1]))["offered_until"]
    await fetch("UPDATE registration SET offered_until = {} WHERE id = {}", slot["starts_at"], people[1].places[0].id)
    hour = timedelta(hours=1)
    change = await move_slot(slot["id"], slot["starts_at"] - hour, slot["ends_at"] - hour, who)
    assert (await place(people[1]))["offered_until"] == slot["starts_at"] - hour
    await undo(change, who)
    assert (await place(people[1]))["offered_until"] == slot["starts_at"]
    assert before <= slot["starts_at"]


async def test_who_cannot_be_reached_loses_a_place_that_they_do_not_know_of(db: Engine) -> None:
    _, _, people = await offered(2)
    await fail(people[1])
    assert await pass_on_due(utcnow()) == 1
    assert [(await place(one))["status"] for one in people[1:]] == ["cancelled", "offered"]
    assert await truths.offenders() == {}


async def test_who_was_telephoned_keeps_the_place_that_they_were_told_of(db: Engine) -> None:
    _, _, people = await awaited(2, days=10)
    await changes.cancel(people[0].places[0].id, own(people[0]))
    await fail(people[1])
    await fetch("UPDATE attendee SET called_at = {} WHERE id = {}", utcnow(), people[1].attendee)
    assert await pass_on_due(utcnow()) == 0
    assert [(await place(one))["status"] for one in people[1:]] == ["confirmed", "waiting"]


async def test_a_yes_that_comes_before_the_place_passes_on_counts(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message came back, the worker has seen it, and its reader says yes by the page just then."""
    _, _, people = await offered()
    await fail(people[1])
    real = freed.lock_person

    async def lock_person(attendee: str, now: datetime, also: Collection[str] = ()) -> list[str]:
        keys = await real(attendee, now, also)
        if asyncio.current_task() is passing:
            await fetch("UPDATE registration SET status = 'confirmed' WHERE id = {}", people[1].places[0].id)
            await fetch("UPDATE session SET confirmed = 1, offered = 0")
        return keys

    monkeypatch.setattr(freed, "lock_person", lock_person)
    passing = asyncio.create_task(pass_on_due(utcnow()))
    assert await passing == 0
    assert (await place(people[1]))["status"] == "confirmed"


async def test_places_of_slots_that_have_begun_do_not_stand_in_the_way(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay as they were, however many; the first that can pass on does."""
    monkeypatch.setattr(passing_on, "BATCH", 1)
    _, old, gone = await offered()
    await fail(gone[1])
    await fetch("UPDATE session SET starts_at = {} WHERE id = {}", utcnow() - timedelta(minutes=1), old["id"])
    event, slot = await factories.event(), old
    slot = await factories.session(await factories.workshop(event), event, 0, capacity=1)
    first, second = [await somebody(event, slot, email=f"new{n}@example.org") for n in range(2)]
    await changes.cancel(first.places[0].id, own(first))
    await fail(second)
    assert await pass_on_due(utcnow()) == 1
    assert (await place(second))["status"] == "cancelled"


async def test_a_yes_while_the_slot_moves_gives_back_what_it_then_meets(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An organiser moves the slot between the page's reading and the person's lock."""
    event, slot, people = await offered()
    other = await factories.session(await factories.workshop(event), event, 5, capacity=2)
    await somebody(event, other, email="1@example.org")
    who, hour, real = await organiser(event), timedelta(hours=1), freed.lock_person
    moved: list[asyncio.Task[str]] = []

    async def lock_person(attendee: str, now: datetime, also: Collection[str] = ()) -> list[str]:
        if not moved and not is_embedded():
            change = move_slot(slot["id"], slot["starts_at"] + hour, slot["ends_at"] + hour, who)
            moved.append(asyncio.create_task(change, context=Context()))
            await moved[0]
        return await real(attendee, now, also)

    monkeypatch.setattr(freed, "lock_person", lock_person)
    await waiting_list.accept(people[1].places[0].id, own(people[1]))
    assert await truths.offenders() == {}
    kept = await fetch("SELECT session FROM registration WHERE status = 'confirmed' ORDER BY id")
    assert is_embedded() or [row["session"] for row in kept] == [slot["id"]]


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A database that other processes use as well, with their key."""
    monkeypatch.setenv("SECRET_KEY", PRODUCTION["SECRET_KEY"])
    settings.settings.cache_clear()
    made = f"sqlite:///{tmp_path}/workshops.db"
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres_server")
        made = server.create(f"{NAME}_offers")
    async with migrated(made, tmp_path):
        yield made
    if request.param == "postgres":
        server.drop(f"{NAME}_offers")
    monkeypatch.undo()
    settings.settings.cache_clear()


async def until(query: str, *values: object) -> float:
    """Wait until a query finds something; the seconds that it took."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with asyncio.timeout(30):
        while True:
            if await fetch(query, *values):
                return loop.time() - begun
            await asyncio.sleep(0.01)  # another process, which sends no event


async def test_an_offer_that_is_over_passes_on_within_seconds(url: str, tmp_path: Path) -> None:
    _, _, people = await awaited(ROUNDS + 1)
    took = []
    async with postbox.listening(postbox.Server()) as smtp, Worker(url, tmp_path, smtp.port) as worker:
        await worker.ready()
        await changes.cancel(people[0].places[0].id, own(people[0]))
        for now, following in pairwise(people[1:]):
            told = "SELECT id FROM message WHERE registration = {} AND kind = 'place_offered' AND state = 'sent'"
            await until(told, now.places[0].id)
            await fetch("UPDATE registration SET offered_until = {} WHERE id = {}", utcnow(), now.places[0].id)
            next_one = "SELECT id FROM registration WHERE id = {} AND status = 'offered'"
            took.append(await until(next_one, following.places[0].id))
    assert len(took) == ROUNDS
    assert max(took) < SECONDS, took
    assert await truths.offenders() == {}
    print(f"\npassed on after {[round(seconds, 2) for seconds in took]} s")

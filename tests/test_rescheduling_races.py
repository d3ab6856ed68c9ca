"""Changes of a day while people book, cancel and are written to; and any series of changes and undos."""

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories, planned, truths
from tests.factories import Row
from tests.planned import clock, later, notices, organiser, people, row, somebody
from tests.postbox import Clock
from workshops import changes, overlaps, rights
from workshops.actors import Actor, Staff
from workshops.consequences import Place
from workshops.database import Engine, fetch, fetch_one
from workshops.delivery import deliver_due
from workshops.errors import WorkshopsError
from workshops.rescheduling import locks
from workshops.rescheduling.cancelling import cancel_slot
from workshops.rescheduling.capacities import set_capacity
from workshops.rescheduling.locks import How, TooLate
from workshops.rescheduling.undoing import undo
from workshops.turns import Busy, Turn

__all__ = ["clock"]
ROUNDS = 12


class Post:
    """Takes every message."""

    limited = False

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def send(self, identity: str, recipient: str, raw: bytes) -> None:
        await asyncio.sleep(0)
        self.taken.append(identity)

    async def close(self) -> None:
        """Nothing to close."""


async def outcome(work: Awaitable[Any]) -> Any:
    """What it gave, or why it was refused."""
    try:
        return await work
    except WorkshopsError as error:
        return error


async def test_a_message_leaves_or_the_change_is_undone_never_both(db: Engine) -> None:
    event = await factories.event()
    who, post = await organiser(event), Post()
    session = await factories.session(await factories.workshop(event), event, capacity=4)
    await people(event, 4, session)
    await deliver_due(post)
    seen = set()
    for number in range(ROUNDS):
        change = await later(session, who, 1 if number % 2 == 0 else -1, How(at_once=True))
        undone, *_ = await asyncio.gather(
            outcome(undo(change, who)), *(deliver_due(post) for _ in range(number % 3 + 1)), return_exceptions=False
        )
        await deliver_due(post)
        left = {message["state"] for message in await notices(change)}
        is_undone = (await row("plan_change", change))["undone_at"] is not None
        assert is_undone is (undone is None)
        assert undone is None or isinstance(undone, TooLate)
        assert left == ({"superseded"} if is_undone else {"sent"}), number
        seen.add(is_undone)
        if is_undone:
            await later(session, who, 1 if number % 2 == 0 else -1, How(at_once=True))
            await deliver_due(post)
        assert await truths.offenders() == {}
    told = await fetch("SELECT id FROM message WHERE state = 'sent'")
    assert sorted(post.taken) == sorted(one["id"] for one in told)


async def test_people_who_book_while_a_slot_moves_are_told_or_knew(db: Engine) -> None:
    """The slot itself is booked, and what it comes to overlap, by the same people at the same moment."""
    event = await factories.event()
    who = await organiser(event)
    for number in range(ROUNDS):
        moved = await factories.session(await factories.workshop(event), event, 0, capacity=6)
        other = await factories.session(await factories.workshop(event), event, 1, capacity=20)
        names = [f"{number}.{n}@example.org" for n in range(8)]
        for name in names[:4]:
            await somebody(event, moved, email=name)
        results = await asyncio.gather(
            *(outcome(somebody(event, other, email=name)) for name in names[:4:2]),
            outcome(later(moved, who)),
            *(outcome(somebody(event, moved, email=name)) for name in names[4:6]),
            *(outcome(somebody(event, other, email=name)) for name in names[1:4:2]),
            *(outcome(somebody(event, moved, email=name)) for name in names[6:]),
        )
        assert await truths.offenders() == {}, number
        change = next(one for one in results if isinstance(one, str | Busy))
        if isinstance(change, Busy):
            continue
        told = {message["attendee"] for message in await notices(change)}
        made = (await row("plan_change", change))["created_at"]
        for place in await fetch("SELECT attendee, created_at FROM registration WHERE session = {}", moved["id"]):
            assert place["attendee"] in told or place["created_at"] >= made - timedelta(seconds=5)
        assert (await row("plan_change", change))["people"] == len(told)


async def test_people_who_cancel_while_a_slot_moves_choose_between_nothing(db: Engine) -> None:
    event = await factories.event()
    who = await organiser(event)
    for number in range(ROUNDS):
        moved = await factories.session(await factories.workshop(event), event, 0)
        other = await factories.session(await factories.workshop(event), event, 1)
        came = [await somebody(event, moved, other, email=f"{number}.{n}@example.org") for n in range(4)]
        gone = [one.places[n % 2].id for n, one in enumerate(came[:3])]
        actors = [Actor(f"attendee:{one.attendee}") for one in came]
        results = await asyncio.gather(
            *(outcome(changes.cancel(place, actor)) for place, actor in zip(gone[:2], actors, strict=False)),
            outcome(later(moved, who)),
            outcome(changes.cancel(gone[2], actors[2])),
        )
        assert not [one for one in results if isinstance(one, WorkshopsError)], results
        assert await truths.offenders() == {}, number
        asked = await fetch("SELECT attendee FROM registration WHERE must_choose AND session = {}", moved["id"])
        assert [one["attendee"] for one in asked] == [came[3].attendee]


async def test_fewer_places_and_more_people_at_once(db: Engine) -> None:
    event = await factories.event()
    who = await organiser(event)
    for number in range(ROUNDS):
        session = await factories.session(await factories.workshop(event), event, 0, capacity=6)
        came = [await somebody(event, session, email=f"{number}.{n}@example.org") for n in range(4)]
        await asyncio.gather(
            outcome(set_capacity(session["id"], 2, who)),
            *(outcome(somebody(event, session, email=f"{number}.new{n}@example.org")) for n in range(3)),
            outcome(changes.cancel(came[0].places[0].id, Actor(f"attendee:{came[0].attendee}"))),
        )
        assert await truths.offenders() == {}, number


async def test_two_organisers_at_one_slot(db: Engine) -> None:
    event = await factories.event()
    who = await organiser(event)
    for number in range(ROUNDS):
        session = await factories.session(await factories.workshop(event), event, 0)
        await somebody(event, session, email=f"{number}@example.org")
        await asyncio.gather(
            outcome(later(session, who)),
            outcome(cancel_slot(session["id"], who)),
            outcome(set_capacity(session["id"], 3, who)),
            outcome(later(session, who, 2)),
        )
        assert await truths.offenders() == {}, number


async def test_who_joins_just_before_the_slot_is_locked_is_locked_too(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await factories.event()
    who = await organiser(event)
    session = await factories.session(await factories.workshop(event), event, 0)
    await somebody(event, session)
    locked: list[set[str]] = []
    read, real_lock, real_touch = asyncio.Event(), locks.lock_people, rights.touch

    async def lock(of: Iterable[Place], turn: Turn, now: datetime) -> None:
        found = list(of)
        locked.append({key for place in found for key in place.keys})
        await real_lock(found, turn, now)

    async def touch(identity: str, now: datetime) -> None:
        read.set()
        await asyncio.sleep(0.3)
        await real_touch(identity, now)

    async def join() -> None:
        await read.wait()
        await somebody(event, session, email="late@example.org")

    monkeypatch.setattr(locks, "lock_people", lock)
    monkeypatch.setattr(rights, "touch", touch)
    change, _ = await asyncio.gather(later(session, who), join())
    told = {message["attendee"] for message in await notices(change)}
    keys = await fetch("SELECT key, attendee FROM attendee_key")
    assert {row["key"] for row in keys if row["attendee"] in told} <= locked[-1]
    assert await truths.offenders() == {}


async def test_a_place_given_back_while_its_owner_is_asked_to_choose(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await factories.event()
    who = await organiser(event)
    moved = await factories.session(await factories.workshop(event), event, 0)
    other = await factories.session(await factories.workshop(event), event, 1)
    zoe = await somebody(event, moved, other)
    read, real = asyncio.Event(), overlaps.mark

    async def mark(registrations: set[str], now: datetime) -> None:
        read.set()
        await asyncio.sleep(0.3)
        await real(registrations, now)

    async def give_back() -> None:
        await read.wait()
        await changes.cancel(zoe.places[1].id, Actor(f"attendee:{zoe.attendee}"))

    monkeypatch.setattr(overlaps, "mark", mark)
    await asyncio.gather(later(moved, who), give_back())
    assert await truths.offenders() == {}


KINDS = ("move", "move", "move", "places", "cancel", "undo", "undo", "undo", "join", "leave")
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.sampled_from([-2, -1, -0.5, 0.5, 1, 2]), st.integers(1, 4)),
    min_size=4,
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_is_changed_and_undone_versions_rise_and_everything_is_true(
    db: Engine, clock: Clock, steps: list[tuple[str, int, float, int]]
) -> None:
    event = await factories.event()
    who = await organiser(event)
    workshop = await factories.workshop(event)
    slots = [await factories.session(workshop, event, hour, capacity=2) for hour in (0, 2)]
    slots += [await factories.session(await factories.workshop(event), event, hour, capacity=3) for hour in (1, 3)]
    for number in range(5):
        clock.turn(seconds=1)
        await somebody(event, slots[number % 2], slots[2 + number % 2], email=f"{number}.{event['id']}@example.org")
    made: list[str] = []
    for kind, which, hours, capacity in steps:
        clock.turn(seconds=1)
        before, versions = await shown(), await planned.versions()
        with suppress(WorkshopsError):
            await take(kind, slots[which], hours, capacity, event, made, who)
        after, risen = await shown(), await planned.versions()
        for place, version in versions.items():
            changed = before[place] != after[place] and kind != "leave"
            assert risen[place] >= version + changed, (kind, steps)
        assert await truths.offenders() == {}, (kind, steps)


async def take(kind: str, slot: Row, hours: float, capacity: int, event: Row, made: list[str], who: Staff) -> None:
    """One step of a series."""
    if kind == "move":
        made.append(await later(slot, who, hours))
    elif kind == "places":
        made.append(await set_capacity(slot["id"], capacity, who))
    elif kind == "cancel":
        made.append(await cancel_slot(slot["id"], who))
    elif kind == "undo" and made:
        await undo(made[-min(capacity, len(made))], who)
    elif kind == "join":
        await somebody(event, slot, email=f"0.{event['id']}@example.org")
    elif kind == "leave":
        place = await fetch_one(
            "SELECT r.id, r.attendee FROM registration r JOIN attendee a ON a.id = r.attendee WHERE a.event = {} "
            "AND r.status <> 'cancelled' ORDER BY r.id LIMIT 1",
            event["id"],
        )
        if place:
            await changes.cancel(place["id"], Actor(f"attendee:{place['attendee']}"))


async def shown() -> dict[str, tuple[object, ...]]:
    """What a calendar shows of every place."""
    rows = await fetch(
        "SELECT r.id, r.status, s.starts_at, s.ends_at, e.venue FROM registration r JOIN session s ON s.id = r.session "
        "JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event"
    )
    return {one["id"]: (one["status"], one["starts_at"], one["ends_at"], one["venue"]) for one in rows}

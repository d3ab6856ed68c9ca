"""The worker's loop: it delivers by itself, waits when told no, survives a database that fails, ends when asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests import postbox
from tests.factories import Row
from tests.postbox import Clock, Server, attendee, clock, connected, day, queue, tell
from workshops import delivery, worker
from workshops.database import Engine, fetch
from workshops.delivery import _claim
from workshops.ids import new_id
from workshops.transport import Misconfigured, Smtp

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")


@pytest.fixture
async def post(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A mail server that the worker finds by itself."""
    server = Server()
    async with connected(server) as made:
        monkeypatch.setattr(worker, "transport", lambda: made)
        yield server


@asynccontextmanager
async def working() -> AsyncIterator[asyncio.Event]:
    """A worker that runs meanwhile, and is asked to stop at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.work(stop))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(5):
            await task


async def told() -> Row:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], "confirmed"))
    await tell(zoe)
    return zoe


async def sent(number: int) -> None:
    async with asyncio.timeout(10):
        while [row["state"] for row in await queue()].count("sent") < number:  # noqa: ASYNC110 - rows send no event
            await asyncio.sleep(0.02)


async def test_it_delivers_what_is_there_and_what_comes(db: Engine, clock: Clock, post: Server) -> None:
    zoe = await told()
    async with working():
        await sent(1)
        await tell(zoe)
        await sent(2)
    assert len(post.taken) == 2


async def test_asked_to_stop_it_ends_the_message_in_flight(db: Engine, clock: Clock, post: Server) -> None:
    await told()
    post.waiting = asyncio.Event()
    async with working() as stop:
        await post.arrived.wait()
        stop.set()
        await asyncio.sleep(0.05)
        post.waiting.set()
    assert [row["state"] for row in await queue()] == ["sent"]


async def test_a_lone_worker_takes_over_at_once(db: Engine, clock: Clock, post: Server) -> None:
    await told()
    assert await _claim(clock.now)
    async with working():
        if db.engine_type == "sqlite":
            await sent(1)
        else:  # another worker may be at it
            await asyncio.sleep(0.5)
            assert [row["state"] for row in await queue()] == ["sending"]
            clock.turn(minutes=2)
            await sent(1)


async def test_refused_by_the_server_it_waits_a_minute(
    db: Engine, clock: Clock, post: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told()
    tries = 0

    async def refused(*_: Any) -> None:
        nonlocal tries
        tries += 1
        raise Misconfigured("SMTPAuthenticationError", 535)

    monkeypatch.setattr(Smtp, "send", refused)
    async with working():
        await asyncio.sleep(1)
    assert tries == 1
    assert worker.PAUSE_SECONDS == 60
    assert [row["state"] for row in await queue()] == ["queued"]


async def test_a_failing_database_does_not_end_it(
    db: Engine, clock: Clock, post: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told()
    deliver_due, failures = delivery.deliver_due, 2

    async def failing(*given: Any) -> int:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise ConnectionError("the database is away")
        return await deliver_due(*given)

    monkeypatch.setattr(worker, "deliver_due", failing)
    async with working():
        await sent(1)


async def test_it_forgets_what_serves_for_a_day(
    db: Engine, clock: Clock, post: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "utcnow", clock)
    monkeypatch.setattr(worker, "PURGE_SECONDS", -1)
    for hours in (1, 23, 25):
        moment = clock.now - timedelta(hours=hours)
        await fetch("INSERT INTO counter (id, window_starts_at, total) VALUES ({}, {}, 1)", str(hours), moment)
        await fetch(
            "INSERT INTO idempotency_record (id, caller, call, key, body_hash, status, answer, created_at) "
            "VALUES ({}, 'anyone', 'register', {}, '', 201, '', {})",
            *(new_id(), str(hours), moment),
        )
    async with working():
        await asyncio.sleep(0.2)
    assert {row["id"] for row in await fetch("SELECT id FROM counter WHERE id NOT LIKE 'digest:%'")} == {"1", "23"}
    assert {row["key"] for row in await fetch("SELECT key FROM idempotency_record")} == {"1", "23"}

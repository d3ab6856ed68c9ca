"""The worker's loop: it delivers by itself, waits when told no, survives a database that fails, ends when asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests import postbox
from tests.factories import Row
from tests.postbox import Clock, Server, attendee, clock, connected, day, queue, tell
from workshops import delivery, pauses, worker
from workshops.claims import take
from workshops.database import Engine, exclusive, fetch
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


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 - rows send no event
            await asyncio.sleep(0.02)


async def sent(number: int) -> None:
    async def are() -> bool:
        return [row["state"] for row in await queue()].count("sent") >= number

    await until(are)


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
    assert await take(clock.now, "mail")
    async with working():
        if db.engine_type == "sqlite":
            await sent(1)
        else:  # another worker may be at it
            await asyncio.sleep(0.5)
            assert [row["state"] for row in await queue()] == ["sending"]
            clock.turn(minutes=2)
            await sent(1)


async def test_refused_by_the_server_it_tries_once_a_minute_until_it_is_not(
    db: Engine, clock: Clock, post: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told()
    tries, rounds, send, deliver_due = 0, 0, Smtp.send, delivery.deliver_due

    async def refused(*given: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Misconfigured("SMTPAuthenticationError", 535)
        await send(*given)

    async def counted(*given: Any) -> int:
        nonlocal rounds
        rounds += 1
        return await deliver_due(*given)

    async def looked_again() -> bool:
        return tries == goal and rounds >= seen + 5

    monkeypatch.setattr(Smtp, "send", refused)
    monkeypatch.setattr(worker, "deliver_due", counted)
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.02)
    async with working():
        for expected in (1, 2):
            goal, seen = expected, rounds
            await until(looked_again)
            assert [(row["state"], row["attempts"]) for row in await queue()] == [("queued", 0)]
            clock.turn(minutes=1)
        await sent(1)
    assert await pauses.current() is None


async def test_a_second_worker_on_sqlite_waits_for_the_end_of_the_first(
    db: Engine, clock: Clock, post: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told_to_wait() -> bool:
        return "waits_for_the_other_worker" in [line["event"] for line in logs]

    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.02)
    await told()
    async with AsyncExitStack() as first:
        await first.enter_async_context(exclusive("worker"))
        if db.engine_type == "sqlite":
            assert await take(clock.now, "mail")
        with capture_logs() as logs:
            async with working():
                if db.engine_type == "sqlite":
                    await until(told_to_wait)
                    states = [row["state"] for row in await queue()]
                    assert states == ["sending"], "what the first has in hand is its own"
                await first.aclose()
                await sent(1)
    assert await told_to_wait() == (db.engine_type == "sqlite")


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

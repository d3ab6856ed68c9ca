"""All or nothing, on both databases, whatever fails and whoever hangs up."""

import asyncio
import os
import random
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from workshops.database import (
    Engine,
    ForeignTransaction,
    NestedTransaction,
    TransactionFailed,
    fetch,
    fetch_one,
    for_update,
    in_transaction,
    transaction,
)

BROKEN_RULE = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
CLIENTS = 64


@pytest.fixture
async def seats(empty_db: Engine) -> Engine:
    """A session whose counter must always equal its rows; a row's session is only checked by COMMIT."""
    await fetch("CREATE TABLE session (id VARCHAR(9) PRIMARY KEY, taken INTEGER NOT NULL)")
    await fetch(
        "CREATE TABLE place (id VARCHAR(40) PRIMARY KEY, session VARCHAR(9) NOT NULL"
        " REFERENCES session(id) DEFERRABLE INITIALLY DEFERRED)"
    )
    await fetch("INSERT INTO session (id, taken) VALUES ('s', 0)")
    return empty_db


async def take(place: str, session: str = "s") -> None:
    """Take a place as a verb would: read, decide, count, write."""
    async with transaction():
        row = await fetch_one("SELECT taken FROM session WHERE id = 's'" + for_update())
        assert row
        await fetch("INSERT INTO place (id, session) VALUES ({}, {})", place, session)
        await fetch("UPDATE session SET taken = {} WHERE id = 's'", row["taken"] + 1)


async def taken() -> int:
    """How many places are taken, if the counter and the rows agree."""
    row = await fetch_one("SELECT taken, (SELECT count(*) FROM place) AS places FROM session")
    assert row
    assert row["taken"] == row["places"]
    return int(row["taken"])


async def usable(engine: Engine) -> None:
    """Every connection is back and works: more clients than connections all get their turn."""
    assert not in_transaction()
    await fetch("INSERT INTO session (id, taken) VALUES ('alone', 0)")  # would join what is still open
    assert await fetch("SELECT id FROM session WHERE id = 'alone'")
    await fetch("DELETE FROM session WHERE id = 'alone'")
    before = await taken()
    async with asyncio.timeout(20):
        await asyncio.gather(*(take(f"after {number}") for number in range(CLIENTS)))
    assert await taken() == before + CLIENTS
    if engine.engine_type == "postgres":
        pool = engine.pool  # type: ignore[attr-defined]
        assert pool.get_idle_size() == pool.get_size()


async def test_a_block_commits_at_its_end(seats: Engine) -> None:
    async with transaction():
        assert in_transaction()
        await fetch("INSERT INTO place (id, session) VALUES ('a', 's')")
        await fetch("UPDATE session SET taken = 1")
    assert not in_transaction()
    assert await taken() == 1


async def test_an_error_rolls_back_and_is_the_one_raised(seats: Engine) -> None:
    async def fail() -> None:
        async with transaction():
            await fetch("INSERT INTO place (id, session) VALUES ('a', 's')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await taken() == 0
    await usable(seats)


async def test_a_failed_commit_keeps_nothing_and_gives_its_connection_back(seats: Engine) -> None:
    for number in range(2 * 10 + 1):  # twice the pool
        with pytest.raises(BROKEN_RULE):
            await take(f"lost {number}", session="nowhere")
        assert not in_transaction()
    assert await taken() == 0
    await usable(seats)


async def test_a_caught_error_does_not_save_the_transaction(seats: Engine) -> None:
    async def catch() -> None:
        async with transaction():
            await fetch("INSERT INTO place (id, session) VALUES ('a', 's')")
            with pytest.raises(BROKEN_RULE):
                await fetch("INSERT INTO place (id, session) VALUES ('a', 's')")
            with pytest.raises(TransactionFailed):
                await fetch("SELECT 1 AS one")

    with pytest.raises(TransactionFailed):
        await catch()
    assert await taken() == 0
    await usable(seats)


async def test_a_nested_transaction_is_refused_at_once(seats: Engine) -> None:
    async with asyncio.timeout(5), transaction():
        with pytest.raises(NestedTransaction):
            await take("inner")
        await fetch("INSERT INTO place (id, session) VALUES ('outer', 's')")
        await fetch("UPDATE session SET taken = 1")
    assert await taken() == 1


async def test_a_task_started_inside_may_not_join_while_it_is_open(seats: Engine) -> None:
    async def join() -> None:
        assert not in_transaction()
        await fetch("INSERT INTO place (id, session) VALUES ('stray', 's')")

    async with asyncio.timeout(5), transaction():
        for work in (join(), take("stray"), asyncio.wait_for(taken(), 3)):
            with pytest.raises(ForeignTransaction):
                await asyncio.create_task(work)
    assert await taken() == 0


async def test_a_task_started_inside_is_free_once_it_has_ended(seats: Engine) -> None:
    ended = asyncio.Event()

    async def later() -> int:
        await ended.wait()
        await take("later")
        return await taken()

    async with transaction():
        task = asyncio.create_task(later())
    ended.set()
    assert await task == 1


async def test_readers_do_not_wait_for_an_open_transaction(seats: Engine) -> None:
    wrote, read = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with transaction():
            await fetch("INSERT INTO place (id, session) VALUES ('a', 's')")
            await fetch("UPDATE session SET taken = 1")
            wrote.set()
            await read.wait()

    task = asyncio.create_task(write())
    await wrote.wait()
    async with asyncio.timeout(5):
        assert await taken() == 0
    read.set()
    await task
    assert await taken() == 1


async def test_a_client_who_hangs_up_in_the_queue_loses_no_turn(seats: Engine) -> None:
    room = 1 if seats.engine_type == "sqlite" else 10
    inside, full, leave = 0, asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        nonlocal inside
        async with transaction():
            inside += 1
            if inside == room:
                full.set()
            await leave.wait()

    holding = [asyncio.create_task(hold()) for _ in range(room)]
    await full.wait()
    waiting = [asyncio.create_task(take(f"cancelled {number}")) for number in range(20)]
    await asyncio.sleep(0)  # so that they stand in the queue
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert all(task.cancelled() for task in waiting)
    leave.set()
    await asyncio.gather(*holding)
    await usable(seats)


async def test_a_statement_by_itself_does_not_join_the_transaction_of_another(seats: Engine) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def fail() -> None:
        async with transaction():
            inside.set()
            await leave.wait()
            raise ZeroDivisionError

    failing = asyncio.create_task(fail())
    await inside.wait()
    alone = asyncio.create_task(fetch("UPDATE session SET id = 'kept'"))
    await asyncio.sleep(0)  # so that it has been asked for
    leave.set()
    await asyncio.wait([failing, alone])
    assert await fetch("SELECT id FROM session") == [{"id": "kept"}]


@pytest.mark.parametrize(("step", "kept"), [("begin", 0), ("run_inside", 0), ("end", 1)])
async def test_a_client_who_hangs_up_leaves_nothing_half_done(
    seats: Engine, monkeypatch: pytest.MonkeyPatch, step: str, kept: int
) -> None:
    reached = asyncio.Event()
    real: Callable[..., Awaitable[Any]] = getattr(seats, step)

    async def reach(*args: Any, **options: Any) -> Any:
        reached.set()
        return await real(*args, **options)

    for number in range(12):  # more than the pool holds
        reached.clear()
        monkeypatch.setattr(seats, step, reach)
        task = asyncio.create_task(take(f"cancelled {number}"))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        monkeypatch.undo()
    assert await taken() == 12 * kept
    await usable(seats)


async def test_a_storm_of_cancellations(seats: Engine) -> None:
    chance = random.Random(7)
    loop = asyncio.get_running_loop()
    tasks = [asyncio.create_task(take(f"storm {number}")) for number in range(300)]
    alone = [asyncio.create_task(fetch("UPDATE session SET taken = taken")) for _ in range(100)]
    for task in (*tasks, *alone):
        loop.call_later(chance.uniform(0, 0.3), task.cancel)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait(alone)
    assert {type(outcome) for outcome in outcomes} <= {type(None), asyncio.CancelledError}
    assert outcomes.count(None) <= await taken() < 300
    await usable(seats)


WRITER = """
import asyncio, os
from tests.test_transactions import many
from workshops.database import connected

async def main():
    async with connected():
        print("ready", flush=True)
        await many("other")

asyncio.run(main())
"""


async def many(who: str) -> None:
    """64 clients, five places each, and as many single statements between them."""

    async def client(number: int) -> None:
        for place in range(5):
            await take(f"{who} {number} {place}")
            await fetch("UPDATE session SET taken = taken + 0")

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))


async def test_64_writers_in_each_of_two_processes_lose_nothing(seats: Engine, database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER),
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"
    await many("this")
    assert await process.wait() == 0
    assert await taken() == 2 * CLIENTS * 5

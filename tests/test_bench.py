"""The benchmark measures what it says, and the statements of a request stay few."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench import door, floors, season
from bench.record import BEGIN, COMMIT, Statement, record
from bench.season import Request, Season
from tests import truths
from workshops.database import Engine, fetch, is_embedded


@pytest.fixture
async def day(db: Engine) -> Season:
    return await season.build()


async def test_a_sign_up_takes_15_statements_at_most(db: Engine, day: Season) -> None:
    """The network's count, BEGIN and COMMIT, the mail's row and the Idempotency-Key among them.

    Of somebody new, then of somebody known.
    """

    def ask(index: int) -> Request:
        asked = season.signing_up(day, hot=index == 1)(0)
        return replace(asked, headers={**asked.headers, "Idempotency-Key": f"key-{index}"})

    tape = await record(db, ask, 2)
    assert [(one[1], one[-1]) for one in tape] == [((BEGIN, ()), (COMMIT, ()))] * 2
    assert ["INSERT INTO counter" in one[0][0] for one in tape] == [True, True]
    assert max(len(statements) for statements in tape) <= 15
    assert len(await fetch("SELECT id FROM message")) == 2
    assert await truths.offenders() == {}


async def test_the_work_of_a_place_given_back_does_not_grow_with_those_who_wait(db: Engine, day: Season) -> None:
    """As many statements, and as many rows read, whether 10 wait or 3,000."""
    work = []
    for number in (10, 3000):
        for table in ("message", "registration", "ticket", "attendee_key", "person_key", "attendee"):
            await fetch(f"DELETE FROM {table}")
        await season.crowd(day, number)
        await fetch("ANALYZE")
        tape = await record(db, await season.giving_back(day), 2)
        work.append((len(tape[1]), await rows_read(db, tape[1])))
    assert work[0][0] == work[1][0] <= 24  # a message more to who gave it back
    assert work[1][1] <= work[0][1] + 5, work
    session = (await fetch("SELECT confirmed, waiting FROM session WHERE id = {}", day.hot))[0]
    assert session == {"confirmed": season.HOT, "waiting": 2998}


async def rows_read(db: Engine, statements: list[Statement]) -> int:
    """How many rows the questions among these statements look at, kept or not; on SQLite, how many scan a table."""
    asked = [(sql, values) for sql, values in statements if sql.startswith("SELECT")]
    assert len(asked) >= 8
    if is_embedded():
        plans = [await db.run(f"EXPLAIN QUERY PLAN {sql}", values) for sql, values in asked]
        return sum(str(dict(row)["detail"]).startswith("SCAN r") for plan in plans for row in plan)
    plans = [await db.run(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values) for sql, values in asked]
    return sum(looked_at(json.loads(plan[0][0])[0]["Plan"]) for plan in plans)


def looked_at(node: dict[str, Any]) -> int:
    """The rows of a node of a plan and of those below it."""
    rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(rows * node["Actual Loops"]) + sum(looked_at(below) for below in node.get("Plans", ()))


async def test_a_check_in_takes_8_statements_at_most(db: Engine, day: Season) -> None:
    """Its token and its transaction among them; and it is a real one: each ticket is let in once.

    The first of all notes that its token is in use, which is written at most once an hour.
    """
    await record(db, season.signing_up(day, hot=False), 4)
    tape = await record(db, season.checking_in(day, await season.tickets(day)), 4)
    tape = tape[1:]
    assert max(len(statements) for statements in tape) <= 8
    with pytest.raises(RuntimeError, match="already_in"):
        await record(db, season.checking_in(day, await season.tickets(day)), 1)


async def test_a_batch_of_200_scans_takes_15_statements_at_most(db: Engine) -> None:
    """As many as a batch of few; and they are real ones, each of them kept."""
    tape = await record(db, door.handing_in(await door.build()), 12)
    assert {len(statements) for statements in tape} == {15}
    assert await door.lost() == door.BATCH * (door.BATCHES - 12)


@pytest.mark.parametrize("path", [lambda day: "/", lambda day: f"/events/{day.full}"], ids=["programme", "day"])
async def test_a_page_takes_5_statements_at_most(db: Engine, day: Season, path: Callable[[Season], str]) -> None:
    tape = await record(db, season.reading(path(day)), 1)
    assert len(tape[0]) <= 5


async def test_the_floor_does_the_same(db: Engine, day: Season, database_url: str) -> None:
    """The bare driver, given the database as it was before, leaves in it what we left."""
    tape = await record(db, season.signing_up(day, hot=True), 20)
    before = await counts()
    for table in ("message", "registration", "ticket", "attendee_key", "attendee"):
        await fetch(f"DELETE FROM {table}")
    await fetch("UPDATE session SET confirmed = 0, waiting = 0, queue_tail = 0")
    floor = floors.sqlite if is_embedded() else floors.postgres
    assert (await floor(database_url, tape, 4)).per_second > 0
    assert await counts() == before
    assert await truths.offenders() == {}


async def counts() -> list[int]:
    """Sign-ups' rows, and the places that the sessions count."""
    tables = ("message", "registration", "ticket", "attendee_key", "attendee")
    rows = [await fetch(f"SELECT count(*) AS total FROM {table}") for table in tables]
    rows.append(await fetch("SELECT sum(confirmed) AS total FROM session"))
    return [int(row[0]["total"]) for row in rows]

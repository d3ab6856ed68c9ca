"""Statements and values: what is written once must mean the same on both databases."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from piccolo.apps.migrations.tables import Migration
from piccolo.columns import Varchar
from piccolo.table import TABLE_REGISTRY, create_table_class

from workshops import database
from workshops.database import Engine, fetch, fetch_one, transaction

PARIS = ZoneInfo("Europe/Paris")


class Status(StrEnum):
    WAITING = "waiting"


VALUES: list[dict[str, Any]] = [
    {
        "text": "Ça va ? « l'œuvre » {x} $1 ? %s 😀 \\ \"",
        "number": 2**31 - 1,
        "big": -(2**63),
        "yes": True,
        "bytes": bytes(range(256)),
        "at": datetime(2027, 1, 12, 8, 0, 0, 1, tzinfo=UTC),
        "part": 0.1 + 0.2,
    },
    {
        "text": "0123",
        "number": 0,
        "big": 2**63 - 1,
        "yes": False,
        "bytes": b"",
        "at": datetime(2027, 3, 28, 2, 30, tzinfo=timezone(timedelta(hours=-7))),
        "part": -1.5,
    },
    {
        "text": Status.WAITING,
        "number": -1,
        "big": 0,
        "yes": True,
        "bytes": b"12",
        "at": datetime(2026, 10, 25, 2, 30, 59, 999999, tzinfo=PARIS, fold=1),
        "part": 1e300,
    },
    {"text": "", "number": None, "big": None, "yes": None, "bytes": None, "at": None, "part": None},
]
COLUMNS = (
    "text VARCHAR(60) NOT NULL, number INTEGER, big BIGINT, yes BOOLEAN, bytes BYTEA, at TIMESTAMPTZ,"
    " part DOUBLE PRECISION"
)


def _exact(row: dict[str, Any]) -> list[tuple[Any, type]]:
    return [(value, type(value)) for value in row.values()]


@pytest.mark.parametrize("values", VALUES)
async def test_values_come_back_as_they_were(empty_db: Engine, values: dict[str, Any]) -> None:
    await fetch(f"CREATE TABLE thing (id INTEGER PRIMARY KEY, {COLUMNS})")
    expected = values | {"text": str(values["text"]), "at": values["at"] and values["at"].astimezone(UTC)}
    names = ", ".join(values)
    marks = ", ".join("{}" for _ in values)
    inserted = await fetch(f"INSERT INTO thing (id, {names}) VALUES (1, {marks}) RETURNING {names}", *values.values())
    joined = await fetch(f"SELECT {', '.join(f'b.{name}' for name in values)} FROM thing a JOIN thing b ON b.id = a.id")
    nested = await fetch(f"WITH t AS (SELECT * FROM thing) SELECT {names} FROM (SELECT * FROM t) AS u")
    async with transaction():
        updated = await fetch(f"UPDATE thing SET text = text RETURNING {names}")
    for rows in (inserted, joined, nested, updated):
        assert [_exact(row) for row in rows] == [_exact(expected)]


async def test_stored_times_compare_with_bound_ones(empty_db: Engine) -> None:
    await fetch("CREATE TABLE thing (at TIMESTAMPTZ NOT NULL)")
    start = datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC)
    steps = [timedelta(microseconds=n) for n in (0, 1, 10, 999_999, 1_000_000, 1_000_001, 3_600_000_000)]
    times = sorted(start + step for step in steps)
    for time in reversed(times):
        await fetch("INSERT INTO thing (at) VALUES ({})", time.astimezone(PARIS))
    assert [row["at"] for row in await fetch("SELECT at FROM thing ORDER BY at")] == times
    for time in times:
        for sign, true in (("<", time.__gt__), ("<=", time.__ge__), ("=", time.__eq__), (">", time.__lt__)):
            for zone in (UTC, PARIS):
                sql = f"SELECT count(*) AS n FROM thing WHERE at {sign} {{}}"
                assert await fetch(sql, time.astimezone(zone)) == [{"n": sum(map(true, times))}]


async def test_a_statement_that_would_mean_two_things_is_refused(empty_db: Engine) -> None:
    for sql, values in (
        ("SELECT {} AS a", ()),
        ("SELECT 1 AS a", (1,)),
        ("SELECT '{0}' AS a", ()),
        ("""SELECT '{"a":1}' AS a""", ()),
        ("SELECT {} AS a", (datetime(2027, 1, 12, 8),)),
    ):
        with pytest.raises(ValueError):
            await fetch(sql, *values)
    assert await fetch("""SELECT '{{"a":1}}' AS a""") == [{"a": '{"a":1}'}]


async def test_every_kind_of_statement_finds_its_connection(empty_db: Engine) -> None:
    await fetch("CREATE TABLE thing (id INTEGER PRIMARY KEY, word VARCHAR(9))")
    await fetch("WITH new AS (SELECT 1 AS id) INSERT INTO thing (id, word) SELECT id, 'one' FROM new")
    await fetch("\n  insert into thing (id, word) values (2, 'update')")
    assert await fetch_one("WITH t AS (SELECT id FROM thing WHERE word = 'update') SELECT id FROM t") == {"id": 2}
    assert await fetch("UPDATE thing SET word = 'x'") == []
    assert len(await fetch("DELETE FROM thing RETURNING id")) == 2
    assert await fetch_one("SELECT id FROM thing") is None


async def test_a_unique_violation_is_told_from_the_others(empty_db: Engine) -> None:
    await fetch("CREATE TABLE thing (id INTEGER PRIMARY KEY, word VARCHAR(9) NOT NULL UNIQUE CHECK (word <> ''))")
    await fetch("INSERT INTO thing (id, word) VALUES (1, 'a')")
    told = {}
    for values in ((1, "b"), (2, "a"), (2, None), (2, "")):
        with pytest.raises(Exception) as raised:
            await fetch("INSERT INTO thing (id, word) VALUES ({}, {})", *values)
        told[values] = database.is_unique_violation(raised.value)
    assert told == {(1, "b"): True, (2, "a"): True, (2, None): False, (2, ""): False}


async def test_the_query_builder_uses_the_same_connections(empty_db: Engine) -> None:
    before = threading.active_count()
    await Migration.create_table()
    await Migration.insert(Migration(name="kept", app_name="x"))

    async def fail() -> None:
        async with transaction():
            await Migration.insert(Migration(name="lost", app_name="x"))
            await Migration.update({Migration.app_name: "y"}, force=True)
            assert await fetch("SELECT count(*) AS n FROM migration WHERE app_name = 'y'") == [{"n": 2}]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await Migration.select(Migration.name, Migration.app_name) == [{"name": "kept", "app_name": "x"}]
    assert threading.active_count() == before


async def test_tables_made_later_use_the_engine_in_use(empty_db: Engine) -> None:
    later = create_table_class("Later", class_members={"word": Varchar()})
    try:
        assert later._meta.db is Migration._meta.db is database.engine() is empty_db
    finally:
        TABLE_REGISTRY.remove(later)

"""The database in use: transactions, statements, and the little that differs between SQLite and PostgreSQL.

SQL is written once, for both. What SQLite cannot know by itself: the type of an expression. A column comes
back as it was declared (TIMESTAMPTZ as aware UTC datetime, BOOLEAN as bool, BYTEA as bytes), also from
RETURNING and joins; `max(starts_at)`, `coalesce(…)` or `a < b` come back as SQLite's own str or int, so
select the column itself (ORDER BY … LIMIT 1) or compare in Python.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from string import Formatter
from typing import Any, cast

import asyncpg
import msgspec
from piccolo.conf.apps import Finder
from piccolo.table import TABLE_REGISTRY

from workshops import sql
from workshops.postgres_engine import Postgres
from workshops.sqlite_engine import SQLite
from workshops.transactions import (
    Engine,
    ForeignTransaction,
    NestedTransaction,
    Rows,
    Transaction,
    TransactionFailed,
    settled,
)

__all__ = ["Engine", "ForeignTransaction", "NestedTransaction", "Transaction", "TransactionFailed"]

_UNIQUE = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
}
_engine: Engine | None = None


def make_engine(url: str, pool_size: int = 10) -> Engine:
    """Return the engine of `sqlite:///relative/or//absolute.db` or `postgresql://…`, without connecting.

    `pool_size` is the most connections one process holds to PostgreSQL. A folder that is missing for a
    SQLite file is made when it is first opened. Raises ValueError, which never repeats the URL.
    """
    if url.startswith(("postgresql://", "postgres://")):
        return Postgres(url, pool_size)
    path = url.removeprefix("sqlite:///")
    if path in (url, "", ":memory:"):
        raise ValueError("a database URL is sqlite:///file or postgresql://…")
    return SQLite(path)


def engine() -> Engine:
    """Return the engine in use: piccolo_conf.DB, or the one given to `use`."""
    if _engine is None:
        use(cast(Engine, Finder().get_engine()))
    return cast(Engine, _engine)


def use(new: Engine) -> None:
    """Point this module, every Piccolo Table and Piccolo's own look-ups at another engine."""
    global _engine
    _engine = new
    Finder().get_piccolo_conf_module().DB = new  # type: ignore[union-attr]  # what later Tables will read
    for table in TABLE_REGISTRY:
        table._meta.db = new


@asynccontextmanager
async def connected(which: Engine | None = None) -> AsyncIterator[None]:
    """Hold connections open for the duration, in one event loop; may be entered several times at once.

    Outside of it everything works too, on a connection of its own for every statement or transaction.
    """
    used = which or engine()
    used.lifespans += 1
    try:
        if used.lifespans == 1:
            await used.start_connection_pool()
        yield
    finally:
        used.lifespans -= 1
        if not used.lifespans:
            await settled(used.close_connection_pool())


def transaction() -> AbstractAsyncContextManager[object]:
    """Open a transaction: BEGIN IMMEDIATE on SQLite, read committed on PostgreSQL.

    It commits at the end of the block and rolls back on any error or cancellation, also on one that the
    block catches: then leaving it raises TransactionFailed. Raises NestedTransaction inside another one,
    ForeignTransaction in a task that was started inside one that is still open.
    """
    return engine().transaction()


def in_transaction() -> bool:
    """Say whether this very task has a transaction open."""
    return engine().transaction_exists()


async def fetch(statement: str, *values: Any) -> Rows:
    """Run one statement, in this task's transaction if there is one, and return its rows.

    Every `{}` stands for one of `values`; any other brace must be doubled. Raises ValueError for another
    number of values and for a datetime without zone, which the two databases would read differently.
    """
    used = engine()
    text, expected = _compiled(statement, used.engine_type == "postgres")
    if expected != len(values):
        raise ValueError(f"{expected} placeholders, {len(values)} values")
    if any(isinstance(value, datetime) and value.tzinfo is None for value in values):
        raise ValueError("a datetime without a zone")
    rows = await used.run(text, values)
    return used.transform_response_to_dicts(rows)


async def fetch_one(statement: str, *values: Any) -> dict[str, Any] | None:
    """Return the first row of `fetch`, or None."""
    rows = await fetch(statement, *values)
    return rows[0] if rows else None


async def insert_new(table: str, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Write rows that have the same columns in one statement, in this order; the ids of those that were not there yet.

    PostgreSQL takes them as one value: thousands of placeholders would cost it more than the rows.
    """
    names = ", ".join(rows[0])
    if engine().engine_type == "postgres":
        source = f"SELECT {names} FROM json_populate_recordset(NULL::{table}, {{}}::json)"
        values: Iterable[Any] = [msgspec.json.encode(rows).decode()]
    else:
        source = f"VALUES {sql.rows(len(rows), len(rows[0]))}"
        values = (value for row in rows for value in row.values())
    written = await fetch(f"INSERT INTO {table} ({names}) {source} ON CONFLICT DO NOTHING RETURNING id", *values)
    return {row["id"] for row in written}


@lru_cache(maxsize=1024)
def _compiled(statement: str, numbered: bool) -> tuple[str, int]:
    pieces, count = [], 0
    for text, field, _, _ in Formatter().parse(statement):
        pieces.append(text)
        if field:
            raise ValueError("only {} stands for a value: double every other brace")
        if field is not None:
            count += 1
            pieces.append(f"${count}" if numbered else "?")
    return "".join(pieces), count


def for_update() -> str:
    """Return what locks the rows of a SELECT: nothing on SQLite, where one transaction writes at a time.

    NO KEY: rows that refer to the locked one (a message to its event) can be written meanwhile, without a deadlock.
    """
    return " FOR NO KEY UPDATE" if engine().engine_type == "postgres" else ""


def for_update_skip_locked() -> str:
    """Return what locks the rows of a SELECT that nobody else has locked."""
    return " FOR UPDATE SKIP LOCKED" if engine().engine_type == "postgres" else ""


def connections() -> dict[str, int]:
    """Return how many connections of this process are busy and how many idle; none outside of `connected`."""
    return engine().connections()


def is_embedded() -> bool:
    """Say whether the database is a file of this machine, which has one web process and one worker."""
    return engine().engine_type == "sqlite"


def exclusive(name: str) -> AbstractAsyncContextManager[None]:
    """Keep out every other process on this database that asks for `name`; a crash releases it."""
    return engine().exclusive(name)


def migration_lock() -> AbstractAsyncContextManager[None]:
    """Let one process migrate at a time; the others wait."""
    return exclusive("migration")


def is_unique_violation(error: BaseException) -> bool:
    """Say whether a statement failed because a unique index already holds its value."""
    if isinstance(error, sqlite3.IntegrityError):
        return error.sqlite_errorcode in _UNIQUE
    return isinstance(error, asyncpg.UniqueViolationError)


def clock() -> str:
    """Return the SQL of the time now by the database's own clock: one for all machines, at the moment it is read."""
    return "clock_timestamp()" if engine().engine_type == "postgres" else "strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')"


def utcnow() -> datetime:
    """Return the time now, aware, in UTC: the one clock of the code, so that a test may turn it."""
    return datetime.now(UTC)

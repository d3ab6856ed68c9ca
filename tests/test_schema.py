"""The migrated schema is what the tables say, and holds the rules by itself, on both engines."""

from datetime import timedelta
from typing import Any

import pytest
from piccolo.columns import ForeignKey
from piccolo.table import Table

from tests import factories
from workshops import schema
from workshops.database import Engine, fetch, utcnow
from workshops.ids import new_id
from workshops.piccolo_app import APP_CONFIG

SHAPES = {"Varchar": "VARCHAR", "Text": "TEXT", "Integer": "INTEGER", "BigInt": "BIGINT", "Boolean": "BOOLEAN"}
SHAPES |= {"Date": "DATE", "Timestamptz": "TIMESTAMP WITH TIME ZONE", "DoublePrecision": "DOUBLE PRECISION"}
SHAPES |= {"Bytea": "BYTEA"}


async def columns(engine: Engine, table: str) -> dict[str, tuple[str, bool]]:
    """Name → (type, may be null) as the database itself says."""
    if engine.engine_type == "postgres":
        rows = await fetch(
            "SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns "
            "WHERE table_name = {} AND table_schema = 'public'",
            table,
        )
        return {
            row["column_name"]: (
                f"VARCHAR({row['character_maximum_length']})"
                if row["character_maximum_length"]
                else row["data_type"].upper(),
                row["is_nullable"] == "YES",
            )
            for row in rows
        }
    rows = await fetch(f"SELECT name, type, \"notnull\" AS required FROM pragma_table_info('{table}')")
    return {
        row["name"]: (row["type"].replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"), not row["required"])
        for row in rows
    }


def expected(table: type[Table]) -> dict[str, tuple[str, bool]]:
    """Name → (type, may be null) as the table says."""
    shapes = {}
    for column in table._meta.columns:
        kind = "VARCHAR(36)" if isinstance(column, ForeignKey) else SHAPES[type(column).__name__]
        if kind == "VARCHAR":
            kind = f"VARCHAR({column.length})"  # type: ignore[attr-defined]
        shapes[column._meta.db_column_name] = (kind, column._meta.null)
    return shapes


@pytest.mark.parametrize("table", APP_CONFIG.table_classes, ids=lambda table: table.__name__)
async def test_a_table_and_the_schema_agree(db: Engine, table: type[Table]) -> None:
    assert await columns(db, table._meta.tablename) == expected(table)


async def test_every_table_of_the_schema_is_known(db: Engine) -> None:
    query = (
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        if db.engine_type == "postgres"
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    known = {table._meta.tablename for table in APP_CONFIG.table_classes} | {"migration", "sqlite_sequence"}
    assert {row["name"] for row in await fetch(query)} <= known


async def test_migrating_again_changes_nothing_and_keeps_what_is_there(db: Engine) -> None:
    event = await factories.event()
    assert await schema.migrate() == []
    assert await schema.is_current()
    assert await fetch("SELECT id FROM event") == [{"id": event["id"]}]


async def test_a_migration_that_was_cut_off_before_it_was_noted_runs_again(db: Engine) -> None:
    event = await factories.event()
    await fetch("DELETE FROM migration WHERE app_name = 'workshops'")
    assert not await schema.is_current()
    assert await schema.migrate() == sorted(schema.known())
    assert await fetch("SELECT id FROM event") == [{"id": event["id"]}]


@pytest.mark.parametrize("counters", [{"confirmed": 9}, {"offered": 9}, {"confirmed": 4, "offered": 3, "held": 2}])
async def test_the_database_refuses_more_places_than_there_are(db: Engine, counters: dict[str, int]) -> None:
    event = await factories.event()
    workshop = await factories.workshop(event)
    with pytest.raises(Exception, match=r"(?i)check"):
        await factories.session(workshop, event, **counters)


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("event", {"status": "open"}),
        ("event", {"venue": None}),
        ("workshop", {"exhibitor": None}),
        ("workshop", {"kind": "booth"}),
        ("session", {"status": "gone"}),
        ("session", {"waiting": -1}),
        ("organisation", {"kind": "club"}),
    ],
)
async def test_the_database_refuses_what_is_no_state(db: Engine, table: str, changed: dict[str, Any]) -> None:
    event = await factories.event()
    await factories.session(await factories.workshop(event), event)
    (name, value), *_ = changed.items()
    with pytest.raises(Exception, match=r"(?i)check"):
        await fetch(f"UPDATE {table} SET {name} = {{}}", value)


async def test_what_is_referred_to_cannot_be_deleted(db: Engine) -> None:
    event = await factories.event()
    await factories.workshop(event)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await fetch("DELETE FROM event WHERE id = {}", event["id"])


async def test_one_attendee_for_an_event_and_person_key(db: Engine) -> None:
    event = await factories.event()
    first, second = [await _attendee(event), await _attendee(event)]
    await _key(event, first, "somebody")
    with pytest.raises(Exception, match=r"(?i)unique"):
        await _key(event, second, "somebody")
    await fetch("UPDATE attendee_key SET active = {}", False)
    await _key(event, second, "somebody")


async def test_one_active_registration_for_an_attendee_and_session(db: Engine) -> None:
    event = await factories.event()
    session = await factories.session(await factories.workshop(event), event)
    attendee = await _attendee(event)
    row = {"attendee": attendee, "session": session["id"], "created_at": utcnow(), "updated_at": utcnow()}
    await factories.insert("registration", {"id": new_id(), "status": "confirmed", **row})
    with pytest.raises(Exception, match=r"(?i)unique"):
        await factories.insert("registration", {"id": new_id(), "status": "waiting", "position": 1, **row})
    await fetch("UPDATE registration SET status = 'cancelled', cancelled_at = {}", utcnow() + timedelta(seconds=1))
    await factories.insert("registration", {"id": new_id(), "status": "waiting", "position": 1, **row})


async def _attendee(event: dict[str, Any]) -> str:
    identity, now = new_id(), utcnow()
    row = {"id": identity, "event": event["id"], "kind": "person", "first_name": "A", "last_name": "B"}
    row |= {"search_name": "b a", "locale": "fr", "origin": "online", "manage_hash": identity, "manage_key": "k"}
    await factories.insert("attendee", {**row, "created_at": now, "updated_at": now})
    return identity


async def _key(event: dict[str, Any], attendee: str, key: str) -> None:
    row = {"id": new_id(), "event": event["id"], "attendee": attendee, "key": key, "active": True}
    await factories.insert("attendee_key", row)

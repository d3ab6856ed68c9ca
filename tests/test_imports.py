"""A day's programme from a spreadsheet: all of it or nothing, once, and back again."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests import factories
from tests.importing import LIST, Row, counted, imported, lead, looked, read_here, shown
from tests.staff import make_staff
from workshops import imports, registrations, sheets
from workshops.actors import ANYONE
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import Invalid, NotFound
from workshops.imports import DayClosed, ImportChanged, ImportInUse, TooLateToUndo
from workshops.tables.people import Role


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets are read in this process."""
    monkeypatch.setattr(sheets, "read", read_here)


async def test_a_list_becomes_drafts_with_their_slots(db: Engine) -> None:
    who, event = await lead()
    run = await imports.look(await imports.preview(event["id"], LIST.encode(), who), who)
    assert shown(run) == (2, 11 - 1)
    assert run.new_companies == ["ACME", "Boulange"]
    assert await counted() == (0, 0, 0)
    await imports.confirm(run.id, shown(run), who)
    workshops = await fetch(
        "SELECT w.*, o.name FROM workshop w JOIN organisation o ON o.id = w.exhibitor ORDER BY w.position"
    )
    assert [(w["name"], w["title"], w["rome_code"], w["status"], w["stand"]) for w in workshops] == [
        ("ACME", "Maçon", "F1703", "draft", "1"),
        ("Boulange", "Boulanger", "D1102", "draft", "2"),
    ]
    slots = await fetch("SELECT * FROM session WHERE workshop = {} ORDER BY starts_at", workshops[0]["id"])
    zone = ZoneInfo("Europe/Paris")
    begins = [slot["starts_at"].astimezone(zone).strftime("%H:%M") for slot in slots]
    assert begins == ["09:00", "09:45", "10:30", "11:15", "13:30", "14:15", "15:00", "15:45"]
    assert {(slot["capacity"], slot["status"], slot["ends_at"] - slot["starts_at"]) for slot in slots} == {
        (8, "open", timedelta(minutes=45))
    }
    (version,) = await fetch("SELECT version FROM event WHERE id = {}", event["id"])
    assert version["version"] == 2
    (entry,) = await fetch("SELECT actor, action, object_id, event, changes FROM audit_entry")
    assert (entry["actor"], entry["action"], entry["object_id"], entry["event"]) == (
        who.id,
        "import",
        run.id,
        event["id"],
    )
    assert json.loads(entry["changes"]) == {"workshops": [None, 2], "slots": [None, 10], "companies": [None, 2]}


async def test_faulty_rows_are_left_out_only_when_that_was_said(db: Engine) -> None:
    who, event = await lead()
    run = await looked(event, who, ["ACME", "", "Maçon"], ["", "", "Boulanger"])
    with pytest.raises(Invalid) as refused:
        await imports.confirm(run.id, (1, 0), who)
    assert [fault.name for fault in refused.value.faults] == ["leave_out"]
    assert await counted() == (0, 0, 0)
    await imports.confirm(run.id, (1, 0), who, leave_out=True)
    done = await imports.look(run.id, who)
    assert done.made
    assert (await counted(), done.made["left_out"], done.answers) == ((1, 0, 1), [3], ())
    nothing = await looked(event, who, ["", "", "Boulanger"])
    with pytest.raises(Invalid):
        await imports.confirm(nothing.id, (0, 0), who, leave_out=True)


async def test_what_changed_since_it_was_shown_is_looked_at_again(db: Engine) -> None:
    who, event = await lead()
    run = await looked(event, who, ["ACME", "", "Maçon"], ["Boulange", "", "Boulanger"])
    acme = await factories.organisation("exhibitor", name="ACME")
    await factories.workshop(event, exhibitor=acme["id"], title="Maçon")
    with pytest.raises(ImportChanged):
        await imports.confirm(run.id, (2, 0), who, leave_out=True)
    assert (await counted())[0] == 1
    await imports.confirm(run.id, (1, 0), who, leave_out=True)
    assert (await counted())[0] == 2


async def test_confirming_twice_at_once_makes_it_once(db: Engine) -> None:
    who, event = await lead()
    run = await imports.look(await imports.preview(event["id"], LIST.encode(), who), who)
    await asyncio.gather(*(imports.confirm(run.id, shown(run), who) for _ in range(5)))
    await imports.confirm(run.id, shown(run), who)
    assert await counted() == (2, 10, 2)


async def test_nothing_is_kept_of_a_run_that_fails(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    who, event = await lead()
    run = await imports.look(await imports.preview(event["id"], LIST.encode(), who), who)

    async def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("workshops.imports.runs.touch", fail)
    with pytest.raises(RuntimeError):
        await imports.confirm(run.id, shown(run), who)
    assert await counted() == (0, 0, 0)
    monkeypatch.undo()
    await imports.confirm(run.id, shown(run), who)
    assert await counted() == (2, 10, 2)


async def test_an_import_is_undone_with_what_it_made_alone(db: Engine) -> None:
    who, event = await lead()
    other = await factories.workshop(event, title="Soudeur")
    await fetch("UPDATE organisation SET name = 'Acme' WHERE id = {}", other["exhibitor"])
    run = await imported(event, who)
    assert await counted() == (3, 10, 2)
    await imports.undo(run, who)
    await imports.undo(run, who)
    assert [row["id"] for row in await fetch("SELECT id FROM workshop")] == [other["id"]]
    assert await counted() == (1, 0, 1)
    assert (await imports.look(run, who)).undone_at
    actions = [row["action"] for row in await fetch("SELECT action FROM audit_entry ORDER BY at")]
    assert actions == ["import", "undo_import"]


async def test_a_company_that_others_use_by_now_stays(db: Engine) -> None:
    who, event = await lead()
    run = await imported(event, who)
    company = await fetch_one("SELECT id FROM organisation WHERE name = 'ACME'")
    assert company
    other = await factories.workshop(await factories.event())
    await fetch("UPDATE workshop SET exhibitor = {} WHERE id = {}", company["id"], other["id"])
    await fetch("DELETE FROM organisation WHERE id = {}", other["exhibitor"])
    await imports.undo(run, who)
    assert await counted() == (1, 0, 1)


async def test_an_import_that_people_signed_up_to_stands(db: Engine) -> None:
    who, event = await lead(status="published")
    run = await imported(event, who)
    await fetch("UPDATE workshop SET status = 'ready'")
    (slot,) = await fetch(
        "SELECT s.id FROM session s JOIN workshop w ON w.id = s.workshop WHERE w.title = 'Maçon' LIMIT 1"
    )
    await fetch("UPDATE event SET sign_up_opens_at = NULL")
    await registrations.register(factories.sign_up(event, slot), ANYONE)
    with pytest.raises(ImportInUse) as refused:
        await imports.undo(run, who)
    assert refused.value.standing == (("Maçon", "people signed up to it"),)
    assert await counted() == (2, 10, 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE workshop SET version = 2 WHERE title = 'Maçon'", "it was changed since"),
        ("UPDATE workshop SET answer = 'confirmed' WHERE title = 'Maçon'", "its company was written to"),
        ("UPDATE workshop SET invited_at = updated_at WHERE title = 'Maçon'", "its company was written to"),
    ],
)
async def test_an_import_that_somebody_worked_on_stands(db: Engine, change: str, reason: str) -> None:
    who, event = await lead()
    run = await imported(event, who)
    await fetch(change)
    with pytest.raises(ImportInUse) as refused:
        await imports.undo(run, who)
    assert refused.value.standing == (("Maçon", reason),)
    assert (await imports.look(run, who)).undone_at is None


async def test_a_slot_or_a_phone_added_since_stands_too(db: Engine) -> None:
    who, event = await lead()
    run = await imported(event, who)
    macon, boulanger = await fetch("SELECT * FROM workshop ORDER BY position")
    await factories.session(macon, event, 7)
    device = {"id": "d1", "event": event["id"], "workshop": boulanger["id"], "label": "x", "link_hash": "x"}
    await factories.insert("device", device | {"link_expires_at": utcnow(), "created_at": utcnow()})
    with pytest.raises(ImportInUse) as refused:
        await imports.undo(run, who)
    assert [title for title, _reason in refused.value.standing] == ["Maçon", "Boulanger"]


async def test_an_import_is_undone_for_a_day(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    who, event = await lead()
    run = await imported(event, who)
    later = utcnow() + timedelta(hours=24, minutes=1)
    monkeypatch.setattr("workshops.imports.undoing.utcnow", lambda: later)
    with pytest.raises(TooLateToUndo):
        await imports.undo(run, who)
    unconfirmed = await imports.preview(event["id"], LIST.encode(), who)
    monkeypatch.undo()
    with pytest.raises(TooLateToUndo):
        await imports.undo(unconfirmed, who)


@pytest.mark.parametrize(
    "given", [{"status": "cancelled"}, {"status": "closed"}, {"date": (utcnow() - timedelta(days=2)).date()}]
)
async def test_nothing_is_imported_into_a_day_that_is_over(db: Engine, given: Row) -> None:
    who, event = await lead(**given)
    with pytest.raises(DayClosed):
        await imports.preview(event["id"], LIST.encode(), who)
    assert await fetch("SELECT id FROM import_run") == []


async def test_somebody_else_s_import_is_not_found(db: Engine) -> None:
    who, event = await lead()
    stranger, _cookie = await make_staff(Role.ORGANISER)
    host, _cookie = await make_staff(Role.HOST)
    run = await imports.preview(event["id"], LIST.encode(), who)
    for other in (stranger, host):
        for call in (
            imports.preview(event["id"], LIST.encode(), other),
            imports.look(run, other),
            imports.confirm(run, (2, 10), other),
            imports.undo(run, other),
            imports.earlier(event["id"], other),
        ):
            with pytest.raises(NotFound):
                await call
    for unknown in ("nothing", "'", "x" * 99):
        with pytest.raises(NotFound):
            await imports.look(unknown, who)
    assert await counted() == (0, 0, 0)


async def test_runs_that_nobody_confirmed_are_forgotten(db: Engine) -> None:
    who, event = await lead()
    old = await imports.preview(event["id"], LIST.encode(), who)
    kept = await imported(event, who)
    await fetch("UPDATE import_run SET created_at = {}", utcnow() - timedelta(days=3))
    new = await imports.preview(event["id"], LIST.encode(), who)
    assert {row["id"] for row in await fetch("SELECT id FROM import_run")} == {kept, new} - {old}
    assert [row["id"] for row in await imports.earlier(event["id"], who)] == [kept]
    (row,) = await fetch("SELECT rows FROM import_run WHERE id = {}", kept)
    assert row["rows"] == "[]"

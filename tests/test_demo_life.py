"""The demo season comes, makes way for the next one, and stays once people have used it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.colleagues import HOME, colleague
from tests.test_demo import NOW, everything, rows
from workshops import demo, sign_in
from workshops.database import Engine, fetch, utcnow
from workshops.demo import accounts
from workshops.demo.rows import lasting_id
from workshops.ids import new_id
from workshops.logins import Step
from workshops.settings import settings


async def test_a_demo_nobody_touched_is_stale_when_its_day_is_over(db: Engine) -> None:
    assert not await demo.holds_demo()
    assert not await demo.is_stale(utcnow())
    await demo.load(now=NOW)
    assert not await demo.is_stale(NOW)
    assert not await demo.is_stale(NOW + timedelta(hours=4, minutes=39))
    assert await demo.is_stale(NOW + timedelta(hours=4, minutes=40))
    summary = await demo.load(now=NOW + timedelta(days=1))
    assert summary.events == len(await rows("event"))


TOUCHES: Sequence[tuple[str, dict[str, Any]]] = (
    ("attendee", {}),
    ("registration", {}),
    ("scan", {"caller": "device:1"}),
    ("message", {}),
)


@pytest.mark.parametrize(("table", "given"), TOUCHES, ids=[table for table, _ in TOUCHES])
async def test_a_demo_that_people_used_is_kept(db: Engine, table: str, given: dict[str, Any]) -> None:
    summary = await demo.load(now=NOW)
    await touch(table, summary.today, given)
    assert not await demo.is_stale(NOW + timedelta(days=3))
    with pytest.raises(demo.DemoRefused):
        await demo.clear()
    with pytest.raises(demo.DemoRefused):
        await demo.load(now=NOW + timedelta(days=1))
    assert len(await rows("event")) == summary.events


async def test_a_place_given_back_counts_as_use(db: Engine) -> None:
    await demo.load(now=NOW)
    (place,) = await fetch("SELECT id FROM registration WHERE status = 'confirmed' ORDER BY id LIMIT 1")
    await fetch("UPDATE registration SET status = 'cancelled', cancelled_at = {} WHERE id = {}", NOW, place["id"])
    assert not await demo.is_stale(NOW + timedelta(days=3))


async def test_what_is_cleared_is_gone(db: Engine) -> None:
    await demo.load(now=NOW)
    await demo.clear()
    assert not any((await everything()).values())
    await demo.clear()


async def test_an_organisation_with_a_token_outlives_the_demo(db: Engine) -> None:
    await demo.load(now=NOW)
    (agency,) = await fetch("SELECT id FROM organisation WHERE slug = 'plie-bethune-demo'")
    await fetch(
        "INSERT INTO api_token (id, name, token_hash, role, organisation, created_at) VALUES ({}, {}, {}, {}, {}, {})",
        *(new_id(), "partner", "0", "organiser", agency["id"], NOW),
    )
    await demo.clear()
    assert [row["id"] for row in await rows("organisation")] == [agency["id"]]
    await demo.load(now=NOW, seed=2)
    assert await fetch("SELECT id FROM event WHERE lead = {}", agency["id"])


async def test_who_only_looks_has_not_used_the_demo(db: Engine) -> None:
    await demo.load(now=NOW)
    admin, organiser = accounts.account_ids()[:2]
    signed = await sign_in.with_password("mairie@demo.example.org", accounts.PASSWORD, HOME)
    await sign_in.signed_in(signed.token)
    looked = {"id": new_id(), "at": NOW + timedelta(minutes=5), "actor": f"account:{admin}", "action": "list_people"}
    await factories.insert("audit_entry", looked | {"object_kind": "list", "object_id": "1"})
    await demo.clear()
    assert not any((await everything()).values())
    assert await fetch("SELECT id FROM login") == await fetch("SELECT id FROM audit_entry") == []
    await demo.load(now=NOW)
    did = looked | {"id": new_id(), "actor": f"account:{organiser}", "action": "move_session"}
    await factories.insert("audit_entry", did | {"object_kind": "session", "object_id": "1"})
    with pytest.raises(demo.DemoRefused):
        await demo.clear()


async def test_an_account_that_somebody_added_outlives_the_demo(db: Engine) -> None:
    await demo.load(now=NOW)
    who = await colleague(organisation=lasting_id("mission-locale-demo"))
    await demo.clear()
    assert [row["id"] for row in await rows("account")] == [who.id]
    assert [row["slug"] for row in await rows("organisation")] == ["mission-locale-demo"]


async def test_everybody_of_the_demo_can_sign_in_with_what_is_shown(db: Engine) -> None:
    await demo.load(now=NOW)
    shown = await accounts.demo_logins()
    assert {login.role for login in shown} == {"admin", "organiser", "adviser", "host", "exhibitor"}
    for login in shown:
        signed = await sign_in.with_password(login.email, accounts.PASSWORD, HOME)
        assert (signed.step is Step.CODE) is (login.code is not None)
        if login.code:
            signed = await sign_in.with_code(login.code, replace(HOME, token=signed.token))
        staff = await sign_in.signed_in(signed.token)
        assert (staff.role, staff.name) == (login.role, login.name)
    (day,) = await fetch("SELECT id FROM event WHERE date = {}", NOW.date())
    exhibitor = next(login for login in shown if login.role == "exhibitor")
    workshops = await fetch(
        "SELECT w.id FROM workshop w JOIN organisation o ON o.id = w.exhibitor WHERE w.event = {} AND o.name = {}",
        *(day["id"], exhibitor.organisation),
    )
    assert workshops
    again = [login.code for login in await accounts.demo_logins()]
    assert not set(again) & {login.code for login in shown if login.code}  # those are used: the next ones are shown
    assert accounts.PASSWORD not in str(await rows("account"))


async def test_a_load_that_fails_leaves_what_was_there(db: Engine) -> None:
    def stop(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    await demo.load(now=NOW)
    before = await everything()
    with pytest.raises(KeyboardInterrupt):
        await demo.load(now=NOW, seed=2, progress=stop)
    assert await everything() == before


async def test_it_is_refused_without_debug(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "settings", lambda: replace(settings(), debug=False))
    with pytest.raises(demo.DemoRefused, match="DEBUG"):
        await demo.load(now=NOW)
    assert not await demo.holds_demo()


async def test_it_is_refused_beside_real_events(db: Engine) -> None:
    await demo.load(now=NOW)
    await fetch("UPDATE event SET demo = false WHERE status = 'draft'")
    with pytest.raises(demo.DemoRefused, match="real events"):
        await demo.load(now=NOW)


async def test_a_season_is_not_too_small(db: Engine) -> None:
    with pytest.raises(ValueError, match="from 3 to 1000"):
        await demo.load(now=NOW, events=2)


async def touch(table: str, event: str, given: dict[str, Any]) -> None:
    """Do to the demo what a person would do at 14 h 25: a copy of a row it has, made then."""
    then = NOW + timedelta(minutes=5)
    if table == "message":
        row: dict[str, Any] = {"kind": "your_places", "channel": "mail", "dedup_key": "1", "event": event}
        row |= {"state": "queued", "not_before": then, "created_at": then}
    else:
        joined = "session IS NULL" if table == "scan" else "id IS NOT NULL"
        (row,) = await fetch(f"SELECT * FROM {table} WHERE {joined} ORDER BY id LIMIT 1")
    new: dict[str, Any] = {"id": new_id(), "created_at": then, "manage_hash": new_id(), "status": "cancelled"}
    if table == "registration":
        row |= {"position": None, "cancelled_at": NOW - timedelta(days=1)}
    row |= {name: value for name, value in (new | given).items() if name in row or name == "id"}
    marks = ", ".join(["{}"] * len(row))
    await fetch(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())

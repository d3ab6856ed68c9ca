"""The demo season comes, makes way for the next one, and stays once people have used it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.test_demo import NOW, everything, rows
from workshops import demo
from workshops.database import Engine, fetch, utcnow
from workshops.ids import new_id
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

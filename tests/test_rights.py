"""Whose is it: what an agency leads is found, anything else is not there."""

import pytest

from tests import factories
from workshops import rights
from workshops.actors import ANYONE, Actor
from workshops.database import Engine, fetch_one, transaction, utcnow
from workshops.errors import NotFound
from workshops.tables.people import Role

LOOKS = {"event": rights.led_event, "workshop": rights.led_workshop, "session": rights.led_session}


async def made() -> dict[str, factories.Row]:
    event = await factories.event()
    workshop = await factories.workshop(event, stand="B4")
    return {"event": event, "workshop": workshop, "session": await factories.session(workshop, event)}


@pytest.mark.parametrize("kind", LOOKS)
@pytest.mark.parametrize("lock", [False, True])
async def test_lead_co_lead_and_admin_find_it(db: Engine, kind: str, lock: bool) -> None:
    rows, helper = await made(), await factories.organisation()
    await factories.insert("co_lead", {"id": "c1", "event": rows["event"]["id"], "organisation": helper["id"]})
    for actor in (
        Actor("a", Role.ORGANISER, rows["event"]["lead"]),
        Actor("b", Role.ORGANISER, helper["id"]),
        Actor("c", Role.ADMIN),
    ):
        async with transaction():
            found = await LOOKS[kind](actor, rows[kind]["id"], lock=lock)
        assert found["id"] == rows[kind]["id"]
        assert kind == "event" or (found["event"], found["event_status"]) == (rows["event"]["id"], "published")
        assert kind != "session" or (found["stand"], found["workshop"]) == ("B4", rows["workshop"]["id"])


@pytest.mark.parametrize("kind", LOOKS)
async def test_nobody_else_does(db: Engine, kind: str) -> None:
    rows, other = await made(), await factories.organisation()
    lead = rows["event"]["lead"]
    strangers = [ANYONE, Actor("a", Role.ORGANISER, other["id"]), Actor("b", Role.ORGANISER)]
    strangers += [Actor(role, role, lead) for role in (Role.ADVISER, Role.HOST, Role.EXHIBITOR, Role.DOOR)]
    for actor in strangers:
        with pytest.raises(NotFound):
            await LOOKS[kind](actor, rows[kind]["id"])
    for unknown in ("nothing", "", "'; DROP TABLE event", "x" * 99):
        with pytest.raises(NotFound):
            await LOOKS[kind](Actor("c", Role.ADMIN), unknown)


async def test_what_changes_has_a_new_version(db: Engine) -> None:
    event, now = await factories.event(), utcnow()
    await rights.touch(event["id"], now)
    row = await fetch_one("SELECT version, updated_at FROM event")
    assert row == {"version": 2, "updated_at": now}

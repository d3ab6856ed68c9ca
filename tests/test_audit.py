"""The journal keeps who did what, and never a personal value."""

import json

import pytest

from tests import factories
from workshops import audit
from workshops.actors import Actor
from workshops.database import Engine, fetch, transaction, utcnow
from workshops.tables.people import Role

CAMILLE = Actor("account:c1", Role.ORGANISER)


async def test_what_differs_is_kept_and_personal_fields_by_name_alone(db: Engine) -> None:
    event, now = await factories.event(), utcnow()
    before = {"title": "Lens", "capacity": 8, "email": "zoe@example.org", "starts_at": now}
    after = {"title": "Avion", "capacity": 8, "email": "zoe@example.net", "phone": "+33639980000", "starts_at": now}
    async with transaction():
        await audit.note(
            CAMILLE, "edit", "event", "e1", event=event["id"], before=before, after=after, people=34, now=now
        )
    (row,) = await fetch("SELECT * FROM audit_entry")
    assert json.loads(row["changes"]) == {"title": ["Lens", "Avion"], "email": None, "phone": None}
    assert (row["actor"], row["action"], row["object_kind"], row["object_id"]) == ("account:c1", "edit", "event", "e1")
    assert (row["event"], row["people"], row["at"]) == (event["id"], 34, now)


async def test_an_entry_that_changed_nothing_says_so(db: Engine) -> None:
    async with transaction():
        await audit.note(CAMILLE, "remind", "workshop", "w1", before={"a": 1}, after={"a": 1}, now=utcnow())
    assert await fetch("SELECT changes FROM audit_entry") == [{"changes": None}]


async def test_an_entry_is_lost_with_what_it_tells_of(db: Engine) -> None:
    async def fail() -> None:
        async with transaction():
            await audit.note(CAMILLE, "edit", "event", "e1", now=utcnow())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await fetch("SELECT id FROM audit_entry") == []
    with pytest.raises(RuntimeError):
        await audit.note(CAMILLE, "edit", "event", "e1", now=utcnow())


async def test_an_opened_list_is_kept_with_how_many_names_it_held(db: Engine) -> None:
    event = await factories.event()
    await audit.listed(CAMILLE, "people_csv", event["id"], 1000)
    (row,) = await fetch("SELECT action, object_kind, event, people FROM audit_entry")
    assert tuple(row.values()) == ("list_people_csv", "list", event["id"], 1000)

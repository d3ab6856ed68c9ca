"""Whom to telephone: nobody is forgotten, nobody is ticked off without having been told everything."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from workshops import calls
from workshops.actors import Actor
from workshops.calls import NewsMeanwhile
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import NotFound
from workshops.ids import new_id
from workshops.registrations import register
from workshops.tables.people import Role


class Day:
    """A led day, a slot, an agency that sends people to it."""

    def __init__(self, event: Row, slot: Row, agency: str) -> None:
        self.event, self.slot, self.agency = event, slot, agency
        self.organiser = Actor("account:organiser", Role.ORGANISER, event["lead"])
        self.adviser = Actor("account:adviser", Role.ADVISER, agency)

    async def book(self, name: str, actor: Actor | None = None, **given: Any) -> str:
        person = {"first_name": name, "email": None, "phone": "+33639980000", **given}
        return (await register(factories.sign_up(self.event, self.slot, **person), actor or self.organiser)).attendee

    async def changes(self, attendee: str, **given: object) -> None:
        place = await fetch_one("SELECT * FROM registration WHERE attendee = {}", attendee)
        assert place is not None
        change = {"id": new_id(), "event": self.event["id"], "actor": "account:x", "kind": "move_slot", "before": "{}"}
        change |= {"after": "{}", "people": 1, "created_at": utcnow(), "leaves_at": utcnow(), **given}
        await factories.insert("plan_change", change)
        was = {"was_session": self.slot["id"], "was_starts_at": self.slot["starts_at"] - timedelta(hours=1)}
        effect = {"id": new_id(), "plan_change": change["id"], "attendee": attendee, "registration": place["id"]}
        effect |= {"effect": "moved", **was, "was_ends_at": self.slot["starts_at"], "was_status": "confirmed"}
        await factories.insert("change_effect", effect)
        await fetch("UPDATE attendee SET called_for = 'change', called_at = NULL WHERE id = {}", attendee)

    async def writes(self, attendee: str, created_at: datetime) -> None:
        chosen = json.dumps({"group": {}, "called": {attendee: ["no_email", None, None]}})
        row = {
            "id": new_id(),
            "event": self.event["id"],
            "actor": "account:x",
            "subject": "Le parking",
            "body": "Fermé",
        }
        row |= {"chosen": chosen, "people": 1, "messages": 0, "created_at": created_at, "leaves_at": created_at}
        await factories.insert("bulletin", row)

    async def names(self, actor: Actor) -> list[str]:
        return [call.person["first_name"] for call in await calls.to_call(self.event["id"], actor)]


@pytest.fixture
async def day(db: Engine) -> Day:
    event = await factories.event()
    slot = await factories.session(await factories.workshop(event, title="Soudeur"), event, 2)
    return Day(event, slot, (await factories.organisation())["id"])


async def test_who_cannot_be_reached_is_on_the_list_with_what_to_say(day: Day) -> None:
    nadia = await day.book("Nadia")
    await day.book("Zoé", email="zoe@example.org")
    (call,) = await calls.to_call(day.event["id"], day.organiser)
    assert (call.person["id"], call.person["called_for"], call.person["phone"]) == (nadia, "no_email", "+33639980000")
    assert [(place["title"], place["status"]) for place in call.places] == [("Soudeur", "confirmed")]
    assert len(call.person["code"]) == 9
    assert await calls.count(day.event["id"], day.organiser) == (1, 0)


async def test_those_whose_day_has_changed_come_first(day: Day) -> None:
    for name in ("Ali", "Max", "Zoé"):
        attendee = await day.book(name)
        if name == "Zoé":
            await day.changes(attendee)
        if name == "Max":
            await fetch("UPDATE attendee SET called_for = 'bounce' WHERE id = {}", attendee)
    assert await day.names(day.organiser) == ["Zoé", "Max", "Ali"]
    (changed, _, _) = await calls.to_call(day.event["id"], day.organiser)
    (change,) = changed.changes
    assert change["was_starts_at"] == day.slot["starts_at"] - timedelta(hours=1)
    assert (change["effect"], change["title"], change["starts_at"]) == ("moved", "Soudeur", day.slot["starts_at"])


async def test_what_was_undone_is_not_told(day: Day) -> None:
    nadia = await day.book("Nadia")
    await day.changes(nadia, undone_at=utcnow())
    await day.writes(nadia, utcnow())
    await fetch("UPDATE bulletin SET undone_at = {}", utcnow())
    (call,) = await calls.to_call(day.event["id"], day.organiser)
    assert call.changes == call.news == ()


async def test_ticked_off_and_back_on(day: Day) -> None:
    nadia, now = await day.book("Nadia"), utcnow()
    await calls.tick(nadia, now, day.organiser)
    await calls.tick(nadia, now, day.organiser)
    assert await day.names(day.organiser) == []
    (row,) = await calls.called(day.event["id"], day.organiser)
    assert row["called_at"] >= now
    assert await fetch("SELECT called_by FROM attendee") == [{"called_by": "account:organiser"}]
    assert await calls.count(day.event["id"], day.organiser) == (0, 1)
    await calls.untick(nadia, day.organiser)
    await calls.untick(nadia, day.organiser)
    assert await day.names(day.organiser) == ["Nadia"]
    assert await fetch("SELECT called_by FROM attendee") == [{"called_by": None}]
    assert [row["action"] for row in await fetch("SELECT action FROM audit_entry WHERE action = 'call'")] == [
        "call"
    ] * 2


@pytest.mark.parametrize("news", ["a change", "a message"])
async def test_nobody_is_ticked_off_for_what_came_after_the_page(day: Day, news: str) -> None:
    nadia, read = await day.book("Nadia"), utcnow()
    later = read + timedelta(seconds=5)
    await (day.changes(nadia, created_at=later) if news == "a change" else day.writes(nadia, later))
    with pytest.raises(NewsMeanwhile):
        await calls.tick(nadia, read, day.organiser)
    assert await day.names(day.organiser) == ["Nadia"]
    await calls.tick(nadia, later, day.organiser)
    assert await day.names(day.organiser) == []


async def test_two_who_tick_at_once_tick_once(day: Day) -> None:
    nadia = await day.book("Nadia")
    await asyncio.gather(*(calls.tick(nadia, utcnow(), day.organiser) for _ in range(5)))
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'call'")) == 1


async def test_an_adviser_calls_their_agency_s_people_alone(day: Day) -> None:
    ours, theirs = await day.book("Ali", day.adviser), await day.book("Max")
    invited = await day.book("Zoé")
    referral = {"id": new_id(), "agency": day.agency, "event": day.event["id"], "attendee": invited, "mode": "invite"}
    await factories.insert("referral", referral | {"created_at": utcnow()})
    assert sorted(await day.names(day.adviser)) == ["Ali", "Zoé"]
    assert await calls.count(day.event["id"], day.adviser) == (2, 0)
    assert len(await day.names(day.organiser)) == 3
    await calls.tick(ours, utcnow(), day.adviser)
    assert [row["id"] for row in await calls.called(day.event["id"], day.adviser)] == [ours]
    for attempt in (calls.tick(theirs, utcnow(), day.adviser), calls.untick(theirs, day.adviser)):
        with pytest.raises(NotFound):
            await attempt


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.ADVISER, Role.HOST, Role.EXHIBITOR, Role.DOOR])
async def test_nobody_else_ticks(day: Day, role: Role) -> None:
    nadia = await day.book("Nadia")
    stranger = Actor("account:x", role, (await factories.organisation())["id"])
    with pytest.raises(NotFound):
        await calls.tick(nadia, utcnow(), stranger)
    await calls.tick(nadia, utcnow(), Actor("account:admin", Role.ADMIN))
    with pytest.raises(NotFound):
        await calls.untick(nadia, stranger)


async def test_the_anonymised_are_nobody_s_call(day: Day) -> None:
    await day.book("Nadia")
    await fetch("UPDATE attendee SET anonymised_at = {}", utcnow())
    assert await day.names(day.organiser) == []
    assert await calls.count(day.event["id"], day.organiser) == (0, 0)

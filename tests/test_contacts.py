"""Correcting a contact: keys, link and message follow it, in one transaction, for its owner alone, for half an hour."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from workshops.actors import ANYONE, Actor
from workshops.contacts import ContactSettled, correct_contact
from workshops.database import Engine, fetch, utcnow
from workshops.errors import NotFound
from workshops.mail import address_key
from workshops.persons import person_keys
from workshops.refusals import AlreadyRegistered
from workshops.registrations import Registered, register
from workshops.tickets import Purpose, make_secret


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


async def signed_up(event: Row, hour: float = 0, **given: Any) -> str:
    slot = await factories.session(await factories.workshop(event), event, hour)
    sign_up = factories.sign_up(event, slot, **given)
    return (await register(sign_up, ANYONE)).attendee


def owner(attendee: str) -> Actor:
    return Actor(f"attendee:{attendee}")


async def active_keys(attendee: str) -> set[str]:
    rows = await fetch("SELECT key FROM attendee_key WHERE attendee = {} AND active", attendee)
    return {row["key"] for row in rows}


async def test_everything_follows_the_new_contact(event: Row) -> None:
    attendee = await signed_up(event)
    before = make_secret(Purpose.MANAGE, attendee).hash
    await correct_contact(attendee, "new@example.org", "+33639980001", owner(attendee))
    row = (await fetch("SELECT * FROM attendee"))[0]
    assert (row["email"], row["phone"], row["manage_revision"]) == ("new@example.org", "+33639980001", 2)
    assert row["manage_hash"] == make_secret(Purpose.MANAGE, attendee, 2).hash != before
    assert await active_keys(attendee) == set(person_keys("Zoé", "Lefèvre", "new@example.org", "+33639980001"))
    messages = {row["address_key"]: row["state"] for row in await fetch("SELECT address_key, state FROM message")}
    assert messages == {address_key("zoe@example.org"): "superseded", address_key("new@example.org"): "queued"}
    again = factories.sign_up(
        event, await factories.session(await factories.workshop(event), event, 3), email="new@example.org"
    )
    assert (await register(again, ANYONE)).attendee == attendee


async def test_the_same_contact_changes_nothing(event: Row) -> None:
    attendee = await signed_up(event)
    await correct_contact(attendee, "zoe@example.org", None, owner(attendee))
    assert [row["manage_revision"] for row in await fetch("SELECT manage_revision FROM attendee")] == [1]
    assert len(await fetch("SELECT id FROM message")) == 1


async def test_a_phone_alone_puts_them_on_the_list_to_call(event: Row) -> None:
    attendee = await signed_up(event)
    await correct_contact(attendee, None, "+33639980001", owner(attendee))
    assert (await fetch("SELECT email, called_for FROM attendee"))[0] == {"email": None, "called_for": "no_email"}
    assert [row["state"] for row in await fetch("SELECT state FROM message")] == ["superseded"]
    await correct_contact(attendee, "zoe@example.org", "+33639980001", owner(attendee))
    assert (await fetch("SELECT called_for FROM attendee"))[0]["called_for"] is None


async def test_a_message_already_tried_is_left_since_it_may_carry_others_places(event: Row) -> None:
    attendee = await signed_up(event)
    await fetch("UPDATE message SET frozen = {}", b"bytes")
    await correct_contact(attendee, "new@example.org", None, owner(attendee))
    assert sorted(row["state"] for row in await fetch("SELECT state FROM message")) == ["queued", "queued"]


async def test_only_its_owner_and_only_at_once(event: Row) -> None:
    attendee, other = await signed_up(event), await signed_up(event, first_name="Léa", email="lea@example.org")
    for actor in (ANYONE, owner(other)):
        with pytest.raises(NotFound):
            await correct_contact(attendee, "new@example.org", None, actor)
    await fetch("UPDATE attendee SET created_at = {}", utcnow() - timedelta(minutes=31))
    with pytest.raises(ContactSettled):
        await correct_contact(attendee, "new@example.org", None, owner(attendee))


async def test_a_contact_that_leads_to_somebody_else_is_refused(event: Row) -> None:
    attendee = await signed_up(event)
    await signed_up(event, hour=3, email="taken@example.org")
    with pytest.raises(AlreadyRegistered):
        await correct_contact(attendee, "taken@example.org", None, owner(attendee))
    assert await active_keys(attendee) == set(person_keys("Zoé", "Lefèvre", "zoe@example.org", None))


async def test_a_contact_of_somebody_busy_elsewhere_at_that_time_is_refused(event: Row) -> None:
    attendee = await signed_up(event)
    elsewhere = await factories.event(date=event["date"])
    await signed_up(elsewhere, hour=0.5, email="busy@example.org")
    with pytest.raises(AlreadyRegistered):
        await correct_contact(attendee, "busy@example.org", None, owner(attendee))
    later = await factories.event(date=event["date"] + timedelta(days=1))
    await signed_up(later, email="free@example.org")
    await correct_contact(attendee, "free@example.org", None, owner(attendee))


@pytest.mark.parametrize("known", [False, True])
async def test_news_never_go_to_the_wrong_address(event: Row, known: bool) -> None:
    slot = await factories.session(await factories.workshop(event), event)
    wanted = factories.sign_up(event, slot)
    attendee = (await register(type(wanted)(wanted.event, wanted.person, wanted.sessions, news=True), ANYONE)).attendee
    if known:
        row = {"id": "known", "email": "new@example.org", "locale": "fr", "token_hash": "x", "created_at": utcnow()}
        await factories.insert("news_address", row)
    await correct_contact(attendee, "new@example.org", None, owner(attendee))
    rows = await fetch("SELECT email FROM news_address WHERE withdrawn_at IS NULL")
    assert [row["email"] for row in rows] == ["new@example.org"]


async def test_a_correction_and_a_sign_up_of_the_same_person_at_once_make_one_of_them(event: Row) -> None:
    attendee = await signed_up(event)
    slot = await factories.session(await factories.workshop(event), event, 3)
    outcomes = await asyncio.gather(
        correct_contact(attendee, "new@example.org", None, owner(attendee)),
        register(factories.sign_up(event, slot, email="new@example.org"), ANYONE),
        return_exceptions=True,
    )
    assert all(outcome is None or isinstance(outcome, AlreadyRegistered | Registered) for outcome in outcomes)
    key = person_keys("Zoé", "Lefèvre", "new@example.org", None)[0]
    assert len(await fetch("SELECT id FROM attendee_key WHERE key = {} AND active", key)) == 1

"""Another ticket for somebody: it is sent, the old one says so, and a ticket that a phone made becomes one of ours."""

import pytest

from tests import factories
from tests.door import attendee, books, phone, today
from workshops import attendance, attendees, contacts, newcomers, papers
from workshops.actors import OPERATOR
from workshops.checkin import Reading, check_in
from workshops.database import Engine, fetch, transaction, utcnow
from workshops.newcomers import WalkIn
from workshops.replacements import replace_ticket
from workshops.tickets import KeyGone, secret_hash
from workshops.verdict import Outcome


async def test_the_old_ticket_says_so_at_the_door_and_on_its_page(db: Engine) -> None:
    event = await today()
    zoe = await attendee(event, email="zoe@example.org")
    slot = await factories.session(await factories.workshop(event), event, 1)
    await books(zoe, slot)
    gate = await phone(event)
    assert await replace_ticket(zoe["id"], OPERATOR)
    new = await papers.papers(zoe["id"])
    assert new.qr_text != zoe["text"]
    assert new.code != zoe["code"]
    assert (await check_in(Reading(event["id"], zoe["text"]), gate)).outcome is Outcome.REPLACED
    assert (await check_in(Reading(event["id"], new.qr_text), gate)).outcome is Outcome.ADMITTED
    assert (await attendees.by_ticket(zoe["text"].rpartition("/")[2]))[1]
    [message] = await fetch("SELECT kind, dedup_key FROM message")
    assert message == {"kind": "your_places", "dedup_key": f"replaced:{zoe['id']}:2"}
    assert not await replace_ticket((await attendee(event, "Max"))["id"], OPERATOR), "nowhere to send it to"


async def test_a_ticket_that_a_phone_made_becomes_ours_with_the_first_address(db: Engine) -> None:
    event = await today()
    gate = await phone(event)
    async with transaction():
        [made] = await newcomers.write_walk_ins(event["id"], [WalkIn("Sam", "", key="ab" * 16)], gate, utcnow())
    with pytest.raises(KeyGone):
        await papers.papers(made["attendee"])
    await contacts.correct_contact(made["attendee"], "sam@example.org", None, OPERATOR)
    told = await papers.papers(made["attendee"])
    rows = {row["status"]: row["secret_hash"] for row in await fetch("SELECT status, secret_hash FROM ticket")}
    assert rows == {"replaced": "ab" * 16, "active": secret_hash(told.qr_text)}


async def test_who_waited_and_was_let_in_at_the_stand_has_attended(db: Engine) -> None:
    event = await today()
    slot = await factories.session(await factories.workshop(event), event, 1)
    zoe, max_ = await attendee(event), await attendee(event, "Max")
    for one in (zoe, max_):
        await books(one, slot, "waiting")
    gate = await phone(event)
    refused = await check_in(Reading(event["id"], zoe["text"], session=slot["id"]), gate)
    assert refused.outcome is Outcome.WAITING
    assert await attendance.of_day(event["id"]) == {}
    await fetch("UPDATE scan SET let_in = {} WHERE attendee = {}", True, zoe["id"])
    known = await attendance.of_day(event["id"])
    assert {one: came.word for one, came in known.items()} == {zoe["id"]: attendance.Word.ATTENDED}

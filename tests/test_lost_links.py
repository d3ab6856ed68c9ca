"""Tickets asked for by an address: one row at the request, one message to a stored address, the same answer for all."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.postbox import Server, connected, parsed
from workshops import lost_links, mail
from workshops.actors import ANYONE, Actor
from workshops.changes import cancel_all
from workshops.contacts import correct_contact
from workshops.database import Engine, fetch, utcnow
from workshops.delivery import deliver_due
from workshops.letters import MOST_PEOPLE
from workshops.lost_links import answer_due, ask
from workshops.papers import papers
from workshops.registrations import register

ZOE = "zoe@example.org"


async def signed_up(event: Row, hour: float = 0, **given: Any) -> str:
    slot = await factories.session(await factories.workshop(event), event, hour)
    attendee = (await register(factories.sign_up(event, slot, **given), ANYONE)).attendee
    await fetch("UPDATE message SET state = 'sent', sent_at = {}", utcnow() - timedelta(days=2))
    return attendee


async def messages() -> list[Row]:
    return await fetch("SELECT * FROM message WHERE kind = 'your_tickets' ORDER BY created_at, id")


async def delivered(server: Server) -> list[tuple[str, Any]]:
    async with connected(server) as post:
        await deliver_due(post)
    return [(to, parsed(raw)) for _, to, raw in server.taken]


def words(message: Any) -> str:
    return str(message.get_body(("plain",)).get_content())


async def test_every_ticket_to_come_is_in_one_message(db: Engine) -> None:
    first, second = await factories.event(), await factories.event(date=(utcnow() + timedelta(days=40)).date())
    past = await factories.event(title="Passée")
    people = [await signed_up(first), await signed_up(first, 2, first_name="Léa"), await signed_up(second, 1)]
    await signed_up(past, 5)
    before = datetime(2026, 1, 5, 8, tzinfo=UTC)
    await fetch(
        "UPDATE event SET starts_at = {}, ends_at = {} WHERE id = {}", before, before + timedelta(hours=8), past["id"]
    )
    await ask(ZOE, "192.0.2.1")
    assert await answer_due(utcnow()) == 1
    assert not await fetch("SELECT id FROM lost_link")
    server = Server()
    [(to, message)] = await delivered(server)
    assert to == ZOE
    text = words(message)
    for person in people:
        held = await papers(person)
        assert held.manage_url in text
        assert held.code in text
    assert text.count("/m/") == 2 * len(people)  # to change, and for whom it is not
    assert "Passée" not in text
    assert str(message["Subject"]) == "Voici vos billets"
    pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert len(pictures) == len(people)


async def test_a_large_family_gets_links_without_pictures(db: Engine) -> None:
    event = await factories.event()
    names = ["Ana", "Bea", "Cleo", "Dan", "Eva", "Flo", "Gil"]
    assert len(names) > MOST_PEOPLE
    for name in names:
        await signed_up(event, first_name=name)
    await ask(ZOE, "192.0.2.1")
    await answer_due(utcnow())
    [(_, message)] = await delivered(Server())
    assert len(set(re.findall(r"/m/\w+", words(message)))) == len(names)
    assert not [part for part in message.walk() if part.get_content_type() == "image/png"]


@pytest.mark.parametrize("email", ["nobody@example.org", "lea@example.org", "%"])
async def test_the_request_writes_one_row_whatever_is_stored(db: Engine, email: str) -> None:
    await signed_up(await factories.event(), email="lea@example.org")
    before = len(await fetch("SELECT id FROM message"))
    await ask(email, "192.0.2.1")
    assert [row["email"] for row in await fetch("SELECT email FROM lost_link")] == [email]
    assert len(await fetch("SELECT id FROM message")) == before


async def test_an_address_without_tickets_to_come_is_not_written_to(db: Engine) -> None:
    event = await factories.event()
    gone = await signed_up(event)
    await cancel_all(gone, Actor(f"attendee:{gone}"))
    await signed_up(event, 2, first_name="Léa", email="lea@example.org")
    await fetch("UPDATE attendee SET anonymised_at = {}, email = NULL WHERE first_name = 'Léa'", utcnow())
    for email in (ZOE, "lea@example.org", "nobody@example.org"):
        await ask(email, "192.0.2.1")
    assert await answer_due(utcnow()) == 0
    assert not await messages()
    assert not await fetch("SELECT id FROM lost_link")


async def test_a_cancelled_day_has_no_tickets(db: Engine) -> None:
    event = await factories.event()
    await signed_up(event)
    await fetch("UPDATE event SET status = 'cancelled' WHERE id = {}", event["id"])
    await ask(ZOE, "192.0.2.1")
    assert await answer_due(utcnow()) == 0


async def test_what_waits_goes_to_nobody_else_once_the_address_has_changed(db: Engine) -> None:
    event = await factories.event()
    attendee = await signed_up(event)
    await ask(ZOE, "192.0.2.1")
    await answer_due(utcnow())
    await correct_contact(attendee, "new@example.org", None, Actor(f"attendee:{attendee}"))
    taken = await delivered(Server())
    assert [to for to, message in taken if message["Subject"] == "Voici votre billet"] == []
    assert ZOE not in [to for to, _ in taken]


async def test_what_was_asked_for_one_address_never_goes_to_another(db: Engine) -> None:
    await signed_up(await factories.event())
    await ask(ZOE, "192.0.2.1")
    await answer_due(utcnow())
    await fetch("UPDATE attendee SET email = 'new@example.org'")
    assert await delivered(Server()) == []


async def test_one_address_and_one_network_ask_a_few_times_only(db: Engine) -> None:
    await signed_up(await factories.event())
    for _ in range(lost_links.TO_ONE.most + 2):
        await ask(ZOE, "192.0.2.1")
    assert len(await fetch("SELECT id FROM lost_link")) == lost_links.TO_ONE.most
    await answer_due(utcnow())
    assert len(await messages()) == lost_links.TO_ONE.most
    for number in range(lost_links.FROM_ONE.most):
        await ask(f"{number}@example.org", "192.0.2.9")
    await ask("one.more@example.org", "192.0.2.9")
    assert not await fetch("SELECT id FROM lost_link WHERE email = 'one.more@example.org'")
    kept = " ".join(row["id"] for row in await fetch("SELECT id FROM counter"))
    assert ZOE not in kept
    assert mail.address_key(ZOE) not in kept


async def test_two_workers_answer_once(db: Engine) -> None:
    await signed_up(await factories.event())
    await ask(ZOE, "192.0.2.1")
    [row] = await fetch("SELECT id, email FROM lost_link")
    assert await lost_links._answer(row["id"], row["email"], utcnow())
    assert not await lost_links._answer(row["id"], row["email"], utcnow())
    assert len(await messages()) == 1

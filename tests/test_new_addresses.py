"""A number counts at once, an address once opened from it; whoever had the old one is told, and its link dies."""

import asyncio
import re
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.postbox import Server, connected, parsed, server
from workshops import database, new_addresses
from workshops.actors import ANYONE, Actor
from workshops.contacts import correct_contact
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.delivery import deliver_due
from workshops.errors import Invalid, NotFound
from workshops.mail_links import MailLinkExpired, MailLinkUsed, forget_expired
from workshops.new_addresses import change, confirm, offered
from workshops.persons import person_keys
from workshops.refusals import AlreadyRegistered
from workshops.registrations import register
from workshops.throttle import TooManyTries
from workshops.tickets import secret_hash

__all__ = ["server"]
OLD, NEW, PHONE = "zoe@example.org", "new@example.org", "+33639980001"


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


async def signed_up(event: Row, hour: float = 0, **given: Any) -> str:
    slot = await factories.session(await factories.workshop(event), event, hour)
    return (await register(factories.sign_up(event, slot, **given), ANYONE)).attendee


def owner(attendee: str) -> Actor:
    return Actor(f"attendee:{attendee}")


async def stored(attendee: str) -> Row:
    row = await fetch_one("SELECT * FROM attendee WHERE id = {}", attendee)
    assert row
    return row


async def delivered(server: Server) -> list[tuple[str, str]]:
    """Everything that leaves: to whom, and the words."""
    before = len(server.taken)
    async with connected(server) as post:
        await deliver_due(post)
    return [
        (to, parsed(raw).get_body(("plain",)).get_content())  # type: ignore[union-attr]
        for _, to, raw in server.taken[before:]
    ]


async def link(server: Server, address: str = NEW) -> str:
    """The secret in the message to a new address."""
    words = next(words for to, words in await delivered(server) if to == address)
    return re.search(r"/address/(\w+)", words)[1]  # type: ignore[index]


async def test_an_address_counts_once_opened_from_it(event: Row, server: Server) -> None:
    attendee = await signed_up(event)
    await delivered(server)
    before = (await stored(attendee))["manage_hash"]
    assert await change(attendee, NEW, None, owner(attendee))
    assert await new_addresses.waiting(attendee) == NEW
    secret = await link(server)
    assert (await stored(attendee))["email"] == OLD
    assert (await offered(secret)).email == NEW
    manage = await confirm(secret)
    row = await stored(attendee)
    assert row["email"] == NEW
    assert row["manage_hash"] == secret_hash(manage) != before
    assert await new_addresses.waiting(attendee) is None
    keys = await fetch("SELECT key FROM attendee_key WHERE attendee = {} AND active", attendee)
    assert {row["key"] for row in keys} == set(person_keys("Zoé", "Lefèvre", NEW, None))
    told = dict(await delivered(server))
    assert manage in told[NEW]
    assert "Votre adresse e-mail a changé" in told[OLD]
    assert NEW not in told[OLD]
    assert "/m/" not in told[OLD]
    assert not await fetch("SELECT id FROM mail_link WHERE email = {}", NEW)


async def test_a_link_works_once_also_in_two_tabs(event: Row, server: Server) -> None:
    attendee = await signed_up(event)
    await change(attendee, NEW, None, owner(attendee))
    secret = await link(server)
    outcomes = await asyncio.gather(confirm(secret), confirm(secret), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["MailLinkUsed", "str"]
    with pytest.raises(MailLinkUsed):
        await offered(secret)
    assert (await stored(attendee))["manage_revision"] == 2


async def test_the_newest_link_alone_works(event: Row, server: Server) -> None:
    attendee = await signed_up(event)
    await change(attendee, NEW, None, owner(attendee))
    first = await link(server)
    await change(attendee, "third@example.org", None, owner(attendee))
    with pytest.raises(MailLinkUsed):
        await confirm(first)
    await confirm(await link(server, "third@example.org"))
    assert (await stored(attendee))["email"] == "third@example.org"


async def test_after_its_time_it_does_nothing_and_its_address_is_forgotten(
    event: Row, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    attendee = await signed_up(event)
    await change(attendee, NEW, None, owner(attendee))
    secret = await link(server)
    later = utcnow() + new_addresses.LASTS
    monkeypatch.setattr("workshops.mail_links.utcnow", lambda: later)
    with pytest.raises(MailLinkExpired):
        await confirm(secret)
    await forget_expired(later + new_addresses.LASTS)
    assert not await fetch("SELECT id FROM mail_link WHERE email <> ''")
    assert (await stored(attendee))["email"] == OLD


async def test_a_wrong_link_is_not_there(event: Row, server: Server) -> None:
    attendee = await signed_up(event)
    await change(attendee, NEW, None, owner(attendee))
    secret = await link(server)
    for wrong in (secret[:-1] + ("A" if secret[-1] != "A" else "B"), secret[:-2], "", "x"):
        with pytest.raises(NotFound):
            await confirm(wrong)


async def test_staff_who_correct_it_end_a_link_that_waits(event: Row, server: Server) -> None:
    attendee = await signed_up(event)
    await change(attendee, NEW, None, owner(attendee))
    secret = await link(server)
    await correct_contact(attendee, "right@example.org", None, owner(attendee))
    with pytest.raises(MailLinkUsed):
        await confirm(secret)


async def test_a_phone_counts_at_once_and_the_address_is_told(event: Row, server: Server) -> None:
    attendee = await signed_up(event)
    await delivered(server)
    before = (await stored(attendee))["manage_hash"]
    assert not await change(attendee, OLD, PHONE, owner(attendee))
    row = await stored(attendee)
    assert (row["phone"], row["manage_hash"]) == (PHONE, before)
    [(to, words)] = await delivered(server)
    assert to == OLD
    assert "Votre numéro de téléphone a changé" in words
    assert PHONE not in words
    keys = await fetch("SELECT key FROM attendee_key WHERE attendee = {} AND active", attendee)
    assert {row["key"] for row in keys} == set(person_keys("Zoé", "Lefèvre", OLD, PHONE))


async def test_somebody_with_a_phone_adds_an_address(event: Row, server: Server) -> None:
    attendee = await signed_up(event, email=None, phone=PHONE)
    with pytest.raises(Invalid):
        await change(attendee, NEW, None, owner(attendee))
    assert await change(attendee, NEW, PHONE, owner(attendee))
    manage = await confirm(await link(server))
    row = await stored(attendee)
    assert (row["email"], row["phone"], row["called_for"]) == (NEW, PHONE, None)
    assert [to for to, words in await delivered(server) if manage in words] == [NEW]


async def test_an_address_is_kept_until_another_one_counts(event: Row) -> None:
    attendee = await signed_up(event, phone=PHONE)
    with pytest.raises(Invalid):
        await change(attendee, None, PHONE, owner(attendee))
    assert (await stored(attendee))["email"] == OLD


async def test_what_leads_to_somebody_else_is_refused(event: Row, server: Server) -> None:
    attendee = await signed_up(event)
    await signed_up(event, 2, email=NEW, phone=PHONE)
    with pytest.raises(AlreadyRegistered):
        await change(attendee, OLD, PHONE, owner(attendee))
    await change(attendee, NEW, None, owner(attendee))
    secret = await link(server)
    with pytest.raises(AlreadyRegistered):
        await confirm(secret)
    row = await stored(attendee)
    assert (row["email"], row["phone"], row["manage_revision"]) == (OLD, None, 1)


async def test_nobody_changes_what_is_not_theirs(event: Row) -> None:
    attendee, other = await signed_up(event), await signed_up(event, 2, first_name="Léa", email="lea@example.org")
    with pytest.raises(NotFound):
        await change(attendee, NEW, None, owner(other))
    assert await new_addresses.waiting(attendee) is None


async def test_a_mailbox_is_not_flooded_and_nobody_asks_for_ever(event: Row) -> None:
    attendee = await signed_up(event)
    for _ in range(new_addresses.TO_ONE.most):
        await change(attendee, NEW, None, owner(attendee))
    with pytest.raises(TooManyTries):
        await change(attendee, NEW, None, owner(attendee))
    for number in range(new_addresses.BY_ONE.most - new_addresses.TO_ONE.most - 1):
        await change(attendee, f"{number}@example.org", None, owner(attendee))
    with pytest.raises(TooManyTries):
        await change(attendee, "last@example.org", None, owner(attendee))
    assert not database.in_transaction()

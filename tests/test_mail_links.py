"""A mailed link opens what it is for, for as long as it says, and once where it works once."""

from datetime import timedelta

import pytest

from workshops import database, mail, mail_links
from workshops.database import Engine, fetch, transaction, utcnow
from workshops.errors import NotFound
from workshops.ids import new_id
from workshops.letters.notices import link_of
from workshops.mail_links import LinkPurpose, MailLinkExpired, MailLinkUsed

DAY = timedelta(days=1)


async def made(purpose: LinkPurpose = LinkPurpose.HALL) -> tuple[str, str]:
    """The id of a new link, and the secret that its message would carry."""
    async with transaction():
        identity = await mail_links.make(purpose, "r1", "mairie@example.org", DAY, utcnow())
        await mail.enqueue_to(
            mail.Kind.HALL_REQUEST, dedup=new_id(), address="mairie@example.org", now=utcnow(), link=identity
        )
    (message,) = await fetch("SELECT mail_link, address_key FROM message WHERE mail_link = {}", identity)
    link = await link_of(message)
    assert link is not None
    assert (link.email, link.subject, link.suppressed) == ("mairie@example.org", "r1", False)
    return identity, link.secret


async def test_a_link_is_found_by_its_secret_in_any_case_for_its_purpose_alone(db: Engine) -> None:
    identity, secret = await made()
    for text in (secret, secret.lower()):
        found = await mail_links.find(text, LinkPurpose.HALL)
        assert (found["id"], found["subject"], found["email"]) == (identity, "r1", "mairie@example.org")
    for text, purpose in ((secret, LinkPurpose.STAND), ("A" * 26, LinkPurpose.HALL), ("nothing", LinkPurpose.HALL)):
        with pytest.raises(NotFound):
            await mail_links.find(text, purpose)
    stored = await fetch("SELECT * FROM mail_link")
    assert secret not in str(stored)


async def test_a_link_that_works_once_works_once(db: Engine) -> None:
    identity, secret = await made()
    assert [await mail_links.use_up(identity, utcnow()) for _ in range(2)] == [True, False]
    with pytest.raises(MailLinkUsed):
        await mail_links.find(secret, LinkPurpose.HALL)


async def test_a_link_ends(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    identity, secret = await made()
    late = utcnow() + DAY
    monkeypatch.setattr(mail_links, "utcnow", lambda: late)
    with pytest.raises(MailLinkExpired):
        await mail_links.find(secret, LinkPurpose.HALL)
    assert not await mail_links.use_up(identity, late)


async def test_a_link_or_message_without_a_decision_is_refused(db: Engine) -> None:
    assert not database.in_transaction()
    with pytest.raises(RuntimeError):
        await mail_links.make(LinkPurpose.HALL, "r1", "a@example.org", DAY, utcnow())
    with pytest.raises(RuntimeError):
        await mail.enqueue_to(mail.Kind.HALL_REQUEST, dedup="1", address="a@example.org", now=utcnow())


async def test_a_message_is_written_once(db: Engine) -> None:
    async with transaction():
        for _ in range(2):
            await mail.enqueue_to(mail.Kind.HALL_OUTCOME, dedup="same", address="A@example.org", now=utcnow())
    (row,) = await fetch("SELECT state, stranger, attendee, address_key FROM message")
    assert row == {
        "state": "queued",
        "stranger": False,
        "attendee": None,
        "address_key": mail.address_key("a@example.org"),
    }

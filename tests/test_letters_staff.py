"""Letters to staff: what they say in both languages, and the link that is made only when they leave."""

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest

from tests import postbox
from tests.colleagues import colleague
from tests.postbox import Server, parsed, production
from workshops import account_links, accounts, delivery, letters, mime
from workshops.actors import OPERATOR
from workshops.database import Engine, fetch, utcnow
from workshops.letters import Notice
from workshops.mail_links import LinkPurpose
from workshops.tables.people import Role

__all__ = ["production"]
pytestmark = pytest.mark.usefixtures("production")
WORDS = {
    ("staff_invitation", "fr"): ("Votre compte pour les journées", "Choisir mon mot de passe", "sert une seule fois"),
    ("staff_invitation", "en"): ("Your account for the days", "Choose my password", "works once"),
    ("staff_password", "fr"): ("Votre nouveau mot de passe", "Choisir mon mot de passe", "jusqu’à"),
    ("staff_password", "en"): ("Your new password", "Choose my password", "until"),
}


async def written(kind: str, locale: str, name: str = "Zoé Lefèvre") -> tuple[Notice, EmailMessage]:
    """A letter of this kind to somebody, and as its reader gets it."""
    who = await colleague(password=None, locale=locale, name=name)
    send = accounts.invite_again(who.id, OPERATOR) if kind == "staff_invitation" else None
    await (send or account_links.forgot(who.email, "192.0.2.1"))
    (row,) = await fetch("SELECT * FROM message")
    notice = await letters.load(row)
    assert isinstance(notice, Notice)
    return notice, parsed(mime.render(notice, utcnow()))


def body(message: EmailMessage, kind: str) -> str:
    """Its words, with ordinary spaces."""
    part = message.get_body((kind,))
    assert part is not None
    return " ".join(str(part.get_content()).split())


@pytest.mark.parametrize(("kind", "locale"), WORDS)
async def test_it_says_what_to_do_in_the_reader_s_language(db: Engine, kind: str, locale: str) -> None:
    notice, message = await written(kind, locale)
    subject, button, until = WORDS[kind, locale]
    assert str(message["Subject"]).replace("\u00a0", " ").startswith(subject)
    assert (message["To"], message["Content-Language"]) == (notice.address, locale)
    for form in ("plain", "html"):
        told = body(message, form)
        heading = notice.shown["heading"].replace("\u00a0", " ")
        for wanted in (heading, "Zoé Lefèvre", button, until, notice.shown["link"], "03 53 01 00 00"):
            assert wanted in told
        assert not re.search(r"None|\{\{|\{%|href=\"\"|Hello ,|Bonjour ,", told)
    assert "<img" not in body(message, "html")
    lines = message.get_body(("plain",))
    assert lines is not None
    assert not re.search(r"\n{4,}", str(lines.get_content()))


@pytest.mark.parametrize("locale", ["fr", "en"])
async def test_somebody_without_a_name_is_greeted_too(db: Engine, locale: str) -> None:
    _notice, message = await written("staff_invitation", locale, name="")
    assert re.search(r"(Bonjour|Hello),", body(message, "plain"))


async def test_the_link_is_made_when_the_letter_first_leaves_and_stays_the_same(db: Engine) -> None:
    await accounts.invite("zoe@example.org", "", "admin", "", OPERATOR)
    (row,) = await fetch("SELECT mail_link, account FROM message")
    assert (row["mail_link"], await fetch("SELECT id FROM mail_link")) == (None, [])
    server = Server(data=["451 4.3.0 later", "250 OK"])
    async with postbox.connected(server) as post:
        await delivery.deliver_due(post)
        await fetch("UPDATE message SET not_before = {}", utcnow() - timedelta(seconds=1))
        assert await delivery.deliver_due(post) == 1
    assert server.seen[0][2] == server.seen[1][2]
    (link,) = await fetch("SELECT id, expires_at FROM mail_link")
    (message,) = await fetch("SELECT mail_link, state, frozen, expires_at FROM message")
    assert (message["mail_link"], message["state"], message["frozen"]) == (link["id"], "sent", None)
    assert message["expires_at"] == link["expires_at"]
    (secret,) = set(re.findall(r"/invitation/([A-Z2-7]{26})", body(server.messages()[0], "plain")))
    assert (await account_links.offered(secret, LinkPurpose.INVITATION))["email"] == "zoe@example.org"


async def test_nothing_leaves_to_who_has_a_password_or_no_account_any_more(db: Engine) -> None:
    closed, chosen = await colleague(password=None), await colleague(password=None)
    for who in (closed, chosen):
        await accounts.invite_again(who.id, OPERATOR)
    await account_links.forgot(closed.email, "192.0.2.1")
    await accounts.close(closed.id, None, OPERATOR)
    await fetch("UPDATE account SET password_hash = 'chosen' WHERE id = {}", chosen.id)
    server = Server()
    async with postbox.connected(server) as post:
        assert await delivery.deliver_due(post) == 0
    assert server.taken == []
    assert {row["state"] for row in await fetch("SELECT state FROM message")} == {"superseded"}
    assert await fetch("SELECT id FROM mail_link") == []


async def test_a_dead_address_is_written_to_no_more(db: Engine) -> None:
    who = await colleague(Role.HOST)
    server = Server(rcpt=["550 5.1.1 no such user"])
    async with postbox.connected(server) as post:
        await account_links.forgot(who.email, "192.0.2.1")
        assert await delivery.deliver_due(post) == 0
        await fetch("UPDATE message SET dedup_key = 'before'")
        await account_links.forgot(who.email, "192.0.2.1")
        assert await delivery.deliver_due(post) == 0
    assert len(await fetch("SELECT id FROM message WHERE state = 'failed'")) == 2
    assert len(server.seen) == 0

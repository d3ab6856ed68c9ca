"""The whole way by real servers: a sign-up's mail arrives, its calendar's no comes back, a dead address comes back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import icalendar
import pytest

from tests import factories
from tests.client import Connection
from tests.factories import Row
from tests.processes import HOST, Process, Web, migrated
from tests.returned import reply
from tests.system.debian_mail import DOMAIN, OURS, Post, post_office
from workshops import mail
from workshops.database import fetch

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
T = TypeVar("T")
ZOE, GONE = f"zoe@{DOMAIN}", f"gone@{DOMAIN}"


@pytest.fixture
def post() -> Iterator[Post]:
    with post_office(ZOE) as office:
        yield office


async def test_a_sign_up_a_no_and_an_address_that_does_not_exist(post: Post, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/workshops.db"
    inbox, smtp = post.inbox_url(), f"smtp://127.0.0.1:{post.smtp}"
    looks_often = {"DATABASE_URL": url, "SMTP_URL": smtp, "INBOX_URL": inbox, "MAIL_FROM": OURS, "DEBUG": "1"}
    async with migrated(url, tmp_path):
        event = await factories.event()
        slot = await factories.session(await factories.workshop(event, title="Soudeur, soudeuse"), event)
        async with (
            Web(url, tmp_path, INBOX_URL=inbox, MAIL_FROM=OURS) as web,
            Process(("workshops.cli", "worker"), looks_often, tmp_path) as worker,
        ):
            await web.ready()
            try:
                await _journey(web, post, event, slot)
            except TimeoutError:
                pytest.fail(f"{worker.words()}\n{post.words()}")


async def _journey(web: Web, post: Post, event: Row, slot: Row) -> None:
    await _signs_up(web, event, slot, ZOE)
    entry = await until(lambda: _invited(post))
    organizer = str(entry["ORGANIZER"]).removeprefix("mailto:")
    no = reply(organizer, str(entry["UID"]), datetime.now(UTC), sequence=int(entry["SEQUENCE"]))
    await asyncio.to_thread(post.send, ZOE, organizer, no)
    question = await until(lambda: _titled(post, "Vous venez"))
    assert "/m/" in question.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    [place] = await fetch("SELECT status, declined_at FROM registration")
    assert place["status"] == "confirmed"
    assert place["declined_at"] is not None

    await _signs_up(web, event, slot, GONE)
    [dead] = await until(lambda: fetch("SELECT address_key, cause FROM suppression"))
    assert dead == {"address_key": mail.address_key(GONE), "cause": "bounce 5.1.1"}
    [failed] = await fetch("SELECT state, last_code FROM message WHERE bounced_at IS NOT NULL AND kind = 'your_places'")
    assert failed == {"state": "failed", "last_code": 550}
    [person] = await fetch("SELECT called_for FROM attendee WHERE email = {}", GONE)
    assert person["called_for"] == "bounce"


async def _signs_up(web: Web, event: Row, slot: Row, address: str) -> None:
    person = {
        "first_name": "Zoé",
        "last_name": "Lefèvre",
        "email": address,
        "aged_16_or_over": True,
        "sessions": [slot["id"]],
    }
    async with Connection(web.port, HOST) as connection:
        answer = await connection.post(f"/api/v1/events/{event['id']}/registrations", person, Idempotency_Key=address)
    assert answer.status == 201, answer.body


async def _invited(post: Post) -> Any:
    """The entry of the one invitation; before it came the ticket, with the picture to show at the door."""
    messages = await asyncio.to_thread(post.messages, ZOE)
    parts = [part for one in messages for part in one.walk()]
    entries = [part for part in parts if part.get_content_type() == "text/calendar"]
    if not entries:
        return None
    assert "image/png" in [part.get_content_type() for part in messages[0].walk()]
    assert [part["content-type"].params["method"] for part in entries] == ["REQUEST"]
    [entry] = icalendar.Calendar.from_ical(entries[0].get_content()).walk("VEVENT")
    return entry


async def _titled(post: Post, words: str) -> EmailMessage | None:
    messages = await asyncio.to_thread(post.messages, ZOE)
    return next((one for one in messages if one["subject"].startswith(words)), None)


async def until(found: Callable[[], Awaitable[T | None]]) -> T:
    """What is there once it is there. Raises TimeoutError after a minute."""
    async with asyncio.timeout(60):
        while not (there := await found()):  # noqa: ASYNC110 - other processes, which send no event
            await asyncio.sleep(0.3)
    return there

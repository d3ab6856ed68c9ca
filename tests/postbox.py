"""A mail server in the test's own process and loop, people with places, and a clock that tests turn."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests import factories
from tests.factories import Row
from workshops import database, mail, settings, transport
from workshops.database import fetch, transaction
from workshops.ids import new_id
from workshops.mail import Kind
from workshops.tickets import Purpose, make_secret, new_code


class Clock:
    """The one clock of the code, standing still until a test turns it."""

    def __init__(self) -> None:
        self.now = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sql(self) -> str:
        """What stands for the database's own clock, as a literal."""
        return f"'{self.now}'"

    def turn(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The code's clock."""
    turned = Clock()
    monkeypatch.setattr(database, "utcnow", turned)
    monkeypatch.setattr(database, "clock", turned.sql)
    monkeypatch.setattr(factories, "utcnow", turned)
    return turned


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings with names that mails can carry."""
    monkeypatch.setenv("PUBLIC_URL", "https://ateliers.example.org")
    monkeypatch.setenv("MAIL_FROM", "Inscriptions Pôle <inscription@pole.example>")
    settings.settings.cache_clear()
    yield
    settings.settings.cache_clear()


@dataclass
class Server:
    """What a mail server answers next at each stage (then 250), and what it took or saw."""

    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    sender: list[str] = field(default_factory=list)
    drop_after_data: int = 0
    connections: int = 0
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event | None = None

    async def handle_MAIL(self, _: Any, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        answer = self.sender.pop(0) if self.sender else "250 OK"
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, _: Any, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        answer = self.rcpt.pop(0) if self.rcpt else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        message = str(envelope.mail_from), str(envelope.rcpt_tos[0]), cast(bytes, envelope.original_content)
        self.seen.append(message)
        self.arrived.set()
        if self.waiting:
            await self.waiting.wait()
        if self.drop_after_data:
            self.drop_after_data -= 1
            assert server.transport
            server.transport.close()
            return "250 never arrives"
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer.startswith("250"):
            self.taken.append(message)
        return answer

    def messages(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [parsed(raw) for _, _, raw in self.taken]


@asynccontextmanager
async def listening(server: Server, password: str | None = None) -> AsyncIterator[settings.Smtp]:
    """`server` on a port of 127.0.0.1; with `password`, for who signs in with it only."""

    def check(_: Any, __: Any, ___: Any, method: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == (password or "").encode(), handled=False)

    def protocol() -> SMTP:
        server.connections += 1
        with warnings.catch_warnings(action="ignore"):  # a password without TLS, on this machine
            return SMTP(
                server,
                loop=asyncio.get_running_loop(),
                hostname="mx.example",
                authenticator=check if password else None,
                auth_required=bool(password),
                auth_require_tls=False,
            )

    listener = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        yield settings.Smtp("127.0.0.1", port, "none", "us" if password else None, "wrong" if password else None)
    finally:
        listener.close()


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[transport.Smtp]:
    """A transport to `server`."""
    async with listening(server) as where:
        post = transport.Smtp(where)
        try:
            yield post
        finally:
            await post.close()


def parsed(raw: bytes) -> EmailMessage:
    """The message that a reader's program sees."""
    return message_from_bytes(raw, policy=policy.default)


async def day(**given: Any) -> tuple[Row, list[Row]]:
    """A published day on 12 January 2027 with three slots of two jobs."""
    made = await factories.event(**{"date": datetime(2027, 1, 12, tzinfo=UTC).date(), **given})
    welding = await factories.workshop(made, title="Soudeur, soudeuse", stand="7")
    garden = await factories.workshop(made, title="Jardinier, jardinière")
    slots = [await factories.session(welding, made, 0), await factories.session(welding, made, 1)]
    return made, [*slots, await factories.session(garden, made, 4)]


async def attendee(event: Row, *places: tuple[Row, str], **given: Any) -> Row:
    """Somebody with an active ticket and these places, each a session and a status."""
    identity, now = new_id(), database.utcnow()
    manage, ticket = make_secret(Purpose.MANAGE, identity), make_secret(Purpose.TICKET, identity)
    row = {
        "id": identity,
        "event": event["id"],
        "kind": "person",
        "first_name": "Zoé",
        "last_name": "Lefèvre",
        "search_name": "lefevre zoe",
        "email": "zoe@example.org",
        "locale": "fr",
        "origin": "online",
        "manage_hash": manage.hash,
        "manage_key": manage.key,
        "created_at": now,
        "updated_at": now,
        **given,
    }
    await factories.insert("attendee", row)
    made = {"id": new_id(), "event": event["id"], "attendee": identity, "status": "active", "code": new_code()}
    secrets = {"secret_hash": ticket.hash, "secret_key": ticket.key, "created_at": now}
    row["code"] = (await factories.insert("ticket", made | secrets))["code"]
    row["places"] = [await place(row, session, status) for session, status in places]
    return row


async def place(attendee: Row, session: Row, status: str = "confirmed", **given: Any) -> Row:
    """A place of somebody in a session; its counters are of no concern here."""
    now = database.utcnow()
    row = {
        "id": new_id(),
        "attendee": attendee["id"],
        "session": session["id"],
        "status": status,
        "position": 1 if status == "waiting" else None,
        "offered_until": now + timedelta(hours=2) if status == "offered" else None,
        "created_at": now,
        "updated_at": now,
    }
    return await factories.insert("registration", row | given)


async def tell(who: Row, kind: Kind = Kind.YOUR_PLACES, stranger: bool = True, dedup: str | None = None) -> None:
    """Enqueue a message in a transaction of its own."""
    async with transaction():
        await mail.enqueue(
            kind,
            dedup=dedup or new_id(),
            attendee=who["id"],
            event=who["event"],
            address=who["email"],
            stranger=stranger,
            now=database.utcnow(),
        )


async def queue() -> list[Row]:
    """All messages, oldest first."""
    return await fetch("SELECT * FROM message ORDER BY created_at, not_before, id")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def post(server: Server) -> AsyncIterator[transport.Smtp]:
    async with connected(server) as made:
        yield made


@pytest.fixture
async def zoe(db: database.Engine, clock: Clock) -> Row:
    """Somebody with a confirmed and a waiting place, and the message that tells her."""
    event, slots = await day()
    made = await attendee(event, (slots[0], "confirmed"), (slots[2], "waiting"))
    await tell(made)
    return made

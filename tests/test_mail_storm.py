"""600 messages, a worker cut by kill -9 and a mail server that restarts: all arrive, twice only what was under way.

STORM_SEED chooses other moments.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.conftest import NAME
from tests.postbox import attendee, day, parsed
from tests.postgres import Server
from tests.processes import PRODUCTION, Worker, migrated
from workshops import mail, settings
from workshops.database import fetch, transaction, utcnow
from workshops.mail import Kind

MESSAGES = 600
STALLED_SECONDS = 3.0
SEED = int(os.environ.get("STORM_SEED", "7"))


@dataclass
class Sink:
    """A mail server that keeps what it saw, says when it saw so many, and can be restarted on its port."""

    seen: list[tuple[str, bytes]] = field(default_factory=list)
    moments: dict[int, asyncio.Event] = field(default_factory=dict)
    port: int = 0
    sessions: set[SMTP] = field(default_factory=set)
    listener: asyncio.Server | None = None

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = cast(bytes, envelope.original_content)
        self.seen.append((str(envelope.mail_from).partition("+")[2].partition("@")[0], raw))
        if moment := self.moments.get(len(self.seen)):
            moment.set()
        return "250 OK"

    async def after(self, number: int) -> None:
        """Wait until it has seen so many messages."""
        await self.moments.setdefault(number, asyncio.Event()).wait()

    async def start(self) -> None:
        """Listen, always on the same port."""

        def protocol() -> SMTP:
            made = SMTP(self, loop=asyncio.get_running_loop(), hostname="mx.example")
            self.sessions.add(made)
            return made

        self.listener = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", self.port)
        self.port = self.listener.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Cut every connection at once."""
        assert self.listener
        self.listener.close()
        while self.sessions:
            if (connection := self.sessions.pop().transport) and not connection.is_closing():
                cast(asyncio.Transport, connection).abort()


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    made = Sink()
    await made.start()
    yield made
    made.stop()


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A day on which 600 people wait for their message, their secrets made by the workers' key."""
    monkeypatch.setenv("SECRET_KEY", PRODUCTION["SECRET_KEY"])
    settings.settings.cache_clear()
    made = f"sqlite:///{tmp_path}/workshops.db"
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres_server")
        made = server.create(f"{NAME}_mail_storm")
    async with migrated(made, tmp_path):
        event, slots = await day()
        now = utcnow()
        async with transaction():
            for number in range(MESSAGES):
                who = await attendee(event, (slots[0], "confirmed"), email=f"p{number}@example.org")
                about = {"attendee": who["id"], "event": event["id"], "address": who["email"]}
                await mail.enqueue(Kind.YOUR_PLACES, dedup=who["id"], **about, stranger=False, now=now)
        yield made
    if request.param == "postgres":
        server.drop(f"{NAME}_mail_storm")
    settings.settings.cache_clear()


async def unrecorded(sink: Sink) -> set[str]:
    """What the server has seen and nobody has written down as sent."""
    sent = {row["id"] for row in await fetch("SELECT id FROM message WHERE state = 'sent'")}
    return {identity for identity, _ in sink.seen} - sent


async def all_sent() -> None:
    """Wait for it. What waits for another attempt is tried at once; a lease is over once nothing happens any more."""
    left, still = MESSAGES, 0.0
    while rows := await fetch("SELECT id FROM message WHERE state <> 'sent'"):
        still = 0.0 if len(rows) < left else still + 0.2
        left = len(rows)
        now = utcnow()
        await fetch("UPDATE message SET not_before = {} WHERE state = 'queued' AND not_before > {}", now, now)
        if still > STALLED_SECONDS:
            await fetch("UPDATE message SET lease_until = {} WHERE state = 'sending'", now)
            still = 0.0
        await asyncio.sleep(0.2)  # rows send no event


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    ("url", "connections"),
    [("sqlite", 1), ("postgres", 1), ("postgres", 3)],
    indirect=["url"],
    ids=["sqlite", "postgres", "postgres, 3 connections"],
)
async def test_all_arrive_and_twice_only_what_was_under_way(
    url: str, connections: int, sink: Sink, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    killed_at, restarted_at = chance.sample(range(50, MESSAGES - 150), 2)
    number = 1 if url.startswith("sqlite") else 3
    risked: set[str] = set()
    async with AsyncExitStack() as stack:
        env: Any = {"MAIL_CONNECTIONS": str(connections)}
        workers = [await stack.enter_async_context(Worker(url, tmp_path, sink.port, **env)) for _ in range(number)]

        async def kill() -> None:
            await sink.after(killed_at)
            victim = workers[chance.randrange(number)]
            victim.kill()
            risked.update(await unrecorded(sink))
            if number == 1:
                victim.start()

        async def restart() -> None:
            await sink.after(restarted_at)
            sink.stop()
            risked.update(await unrecorded(sink))
            await asyncio.sleep(0.3)  # away for a moment
            await sink.start()

        async with asyncio.TaskGroup() as group:
            for part in (kill(), restart(), all_sent()):
                group.create_task(part)
    times = Counter(identity for identity, _ in sink.seen)
    assert len(times) == MESSAGES
    twice = {identity for identity, count in times.items() if count > 1}
    assert twice <= risked
    assert max(times.values()) <= 3
    assert len(risked) <= 2 * (number * connections + 1), "so much can be under way"
    assert len(set(sink.seen)) == MESSAGES, "what came twice is the same to the last byte"
    assert {parsed(raw)["Message-ID"].split("@")[0][1:] for _, raw in sink.seen} == set(times)

"""How many messages one worker delivers: freshly written, and already written beside what aiosmtplib alone sends."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import aiosmtplib

from bench.databases import Database
from bench.rate import Rate
from bench.record import in_use
from tests import factories
from tests.postbox import attendee, tell
from workshops import settings, transport
from workshops.database import fetch, transaction, utcnow
from workshops.delivery import deliver_due
from workshops.transport import Temporary, mail_domain

NUMBER = 500
FLOOR = 100
SHARE = 0.6


async def build(number: int = NUMBER) -> None:
    """That many people with two places and a message that nobody has written yet."""
    event = await factories.event()
    stand = await factories.workshop(event)
    slots = [await factories.session(stand, event, hour, capacity=number) for hour in (0, 2)]
    for index in range(number):
        places = [(slot, "confirmed") for slot in slots]
        async with transaction():
            who = await attendee(event, *places, email=f"person{index}@example.org")
        await tell(who)


async def measure(database: Database, rounds: int) -> tuple[Rate, Rate, Rate]:
    """Fresh messages, written ones, and the same bytes by aiosmtplib alone over one connection; the best of each."""
    written = _Written()
    async with in_use(database.copy("frozen", "mail")):
        await deliver_due(written)
        await fetch("UPDATE message SET attempts = 0, not_before = created_at")
    best: list[Rate | None] = [None, None, None]
    async with _sink() as server:
        for _ in range(rounds):
            for place, original in enumerate(("mail", "frozen")):
                async with in_use(database.copy("ours", original)):
                    post = transport.Smtp(server)
                    best[place] = (await _timed(deliver_due(post))).better(best[place])
                    await post.close()
            best[2] = (await _timed(_alone(server, written.messages))).better(best[2])
    fresh, frozen, alone = best
    assert fresh
    assert frozen
    assert alone
    return fresh, frozen, alone


class _Written:
    """A transport that takes nothing: it leaves every message written, and keeps what it was given."""

    limited = False

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, bytes]] = []

    async def send(self, identity: str, recipient: str, raw: bytes) -> None:
        self.messages.append((identity, recipient, raw))
        raise Temporary("measured later", slow=True)

    async def close(self) -> None:
        """Nothing to close."""


async def _alone(server: settings.Smtp, messages: list[tuple[str, str, bytes]]) -> int:
    async with aiosmtplib.SMTP(hostname=server.host, port=server.port, start_tls=False) as client:
        for identity, recipient, raw in messages:
            await client.sendmail(f"bounce+{identity}@{mail_domain()}", [recipient], raw)
    return len(messages)


async def _timed(act: Awaitable[int]) -> Rate:
    cpu, started = time.process_time(), time.perf_counter()
    number = await act
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if number != NUMBER:
        raise RuntimeError(f"{number} of {NUMBER} messages left by {utcnow()}")
    return Rate(number / seconds, seconds / number * 1000, seconds / number * 1000, cpu / number * 1000)


@asynccontextmanager
async def _sink() -> AsyncIterator[settings.Smtp]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.sink", stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout
        yield settings.Smtp("127.0.0.1", int(await process.stdout.readline()), "none", None, None)
    finally:
        process.kill()
        await process.wait()

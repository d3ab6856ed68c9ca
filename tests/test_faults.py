"""What is left when processes and connections end in the middle of their work: nothing half done, nothing forgotten."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests import factories, postbox, truths
from tests.client import Answer, Connection
from tests.conftest import NAME
from tests.postgres import Server
from tests.processes import HOST, Web, Worker, migrated, webs
from workshops.database import fetch, is_embedded, utcnow

Row = dict[str, Any]
PEOPLE = 240
CALLERS = 24
KILLS = 3
ATTEMPTS = 10
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


@dataclass
class Sink(postbox.Server):
    """A mail server that keeps the answer to one message back until it is told to give it."""

    hold: int = 10
    held: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    letters: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.seen.append((str(envelope.mail_from), envelope.rcpt_tos[0], cast(bytes, envelope.original_content)))
        self.letters.release()
        if len(self.seen) == self.hold:
            self.held.set()
            await self.release.wait()
        return "250 OK"

    async def more(self, number: int) -> None:
        """Wait for that many more messages."""
        for _ in range(number):
            await self.letters.acquire()

    async def until(self, addresses: set[str]) -> None:
        """Wait until all of them have been written to, and that is written down: a message may have to leave again."""
        while addresses - {to for _, to, _ in self.seen} or await fetch("SELECT id FROM message WHERE state <> 'sent'"):
            await minutes_pass()
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.letters.acquire()


class Service:
    """Web processes, and the people who call them: each insists, with one key, until there is an answer."""

    def __init__(self, url: str, folder: Path, started: list[Web]) -> None:
        self.url, self.folder = url, folder
        self.webs, self.up, self.available = started, list(started), asyncio.Event()
        self.available.set()
        self.turn = itertools.count()
        self.answered = asyncio.Semaphore(0)
        self.troubles: Counter[str] = Counter()

    async def kill_and_restart(self, index: int) -> None:
        """Kill one with whatever it has in hand, and start it again on its port."""
        self.up.remove(web := self.webs[index])
        if not self.up:
            self.available.clear()
        web.kill()
        web.start()
        await web.ready()
        self.up.append(web)
        self.available.set()

    async def insist(self, path: str, person: Row) -> Answer:
        """Ask until there is an answer; what breaks is counted."""
        for _ in range(ATTEMPTS):
            while not self.available.is_set():
                await self.available.wait()
            try:
                async with Connection(self.up[next(self.turn) % len(self.up)].port, HOST) as connection:
                    answer = await connection.post(path, person, Idempotency_Key=person["email"])
            except ConnectionError:
                self.troubles["cut off"] += 1
                continue
            if answer.status < 500:
                self.answered.release()
                return answer
            self.troubles["5xx"] += 1
        raise AssertionError(f"no answer after {ATTEMPTS} attempts: {self.troubles}")

    async def more_answers(self, number: int) -> None:
        """Wait for that many more."""
        for _ in range(number):
            await self.answered.acquire()


@dataclass
class Storm:
    """People who sign up for two slots each, some at a time, and what they were told."""

    event: Row
    slots: list[Row]
    told: dict[str, Answer] = field(default_factory=dict)

    async def rage(self, service: Service) -> None:
        """Sign everybody up."""
        people = iter(range(PEOPLE))
        await asyncio.gather(*(self._call(service, people) for _ in range(CALLERS)))

    async def _call(self, service: Service, people: Iterator[int]) -> None:
        for number in people:
            pair = self.slots[number % 6], self.slots[(number + 1) % 6]
            email = f"person{number}@example.org"
            person = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": True, "email": email}
            wish = {"sessions": [one["id"] for one in pair], "if_full": "wait"}
            path = f"/api/v1/events/{self.event['id']}/registrations"
            self.told[email] = await service.insist(path, person | wish)

    async def check(self) -> None:
        """What was told is what is stored, and nothing is stored besides."""
        assert Counter(answer.status for answer in self.told.values()) == {201: PEOPLE}
        told = [place for answer in self.told.values() for place in answer.json()["registrations"]]
        rows = await fetch("SELECT id, session, status FROM registration")
        assert sorted(told, key=lambda row: str(row["id"])) == sorted(rows, key=lambda row: str(row["id"]))
        assert len(await fetch("SELECT id FROM attendee")) == PEOPLE
        assert await truths.offenders() == {}


@pytest.fixture(params=["sqlite", "postgres"])
async def service(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Service]:
    """One web process on a SQLite file, or two on PostgreSQL."""
    url, number = f"sqlite:///{tmp_path}/workshops.db", 1
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres_server")
        url, number = server.create(f"{NAME}_faults"), 2
    async with migrated(url, tmp_path), webs(url, tmp_path, number) as started:
        yield Service(url, tmp_path, started)
    if number > 1:
        server.drop(f"{NAME}_faults")


@pytest.fixture
async def storm(service: Service) -> Storm:
    """The day on which everybody calls at once: 198 places in 6 slots, 2 wishes each."""
    event = await factories.event()
    slots = []
    for hour in range(6):
        slots.append(await factories.session(await factories.workshop(event), event, hour, capacity=33))
    return Storm(event, slots)


async def minutes_pass() -> None:
    """Let a message be taken from a worker that says nothing more, and be tried again where the database was away.

    On SQLite the only worker takes back by itself, when it starts, what the one before it had in hand.
    """
    if not is_embedded():
        await fetch("UPDATE message SET lease_until = {}, not_before = {} WHERE state <> 'sent'", *[utcnow()] * 2)


async def check_letters(sink: Sink) -> None:
    """Everybody has been written to; twice only where the very same message was handed over again."""
    letters: dict[str, set[bytes]] = {}
    for _, to, raw in sink.seen:
        letters.setdefault(to, set()).add(raw)
    assert len(letters) == PEOPLE
    assert [to for to, raws in letters.items() if len(raws) > 1] == []
    assert len({postbox.parsed(raw)["Message-ID"] for raws in letters.values() for raw in raws}) == PEOPLE
    left = await fetch("SELECT kind, state, attempts, last_cause, last_code FROM message WHERE state <> 'sent'")
    assert left == []


async def test_kill_9_of_web_and_worker_in_the_middle_of_a_storm(service: Service, storm: Storm) -> None:
    """The worker dies after the server took a message and before it could write that down, then somewhere."""
    sink = Sink()
    async with postbox.listening(sink) as smtp, asyncio.TaskGroup() as group:
        raging = group.create_task(storm.rage(service))
        async with Worker(service.url, service.folder, smtp.port) as worker:
            for kill in range(KILLS):
                await service.more_answers(PEOPLE // (KILLS + 1))
                await service.kill_and_restart(kill % len(service.webs))
            await sink.held.wait()
            worker.kill()
            sink.release.set()
        async with Worker(service.url, service.folder, smtp.port) as worker:
            await minutes_pass()
            await sink.more(20)
            worker.kill()
        async with Worker(service.url, service.folder, smtp.port):
            await raging
            await storm.check()
            await sink.until(set(storm.told))
    assert service.troubles["cut off"] > 0
    assert service.troubles["5xx"] == 0
    assert len(sink.seen) > PEOPLE
    await check_letters(sink)


@pytest.mark.parametrize("service", ["postgres"], indirect=True)
async def test_a_database_that_goes_away_and_comes_back(
    service: Service, storm: Storm, postgres_server: Server
) -> None:
    """Every connection is cut twice under load, the second time for as long as the processes need to see it."""
    sink = Sink(hold=0)
    admin = await asyncpg.connect(postgres_server.dsn)
    async with postbox.listening(sink) as smtp, Worker(service.url, service.folder, smtp.port) as worker:
        await worker.ready()
        async with asyncio.TaskGroup() as group:
            group.create_task(storm.rage(service))
            await service.more_answers(PEOPLE // 5)
            await admin.execute(CUT, f"{NAME}_faults")
            await service.more_answers(PEOPLE // 5)
            service.available.clear()
            await admin.execute(f'ALTER DATABASE "{NAME}_faults" ALLOW_CONNECTIONS false')
            await admin.execute(CUT, f"{NAME}_faults")
            assert {(await web.ask("/readyz")).status for web in service.webs} == {503}
            await admin.execute(f'ALTER DATABASE "{NAME}_faults" ALLOW_CONNECTIONS true')
            assert {(await web.ask("/readyz")).status for web in service.webs} == {200}
            service.available.set()
        await storm.check()
        await sink.until(set(storm.told))
        worker.check()
    await admin.close()
    assert service.troubles["5xx"] > 0
    assert service.troubles["cut off"] == 0
    await check_letters(sink)

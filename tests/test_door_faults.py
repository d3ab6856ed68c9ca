"""Two phones without a network, then a server that dies again and again: every scan is stored once, none is lost."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import door
from tests.client import Connection
from tests.conftest import NAME
from tests.postgres import Server
from tests.processes import HOST, Web, migrated, webs
from workshops import conflicts, sql
from workshops.conflicts import Doubt
from workshops.database import fetch, utcnow
from workshops.ids import new_id, token_hash

Row = dict[str, Any]
SCANS, BOTH, BATCH, KILLS = 300, 100, 25, 3


@pytest.fixture(params=["sqlite", "postgres"])
async def web(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Web]:
    """One web process on a fresh database."""
    url = f"sqlite:///{tmp_path}/workshops.db"
    server: Server | None = request.getfixturevalue("postgres_server") if request.param == "postgres" else None
    if server:
        url = server.create(f"{NAME}_door")
    async with migrated(url, tmp_path), webs(url, tmp_path) as started:
        yield started[0]
    if server:
        server.drop(f"{NAME}_door")


async def people(event: Row, number: int) -> list[str]:
    """The keys of so many people's tickets."""
    ids, now = [new_id() for _ in range(number)], utcnow()
    await fetch(
        "INSERT INTO attendee (id, event, kind, size, first_name, last_name, search_name, locale, origin, manage_hash, "
        f"manage_key, created_at, updated_at) VALUES {sql.rows(number, 13)}",
        *(
            value
            for one in ids
            for value in (*(one, event["id"], "person", 1, "Zoé", "L", "l zoe", "fr", "online", one, "k", now, now),)
        ),
    )
    keys = [uuid4().hex for _ in ids]
    await fetch(
        "INSERT INTO ticket (id, event, attendee, status, secret_hash, secret_key, code, created_at) "
        f"VALUES {sql.rows(number, 8)}",
        *(
            value
            for one, key in zip(ids, keys, strict=True)
            for value in (new_id(), event["id"], one, "active", key, "k", one[:9], now)
        ),
    )
    return keys


def scans(keys: list[str], start_ms: int) -> list[Row]:
    """What a phone read offline: one ticket every two seconds."""
    made = {"kind": "in", "place": "hall", "method": "qr", "off": 0, "local": "admitted"}
    return [
        {**made, "id": str(uuid4()), "seq": number, "k": key, "t": start_ms + number * 2000}
        for number, key in enumerate(keys)
    ]


class Uploader:
    """A phone that has its network back: batches in any order, each of them twice, until each was answered."""

    def __init__(self, web: Web, event: str, token: str, queue: list[Row], chance: random.Random) -> None:
        self.web, self.path, self.cut = web, f"/door/{event}/scans", 0
        self.headers = {"Cookie": f"__Host-door={token}", "Sec_Fetch_Site": "same-origin"}
        chance.shuffle(queue)
        batches = [queue[start : start + BATCH] for start in range(0, len(queue), BATCH)]
        self.batches = batches + chance.sample(batches, len(batches))
        self.answers: Counter[str] = Counter()

    async def send(self, answered: asyncio.Semaphore, up: asyncio.Event) -> None:
        """Hand everything in."""
        for batch in self.batches:
            while not await self._sent(batch):
                self.cut += 1
                await up.wait()
            answered.release()

    async def _sent(self, batch: list[Row]) -> bool:
        body = {"device": "x", "client_now": 0, "queue": len(batch), "scans": batch}
        try:
            async with Connection(self.web.port, HOST) as connection:
                answer = await connection.post(self.path, body, **self.headers)
        except OSError:
            return False
        assert answer.status == 200, answer.body
        results = answer.json()["results"]
        assert [one["id"] for one in results] == [one["id"] for one in batch]
        self.answers.update(one["id"] for one in results)
        return True


async def kill_again_and_again(web: Web, answered: asyncio.Semaphore, up: asyncio.Event) -> None:
    """Kill the server with whatever it has in hand, three times on the way."""
    for _ in range(KILLS):
        for _ in range(8):
            await answered.acquire()
        up.clear()
        web.kill()
        web.start()
        await web.ready()
        up.set()


async def test_two_phones_of_300_scans_and_a_server_that_is_killed(web: Web) -> None:
    event, chance = await door.today(), random.Random(7)
    await fetch("UPDATE event SET starts_at = {} WHERE id = {}", utcnow() - timedelta(hours=12), event["id"])
    keys = await people(event, 2 * SCANS - BOTH)
    begin = utcnow() - timedelta(minutes=20)
    first_ms = int(begin.timestamp() * 1000)
    queues = [scans(keys[:SCANS], first_ms), scans(keys[SCANS - BOTH :], first_ms + 1000)]
    phones = []
    for label, queue in zip(("Porte A", "Porte B"), queues, strict=True):
        phone = await door.phone(event, label=label)
        made = (token_hash(label.replace(" ", "")), begin - timedelta(hours=1), phone.device)
        await fetch("UPDATE device SET token_hash = {}, made_at = {} WHERE id = {}", *made)
        phones.append(Uploader(web, event["id"], label.replace(" ", ""), list(queue), chance))
    answered, up = asyncio.Semaphore(0), asyncio.Event()
    up.set()
    async with asyncio.TaskGroup() as group:
        killing = group.create_task(kill_again_and_again(web, answered, up))
        for phone_ in phones:
            group.create_task(phone_.send(answered, up))
    assert killing.done()
    assert sum(phone_.cut for phone_ in phones) > 0
    sent = {one["id"]: one for queue in queues for one in queue}
    stored = await fetch("SELECT id, attendee FROM scan")
    assert sorted(row["id"] for row in stored) == sorted(sent)
    assert None not in {row["attendee"] for row in stored}
    listed = await conflicts.of_day(event)
    assert Counter(one.doubts for one in listed) == {(Doubt.OTHER_PHONE,): BOTH}
    for one in listed:
        key = sent[one.scan]["k"]
        own, other = sorted((row for row in sent.values() if row["k"] == key), key=lambda row: int(row["t"]))
        assert (one.scan, one.first_by) == (other["id"], "Porte B" if own in queues[1] else "Porte A")

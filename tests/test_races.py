"""Many people at once, through HTTP: nobody too many, nobody twice, nothing miscounted.

On PostgreSQL three web processes share the database; a SQLite file has one. The rest of the races: whatever order
(test_races_machine), three processes and kill -9 (test_races_storm), exchanges (test_races_exchanges), offers against
the clock (test_races_offers).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import factories, truths
from tests.client import Answer, connections
from tests.conftest import NAME
from tests.postgres import Server
from tests.processes import HOST, migrated, webs
from workshops.credentials import add_token
from workshops.database import fetch, fetch_one, utcnow
from workshops.ids import new_id
from workshops.passing_on import promote_due
from workshops.tables.people import Role

Row = dict[str, Any]


@dataclass
class Site:
    """A running service: the ports of its web processes, and a token that may see everybody."""

    ports: list[int]
    token: str


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
async def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder: Path = tmp_path_factory.mktemp("races")
    url, number = f"sqlite:///{folder}/workshops.db", 1
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres_server")
        url, number = server.create(f"{NAME}_races"), 3
    async with migrated(url, folder), webs(url, folder, number) as started:
        yield Site([web.port for web in started], f"Bearer {await add_token('races', Role.ADMIN, None)}")
    if number > 1:
        server.drop(f"{NAME}_races")


async def slot(event: Row, hour: float, **given: Any) -> Row:
    """A slot of a workshop of its own."""
    return await factories.session(await factories.workshop(event), event, hour, **given)


def asked(*slots: Row, who: str | None = None, if_full: str = "wait") -> Row:
    """The body of a sign-up: of somebody new, or of `who`."""
    name = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": True}
    sessions = [one["id"] for one in slots]
    return name | {"email": f"{who or new_id()}@example.org", "sessions": sessions, "if_full": if_full}


def path(event: Row) -> str:
    return f"/api/v1/events/{event['id']}/registrations"


def statuses(answers: Iterable[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


async def test_400_people_at_once_want_200_places(site: Site) -> None:
    event = await factories.event()
    session = await slot(event, 0, capacity=200)
    async with connections(site.ports, 400, HOST) as people:
        answers = await asyncio.gather(*(person.post(path(event), asked(session)) for person in people))
    assert statuses(answers) == {201: 400}
    assert Counter(answer.json()["registrations"][0]["status"] for answer in answers) == {
        "confirmed": 200,
        "waiting": 200,
    }
    row = await fetch_one("SELECT confirmed, waiting, queue_tail FROM session WHERE id = {}", session["id"])
    assert row == {"confirmed": 200, "waiting": 200, "queue_tail": 200}
    assert len(await fetch("SELECT id FROM message WHERE event = {}", event["id"])) == 400
    assert await truths.offenders() == {}


@pytest.mark.parametrize("known", ["nobody", "somebody of the day", "two days"])
async def test_one_person_never_gets_two_overlapping_slots(site: Site, known: str) -> None:
    """Twice at once, 100 times: a person who is new, one who has a place that day, one who asks for two days."""
    event = await factories.event()
    other = await factories.event() if known == "two days" else event
    early, late = await slot(event, 0, capacity=100), await slot(other, 0.5, capacity=100)
    before = await slot(event, 5, capacity=100)
    async with connections(site.ports, 2, HOST) as (one, two):
        for _ in range(100):
            who = new_id()
            if known == "somebody of the day":
                assert (await one.post(path(event), asked(before, who=who))).status == 201
            both = one.post(path(event), asked(early, who=who)), two.post(path(other), asked(late, who=who))
            assert statuses(await asyncio.gather(*both)) == {201: 1, 409: 1}
    assert await truths.offenders() == {}


async def test_one_key_at_once_has_one_outcome(site: Site) -> None:
    event = await factories.event()
    session = await slot(event, 0, capacity=25)
    async with connections(site.ports, 6, HOST) as callers:
        for key in range(50):
            body, header = asked(session), {"Idempotency_Key": f"key-{key}"}
            answers = await asyncio.gather(*(caller.post(path(event), body, **header) for caller in callers))
            assert statuses(answers) == {201: 6}
            assert len({answer.body for answer in answers}) == 1
            other = await callers[key % 6].post(path(event), asked(session), **header)
            assert (other.status, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    row = await fetch_one("SELECT confirmed, waiting FROM session WHERE id = {}", session["id"])
    assert row == {"confirmed": 25, "waiting": 25}
    assert len(await fetch("SELECT id FROM message WHERE event = {}", event["id"])) == 50
    assert await truths.offenders() == {}


async def test_a_storm_of_sign_ups_moves_and_cancellations(site: Site) -> None:
    """Slots asked for in either order, moves that cross, the same place given back twice at once."""
    event = await factories.event()
    slots = [await slot(event, hour, capacity=8) for hour in (0, 1, 2)]
    headers = {"Authorization": site.token}

    async def come_and_go(number: int) -> list[Answer]:
        first, second, third = (slots[(number + step) % 3] for step in (0, 1, 2))
        async with connections(site.ports, 2, HOST) as (one, two):
            came = await one.post(path(event), asked(first, second))
            assert came.status == 201, came
            place = f"/api/v1/registrations/{came.json()['registrations'][number % 2]['id']}"
            to = {"session": third["id"], "if_full": "wait"}
            moved = await two.send(two.written("PATCH", place, to, headers))
            assert moved.status == 200, moved
            gone = f"/api/v1/registrations/{moved.json()['id']}"
            if number % 4 == 0:
                return [came, moved]
            return [came, moved, *await asyncio.gather(*(each.delete(gone, **headers) for each in (one, two)))]

    storm = asyncio.gather(*(come_and_go(number) for number in range(90)))
    while not storm.done():
        assert await truths.offenders(at_rest=False) == {}, "in the middle of the storm"
    seen = statuses(answer for answers in await storm for answer in answers)
    await promote_due(utcnow())
    assert set(seen) == {200, 201}
    assert seen[201] == 90
    assert await truths.offenders() == {}

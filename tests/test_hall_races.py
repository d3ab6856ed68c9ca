"""Two hosts press the buttons of their mails at once, through HTTP; on PostgreSQL each at a web process of its own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import factories
from tests.client import Connection, connections
from tests.conftest import NAME
from tests.postgres import Server
from tests.processes import HOST, migrated, webs
from workshops.database import fetch, transaction, utcnow
from workshops.mail_links import LinkPurpose, make, secret

TRIES = 100


@pytest.fixture(params=["sqlite", "postgres"])
async def ports(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[int]]:
    """The ports of one web process, or of two."""
    url, number = f"sqlite:///{tmp_path}/workshops.db", 1
    server: Server | None = None
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        url, number = server.create(f"{NAME}_halls"), 2
    async with migrated(url, tmp_path), webs(url, tmp_path, number) as started:
        yield [web.port for web in started]
    if server:
        server.drop(f"{NAME}_halls")


async def link_to(hall: str, shift: timedelta) -> str:
    """The path of a link to a new request for the hall, which overlaps with every other of this day."""
    event = await factories.event(status="draft", venue=None)
    row = {"id": f"r{event['id']}", "event": event["id"], "venue": hall, "status": "asked", "asked_at": utcnow()}
    hours = {"from_at": event["starts_at"] + shift, "until_at": event["ends_at"] + shift}
    await factories.insert("venue_request", row | hours)
    async with transaction():
        link = await make(LinkPurpose.HALL, row["id"], "mairie@example.org", timedelta(days=20), utcnow())
    known = await fetch("SELECT key_id FROM mail_link WHERE id = {}", link)
    return f"/halls/answer/{secret(link, known[0]['key_id'])}"


async def say_yes(host: Connection, path: str) -> int:
    """Press "yes"; the status of the answer."""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return (
        await host.send(f"{head}Sec-Fetch-Site: same-origin\r\nContent-Length: 10\r\n\r\nanswer=yes".encode())
    ).status


async def test_two_hosts_who_say_yes_at_once_never_promise_one_hall_twice(ports: list[int]) -> None:
    town = await factories.organisation("municipality")
    async with connections(ports, 2, HOST) as (one, two):
        for turn in range(TRIES):
            hall = (await factories.venue(organisation=town["id"]))["id"]
            links = [await link_to(hall, timedelta()), await link_to(hall, timedelta(hours=turn % 8))]
            statuses = await asyncio.gather(say_yes(one, links[0]), say_yes(two, links[1]))
            assert sorted(statuses) == [303, 409], turn
            rows = await fetch("SELECT status FROM venue_request WHERE venue = {} ORDER BY status", hall)
            assert [row["status"] for row in rows] == ["accepted", "declined"], turn

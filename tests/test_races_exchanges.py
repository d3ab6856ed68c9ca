"""A thousand people change one slot for another at once: each is in the new one, or still in the old.

On PostgreSQL three web processes share the database; a SQLite file has one.
"""

import asyncio
import random
from collections import Counter

import pytest

from tests import factories, truths
from tests.client import Answer, Connection, connections
from tests.factories import Row
from tests.processes import HOST
from tests.test_races import Site, asked, path, site, slot
from workshops.actors import ANYONE
from workshops.database import fetch
from workshops.registrations import Registered, register

__all__ = ["site"]
MOVERS, STAYERS, FREE = 500, 30, 10
"""On each side; places that nobody has, on one side."""


@pytest.mark.timeout(180)
async def test_1000_exchanges_at_once_lose_no_place(site: Site) -> None:
    event = await factories.event()
    sides = [await slot(event, hour, capacity=MOVERS + STAYERS) for hour in (0, 4)]
    movers = [(side, await come(event, sides[side])) for side in (0, 1) for _ in range(MOVERS - (side and FREE))]
    stayers = [await come(event, side) for side in sides for _ in range(STAYERS)]
    movers += [(0, await come(event, await slot(event, 2))) for _ in range(FREE)]
    random.Random(1).shuffle(movers)
    headers = {"Authorization": site.token}

    def exchange(one: Connection, mover: tuple[int, Registered]) -> bytes:
        to = {"session": sides[1 - mover[0]]["id"], "if_full": "refuse"}
        return one.written("PATCH", f"/api/v1/registrations/{mover[1].places[0].id}", to, headers)

    async with connections(site.ports, len(movers) + 2 * len(stayers), HOST) as people:
        going, leaving, coming = people[: len(movers)], people[len(movers) : -len(stayers)], people[-len(stayers) :]
        exchanges = [one.send(exchange(one, mover)) for one, mover in zip(going, movers, strict=True)]
        others = [
            one.delete(f"/api/v1/registrations/{stayer.places[0].id}", **headers)
            for one, stayer in zip(leaving, stayers, strict=True)
        ]
        others += [one.post(path(event), asked(sides[n % 2], if_full="refuse")) for n, one in enumerate(coming)]
        answers, beside = await asyncio.gather(asyncio.gather(*exchanges), asyncio.gather(*others))
    assert len(answers) == 2 * MOVERS
    outcomes = Counter(answer.status for answer in answers)
    assert set(outcomes) == {200, 409}, outcomes
    assert {answer.status for answer in beside} <= {200, 201, 409}
    now = {row["attendee"]: row for row in await fetch("SELECT * FROM registration WHERE status = 'confirmed'")}
    for (_, mover), answer in zip(movers, answers, strict=True):
        check(answer, mover, now[mover.attendee])
    assert await truths.offenders() == {}
    print(f"\n{dict(outcomes)}")


async def come(event: Row, where: Row) -> Registered:
    """Somebody new has a place."""
    body = asked(where)
    return await register(factories.sign_up(event, where, email=body["email"]), ANYONE)


def check(answer: Answer, mover: Registered, place: Row) -> None:
    """The one place they have is the one that they were told."""
    told = answer.json()
    if answer.status == 200:
        assert (place["id"], place["session"]) == (told["id"], told["session"])
        assert place["id"] != mover.places[0].id
    else:
        assert told["type"] == "/problems/session-full"
        assert place["id"] == mover.places[0].id

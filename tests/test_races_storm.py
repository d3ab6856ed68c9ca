"""Three processes that let everything happen to one crowd at once, on PostgreSQL; every few seconds all must be true.

STORM_SECONDS=600 lets it rage longer than a minute, STORM_SEED begins it otherwise. One of its two halves is cut by
kill -9.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from tests import truths
from tests.conftest import NAME
from tests.crowd import Crowd
from tests.postgres import Server
from tests.processes import Process, migrated
from tests.storm import REST
from tests.told import Told
from workshops.database import utcnow
from workshops.passing_on import promote_due

SECONDS = float(os.environ.get("STORM_SECONDS", "60"))
SEED = int(os.environ.get("STORM_SEED", "4"))
PROCESSES = 3
BETWEEN = (1.0, 4.0)
"""Seconds between two looks."""


@pytest.fixture
async def url(postgres_server: Server, tmp_path: Path) -> AsyncIterator[str]:
    """Three days of a crowd: two at once tomorrow, one further off."""
    made = postgres_server.create(f"{NAME}_storm")
    async with migrated(made, tmp_path):
        tomorrow = utcnow().date() + timedelta(days=1)
        crowd = await Crowd.gather([tomorrow, tomorrow, tomorrow + timedelta(days=9)], Told())
        await crowd.come(random.Random(SEED).randrange, lambda: None)
        yield made
    postgres_server.drop(f"{NAME}_storm")


@asynccontextmanager
async def at_rest(url: str) -> AsyncIterator[None]:
    """While nobody works: what they had begun is done, or was cut off."""
    lock = await asyncpg.connect(url)
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", REST)
        yield
    finally:
        await lock.close()


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("killing", [False, True], ids=["", "kill -9"])
async def test_in_a_storm_all_is_true(url: str, tmp_path: Path, killing: bool) -> None:
    chance, ends = random.Random(SEED + killing), time.monotonic() + SECONDS / 2
    left = looked = killed = 0
    async with AsyncExitStack() as stack:
        raging = [
            await stack.enter_async_context(
                Process(("tests.storm", str(SEED * 100 + n)), {"DATABASE_URL": url}, tmp_path)
            )
            for n in range(PROCESSES)
        ]
        while time.monotonic() < ends:
            await asyncio.sleep(chance.uniform(*BETWEEN))
            if killing:
                killed += 1
                victim = chance.choice(raging)
                victim.check()
                victim.kill()
            async with at_rest(url):
                assert await truths.offenders(at_rest=False) == {}
                left += await promote_due(utcnow())
                assert await truths.offenders() == {}
            looked += 1
            if killing:
                victim.start()
            for one in raging:
                one.check()
    for one in raging:
        print(f"\n{one.words().splitlines()[-1:]}")
    print(f"looked {looked} times, killed {killed}, {left} places left to the worker")

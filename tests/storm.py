"""One of several processes that let everything happen to one crowd at once: `python -m tests.storm SEED`.

It works in stints, each under a shared lock in the database; whoever takes the lock for itself finds all at rest. It
ends with an error at the first thing that is neither done nor refused.
"""

import asyncio
import io
import random
import sys
import time
from collections import Counter

import asyncpg

from tests.crowd import Crowd
from tests.crowd_steps import WEIGHTED, take
from tests.told import Told
from workshops import database, logs, mime
from workshops.database import fetch
from workshops.settings import settings
from workshops.transport import Permanent

REST = 20270112
"""The lock: shared by those who work, alone for who looks."""
TASKS = 8
STINT_SECONDS = 0.8
REFUSED = 0.03
KINDS = [*[kind for kind in WEIGHTED if kind != "call off"] * 5, *["hurry"] * 25, "call off"]


class Post(Told):
    """A mail server that knows no such address now and then."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance

    async def send(self, identity: str, recipient: str, raw: bytes) -> None:
        """Take a message, or refuse it for good."""
        await asyncio.sleep(0)
        if self.chance.random() < REFUSED:
            raise Permanent("no such mailbox", 550)


class Trouble(io.StringIO):
    """What is logged as an error, though the loop that logged it goes on."""

    def write(self, text: str) -> int:
        """Keep what is an error."""
        return super().write(text) if '"level":"error"' in text else len(text)


async def hurry(below: random.Random) -> str:
    """The time of an offer is over sooner than it would be."""
    rows = await fetch("SELECT id FROM registration WHERE status = 'offered'")
    if rows:
        await fetch(
            "UPDATE registration SET offered_until = {} WHERE id = {} AND status = 'offered'",
            *(database.utcnow(), below.choice(rows)["id"]),
        )
    return "hurry: done" if rows else "hurry: nobody"


async def work(crowd: Crowd, chance: random.Random, until: float, done: Counter[str]) -> None:
    """One thing after the other, until the stint is over."""
    while time.monotonic() < until:
        kind = chance.choice(KINDS)
        done[await (hurry(chance) if kind == "hurry" else take(kind, crowd, chance.randrange))] += 1


async def main(seed: int, trouble: Trouble) -> None:
    """Work until somebody says that it is enough."""
    chance, done = random.Random(seed), Counter[str]()
    mime.render = lambda letter, now: b"what nobody reads here"
    crowd = await Crowd.found(Post(chance))
    lock = await asyncpg.connect(settings().database_url)
    while True:
        await lock.execute("SELECT pg_advisory_lock_shared($1)", REST)
        until = time.monotonic() + STINT_SECONDS
        async with asyncio.TaskGroup() as tasks:
            for _ in range(TASKS):
                tasks.create_task(work(crowd, chance, until, done))
        await lock.execute("SELECT pg_advisory_unlock_shared($1)", REST)
        if trouble.getvalue():
            raise RuntimeError(trouble.getvalue())
        print(f"{done.total()} {dict(done.most_common())}", flush=True)


async def connected(seed: int) -> None:
    """With connections of our own."""
    trouble = Trouble()
    logs.configure(debug=False, to=trouble)
    async with database.connected():
        await main(seed, trouble)


if __name__ == "__main__":
    asyncio.run(connected(int(sys.argv[1])))

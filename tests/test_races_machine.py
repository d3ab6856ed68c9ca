"""Whatever happens to the places of a crowd, in whatever order: after every step all is true, and everybody knows it.

One process, one thing at a time, the clock in our hands. RACE_STEPS=30000 takes more steps than the usual 2,000;
RACE_SHRINK=1 takes the minutes to tell a failure in as few steps as it needs.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests import told, truths
from tests.crowd import Crowd
from tests.crowd_steps import WEIGHTED, take
from tests.planned import clock
from tests.postbox import Clock
from tests.told import Told
from workshops import database, mime
from workshops.database import Engine, fetch, is_embedded

__all__ = ["clock"]
STEPS = int(os.environ.get("RACE_STEPS", "2000"))
SLOW = (Phase.shrink, Phase.explain)
DAY, EVENING = datetime(2027, 1, 14, 8, 0, tzinfo=UTC), datetime(2027, 1, 14, 15, 0, tzinfo=UTC)
TABLES = (
    *("message", "change_effect", "plan_change", "audit_entry", "registration", "ticket", "attendee_key", "attendee"),
    *("person_key", "hold", "session", "workshop", "login", "account", "suppression", "event", "venue", "organisation"),
)
HOURS = (240, 100, 49, 47, 30, 6, 2.5)
"""How long before the first slot a story begins."""
TIME = ("wait", "an offer ends", "an offer ends", "an offer ends")
MINUTES = (5, 11, 11, 31, 31, 125, 600, 1500)


@pytest.fixture
async def loop() -> asyncio.AbstractEventLoop:
    """The loop that the database's connections belong to."""
    return asyncio.get_running_loop()


@pytest.fixture
def database_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """One clock, the code's and the database's."""
    cast = "" if is_embedded() else "TIMESTAMPTZ "
    monkeypatch.setattr(database, "clock", lambda: f"{cast}'{clock()}'")
    return clock


class Stories(RuleBasedStateMachine):
    """A crowd's day, told in steps."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    clock: ClassVar[Clock]
    done: ClassVar[Counter[str]]
    crowd: Crowd

    def run(self, work: Awaitable[Any]) -> Any:
        """Do something where the connections are."""
        return self.loop.run_until_complete(work)

    @initialize(hours=st.sampled_from(HOURS), number=st.integers(0, 10**6))
    def begin(self, hours: float, number: int) -> None:
        """Everybody has come, and more wait than have a place."""
        self.clock.now = DAY - timedelta(hours=hours + 1)
        self.run(self._begin(number))
        self.clock.now = DAY - timedelta(hours=hours)

    @rule(kind=st.sampled_from([*WEIGHTED, *TIME]), number=st.integers(0, 2**20))
    def step(self, kind: str, number: int) -> None:
        """Something happens."""
        self.clock.turn(seconds=1)
        self.run(self._step(kind, number))

    async def _begin(self, number: int) -> None:
        for table in TABLES:
            await fetch(f"DELETE FROM {table}")
        self.crowd = await Crowd.gather([DAY.date()] * 2, Told())
        await self.crowd.come(Random(number).randrange, lambda: self.clock.turn(seconds=1))
        await self._check("everybody comes")

    async def _step(self, kind: str, number: int) -> None:
        below, before, self.crowd.acted = Random(number).randrange, await told.places(), None
        if kind == "wait":
            self.clock.now = min(self.clock.now + timedelta(minutes=MINUTES[number % len(MINUTES)]), EVENING)
        if kind == "an offer ends":
            await self._turn_to_the_end_of_an_offer()
        if kind == "deliver":
            await self._close_addresses(number % 100)
        outcome = await take("look" if kind in TIME else kind, self.crowd, below)
        for attendee in await told.same_person(self.crowd.acted):
            self.crowd.post.saw(attendee, before, await told.places())
        await self._check(f"{kind}, {outcome}" if kind in TIME else outcome)

    async def _turn_to_the_end_of_an_offer(self) -> None:
        rows = await fetch("SELECT offered_until FROM registration WHERE status = 'offered' ORDER BY offered_until")
        if rows:
            self.clock.now = max(self.clock.now, rows[0]["offered_until"])

    async def _close_addresses(self, number: int) -> None:
        """An address dies now and then."""
        rows = await fetch("SELECT email FROM attendee WHERE email IS NOT NULL ORDER BY created_at, email")
        self.crowd.post.refuses = {rows[number % len(rows)]["email"]} if rows and number > 80 else set()

    async def _check(self, what: str) -> None:
        note(f"{self.clock()} {what}")
        self.done[what] += 1
        assert await truths.offenders() == {}, what
        assert await self.crowd.post.mistaken() == {}, what


@pytest.mark.timeout(max(120, STEPS))
def test_whatever_happens_all_is_true(
    db: Engine, loop: asyncio.AbstractEventLoop, database_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mime, "render", lambda letter, now: b"what nobody reads here")
    Stories.loop, Stories.clock, Stories.done = loop, database_clock, Counter()
    wanted = settings(
        max_examples=max(1, STEPS // 50),
        stateful_step_count=50,
        deadline=None,
        phases=[phase for phase in Phase if phase not in SLOW or "RACE_SHRINK" in os.environ],
        suppress_health_check=list(HealthCheck),
    )
    while Stories.done.total() < STEPS:
        run_state_machine_as_test(Stories, settings=wanted)
    print(f"\n{Stories.done.total()} steps: {dict(Stories.done.most_common())}")

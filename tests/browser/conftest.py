"""A served demo season and a Chromium to visit it with. Where there is no Chromium the tests fail, none is skipped."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import chromium
from tests.browser.season import crowded_day, known, own_day
from tests.browser.stops import Season
from tests.served import Served, served


@pytest.fixture(scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """The demo season with its web process and its worker, for all tests of this folder."""
    async with served(tmp_path_factory.mktemp("demo")) as place:
        yield place


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The one that most tests share."""
    async with chromium() as started:
        yield started


@pytest.fixture(scope="session")
async def season(demo: Served) -> Season:
    """What there is to see, the crowded day among it."""
    crowded, workshops, slots = await crowded_day("62510")
    return Season(
        today=await known("e.status = 'published'"),
        meeting=await known("e.id IN (SELECT event FROM workshop WHERE kind = 'meeting')"),
        cancelled=await known("e.status = 'cancelled'"),
        crowded=crowded,
        workshops=workshops,
        slots=slots,
        own=await own_day("62215", capacity=500),
        token=(await demo.call("token", "add", "browser", "--role", "admin")).strip(),
    )

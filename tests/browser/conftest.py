"""A served demo season and a Chromium to visit it with. Where there is no Chromium the tests fail, none is skipped."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.season import crowded_day, known, own_day
from tests.browser.stops import Season
from tests.served import Served, served

QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """The demo season with its web process and its worker, for all tests of this folder."""
    async with served(tmp_path_factory.mktemp("demo")) as place:
        yield place


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium: CHROMIUM_PATH, which `make test` sets, else one of this machine, else Playwright's own."""
    async with async_playwright() as playwright:
        found = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
        path = found or playwright.chromium.executable_path
        if not shutil.which(path):
            pytest.fail("no Chromium: install it, set CHROMIUM_PATH, or run `make test`, which installs one")
        args = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else [*QUIET]
        chromium = await playwright.chromium.launch(
            executable_path=path, args=args, ignore_default_args=["--disable-back-forward-cache"]
        )
        try:
            yield chromium
        finally:
            await chromium.close()


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

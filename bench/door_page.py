"""From a picture of the camera to the verdict on the screen: without a server, with one that hangs, on a slow phone."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from playwright.async_api import Page

from tests import door
from tests.browser import clips
from tests.browser.chromium import camera, chromium
from tests.processes import Web, migrated
from workshops.devices import make_door_link

PEOPLE, SHOWN, READS = 300, 12, 40
SLOWER = 4
P95_MS, P95_SLOW_MS = 150, 300
SIZE = (1280, 720)


@dataclass(frozen=True, slots=True)
class Pace:
    """The milliseconds from picture to verdict of each read."""

    words: str
    verdicts: list[float]

    @property
    def p95(self) -> float:
        """What 95 of 100 reads stay below."""
        return quantiles(self.verdicts, n=20)[-1]

    def __str__(self) -> str:
        return f"{self.words:46}{len(self.verdicts):6}{median(self.verdicts):10.0f}{self.p95:9.0f}"


async def measure(rounds: int) -> tuple[Pace, Pace, Pace]:
    """Without a server, with one that takes requests and never answers, and without one on a phone 4 times slower.

    Of the rounds the best counts: Chromium, its camera and whatever else runs share the machine.
    """
    with tempfile.TemporaryDirectory(prefix="workshops-door-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/workshops.db"
        async with migrated(url, folder), Web(url, folder, DEBUG="1", PUBLIC_URL="") as web:
            await web.ready()
            event = await door.today()
            people = [await door.attendee(event, f"Person {number}") for number in range(PEOPLE)]
            host = f"HTTP://127.0.0.1:{web.port}/T/"
            texts = [host + person["text"][-26:] for person in people[:SHOWN]]
            clip = clips.write(folder / "clip.mjpeg", texts, blank=0.1, shown=0.5, size=SIZE)
            link = await make_door_link(event["id"])
            async with chromium(*camera(clip)) as browser:
                page = await (await browser.new_context(base_url=f"http://127.0.0.1:{web.port}")).new_page()
                await page.add_init_script(_TIMED)
                await _ready(page, link[-26:])
                await web.stop()
                alone = await _best("no server", page, rounds)
                async with _hanging(web.port):
                    hung = await _best("a server that hangs", page, rounds)
                session = await page.context.new_cdp_session(page)
                await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
                slow = await _best(f"no server, {SLOWER} × slower", page, rounds, SLOWER)
    return alone, hung, slow


async def _ready(page: Page, secret: str) -> None:
    """A phone that has everything, and the shell of its page from its own service worker."""
    await page.goto(f"/door/link/{secret}")
    await page.locator("main form button").click()
    await page.wait_for_url("**/door/scan*")
    await page.wait_for_function("() => document.body.dataset.screen === 'start'")
    await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")


async def _best(words: str, page: Page, rounds: int, slower: int = 1) -> Pace:
    paces = [Pace(f"picture to verdict, {words}", await _reads(page, slower)) for _ in range(rounds)]
    return min(paces, key=lambda pace: pace.p95)


async def _reads(page: Page, slower: int = 1) -> list[float]:
    """The next reads after the page was opened anew: their milliseconds.

    Chromium slows down the page alone: what its worker took to read the picture is added as often as it is missing.
    """
    await page.reload()
    await page.locator("#begin").click()
    enough = f"() => performance.getEntriesByName('verdict').length >= {READS}"
    await page.wait_for_function(enough, timeout=READS * 4000)
    return [whole + (slower - 1) * decoding for whole, decoding in await page.evaluate(_TIMES)]


@asynccontextmanager
async def _hanging(port: int) -> AsyncIterator[None]:
    """A server that takes every request and answers none."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


_TIMED = """
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    this.began = new Map();
    this.addEventListener("message", ({ data: { id } }) => {
      if (this.began.has(id)) performance.measure("decoding", { start: this.began.get(id) });
      this.began.delete(id);
    });
  }
  postMessage(message, ...given) {
    this.began.set(message.id, performance.now());
    super.postMessage(message, ...given);
  }
};
"""
_TIMES = """() => {
  const decoded = performance.getEntriesByName("decoding");
  const ended = (one) => one.startTime + one.duration;
  return performance.getEntriesByName("verdict").map((verdict) => {
    const own = decoded.find((one) => one.startTime >= verdict.startTime && ended(one) <= ended(verdict));
    return [verdict.duration, own.duration];
  });
}"""

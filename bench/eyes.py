"""How many of the frames that are hard to read the scanner reads, with the very worker of its page, in Chromium."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from statistics import median, quantiles
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page

from bench.frames import FAULTS, HEIGHT, WIDTH, Frame, frames
from tests.browser.chromium import chromium
from tests.processes import ROOT
from workshops.tickets import qr_png, qr_svg

PAGE = "https://eyes.test/"
TYPES = {"js": "text/javascript", "wasm": "application/wasm"}
READS = 0.70
SECRETS = ("MFRGGZDFMZTWQ2LKNNWG23TPOA", "J7Z2QKXW5N3RVBTYH4DCPL6EGQ", "EZ5KQ7WMX3UVN2ATB6HYRDJS4I")


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame that was looked at: what was read in it, if anything, and how long it took."""

    frame: Frame
    text: str | None
    ms: float

    @property
    def right(self) -> bool:
        """Whether it was read, and says what is held before the camera."""
        return self.text == self.frame.text

    @property
    def wrong(self) -> bool:
        """Whether something was read that is not there."""
        return self.text not in (None, self.frame.text)


async def measure() -> list[Seen]:
    """All 240 frames. Raises RuntimeError where there is no Chromium, or where the decoder does not load in it."""
    async with chromium() as browser, scanner(browser) as page:
        return await look(page, frames(await pictures(page)))


@asynccontextmanager
async def scanner(browser: Browser) -> AsyncIterator[Page]:
    """A page of its own with the scanner's decoder, which is loaded when this yields."""
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await page.route(f"{PAGE}**", _hand_out)
        await page.goto(PAGE)
        decoder = await page.evaluate(_START)
        if decoder != "zxing":
            raise RuntimeError(f"the decoder that has loaded is {decoder!r}")
        yield page
    finally:
        await context.close()


async def pictures(page: Page) -> list[tuple[str, Image.Image]]:
    """Three tickets: two as the mail's PNG, between them one as Chromium paints the page's SVG."""
    mailed, shown, other = (f"HTTPS://ATELIERS.EXAMPLE.ORG/T/{secret}" for secret in SECRETS)
    await page.evaluate("svg => (document.body.innerHTML = svg)", qr_svg(shown))
    painted = await page.locator("svg").screenshot()
    drawn = ((mailed, qr_png(mailed)), (shown, painted), (other, qr_png(other)))
    return [(text, Image.open(BytesIO(png))) for text, png in drawn]


async def look(page: Page, given: Iterable[Frame]) -> list[Seen]:
    """Look at each once, as the scanner looks at what its camera gives."""
    seen = []
    for frame in given:
        await page.route(f"{PAGE}frame", _hold(frame), times=1)
        text, ms = await page.evaluate(_LOOK, [WIDTH, HEIGHT])
        seen.append(Seen(frame, text, ms))
    return seen


def table(seen: list[Seen]) -> list[str]:
    """A line for each fault, how many of its frames were read at each strength, and one for all."""
    lines = [f"{'':16}{'read':>9}   of strength 1 … 5{'median ms':>12}{'p95 ms':>9}"]
    for fault in FAULTS:
        of_fault = [one for one in seen if one.frame.fault == fault]
        strong = sorted({one.frame.strength for one in of_fault})
        read = [sum(one.right for one in of_fault if one.frame.strength == strength) for strength in strong]
        lines.append(_line(fault, of_fault, " ".join(map(str, read))))
    return [*lines, _line("all", seen, f"{share(seen):.1%}, wrong texts: {sum(one.wrong for one in seen)}")]


def share(seen: list[Seen]) -> float:
    """Of all frames those that were read right."""
    return sum(one.right for one in seen) / len(seen)


def _line(words: str, seen: list[Seen], detail: str) -> str:
    times = [one.ms for one in seen]
    read = f"{sum(one.right for one in seen)}/{len(seen)}"
    return f"{words:16}{read:>9}   {detail:26}{median(times):6.1f}{quantiles(times, n=20)[-1]:9.1f}"


async def _hand_out(route: Any) -> None:
    """The scanner's own files where its page finds them."""
    path = route.request.url.removeprefix(PAGE)
    if not path:
        await route.fulfill(body="<!doctype html><title>Eyes</title>", content_type="text/html")
        return
    file = ROOT / path.replace("door/", "static/door/", 1) if path.startswith("door/") else ROOT / path
    await route.fulfill(path=file, content_type=TYPES[file.suffix[1:]])


def _hold(frame: Frame) -> Any:
    async def answer(route: Any) -> None:
        await route.fulfill(body=frame.grey.tobytes(), content_type="application/octet-stream")

    return answer


_START = """async () => {
  const { Decoder } = await import("/static/door/decoder.js");
  window.decoder = new Decoder();
  return await decoder.ready;
}"""
_LOOK = """async ([width, height]) => {
  const grey = new Uint8Array(await (await fetch("/frame")).arrayBuffer());
  const picture = new ImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let at = 0; at < grey.length; at += 1) pixels[at] = 0xff000000 | (grey[at] * 0x010101);
  const began = performance.now();
  const text = await decoder.read(picture);
  return [text, performance.now() - began];
}"""

"""What is measured of a page that is shown: its weight, its barriers, its words."""

import re
from bisect import bisect_right
from functools import cache
from pathlib import Path

from playwright.async_api import Page, Request

from tests.processes import ROOT
from workshops.i18n import translation

FOLDER = Path(__file__).parent
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The steps of EcoIndex: nodes, requests and KB of 20 quantiles of the web's pages.
NODES = (0, 47, 75, 159, 233, 298, 358, 417, 476, 537, 603, 674, 753, 843, 949, 1076, 1237, 1459, 1801, 2479, 594601)
REQUESTS = (0, 2, 15, 25, 34, 42, 49, 56, 63, 70, 78, 86, 95, 105, 117, 130, 147, 170, 205, 281, 3920)
KILOBYTES = (
    0, 1.37, 144.7, 319.53, 479.46, 631.97, 783.38, 937.91, 1098.62, 1265.47, 1448.32, 1648.27, 1876.08, 2142.06,
    2465.37, 2866.31, 3401.59, 4155.73, 5400.08, 8037.54, 223212.26,
)  # fmt: skip


def ecoindex(nodes: int, requests: int, kilobytes: float) -> float:
    """The EcoIndex of a page, from 0 to 100; above 80 it is an A."""
    return 100 - 5 * (3 * _step(NODES, nodes) + 2 * _step(REQUESTS, requests) + _step(KILOBYTES, kilobytes)) / 6


def _step(steps: tuple[float, ...], value: float) -> float:
    above = bisect_right(steps, value)
    return above - 1 + (value - steps[above - 1]) / (steps[above] - steps[above - 1])


class Weight:
    """The requests of the document shown, without any cache."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._requests: list[Request] = []
        page.on("request", self._count)

    def _count(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._requests.clear()
        self._requests.append(request)

    async def total(self) -> tuple[int, float]:
        """How many there were, and how many KB came with them."""
        sizes = [await request.sizes() for request in self._requests if not request.failure]
        return len(sizes), sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) / 1024


async def prepare(page: Page) -> None:
    """Bring what measures to the page shown; a policy that forbids scripts does not stop it."""
    await page.evaluate(_axe())
    await page.evaluate((FOLDER / "measure.js").read_text(encoding="utf-8"))


@cache
def _axe() -> str:
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


async def barriers(page: Page) -> list[str]:
    """What axe finds wrong (WCAG 2.2 AA): the rule and where."""
    return list(await page.evaluate("tags => measure.barriers(tags)", TAGS))


async def keyboard(page: Page) -> list[str]:
    """Where Tab does not go in the order of the page, and where its focus does not show or is covered."""
    should: list[str] = await page.evaluate("measure.stops()")
    does: list[str] = []
    unseen: list[str] = []
    for _ in range(3 * len(should) + 5):  # it may begin amidst the page, and a date field stops three times
        await page.keyboard.press("Tab")
        name, seen = await page.evaluate("measure.focused()")
        if name and name not in does:
            does.append(name)
            unseen += [] if seen else [f"focus does not show: {name}"]
        if len(does) == len(should):
            break
    first = does.index(should[0]) if should[0] in does else 0
    in_order = does[first:] + does[:first] == should
    return unseen if in_order else [*unseen, f"Tab stops at {does}, not {should}"]


async def english(page: Page) -> list[str]:
    """Source strings that a French page shows."""
    said: list[str] = await page.evaluate("measure.said()")
    return [text for text in said if any(known.fullmatch(text) for known in _sources())]


_PLACEHOLDERS = {"%(num)s": r"[\d\s]+"}
"""What stands for a number matches numbers only: « Annuler cette place » is no "%(num)s place"."""


@cache
def _sources() -> list[re.Pattern[str]]:
    """The English sources whose French is another, as patterns of what they become."""
    found = set()
    for key, french in translation("fr")._catalog.items():  # type: ignore[attr-defined]
        source = key[0] if isinstance(key, tuple) else key
        pieces = re.split(r"(%\(\w+\)s)", source)
        if source != french and len("".join(filter(str.isalpha, "".join(pieces[::2])))) > 3:
            found.add("".join(_PLACEHOLDERS.get(one, ".+") if one[:2] == "%(" else re.escape(one) for one in pieces))
    return [re.compile(one) for one in found]

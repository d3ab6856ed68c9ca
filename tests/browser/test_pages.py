"""Every page in each of its states: light, without barriers, in French, for every screen and every way to use it."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.measure import Weight, barriers, ecoindex, english, keyboard, prepare
from tests.browser.stops import DEMO, DOOR, PUBLIC, Season
from tests.browser.visit import visitor
from tests.served import Served

MOST_NODES, MOST_REQUESTS, MOST_KILOBYTES = 350, 6, 80
STOPS = PUBLIC | DOOR | DEMO


def test_ecoindex_is_that_of_the_published_formula() -> None:
    known = {(150, 5, 60): 89.5, (300, 8, 100): 83.6, (350, 6, 80): 81.9, (400, 6, 80): 79.8}
    assert {given: round(ecoindex(*given), 1) for given in known} == known


@pytest.mark.parametrize("name", STOPS)
async def test_page(demo: Served, browser: Browser, season: Season, name: str) -> None:
    async with visitor(browser, demo) as page:
        weight = Weight(page)
        network = await page.context.new_cdp_session(page)
        await network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        await STOPS[name](page, season)
        await page.wait_for_load_state()
        await prepare(page)
        found = [*await _heavy(page, weight, name), *await _hard_to_use(page), *await _too_wide(page)]
        found += [f"English: {text}" for text in await english(page) if name != "pieces"]
    assert not found, "\n".join(found)


async def _heavy(page: Page, weight: Weight, name: str) -> list[str]:
    nodes = int(await page.evaluate("measure.nodes()"))
    requests, kilobytes = await weight.total()
    score = ecoindex(nodes, requests, kilobytes)
    told = f"{nodes} nodes, {requests} requests, {kilobytes:.1f} KB, EcoIndex {score:.1f}"
    print(f"{name}: {told}")
    light = nodes <= MOST_NODES and requests <= MOST_REQUESTS and kilobytes <= MOST_KILOBYTES and score > 80
    return [] if light or name in DEMO else [told]


async def _hard_to_use(page: Page) -> list[str]:
    found = [f"no label: {field}" for field in await page.evaluate("measure.unlabelled()")]
    found += [f"by day: {one}" for one in await barriers(page)]
    found += [f"by day: {one}" for one in await keyboard(page)]
    await page.emulate_media(color_scheme="dark")
    found += [f"by night: {one}" for one in await barriers(page)]
    await page.emulate_media(color_scheme="light", forced_colors="active")
    found += [f"in forced colours: {one}" for one in await keyboard(page)]
    await page.emulate_media(forced_colors="none")
    return found


async def _too_wide(page: Page) -> list[str]:
    """At 320 px (WCAG 1.4.10), and with text twice as large on half the screen (1.4.4)."""
    found = []
    for width, size in ((320, "100%"), (640, "200%")):
        await page.set_viewport_size({"width": width, "height": 640})
        await page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        if wider := await page.evaluate("measure.wider()"):
            found.append(f"{wider} px too wide at {width} px with text at {size}")
    return found


FAULTS = """
document.querySelector("main").innerHTML += `
  <p style="color: #bbb; background: #fff">Pâle</p><p>Continue</p><img src="data:,"><input placeholder="Nom">
  <a href="#bare" style="outline: 0; box-shadow: none">Sans contour</a><a href="#first" tabindex="3">En premier</a>
  <div style="width: 1400px">Large</div>`;
"""


async def test_planted_faults_are_found(demo: Served, browser: Browser) -> None:
    async with visitor(browser, demo, bypass_csp=True) as page:
        await page.goto("/privacy")
        await prepare(page)
        assert [*await english(page), *await _hard_to_use(page), *await _too_wide(page)] == []
        await page.evaluate(FAULTS)
        found = "\n".join([*await english(page), *await _hard_to_use(page), *await _too_wide(page)])
    wrong = ("Continue", "color-contrast", "image-alt", "label: ", "no label", "Tab stops", "Sans contour", "too wide")
    assert [one for one in wrong if one not in found] == []

"""A desk that stays open: fresh within 15 s without a reload, honest without a network, usable without a script."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.season import known
from tests.browser.visit import visitor
from tests.served import Served
from tests.staff import make_staff
from workshops.database import fetch
from workshops.tables.people import Role

EVERY_MS = 10_500


async def signed_in(page: Page, demo: Served, role: Role = Role.ADMIN) -> str:
    """The demo's day of today, looked at by a member of staff."""
    _, cookie = await make_staff(role)
    name, value = cookie.split("=")
    await page.context.add_cookies([{"name": name, "value": value, "url": demo.url}])
    return await known("e.status = 'published'")


async def test_the_desk_shows_what_has_changed_and_keeps_the_focus(demo: Served, browser: Browser) -> None:
    async with visitor(browser, demo) as page:
        event = await signed_in(page, demo)
        await page.clock.install()
        await page.goto(f"/office/events/{event}")
        (slot,) = await fetch(
            "SELECT s.id, s.waiting, s.capacity FROM session s JOIN workshop w ON w.id = s.workshop "
            "WHERE w.event = {} ORDER BY w.position, w.id, s.starts_at LIMIT 1",
            event,
        )
        tile = page.locator("[data-piece=slots] td a").first
        await tile.focus()
        async with page.expect_response("**/live") as unchanged:
            await page.clock.fast_forward(EVERY_MS)
        assert (await unchanged.value).status == 304
        await fetch("UPDATE session SET waiting = {} WHERE id = {}", slot["waiting"] + 77, slot["id"])
        async with page.expect_response("**/live") as changed:
            await page.clock.fast_forward(EVERY_MS)
        assert (await changed.value).status == 200
        await expect(tile).to_contain_text(f"attente {slot['waiting'] + 77}")
        await expect(tile).to_be_focused()
        await expect(page.locator("[data-fresh-said]")).to_contain_text("en liste d’attente")
        await fetch("UPDATE session SET waiting = {} WHERE id = {}", slot["waiting"], slot["id"])


async def test_without_a_network_it_says_since_when_and_comes_back(demo: Served, browser: Browser) -> None:
    async with visitor(browser, demo) as page:
        event = await signed_in(page, demo)
        await page.clock.install()
        await page.goto(f"/office/events/{event}")
        line = page.locator("[data-fresh-line]")
        await page.route("**/live", lambda route: route.abort("aborted"))
        async with page.expect_event("requestfailed"):
            await page.clock.fast_forward(EVERY_MS)
        await expect(line).to_contain_text("Pas de réseau depuis")
        await page.unroute("**/live")
        async with page.expect_response("**/live"):
            await page.clock.fast_forward(2 * EVERY_MS)
        await expect(line).to_contain_text("Mis à jour à")


async def test_who_is_signed_out_meanwhile_is_told(demo: Served, browser: Browser) -> None:
    async with visitor(browser, demo) as page:
        event = await signed_in(page, demo)
        await page.clock.install()
        await page.goto(f"/office/events/{event}")
        await page.context.clear_cookies()
        await page.clock.fast_forward(EVERY_MS)
        await expect(page.locator("[data-fresh-line]")).to_contain_text("Vous êtes déconnecté")


async def test_a_list_of_names_says_that_it_has_changed_and_stays_as_it_is(demo: Served, browser: Browser) -> None:
    async with visitor(browser, demo) as page:
        event = await signed_in(page, demo)
        await page.clock.install()
        async with page.expect_response("**/people/live*"):
            await page.goto(f"/office/events/{event}/people?status=any")
        rows = await page.locator(".people tbody tr").count()
        changed = page.locator("[data-changed]")
        await expect(changed).to_be_hidden()
        await fetch("UPDATE event SET version = version + 1 WHERE id = {}", event)
        async with page.expect_response("**/people/live*"):
            await page.clock.fast_forward(EVERY_MS)
        await expect(changed).to_be_visible()
        assert await page.locator(".people tbody tr").count() == rows


async def test_without_a_script_a_link_makes_it_fresh(demo: Served, browser: Browser) -> None:
    async with visitor(browser, demo, javascript=False) as page:
        event = await signed_in(page, demo)
        for path in (f"/office/events/{event}", f"/office/events/{event}/people"):
            await page.goto(path)
            await page.get_by_role("link", name="Rafraîchir").click()
            assert page.url.endswith(path)


APART = """tiles => tiles.flatMap(tile => {
  const [hour, fill] = ["i", "b"].map(name => {
    const range = document.createRange();
    range.selectNodeContents(tile.querySelector(name));
    return range.getBoundingClientRect();
  });
  const shown = hour.width > 0, below = fill.top >= hour.bottom;
  return shown && !below && fill.left - hour.right < 8 ? [tile.innerText] : [];
})"""


@pytest.mark.parametrize("width", [320, 360, 1024, 1280])
async def test_the_hour_of_a_slot_and_its_fill_are_not_read_as_one(demo: Served, browser: Browser, width: int) -> None:
    async with visitor(browser, demo) as page:
        event = await signed_in(page, demo)
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"/office/events/{event}")
        tiles = page.locator("[data-piece=slots] td a")
        await tiles.evaluate_all("tiles => tiles.forEach(tile => { tile.querySelector('b').textContent = '10/12' })")
        assert await tiles.count() > 50
        assert await tiles.evaluate_all(APART) == []

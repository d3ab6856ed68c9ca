"""The scanner's verdicts: what each ticket is told at the hall and at a stand, and what can be done with it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests import door
from tests.browser.measure import barriers, english, prepare
from tests.browser.phones import DoorDay, begin, door_day, phone, reads, says, show, shown, unknown
from tests.browser.steps import path_of, press
from tests.served import Served
from workshops.access import make_door_link
from workshops.database import fetch, transaction
from workshops.tickets import qr_png


@pytest.fixture(scope="module")
async def day(demo: Served) -> DoorDay:
    """One day for tests that each look at people of their own."""
    return await door_day()


async def test_the_hall_refuses_nobody_of_the_day(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event) as page:
        await reads(page, shown(demo.url, day.anna), "admitted", "good")
        await expect(page.locator("#verdict")).to_contain_text("Anna M.")
        await expect(page.locator("#verdict")).to_contain_text("Aide-soignante")
        await reads(page, shown(demo.url, day.cancelled), "cancelled", "wait")
        await press(page, "Inscrire sur place")
        await says(page, "admitted", "good")
        await reads(page, shown(demo.url, day.waiting), "waiting", "wait")
        await reads(page, unknown(demo.url, "stray"), "not_on_list", "wait")
        await press(page, "Inscrire sur place")
        await says(page, "admitted", "good")
        await reads(page, "https://shop.example/T/AAAAAAAAAAAAAAAAAAAAAAAAAA", "not_a_ticket", "no")
        await reads(page, shown(demo.url, day.anna), "already_in", "good")
        await expect(page.locator("#verdict h1")).to_contain_text("Déjà entré à")
        await press(page, "Billet suivant")
        await expect(page.locator("#count")).to_contain_text("Entrées : 3 sur")
        await expect(page.locator("#bar .state")).to_contain_text("tout est envoyé")
    rows = await fetch("SELECT phone_outcome, let_in FROM scan WHERE event = {} ORDER BY received_at", day.event["id"])
    assert [row["phone_outcome"] for row in rows if row["let_in"]].count("cancelled") == 1


async def test_what_stays_in_view_has_one_verdict(demo: Served, browser: Browser, day: DoorDay) -> None:
    async with phone(browser, demo.url, day.event) as page:
        await reads(page, shown(demo.url, day.other_anna), "admitted")
        await expect(page.locator("#verdict h1")).to_have_text("Bienvenue")
        kept = "() => new Promise(resolve => { const seen = app => resolve(app); setTimeout(seen, 2500) })"
        await page.evaluate(kept)  # nothing may happen: there is no event to wait for
        await says(page, "admitted")
        await press(page, "Annuler ce pointage")
        await expect(page.locator("#notes")).to_contain_text("Anna M.")
        await show(page, None)


async def test_a_stand_knows_its_slots(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event, day.mason) as page:
        await expect(page.locator("#free")).to_contain_text("Places à donner")
        await reads(page, shown(demo.url, day.anna), "admitted", "good")
        await reads(page, shown(demo.url, day.early), "too_early", "wait")
        await reads(page, shown(demo.url, day.other_anna), "not_booked", "wait")
        await expect(page.locator("#verdict .name")).to_have_count(0)
        await reads(page, shown(demo.url, day.waiting), "waiting", "wait")
        await press(page, "Donner une place libre")
        await says(page, "admitted", "good")
        await press(page, "Billet suivant")
        await expect(page.locator("#free")).to_contain_text(f"présentes : {day.now['capacity'] - 2}")


async def test_a_strict_day_lets_in_who_is_booked(demo: Served, browser: Browser) -> None:
    day = await door_day(strict_door=True)
    async with phone(browser, demo.url, day.event) as page:
        await reads(page, shown(demo.url, day.anna), "admitted", "good")
        for text, outcome in (
            (shown(demo.url, day.cancelled), "cancelled"),
            (shown(demo.url, day.waiting), "waiting"),
            (unknown(demo.url, "other"), "not_on_list"),
        ):
            await reads(page, text, outcome, "no")
            await expect(page.get_by_role("button", name="Inscrire sur place")).to_have_count(0)


async def test_a_group_is_asked_how_many_it_is(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with transaction():
        group = await door.attendee(day.event, "Collège Jean-Jaurès", "", kind="group", size=25)
    async with phone(browser, demo.url, day.event) as page:
        await show(page, shown(demo.url, group))
        await page.locator("#size").fill("0")
        await press(page, "Faire entrer le groupe")
        await expect(page.locator("#group-wrong")).to_contain_text("de 1 à 500")
        await page.locator("#size").fill("23")
        await press(page, "Faire entrer le groupe")
        await says(page, "admitted")
        await press(page, "Billet suivant")
        await expect(page.locator("#count")).to_contain_text("Entrées : 23 sur")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_screen_is_open_to_everybody(demo: Served, browser: Browser, scheme: str) -> None:
    day = await door_day()
    viewport = {"width": 320, "height": 640}
    async with phone(browser, demo.url, day.event, viewport=viewport, color_scheme=scheme) as page:
        await _is_open(page)
        for text in (
            shown(demo.url, day.anna),
            shown(demo.url, day.cancelled),
            shown(demo.url, day.waiting),
            unknown(demo.url, "open"),
            "WIFI:S:home;;",
        ):
            await show(page, text)
            await expect(page.locator(f"#verdict[data-outcome]:not([data-seen='{text[-8:]}'])")).to_be_visible()
            await _is_open(page)
            await page.locator("#verdict").evaluate("(one, seen) => { one.dataset.seen = seen }", text[-8:])
            await press(page, "Billet suivant")
            await show(page, None)
        for button in ("to-walk", "to-own", "to-ready-too"):
            await page.locator(f"#{button}").click()
            await _is_open(page)
            await press(page, "Retour")
        await page.locator("#to-walk").click()
        await press(page, "Faire entrer avec un billet")
        await _is_open(page)


async def _is_open(page: Page) -> None:
    await prepare(page)
    assert await barriers(page) == []
    assert await page.evaluate("measure.unlabelled()") == []
    assert await page.evaluate("measure.wider()") == 0
    assert await english(page) == []
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.evaluate("measure.wider()") == 0
    await page.evaluate("document.documentElement.style.fontSize = ''")


async def test_a_photo_where_the_camera_is_refused(
    demo: Served, browser: Browser, day: DoorDay, tmp_path: Path
) -> None:
    context = await browser.new_context(base_url=demo.url, locale="fr-FR")
    page = await context.new_page()
    await begin(page, path_of(await make_door_link(day.event["id"])))
    await expect(page.locator("#no-camera")).to_contain_text("refusée")
    picture = tmp_path / "ticket.png"
    picture.write_bytes(qr_png(shown(demo.url, day.early)))
    await page.locator("#photo").set_input_files(picture)
    await says(page, "admitted")
    await context.close()

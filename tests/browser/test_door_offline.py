"""The door without a network: nothing waits for the server, nothing is lost, and what phones say apart is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.browser import clips
from tests.browser.chromium import camera, chromium, remembering
from tests.browser.phones import (
    EVERYTHING,
    PHONE,
    begin,
    door_day,
    kept_offline,
    own_server,
    phone,
    reads,
    says,
    scanner_page,
    show,
    shown,
    silence,
    unknown,
)
from tests.browser.steps import path_of, press
from tests.served import Served
from workshops.access import make_door_link
from workshops.database import fetch


async def state(page: Page, words: str) -> None:
    """The bar says so."""
    await expect(page.locator("#bar .state")).to_contain_text(words)


async def scans(event: dict[str, Any]) -> list[dict[str, Any]]:
    """What the server has, in the order of the reads."""
    return await fetch("SELECT * FROM scan WHERE event = {} ORDER BY effective_at", event["id"])


async def test_what_the_camera_sees_without_a_network(demo: Served, tmp_path: Path) -> None:
    day = await door_day()
    texts = [shown(demo.url, day.anna), shown(demo.url, day.cancelled), unknown(demo.url, "x"), "WIFI:S:home;;"]
    clip = clips.write(tmp_path / "clip.mjpeg", texts, blank=1.6, shown=1.6)
    async with chromium(*camera(clip)) as browser:
        page = await (await browser.new_context(base_url=demo.url, **PHONE)).new_page()
        await page.goto(path_of(await make_door_link(day.event["id"])))
        await press(page, "Utiliser ce téléphone à l’accueil")
        await kept_offline(page)
        await page.context.set_offline(True)
        await press(page, "Commencer")
        for outcome in ("admitted", "cancelled", "not_on_list", "not_a_ticket", "already_in"):
            await says(page, outcome)
        await page.context.set_offline(False)
        await press(page, "Billet suivant")
        await press(page, "Envoyer maintenant")
        await state(page, "tout est envoyé")
        took = await page.evaluate("performance.getEntriesByName('verdict').map(one => one.duration)")
        print("frame to verdict, ms:", sorted(map(round, took)))
    assert {row["phone_outcome"] for row in await scans(day.event)} >= {"admitted", "cancelled", "not_on_list"}


async def test_a_restarted_phone_works_without_a_server(demo: Served, tmp_path: Path) -> None:
    day = await door_day()
    async with own_server(demo, tmp_path) as (web, url):
        async with remembering(tmp_path / "phone", **PHONE, base_url=url) as context:
            page = await scanner_page(context)
            await begin(page, path_of(await make_door_link(day.event["id"])))
            await kept_offline(page)
        await web.stop()
        async with remembering(tmp_path / "phone", **PHONE, base_url=url) as context:
            page = await scanner_page(context)
            await page.goto("/door/scan")
            await press(page, "Commencer")
            await reads(page, shown(url, day.anna), "admitted")
            await reads(page, shown(url, day.waiting), "waiting")
            await press(page, "Billet suivant")
            await state(page, "2 à envoyer")
            await page.reload()
            await state(page, "2 à envoyer")
            web.start()
            await web.ready()
            await press(page, "Commencer")
            await press(page, "Envoyer maintenant")
            await state(page, "tout est envoyé")
    assert [row["phone_outcome"] for row in await scans(day.event)] == ["admitted", "waiting"]


async def test_a_server_that_hangs_holds_up_nobody(demo: Served, browser: Browser, tmp_path: Path) -> None:
    day = await door_day()
    async with own_server(demo, tmp_path) as (web, url), phone(browser, url, day.event) as page:
        await kept_offline(page)
        await web.stop()
        async with silence(web.port):
            await reads(page, shown(url, day.anna), "admitted", "good")
            await reads(page, shown(url, day.anna) + "?x", "already_in", "good")
            await press(page, "Billet suivant")
            await state(page, "sans réseau")
            await state(page, "2 à envoyer")
        web.start()
        await web.ready()
        await press(page, "Envoyer maintenant")
        await state(page, "tout est envoyé")
    assert len(await scans(day.event)) == 2


async def test_two_phones_let_one_ticket_in(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with (
        phone(browser, demo.url, day.event) as first,
        phone(browser, demo.url, day.event) as second,
    ):
        for page in (first, second):
            await kept_offline(page)
            await page.context.set_offline(True)
            await reads(page, shown(demo.url, day.anna), "admitted", "good")
            await press(page, "Billet suivant")
            await show(page, None)
        await second.context.set_offline(False)
        await state(second, "tout est envoyé")
        await first.context.set_offline(False)
        await state(first, "tout est envoyé")
        await press(second, "Envoyer maintenant")
        await expect(second.locator("#conflicts")).to_contain_text("Anna M.")
        await expect(first.locator("#conflicts")).to_be_hidden()
        await reads(second, f"{shown(demo.url, day.anna)}?again", "already_in", "wait")
    assert len(await scans(day.event)) == 3


async def test_an_undo_without_a_network_counts_too(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event) as page:
        await kept_offline(page)
        await page.context.set_offline(True)
        await reads(page, shown(demo.url, day.anna), "admitted")
        await press(page, "Annuler ce pointage")
        await expect(page.locator("#count")).to_contain_text("Entrées : 0 sur")
        await show(page, None)
        await page.context.set_offline(False)
        await state(page, "tout est envoyé")
        await expect(page.locator("#count")).to_contain_text("Entrées : 0 sur")
    assert [row["kind"] for row in await scans(day.event)] == ["in", "undo"]


async def test_a_revoked_phone_says_so_and_hands_in_its_reads(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event) as page:
        await kept_offline(page)
        await page.context.set_offline(True)
        await reads(page, shown(demo.url, day.anna), "admitted")
        await press(page, "Billet suivant")
        await fetch("UPDATE device SET revoked_at = made_at WHERE event = {}", day.event["id"])
        await page.context.set_offline(False)
        await state(page, "tout est envoyé")
    assert [row["after_revocation"] for row in await scans(day.event)] == [True]


async def test_after_the_day_nothing_stays_on_the_phone(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event) as page:
        await kept_offline(page)
        await page.context.set_offline(True)
        await reads(page, shown(demo.url, day.anna), "admitted")
        await page.evaluate(_LONG_AGO)
        ended = day.event["starts_at"] - timedelta(days=1)
        await fetch(
            "UPDATE event SET starts_at = {}, ends_at = {} WHERE id = {}",
            *(ended - timedelta(hours=8), ended, day.event["id"]),
        )
        await page.reload()
        await expect(page.locator("#gone")).to_contain_text("1 à envoyer : gardez ce téléphone")
        assert day.anna["code"] in await page.evaluate(EVERYTHING)
        await page.context.set_offline(False)
        await expect(page.locator("#gone")).to_contain_text("Rien n’en reste")
        kept = await page.evaluate(EVERYTHING)
        assert "Anna" not in kept
        assert day.anna["code"] not in kept
    assert len(await scans(day.event)) == 1


_LONG_AGO = """async () => {
  const db = await new Promise(resolve => {
    const asked = indexedDB.open("door");
    asked.onsuccess = () => resolve(asked.result);
  });
  const state = db.transaction("state", "readwrite").objectStore("state");
  const day = await new Promise(resolve => (state.get("day").onsuccess = ({ target }) => resolve(target.result)));
  await new Promise(resolve => (state.put({ ...day, reads_until: 1 }, "day").onsuccess = resolve));
}"""

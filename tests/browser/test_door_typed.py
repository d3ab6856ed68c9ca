"""Tickets that come by keys: hand scanners of any layout, codes and names typed; people without a ticket."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.phones import EVERYTHING, DoorDay, door_day, phone, says, shown
from tests.browser.steps import press
from tests.browser.visit import qr_text
from tests.served import Served
from workshops.database import fetch
from workshops.tickets import secret_hash

AZERTY = str.maketrans("aqwzmAQWZM;:!/.,1234567890-", "qazw,QAZW?mM!:;,&é\"'(-è_çà)")
PRESS = """([keys, gap]) => {
  let at = performance.now();
  for (const [key, code, shiftKey] of keys) {
    const event = new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true });
    Object.defineProperty(event, "timeStamp", { value: (at += gap) });
    document.body.dispatchEvent(event);
  }
}"""


@pytest.fixture(scope="module")
async def day(demo: Served) -> DoorDay:
    """A day of its own."""
    return await door_day()


def codes(text: str) -> list[tuple[str, str, bool]]:
    """What a scanner set to a US keyboard presses for a text, as (key, code, shift); the key as a US phone has it."""
    pressed = []
    for char in text:
        if char.isalpha():
            pressed.append((char, f"Key{char.upper()}", char.isupper()))
        elif char.isdigit():
            pressed.append((char, f"Digit{char}", False))
        else:
            code, shift = {
                ":": ("Semicolon", True),
                "/": ("Slash", False),
                ".": ("Period", False),
                "-": ("Minus", False),
            }[char]
            pressed.append((char, code, shift))
    return pressed


async def scan(page: Page, text: str, layout: str, gap: float = 8) -> None:
    """Type as a hand scanner does."""
    keys = [(key.translate(AZERTY) if layout == "fr" else key, code, shift) for key, code, shift in codes(text)]
    await page.evaluate(PRESS, [[*keys, ("Enter", "Enter", False)], gap])


@pytest.mark.parametrize("layout", ["us", "fr"])
async def test_a_hand_scanner_types_a_ticket(demo: Served, browser: Browser, layout: str) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event) as page:
        await scan(page, shown(demo.url, day.anna), layout)
        await says(page, "admitted")
        await scan(page, day.cancelled["code"], layout, gap=60)
        await says(page, "cancelled")
        await scan(page, "HTTP://SHOP.EXAMPLE/1234", layout)
        await says(page, "not_a_ticket")


async def test_slow_keys_are_no_scanner(demo: Served, browser: Browser, day: DoorDay) -> None:
    async with phone(browser, demo.url, day.event) as page:
        await scan(page, day.anna["code"], "us", gap=400)
        await expect(page.locator("#desk")).to_be_visible()


async def test_codes_and_names_are_typed(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event) as page:
        field = page.locator("#text")
        await field.fill(day.anna["code"].lower().replace("-", " "))
        await field.press("Enter")
        await says(page, "admitted")
        await press(page, "Billet suivant")
        await field.press_sequentially("lea")
        await expect(page.locator("#found li")).to_have_count(1)
        await expect(page.locator("#found")).to_contain_text("Léa N.")
        await field.fill("anna")
        await expect(page.locator("#found li")).to_have_count(2)
        told = await page.locator("#found li").all_inner_texts()
        assert told[0] != told[1], "people of one name are told apart"
        await page.locator("#found li").filter(has_not_text="Déjà entré").get_by_role("button").click()
        await says(page, "admitted")
        await press(page, "Billet suivant")
        await field.fill("Zzyx")
        await field.press("Enter")
        await expect(page.locator("#notes")).to_have_text("Personne à ce nom")


async def test_somebody_without_a_ticket_takes_one_home(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event) as page:
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => {})")
        await page.context.set_offline(True)
        await press(page, "Sans billet")
        await page.keyboard.type("Zoé")
        await page.keyboard.press("Enter")
        await expect(page.locator("#ticket h1")).to_have_text("Billet de Zoé")
        text = await qr_text(browser, await page.locator("#qr").screenshot())
        assert re.fullmatch(rf"{re.escape(demo.url.upper())}/T/[A-Z2-7]{{26}}", text)
        kept = await page.evaluate(EVERYTHING)
        assert text.rpartition("/")[2] not in kept
        assert secret_hash(text) in kept
        await press(page, "Personne suivante")
        assert await page.locator("#qr *").count() == 0
        await press(page, "+1 sans nom")
        await expect(page.locator("#count")).to_contain_text("Entrées : 2 sur")
        await expect(page.locator("#bar .state")).to_contain_text("2 à envoyer")
        await page.context.set_offline(False)
        await expect(page.locator("#bar .state")).to_contain_text("tout est envoyé")
    (made,) = await fetch(
        "SELECT a.first_name FROM ticket t JOIN attendee a ON a.id = t.attendee WHERE t.secret_hash = {}",
        secret_hash(text),
    )
    assert made["first_name"] == "Zoé"
    kinds = await fetch("SELECT kind, people FROM scan WHERE event = {} ORDER BY kind", day.event["id"])
    assert [(row["kind"], row["people"]) for row in kinds] == [("count", 1), ("walk_in", 1)]


async def test_a_rehearsal_leaves_no_trace(demo: Served, browser: Browser) -> None:
    day = await door_day()
    async with phone(browser, demo.url, day.event) as page:
        await page.locator("#where").click()
        await press(page, "Répétition")
        await page.locator("#text").fill(day.anna["code"])
        await page.locator("#text").press("Enter")
        await says(page, "admitted")
        await press(page, "Billet suivant")
        await expect(page.locator("#trial")).to_be_visible()
        await press(page, "Terminer")
        await expect(page.locator("#count")).to_contain_text("Entrées : 0 sur")
        await expect(page.locator("#bar .state")).to_contain_text("tout est envoyé")
    assert await fetch("SELECT id FROM scan WHERE event = {}", day.event["id"]) == []

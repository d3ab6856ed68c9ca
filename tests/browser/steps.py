"""What people do on the pages, in French as it is shown: each step leaves the page that it leads to."""

import asyncio
import re
from datetime import timedelta

from playwright.async_api import Locator, Page, expect

from tests.browser.season import OwnDay, Row
from workshops.database import utcnow
from workshops.routes.form_signs import served

DEADLINE = 30


def slot(page: Page, session: Row) -> Locator:
    """The box to tick of a slot."""
    return page.locator(f'input[type=checkbox][value="{session["id"]}"]')


def choice(page: Page) -> list[str]:
    """The slots that the address carries."""
    return re.findall(r"[?&]s=(\w+)", page.url)


async def press(page: Page, words: str | re.Pattern[str]) -> None:
    """Press the one button of these words, or begin of words."""
    await page.get_by_role("button", name=words).click()


async def follow(page: Page, words: str | re.Pattern[str]) -> None:
    """Follow the one link of these words."""
    await page.get_by_role("link", name=words).click()


async def headed(page: Page, words: str | re.Pattern[str]) -> None:
    """The page with this heading is there."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(words)


async def choose(page: Page, day: OwnDay, *slots: Row) -> None:
    """Open the day and tick these slots, each on the page of its workshop; at the end: who are you?"""
    await page.goto(f"/events/{day.event['id']}")
    for number, session in enumerate(slots):
        workshop = day.mason if session["workshop"] == day.mason["id"] else day.carer
        if number:
            await press(page, "Choisir un autre atelier")
        await follow(page, workshop["title"])
        await slot(page, session).check()
    await press(page, "Continuer")


async def introduce(page: Page, **given: str) -> None:
    """Write who comes; `given` are the fields of the form, the others stay as they are."""
    for name, value in given.items():
        await page.locator(f"#{name}").fill(value)
    await page.locator("#aged_16_or_over").check()
    await take_time(page)
    await press(page, "Continuer")


async def take_time(page: Page) -> None:
    """Have read the page for a minute, as nobody can tell from the outside."""
    early = served(utcnow() - timedelta(minutes=1))
    await page.locator("[name=served]").evaluate("(field, early) => { field.value = early }", early)


async def sign_up(page: Page, day: OwnDay, *slots: Row, **given: str) -> None:
    """From the day to the confirmation."""
    await choose(page, day, *slots)
    await introduce(page, **given)
    await press(page, re.compile("^Réserver m"))
    await headed(page, re.compile("réservée"))


async def mails(page: Page, address: str, number: int = 1) -> list[str]:
    """The addresses in the outbox of the messages to `address`, the newest first, once there are `number`."""
    async with asyncio.timeout(DEADLINE):
        while True:
            await page.goto("/dev/outbox")
            links = page.locator(".mails li", has_text=address).get_by_role("link")
            if await links.count() >= number:
                return [str(await link.get_attribute("href")) for link in await links.all()]
            await asyncio.sleep(0.2)


async def ticket_code(page: Page) -> str:
    """The code that the ticket on this page shows."""
    return (await page.locator(".code b").inner_text()).strip()


async def open_door(page: Page, link: str) -> None:
    """Make this browser a phone of the door, at its page without a camera."""
    await page.goto(link)
    await press(page, "Utiliser ce téléphone à l’accueil")
    await page.wait_for_url("**/door/scan?e=*")
    await page.goto("/door")
    await expect(page.locator("#ticket")).to_be_focused()


async def show_ticket(page: Page, text: str) -> str:
    """Type what a ticket says at the door; the outcome."""
    await page.locator("#ticket").fill(text)
    await page.locator("#ticket").press("Enter")
    return str(await page.locator(".verdict").get_attribute("data-outcome"))


def path_of(link: str) -> str:
    """A link of ours without its host, which is that of the process that made it."""
    return re.sub(r"^https?://[^/]+", "", link, flags=re.IGNORECASE)

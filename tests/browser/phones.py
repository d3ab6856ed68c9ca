"""Phones at the door as their holders use them: a day with people and tickets, a scanner, tickets laid before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests import door, factories
from tests.browser.steps import path_of, press
from tests.processes import Web
from tests.served import Served
from workshops.access import make_door_link
from workshops.database import transaction, utcnow
from workshops.tickets import Purpose, make_secret

Row = dict[str, Any]
HELD = Path(__file__).with_name("held.js")
PHONE: dict[str, Any] = {"locale": "fr-FR", "viewport": {"width": 360, "height": 740}}

EVERYTHING = """async () => {
  const db = await new Promise(resolve => {
    const asked = indexedDB.open("door");
    asked.onsuccess = () => resolve(asked.result);
  });
  const stores = [...db.objectStoreNames];
  const all = await Promise.all(stores.map(name => new Promise(resolve => {
    const got = db.transaction(name).objectStore(name).getAll();
    got.onsuccess = () => resolve(got.result);
  })));
  return JSON.stringify(all) + JSON.stringify({ ...localStorage });
}"""
"""All that the page keeps, as one text."""


@dataclass(frozen=True, slots=True)
class DoorDay:
    """A day that is today: a mason's stand with a slot that runs and a later one, a carer's; and its people."""

    event: Row
    mason: Row
    now: Row
    later: Row
    carer: Row
    anna: Row
    other_anna: Row
    cancelled: Row
    waiting: Row
    early: Row


async def door_day(**given: Any) -> DoorDay:
    """Add such a day. Both Annas are Anna M.; `early` has a place in the mason's later slot."""
    async with transaction():
        event = await door.today(**given)
        hours = (utcnow() - event["starts_at"]) / timedelta(hours=1)
        mason, carer = await factories.workshop(event), await factories.workshop(event, title="Aide-soignante")
        now = await factories.session(mason, event, hours - 0.1)
        later = await factories.session(mason, event, hours + 1)
        care = await factories.session(carer, event, hours + 2)
        people = {
            "anna": await door.attendee(event, "Anna", "Martin"),
            "other_anna": await door.attendee(event, "Anna", "Moreau"),
            "cancelled": await door.attendee(event, "Marie-Amandine", "Wojciechowski"),
            "waiting": await door.attendee(event, "Karim", "Benali"),
            "early": await door.attendee(event, "Léa", "Nowicki"),
        }
        await door.books(people["anna"], now)
        await door.books(people["anna"], care)
        await door.books(people["other_anna"], care)
        await door.books(people["cancelled"], now, "cancelled")
        await door.books(people["waiting"], now, "waiting")
        await door.books(people["early"], later)
    return DoorDay(event, mason, now, later, carer, **people)


def shown(url: str, person: Row) -> str:
    """What the QR of somebody's ticket says where the service is reached at `url`."""
    return f"{url}/T/{person['text'].rpartition('/')[2]}".upper()


def unknown(url: str, name: str) -> str:
    """A ticket that the list does not have."""
    return f"{url}/T/{make_secret(Purpose.TICKET, name).text}".upper()


async def begin(page: Page, link: str) -> None:
    """Make this browser a phone of the door, at the scanner, and start it."""
    await page.goto(link)
    await press(page, "Utiliser ce téléphone à l’accueil")
    await page.wait_for_url("**/door/scan?e=*")
    await press(page, "Commencer")
    await expect(page.locator("#desk")).to_be_visible()


@asynccontextmanager
async def phone(browser: Browser, url: str, event: Row, stand: Row | None = None, **given: Any) -> AsyncIterator[Page]:
    """A phone at the hall, or at a stand, its scanner started; `show` lays tickets before it."""
    context = await browser.new_context(base_url=url, **{**PHONE, **given})
    try:
        page = await scanner_page(context)
        link = await make_door_link(event["id"], stand["id"] if stand else None)
        await begin(page, path_of(link))
        yield page
    finally:
        await context.close()


async def scanner_page(context: BrowserContext) -> Page:
    """A page whose camera is the tests' table."""
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.add_init_script(path=HELD)
    return page


async def show(page: Page, text: str | None) -> None:
    """Lay a ticket before the camera in place of the one that is there."""
    await page.evaluate("text => held(text)", text)


async def says(page: Page, outcome: str, colour: str | None = None) -> None:
    """The verdict is there."""
    await expect(page.locator("#verdict")).to_have_attribute("data-outcome", outcome)
    await expect(page.locator("#verdict [role=alert]")).to_be_visible()
    if colour:
        await expect(page.locator("#verdict")).to_have_attribute("data-colour", colour)


async def reads(page: Page, text: str, outcome: str, colour: str | None = None) -> None:
    """Lay a ticket before the camera, and read the verdict."""
    await show(page, text)
    await says(page, outcome, colour)


async def kept_offline(page: Page) -> None:
    """Everything that the page needs is on the phone."""
    await page.evaluate("() => navigator.serviceWorker.ready.then(() => {})")
    await expect(page.locator("#count")).to_contain_text("Entrées")


@asynccontextmanager
async def silence(port: int) -> AsyncIterator[None]:
    """Somebody who takes every call at this port and never answers."""
    callers: list[asyncio.StreamWriter] = []

    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer)

    server = await asyncio.start_server(listen, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for caller in callers:
            caller.transport.abort()


@asynccontextmanager
async def own_server(demo: Served, folder: Path) -> AsyncIterator[tuple[Web, str]]:
    """Another web process on the demo's database, to be stopped and started at will; where it answers."""
    given: dict[str, Any] = {name: value for name, value in demo.given.items() if name not in ("DATABASE_URL", "PORT")}
    async with Web(demo.given["DATABASE_URL"], folder, **given) as web:
        await web.ready()
        yield web, f"http://127.0.0.1:{web.port}"

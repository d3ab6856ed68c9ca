"""Planning in a browser: how many actions a day takes, the grid by keyboard and by mouse, no script, no barrier."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests import factories
from tests.browser.measure import barriers, english, keyboard, prepare
from tests.browser.steps import press
from tests.browser.visit import visitor
from tests.served import Served
from tests.staff import make_staff
from workshops.actors import Staff
from workshops.database import fetch, utcnow
from workshops.grid import read_rule
from workshops.planning import days, stands
from workshops.planning import plan as plans
from workshops.planning.lines import read_lines
from workshops.planning.plan import Plan
from workshops.routes.office.board import clock
from workshops.tables.people import Role

MOST_FROM_NOTHING, MOST_FROM_LAST = 40, 10
ON: date = (utcnow() + timedelta(days=40)).date()
RULE = "toutes les 45 minutes de 9 h à 12 h et de 13 h 30 à 16 h 30, 8 places"
LINES = "\n".join(f"Entreprise {number} ; Métier {number} ; contact{number}@example.org" for number in range(1, 21))
FEW = "Bâti-Terril; Maçon, maçonne\nLens Soins; Aide-soignant, aide-soignante\nDelattre; Soudeur, soudeuse"


@dataclass(slots=True)
class Hand:
    """Somebody who clicks and fills in; every click, every field is an action."""

    page: Page
    actions: int = 0

    async def click(self, found: Locator) -> None:
        self.actions += 1
        await found.click()

    async def fill(self, selector: str, words: str) -> None:
        self.actions += 1
        await self.page.locator(selector).fill(words)

    async def choose(self, selector: str, value: str) -> None:
        self.actions += 1
        await self.page.locator(selector).select_option(value)

    async def press(self, words: str) -> None:
        await self.click(self.page.get_by_role("button", name=words))

    async def follow(self, words: str) -> None:
        await self.click(self.page.get_by_role("link", name=words, exact=True))


@asynccontextmanager
async def organiser(browser: Browser, demo: Served, **given: Any) -> AsyncIterator[tuple[Page, Staff]]:
    """An organiser of a new agency with a room of its own, signed in."""
    who, cookie = await make_staff(Role.ORGANISER, name="Nadia Benali")
    async with visitor(browser, demo, **given) as page:
        name, value = cookie.split("=", 1)
        await page.context.add_cookies([{"name": name, "value": value, "url": demo.url}])
        yield page, who


async def planned(who: Staff, lines: str = FEW, rule: str = RULE, title: str = "Osons nos talents à Lens") -> Plan:
    """A draft with stands and slots."""
    event = await days.make(days.NewDay(title, ON, clock("9:00"), clock("17:00")), who)
    await stands.add(event, 1, read_lines(lines), read_rule(rule), who)
    return await plans.read(event, who)


async def capacities(plan: Plan, who: Staff) -> list[list[int]]:
    return [[slot.capacity for slot in stand.slots] for stand in (await plans.read(plan.event["id"], who)).stands]


async def stored(who: Staff) -> list[tuple[int, int]]:
    """The stands and slots of each day of the agency, the first made first."""
    rows = await fetch("SELECT id FROM event WHERE lead = {} ORDER BY created_at", who.organisation)
    found = [await plans.read(row["id"], who) for row in rows]
    return [(len(plan.stands), len(plan.slots)) for plan in found]


def cell(page: Page, row: int, column: int) -> Locator:
    """A field of the grid, counted from 1."""
    return page.locator(f".board tbody tr:nth-child({row}) td:nth-of-type({column}) input")


async def test_a_day_of_twenty_stands_takes_few_actions_from_nothing_and_fewer_from_the_last(
    demo: Served, browser: Browser
) -> None:
    async with organiser(browser, demo) as (page, who):
        room = await factories.venue(organisation=who.organisation, name="Salle de réunion")
        await page.goto("/office")
        hand = Hand(page)
        await hand.follow("Préparer une édition")
        await hand.fill("#title", "Osons nos talents à Liévin")
        await hand.fill("#date", ON.isoformat())
        await hand.choose("#venue", room["id"])
        await hand.press("Créer cette édition")
        await hand.fill("#lines", LINES)
        await hand.fill("#rule", RULE)
        await hand.press("Voir ce que cela donne")
        await hand.press("Ajouter 20 stands")
        await expect(page.locator(".board tbody tr")).to_have_count(20)
        print(f"from nothing: {hand.actions} actions")
        assert await stored(who) == [(20, 160)]
        assert hand.actions <= MOST_FROM_NOTHING

        await page.goto("/office")
        hand = Hand(page)
        await hand.follow("Préparer une édition")
        copied = page.locator("form", has=page.get_by_role("button", name="Copier cette édition"))
        await hand.fill("#new-date", (ON + timedelta(days=30)).isoformat())
        await hand.choose("#new-venue", room["id"])
        await hand.click(copied.get_by_role("button"))
        await expect(page.locator(".board tbody tr")).to_have_count(20)
        print(f"from last time's: {hand.actions} actions")
        assert await stored(who) == [(20, 160)] * 2
        assert hand.actions <= MOST_FROM_LAST


async def test_the_grid_by_keyboard(demo: Served, browser: Browser) -> None:
    async with organiser(browser, demo) as (page, who):
        plan = await planned(who)
        await page.goto(f"/office/events/{plan.event['id']}/plan")
        grid, keys = page.get_by_role("grid"), page.keyboard
        await expect(grid).to_be_visible()
        assert await grid.locator("[tabindex='0']").count() == 1
        await cell(page, 1, 1).focus()
        for key in ("ArrowRight", "ArrowDown"):
            await keys.press(key)
        await expect(cell(page, 2, 2)).to_be_focused()
        await keys.type("12")
        await expect(cell(page, 2, 2)).to_have_value("12")
        await keys.press("Enter")
        await expect(cell(page, 3, 2)).to_be_focused()
        await keys.press("Delete")
        await expect(cell(page, 3, 2)).to_have_value("")
        await keys.press("Control+Home")
        await expect(grid.locator("tbody th a").first).to_be_focused()
        await keys.press("ArrowRight")
        for key in ("Shift+ArrowRight", "Shift+ArrowDown"):
            await keys.press(key)
        await expect(grid.locator("[aria-selected=true]")).to_have_count(4)
        await keys.type("5")
        await expect(page.locator("[data-changed]")).to_have_text("5 créneaux modifiés")
        await expect(grid.locator("thead tr:last-child .all")).to_have_text(str(24 * 8 - 8 - 4 * 3))
        await keys.press("Control+z")
        assert [await cell(page, row, column).input_value() for row in (1, 2) for column in (1, 2)] == [
            "8",
            "8",
            "8",
            "12",
        ]
        await keys.press("Control+y")
        await keys.press("Escape")
        await keys.press("End")
        await keys.press("Space")
        await expect(cell(page, 1, 8)).to_have_value("")
        await keys.press("Space")
        await keys.press("F2")
        await keys.press("ArrowLeft")
        await expect(cell(page, 1, 8)).to_be_focused()
        await keys.type("1")
        await expect(cell(page, 1, 8)).to_have_value("18")
        await keys.press("Tab")
        assert await page.evaluate("document.activeElement.closest('.board')") is None
        await press(page, "Enregistrer la grille")
        await expect(page.locator(".notice.good")).to_contain_text("6 créneaux enregistrés")
        assert await capacities(plan, who) == [
            [5, 5, 8, 8, 8, 8, 8, 18],
            [5, 5, 8, 8, 8, 8, 8, 8],
            [8, 8, 8, 8, 8, 8, 8],
        ]


async def test_the_grid_by_mouse(demo: Served, browser: Browser) -> None:
    async with organiser(browser, demo) as (page, who):
        plan = await planned(who)
        await page.goto(f"/office/events/{plan.event['id']}/plan")
        await page.get_by_role("grid").wait_for()
        await cell(page, 1, 1).click()
        await expect(cell(page, 1, 1)).to_have_value("")
        await cell(page, 1, 1).click()
        await expect(cell(page, 1, 1)).to_have_value("8")
        await cell(page, 2, 1).click()
        await page.keyboard.type("3")
        await expect(cell(page, 2, 1)).to_have_value("3")
        await page.locator("#usual").fill("6")
        await cell(page, 3, 1).hover()
        await page.mouse.down()
        for column in (2, 3, 4):
            await cell(page, 3, column).hover()
        await page.mouse.up()
        await expect(cell(page, 3, 4)).to_have_value("")
        await cell(page, 3, 2).click()
        await expect(cell(page, 3, 2)).to_have_value("6")
        await page.keyboard.press("Control+z")
        await page.keyboard.press("Control+z")
        assert [await cell(page, 3, column).input_value() for column in (1, 2, 3, 4)] == ["8"] * 4
        await expect(page.locator("[data-changed]")).to_have_text("1 créneau modifié")


async def test_what_is_not_saved_is_not_left_without_a_word(demo: Served, browser: Browser) -> None:
    async with organiser(browser, demo) as (page, who):
        plan = await planned(who)
        await page.goto(f"/office/events/{plan.event['id']}/plan")
        await cell(page, 1, 1).click()
        asked: list[str] = []

        async def stay(dialog: Any) -> None:
            asked.append(dialog.type)
            await dialog.accept()

        page.on("dialog", stay)
        await page.get_by_role("link", name="Inscrits").click()
        await page.wait_for_url("**/people*")
        assert asked == ["beforeunload"]


async def test_a_clash_is_told_and_kept_only_if_wanted(demo: Served, browser: Browser) -> None:
    async with organiser(browser, demo) as (page, who):
        plan = await planned(who)
        await page.goto(f"/office/events/{plan.event['id']}/plan")
        await page.get_by_text("Ajouter une colonne d’heures").click()
        await page.locator("#from").fill("11:30")
        await page.locator("#until").fill("12:15")
        await press(page, "Ajouter cette colonne")
        await cell(page, 2, 5).fill("4")
        await press(page, "Enregistrer la grille")
        await expect(page.locator(".notice.wait")).to_contain_text("a deux créneaux en même temps")
        assert len((await plans.read(plan.event["id"], who)).slots) == 24
        await press(page, "Enregistrer quand même")
        await expect(page.locator(".standing")).to_contain_text("1 conflit dans ce programme")
        assert len((await plans.read(plan.event["id"], who)).slots) == 25


async def test_everything_is_done_without_a_script_too(demo: Served, browser: Browser) -> None:
    async with organiser(browser, demo, javascript=False) as (page, who):
        plan = await planned(who)
        address = f"/office/events/{plan.event['id']}/plan"
        await page.goto(address)
        await cell(page, 1, 1).fill("")
        await cell(page, 1, 2).fill("3")
        await page.keyboard.press("Enter")
        await expect(page.locator(".notice.good")).to_contain_text("2 créneaux enregistrés")
        await page.get_by_role("link", name="Soudeur, soudeuse").click()
        await page.locator("#job").fill("soudeuse MIG")
        await press(page, "Enregistrer ce stand")
        await page.get_by_text("Soudeur / Soudeuse MIG MAG").click()
        await press(page, "Enregistrer ce stand")
        later = await plans.read(plan.event["id"], who)
        assert later.stands[2].rome_code == "H2917"
        assert await capacities(plan, who) == [[3, 8, 8, 8, 8, 8, 8], [8] * 8, [8] * 8]


async def test_the_jobs_of_the_list_are_proposed_while_one_types(demo: Served, browser: Browser) -> None:
    async with organiser(browser, demo) as (page, who):
        plan = await planned(who)
        await page.goto(f"/office/events/{plan.event['id']}/plan/workshops/{plan.stands[2].id}")
        await page.locator("#job").fill("")
        await page.locator("#job").press_sequentially("ambul")
        await expect(page.locator("#job-list option").first).to_have_attribute("value", re.compile("Ambulanc"))


async def _open(page: Page, who: Staff, name: str) -> None:
    """One of the planner's pages, in a state that shows all of it."""
    plan = await planned(who, f"{FEW}\nAnticonstitutionnellement & Cie; {'Installateur de pompes à chaleur ' * 3}")
    base = f"/office/events/{plan.event['id']}/plan"
    match name:
        case "new":
            await page.goto("/office/events/new")
        case "workshop" | "meeting":
            await page.goto(f"/office/single/new?kind={'stand' if name == 'workshop' else name}")
            await press(page, "Publier")
        case "empty":
            event = await days.make(days.NewDay("Vide", ON, clock("9:00"), clock("17:00")), who)
            await page.goto(f"/office/events/{event}/plan?done=made")
        case "lines":
            await page.goto(base)
            await page.locator("#lines").fill(FEW)
            await press(page, "Voir ce que cela donne")
        case "rule":
            await page.goto(f"{base}/grid")
            await press(page, "Voir ce que cela donne")
        case "stand":
            await page.goto(f"{base}/workshops/{plan.stands[3].id}")
            await page.locator(r"#new\.1\.from").fill("12:00")
            await press(page, "Enregistrer ce stand")
        case "grid":
            first = plan.stands[0].slots[0]
            await fetch("UPDATE session SET confirmed = 5, waiting = 2, queue_tail = 2 WHERE id = {}", first.id)
            await page.goto(base)
        case _:
            await page.goto(f"{base}/{name}")


PAGES = ("new", "empty", "lines", "grid", "rule", "stand", "facts", "publish", "workshop", "meeting")


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_of_the_planner_has_no_barrier(demo: Served, browser: Browser, name: str) -> None:
    async with organiser(browser, demo) as (page, who):
        await factories.venue(organisation=who.organisation, name="Salle de réunion du premier étage")
        await _open(page, who, name)
        await prepare(page)
        found = [f"English: {text}" for text in await english(page)]
        found += [f"by day: {one}" for one in await barriers(page)]
        found += [] if name == "grid" else await keyboard(page)
        await page.emulate_media(color_scheme="dark")
        found += [f"by night: {one}" for one in await barriers(page)]
        for width, size in ((320, "100%"), (768, "100%"), (640, "200%")):
            await page.set_viewport_size({"width": width, "height": 640})
            await page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            if wider := await page.evaluate("measure.wider()"):
                found.append(f"{wider} px too wide at {width} px with text at {size}")
    assert not found, "\n".join(found)

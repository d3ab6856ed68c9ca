"""Every page that people see, and how a visitor comes to each of its states."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from playwright.async_api import Page

from tests.browser.season import OwnDay, Row
from tests.browser.steps import (
    choose,
    follow,
    headed,
    introduce,
    mails,
    open_door,
    path_of,
    press,
    show_ticket,
    sign_up,
)
from workshops.access import make_door_link
from workshops.database import fetch

people = count(1)


@dataclass(frozen=True, slots=True)
class Season:
    """What there is to see. `crowded`: 20 workshops of 8 slots each, `slots` are those of the first."""

    today: str
    meeting: str
    cancelled: str
    crowded: Row
    workshops: list[Row]
    slots: list[Row]
    own: OwnDay
    token: str


Stop = Callable[[Page, Season], Awaitable[None]]


def somebody() -> dict[str, str]:
    """A person nobody has seen before, with a long name."""
    number = next(people)
    letters = "".join("abcdefghij"[int(digit)] for digit in str(number))
    name = {"first_name": f"Marie-Amandine {letters}", "last_name": "Wojciechowski-Vandenbroucke"}
    return {**name, "email": f"marie-amandine.{number}@example.org"}


async def booked(page: Page, season: Season, *slots: Row) -> Any:
    """What the API tells an organiser's program that has booked these slots, or two, for somebody."""
    taken = slots or (season.own.mason_slots[1], season.own.carer_slots[1])
    answer = await page.request.post(
        f"/api/v1/events/{season.own.event['id']}/registrations",
        headers={"Authorization": f"Bearer {season.token}"},
        data={**somebody(), "aged_16_or_over": True, "sessions": [slot["id"] for slot in taken]},
    )
    return await answer.json()


def at(address: Callable[[Season], str]) -> Stop:
    """The page at an address."""

    async def stop(page: Page, season: Season) -> None:
        await page.goto(address(season))

    return stop


def crowd(path: str = "") -> Stop:
    """A page of the crowded day; 0 to 7 in braces stand for slots, a and b for workshops."""

    async def stop(page: Page, season: Season) -> None:
        ids = [slot["id"] for slot in season.slots]
        first, second = (workshop["id"] for workshop in season.workshops[:2])
        await page.goto(f"/events/{season.crowded['id']}{path.format(*ids, a=first, b=second)}")

    return stop


async def wrong_form(page: Page, season: Season) -> None:
    await choose(page, season.own, season.own.mason_slots[0], season.own.carer_slots[1])
    await page.locator("#email").fill("zoe@")
    await press(page, "Continuer")


async def check(page: Page, season: Season) -> None:
    await choose(page, season.own, season.own.mason_slots[0], season.own.carer_slots[1])
    await introduce(page, **somebody())


async def full(page: Page, season: Season) -> None:
    await check(page, season)
    taken = "UPDATE session SET confirmed = {} WHERE id = {}"
    await fetch(taken, season.own.carer_slots[1]["capacity"], season.own.carer_slots[1]["id"])
    await press(page, re.compile("^Réserver m"))
    await headed(page, re.compile("complet"))
    await fetch(taken, 0, season.own.carer_slots[1]["id"])


async def refused(page: Page, season: Season) -> None:
    who = somebody()
    await sign_up(page, season.own, season.own.mason_slots[1], **who)
    await page.context.clear_cookies()
    await choose(page, season.own, season.own.mason_slots[2])
    await introduce(page, **who)
    await press(page, "Réserver ma place")
    await headed(page, re.compile("^Rien"))


async def wrong_meeting(page: Page, season: Season) -> None:
    await page.goto(f"/events/{season.meeting}")
    await press(page, "Réserver ma place")


async def confirmation(page: Page, season: Season) -> None:
    await sign_up(page, season.own, season.own.mason_slots[1], season.own.carer_slots[1], **somebody())


async def wrong_contact(page: Page, season: Season) -> None:
    await contact(page, season)
    await page.locator("#email").fill("")
    await press(page, "Envoyer mon billet")


async def contact(page: Page, season: Season) -> None:
    await confirmation(page, season)
    await page.goto(page.url + "/contact")


async def mail(page: Page, season: Season) -> None:
    await booked(page, season)
    (address, *_) = await mails(page, "marie-amandine")
    await page.goto(address)


async def manage(page: Page, season: Season) -> None:
    await page.goto(path_of((await booked(page, season))["manage_url"]))


def own(end: str) -> Stop:
    """A page below somebody's own."""

    async def stop(page: Page, season: Season) -> None:
        await page.goto(path_of((await booked(page, season))["manage_url"]) + end)

    return stop


async def move(page: Page, season: Season) -> None:
    await manage(page, season)
    await page.get_by_role("link", name=re.compile("Changer d.horaire")).first.click()
    await headed(page, re.compile("^Changer"))


async def move_nothing(page: Page, season: Season) -> None:
    await move(page, season)
    await press(page, "Prendre cet horaire")


async def own_name_refused(page: Page, season: Season) -> None:
    await own("/name")(page, season)
    await page.locator("#first_name").fill("Karim")
    await page.locator("#last_name").fill("Durand")
    await press(page, "Corriger mon nom")


async def own_contact_asked(page: Page, season: Season) -> None:
    await own("/contact")(page, season)
    await page.locator("#email").fill(f"other.{next(people)}@example.org")
    await press(page, "Enregistrer mon contact")


async def erased(page: Page, season: Season) -> None:
    await own("/erasure")(page, season)
    await press(page, "Effacer mes données pour toujours")


async def lost_link_sent(page: Page, season: Season) -> None:
    await page.goto("/lost-link")
    await page.locator("#email").fill("nobody@example.org")
    await press(page, "Envoyez-moi mes billets")


async def cancelled_place(page: Page, season: Season) -> None:
    await manage(page, season)
    await page.get_by_role("button", name=re.compile("Annuler cette place")).first.click()


async def not_you(page: Page, season: Season) -> None:
    await page.goto(path_of((await booked(page, season))["manage_url"]) + "/not-you")


async def nothing_left(page: Page, season: Season) -> None:
    await not_you(page, season)
    await press(page, "Annuler toutes ces places")


async def ticket(page: Page, season: Season) -> None:
    await page.goto(path_of((await booked(page, season))["ticket"]["url"]))


async def door_link(page: Page, season: Season) -> None:
    await page.goto(path_of(await make_door_link(season.own.event["id"], None)))


async def used_door_link(page: Page, season: Season) -> None:
    link = path_of(await make_door_link(season.own.event["id"], None))
    await open_door(page, link)
    await page.context.clear_cookies()
    await page.goto(link)


async def hall(page: Page, season: Season) -> None:
    await open_door(page, path_of(await make_door_link(season.own.event["id"], None)))


async def stand(page: Page, season: Season) -> None:
    await open_door(page, path_of(await make_door_link(season.own.event["id"], season.own.mason["id"])))


def typed(text: str) -> Stop:
    """What the hall's phone says to this."""

    async def stop(page: Page, season: Season) -> None:
        await booked(page, season)
        await hall(page, season)
        await page.locator("#ticket").fill(text)
        await press(page, "Pointer")

    return stop


async def let_in(page: Page, season: Season) -> None:
    code = (await booked(page, season))["ticket"]["code"]
    await hall(page, season)
    assert await show_ticket(page, code) == "admitted"


async def undone(page: Page, season: Season) -> None:
    await let_in(page, season)
    await press(page, "Annuler ce pointage")


async def at_the_hall_again(page: Page, season: Season) -> None:
    await let_in(page, season)
    await follow(page, "Accueil")


async def not_booked(page: Page, season: Season) -> None:
    code = (await booked(page, season, season.own.carer_slots[1]))["ticket"]["code"]
    await stand(page, season)
    assert await show_ticket(page, code) == "not_booked"


PUBLIC: dict[str, Stop] = {
    "days": at(lambda season: "/"),
    "days, filtered": at(lambda season: "/?commune=62498&domain=&from=&to="),
    "days, none": at(lambda season: "/?commune=62498&from=2031-01-01"),
    "days, wrong filter": at(lambda season: "/?commune=1&from=soon"),
    "today": at(lambda season: f"/events/{season.today}"),
    "cancelled day": at(lambda season: f"/events/{season.cancelled}"),
    "crowded day": crowd(),
    "crowded day, chosen": crowd("?s={0}"),
    "crowded day, page 2": crowd("?page=2"),
    "workshop": crowd("/workshops/{a}"),
    "workshop, clash": crowd("/workshops/{b}?s={0}"),
    "choice, nothing": crowd("/sign-up"),
    "choice, two of a workshop": crowd("/sign-up?s={0}&s={1}"),
    "sign-up": crowd("/sign-up?s={0}"),
    "sign-up, wrong": wrong_form,
    "check": check,
    "full": full,
    "refused": refused,
    "meeting": at(lambda season: f"/events/{season.meeting}"),
    "meeting, wrong": wrong_meeting,
    "confirmation": confirmation,
    "contact": contact,
    "contact, wrong": wrong_contact,
    "expired": crowd("/confirmation"),
    "manage": manage,
    "manage, one cancelled": cancelled_place,
    "manage, nothing left": nothing_left,
    "not you": not_you,
    "move": move,
    "move, nothing chosen": move_nothing,
    "add": own("/add"),
    "cancel all": own("/cancel-all"),
    "ticket alone": own("/ticket"),
    "own name": own("/name"),
    "own name, refused": own_name_refused,
    "own contact": own("/contact"),
    "own contact, asked": own_contact_asked,
    "own data": own("/data"),
    "erasure": own("/erasure"),
    "erased": erased,
    "lost link": at(lambda season: "/lost-link"),
    "lost link, sent": lost_link_sent,
    "ticket": ticket,
    "privacy": at(lambda season: "/privacy"),
    "accessibility": at(lambda season: "/accessibility"),
    "problems": at(lambda season: "/problems"),
    "problem": at(lambda season: "/problems/session-full"),
    "not found": at(lambda season: "/nowhere"),
}
DOOR: dict[str, Stop] = {
    "door, link": door_link,
    "door, used link": used_door_link,
    "door, no device": at(lambda season: "/door"),
    "door, hall": hall,
    "door, stand": stand,
    "door, nothing typed": typed(""),
    "door, names": typed("marie"),
    "door, nobody": typed("Zzyx"),
    "door, no ticket": typed("https://example.org/"),
    "door, admitted": let_in,
    "door, undone": undone,
    "door, hall again": at_the_hall_again,
    "door, not booked": not_booked,
}
DEMO: dict[str, Stop] = {
    "outbox": at(lambda season: "/dev/outbox"),
    "mail": mail,
    "pieces": at(lambda season: "/dev/pieces"),
}

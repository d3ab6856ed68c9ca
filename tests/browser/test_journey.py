"""From the programme to the door, as a resident and the door's staff live it, with JavaScript and without."""

import re
from datetime import datetime
from email import message_from_bytes, policy

import icalendar
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.season import own_day
from tests.browser.steps import (
    choice,
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
    slot,
    take_time,
    ticket_code,
)
from tests.browser.visit import qr_text, visitor
from tests.served import Served
from workshops.access import make_door_link
from workshops.database import fetch

LIEVIN, CARVIN = "62510", "62215"


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
async def test_from_the_programme_to_the_door(demo: Served, browser: Browser, javascript: bool) -> None:
    day = await own_day(LIEVIN if javascript else CARVIN)
    first, second = day.mason_slots[0], day.carer_slots[1]
    address = f"zoe.{javascript}@example.org".lower()
    async with visitor(browser, demo, javascript) as page:
        await page.goto("/")
        await page.locator("summary").click()
        await page.locator("#commune").select_option(LIEVIN if javascript else CARVIN)
        await press(page, "Chercher une journée")
        await page.locator(f'.day a[href^="/events/{day.event["id"]}"]').click()
        await follow(page, day.mason["title"])
        await slot(page, first).check()
        await press(page, "Choisir un autre atelier")
        await expect(page.locator(".line.chosen")).to_contain_text(day.mason["title"])
        await follow(page, day.carer["title"])
        await expect(page.locator(".slot", has=slot(page, day.carer_slots[0]))).to_contain_text("En même temps")
        await slot(page, second).check()
        await press(page, "Continuer")
        assert choice(page) == [first["id"], second["id"]]
        await _be_corrected(page)
        await introduce(page, last_name="Le Fèvre-D’Hondt", email=address)
        for words in (day.mason["title"], day.carer["title"], "Zoé Le Fèvre-D’Hondt", address):
            await expect(page.locator("main")).to_contain_text(words)
        await press(page, "Réserver mes 2 places")
        await headed(page, "Vos 2 places sont réservées")
        await expect(page.locator("main")).to_contain_text(address)
        code = await ticket_code(page)
        shown = await qr_text(browser, await page.locator(".qr").screenshot())
        manage = await _read_mail(browser, page, address, code, shown, [first["starts_at"], second["starts_at"]])
        await page.goto(manage)
        await press(page, re.compile(f"Annuler cette place {day.carer['title']}"))
        await expect(page.locator(".place")).to_have_count(1)
        await expect(page.locator(".place")).to_contain_text(day.mason["title"])
        await page.goto(path_of(shown))
        await expect(page.locator("main")).to_contain_text(day.mason["title"])
        await expect(page.locator("main")).not_to_contain_text("Zoé")
    await _be_let_in(demo, browser, javascript, await make_door_link(day.event["id"], None), code)
    _is_silent(demo.printed(), address, code, shown, manage)


async def _be_corrected(page: Page) -> None:
    """Send the form half filled: a summary whose links lead to the fields, and everything written stays."""
    await page.locator("#first_name").fill("Zoé")
    await page.locator("#email").fill("zoe@")
    await press(page, "Continuer")
    summary = page.locator(".errors")
    await expect(summary).to_be_focused()
    fields = [str(await link.get_attribute("href")) for link in await summary.get_by_role("link").all()]
    assert fields == ["#last_name", "#email", "#aged_16_or_over"]
    assert (await page.title()).startswith("Erreur")
    for field in fields:
        await summary.locator(f'a[href="{field}"]').click()
        await expect(page.locator(field)).to_be_focused()
        described = await page.locator(f"{field}-error").count()
        assert described == 1
    assert await page.locator("#first_name").input_value() == "Zoé"
    assert await page.locator("#email").input_value() == "zoe@"


async def _read_mail(browser: Browser, page: Page, address: str, code: str, shown: str, starts: list[datetime]) -> str:
    """The one message: code, both slots, the same QR, a calendar that opens at the right hours; the manage link."""
    (mail,) = await mails(page, address)
    await page.goto(mail)
    text = await page.locator(".mail-text").inner_text()
    assert code in text
    await expect(page.locator("iframe").content_frame.get_by_text(code, exact=True)).to_be_visible()
    picture = page.locator("iframe").content_frame.locator("img[alt*='QR']")
    assert await qr_text(browser, await picture.screenshot()) == shown
    message = message_from_bytes(await (await page.request.get(f"{mail}/eml")).body(), policy=policy.default)
    (entry,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    events = icalendar.Calendar.from_ical(entry.get_content()).events
    assert sorted(event.start for event in events) == starts
    found = re.search(r"http://\S+/m/\w+", text)
    assert found
    assert found[0] not in entry.get_content()
    return path_of(found[0])


async def _be_let_in(demo: Served, browser: Browser, javascript: bool, link: str, code: str) -> None:
    async with visitor(browser, demo, javascript, viewport={"width": 360, "height": 740}) as page:
        await open_door(page, path_of(link))
        assert await show_ticket(page, code.lower().replace("-", " ")) == "admitted"
        await expect(page.locator(".verdict")).to_contain_text("Zoé L.")
        await expect(page.locator(".desk")).to_contain_text("1")
        await press(page, "Annuler ce pointage")
        await expect(page.locator(".notice")).to_contain_text("Zoé L")
        assert await show_ticket(page, code) == "admitted"
        assert await show_ticket(page, code) == "already_in"
        assert await show_ticket(page, "https://example.org/T/ABC") == "not_a_ticket"


def _is_silent(printed: str, *secrets: str) -> None:
    """What the processes print names nobody, and no secret in any way of writing it (rule 11)."""
    assert "/T/{secret}" in printed
    assert "/m/{secret}/cancellations" in printed
    said = printed.lower()
    for secret in ("zoé", "fèvre", "f%c3%a8vre", *secrets):
        for spelt in (secret, secret.rpartition("/")[2], secret.replace("-", "")):
            assert spelt.lower() not in said, "the log tells of a person"


async def test_a_meeting_is_one_page_and_one_button(demo: Served, browser: Browser) -> None:
    (meeting,) = await fetch("SELECT event FROM workshop WHERE kind = 'meeting'")
    async with visitor(browser, demo) as page:
        await page.goto(f"/events/{meeting['event']}")
        await page.locator("#first_name").fill("Ali")
        await press(page, "Réserver ma place")
        await expect(page.locator(".errors")).to_be_focused()
        assert await page.locator("#first_name").input_value() == "Ali"
        await page.locator("#last_name").fill("Benali")
        await page.locator("#phone").fill("06 39 98 00 11")
        await take_time(page)
        await press(page, "Réserver ma place")
        await headed(page, "Votre place est réservée")
        assert "/m/" in await page.locator("main").inner_html()  # nothing can be sent: the page holds the link


async def test_a_full_slot_gives_the_waiting_list(demo: Served, browser: Browser) -> None:
    day = await own_day("62413")
    last = day.mason_slots[0]
    async with visitor(browser, demo) as page:
        await choose(page, day, last)
        await introduce(page, first_name="Awa", last_name="Diallo", email="awa@example.org")
        await fetch("UPDATE session SET capacity = 1, confirmed = 1 WHERE id = {}", last["id"])
        await press(page, "Réserver ma place")
        await headed(page, re.compile("complet"))
        await expect(slot(page, day.mason_slots[1])).to_be_visible()
        await press(page, "M’inscrire sur la liste d’attente")
        await headed(page, re.compile("liste d’attente"))
        await page.goto(f"/events/{day.event['id']}/workshops/{day.mason['id']}")
        await expect(page.locator(".slot", has=slot(page, last))).to_contain_text("1 personne")
        await choose(page, day, last)
        await introduce(page, first_name="Ibrahima", last_name="Diallo", email="awa@example.org")
        await press(page, "M’inscrire sur la liste d’attente")
        await headed(page, re.compile("liste d’attente"))
    told = await fetch("SELECT status FROM registration WHERE session = {}", last["id"])
    assert [row["status"] for row in told] == ["waiting", "waiting"]


async def test_sending_twice_and_going_back_take_one_place(demo: Served, browser: Browser) -> None:
    day = await own_day("62427")
    async with visitor(browser, demo) as page:
        await choose(page, day, day.mason_slots[0])
        await introduce(page, first_name="Léa", last_name="Nowicki", email="lea@example.org")
        await page.go_back(wait_until="commit")
        assert await page.locator("#first_name").input_value() == "Léa"
        await introduce(page)
        await page.get_by_role("button", name="Réserver ma place").dblclick()
        await headed(page, "Votre place est réservée")
        await page.wait_for_load_state("networkidle")  # both clicks have been answered
        code = await ticket_code(page)
        await page.go_back(wait_until="commit")
        await press(page, "Réserver ma place")
        await headed(page, "Votre place est réservée")
        assert await ticket_code(page) == code
        await mails(page, "lea@example.org")
    taken = await fetch("SELECT status FROM registration WHERE session = {}", day.mason_slots[0]["id"])
    assert [row["status"] for row in taken] == ["confirmed"]
    people = await fetch("SELECT id FROM attendee WHERE event = {}", day.event["id"])
    assert len(people) == 1
    assert len(await fetch("SELECT id FROM message WHERE attendee = {}", people[0]["id"])) == 1


async def test_another_person_keeps_the_contact(demo: Served, browser: Browser) -> None:
    day = await own_day("62510")
    async with visitor(browser, demo) as page:
        await sign_up(page, day, day.mason_slots[0], first_name="Ana", last_name="Ricci", email="ricci@example.org")
        await follow(page, "Inscrire une autre personne")
        await follow(page, day.carer["title"])
        await slot(page, day.carer_slots[1]).check()
        await press(page, "Continuer")
        assert await page.locator("#email").input_value() == "ricci@example.org"
        assert await page.locator("#first_name").input_value() == ""
        await introduce(page, first_name="Nino", last_name="Ricci")
        await press(page, "Réserver ma place")
        await headed(page, "Votre place est réservée")
        await expect(page.locator(".holder")).to_have_text("Nino Ricci")
        await follow(page, "Ajouter un horaire")
        await follow(page, day.mason["title"])
        await slot(page, day.mason_slots[2]).check()
        await press(page, "Continuer")
        assert await page.locator("#first_name").input_value() == "Nino"


async def test_somebody_else_learns_nothing_of_who_is_signed_up(demo: Served, browser: Browser) -> None:
    day = await own_day("62510")
    who = {"first_name": "Inès", "last_name": "Caron", "email": "ines@example.org"}
    async with visitor(browser, demo) as page:
        await sign_up(page, day, day.mason_slots[0], **who)
        code = await ticket_code(page)
    async with visitor(browser, demo) as page:
        await choose(page, day, day.carer_slots[0])
        await introduce(page, **who)
        await press(page, "Réserver ma place")
        await headed(page, re.compile("Rien n’"))
        await sign_up(page, day, day.carer_slots[1], **who)
        assert await page.locator(".qr, .code").count() == 0
        assert code not in await page.content()
        assert "ines@" not in await page.locator("main").inner_text()


async def test_french_by_default_english_by_the_switch(demo: Served, browser: Browser) -> None:
    day = await own_day("62510")
    async with visitor(browser, demo, locale="pl-PL") as page:
        await page.goto(f"/events/{day.event['id']}?s={day.mason_slots[0]['id']}")
        for language, other in (("fr", "English"), ("en", "Français"), ("fr", "English")):
            assert await page.locator("html").get_attribute("lang") == language
            assert choice(page) == [day.mason_slots[0]["id"]]
            await press(page, other)
    async with visitor(browser, demo, locale="en-GB") as page:
        await page.goto("/")
        assert await page.locator("html").get_attribute("lang") == "en"

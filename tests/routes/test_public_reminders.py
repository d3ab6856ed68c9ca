"""Where a reminder leads: two pages with one button each, and no more of them by one POST."""

import pytest

from tests.planned import place, row, somebody
from tests.visitor import Visitor
from tests.waited import Full, full, slot_of, statuses
from workshops import news, unsubscribe_links
from workshops.database import fetch, transaction, utcnow
from workshops.papers import papers
from workshops.registrations import Registered
from workshops.unsubscribe_links import What

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def day(visitor: Visitor) -> Full:
    """A day in three days: its one place is somebody's, two wait for it."""
    return await full(waits=2, hours=72)


async def link(whose: Registered) -> str:
    return f"/m/{(await papers(whose.attendee)).manage_url.rpartition('/')[2]}"


def path(what: What, identity: str) -> str:
    return "/u/" + unsubscribe_links.make(what, identity).rpartition("/u/")[2]


async def everything() -> list[list[dict[str, object]]]:
    return [await fetch(f"SELECT * FROM {table} ORDER BY id") for table in ("attendee", "registration", "news_address")]


async def test_who_comes_says_so_by_one_button(visitor: Visitor, day: Full) -> None:
    who = await somebody(day.event, await slot_of(day.event, 3))
    before = await everything()
    page = await visitor.open(f"{await link(who)}/coming")
    assert (page.status, page.answer.headers["cache-control"]) == (200, "no-store")
    assert await everything() == before, "no GET changes anything"
    for _ in range(2):
        answered = await visitor.send(f"{await link(who)}/coming", [])
        assert "c’est noté, vous venez" in answered.text
    assert (await row("attendee", who.attendee))["coming_at"] is not None


async def test_who_does_not_come_gives_the_place_to_who_waits_and_can_say_no_more(visitor: Visitor, day: Full) -> None:
    who = day.holder
    before = await everything()
    page = await visitor.open(f"{await link(who)}/not-coming")
    assert "Rendre ma place" in page.text
    assert await everything() == before, "no GET changes anything"
    for _ in range(2):
        assert (await visitor.send(f"{await link(who)}/not-coming", [])).status == 200
    assert (await place(who))["status"] == "cancelled"
    assert await statuses(day.waiting) == ["confirmed", "waiting"]
    said = await visitor.send(f"{await link(who)}/coming", [])
    assert "Vous n’avez plus de place pour cette journée" in said.text
    assert said.link(f"/events/{day.event['id']}")
    assert (await row("attendee", who.attendee))["coming_at"] is None


async def test_a_mail_program_ends_reminders_by_one_post(visitor: Visitor, day: Full) -> None:
    who = day.holder
    address = path(What.REMINDERS, who.attendee)
    before = await everything()
    page = await visitor.open(address)
    assert "Ne plus recevoir de rappels" in page.text
    assert "Vous recevez toujours vos billets" in page.text
    assert await everything() == before, "no GET changes anything"
    foreign = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    for _ in range(2):
        answer = await visitor.client.post(address, data=ONE_CLICK, headers=foreign)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["x-robots-tag"] == "noindex"
        assert "Vous ne recevez plus de rappels" in answer.text
    assert (await row("attendee", who.attendee))["reminders_off_at"] is not None
    again = await visitor.client.post(f"{address}/resume", headers=foreign)
    assert (again.status_code, (await row("attendee", who.attendee))["reminders_off_at"]) == (200, None)


async def test_news_end_by_one_post_too_and_come_back(visitor: Visitor) -> None:
    async with transaction():
        await news.remember("zoe@example.org", "fr", utcnow())
    [known] = await fetch("SELECT id FROM news_address")
    address = path(What.NEWS, known["id"])
    assert "Ne plus recevoir de nouvelles" in (await visitor.open(address)).text
    for wanted, to in ((0, address), (0, address), (1, f"{address}/resume"), (1, f"{address}/resume"), (0, address)):
        assert (await visitor.client.post(to, data=ONE_CLICK)).status_code == 200
        assert len(await fetch("SELECT id FROM news_address WHERE withdrawn_at IS NULL")) == wanted


async def test_what_we_did_not_write_ends_nothing(visitor: Visitor, day: Full) -> None:
    address = path(What.REMINDERS, day.holder.attendee)
    changed = path(What.REMINDERS, day.waiting[0].attendee).rpartition(".")[0] + "." + address.rpartition(".")[2]
    for wrong in ("/u/x", "/u/reminders.x.y", changed, path(What.NEWS, day.holder.attendee)):
        assert (await visitor.client.post(wrong, data=ONE_CLICK)).status_code == 404
    assert await fetch("SELECT id FROM attendee WHERE reminders_off_at IS NOT NULL") == []


async def test_the_own_page_switches_them_off_and_on(visitor: Visitor, day: Full) -> None:
    own = await link(day.holder)
    assert "Vous recevez un rappel deux jours avant" in (await visitor.open(own)).text
    off = await visitor.send(f"{own}/reminders", [("wanted", "false")])
    assert "Vous ne recevez pas de rappel avant la journée" in off.text
    on = await visitor.send(f"{own}/reminders", [("wanted", "true")])
    assert "Vous recevez de nouveau nos rappels" in on.text

"""The link of the mail to a host: it shows, a button acts; late, used and wrong links; two answers at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.staff import make_staff
from tests.visitor import Page, Visitor
from workshops import halls
from workshops.actors import Staff
from workshops.database import fetch, fetch_one, utcnow
from workshops.mail_links import secret
from workshops.occupancy import Stay
from workshops.tables.people import Role

Row = dict[str, Any]


async def a_request(**given: Any) -> tuple[str, str, Row, Row, Staff]:
    """A request, the path of its link, its day, its hall, and who asked."""
    who, _cookie = await make_staff(Role.ORGANISER)
    town = await factories.organisation("municipality", email="mairie@example.org")
    event = await factories.event(status="draft", venue=None, lead=who.organisation)
    hall = given.get("hall") or await factories.venue(organisation=town["id"], name="Salle Basse")
    stay = Stay(event["starts_at"] - timedelta(hours=1), event["ends_at"] + timedelta(hours=1))
    request = await halls.request(event["id"], hall["id"], stay, who)
    row = await fetch_one("SELECT id, key_id FROM mail_link WHERE subject = {}", request)
    assert row is not None
    return request, f"/halls/answer/{secret(row['id'], row['key_id'])}", event, hall, who


async def status_of(request: str) -> str:
    row = await fetch_one("SELECT status FROM venue_request WHERE id = {}", request)
    assert row is not None
    return str(row["status"])


async def everything() -> list[Row]:
    """What a page might have changed."""
    tables = ("venue_request", "mail_link", "message", "audit_entry", "event")
    return [row for table in tables for row in await fetch(f"SELECT * FROM {table} ORDER BY id")]


async def test_opening_the_link_changes_nothing(visitor: Visitor) -> None:
    request, path, *_ = await a_request()
    before = await everything()
    for _ in range(3):
        page = await visitor.open(path)
    assert (await visitor.client.head(path)).status_code == 200
    assert page.status == 200
    assert page.answer.headers["cache-control"] == "no-store"
    assert [button.label for form in page.forms[1:] for button in form.buttons] == [
        "Oui, nous prêtons la salle",
        "Proposer cela",
        "Dire non",
    ]
    assert await everything() == before
    assert await status_of(request) == "asked"


async def test_a_yes_is_one_press(visitor: Visitor) -> None:
    request, path, event, hall, _who = await a_request()
    page = await visitor.press(await visitor.open(path), "Oui")
    assert (page.status, page.path) == (200, path)
    assert "La salle est promise" in page.text
    assert await status_of(request) == "accepted"
    day = await fetch_one("SELECT venue FROM event WHERE id = {}", event["id"])
    assert day == {"venue": hall["id"]}


async def test_the_link_shows_afterwards_what_was_answered_and_does_not_answer_again(visitor: Visitor) -> None:
    request, path, *_ = await a_request()
    page = await visitor.open(path)
    await visitor.press(page, "Dire non", reason="Un mariage")
    again = await visitor.press(page, "Oui")
    assert again.status == 409
    assert "Vous avez dit non" in again.text
    assert "Un mariage" in (await visitor.open(path)).text
    assert await status_of(request) == "declined"


async def test_a_no_needs_a_reason(visitor: Visitor) -> None:
    request, path, *_ = await a_request()
    page = await visitor.press(await visitor.open(path), "Dire non", reason="   ")
    assert page.status == 422
    assert "#reason" in page.links
    assert await status_of(request) == "asked"
    page = await visitor.press(page, "Dire non", reason="x" * 301)
    assert page.status == 422
    assert "x" * 301 in page.html


async def test_something_else_is_proposed(visitor: Visitor) -> None:
    request, path, _event, hall, _who = await a_request()
    other = await factories.venue(organisation=hall["organisation"], name="Salle Haute")
    page = await visitor.open(path)
    wrong = await visitor.press(page, "Proposer", proposed_from_date="31/02/2027", proposed_until_time="tard")
    assert wrong.status == 422
    assert {"#proposed_from_date", "#proposed_until_time"} <= set(wrong.links)
    same = await visitor.press(page, "Proposer")
    assert (same.status, "#proposed_venue" in same.links) == (422, True)
    page = await visitor.press(page, "Proposer", proposed_venue=other["id"], remark="Plus grande")
    assert page.status == 200
    assert "Vous avez proposé autre chose" in page.text
    row = await fetch_one("SELECT status, proposed_venue, reason FROM venue_request WHERE id = {}", request)
    assert row == {"status": "declined", "proposed_venue": other["id"], "reason": "Plus grande"}


async def test_somebody_elses_hall_is_not_proposed(visitor: Visitor) -> None:
    request, path, *_ = await a_request()
    foreign = await factories.venue()
    page = await visitor.press(await visitor.open(path), "Proposer", proposed_venue=foreign["id"])
    assert page.status == 422
    assert (await visitor.press(page, "Proposer", proposed_venue="no such hall")).status == 404
    assert await status_of(request) == "asked"


async def test_a_promise_is_taken_back_with_a_reason(visitor: Visitor) -> None:
    request, path, *_ = await a_request()
    page = await visitor.press(await visitor.open(path), "Oui")
    assert (await visitor.press(page, "Reprendre", back_reason="")).status == 422
    page = await visitor.press(page, "Reprendre", back_reason="Inondation")
    assert "Vous avez repris la salle" in page.text
    assert await status_of(request) == "revoked"


@pytest.mark.parametrize(
    "path", ["/halls/answer/AAAAAAAAAAAAAAAAAAAAAAAAAA", "/halls/answer/%C3%A9", "/halls/answer/x"]
)
async def test_a_wrong_link_is_nothing(visitor: Visitor, path: str) -> None:
    assert (await visitor.open(path)).status == 404
    assert (await visitor.send(path, [("answer", "yes")])).status == 404


async def test_a_link_of_another_purpose_opens_no_hall(visitor: Visitor) -> None:
    _request, path, *_ = await a_request()
    await fetch("UPDATE mail_link SET purpose = 'stand'")
    assert (await visitor.open(path)).status == 404


async def test_a_late_link_says_so(visitor: Visitor) -> None:
    request, path, *_ = await a_request()
    await fetch("UPDATE mail_link SET expires_at = {}", utcnow())
    for page in (await visitor.open(path), await visitor.send(path, [("answer", "yes")])):
        assert page.status == 410
        assert "n’est plus valable" in page.text
    assert await status_of(request) == "asked"


async def test_what_is_no_answer_is_refused(visitor: Visitor) -> None:
    request, path, *_ = await a_request()
    for answer in ([], [("answer", "maybe")]):
        assert (await visitor.send(path, answer)).status == 400
    assert await status_of(request) == "asked"


async def test_another_site_cannot_answer(visitor: Visitor) -> None:
    request, path, *_ = await a_request()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"}
    answer = await visitor.client.post(path, content=b"answer=yes", headers=headers)
    assert answer.status_code == 403
    assert await status_of(request) == "asked"


async def test_of_two_mails_answered_at_once_one_host_reads_that_the_hall_is_gone(visitor: Visitor) -> None:
    _one, first, _event, hall, _who = await a_request()
    _two, second, *_ = await a_request(hall=hall)
    pages: list[Page] = await asyncio.gather(*(visitor.send(path, [("answer", "yes")]) for path in (first, second)))
    assert sorted(page.status for page in pages) == [200, 409]
    assert any("a été promise à une autre journée" in page.text for page in pages)
    rows = await fetch("SELECT status FROM venue_request ORDER BY status")
    assert [row["status"] for row in rows] == ["accepted", "declined"]


async def test_a_withdrawn_request_says_that_nothing_is_to_be_done(visitor: Visitor) -> None:
    request, path, _event, _hall, who = await a_request()
    page = await visitor.open(path)
    await halls.withdraw(request, who)
    late = await visitor.press(page, "Oui")
    assert (late.status, "n’est plus demandée" in late.text) == (409, True)


async def test_english_hosts_read_english(visitor: Visitor) -> None:
    _request, path, *_ = await a_request()
    visitor.client.headers["Accept-Language"] = "en"
    assert "Can you lend this hall?" in (await visitor.open(path)).text

"""Signing up beyond a limit, or like a program: nobody is refused, one tap in the mail or a call books the place."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests import factories, truths
from tests.factories import Row
from tests.routes.conftest import ADDRESS
from tests.staff import make_staff
from tests.visitor import Page, Visitor
from workshops import settings
from workshops.app import application
from workshops.database import Engine, fetch, utcnow
from workshops.routes import form_signs
from workshops.tables.people import Role
from workshops.tickets import Purpose, make_secret

PERSON = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org", "aged_16_or_over": "true"}
BOOK = "Réserver ma place"


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


@pytest.fixture
async def slot(event: Row) -> Row:
    return await factories.session(await factories.workshop(event), event, capacity=100)


async def booked(visitor: Visitor, event: Row, slot: Row, **given: Any) -> Page:
    """The page after the three steps."""
    form = await visitor.open(f"/events/{event['id']}/sign-up?s={slot['id']}")
    signs: dict[str, Any] = {name: given.pop(name) for name in ("message", "served") if name in given}
    page = await visitor.press(form, "Continuer", **{**PERSON, **signs, **given})
    return await visitor.press(page, BOOK)


async def statuses() -> list[str]:
    return [row["status"] for row in await fetch("SELECT status FROM registration ORDER BY created_at, id")]


async def manage_path() -> str:
    """The path of the link in the newest message."""
    (row,) = await fetch("SELECT id, manage_revision, manage_key FROM attendee ORDER BY created_at DESC LIMIT 1")
    return f"/m/{make_secret(Purpose.MANAGE, row['id'], row['manage_revision'], row['manage_key']).text}"


async def by_api(client: httpx.AsyncClient, event: Row, slot: Row, number: int, **headers: str) -> str:
    """The status of somebody's place."""
    person = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": True, "email": f"zoe{number}@example.org"}
    path = f"/api/v1/events/{event['id']}/registrations"
    answer = await client.post(path, json={**person, "sessions": [slot["id"]]}, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["registrations"][0]["status"])


async def test_a_person_takes_time_and_is_asked_nothing(visitor: Visitor, event: Row, slot: Row) -> None:
    page = await booked(visitor, event, slot)
    assert "Votre place est réservée" in page.text
    assert await statuses() == ["confirmed"]
    assert len((await fetch("SELECT network FROM attendee"))[0]["network"]) == 64


async def test_a_form_sent_at_once_is_asked_to_confirm(visitor: Visitor, event: Row, slot: Row) -> None:
    visitor.takes_time = False
    page = await booked(visitor, event, slot)
    assert page.status == 200
    for words in (
        "Encore un geste pour réserver votre place",
        "zoe@ example.org",
        "dans les 30 minutes",
        "À confirmer",
    ):
        assert words in page.text
    code = (await fetch("SELECT code FROM ticket"))[0]["code"]
    assert 'role="img"' not in page.html
    assert code not in page.text
    assert "/m/" not in page.html
    assert await statuses() == ["offered"]
    link = await manage_path()
    page = await visitor.open(f"{link}/proof")
    assert await statuses() == ["offered"]
    page = await visitor.press(page, "Confirmer ma place")
    assert "Votre place est réservée" in page.text
    assert await statuses() == ["confirmed"]
    page = await visitor.open(f"/events/{event['id']}/confirmation")
    assert code in page.text
    assert await truths.offenders() == {}


@pytest.mark.parametrize("field", [{"message": "Achetez"}, {"served": ""}, {"served": "1.x"}])
async def test_what_only_a_program_does_is_asked_to_confirm(
    visitor: Visitor, event: Row, slot: Row, field: dict[str, str]
) -> None:
    visitor.takes_time = False
    early = form_signs.served(utcnow() - timedelta(seconds=30))
    await booked(visitor, event, slot, **{"served": early, **field})
    assert await statuses() == ["offered"]


async def test_the_time_counts_from_the_first_page_through_faults_and_back(
    visitor: Visitor, event: Row, slot: Row
) -> None:
    visitor.takes_time = False
    early = form_signs.served(utcnow() - timedelta(seconds=30))
    form = await visitor.open(f"/events/{event['id']}/sign-up?s={slot['id']}")
    page = await visitor.press(form, "Continuer", **{**PERSON, "email": "", "served": early})
    assert page.status == 422
    page = await visitor.press(page, "Continuer", **PERSON)
    page = await visitor.press(page, "Corriger mes réponses")
    page = await visitor.press(await visitor.press(page, "Continuer"), BOOK)
    assert await statuses() == ["confirmed"]
    assert "Votre place est réservée" in page.text


async def test_the_one_page_of_a_meeting_knows_them_too(visitor: Visitor, event: Row) -> None:
    meeting = await factories.workshop(event, kind="meeting")
    await factories.session(meeting, event)
    person = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org"}
    page = await visitor.press(await visitor.open(f"/events/{event['id']}"), BOOK, **person)
    assert "Votre place est réservée" in page.text
    visitor.takes_time = False
    person["email"] = "other@example.org"
    await visitor.press(await visitor.open(f"/events/{event['id']}"), BOOK, **person)
    assert await statuses() == ["confirmed", "offered"]


async def test_with_a_telephone_only_the_page_gives_ours(visitor: Visitor, event: Row, slot: Row) -> None:
    visitor.takes_time = False
    page = await booked(visitor, event, slot, email="", phone="06 39 98 00 01")
    assert "Appelez-nous au" in page.text
    assert settings.settings().help_phone.replace(" ", "") in page.text.replace(" ", "")
    assert "/m/" not in page.html
    answer = await visitor.send(f"{await manage_path()}/proof", [])
    assert answer.status == 409
    assert "Appelez-nous au" in answer.text
    assert await statuses() == ["offered"]


async def test_the_61st_of_a_network_is_offered_and_confirmed_by_the_link_in_its_mail(
    visitor: Visitor, event: Row, slot: Row
) -> None:
    found = [await by_api(visitor.client, event, slot, number) for number in range(61)]
    assert found == ["confirmed"] * 60 + ["offered"]
    assert [row["kind"] for row in await fetch("SELECT kind FROM message WHERE kind <> 'your_places'")] == ["prove"]
    page = await visitor.press(await visitor.open(f"{await manage_path()}/proof"), "Confirmer ma place")
    assert "c’est fait" in page.text
    assert await statuses() == ["confirmed"] * 61


async def test_a_forged_header_makes_no_other_network(visitor: Visitor, event: Row, slot: Row) -> None:
    await fetch("UPDATE session SET capacity = 200")
    found = [await by_api(visitor.client, event, slot, n, **{"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(61)]
    assert found[-1] == "offered"
    assert len(await fetch("SELECT DISTINCT network FROM attendee")) == 1


@pytest.fixture
async def behind_proxy(db: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The application behind a proxy on 10.0.0.1 that it trusts."""
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8")
    settings.settings.cache_clear()
    transport = httpx.ASGITransport(app=application(), client=("10.0.0.1", 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        yield client
    settings.settings.cache_clear()


async def test_behind_a_proxy_the_network_is_the_clients(
    behind_proxy: httpx.AsyncClient, event: Row, slot: Row
) -> None:
    ours = [
        await by_api(behind_proxy, event, slot, n, **{"X-Forwarded-For": f"6.6.6.{n}, 2001:db8::{n}, 10.0.0.9"})
        for n in range(1, 62)
    ]
    other = await by_api(behind_proxy, event, slot, 99, **{"X-Forwarded-For": "2001:db8:0:1::1"})
    assert (ours[-2:], other) == (["confirmed", "offered"], "confirmed")


async def test_too_late_reads_calmly_and_can_book_again(visitor: Visitor, event: Row, slot: Row) -> None:
    visitor.takes_time = False
    await booked(visitor, event, slot)
    await fetch("UPDATE registration SET offered_until = {}", utcnow() - timedelta(seconds=1))
    link = f"{await manage_path()}/proof"
    page = await visitor.open(link)
    assert page.status == 200
    assert "La demi-heure est passée" in page.text
    late = await visitor.send(link, [])
    assert late.status == 409
    assert "La demi-heure est passée" in late.text
    assert "Réserver à nouveau" in page.text
    assert (await visitor.open(page.link("/add"))).status == 200
    assert await statuses() == ["offered"]


async def test_a_link_that_is_nobodys_is_not_there(visitor: Visitor, event: Row) -> None:
    wrong = f"/m/{make_secret(Purpose.MANAGE, 'nobody').text}/proof"
    assert (await visitor.open(wrong)).status == 404
    assert (await visitor.send(wrong, [])).status == 404


async def test_staff_confirm_on_the_sheet(visitor: Visitor, event: Row, slot: Row) -> None:
    visitor.takes_time = False
    await booked(visitor, event, slot, email="", phone="06 39 98 00 01")
    (row,) = await fetch("SELECT id FROM attendee")
    _, cookie = await make_staff(Role.ORGANISER, event["lead"])
    visitor.client.cookies.set(*cookie.split("=", 1))
    page = await visitor.open(f"/office/attendees/{row['id']}")
    assert "1 place attend une confirmation" in page.text
    page = await visitor.press(page, "Confirmer cette place")
    assert "Les places sont confirmées" in page.text
    assert await statuses() == ["confirmed"]
    await fetch("UPDATE registration SET status = 'offered', offered_until = {}", utcnow() - timedelta(seconds=1))
    late = await visitor.send(f"/office/attendees/{row['id']}/proof", [])
    assert late.status == 409
    assert "ne sont plus gardées" in late.text

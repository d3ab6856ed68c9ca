"""Where staff arrive: signed in or not, and whose days they see."""

from datetime import timedelta

import pytest

from tests import factories
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops.database import Engine, fetch, utcnow
from workshops.holds import Keeping, keep
from workshops.i18n import long_date
from workshops.tables.people import Role


async def test_who_is_not_signed_in_is_asked_to(visitor: Visitor) -> None:
    answer = await visitor.client.get("/office?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/office%3Fpage%3D2")
    visitor.client.headers["Cookie"] = "staff=a-token-that-was-never-made"
    assert (await visitor.client.get("/office")).status_code == 303


@pytest.mark.parametrize("ended", ["expires_at", "revoked_at", "proved_at", "closed_at"])
async def test_a_login_that_has_ended_is_none(visitor: Visitor, ended: str) -> None:
    who, cookie = await make_staff(Role.ORGANISER)
    visitor.client.headers["Cookie"] = cookie
    assert (await visitor.client.get("/office")).status_code == 200
    table, value = ("account" if ended == "closed_at" else "login"), None if ended == "proved_at" else utcnow()
    await fetch(
        f"UPDATE {table} SET {ended} = {{}} WHERE id = {{}}", value, who.login if table == "login" else who.account
    )
    assert (await visitor.client.get("/office")).status_code == 303


async def test_an_organiser_sees_led_days_and_nobody_elses(db: Engine, visitor: Visitor) -> None:
    who, cookie = await make_staff(Role.ORGANISER)
    await factories.event(title="Ours", lead=who.organisation)
    helped, other = await factories.event(title="Helped"), await factories.event(title="Theirs")
    await factories.insert("co_lead", {"id": "c1", "event": helped["id"], "organisation": who.organisation})
    visitor.client.headers["Cookie"] = cookie
    page = await visitor.open("/office")
    assert ("Ours" in page.text, "Helped" in page.text, other["title"] in page.text) == (True, True, False)
    assert f"/office/events/{helped['id']}" in page.links


async def test_places_and_requests_are_counted_as_at_the_desk(db: Engine, visitor: Visitor) -> None:
    who, cookie = await make_staff(Role.ORGANISER)
    event = await factories.event(lead=who.organisation)
    counters = {"capacity": 8, "confirmed": 3, "offered": 1, "held": 2, "waiting": 2, "queue_tail": 2}
    await factories.session(await factories.workshop(event), event, **counters)
    visitor.client.headers["Cookie"] = cookie
    page = await visitor.open("/office")
    assert "6 / 8 places prises" in page.text
    assert "2 demandes en attente" in page.text
    assert "6 / 8" in (await visitor.open(f"/office/events/{event['id']}")).text


async def test_an_adviser_is_told_of_the_places_kept_for_its_agency(db: Engine, visitor: Visitor) -> None:
    organiser, _cookie = await make_staff(Role.ORGANISER)
    adviser, cookie = await make_staff(Role.ADVISER)
    event = await factories.event(lead=organiser.organisation, title="Osons nos talents à Lens")
    slots = [await factories.session(await factories.workshop(event), event, hour) for hour in (0, 2)]
    until = event["starts_at"] - timedelta(days=3)
    ids = tuple(slot["id"] for slot in slots)
    await keep(event["id"], Keeping(ids, 2, organisation=adviser.organisation, until=until), organiser)
    visitor.client.headers["Cookie"] = cookie
    page = await visitor.open("/office")
    assert (
        f"4 places sont gardées pour votre organisme : inscrivez des personnes avant le {long_date(until, 'fr')}"
        in page.text
    )
    booking = await visitor.open(page.link(f"/office/events/{event['id']}/people/new"))
    assert f"{slots[0]['id']}.hold-" in booking.html
    await fetch("UPDATE hold SET until_at = {}", utcnow())
    assert "gardées pour" not in (await visitor.open("/office")).text
    _other, cookie = await make_staff(Role.ADVISER)
    visitor.client.headers["Cookie"] = cookie
    await fetch("UPDATE hold SET until_at = {}", until)
    assert "gardées pour" not in (await visitor.open("/office")).text

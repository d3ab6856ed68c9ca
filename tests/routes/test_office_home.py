"""Where staff arrive: signed in or not, and whose days they see."""

import pytest

from tests import factories
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops.database import Engine, fetch, utcnow
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

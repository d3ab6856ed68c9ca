"""Kept places as pages: kept in every slot or in none, changed, freed, and a group's ticket to print."""

from datetime import timedelta
from typing import Any

import pytest

from tests import factories, truths
from tests.routes.office import Desk, make_desk
from tests.visitor import Page, Visitor
from workshops.database import fetch, fetch_one, utcnow
from workshops.tables.people import Role


@pytest.fixture
async def desk(visitor: Visitor) -> Desk:
    return await make_desk(visitor)


async def keep(desk: Desk, *sessions: str, **given: str) -> Page:
    page = await desk.visitor.open(f"{desk.base}/holds/new")
    until = (utcnow() + timedelta(days=2)).date().isoformat()
    answers: dict[str, Any] = {"places": "2", "how": "named", "until": until, **given, "sessions": list(sessions)}
    return await desk.visitor.press(page, "Garder ces places", **answers)


async def only() -> dict[str, Any]:
    (row,) = await fetch("SELECT * FROM hold")
    return row


async def test_places_are_kept_for_a_school_that_is_written_down(desk: Desk) -> None:
    done = await keep(desk, desk.mason["id"], desk.later["id"], school="Lycée Zola", note="Terminale")
    for said in ("Les places sont gardées", "Lycée Zola", "Noms à venir", "Terminale", "En tout"):
        assert said in done.text, said
    rows = await fetch("SELECT places, by_number, until_at FROM hold")
    assert [(row["places"], row["by_number"]) for row in rows] == [(2, False)] * 2
    assert await desk.listed() == [("list_holds", 0)]
    public = await desk.visitor.open(f"/events/{desk.event['id']}/sign-up?sessions={desk.mason['id']}")
    assert "Lycée Zola" not in public.text  # a school is nobody's adviser
    assert await truths.offenders() == {}


async def test_a_date_is_the_end_of_that_day_in_paris(desk: Desk) -> None:
    day = (utcnow() + timedelta(days=2)).date()
    await keep(desk, desk.mason["id"], school="Lycée Zola", until=day.isoformat())
    row = await only()
    page = await desk.visitor.open(f"{desk.base}/holds/{row['id']}")
    assert f'value="{day.isoformat()}"' in page.html
    assert (row["until_at"] - timedelta(hours=3)).date() == day


async def test_a_group_gets_one_ticket(desk: Desk) -> None:
    adult = {"how": "number", "adult_name": "Mme Petit", "adult_phone": "06 39 98 00 00"}
    done = await keep(desk, desk.mason["id"], desk.later["id"], school="Lycée Zola", **adult)
    ticket = await desk.visitor.open(next(link for link in done.links if link.endswith("/ticket")))
    assert "Billet du groupe" in ticket.text
    assert "2 personnes" in ticket.text
    assert "Mme Petit" in (await desk.visitor.open(f"{desk.base}/holds")).text
    assert ("list_holds", 2) in await desk.listed()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Choisissez un organisme, ou écrivez le nom d’une école."),
        ({"school": "Lycée", "organisation": "x"}, "Choisissez un organisme, ou écrivez le nom d’une école."),
        ({"school": "Lycée", "places": ""}, "Écrivez combien de places."),
        ({"school": "Lycée", "places": "beaucoup"}, "nombre entier"),
        ({"school": "Lycée", "until": ""}, "Choisissez jusqu’à quand"),
        ({"school": "Lycée", "until": "demain"}, "Écrivez une date"),
        ({"school": "Lycée", "until": "2020-01-01"}, "Choisissez une date à venir."),
        ({"school": "Lycée", "how": "number"}, "Écrivez le nom de l’adulte qui accompagne."),
        ({"school": "1 85 05 78 006 084 36"}, "sécurité sociale"),
        ({"school": "Lycée", "places": "3"}, "On ne peut en garder ici que 2."),
        ({"organisation": "nobody"}, "Choisissez un organisme"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(desk: Desk, given: dict[str, str], said: str) -> None:
    page = await keep(desk, desk.mason["id"], desk.later["id"], **given)
    assert page.status in (409, 422)
    assert said in page.text
    assert f'value="{desk.later["id"]}" checked' in page.html
    assert await fetch("SELECT id FROM hold") == []


async def test_no_slot_is_said(desk: Desk) -> None:
    page = await keep(desk, school="Lycée")
    assert (page.status, "au moins un horaire" in page.text) == (422, True)


async def test_the_number_is_changed_and_freed(desk: Desk) -> None:
    await keep(desk, desk.mason["id"], school="Lycée Zola")
    hold = (await only())["id"]
    page = await desk.visitor.open(f"{desk.base}/holds/{hold}")
    refused = await desk.visitor.press(page, "Enregistrer", places="3")
    assert (refused.status, "que 2" in refused.text) == (409, True)
    changed = await desk.visitor.press(page, "Enregistrer", places="1", note="Une")
    assert "Les places gardées ont changé" in changed.text
    assert (await only())["places"] == 1
    for _ in range(2):
        freed = await desk.visitor.press(page, "Libérer ces places")
        assert "Les places sont de nouveau libres" in freed.text
    assert "1 créneau libéré" in freed.text
    late = await desk.visitor.press(page, "Enregistrer", places="2")
    assert late.path.endswith("/holds?done=freed")
    row = await fetch_one("SELECT held FROM session WHERE id = {}", desk.mason["id"])
    assert row == {"held": 0}
    assert "ne sont plus gardées" in (await desk.visitor.open(page.path)).text


async def test_a_sensitive_agency_is_not_named_outside_itself(desk: Desk) -> None:
    await factories.organisation(name="Probation", sensitive=True)
    page = await desk.visitor.open(f"{desk.base}/holds/new")
    assert "Probation" not in page.text
    await keep(desk, desk.mason["id"], school="Lycée Zola")
    await fetch("UPDATE organisation SET sensitive = {} WHERE agency_type = 'school'", True)
    listed = await desk.visitor.open(f"{desk.base}/holds")
    assert "Zola" not in listed.text
    assert "Zola" not in (await desk.visitor.open(f"{desk.base}/holds/{(await only())['id']}")).text
    assert "un autre organisme" in (await desk.visitor.open(f"{desk.base}/people/new")).text


@pytest.mark.parametrize("role", [Role.ADVISER, Role.HOST, Role.EXHIBITOR, Role.DOOR])
async def test_other_roles_have_no_such_pages(desk: Desk, role: Role) -> None:
    await desk.act_as(role)
    assert (await desk.visitor.open(f"{desk.base}/holds")).status == 403


async def test_another_agency_s_day_is_not_there(desk: Desk) -> None:
    await keep(desk, desk.mason["id"], school="Lycée Zola")
    hold = (await only())["id"]
    await desk.act_as(Role.ORGANISER)
    for path in ("", "/new", f"/{hold}"):
        assert (await desk.visitor.open(f"{desk.base}/holds{path}")).status == 404
    assert (await desk.visitor.send(f"{desk.base}/holds/{hold}/release", [])).status == 404
    assert (await only())["status"] == "active"

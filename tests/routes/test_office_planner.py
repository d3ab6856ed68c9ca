"""The planner without JavaScript: a day from nothing or like the last, grid and stands, publishing, one workshop."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops.actors import Staff
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.grid import read_rule
from workshops.planning import days, stands
from workshops.planning import plan as plans
from workshops.planning.lines import read_lines
from workshops.planning.plan import Plan
from workshops.routes.office.board import clock
from workshops.tables.people import Role

Row = dict[str, Any]
ON = (utcnow() + timedelta(days=30)).date()
LINES = "Dupont Bâtiment; Maçon, maçonne; rh@dupont.example\nLens Soins\tAide-soignant\t\nDurand;Découverte"
RULE = "toutes les 45 minutes de 9 h à 12 h et de 13 h 30 à 16 h 30, 8 places"
SEE, PLAN = "Voir ce que cela donne", "Enregistrer la grille"


@pytest.fixture
async def who(visitor: Visitor) -> Staff:
    """An organiser, signed in."""
    staff, cookie = await make_staff(Role.ORGANISER)
    visitor.client.cookies.set(*cookie.split("=", 1))
    return staff


async def planned(who: Staff, lines: str = LINES) -> Plan:
    """A draft with stands and slots."""
    event = await days.make(days.NewDay("Osons nos talents à Lens", ON, clock("9:00"), clock("17:00")), who)
    await stands.add(event, 1, read_lines(lines), read_rule(RULE), who)
    return await plans.read(event, who)


async def again(plan: Plan, who: Staff) -> Plan:
    return await plans.read(plan.event["id"], who)


def address(plan: Plan, rest: str = "") -> str:
    return f"/office/events/{plan.event['id']}/plan{rest}"


def cell(plan: Plan, stand: int, key: str) -> str:
    """The name of a field of the grid, as `press` writes it."""
    return f"c__{plan.stands[stand].id}__{key}"


async def new_event() -> Row:
    row = await fetch_one("SELECT * FROM event ORDER BY created_at DESC LIMIT 1")
    assert row is not None
    return row


async def test_a_day_of_stands_and_slots_from_nothing(visitor: Visitor, who: Staff) -> None:
    page = await visitor.press(await visitor.open("/office/events/new"), "Créer cette édition", date=ON.isoformat())
    assert "L’édition est créée, en brouillon" in page.text
    event = await new_event()
    assert (event["title"], event["lead"], event["status"]) == ("Osons nos talents", who.organisation, "draft")
    page = await visitor.press(page, SEE, lines=LINES)
    assert "3 stands, pas encore enregistrés" in page.text
    for words in ("8 créneaux chacun, de 8 places", "Maçon / Maçonne", "Dupont Bâtiment nouvelle", "9 h – 9 h 45"):
        assert words in page.text
    assert (await fetch("SELECT COUNT(*) AS n FROM workshop"))[0]["n"] == 0
    page = await visitor.press(page, "Ajouter 3 stands", lines=LINES)
    assert "3 stands ajoutés" in page.text
    plan = await plans.read(event["id"], who)
    assert [len(stand.slots) for stand in plan.stands] == [8, 8, 8]
    assert "24 192 places" in page.text
    assert page.link("/stands").startswith(f"/office/events/{event['id']}")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Choisissez la date"),
        ({"date": "2020-01-07"}, "Cette date est passée"),
        ({"date": "demain"}, "2027-01-31"),
        ({"date": "2999-01-07"}, "plus de trois ans"),
        ({"date": ON.isoformat(), "ends": "08:00"}, "La fin est avant le début"),
        ({"date": ON.isoformat(), "starts": "9h99"}, "Écrivez l’heure ainsi"),
        ({"date": ON.isoformat(), "title": "x" * 121}, "trop long"),
        ({"date": ON.isoformat(), "venue": "x"}, "n’existe pas"),
    ],
)
async def test_a_day_that_cannot_be_says_why(visitor: Visitor, who: Staff, given: Row, words: str) -> None:
    page = await visitor.press(await visitor.open("/office/events/new"), "Créer cette édition", **given)
    assert page.status in (422, 404)
    assert words in page.text
    assert not await fetch("SELECT id FROM event")


async def test_a_hall_of_a_town_is_asked_for_next(visitor: Visitor, who: Staff) -> None:
    await factories.venue()
    room = await factories.venue(organisation=who.organisation, name="Salle de réunion")
    page = await visitor.open("/office/events/new")
    assert "Salle de réunion, Lens" in page.text
    page = await visitor.press(page, "Créer cette édition", date=ON.isoformat(), venue="town:62498")
    assert page.path == f"/office/events/{(await new_event())['id']}/venue?commune=62498"
    for number, status in ((1, 200), (2, 409)):
        page = await visitor.open("/office/events/new")
        page = await visitor.press(page, "Créer cette édition", date=ON.isoformat(), venue=room["id"])
        assert page.status == status, number
    assert "déjà promise" in page.text or "déjà accordée" in page.text


async def test_a_day_like_the_last(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    page = await visitor.open("/office/events/new")
    later = ON + timedelta(days=30)
    page = await visitor.press(page, "Copier cette édition", like=plan.event["id"], date=later.isoformat())
    assert page.status == 200
    copy = await plans.read((await new_event())["id"], who)
    assert (copy.event["title"], copy.event["date"]) == (plan.event["title"], later)
    assert [len(stand.slots) for stand in copy.stands] == [8, 8, 8]
    stranger = await planned((await make_staff(Role.ORGANISER))[0])
    page = await visitor.open("/office/events/new")
    assert stranger.event["id"] not in page.html
    page = await visitor.press(page, "Copier cette édition", like=stranger.event["id"], date=later.isoformat())
    assert page.status == 404


async def test_lines_and_rule_that_cannot_be_read_are_both_named(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    page = await visitor.open(address(plan))
    page = await visitor.press(page, SEE, lines="Dupont\nDurand; Soudeur; x@", rule="toutes les 45 minutes")
    assert page.status == 422
    for words in ("Ligne 1", "Ligne 2", "de quand à quand", "combien de places"):
        assert words in page.text
    assert "Durand; Soudeur; x@" in page.text
    page = await visitor.press(page, SEE, lines=LINES, rule="toutes les 45 minutes de 8 h à 10 h 15, 8 places")
    assert "4 · Maçon, maçonne : c’est hors des heures de l’édition" in page.text
    assert "Cette édition a déjà ce stand" in page.text
    page = await visitor.press(page, "Ajouter 3 stands quand même", lines=LINES)
    assert [stand.stand for stand in (await again(plan, who)).stands] == ["1", "2", "3", "4", "5", "6"]


async def test_the_grid_saves_what_was_changed_and_nothing_else(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    page = await visitor.open(address(plan))
    changes = {cell(plan, 0, "0900-0945"): "", cell(plan, 1, "0945-1030"): "12"}
    page = await visitor.press(page, PLAN, **changes)
    assert "2 créneaux enregistrés" in page.text
    plan = await again(plan, who)
    assert [len(stand.slots) for stand in plan.stands] == [7, 8, 8]
    assert plan.stands[1].slots[1].capacity == 12
    page = await visitor.press(page, PLAN)
    assert "Il n’y avait rien à enregistrer" in page.text
    assert (await again(plan, who)).event["version"] == plan.event["version"]


async def test_a_cell_without_a_number_is_named_and_kept(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    name = cell(plan, 0, "0900-0945")
    for wrong in ("beaucoup", "9999", "-1"):
        page = await visitor.press(await visitor.open(address(plan)), PLAN, **{name: wrong})
        assert page.status == 422
        assert f'href="#{name.replace("__", ".")}"' in page.html
        assert f'value="{wrong}"' in page.html


async def test_a_column_is_opened_and_a_clash_is_told_before_it_is_saved(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    form: Row = {"from": "11:30", "until": "12:15"}
    page = await visitor.press(await visitor.open(address(plan)), "Ajouter cette colonne", **form)
    name = cell(plan, 0, "1130-1215")
    page = await visitor.press(page, PLAN, **{name: "5"})
    assert page.status == 409
    assert "1 conflit, et rien n’est encore enregistré" in page.text
    assert "1 · Maçon, maçonne a deux créneaux en même temps : 11 h 15 – 12 h" in page.text
    assert len((await again(plan, who)).slots) == 24
    page = await visitor.press(page, "Enregistrer quand même")
    assert page.status == 200
    assert "1 conflit dans ce programme" in page.text
    assert len((await again(plan, who)).slots) == 25


async def test_a_grid_that_is_stale_keeps_what_was_written(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    mine, theirs = [await visitor.open(address(plan)) for _ in range(2)]
    await visitor.press(theirs, PLAN, **{cell(plan, 0, "0900-0945"): "3"})
    page = await visitor.press(mine, PLAN, **{cell(plan, 0, "0945-1030"): "4"})
    assert page.status == 409
    assert "Quelqu’un d’autre a modifié cette édition" in page.text
    assert [slot.capacity for slot in (await again(plan, who)).stands[0].slots[:2]] == [3, 8]
    page = await visitor.press(page, PLAN)
    assert page.status == 200
    assert [slot.capacity for slot in (await again(plan, who)).stands[0].slots[:2]] == [3, 4]


async def test_what_people_are_signed_up_to_leads_to_its_own_page(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    slot = plan.stands[0].slots[0]
    page = await visitor.open(address(plan))
    await fetch("UPDATE session SET confirmed = 3 WHERE id = {}", slot.id)
    page = await visitor.press(page, PLAN, **{cell(plan, 0, "0900-0945"): "2", cell(plan, 0, "0945-1030"): "4"})
    assert page.status == 200
    assert [one.capacity for one in (await again(plan, who)).stands[0].slots[:2]] == [8, 4]
    assert f"/office/sessions/{slot.id}/capacity" in page.links
    page = await visitor.open(address(plan, f"/workshops/{plan.stands[0].id}"))
    assert "3 places prises sur 8" in page.text
    for what in ("move", "capacity", "cancel"):
        assert f"/office/sessions/{slot.id}/{what}" in page.links
    assert f"/office/workshops/{plan.stands[0].id}/cancel" in page.links


async def test_a_cancelled_day_is_shown_and_no_longer_changed(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    before = await visitor.open(address(plan))
    await fetch("UPDATE event SET status = 'cancelled' WHERE id = {}", plan.event["id"])
    page = await visitor.open(address(plan))
    assert "Maçon, maçonne" in page.text
    assert 'name="c.' not in page.html
    assert PLAN not in page.text
    page = await visitor.press(before, PLAN, **{cell(plan, 0, "0900-0945"): "3"})
    assert page.status == 409
    assert "son programme ne change plus" in page.text


async def test_slots_by_rule_are_foreseen_then_made(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    await fetch("UPDATE session SET confirmed = 1 WHERE id = {}", plan.stands[0].slots[0].id)
    page = await visitor.open(address(plan, f"/grid?stands={plan.stands[0].id}"))
    page = await visitor.press(page, SEE, rule="toutes les heures de 9 h à 12 h, 6 places")
    assert "Sur 1 stand : 2 nouveaux créneaux, 7 retirés" in page.text
    assert "1 créneau reste tel quel" in page.text
    assert len((await again(plan, who)).slots) == 24
    page = await visitor.press(page, "Créer ces créneaux")
    assert [len(stand.slots) for stand in (await again(plan, who)).stands] == [3, 8, 8]
    apart = {"minutes": "30", "gap": "15", "hours": "14 h à 16 h", "places": "5"}
    page = await visitor.press(await visitor.open(address(plan, "/grid")), SEE, **apart)
    assert "toutes les 45 minutes de 14 h à 16 h, 15 minutes de pause, 5 places" in page.text
    page = await visitor.press(await visitor.open(address(plan, "/grid")), SEE, minutes="1", places="x", hours="?")
    assert page.status == 422
    for field in ("minutes", "places", "hours"):
        assert f'href="#{field}"' in page.html


async def test_a_stand_has_a_page_for_who_what_where_and_when(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    stand = plan.stands[2]
    page = await visitor.open(address(plan, f"/workshops/{stand.id}"))
    given: Row = {"job": "soud", "company": "Soudure Delattre", "facilitator": "Ali", "min_age": "16", "stand": "B2"}
    faulty = await visitor.press(page, "Enregistrer ce stand", **given)
    assert faulty.status == 422
    assert "Choisissez le métier dans la liste" in faulty.text
    assert ("rome_code", "H2913") in [box for form in faulty.forms for box in form.boxes]
    last = stand.slots[-1].id
    rows = {f"slot__{last}__places": "", "new__1__from": "12:00", "new__1__until": "12:45", "new__1__places": "4"}
    page = await visitor.press(faulty, "Enregistrer ce stand", rome_code="H2913", **rows)
    assert page.status == 200, page.text
    stand = (await again(plan, who)).stands[2]
    assert (stand.company, stand.rome_code, stand.stand, stand.min_age) == ("Soudure Delattre", "H2913", "B2", 16)
    assert [slot.capacity for slot in stand.slots] == [8, 8, 8, 8, 4, 8, 8, 8]
    assert last not in [slot.id for slot in stand.slots]


async def test_rows_of_slots_name_their_faults_and_clashes(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    path = address(plan, f"/workshops/{plan.stands[0].id}")
    wrong = {"new__1__from": "12:45", "new__1__until": "12:00", "new__2__places": "x"}
    page = await visitor.press(await visitor.open(path), "Enregistrer ce stand", **wrong)
    assert page.status == 422
    for field in ("new.1.until", "new.1.places", "new.2.from", "new.2.until", "new.2.places"):
        assert f'href="#{field}"' in page.html
    overlapping = {"new__1__from": "11:45", "new__1__until": "12:30", "new__1__places": "4"}
    page = await visitor.press(await visitor.open(path), "Enregistrer ce stand", **overlapping)
    assert page.status == 409
    assert "deux créneaux en même temps" in page.text
    page = await visitor.press(page, "Enregistrer quand même")
    assert len((await again(plan, who)).stands[0].slots) == 9


async def test_a_stale_page_of_a_stand_takes_no_slot_away_that_it_never_showed(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    path = address(plan, f"/workshops/{plan.stands[0].id}")
    mine, theirs = [await visitor.open(path) for _ in range(2)]
    await visitor.press(theirs, "Enregistrer ce stand", new__1__from="12:00", new__1__until="12:30", new__1__places="4")
    page = await visitor.press(mine, "Enregistrer ce stand", facilitator="Ali")
    assert page.status == 409
    page = await visitor.press(page, "Enregistrer ce stand")
    assert page.status == 200
    stand = (await again(plan, who)).stands[0]
    assert (stand.facilitator, len(stand.slots)) == ("Ali", 9)


async def test_a_stand_is_put_elsewhere_and_taken_away(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    first, second, third = plan.stands
    page = await visitor.open(address(plan, f"/workshops/{first.id}"))
    page = await visitor.press(page, "Le mettre là", after=third.id)
    assert [stand.id for stand in (await again(plan, who)).stands] == [second.id, third.id, first.id]
    page = await visitor.open(address(plan, f"/workshops/{second.id}"))
    page = await visitor.press(page, "Retirer ce stand")
    assert "Le stand est retiré" in page.text
    assert (await visitor.open(address(plan, f"/workshops/{second.id}"))).status == 404
    foreign = await planned((await make_staff(Role.ORGANISER))[0], "Autre; Soudeur")
    assert (await visitor.open(address(plan, f"/workshops/{foreign.stands[0].id}"))).status == 404


async def test_facts_are_changed_and_what_cannot_be_is_named(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    other = await factories.organisation(name="Mission locale")
    path = address(plan, "/facts")
    given: Row = {"title": "Un autre", "description": "Venez.\nEssayez.", "opens": f"{ON - timedelta(days=9)}T08:00"}
    page = await visitor.press(await visitor.open(path), "Enregistrer", "true", co_leads=other["id"], **given)
    assert page.status == 200
    row = (await again(plan, who)).event
    assert (row["title"], row["description"], row["listed"]) == ("Un autre", "Venez.\nEssayez.", False)
    assert row["sign_up_opens_at"].date() == ON - timedelta(days=9)
    assert await fetch("SELECT id FROM co_lead WHERE organisation = {}", other["id"])
    wrong = {"title": "", "date": "x", "closes": "99999", "max_places": "0", "opens": "demain", "ends": "8:00"}
    page = await visitor.press(await visitor.open(path), "Enregistrer", **wrong)
    assert page.status == 422
    for field in wrong:
        assert f'href="#{field}"' in page.html, field
    page = await visitor.press(await visitor.open(path), "Enregistrer", ends="16:00")
    assert page.status == 409
    assert "c’est hors des heures de l’édition" in page.text


async def test_a_day_is_published_withdrawn_closed_and_opened(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who)
    path = address(plan, "/publish")
    page = await visitor.press(await visitor.open(path), "Dire que les 2 sont prêts")
    assert "Les ateliers complets sont prêts" in page.text
    page = await visitor.press(await visitor.open(path), "Publier cette édition")
    assert page.status == 409
    assert "n’a pas encore de salle" in page.text
    room = await factories.venue(organisation=who.organisation)
    await fetch("UPDATE event SET venue = {} WHERE id = {}", room["id"], plan.event["id"])
    assert (await visitor.open(f"/events/{plan.event['id']}")).status == 404
    page = await visitor.press(await visitor.open(path), "Publier à ce moment", publish_at="hier")
    assert page.status == 422
    page = await visitor.press(page, "Publier à ce moment", publish_at=f"{ON - timedelta(days=1)}T09:00")
    assert (await again(plan, who)).event["publish_at"].date() == ON - timedelta(days=1)
    page = await visitor.press(await visitor.open(path), "Publier cette édition")
    public = await visitor.open(f"/events/{plan.event['id']}")
    assert "Maçon, maçonne" in public.text
    assert "Découverte" not in public.text
    await visitor.press(await visitor.open(path), "Clore les inscriptions")
    await visitor.press(await visitor.open(path), "Rouvrir les inscriptions")
    await visitor.press(await visitor.open(path), "Revenir au brouillon")
    assert (await visitor.open(f"/events/{plan.event['id']}")).status == 404
    page = await visitor.send(path, [("version", "1"), ("do", "burn")])
    assert page.status == 404


async def test_one_workshop_is_public_in_one_form(visitor: Visitor, who: Staff) -> None:
    room = await factories.venue(organisation=who.organisation, name="Salle de réunion")
    page = await visitor.open("/office/single/new")
    asked = [name for name, _ in page.forms[-1].fields if name != "kind"]
    assert len({*asked, "venue"}) <= 8
    given: Row = {
        "company": "Soudure Delattre",
        "date": ON.isoformat(),
        "starts": "14:00",
        "ends": "16:00",
        "places": "6",
    }
    page = await visitor.press(page, "Publier", job="soud", venue=room["id"], **given)
    assert page.status == 422
    page = await visitor.press(page, "Publier", rome_code="H2913", venue=room["id"])
    assert page.status == 200
    event = await new_event()
    assert (event["status"], event["title"]) == ("published", "Soudeur / Soudeuse, Soudure Delattre")
    assert "Le public voit maintenant cette édition" in page.text
    assert f"/events/{event['id']}" in page.links
    public = await visitor.open(f"/events/{event['id']}")
    assert "6 places" in public.text


async def test_a_meeting_waits_for_the_hall_of_a_town(visitor: Visitor, who: Staff) -> None:
    await factories.venue()
    page = await visitor.open("/office/single/new?kind=meeting")
    given: Row = {"title": "Grand Forum", "date": ON.isoformat(), "starts": "14:00", "ends": "16:30", "places": "120"}
    page = await visitor.press(page, "Publier", venue="town:62498", **given)
    event = await new_event()
    assert page.path == f"/office/events/{event['id']}/venue?commune=62498&done=made"
    assert "il manque une salle" in page.text
    assert "se publie toute seule dès que" in page.text
    page = await visitor.press(page, "La demander")
    assert "vous recevrez la réponse par e-mail" in page.text
    assert (event["status"], event["publish_at"] is not None) == ("draft", True)
    page = await visitor.open("/office/single/new?kind=meeting")
    page = await visitor.press(page, "Garder en brouillon", places="0", title="")
    assert page.status == 422
    for field in ("title", "date", "starts", "ends", "places"):
        assert f'href="#{field}"' in page.html


@pytest.mark.parametrize(
    ("pressed", "words"),
    [("Publier", "se publie toute seule dès que"), ("Garder en brouillon", "peut être publiée dès")],
)
async def test_without_a_hall_it_says_what_is_missing(visitor: Visitor, who: Staff, pressed: str, words: str) -> None:
    page = await visitor.open("/office/single/new?kind=meeting")
    given: Row = {"title": "Grand Forum", "date": ON.isoformat(), "starts": "14:00", "ends": "16:30", "places": "120"}
    page = await visitor.press(page, pressed, venue="", **given)
    assert "il manque une salle" in page.text
    assert words in page.text
    assert "Ajoutez ses stands" not in page.text
    hall = await visitor.open(page.link("/venue"))
    assert hall.path == f"/office/events/{(await new_event())['id']}/venue"


async def test_an_admin_says_who_leads(visitor: Visitor, db: Engine) -> None:
    _, cookie = await make_staff(Role.ADMIN)
    visitor.client.cookies.set(*cookie.split("=", 1))
    agency = await factories.organisation(name="Maison de l’emploi")
    page = await visitor.press(await visitor.open("/office/events/new"), "Créer cette édition", date=ON.isoformat())
    assert page.status == 422
    assert "Choisissez qui porte cette édition" in page.text
    page = await visitor.press(page, "Créer cette édition", lead=agency["id"])
    assert page.status == 200
    assert (await new_event())["lead"] == agency["id"]


@pytest.mark.parametrize("role", [Role.ADVISER, Role.HOST, Role.EXHIBITOR, Role.DOOR])
async def test_other_roles_do_not_plan(visitor: Visitor, role: Role) -> None:
    plan = await planned((await make_staff(Role.ORGANISER))[0])
    _, cookie = await make_staff(role)
    visitor.client.cookies.set(*cookie.split("=", 1))
    for path in ("/office/events/new", "/office/single/new", address(plan), address(plan, "/publish")):
        assert (await visitor.open(path)).status == 403


async def test_somebody_else_s_day_is_not_there(visitor: Visitor, who: Staff) -> None:
    plan = await planned((await make_staff(Role.ORGANISER))[0])
    workshop = plan.stands[0].id
    for rest in ("", "/facts", "/grid", "/publish", f"/workshops/{workshop}"):
        assert (await visitor.open(address(plan, rest))).status == 404
        assert (await visitor.send(address(plan, rest), [("version", "2")])).status == 404
    assert (await visitor.send(address(plan, "/stands"), [("lines", LINES)])).status == 404


async def test_a_planner_of_twenty_stands_is_light(visitor: Visitor, who: Staff) -> None:
    plan = await planned(who, "\n".join(f"Entreprise {number}; Métier {number}" for number in range(20)))
    page = await visitor.open(address(plan))
    assert len(re.findall(r'<input name="c\.', page.html)) == 160
    assert len(page.html.encode()) < 100_000


@pytest.mark.parametrize(("text", "hour"), [("9:00", 9), ("09:00:00", 9), ("9 h", 9), ("9h", 9), ("17", 17)])
def test_a_time_is_read_as_it_is_written(text: str, hour: int) -> None:
    assert (clock(text).hour, clock(text).minute) == (hour, 0)

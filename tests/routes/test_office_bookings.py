"""Booking for somebody on the telephone, and their sheet: what staff may do for a person, and what is kept of it."""

import json
from typing import Any

import pytest

from tests import factories, truths
from tests.gateways import texts_on
from tests.routes.office import Desk, make_desk
from tests.visitor import Page, Visitor
from workshops import holds
from workshops.actors import ANYONE
from workshops.database import fetch, fetch_one, utcnow
from workshops.holds import Keeping
from workshops.registrations import register
from workshops.settings import settings
from workshops.tables.people import Role


@pytest.fixture
async def desk(visitor: Visitor) -> Desk:
    return await make_desk(visitor)


async def form(desk: Desk) -> Page:
    return await desk.visitor.open(f"{desk.base}/people/new")


async def book(desk: Desk, *sessions: str, **given: str) -> Page:
    person = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": "true", **given}
    page = await form(desk)
    answers: dict[str, Any] = {**person, "sessions": list(sessions)}
    return await desk.visitor.press(page, "Réserver ces places", **answers)


async def test_a_person_with_nothing_but_a_name_is_booked_and_gets_a_ticket_on_paper(desk: Desk) -> None:
    page = await book(desk, desk.mason["id"])
    assert "Zoé Lefèvre" in page.text
    assert "Les places sont réservées" in page.text
    assert "À appeler" in page.text
    row = await fetch_one("SELECT origin, registered_by, called_for, email, phone FROM attendee")
    assert row == {
        "origin": "desk",
        "registered_by": desk.staff.id,
        "called_for": "no_email",
        "email": None,
        "phone": None,
    }
    ticket = await desk.visitor.open(page.link("/ticket"))
    code = await fetch_one("SELECT code FROM ticket")
    assert code is not None
    assert code["code"] in ticket.text
    assert "<svg" in ticket.html
    assert "/T/" in ticket.html
    assert ticket.answer.headers["cache-control"] == "no-store"
    assert await desk.listed() == [("list_person", 1), ("list_ticket", 1)]
    (entry,) = await fetch("SELECT * FROM audit_entry WHERE action = 'register'")
    assert (entry["actor"], entry["event"], entry["people"]) == (desk.staff.id, desk.event["id"], 1)
    assert json.loads(entry["changes"])["places"] == [None, [[desk.mason["id"], "confirmed"]]]


async def test_the_form_asks_at_most_ten_things(desk: Desk) -> None:
    page = await form(desk)
    asked = {name for one in page.forms[-1:] for name, _ in [*one.fields, *one.boxes]} - {"once"}
    assert {"first_name", "last_name", "phone", "email", "sessions"} <= asked
    assert len(asked | {"agency"}) <= 10


async def test_who_is_known_is_found_first_and_in_no_address(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason, phone="+33639980001")
    for text in ("lefevre", "06 39 98 00 01", "zoe@example.org"):
        page = await desk.visitor.press(await form(desk), "Chercher", search=text)
        assert f"/office/attendees/{zoe}" in page.links
        assert "lefevre" not in page.path.lower()
    page = await desk.visitor.press(await form(desk), "Chercher", search="Max Dupont")
    assert "Personne à cette journée" in page.text
    assert ("first_name", "Max") in page.forms[-1].fields
    assert ("last_name", "Dupont") in page.forms[-1].fields
    assert await desk.listed() == [("list_search", 1)] * 3 + [("list_search", 0)]


async def test_a_full_slot_shows_its_waiting_list_and_is_waited_for(desk: Desk) -> None:
    for name in ("Ali", "Léa", "Max"):
        await desk.signed_up(desk.mason, first_name=name, email=f"{len(name)}{ord(name[0])}@example.org")
    page = await form(desk)
    assert "complet, 1 attend" in page.text
    done = await book(desk, f"{desk.mason['id']}.wait", desk.later["id"])
    assert "déjà une place" not in done.text
    assert "même atelier" in done.text  # both slots are of one workshop
    done = await book(desk, f"{desk.mason['id']}.wait", phone="06 39 98 00 02")
    assert "Liste d’attente, 1 avant" in done.text


async def test_a_slot_that_fills_up_meanwhile_is_said(desk: Desk) -> None:
    page = await form(desk)
    for name in ("Ali", "Léa"):
        await desk.signed_up(desk.mason, first_name=name, email=f"{ord(name[0])}@example.org")
    answers: dict[str, Any] = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": "true"}
    refused = await desk.visitor.press(page, "Réserver ces places", **answers, sessions=[desk.mason["id"]])
    assert (refused.status, "s’est rempli entre-temps" in refused.text) == (409, True)
    assert "Lefèvre" in refused.html  # what was typed is kept
    assert len(await fetch("SELECT id FROM attendee")) == 2


async def test_sent_twice_it_is_booked_once(desk: Desk) -> None:
    page = await form(desk)
    answers: dict[str, Any] = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": "true"}
    paths = set()
    for _ in range(2):
        done = await desk.visitor.press(page, "Réserver ces places", **answers, sessions=[desk.mason["id"]])
        paths.add(done.path)
    assert len(paths) == len(await fetch("SELECT id FROM attendee")) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"first_name": ""}, "Écrivez le prénom."),
        ({"last_name": "4"}, "lettres"),
        ({"email": "zoe"}, "adresse e-mail"),
        ({"aged_16_or_over": ""}, "Dites si la personne a 16 ans ou plus."),
        ({"aged_16_or_over": "false"}, "Écrivez le nom de l’adulte qui accompagne."),
        ({"agency": "nobody"}, "dans la liste"),
        ({"first_name": "1 85 05 78 006 084 36"}, "sécurité sociale"),
    ],
)
async def test_faulty_answers_are_named_as_to_staff(desk: Desk, given: dict[str, str], said: str) -> None:
    page = await book(desk, desk.mason["id"], **given)
    assert page.status == 422
    assert said in page.text
    assert await fetch("SELECT id FROM attendee") == []
    nothing = await book(desk)
    assert (nothing.status, "au moins un horaire" in nothing.text) == (422, True)


async def test_what_stands_against_it_is_said_to_who_may_know(desk: Desk) -> None:
    await desk.signed_up(desk.mason)
    same = await book(desk, desk.carer["id"], email="zoe@example.org")
    assert (same.status, "déjà une place à la même heure" in same.text) == (409, True)
    assert "Aide-soignant" in same.text
    again = await book(desk, desk.mason["id"], email="zoe@example.org")
    assert "a déjà ce créneau" in again.text
    both = await book(desk, desk.mason["id"], desk.carer["id"], email="new@example.org")
    assert "Deux des créneaux cochés sont à la même heure" in both.text
    young = await book(desk, desk.carer["id"], aged_16_or_over="false", responsible_adult__name="A B",
                       responsible_adult__phone="0639980000")  # fmt: skip
    assert (young.status, "16" in young.text) == (422, True)


async def test_a_kept_place_is_given_to_a_person(desk: Desk) -> None:
    agency = await factories.organisation(name="Mission locale")
    keeping = Keeping((desk.mason["id"],), 2, organisation=agency["id"], until=desk.event["starts_at"])
    await holds.keep(desk.event["id"], keeping, desk.staff)
    page = await form(desk)
    assert "gardé pour Mission locale : 2" in page.text
    (hold,) = await fetch("SELECT id FROM hold")
    done = await book(desk, f"{desk.mason['id']}.hold-{hold['id']}")
    assert "place gardée pour Mission locale" in done.text
    assert await fetch("SELECT named FROM hold") == [{"named": 1}]
    assert await truths.offenders() == {}


async def test_an_adviser_books_for_their_own_and_says_that_the_person_knows(desk: Desk) -> None:
    adviser = await desk.act_as(Role.ADVISER)
    refused = await book(desk, desk.mason["id"], phone="0639980001")
    assert (refused.status, "Demandez d’abord à la personne" in refused.text) == (422, True)
    done = await book(desk, desk.mason["id"], phone="0639980001", told="true")
    assert "Zoé Lefèvre" in done.text
    row = await fetch_one("SELECT agency, origin FROM attendee")
    assert row == {"agency": adviser.organisation, "origin": "on_behalf"}
    other = await desk.signed_up(desk.later, first_name="Max", email="max@example.org")
    assert (await desk.visitor.open(f"/office/attendees/{other}")).status == 404
    clash = await book(desk, desk.later["id"], first_name="Max", email="max@example.org", told="true")
    assert "L’organisateur de la journée peut vous en dire plus" in clash.text
    found = await desk.visitor.press(await form(desk), "Chercher", search="Lefèvre")
    assert len([link for link in found.links if "/office/attendees/" in link]) == 1


async def test_staff_book_on_a_day_whose_sign_up_is_closed(desk: Desk) -> None:
    await fetch("UPDATE event SET status = 'closed'")
    people = await desk.visitor.open(f"{desk.base}/people")
    assert (await desk.visitor.open(people.link("/people/new"))).status == 200
    page = await book(desk, desk.mason["id"])
    assert "Les places sont réservées" in page.text


async def test_nothing_is_booked_on_a_day_that_is_not_on(desk: Desk) -> None:
    await fetch("UPDATE event SET status = 'draft', venue = NULL")
    page = await form(desk)
    assert "On ne peut rien réserver" in page.text
    assert len(page.forms) == 1  # signing out


async def sheet(desk: Desk, attendee: str) -> Page:
    return await desk.visitor.open(f"/office/attendees/{attendee}")


async def test_the_sheet_says_all_and_is_kept_as_opened(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason, phone="+33639980001", accommodations=("wheelchair",), commune="62498")
    page = await sheet(desk, zoe)
    for said in ("Zoé Lefèvre", "06 39 98 00 01", "zoe@", "Maçon, maçonne", "Place réservée", "fauteuil"):
        assert said in page.text, said
    assert "Billet et places" in page.text  # the message, never what is in it
    assert "frozen" not in page.html
    assert await desk.listed() == [("list_person", 1)]
    await fetch("UPDATE attendee SET coming_at = {} WHERE id = {}", utcnow(), zoe)
    await fetch("UPDATE registration SET declined_at = {} WHERE attendee = {}", utcnow(), zoe)
    page = await sheet(desk, zoe)
    assert "« Je viens »" in page.text.replace("\u00a0", " ")
    assert "son agenda a dit non" in page.text


async def test_a_place_is_moved(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason)
    page = await desk.visitor.open((await sheet(desk, zoe)).link(await place(zoe)))
    assert "en même temps" not in page.text
    done = await desk.visitor.press(page, "Déplacer vers", sessions=desk.later["id"])
    assert "La place est déplacée" in done.text
    rows = await fetch("SELECT session, status FROM registration WHERE status <> 'cancelled'")
    assert rows == [{"session": desk.later["id"], "status": "confirmed"}]
    (entry,) = await fetch("SELECT * FROM audit_entry WHERE action = 'move_place'")
    assert json.loads(entry["changes"])["session"] == [desk.mason["id"], desk.later["id"]]
    assert entry["actor"] == desk.staff.id
    nothing = await desk.visitor.press(await desk.visitor.open(done.link(await place(zoe))), "Déplacer vers")
    assert (nothing.status, "Choisissez le nouveau créneau" in nothing.text) == (422, True)


async def place(attendee: str) -> str:
    rows = await fetch("SELECT id FROM registration WHERE attendee = {} AND status <> 'cancelled'", attendee)
    return str(rows[0]["id"])


async def test_a_place_is_given_back_once_and_for_all(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason)
    page = await desk.visitor.open((await sheet(desk, zoe)).link(await place(zoe)))
    for _ in range(2):
        done = await desk.visitor.press(page, "Annuler cette place")
        assert "La place est annulée" in done.text
    assert "Annulée le" in done.text
    row = await fetch_one("SELECT confirmed FROM session WHERE id = {}", desk.mason["id"])
    assert row == {"confirmed": 0}
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'cancel_place'")) == 1
    again = await desk.visitor.open(page.path)
    assert again.path == f"/office/attendees/{zoe}"


async def test_a_place_is_added_and_a_clash_is_marked(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason)
    page = await desk.visitor.open((await sheet(desk, zoe)).link("/places"))
    assert "en même temps" in page.text  # the carer's slot
    assert "Maçon" not in page.text  # they have a place of that workshop
    refused = await desk.visitor.press(page, "Réserver ces places", sessions=desk.carer["id"])
    assert (refused.status, "déjà une place à la même heure" in refused.text) == (409, True)
    workshop = await factories.workshop(desk.event, title="Cariste", position=3)
    slot = await factories.session(workshop, desk.event, 4)
    page = await desk.visitor.open(page.path)
    done = await desk.visitor.press(page, "Réserver ces places", sessions=slot["id"])
    assert "Les places sont ajoutées" in done.text
    assert "2 places" in done.text
    assert len(await fetch("SELECT id FROM message WHERE kind = 'your_places'")) == 2
    assert await truths.offenders() == {}


async def test_who_has_no_contact_at_all_gets_more_places_too(desk: Desk) -> None:
    done = await book(desk, desk.mason["id"])
    attendee = done.path.split("?")[0].rsplit("/", 1)[1]
    page = await desk.visitor.open(done.link("/places"))
    refused = await desk.visitor.press(page, "Réserver ces places", sessions=desk.carer["id"])
    assert "déjà une place à la même heure" in refused.text
    await fetch("DELETE FROM attendee_key")  # somebody whom an admin without an agency booked
    refused = await desk.visitor.press(page, "Réserver ces places", sessions=desk.carer["id"])
    assert "déjà une place à la même heure" in refused.text
    assert len(await fetch("SELECT id FROM registration WHERE attendee = {}", attendee)) == 1


async def test_name_and_contact_are_corrected(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason)
    await fetch("UPDATE attendee SET created_at = {}", desk.event["created_at"])
    page = await desk.visitor.open((await sheet(desk, zoe)).link("/contact"))
    answers = {"first_name": "Zoë", "last_name": "Lefebvre", "email": "new@example.org", "phone": "0639980001"}
    done = await desk.visitor.press(page, "Enregistrer", **answers)
    assert "Zoë Lefebvre" in done.text
    row = await fetch_one("SELECT first_name, last_name, search_name, email, phone FROM attendee")
    assert row == {
        "first_name": "Zoë",
        "last_name": "Lefebvre",
        "search_name": "lefebvre zoe",
        "email": "new@example.org",
        "phone": "+33639980001",
    }
    workshop = await factories.workshop(desk.event, title="Cariste")
    slot = await factories.session(workshop, desk.event, 4)
    named = {name: answers[name] for name in ("first_name", "last_name", "email")}
    assert (await register(factories.sign_up(desk.event, slot, **named), ANYONE)).attendee == zoe
    for action in ("correct_name", "correct_contact"):
        (entry,) = await fetch("SELECT changes FROM audit_entry WHERE action = {}", action)
        assert "example.org" not in entry["changes"]
        assert "Lef" not in entry["changes"]


async def test_a_contact_of_somebody_else_is_refused(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason)
    await desk.signed_up(desk.later, email="other@example.org")
    page = await desk.visitor.open(f"/office/attendees/{zoe}/contact")
    refused = await desk.visitor.press(page, "Enregistrer", email="other@example.org")
    assert (refused.status, "Quelqu’un d’autre de cette journée" in refused.text) == (409, True)
    assert "other@example.org" in refused.html
    faulty = await desk.visitor.press(page, "Enregistrer", email="x", first_name="")
    assert (faulty.status, "Écrivez le prénom." in faulty.text) == (422, True)


async def test_the_ticket_is_sent_again_once_a_minute(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason)
    page = await sheet(desk, zoe)
    for _ in range(2):
        done = await desk.visitor.press(page, "Renvoyer le billet")
        assert "Le billet part dans la minute" in done.text
    rows = await fetch("SELECT dedup_key FROM message ORDER BY created_at")
    assert len(rows) <= 3  # the minute may have turned
    assert rows[1]["dedup_key"].startswith(f"again:{zoe}:")


async def test_the_ticket_is_sent_again_by_text_to_who_has_no_address(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with texts_on(monkeypatch, PUBLIC_URL=settings().public_url):
        zoe = await desk.signed_up(desk.mason, email=None, phone="+33639980001")
        done = await desk.visitor.press(await sheet(desk, zoe), "Renvoyer le billet")
        assert "Le billet part dans la minute" in done.text
        rows = await fetch("SELECT channel FROM message WHERE channel = 'sms' AND dedup_key LIKE 'text:again:%'")
        assert rows == [{"channel": "sms"}]
        assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'send_again'")) == 1


async def test_a_group_is_shown_with_its_number_and_not_moved(desk: Desk) -> None:
    keeping = Keeping((desk.later["id"],), 5, school="Lycée Zola", by_number=True, adult_name="Mme Petit",
                      adult_phone="+33639980000")  # fmt: skip
    attendee = await holds.keep(desk.event["id"], keeping, desk.staff)
    page = await sheet(desk, str(attendee))
    assert "5 personnes" in page.text
    assert "Mme Petit" in page.text
    assert not [link for link in page.links if "/places/" in link]
    for path in (f"/office/attendees/{attendee}/places/{await place(str(attendee))}",):
        assert (await desk.visitor.open(path)).status == 404
    ticket = await desk.visitor.open(f"/office/attendees/{attendee}/ticket")
    for said in ("Billet du groupe", "Groupe Lycée Zola", "5 personnes", "Mme Petit", "06 39 98 00 00"):
        assert said in ticket.text, said


@pytest.mark.parametrize("what", ["", "/ticket", "/places", "/contact"])
async def test_nobody_else_s_people_are_there(desk: Desk, what: str) -> None:
    zoe = await desk.signed_up(desk.mason)
    for role in (Role.ORGANISER, Role.ADVISER):
        await desk.act_as(role)
        assert (await desk.visitor.open(f"/office/attendees/{zoe}{what}")).status == 404
    await fetch("UPDATE attendee SET anonymised_at = {}", utcnow())
    await desk.act_as(Role.ADMIN)
    assert (await desk.visitor.open(f"/office/attendees/{zoe}{what}")).status == 404

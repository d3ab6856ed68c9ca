"""A change on screen: who is touched is said before, one button does it, and for a while it can be taken back."""

from datetime import timedelta

import pytest

from tests import factories, truths
from tests.factories import Row
from tests.planned import clock, notices, on_the_phone, people, place, row, somebody
from tests.postbox import Clock
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops.actors import Staff
from workshops.database import Engine, fetch, fetch_one
from workshops.papers import papers
from workshops.settings import settings
from workshops.tables.people import Role

__all__ = ["clock"]


@pytest.fixture
async def event(db: Engine, clock: Clock) -> Row:
    return await factories.event(title="Osons nos talents à Lens")


@pytest.fixture
async def who(event: Row, visitor: Visitor) -> Staff:
    return await signed_in(visitor, event)


async def signed_in(visitor: Visitor, event: Row) -> Staff:
    """Somebody of the agency that leads the event, at the visitor's browser."""
    staff, cookie = await make_staff(Role.ORGANISER, event["lead"])
    visitor.client.cookies.clear()
    visitor.client.cookies.set(*cookie.split("=", 1))
    return staff


async def slot(event: Row, hour: float = 0, title: str = "Maçon", **given: int) -> Row:
    """A slot of a workshop of its own."""
    return await factories.session(await factories.workshop(event, title=title, stand="7"), event, hour, **given)


async def test_a_slot_is_moved_told_and_taken_back(visitor: Visitor, event: Row, who: Staff, clock: Clock) -> None:
    session, other = await slot(event), await slot(event, 1, "Boulanger")
    await people(event, 3, session, first_name="Max")
    await somebody(event, session, other)
    await on_the_phone(event, session)
    path = f"/office/sessions/{session['id']}/move"
    page = await visitor.open(path)
    assert "9 h – 9 h 45" in page.text
    assert "personnes seront prévenues" not in page.text
    page = await visitor.press(page, "Voir qui", start="10:00", end="10:45")
    assert page.status == 200
    assert "5 personnes seront prévenues" in page.text
    assert "Dont 1 par téléphone" in page.text
    assert "1 devra choisir" in page.text
    assert "Boulanger, 10 h – 10 h 45: au même stand" in page.text.replace(" :", ":")
    assert await fetch("SELECT id FROM plan_change") == []
    page = await visitor.press(page, "Déplacer le créneau et prévenir 5 personnes", why="Le formateur arrive en train")
    assert page.path.startswith("/office/changes/")
    assert "Maçon : déplacé de 9 h à 10 h – 10 h 45" in page.text
    assert "Les messages partent à 10 h 10" in page.text
    assert "Dans 10 minutes." in page.text
    assert "Appeler 1 personne sans e-mail" in page.text
    change = page.path.rsplit("/", 1)[1]
    assert (await row("plan_change", change))["why"] == "Le formateur arrive en train"
    assert len(await notices(change)) == 4
    listed = await visitor.open(f"/office/events/{event['id']}/changes")
    assert "Messages en attente" in listed.text
    assert f"/office/changes/{change}" in listed.links
    page = await visitor.press(page, "Annuler ce changement")
    assert "Aucun message n’est parti" in page.text
    assert not page.forms[1:], "nothing more can be done to it"
    assert (await row("session", session["id"]))["starts_at"] == session["starts_at"]
    assert await truths.offenders() == {}


async def test_the_companies_to_tell_are_named_and_those_to_telephone_listed(
    visitor: Visitor, event: Row, who: Staff, clock: Clock
) -> None:
    for name, email in (("Aciers d’Artois", "rh@aciers.example"), ("Bâti-Terril", None)):
        owner = await factories.organisation("exhibitor", name=name, email=email)
        await factories.session(await factories.workshop(event, exhibitor=owner["id"]), event)
    page = await visitor.open(f"/office/events/{event['id']}/cancel")
    for said in ("Personne n’est inscrit : 1 entreprise sera prévenue", "Aciers d’Artois", "téléphonez-leur"):
        assert said in page.text.replace("\u00a0", " "), said
    await somebody(event, await slot(event))
    page = await visitor.open(f"/office/events/{event['id']}/cancel")
    assert "1 personne sera prévenue" in page.text
    assert "Et 1 entreprise par e-mail : Aciers d’Artois." in page.text.replace("\u00a0", " ")
    done = await visitor.press(page, "Annuler")
    for said in ("Les messages partent à", "Entreprises prévenues 1", "Bâti-Terril"):
        assert said in done.text, said
    undone = await visitor.press(done, "Annuler ce changement")
    assert "Aucun message n’est parti" in undone.text
    queued = await fetch("SELECT kind FROM message WHERE state = 'queued'")
    assert [message["kind"] for message in queued] == ["your_places"]


async def test_other_hours_than_those_looked_at_are_shown_first(visitor: Visitor, event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    page = await visitor.open(f"/office/sessions/{session['id']}/move?start=10:00&end=10:45")
    page = await visitor.press(page, "Déplacer", start="11:00", end="11:45")
    assert "9 h – 9 h 45 devient 11 h – 11 h 45." in page.text
    assert await fetch("SELECT id FROM plan_change") == []
    page = await visitor.press(page, "Déplacer")
    assert page.path.startswith("/office/changes/")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"start": "12:00", "end": "11:00"}, "Un créneau finit après son début."),
        ({"start": "", "end": "11:00"}, "Écrivez l’heure."),
        ({"start": "25:00", "end": "11:00"}, "Écrivez une heure comme 10:30."),
        ({"start": "19:00", "end": "20:00"}, "en dehors des horaires de la journée"),
    ],
)
async def test_hours_that_cannot_be_are_said_beside_the_field(
    visitor: Visitor, event: Row, who: Staff, given: dict[str, str], said: str
) -> None:
    session = await slot(event)
    page = await visitor.open(f"/office/sessions/{session['id']}/move")
    page = await visitor.press(page, "Voir qui", **given)
    assert page.status == 422
    assert said in page.text


async def test_a_screen_that_is_no_longer_true_is_shown_anew(visitor: Visitor, event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    stale = await visitor.open(f"/office/sessions/{session['id']}/move?start=10:00&end=10:45")
    await visitor.press(await visitor.open(f"/office/sessions/{session['id']}/move?start=11:00&end=11:45"), "Déplacer")
    page = await visitor.press(stale, "Déplacer")
    assert page.status == 409
    assert "Quelqu’un a changé cela entre-temps" in page.text
    assert "11 h – 11 h 45 devient 10 h – 10 h 45." in page.text
    page = await visitor.press(page, "Déplacer")
    assert page.path.startswith("/office/changes/")


async def test_fewer_places_ask_whose_go(visitor: Visitor, event: Row, who: Staff, clock: Clock) -> None:
    workshop = await factories.workshop(event, title="Soudeur")
    full, other = [await factories.session(workshop, event, hour, capacity=3) for hour in (0, 2)]
    came = []
    for name in ("Ana", "Bea", "Clo"):
        clock.turn(minutes=1)
        came.append(await somebody(event, full, first_name=name, email=f"{name}@example.org"))
    page = await visitor.open(f"/office/sessions/{full['id']}/capacity")
    page = await visitor.press(page, "Voir qui", capacity="1")
    assert "Il y a 2 places à libérer" in page.text
    assert page.text.index("Clo Lefèvre") < page.text.index("Bea Lefèvre") < page.text.index("Ana Lefèvre")
    chosen = dict(page.forms[1].fields)
    assert [chosen[f"go.{one.places[0].id}"] for one in came] == ["stay", "wait", "wait"]
    assert await fetch_one("SELECT people FROM audit_entry WHERE action = 'list_slot'") == {"people": 3}
    moved = {f"go__{came[2].places[0].id}": other["id"]}
    again = await visitor.press(page, "Changer le nombre", **{f"go__{came[1].places[0].id}": "stay"})
    assert again.status == 409
    assert "Les inscrits de ce créneau ont changé" in again.text
    page = await visitor.press(page, "Changer le nombre", **moved)
    assert "Soudeur, 9 h : de 3 à 1 places" in page.text
    assert [(await place(one))["status"] for one in came] == ["confirmed", "waiting", "confirmed"]
    assert (await place(came[2]))["session"] == other["id"]
    assert await truths.offenders() == {}


async def test_more_places_tell_nobody(visitor: Visitor, event: Row, who: Staff) -> None:
    session = await slot(event, capacity=1)
    page = await visitor.open(f"/office/sessions/{session['id']}/capacity")
    page = await visitor.press(page, "Voir qui", capacity="4")
    assert "Chacun garde sa place" in page.text
    page = await visitor.press(page, "Changer le nombre de places")
    assert "Il n’y avait personne à prévenir" in page.text
    assert (await row("session", session["id"]))["capacity"] == 4


@pytest.mark.parametrize("capacity", ["0", "-1", "many", "9999"])
async def test_a_number_of_places_that_cannot_be(visitor: Visitor, event: Row, who: Staff, capacity: str) -> None:
    session = await slot(event)
    page = await visitor.open(f"/office/sessions/{session['id']}/capacity")
    assert (await visitor.press(page, "Voir qui", capacity=capacity)).status == 422


@pytest.mark.parametrize(
    ("path", "button", "said"),
    [
        ("/office/sessions/{session}/cancel", "Annuler le créneau et prévenir 2 personnes", "Maçon, 12 h – 12 h 45"),
        ("/office/workshops/{workshop}/cancel", "Annuler l’atelier et prévenir 2 personnes", "Maçon : 1 créneau"),
        ("/office/events/{event}/cancel", "Annuler l’édition et prévenir 2 personnes", "Toute la journée est annulée"),
        ("/office/events/{event}/rest", "Annuler la suite et prévenir 2 personnes", "La suite de la journée"),
    ],
)
async def test_what_is_cancelled_says_to_how_many_and_sends_at_once_if_told(
    visitor: Visitor, event: Row, who: Staff, clock: Clock, path: str, button: str, said: str
) -> None:
    session = await slot(event, 3)
    await people(event, 2, session)
    ids = {"session": session["id"], "workshop": session["workshop"], "event": event["id"]}
    page = await visitor.open(path.format(**ids))
    assert "2 personnes seront prévenues" in page.text
    page = await visitor.press(page, button, why="Inondation", at_once="true")
    assert said in page.text
    assert "Ils sont en train de partir." in page.text
    assert {
        one["not_before"] for one in await fetch("SELECT not_before FROM message WHERE plan_change IS NOT NULL")
    } == {clock.now}
    page = await visitor.open(path.format(**ids))
    assert "déjà annulé" in page.text or "Tous les créneaux" in page.text
    assert await truths.offenders() == {}


async def test_a_reason_holds_no_social_security_number(visitor: Visitor, event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    page = await visitor.open(f"/office/sessions/{session['id']}/cancel")
    page = await visitor.press(page, "Annuler le créneau", why="1 85 05 78 006 084 36")
    assert page.status == 422
    assert await fetch("SELECT id FROM plan_change") == []


async def test_a_day_under_way_offers_its_rest(visitor: Visitor, event: Row, clock: Clock) -> None:
    await somebody(event, await slot(event))
    clock.now = event["starts_at"] + timedelta(minutes=1)
    await signed_in(visitor, event)
    page = await visitor.open(f"/office/events/{event['id']}/cancel")
    assert "La journée a commencé" in page.text
    assert f"/office/events/{event['id']}/rest" in page.links


async def test_another_hall(visitor: Visitor, event: Row, who: Staff, clock: Clock) -> None:
    await somebody(event, await slot(event))
    path = f"/office/events/{event['id']}/hall"
    assert "Aucune autre salle" in (await visitor.open(path)).text
    hall = await factories.venue(name="Salle Raoul-Briquet")
    asked = {"id": "q1", "event": event["id"], "venue": hall["id"], "status": "accepted", "asked_at": clock.now}
    await factories.insert("venue_request", asked | {"from_at": event["starts_at"], "until_at": event["ends_at"]})
    page = await visitor.open(path)
    page = await visitor.press(page, "Changer la salle et prévenir 1 personne")
    assert "La journée a lieu ici : Salle Raoul-Briquet, et non plus Salle des fêtes" in page.text
    assert (await row("event", event["id"]))["venue"] == hall["id"]


async def test_what_is_sent_now_or_has_left_is_not_undone(
    visitor: Visitor, event: Row, who: Staff, clock: Clock
) -> None:
    session = await slot(event)
    await somebody(event, session)
    page = await visitor.open(f"/office/sessions/{session['id']}/cancel")
    page = await visitor.press(page, "Annuler le créneau")
    stale = page
    page = await visitor.press(page, "Envoyer maintenant")
    assert "Ils sont en train de partir." in page.text
    await fetch("UPDATE message SET state = 'sent', sent_at = {} WHERE plan_change IS NOT NULL", clock.now)
    page = await visitor.press(stale, "Annuler ce changement")
    assert page.status == 409
    assert "Les premiers messages sont partis" in page.text
    assert "On ne peut plus l’annuler" in page.text


async def test_another_agency_finds_nothing(visitor: Visitor, event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    page = await visitor.open(f"/office/sessions/{session['id']}/cancel")
    change = (await visitor.press(page, "Annuler le créneau")).path
    await signed_in(visitor, await factories.event())
    for path in (
        change,
        f"/office/sessions/{session['id']}/move",
        f"/office/sessions/{session['id']}/capacity",
        f"/office/sessions/{session['id']}/cancel",
        f"/office/workshops/{session['workshop']}/cancel",
        f"/office/events/{event['id']}/cancel",
        f"/office/events/{event['id']}/rest",
        f"/office/events/{event['id']}/hall",
        f"/office/events/{event['id']}/changes",
    ):
        assert (await visitor.open(path)).status == 404
        if not path.endswith("changes") and path != change:
            assert (await visitor.send(path, [("step", "do")])).status == 404
    assert (await visitor.send(f"{change}/undo", [])).status == 404
    assert (await visitor.send(f"{change}/send", [])).status == 404


async def test_the_person_chooses_which_place_to_keep(visitor: Visitor, event: Row, who: Staff) -> None:
    session, other = await slot(event), await slot(event, 1, "Boulanger")
    zoe = await somebody(event, session, other)
    link = (await papers(zoe.attendee)).manage_url.removeprefix(settings().public_url)
    assert "en même temps" not in (await visitor.open(link)).text
    page = await visitor.open(f"/office/sessions/{session['id']}/move?start=10:00&end=10:45")
    await visitor.press(page, "Déplacer")
    page = await visitor.open(link)
    assert "Deux de vos ateliers sont maintenant en même temps" in page.text
    page = await visitor.press(page, "Garder Boulanger, 10 h")
    assert "en même temps" not in page.text
    assert [(await place(zoe, n))["status"] for n in (0, 1)] == ["cancelled", "confirmed"]
    assert await truths.offenders() == {}


async def test_a_place_of_another_day_is_not_named_on_this_ticket(visitor: Visitor, event: Row, who: Staff) -> None:
    session = await slot(event)
    there = await slot(await factories.event(date=event["date"]), 1, "Secret")
    zoe = await somebody(event, session)
    await somebody({"id": (await row("workshop", there["workshop"]))["event"]}, there)
    page = await visitor.open(f"/office/sessions/{session['id']}/move?start=10:00&end=10:45")
    await visitor.press(page, "Déplacer")
    page = await visitor.open((await papers(zoe.attendee)).manage_url.removeprefix(settings().public_url))
    assert "en même temps qu’une autre de vos places" in page.text
    assert "Secret" not in page.text

"""The links a person holds: what the ticket shows, what the own page changes, what a wrong address can no longer do."""

from datetime import timedelta

import pytest

from tests import factories
from tests.factories import Row
from tests.visitor import Visitor
from workshops.actors import ANYONE
from workshops.database import Engine, fetch, utcnow
from workshops.papers import papers
from workshops.registrations import register
from workshops.settings import settings
from workshops.tickets import sign


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event(title="Osons nos talents à Lens")


@pytest.fixture
async def slot(event: Row) -> Row:
    return await factories.session(await factories.workshop(event, title="Maçon"), event, capacity=3)


async def holder(event: Row, *slots: Row, **given: object) -> tuple[str, str, str]:
    """Somebody with these places: id, manage link, ticket link, as paths."""
    done = await register(factories.sign_up(event, *slots, if_full="wait", **given), ANYONE)
    held = await papers(done.attendee)
    return (
        done.attendee,
        held.manage_url.removeprefix(settings().public_url),
        held.ticket_url.removeprefix(settings().public_url),
    )


async def statuses() -> list[str]:
    return [row["status"] for row in await fetch("SELECT status FROM registration ORDER BY created_at, id")]


async def test_a_ticket_shows_places_and_nothing_about_the_person(visitor: Visitor, event: Row, slot: Row) -> None:
    full = await factories.session(await factories.workshop(event, title="Cuisinier"), event, 2, capacity=0)
    attendee, _manage, ticket = await holder(event, slot, full)
    code = (await papers(attendee)).code
    for path in (ticket, ticket.lower(), ticket.upper()):
        page = await visitor.open(path)
        assert page.status == 200
        for words in ("Maçon", "9 h – 9 h 45", "Place réservée", "Cuisinier", "Liste d’attente"):
            assert words in page.text
        for secret in ("Zoé", "Lefèvre", "zoe@", code, "/m/", "Annuler", ticket[3:]):
            assert secret not in page.html
        assert len(page.forms) == 1
        assert page.answer.headers["cache-control"] == "no-store"
        assert "noindex" in page.answer.headers["x-robots-tag"]


async def test_a_replaced_ticket_says_so(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, _manage, ticket = await holder(event, slot)
    await fetch("UPDATE ticket SET status = 'replaced', replaced_at = {}", utcnow())
    page = await visitor.open(ticket)
    assert "Ce billet a été remplacé" in page.text
    assert "Maçon" not in page.text


async def test_the_own_page_shows_the_ticket_and_cancels(visitor: Visitor, event: Row, slot: Row) -> None:
    other = await factories.session(await factories.workshop(event, title="Cuisinier"), event, 2)
    attendee, manage, _ticket = await holder(event, slot, other)
    page = await visitor.open(manage)
    for words in ("Vos places", "Zoé Lefèvre", (await papers(attendee)).code, "Maçon", "Cuisinier"):
        assert words in page.text
    assert "annulé" not in (await visitor.open(f"{manage}?done={page.forms[1].fields[0][1]}")).text
    assert await statuses() == ["confirmed", "confirmed"]
    page = await visitor.press(page, "Annuler cette place Maçon")
    assert "C’est annulé" in page.text
    assert "Maçon" not in page.text
    assert "cancelled" in await statuses()
    page = await visitor.press(page, "Annuler cette place Cuisinier")
    assert "Vous n’avez plus de place" in page.text
    again = await visitor.open(page.link("/add"))
    again = await visitor.open(next(link for link in again.links if slot["workshop"] in link))
    page = await visitor.press(again, "Prendre cet horaire", session=slot["id"])
    assert "Votre place est réservée" in page.text
    assert "Maçon" in page.text


async def test_nobody_cancels_what_is_not_theirs_or_has_begun(visitor: Visitor, event: Row, slot: Row) -> None:
    _zoe, manage, _ticket = await holder(event, slot)
    lea, _manage, _ticket = await holder(event, slot, first_name="Léa", email="lea@example.org")
    foreign = (await fetch("SELECT id FROM registration WHERE attendee = {}", lea))[0]["id"]
    for registration in (foreign, "nothing", "", "\x00"):
        page = await visitor.send(f"{manage}/cancellations", [("registration", registration)])
        assert page.status == 404
    page = await visitor.open(manage)
    assert "C’est annulé" not in (await visitor.open(f"{manage}?done={foreign}")).text
    await fetch("UPDATE session SET starts_at = {}", utcnow() - timedelta(minutes=1))
    late = await visitor.press(page, "Annuler cette place")
    assert late.status == 409
    assert "a commencé" in late.text
    assert await statuses() == ["confirmed", "confirmed"]


async def test_somebody_else_signed_them_up(visitor: Visitor, event: Row, slot: Row) -> None:
    other = await factories.session(await factories.workshop(event), event, 2)
    _attendee, manage, _ticket = await holder(event, slot, other)
    page = await visitor.open((await visitor.open(manage)).link("/not-you"))
    assert await statuses() == ["confirmed", "confirmed"]
    page = await visitor.press(page, "Annuler toutes ces places")
    assert "Vous n’avez plus de place" in page.text
    assert await statuses() == ["cancelled", "cancelled"]


async def test_a_cancelled_day_and_a_past_one_offer_nothing_to_do(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage, ticket = await holder(event, slot)
    await fetch("UPDATE event SET status = 'cancelled', cancelled_why = 'Salle fermée.'")
    for path in (manage, ticket):
        page = await visitor.open(path)
        assert "Cette journée est annulée" in page.text
        assert "Salle fermée." in page.text
        assert not [form for form in page.forms if form.action.endswith(("/cancellations", "/additions", "/ticket"))]
    before = utcnow() - timedelta(days=1)
    await fetch(
        "UPDATE event SET status = 'published', starts_at = {}, ends_at = {}", before, before + timedelta(hours=1)
    )
    assert "Cette journée est terminée" in (await visitor.open(manage)).text


async def test_links_survive_a_secret_key_that_is_gone(
    visitor: Visitor, event: Row, slot: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    _attendee, manage, ticket = await holder(event, slot)
    await fetch("UPDATE ticket SET secret_key = 'gone'")
    page = await visitor.open(manage)
    assert page.status == 200
    assert "Maçon" in page.text
    assert (await visitor.open(ticket)).status == 200


async def remembered(visitor: Visitor, event: Row, attendee: str, ago: timedelta = timedelta()) -> None:
    """The cookie of a browser that signed this attendee up some time ago."""
    at = int((utcnow() - ago).timestamp())
    visitor.client.cookies.set("sign_up", sign("sign_up", f"{event['id']}.{attendee}.own.{at}"))


async def test_a_wrong_address_is_corrected_and_its_link_dies(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage, ticket = await holder(event, slot)
    await remembered(visitor, event, attendee)
    page = await visitor.open(f"/events/{event['id']}/confirmation")
    form = await visitor.open(page.link("/contact"))
    wrong = await visitor.press(form, "Envoyer mon billet", email="zoe@", phone="12")
    assert wrong.status == 422
    assert 'href="#phone"' in wrong.html
    empty = await visitor.press(form, "Envoyer mon billet", email="", phone="")
    assert "Donnez un e-mail ou un numéro" in empty.text
    page = await visitor.press(form, "Envoyer mon billet", email="Zoe.L@example.org", phone="0639980001")
    assert "zoe.l@ example.org" in page.text
    assert (await visitor.open(manage)).status == 404
    assert (await visitor.open(ticket)).status == 200
    states = [row["state"] for row in await fetch("SELECT state FROM message ORDER BY created_at, id")]
    assert sorted(states) == ["queued", "superseded"]


async def test_another_s_address_is_refused_in_the_one_wording(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, _manage, _ticket = await holder(event, slot)
    await holder(event, slot, email="other@example.org")
    await remembered(visitor, event, attendee)
    form = await visitor.open(f"/events/{event['id']}/confirmation/contact")
    page = await visitor.press(form, "Envoyer mon billet", email="other@example.org")
    assert page.status == 409
    assert "Vous avez peut-être déjà des places" in page.text


async def test_after_half_an_hour_the_page_closes(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, _manage, _ticket = await holder(event, slot)
    registration = (await fetch("SELECT id FROM registration"))[0]["id"]
    await remembered(visitor, event, attendee, timedelta(minutes=31))
    address = f"/events/{event['id']}/confirmation"
    page = await visitor.open(address)
    assert page.status == 404
    assert "Cette page est fermée" in page.text
    assert (await visitor.send(f"{address}/cancellations", [("registration", registration)])).status == 404
    assert (await visitor.send(f"{address}/contact", [("email", "x@example.org")])).status == 404
    other = await factories.event()
    await remembered(visitor, event, attendee)
    assert (await visitor.open(f"/events/{other['id']}/confirmation")).status == 404


async def test_the_browser_that_signed_up_cancels(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, _manage, _ticket = await holder(event, slot)
    await remembered(visitor, event, attendee)
    page = await visitor.open(f"/events/{event['id']}/confirmation")
    page = await visitor.press(page, "Annuler cette place")
    assert "Cette place est annulée" in page.text
    assert "Vous n’avez plus de place" in page.text
    assert await statuses() == ["cancelled"]

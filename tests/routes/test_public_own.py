"""Name, contact, opt-ins and data by the manage link, and lost tickets: pages in words that change what they say."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.postbox import Server, connected, parsed
from tests.visitor import Page, Visitor
from workshops import new_addresses
from workshops.actors import ANYONE
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.delivery import deliver_due
from workshops.lost_links import answer_due
from workshops.papers import papers
from workshops.registrations import register
from workshops.settings import settings


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event(title="Osons nos talents à Lens")


@pytest.fixture
async def slot(event: Row) -> Row:
    return await factories.session(await factories.workshop(event, title="Maçon"), event)


async def holder(event: Row, *slots: Row, **given: Any) -> tuple[str, str]:
    """Somebody with these places: id, and the path of the own page."""
    done = await register(factories.sign_up(event, *slots, **given), ANYONE)
    return done.attendee, await manage_path(done.attendee)


async def manage_path(attendee: str) -> str:
    return (await papers(attendee)).manage_url.removeprefix(settings().public_url)


async def name(attendee: str) -> str:
    row = await fetch_one("SELECT first_name, last_name FROM attendee WHERE id = {}", attendee)
    return f"{row['first_name']} {row['last_name']}" if row else ""


async def renamed(visitor: Visitor, manage: str, first_name: str, last_name: str) -> Page:
    page = await visitor.open(f"{manage}/name")
    return await visitor.press(page, "Corriger mon nom", first_name=first_name, last_name=last_name)


async def test_a_spelling_mistake_is_corrected_and_the_keys_follow(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot, first_name="Zoe", last_name="Lefevbre")
    page = await renamed(visitor, manage, "Zoé", "Lefèvre")
    assert "Votre nom est corrigé" in page.text
    assert "Zoé Lefèvre" in page.text
    assert await name(attendee) == "Zoé Lefèvre"
    again = await factories.session(await factories.workshop(event), event, 3)
    assert (await register(factories.sign_up(event, again), ANYONE)).attendee == attendee
    [entry] = await fetch("SELECT changes FROM audit_entry WHERE action = 'correct_name'")
    assert "Zo" not in entry["changes"]


async def test_a_place_is_not_handed_on(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot)
    page = await renamed(visitor, manage, "Karim", "Durand")
    assert page.status == 409
    assert "Une place ne se donne pas" in page.text
    assert page.link("/cancel-all")
    assert await name(attendee) == "Zoé Lefèvre"


async def test_nor_in_two_steps(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot)
    assert (await renamed(visitor, manage, "Zoé", "Vandenbroucke")).status == 200
    page = await renamed(visitor, manage, "Karim", "Vandenbroucke")
    assert page.status == 409
    assert "déjà changé un nom une fois" in page.text
    assert await name(attendee) == "Zoé Vandenbroucke"
    assert (await renamed(visitor, manage, "Zoë", "Vandenbrouck")).status == 200


async def test_a_name_that_is_somebody_else_s_is_refused_without_telling(
    visitor: Visitor, event: Row, slot: Row
) -> None:
    attendee, manage = await holder(event, slot)
    await holder(event, slot, first_name="Léa")
    page = await renamed(visitor, manage, "Léa", "Lefèvre")
    assert page.status == 409
    assert "Appelez-nous" in page.text
    assert await name(attendee) == "Zoé Lefèvre"


async def test_names_that_are_none_are_named_field_by_field(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage = await holder(event, slot)
    page = await renamed(visitor, manage, "", "12")
    assert page.status == 422
    assert 'href="#first_name"' in page.html
    assert 'href="#last_name"' in page.html


async def link_in_mail(to: str, pattern: str) -> str:
    """What leaves is delivered; the last link of this kind to an address."""
    server = Server()
    async with connected(server) as post:
        await deliver_due(post)
    letters = [parsed(raw).get_body(("plain",)) for _, address, raw in server.taken if address == to]
    return str(re.findall(pattern, " ".join(letter.get_content() for letter in letters if letter))[-1])


async def test_a_new_address_is_opened_from_its_mailbox(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot)
    form = await visitor.open(f"{manage}/contact")
    page = await visitor.press(form, "Enregistrer mon contact", email="New@Example.org")
    assert "Ouvrez le message envoyé à new@example.org" in page.text
    address = await link_in_mail("new@example.org", r"/address/\w+")
    page = await visitor.open(address)
    assert page.answer.headers["cache-control"] == "no-store"
    assert (await visitor.open(manage)).status == 200
    done = await visitor.press(page, "Confirmer cette adresse")
    assert "Votre adresse est confirmée" in done.text
    assert done.path.split("?")[0] == await manage_path(attendee) != manage
    assert (await visitor.open(manage)).status == 404
    for ended in (await visitor.open(address), await visitor.press(page, "Confirmer cette adresse")):
        assert ended.status == 410
        assert "Ce lien a déjà servi" in ended.text
        assert ended.link("/lost-link")
    assert (await visitor.open(address[:-2])).status == 404


async def test_an_expired_link_says_so(
    visitor: Visitor, event: Row, slot: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    _attendee, manage = await holder(event, slot)
    await visitor.send(f"{manage}/contact", [("email", "new@example.org")])
    address = await link_in_mail("new@example.org", r"/address/\w+")
    later = utcnow() + new_addresses.LASTS + timedelta(seconds=1)
    monkeypatch.setattr("workshops.mail_links.utcnow", lambda: later)
    page = await visitor.open(address)
    assert page.status == 410
    assert "n’est plus valable" in page.text


async def test_a_new_number_counts_at_once(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage = await holder(event, slot)
    form = await visitor.open(f"{manage}/contact")
    wrong = await visitor.press(form, "Enregistrer mon contact", phone="06 39 98")
    assert wrong.status == 422
    assert 'href="#phone"' in wrong.html
    page = await visitor.press(form, "Enregistrer mon contact", phone="06 39 98 00 01")
    assert "C’est noté" in page.text
    assert "06 39 98 00 01" in page.text
    gone = await visitor.press(form, "Enregistrer mon contact", email="", phone="06 39 98 00 01")
    assert gone.status == 422
    assert "Gardez une adresse e-mail" in gone.text


async def test_an_address_of_somebody_else_is_refused_without_telling(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage = await holder(event, slot)
    await holder(event, slot, email="new@example.org")
    await visitor.send(f"{manage}/contact", [("email", "new@example.org")])
    page = await visitor.open(await link_in_mail("new@example.org", r"/address/\w+"))
    page = await visitor.press(page, "Confirmer cette adresse")
    assert page.status == 409
    assert "Rien n’a changé" in page.text


async def test_too_many_changes_wait(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage = await holder(event, slot)
    for _ in range(new_addresses.TO_ONE.most):
        await visitor.send(f"{manage}/contact", [("email", "new@example.org")])
    page = await visitor.send(f"{manage}/contact", [("email", "new@example.org")])
    assert page.status == 429
    assert "Trop d’essais" in page.text


async def test_choices_are_shown_as_they_are_and_changed(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage = await holder(event, slot)
    registration = (await fetch("SELECT id FROM registration"))[0]["id"]
    page = await visitor.open(manage)
    assert ("share", registration) not in [pair for form in page.forms for pair in form.fields]
    page = await visitor.press(page, "Enregistrer mes choix", share=registration, news="true")
    assert "Vos choix sont notés" in page.text
    ticked = [pair for form in page.forms for pair in form.fields]
    assert ("share", registration) in ticked
    assert ("news", "true") in ticked
    page = await visitor.press(page, "Enregistrer mes choix", registration, "true")
    assert ("share", registration) not in [pair for form in page.forms for pair in form.fields]
    assert not await fetch("SELECT id FROM news_address WHERE withdrawn_at IS NULL")


async def test_the_young_are_asked_for_nothing(visitor: Visitor, event: Row, slot: Row) -> None:
    young = {"aged_16_or_over": False, "adult_name": "Ana", "adult_phone": "+33639980001"}
    _attendee, manage = await holder(event, slot, **young)
    assert "Ce que vous acceptez" not in (await visitor.open(manage)).text


async def test_data_are_read_and_taken_along(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot, phone="+33639980001", commune="62498")
    page = await visitor.open((await visitor.open(manage)).link("/data"))
    for words in ("Zoé Lefèvre", "06 39 98 00 01", "Lens", "Maçon"):
        assert words in page.text
    answer = await visitor.client.get(page.link("/data/file"))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    stored = json.loads(answer.text)
    assert stored["person"]["phone"] == "+33639980001"
    assert stored["places"][0]["workshop"] == "Maçon"
    assert stored["tickets"][0]["code"] == (await papers(attendee)).code


async def test_erasing_asks_first_and_then_closes_the_door(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot)
    ticket = (await papers(attendee)).ticket_url.removeprefix(settings().public_url)
    page = await visitor.open((await visitor.open(manage)).link("/erasure"))
    assert "Votre place est annulée" in page.text
    assert await name(attendee) == "Zoé Lefèvre"
    done = await visitor.press(page, "Effacer mes données")
    assert "Vos données sont effacées" in done.text
    assert done.path == "/erased"
    for path in (manage, ticket, f"{manage}/data", f"{manage}/erasure"):
        assert (await visitor.open(path)).status == 404
    assert (await visitor.press(page, "Effacer mes données")).status == 404
    assert [row["status"] for row in await fetch("SELECT status FROM registration")] == ["cancelled"]


async def test_a_lost_ticket_is_asked_for_with_the_same_answer_for_all(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage = await holder(event, slot)
    await fetch("UPDATE message SET state = 'sent', sent_at = {}", utcnow() - timedelta(days=2))
    page = await visitor.open((await visitor.open("/")).link("/lost-link"))
    answers = [
        await visitor.press(page, "Envoyez-moi", email=email)
        for email in ("zoe@example.org", "nobody@example.org", *["zoe@example.org"] * 4)
    ]
    shown = {re.sub(r"zoe@|nobody@", "", answer.text) for answer in answers}
    assert len(shown) == 1
    assert {answer.status for answer in answers} == {200}
    assert await answer_due(utcnow()) == 3
    assert await link_in_mail("zoe@example.org", r"/m/\w+") == manage
    wrong = await visitor.press(page, "Envoyez-moi", email="zoe@")
    assert wrong.status == 422
    assert 'href="#email"' in wrong.html


async def test_who_is_registered_already_is_led_to_the_ticket(visitor: Visitor, event: Row, slot: Row) -> None:
    await holder(event, slot)
    person = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org", "aged_16_or_over": "true"}
    page = await visitor.open(f"/events/{event['id']}/sign-up?s={slot['id']}")
    page = await visitor.press(await visitor.press(page, "Continuer", **person), "Réserver ma place")
    assert page.status == 409
    assert page.link("/lost-link")


async def test_forms_from_elsewhere_are_refused(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot)
    for end in ("/name", "/contact", "/opt-ins", "/erasure", "/cancel-all", "/ticket", "/additions"):
        answer = await visitor.client.post(
            manage + end, content=b"", headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        )
        assert answer.status_code == 403, end
    assert await name(attendee) == "Zoé Lefèvre"

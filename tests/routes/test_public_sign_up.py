"""Signing up without JavaScript: three steps, every fault named, nothing half done, nothing told to strangers."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.gateways import texts_on
from tests.visitor import Page, Visitor
from workshops.database import Engine, fetch, utcnow
from workshops.ids import new_id
from workshops.settings import settings

PERSON = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "Zoe@Example.org", "aged_16_or_over": "true"}
BOOK = "Réserver ma place"


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event(title="Osons nos talents à Lens")


@pytest.fixture
async def workshop(event: Row) -> Row:
    return await factories.workshop(event, title="Maçon")


@pytest.fixture
async def slot(event: Row, workshop: Row) -> Row:
    return await factories.session(workshop, event, capacity=3)


async def count(table: str) -> int:
    return int((await fetch(f"SELECT COUNT(*) AS n FROM {table}"))[0]["n"])


async def second_step(visitor: Visitor, event: Row, *slots: Row, who: str = "") -> Page:
    query = "&".join([f"s={slot['id']}" for slot in slots] + ([f"who={who}"] if who else []))
    return await visitor.open(f"/events/{event['id']}/sign-up?{query}")


async def checked(visitor: Visitor, event: Row, *slots: Row, **given: Any) -> Page:
    return await visitor.press(await second_step(visitor, event, *slots), "Continuer", **{**PERSON, **given})


async def booked(visitor: Visitor, event: Row, *slots: Row, **given: Any) -> Page:
    page = await checked(visitor, event, *slots, **given)
    return await visitor.press(page, page.forms[-1].buttons[0].label)


async def fill(slot: Row) -> None:
    await fetch("UPDATE session SET confirmed = capacity WHERE id = {}", slot["id"])


def values(page: Page) -> dict[str, str]:
    """What the forms of a page hold, the language switch left out."""
    return {name: value for form in page.forms[1:] for name, value in form.fields}


async def test_three_steps_to_a_ticket(visitor: Visitor, event: Row, slot: Row) -> None:
    page = await checked(visitor, event, slot, phone="06 39 98 00 01", commune="62498", accommodations=["companion"])
    for words in ("Rien n’est encore réservé", "zoe@ example.org", "06 39 98 00 01", "Lens", "Maçon", "9 h – 9 h 45"):
        assert words in page.text
    assert await count("registration") == 0
    page = await visitor.press(page, BOOK)
    assert page.status == 200
    assert page.path == f"/events/{event['id']}/confirmation"
    row = (await fetch("SELECT a.*, t.code FROM attendee a JOIN ticket t ON t.attendee = a.id"))[0]
    assert (row["email"], row["phone"], row["commune"]) == ("zoe@example.org", "+33639980001", "62498")
    for words in ("Votre place est réservée", "Zoé Lefèvre", row["code"], "zoe@", "Corriger cette adresse"):
        assert words in page.text
    assert 'role="img"' in page.html
    assert page.answer.headers["cache-control"] == "no-store"
    assert [message["kind"] for message in await fetch("SELECT kind FROM message")] == ["your_places"]


async def test_the_cookie_is_signed_short_and_names_nobody(visitor: Visitor, event: Row, slot: Row) -> None:
    await booked(visitor, event, slot)
    cookie = next(cookie for cookie in visitor.client.cookies.jar if cookie.name == "sign_up")
    [row] = await fetch("SELECT attendee FROM registration")
    ids = rf"{event['id']}\.{row['attendee']}\.own\.\d+\.{slot['id']}_confirmed"
    assert re.fullmatch(rf"{ids}\.[\w-]{{16,}}", str(cookie.value)), "ids and a signature, nothing else"
    assert cookie.expires
    assert cookie.expires - utcnow().timestamp() < 1801
    assert cookie.has_nonstandard_attr("HttpOnly")
    visitor.client.cookies.set("sign_up", str(cookie.value).replace(".own.", ".sent."))
    forged = await visitor.open(f"/events/{event['id']}/confirmation")
    assert forged.status == 404
    assert "Cette page est fermée" in forged.text


async def test_every_fault_is_named_and_what_was_written_is_kept(visitor: Visitor, event: Row, slot: Row) -> None:
    page = await second_step(visitor, event, slot)
    faulty: dict[str, Any] = {
        "first_name": "Zoé 7",
        "last_name": "x" * 61,
        "email": "zoe@",
        "phone": "06 12 34 56 7",
        "aged_16_or_over": "peut-être",
        "commune": "75056",
        "agency": "nobody",
        "accommodations": ["companion", "limousine"],
    }
    page = await visitor.press(page, "Continuer", **faulty)
    assert page.status == 422
    assert page.html.index("<title>Erreur") > 0
    for name in faulty:
        assert f'href="#{name}"' in page.html, name
        assert f'id="{name}"' in page.html, name
    assert values(page)["first_name"] == "Zoé 7"
    assert "Il manque un chiffre" in page.text
    assert await count("attendee") == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("first_name", "", "Écrivez votre prénom"),
        ("last_name", "185057800608436", "numéro de sécurité sociale"),
        ("first_name", "1 85 05 78 006 084 36", "numéro de sécurité sociale"),
        ("email", "2850578006084@example.org", "numéro de sécurité sociale"),
        ("last_name", "Le\x00fèvre", "caractères ne passent pas"),
        ("last_name", "Le\r\nfèvre", "caractères ne passent pas"),
        ("last_name", "\u202eLefèvre", "caractères ne passent pas"),
        ("email", "", "Donnez un e-mail ou un numéro de mobile"),
        ("phone", "3646", "Il manque un chiffre"),
        ("phone", "06" * 30, "trop long"),
        ("aged_16_or_over", "", "Dites si vous avez 16 ans"),
        ("aged_16_or_over", "false", "Écrivez le nom de l’adulte"),
    ],
)
async def test_what_cannot_be_is_refused(
    visitor: Visitor, event: Row, slot: Row, name: str, value: str, words: str
) -> None:
    page = await checked(visitor, event, slot, **{name: value})
    assert page.status == 422
    assert words in page.text
    pairs = [("sessions", slot["id"]), *{**PERSON, name: value}.items()]
    straight = await visitor.send(f"/events/{event['id']}/registrations", pairs)
    assert straight.status == 422
    assert words in straight.text
    assert await count("person_key") == 0


async def test_somebody_under_16_comes_with_an_adult_and_is_not_asked_to_opt_in(
    visitor: Visitor, event: Row, slot: Row
) -> None:
    adult = {"responsible_adult__name": "Anne Lefèvre", "responsible_adult__phone": "0639980002"}
    page = await booked(
        visitor, event, slot, aged_16_or_over="false", news="true", share_with_exhibitor="true", **adult
    )
    assert "Votre place est réservée" in page.text
    row = (await fetch("SELECT adult_name, adult_phone, aged_16_or_over FROM attendee"))[0]
    assert list(row.values()) == ["Anne Lefèvre", "+33639980002", False]
    assert await count("news_address") == 0
    assert [row["share_with_exhibitor"] for row in await fetch("SELECT share_with_exhibitor FROM registration")] == [
        False
    ]


async def test_a_workshop_for_adults_refuses_a_child_at_the_form(visitor: Visitor, event: Row) -> None:
    slot = await factories.session(await factories.workshop(event, min_age=16), event)
    adult = {"responsible_adult__name": "Anne", "responsible_adult__phone": "0639980002"}
    page = await checked(visitor, event, slot, aged_16_or_over="false", **adult)
    assert page.status == 422
    assert "à partir de 16 ans" in page.text


async def test_opt_ins_are_taken_only_when_ticked(visitor: Visitor, event: Row, slot: Row) -> None:
    page = await second_step(visitor, event, slot)
    assert not {"news", "share_with_exhibitor"} & set(values(page))
    await booked(visitor, event, slot, news="true", share_with_exhibitor="true")
    assert await count("news_address") == 1
    assert (await fetch("SELECT share_with_exhibitor FROM registration"))[0]["share_with_exhibitor"] is True


async def test_answers_can_be_corrected_from_the_last_step(visitor: Visitor, event: Row, slot: Row) -> None:
    page = await checked(visitor, event, slot, news="true", commune="other")
    form = await visitor.press(page, "Corriger mes réponses")
    assert form.status == 200
    kept = values(form)
    assert (kept["first_name"], kept["email"], kept["news"], kept["commune"]) == (
        "Zoé",
        "Zoe@Example.org",
        "true",
        "other",
    )
    again = await visitor.press(await visitor.press(form, "Continuer", last_name="Lefort"), BOOK)
    assert "Zoé Lefort" in again.text


async def test_pressed_twice_is_booked_once(visitor: Visitor, event: Row, slot: Row) -> None:
    page = await checked(visitor, event, slot)
    first, second = await visitor.press(page, BOOK), await visitor.press(page, BOOK)
    assert "Votre place est réservée" in first.text
    assert first.text == second.text
    assert await count("registration") == await count("attendee") == await count("message") == 1
    assert (await fetch("SELECT confirmed FROM session"))[0]["confirmed"] == 1


async def test_a_slot_that_filled_up_meanwhile_is_asked_about(visitor: Visitor, event: Row, workshop: Row) -> None:
    slot, other = [await factories.session(workshop, event, hour, capacity=1) for hour in (0, 1)]
    page = await checked(visitor, event, slot)
    await fill(slot)
    asked = await visitor.press(page, BOOK)
    assert asked.status == 409
    assert "Cet horaire est maintenant complet" in asked.text
    assert await count("registration") == 0
    instead = await visitor.press(asked, "Prendre cet horaire", sessions=other["id"])
    assert "10 h – 10 h 45" in instead.text
    assert "Zoé Lefèvre" in instead.text
    waiting = await visitor.press(asked, "M’inscrire sur la liste d’attente")
    assert "Vous êtes sur liste d’attente" in waiting.text
    assert [row["status"] for row in await fetch("SELECT status FROM registration")] == ["waiting"]


async def test_a_full_slot_is_waited_for_knowingly_and_the_others_are_booked(
    visitor: Visitor, event: Row, slot: Row
) -> None:
    full = await factories.session(await factories.workshop(event), event, 2, capacity=1, confirmed=1)
    page = await checked(visitor, event, slot, full)
    assert "Vous serez sur la liste d’attente" in page.text
    page = await visitor.press(page, BOOK)
    assert "1 place réservée, et une liste d’attente" in page.text
    assert "Liste d’attente, personne avant vous" in page.text


async def test_a_slot_cancelled_or_closed_meanwhile_is_named(visitor: Visitor, event: Row, slot: Row) -> None:
    other = await factories.session(await factories.workshop(event, title="Cuisinier"), event, 2)
    page = await checked(visitor, event, slot, other)
    await fetch("UPDATE session SET status = 'cancelled', cancelled_at = {} WHERE id = {}", utcnow(), slot["id"])
    refused = await visitor.press(page, "Réserver mes 2 places")
    assert refused.status == 409
    assert "« Maçon, 9 h – 9 h 45 » : l’inscription est fermée" in refused.text
    kept = await visitor.press(refused, "Continuer")
    assert values(kept)["first_name"] == "Zoé"
    assert [value for name, value in kept.forms[1].fields if name == "sessions"] == [other["id"]]
    assert await count("attendee") == 0


async def test_a_stranger_who_matches_adds_and_learns_nothing(visitor: Visitor, event: Row, slot: Row) -> None:
    other = await factories.session(await factories.workshop(event, title="Cuisinier"), event, 2)
    await booked(visitor, event, slot, phone="06 39 98 00 01")
    visitor.client.cookies.clear()
    page = await booked(visitor, event, other, phone="06 39 98 00 01")
    code = (await fetch("SELECT code FROM ticket"))[0]["code"]
    assert "Votre place est réservée" in page.text
    assert "Cuisinier" in page.text
    for secret in (code, "Zoé", "zoe@", 'role="img"', "/m/", "Maçon", "cancellations"):
        assert secret not in page.html
    assert await count("attendee") == 1
    nosy = await visitor.open(f"/events/{event['id']}/confirmation/contact")
    assert nosy.status == 404


async def test_what_is_stored_is_told_in_one_wording(visitor: Visitor, event: Row, slot: Row, workshop: Row) -> None:
    await booked(visitor, event, slot)
    visitor.client.cookies.clear()
    overlapping = await factories.session(await factories.workshop(event), event, 0.5)
    same = await factories.session(workshop, event, 3)
    told = set()
    for again, given in ((slot, {}), (overlapping, {}), (same, {}), (same, {"phone": "0639980009"})):
        page = await booked(visitor, event, again, **given)
        assert page.status == 409
        told.add(page.text)
    assert len(told) == 1
    assert "Vous avez peut-être déjà des places" in told.pop()
    kinds = [row["kind"] for row in await fetch("SELECT kind FROM message ORDER BY kind")]
    assert kinds == ["your_link", "your_places"]


async def test_the_same_browser_adds_a_slot_and_signs_up_another_person(
    visitor: Visitor, event: Row, slot: Row
) -> None:
    other = await factories.session(await factories.workshop(event, title="Cuisinier"), event, 2)
    page = await booked(visitor, event, slot, email="", phone="06 39 98 00 01")
    assert (await visitor.open(next(one for one in page.links if "/m/" in one))).status == 200
    form = await second_step(visitor, event, other, who="same")
    assert values(form)["first_name"] == "Zoé"
    assert form.answer.headers["cache-control"] == "no-store"
    page = await visitor.press(await visitor.press(form, "Continuer"), BOOK)
    assert "Vos 2 places sont réservées" in page.text
    assert 'role="img"' in page.html
    form = await second_step(visitor, event, slot, who="other")
    assert (values(form)["first_name"], values(form)["phone"]) == ("", "06 39 98 00 01")
    person = {"first_name": "Léa", "last_name": "Lefèvre", "aged_16_or_over": "true"}
    page = await visitor.press(await visitor.press(form, "Continuer", **person), BOOK)
    assert "Léa Lefèvre" in page.text
    assert await count("attendee") == 2


async def test_the_owner_reads_what_clashes(visitor: Visitor, event: Row, slot: Row, workshop: Row) -> None:
    same = await factories.session(workshop, event, 3)
    await booked(visitor, event, slot)
    form = await second_step(visitor, event, same, who="same")
    page = await visitor.press(await visitor.press(form, "Continuer"), BOOK)
    assert page.status == 409
    assert "du même atelier" in page.text


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=%ff%fe", b"&".join(b"a%d=1" % n for n in range(101))])
async def test_what_is_no_form_is_refused(visitor: Visitor, event: Row, slot: Row, body: bytes) -> None:
    for end in ("sign-up", "registrations"):
        answer = await visitor.client.post(
            f"/events/{event['id']}/{end}", content=body, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code == 400
        assert "pas un de nos formulaires" in answer.text


async def test_foreign_unknown_and_past_slots_are_never_booked(visitor: Visitor, event: Row, slot: Row) -> None:
    elsewhere = await factories.event()
    foreign = await factories.session(await factories.workshop(elsewhere), elsewhere)
    past = await factories.session(await factories.workshop(event), event, starts_at=utcnow() - timedelta(hours=1))
    for sessions in ([foreign["id"]], [new_id()], [past["id"]], ["'; DROP TABLE session"], []):
        pairs = [("sessions", one) for one in sessions] + list(PERSON.items())
        page = await visitor.send(f"/events/{event['id']}/registrations", pairs)
        assert page.status in (409, 422), sessions
        assert "choisissez un autre horaire" in page.text.lower() or "Cochez d’abord un horaire" in page.text
    assert await count("attendee") == 0


@pytest.fixture
async def meeting(db: Engine) -> tuple[Row, Row]:
    event = await factories.event(title="Grand Forum à Béthune")
    workshop = await factories.workshop(event, kind="meeting", title="Grand Forum", asks_represented=True)
    return event, await factories.session(workshop, event, capacity=1, minutes=120)


async def test_a_meeting_is_one_page_and_one_button(visitor: Visitor, meeting: tuple[Row, Row]) -> None:
    event, _slot = meeting
    page = await visitor.open(f"/events/{event['id']}")
    assert "Organisme représenté" in page.text
    assert "16 ans" not in page.text
    wrong = await visitor.press(page, BOOK, first_name="Zoé", represented="Mairie")
    assert wrong.status == 422
    assert values(wrong)["represented"] == "Mairie"
    page = await visitor.press(wrong, BOOK, last_name="Lefèvre", phone="0639980001")
    assert "Votre place est réservée" in page.text
    assert "06 39 98 00 01" in page.text
    assert any("/m/" in link for link in page.links)
    assert (await fetch("SELECT represented FROM attendee"))[0]["represented"] == "Mairie"
    for path in (f"/events/{event['id']}/sign-up", f"/events/{event['id']}/sign-up?s={new_id()}"):
        assert (await visitor.open(path)).path == f"/events/{event['id']}"


async def test_a_full_meeting_has_a_waiting_list(visitor: Visitor, meeting: tuple[Row, Row]) -> None:
    event, slot = meeting
    person = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org"}
    page = await visitor.open(f"/events/{event['id']}")
    await fill(slot)
    asked = await visitor.press(page, BOOK, **person)
    assert asked.status == 409
    assert "plus de place" in asked.text
    waiting = await visitor.press(asked, "M’inscrire sur la liste d’attente")
    assert "Vous êtes sur liste d’attente" in waiting.text


@pytest.mark.parametrize(("gateway", "arrives"), [("json://127.0.0.1:9/{to}", True), ("outbox:", False)])
async def test_the_page_holds_the_link_unless_a_text_brings_it(
    visitor: Visitor, event: Row, slot: Row, monkeypatch: pytest.MonkeyPatch, gateway: str, arrives: bool
) -> None:
    with texts_on(monkeypatch, SMS_URL=gateway, PUBLIC_URL=settings().public_url):
        page = await booked(visitor, event, slot, email="", phone="06 39 98 00 01")
    assert any("/m/" in link for link in page.links) is not arrives
    assert ("par SMS à ce numéro" in page.text) is arrives
    assert [row["channel"] for row in await fetch("SELECT channel FROM message")] == ["sms"]

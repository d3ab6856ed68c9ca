"""Self-service by the manage link: one more slot, another slot, one or all given back, and what stands against it."""

import asyncio
from datetime import timedelta

import pytest

from tests import factories
from tests.factories import Row
from tests.visitor import Page, Visitor
from workshops import changes
from workshops.actors import ANYONE, Actor
from workshops.database import Engine, fetch, utcnow
from workshops.freed import Found
from workshops.papers import papers
from workshops.refusals import SessionFull
from workshops.registrations import register
from workshops.settings import settings


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event(title="Osons nos talents à Lens", max_places=2)


@pytest.fixture
async def masonry(event: Row) -> Row:
    return await factories.workshop(event, title="Maçon")


@pytest.fixture
async def slot(event: Row, masonry: Row) -> Row:
    return await factories.session(masonry, event, capacity=3)


async def holder(event: Row, *slots: Row, **given: object) -> tuple[str, str]:
    """Somebody with these places: id, and the path of the own page."""
    done = await register(factories.sign_up(event, *slots, if_full="wait", **given), ANYONE)
    return done.attendee, (await papers(done.attendee)).manage_url.removeprefix(settings().public_url)


async def held(attendee: str) -> dict[str, str]:
    """Session → status of what is not given back."""
    rows = await fetch(
        "SELECT session, status FROM registration WHERE attendee = {} AND status <> 'cancelled'", attendee
    )
    return {row["session"]: row["status"] for row in rows}


async def move_page(visitor: Visitor, manage: str, number: int = 0) -> Page:
    page = await visitor.open(manage)
    return await visitor.open([link for link in page.links if link.endswith("/move")][number])


async def fill(slot: Row) -> None:
    await fetch("UPDATE session SET confirmed = capacity WHERE id = {}", slot["id"])


async def test_a_place_moves_to_another_slot_of_the_same_workshop_first(
    visitor: Visitor, event: Row, masonry: Row, slot: Row
) -> None:
    later = await factories.session(masonry, event, 3)
    cook = await factories.session(await factories.workshop(event, title="Cuisinier"), event, 5)
    attendee, manage = await holder(event, slot)
    page = await move_page(visitor, manage)
    assert page.forms[1].boxes == [("session", later["id"])]
    other = await visitor.open(next(link for link in page.links if "?workshop=" in link))
    assert other.forms[1].boxes == [("session", cook["id"])]
    assert await held(attendee) == {slot["id"]: "confirmed"}
    page = await visitor.press(page, "Prendre cet horaire", session=later["id"])
    assert "Votre horaire est changé" in page.text
    assert "12 h – 12 h 45" in page.text
    assert await held(attendee) == {later["id"]: "confirmed"}


async def test_what_is_agreed_to_stays_within_the_workshop(
    visitor: Visitor, event: Row, masonry: Row, slot: Row
) -> None:
    later = await factories.session(masonry, event, 3)
    cook = await factories.session(await factories.workshop(event, title="Cuisinier"), event, 5)
    _attendee, manage = await holder(event, slot)
    await fetch("UPDATE registration SET share_with_exhibitor = true")
    agreed = "SELECT share_with_exhibitor FROM registration WHERE status = 'confirmed'"
    await visitor.press(await move_page(visitor, manage), "Prendre cet horaire", session=later["id"])
    assert (await fetch(agreed))[0]["share_with_exhibitor"] is True
    await visitor.press(await move_page(visitor, manage), "Prendre cet horaire", session=cook["id"])
    assert (await fetch(agreed))[0]["share_with_exhibitor"] is False


async def test_a_full_slot_costs_nothing_and_offers_to_wait_or_another_time(
    visitor: Visitor, event: Row, masonry: Row, slot: Row
) -> None:
    full, free = await factories.session(masonry, event, 3), await factories.session(masonry, event, 5)
    attendee, manage = await holder(event, slot)
    choose = await move_page(visitor, manage)
    await fill(full)
    page = await visitor.press(choose, "Prendre cet horaire", session=full["id"])
    assert page.status == 409
    for words in ("Cet horaire est complet", "Vous gardez la place que vous avez", "Prendre 14 h – 14 h 45"):
        assert words in page.text
    assert await held(attendee) == {slot["id"]: "confirmed"}
    waits = await visitor.press(page, "M’inscrire sur la liste d’attente")
    assert "Vous êtes sur la liste d’attente" in waits.text
    assert await held(attendee) == {slot["id"]: "confirmed", full["id"]: "waiting"}
    taken = await visitor.press(page, "Prendre 14 h – 14 h 45")
    assert "Votre horaire est changé" in taken.text
    assert await held(attendee) == {free["id"]: "confirmed", full["id"]: "waiting"}


async def test_a_clash_is_named_to_its_owner_with_other_times_of_that_workshop(
    visitor: Visitor, event: Row, masonry: Row, slot: Row
) -> None:
    cook = await factories.workshop(event, title="Cuisinier")
    clashing, free = await factories.session(cook, event, 0.5), await factories.session(cook, event, 4)
    attendee, manage = await holder(event, slot)
    page = await visitor.open(f"{manage}/add")
    assert len(page.forms) == 1
    page = await visitor.open(next(link for link in page.links if "?workshop=" in link))
    assert "En même temps que votre place : Maçon, 9 h – 9 h 45" in page.text
    assert page.forms[1].boxes == [("session", free["id"])]
    page = await visitor.send(f"{manage}/additions", [("session", clashing["id"])])
    assert page.status == 409
    for words in (
        "« Cuisinier, 9 h 30 – 10 h 15 » ne va pas",
        "Vous avez déjà : Maçon, 9 h – 9 h 45",
        "Rien n’a changé",
    ):
        assert words in page.text
    assert page.text.index("13 h – 13 h 45") > page.text.index("Vous avez déjà")
    page = await visitor.press(page, "Prendre cet horaire", session=free["id"])
    assert "Votre place est réservée" in page.text
    assert await held(attendee) == {slot["id"]: "confirmed", free["id"]: "confirmed"}


async def test_the_browser_that_signed_up_reads_its_clash_and_what_is_free_instead(
    visitor: Visitor, event: Row, slot: Row
) -> None:
    cook = await factories.workshop(event, title="Cuisinier")
    clashing, free = await factories.session(cook, event, 0.5), await factories.session(cook, event, 4)
    address = f"/events/{event['id']}/sign-up?s="
    person = {"first_name": "Zoé", "last_name": "L", "email": "z@example.org", "aged_16_or_over": "true"}
    page = await visitor.press(await visitor.open(address + slot["id"]), "Continuer", **person)
    await visitor.press(page, "Réserver ma place")
    page = await visitor.press(await visitor.open(f"{address}{clashing['id']}&who=same"), "Continuer")
    page = await visitor.press(page, "Réserver ma place")
    assert page.status == 409
    assert "Vous avez déjà : Maçon, 9 h – 9 h 45" in page.text
    page = await visitor.press(page, "Prendre cet horaire", sessions=free["id"])
    page = await visitor.press(page, "Réserver ma place")
    assert "Vos 2 places sont réservées" in page.text
    visitor.client.cookies.clear()
    page = await visitor.press(await visitor.open(address + clashing["id"]), "Continuer", **person)
    page = await visitor.press(page, "Réserver ma place")
    assert page.status == 409
    assert "Maçon" not in page.text


async def test_a_place_on_another_day_is_not_told(visitor: Visitor, event: Row, slot: Row) -> None:
    other = await factories.event(title="Ailleurs")
    cook = await factories.workshop(event, title="Cuisinier")
    there = await factories.session(await factories.workshop(other, title="Soudeur"), event, 4)
    clashing = await factories.session(cook, event, 4)
    attendee, manage = await holder(event, slot)
    await holder(other, there)
    page = await visitor.send(f"{manage}/additions", [("session", clashing["id"])])
    assert page.status == 409
    assert "Vous avez peut-être déjà une place à cette heure, dans une autre journée" in page.text
    assert "Soudeur" not in page.text
    assert page.link("/lost-link")
    assert await held(attendee) == {slot["id"]: "confirmed"}


async def test_the_same_click_in_two_tabs_takes_one_place(
    visitor: Visitor, event: Row, masonry: Row, slot: Row
) -> None:
    later, last = await factories.session(masonry, event, 3), await factories.session(masonry, event, 5)
    attendee, manage = await holder(event, slot)
    first, second = await move_page(visitor, manage), await move_page(visitor, manage)
    await visitor.press(first, "Prendre cet horaire", session=later["id"])
    page = await visitor.press(second, "Prendre cet horaire", session=last["id"])
    assert page.status == 410
    assert "Cette place n’est plus à vous" in page.text
    assert await held(attendee) == {later["id"]: "confirmed"}
    again = await visitor.send(f"{manage}/additions", [("session", later["id"])])
    assert again.status == 409
    assert "Vous avez déjà : Maçon, 12 h – 12 h 45" in again.text
    assert (await visitor.open(first.path)).status == 410


async def test_more_than_a_day_allows_is_refused(visitor: Visitor, event: Row, slot: Row) -> None:
    others = [await factories.session(await factories.workshop(event), event, hour) for hour in (2, 4)]
    attendee, manage = await holder(event, slot, others[0])
    page = await visitor.send(f"{manage}/additions", [("session", others[1]["id"])])
    assert page.status == 409
    assert "Vous pouvez avoir 2 places par journée" in page.text
    assert len(await held(attendee)) == 2


async def test_what_is_closed_or_for_others_is_told_in_words(visitor: Visitor, event: Row, slot: Row) -> None:
    grown = await factories.session(await factories.workshop(event, min_age=16), event, 2)
    begun = await factories.session(await factories.workshop(event), event, 4)
    await fetch("UPDATE session SET starts_at = {} WHERE id = {}", utcnow(), begun["id"])
    young = {"aged_16_or_over": False, "adult_name": "Ana", "adult_phone": "+33639980001"}
    attendee, manage = await holder(event, slot, **young)
    page = await visitor.send(f"{manage}/additions", [("session", grown["id"])])
    assert page.status == 422
    assert "ouvert à partir de 16 ans" in page.text
    page = await visitor.send(f"{manage}/additions", [("session", begun["id"])])
    assert page.status == 409
    assert "Rien n’a changé" in page.text
    assert await held(attendee) == {slot["id"]: "confirmed"}


@pytest.mark.parametrize("session", ["", "nothing", "\x00", "a" * 300])
async def test_what_is_no_slot_is_asked_again(visitor: Visitor, event: Row, slot: Row, session: str) -> None:
    await factories.session(await factories.workshop(event), event, 4)
    attendee, manage = await holder(event, slot)
    registration = (await fetch("SELECT id FROM registration"))[0]["id"]
    for address in (f"{manage}/additions", f"{manage}/places/{registration}/move"):
        page = await visitor.send(address, [("session", session)])
        assert page.status == 422
    assert await held(attendee) == {slot["id"]: "confirmed"}


async def test_somebody_else_s_place_is_not_there(visitor: Visitor, event: Row, masonry: Row, slot: Row) -> None:
    later = await factories.session(masonry, event, 3)
    _zoe, manage = await holder(event, slot)
    lea, _ = await holder(event, slot, first_name="Léa", email="lea@example.org")
    foreign = (await fetch("SELECT id FROM registration WHERE attendee = {}", lea))[0]["id"]
    for registration in (foreign, "nothing", "%00"):
        address = f"{manage}/places/{registration}/move"
        assert (await visitor.open(address)).status == 404
        assert (await visitor.send(address, [("session", later["id"])])).status == 404
    assert await held(lea) == {slot["id"]: "confirmed"}


async def test_all_places_are_cancelled_in_one_step_that_says_how_many(visitor: Visitor, event: Row, slot: Row) -> None:
    full = await factories.session(await factories.workshop(event, title="Cuisinier"), event, 2, capacity=0)
    attendee, manage = await holder(event, slot, full)
    page = await visitor.open((await visitor.open(manage)).link("/cancel-all"))
    assert "Annuler vos 2 places ?" in page.text.replace("\u202f", " ")
    assert len(await held(attendee)) == 2
    page = await visitor.press(page, "Annuler toutes mes places")
    assert "Toutes vos places sont annulées" in page.text
    assert await held(attendee) == {}
    counters = await fetch("SELECT confirmed, waiting FROM session")
    assert {(row["confirmed"], row["waiting"]) for row in counters} == {(0, 0)}
    again = await visitor.send(f"{manage}/cancel-all", [])
    assert again.status == 200
    assert "Toutes vos places" not in again.text
    assert "rien à annuler" in (await visitor.open(f"{manage}/cancel-all")).text


async def test_places_given_back_together_go_to_who_waits(visitor: Visitor, event: Row, masonry: Row) -> None:
    one = await factories.session(masonry, event, 0, capacity=1)
    two = await factories.session(await factories.workshop(event), event, 2, capacity=1)
    _attendee, manage = await holder(event, one, two)
    lea, _ = await holder(event, one, first_name="Léa", email="lea@example.org")
    max_, _ = await holder(event, two, first_name="Max", email="max@example.org")
    await visitor.send(f"{manage}/cancel-all", [])
    assert await held(lea) == {one["id"]: "confirmed"}
    assert await held(max_) == {two["id"]: "confirmed"}
    assert {row["confirmed"] for row in await fetch("SELECT confirmed FROM session")} == {1}


async def test_what_has_begun_is_kept_when_all_is_cancelled(visitor: Visitor, event: Row, slot: Row) -> None:
    other = await factories.session(await factories.workshop(event), event, 2)
    attendee, manage = await holder(event, slot, other)
    await fetch("UPDATE session SET starts_at = {} WHERE id = {}", utcnow() - timedelta(minutes=1), slot["id"])
    await visitor.send(f"{manage}/cancel-all", [])
    assert await held(attendee) == {slot["id"]: "confirmed"}


async def test_the_ticket_comes_again_once_a_minute_and_can_be_printed(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot)
    page = await visitor.open(manage)
    for _ in range(2):
        sent = await visitor.press(page, "Renvoyer mon billet")
        assert "Votre billet part dans une minute" in sent.text
    rows = await fetch("SELECT dedup_key FROM message WHERE dedup_key LIKE 'again:%'")
    assert 1 <= len(rows) <= 2  # two minutes at most
    paper = await visitor.open(page.link("/ticket"))
    assert (await papers(attendee)).code in paper.text
    assert 'role="img"' in paper.html
    assert "/cancellations" not in paper.html


async def test_pages_of_a_past_day_and_of_a_wrong_link_are_calm(visitor: Visitor, event: Row, slot: Row) -> None:
    attendee, manage = await holder(event, slot)
    registration = (await fetch("SELECT id FROM registration"))[0]["id"]
    ends = ["", "/add", "/cancel-all", "/ticket", "/name", "/contact", "/data", "/data/file", "/erasure", "/not-you"]
    ends.append(f"/places/{registration}/move")
    wrong = manage[:-1] + ("A" if manage[-1] != "A" else "B")
    for end in ends:
        page = await visitor.open(wrong + end)
        assert page.status == 404
        if end != "/data/file":
            assert page.link("/lost-link")
    begun = utcnow() - timedelta(days=1)
    await fetch("UPDATE session SET starts_at = {}, ends_at = {}", begun, begun + timedelta(hours=1))
    await fetch("UPDATE event SET starts_at = {}, ends_at = {}", begun, begun + timedelta(hours=1))
    for end in ends:
        page = await visitor.open(manage + end)
        assert page.status == 200, end
        assert page.answer.headers["cache-control"] == "no-store"
    for end in ("/additions", f"/places/{registration}/move"):
        page = await visitor.send(manage + end, [("session", slot["id"])])
        assert page.status in (200, 409), end
    assert await held(attendee) == {slot["id"]: "confirmed"}


async def test_no_get_changes_anything(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage = await holder(event, slot)
    registration = (await fetch("SELECT id FROM registration"))[0]["id"]
    tables = ("attendee", "registration", "session", "message", "ticket", "mail_link", "attendee_key", "audit_entry")
    before = [await fetch(f"SELECT * FROM {name} ORDER BY id") for name in tables]
    ends = ["", "/add", "/cancel-all", "/ticket", "/name", "/contact", "/data", "/data/file", "/erasure"]
    for end in [*ends, f"/places/{registration}/move"]:
        assert (await visitor.open(manage + end)).status == 200
    assert [await fetch(f"SELECT * FROM {name} ORDER BY id") for name in tables] == before


async def test_a_group_s_link_changes_no_person(visitor: Visitor, event: Row, slot: Row) -> None:
    _attendee, manage = await holder(event, slot)
    await fetch("UPDATE attendee SET kind = 'group'")
    page = await visitor.open(manage)
    assert page.status == 200
    assert not [link for link in page.links if link.endswith(("/move", "/name", "/erasure"))]
    for end in ("/name", "/contact", "/data", "/erasure"):
        assert (await visitor.open(manage + end)).status == 404
    assert (await visitor.open(manage + "/add")).status == 409


async def test_exchanges_at_once_never_lose_a_place(event: Row, masonry: Row) -> None:
    """Everybody of a full slot moves to one with fewer places: who does not fit keeps the old one."""
    here, there = await factories.session(masonry, event, 0), await factories.session(masonry, event, 3, capacity=3)
    people = [
        (await holder(event, here, first_name=f"Zoé {letter}", email=f"{letter}@example.org"))[0]
        for letter in "abcdefgh"
    ]
    places = {row["attendee"]: row["id"] for row in await fetch("SELECT id, attendee FROM registration")}
    outcomes = await asyncio.gather(
        *(changes.move(places[one], there["id"], "refuse", Actor(f"attendee:{one}")) for one in people),
        return_exceptions=True,
    )
    assert sum(isinstance(one, SessionFull) for one in outcomes) == 5
    assert sum(isinstance(one, Found) for one in outcomes) == 3
    for one, outcome in zip(people, outcomes, strict=True):
        where = here if isinstance(outcome, SessionFull) else there
        assert await held(one) == {where["id"]: "confirmed"}
    counters = {row["id"]: row["confirmed"] for row in await fetch("SELECT id, confirmed FROM session")}
    assert counters == {here["id"]: 5, there["id"]: 3}

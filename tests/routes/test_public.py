"""The public programme and the pages around it: what is on, in words, whatever is asked."""

import re
from datetime import timedelta

import pytest

from tests import factories
from tests.factories import Row
from tests.visitor import Visitor
from workshops import database
from workshops.actors import Actor
from workshops.communes import communes
from workshops.database import Engine, fetch, utcnow
from workshops.ids import new_id
from workshops.rescheduling.cancelling import cancel_day
from workshops.tables.people import Role

FULL = {"capacity": 1, "confirmed": 1}


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event(title="Osons nos talents à Lens")


async def long_day(workshops: int = 20, slots: int = 8) -> Row:
    """A day of 20 workshops with 8 slots each."""
    event = await factories.event()
    for number in range(workshops):
        workshop = await factories.workshop(event, position=number, eco_transition=True, title=f"Métier {number}")
        for hour in range(slots):
            await factories.session(workshop, event, hour)
    return event


async def test_the_days_are_listed_next_first_with_what_is_left(visitor: Visitor, event: Row) -> None:
    later = await factories.event(date=event["date"] + timedelta(days=5))
    await factories.session(await factories.workshop(later), later, capacity=1)
    await factories.session(await factories.workshop(event), event, **FULL)
    await factories.event(status="draft")
    await factories.event(listed=False)
    page = await visitor.open("/")
    assert page.status == 200
    assert [link for link in page.links if link.startswith("/events/")] == [
        f"/events/{event['id']}",
        f"/events/{later['id']}",
    ]
    assert "Complet, liste d’attente" in page.text
    assert "Il reste 1 place" in page.text
    assert "De 9 h à 17 h, 1 atelier" in page.text


async def test_a_day_of_today_says_so(visitor: Visitor) -> None:
    now = utcnow()
    event = await factories.event(date=now.date(), starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=3))
    await factories.session(await factories.workshop(event), event, 2)
    assert "Aujourd’hui" in (await visitor.open("/")).text
    page = await visitor.open(f"/events/{event['id']}")
    assert "Venez directement, il reste 8 places" in page.text


async def test_filters_are_those_that_lead_somewhere_and_are_kept(visitor: Visitor, event: Row) -> None:
    await factories.session(await factories.workshop(event), event)
    page = await visitor.open("/?commune=62498&domain=F")
    assert 'value="62498" selected' in page.html
    assert "62427" not in page.html
    assert "Construction, BTP" in page.text
    assert "Santé" not in page.text
    assert f"/events/{event['id']}" in page.links
    empty = await visitor.open("/?from=2044-01-01")
    assert "Aucune journée ne correspond" in empty.text
    assert "/" in empty.links
    wrong = await visitor.open("/?commune=1&from=hier&domain=Z")
    assert wrong.status == 422
    assert "Choisissez une commune dans la liste" in wrong.text
    assert f"/events/{event['id']}" in wrong.links


async def test_a_commune_is_found_by_its_name_as_people_write_it(visitor: Visitor) -> None:
    for insee, name in (
        ("62119", "bethune"),
        ("62617", "NOEUX LES MINES"),
        ("62750", "st-hilaire cottes"),
        ("62498", "62498"),
    ):
        event = await factories.event(venue=(await factories.venue(commune=insee))["id"])
        page = await visitor.open(f"/?commune={name}")
        assert [link for link in page.links if link.startswith("/events/")] == [f"/events/{event['id']}"], name
    assert (await visitor.open("/?commune=Paris")).status == 422


async def test_many_communes_are_not_listed_but_typed(visitor: Visitor) -> None:
    agency = await factories.organisation()
    for place in communes()[:81]:
        hall = await factories.venue(organisation=agency["id"], commune=place.insee)
        await factories.event(venue=hall["id"], lead=agency["id"])
    page = await visitor.open("/?commune=62498")
    assert '<option value="62498"' not in page.html
    assert 'value="Lens"' in page.html
    assert (await visitor.open("/")).nodes <= 350


async def test_the_days_come_twelve_to_a_page(visitor: Visitor) -> None:
    hall = await factories.venue()
    for _ in range(13):
        await factories.event(venue=hall["id"])
    first = await visitor.open("/?commune=62498")
    assert len([link for link in first.links if link.startswith("/events/")]) == 12
    second = await visitor.open(first.link("/") and next(link for link in first.links if "page=2" in link))
    assert len([link for link in second.links if link.startswith("/events/")]) == 1
    assert "commune=62498" in second.path
    for odd in ("0", "-1", "x", "99999999999", "1e3", ""):
        assert (await visitor.open(f"/?page={odd}")).status == 200


async def test_a_day_and_its_workshops(visitor: Visitor, event: Row) -> None:
    workshop = await factories.workshop(event, description="Vous montez un mur.", min_age=16, openings=2)
    await factories.session(workshop, event, capacity=3)
    await factories.session(workshop, event, 1.5, **FULL, waiting=2, queue_tail=2)
    await factories.workshop(event, status="draft", title="Secret")
    day = await visitor.open(f"/events/{event['id']}")
    assert "9 h, 10 h 30" in day.text
    assert "Il reste 3 places" in day.text
    assert "Secret" not in day.text
    page = await visitor.open(day.link(workshop["id"]))
    for words in ("Vous montez un mur.", "À partir de 16 ans", "2 postes", "9 h – 9 h 45", "Il reste 3 places"):
        assert words in page.text
    assert "Liste d’attente, 2 personnes avant vous" in page.text


async def test_a_choice_follows_from_page_to_page_and_clashes_are_named(visitor: Visitor, event: Row) -> None:
    mason, cook = await factories.workshop(event, title="Maçon"), await factories.workshop(event, title="Cuisinier")
    nine, late = await factories.session(mason, event), await factories.session(cook, event, 0.5)
    page = await visitor.open(f"/events/{event['id']}/workshops/{mason['id']}")
    day = await visitor.press(page, "Choisir un autre atelier", s=nine["id"])
    assert "Votre choix : 1 horaire" in day.text
    assert "Votre choix : 9 h – 9 h 45" in day.text
    assert "En même temps" not in (await visitor.open(day.link(mason["id"]))).text
    page = await visitor.open(day.link(cook["id"]))
    assert "En même temps que votre choix : Maçon, 9 h – 9 h 45" in page.text
    both = await visitor.press(page, "Continuer", s=[nine["id"], late["id"]])
    assert "« Maçon, 9 h – 9 h 45 » et « Cuisinier, 9 h 30 – 10 h 15 » ont lieu en même temps" in both.text
    one = await visitor.press(both, "Continuer", late["id"])
    assert "Qui êtes-vous" in one.text
    assert one.path == f"/events/{event['id']}/sign-up?s={nine['id']}"


async def test_two_slots_of_one_workshop_and_none_are_told_kindly(visitor: Visitor, event: Row) -> None:
    workshop = await factories.workshop(event)
    slots = [(await factories.session(workshop, event, hour))["id"] for hour in range(6)]
    address = f"/events/{event['id']}/sign-up"
    assert "un seul horaire suffit" in (await visitor.open(f"{address}?s={slots[0]}&s={slots[1]}")).text
    assert "4 horaires par journée" in (await visitor.open(f"{address}?s=" + "&s=".join(slots))).text
    nothing = await visitor.open(address)
    assert "Cochez d’abord un horaire" in nothing.text
    for odd in ("?s=", "?s=nobody", "?s=%00", "?s=" + "&s=".join(["x"] * 500)):
        assert "Cochez d’abord un horaire" in (await visitor.open(address + odd)).text


@pytest.mark.parametrize(
    ("given", "words", "badge"),
    [
        ({"status": "cancelled", "cancelled_why": "La salle est fermée."}, "La salle est fermée.", "Annulé"),
        ({"status": "closed"}, "Venez directement", "il reste 8 places"),
        ({"sign_up_opens_at": utcnow() + timedelta(days=3)}, "Les inscriptions ouvrent le", "bientôt ouvertes"),
    ],
)
async def test_a_day_that_cannot_be_booked_says_why(
    visitor: Visitor, given: Row, words: str, badge: str, db: Engine
) -> None:
    event = await factories.event(**given)
    workshop = await factories.workshop(event)
    slot = await factories.session(workshop, event)
    assert words in (await visitor.open(f"/events/{event['id']}")).text
    page = await visitor.open(f"/events/{event['id']}/workshops/{workshop['id']}?s={slot['id']}")
    assert badge.lower() in page.text.lower()
    assert not [form for form in page.forms if ("s", slot["id"]) in form.boxes]
    refused = await visitor.open(f"/events/{event['id']}/sign-up?s={slot['id']}")
    assert "first_name" not in refused.html


async def test_what_does_not_exist_is_not_found(visitor: Visitor, event: Row) -> None:
    other = await factories.workshop(await factories.event())
    draft = await factories.event(status="draft")
    for path in (
        "/events/nothing",
        "/events/%00",
        f"/events/{draft['id']}",
        f"/events/{event['id']}/workshops/{other['id']}",
        f"/events/{draft['id']}/sign-up",
        f"/events/{draft['id']}.ics",
        "/t/AAAA",
        f"/T/{'A' * 26}",
        f"/m/{'A' * 26}",
        "/problems/none",
        "/no/such/page",
    ):
        page = await visitor.open(path)
        assert page.status == 404, path
        assert "Cette page n’existe pas" in page.text
        assert "Traceback" not in page.html


async def test_pages_are_light_and_ask_the_database_little(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, db: Engine
) -> None:
    event = await long_day()
    for _ in range(12):
        await factories.session(await factories.workshop(other := await factories.event()), other)
    rows = await fetch("SELECT id FROM session ORDER BY id LIMIT 4")
    choice = "&s=".join(row["id"] for row in rows)
    statements: list[str] = []
    run = type(db).run

    async def counted(self: Engine, text: str, values: tuple[object, ...]) -> object:
        statements.append(text)
        return await run(self, text, values)

    monkeypatch.setattr(type(database.engine()), "run", counted)
    workshop = (await fetch("SELECT id FROM workshop WHERE event = {}", event["id"]))[0]["id"]
    for path in ("/", f"/events/{event['id']}?s={choice}", f"/events/{event['id']}/workshops/{workshop}?s={choice}"):
        statements.clear()
        page = await visitor.open(path)
        assert page.status == 200
        assert len(statements) <= 5, path
        assert page.nodes <= 350, path
        assert len(page.html.encode()) <= 60_000, path


async def test_the_language_is_switched_and_comes_back_here_only(visitor: Visitor) -> None:
    page = await visitor.press(await visitor.open("/?commune=62498"), "English")
    assert 'lang="en"' in page.html
    assert page.path == "/?commune=62498"
    for odd in ("//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\nb", ""):
        answer = await visitor.client.post(
            "/language", data={"locale": "fr", "next": odd}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), odd
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("language=fr", "httponly", "samesite=lax", "max-age=31536000"))


async def test_the_pages_around(visitor: Visitor) -> None:
    privacy = await visitor.open("/privacy")
    assert "6 mois après la journée" in privacy.text
    assert "CNIL" in privacy.text
    assert "non conforme" in (await visitor.open("/accessibility")).text
    listed = await visitor.open("/problems")
    for name in ("session-full", "already-registered", "overlapping-sessions", "invalid", "not-found"):
        assert f">{name}, " in listed.html
        assert (await visitor.open(f"/problems/{name}")).status == 200
    robots = await visitor.client.get("/robots.txt")
    assert "Disallow: /m/" in robots.text
    icon = await visitor.client.get("/favicon.ico", follow_redirects=True)
    assert icon.headers["content-type"] == "image/svg+xml"


async def test_a_draft_that_is_called_off_never_was_public(visitor: Visitor, db: Engine) -> None:
    draft, shown = await factories.event(status="draft"), await factories.event(title="Connue de tous")
    slot = await factories.session(await factories.workshop(draft), draft)
    for day in (draft, shown):
        await cancel_day(day["id"], Actor("boss", Role.ADMIN))
    for path in ("", ".ics", "/sign-up", f"/workshops/{slot['workshop']}"):
        assert (await visitor.open(f"/events/{draft['id']}{path}")).status == 404, path
    assert (await visitor.client.get(f"/api/v1/events/{draft['id']}")).status_code == 404
    asked = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org", "aged_16_or_over": True}
    path = f"/api/v1/events/{draft['id']}/registrations"
    assert (await visitor.client.post(path, json=asked | {"sessions": [slot["id"]]})).status_code == 404
    assert "est annulée" in (await visitor.open(f"/events/{shown['id']}")).text
    season = await visitor.client.get("/calendar.ics")
    assert re.findall("SUMMARY.*", season.text) == ["SUMMARY:Connue de tous\r"]


async def test_calendars_hold_the_days_and_nobody(visitor: Visitor, event: Row) -> None:
    cancelled = await factories.event(status="cancelled", venue=(await factories.venue(commune="62119"))["id"])
    unlisted = await factories.event(listed=False)
    one = await visitor.client.get(f"/events/{unlisted['id']}.ics")
    assert one.headers["content-type"] == "text/calendar; charset=utf-8"
    assert one.text.count("BEGIN:VEVENT") == 1
    season = await visitor.client.get("/calendar.ics")
    assert season.text.count("BEGIN:VEVENT") == 2
    assert f"UID:event-{cancelled['id']}@" in season.text
    assert "STATUS:CANCELLED" in season.text
    lens = await visitor.client.get("/calendar.ics?commune=62498")
    assert lens.text.count("BEGIN:VEVENT") == 1
    assert lens.headers["etag"]
    again = await visitor.client.get("/calendar.ics?commune=62498", headers={"If-None-Match": lens.headers["etag"]})
    assert again.status_code == 304
    assert (await visitor.client.get("/calendar.ics?commune=99999")).status_code == 422


async def test_errors_are_pages_with_a_way_on(visitor: Visitor, event: Row) -> None:
    for method, path, status in (("DELETE", "/", 405), ("POST", f"/events/{event['id']}", 405)):
        answer = await visitor.client.request(method, path, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == status
        assert "Voir les prochaines journées" in answer.text
    foreign = await visitor.client.post("/language", data={"locale": "en"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert re.search(r"<h1>Cet envoi", foreign.text)
    huge = await visitor.client.post(
        f"/events/{event['id']}/sign-up", content=b"a=" + b"b" * 70_000, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert huge.status_code == 413
    assert "trop volumineux" in huge.text
    assert (await visitor.open(f"/events/{new_id()}")).status == 404

"""The door in a browser without JavaScript, and the API's check-ins, on both engines."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from tests import factories
from tests.door import attendee, books, today
from tests.routes.test_api import problem, token
from workshops.access import make_door_link
from workshops.app import application
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.settings import settings
from workshops.tickets import ALPHABET, read_code

Row = dict[str, Any]


@pytest.fixture
async def event(db: Engine) -> Row:
    return await today()


@pytest.fixture
async def slot(event: Row) -> Row:
    return await factories.session(await factories.workshop(event), event, 12)


@pytest.fixture
async def client(db: Engine) -> AsyncIterator[httpx.AsyncClient]:
    async with browser() as opened:
        yield opened


def browser() -> httpx.AsyncClient:
    """A browser of its own, with its own cookies."""
    transport = httpx.ASGITransport(app=application())  # type: ignore[arg-type]
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    return httpx.AsyncClient(transport=transport, base_url=settings().public_url, headers=headers)


async def at_the_door(client: httpx.AsyncClient, event: Row, workshop: str | None = None) -> None:
    """Make this browser a phone of the door."""
    link = await make_door_link(event["id"], workshop, "Porte A")
    answer = await client.post(link)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/door/scan?e={event['id']}")


def words(answer: httpx.Response) -> str:
    """What the page says."""
    return " ".join(unescape(re.sub(r"<[^>]+>|\s", " ", answer.text)).split())


def outcome(answer: httpx.Response) -> str:
    """The verdict of a page."""
    assert answer.status_code == 200
    found = re.search(r'data-outcome="(\w+)"', answer.text)
    assert found, words(answer)
    return found[1]


def hidden(answer: httpx.Response, name: str) -> str:
    """A hidden field of the page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found
    return found[1]


async def read(client: httpx.AsyncClient, ticket: str, **given: str) -> httpx.Response:
    return await client.post("/door/check-ins", data={"ticket": ticket, **given})


async def test_a_link_makes_this_browser_a_phone_once(client: httpx.AsyncClient, event: Row) -> None:
    refused = await client.get("/door")
    assert refused.status_code == 403
    assert "Ce téléphone ne sert pas encore à l’accueil" in words(refused)
    link = await make_door_link(event["id"])
    offered = await client.get(link)
    assert "Utiliser ce téléphone à l’accueil" in words(offered)
    assert "Lens" in words(offered)
    assert "Lieu de pointage Accueil" in words(offered)
    assert (offered.headers["cache-control"], offered.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert await fetch("SELECT id FROM device WHERE made_at IS NOT NULL") == []
    async with browser() as other:
        answers = await asyncio.gather(client.post(link), other.post(link))
        assert sorted(answer.status_code for answer in answers) == [303, 410]
        lost = answers[0] if answers[0].status_code == 410 else answers[1]
        assert "Ce lien a déjà servi" in words(lost)
        winner, loser = (client, other) if lost is answers[1] else (other, client)
        for again in (await winner.get(link), await winner.post(link)):
            assert (again.status_code, again.headers["location"]) == (303, f"/door/scan?e={event['id']}")
        assert (await loser.get(link)).status_code == 410
        assert (await winner.get("/door")).status_code == 200
        assert (await loser.get("/door")).status_code == 403
    cookie = next(answer for answer in answers if answer is not lost).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/;" in cookie


async def test_links_that_are_no_good(client: httpx.AsyncClient, event: Row) -> None:
    link = await make_door_link(event["id"])
    await fetch("UPDATE device SET link_expires_at = {}", utcnow())
    for method in ("GET", "POST"):
        expired = await client.request(method, link)
        assert expired.status_code == 410
        assert "Ce lien était valable 30 minutes" in words(expired)
        for unknown in ("A" * 26, "x", "%00", "é"):
            assert (await client.request(method, f"/door/link/{unknown}")).status_code == 404
    foreign = await client.post(await make_door_link(event["id"]), headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


async def test_a_phone_whose_rights_ended_is_told_why(client: httpx.AsyncClient, event: Row) -> None:
    await at_the_door(client, event)
    await fetch("UPDATE device SET revoked_at = {}", utcnow())
    assert "Ce téléphone ne sert plus à l’accueil" in words(await client.get("/door"))
    await fetch("UPDATE device SET revoked_at = NULL")
    yesterday = utcnow() - timedelta(days=1)
    await fetch("UPDATE event SET starts_at = {}, ends_at = {}", yesterday - timedelta(hours=1), yesterday)
    for refused in (await client.get("/door"), await read(client, "x"), await client.post("/door/undo")):
        assert refused.status_code == 403
        assert "La journée est finie" in words(refused)


async def test_the_hall_reads_tickets_codes_and_names(client: httpx.AsyncClient, event: Row, slot: Row) -> None:
    await at_the_door(client, event)
    zoe, bob = await attendee(event), await attendee(event, "Bob", "Øster-d’Ëtaples")
    await books(zoe, slot)
    start = await client.get("/door")
    assert "Accueil" in words(start)
    assert "Entrées : 0 sur 1 attendues" in words(start)
    assert start.headers["cache-control"] == "no-store"
    admitted = await read(client, zoe["text"] + "\r\n", nonce=hidden(start, "nonce"))
    assert outcome(admitted) == "admitted"
    assert "Bienvenue Zoé L. 12 h – 12 h 45, Maçon, maçonne" in words(admitted)
    assert "Entrées : 1 sur 1 attendues" in words(admitted)
    assert "Lefèvre" not in admitted.text
    again = await read(client, zoe["code"].lower(), nonce=hidden(admitted, "nonce"))
    assert outcome(again) == "already_in"
    assert re.search(r"Déjà là Zoé L\. Entrée à \d+ h( \d\d)?, Porte A", words(again))
    found = await read(client, "etaples BO")
    assert "Qui est-ce ?" in words(found)
    assert "Bob Ø." in words(found)
    assert "Aucun atelier réservé" in words(found)
    assert "Ëtaples" not in found.text
    chosen = await client.post("/door/check-ins", data={"attendee": bob["id"], "nonce": hidden(found, "nonce")})
    assert outcome(chosen) == "admitted"
    assert [row["method"] for row in await fetch("SELECT method FROM scan ORDER BY received_at")] == [
        "qr",
        "code",
        "name",
    ]


async def test_a_page_sent_twice_counts_once_and_going_back_reads_anew(client: httpx.AsyncClient, event: Row) -> None:
    await at_the_door(client, event)
    zoe, bob = await attendee(event), await attendee(event, "Bob")
    nonce = hidden(await client.get("/door"), "nonce")
    assert [outcome(await read(client, zoe["text"], nonce=nonce)) for _ in range(3)] == ["admitted"] * 3
    assert "Bob L." in words(await read(client, bob["text"], nonce=nonce))
    assert len(await fetch("SELECT id FROM scan")) == 2
    assert outcome(await read(client, zoe["text"], nonce="\0é")) == "already_in"


async def test_a_check_in_is_undone(client: httpx.AsyncClient, event: Row) -> None:
    await at_the_door(client, event)
    zoe = await attendee(event)
    scan = hidden(await read(client, zoe["text"]), "scan")
    second = await read(client, zoe["text"])
    assert "Annuler ce pointage" not in words(second)
    undone = await client.post("/door/undo", data={"scan": scan})
    assert "Le pointage de Zoé L est annulé" in words(undone)
    assert "Entrées : 1" in words(undone), "the second read counts now"
    async with browser() as other:
        await at_the_door(other, event)
        assert (await other.post("/door/undo", data={"scan": scan})).status_code == 404
    for unknown in ("", "unknown", "\0"):
        assert (await client.post("/door/undo", data={"scan": unknown})).status_code == 404


async def test_names_are_told_apart_and_few_letters_find_nobody(
    client: httpx.AsyncClient, event: Row, slot: Row
) -> None:
    await at_the_door(client, event)
    first, second = await attendee(event, "Marie"), await attendee(event, "Marie", "Leroy")
    await books(first, slot)
    await books(second, await factories.session(await factories.workshop(event, title="Cariste"), event, 14))
    await attendee(await factories.event(), "Marie", "Ailleurs")
    found = words(await read(client, "marie l"))
    assert "Marie L. 12 h – 12 h 45, Maçon, maçonne" in found
    assert "Marie L. 14 h – 14 h 45, Cariste" in found
    assert "Ailleurs" not in words(await read(client, "ail"))
    for none in ("m", "%", "zz", "arie"):
        answer = await read(client, none)
        assert "Marie" not in words(answer)
    for number in range(20):
        await attendee(event, "Marie", f"Lens{'abcdefghijklmnopqrst'[number]}")
    many = await read(client, "Marie")
    assert many.text.count('name="attendee"') == 20
    assert "Il y en a d’autres" in words(many)
    assert await fetch("SELECT id FROM scan") == [] or (await fetch_one("SELECT outcome FROM scan")) == {
        "outcome": "not_a_ticket"
    }


async def test_a_code_of_letters_alone_is_no_name(client: httpx.AsyncClient, event: Row) -> None:
    await at_the_door(client, event)
    person = await attendee(event)
    letters = ALPHABET[10:]
    code = next(code for a in letters for b in letters if (code := f"ABCDEF{a}{b}") and read_code(code))
    await fetch("UPDATE ticket SET code = {} WHERE attendee = {}", read_code(code), person["id"])
    assert outcome(await read(client, code.lower())) == "admitted"


async def test_a_stand_follows_the_clock_and_keeps_a_slot_that_was_chosen(
    client: httpx.AsyncClient, event: Row
) -> None:
    workshop = await factories.workshop(event)
    now = utcnow()
    before, current, after = [
        await factories.session(workshop, event, starts_at=begin, ends_at=begin + timedelta(minutes=45), confirmed=3)
        for begin in (now - timedelta(minutes=60), now + timedelta(minutes=9), now + timedelta(minutes=60))
    ]
    await at_the_door(client, event, workshop["id"])
    person, late = await attendee(event), await attendee(event, "Bob")
    await books(person, current)
    await books(late, before)
    start = await client.get("/door")
    assert "Maçon, maçonne, " in words(start)
    assert "Entrées : 0 sur 3 attendues" in words(start)
    assert "Un autre lieu" not in words(start)
    assert outcome(await read(client, person["text"])) == "admitted"
    assert outcome(await read(client, late["text"])) == "other_session"
    chosen = await client.get("/door", params={"workshop": workshop["id"], "session": before["id"]})
    fields = {name: hidden(chosen, name) for name in ("workshop", "session", "nonce")}
    verdict = await read(client, late["text"], **fields)
    assert outcome(verdict) == "admitted"
    assert hidden(verdict, "session") == before["id"]
    assert outcome(await read(client, person["text"], session=before["id"])) == "too_early"
    assert outcome(await read(client, person["text"], session=after["id"])) == "other_session"
    rows = await fetch("SELECT session FROM scan ORDER BY received_at")
    assert [row["session"] for row in rows] == [current["id"]] * 2 + [before["id"]] * 2 + [after["id"]]
    other = await factories.session(await factories.workshop(event), event)
    for query in ({"workshop": other["workshop"]}, {"session": other["id"]}, {"workshop": "\0"}, {"session": "\0"}):
        assert (await client.get("/door", params=query)).status_code == 404
        assert (await read(client, person["text"], **query)).status_code == 404
    stranger = await attendee(event, "Nina")
    await books(stranger, other)
    assert "Personne à ce nom" in words(await read(client, "nina")), "a stand finds its own people only"
    assert outcome(await read(client, stranger["text"])) == "not_booked"


async def test_a_stand_without_slots_says_so(client: httpx.AsyncClient, event: Row) -> None:
    workshop = await factories.workshop(event)
    await at_the_door(client, event, workshop["id"])
    assert "Cet atelier n’a pas d’horaire" in words(await client.get("/door"))
    assert (await read(client, "x")).status_code == 404


async def test_the_halls_phone_may_go_to_any_stand_of_its_day(client: httpx.AsyncClient, event: Row, slot: Row) -> None:
    await at_the_door(client, event)
    assert f'href="/door?workshop={slot["workshop"]}"' in (await client.get("/door")).text
    person = await attendee(event)
    await books(person, slot)
    assert outcome(await read(client, person["text"], workshop=slot["workshop"])) == "admitted"
    assert await fetch_one("SELECT session FROM scan") == {"session": slot["id"]}
    elsewhere = await factories.session(await factories.workshop(await factories.event()), event)
    assert (await client.get("/door", params={"workshop": elsewhere["workshop"]})).status_code == 404


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_other_verdict_says_why(client: httpx.AsyncClient, event: Row, slot: Row, language: str) -> None:
    client.headers["Accept-Language"] = language
    await at_the_door(client, event)
    tomorrow = await factories.event(date=event["date"] + timedelta(days=1))
    waiting, gone, old = await attendee(event), await attendee(event), await attendee(event)
    await books(waiting, slot, "waiting")
    await books(gone, slot, "cancelled")
    await fetch("UPDATE ticket SET status = 'replaced', replaced_at = {} WHERE id = {}", utcnow(), old["ticket"])
    french = language == "fr"
    for text, verdict, why in [
        (waiting["text"], "waiting", "Maçon, maçonne"),
        (gone["text"], "cancelled", "Toutes les places sont annulées" if french else "Every place has been"),
        (old["text"], "replaced", "Un billet plus récent existe" if french else "A newer ticket"),
        ((await attendee(tomorrow))["text"], "other_event", ", Lens"),
        ("A" * 26, "not_on_list", "Cherchez le nom" if french else "Look for the name"),
        ("WIFI:T:WPA;S:mairie;P:secret;;", "not_a_ticket", "vérifiez chaque" if french else "check each"),
        ("x\0y" * 2000, "not_a_ticket", ""),
        ("<script>alert(1)</script>", "not_a_ticket", ""),
    ]:
        answer = await read(client, text)
        assert outcome(answer) == verdict
        assert why in words(answer)
        assert "mairie" not in answer.text
        assert "<script" not in answer.text
    trial = await read(client, (await attendee(event))["text"])
    assert outcome(trial) == "admitted"
    await fetch("UPDATE event SET date = {} WHERE id = {}", event["date"] + timedelta(days=2), event["id"])
    not_today = words(await read(client, (await attendee(event))["text"]))
    assert ("Essai seulement" if french else "Only a trial") in not_today


async def test_forms_that_are_no_forms(client: httpx.AsyncClient, event: Row) -> None:
    await at_the_door(client, event)
    empty = await read(client, " ")
    assert empty.status_code == 422
    assert "Lisez un billet, ou tapez son code ou un nom." in words(empty)
    for body in (b"%ff=%ff", b"ticket=%ff", b"\xff", b"&".join(b"a=1" for _ in range(200))):
        assert (await client.post("/door/check-ins", content=body)).status_code == 400
    assert (await client.post("/door/check-ins", content=b"a" * 70_000)).status_code == 413
    for wrong in ({"attendee": "\0"}, {"attendee": "unknown"}):
        assert (await client.post("/door/check-ins", data=wrong)).status_code == 404
    await attendee(event)
    for method in ("GET", "DELETE", "PUT"):
        assert (await client.request(method, "/door/check-ins")).status_code == 405
    assert await fetch("SELECT id FROM scan") == []


async def post(client: httpx.AsyncClient, event: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await client.post(f"/api/v1/events/{event}/check-ins", json=body, headers=headers)


async def test_the_api_answers_as_the_contract_says(client: httpx.AsyncClient, event: Row, slot: Row) -> None:
    gate = await token("door", event["lead"])
    person = await attendee(event)
    await books(person, slot)
    first = await post(client, event["id"], gate, ticket=person["text"])
    assert first.status_code == 200
    body = first.json()
    assert datetime.fromisoformat(body["at"]).utcoffset() is not None
    assert body == {"outcome": "admitted", "first_name": "Zoé", "initial": "L", "at": body["at"]}
    by = await fetch_one("SELECT name FROM api_token")
    assert by
    again = (await post(client, event["id"], gate, ticket=person["code"], nonce="n")).json()
    assert again["outcome"] == "already_in"
    assert again["first_scan"] == {"at": body["at"], "by": by["name"]}
    assert (await post(client, event["id"], gate, ticket=person["code"], nonce="n")).json() == again
    at_stand = await post(client, event["id"], gate, ticket=person["text"], session=slot["id"])
    assert at_stand.json()["outcome"] == "admitted"
    unknown = (await post(client, event["id"], gate, ticket="x")).json()
    assert unknown == {"outcome": "not_a_ticket", "first_name": None, "initial": None, "at": unknown["at"]}
    later = await factories.event(lead=event["lead"])
    ahead = (await post(client, later["id"], gate, ticket=(await attendee(later))["text"])).json()
    assert (ahead["outcome"], ahead["not_today"]) == ("admitted", True)
    past = (utcnow() - timedelta(minutes=3)).isoformat()
    late = (await post(client, event["id"], gate, ticket=person["text"], at=past)).json()
    assert (late["outcome"], datetime.fromisoformat(late["at"])) == ("admitted", datetime.fromisoformat(past))


async def test_the_api_names_every_fault_and_who_may_not(client: httpx.AsyncClient, event: Row) -> None:
    gate = await token("organiser", event["lead"])
    wrong = {"ticket": 5, "session": "x y", "at": "yesterday", "nonce": "é", "door": 1}
    faulty = await post(client, event["id"], gate, **wrong)
    assert problem(faulty) == (422, "invalid", ["door", "ticket", "session", "at", "nonce"])
    for at in ("2027-01-31T09:30:00", "0001-01-01T00:00:00+14:00", 5, "", "2027-02-30T00:00:00Z"):
        assert problem(await post(client, event["id"], gate, ticket="x", at=at))[2] == ["at"]
    for name, value in {"ticket": "", "nonce": "", "session": ""}.items():
        assert problem(await post(client, event["id"], gate, **{"ticket": "x", name: value}))[2] == [name]
    assert problem(await post(client, event["id"], gate, ticket="x" * 8001))[2] == ["ticket"]
    assert problem(await post(client, event["id"], gate, ticket="x", session="unknown"))[2] == ["session"]
    url = f"/api/v1/events/{event['id']}/check-ins"
    assert problem(await client.post(url, content=b"{", headers=gate))[:2] == (400, "malformed-json")
    assert problem(await client.post(url, content=b'"\\ud800"', headers=gate))[0] in (400, 422)
    assert problem(await post(client, event["id"], {}, ticket="x"))[0] == 401
    assert problem(await post(client, event["id"], {"Authorization": "Bearer x"}, ticket="x"))[0] == 401
    for role in ("adviser", "host", "exhibitor"):
        assert problem(await post(client, event["id"], await token(role, event["lead"]), ticket="x"))[0] == 403
    for stranger in ("organiser", "door"):
        assert problem(await post(client, event["id"], await token(stranger), ticket="x"))[0] == 404
    assert problem(await post(client, "unknown", await token("admin"), ticket="x"))[0] == 404
    assert await fetch("SELECT id FROM scan") == []

"""The API of contract.md: shapes, problems that name every faulty field, tokens, idempotency."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests import factories
from workshops.access import token_hash
from workshops.app import create_app
from workshops.database import Engine, fetch, utcnow
from workshops.ids import new_id

Row = dict[str, Any]
PERSON = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org", "aged_16_or_over": True}


@pytest.fixture
async def client(db: Engine) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as opened:
        yield opened


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


@pytest.fixture
async def session(event: Row) -> Row:
    return await factories.session(await factories.workshop(event), event)


async def token(role: str, organisation: str | None = None, **given: Any) -> dict[str, str]:
    """The header of a new token."""
    text = f"ont_{new_id()}"
    if role != "admin" and organisation is None:
        organisation = (await factories.organisation())["id"]
    row = {"id": new_id(), "name": text, "token_hash": token_hash(text), "role": role, "organisation": organisation}
    await factories.insert("api_token", {**row, "created_at": utcnow(), **given})
    return {"Authorization": f"Bearer {text}"}


def problem(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status, the type's name, the fields at fault; after checking that it is a problem and says no more."""
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == answer.status_code
    assert all(error["message"] for error in body.get("errors", []))
    return answer.status_code, body["type"].rpartition("/")[2], [error["field"] for error in body.get("errors", [])]


async def test_events_are_listed_filtered_and_paged(client: httpx.AsyncClient, session: Row, event: Row) -> None:
    for _ in range(12):
        other = await factories.event(venue=(await factories.venue(commune="62119"))["id"])
        await factories.workshop(other, rome_code="K1302")
    await factories.event(status="draft", venue=None)
    first = (await client.get("/api/v1/events")).json()
    assert len(first["events"]) == 12
    second = (await client.get(first["next"])).json()
    assert len(second["events"]) == 1
    assert "next" not in second
    one = (await client.get("/api/v1/events?commune=62498&domain=F")).json()["events"]
    assert [(found["id"], found["commune_name"]) for found in one] == [(event["id"], "Lens")]
    assert one[0]["starts_at"].endswith(("+01:00", "+02:00"))
    none = await client.get("/api/v1/events", params={"from": "2031-01-01"})
    assert none.json() == {"events": []}
    wrong = await client.get("/api/v1/events?commune=1&domain=Z&from=soon&page=-1")
    assert problem(wrong) == (422, "invalid", ["commune", "domain", "from", "page"])


async def test_an_event_shows_its_workshops_and_what_can_be_booked(
    client: httpx.AsyncClient, session: Row, event: Row
) -> None:
    await fetch("UPDATE session SET confirmed = 5")
    shown = (await client.get(f"/api/v1/events/{event['id']}")).json()
    (slot,) = shown["workshops"][0]["sessions"]
    assert (slot["capacity"], slot["seats_left"], slot["bookable"]) == (8, 3, True)
    await fetch("UPDATE session SET waiting = 1, queue_tail = 1")
    shown = (await client.get(f"/api/v1/events/{event['id']}")).json()
    assert shown["workshops"][0]["sessions"][0]["seats_left"] == 0
    for unknown in ("unknown", "%00", "../x", (await factories.event(status="draft", venue=None))["id"]):
        assert (await client.get(f"/api/v1/events/{unknown}")).status_code == 404


async def test_signing_up_gives_ids_and_nothing_secret_without_a_token(
    client: httpx.AsyncClient, session: Row, event: Row
) -> None:
    answer = await client.post(
        f"/api/v1/events/{event['id']}/registrations", json={**PERSON, "sessions": [session["id"]]}
    )
    assert answer.status_code == 201
    assert set(answer.json()) == {"attendee", "registrations"}
    assert answer.json()["registrations"][0] | {"id": ""} == {"id": "", "session": session["id"], "status": "confirmed"}


async def test_a_token_that_may_see_the_person_gets_ticket_and_manage_link(
    client: httpx.AsyncClient, session: Row, event: Row
) -> None:
    url = f"/api/v1/events/{event['id']}/registrations"
    organiser = await token("organiser", event["lead"])
    shown = (await client.post(url, json={**PERSON, "sessions": [session["id"]]}, headers=organiser)).json()
    assert shown["ticket"]["url"].upper().count("/T/") == 1
    assert len(shown["ticket"]["code"]) == 9
    assert "/m/" in shown["manage_url"]
    for role, status in (("host", 403), ("exhibitor", 403), ("door", 403), ("organiser", 404)):
        answer = await client.post(url, json={**PERSON, "sessions": [session["id"]]}, headers=await token(role))
        assert answer.status_code == status
    for wrong in ("Bearer nonsense", "Basic x", "Bearer", ""):
        answer = await client.post(url, json=PERSON, headers={"Authorization": wrong})
        assert problem(answer)[:2] == (401, "unauthorized")
    expired = await token("admin", expires_at=utcnow())
    assert problem(await client.post(url, json=PERSON, headers=expired))[:2] == (401, "unauthorized")


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"first_name": "", "last_name": None}, ["first_name", "last_name"]),
        ({"first_name": "x" * 61, "last_name": 5}, ["first_name", "last_name"]),
        ({"first_name": "Zo\u0000é", "last_name": "a\u202eb"}, ["first_name", "last_name"]),
        ({"first_name": "<b>", "last_name": "1 85 12 62 001 002 45"}, ["first_name", "last_name"]),
        ({"email": None}, ["email"]),
        ({"email": "x", "phone": "06"}, ["email", "phone"]),
        ({"email": "a@b.fr\r\nBcc: x@y.fr"}, ["email"]),
        ({"phone": "185126200100245"}, ["phone"]),
        ({"aged_16_or_over": None}, ["aged_16_or_over"]),
        ({"aged_16_or_over": "yes"}, ["aged_16_or_over"]),
        ({"aged_16_or_over": False}, ["responsible_adult.name", "responsible_adult.phone"]),
        ({"aged_16_or_over": False, "responsible_adult": "mum"}, ["responsible_adult"]),
        ({"commune": "Paris", "accommodations": ["x"], "agency": "nobody"}, ["commune", "accommodations", "agency"]),
        ({"represented": "2850262001002 45"}, ["represented"]),
        ({"locale": "de", "news": "yes", "if_full": 1}, ["locale", "if_full", "news"]),
        ({"sessions": []}, ["sessions"]),
        ({"sessions": "x"}, ["sessions"]),
        ({"sessions": ["unknown"]}, ["sessions"]),
        ({"sessions": [f"s{n}" for n in range(13)]}, ["sessions"]),
        ({"nir": "1", "frist_name": "Zoé"}, ["nir", "frist_name"]),
    ],
)
async def test_every_faulty_field_is_named(
    client: httpx.AsyncClient, session: Row, event: Row, changed: Row, fields: list[str]
) -> None:
    body = {**PERSON, "sessions": [session["id"]], **changed}
    answer = await client.post(f"/api/v1/events/{event['id']}/registrations", json=body)
    status, name, named = problem(answer)
    assert (status, name, sorted(named)) == (422, "invalid", sorted(fields))
    for value in changed.values():
        if isinstance(value, str) and len(value) > 3:
            assert value not in answer.text
    assert await fetch("SELECT id FROM attendee") == []


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"", 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b"\xff\xfe", 400, "malformed-json"),
        (b'{"first_name": "\\ud800"}', 400, "malformed-json"),
        (b"[" * 50_000, 400, "malformed-json"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'{"first_name": "' + b"x" * 70_000 + b'"}', 413, "too-large"),
    ],
    ids=["empty", "half", "binary", "surrogate", "deep", "list", "null", "large"],
)
async def test_a_body_that_is_no_object(
    client: httpx.AsyncClient, event: Row, body: bytes, status: int, name: str
) -> None:
    answer = await client.post(f"/api/v1/events/{event['id']}/registrations", content=body)
    assert problem(answer)[:2] == (status, name)


async def test_refusals_have_their_stable_names(client: httpx.AsyncClient, session: Row, event: Row) -> None:
    url = f"/api/v1/events/{event['id']}/registrations"
    body = {**PERSON, "sessions": [session["id"]]}
    await client.post(url, json=body)
    assert problem(await client.post(url, json=body))[:2] == (409, "already-registered")
    await fetch("UPDATE session SET capacity = 1")
    full = await client.post(url, json={**body, "first_name": "Ana"})
    assert problem(full)[:2] == (409, "session-full")
    assert full.json()["sessions"] == [session["id"]]
    waiting = await client.post(url, json={**body, "first_name": "Ana", "if_full": "wait"})
    assert waiting.json()["registrations"][0]["status"] == "waiting"
    english = await client.post(url, json={**body, "first_name": "Bea"}, headers={"Accept-Language": "en"})
    assert english.json()["title"] == "There is no place left in this time slot"


async def test_a_key_is_answered_alike_and_not_reused(client: httpx.AsyncClient, session: Row, event: Row) -> None:
    url, key = f"/api/v1/events/{event['id']}/registrations", {"Idempotency-Key": "k-1"}
    body = {**PERSON, "sessions": [session["id"]]}
    first, second = [await client.post(url, json=body, headers=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, first.json())
    other = await client.post(url, json={**body, "first_name": "Ana"}, headers=key)
    assert problem(other)[:2] == (422, "idempotency-key-reused")
    for wrong in ("x" * 65, "a b", ""):
        answer = await client.post(url, json=body, headers={"Idempotency-Key": wrong})
        assert problem(answer) == (422, "invalid", ["Idempotency-Key"])


async def test_a_registration_is_read_moved_and_cancelled(client: httpx.AsyncClient, session: Row, event: Row) -> None:
    organiser = await token("organiser", event["lead"])
    body = {**PERSON, "sessions": [session["id"]]}
    made = (await client.post(f"/api/v1/events/{event['id']}/registrations", json=body, headers=organiser)).json()
    url = f"/api/v1/registrations/{made['registrations'][0]['id']}"
    assert (await client.get(url)).status_code == 401
    assert (await client.get(url, headers=await token("organiser"))).status_code == 404
    assert (await client.get(url, headers=organiser)).json()["status"] == "confirmed"
    other = await factories.session(await factories.workshop(event), event, 2)
    assert problem(await client.patch(url, json={"session": 5, "if_full": 1, "x": 1}, headers=organiser)) == (
        422,
        "invalid",
        ["x", "session", "if_full"],
    )
    moved = (await client.patch(url, json={"session": other["id"]}, headers=organiser)).json()
    assert (moved["session"], moved["status"]) == (other["id"], "confirmed")
    for _ in range(2):
        gone = await client.delete(f"/api/v1/registrations/{moved['id']}", headers=organiser)
        assert (gone.status_code, gone.json()["status"]) == (200, "cancelled")


async def test_what_has_no_route_or_method_is_a_problem_too(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/api/v1/nothing"))[:2] == (404, "not-found")
    refused = await client.delete("/api/v1/events")
    assert problem(refused)[:2] == (405, "method-not-allowed")
    assert "GET" in refused.headers["allow"]


async def test_openapi_is_served_and_names_every_problem_answer(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/api/openapi.json")).json()
    operation = schema["paths"]["/api/v1/events/{event}/registrations"]["post"]
    assert {"201", "401", "404", "409", "422"} <= set(operation["responses"])
    properties = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert {"first_name", "sessions", "if_full"} <= set(properties)

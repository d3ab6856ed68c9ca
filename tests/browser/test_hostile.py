"""What a stranger's program may try over the wire, and what every answer carries (contract.md "HTTP", "Browser")."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest

from tests.browser.season import OwnDay, own_day
from tests.browser.steps import path_of
from tests.served import Served
from workshops.access import make_door_link
from workshops.database import fetch

MEGABYTES_20 = b"x" * 20_000_000
SAME = {"Sec-Fetch-Site": "same-origin"}
NIR = "2 85 05 62 498 123 45"


@pytest.fixture(scope="module")
async def day(demo: Served) -> OwnDay:
    return await own_day("62510", capacity=100)


@pytest.fixture
async def stranger(demo: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A program without any token, in French."""
    async with httpx.AsyncClient(base_url=demo.url, headers={"Accept-Language": "fr"}) as opened:
        yield opened


def person(**given: object) -> dict[str, object]:
    """Somebody who signs up by the API."""
    return {"first_name": "Jo", "last_name": "Le Roux", "email": "jo@example.org", "aged_16_or_over": True, **given}


async def count(table: str) -> int:
    return int((await fetch(f"SELECT COUNT(*) AS n FROM {table}"))[0]["n"])


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    "path", ["/api/v1/events/x/registrations", "/events/x/registrations", "/language", "/m/x/cancellations"]
)
async def test_a_body_of_20_mb_is_refused(stranger: httpx.AsyncClient, path: str, announced: bool) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield MEGABYTES_20[:1_000_000]

    try:
        answer = await stranger.post(path, content=MEGABYTES_20 if announced else parts(), headers=SAME)
    except httpx.WriteError:  # refused, and closed while we were still writing
        return
    assert answer.status_code == 413


async def test_an_unknown_host_is_refused(stranger: httpx.AsyncClient, demo: Served) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", f"evil.example:{demo.url.rpartition(':')[2]}", ""):
        for path in ("/", "/api/v1/events", "/m/x"):
            assert (await stranger.get(path, headers={"Host": host})).status_code == 400
        assert (await stranger.get("/healthz", headers={"Host": host})).status_code == 200


async def test_links_are_built_from_the_public_url_only(stranger: httpx.AsyncClient, demo: Served) -> None:
    told = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "https"}
    for path in ("/", "/api/v1/events", "/calendar.ics"):
        assert "evil.example" not in (await stranger.get(path, headers=told)).text


async def test_head_and_conditional_get(stranger: httpx.AsyncClient, day: OwnDay) -> None:
    event = f"/events/{day.event['id']}"
    for path in ("/", event, f"{event}.ics", "/calendar.ics", f"/api/v1{event}"):
        whole = await stranger.get(path)
        etag = whole.headers["etag"]
        assert not etag.startswith("W/")
        again = await stranger.get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        head = await stranger.head(path)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    english = await stranger.get(event, headers={"Accept-Language": "en"})
    assert english.headers["etag"] != (await stranger.get(event)).headers["etag"]
    assert {"accept-language", "cookie"} <= set(re.split(r",\s*", english.headers["vary"].lower()))


async def test_what_every_page_carries(stranger: httpx.AsyncClient, day: OwnDay) -> None:
    for path in ("/", f"/events/{day.event['id']}", "/nowhere", "/privacy", "/door", "/api/v1/events"):
        answer = await stranger.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers


async def test_pages_with_a_secret(stranger: httpx.AsyncClient, demo: Served, day: OwnDay) -> None:
    token = (await demo.call("token", "add", "hostile", "--role", "admin")).strip()
    taken = await stranger.post(
        f"/api/v1/events/{day.event['id']}/registrations",
        headers={"Authorization": f"Bearer {token}"},
        json=person(sessions=[day.mason_slots[1]["id"]]),
    )
    ticket, manage = path_of(taken.json()["ticket"]["url"]), path_of(taken.json()["manage_url"])
    assert re.fullmatch(r"/T/[A-Z2-7]{26}", ticket)
    door = path_of(await make_door_link(day.event["id"], None))
    wrong = [path[:-4] + "AAAA" for path in (ticket, manage, door)]
    for path in (ticket, ticket.lower(), manage, f"{manage}/not-you", door, *wrong, "/T/x", "/m/x"):
        for answer in (await stranger.get(path), await stranger.head(path)):
            assert answer.status_code == (404 if path in (*wrong, "/T/x", "/m/x") else 200)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-robots-tag"] == "noindex"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert "etag" not in answer.headers
    for secret in (ticket, manage, door):
        assert secret.rpartition("/")[2].lower() not in demo.printed().lower()


async def test_no_get_changes_anything(stranger: httpx.AsyncClient, day: OwnDay) -> None:
    door = path_of(await make_door_link(day.event["id"], None))
    before = [await count(table) for table in ("device", "registration", "attendee", "scan", "message")]
    for path in (door, "/language?locale=en", f"/events/{day.event['id']}/registrations", "/door/check-ins"):
        await stranger.get(path)
    assert [await count(table) for table in ("device", "registration", "attendee", "scan", "message")] == before
    assert "device" not in stranger.cookies


async def test_a_foreign_page_sends_nothing(stranger: httpx.AsyncClient, day: OwnDay) -> None:
    before = await count("registration")
    form = urlencode({"sessions": day.mason_slots[0]["id"], "first_name": "Jo", "last_name": "Le Roux"})
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        for path in (f"/events/{day.event['id']}/registrations", "/language", "/m/x/cancellations", "/door/check-ins"):
            assert (await stranger.post(path, content=form, headers=headers)).status_code == 403
    assert await count("registration") == before


async def test_cookies_are_for_the_server_alone(stranger: httpx.AsyncClient, day: OwnDay) -> None:
    form = {"sessions": day.mason_slots[0]["id"], "first_name": "Ida", "last_name": "Le Roux", "email": "i@example.org"}
    sent = {**form, "aged_16_or_over": "true", "Idempotency-Key": "one"}
    for path, data in ((f"/events/{day.event['id']}/registrations", sent), ("/language", {"locale": "en"})):
        answer = await stranger.post(path, data=data, headers=SAME)
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"].lower()
        assert {"httponly", "path=/", "samesite=lax"} <= set(re.split(r";\s*", cookie))
        assert "le roux" not in cookie
        assert "example.org" not in cookie
        assert not re.search(r"[?&](first|last|email|name)", answer.headers["location"])


async def test_the_language_switch_leads_to_our_own_pages_only(stranger: httpx.AsyncClient) -> None:
    for back in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\r\nX: y", ""):
        answer = await stranger.post("/language", data={"locale": "en", "next": back}, headers=SAME)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


BAD_FIELDS: dict[str, object] = {
    "first_name": ["", " ", "x" * 61, "a\x00b", "a\u202eb", 7, None, [], "<script>", NIR],
    "last_name": ["", "1" * 20, {}, "a\nb", "😀"],
    "email": ["x", "a@b", "a@b@c.fr", "é" * 300 + "@example.org", "a@example.org\nBcc: b@example.org", 1, [], NIR],
    "phone": ["1", "06", "0" * 50, "+999999999999", True, "0612345678; DROP TABLE", NIR],
    "aged_16_or_over": ["yes", 1, None, []],
    "commune": ["00000", 62498, "x" * 1000, NIR],
    "agency": ["nobody", 1, NIR],
    "accommodations": ["wheelchair", ["ramp"], [1], {}],
    "locale": ["de", 1],
    "sessions": [[], "x", [1], ["x" * 100], [None], {}, ["'; DROP TABLE session; --"]],
    "if_full": ["queue", 1, None],
    "share_with_exhibitor": ["on", 1],
    "surprise": [1],
}


async def test_every_faulty_field_is_named_and_nothing_is_written(stranger: httpx.AsyncClient, day: OwnDay) -> None:
    path, good = f"/api/v1/events/{day.event['id']}/registrations", person(sessions=[day.mason_slots[0]["id"]])
    before = [await count(table) for table in ("attendee", "registration", "message")]
    for field, values in BAD_FIELDS.items():
        for value in values:  # type: ignore[attr-defined]
            answer = await stranger.post(path, json={**good, field: value})
            named = [error["field"] for error in answer.json().get("errors", [])]
            assert (answer.status_code, field in named) == (422, True), (field, value, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert "DROP" not in answer.text
    everything = {field: values[-1] for field, values in BAD_FIELDS.items()}  # type: ignore[index]
    answer = await stranger.post(path, json=everything)
    assert {error["field"] for error in answer.json()["errors"]} >= BAD_FIELDS.keys() - {"surprise"}
    assert [await count(table) for table in ("attendee", "registration", "message")] == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"{" * 5000, b'{"a":' * 3000, b"NaN", b"1e999999"]
)
async def test_malformed_json_is_a_problem(stranger: httpx.AsyncClient, day: OwnDay, body: bytes) -> None:
    answer = await stranger.post(f"/api/v1/events/{day.event['id']}/registrations", content=body)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"a=%ff", b"&" * 5000, b"sessions=" * 50, b"first_name=%00", b'{"first_name": "Jo"}']
)
async def test_malformed_forms_are_pages(stranger: httpx.AsyncClient, day: OwnDay, body: bytes) -> None:
    for step in ("sign-up", "registrations"):
        answer = await stranger.post(f"/events/{day.event['id']}/{step}", content=body, headers=SAME)
        assert 400 <= answer.status_code < 500
        assert "<h1>" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/events/x", "/events/%00", "/events/../../etc/passwd", "/events/" + "x" * 5000, "/events/é", "/T/", "/m/%ff",
        "/events/x.ics", "/calendar.ics?commune=x", "/?page=0", "/?page=99999999999999999999", "/?from=x&to=%00",
        "/?domain=ZZ&commune=%27", "/problems/x", "/api/v1/events?page=1e9", "/api/v1/registrations/x",
        "/door?workshop=x", "/static/../pyproject.toml", "/dev/outbox/x", "/dev/outbox/../../workshops.db",
        "/metrics/x", "/%2e%2e/",
    ],
)  # fmt: skip
async def test_odd_addresses_are_answered(stranger: httpx.AsyncClient, demo: Served, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        answer = await stranger.request(method, path, headers=SAME)
        assert answer.status_code < 500, (method, path)
        assert "Traceback" not in answer.text


async def test_signing_up_twice_at_once_is_done_once(stranger: httpx.AsyncClient, day: OwnDay) -> None:
    path, body = f"/api/v1/events/{day.event['id']}/registrations", person(first_name="Lou", email="lou@example.org")
    body["sessions"] = [day.mason_slots[1]["id"], day.carer_slots[1]["id"]]
    headers = {"Idempotency-Key": "lou-1"}
    answers = await asyncio.gather(*(stranger.post(path, json=body, headers=headers) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (await stranger.post(path, json=body)).json()["type"].endswith("/already-registered")
    other = await stranger.post(path, json={**body, "last_name": "Autre"}, headers=headers)
    assert other.json()["type"].endswith("/idempotency-key-reused")


async def test_what_cannot_be_booked(stranger: httpx.AsyncClient, day: OwnDay) -> None:
    path = f"/api/v1/events/{day.event['id']}/registrations"
    (foreign,) = await fetch(
        "SELECT s.id FROM session s JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event "
        "WHERE e.demo = true AND e.status = 'published' AND s.status = 'open' ORDER BY s.starts_at DESC LIMIT 1"
    )
    (gone,) = await fetch("SELECT id FROM event WHERE status = 'cancelled' LIMIT 1")
    first, second = day.mason_slots[0], day.carer_slots[0]
    asked = [
        ([foreign["id"]], 422, "invalid"),
        ([first["id"], second["id"]], 409, "overlapping-sessions"),
        ([first["id"], day.mason_slots[1]["id"]], 409, "same-workshop"),
    ]
    for sessions, status, name in asked:
        answer = await stranger.post(path, json=person(email="no@example.org", sessions=sessions))
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, name)
    answer = await stranger.post(f"/api/v1/events/{gone['id']}/registrations", json=person(sessions=[first["id"]]))
    assert answer.status_code in (409, 422)


async def test_nothing_unforeseen_has_happened(demo: Served) -> None:
    """Of all that this folder's tests have sent."""
    printed = demo.printed()
    assert "unforeseen" not in printed
    assert " status=5" not in printed
    for personal in ("jo@example", "le roux", "lou@", "marie-amandine", "diallo", NIR.replace(" ", "")):
        assert personal not in printed.lower()

"""The edge: who may come in, what every answer carries, what is logged of it."""

import hashlib
import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import structlog
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from workshops import logs
from workshops.answers import CSP, SECRETS, accepts_gzip, matches
from workshops.edge import edge
from workshops.routes.problems import EXCEPTION_HANDLERS
from workshops.settings import ROOT, settings

PAGE = "<!doctype html><title>Programme</title>" + "<p>Un atelier</p>" * 200
HTML = {"Accept": "text/html", "Host": "ateliers.example.org"}
SAME = {"Sec-Fetch-Site": "same-origin"}


@get(["/", "/m/{secret:str}", "/T/{secret:str}", "/door/list", "/doorstep"], media_type=MediaType.HTML)
async def page() -> str:
    return PAGE


@get("/calendar.ics", media_type="text/calendar")
async def feed() -> str:
    return "BEGIN:VCALENDAR\r\n" * 100


@get("/own")
async def own() -> Response[str]:
    headers = {"Content-Security-Policy": "sandbox", "Cache-Control": "no-store", "Vary": "Origin"}
    return Response(PAGE, media_type="text/html", headers=headers)


@get("/stream")
async def stream() -> Stream:
    async def parts() -> AsyncIterator[str]:
        yield "one"
        yield "two"

    return Stream(parts(), media_type="text/html")


@post(["/sign-up", "/api/v1/sign-up", "/u/{secret:str}"])
async def take(request: Request[Any, Any, Any], secret: FromPath[str] = "") -> str:
    return (
        f"{len(await request.body())} from {request.client.host if request.client else None} {request.scope['scheme']}"
    )


@get("/fails/{name:str}")
async def fails(name: FromPath[str]) -> None:
    raise ValueError(f"cannot greet {name}")


@get("/cookie", media_type=MediaType.HTML)
async def cookie() -> Response[str]:
    answer = Response(PAGE)
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    return answer


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Production settings; a test may change them before it asks for anything."""
    env = {"PUBLIC_URL": "https://ateliers.example.org", "SECRET_KEY": "k" * 32}
    for name in ("DEBUG", "HOST", "PORT", "TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield env
    settings.cache_clear()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged in production."""
    written = io.StringIO()
    before = structlog.get_config()
    logs.configure(debug=False, to=written)
    yield written
    structlog.configure(**before)


def client(peer: str = "192.0.2.7") -> httpx.AsyncClient:
    routes: list[Any] = [page, feed, own, stream, take, fails, cookie]
    app = Litestar(routes, exception_handlers=EXCEPTION_HANDLERS, openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(edge(app), client=(peer, 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="https://ateliers.example.org")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("ateliers.example.org", 200),
        ("ATELIERS.example.org", 200),
        ("ateliers.example.org:443", 200),
        ("ateliers.example.org:8443", 400),
        ("evil.example", 400),
        ("localhost", 400),
        ("", 400),
    ],
)
async def test_only_the_public_host_is_served(env: object, host: str, status: int) -> None:
    async with client() as browser:
        headers = {"Host": host, "Accept": "application/json"}
        assert (await browser.get("/calendar.ics", headers=headers)).status_code == status
        assert (await browser.get("/healthz", headers=headers)).status_code == 404  # the route is not of this test


async def test_an_unknown_host_reads_a_problem(env: object) -> None:
    async with client() as program:
        answer = await program.get("/api/v1/events", headers={"Host": "evil.example"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unknown-host"
    assert answer.headers["content-security-policy"] == CSP.decode()


async def test_two_hosts_are_none(env: object) -> None:
    async with client() as program:
        headers = [("Host", "ateliers.example.org"), ("Host", "evil.example")]
        assert (await program.get("/api/", headers=headers)).status_code == 400


async def test_debug_serves_any_port_of_this_machine(env: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "1")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8000")
    async with client() as browser:
        for host, status in (("localhost:9000", 200), ("127.0.0.1:8000", 200), ("[::1]:8", 200), ("evil.example", 400)):
            asked = {"Host": host, "Accept": "application/json"}
            assert (await browser.get("/", headers=asked)).status_code == status
            posted = await browser.post("/sign-up", headers={**asked, "Origin": f"http://{host}"})
            assert posted.status_code == (201 if status == 200 else 400)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/sign-up", {"Sec-Fetch-Site": "same-origin"}, 201),
        ("/sign-up", {"Sec-Fetch-Site": "same-site", "Origin": "https://ateliers.example.org"}, 403),
        ("/sign-up", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("/sign-up", {"Sec-Fetch-Site": "none"}, 403),
        ("/sign-up", {"Origin": "https://ateliers.example.org"}, 201),
        ("/sign-up", {"Origin": "https://evil.example"}, 403),
        ("/sign-up", {"Origin": "http://ateliers.example.org"}, 403),
        ("/sign-up", {"Origin": "null"}, 403),
        ("/sign-up", {}, 403),
        ("/sign-up", {"Authorization": "Bearer ont_x", "Sec-Fetch-Site": "cross-site"}, 201),
        ("/u/secret", {"Origin": "https://mail.example"}, 201),
        ("/api/v1/sign-up", {}, 201),
        ("/api/v1/sign-up", {"Cookie": "a=1"}, 403),
        ("/api/v1/sign-up", {"Cookie": "a=1", "Sec-Fetch-Site": "same-origin"}, 201),
        ("/api/v1/sign-up", {"Origin": "https://evil.example"}, 403),
        ("/api/v1/sign-up", {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_no_foreign_page_changes_anything(env: object, path: str, headers: dict[str, str], status: int) -> None:
    async with client() as browser:
        answer = await browser.post(path, headers={"Accept": "application/json", **headers})
    assert answer.status_code == status


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8"])
async def test_forwarded_headers_of_a_stranger_are_not_believed(
    env: object, monkeypatch: pytest.MonkeyPatch, trusted: str
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", trusted)
    told = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    async with client() as program:
        answer = await program.post("/api/v1/sign-up", headers=told)
    assert answer.text == "0 from 192.0.2.7 https"


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("198.51.100.1:4711", "198.51.100.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("nonsense", "10.0.0.1"),
        ("nonsense, 10.9.9.9", "10.9.9.9"),
        ("", "10.0.0.1"),
    ],
)
async def test_a_trusted_proxy_tells_who_calls(
    env: object, monkeypatch: pytest.MonkeyPatch, told: str, seen: str
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8")
    async with client("10.0.0.1") as program:
        headers = {"Host": "inside", "X-Forwarded-Host": "ateliers.example.org", "X-Forwarded-Proto": "http"}
        answer = await program.post("/api/v1/sign-up", headers={**headers, "X-Forwarded-For": told})
        assert answer.text == f"0 from {seen} http"
        foreign = await program.get("/api/", headers={"X-Forwarded-Host": "evil.example"})
        assert foreign.status_code == 400


async def test_every_answer_carries_the_headers(env: object) -> None:
    async with client() as browser:
        answer = await browser.get("/", headers=HTML)
    headers = answer.headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("camera=(), ")
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["cache-control"] == "private, no-cache"
    assert headers["vary"] == "Accept-Language, Cookie, Accept-Encoding"
    assert len(headers["x-request-id"]) == 16


async def test_a_handler_keeps_its_own_policy(env: object) -> None:
    async with client() as browser:
        headers = (await browser.get("/own", headers=HTML)).headers
        assert headers["content-security-policy"] == "sandbox"
        assert headers["cache-control"] == "no-store"
        assert headers["vary"] == "Origin, Accept-Language, Cookie, Accept-Encoding"
        assert headers["x-robots-tag"] == "noindex"
        assert "etag" not in headers
        feed = (await browser.get("/calendar.ics")).headers
        assert "cross-origin-resource-policy" not in feed
        cookies = (await browser.get("/cookie")).headers.get_list("set-cookie")
        assert [cookie[:3] for cookie in cookies] == ["a=1", "b=2"]


@pytest.mark.parametrize("path", ["/m/abc", "/T/ABC", "/door/link/x"])
async def test_a_page_with_a_secret_in_its_address_is_not_kept(env: object, path: str) -> None:
    async with client() as browser:
        answer = await browser.get(path, headers={"Accept": "application/json", "If-None-Match": "*"})
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert "etag" not in answer.headers
    assert "content-encoding" not in answer.headers


async def test_the_camera_is_for_the_door(env: object) -> None:
    async with client() as browser:
        assert (await browser.get("/door/list")).headers["permissions-policy"].startswith("camera=(self), ")
        assert (await browser.get("/doorstep")).headers["permissions-policy"].startswith("camera=(), ")


async def test_etag_and_304_for_each_coding(env: object) -> None:
    digest = hashlib.sha256(PAGE.encode()).hexdigest()[:32]
    async with client() as browser:
        plain = await browser.get("/", headers={"Accept-Encoding": "identity"})
        assert (plain.headers["etag"], plain.text) == (f'"{digest}"', PAGE)
        packed = await browser.get("/", headers={"Accept-Encoding": "br, gzip"})
        assert (packed.headers["etag"], packed.text) == (f'"{digest}-gz"', PAGE)
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < len(PAGE) / 2
        for coding, etag, status in (
            ("gzip", f'"{digest}-gz"', 304),
            ("gzip", f'"x", W/"{digest}-gz"', 304),
            ("gzip", "*", 304),
            ("gzip", f'"{digest}"', 200),
            ("identity", f'"{digest}"', 304),
            ("identity", f'"{digest}-gz"', 200),
        ):
            answer = await browser.get("/", headers={"Accept-Encoding": coding, "If-None-Match": etag})
            assert answer.status_code == status
        assert answer.headers["vary"] == "Accept-Language, Cookie, Accept-Encoding"
        unchanged = await browser.get("/", headers={"Accept-Encoding": "identity", "If-None-Match": f'"{digest}"'})
        assert unchanged.content == b""
        assert {"content-type", "content-length", "content-encoding"}.isdisjoint(unchanged.headers)
        assert unchanged.headers["cache-control"] == "private, no-cache"
        assert unchanged.headers["content-security-policy"] == CSP.decode()


async def test_head_is_get_without_its_body(env: object) -> None:
    async with client() as browser:
        got, head = await browser.get("/"), await browser.head("/")
        assert (head.status_code, head.content) == (200, b"")
        assert {**head.headers, "x-request-id": ""} == {**got.headers, "x-request-id": ""}
        assert (await browser.head("/", headers={"If-None-Match": got.headers["etag"]})).status_code == 304
        missing = await browser.head("/nowhere", headers={"Accept": "application/json"})
        assert (missing.status_code, missing.content) == (404, b"")
        assert (await browser.head("/stream")).content == b""


async def test_a_stream_is_not_held_back(env: object) -> None:
    async with client() as browser:
        answer = await browser.get("/stream")
    assert answer.text == "onetwo"
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"gzip ; q=1.0", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, br", False),
        (b"br", False),
        (b"x-gzip-not", False),
        (b"", False),
    ],
)
def test_accepts_gzip(header: bytes, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


def test_matches_nothing_of_nothing() -> None:
    assert not matches(b"", b'"a"')
    assert matches(b'W/"a"', b'"a"')


@pytest.mark.parametrize(("path", "most"), [("/api/v1/sign-up", 64 * 1024), ("/sign-up", 1024 * 1024)])
async def test_too_large_a_body(env: object, path: str, most: int) -> None:
    async def parts(size: int) -> AsyncIterator[bytes]:
        for _ in range(size // 1024):
            yield b"x" * 1024

    headers = {**SAME, "Accept": "application/json"}
    async with client() as browser:
        assert (await browser.post(path, content=b"x" * most, headers=headers)).status_code == 201
        assert (await browser.post(path, content=parts(most), headers=headers)).text.startswith(f"{most} ")
        announced = await browser.post(path, content=b"x" * (most + 1), headers=headers)
        unannounced = await browser.post(path, content=parts(most + 1024), headers=headers)
        for answer in (announced, unannounced):
            assert answer.status_code == 413
            assert answer.json()["type"] == "/problems/too-large"


async def test_one_line_per_request_without_anything_of_the_person(env: object, logged: io.StringIO) -> None:
    async with client() as browser:
        await browser.get("/m/SECRET?name=Durand", headers={"User-Agent": "Durand", "Cookie": "Durand"})
        await browser.get("/Durand", headers={"Accept": "application/json"})
        await browser.post("/sign-up", headers={"Accept": "application/json"})
        await browser.head("/")
    first, second, third, fourth = map(json.loads, logged.getvalue().splitlines())
    assert set(first) == {"event", "level", "method", "route", "status", "ms", "bytes", "request_id", "timestamp"}
    assert (first["method"], first["route"], first["status"]) == ("GET", "/m/{secret}", 200)
    assert first["bytes"] == len(PAGE)
    assert (second["route"], second["status"]) == ("(unknown)", 404)
    assert (third["route"], third["status"]) == ("(unknown)", 403)
    assert (fourth["method"], fourth["route"], fourth["bytes"]) == ("HEAD", "/", 0)
    for word in ("SECRET", "Durand", "192.0.2.7"):
        assert word not in logged.getvalue()


async def test_a_failure_is_logged_by_its_places_without_values(env: object, logged: io.StringIO) -> None:
    async with client() as browser:
        answer = await browser.get("/fails/Durand", headers={"Accept": "application/json"})
    assert answer.status_code == 500
    assert "Durand" not in answer.text + logged.getvalue()
    failure, line = map(json.loads, logged.getvalue().splitlines())
    assert failure["error"] == "ValueError"
    assert failure["trace"][0] == "builtins.ValueError"
    assert failure["trace"][-1].endswith(" fails")
    assert (line["status"], line["level"], line["route"]) == (500, "error", "/fails/{name}")
    assert failure["request_id"] == line["request_id"] == answer.headers["x-request-id"]


async def test_an_error_of_the_error_pages_is_answered(env: object, logged: io.StringIO) -> None:
    async def broken(scope: object, receive: object, send: Any) -> None:
        raise RuntimeError("Durand")

    transport = httpx.ASGITransport(edge(broken))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://ateliers.example.org") as browser:
        answer = await browser.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Durand" not in logged.getvalue()


async def test_half_an_answer_is_replaced_or_cut_off(env: object, logged: io.StringIO) -> None:
    def half(length: list[tuple[bytes, bytes]]) -> httpx.AsyncClient:
        async def app(scope: object, receive: object, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": length})
            raise RuntimeError

        transport = httpx.ASGITransport(edge(app))  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url="https://ateliers.example.org")

    async with half([(b"content-length", b"3")]) as browser:
        assert (await browser.get("/")).status_code == 500
    async with half([]) as browser:
        with pytest.raises(RuntimeError):
            await browser.get("/")


def test_whoever_runs_a_proxy_is_told_every_address_that_holds_a_secret() -> None:
    told = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert [path for path in SECRETS if f"`{path}`" not in told] == []

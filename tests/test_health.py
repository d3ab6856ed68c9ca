"""Alive, ready, figures; and static files."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from tests import factories
from workshops import database, schema
from workshops.database import Engine, fetch, utcnow
from workshops.edge import edge
from workshops.errors import NotFound
from workshops.ids import new_id
from workshops.routes import static
from workshops.routes.health import HEALTH
from workshops.routes.problems import EXCEPTION_HANDLERS
from workshops.settings import settings

JSON = {"Accept": "application/json"}


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setenv("PUBLIC_URL", "https://ateliers.example.org")
    monkeypatch.setenv("METRICS_TOKEN", "wave")
    monkeypatch.delenv("DEBUG", raising=False)
    settings.cache_clear()
    app = Litestar(
        [HEALTH, static.static_file], exception_handlers=EXCEPTION_HANDLERS, openapi_config=None, logging_config=None
    )
    transport = httpx.ASGITransport(edge(app))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://ateliers.example.org") as opened:
        yield opened
    settings.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of static files, with a secret beside it."""
    root = tmp_path / "static"
    root.mkdir()
    (tmp_path / "secret.txt").write_text("not for you")
    (root / "style.css").write_text("body { color: #1f2426 }\n" * 200)
    monkeypatch.setattr(static, "bundled", lambda _name: root)
    static._root.cache_clear()
    yield root
    static._root.cache_clear()


async def test_healthz_is_ok_under_any_name_and_without_a_database(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"Host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.text) == (200, "ok")


async def test_readyz_when_the_schema_is_there(client: httpx.AsyncClient, db: Engine) -> None:
    answer = await client.get("/readyz", headers={"Host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.text) == (200, "ready")
    await fetch("INSERT INTO migration (name, app_name) VALUES ({}, {})", "2099-01-01T00:00:00:000000", "workshops")
    assert (await client.get("/readyz")).status_code == 200


async def test_not_ready_before_the_migration(client: httpx.AsyncClient, empty_db: Engine) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "schema older than the code")


async def test_not_ready_without_a_database(client: httpx.AsyncClient) -> None:
    before = database.engine()
    database.use(database.make_engine("postgresql://nobody@127.0.0.1:1/nothing"))
    try:
        answer = await client.get("/readyz")
        figures = await client.get("/metrics", headers={"Authorization": "Bearer wave"})
    finally:
        database.use(before)
    assert (answer.status_code, answer.text) == (503, "database unreachable")
    assert "\ndatabase_up 0.0\n" in figures.text


async def test_not_ready_when_the_database_takes_too_long(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(schema, "is_current", never)
    begun = time.monotonic()
    assert (await client.get("/readyz")).status_code == 503
    assert 1.9 < time.monotonic() - begun < 5


async def test_metrics_are_for_the_bearer_of_the_token(
    client: httpx.AsyncClient, db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in (b"", b"Bearer wrong", b"wave", "Bearer wavé".encode()):
        answer = await client.get("/metrics", headers={b"Authorization": given, b"Accept": b"application/json"})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert (await client.get("/metrics", headers={"Authorization": "Bearer wave"})).status_code == 200
    monkeypatch.delenv("METRICS_TOKEN")
    settings.cache_clear()
    assert (await client.get("/metrics", headers=JSON)).status_code == 404
    monkeypatch.setenv("DEBUG", "1")
    settings.cache_clear()
    assert (await client.get("/metrics")).status_code == 200


async def test_metrics_name_templates_and_count_messages(client: httpx.AsyncClient, db: Engine) -> None:
    for state, age in (("queued", 30), ("queued", 90), ("sent", 500)):
        row = {"id": new_id(), "kind": "test", "channel": "mail", "dedup_key": new_id(), "state": state}
        times = {"not_before": utcnow() - timedelta(seconds=age), "created_at": utcnow()}
        await factories.insert("message", {**row, **times})
    lost: factories.Row = {"id": new_id(), "kind": "test", "channel": "mail", "dedup_key": new_id(), "state": "failed"}
    lost |= {"last_cause": "bounce 5.1.1 Durand", "created_at": utcnow(), "not_before": utcnow()}
    await factories.insert("message", lost)
    await factories.insert("mail_pause", {"id": new_id(), "cause": "x", "channel": "sms", "paused_at": utcnow()})
    await client.get("/static/nowhere-Durand.css", headers=JSON)
    await client.request("DURAND", "/healthz", headers={**JSON, "Authorization": "Bearer x"})
    figures = (await client.get("/metrics", headers={"Authorization": "Bearer wave"})).text
    assert 'http_requests_total{method="GET",route="/static/{path}",status="4xx"}' in figures
    assert 'http_requests_total{method="other",route="(unknown)",status="4xx"}' in figures
    assert 'http_request_seconds_bucket{le="0.1",route="/static/{path}"}' in figures
    assert "http_requests_in_flight 1.0" in figures  # this one
    assert 'messages{state="queued"} 2.0' in figures
    assert 'messages{state="expired"} 0.0' in figures
    for line in (
        'messages_failed{cause="unknown_address"} 1.0',
        'messages_failed{cause="full"} 0.0',
        'messages_waiting{channel="mail"} 2.0',
        'messages_sent_last_minute{channel="mail"} 0.0',
        'messages_paused{channel="sms"} 1.0',
        'messages_paused{channel="mail"} 0.0',
        "addresses_given_up 0.0",
    ):
        assert line in figures, line
    oldest = float(figures.partition("\nmessages_oldest_due_seconds ")[2].partition("\n")[0])
    assert 90 <= oldest < 100
    assert 'database_connections{use="idle"}' in figures
    assert "\ndatabase_up 1.0\n" in figures
    assert "durand" not in figures.lower()


async def test_static_files_are_kept_under_the_address_that_names_their_content(
    client: httpx.AsyncClient, folder: Path
) -> None:
    address = static.static_url("style.css")
    answer = await client.get(address, headers={"Accept-Encoding": "identity"})
    digest = hashlib.sha256((folder / "style.css").read_bytes()).hexdigest()
    assert address == f"/static/style.css?v={digest[:12]}"
    assert answer.content == (folder / "style.css").read_bytes()
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["etag"] == f'"{digest[:32]}"'
    assert answer.headers["vary"] == "Accept-Encoding"
    for other in ("/static/style.css", "/static/style.css?v=000000000000"):
        assert (await client.get(other)).headers["cache-control"] == "no-cache"
    packed = await client.get(address)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] == f'"{digest[:32]}-gz"'
    assert packed.content == answer.content
    unchanged = await client.get(address, headers={"If-None-Match": packed.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = await client.head(address)
    assert (head.headers["content-length"], head.content) == (packed.headers["content-length"], b"")


async def test_a_changed_file_has_another_address(folder: Path) -> None:
    before = static.static_url("style.css")
    (folder / "style.css").write_text("body { color: red }")
    assert static.static_url("style.css") != before
    with pytest.raises(NotFound):
        static.static_url("missing.css")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("scan.wasm", "application/wasm"),
        ("scan.mjs", "text/javascript; charset=utf-8"),
        ("mark.svg", "image/svg+xml"),
        ("LICENSE", "text/plain; charset=utf-8"),
        ("thing.odd", "application/octet-stream"),
    ],
)
async def test_static_types(client: httpx.AsyncClient, folder: Path, name: str, kind: str) -> None:
    (folder / name).write_bytes(b"\x00\x01")
    assert (await client.get(f"/static/{name}")).headers["content-type"] == kind


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "/etc/passwd",
        "%2fetc/passwd",
        "x%00",
        "x" * 5000,
        "",
        ".",
    ],
)
async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient, folder: Path, path: str) -> None:
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    for asked in (path, "link.txt"):
        url = httpx.URL("https://ateliers.example.org", raw_path=f"/static/{asked}".encode())
        assert (await client.get(url, headers=JSON)).status_code == 404

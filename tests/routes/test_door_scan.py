"""The scanner's shell: what it may do, what it weighs, and that it holds nothing of a day or a person."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests import door
from tests.routes.conftest import ADDRESS
from workshops.app import application
from workshops.database import Engine
from workshops.routes.door_words import WORDS

SCRIPTS = sorted((Path(__file__).parents[2] / "static" / "door").glob("*.js"))
MOST_KB = 600  # as it is sent
LONGEST = 250


@pytest.fixture
async def client(db: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in French."""
    transport = httpx.ASGITransport(app=application())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers={"Accept-Language": "fr"}) as opened:
        yield opened


async def test_the_page_is_the_same_for_everybody_and_every_day(client: httpx.AsyncClient) -> None:
    event = await door.today()
    pages = [await client.get("/door/scan", params=query) for query in ({}, {"e": event["id"]})]
    assert pages[0].text == pages[1].text
    assert pages[0].status_code == 200
    assert '<a href="/door">' in pages[0].text
    policy = pages[0].headers["content-security-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "unsafe-inline" not in policy
    assert pages[0].headers["permissions-policy"].startswith("camera=(self), ")
    words = re.search(r'<script type="application/json" id="words">(.*?)</script>', pages[0].text)
    assert words
    assert json.loads(words[1])["admitted"] == "Bienvenue"


async def test_only_the_door_runs_webassembly(client: httpx.AsyncClient) -> None:
    for path in ("/", "/door/reader.js"):
        allowed = "wasm-unsafe-eval" in (await client.get(path)).headers["content-security-policy"]
        assert allowed == path.startswith("/door")


async def test_the_service_worker_keeps_all_that_the_page_needs(client: httpx.AsyncClient) -> None:
    answer = await client.get("/door/sw.js")
    assert answer.headers["service-worker-allowed"] == "/door"
    assert answer.headers["cache-control"] == "no-cache"
    named = re.search(r"^const KEPT = (.*);$", answer.text, re.MULTILINE)
    assert named
    kept = json.loads(named[1])
    assert len(kept) == len(set(kept))
    weight = 0
    for address in kept:
        found = await client.get(address, headers={"Accept-Encoding": "gzip"})
        assert found.status_code == 200, address
        weight += found.num_bytes_downloaded or len(found.content)
        for wanted in re.findall(
            r'(?:from|import) ?\(?"(\.{0,2}/[^"]+)"', found.text if address.endswith(".js") else ""
        ):
            folder = httpx.URL(f"http://x{address}").join(wanted).path
            assert folder in {one.split("?")[0] for one in kept}, f"{address} needs {wanted}"
    page = (await client.get("/door/scan")).text
    assert set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page)) <= set(kept)
    assert weight <= MOST_KB * 1024


async def test_its_version_changes_with_the_language(client: httpx.AsyncClient) -> None:
    french, english = [
        (await client.get("/door/sw.js", headers={"Accept-Language": language})).text for language in ("fr", "en")
    ]
    assert french != english
    assert french == (await client.get("/door/sw.js", headers={"Accept-Language": "fr"})).text


def test_every_word_is_said_and_every_word_said_is_there() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in SCRIPTS)
    outcomes = set(
        re.findall(r"^  (\w+): \"\w+\"|(?<=[ {])(\w+): \"(?:check|again|wait|clock|next|ask|cross|day|stray)\"", code)
    )
    named = {one for pair in outcomes for one in pair} | set(re.findall(r"\"([\w-]+)\"", code))
    unsaid = {name for name in WORDS if name not in named and not name.startswith("refused_")}
    assert unsaid == set()
    assert set(re.findall(r"\bsay\(\"([\w-]+)\"", code)) <= set(WORDS)


def test_a_script_is_short() -> None:
    assert [file.name for file in SCRIPTS if len(file.read_text(encoding="utf-8").splitlines()) > LONGEST] == []

"""The scanner's rules, which touch neither page nor network: the same as the server's, on the same cases."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.phones import PHONE
from tests.processes import ROOT
from tests.served import Served
from workshops.tickets import ALPHABET, Purpose, make_secret, new_code, read_code, secret_hash

CASES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "verdict_cases.json").read_text(encoding="utf-8"))
JUDGE = """async ({ slots, cases }) => {
  const { judge } = await import("/static/door/verdict.js");
  const known = slots.map(([stand, start, end, on]) => ({ stand, start, end, on: Boolean(on) }));
  return cases.map(({ places, here, at }) => judge(places, known, here, at));
}"""
READ = """async ([texts, host]) => {
  const { readText } = await import("/static/door/ticket.js");
  return Promise.all(texts.map(text => readText(text, host)));
}"""
MAKE = """async host => (await import("/static/door/ticket.js")).makeTicket(host, "https:")"""
FREE = """async ({ slot, rows, after, at }) => {
  const { freePlaces } = await import("/static/door/verdict.js");
  const { free, waiting } = freePlaces({ slots: [slot], event: { unclaimed_after: after } }, rows, 0, at);
  return [free, waiting.map(one => one.n)];
}"""
MOST_KB = 600
SCRIPTS = sorted((ROOT / "static" / "door").glob("*.js"))
HOST = "ATELIERS.EXAMPLE.ORG"


@pytest.fixture
async def page(demo: Served, browser: Browser) -> AsyncIterator[Page]:
    """A page of ours from which modules can be imported."""
    context = await browser.new_context(base_url=demo.url, **PHONE)
    opened = await context.new_page()
    await opened.goto("/privacy")
    yield opened
    await context.close()


async def test_the_first_load_is_light(demo: Served, browser: Browser) -> None:
    before = len(demo.printed())
    context = await browser.new_context(base_url=demo.url, **PHONE)
    opened = await context.new_page()
    await opened.goto("/door/scan")
    await opened.evaluate("() => navigator.serviceWorker.ready.then(() => {})")
    await context.close()
    sent = [int(size) for size in re.findall(r"\bbytes=(\d+)", demo.printed()[before:])]
    print("first load:", sum(sent) // 1024, "KB in", len(sent), "answers")
    assert len(sent) > 2 * len(SCRIPTS)
    assert sum(sent) <= MOST_KB * 1024


async def test_the_phone_judges_as_the_server_does(page: Page) -> None:
    told = await page.evaluate(JUDGE, CASES)
    wrong = [(case["why"], word) for case, word in zip(CASES["cases"], told, strict=True) if word != case["outcome"]]
    assert wrong == []


async def test_the_phone_reads_tickets_as_the_server_does(page: Page) -> None:
    secret = make_secret(Purpose.TICKET, "somebody").text
    ours = [secret, secret.lower(), f" https://{HOST.lower()}/T/{secret}/ ", f"HTTPS://{HOST}/T/{secret}?utm=1"]
    assert [one.get("k") for one in await page.evaluate(READ, [ours, HOST])] == [secret_hash(secret)] * 4
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".index(secret[-1])
    foreign = [
        f"HTTPS://SHOP.EXAMPLE/T/{secret}",
        f"HTTPS://{HOST}:8443/T/{secret}",
        secret[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[last | 1],  # not zero where it must be
        secret[:-1],
        "WIFI:S:home;T:WPA;P:secret;;",
        "",
        "A" * 4000,
    ]
    assert await page.evaluate(READ, [foreign, HOST]) == [{}] * len(foreign)


async def test_the_phone_reads_codes_as_the_server_does(page: Page) -> None:
    codes = [new_code() for _ in range(20)]
    typed = [code.lower().replace("-", " ").replace("0", "o").replace("1", "l") for code in codes]
    assert await page.evaluate(READ, [typed, HOST]) == [{"c": code} for code in codes]
    wrong = [code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1) % 32] for code in codes]
    assert [read_code(one) for one in wrong] == [None] * 20
    assert await page.evaluate(READ, [wrong, HOST]) == [{}] * 20


async def test_a_ticket_made_on_the_phone_is_one_of_ours(page: Page) -> None:
    made = await page.evaluate(MAKE, HOST)
    assert made["text"].startswith(f"HTTPS://{HOST}/T/")
    assert secret_hash(made["text"]) == made["k"]


@pytest.mark.parametrize(
    ("at", "after", "free", "waiting"),
    [(-1, 0, 0, ["Karim"]), (0, 0, 2, ["Karim"]), (5, 10, 0, ["Karim"]), (-10, -10, 2, ["Karim"])],
)
async def test_unclaimed_places_are_given_when_a_slot_begins(
    page: Page, at: int, after: int, free: int, waiting: list[str]
) -> None:
    """Three places, all booked; one of the three is here. Of two people who wait, one is in the hall."""
    rows = [
        {"n": "Anna", "p": [[0, "c"]], "in": [[-1, 0, 0], [0, 0, 0]]},
        {"n": "Léa", "p": [[0, "c"]], "in": [[-1, 0, 0]]},
        {"n": "Zoé", "p": [[0, "c"]], "in": []},
        {"n": "Karim", "p": [[0, "w"]], "in": [[-1, 0, 0]]},
        {"n": "Awa", "p": [[0, "w"]], "in": []},
    ]
    slot = {"start": 0, "end": 45 * 60_000, "capacity": 3, "taken": 3}
    asked = {"slot": slot, "rows": rows, "after": after, "at": at * 60_000}
    assert await page.evaluate(FREE, asked) == [free, waiting]


@pytest.mark.parametrize("path", ["/door/scan", "/door/scan?e=0"])
async def test_a_stranger_is_told_to_ask_for_a_link(demo: Served, browser: Browser, path: str) -> None:
    context = await browser.new_context(base_url=demo.url, **PHONE)
    page = await context.new_page()
    await page.goto(path)
    await expect(page.locator("#gone")).to_contain_text("Demandez un lien")
    await context.close()

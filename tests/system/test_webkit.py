"""The scanner in WebKitGTK: made a device by its link, then without any server, then with one again."""

from pathlib import Path

import pytest

from tests import door
from tests.browser import clips
from tests.door import Row
from tests.processes import Web, migrated
from tests.system.webkit import WebKit, webkit
from workshops.database import fetch
from workshops.devices import make_door_link

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
KEPT = """
  const asked = indexedDB.open("door");
  const db = await new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
  const counts = {};
  for (const name of ["rows", "queue"]) {
    const counted = db.transaction(name).objectStore(name).count();
    counts[name] = await new Promise((resolve) => (counted.onsuccess = () => resolve(counted.result)));
  }
  db.close();
"""
WORKS_ALONE = """
  const registration = await navigator.serviceWorker.getRegistration("/door");
  return registration?.active && caches.match("/door/scan", { ignoreSearch: true }).then(Boolean);
"""
VERDICT = "return document.body.dataset.screen === 'verdict' && document.getElementById('verdict').dataset.outcome"
NEXT = """
  const { next } = JSON.parse(document.getElementById("words").textContent);
  [...document.querySelectorAll("#verdict button")].find((button) => button.innerText.trim() === next)?.click();
"""


async def test_the_scanner_goes_on_without_a_server(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/workshops.db"
    async with migrated(url, tmp_path):
        event = await door.today()
        zoe, yanis, ines = [await door.attendee(event, name) for name in ("Zoé", "Yanis", "Inès")]
        link = await make_door_link(event["id"])
        async with Web(url, tmp_path, DEBUG="1", PUBLIC_URL="") as web, webkit() as browser:
            await web.ready()
            await browser.visit(f"http://127.0.0.1:{web.port}/door/link/{link[-26:]}")
            await browser.click("main form button")
            await browser.until("return location.pathname === '/door/scan'")
            await browser.until(WORKS_ALONE)
            await browser.until(f"{KEPT} return counts.rows === 3")
            await browser.click("#begin")
            assert await verdict_on(browser, zoe["code"]) == "admitted"
            await browser.until(f"{KEPT} return counts.queue === 0")
            assert await let_in() == {zoe["id"]}

            assert await web.stop() == 0
            await browser.reload()
            await browser.click("#begin")
            assert await verdict_on(browser, zoe["code"]) == "already_in"
            assert await verdict_on(browser, yanis["code"]) == "admitted"
            assert await verdict_on_photo(browser, photo(tmp_path / "ticket.jpg", ines, web.port)) == "admitted"
            assert await browser.run(f"{KEPT} return counts") == {"rows": 3, "queue": 3}

            web.start()
            await web.ready()
            await browser.run(NEXT)
            await browser.click("#send")
            await browser.until(f"{KEPT} return counts.queue === 0")
            assert await let_in() == {zoe["id"], yanis["id"], ines["id"]}


async def verdict_on(browser: WebKit, code: str) -> str:
    """What the phone says to a code that is typed."""
    await browser.run(NEXT)
    await browser.type("#text", code)
    await browser.click("#ask button")
    return str(await browser.until(VERDICT))


async def verdict_on_photo(browser: WebKit, file: Path) -> str:
    """What the phone says to a photo, which it offers where there is no camera."""
    await browser.run(NEXT)
    await browser.until("return !document.getElementById('no-camera').hidden")
    await browser.type("#photo", str(file))
    return str(await browser.until(VERDICT))


def photo(file: Path, person: Row, port: int) -> Path:
    """A photo of somebody's ticket as it is at this server, of nine million dots."""
    text = f"HTTP://127.0.0.1:{port}/T/{person['text'][-26:]}"
    clips.frame(text, (3464, 2598), turned=12).save(file, quality=85)
    return file


async def let_in() -> set[str]:
    """Who is in, as the database knows it."""
    rows = await fetch("SELECT attendee FROM scan WHERE kind = 'in' AND outcome = 'admitted'")
    return {row["attendee"] for row in rows}

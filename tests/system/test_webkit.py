"""The scanner's page in WebKitGTK: made a device by its link, then opened without any server."""

from pathlib import Path

import pytest

from tests import door
from tests.processes import Web, migrated
from tests.system.webkit import webkit
from workshops.devices import make_door_link

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
WORKS_ALONE = """
  const registration = await navigator.serviceWorker.getRegistration("/door");
  return registration?.active && caches.match("/door/scan", { ignoreSearch: true }).then(Boolean);
"""


async def test_the_scanner_opens_without_a_server(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/workshops.db"
    async with migrated(url, tmp_path):
        event = await door.today()
        link = await make_door_link(event["id"])
        async with Web(url, tmp_path, DEBUG="1", PUBLIC_URL="") as web, webkit() as browser:
            await web.ready()
            here = f"http://127.0.0.1:{web.port}"
            await browser.visit(f"{here}/door/link/{link[-26:]}")
            await browser.click("main form button")
            await browser.until("return location.pathname.replace('/scan', '') === '/door'")
            await browser.visit(f"{here}/door/scan?e={event['id']}")
            await browser.until(WORKS_ALONE)
            assert await web.stop() == 0
            await browser.reload()
            assert await browser.until("return document.body.dataset.screen") in ("gone", "start")

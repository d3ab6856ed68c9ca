"""The HTML of every message on a phone, light and dark: contrast, structure, nothing wider than the screen."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser

from tests import postbox
from tests.browser import measure
from tests.test_messages import written
from workshops.demo.samples import SAMPLES

production = postbox.production
__all__ = ["production"]
PHONE = 360


@pytest.mark.usefixtures("production")
async def test_every_message_is_readable_in_both_schemes(browser: Browser) -> None:
    found: dict[str, Any] = {}
    page = await browser.new_page(viewport={"width": PHONE, "height": 900})
    for name in SAMPLES:
        await page.set_content(re.sub(r'src="cid:[^"]*"', 'src="data:,"', written(name, "fr")[2]))
        await measure.prepare(page)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            wrong = await measure.barriers(page)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            if wrong or wide > PHONE:
                found[f"{name}, {scheme}"] = wrong, wide
    await page.close()
    assert not found

"""The HTML of every message on a phone, light and dark: contrast, structure, nothing wider than the screen."""

import base64
import re
from typing import Any

import pytest
from playwright.async_api import Browser

from tests import postbox
from tests.browser import measure
from tests.browser.visit import qr_text
from tests.test_messages import written
from workshops.demo.samples import SAMPLES

production = postbox.production
__all__ = ["production"]
PHONE = 360
RECOLOURED = """
  html, body, table, td, div { background: #121212 !important; color: #e6e6e6 !important; border-color: #121212; }
  body { padding: 3rem 0; }
"""
"""What a mail program's dark mode does to a message, whatever the message says of itself; pictures it leaves alone."""


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


@pytest.mark.usefixtures("production")
async def test_the_ticket_is_read_off_a_mail_program_that_shows_everything_dark(browser: Browser) -> None:
    """The code has its white border in itself; on the dark page round it a scanner would else see no code at all."""
    _, message, html, _ = written("your_places", "fr")
    pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
    for part in pictures:
        data = f"data:image/png;base64,{base64.b64encode(part.get_content()).decode()}"
        html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", data)
    page = await browser.new_page(viewport={"width": PHONE, "height": 900}, color_scheme="dark")
    try:
        await page.set_content(html)
        await page.add_style_tag(content=RECOLOURED)
        for number, part in enumerate(pictures):
            box = await page.locator("img[src^='data:image/png']").nth(number).bounding_box()
            assert box
            top, height = box["y"] - 40, box["height"] + 80
            taken = await page.screenshot(clip={"x": 0, "y": top, "width": PHONE, "height": height}, full_page=True)
            said = await qr_text(browser, part.get_content())
            assert "/T/" in said
            assert await qr_text(browser, taken) == said
    finally:
        await page.close()
    assert pictures

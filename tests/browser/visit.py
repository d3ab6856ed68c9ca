"""Somebody at a browser: a context of their own, and everything that went wrong in it, which nothing may."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response

from tests.processes import ROOT
from tests.served import Served

PATIENCE_MS = 15_000
DECODER = "http://decoder.test/"


class Visitor:
    """A page, and what this browser complained of: errors, refusals of the policy, answers that failed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("requestfailed", self._miss)
        page.on("response", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        told = message.text.startswith("Failed to load resource")  # the response itself tells it, below
        if message.type == "error" and not told:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _miss(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # by a click before everything had come
            self.complaints.append(f"{self.page.url}: {request.url} {request.failure}")

    def _see(self, response: Response) -> None:
        refused = response.status >= 400 and not response.request.is_navigation_request()
        if refused or response.status >= 500:
            self.complaints.append(f"{self.page.url}: {response.status} {response.url}")


@asynccontextmanager
async def visitor(browser: Browser, demo: Served, javascript: bool = True, **given: Any) -> AsyncIterator[Page]:
    """A page of a fresh context, in French unless told otherwise; at the end nothing may have gone wrong in it."""
    options = {"locale": "fr-FR", "viewport": {"width": 1280, "height": 900}, **given}
    context = await browser.new_context(base_url=demo.url, java_script_enabled=javascript, **options)
    try:
        seen = Visitor(await context.new_page())
        yield seen.page
        if seen.complaints:
            pytest.fail("\n".join(seen.complaints))
    finally:
        await context.close()


async def qr_text(browser: Browser, picture: bytes) -> str:
    """What a QR code in this PNG says, read by a decoder that shares nothing with what drew it (npm `qr`)."""
    context = await browser.new_context()
    try:
        page = await context.new_page()

        async def hand_out(route: Any) -> None:
            name = route.request.url.removeprefix(DECODER)
            if name == "picture":
                await route.fulfill(body=picture, content_type="image/png")
            elif name:
                await route.fulfill(path=ROOT / "node_modules/qr" / name, content_type="text/javascript")
            else:
                await route.fulfill(body="<!doctype html><title>Decoder</title>", content_type="text/html")

        await page.route(f"{DECODER}**", hand_out)
        await page.goto(DECODER)
        return str(await page.evaluate(_DECODE))
    finally:
        await context.close()


_DECODE = """async () => {
  const { decodeQR } = await import("/decode.js");
  const picture = new Image();
  picture.src = "/picture";
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  return decodeQR(canvas.getImageData(0, 0, picture.naturalWidth, picture.naturalHeight));
}"""

"""A Chromium to visit pages with, and its arguments: quiet, and where asked with a file for a camera."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright

QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def camera(clip: Path) -> list[str]:
    """The arguments with which every page may use a camera, which shows this clip (`clips.write`) again and again."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={clip.resolve()}",
    ]


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """CHROMIUM_PATH, which `make test` sets, else one of this machine, else Playwright's own. Raises RuntimeError."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            **_installed(playwright, arguments), ignore_default_args=["--disable-back-forward-cache"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def remembering(folder: Path, *arguments: str, **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser that keeps what it knows in `folder`, as a phone does when it is switched off and on."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder, **_installed(playwright, arguments), **options
        )
        try:
            yield context
        finally:
            await context.close()


def _installed(playwright: Playwright, arguments: Sequence[str]) -> dict[str, Any]:
    """Which program, and how it is started. Raises RuntimeError."""
    found = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    path = found or playwright.chromium.executable_path
    if not shutil.which(path):
        raise RuntimeError("no Chromium: install it, set CHROMIUM_PATH, or run `make test`, which installs one")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": path, "args": [*QUIET, *root, *arguments]}

"""Debian's WebKitGTK, the nearest here to a phone's Safari, driven by W3C WebDriver on a screen that nobody sees."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.processes import free_port

PATIENCE = 30
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which WebDriver names an element (W3C WebDriver §12.1)."""


class WebKit:
    """One browser window. Every step waits for what it needs, and raises RuntimeError with what WebDriver says."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def visit(self, address: str) -> None:
        """Open an address; returns when it has loaded."""
        await self._command("POST", "url", url=address)

    async def reload(self) -> None:
        """Load the page again."""
        await self._command("POST", "refresh")

    async def run(self, script: str) -> Any:
        """What the body of this asynchronous function returns."""
        done = "(value) => done({ value }), (error) => done({ error: String(error) })"
        body = f"const done = arguments[0]; (async () => {{ {script} }})().then({done});"
        told = await self._command("POST", "execute/async", script=body, args=[])
        if "error" in told:
            raise RuntimeError(f"{script}: {told['error']}")
        return told.get("value")

    async def until(self, script: str) -> Any:
        """What the function returns once that is true in the sense of JavaScript. Raises TimeoutError after 30 s."""
        failed: RuntimeError | None = None
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    try:
                        if there := await self.run(script):
                            return there
                    except RuntimeError as error:  # the page is just being left, or not yet whole
                        failed = error
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise TimeoutError(f"{script}: {failed or 'never true'}") from error

    async def click(self, css: str) -> None:
        """Click the first element, once it is shown."""
        await self._on(css, "click")

    async def type(self, css: str, words: str) -> None:
        """Write into a field once it is shown, or choose a file by its path."""
        await self._on(css, "value", text=words)

    async def _on(self, css: str, act: str, **given: str) -> None:
        await self.until(f"return document.querySelector({css!r})?.checkVisibility()")
        found = await self._command("POST", "element", using="css selector", value=css)
        await self._command("POST", f"element/{found[ELEMENT]}/{act}", **given)

    async def _command(self, method: str, path: str, **given: Any) -> Any:
        answer = await self._client.request(method, path, json=given)
        value = answer.json()["value"]
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {value['error']}: {value['message']}")
        return value


@asynccontextmanager
async def webkit() -> AsyncIterator[WebKit]:
    """A window of MiniBrowser that remembers nothing of those before it. Raises RuntimeError with what it said."""
    with tempfile.TemporaryDirectory(prefix="webkit-") as home:
        words = Path(home, "words.log")
        async with AsyncExitStack() as stack:
            port, env = free_port(), {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home}
            env |= {"DISPLAY": f":{await _screen(stack, words)}", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
            await _start(stack, words, "WebKitWebDriver", f"--port={port}", env=env)
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60))
            try:
                session = await _session(client)
            except (TimeoutError, httpx.HTTPError) as error:
                said = await asyncio.to_thread(words.read_text, errors="replace")
                raise RuntimeError(f"WebKit does not start: {error!r}\n{said}") from error
            client.base_url = httpx.URL(f"http://127.0.0.1:{port}/session/{session}/")
            stack.push_async_callback(client.delete, "")
            yield WebKit(client)


async def _screen(stack: AsyncExitStack, words: Path) -> str:
    """The number of a screen that nobody sees."""
    read, write = os.pipe()
    await _start(stack, words, "Xvfb", "-displayfd", str(write), "-nolisten", "tcp", pass_fds=[write])
    os.close(write)
    with os.fdopen(read) as told:
        return (await asyncio.to_thread(told.readline)).strip()


async def _start(stack: AsyncExitStack, words: Path, *command: str, **given: Any) -> None:
    """Start a program, its words in a file; the stack ends it."""
    with words.open("ab") as log:
        nothing = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=log, stderr=log, **given)

    async def end() -> None:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 20)

    stack.push_async_callback(end)


async def _session(client: httpx.AsyncClient) -> str:
    browser = {"binary": _mini_browser(), "args": ["--automation"]}
    asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": browser, "timeouts": {"script": 20_000}}}}
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                answer = await client.post("session", json=asked)
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.1)  # it has not begun to listen
    return str(answer.raise_for_status().json()["value"]["sessionId"])


def _mini_browser() -> str:
    found = shutil.which("MiniBrowser") or next(map(str, Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")), None)
    assert found, "WebKitGTK is not there: run `make test-system`, which installs it"
    return found

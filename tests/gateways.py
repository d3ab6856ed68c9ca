"""A text gateway on this machine, as apprise's json:// speaks to it, and the settings that name it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from workshops import settings
from workshops.gateway import Gateway

PUBLIC_URL = "https://inscription.pole-artois.example"


@dataclass
class Phones:
    """What the gateway answers next (then 200; None: nothing at all), and the texts it took: phone and words."""

    answers: list[int | None] = field(default_factory=list)
    taken: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request over one connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-len"))
        message = json.loads(await reader.readexactly(length))["message"]
        self.asked += 1
        status = self.answers.pop(0) if self.answers else 200
        if status is None:
            await reader.read()  # until the other side gives up
        else:
            if status == 200:
                self.taken.append(("+" + head.split(" ")[1].removeprefix("/send/"), message))
            writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()


@asynccontextmanager
async def answering(phones: Phones) -> AsyncIterator[Gateway]:
    """A transport to these phones."""
    server = await asyncio.start_server(phones.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Gateway(f"json://127.0.0.1:{port}/send/{{to}}")
    finally:
        server.close()
        await server.wait_closed()


@contextmanager
def texts_on(monkeypatch: pytest.MonkeyPatch, **env: Any) -> Iterator[None]:
    """Settings with a gateway."""
    named = {"SMS_URL": "json://127.0.0.1:9/send/{to}", "PUBLIC_URL": PUBLIC_URL, **env}
    try:
        with monkeypatch.context() as patch:
            for name, value in named.items():
                patch.setenv(name, str(value))
            settings.settings.cache_clear()
            yield
    finally:
        settings.settings.cache_clear()

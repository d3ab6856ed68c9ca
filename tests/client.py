"""A program that calls the service: connections that are kept alive, light enough to load two cores with."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Connection:
    """One HTTP/1.1 connection to a port of 127.0.0.1. Asks one thing at a time; use several at once."""

    def __init__(self, port: int, host: str) -> None:
        self.port = port
        self._fixed = f"\r\nHost: {host}\r\n".encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    async def open(self) -> None:
        """Connect, where it is not yet connected. Raises OSError."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)

    def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()
        self._streams = None

    async def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return await self.send(self.written("GET", path, None, headers))

    async def post(self, path: str, content: dict[str, Any], **headers: str) -> Answer:
        """Send JSON."""
        return await self.send(self.written("POST", path, content, headers))

    async def delete(self, path: str, **headers: str) -> Answer:
        """Ask for the end of something."""
        return await self.send(self.written("DELETE", path, None, headers))

    def written(self, method: str, path: str, content: dict[str, Any] | None, headers: dict[str, str]) -> bytes:
        """The bytes of a request; `_` in the name of a header stands for `-`."""
        body = b"" if content is None else json.dumps(content).encode()
        lines = {"X-Forwarded-For": household(next(_callers))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        if content is not None:
            lines["Content-Type"] = "application/json"
        lines["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {path} HTTP/1.1".encode() + self._fixed + head.encode() + b"\r\n" + body

    async def send(self, request: bytes) -> Answer:
        """Send a request and wait for its answer. Raises ConnectionError when the other side is gone or goes."""
        try:
            await self.open()
            assert self._streams
            reader, writer = self._streams
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            _, _, length = head.partition("\r\ncontent-length:")
            body = await reader.readexactly(int(length.partition("\r\n")[0])) if length else b""
        except BaseException as error:
            self.close()
            if isinstance(error, OSError | EOFError):
                raise ConnectionError(type(error).__name__) from error
            raise
        return Answer(int(head[9:12]), body)


def household(number: int) -> str:
    """The address of somebody in a network of their own, as a proxy tells it."""
    return f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"


_callers = itertools.count()


@asynccontextmanager
async def connections(ports: list[int], number: int, host: str) -> AsyncIterator[list[Connection]]:
    """`number` open connections, dealt out to `ports` in turn as a proxy would."""
    made = [Connection(ports[index % len(ports)], host) for index in range(number)]
    try:
        await asyncio.gather(*(one.open() for one in made))
        yield made
    finally:
        for one in made:
            one.close()

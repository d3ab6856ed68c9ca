"""Reading in a process of its own (see `workshops.apart`): one for all messages of a look, as long as it bears them."""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import msgspec

from workshops.apart import running
from workshops.incoming.reading import Told

SECONDS = 20


class Unreadable(Exception):
    """A message that no limit let us read."""


class Reader:
    """What says what messages say. The process is started with the first one, and anew after one that ended it."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self._end()

    async def read(self, raw: bytes) -> Told:
        """What a message says, whatever a stranger has put in it; 20 s at most. Raises Unreadable."""
        try:
            async with asyncio.timeout(SECONDS):
                return msgspec.json.decode(await self._asked(raw), type=Told)
        except (msgspec.DecodeError, OSError, TimeoutError, ValueError):
            await self._end()
            raise Unreadable from None

    async def _asked(self, raw: bytes) -> bytes:
        if self._child is None:
            self._child = await self._stack.enter_async_context(running("workshops.incoming"))
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(len(raw).to_bytes(4, "big") + raw)
        await self._child.stdin.drain()
        return await self._child.stdout.readline()

    async def _end(self) -> None:
        self._child = None
        await self._stack.aclose()

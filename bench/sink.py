"""The mail server of the benchmark: aiosmtpd in a process of its own, which takes everything and keeps nothing."""

import asyncio
import sys
from typing import Any

import uvloop
from aiosmtpd.smtp import SMTP


class Nothing:
    """Takes every message."""

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802
        return "250 OK"


async def listen() -> None:
    """Say the port on the first line, then serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Nothing(), loop=loop, hostname="sink"), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(listen())

"""Our own programs, started by a test and ended with it; what they do is awaited with a deadline."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
SECRET = "s3cret-value-that-no-error-shows-" * 2
PRODUCTION = {
    "SECRET_KEY": SECRET,
    "PUBLIC_URL": "https://ateliers.example.org",
    "SMTP_URL": "smtps://user:hunter2@mail.example.org",
    "MAIL_FROM": "inscription@example.org",
}
DEADLINE = 30


def env(**given: str) -> dict[str, str]:
    """An environment without any of our settings but those given."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **given}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def program(command: str, given: dict[str, str], cwd: Path = ROOT) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m command`, with the settings `given`; killed at the end if it still runs."""
    pipe = asyncio.subprocess.PIPE
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command.split()), env=env(**given), cwd=cwd, stdout=pipe, stderr=pipe
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.communicate()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - another process sends no event
            await asyncio.sleep(0.02)


async def answers(port: int, path: str = "/healthz") -> bool:
    """Whether something answers there, and well."""
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://127.0.0.1:{port}{path}")).status_code == 200
    except httpx.TransportError:
        return False


async def until_ready(port: int, path: str = "/healthz") -> None:
    """Wait until a server answers."""
    async with asyncio.timeout(DEADLINE):
        while not await answers(port, path):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


async def until_gone(port: int) -> None:
    """Wait until a server takes nobody new."""
    async with asyncio.timeout(DEADLINE):
        while await answers(port):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def memory(pid: int) -> int:
    """The most memory a process has used, in KB; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()[0])
    except FileNotFoundError:
        return 0

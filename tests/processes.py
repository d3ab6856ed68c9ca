"""The service as it runs in production: `workshops serve` and `workshops worker`, each a process of its own."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.client import Answer, Connection
from workshops import database

ROOT = Path(__file__).parent.parent
HOST = "ateliers.example.org"
READY_SECONDS = 30.0
STOP_SECONDS = 15.0
PRODUCTION = {
    "SECRET_KEY": "a key of the tests' processes of more than 32 bytes",
    "PUBLIC_URL": f"https://{HOST}",
    "SMTP_URL": "smtp://127.0.0.1:1",  # whoever lets a worker run names a server that listens
    "MAIL_FROM": "inscription@example.org",
    "MAIL_PER_MINUTE": "100000",
    "TRUSTED_PROXIES": "127.0.0.0/8",  # every request of `tests.client` comes from another household
}


class Process:
    """A process of ours, its words in a file."""

    def __init__(self, words: tuple[str, ...], env: dict[str, str], folder: Path) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self._words, self._env = words, kept | PRODUCTION | {"PYTHONPATH": str(ROOT)} | env
        self._log = folder / f"{len(list(folder.glob('*.log')))}-{words[-1]}.log"
        self.start()

    def start(self) -> None:
        """Start it, or start it again after `kill` or `stop`; it goes on writing to the same file."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", *self._words],
                env=self._env,
                cwd=self._log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # so that Ctrl-C reaches the tests alone
            )
        self.pid = self._running.pid

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self.stop()

    def kill(self) -> None:
        """End it as a power cut would: nothing of it runs any more when this returns."""
        self._running.kill()
        self._running.wait()

    async def stop(self) -> int:
        """Ask it to stop, wait, kill it if it does not; its exit code."""
        self._running.terminate()
        try:
            return await asyncio.to_thread(self._running.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._running.returncode

    async def end(self) -> None:
        """Wait until it has done its work. Raises RuntimeError if it failed."""
        if await asyncio.to_thread(self._running.wait, READY_SECONDS):
            self.check()

    def check(self) -> None:
        """Raise RuntimeError, with its last words, if it has ended."""
        if self._running.poll() is not None:
            raise RuntimeError(f"{self._log.name} ended with {self._running.returncode}:\n{self.words()}")

    def words(self) -> str:
        """The last of what it said."""
        return self._log.read_text(errors="replace")[-4000:]


class Web(Process):
    """`workshops serve` on a free port, or what else serves in its way."""

    def __init__(self, url: str, folder: Path, words: tuple[str, ...] = ("workshops.cli", "serve"), **env: str) -> None:
        self.port = free_port()
        super().__init__(words, {"DATABASE_URL": url, "PORT": str(self.port), **env}, folder)

    async def ready(self) -> None:
        """Wait until it says that it can work. Raises RuntimeError if it ends first, TimeoutError after 30 s."""
        async with asyncio.timeout(READY_SECONDS):
            while (await self.ask("/readyz")).status != 200:
                self.check()
                await asyncio.sleep(0.05)  # another process, which sends no event

    async def ask(self, path: str) -> Answer:
        """The answer to GET on a connection of its own; status 0 where nobody listens."""
        try:
            async with Connection(self.port, HOST) as connection:
                return await connection.get(path)
        except OSError:
            return Answer(0, b"")


class Worker(Process):
    """`workshops worker`, sending to `smtp_port` of 127.0.0.1."""

    def __init__(self, url: str, folder: Path, smtp_port: int, **env: str) -> None:
        names = {"DATABASE_URL": url, "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}"}
        super().__init__(("workshops.cli", "worker"), names | env, folder)

    async def ready(self) -> None:
        """Wait until it says that it works. Raises RuntimeError if it ends first, TimeoutError after 30 s."""
        async with asyncio.timeout(READY_SECONDS):
            while '"working"' not in self.words():
                self.check()
                await asyncio.sleep(0.05)  # as above


@asynccontextmanager
async def migrated(url: str, folder: Path) -> AsyncIterator[None]:
    """A database of today's schema, which this process uses as well."""
    async with Process(("workshops.cli", "migrate"), {"DATABASE_URL": url}, folder) as migration:
        await migration.end()
    before = database.engine()
    database.use(database.make_engine(url))
    try:
        async with database.connected():
            yield
    finally:
        database.use(before)


@asynccontextmanager
async def webs(url: str, folder: Path, number: int = 1) -> AsyncIterator[list[Web]]:
    """`number` web processes that answer."""
    async with AsyncExitStack() as stack:
        started = [await stack.enter_async_context(Web(url, folder)) for _ in range(number)]
        for one in started:
            await one.ready()
        yield started


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

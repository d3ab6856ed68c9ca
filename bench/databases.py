"""The two databases to measure on, each with a way to copy itself, its processes and its floor."""

import shutil
from abc import ABC, abstractmethod
from pathlib import Path

from bench import floors
from bench.rate import Rate
from bench.record import Tape
from tests import postgres


class Database(ABC):
    """`processes` is how many web processes serve it, `aim` how many sign-ups a second they are to take."""

    name: str
    processes: int
    aim: int

    @abstractmethod
    def copy(self, name: str, of: str | None = None) -> str:
        """The URL of a fresh database: empty, or as another one is now."""

    @abstractmethod
    async def floor(self, url: str, tape: Tape, clients: int) -> Rate:
        """What the bare driver makes of the tape."""

    def stop(self) -> None:  # noqa: B027 - a file has nothing to stop
        """Leave nothing behind."""


class SQLite(Database):
    """A file, one process."""

    name, processes, aim = "sqlite", 1, 150

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy(self, name: str, of: str | None = None) -> str:
        path = self._folder / f"{name}.db"
        for old in self._folder.glob(f"{name}.db*"):
            old.unlink()
        if of:
            shutil.copy(self._folder / f"{of}.db", path)
        return f"sqlite:///{path}"

    async def floor(self, url: str, tape: Tape, clients: int) -> Rate:
        return await floors.sqlite(url, tape, clients)


class Postgres(Database):
    """A server of our own that keeps its word after a power cut, two processes."""

    name, processes, aim = "postgres", 2, 300

    def __init__(self, _folder: Path) -> None:
        self._server = postgres.start(fsync="on", full_page_writes="on", shared_buffers="256MB")
        self._made: set[str] = set()

    def copy(self, name: str, of: str | None = None) -> str:
        self._made.add(made := f"workshops_bench_{name}")
        return self._server.create(made, f"workshops_bench_{of}") if of else self._server.create(made)

    async def floor(self, url: str, tape: Tape, clients: int) -> Rate:
        return await floors.postgres(url, tape, clients)

    def stop(self) -> None:
        for made in self._made:
            self._server.drop(made)
        self._server.stop()

"""`make bench`: registrations, check-ins and pages on SQLite and PostgreSQL, each beside its floor, as ratios.

`python -m bench [--number N] [--clients C] [sqlite] [postgres]`
"""

import argparse
import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("SECRET_KEY", "a key of the tests' processes of more than 32 bytes")

from bench import floors, season
from bench.record import Statement, record
from bench.served import Rate, measured
from tests import postgres
from tests.client import Connection
from tests.processes import Web, migrated, webs
from workshops import database

Row = dict[str, Any]
PAGES = 400


@dataclass(frozen=True, slots=True)
class Kind:
    """A database to measure: how to make a copy of a file or database, how many web processes, and its floor."""

    name: str
    processes: int
    copy: Callable[[str, str | None], str]
    floor: Callable[[str, list[list[Statement]], int], Awaitable[float]]


async def main() -> None:
    """Measure what was asked for and print one line for each."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--number", type=int, default=1500, help="sign-ups and check-ins in each measurement")
    parser.add_argument("--clients", type=int, default=32, help="connections that are kept alive")
    parser.add_argument("kinds", nargs="*", choices=["sqlite", "postgres", []], help="both where none is named")
    asked = parser.parse_args()
    print(f"{asked.number} requests by {asked.clients} clients; ours beside its floor, in one run on this machine\n")
    print(f"{'':44}{'ours /s':>9}{'floor /s':>10}{'ratio':>8}{'CPU ms':>8}{'statements':>12}")
    folder = Path(tempfile.mkdtemp(prefix="workshops-bench-"))
    server = postgres.start(fsync="on") if asked.kinds != ["sqlite"] else None
    try:
        for kind in _kinds(folder, server):
            if kind.name in (asked.kinds or ["sqlite", "postgres"]):
                await _measure(kind, folder, asked.number, asked.clients)
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder)


async def _measure(kind: Kind, folder: Path, number: int, clients: int) -> None:
    original = kind.copy("original", None)
    async with migrated(original, folder):
        day = await season.build()
    for hot, words in ((False, "registrations, 50 sessions"), (True, "registrations, one hot session")):
        async with _in_use(kind.copy("recorded", "original")) as engine:
            sent = await record(engine, season.registering(day, number, hot))
        floor = await kind.floor(kind.copy("floor", "original"), sent, clients)
        async with webs(kind.copy("ours", "original"), folder, kind.processes) as web:
            ours = await measured(web, clients, number, _sign_up(day, hot), 201)
        _show(f"{kind.name}: {words}", ours, floor, len(sent[-1]) + 2)
    async with _in_use(kind.copy("recorded", "ours")) as engine:
        read = await season.tickets()
        sent = await record(engine, season.checking_in(day, read))
    floor = await kind.floor(kind.copy("floor", "ours"), sent, clients)
    url = kind.copy("scanned", "ours")
    async with webs(url, folder, kind.processes) as web:
        ours = await measured(web, clients, len(read), _check_in(day, read), 200)
        _show(f"{kind.name}: check-ins", ours, floor, len(sent[-1]) + 2)
        async with Web(url, folder, ("bench.empty",)) as empty:
            await empty.ready()
            nothing = await measured(
                [empty], clients, PAGES * 5, lambda caller, _: caller.written("GET", "/", None, {}), 200
            )
        for path, words in (("/", "the programme"), (f"/events/{day['shown']}", "a day of 20 × 8 slots")):
            ours = await measured(web[:1], clients, PAGES, _page(path), 200)
            _show(f"{kind.name}: {words} (floor: an empty handler)", ours, nothing.per_second, None)


def _sign_up(day: Row, hot: bool) -> Callable[[Connection, int], bytes]:
    path = f"/api/v1/events/{day['event']}/registrations"
    return lambda caller, index: caller.written("POST", path, season.body(day, index, hot), {})


def _check_in(day: Row, read: list[str]) -> Callable[[Connection, int], bytes]:
    path, bearer = f"/api/v1/events/{day['event']}/check-ins", {"Authorization": f"Bearer {day['token']}"}
    return lambda caller, index: caller.written("POST", path, {"ticket": read[index]}, bearer)


def _page(path: str) -> Callable[[Connection, int], bytes]:
    return lambda caller, _: caller.written("GET", path, None, {"Accept_Encoding": "gzip"})


def _show(words: str, ours: Rate, floor: float, statements: int | None) -> None:
    ratio = f"{ours.per_second / floor:.0%}"
    shown = f"{words:44}{ours.per_second:9.0f}{floor:10.0f}{ratio:>8}{ours.cpu_ms:8.2f}"
    print(f"{shown}{statements or '':>12}", flush=True)


def _kinds(folder: Path, server: postgres.Server | None) -> list[Kind]:
    def file(name: str, of: str | None) -> str:
        path = folder / f"{name}.db"
        for old in folder.glob(f"{name}.db*"):
            old.unlink()
        if of:
            shutil.copy(folder / f"{of}.db", path)
        return f"sqlite:///{path}"

    def created(name: str, of: str | None) -> str:
        assert server is not None
        return server.create(f"bench_{name}", f"bench_{of}") if of else server.create(f"bench_{name}")

    async def aiosqlite_floor(url: str, sent: list[list[Statement]], _: int) -> float:
        return await floors.sqlite(Path(url.removeprefix("sqlite:///")), sent)

    return [Kind("sqlite", 1, file, aiosqlite_floor), Kind("postgres", 2, created, floors.postgres)]


@asynccontextmanager
async def _in_use(url: str) -> AsyncIterator[database.Engine]:
    before, engine = database.engine(), database.make_engine(url)
    database.use(engine)
    try:
        async with database.connected():
            yield engine
    finally:
        database.use(before)


if __name__ == "__main__":
    asyncio.run(main())

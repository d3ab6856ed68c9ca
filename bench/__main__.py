"""`make bench`: sign-ups, check-ins and pages on SQLite and PostgreSQL, each beside its floor; what the scanner reads.

How to read the figures: docs/performance.md. `make bench ARGS="--help"` tells what can be chosen.
"""

import argparse
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import uvloop

from tests.processes import PRODUCTION

os.environ.update(PRODUCTION)  # before anything reads it: the processes measured read the tickets made here

from bench import door, door_page, eyes, mail, season
from bench.databases import Database, Postgres, SQLite
from bench.rate import Rate
from bench.record import Tape, in_use, record
from bench.season import Request, Season
from bench.served import served
from tests import truths
from tests.processes import Web, migrated, webs
from workshops import logs
from workshops.database import fetch

MOST_STATEMENTS = {"sign-ups": 15, "programme": 5}
ON_DATABASES = ("sign-ups", "check-ins", "pages", "waiting", "mail", "door")
PARTS = (*ON_DATABASES, "frames", "door-page")
WAITING = (250, 10_000)
CROWDED_SHARE = 0.6
PAGES = 600
SHARE = 0.25


class Bench:
    """One run: the table it prints, and the aims that it misses."""

    def __init__(self, asked: argparse.Namespace, folder: Path) -> None:
        self.asked, self.folder = asked, folder
        self.missed: list[str] = []

    async def measure(self, database: Database) -> None:
        """Every part that was asked for."""
        async with migrated(database.copy("original"), self.folder):
            day = await season.build()
        for hot, words in ((False, "sign-ups, 50 sessions"), (True, "sign-ups, one hot session")):
            if "sign-ups" in self.asked.parts:
                ask, number = season.signing_up(day, hot), self.asked.number
                ours, floor, statements = await self._beside_floor(database, "original", ask, number)
                self.show(f"{database.name}: {words}", ours, floor, statements)
                self.aim(f"{database.name}: {words}: ≥ {database.aim}/s", ours.per_second >= database.aim)
                self.aim(f"{database.name}: {words}: ≥ 25 % of the floor", ours.per_second >= SHARE * floor.per_second)
                self.aim(f"{database.name}: {words}: ≤ 15 statements", statements <= MOST_STATEMENTS["sign-ups"])
        if "check-ins" in self.asked.parts:
            read = await self._signed_up(database, day)
            ask = season.checking_in(day, read)
            ours, floor, statements = await self._beside_floor(database, "signed_up", ask, len(read))
            self.show(f"{database.name}: check-ins", ours, floor, statements)
        if "pages" in self.asked.parts:
            await self._measure_pages(database, day)
        if "waiting" in self.asked.parts:
            await self._measure_waiting(database, day)
        if "mail" in self.asked.parts:
            await self._measure_mail(database)
        if "door" in self.asked.parts:
            await self._measure_door(database)

    async def _beside_floor(
        self,
        database: Database,
        original: str,
        ask: Callable[[int], Request],
        number: int,
        clients: int = 0,
        judge: Callable[[], Awaitable[object]] = truths.offenders,
    ) -> tuple[Rate, Rate, int]:
        """Ours and the floor in turn, each from the same database, the best of the rounds; and our statements."""
        tape, clients = await self._recorded(database, original, ask, number), clients or self.asked.clients
        ours = floor = None
        for _ in range(self.asked.rounds):
            floor = (await database.floor(database.copy("floor", original), tape, clients)).better(floor)
            url = database.copy("ours", original)
            async with webs(url, self.folder, database.processes) as web:
                ours = (await served(web, clients, number, ask)).better(ours)
            async with in_use(url):
                if wrong := await judge():
                    raise RuntimeError(f"fast, but wrong: {wrong}")
        assert ours
        assert floor
        return ours, floor, max(len(statements) for statements in tape)

    async def _recorded(self, database: Database, original: str, ask: Callable[[int], Request], number: int) -> Tape:
        async with in_use(database.copy("recorded", original)) as engine:
            return await record(engine, ask, number)

    async def _signed_up(self, database: Database, day: Season) -> list[str]:
        """Fill the database that tickets are scanned on."""
        async with in_use(database.copy("signed_up", "original")) as engine:
            await record(engine, season.signing_up(day, hot=False), self.asked.number)
            return await season.tickets(day)

    async def _measure_pages(self, database: Database, day: Season) -> None:
        url, clients = database.copy("ours", "original"), self.asked.clients
        empty = None
        async with Web(url, self.folder, ("bench.empty",)) as floor:
            await floor.ready()
            for _ in range(self.asked.rounds):
                empty = (await served([floor], clients, PAGES * 10, season.reading("/"))).better(empty)
        for path, words in (("/", "programme, page of 12 days"), (f"/events/{day.full}", "day of 20 × 8 slots")):
            ask, ours = season.reading(path), None
            statements = len((await self._recorded(database, "original", ask, 1))[0])
            async with webs(url, self.folder) as web:
                for _ in range(self.asked.rounds):
                    ours = (await served(web, clients, PAGES, ask)).better(ours)
            assert ours
            assert empty
            self.show(f"{database.name}: {words} (1 process)", ours, empty, statements)
            self.aim(f"{database.name}: {words}: ≤ 5 statements", statements <= MOST_STATEMENTS["programme"])

    async def _measure_waiting(self, database: Database, day: Season) -> None:
        """Sign-ups to a slot, and places given back in it, beside few and beside many who wait for it."""
        few, many = [await self._beside_crowd(database, day, number) for number in WAITING]
        for words, beside_few, beside_many in zip(("sign-ups", "places given back"), few, many, strict=True):
            told = f"{database.name}: {words}, {WAITING[1]:,} wait"
            self.show(f"{told} (floor: {WAITING[0]})", beside_many, beside_few, 0)
            share = beside_many.per_second / beside_few.per_second
            self.aim(f"{told}: ≥ 60 % of the rate with {WAITING[0]}", share >= CROWDED_SHARE)

    async def _beside_crowd(self, database: Database, day: Season, number: int) -> tuple[Rate, Rate]:
        async with in_use(database.copy("crowded", "original")):
            await season.crowd(day, number)
            await fetch("ANALYZE")
            giving_back, ask = await season.giving_back(day), season.signing_up(day, hot=True)
        came = gone = None
        for _ in range(self.asked.rounds):
            async with webs(database.copy("ours", "crowded"), self.folder, database.processes) as web:
                gone = (await served(web, self.asked.clients, season.HOT, giving_back)).better(gone)
                came = (await served(web, self.asked.clients, self.asked.number, ask)).better(came)
        assert came
        assert gone
        return came, gone

    async def _measure_mail(self, database: Database) -> None:
        async with migrated(database.copy("mail"), self.folder):
            await mail.build()
        fresh, written, alone = await mail.measure(database, self.asked.rounds)
        for words, ours in (("messages, freshly written", fresh), ("messages, written before", written)):
            self.show(f"{database.name}: {words}", ours, alone, 0)
        self.aim(f"{database.name}: ≥ {mail.FLOOR} fresh messages/s", fresh.per_second >= mail.FLOOR)
        share = written.per_second / alone.per_second
        self.aim(f"{database.name}: written before: ≥ 60 % of aiosmtplib alone", share >= mail.SHARE)

    async def _measure_door(self, database: Database) -> None:
        """Scans a second, handed in by 200; the times are those of a batch."""
        async with migrated(database.copy("door"), self.folder):
            ask = door.handing_in(await door.build())
            await fetch("ANALYZE")
        ours, floor, statements = await self._beside_floor(database, "door", ask, door.BATCHES, door.CLIENTS, door.lost)
        scans, most = (replace(rate, per_second=rate.per_second * door.BATCH) for rate in (ours, floor))
        self.show(f"{database.name}: scans, in batches of {door.BATCH}", scans, most, statements)
        if database.name == "postgres":
            self.aim(f"{database.name}: ≥ {door.AIM:,} scans/s", scans.per_second >= door.AIM)

    async def read_frames(self) -> None:
        """What the scanner reads of frames that are hard to read; no database takes part."""
        seen = await eyes.measure()
        print("\n".join(["", *eyes.table(seen)]), flush=True)
        inverted = [one for one in seen if one.frame.fault == "inverted"]
        self.aim(f"frames: ≥ {eyes.READS:.0%} are read", eyes.share(seen) >= eyes.READS)
        self.aim("frames: no wrong text", not any(one.wrong for one in seen))
        self.aim("frames: every inverted one is read", eyes.share(inverted) == 1)

    async def scan(self) -> None:
        """How fast the scanner's page is with its verdict."""
        alone, hung, slow = await door_page.measure(self.asked.rounds)
        print("\n".join(["", f"{'':46}{'reads':>6}{'median ms':>10}{'p95 ms':>9}", *map(str, (alone, hung, slow))]))
        for pace, most in ((alone, door_page.P95_MS), (hung, door_page.P95_MS), (slow, door_page.P95_SLOW_MS)):
            self.aim(f"{pace.words}: p95 ≤ {most} ms", pace.p95 <= most)

    def show(self, words: str, ours: Rate, floor: Rate, statements: int) -> None:
        """One line of the table."""
        print(
            f"{words:46}{ours.per_second:8.0f}{floor.per_second:9.0f}{ours.per_second / floor.per_second:7.0%}"
            f"{ours.p50_ms:8.1f}{ours.p99_ms:8.1f}{ours.cpu_ms:8.2f}{floor.cpu_ms:8.2f}{statements:6}",
            flush=True,
        )

    def aim(self, words: str, holds: bool) -> None:
        """Remember an aim that does not hold."""
        if not holds:
            self.missed.append(words)


async def main() -> None:
    """Measure what was asked for, print a line for each, then the aims that do not hold."""
    asked = _arguments()
    engines = asked.engines if set(asked.parts) & set(ON_DATABASES) else []
    if engines:
        print(f"{asked.number} sign-ups and check-ins by {asked.clients} clients, the best of {asked.rounds} rounds")
        print(f"{'':46}{'ours/s':>8}{'floor/s':>9}{'':7}{'p50 ms':>8}{'p99 ms':>8}{'CPU ms':>8}{'floor':>8}{'SQL':>6}")
    folder = Path(tempfile.mkdtemp(prefix="workshops-bench-"))
    try:
        bench = Bench(asked, folder)
        logs.configure(debug=False, to=io.StringIO())
        for kind in (SQLite, Postgres):
            if kind.name in engines:
                database = kind(folder)
                try:
                    await bench.measure(database)
                finally:
                    database.stop()
        if "frames" in asked.parts:
            await bench.read_frames()
        if "door-page" in asked.parts:
            await bench.scan()
    finally:
        shutil.rmtree(folder)
    print("\n".join(["", "These aims do not hold:", *bench.missed] if bench.missed else ["", "Every aim holds."]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=sys.modules[__name__].__doc__)
    parser.add_argument("--number", type=int, default=1500, help="sign-ups and check-ins in each measurement")
    parser.add_argument("--clients", type=int, default=32, help="connections that are kept alive")
    parser.add_argument("--rounds", type=int, default=2, help="how often each is measured; the best counts")
    parser.add_argument("--engines", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())

"""Bursts: many sign-ups of one day within minutes from one network, as its organisers see them for 24 hours.

A school's class is a burst too: nothing happens to it by itself. The network is known here by its keyed hash alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from workshops.database import fetch, fetch_one

Row = dict[str, Any]
LEAST, SPAN = 20, timedelta(minutes=10)
"""So many within so long are shown."""
KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of a burst. `asked`: the address was to prove itself; `proved`: it did; `places`: how many they have."""

    id: str
    first_name: str
    last_name: str
    at: datetime
    asked: bool
    proved: bool
    places: int

    @property
    def unproved(self) -> bool:
        """Whether the address was asked for a proof and has given none."""
        return self.asked and not self.proved


@dataclass(frozen=True, slots=True)
class Burst:
    """The people who still have places, in the order they came; `id` is that of the first who came at all."""

    id: str
    begun_at: datetime
    ended_at: datetime
    people: tuple[Somebody, ...]

    @property
    def unproved(self) -> tuple[Somebody, ...]:
        """Those whose address has not proved itself."""
        return tuple(one for one in self.people if one.unproved)

    def chosen(self, *, unproved: bool) -> tuple[Somebody, ...]:
        """All of them, or those whose address has not proved itself."""
        return self.unproved if unproved else self.people


def mark_of(people: Sequence[Somebody]) -> str:
    """What a screen saw of these people: a verb refuses to act on others."""
    return hashlib.sha256(" ".join(f"{one.id}{one.proved:d}" for one in people).encode()).hexdigest()[:16]


async def largest(event: str, now: datetime) -> int:
    """How many people came from the network that most came from lately; 0 below LEAST. One statement."""
    row = await fetch_one(
        "SELECT COUNT(*) AS people FROM attendee a WHERE a.event = {} AND a.network IS NOT NULL AND a.created_at > {} "
        f"AND {_COMES} GROUP BY a.network HAVING COUNT(*) >= {LEAST} ORDER BY COUNT(*) DESC LIMIT 1",
        *(event, now - KEPT),
    )
    return int(row["people"]) if row else 0


async def of_event(event: str, now: datetime) -> list[Burst]:
    """The bursts of the last 24 hours in which somebody still has a place, the newest first."""
    rows = await fetch(
        "SELECT a.id, a.network, a.first_name, a.last_name, a.created_at, a.doubted_at, a.proved_at, "
        "(SELECT COUNT(*) FROM registration r WHERE r.attendee = a.id AND r.status <> 'cancelled') AS places "
        "FROM attendee a WHERE a.event = {} AND a.network IS NOT NULL AND a.created_at > {} "
        "AND a.anonymised_at IS NULL ORDER BY a.network, a.created_at, a.id",
        *(event, now - KEPT),
    )
    found = [burst for _, own in groupby(rows, lambda row: row["network"]) for burst in _in(list(own))]
    return sorted((one for one in found if one.people), key=lambda one: one.begun_at, reverse=True)


def _in(rows: list[Row]) -> list[Burst]:
    """The bursts of one network: every stretch of rows that SPANs with LEAST sign-ups cover."""
    covered = [False] * len(rows)
    first = done = 0
    for last, row in enumerate(rows):
        while row["created_at"] - rows[first]["created_at"] > SPAN:
            first += 1
        if last - first + 1 >= LEAST:
            start = max(first, done)
            covered[start : last + 1], done = [True] * (last + 1 - start), last + 1
    stretches: list[list[Row]] = []
    for row, is_in, was_in in zip(rows, covered, [False, *covered], strict=False):
        if is_in:
            stretches += [] if was_in and row["created_at"] - stretches[-1][-1]["created_at"] <= SPAN else [[]]
            stretches[-1].append(row)
    return [_burst(stretch) for stretch in stretches]


def _burst(rows: list[Row]) -> Burst:
    people = (
        Somebody(
            id=row["id"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            at=row["created_at"],
            asked=row["doubted_at"] is not None,
            proved=row["proved_at"] is not None,
            places=row["places"],
        )
        for row in rows
        if row["places"]
    )
    return Burst(rows[0]["id"], rows[0]["created_at"], rows[-1]["created_at"], tuple(people))


_COMES = (
    "a.anonymised_at IS NULL "
    "AND EXISTS (SELECT 1 FROM registration r WHERE r.attendee = a.id AND r.status <> 'cancelled')"
)

"""Free slots to offer to somebody who has lost a place: of the same workshop, else of the same day."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workshops.database import fetch
from workshops.letters.places import Slot
from workshops.sql import marks

Row = dict[str, Any]
MOST_FREE = 3

_FREE = (
    "SELECT s.workshop, w.title, s.starts_at, s.ends_at, w.event, e.sign_up_closes_minutes FROM session s "
    "JOIN workshop w ON w.id = s.workshop AND w.status = 'ready' JOIN event e ON e.id = w.event "
    "AND e.status = 'published' WHERE s.status = 'open' AND s.waiting = 0 "
    "AND s.confirmed + s.offered + s.held < s.capacity AND (e.sign_up_opens_at IS NULL OR e.sign_up_opens_at <= {}) "
)


@dataclass(frozen=True, slots=True)
class Free:
    """A slot with a place left, and the page of its workshop below PUBLIC_URL."""

    title: str
    starts_at: datetime
    ends_at: datetime
    path: str


async def free_slots(events: Sequence[str], now: datetime) -> list[Row]:
    """What a newcomer can book online now (rule 6) on these days, in order of time."""
    if not events:
        return []
    rows = await fetch(f"{_FREE} AND w.event IN ({marks(len(events))}) ORDER BY s.starts_at, s.id", now, *events)
    return [row for row in rows if now < row["starts_at"] - timedelta(minutes=row["sign_up_closes_minutes"])]


def fitting(rows: Iterable[Row], event: str, lost: Collection[str], slots: Iterable[Slot]) -> list[Free]:
    """At most MOST_FREE of these on the day `event`, of the workshops `lost` if there are any.

    None is at the same time as a place that the person keeps, or of a workshop that they have another place of.
    """
    kept = [slot for slot in slots if slot.status == "confirmed" and not slot.must_choose]
    booked = {slot.workshop for slot in slots} - set(lost)
    free = [
        row
        for row in rows
        if row["event"] == event
        and row["workshop"] not in booked
        and not any(slot.starts_at < row["ends_at"] and row["starts_at"] < slot.ends_at for slot in kept)
    ]
    same = [row for row in free if row["workshop"] in lost]
    first = {row["workshop"]: row for row in reversed(free)}
    return [
        Free(row["title"], row["starts_at"], row["ends_at"], f"/events/{event}/workshops/{row['workshop']}")
        for row in (same or sorted(first.values(), key=lambda row: row["starts_at"]))[:MOST_FREE]
    ]

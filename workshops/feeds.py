"""What calendars fetch: the days to come and the ones just over, cancelled ones too, as public entries."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from workshops import calendar
from workshops.calendar import Entry
from workshops.communes import commune as known_commune
from workshops.database import fetch, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.settings import settings

MOST_DAYS = 300
LOOK_BACK = timedelta(days=30)
NAME = "Osons nos talents"
_DAYS = (
    "SELECT e.id, e.title, e.description, e.version, e.updated_at, e.starts_at, e.ends_at, e.zone, e.status, "
    "v.name AS venue, v.address, v.commune, v.latitude, v.longitude "
    "FROM event e LEFT JOIN venue v ON v.id = e.venue WHERE e.published_at IS NOT NULL AND "
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar to write: its name, and its entries in order of time."""

    name: str
    entries: tuple[Entry, ...]


async def season(commune: str | None = None) -> Feed:
    """The listed days, of one commune (INSEE code) or of all: those of the last 30 days and the next MOST_DAYS."""
    condition, values = ("v.commune = {} AND ", [commune]) if commune else ("", [])
    rows = await fetch(
        f"{_DAYS}{condition} e.listed AND e.ends_at > {{}} ORDER BY e.starts_at, e.id LIMIT {MOST_DAYS}",
        *(*values, utcnow() - LOOK_BACK),
    )
    place = known_commune(commune or "")
    return Feed(f"{NAME} – {place.name}" if place else NAME, tuple(_entry(row) for row in rows))


async def one_day(event: str) -> Feed:
    """One published day, also one by link only. Raises NotFound."""
    rows = await fetch(f"{_DAYS} e.id = {{}}", event) if is_id(event) else []
    if not rows:
        raise NotFound
    return Feed(rows[0]["title"], (_entry(rows[0]),))


@lru_cache(32)
def written(feed: Feed) -> bytes:
    """The bytes of a feed (RFC 5545), kept for as long as nothing in it changes; about 1 ms an entry the first time."""
    return calendar.feed(feed.entries, feed.name)


def _entry(row: dict[str, Any]) -> Entry:
    place = known_commune(row["commune"] or "")
    where = [row["venue"], row["address"], place and place.name]
    at = row["latitude"], row["longitude"]
    return Entry(
        uid=calendar.uid("event", row["id"]),
        sequence=row["version"],
        stamp=row["updated_at"],
        start=row["starts_at"],
        end=row["ends_at"],
        title=row["title"],
        location=", ".join(part for part in where if part),
        description=row["description"],
        url=f"{settings().public_url}/events/{row['id']}",
        geo=None if None in at else at,
        zone=row["zone"],
        cancelled=row["status"] == "cancelled",
    )

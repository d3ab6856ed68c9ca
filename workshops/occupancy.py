"""When halls are taken, what a day needs, and the lock under which a hall is given away.

Stays are [from, until), setting up included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from workshops.database import fetch, fetch_one, in_transaction
from workshops.errors import NotFound
from workshops.i18n import PARIS, _, hour, hours, long_date, translate
from workshops.ids import is_id
from workshops.sql import marks

AHEAD = timedelta(days=90)
WEEKEND = (5, 6)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stay:
    """A hall from one moment until another, aware UTC; two that touch do not overlap."""

    from_at: datetime
    until_at: datetime

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether the hall is there all the time from `start` to `end`."""
        return self.from_at <= start and end <= self.until_at

    def overlaps(self, other: "Stay") -> bool:
        """Whether both need the hall at one moment."""
        return self.from_at < other.until_at and other.from_at < self.until_at

    def later(self, days: int, zone: str) -> "Stay":
        """The same hours by the clock of `zone`, so many days later."""
        return Stay(*(_later(moment, days, zone) for moment in (self.from_at, self.until_at)))

    def words(self, locale: str, zone: str = PARIS) -> str:
        """mardi 12 janvier 2027, de 8 h à 18 h; with both dates where it goes past midnight."""
        if _date(self.from_at, zone) == _date(self.until_at, zone):
            return f"{long_date(self.from_at, locale, zone)}, {hours(self.from_at, self.until_at, locale, zone)}"
        dates = {"first": long_date(self.from_at, locale, zone), "last": long_date(self.until_at, locale, zone)}
        times = {"start": hour(self.from_at, locale, zone), "end": hour(self.until_at, locale, zone)}
        return translate(locale, _("from %(first)s, %(start)s, to %(last)s, %(end)s"), dates | times)


class Trouble(StrEnum):
    """What is wrong with the hall of a day: none was found, its host took it back, or its hours no longer do."""

    MISSING = "missing"
    LOST = "lost"
    SHORT = "short"


async def lock(venue: str) -> Row:
    """The row of a hall, which nobody else gives away until the caller's transaction ends.

    Whatever promises a hall or takes it back locks it first. An UPDATE that changes nothing, because FOR UPDATE would
    also stop those who merely refer to the hall. Raises NotFound, and RuntimeError outside a transaction.
    """
    if not in_transaction():
        raise RuntimeError("a hall is locked for the length of a transaction")
    row = is_id(venue) and await fetch_one(
        "UPDATE venue SET archived_at = archived_at WHERE id = {} "
        "RETURNING id, organisation, commune, name, capacity, archived_at",
        venue,
    )
    if not row:
        raise NotFound
    return row


async def taken(venue: str, stay: Stay, event: str) -> bool:
    """Whether the hall is promised to another event than this one for a part of that time."""
    row = await fetch_one(
        "SELECT id FROM venue_request WHERE venue = {} AND status = 'accepted' AND event <> {} AND from_at < {} "
        "AND until_at > {} LIMIT 1",
        *(venue, event, stay.until_at, stay.from_at),
    )
    return row is not None


async def stays(venues: Sequence[str], during: Stay) -> list[Row]:
    """What is accepted or asked for in these halls at that time: id, venue, event, status, from_at, until_at."""
    if not venues:
        return []
    return await fetch(
        "SELECT id, venue, event, status, from_at, until_at FROM venue_request WHERE status IN ('accepted', 'asked') "
        f"AND from_at < {{}} AND until_at > {{}} AND venue IN ({marks(len(venues))}) ORDER BY from_at, id",
        *(during.until_at, during.from_at, *venues),
    )


async def free_days(venue: str, stay: Stay, zone: str, now: datetime, wanted: int = 6) -> list[Stay]:
    """The next working days, from the day of `stay` or tomorrow, when the hall is free at the same hours.

    Working days are Monday to Friday by the day it begins; at most `wanted`, none more than 90 days on.
    """
    first = max(0, (_date(now, zone) - _date(stay.from_at, zone)).days + 1)
    days = (stay.later(days, zone) for days in range(first, first + AHEAD.days))
    working = [one for one in days if one.from_at.astimezone(ZoneInfo(zone)).weekday() not in WEEKEND]
    rows = await stays([venue], Stay(working[0].from_at, working[-1].until_at))
    promised = [Stay(row["from_at"], row["until_at"]) for row in rows if row["status"] == "accepted"]
    return [one for one in working if not any(one.overlaps(other) for other in promised)][:wanted]


async def trouble(event: str) -> Trouble | None:
    """What its organiser must mend about the hall of an event that takes place; None if nothing."""
    row = await fetch_one(
        "SELECT e.venue, e.starts_at, e.ends_at, r.from_at, r.until_at FROM event e LEFT JOIN venue_request r "
        "ON r.event = e.id AND r.venue = e.venue AND r.status = 'accepted' "
        "WHERE e.id = {} AND e.status <> 'cancelled'",
        event,
    )
    if row is None:
        return None
    if row["venue"] is None:
        return Trouble.MISSING
    if row["from_at"] is None:
        return Trouble.LOST
    return None if Stay(row["from_at"], row["until_at"]).covers(row["starts_at"], row["ends_at"]) else Trouble.SHORT


async def crowd(event: str) -> tuple[int, int]:
    """How many places a day offers, and how many at most at one moment."""
    rows = await fetch(
        "SELECT s.starts_at, s.ends_at, s.capacity FROM session s JOIN workshop w ON w.id = s.workshop "
        "WHERE w.event = {} AND w.status <> 'cancelled' AND s.status = 'open'",
        event,
    )
    steps = [(row["starts_at"], row["capacity"]) for row in rows] + [(row["ends_at"], -row["capacity"]) for row in rows]
    running = accumulate(change for _moment, change in sorted(steps))
    return sum(row["capacity"] for row in rows), max(running, default=0)


def _later(moment: datetime, days: int, zone: str) -> datetime:
    local = moment.astimezone(ZoneInfo(zone))
    return (local + timedelta(days=days)).astimezone(moment.tzinfo)


def _date(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()

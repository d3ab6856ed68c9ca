"""What people are reminded of by themselves: two days before, and on the morning of the day; and that they answer."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import mail
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import NotFound
from workshops.mail import Kind
from workshops.unsubscribe_links import OFF

DAYS_BEFORE, AT, LATEST = 2, time(9), timedelta(hours=20)
MORNING, BEFORE_IT_BEGINS = time(7), timedelta(hours=1)

Row = dict[str, Any]

_DAYS = (
    "SELECT e.id, e.date, e.zone, e.starts_at, (SELECT max(s.starts_at) FROM session s "
    "JOIN workshop w ON w.id = s.workshop WHERE w.event = e.id AND s.status = 'open' AND w.status <> 'cancelled') "
    "AS last_starts_at FROM event e WHERE e.{} IS NULL AND e.status IN ('published', 'closed') "
    "AND e.starts_at > {{}} AND e.starts_at < {{}} ORDER BY e.starts_at, e.id"
)
_PEOPLE = (
    "SELECT a.id, a.email FROM attendee a WHERE a.event = {} AND a.email IS NOT NULL AND a.anonymised_at IS NULL "
    f"AND a.created_at <= {{}} AND NOT {OFF} AND EXISTS (SELECT 1 FROM registration r "
    "JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop WHERE r.attendee = a.id "
    "AND r.status = 'confirmed' AND s.status = 'open' AND w.status <> 'cancelled' AND s.starts_at > {}) ORDER BY a.id"
)


async def remind_people_due(now: datetime) -> int:
    """Two days before, from 9 in the morning there, ask everybody who has a place whether they come; how many days.

    Once for each day, however many workers there are. Later if no worker was there, but not within 20 hours of the
    start. Who signed up since then has just read it all and is left out, as is who wants no reminders.
    """

    def moment(day: Row) -> datetime:
        return _local(day, AT) - timedelta(days=DAYS_BEFORE)

    return await _write(Kind.REMINDER, "reminded_at", "starts_at", moment, LATEST, now)


async def remind_morning_due(now: datetime) -> int:
    """On the morning, from 7 there, send hours, way and ticket to who has a place; how many days. As above.

    Not within the hour before the day begins.
    """
    return await _write(
        Kind.MORNING, "morning_told_at", "last_starts_at", lambda day: _local(day, MORNING), BEFORE_IT_BEGINS, now
    )


async def say_coming(attendee: str, actor: Actor) -> bool:
    """Note that somebody comes, once; whether they have a place that has not begun. Raises NotFound for anybody else.

    That nothing was said never costs a place.
    """
    now = utcnow()
    if actor.id != f"attendee:{attendee}":
        raise NotFound
    async with transaction():
        place = await fetch_one(
            "SELECT r.id FROM registration r JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
            "WHERE r.attendee = {} AND r.status = 'confirmed' AND s.status = 'open' AND w.status <> 'cancelled' "
            "AND s.starts_at > {} LIMIT 1",
            *(attendee, now),
        )
        if place:
            await fetch("UPDATE attendee SET coming_at = {} WHERE id = {} AND coming_at IS NULL", now, attendee)
        return place is not None


async def _write(
    kind: Kind, column: str, expires: str, moment: Callable[[Row], datetime], latest: timedelta, now: datetime
) -> int:
    """Write the messages of the days whose moment has come; `expires`: of a day, when its message is of no use."""
    soon = await fetch(_DAYS.format(column), now + latest, now + timedelta(days=DAYS_BEFORE + 1))
    due = [day for day in soon if moment(day) <= now]
    return sum([await _write_day(kind, column, expires, day, moment(day), now) for day in due])


async def _write_day(kind: Kind, column: str, expires: str, day: Row, moment: datetime, now: datetime) -> bool:
    async with transaction():
        first = await fetch(
            f"UPDATE event SET {column} = {{}} WHERE id = {{}} AND {column} IS NULL "
            "AND status IN ('published', 'closed') AND starts_at = {} RETURNING id",
            *(now, day["id"], day["starts_at"]),
        )
        if not first:
            return False
        people = await fetch(_PEOPLE, day["id"], moment, now)
        await mail.enqueue_all(
            kind,
            [(one["id"], one["email"]) for one in people],
            dedup=f"{kind}:{day['id']}",
            event=day["id"],
            expires_at=day[expires] or day["starts_at"],
            not_before=now,
            now=now,
        )
        return True


def _local(day: Row, at: time) -> datetime:
    return datetime.combine(day["date"], at, ZoneInfo(day["zone"]))


DUE = (remind_people_due, remind_morning_due)

"""The door of a day as its organiser sees it: who is in, where, and the phones that let them in.

Counts alone, nobody's name; four statements. Times are aware UTC, half-days are the event's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from workshops import attendance
from workshops.database import fetch, fetch_one
from workshops.scans import READS_AFTER_END

SILENT = timedelta(minutes=30)
"""A phone that was not heard of for so long may have lost its network, or its volunteer."""

Row = dict[str, Any]


class State(StrEnum):
    """What a phone is at this moment."""

    WAITS = "waits"
    LATE = "late"
    ON = "on"
    SILENT = "silent"
    REVOKED = "revoked"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot and who came: `inside` are the people whom its stand let in; `booked` places are taken."""

    id: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    booked: int
    inside: int


@dataclass(frozen=True, slots=True)
class Stand:
    """A workshop that takes place, with the slots that do."""

    id: str
    title: str
    stand: str | None
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Device:
    """A phone: where it checks in (`workshop` is a title, None the hall), how long its queue is, what it is."""

    id: str
    label: str
    workshop: str | None
    state: State
    seen_at: datetime | None
    link_until: datetime
    waiting: int
    set_aside_why: str | None


@dataclass(frozen=True, slots=True)
class Entrance:
    """The hall: `inside` of `expected` people, of them in the `morning` and the `afternoon`, `walked_in` without a
    place, and `counted` heads without a name. Then stands and phones.
    """

    inside: int
    expected: int
    morning: int
    afternoon: int
    walked_in: int
    counted: int
    stands: tuple[Stand, ...]
    devices: tuple[Device, ...]


async def read(event: Row, now: datetime) -> Entrance:
    """The door of a day; `event` is its row (id, date, zone, ends_at)."""
    begin, noon, end = (_local(event, moment) for moment in (time(), time(13), None))
    hall = await fetch_one(_HALL, event["id"], noon, noon, event["id"], begin, end)
    assert hall is not None
    counted = await fetch(_COUNTED, event["id"], begin, end)
    rows = await fetch(_SLOTS, event["id"], begin, end, event["id"])
    devices = await fetch(_DEVICES, event["id"])
    return Entrance(
        **{name: hall[name] or 0 for name in ("inside", "expected", "morning", "afternoon", "walked_in")},
        counted=counted[0]["heads"] or 0,
        stands=tuple(_stands(rows)),
        devices=tuple(_device(row, event["ends_at"], now) for row in devices),
    )


def _local(event: Row, moment: time | None) -> datetime:
    """An hour of the day of the event, None its end."""
    day: date = event["date"] + timedelta(days=moment is None)
    return datetime.combine(day, moment or time(), ZoneInfo(event["zone"])).astimezone(UTC)


def _stands(rows: Iterable[Row]) -> Iterable[Stand]:
    known: dict[tuple[str, str, str | None], list[Slot]] = {}
    for row in rows:
        slot = Slot(row["session"], row["starts_at"], row["ends_at"], row["capacity"], row["booked"], row["inside"])
        known.setdefault((row["id"], row["title"], row["stand"]), []).append(slot)
    return (Stand(*named, tuple(slots)) for named, slots in known.items())


def _device(row: Row, ends_at: datetime, now: datetime) -> Device:
    return Device(
        id=row["id"],
        label=row["label"],
        workshop=row["title"],
        state=_state(row, ends_at, now),
        seen_at=row["last_seen_at"],
        link_until=row["link_expires_at"],
        waiting=row["queue_length"],
        set_aside_why=row["set_aside_why"] if row["set_aside_at"] else None,
    )


def _state(row: Row, ends_at: datetime, now: datetime) -> State:
    if row["revoked_at"]:
        return State.REVOKED
    if row["made_at"] is None:
        return State.WAITS if row["link_expires_at"] > now else State.LATE
    if now > ends_at + READS_AFTER_END:
        return State.OVER
    return State.ON if row["last_seen_at"] and row["last_seen_at"] > now - SILENT else State.SILENT


_IN = f"{attendance.COUNTS} AND n.effective_at >= {{}} AND n.effective_at < {{}} AND {attendance.STANDS}"
_HALL = (
    "SELECT COUNT(*) AS inside, SUM(x.morning) AS morning, SUM(x.afternoon) AS afternoon, "
    "SUM(x.walked_in) AS walked_in, (SELECT COUNT(DISTINCT r.attendee) FROM registration r "
    "JOIN attendee a ON a.id = r.attendee WHERE a.event = {} AND r.status IN ('confirmed', 'offered')) AS expected "
    "FROM (SELECT n.attendee, MAX(CASE WHEN n.effective_at < {} THEN 1 ELSE 0 END) AS morning, "
    "MAX(CASE WHEN n.effective_at >= {} THEN 1 ELSE 0 END) AS afternoon, "
    "MAX(CASE WHEN n.kind = 'walk_in' THEN 1 ELSE 0 END) AS walked_in FROM scan n "
    f"WHERE n.event = {{}} AND n.session IS NULL AND {_IN} GROUP BY n.attendee) x"
)
_COUNTED = (
    "SELECT SUM(n.people) AS heads FROM scan n WHERE n.event = {} AND n.kind = 'count' "
    "AND NOT n.after_revocation AND n.set_aside_at IS NULL AND n.effective_at >= {} AND n.effective_at < {} "
    f"AND {attendance.STANDS}"
)
_SLOTS = (
    "SELECT w.id, w.title, w.stand, s.id AS session, s.starts_at, s.ends_at, s.capacity, "
    "s.confirmed + s.offered AS booked, COALESCE(x.inside, 0) AS inside FROM workshop w "
    "JOIN session s ON s.workshop = w.id AND s.status = 'open' LEFT JOIN (SELECT n.session, "
    "COUNT(DISTINCT n.attendee) AS inside FROM scan n WHERE n.event = {} AND n.session IS NOT NULL "
    f"AND {_IN} GROUP BY n.session) x ON x.session = s.id "
    "WHERE w.event = {} AND w.status = 'ready' ORDER BY w.position, w.id, s.starts_at, s.id"
)
_DEVICES = (
    "SELECT d.id, d.label, w.title, d.made_at, d.last_seen_at, d.link_expires_at, d.revoked_at, d.queue_length, "
    "d.set_aside_at, d.set_aside_why FROM device d LEFT JOIN workshop w ON w.id = d.workshop WHERE d.event = {} "
    "ORDER BY CASE WHEN d.revoked_at IS NULL THEN 0 ELSE 1 END, CASE WHEN d.workshop IS NULL THEN 0 ELSE 1 END, "
    "d.created_at, d.id"
)

"""Places as messages tell them: those that people have, and those that went with a decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import sql
from workshops.database import fetch

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that somebody has. Times are UTC; `updated_at` and `sequence` are the calendar's version of it."""

    id: str
    starts_at: datetime
    ends_at: datetime
    title: str
    company: str | None
    stand: str | None
    status: str
    offered_until: datetime | None
    sequence: int
    updated_at: datetime
    workshop: str = ""
    must_choose: bool = False
    offer: str | None = None


async def slots_of(attendees: list[str]) -> dict[str, tuple[Slot, ...]]:
    """The places of each of these attendees that take place, in order of time."""
    marks = ", ".join(["{}"] * len(attendees))
    found: dict[str, tuple[Slot, ...]] = {}
    for row in await fetch(f"{_SLOTS} AND r.attendee IN ({marks}) ORDER BY s.starts_at, r.id", *attendees):
        found[row["attendee"]] = (*found.get(row["attendee"], ()), as_slot(row))
    return found


def as_slot(row: Row) -> Slot:
    """The slot that a row with its place, session, workshop and company tells."""
    return Slot(
        id=row["id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        title=row["title"],
        company=row["company"],
        stand=row["stand"],
        status=row["status"],
        offered_until=row["offered_until"],
        sequence=row["sequence"] + row["session_sequence"],
        updated_at=max(row["updated_at"], row["session_updated_at"]),
        workshop=row["workshop"],
        must_choose=row["must_choose"],
        offer=row.get("offer"),
    )


async def given_back(messages: list[str]) -> list[Row]:
    """The places that ended with the decisions which these messages tell (see `as_slot`).

    `again`: the person has taken the slot again, as another place.
    """
    return await fetch(_GONE.format(sql.marks(len(messages))), *messages)


_SLOTS = (
    "SELECT r.id, r.attendee, r.status, r.offer, r.offered_until, r.must_choose, r.sequence, r.updated_at, "
    "s.starts_at, s.ends_at, s.sequence AS session_sequence, s.updated_at AS session_updated_at, s.workshop, "
    "w.title, w.stand, o.name AS company "
    "FROM registration r JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
    "LEFT JOIN organisation o ON o.id = w.exhibitor "
    "WHERE r.status <> 'cancelled' AND s.status = 'open' AND w.status <> 'cancelled' "
)
_GONE = (
    "SELECT r.id, m.event, r.session, r.status, r.cancelled_by, r.offered_until, r.must_choose, r.sequence, "
    "r.updated_at, s.starts_at, s.ends_at, s.sequence AS session_sequence, s.updated_at AS session_updated_at, "
    "s.workshop, w.title, w.stand, o.name AS company, EXISTS (SELECT 1 FROM registration again "
    "WHERE again.attendee = r.attendee AND again.session = r.session AND again.status <> 'cancelled') AS again "
    "FROM message m JOIN registration r ON r.attendee = m.attendee "
    "AND r.status = 'cancelled' AND r.cancelled_at = m.created_at JOIN session s ON s.id = r.session "
    "JOIN workshop w ON w.id = s.workshop LEFT JOIN organisation o ON o.id = w.exhibitor WHERE m.id IN ({}) "
    "ORDER BY s.starts_at, r.id"
)

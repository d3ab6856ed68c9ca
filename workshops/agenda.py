"""The days that concern a member of staff, for the page they arrive at."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from workshops.actors import Actor
from workshops.database import fetch, utcnow
from workshops.rights import LEADS
from workshops.tables.people import Role

SHOWN = 60
PAST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Planned:
    """A day as its staff see it in a list. Times are UTC.

    `taken` of `capacity` places are confirmed, offered or kept; `waiting` counts requests, not people. `kept`: places
    that an adviser's agency can still give to people by name, the first of them until `kept_until`.
    """

    id: str
    title: str
    date: date
    zone: str
    starts_at: datetime
    ends_at: datetime
    status: str
    commune: str | None
    venue: str | None
    lead: str
    workshops: int
    capacity: int
    taken: int
    waiting: int
    kept: int = 0
    kept_until: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether it lies behind us."""
        return self.ends_at <= utcnow()


async def days_of(actor: Actor) -> list[Planned]:
    """At most 60 days, next first: an admin's all, an organiser's led ones, a host's in its halls, an exhibitor's own,
    an adviser's every published one. Those that ended 30 days ago or earlier are left out.
    """
    condition, values = _whose(actor)
    rows = await fetch(
        "SELECT e.id, e.title, e.date, e.zone, e.starts_at, e.ends_at, e.status, v.commune, v.name AS venue, "
        "o.name AS lead FROM event e JOIN organisation o ON o.id = e.lead LEFT JOIN venue v ON v.id = e.venue "
        f"WHERE e.ends_at > {{}} AND {condition} ORDER BY e.date, e.starts_at, e.id LIMIT {SHOWN}",
        *(utcnow() - PAST, *values),
    )
    if not rows:
        return []
    marks = ", ".join(["{}"] * len(rows))
    counted = await fetch(
        "SELECT w.event, COUNT(DISTINCT w.id) AS workshops, COALESCE(SUM(s.capacity), 0) AS capacity, "
        "COALESCE(SUM(s.confirmed + s.offered + s.held), 0) AS taken, COALESCE(SUM(s.waiting), 0) AS waiting "
        "FROM workshop w "
        "LEFT JOIN session s ON s.workshop = w.id AND s.status = 'open' "
        f"WHERE w.event IN ({marks}) AND w.status <> 'cancelled' GROUP BY w.event",
        *(row["id"] for row in rows),
    )
    counts = {row.pop("event"): row for row in counted}
    none = {"workshops": 0, "capacity": 0, "taken": 0, "waiting": 0}
    kept = await _kept_for(actor) if actor.role is Role.ADVISER else {}
    return [Planned(**row, **counts.get(row["id"], none), **kept.get(row["id"], {})) for row in rows]


async def _kept_for(actor: Actor) -> dict[str, dict[str, Any]]:
    """Of each day, the places kept for the actor's agency that wait for a name, and until when."""
    now = utcnow()
    rows = await fetch(
        "SELECT w.event, h.places - h.named AS remaining, h.until_at FROM hold h JOIN session s ON s.id = h.session "
        "JOIN workshop w ON w.id = s.workshop WHERE h.organisation = {} AND h.status = 'active' AND NOT h.by_number "
        "AND h.named < h.places AND h.until_at > {} AND s.starts_at > {} ORDER BY h.until_at",
        *(actor.organisation, now, now),
    )
    kept: dict[str, dict[str, Any]] = {}
    for row in rows:
        day = kept.setdefault(row["event"], {"kept": 0, "kept_until": row["until_at"]})
        day["kept"] += row["remaining"]
    return kept


def _whose(actor: Actor) -> tuple[str, tuple[object, ...]]:
    match actor.role:
        case Role.ADMIN:
            return "1 = 1", ()
        case Role.ORGANISER:
            return LEADS, (actor.organisation, actor.organisation)
        case Role.HOST:
            return (
                "e.id IN (SELECT r.event FROM venue_request r JOIN venue h ON h.id = r.venue WHERE h.organisation = {} "
                "AND r.status = 'accepted')",
                (actor.organisation,),
            )
        case Role.EXHIBITOR:
            return "e.id IN (SELECT w.event FROM workshop w WHERE w.exhibitor = {})", (actor.organisation,)
        case _:
            return "e.status IN ('published', 'closed')", ()

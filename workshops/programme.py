"""The published programme as people read it: days, their workshops, the slots and what a newcomer can book now.

Times are aware UTC; `zone` is the event's own. Nothing here shows a draft.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from workshops.database import fetch, fetch_one, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.sql import marks

PAGE = 12
_DAY = (
    "SELECT e.id, e.title, e.description, e.date, e.zone, e.starts_at, e.ends_at, e.status, e.version, e.listed, "
    "e.sign_up_opens_at, e.sign_up_closes_minutes, e.max_places, e.funded_by_eu, e.cancelled_why, v.commune, "
    "v.name AS venue, v.address, v.access, v.bus_stop, v.latitude, v.longitude, o.name AS lead "
    "FROM event e JOIN organisation o ON o.id = e.lead LEFT JOIN venue v ON v.id = e.venue"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A published event. `commune` is an INSEE code. Lists alone fill the last four; `kind` is of its workshops."""

    id: str
    title: str
    description: str
    date: date
    zone: str
    starts_at: datetime
    ends_at: datetime
    status: str
    version: int
    listed: bool
    sign_up_opens_at: datetime | None
    sign_up_closes_minutes: int
    max_places: int
    funded_by_eu: bool
    cancelled_why: str | None
    commune: str | None
    venue: str | None
    address: str | None
    access: str | None
    bus_stop: str | None
    latitude: float | None
    longitude: float | None
    lead: str
    workshops: int = 0
    seats_left: int = 0
    bookable: int = 0
    kind: str = ""

    @property
    def is_on(self) -> bool:
        """Whether places can be booked on it at all."""
        return self.status == "published"


@dataclass(frozen=True, slots=True)
class Slot:
    """A session as the public sees it.

    `seats_left` is what a newcomer can book now (contract.md), `free` what is left at the stand when nobody waits.
    """

    id: str
    workshop: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    seats_left: int
    free: int
    waiting: int
    bookable: bool
    cancelled: bool
    over: bool


@dataclass(frozen=True, slots=True)
class Stand:
    """A workshop with its slots."""

    id: str
    event: str
    kind: str
    status: str
    title: str
    description: str
    prerequisites: str
    openings: int | None
    contract_kinds: str | None
    access: str
    min_age: int | None
    eco_transition: bool
    training_title: str | None
    training_by: str | None
    asks_represented: bool
    stand: str | None
    rome_code: str | None
    exhibitor: str | None
    exhibitor_website: str | None
    slots: tuple[Slot, ...] = ()


async def coming_days(
    *,
    commune: str | None = None,
    first: date | None = None,
    last: date | None = None,
    domain: str | None = None,
    page: int = 1,
) -> tuple[list[Day], bool]:
    """Listed days that are not over, next first, PAGE to a page, and whether more follow.

    `commune` is an INSEE code, `domain` a ROME letter; dates are inclusive.
    """
    now = utcnow()
    conditions, values = ["e.status IN ('published', 'closed')", "e.listed", "e.ends_at > {}"], [now]
    for condition, value in (
        ("v.commune = {}", commune),
        ("e.date >= {}", first),
        ("e.date <= {}", last),
        (
            "EXISTS (SELECT 1 FROM workshop w WHERE w.event = e.id AND w.status = 'ready' "
            "AND substr(w.rome_code, 1, 1) = {})",
            domain,
        ),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)  # type: ignore[arg-type]
    rows = await fetch(
        f"{_DAY} WHERE {' AND '.join(conditions)} ORDER BY e.date, e.starts_at, e.id LIMIT {{}} OFFSET {{}}",
        *(*values, PAGE + 1, PAGE * (page - 1)),
    )
    counts = await _counts(rows[:PAGE], now)
    return [Day(**row, **counts.get(row["id"], {})) for row in rows[:PAGE]], len(rows) > PAGE


async def filters() -> tuple[list[str], list[str]]:
    """The communes and the ROME letters that coming days have, so that no choice leads to an empty page."""
    where = "e.status IN ('published', 'closed') AND e.listed AND e.ends_at > {}"
    rows = await fetch(
        f"SELECT DISTINCT v.commune AS value, 0 AS is_domain FROM event e JOIN venue v ON v.id = e.venue WHERE {where} "
        "UNION SELECT DISTINCT substr(w.rome_code, 1, 1), 1 FROM event e JOIN workshop w ON w.event = e.id "
        f"WHERE {where} AND w.status = 'ready' AND w.rome_code IS NOT NULL",
        *([utcnow()] * 2),
    )
    found = [sorted(row["value"] for row in rows if bool(row["is_domain"]) is kind) for kind in (False, True)]
    return found[0], found[1]


async def day(event: str) -> Day:
    """One published day, also one cancelled since so that its link still says so. Raises NotFound."""
    row = is_id(event) and await fetch_one(f"{_DAY} WHERE e.id = {{}} AND e.published_at IS NOT NULL", event)
    if not row:
        raise NotFound
    return Day(**row)


async def stands(of: Day, *, page: int | None = None, only: Sequence[str] = ()) -> tuple[list[Stand], bool]:
    """Workshops that are not drafts, with their slots: all, one page of PAGE, or some; and whether more follow."""
    limit, values = "", [of.id]
    values += only
    if page is not None:
        limit = f" LIMIT {PAGE + 1} OFFSET {PAGE * (page - 1)}"
    rows = await fetch(
        "SELECT w.id, w.event, w.kind, w.status, w.title, w.description, w.prerequisites, w.openings, "
        "w.contract_kinds, w.access, w.min_age, w.eco_transition, w.training_title, t.name AS training_by, "
        "w.asks_represented, w.stand, w.rome_code, x.name AS exhibitor, x.website AS exhibitor_website "
        "FROM workshop w LEFT JOIN organisation x ON x.id = w.exhibitor "
        "LEFT JOIN organisation t ON t.id = w.training_by WHERE w.event = {} AND w.status <> 'draft'"
        f"{f' AND w.id IN ({marks(len(only))})' if only else ''} ORDER BY w.position, w.id{limit}",
        *values,
    )
    shown = rows[:PAGE] if page is not None else rows
    slots = await _slots(of, [row["id"] for row in shown], utcnow())
    return [Stand(**row, slots=tuple(slots.get(row["id"], ()))) for row in shown], len(rows) > len(shown)


async def agencies() -> list[dict[str, Any]]:
    """The partners a resident may name: slug and name; sensitive ones are left out (they show as another body)."""
    return await fetch(
        "SELECT id, slug, name FROM organisation WHERE kind = 'agency' AND NOT sensitive AND archived_at IS NULL "
        "AND (agency_type IS NULL OR agency_type <> 'school') "
        "ORDER BY name"
    )


async def _slots(of: Day, workshops: list[str], now: datetime) -> dict[str, list[Slot]]:
    if not workshops:
        return {}
    rows = await fetch(
        "SELECT s.id, s.workshop, s.starts_at, s.ends_at, s.capacity, s.confirmed, s.offered, s.held, s.waiting, "
        "s.status, w.status AS workshop_status FROM session s JOIN workshop w ON w.id = s.workshop "
        f"WHERE s.workshop IN ({marks(len(workshops))}) ORDER BY s.starts_at, s.id",
        *workshops,
    )
    slots: dict[str, list[Slot]] = {}
    for row in rows:
        slots.setdefault(row["workshop"], []).append(_slot(of, row, now))
    return slots


def _slot(of: Day, row: dict[str, Any], now: datetime) -> Slot:
    is_on = of.is_on and row["status"] == "open" and row["workshop_status"] == "ready"
    is_open = of.sign_up_opens_at is None or now >= of.sign_up_opens_at
    bookable = is_on and is_open and now < row["starts_at"] - timedelta(minutes=of.sign_up_closes_minutes)
    free = row["capacity"] - row["confirmed"] - row["offered"] - row["held"]
    return Slot(
        id=row["id"],
        workshop=row["workshop"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        capacity=row["capacity"],
        seats_left=free if bookable and not row["waiting"] else 0,
        free=0 if row["waiting"] else free,
        waiting=row["waiting"],
        bookable=bookable,
        cancelled="cancelled" in (of.status, row["status"], row["workshop_status"]),
        over=now >= row["starts_at"],
    )


async def _counts(rows: list[dict[str, Any]], now: datetime) -> dict[str, dict[str, Any]]:
    """Workshops and seats that can be booked, of each event, in one query whatever their number."""
    if not rows:
        return {}
    minutes = sorted({row["sign_up_closes_minutes"] for row in rows})
    in_time = " OR ".join(["(e.sign_up_closes_minutes = {} AND s.starts_at > {})"] * len(minutes))
    limits = [value for each in minutes for value in (each, now + timedelta(minutes=each))]
    can_be_booked = (
        f"e.status = 'published' AND s.status = 'open' AND ({in_time}) "
        "AND (e.sign_up_opens_at IS NULL OR e.sign_up_opens_at <= {})"
    )
    counted = await fetch(
        "SELECT e.id, COUNT(DISTINCT w.id) AS workshops, MAX(w.kind) AS kind, "
        f"SUM(CASE WHEN {can_be_booked} THEN 1 ELSE 0 END) AS bookable, SUM(CASE WHEN {can_be_booked} "
        "AND s.waiting = 0 THEN s.capacity - s.confirmed - s.offered - s.held ELSE 0 END) AS seats_left "
        "FROM event e JOIN workshop w ON w.event = e.id AND w.status = 'ready' JOIN session s ON s.workshop = w.id "
        f"WHERE e.id IN ({marks(len(rows))}) GROUP BY e.id",
        *(*limits, now, *limits, now, *(row["id"] for row in rows)),
    )
    return {row.pop("id"): row for row in counted}

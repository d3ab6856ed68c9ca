"""Who takes part in a day, as staff list them: searched, filtered, sorted, with the slots of each.

A page of it takes three statements, whatever its length. Times are aware UTC. Whoever shows or exports a list says
so to `audit.listed`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from workshops import rights, selection
from workshops.actors import Actor
from workshops.database import fetch, fetch_one
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.selection import Agency, Wanted, agency_of
from workshops.tables.people import Role

Row = dict[str, Any]
PAGE, LONG_PAGE = 50, 1000
_ORDERS = {
    "name": "a.search_name, a.id",
    "slot": "(SELECT MIN(s.starts_at) FROM registration r JOIN session s ON s.id = r.session "
    "WHERE r.attendee = a.id AND r.status <> 'cancelled') NULLS LAST, a.search_name, a.id",
    "new": "a.created_at DESC, a.id",
}
_FROM = "FROM attendee a LEFT JOIN organisation o ON o.id = a.agency WHERE"


@dataclass(frozen=True, slots=True)
class Place:
    """A slot that somebody has, waits for or gave back. `status` is the registration's."""

    title: str
    starts_at: datetime
    ends_at: datetime
    status: str
    offered_until: datetime | None
    must_choose: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A person, or a group of `size`. Phones are E.164; `inside`: let into the hall on the day."""

    id: str
    first_name: str
    last_name: str
    kind: str
    size: int
    email: str | None
    phone: str | None
    adult_name: str | None
    adult_phone: str | None
    agency: Agency | None
    accommodations: tuple[str, ...]
    origin: str
    to_call: bool
    inside: bool
    created_at: datetime
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Some of the `total` people that were asked for, and what else could be: stands (id, title), hours, agencies."""

    people: tuple[Listed, ...]
    total: int
    stands: tuple[tuple[str, str], ...]
    hours: tuple[str, ...]
    agencies: tuple[Agency, ...]


async def day(actor: Actor, event: str) -> Row:
    """The row of a day whose people the actor may list: all, or as an adviser those of its agency. Raises NotFound."""
    if actor.role is not Role.ADVISER:
        return await rights.led_event(actor, event)
    shown = "SELECT e.* FROM event e WHERE e.id = {} AND e.published_at IS NOT NULL"
    row = is_id(event) and await fetch_one(shown, event)
    if not row:
        raise NotFound
    return row


async def listing(event: Row, actor: Actor, wanted: Wanted, *, whole: bool = False) -> Listing:
    """The page of people that is wanted, or with `whole` all pages. `event` is the row that `day` returned."""
    slots = await _slots(event)
    agencies = await _agencies(event, actor)
    size = LONG_PAGE if wanted.all or wanted.search else PAGE
    where, values = selection.whom(actor, event, wanted)
    inside, at_hall = selection.in_hall(event)
    rows = await fetch(
        "WITH chosen AS (SELECT a.id, a.first_name, a.last_name, a.kind, a.size, a.email, a.phone, a.adult_name, "
        "a.adult_phone, a.accommodations, a.origin, a.called_for, a.called_at, a.created_at, o.id AS agency, "
        "o.name AS agency_name, o.sensitive, COUNT(*) OVER () AS total, "
        f"ROW_NUMBER() OVER (ORDER BY {_ORDERS[wanted.sort]}) AS rank {_FROM} {where} "
        f"ORDER BY rank{'' if whole else ' LIMIT {} OFFSET {}'}) "
        f"SELECT c.*, CASE WHEN c.id IN ({inside}) THEN 1 ELSE 0 END AS inside, r.session, r.status, r.offered_until, "
        "r.must_choose FROM chosen c LEFT JOIN registration r ON r.attendee = c.id ORDER BY c.rank",
        *(*values, *(() if whole else (size, size * (wanted.page - 1))), *at_hall),
    )
    return Listing(
        people=_gathered(rows, slots, actor),
        total=rows[0]["total"] if rows else 0,
        stands=_stands_of(slots),
        hours=_hours_of(slots, event),
        agencies=agencies,
    )


async def choices(event: Row, actor: Actor) -> Listing:
    """What a list of the day's people can be chosen by, with nobody in it."""
    slots = await _slots(event)
    return Listing((), 0, _stands_of(slots), _hours_of(slots, event), await _agencies(event, actor))


async def pulse(event: Row, actor: Actor, wanted: Wanted) -> tuple[int, str]:
    """How many people are wanted, and a mark that changes when anything about them does."""
    where, values = selection.whom(actor, event, wanted)
    inside, at_hall = selection.in_hall(event)
    rows = await fetch(
        "SELECT COUNT(*) AS people, MAX(a.updated_at) AS described, "
        "MAX((SELECT MAX(r.updated_at) FROM registration r WHERE r.attendee = a.id)) AS placed, "
        f"(SELECT COUNT(*) FROM ({inside}) i) AS inside {_FROM} {where}",
        *(*at_hall, *values),
    )
    mark = f"{event['version']} {sorted(rows[0].items())}"
    return rows[0]["people"], hashlib.sha256(mark.encode()).hexdigest()[:32]


async def _slots(event: Row) -> dict[str, Row]:
    rows = await fetch(
        "SELECT s.id, s.workshop, s.starts_at, s.ends_at, w.title FROM session s JOIN workshop w ON w.id = s.workshop "
        "WHERE w.event = {} ORDER BY w.position, w.id, s.starts_at",
        event["id"],
    )
    return {row["id"]: row for row in rows}


def _stands_of(slots: dict[str, Row]) -> tuple[tuple[str, str], ...]:
    return tuple({row["workshop"]: row["title"] for row in slots.values()}.items())


def _hours_of(slots: dict[str, Row], event: Row) -> tuple[str, ...]:
    zone = ZoneInfo(event["zone"])
    return tuple(sorted({f"{row['starts_at'].astimezone(zone):%H:%M}" for row in slots.values()}))


async def _agencies(event: Row, actor: Actor) -> tuple[Agency, ...]:
    """Who sent people to the day, by name; what is not named here comes once, last."""
    rows = await fetch(
        "SELECT DISTINCT o.id AS agency, o.name AS agency_name, o.sensitive FROM attendee a "
        "JOIN organisation o ON o.id = a.agency WHERE a.event = {} ORDER BY o.name",
        event["id"],
    )
    found = dict.fromkeys(agency for row in rows if (agency := agency_of(row, actor)))
    return tuple(sorted(found, key=lambda agency: agency.id is None))


def _gathered(rows: list[Row], slots: dict[str, Row], actor: Actor) -> tuple[Listed, ...]:
    people: dict[str, tuple[Row, list[Place]]] = {}
    for row in rows:
        _, places = people.setdefault(row["id"], (row, []))
        if slot := slots.get(row["session"] or ""):
            times = slot["title"], slot["starts_at"], slot["ends_at"]
            places.append(Place(*times, row["status"], row["offered_until"], row["must_choose"]))
    return tuple(_listed(row, places, actor) for row, places in people.values())


def _listed(row: Row, places: list[Place], actor: Actor) -> Listed:
    """Places in order of time; of those given back only what was not taken again."""
    held = {(place.title, place.starts_at) for place in places if place.status != "cancelled"}
    shown = {
        (place.title, place.starts_at, place.status): place
        for place in places
        if place.status != "cancelled" or (place.title, place.starts_at) not in held
    }
    return Listed(
        **{name: row[name] for name in _AS_STORED},
        agency=agency_of(row, actor),
        accommodations=tuple((row["accommodations"] or "").split()),
        to_call=row["called_for"] is not None and row["called_at"] is None,
        inside=bool(row["inside"]),
        places=tuple(sorted(shown.values(), key=lambda place: (place.starts_at, place.title))),
    )


_AS_STORED = (
    *("id", "first_name", "last_name", "kind", "size", "email", "phone", "adult_name", "adult_phone"),
    *("origin", "created_at"),
)

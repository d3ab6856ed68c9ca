"""The journal as staff read it: who did what to what, and when, before and after. Who may read it is asked before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops.database import fetch
from workshops.i18n import PARIS
from workshops.ids import is_id
from workshops.schools import OTHER
from workshops.sql import marks

PAGE = 50


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries: of an event, by an actor ("account:…"), of an action or a kind of object; days are inclusive."""

    event: str = ""
    actor: str = ""
    action: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done. `who` is the name of an account, a program or a phone, None for anybody else.

    `about` names the object where it has a name that is nobody's: a workshop, a hall, an organisation, a member of
    staff; `starts_at` is a slot's. `changes` are (field, before, after), both None where the values were not kept.
    """

    at: datetime
    actor: str
    who: str | None
    action: str
    kind: str
    object: str
    about: str | None
    starts_at: datetime | None
    attendee: str | None
    event: str | None
    event_title: str | None
    event_date: date | None
    zone: str
    changes: tuple[tuple[str, Any, Any], ...]
    people: int | None


async def entries(sought: Sought, page: int = 1) -> tuple[list[Entry], bool]:
    """PAGE entries, the last first, and whether there are more."""
    where, values = _condition(sought)
    rows = await fetch(
        "SELECT j.at, j.actor, COALESCE(ac.name, tk.name, dv.label) AS who, j.action, j.object_kind AS kind, "
        "j.object_id AS object, COALESCE(w.title, v.name, og.name, ob.name) AS about, s.starts_at, "
        "CASE WHEN j.object_kind = 'attendee' THEN j.object_id ELSE rg.attendee END AS attendee, j.event, "
        "ev.title AS event_title, ev.date AS event_date, ev.zone, j.changes, j.people "
        f"FROM (SELECT * FROM audit_entry WHERE {where} ORDER BY at DESC, id DESC LIMIT {{}} OFFSET {{}}) j {_NAMES} "
        "ORDER BY j.at DESC, j.id DESC",
        *(*values, PAGE + 1, PAGE * (page - 1)),
    )
    found = [_entry(row) for row in rows[:PAGE]]
    names = await _names_in(found)
    return [replace(one, changes=tuple(_named(change, names) for change in one.changes)) for one in found], len(
        rows
    ) > PAGE


async def actors(event: str | None = None) -> list[tuple[str, str]]:
    """Members of staff, all or those who have done something of an event: what `Sought.actor` takes, and their name."""
    own = " WHERE 'account:' || a.id IN (SELECT j.actor FROM audit_entry j WHERE j.event = {})" if event else ""
    rows = await fetch(f"SELECT a.id, a.name FROM account a{own} ORDER BY a.name, a.id", *([event] if event else []))
    return [(f"account:{row['id']}", row["name"]) for row in rows]


async def days() -> list[dict[str, Any]]:
    """The days that something was done to, the latest first: id, date, title."""
    return await fetch(
        "SELECT e.id, e.date, e.title FROM event e WHERE EXISTS (SELECT 1 FROM audit_entry j WHERE j.event = e.id) "
        "ORDER BY e.date DESC, e.id LIMIT 200"
    )


def _condition(sought: Sought) -> tuple[str, list[object]]:
    parts: list[tuple[str, object]] = [
        (f"{column} = {{}}", value)
        for column, value in (
            ("event", sought.event),
            ("actor", sought.actor),
            ("action", sought.action),
            ("object_kind", sought.kind),
        )
        if value
    ]
    if sought.first:
        parts.append(("at >= {}", _begin(sought.first)))
    if sought.last:
        parts.append(("at < {}", _begin(sought.last + timedelta(days=1))))
    return " AND ".join(["1 = 1", *(text for text, _ in parts)]), [value for _, value in parts]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(PARIS)).astimezone(UTC)


def _entry(row: dict[str, Any]) -> Entry:
    told: Mapping[str, list[Any] | None] = json.loads(row["changes"] or "{}")
    changes = tuple((name, *(values or (None, None))) for name, values in told.items())
    return Entry(**{**row, "zone": row["zone"] or PARIS, "changes": changes})


async def _names_in(found: list[Entry]) -> dict[str, str]:
    """The names of halls, organisations, workshops, days and staff whose ids stand in the changes."""
    referring = [values for one in found for name, *values in one.changes if name in _REFERRING]
    ids = sorted({value for values in referring for value in values if is_id(value)})
    if not ids:
        return {}
    tables = ("venue", "account"), ("workshop", "event")
    parts = [
        f"SELECT id, {column} AS name FROM {table} WHERE id IN ({marks(len(ids))})"
        for column, group in zip(("name", "title"), tables, strict=True)
        for table in group
    ]
    parts.append(
        f"SELECT id, CASE WHEN sensitive THEN '{OTHER}' ELSE name END AS name FROM organisation "
        f"WHERE id IN ({marks(len(ids))})"
    )
    slots = "SELECT s.id, w.title FROM session s JOIN workshop w ON w.id = s.workshop WHERE s.id IN ({})"
    parts.append(slots.format(marks(len(ids))))
    rows = await fetch(" UNION ALL ".join(parts), *ids * len(parts))
    return {row["id"]: row["name"] for row in rows}


def _named(change: tuple[str, Any, Any], names: Mapping[str, str]) -> tuple[str, Any, Any]:
    name, before, after = change
    return (name, *(names.get(str(held), held) for held in (before, after))) if name in _REFERRING else change


_REFERRING = frozenset({"venue", "proposed_venue", "organisation", "exhibitor", "lead", "session", "like", "successor"})
_NAMES = (
    "LEFT JOIN account ac ON j.actor LIKE 'account:%' AND ac.id = substr(j.actor, 9) "
    "LEFT JOIN api_token tk ON j.actor LIKE 'token:%' AND tk.id = substr(j.actor, 7) "
    "LEFT JOIN device dv ON j.actor LIKE 'device:%' AND dv.id = substr(j.actor, 8) "
    "LEFT JOIN hold h ON j.object_kind = 'hold' AND h.id = j.object_id "
    "LEFT JOIN registration rg ON j.object_kind = 'registration' AND rg.id = j.object_id "
    "LEFT JOIN session s ON s.id = COALESCE(h.session, rg.session, "
    "CASE WHEN j.object_kind = 'session' THEN j.object_id END) "
    "LEFT JOIN workshop w ON w.id = COALESCE(s.workshop, CASE WHEN j.object_kind = 'workshop' THEN j.object_id END) "
    "LEFT JOIN venue_request q ON j.object_kind = 'venue_request' AND q.id = j.object_id "
    "LEFT JOIN venue v ON v.id = COALESCE(q.venue, CASE WHEN j.object_kind = 'venue' THEN j.object_id END) "
    "LEFT JOIN organisation og ON j.object_kind = 'organisation' AND og.id = j.object_id "
    "LEFT JOIN account ob ON j.object_kind = 'account' AND ob.id = j.object_id "
    "LEFT JOIN event ev ON ev.id = j.event"
)

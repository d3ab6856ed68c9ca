"""The people whom an adviser's agency sent, over all days to come: every place and what it is worth, invitations, kept
places. Whoever shows names says so to `audit.listed`. Times are aware UTC.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workshops import selection
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.rights import SENT_BY
from workshops.sql import marks
from workshops.tables.people import Role
from workshops.tickets import KeyGone, invitation_url

MOST = 500
AFTER = timedelta(days=7)
"""How long a day stays in the list once it is over: who came, who did not."""
STATES = ("", "confirmed", "waiting", "offered", "cancelled", "call")
"""call: whom no message reaches."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom to list: of one event, in a state of STATES, of a name. Empty means all who come or wait."""

    event: str = ""
    state: str = ""
    search: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Somebody whom the agency sent: the `person` with their day, their `places`; `inside`: let in on the day."""

    person: Row
    places: tuple[Row, ...]
    inside: bool


async def days(actor: Actor) -> list[Row]:
    """The days to come and those just over, next first, with the commune, and how many of the agency's people come."""
    return await fetch(
        "SELECT e.id, e.title, e.date, e.zone, e.status, e.starts_at, e.ends_at, e.sign_up_opens_at, v.commune, "
        "v.name AS venue, (SELECT COUNT(*) FROM attendee a WHERE a.event = e.id AND a.anonymised_at IS NULL "
        f"AND {SENT_BY} AND EXISTS (SELECT 1 FROM registration r WHERE r.attendee = a.id "
        "AND r.status IN ('confirmed', 'offered'))) AS people FROM event e LEFT JOIN venue v ON v.id = e.venue "
        "WHERE e.published_at IS NOT NULL AND e.ends_at > {} ORDER BY e.date, e.starts_at, e.id",
        *(*[actor.organisation] * 2, utcnow() - AFTER),
    )


async def people(actor: Actor, sought: Sought) -> list[Sent]:
    """At most 500 people, by day and name."""
    where, values = _condition(sought)
    rows = await fetch(
        f"{_PERSON} WHERE {SENT_BY} AND a.anonymised_at IS NULL AND e.published_at IS NOT NULL AND e.ends_at > {{}}"
        f"{where} ORDER BY e.date, e.id, a.search_name, a.id LIMIT {MOST}",
        *(actor.organisation, *[actor.organisation] * 2, utcnow() - AFTER, *values),
    )
    return await _with_places(rows)


async def of_event(event: str, actor: Actor) -> list[Sent]:
    """All of the agency's people of a day that is no draft, over or not. Raises NotFound."""
    row = is_id(event) and await fetch_one("SELECT id FROM event WHERE id = {} AND published_at IS NOT NULL", event)
    if not row or actor.role is not Role.ADVISER:
        raise NotFound
    rows = await fetch(
        f"{_PERSON} WHERE {SENT_BY} AND a.anonymised_at IS NULL AND e.id = {{}} ORDER BY a.search_name, a.id",
        *(actor.organisation, *[actor.organisation] * 2, event),
    )
    return await _with_places(rows)


async def invitations(actor: Actor, event: str = "") -> list[Row]:
    """Who is invited and has not chosen yet, the latest first, with how their message went; of one event or all."""
    return await fetch(
        f"{_INVITED} WHERE f.agency = {{}} AND f.token_hash IS NOT NULL AND f.used_at IS NULL "
        f"AND f.withdrawn_at IS NULL AND e.ends_at > {{}}{' AND e.id = {}' if event else ''} "
        f"ORDER BY f.created_at DESC, f.id LIMIT {MOST}",
        *(actor.organisation, utcnow(), *([event] if event else [])),
    )


async def invitation(referral: str, actor: Actor) -> Row:
    """One invitation of the agency, with its `url` where it is to be handed over. Raises NotFound."""
    row = is_id(referral) and await fetch_one(
        f"{_INVITED} WHERE f.id = {{}} AND f.agency = {{}} AND f.token_hash IS NOT NULL", referral, actor.organisation
    )
    if not row or actor.role is not Role.ADVISER:
        raise NotFound
    is_open = not (row["used_at"] or row["withdrawn_at"]) and row["ends_at"] > utcnow()
    return row | {"is_open": is_open, "url": _url(row) if is_open and not row["email"] else None}


async def kept_places(actor: Actor) -> list[Row]:
    """Places that are kept for the agency and still wait for a name, in order of time."""
    now = utcnow()
    return await fetch(
        "SELECT h.id, h.session, h.places - h.named AS remaining, h.until_at, h.note, s.starts_at, s.ends_at, w.title, "
        "e.id AS event, e.date, e.zone, e.title AS event_title FROM hold h JOIN session s ON s.id = h.session "
        "JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event WHERE h.organisation = {} "
        "AND h.status = 'active' AND NOT h.by_number AND h.named < h.places AND h.until_at > {} "
        "AND s.starts_at > {} AND s.status = 'open' AND w.status = 'ready' AND e.status = 'published' "
        "ORDER BY s.starts_at, w.title, h.id",
        *(actor.organisation, now, now),
    )


def read_sought(given: dict[str, str]) -> Sought:
    """What a form or an address asks for; what makes no sense counts as not asked."""
    event, state = given.get("event", ""), given.get("state", "")
    return Sought(
        event=event if is_id(event) else "",
        state=state if state in STATES else "",
        search=" ".join(given.get("search", "").split())[:80],
    )


def _condition(sought: Sought) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []
    if sought.event:
        parts, values = [" AND e.id = {}"], [sought.event]
    if sought.state == "call":
        parts.append(" AND a.called_for IS NOT NULL AND a.called_at IS NULL")
    elif sought.state:
        parts.append(" AND EXISTS (SELECT 1 FROM registration r WHERE r.attendee = a.id AND r.status = {})")
        values.append(sought.state)
    for text, more in selection.searched(sought.search):
        parts.append(f" AND {text}")
        values += more
    return "".join(parts), values


async def _with_places(rows: list[Row]) -> list[Sent]:
    if not rows:
        return []
    places: dict[str, list[Row]] = {}
    for start in range(0, len(rows), MOST):
        ids = [row["id"] for row in rows[start : start + MOST]]
        for place in await fetch(_PLACES.format(marks(len(ids))), *ids):
            places.setdefault(place["attendee"], []).append(place)
    inside: set[str] = set()
    for event in {row["event"]: row for row in rows}.values():
        scans, values = selection.in_hall({"id": event["event"], "date": event["date"], "zone": event["zone"]})
        inside |= {row["attendee"] for row in await fetch(scans, *values)}
    return [Sent(row, _shown(places.get(row["id"], [])), row["id"] in inside) for row in rows]


def _shown(places: list[Row]) -> tuple[Row, ...]:
    """Of places given back, only those whose slot was not taken again."""
    held = {place["session"] for place in places if place["status"] != "cancelled"}
    back = {place["session"]: place for place in places if place["session"] not in held}
    kept = [place for place in places if place["status"] != "cancelled"]
    return tuple(sorted([*kept, *back.values()], key=lambda place: (place["starts_at"], place["title"])))


def _url(row: Row) -> str | None:
    """None once the key that made it is gone."""
    try:
        return invitation_url(row["id"], row["revision"], row["key_id"])
    except KeyGone:
        return None


_PERSON = (
    "SELECT a.id, a.event, a.kind, a.size, a.first_name, a.last_name, a.email, a.phone, a.origin, a.called_for, "
    "a.called_at, a.created_at, e.title AS event_title, e.date, e.zone, e.status AS event_status, e.ends_at, "
    "(SELECT f.reference FROM referral f WHERE f.attendee = a.id AND f.agency = {} ORDER BY f.created_at LIMIT 1) "
    "AS reference FROM attendee a JOIN event e ON e.id = a.event"
)
_PLACES = (
    "SELECT r.id, r.attendee, r.session, r.status, r.offered_until, r.must_choose, r.attendance, r.cancelled_at, "
    "r.cancelled_by, r.cancelled_why, s.starts_at, s.ends_at, s.status AS session_status, "
    "w.status AS workshop_status, w.title, "
    "(SELECT COUNT(*) FROM registration q WHERE q.session = r.session AND q.status = 'waiting' "
    "AND q.position < r.position) AS ahead FROM registration r JOIN session s ON s.id = r.session "
    "JOIN workshop w ON w.id = s.workshop WHERE r.attendee IN ({}) ORDER BY s.starts_at, r.created_at, r.id"
)
_INVITED = (
    "SELECT f.id, f.event, f.first_name, f.last_name, f.email, f.phone, f.reference, f.revision, f.key_id, "
    "f.created_at, f.used_at, f.withdrawn_at, f.attendee, e.title AS event_title, e.date, e.zone, e.starts_at, "
    "e.ends_at, v.name AS venue, v.address, v.commune, (SELECT m.state FROM message m WHERE m.referral = f.id "
    "AND m.kind = 'invitation' ORDER BY m.created_at DESC, m.id LIMIT 1) AS message FROM referral f "
    "JOIN event e ON e.id = f.event LEFT JOIN venue v ON v.id = e.venue"
)

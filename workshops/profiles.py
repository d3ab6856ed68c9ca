"""A person of a day as staff who may see them do: their places, what was sent to them, and how they are found.

Whoever shows one says so to `audit.listed`. Times are aware UTC.
"""

from dataclasses import dataclass
from typing import Any

from workshops import rights, selection
from workshops.actors import Actor
from workshops.database import fetch
from workshops.mail import address_key
from workshops.rights import Row
from workshops.selection import ANY, Agency, Wanted, agency_of

MOST_FOUND = 12
MOST_MESSAGES = 40


@dataclass(frozen=True, slots=True)
class Profile:
    """Rows: the `person` with their event's facts, their `places`, given back ones too, and the latest `messages`.

    `person.given_up`: the row of their address, if it is dead.
    """

    person: Row
    agency: Agency | None
    places: tuple[Row, ...]
    messages: tuple[Row, ...]


async def profile(attendee: str, actor: Actor) -> Profile:
    """Somebody whom the actor may see. Raises NotFound."""
    person = await rights.seen_attendee(actor, attendee)
    key = address_key(person["email"] or "")
    facts = (await fetch(_FACTS, actor.organisation, key, attendee))[0]
    return Profile(
        person=person | facts,
        agency=agency_of(facts, actor),
        places=tuple(place | {"kept_for": _kept_for(place, actor)} for place in await fetch(_PLACES, attendee)),
        messages=tuple(await _messages(person)),
    )


async def find(event: Row, actor: Actor, text: str) -> tuple[list[Row], bool]:
    """People of the day by name, address, number or ticket code, at most 12, with their places; and if more are.

    Only those whom the actor may see. Nothing is found by fewer than two characters.
    """
    wanted = Wanted(search=" ".join(text.split())[:80], status=ANY)
    if len(wanted.search) < 2:
        return [], False
    where, values = selection.whom(actor, event, wanted)
    rows: list[dict[str, Any]] = await fetch(
        "SELECT a.id, a.first_name, a.last_name, a.kind, a.size, a.email, a.phone FROM attendee a LEFT JOIN "
        f"organisation o ON o.id = a.agency WHERE {where} ORDER BY a.search_name, a.id LIMIT {MOST_FOUND + 1}",
        *values,
    )
    return rows[:MOST_FOUND], len(rows) > MOST_FOUND


def _kept_for(place: Row, actor: Actor) -> Agency | None:
    names = {"agency": place["kept_by"], "agency_name": place["kept_name"], "sensitive": place["kept_hidden"]}
    return agency_of(names, actor)


async def _messages(person: Row) -> list[Row]:
    """What was written to the person, and to the whole family where they share an address. Never what is in it."""
    return await fetch(
        "SELECT m.kind, m.state, m.created_at, m.sent_at, m.not_before, m.last_code, b.subject FROM message m "
        "LEFT JOIN bulletin b ON b.id = m.bulletin WHERE m.attendee = {} "
        "OR (m.bulletin IS NOT NULL AND m.event = {} AND m.address_key = {}) "
        f"ORDER BY m.created_at DESC, m.id LIMIT {MOST_MESSAGES}",
        *(person["id"], person["event"], address_key(person["email"] or "")),
    )


_FACTS = (
    "SELECT (SELECT f.reference FROM referral f WHERE f.attendee = a.id AND f.agency = {} "
    "ORDER BY f.created_at LIMIT 1) AS reference, a.agency, g.name AS agency_name, g.sensitive, t.code, "
    "v.name AS venue_name, v.address, v.commune AS town, "
    "c.name AS called_by_name, x.id AS given_up, x.created_at AS given_up_at, "
    "x.cause AS given_up_for FROM attendee a LEFT JOIN organisation g ON g.id = a.agency "
    "JOIN ticket t ON t.attendee = a.id AND t.status = 'active' JOIN event e ON e.id = a.event "
    "LEFT JOIN venue v ON v.id = e.venue LEFT JOIN account c ON 'account:' || c.id = a.called_by "
    "LEFT JOIN suppression x ON x.address_key = {} AND x.lifted_at IS NULL WHERE a.id = {}"
)
_PLACES = (
    "SELECT r.id, r.session, r.status, r.offer, r.offered_until, r.must_choose, r.created_at, r.cancelled_at, "
    "r.cancelled_by, r.cancelled_why, r.declined_at, r.hold, k.id AS kept_by, "
    "k.name AS kept_name, k.sensitive AS kept_hidden, s.starts_at, s.ends_at, s.status AS session_status, "
    "w.id AS workshop, w.title, w.stand, w.status AS workshop_status, o.name AS exhibitor, "
    "(SELECT COUNT(*) FROM registration q WHERE q.session = r.session AND q.status = 'waiting' "
    "AND q.position < r.position) AS ahead FROM registration r JOIN session s ON s.id = r.session "
    "JOIN workshop w ON w.id = s.workshop LEFT JOIN organisation o ON o.id = w.exhibitor "
    "LEFT JOIN hold h ON h.id = r.hold LEFT JOIN organisation k ON k.id = h.organisation "
    "WHERE r.attendee = {} ORDER BY s.starts_at, r.created_at, r.id"
)

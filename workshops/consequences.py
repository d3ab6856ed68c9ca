"""Whom a change of a day touches, before it is made and while it is made (product.md: changes have consequences).

Called by the screens that ask "34 people will be told", and by the verbs inside their transaction.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workshops import overlaps, sql
from workshops.database import fetch
from workshops.mail import address_key
from workshops.overlaps import Booked

Row = dict[str, Any]
Scope = tuple[str, tuple[object, ...]]
"""Which slots are meant: a condition about the session `s` and its workshop `w`, and its values."""

MOST_ADDRESSES = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """A place or a rank in a waiting list, with what is needed to tell its owner and to restore it. Times are UTC.

    `keys` are locked for its owner: those of the person, or the attendee itself where nothing tells who it is.
    """

    id: str
    attendee: str
    session: str
    starts_at: datetime
    ends_at: datetime
    must_choose: bool
    status: str = "confirmed"
    position: int | None = None
    offered_until: datetime | None = None
    hold: str | None = None
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    called_for: str | None = None
    called_at: datetime | None = None
    called_by: str | None = None
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kept:
    """Places that are kept for an agency or a school and have no name yet: staff tell it themselves."""

    organisation: str
    places: int


@dataclass(frozen=True, slots=True)
class Touched:
    """How many people a change concerns.

    `by_phone` of `people` cannot be written to (no address, or a dead one), `choosing` will be at two places at once,
    `waiting` are on waiting lists only. `kept` are places without a name.
    """

    people: int
    by_phone: int
    choosing: int
    waiting: int
    kept: tuple[Kept, ...] = ()


def slot(session: str) -> Scope:
    """One slot."""
    return "s.id = {}", (session,)


def to_come_of(workshop: str, now: datetime) -> Scope:
    """The slots of a workshop that have not begun."""
    return "s.workshop = {} AND s.starts_at > {}", (workshop, now)


def to_come_on(event: str, now: datetime) -> Scope:
    """The slots of a day that have not begun: the rest of a day under way."""
    return "w.event = {} AND s.starts_at > {}", (event, now)


def not_over_on(event: str, now: datetime) -> Scope:
    """The slots of a day that are not over: whom a change of the hall concerns."""
    return "w.event = {} AND s.ends_at > {}", (event, now)


async def places_in(scope: Scope) -> list[Place]:
    """The places and waiting ranks in these slots as far as they take place, first come first."""
    condition, values = scope
    rows = await fetch(
        "SELECT r.id, r.attendee, r.session, r.status, r.position, r.offered_until, r.must_choose, r.hold, "
        "s.starts_at, s.ends_at, a.first_name, a.last_name, a.email, a.called_for, a.called_at, "
        "a.called_by, k.key FROM registration r JOIN session s ON s.id = r.session "
        "JOIN workshop w ON w.id = s.workshop JOIN attendee a ON a.id = r.attendee "
        "LEFT JOIN attendee_key k ON k.attendee = a.id AND k.active "
        f"WHERE r.status <> 'cancelled' AND s.status = 'open' AND {condition} ORDER BY r.created_at, r.id",
        *values,
    )
    keys: dict[str, set[str]] = {}
    for row in rows:
        keys.setdefault(row["id"], set()).add(row.pop("key") or row["attendee"])
    return [Place(**row, keys=frozenset(keys[row["id"]])) for row in {row["id"]: row for row in rows}.values()]


async def sessions_in(scope: Scope, lock: str = "") -> list[Row]:
    """These slots as far as they take place, in id order, with their workshop's title; `lock` is SQL that locks `s`."""
    condition, values = scope
    return await fetch(
        "SELECT s.id, s.workshop, s.starts_at, s.ends_at, s.capacity, s.confirmed, s.offered, s.held, s.waiting, "
        "s.queue_head, s.status, s.sequence, w.title, w.stand FROM session s JOIN workshop w ON w.id = s.workshop "
        f"WHERE s.status = 'open' AND {condition} ORDER BY s.id{lock}",
        *values,
    )


async def touched(scope: Scope, moved: dict[str, tuple[datetime, datetime]] | None = None) -> Touched:
    """Whom a change of these slots concerns; `moved` gives the new hours of slots that are to take place at others."""
    places = await places_in(scope)
    found = await counted(places, await choosing(places, moved) if moved else ())
    return replace(found, kept=tuple(await kept([row["id"] for row in await sessions_in(scope)])))


async def counted(places: Sequence[Place], asked: Collection[str] = ()) -> Touched:
    """The people of these places, and nothing of groups; those whose places are `asked` about will have to choose."""
    dead = await _dead(place.email for place in places if place.email)
    unreachable = {place.attendee for place in places if not place.email or address_key(place.email) in dead}
    booked = {place.attendee for place in places if place.status != "waiting"}
    people = {place.attendee for place in places}
    return Touched(
        people=len(people),
        by_phone=len(unreachable),
        choosing=len({place.attendee for place in places if place.id in asked}),
        waiting=len(people - booked),
    )


async def choosing(places: Sequence[Place], moved: dict[str, tuple[datetime, datetime]]) -> set[str]:
    """Which of these confirmed places will overlap another of the same person once slots are at the hours `moved`."""
    mine = {place.id for place in places if place.status == "confirmed" and place.session in moved}
    found = await overlaps.booked({place.attendee for place in places if place.id in mine})
    return mine & set(overlaps.clashing(shifted(found, moved)))


def shifted(booked: Iterable[Booked], moved: dict[str, tuple[datetime, datetime]]) -> list[Booked]:
    """These places as they are once slots are at the hours `moved`."""
    return [
        replace(one, starts_at=moved[one.session][0], ends_at=moved[one.session][1]) if one.session in moved else one
        for one in booked
    ]


async def has_begun(event: str, now: datetime) -> bool:
    """Whether a slot of the day that takes place has begun."""
    return bool(await sessions_in(("w.event = {} AND s.starts_at <= {}", (event, now))))


async def in_the_way(slot: Row, starts_at: datetime, ends_at: datetime) -> list[Row]:
    """Slots of the day that a slot (a row of `rights.led_session`) would meet at its stand or with its facilitator.

    Each with its title and hours; `same`: why, "workshop", "stand" or "facilitator".
    """
    rows = await fetch(
        "SELECT w.id, w.title, w.stand, w.facilitator, s.starts_at, s.ends_at FROM session s "
        "JOIN workshop w ON w.id = s.workshop WHERE w.event = {} AND s.id <> {} AND s.status = 'open' "
        "AND w.status <> 'cancelled' AND s.starts_at < {} AND s.ends_at > {} ORDER BY s.starts_at, s.id",
        *(slot["event"], slot["id"], ends_at, starts_at),
    )
    met = []
    for row in rows:
        same = ["workshop"] if row["id"] == slot["workshop"] else []
        same += [name for name in ("stand", "facilitator") if row[name] and row[name] == slot[name]]
        met += [row | {"same": same[0]}] if same else []
    return met


def last_come(places: Iterable[Place], number: int) -> list[Place]:
    """Who is proposed to wait when `number` places go: last come first; `places` are in the order they came in.

    Places that were kept for a group are not proposed.
    """
    held = [place for place in places if place.status in ("confirmed", "offered") and not place.hold]
    return held[::-1][: max(number, 0)]


async def kept(sessions: Collection[str]) -> list[Kept]:
    """The groups that still have places without a name kept in these slots."""
    if not sessions:
        return []
    rows = await fetch(
        "SELECT o.name AS organisation, SUM(h.places - h.named) AS places FROM hold h "
        "JOIN organisation o ON o.id = h.organisation "
        f"WHERE h.session IN ({sql.marks(len(sessions))}) AND h.status = 'active' AND NOT h.by_number "
        "GROUP BY o.id, o.name ORDER BY o.name, o.id",
        *sorted(sessions),
    )
    return [Kept(row["organisation"], int(row["places"])) for row in rows if row["places"]]


def place_of(booked: Booked) -> Place:
    """A confirmed place that a change touches only in what its person is to choose; nobody is told of it."""
    return Place(
        id=booked.id,
        attendee=booked.attendee,
        session=booked.session,
        starts_at=booked.starts_at,
        ends_at=booked.ends_at,
        must_choose=booked.must_choose,
    )


def mark_of(day: Row, sessions: Iterable[Row]) -> str:
    """What a screen saw of a day and these slots: a verb refuses to act on something else."""
    names = ("id", "starts_at", "ends_at", "capacity", "status", "sequence")
    seen = [str(row[name]) for row in sessions for name in names]
    return hashlib.sha256(repr([day["status"], day["venue"], seen]).encode()).hexdigest()[:16]


async def _dead(addresses: Iterable[str]) -> set[str]:
    asked, found = sorted({address_key(address) for address in addresses}), []
    for start in range(0, len(asked), MOST_ADDRESSES):
        some = asked[start : start + MOST_ADDRESSES]
        found += await fetch(
            f"SELECT address_key FROM suppression WHERE lifted_at IS NULL AND address_key IN ({sql.marks(len(some))})",
            *some,
        )
    return {row["address_key"] for row in found}

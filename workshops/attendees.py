"""An attendee as its own links show it: who, which day, which places. Whoever asks has proved that it is theirs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workshops import overlaps
from workshops.database import fetch, fetch_one, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.overlaps import Booked, Wanted
from workshops.tickets import secret_hash
from workshops.unsubscribe_links import OFF


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person (or a group) at one event. `phone` is E.164.

    `coming_at`: they said that they come; `reminders_off`: their address wants no reminders.
    """

    id: str
    event: str
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    aged_16_or_over: bool | None
    adult_name: str | None
    adult_phone: str | None
    created_at: datetime
    kind: str
    coming_at: datetime | None = None
    reminders_off: bool = False


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """A place of theirs. `ahead`: how many wait in front of them, if known; `is_off`: the slot does not take place.

    `must_choose`: it was moved to the time of another place of theirs, and one of the two is to be given back.
    `offer`: what an offered one waits for, until `offered_until`; "proof": one tap in the mail.
    """

    id: str
    session: str
    status: str
    starts_at: datetime
    ends_at: datetime
    workshop: str
    title: str
    kind: str
    exhibitor: str | None
    stand: str | None
    must_choose: bool
    offered_until: datetime | None
    ahead: int | None
    is_off: bool
    offer: str | None = None
    share_with_exhibitor: bool = False

    @property
    def to_prove(self) -> bool:
        """Whether it waits for a proof of their address."""
        return self.status == "offered" and self.offer == "proof" and not self.is_off

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        """[start, end): touching is fine (rule 3)."""
        return self.starts_at < ends_at and starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Offered:
    """A place of theirs that is, or was, offered until `offered_until`; `why` it was given back, if it was.

    `instead`: what they give back by saying yes. `is_open`: it can still be answered. Times are UTC.
    """

    id: str
    attendee: str
    event: str
    status: str
    why: str | None
    offered_until: datetime | None
    starts_at: datetime
    ends_at: datetime
    workshop: str
    title: str
    exhibitor: str | None
    stand: str | None
    replaces: str | None
    instead: tuple[Booked, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.status == "offered" and self.offered_until is not None and utcnow() < self.offered_until


async def attendee(identity: str) -> Attendee:
    """The attendee with this id. Raises NotFound, also once anonymised."""
    row = await fetch_one(f"{_ATTENDEE} WHERE a.id = {{}} AND a.anonymised_at IS NULL", identity)
    if row is None:
        raise NotFound
    return Attendee(**row)


async def by_manage_link(secret: str) -> Attendee:
    """Whose manage link holds `secret`, in any case. Raises NotFound."""
    found = secret_hash(secret)
    row = found and await fetch_one(f"{_ATTENDEE} WHERE a.manage_hash = {{}} AND a.anonymised_at IS NULL", found)
    if not row:
        raise NotFound
    return Attendee(**row)


async def by_ticket(secret: str) -> tuple[Attendee, bool]:
    """Whose ticket holds `secret`, in any case, and whether a newer ticket has replaced it. Raises NotFound."""
    found = secret_hash(secret)
    row = found and await fetch_one(
        f"{_ATTENDEE.replace(' FROM attendee a', ', t.status AS ticket_status FROM attendee a')} "
        "JOIN ticket t ON t.attendee = a.id WHERE t.secret_hash = {} AND a.anonymised_at IS NULL",
        found,
    )
    if not row:
        raise NotFound
    replaced = row.pop("ticket_status") == "replaced"
    return Attendee(**row), replaced


async def own_places(identity: str) -> list[OwnPlace]:
    """The attendee's places in order of time: those not given back, and those of slots that were called off."""
    rows = await fetch(
        "SELECT r.id, r.session, r.status, r.offer, r.offered_until, s.starts_at, s.ends_at, w.id AS workshop, "
        "w.title, w.kind, w.stand, r.must_choose, r.share_with_exhibitor, o.name AS exhibitor, "
        "s.status AS session_status, w.status AS workshop_status, "
        "(SELECT COUNT(*) FROM registration q WHERE q.session = r.session AND q.status = 'waiting' "
        "AND q.position < r.position) AS ahead "
        "FROM registration r JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
        "LEFT JOIN organisation o ON o.id = w.exhibitor WHERE r.attendee = {} "
        "AND (r.status <> 'cancelled' OR 'cancelled' IN (s.status, w.status)) ORDER BY s.starts_at, r.id",
        identity,
    )
    return [_own_place(row) for row in rows]


async def offered(identity: str, registration: str) -> Offered:
    """One place of an attendee, as an offer. Raises NotFound, also for one that waits for a proof (see `proofs`)."""
    row = is_id(registration) and await fetch_one(
        "SELECT r.id, r.attendee, a.event, r.status, r.cancelled_why AS why, r.offered_until, r.replaces, s.starts_at, "
        "s.ends_at, w.id AS workshop, w.title, w.stand, o.name AS exhibitor FROM registration r "
        "JOIN attendee a ON a.id = r.attendee JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
        "LEFT JOIN organisation o ON o.id = w.exhibitor WHERE r.id = {} AND r.attendee = {} "
        "AND NOT (r.status = 'offered' AND r.offer = 'proof')",
        *(registration, identity),
    )
    if not row:
        raise NotFound
    place = Offered(**row)
    held = await overlaps.booked([identity]) if place.is_open else []
    wanted = Wanted(place.workshop, place.starts_at, place.ends_at, place.replaces)
    return replace(place, instead=tuple(one for one in held if one.gives_way(wanted)))


def at_once(places: Iterable[OwnPlace]) -> list[tuple[OwnPlace, ...]]:
    """What is to be chosen between: each moved place with those at its time, alone where these are of another day."""
    booked = [place for place in places if place.status == "confirmed" and not place.is_off]
    return [
        (one, *(other for other in booked if other is not one and one.overlaps(other.starts_at, other.ends_at)))
        for one in booked
        if one.must_choose
    ]


def _own_place(row: dict[str, Any]) -> OwnPlace:
    statuses = row.pop("session_status"), row.pop("workshop_status")
    return OwnPlace(**row, is_off="cancelled" in statuses)


_ATTENDEE = (
    "SELECT a.id, a.event, a.first_name, a.last_name, a.email, a.phone, a.aged_16_or_over, a.adult_name, "
    "a.adult_phone, a.created_at, a.kind, a.coming_at, "
    f"{OFF} AS reminders_off FROM attendee a"
)

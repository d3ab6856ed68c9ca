"""Messages to residents about their places and links, in two questions to the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from workshops.communes import commune
from workshops.database import fetch
from workshops.letters.places import Slot, as_slot, given_back, slots_of
from workshops.mail import Kind

MOST_PEOPLE = 6
"""How many people's places one message tells at most: their pictures and words stay below what mailboxes cut off."""

Row = dict[str, Any]

PERSON = (
    "SELECT m.id AS message, CASE WHEN m.state = 'queued' THEN 1 ELSE 0 END AS waits, a.id AS attendee, "
    "a.first_name, a.last_name, a.email, a.locale, a.origin, a.manage_revision, a.manage_key, "
    "EXISTS (SELECT 1 FROM registration c WHERE c.attendee = a.id AND c.cancelled_at = m.created_at) AS gave_back, "
    "t.revision, t.secret_key, t.code, e.id AS event, e.title, e.date, e.zone, e.ends_at, "
    "v.name AS venue, v.address, v.commune, v.bus_stop, v.latitude, v.longitude, "
    "g.name AS agency, g.sensitive, x.id AS suppressed FROM message m "
)
WITH_DAY = (
    "JOIN ticket t ON t.attendee = a.id AND t.status = 'active' "
    "JOIN event e ON e.id = a.event AND e.status <> 'cancelled' "
    "JOIN venue v ON v.id = e.venue LEFT JOIN organisation g ON g.id = a.agency "
    "LEFT JOIN suppression x ON x.address_key = m.address_key AND x.lifted_at IS NULL "
    "WHERE a.email IS NOT NULL AND a.anonymised_at IS NULL "
)
_PLACES = (
    f"{PERSON} JOIN attendee a ON a.id = m.attendee {WITH_DAY}"
    "AND m.address_key = {} AND (m.id = {} OR m.carried_by = {} "
    "OR (m.kind = {} AND m.state = 'queued' AND m.frozen IS NULL AND m.channel = 'mail')) "
    "ORDER BY CASE WHEN m.id = {} THEN 0 ELSE 1 END, m.created_at, m.id "
    f"LIMIT {MOST_PEOPLE}"
)
_LINKS = (
    f"{PERSON} JOIN attendee o ON o.id = m.attendee JOIN attendee a ON a.event = o.event AND a.email = o.email "
    f"{WITH_DAY}"
    "AND m.id = {} "
    f"ORDER BY CASE WHEN a.id = o.id THEN 0 ELSE 1 END, a.created_at, a.id LIMIT {MOST_PEOPLE}"
)


@dataclass(frozen=True, slots=True)
class Person:
    """An attendee with their ticket. `sent_by`: the agency that registered them (rule 9), "" where it is not named."""

    id: str
    first_name: str
    last_name: str
    code: str
    ticket: tuple[int, str]
    manage: tuple[int, str]
    sent_by: str | None
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """An event, and the people whom the message is about on it."""

    id: str
    title: str
    date: date
    zone: str
    ends_at: datetime
    venue: str
    address: str
    commune: str
    bus_stop: str | None
    geo: tuple[float, float] | None
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. `carries`: the other rows that it tells besides `row`.

    `more` is what its templates name besides, `gone` (an event's id with each) what leaves the calendar, `answers` the
    row of the message that it continues, `unsubscribe` the address where one POST ends messages of its kind, `until`
    when it is of no use any more if that is before its last day is over.
    """

    row: str
    kind: Kind
    address: str
    locale: str
    days: tuple[Day, ...]
    carries: tuple[str, ...]
    suppressed: bool
    more: Mapping[str, Any] = field(default_factory=dict)
    gone: tuple[tuple[str, Slot], ...] = ()
    answers: str | None = None
    unsubscribe: str | None = None
    until: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        """When the last of its days is over, and the message with it."""
        return self.until or max(day.ends_at for day in self.days)


async def load(message: Row) -> Letter | None:
    """The letter of a row of `message`; None if there is nothing left to tell, or no address any more."""
    kind = Kind(message["kind"])
    rows = await _people(kind, message)
    own = next((row for row in rows if row["attendee"] == message["attendee"]), None)
    if own is None:
        return None
    rows = [row for row in rows if row["email"] == own["email"]]
    slots = await slots_of([row["attendee"] for row in rows]) if kind is not Kind.YOUR_LINK else {}
    told = [row for row in rows if kind is Kind.YOUR_LINK or _is_news(kind, slots.get(row["attendee"], ()))]
    if own not in told:
        return None
    changed = [row["message"] for row in told if row["gave_back"]]
    return Letter(
        row=message["id"],
        kind=kind,
        address=own["email"],
        locale=own["locale"],
        days=days_of(told, slots),
        carries=tuple(row["message"] for row in rows if row["waits"]),
        suppressed=bool(own["suppressed"]),
        gone=tuple((row["event"], as_slot(row)) for row in await given_back(changed)) if changed else (),
    )


def _is_news(kind: Kind, slots: tuple[Slot, ...]) -> bool:
    """Whether there is a place to tell of, or one that still waits for a proof."""
    return any(kind is Kind.YOUR_PLACES or (slot.status == "offered" and slot.offer == "proof") for slot in slots)


async def _people(kind: Kind, message: Row) -> list[Row]:
    """The row's own attendee first; nobody who is anonymised, without address, or whose day does not take place."""
    if kind is Kind.YOUR_LINK:
        return await fetch(_LINKS, message["id"])
    identity = message["id"]
    return await fetch(_PLACES, message["address_key"], identity, identity, kind.value, identity)


def days_of(rows: list[Row], slots: dict[str, tuple[Slot, ...]]) -> tuple[Day, ...]:
    """The days of these rows of PERSON, in order, each with its people and their slots."""
    people: dict[str, dict[str, Person]] = {}
    for row in rows:
        people.setdefault(row["event"], {})[row["attendee"]] = _person(row, slots.get(row["attendee"], ()))
    events = {row["event"]: row for row in rows}
    return tuple(
        _day(events[event], tuple(people[event].values())) for event in sorted(events, key=lambda e: events[e]["date"])
    )


def _person(row: Row, slots: tuple[Slot, ...]) -> Person:
    return Person(
        id=row["attendee"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        code=row["code"],
        ticket=(row["revision"], row["secret_key"]),
        manage=(row["manage_revision"], row["manage_key"]),
        sent_by=("" if row["sensitive"] else row["agency"]) if row["origin"] == "on_behalf" else None,
        slots=slots,
    )


def _day(row: Row, people: tuple[Person, ...]) -> Day:
    town = commune(row["commune"])
    return Day(
        id=row["event"],
        title=row["title"],
        date=row["date"],
        zone=row["zone"],
        ends_at=row["ends_at"],
        venue=row["venue"],
        address=row["address"],
        commune=town.name if town else "",
        bus_stop=row["bus_stop"],
        geo=(row["latitude"], row["longitude"]) if row["latitude"] is not None else None,
        people=people,
    )

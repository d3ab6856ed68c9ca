"""Whom a place of the door expects: the day and its stands, how many are in, and people found by name.

A stand's phone finds the people of its own workshop only. Times are UTC; `zone` is the event's own.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import attendance, sql
from workshops.actors import Phone
from workshops.database import fetch, fetch_one, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.persons import search_name

MOST_FOUND = 20
OPENS_EARLY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Slot:
    """A session of a stand. `expected` counts the places taken in it."""

    id: str
    starts_at: datetime
    ends_at: datetime
    expected: int


@dataclass(frozen=True, slots=True)
class Stand:
    """A workshop of the day with the slots that take place."""

    id: str
    title: str
    stand: str | None
    slots: tuple[Slot, ...] = ()

    def current(self, now: datetime) -> Slot | None:
        """The last slot that has begun or begins within 10 minutes, else the first."""
        begun = [slot for slot in self.slots if slot.starts_at - OPENS_EARLY <= now]
        return begun[-1] if begun else next(iter(self.slots), None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phone checks in: the hall, or a slot of a stand. `chosen`: staff chose the slot, it does not move on."""

    event: str
    title: str
    date: date
    zone: str
    commune: str | None
    stand: Stand | None = None
    slot: Slot | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A person found by name: first name, initial, and their places as (title, start, end)."""

    attendee: str
    first_name: str
    initial: str
    places: tuple[tuple[str, datetime, datetime], ...]


async def place(phone: Phone, workshop: str = "", session: str = "") -> Place:
    """Where the phone checks in: its own stand, or at the hall's phone the one chosen; the slot chosen, or the current.

    Raises NotFound for what is not of its event or not its own.
    """
    day = await fetch_one(
        "SELECT e.id AS event, e.title, e.date, e.zone, v.commune FROM event e LEFT JOIN venue v ON v.id = e.venue "
        "WHERE e.id = {}",
        phone.event,
    )
    assert day is not None
    if phone.workshop and workshop not in ("", phone.workshop):
        raise NotFound
    asked = phone.workshop or workshop
    if not asked:
        return Place(**day)
    stand = next(iter(await stands(phone.event, asked) if is_id(asked) else []), None)
    if stand is None:
        raise NotFound
    chosen = next((slot for slot in stand.slots if slot.id == session), None)
    if session and chosen is None:
        raise NotFound
    return Place(**day, stand=stand, slot=chosen or stand.current(utcnow()), chosen=chosen is not None)


async def stands(event: str, only: str | None = None) -> list[Stand]:
    """The stands of the day that take place, or one of them even if it does not, with the slots that do."""
    rows = await fetch(
        "SELECT w.id, w.title, w.stand, s.id AS session, s.starts_at, s.ends_at, s.confirmed, s.offered "
        "FROM workshop w LEFT JOIN session s ON s.workshop = w.id AND s.status = 'open' WHERE w.event = {} "
        f"AND w.{'id' if only else 'status'} = {{}} ORDER BY w.position, w.id, s.starts_at",
        *(event, only or "ready"),
    )
    slots: dict[tuple[str, str, str | None], list[Slot]] = {}
    for row in rows:
        own = slots.setdefault((row["id"], row["title"], row["stand"]), [])
        if row["session"]:
            own.append(Slot(row["session"], row["starts_at"], row["ends_at"], row["confirmed"] + row["offered"]))
    return [Stand(*named, tuple(own)) for named, own in slots.items()]


async def tally(at: Place) -> tuple[int, int]:
    """How many people are in at this place on the day itself, and how many it expects."""
    if at.stand and not at.slot:
        return 0, 0
    begin, end = (
        datetime.combine(at.date + timedelta(days=days), time(), ZoneInfo(at.zone)).astimezone(UTC) for days in (0, 1)
    )
    row = await fetch_one(
        "SELECT (SELECT COUNT(DISTINCT n.attendee) FROM scan n WHERE n.event = {} "
        f"AND n.session {'= {}' if at.slot else 'IS NULL'} AND {attendance.COUNTS} "
        "AND n.effective_at >= {} AND n.effective_at < {} AND (n.id, n.caller) NOT IN "
        "(SELECT u.undoes, u.caller FROM scan u WHERE u.event = {} AND u.kind = 'undo')) AS inside, "
        "(SELECT COUNT(DISTINCT r.attendee) FROM registration r JOIN attendee a ON a.id = r.attendee "
        "WHERE a.event = {} AND r.status IN ('confirmed', 'offered')) AS expected",
        *(at.event, *([at.slot.id] if at.slot else []), begin, end, at.event, at.event),
    )
    assert row is not None
    return row["inside"], at.slot.expected if at.slot else row["expected"]


async def search(phone: Phone, name: str) -> tuple[list[Found], bool]:
    """People whose first or last name begins with each word of `name`, in any case, without accents; and if more do.

    At most 20, by last name. Fewer than two letters find nobody.
    """
    words = search_name(name.replace("_", " "), "").split()[:6]
    if sum(map(len, words)) < 2:
        return [], False
    own = " AND EXISTS (SELECT 1 FROM registration r JOIN session s ON s.id = r.session WHERE r.attendee = a.id "
    own += "AND r.status <> 'cancelled' AND s.workshop = {})"
    rows = await fetch(
        "SELECT a.id, a.first_name, a.last_name FROM attendee a WHERE a.event = {} AND a.anonymised_at IS NULL"
        f"{_WORD * len(words)}{own if phone.workshop else ''} ORDER BY a.search_name, a.id LIMIT 21",
        *(phone.event, *(f"% {word[:60]}%" for word in words), *([phone.workshop] if phone.workshop else [])),
    )
    places = await _places([row["id"] for row in rows[:MOST_FOUND]])
    return [
        Found(row["id"], row["first_name"], row["last_name"][:1].upper(), tuple(places.get(row["id"], ())))
        for row in rows[:MOST_FOUND]
    ], len(rows) > MOST_FOUND


async def _places(attendees: list[str]) -> dict[str, list[tuple[str, datetime, datetime]]]:
    if not attendees:
        return {}
    rows: list[dict[str, Any]] = await fetch(
        "SELECT r.attendee, w.title, s.starts_at, s.ends_at FROM registration r JOIN session s ON s.id = r.session "
        f"JOIN workshop w ON w.id = s.workshop WHERE r.attendee IN ({sql.marks(len(attendees))}) "
        "AND r.status <> 'cancelled' ORDER BY s.starts_at",
        *attendees,
    )
    places: dict[str, list[tuple[str, datetime, datetime]]] = {}
    for row in rows:
        places.setdefault(row["attendee"], []).append((row["title"], row["starts_at"], row["ends_at"]))
    return places


_WORD = " AND (' ' || a.search_name) LIKE {}"

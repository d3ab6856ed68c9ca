"""A day at a glance, for those who run it: how its slots fill, who sends people, what they need, what is to be done.

Counts alone, nobody's name; three statements and one more for the invitations. Times are aware UTC.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import selection
from workshops.actors import Actor
from workshops.database import fetch, fetch_one
from workshops.persons import ACCOMMODATIONS
from workshops.selection import Agency, agency_of

Row = dict[str, Any]
DAYS = 14
"""How many days of sign-ups are told, today among them."""
_NOT_COMING, _WAITING, _COMING = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot and its places: `held` are kept for groups, `offered` wait for somebody's answer."""

    id: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    confirmed: int
    offered: int
    held: int
    waiting: int
    cancelled: bool

    @property
    def taken(self) -> int:
        """Places that nobody else can have."""
        return self.confirmed + self.offered + self.held


@dataclass(frozen=True, slots=True)
class Stand:
    """A workshop. `answer` is its exhibitor's, `edited`: a change of its page waits for the organiser."""

    id: str
    title: str
    stand: str | None
    kind: str
    status: str
    exhibitor: str | None
    answer: str | None
    edited: bool
    slots: tuple[Slot, ...]

    @property
    def on(self) -> tuple[Slot, ...]:
        """The slots that take place."""
        return tuple(slot for slot in self.slots if not slot.cancelled)


@dataclass(frozen=True, slots=True)
class Sender:
    """An agency, or nobody (None): how many people come, only wait, or have an invitation they have not used."""

    agency: Agency | None
    coming: int
    waiting: int
    invited: int


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds the day. `hall` is the state of the request for its hall, "own" without one, None without a hall.

    `change` is the id of what leaves next for the people it concerns, at `change_leaves_at`; `changes` how many do.
    """

    venue: str | None
    commune: str | None
    hall: str | None
    hall_asked_at: datetime | None
    inside: int
    changes: int
    change: str | None
    change_people: int | None
    change_leaves_at: datetime | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The day. `sign_ups` are (local date, people) of the last DAYS days; `arrangements` (code, people) coming."""

    event: str
    status: str
    zone: str
    stands: tuple[Stand, ...]
    coming: int
    only_waiting: int
    to_call: int
    arrangements: tuple[tuple[str, int], ...]
    with_arrangements: int
    senders: tuple[Sender, ...]
    sign_ups: tuple[tuple[date, int], ...]
    around: Around

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots that take place."""
        return tuple(slot for stand in self.stands for slot in stand.on)


async def read(event: Row, actor: Actor, now: datetime) -> Desk:
    """The day of this row (`rights.led_event`) as it is now."""
    stands = await _stands(event["id"])
    people = await _people(event, now)
    coming, waiting = ([row for row in people if row["standing"] == standing] for standing in (_COMING, _WAITING))
    arrangements: Counter[str] = Counter()
    for row in coming:
        arrangements.update(dict.fromkeys((row["accommodations"] or "").split(), row["people"]))
    return Desk(
        event=event["id"],
        status=event["status"],
        zone=event["zone"],
        stands=stands,
        coming=_sum(coming),
        only_waiting=_sum(waiting),
        to_call=sum(row["listed"] for row in people if row["to_call"]),
        arrangements=tuple((code, arrangements[code]) for code in ACCOMMODATIONS if arrangements[code]),
        with_arrangements=_sum([row for row in coming if row["accommodations"]]),
        senders=_senders(coming, waiting, await _invitations(event["id"]), actor),
        sign_ups=_sign_ups(coming + waiting, event["zone"], now),
        around=await _around(event, now),
    )


async def _stands(event: str) -> tuple[Stand, ...]:
    rows = await fetch(
        "SELECT w.id AS workshop, w.title, w.stand, w.kind, w.status AS standing, x.name AS exhibitor, w.answer, "
        "CASE WHEN w.proposal IS NULL THEN 0 ELSE 1 END AS edited, s.id, s.starts_at, s.ends_at, s.capacity, "
        "s.confirmed, s.offered, s.held, s.waiting, s.status FROM workshop w LEFT JOIN organisation x "
        "ON x.id = w.exhibitor LEFT JOIN session s ON s.workshop = w.id WHERE w.event = {} "
        "ORDER BY w.position, w.id, s.starts_at, s.id",
        event,
    )
    slots: dict[str, tuple[Row, list[Slot]]] = {}
    for row in rows:
        _, own = slots.setdefault(row["workshop"], (row, []))
        if row["id"]:
            cancelled = "cancelled" in (row["status"], row["standing"])
            own.append(Slot(**{name: row[name] for name in _OF_SLOT}, cancelled=cancelled))
    return tuple(
        Stand(
            id=row["workshop"],
            status=row["standing"],
            edited=bool(row["edited"]),
            slots=tuple(own),
            **{name: row[name] for name in ("title", "stand", "kind", "exhibitor", "answer")},
        )
        for row, own in slots.values()
    )


async def _people(event: Row, now: datetime) -> list[Row]:
    """How many people of each kind, counted in the database: what they need, who sent them, when they signed up."""
    days = _last_days(event["zone"], now)
    day = " ".join(f"WHEN a.created_at < {{}} THEN {number}" for number in range(DAYS))
    return await fetch(
        "SELECT p.agency, o.name AS agency_name, o.sensitive, p.accommodations, p.day, p.to_call, p.standing, "
        "SUM(p.size) AS people, COUNT(*) AS listed FROM (SELECT a.agency, a.accommodations, a.size, "
        f"CASE {day} ELSE {DAYS} END AS day, "
        "CASE WHEN a.called_for IS NOT NULL AND a.called_at IS NULL AND a.anonymised_at IS NULL THEN 1 ELSE 0 END "
        "AS to_call, "
        f"COALESCE((SELECT MAX(CASE r.status WHEN 'waiting' THEN {_WAITING} WHEN 'cancelled' THEN {_NOT_COMING} "
        f"ELSE {_COMING} END) FROM registration r WHERE r.attendee = a.id), {_NOT_COMING}) AS standing "
        "FROM attendee a WHERE a.event = {}) p LEFT JOIN organisation o ON o.id = p.agency "
        "GROUP BY p.agency, o.name, o.sensitive, p.accommodations, p.day, p.to_call, p.standing",
        *(*days, event["id"]),
    )


async def _invitations(event: str) -> list[Row]:
    return await fetch(
        "SELECT f.agency, o.name AS agency_name, o.sensitive, COUNT(*) AS people FROM referral f "
        "JOIN organisation o ON o.id = f.agency WHERE f.event = {} AND f.mode = 'invite' AND f.used_at IS NULL "
        "AND f.withdrawn_at IS NULL GROUP BY f.agency, o.name, o.sensitive",
        event,
    )


async def _around(event: Row, now: datetime) -> Around:
    inside, at_hall = selection.in_hall(event)
    leaving = "FROM plan_change {0} WHERE {0}.event = e.id AND {0}.undone_at IS NULL AND {0}.leaves_at > {{}}"
    row = await fetch_one(
        "SELECT v.name AS venue, v.commune, q.status AS hall, q.asked_at AS hall_asked_at, e.venue AS venue_id, "
        f"(SELECT COUNT(DISTINCT i.attendee) FROM ({inside}) i) AS inside, "
        f"(SELECT COUNT(*) {leaving.format('m')}) AS changes, c.id AS change, c.people AS change_people, "
        "c.leaves_at AS change_leaves_at FROM event e LEFT JOIN venue_request q ON q.id = (SELECT z.id "
        "FROM venue_request z WHERE z.event = e.id AND (e.venue IS NULL OR z.venue = e.venue) "
        "ORDER BY CASE z.status WHEN 'accepted' THEN 0 ELSE 1 END, z.asked_at DESC, z.id DESC LIMIT 1) "
        "LEFT JOIN venue v ON v.id = COALESCE(e.venue, q.venue) LEFT JOIN plan_change c ON c.id = "
        f"(SELECT n.id {leaving.format('n')} ORDER BY n.leaves_at, n.id LIMIT 1) WHERE e.id = {{}}",
        *(*at_hall, now, now, event["id"]),
    )
    assert row is not None
    held = row.pop("venue_id") is not None
    return Around(**row | {"hall": row["hall"] or ("own" if held else None)})


def _senders(coming: list[Row], waiting: list[Row], invited: list[Row], actor: Actor) -> tuple[Sender, ...]:
    """Who sends most comes first; agencies that are not named together, then nobody, last."""
    columns: list[Counter[Agency | None]] = [Counter(), Counter(), Counter()]
    for column, rows in zip(columns, (coming, waiting, invited), strict=True):
        for row in rows:
            column[agency_of(row, actor)] += row["people"]
    agencies = {agency: None for column in columns for agency in column}
    senders = [Sender(agency, *(column[agency] for column in columns)) for agency in agencies]
    return tuple(sorted(senders, key=_rank))


def _rank(sender: Sender) -> tuple[int, int, str]:
    kind = 2 if sender.agency is None else 0 if sender.agency.id else 1
    return kind, -sender.coming - sender.waiting, sender.agency.name if sender.agency else ""


def _sign_ups(people: list[Row], zone: str, now: datetime) -> tuple[tuple[date, int], ...]:
    today, totals = now.astimezone(ZoneInfo(zone)).date(), Counter[int]()
    for row in people:
        totals[row["day"]] += row["people"]
    return tuple((today - timedelta(days=DAYS - day), totals[day]) for day in range(1, DAYS + 1))


def _last_days(zone: str, now: datetime) -> list[datetime]:
    """When each of the last DAYS days began, in `zone`."""
    today = now.astimezone(ZoneInfo(zone)).date()
    begun = (today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1))
    return [datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) for day in begun]


def _sum(rows: list[Row]) -> int:
    return sum(row["people"] for row in rows)


_OF_SLOT = ("id", "starts_at", "ends_at", "capacity", "confirmed", "offered", "held", "waiting")

"""The stands of an exhibitor on a day, as it and its organiser read them: the pages, the slots, how many come.

Counts, never a name. Times are aware UTC; `zone` is the event's own.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workshops.actors import Actor, Staff
from workshops.database import fetch, fetch_one, utcnow
from workshops.descriptions import Description, Proposal, of_row, proposal
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.rights import led_event
from workshops.sql import marks
from workshops.stand_links import INVITED, Exhibitor, mailbox
from workshops.standings import state_of

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot and how many come to it."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    confirmed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Stand:
    """One workshop. `page` is what it says now; `proposal` what its exhibitor wants it to say.

    `state`: see `standings.state_of`; `is_public`: residents read it; slots are those that take place.
    """

    id: str
    version: int
    state: str
    is_public: bool
    stand: str | None
    answer_why: str | None
    page: Description
    proposal: Proposal | None
    proposed_at: datetime | None
    slots: tuple[Slot, ...]

    @property
    def draft(self) -> Description:
        """The page as its exhibitor goes on writing it."""
        return self.page.with_changes(self.proposal.changes) if self.proposal else self.page

    @property
    def confirmed(self) -> int:
        """Places booked in all its slots."""
        return sum(slot.confirmed for slot in self.slots)

    @property
    def waiting(self) -> int:
        """People waiting in all its slots."""
        return sum(slot.waiting for slot in self.slots)


@dataclass(frozen=True, slots=True)
class StandDay:
    """An exhibitor's day. `commune` is an INSEE code, `lead` and `lead_phone` the organiser's; `email` its mailbox."""

    event: str
    title: str
    date: date
    zone: str
    starts_at: datetime
    ends_at: datetime
    status: str
    lead: str
    lead_phone: str | None
    venue: str | None
    address: str | None
    commune: str | None
    access: str | None
    exhibitor: str
    name: str
    training: bool
    email: str | None
    stands: tuple[Stand, ...]

    @property
    def is_open(self) -> bool:
        """Whether anything can still be said of it."""
        return self.status != "cancelled" and utcnow() < self.ends_at

    @property
    def live(self) -> tuple[Stand, ...]:
        """Its workshops that are not cancelled."""
        return tuple(stand for stand in self.stands if stand.state != "cancelled")

    def stand(self, workshop: str) -> Stand:
        """One of them. Raises NotFound."""
        for stand in self.stands:
            if stand.id == workshop:
                return stand
        raise NotFound


async def own_day(actor: Exhibitor) -> StandDay:
    """The exhibitor's own day. Raises NotFound where it has no workshop any more."""
    return await _day(actor.event, actor.organisation)


async def led_day(event: str, exhibitor: str, actor: Actor) -> StandDay:
    """The same for the day's organiser. Raises NotFound."""
    await led_event(actor, event)
    return await _day(event, exhibitor if is_id(exhibitor) else "")


async def days_of(staff: Staff) -> list[Row]:
    """The days on which the account's exhibitor has a workshop that it may see: the next first, past ones last."""
    rows = await fetch(
        "SELECT e.id, e.title, e.date, e.zone, e.starts_at, e.ends_at, e.status, v.name AS venue, v.commune, "
        "COUNT(w.id) AS workshops FROM event e JOIN workshop w ON w.event = e.id LEFT JOIN venue v ON v.id = e.venue "
        f"WHERE w.exhibitor = {{}} AND w.kind = 'stand' AND {INVITED} "
        "GROUP BY e.id, e.title, e.date, e.zone, e.starts_at, e.ends_at, e.status, v.name, v.commune "
        "ORDER BY e.date DESC, e.id LIMIT 60",
        staff.organisation,
    )
    now = utcnow()
    coming = [row for row in rows if row["ends_at"] > now]
    return [*reversed(coming), *(row for row in rows if row["ends_at"] <= now)]


async def booked(event: str) -> dict[str, tuple[int, int, int]]:
    """Of each workshop of an event: places booked, people waiting, places in all."""
    rows = await fetch(
        "SELECT s.workshop, SUM(s.confirmed) AS confirmed, SUM(s.waiting) AS waiting, SUM(s.capacity) AS places "
        "FROM session s JOIN workshop w ON w.id = s.workshop WHERE w.event = {} AND s.status = 'open' "
        "GROUP BY s.workshop",
        event,
    )
    return {row["workshop"]: (row["confirmed"], row["waiting"], row["places"]) for row in rows}


async def vacant(event: str) -> list[Row]:
    """The stands of an event that nobody holds yet: id and title."""
    return await fetch(
        "SELECT id, title FROM workshop WHERE event = {} AND kind = 'stand' AND exhibitor IS NULL "
        "AND status <> 'cancelled' ORDER BY position, id",
        event,
    )


async def training_bodies() -> dict[str, str]:
    """Who gives training: ids and names."""
    rows = await fetch("SELECT id, name FROM organisation WHERE training AND archived_at IS NULL ORDER BY name")
    return {row["id"]: row["name"] for row in rows}


async def _day(event: str, organisation: str) -> StandDay:
    rows = await fetch(
        "SELECT w.*, o.website FROM workshop w JOIN organisation o ON o.id = w.exhibitor "
        "WHERE w.event = {} AND w.exhibitor = {} AND w.kind = 'stand' ORDER BY w.position, w.id",
        *(event, organisation),
    )
    facts = rows and await fetch_one(
        "SELECT e.id AS event, e.title, e.date, e.zone, e.starts_at, e.ends_at, e.status, e.published_at, "
        "l.name AS lead, l.phone AS lead_phone, v.name AS venue, v.address, v.commune, v.access, "
        "o.id AS exhibitor, o.name, o.training FROM event e JOIN organisation l ON l.id = e.lead "
        "JOIN organisation o ON o.id = {} "
        "LEFT JOIN venue v ON v.id = e.venue WHERE e.id = {}",
        *(organisation, event),
    )
    if not facts:
        raise NotFound
    slots = await _slots([row["id"] for row in rows])
    is_shown = facts.pop("published_at") is not None
    stands = tuple(_stand(row, is_shown, slots) for row in rows)
    return StandDay(**facts, email=await mailbox(event, organisation), stands=stands)


async def _slots(workshops: list[str]) -> dict[str, list[Slot]]:
    found: dict[str, list[Slot]] = {}
    for row in await fetch(
        "SELECT workshop, starts_at, ends_at, capacity, confirmed, waiting FROM session "
        f"WHERE workshop IN ({marks(len(workshops))}) AND status = 'open' ORDER BY starts_at, id",
        *workshops,
    ):
        found.setdefault(row.pop("workshop"), []).append(Slot(**row))
    return found


def _stand(row: Row, is_shown: bool, slots: dict[str, list[Slot]]) -> Stand:
    return Stand(
        id=row["id"],
        version=row["version"],
        state=state_of(row),
        is_public=row["status"] == "ready" and is_shown,
        stand=row["stand"],
        answer_why=row["answer_why"],
        page=of_row(row),
        proposal=proposal(row),
        proposed_at=row["proposed_at"],
        slots=tuple(slots.get(row["id"], ())),
    )

"""Requests for halls as those read them who ask and who answer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workshops.actors import Actor
from workshops.database import fetch, utcnow
from workshops.errors import NotAllowed, NotFound
from workshops.halls.answering import ANSWERERS
from workshops.ids import is_id
from workshops.occupancy import Stay
from workshops.rights import LEADS
from workshops.tables.people import Role

SHOWN = 100

_REQUEST = (
    "SELECT r.id, r.event, r.venue, r.status, r.from_at, r.until_at, r.asked_at, r.answered_at, r.answered_by, "
    "r.answered_how, r.reason, r.reminded_at, r.proposed_venue, r.proposed_from_at, r.proposed_until_at, "
    "v.name AS hall, v.commune, v.address, v.capacity, v.organisation AS owner, h.name AS host, h.phone AS host_phone, "
    "h.email AS host_email, p.name AS proposed_hall, e.title, e.date, e.zone, e.starts_at, e.ends_at, "
    "e.status AS event_status, e.venue AS event_venue, o.name AS lead, o.phone AS lead_phone, o.email AS lead_email, "
    "a.name AS asker FROM venue_request r JOIN venue v ON v.id = r.venue JOIN organisation h ON h.id = v.organisation "
    "JOIN event e ON e.id = r.event JOIN organisation o ON o.id = e.lead LEFT JOIN account a ON a.id = r.asked_by "
    "LEFT JOIN venue p ON p.id = r.proposed_venue"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, its hall (`host`: whom it belongs to) and the day that asks (`lead`: its agency). Times are UTC."""

    id: str
    event: str
    venue: str
    status: str
    from_at: datetime
    until_at: datetime
    asked_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    answered_how: str | None
    reason: str | None
    reminded_at: datetime | None
    proposed_venue: str | None
    proposed_from_at: datetime | None
    proposed_until_at: datetime | None
    hall: str
    commune: str
    address: str
    capacity: int | None
    owner: str
    host: str
    host_phone: str | None
    host_email: str | None
    proposed_hall: str | None
    title: str
    date: date
    zone: str
    starts_at: datetime
    ends_at: datetime
    event_status: str
    event_venue: str | None
    lead: str
    lead_phone: str | None
    lead_email: str | None
    asker: str | None

    @property
    def stay(self) -> Stay:
        """The hours asked for."""
        return Stay(self.from_at, self.until_at)

    @property
    def proposed(self) -> Stay | None:
        """The hours proposed instead."""
        if self.proposed_from_at is None or self.proposed_until_at is None:
            return None
        return Stay(self.proposed_from_at, self.proposed_until_at)

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer that can still be given."""
        return self.status == "asked" and self.event_status != "cancelled" and self.from_at > utcnow()

    @property
    def is_promised(self) -> bool:
        """Whether the hall is promised for hours that are not over."""
        return self.status == "accepted" and self.until_at > utcnow()

    @property
    def may_be_taken(self) -> bool:
        """Whether the host proposes something that is still to come."""
        return self.status == "declined" and self.proposed is not None and self.proposed.from_at > utcnow()

    @property
    def is_place_of_day(self) -> bool:
        """Whether the day takes place in this hall, as far as people are told."""
        return self.event_venue == self.venue


async def request(identity: str, actor: Actor) -> Asked:
    """A request that the actor answers for. Raises NotAllowed, NotFound."""
    if actor.role not in ANSWERERS:
        raise NotAllowed
    whose, values = _answers(actor)
    found = await _found(f"r.id = {{}} AND {whose}", identity, *values) if is_id(identity) else []
    if not found:
        raise NotFound
    return found[0]


async def to_answer(actor: Actor) -> list[Asked]:
    """What waits for the actor's answer, the nearest day first."""
    whose, values = _answers(actor)
    condition = f"r.status = 'asked' AND e.status <> 'cancelled' AND r.from_at > {{}} AND {whose}"
    return await _found(condition, utcnow(), *values)


async def promised(actor: Actor) -> list[Asked]:
    """What the actor's organisation has promised and is still to come, the next first."""
    whose, values = _answers(actor)
    return await _found(f"r.status = 'accepted' AND r.until_at > {{}} AND {whose}", utcnow(), *values)


async def asked(actor: Actor) -> list[Asked]:
    """What days of the actor's ask or have been answered and are still to come, the nearest first."""
    if actor.role is Role.ADMIN:
        return await _found("r.until_at > {}", utcnow())
    return await _found(
        f"r.until_at > {{}} AND r.status <> 'withdrawn' AND {LEADS}",
        *(utcnow(), actor.organisation, actor.organisation),
    )


async def of_day(event: str) -> list[Asked]:
    """Everything that a day has asked for, whatever has become of it, in the order of the hours asked for.

    Whoever calls this knows that the day is the reader's.
    """
    return await _found("r.event = {}", event)


def _answers(actor: Actor) -> tuple[str, tuple[object, ...]]:
    return "({} = 'admin' OR v.organisation = {})", (actor.role, actor.organisation)


async def _found(condition: str, *values: object) -> list[Asked]:
    rows: list[dict[str, Any]] = await fetch(
        f"{_REQUEST} WHERE {condition} ORDER BY r.from_at, r.asked_at, r.id LIMIT {SHOWN}", *values
    )
    return [Asked(**row) for row in rows]

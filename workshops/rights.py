"""Whose is it: days, workshops, slots and people that an actor may act on (product.md "Who may do what").

Somebody else's is NotFound. Everything here runs in the caller's transaction if there is one.
"""

from datetime import datetime
from typing import Any

from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.tables.people import Role

LEADS = "(e.lead = {} OR EXISTS (SELECT 1 FROM co_lead c WHERE c.event = e.id AND c.organisation = {}))"
"""SQL: an organisation, given twice, leads the event `e` or is named as co-lead, with the same rights."""
SENT_BY = "(a.agency = {} OR EXISTS (SELECT 1 FROM referral f WHERE f.attendee = a.id AND f.agency = {}))"
"""SQL: an agency, given twice, sent the attendee `a` (rule 9)."""

Row = dict[str, Any]
_EVENT_OF = (
    "e.id AS event, e.title AS event_title, e.status AS event_status, e.version AS event_version, e.zone, e.date, "
    "e.venue, e.lead, e.starts_at AS event_starts_at, e.ends_at AS event_ends_at"
)
_SESSION = "s.id, s.workshop, s.starts_at, s.ends_at, s.capacity, s.confirmed, s.offered, s.held, s.waiting, s.status"


async def led_event(actor: Actor, event: str, *, lock: bool = False) -> Row:
    """The whole row of an event that the actor plans; `lock` keeps others from changing it. Raises NotFound."""
    return await _led(actor, "SELECT e.* FROM event e", event, "e", lock)


async def led_workshop(actor: Actor, workshop: str, *, lock: bool = False) -> Row:
    """The row of a workshop of such an event, with `event` and its facts (event_title, event_status, zone, date, …)."""
    question = f"SELECT w.*, {_EVENT_OF} FROM workshop w JOIN event e ON e.id = w.event"
    return await _led(actor, question, workshop, "w", lock)


async def led_session(actor: Actor, session: str, *, lock: bool = False) -> Row:
    """The row of a slot of such an event, with its workshop's `title`, `stand`, `kind`, and the event's facts.

    `lock` locks the slot alone: whoever changes places locks the people first (see `places`).
    """
    question = (
        f"SELECT {_SESSION}, s.cancelled_at, s.sequence, s.queue_head, s.queue_tail, w.title, w.stand, w.kind, "
        f"w.status AS workshop_status, w.exhibitor, w.facilitator, {_EVENT_OF} FROM session s "
        "JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event"
    )
    return await _led(actor, question, session, "s", lock)


async def seen_attendee(actor: Actor, attendee: str, *, lock: bool = False) -> Row:
    """The row of a person whom staff may see, with the event's facts: of a led event, sent by the adviser's agency.

    `lock` locks the person's row alone. Raises NotFound, also once anonymised.
    """
    if actor.role not in (Role.ORGANISER, Role.ADVISER, Role.ADMIN) or not is_id(attendee):
        raise NotFound
    whose = {Role.ORGANISER: LEADS, Role.ADVISER: SENT_BY}.get(actor.role)
    row = await fetch_one(
        f"SELECT a.*, {_EVENT_OF} FROM attendee a JOIN event e ON e.id = a.event "
        f"WHERE a.id = {{}} AND a.anonymised_at IS NULL{f' AND {whose}' if whose else ''}"
        + (f"{for_update()} OF a" if lock and for_update() else ""),
        *(attendee, *([actor.organisation] * 2 if whose else [])),
    )
    if row is None:
        raise NotFound
    return row


async def touch(event: str, now: datetime) -> None:
    """Say that an event has changed: its version is what its feeds and pages are known by."""
    await fetch("UPDATE event SET version = version + 1, updated_at = {} WHERE id = {}", now, event)


async def _led(actor: Actor, question: str, subject: str, alias: str, lock: bool) -> Row:
    if actor.role not in (Role.ORGANISER, Role.ADMIN) or not is_id(subject):
        raise NotFound
    row = await fetch_one(
        f"{question} WHERE {alias}.id = {{}} AND ({{}} = 'admin' OR {LEADS})"
        + (f"{for_update()} OF {alias}" if lock and for_update() else ""),
        *(subject, actor.role.value, actor.organisation, actor.organisation),
    )
    if row is None:
        raise NotFound
    return row

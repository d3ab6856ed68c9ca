"""Somebody takes part in an event for the first time: their attendee, what tells them from others, their ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import sql, texts
from workshops.actors import Actor, account_of
from workshops.database import fetch
from workshops.errors import NotFound
from workshops.fields import NAME_LENGTH
from workshops.i18n import DEFAULT
from workshops.ids import is_id, new_id
from workshops.limits import VOUCHED, Source
from workshops.persons import Person, search_name
from workshops.tables.people import AttendeeKind, Origin, Role
from workshops.tickets import Purpose, make_secret, new_code

VISITOR = "Visiteur"
"""The first name of somebody who gave none."""
Row = dict[str, Any]
PHONE_MADE = "phone"
"""What stands for the key of a ticket's secret that a phone has made."""
GROUP = "Groupe"
"""The first name of a group, as the door and lists show it."""


@dataclass(frozen=True, slots=True)
class Group:
    """A class or another group that comes by number: `size` people, an adult answers for them (product.md "Hold")."""

    name: str
    organisation: str
    size: int
    adult_name: str
    adult_phone: str
    hold: str


async def write(
    event: str,
    person: Person,
    keys: list[str],
    actor: Actor,
    now: datetime,
    source: Source = VOUCHED,
    told: bool = True,
    reference: str | None = None,
) -> str:
    """Write a person's attendee, keys and ticket for an event, in the caller's transaction; return the attendee's id.

    A doubtful `source` is noted: the address is to prove itself. Of an adviser's person also who sent them: `told` as
    the adviser says, the agency's own `reference`.

    Raises NotFound for an event that is unknown or not public.
    """
    if not is_id(event):
        raise NotFound
    attendee = new_id()
    row: dict[str, object] = {
        "id": attendee,
        "event": event,
        "kind": "person",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "search_name": search_name(person.first_name, person.last_name),
        "email": person.email,
        "phone": person.phone,
        "aged_16_or_over": person.aged_16_or_over,
        "adult_name": person.adult_name,
        "adult_phone": person.adult_phone,
        "commune": person.commune,
        "accommodations": " ".join(person.accommodations) or None,
        "represented": person.represented,
        "locale": person.locale,
        "agency": actor.organisation if actor.role is Role.ADVISER else person.agency,
        "origin": _origin(actor).value,
        "registered_by": None if actor.is_anyone else actor.id,
        "called_for": None if person.email or (texts.reach(person.phone) and not source.doubtful) else "no_email",
        "network": source.network,
        "doubted_at": now if source.doubtful else None,
    }
    if not await _insert(row, now, "published_at IS NOT NULL"):
        raise NotFound
    if keys:
        rows = [(new_id(), event, attendee, key, True) for key in keys]
        await fetch(
            f"INSERT INTO attendee_key (id, event, attendee, key, active) VALUES {sql.rows(len(rows), 5)}",
            *(value for one in rows for value in one),
        )
    await _write_ticket(event, attendee, now)
    if actor.role is Role.ADVISER:
        await fetch(
            "INSERT INTO referral (id, agency, event, attendee, account, mode, told, reference, created_at) "
            "VALUES ({}, {}, {}, {}, {}, 'on_behalf', {}, {}, {})",
            *(new_id(), actor.organisation, event, attendee, account_of(actor), told, reference, now),
        )
    return attendee


async def write_group(group: Group, event: str, actor: Actor, now: datetime) -> str:
    """Write a group's attendee and its one ticket, in the caller's transaction; return the attendee's id.

    A draft may have groups already. The responsible adult has a telephone only: the ticket is printed.
    """
    attendee, name = new_id(), group.name[:NAME_LENGTH].strip()
    row: dict[str, object] = {
        "id": attendee,
        "event": event,
        "kind": "group",
        "size": group.size,
        "first_name": GROUP,
        "last_name": name,
        "search_name": search_name(GROUP, name),
        "adult_name": group.adult_name,
        "adult_phone": group.adult_phone,
        "locale": DEFAULT,
        "agency": group.organisation,
        "hold": group.hold,
        "origin": Origin.DESK.value,
        "registered_by": actor.id,
        "called_for": "no_email",
    }
    await _insert(row, now, "1 = 1")
    await _write_ticket(event, attendee, now)
    return attendee


async def reissue(event: str, attendee: str, now: datetime) -> int:
    """Put a ticket of ours in the place of the active one, whoever made that; its revision. Never without one."""
    [old] = await fetch(
        "UPDATE ticket SET status = 'replaced', replaced_at = {} WHERE attendee = {} AND status = 'active' "
        "RETURNING revision",
        *(now, attendee),
    )
    revision = int(old["revision"]) + 1
    await _write_ticket(event, attendee, now, revision)
    return revision


@dataclass(frozen=True, slots=True)
class WalkIn:
    """Somebody who comes without a place: a first name, or none. `size` people; `key`: the ticket their phone made."""

    first_name: str
    last_name: str
    size: int = 1
    key: str | None = None


async def write_walk_ins(event: str, people: Sequence[WalkIn], actor: Actor, now: datetime) -> list[Row]:
    """Write attendees with their tickets in two statements; the tickets, in the same order.

    A ticket that a phone made (`key`) has no key of ours: we recognise it and cannot write it again (KeyGone).
    """
    attendees, tickets = [], []
    for one in people:
        identity = new_id()
        manage, ours = make_secret(Purpose.MANAGE, identity), make_secret(Purpose.TICKET, identity)
        first = one.first_name or VISITOR
        kind = AttendeeKind.GROUP if one.size > 1 else AttendeeKind.PERSON
        named = (first, one.last_name, search_name(first, one.last_name))
        attendees.append(
            (
                *(identity, event, kind.value, one.size, *named, DEFAULT, Origin.WALK_IN.value, actor.id[:36]),
                *(manage.hash, manage.key, now, now),
            )
        )
        known = (one.key, PHONE_MADE) if one.key else (ours.hash, ours.key)
        tickets.append((new_id(), event, identity, "active", *known, new_code(), now))
    await fetch(
        "INSERT INTO attendee (id, event, kind, size, first_name, last_name, search_name, locale, origin, "
        f"registered_by, manage_hash, manage_key, created_at, updated_at) VALUES {sql.rows(len(attendees), 14)}",
        *(value for row in attendees for value in row),
    )
    await fetch(
        "INSERT INTO ticket (id, event, attendee, status, secret_hash, secret_key, code, created_at) "
        f"VALUES {sql.rows(len(tickets), 8)}",
        *(value for row in tickets for value in row),
    )
    names = ("id", "event", "attendee", "status", "secret_hash", "secret_key", "code")
    return [dict(zip(names, row, strict=False)) | {"replaced_at": None} for row in tickets]


async def _insert(row: dict[str, object], now: datetime, condition: str) -> bool:
    """Write an attendee if its event is as it must be; whether it was."""
    manage = make_secret(Purpose.MANAGE, str(row["id"]))
    row = row | {"manage_hash": manage.hash, "manage_key": manage.key, "created_at": now, "updated_at": now}
    return bool(
        await fetch(
            f"INSERT INTO attendee ({', '.join(row)}) SELECT {sql.marks(len(row))} FROM event "
            f"WHERE id = {{}} AND {condition} RETURNING id",
            *(*row.values(), row["event"]),
        )
    )


async def _write_ticket(event: str, attendee: str, now: datetime, revision: int = 1) -> None:
    ticket = make_secret(Purpose.TICKET, attendee, revision)
    await fetch(
        "INSERT INTO ticket (id, event, attendee, status, revision, secret_hash, secret_key, code, created_at) "
        "VALUES ({}, {}, {}, 'active', {}, {}, {}, {}, {})",
        *(new_id(), event, attendee, revision, ticket.hash, ticket.key, new_code(), now),
    )


def _origin(actor: Actor) -> Origin:
    if actor.is_anyone:
        return Origin.ONLINE
    return Origin.ON_BEHALF if actor.role is Role.ADVISER else Origin.DESK

"""Somebody takes part in an event for the first time: their attendee, what tells them from others, their ticket."""

from datetime import datetime

from workshops import sql
from workshops.actors import Actor
from workshops.database import fetch
from workshops.errors import NotFound
from workshops.ids import is_id, new_id
from workshops.persons import Person, search_name
from workshops.tables.people import Origin, Role
from workshops.tickets import Purpose, make_secret, new_code


async def write(event: str, person: Person, keys: list[str], actor: Actor, now: datetime) -> str:
    """Write a person's attendee, keys and ticket for an event, in the caller's transaction; return the attendee's id.

    Raises NotFound for an event that is unknown or still a draft.
    """
    if not is_id(event):
        raise NotFound
    attendee = new_id()
    manage, ticket = make_secret(Purpose.MANAGE, attendee), make_secret(Purpose.TICKET, attendee)
    row = {
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
        "manage_hash": manage.hash,
        "manage_key": manage.key,
        "called_for": None if person.email else "no_email",
        "created_at": now,
        "updated_at": now,
    }
    written = await fetch(
        f"INSERT INTO attendee ({', '.join(row)}) SELECT {sql.marks(len(row))} FROM event "
        "WHERE id = {} AND status <> 'draft' RETURNING id",
        *(*row.values(), event),
    )
    if not written:
        raise NotFound
    if keys:
        rows = [(new_id(), event, attendee, key, True) for key in keys]
        await fetch(
            f"INSERT INTO attendee_key (id, event, attendee, key, active) VALUES {sql.rows(len(rows), 5)}",
            *(value for one in rows for value in one),
        )
    await fetch(
        "INSERT INTO ticket (id, event, attendee, status, secret_hash, secret_key, code, created_at) "
        "VALUES ({}, {}, {}, 'active', {}, {}, {}, {})",
        *(new_id(), event, attendee, ticket.hash, ticket.key, new_code(), now),
    )
    if actor.role is Role.ADVISER:
        await fetch(
            "INSERT INTO referral (id, agency, event, attendee, mode, told, created_at) "
            "VALUES ({}, {}, {}, {}, 'on_behalf', {}, {})",
            *(new_id(), actor.organisation, event, attendee, True, now),
        )
    return attendee


def _origin(actor: Actor) -> Origin:
    if actor.is_anyone:
        return Origin.ONLINE
    return Origin.ON_BEHALF if actor.role is Role.ADVISER else Origin.DESK

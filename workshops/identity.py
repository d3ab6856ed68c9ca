"""Who an attendee is for the verbs: their row and all that stands for them, locked; and the keys that follow a change.

Never opens a transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from workshops import clashes, mail, newcomers, places, rights, texts
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update
from workshops.errors import NotFound
from workshops.ids import new_id
from workshops.persons import contact_keys, person_keys
from workshops.refusals import AlreadyRegistered
from workshops.sql import marks, rows
from workshops.tickets import Purpose, make_secret


async def locked(attendee: str, changed: Mapping[str, str | None], actor: Actor, now: datetime) -> dict[str, Any]:
    """The attendee's row once everything that stands for them, before and after the change, is locked."""
    person = await _person(attendee, actor)
    after = {**person, **changed}
    old = await fetch("SELECT key FROM attendee_key WHERE attendee = {} AND active", attendee)
    contacts = [contact_keys(one["email"], one["phone"]) for one in (person, after)]
    await places.lock_people([*keys_of(after, actor), *(row["key"] for row in old), *chain(*contacts)], now)
    return await _person(attendee, actor, lock=True)


async def _person(attendee: str, actor: Actor, *, lock: bool = False) -> dict[str, Any]:
    if not actor.is_anyone:
        return await rights.seen_attendee(actor, attendee, lock=lock)
    row = await fetch_one(
        "SELECT id, event, kind, first_name, last_name, email, phone, agency, called_for, called_at, renamed_at, "
        "manage_revision, created_at FROM attendee WHERE id = {} AND kind = 'person' AND anonymised_at IS NULL"
        f"{for_update() if lock else ''}",
        attendee,
    )
    if row is None or actor.id != f"attendee:{attendee}":
        raise NotFound
    return row


def keys_of(person: dict[str, Any], actor: Actor) -> list[str]:
    """Without any contact, a person is known by name inside the agency that registers them (rule 2)."""
    agency = person["agency"] or actor.organisation
    return person_keys(person["first_name"], person["last_name"], person["email"], person["phone"], agency)


async def check_stored(person: dict[str, Any], keys: list[str]) -> None:
    """Raise AlreadyRegistered if the change makes them one with somebody at this event, or busy elsewhere."""
    known = await clashes.known_people(keys, person["event"])
    if set(known.attendees) - {person["id"]}:
        raise AlreadyRegistered
    own = await fetch(
        "SELECT s.starts_at, s.ends_at FROM registration r JOIN session s ON s.id = r.session "
        "WHERE r.attendee = {} AND r.status = 'confirmed'",
        person["id"],
    )
    elsewhere = [one for one in known.places if one["id"] != person["id"] and one["status"] == "confirmed"]
    if any(a["starts_at"] < b["ends_at"] and b["starts_at"] < a["ends_at"] for a in own for b in elsewhere):
        raise AlreadyRegistered


async def write_contact(person: dict[str, Any], email: str | None, phone: str | None, now: datetime) -> int:
    """Write both contacts and a new manage link, so that the one sent before opens nothing; its revision."""
    revision = int(person["manage_revision"]) + 1
    manage = make_secret(Purpose.MANAGE, person["id"], revision)
    to_call, called_at = person["called_for"], person["called_at"]
    renumbered = not email and phone != person["phone"] and to_call in (None, "no_email", "no_sms")
    if email != person["email"] or (renumbered and texts.are_on()):
        to_call, called_at = None if email or texts.reach(phone) else "no_email", None
    await fetch(
        "UPDATE attendee SET email = {}, phone = {}, manage_revision = {}, manage_hash = {}, manage_key = {}, "
        "called_for = {}, called_at = {}, updated_at = {} WHERE id = {}",
        *(email, phone, revision, manage.hash, manage.key, to_call, called_at, now, person["id"]),
    )
    return revision


async def change_keys(person: dict[str, Any], keys: list[str]) -> None:
    """Let these keys stand for the attendee, and no others."""
    await fetch(
        "UPDATE attendee_key SET active = {} WHERE attendee = {} AND active"
        + (f" AND key NOT IN ({marks(len(keys))})" if keys else ""),
        *(False, person["id"], *keys),
    )
    if not keys:
        return
    new = [(new_id(), person["event"], person["id"], key, True) for key in keys]
    await fetch(
        f"INSERT INTO attendee_key (id, event, attendee, key, active) VALUES {rows(len(new), 5)} "
        "ON CONFLICT (event, key) WHERE active DO NOTHING",
        *(value for row in new for value in row),
    )


async def move_news(person: dict[str, Any], email: str | None, now: datetime) -> None:
    """News asked for in that sign-up go to the new address, never to the wrong one (rule 8)."""
    just_asked = "email = {} AND created_at >= {} AND withdrawn_at IS NULL"
    if email:
        await fetch(
            f"UPDATE news_address SET email = {{}} WHERE {just_asked} AND NOT EXISTS "
            "(SELECT 1 FROM news_address o WHERE o.email = {} AND o.withdrawn_at IS NULL)",
            *(email, person["email"], person["created_at"], email),
        )
    await fetch(
        f"UPDATE news_address SET withdrawn_at = {{}} WHERE {just_asked}", now, person["email"], person["created_at"]
    )


async def send_ticket(person: dict[str, Any], email: str | None, revision: int, now: datetime) -> None:
    """Send the ticket with the new manage link to the new address.

    What has not left for the old address never will; one already tried may carry other people's places. A ticket that
    a phone of the door made cannot be written again: another takes its place.
    """
    made = await fetch("SELECT secret_key FROM ticket WHERE attendee = {} AND status = 'active'", person["id"])
    if made and made[0]["secret_key"] == newcomers.PHONE_MADE:
        await newcomers.reissue(person["event"], person["id"], now)
    await fetch(
        "UPDATE message SET state = 'superseded' WHERE attendee = {} AND state = 'queued' AND frozen IS NULL "
        # the others look up where to go when they leave
        "AND kind IN ('your_places', 'your_link', 'your_tickets', 'prove')",
        person["id"],
    )
    unproved = await fetch(
        "SELECT id FROM registration WHERE attendee = {} AND status = 'offered' AND offer = 'proof'", person["id"]
    )
    if not email and not unproved:
        await texts.write(mail.Kind.YOUR_PLACES, [person["id"]], dedup=f"contact:{person['id']}:{revision}", now=now)
    elif email:
        await mail.enqueue(
            mail.Kind.PROVE if unproved else mail.Kind.YOUR_PLACES,
            dedup=f"contact:{person['id']}:{revision}",
            attendee=person["id"],
            event=person["event"],
            address=email,
            stranger=True,
            now=now,
        )

"""Mending an address, a number or a name, so that the ticket reaches its owner and nobody else."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from workshops import audit, clashes, mail, places, rights
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.errors import NotFound
from workshops.i18n import _
from workshops.ids import new_id
from workshops.persons import contact_keys, person_keys, search_name
from workshops.refusals import AlreadyRegistered, Refused
from workshops.sql import marks, rows
from workshops.tickets import Purpose, make_secret

OPEN_FOR = timedelta(minutes=30)


class ContactSettled(Refused):
    """The sign-up is older than OPEN_FOR."""

    type = "contact-settled"
    title = _("This can no longer be corrected here. Use the link in your message, or call us")


async def correct_contact(attendee: str, email: str | None, phone: str | None, actor: Actor) -> None:
    """Give the attendee this e-mail (lower case) and phone (E.164): themselves within 30 minutes of their sign-up.

    Staff who may see them: at any time. The manage link sent before no longer opens anything, and the ticket leaves
    for the new address. Raises NotFound for anybody else, ContactSettled, and AlreadyRegistered where the new contact
    leads to somebody who takes part already (rules 2 and 3).
    """
    now = utcnow()
    async with transaction():
        person = await _locked(attendee, {"email": email, "phone": phone}, actor, now)
        if actor.is_anyone and now > person["created_at"] + OPEN_FOR:
            raise ContactSettled
        if (email, phone) == (person["email"], person["phone"]):
            return
        keys = _keys_of({**person, "email": email, "phone": phone}, actor)
        await _check_stored(person, keys)
        revision = await _change(person, email, phone, now)
        await _change_keys(person, keys)
        await _move_news(person, email, now)
        await _tell(person, email, revision, now)
        if not actor.is_anyone:
            await _note("correct_contact", person, {"email": email, "phone": phone}, actor, now)


async def correct_name(attendee: str, first_name: str, last_name: str, actor: Actor) -> None:
    """Write the name of an attendee whom staff may see as it is spelt; the ticket stays. No message is sent.

    Raises NotFound, and AlreadyRegistered where somebody else of that name takes part with the same contact.
    """
    now = utcnow()
    named = {"first_name": first_name, "last_name": last_name}
    async with transaction():
        person = await _locked(attendee, named, actor, now)
        if named.items() <= person.items():
            return
        keys = _keys_of({**person, **named}, actor)
        await _check_stored(person, keys)
        await fetch(
            "UPDATE attendee SET first_name = {}, last_name = {}, search_name = {}, updated_at = {} WHERE id = {}",
            *(first_name, last_name, search_name(first_name, last_name), now, attendee),
        )
        await _change_keys(person, keys)
        await _note("correct_name", person, named, actor, now)


async def send_again(attendee: str, actor: Actor) -> bool:
    """Send the ticket and the places once more to somebody whom staff may see; False without an address.

    At most once a minute. Raises NotFound.
    """
    now = utcnow()
    async with transaction():
        person = await rights.seen_attendee(actor, attendee)
        if not person["email"]:
            return False
        await places.lock_people(contact_keys(person["email"], None), now)
        await mail.enqueue(
            mail.Kind.YOUR_PLACES,
            dedup=f"again:{attendee}:{now:%Y%m%d%H%M}",
            attendee=attendee,
            event=person["event"],
            address=person["email"],
            stranger=False,
            now=now,
        )
        await audit.note(actor, "send_again", "attendee", attendee, event=person["event"], people=1, now=now)
    return True


async def _locked(attendee: str, changed: Mapping[str, str | None], actor: Actor, now: datetime) -> dict[str, Any]:
    """The attendee's row once everything that stands for them, before and after the change, is locked."""
    person = await _person(attendee, actor)
    after = {**person, **changed}
    old = await fetch("SELECT key FROM attendee_key WHERE attendee = {} AND active", attendee)
    contacts = [contact_keys(one["email"], one["phone"]) for one in (person, after)]
    await places.lock_people([*_keys_of(after, actor), *(row["key"] for row in old), *chain(*contacts)], now)
    return await _person(attendee, actor, lock=True)


async def _person(attendee: str, actor: Actor, *, lock: bool = False) -> dict[str, Any]:
    if not actor.is_anyone:
        return await rights.seen_attendee(actor, attendee, lock=lock)
    row = await fetch_one(
        "SELECT id, event, first_name, last_name, email, phone, agency, called_for, called_at, manage_revision, "
        f"created_at FROM attendee WHERE id = {{}} AND anonymised_at IS NULL{for_update() if lock else ''}",
        attendee,
    )
    if row is None or actor.id != f"attendee:{attendee}":
        raise NotFound
    return row


def _keys_of(person: dict[str, Any], actor: Actor) -> list[str]:
    """Without any contact, a person is known by name inside the agency that registers them (rule 2)."""
    agency = actor.organisation and (person["agency"] or actor.organisation)
    return person_keys(person["first_name"], person["last_name"], person["email"], person["phone"], agency)


async def _check_stored(person: dict[str, Any], keys: list[str]) -> None:
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


async def _change(person: dict[str, Any], email: str | None, phone: str | None, now: datetime) -> int:
    revision = int(person["manage_revision"]) + 1
    manage = make_secret(Purpose.MANAGE, person["id"], revision)
    to_call, called_at = person["called_for"], person["called_at"]
    if email != person["email"]:
        to_call, called_at = None if email else "no_email", None
    await fetch(
        "UPDATE attendee SET email = {}, phone = {}, manage_revision = {}, manage_hash = {}, manage_key = {}, "
        "called_for = {}, called_at = {}, updated_at = {} WHERE id = {}",
        *(email, phone, revision, manage.hash, manage.key, to_call, called_at, now, person["id"]),
    )
    return revision


async def _change_keys(person: dict[str, Any], keys: list[str]) -> None:
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


async def _move_news(person: dict[str, Any], email: str | None, now: datetime) -> None:
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


async def _tell(person: dict[str, Any], email: str | None, revision: int, now: datetime) -> None:
    """What has not left for the old address never will; one already tried may carry other people's places."""
    await fetch(
        "UPDATE message SET state = 'superseded' WHERE attendee = {} AND state = 'queued' AND frozen IS NULL "
        "AND kind IN ('your_places', 'your_link', 'prove')",  # the others look up where to go when they leave
        person["id"],
    )
    if email:
        unproved = await fetch(
            "SELECT id FROM registration WHERE attendee = {} AND status = 'offered' AND offer = 'proof'", person["id"]
        )
        await mail.enqueue(
            mail.Kind.PROVE if unproved else mail.Kind.YOUR_PLACES,
            dedup=f"contact:{person['id']}:{revision}",
            attendee=person["id"],
            event=person["event"],
            address=email,
            stranger=True,
            now=now,
        )


async def _note(action: str, person: dict[str, Any], after: dict[str, Any], actor: Actor, now: datetime) -> None:
    event = person["event"]
    await audit.note(
        actor, action, "attendee", person["id"], event=event, before=person, after={**person, **after}, now=now
    )

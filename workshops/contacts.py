"""Mending an address or a number just given, so that the ticket reaches its owner and nobody else."""

from datetime import datetime, timedelta
from typing import Any

from workshops import clashes, mail, places
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.errors import NotFound
from workshops.i18n import _
from workshops.ids import new_id
from workshops.persons import contact_keys, person_keys
from workshops.refusals import AlreadyRegistered, Refused
from workshops.sql import marks, rows
from workshops.tickets import Purpose, make_secret

OPEN_FOR = timedelta(minutes=30)


class ContactSettled(Refused):
    """The sign-up is older than OPEN_FOR."""

    type = "contact-settled"
    title = _("This can no longer be corrected here. Use the link in your message, or call us")


async def correct_contact(attendee: str, email: str | None, phone: str | None, actor: Actor) -> None:
    """Give the attendee this e-mail (lower case) and phone (E.164), within 30 minutes of the sign-up that made them.

    The manage link sent before no longer opens anything, and the ticket leaves for the new address. Raises NotFound
    for anybody but the attendee, ContactSettled, and AlreadyRegistered where the new contact leads to somebody
    who takes part already (rules 2 and 3).
    """
    now = utcnow()
    async with transaction():
        person = await _person(attendee, actor)
        keys = person_keys(person["first_name"], person["last_name"], email, phone)
        old = await fetch("SELECT key FROM attendee_key WHERE attendee = {} AND active", attendee)
        contacts = [*contact_keys(person["email"], person["phone"]), *contact_keys(email, phone)]
        await places.lock_people([*keys, *(row["key"] for row in old), *contacts], now)
        person = await _person(attendee, actor, for_update())
        if now > person["created_at"] + OPEN_FOR:
            raise ContactSettled
        if (email, phone) == (person["email"], person["phone"]):
            return
        await _check_stored(person, keys)
        revision = await _change(person, email, phone, now)
        await _change_keys(person, keys)
        await _move_news(person, email, now)
        await _tell(person, email, revision, now)


async def _person(attendee: str, actor: Actor, lock: str = "") -> dict[str, Any]:
    row = await fetch_one(
        "SELECT id, event, first_name, last_name, email, phone, manage_revision, created_at FROM attendee "
        f"WHERE id = {{}} AND anonymised_at IS NULL{lock}",
        attendee,
    )
    if row is None or actor.id != f"attendee:{attendee}":
        raise NotFound
    return row


async def _check_stored(person: dict[str, Any], keys: list[str]) -> None:
    """Raise AlreadyRegistered if the new contact makes them one with somebody at this event, or busy elsewhere."""
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
    await fetch(
        "UPDATE attendee SET email = {}, phone = {}, manage_revision = {}, manage_hash = {}, manage_key = {}, "
        "called_for = {}, updated_at = {} WHERE id = {}",
        *(email, phone, revision, manage.hash, manage.key, None if email else "no_email", now, person["id"]),
    )
    return revision


async def _change_keys(person: dict[str, Any], keys: list[str]) -> None:
    await fetch(
        f"UPDATE attendee_key SET active = {{}} WHERE attendee = {{}} AND active AND key NOT IN ({marks(len(keys))})",
        *(False, person["id"], *keys),
    )
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
        "UPDATE message SET state = 'superseded' WHERE attendee = {} AND state = 'queued' AND frozen IS NULL",
        person["id"],
    )
    if email:
        await mail.enqueue(
            mail.Kind.YOUR_PLACES,
            dedup=f"contact:{person['id']}:{revision}",
            attendee=person["id"],
            event=person["event"],
            address=email,
            stranger=True,
            now=now,
        )

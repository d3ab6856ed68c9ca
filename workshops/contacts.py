"""Mending an address, a number or a name, so that the ticket reaches its owner and nobody else."""

from datetime import datetime, timedelta
from typing import Any

from workshops import audit, identity, mail, mail_links, places, rights, texts
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import NotFound
from workshops.i18n import _
from workshops.mail_links import LinkPurpose
from workshops.persons import contact_keys, search_name
from workshops.refusals import Refused
from workshops.spelling import Respelling, respelling

OPEN_FOR = timedelta(minutes=30)


class ContactSettled(Refused):
    """The sign-up is older than OPEN_FOR."""

    type = "contact-settled"
    title = _("This can no longer be corrected here. Use the link in your message, or call us")


class PlaceHandedOn(Refused):
    """Both names would be others: somebody else would come."""

    type = "place-handed-on"
    title = _("A place is not handed on. Cancel your places: the other person then books with their own name")


class NameSettled(Refused):
    """One of the names was replaced before: another one would make it somebody else."""

    type = "name-settled"
    title = _("You have already changed a name once. Call us to change it again")


async def correct_contact(attendee: str, email: str | None, phone: str | None, actor: Actor) -> None:
    """Give the attendee this e-mail (lower case) and phone (E.164): themselves within 30 minutes of their sign-up.

    Staff who may see them: at any time. The manage link sent before no longer opens anything, and the ticket leaves
    for the new address. Raises NotFound for anybody else, ContactSettled, and AlreadyRegistered where the new contact
    leads to somebody who takes part already (rules 2 and 3).
    """
    now = utcnow()
    async with transaction():
        person = await identity.locked(attendee, {"email": email, "phone": phone}, actor, now)
        if actor.is_anyone and now > person["created_at"] + OPEN_FOR:
            raise ContactSettled
        if (email, phone) == (person["email"], person["phone"]):
            return
        keys = identity.keys_of({**person, "email": email, "phone": phone}, actor)
        await identity.check_stored(person, keys)
        revision = await identity.write_contact(person, email, phone, now)
        await identity.change_keys(person, keys)
        await identity.move_news(person, email, now)
        await mail_links.withdraw(LinkPurpose.ADDRESS, attendee, now)
        await identity.send_ticket(person, email, revision, now)
        if not actor.is_anyone:
            await _note("correct_contact", person, {"email": email, "phone": phone}, actor, now)


async def correct_name(attendee: str, first_name: str, last_name: str, actor: Actor) -> None:
    """Write the name of an attendee as it is spelt; the ticket stays. No message is sent.

    Staff who may see them write any. People themselves mend the spelling, or put another name in the place of one of
    the two, once; else PlaceHandedOn or NameSettled. Raises NotFound, and AlreadyRegistered where somebody else of
    that name takes part with the same contact.
    """
    now = utcnow()
    named = {"first_name": first_name, "last_name": last_name}
    async with transaction():
        person = await identity.locked(attendee, named, actor, now)
        if named.items() <= person.items():
            return
        renamed_at = person["renamed_at"]
        if actor.is_anyone and _is_another_name(person, first_name, last_name):
            renamed_at = now
        keys = identity.keys_of({**person, **named}, actor)
        await identity.check_stored(person, keys)
        await fetch(
            "UPDATE attendee SET first_name = {}, last_name = {}, search_name = {}, renamed_at = {}, updated_at = {} "
            "WHERE id = {}",
            *(first_name, last_name, search_name(first_name, last_name), renamed_at, now, attendee),
        )
        await identity.change_keys(person, keys)
        await _note("correct_name", person, named, actor, now)


async def send_again(attendee: str, actor: Actor) -> bool:
    """Send the ticket and the places once more, to oneself or to whom staff may see, at most once a minute.

    False without an address or a mobile. Raises NotFound.
    """
    now = utcnow()
    async with transaction():
        person = await _seen(attendee, actor)
        again = f"again:{attendee}:{now:%Y%m%d%H%M}"
        if person["email"]:
            await places.lock_people(contact_keys(person["email"], None), now)
            await mail.enqueue(
                mail.Kind.YOUR_PLACES,
                dedup=again,
                attendee=attendee,
                event=person["event"],
                address=person["email"],
                stranger=False,
                now=now,
            )
        elif not await texts.write(mail.Kind.YOUR_PLACES, [attendee], dedup=again, now=now):
            return False
        if not actor.is_anyone:
            await audit.note(actor, "send_again", "attendee", attendee, event=person["event"], people=1, now=now)
    return True


async def _seen(attendee: str, actor: Actor) -> dict[str, Any]:
    """Who is written to: oneself, or whom staff may see. Raises NotFound."""
    if not actor.is_anyone:
        return await rights.seen_attendee(actor, attendee)
    row = await fetch_one("SELECT event, email FROM attendee WHERE id = {} AND anonymised_at IS NULL", attendee)
    if row is None or actor.id != f"attendee:{attendee}":
        raise NotFound
    return row


def _is_another_name(person: dict[str, Any], first_name: str, last_name: str) -> bool:
    """Whether one name takes the place of another. Raises PlaceHandedOn, NameSettled."""
    kind = respelling((person["first_name"], person["last_name"]), (first_name, last_name))
    if kind is Respelling.SOMEBODY_ELSE:
        raise PlaceHandedOn
    if kind is Respelling.ANOTHER_NAME and person["renamed_at"]:
        raise NameSettled
    return kind is Respelling.ANOTHER_NAME


async def _note(action: str, person: dict[str, Any], after: dict[str, Any], actor: Actor, now: datetime) -> None:
    event = person["event"]
    await audit.note(
        actor, action, "attendee", person["id"], event=event, before=person, after={**person, **after}, now=now
    )

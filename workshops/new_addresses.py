"""People change how they are reached by their manage link: a number at once, an address once opened from it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from workshops import identity, mail, mail_links, throttle
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import Fault, Invalid, NotFound
from workshops.i18n import _
from workshops.mail_links import LinkPurpose, MailLinkUsed
from workshops.throttle import Limit
from workshops.tickets import Purpose, make_secret

LASTS = timedelta(hours=48)
BY_ONE = Limit("own_contact", 10, timedelta(hours=24))
TO_ONE = Limit("new_address", 3, timedelta(hours=24))


@dataclass(frozen=True, slots=True)
class NewAddress:
    """An address that waits to be opened, and the day it is for."""

    email: str
    title: str
    date: date


async def change(attendee: str, email: str | None, phone: str | None, actor: Actor) -> bool:
    """Give oneself this phone (E.164) at once, and this e-mail (lower case) as soon as it is opened from there.

    Whether a message now waits in the new mailbox; it is good for LASTS, and the newest alone. The address that is
    kept is told of a new phone. Raises NotFound, Invalid, TooManyTries, and AlreadyRegistered where the phone leads to
    somebody who takes part already.
    """
    now = utcnow()
    await _count(attendee, email, now)
    async with transaction():
        person = await identity.locked(attendee, {"phone": phone}, actor, now)
        _check(person, email, phone)
        if phone != person["phone"]:
            await _write_phone(person, phone, actor, now)
        if email == person["email"]:
            return False
        await mail_links.withdraw(LinkPurpose.ADDRESS, attendee, now)
        link = await mail_links.make(LinkPurpose.ADDRESS, attendee, str(email), LASTS, now)
        await mail.enqueue_to(
            mail.Kind.NEW_ADDRESS,
            dedup=f"new_address:{link}",
            address=str(email),
            now=now,
            link=link,
            event=person["event"],
        )
    return True


async def waiting(attendee: str) -> str | None:
    """The address that is not yet confirmed, if there is one."""
    row = await fetch_one(
        "SELECT email FROM mail_link WHERE subject = {} AND purpose = {} AND used_at IS NULL AND expires_at > {} "
        "ORDER BY created_at DESC LIMIT 1",
        *(attendee, LinkPurpose.ADDRESS.value, utcnow()),
    )
    return row["email"] if row else None


async def offered(secret: str) -> NewAddress:
    """What a link to a new address would do. Raises NotFound, MailLinkUsed, MailLinkExpired."""
    link = await mail_links.find(secret, LinkPurpose.ADDRESS)
    row = await fetch_one(
        "SELECT e.title, e.date FROM attendee a JOIN event e ON e.id = a.event "
        "WHERE a.id = {} AND a.anonymised_at IS NULL",
        link["subject"],
    )
    if row is None:
        raise NotFound
    return NewAddress(link["email"], row["title"], row["date"])


async def confirm(secret: str) -> str:
    """Let the address count from which this link was opened; the secret of the manage link, which is new.

    The one sent before opens nothing any more, and the old address is told. Raises NotFound, MailLinkUsed,
    MailLinkExpired, and AlreadyRegistered where the address leads to somebody who takes part already.
    """
    now = utcnow()
    link = await mail_links.find(secret, LinkPurpose.ADDRESS)
    attendee, email = link["subject"], link["email"]
    actor = Actor(f"attendee:{attendee}")
    async with transaction():
        person = await identity.locked(attendee, {"email": email}, actor, now)
        if not await mail_links.use_up(link["id"], now):
            raise MailLinkUsed
        keys = identity.keys_of({**person, "email": email}, actor)
        await identity.check_stored(person, keys)
        revision = await identity.write_contact(person, email, person["phone"], now)
        await identity.change_keys(person, keys)
        await identity.move_news(person, email, now)
        await mail_links.withdraw(LinkPurpose.ADDRESS, attendee, now)
        await identity.send_ticket(person, email, revision, now)
        await _tell_old(person, now)
    return make_secret(Purpose.MANAGE, attendee, revision).text


async def _count(attendee: str, email: str | None, now: datetime) -> None:
    """How often one person asks, and how often one new mailbox is written to, by whomever."""
    await throttle.count(BY_ONE, attendee, now=now)
    known = await fetch_one("SELECT email FROM attendee WHERE id = {}", attendee)
    if email and known and known["email"] != email:
        await throttle.count(TO_ONE, email, now=now)


def _check(person: dict[str, Any], email: str | None, phone: str | None) -> None:
    if person["email"] and not email:
        raise Invalid(
            faults=(Fault("email", _("Keep an e-mail address: your ticket goes there. To remove it, call us.")),)
        )
    if not (person["email"] or phone):
        raise Invalid(faults=(Fault("phone", _("Keep this number until your new address is confirmed.")),))


async def _write_phone(person: dict[str, Any], phone: str | None, actor: Actor, now: datetime) -> None:
    keys = identity.keys_of({**person, "phone": phone}, actor)
    await identity.check_stored(person, keys)
    await fetch("UPDATE attendee SET phone = {}, updated_at = {} WHERE id = {}", phone, now, person["id"])
    await identity.change_keys(person, keys)
    await _tell_old(person, now)


async def _tell_old(person: dict[str, Any], now: datetime) -> None:
    """Tell the address that was on file, if there is one, that something of the contact has changed."""
    if not person["email"]:
        return
    link = await mail_links.make(LinkPurpose.TOLD, person["id"], person["email"], LASTS, now)
    await mail.enqueue_to(
        mail.Kind.CONTACT_CHANGED,
        dedup=f"told:{link}",
        address=person["email"],
        now=now,
        link=link,
        event=person["event"],
    )

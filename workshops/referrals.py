"""An adviser invites a person to a day: they get a link and choose their slots themselves (product.md rule 9).

Every verb raises NotAllowed for who is no adviser of an agency, and NotFound for another agency's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import audit, idempotency, invitations, mail, places, rights
from workshops.actors import Actor, account_of
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import Fault, Invalid, NotAllowed, NotFound
from workshops.i18n import _
from workshops.ids import is_id, new_id
from workshops.persons import contact_keys, name_key
from workshops.refusals import AlreadyInvited, RegistrationClosed
from workshops.tables.people import Role
from workshops.tickets import invitation_url

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invitee:
    """Whom to invite, as `persons` and `fields` read it: an e-mail or a phone is needed. `reference`: the agency's."""

    first_name: str
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that was written. `url` only where no message can carry it: to be handed over."""

    id: str
    url: str | None


async def invite(event: str, who: Invitee, actor: Actor, once: idempotency.Key | None = None) -> Invited:
    """Invite somebody to a published day to come: by mail, or with only a phone by a link to hand over.

    Asked again with the same key, answer the same. Raises Invalid without a contact, NotFound, RegistrationClosed for
    a day that is over or off, AlreadyInvited.
    """
    agency, now = _agency(actor), utcnow()
    if not (who.email or who.phone):
        raise Invalid(faults=(Fault("email", _("Give an e-mail address or a mobile number.")),))
    async with transaction():
        if once and (stored := await idempotency.claim(once, now)):
            return await _again(stored.answer["id"])
        day = await _open_day(event, now)
        await places.lock_people(contact_keys(who.email, who.phone), now)
        await _refuse_twice(event, agency, who)
        identity = await _write(event, agency, who, actor, now)
        if who.email:
            await _send(identity, who.email, day, now)
        await audit.note(actor, "invite_person", "referral", identity, event=event, people=1, now=now)
        if once:
            await idempotency.keep(once, 201, {"id": identity})
    return await _again(identity)


async def send_again(referral: str, actor: Actor) -> bool:
    """Send the invitation once more, at most once a minute; False where there is nothing to send or nowhere."""
    now = utcnow()
    async with transaction():
        row = await _open(referral, actor, now)
        if row is None or not row["email"]:
            return False
        await _send(referral, row["email"], row, now, again=True)
        await audit.note(actor, "invite_again", "referral", referral, event=row["event"], people=1, now=now)
    return True


async def withdraw(referral: str, actor: Actor) -> None:
    """The link opens nothing more, and the person's name and contact are forgotten. Used or withdrawn: no change."""
    now = utcnow()
    async with transaction():
        row = await _open(referral, actor, now)
        if row is None:
            return
        await fetch(
            "UPDATE referral SET withdrawn_at = {}, first_name = NULL, last_name = NULL, email = NULL, phone = NULL, "
            "reference = NULL WHERE id = {} AND used_at IS NULL",
            *(now, referral),
        )
        await fetch("UPDATE message SET state = 'superseded' WHERE referral = {} AND state = 'queued'", referral)
        await audit.note(actor, "withdraw_invitation", "referral", referral, event=row["event"], people=1, now=now)


async def write_reference(attendee: str, reference: str | None, actor: Actor) -> None:
    """Give a person whom the agency sent its own reference (≤ 20 characters), or take it away."""
    agency, now = _agency(actor), utcnow()
    async with transaction():
        person = await rights.seen_attendee(actor, attendee, lock=True)
        known = await fetch(
            "UPDATE referral SET reference = {} WHERE attendee = {} AND agency = {} RETURNING id",
            *(reference, attendee, agency),
        )
        if not known:  # the person named the agency themselves
            await fetch(
                "INSERT INTO referral (id, agency, event, attendee, account, mode, reference, created_at, used_at) "
                "VALUES ({}, {}, {}, {}, {}, 'invite', {}, {}, {})",
                *(new_id(), agency, person["event"], attendee, account_of(actor), reference, now, now),
            )
        told = {"reference": reference}
        await audit.note(
            actor, "write_reference", "attendee", attendee, event=person["event"], after=told, people=1, now=now
        )


async def ask_for_link(secret: str) -> str | None:
    """The attendee who came of a used invitation, for whom its link may open their places; else None.

    It may where no other contact was given since. Where one was, that address is sent its link, at most once an hour.
    """
    now = utcnow()
    invitation = await invitations.by_link(secret)
    if invitation.attendee is None:
        return None
    async with transaction():
        person = await fetch_one(
            "SELECT id, event, email FROM attendee WHERE id = {} AND anonymised_at IS NULL", invitation.attendee
        )
        if person is None:
            raise NotFound
        if person["email"] == invitation.email:
            return str(person["id"])
        if person["email"]:
            await places.lock_people(contact_keys(person["email"], None), now)
            await mail.enqueue(
                mail.Kind.YOUR_LINK,
                dedup=f"link:{new_id()}",
                attendee=person["id"],
                event=person["event"],
                address=person["email"],
                stranger=True,
                now=now,
            )
    return None


def _agency(actor: Actor) -> str:
    if actor.role is not Role.ADVISER or actor.organisation is None:
        raise NotAllowed
    return actor.organisation


async def _open_day(event: str, now: datetime) -> Row:
    row = is_id(event) and await fetch_one("SELECT status, ends_at FROM event WHERE id = {}", event)
    if not row or row["status"] == "draft":
        raise NotFound
    if row["status"] != "published" or row["ends_at"] <= now:
        raise RegistrationClosed
    return row


async def _refuse_twice(event: str, agency: str, who: Invitee) -> None:
    rows = await fetch(
        "SELECT first_name FROM referral WHERE event = {} AND agency = {} AND mode = 'invite' AND used_at IS NULL "
        "AND withdrawn_at IS NULL AND (email = {} OR (email IS NULL AND phone = {}))",
        *(event, agency, who.email or "", who.phone or ""),
    )
    if name_key(who.first_name, "") in {name_key(row["first_name"] or "", "") for row in rows}:
        raise AlreadyInvited


async def _write(event: str, agency: str, who: Invitee, actor: Actor, now: datetime) -> str:
    identity = new_id()
    made = invitations.new_secret(identity)
    row = {
        "id": identity,
        "agency": agency,
        "event": event,
        "account": account_of(actor),
        "mode": "invite",
        "first_name": who.first_name,
        "last_name": who.last_name,
        "email": who.email,
        "phone": who.phone,
        "reference": who.reference,
        "token_hash": made.hash,
        "key_id": made.key,
        "created_at": now,
    }
    await fetch(f"INSERT INTO referral ({', '.join(row)}) VALUES ({', '.join(['{}'] * len(row))})", *row.values())
    return identity


async def _send(referral: str, email: str, day: Row, now: datetime, *, again: bool = False) -> None:
    await mail.enqueue_to(
        mail.Kind.INVITATION,
        dedup=f"invitation:{referral}{f':{now:%Y%m%d%H%M}' if again else ''}",
        address=email,
        referral=referral,
        now=now,
        expires_at=day["ends_at"],
    )


async def _open(referral: str, actor: Actor, now: datetime) -> Row | None:
    """An invitation of the actor's agency with its day's end; None once it is used, withdrawn or over."""
    row = is_id(referral) and await fetch_one(
        "SELECT f.id, f.event, f.email, f.used_at, f.withdrawn_at, e.ends_at FROM referral f "
        "JOIN event e ON e.id = f.event WHERE f.id = {} AND f.agency = {} AND f.token_hash IS NOT NULL",
        *(referral, _agency(actor)),
    )
    if not row:
        raise NotFound
    return None if row["used_at"] or row["withdrawn_at"] or row["ends_at"] <= now else row


async def _again(identity: str) -> Invited:
    row = await fetch_one("SELECT email, revision, key_id FROM referral WHERE id = {}", identity)
    assert row is not None
    handed = not row["email"] and row["key_id"]
    return Invited(identity, invitation_url(identity, row["revision"], row["key_id"]) if handed else None)

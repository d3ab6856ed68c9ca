"""What staff do with messages: pause all, send one again, write again to an address that was given up."""

from datetime import timedelta
from typing import Any

from workshops import audit, database, letters, pauses, rights
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction
from workshops.errors import Fault, Invalid, NotFound, WorkshopsError
from workshops.i18n import _
from workshops.ids import is_id, new_id
from workshops.mail import address_key
from workshops.tables.people import Role

REASON_LENGTH = 60
CHANNELS = ("mail", "sms")
WAITING = ("queued", "sending")
MINUTE = timedelta(minutes=1)
AGAIN = (
    "kind, channel, attendee, registration, event, workshop, venue_request, account, mail_link, plan_change, "
    "bulletin, referral, priority, expires_at"
)

ELSEWHERE = {
    "staff_invitation": _("The page “Accounts” sends a new invitation, with a new link."),
    "staff_password": _("A new link is asked for on the page to sign in."),
    "your_link": _(
        "The person asks for a new link on the page “Get my ticket again”, or you send the ticket from their sheet."
    ),
    "invitation": _("The adviser invites again on the page “My people”."),
}
"""Where a message that cannot be sent again because its link has ended is made anew."""

Row = dict[str, Any]


class StillWaiting(WorkshopsError):
    """The message has not left yet: there is nothing to send again."""

    status = 409
    type = "message-still-waiting"
    title = _("This message is still to leave: wait for it")


class NothingToTell(WorkshopsError):
    """What the message told is over, taken back, or told otherwise since."""

    status = 409
    type = "nothing-to-tell"
    title = _("This message has nothing true left to tell: it is not sent again")


class AddressGivenUp(WorkshopsError):
    """Nothing is sent to this address until somebody lifts that."""

    status = 409
    type = "address-given-up"
    title = _("This address receives nothing more from us. Write to it again first, then send the message")


async def send_again(message: str, actor: Actor) -> str | None:
    """Write a message anew, from the newest state, to the address of today; the attendee's id. Within a minute: once.

    Raises NotFound, StillWaiting, AddressGivenUp, NothingToTell.
    """
    row = await _found(message, actor)
    if row["state"] in WAITING:
        raise StillWaiting
    now = database.utcnow()
    letter = None if row["expires_at"] and row["expires_at"] <= now else await letters.load(row)
    if letter is None:
        raise NothingToTell(ELSEWHERE.get(row["kind"]))
    key = address_key(letter.address)
    if await fetch("SELECT id FROM suppression WHERE address_key = {} AND lifted_at IS NULL", key):
        raise AddressGivenUp
    async with transaction():
        made = await fetch(
            f"INSERT INTO message (id, address_key, dedup_key, stranger, state, attempts, not_before, created_at, "
            f"{AGAIN}) SELECT {{}}, {{}}, {{}}, false, 'queued', 0, {{}}, {{}}, {AGAIN} FROM message WHERE id = {{}} "
            "AND NOT EXISTS (SELECT 1 FROM message n WHERE n.address_key = {} AND n.created_at > {} "
            "AND n.dedup_key LIKE {}) ON CONFLICT (dedup_key) DO NOTHING RETURNING id",
            *(
                new_id(),
                key,
                f"again:{message}:{now:%Y%m%d%H%M}",
                now,
                now,
                message,
                key,
                now - MINUTE,
                f"again:{message}:%",
            ),
        )
        if made:
            await audit.note(
                actor, "resend_message", "message", message, event=row["event"], after={"message": row["kind"]}, now=now
            )
    return str(row["attendee"]) if row["attendee"] else None


async def pause(reason: str, actor: Actor) -> None:
    """Let nothing leave until somebody resumes. Raises NotFound unless an admin asks, Invalid (field `reason`)."""
    _admin(actor)
    words = " ".join(reason.split())
    if not 3 <= len(words) <= REASON_LENGTH:
        wrong = _("Say why in a few words: colleagues read it (at most 60 characters).")
        raise Invalid(faults=(Fault("reason", wrong),))
    now = database.utcnow()
    async with transaction():
        begun = [await pauses.begin(words, now, by=_account(actor), channel=channel) for channel in CHANNELS]
        if any(begun):
            await audit.note(actor, "pause_mail", "message", "all", after={"reason": words}, now=now)


async def resume(actor: Actor) -> None:
    """Let messages leave again. Raises NotFound unless an admin asks."""
    _admin(actor)
    now = database.utcnow()
    async with transaction():
        ended = [await pauses.end(now, by=_account(actor), channel=channel) for channel in CHANNELS]
        if any(ended):
            await audit.note(actor, "resume_mail", "message", "all", now=now)


async def lift(suppression: str, actor: Actor) -> None:
    """Write again to an address that was given up. Its people stay to be called until ticked off. Raises NotFound."""
    if actor.role not in (Role.ORGANISER, Role.ADMIN):
        raise NotFound
    row = is_id(suppression) and await fetch_one("SELECT id, address_key FROM suppression WHERE id = {}", suppression)
    if not row:
        raise NotFound
    event = None if actor.role is Role.ADMIN else await _day_of(row["address_key"], actor)
    now = database.utcnow()
    async with transaction():
        lifted = await fetch(
            "UPDATE suppression SET lifted_at = {}, lifted_by = {} WHERE id = {} AND lifted_at IS NULL RETURNING id",
            *(now, _account(actor), suppression),
        )
        if lifted:
            await audit.note(actor, "lift_suppression", "message", suppression, event=event, now=now)


def _admin(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise NotFound


def _account(actor: Actor) -> str:
    return actor.id.removeprefix("account:")[:36]


async def _found(message: str, actor: Actor) -> Row:
    row = is_id(message) and await fetch_one("SELECT * FROM message WHERE id = {}", message)
    if not row or actor.role not in (Role.ORGANISER, Role.ADMIN):
        raise NotFound
    if actor.role is not Role.ADMIN:
        if not row["attendee"]:
            raise NotFound
        await rights.seen_attendee(actor, row["attendee"])
    return row


async def _day_of(key: str, actor: Actor) -> str:
    """A day that the organiser leads and on which somebody has this address."""
    row = await fetch_one(
        "SELECT e.id FROM message m JOIN event e ON e.id = m.event JOIN attendee a ON a.id = m.attendee "
        f"WHERE m.address_key = {{}} AND {rights.LEADS} LIMIT 1",
        *(key, actor.organisation, actor.organisation),
    )
    if row is None:
        raise NotFound
    return str(row["id"])

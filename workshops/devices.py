"""Phones at the door: a link that works once makes a browser a device of one event's hall, or of one stand.

The link works for 30 minutes, the device reads until 6 h after the event's end. Of both only hashes are kept.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from workshops import audit
from workshops.actors import OPERATOR, Actor, Phone, account_of
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import NotAllowed, NotFound, WorkshopsError
from workshops.i18n import _
from workshops.ids import is_id, new_id
from workshops.scans import HANDS_IN_AFTER_END, READS_AFTER_END
from workshops.settings import settings
from workshops.tables.people import Role
from workshops.tickets import secret_hash

LINK = timedelta(minutes=30)
HALL = "Accueil"


class LinkUsed(WorkshopsError):
    """The link has made a phone a device before."""

    status = 410
    type = "link-used"
    title = _("This link has already been used. Ask the organiser for a new one")


class LinkExpired(WorkshopsError):
    """The link was not used within 30 minutes."""

    status = 410
    type = "link-expired"
    title = _("This link was good for 30 minutes. Ask the organiser for a new one")


class NotADevice(WorkshopsError):
    """This browser has never been made a device."""

    status = 403
    type = "not-a-device"
    title = _("This phone is not set up for the door yet. Ask the organiser for a link")


class DeviceRevoked(WorkshopsError):
    """Staff took the device's rights away."""

    status = 403
    type = "device-revoked"
    title = _("This phone has been taken off the door. Ask the organiser if that is a mistake")


class DayOver(WorkshopsError):
    """The event ended more than 6 h ago."""

    status = 403
    type = "day-over"
    title = _("The day is over: this phone no longer reads tickets. Thank you for your help")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link offers: the day and the place; `workshop` is a title, None for the hall."""

    title: str
    date: date
    commune: str | None
    workshop: str | None
    label: str


async def make_door_link(event: str, workshop: str | None = None, label: str = "", actor: Actor = OPERATOR) -> str:
    """Return a link that makes one browser a device of the event's hall, or of the workshop's stand.

    `label` is what others read on "already in" (at most 60 characters), the place itself unless given. Whoever
    calls this has checked that the actor may. Raises NotFound for a workshop of another event.
    """
    secret = base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")
    now = utcnow()
    async with transaction():
        place = await fetch_one(
            "SELECT e.id, w.id AS workshop, w.title, w.stand FROM event e "
            "LEFT JOIN workshop w ON w.event = e.id AND w.id = {} WHERE e.id = {}",
            *(workshop, event),
        )
        if place is None or workshop != place["workshop"]:
            raise NotFound
        device, named = new_id(), label or (f"{place['stand'] or ''} {place['title']}".strip() if workshop else HALL)
        await fetch(
            "INSERT INTO device (id, event, workshop, label, link_hash, link_expires_at, created_by, created_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
            *(device, event, workshop, named[:60], secret_hash(secret), now + LINK, account_of(actor), now),
        )
        await audit.note(actor, "add_phone", "device", device, event=event, now=now)
    return f"{settings().public_url}/door/link/{secret}"


async def invitation(link: str) -> Invitation:
    """What the link with this secret offers. Raises NotFound, LinkUsed, LinkExpired, DeviceRevoked."""
    row = await fetch_one(
        "SELECT e.title, e.date, v.commune, w.title AS workshop, d.label, d.made_at, d.revoked_at, d.link_expires_at "
        "FROM device d JOIN event e ON e.id = d.event LEFT JOIN venue v ON v.id = e.venue "
        "LEFT JOIN workshop w ON w.id = d.workshop WHERE d.link_hash = {}",
        secret_hash(link),
    )
    if row is None:
        raise NotFound
    made, revoked, expires = row.pop("made_at"), row.pop("revoked_at"), row.pop("link_expires_at")
    if made:
        raise LinkUsed
    if revoked:
        raise DeviceRevoked
    if expires <= utcnow():
        raise LinkExpired
    return Invitation(**row)


async def make_device(link: str, token_hash: str) -> str:
    """Make whoever holds the token of this hash the link's device; of two at once, one. Raises as `invitation`.

    Returns the event's id.
    """
    now = utcnow()
    made = await fetch(
        "UPDATE device SET token_hash = {}, made_at = {}, last_seen_at = {} WHERE link_hash = {} AND made_at IS NULL "
        "AND revoked_at IS NULL AND link_expires_at > {} RETURNING event",
        *(token_hash, now, now, secret_hash(link), now),
    )
    if not made:
        await invitation(link)
        raise LinkUsed
    return str(made[0]["event"])


async def is_link_of(link: str, phone: Phone) -> bool:
    """Whether the link with this secret is the one that made the phone a device."""
    row = await fetch_one("SELECT id FROM device WHERE link_hash = {}", secret_hash(link))
    return row is not None and row["id"] == phone.device


async def phone(token_hash: str, hands_in: bool = False) -> Phone:
    """The device whose token has this hash. Raises NotADevice, DeviceRevoked, DayOver.

    One that only `hands_in` what it has read may do so for 7 days after the event's end, even when revoked.
    """
    row = await fetch_one(
        "SELECT d.id, d.event, d.workshop, d.label, d.made_at, d.revoked_at, e.ends_at FROM device d "
        "JOIN event e ON e.id = d.event WHERE d.token_hash = {}",
        token_hash,
    )
    if row is None:
        raise NotADevice
    if row["revoked_at"] and not hands_in:
        raise DeviceRevoked
    if utcnow() > row["ends_at"] + (HANDS_IN_AFTER_END if hands_in else READS_AFTER_END):
        raise DayOver
    return Phone(
        f"device:{row['id']}",
        Role.DOOR,
        device=row["id"],
        event=row["event"],
        label=row["label"],
        since=row["made_at"],
        workshop=row["workshop"],
    )


async def revoke(device: str, actor: Actor) -> None:
    """Take a device's rights away, or its link's; again: nothing more happens.

    Raises NotAllowed, and NotFound for a device of an event that the actor's agency does not lead.
    """
    if actor.role not in (Role.ORGANISER, Role.ADMIN):
        raise NotAllowed
    now = utcnow()
    async with transaction():
        row = is_id(device) and await fetch_one(
            "UPDATE device SET revoked_at = coalesce(revoked_at, {}) WHERE id = {} AND ({} = 'admin' OR event IN ("
            "SELECT e.id FROM event e WHERE e.lead = {} OR EXISTS "
            "(SELECT 1 FROM co_lead c WHERE c.event = e.id AND c.organisation = {}))) RETURNING event, revoked_at",
            *(now, device, actor.role.value, actor.organisation, actor.organisation),
        )
        if not row:
            raise NotFound
        if row["revoked_at"] == now:
            await audit.note(actor, "revoke_phone", "device", device, event=row["event"], now=now)

"""Links mailed to staff, hosts, exhibitors, new addresses: one purpose, one subject, one mailbox; acting by POST alone.

Nothing secret is stored: the message's writer makes the secret again from the row and the key that it remembers.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from workshops.database import fetch, fetch_one, in_transaction, utcnow
from workshops.errors import NotFound, WorkshopsError
from workshops.i18n import _
from workshops.ids import new_id
from workshops.tickets import Purpose, make_secret, secret_hash


class LinkPurpose(StrEnum):
    """What a link is for; it opens nothing else. TOLD opens nothing: it keeps the address to which a message goes."""

    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - the purpose of a link
    HALL = "hall"
    STAND = "stand"
    CONTACTS = "contacts"
    ADDRESS = "address"
    TOLD = "told"


class MailLinkUsed(WorkshopsError):
    """The link has done what it was for."""

    status = 410
    type = "mail-link-used"
    title = _("This link has already been used")


class MailLinkExpired(WorkshopsError):
    """The link is too old."""

    status = 410
    type = "mail-link-expired"
    title = _("This link is no longer valid. Ask for a new one")


async def make(purpose: LinkPurpose, subject: str, email: str, lasts: timedelta, now: datetime) -> str:
    """Write a link in the caller's transaction and return its row's id. `subject`: what it is about (≤ 36 characters).

    Raises RuntimeError outside a transaction.
    """
    if not in_transaction():
        raise RuntimeError("a link is written in the transaction of the message that carries it")
    identity = new_id()
    made = make_secret(Purpose.LINK, identity)
    await fetch(
        "INSERT INTO mail_link (id, purpose, subject, email, token_hash, key_id, created_at, expires_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
        *(identity, purpose.value, subject, email, made.hash, made.key, now, now + lasts),
    )
    return identity


def secret(identity: str, key_id: str) -> str:
    """What stands in the address of a link, made again from its row. Raises KeyGone."""
    return make_secret(Purpose.LINK, identity, key=key_id).text


async def find(text: str, purpose: LinkPurpose) -> dict[str, Any]:
    """The row (id, subject, email, created_at, expires_at) of a link that may still be used.

    Raises NotFound, MailLinkUsed, MailLinkExpired.
    """
    row = await fetch_one(
        "SELECT id, subject, email, created_at, expires_at, used_at FROM mail_link "
        "WHERE token_hash = {} AND purpose = {}",
        *(secret_hash(text) or "", purpose.value),
    )
    if row is None:
        raise NotFound
    if row["used_at"]:
        raise MailLinkUsed
    if row["expires_at"] <= utcnow():
        raise MailLinkExpired
    return row


async def use_up(identity: str, now: datetime) -> bool:
    """Spend a link that works once; of several at once, one gets True."""
    spent = await fetch(
        "UPDATE mail_link SET used_at = {} WHERE id = {} AND used_at IS NULL AND expires_at > {} RETURNING id",
        *(now, identity, now),
    )
    return bool(spent)


async def withdraw(purpose: LinkPurpose, subject: str, now: datetime) -> None:
    """End the links of this purpose to this subject and forget their addresses, in the caller's transaction."""
    await fetch(
        "UPDATE mail_link SET used_at = {}, email = '' WHERE purpose = {} AND subject = {} AND email <> ''",
        *(now, purpose.value, subject),
    )


async def forget_expired(now: datetime) -> None:
    """Forget the addresses of residents that links kept which can no longer be used."""
    await fetch(
        "UPDATE mail_link SET email = '' WHERE purpose IN ({}, {}) AND expires_at < {} AND email <> ''",
        *(LinkPurpose.ADDRESS.value, LinkPurpose.TOLD.value, now),
    )

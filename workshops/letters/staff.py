"""Letters to members of staff: choose a password for the first time, or another one."""

from datetime import datetime, timedelta
from typing import Any

from workshops import mail_links
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.i18n import _, translate
from workshops.letters.notices import Link, Notice, link_of
from workshops.mail import Kind
from workshops.mail_links import LinkPurpose
from workshops.settings import settings

Row = dict[str, Any]
LASTS = {LinkPurpose.INVITATION: timedelta(days=7), LinkPurpose.PASSWORD: timedelta(hours=2)}


async def load_invitation(message: Row) -> Notice | None:
    """The invitation of somebody who has not chosen a password yet."""
    account = await _account(message)
    if account is None or account["password_hash"]:
        return None
    return await _notice(message, account, LinkPurpose.INVITATION, _("Your account is ready: choose a password"))


async def load_password(message: Row) -> Notice | None:
    """The link that somebody asked for who has forgotten the password."""
    account = await _account(message)
    if account is None:
        return None
    return await _notice(message, account, LinkPurpose.PASSWORD, _("Choose a new password"))


async def _account(message: Row) -> Row | None:
    return await fetch_one(
        "SELECT a.id, a.email, a.name, a.locale, a.password_hash, o.name AS organisation FROM account a "
        "LEFT JOIN organisation o ON o.id = a.organisation WHERE a.id = {} AND a.closed_at IS NULL",
        message["account"],
    )


async def _notice(message: Row, account: Row, purpose: LinkPurpose, heading: str) -> Notice | None:
    link = await _link(message, account, purpose)
    if link is None:
        return None
    shown = {
        "heading": translate(account["locale"], heading),
        "name": account["name"],
        "organisation": account["organisation"],
        "email": account["email"],
        "link": f"{settings().public_url}/{purpose.value}/{link.secret}",
        "until": link.expires_at,
    }
    return Notice(
        row=message["id"],
        kind=Kind(message["kind"]),
        address=link.email,
        locale=account["locale"],
        shown=shown,
        ends_at=link.expires_at,
        suppressed=link.suppressed,
    )


async def _link(message: Row, account: Row, purpose: LinkPurpose) -> Link | None:
    """The link of the message, written now if this is the first attempt; None if it is used up.

    It is not written with the message, because `workshops account add` works without SECRET_KEY. And it begins to
    last when it leaves, not when somebody asks for it.
    """
    if message["mail_link"] is None:
        message["mail_link"] = await _new_link(message["id"], account, purpose, utcnow())
    return await link_of(message)


async def _new_link(message: str, account: Row, purpose: LinkPurpose, now: datetime) -> str:
    async with transaction():
        link = await mail_links.make(purpose, account["id"], account["email"], LASTS[purpose], now)
        await fetch("UPDATE message SET mail_link = {} WHERE id = {}", link, message)
    return link

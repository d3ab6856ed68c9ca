"""The links by which staff choose a password: from an invitation, or because the old one is forgotten.

Who asks learns nothing: the answer is always the same, and a message goes to a stored address only.
"""

from datetime import timedelta
from typing import Any

from workshops import audit, fields, logins, mail, mail_links, passwords, throttle
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import Invalid
from workshops.i18n import _
from workshops.logins import Browser, Signed
from workshops.mail import Kind
from workshops.mail_links import LinkPurpose, MailLinkExpired, MailLinkUsed
from workshops.throttle import HOUR, Limit

ASKED = Limit("forgotten", 30, HOUR)
MOST_AN_HOUR = 3
VOID_AFTER = timedelta(days=1)
NAME_LENGTH = 120


async def forgot(email: str, network: str) -> None:
    """Have a link sent to the account of this address, three an hour at most; nothing where there is none.

    Raises TooManyTries after 30 from one network in an hour.
    """
    now = utcnow()
    await throttle.count(ASKED, network, now=now)
    async with transaction():
        account = await fetch_one(
            "SELECT id, email FROM account a WHERE email = {} AND closed_at IS NULL "
            "AND (SELECT count(*) FROM message m WHERE m.account = a.id AND m.kind = 'staff_password' "
            "AND m.created_at > {}) < {}",
            *(email.strip().lower()[:254], now - HOUR, MOST_AN_HOUR),
        )
        if account:
            await mail.enqueue_to(
                Kind.STAFF_PASSWORD,
                dedup=f"staff_password:{account['id']}:{now:%Y%m%d%H%M}",
                address=account["email"],
                account=account["id"],
                now=now,
                expires_at=now + VOID_AFTER,
            )


async def offered(secret: str, purpose: LinkPurpose) -> dict[str, Any]:
    """The account (id, email, name, organisation) that a link lets choose a password; `link` is its row.

    `asks_name`: this is the first time. Raises NotFound, MailLinkUsed, MailLinkExpired; the last also where the
    account is closed or has another address.
    """
    link = await mail_links.find(secret, purpose)
    account = await fetch_one(
        "SELECT a.id, a.email, a.name, a.role, o.name AS organisation FROM account a "
        "LEFT JOIN organisation o ON o.id = a.organisation WHERE a.id = {} AND a.email = {} AND a.closed_at IS NULL",
        *(link["subject"], link["email"]),
    )
    if account is None:
        raise MailLinkExpired
    first_time = purpose is LinkPurpose.INVITATION or not account["name"]
    return account | {"link": link["id"], "asks_name": first_time}


async def choose_password(secret: str, purpose: LinkPurpose, password: str, name: str, browser: Browser) -> Signed:
    """Make `password` the account's: its other links and logins end, and this browser has shown the password.

    `name` is what they are called, where it is asked. Raises as `offered`, Invalid, TooBusy.
    """
    account = await offered(secret, purpose)
    called = _name(name) if account["asks_name"] else account["name"]
    own = (account["email"], called, account["organisation"] or "")
    new, now = await passwords.new_hash(password, *own), utcnow()
    async with transaction():
        if not await mail_links.use_up(account["link"], now):
            raise MailLinkUsed
        row = await fetch_one(
            "UPDATE account SET password_hash = {}, name = {} WHERE id = {} AND email = {} AND closed_at IS NULL "
            "RETURNING id, role, totp_step, locale",
            *(new, called, account["id"], account["email"]),
        )
        if row is None:
            raise MailLinkExpired
        await fetch(
            "UPDATE mail_link SET used_at = {} WHERE subject = {} AND purpose IN ({}, {}) AND used_at IS NULL",
            *(now, account["id"], LinkPurpose.INVITATION.value, LinkPurpose.PASSWORD.value),
        )
        await logins.revoke_all(account["id"], now)
        await audit.note(Actor(f"account:{account['id']}"), "choose_password", "account", account["id"], now=now)
        return await logins.begin(row, browser, now)


def _name(name: str) -> str:
    answers = fields.Answers({"name": name})
    read = answers.read("name", fields.line(NAME_LENGTH), missing=_("Write your name."))
    if read is None:
        raise Invalid(faults=tuple(answers.faults))
    return read

"""Messages to staff, hosts and exhibitors: an address, a language, and what their template names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops.database import fetch_one
from workshops.mail import Kind
from workshops.mail_links import secret


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one address. `shown`: the template's variables, "heading" among them; it is void at `ends_at`."""

    row: str
    kind: Kind
    address: str
    locale: str
    shown: dict[str, Any]
    ends_at: datetime | None
    suppressed: bool = False
    carries: tuple[str, ...] = ()
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """The link that a message carries. `secret` ends its address; `subject` is what it is about."""

    secret: str
    subject: str
    email: str
    expires_at: datetime
    suppressed: bool


async def link_of(message: dict[str, Any]) -> Link | None:
    """The link of a row of `message`; None if it has none, or one that is used up. Raises KeyGone."""
    row = await fetch_one(
        "SELECT l.id, l.key_id, l.subject, l.email, l.expires_at, x.id AS suppressed FROM mail_link l "
        "LEFT JOIN suppression x ON x.address_key = {} AND x.lifted_at IS NULL WHERE l.id = {} AND l.used_at IS NULL",
        *(message["address_key"], message["mail_link"]),
    )
    if row is None:
        return None
    made = secret(row["id"], row["key_id"])
    return Link(made, row["subject"], row["email"], row["expires_at"], row["suppressed"] is not None)

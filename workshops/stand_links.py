"""An exhibitor on one day: who it is by its link or its account, and the mailbox that its day's organiser writes to."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops.actors import Actor, Staff
from workshops.database import fetch, fetch_one
from workshops.errors import NotFound, WorkshopsError
from workshops.i18n import _
from workshops.ids import is_id
from workshops.mail_links import LinkPurpose, MailLinkExpired, find
from workshops.sql import marks
from workshops.tables.people import Role

INVITED = "(w.invited_at IS NOT NULL OR e.published_at IS NOT NULL)"
"""SQL: what its account may already see of a workshop `w` of an event `e`; a link was sent, so it may."""


class StandClosed(WorkshopsError):
    """The day or the workshop is cancelled, or the day is over."""

    status = 409
    type = "stand-closed"
    title = _("This workshop is over or cancelled: its page no longer changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibitor(Actor):
    """Somebody who acts for the exhibitor `organisation` on the day `event`, whatever else they may see."""

    organisation: str
    event: str

    @property
    def subject(self) -> str:
        """What its links are about."""
        return subject(self.event, self.organisation)


def subject(event: str, organisation: str) -> str:
    """What a link of an exhibitor is about: one day, all its workshops there."""
    return f"{event}:{organisation}"


async def by_link(secret: str) -> Exhibitor:
    """The exhibitor whom a STAND link was sent to. Raises NotFound, MailLinkExpired.

    A link that went to another mailbox than the newest one has ended: the organiser corrected the address.
    """
    link = await find(secret, LinkPurpose.STAND)
    event, organisation = link["subject"].split(":")
    if await mailbox(event, organisation) != link["email"]:
        raise MailLinkExpired
    return Exhibitor(f"link:{link['id']}", Role.EXHIBITOR, organisation=organisation, event=event)


async def by_account(staff: Staff, event: str) -> Exhibitor:
    """The same, for an account of the exhibitor. Raises NotFound where it has no workshop that it may see."""
    row = is_id(event) and await fetch_one(
        "SELECT w.id FROM workshop w JOIN event e ON e.id = w.event "
        f"WHERE e.id = {{}} AND w.exhibitor = {{}} AND w.kind = 'stand' AND {INVITED} LIMIT 1",
        *(event, staff.organisation),
    )
    if not row or staff.organisation is None:
        raise NotFound
    return Exhibitor(staff.id, Role.EXHIBITOR, organisation=staff.organisation, event=event)


async def mailbox(event: str, organisation: str) -> str | None:
    """Where mail for an exhibitor goes on this day: where its newest link went, else the address it is known by."""
    return (await mailboxes(event, [organisation]))[organisation]


async def mailboxes(event: str, organisations: list[str]) -> dict[str, str | None]:
    """The same for several exhibitors, in two questions."""
    if not organisations:
        return {}
    known = await fetch(f"SELECT id, email FROM organisation WHERE id IN ({marks(len(organisations))})", *organisations)
    links = await links_of([subject(event, one) for one in organisations])
    sent = {link["subject"].partition(":")[2]: link["email"] for link in links}
    return {row["id"]: sent.get(row["id"]) or row["email"] for row in known}


async def links_of(subjects: list[str]) -> list[dict[str, Any]]:
    """The STAND links about these, the oldest first, with what became of their message (`state`, `kind`)."""
    if not subjects:
        return []
    return await fetch(
        "SELECT l.id, l.subject, l.email, l.created_at, m.kind, m.state FROM mail_link l "
        "LEFT JOIN message m ON m.mail_link = l.id "
        f"WHERE l.purpose = 'stand' AND l.subject IN ({marks(len(subjects))}) ORDER BY l.created_at, l.id",
        *subjects,
    )


def lasts(event: dict[str, Any], now: datetime) -> timedelta:
    """How long a link to this day is good: until the midnight that ends it, in its own zone."""
    midnight = datetime.combine(event["date"] + timedelta(days=1), time(), ZoneInfo(event["zone"]))
    return midnight - now

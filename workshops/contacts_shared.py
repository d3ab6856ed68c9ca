"""Those who agreed that a company contacts them (product.md rule 8), by a fresh link to its mailbox, once, logged."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.errors import NotFound, WorkshopsError
from workshops.i18n import _
from workshops.mail import HOUR, Kind, enqueue_to
from workshops.mail_links import LinkPurpose, MailLinkExpired, MailLinkUsed, find, make, use_up
from workshops.stand_links import Exhibitor, mailbox
from workshops.tables.people import Role

LASTS = timedelta(minutes=30)
MOST_AN_HOUR = 3


class NoMailbox(WorkshopsError):
    """Nobody has said where mail for this exhibitor goes."""

    status = 409
    type = "no-mailbox"
    title = _("We have no e-mail address of yours: give it to the organiser of the day")


class AskedTooOften(WorkshopsError):
    """So many links were sent within the hour that one more would be no help."""

    status = 429
    type = "asked-too-often"
    title = _("The link was just sent to your mailbox. Wait an hour before you ask for another")


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody with a confirmed place at one of the exhibitor's workshops. Times are UTC."""

    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link opens: whose list, of which day. `people` is how many are on it."""

    exhibitor: str
    title: str
    date: date
    zone: str
    people: int


async def ask_for_contacts(actor: Exhibitor) -> str:
    """Mail a link that opens the list once within 30 minutes; the mailbox it goes to. Raises NoMailbox, AskedTooOften.

    Three an hour at most, whoever asks.
    """
    now = utcnow()
    async with transaction():
        await fetch(f"SELECT id FROM event WHERE id = {{}}{for_update()}", actor.event)
        asked = await fetch(
            "SELECT id FROM mail_link WHERE purpose = 'contacts' AND subject = {} AND created_at > {}",
            *(actor.subject, now - HOUR),
        )
        if len(asked) >= MOST_AN_HOUR:
            raise AskedTooOften
        address = await mailbox(actor.event, actor.organisation)
        if address is None:
            raise NoMailbox
        link = await make(LinkPurpose.CONTACTS, actor.subject, address, LASTS, now)
        carried: dict[str, Any] = {"link": link, "event": actor.event, "expires_at": now + LASTS}
        await enqueue_to(Kind.STAND_CONTACTS, dedup=f"stand_contacts:{link}", address=address, now=now, **carried)
        await audit.note(actor, "ask_contacts", "organisation", actor.organisation, event=actor.event, now=now)
    return address


async def offered(secret: str) -> Offer:
    """What a link would open; nothing is opened yet. Raises NotFound, MailLinkUsed, MailLinkExpired."""
    return (await _link(secret))[1]


async def open_contacts(secret: str) -> tuple[Offer, list[Contact]]:
    """Use the link up and return the list, in the order of the slots; that it was opened is kept.

    Confirmed places of people of 16 and over who agreed, and nobody else. Raises as `offered`.
    """
    link, offer = await _link(secret)
    event, organisation = link["subject"].split(":")
    async with transaction():
        if not await use_up(link["id"], utcnow()):
            raise MailLinkUsed
        rows = await fetch(
            f"SELECT a.id, a.first_name, a.last_name, a.email, a.phone, w.title, s.starts_at, s.ends_at {_AGREED} "
            "ORDER BY s.starts_at, w.position, a.last_name, a.first_name, r.id",
            *(event, organisation),
        )
    people = len({row.pop("id") for row in rows})
    await audit.listed(Actor(f"link:{link['id']}", Role.EXHIBITOR, organisation), "contacts", event, people)
    return offer, [Contact(**row) for row in rows]


async def agreed(event: str, organisation: str) -> int:
    """How many people are on the list."""
    row = await fetch_one(f"SELECT COUNT(DISTINCT a.id) AS total {_AGREED}", event, organisation)
    return row["total"] if row else 0


async def _link(secret: str) -> tuple[dict[str, Any], Offer]:
    link = await find(secret, LinkPurpose.CONTACTS)
    event, organisation = link["subject"].split(":")
    if await mailbox(event, organisation) != link["email"]:
        raise MailLinkExpired
    row = await fetch_one(
        "SELECT o.name AS exhibitor, e.title, e.date, e.zone FROM organisation o JOIN event e ON e.id = {} "
        "WHERE o.id = {}",
        *(event, organisation),
    )
    if row is None:
        raise NotFound
    return link, Offer(**row, people=await agreed(event, organisation))


_AGREED = (
    "FROM registration r JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
    "JOIN attendee a ON a.id = r.attendee WHERE w.event = {} AND w.exhibitor = {} AND w.status <> 'cancelled' "
    "AND s.status = 'open' AND r.status = 'confirmed' AND r.share_with_exhibitor AND a.aged_16_or_over "
    "AND a.kind = 'person' AND a.anonymised_at IS NULL AND (a.email IS NOT NULL OR a.phone IS NOT NULL)"
)

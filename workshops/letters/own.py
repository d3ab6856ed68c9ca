"""Messages to residents who look after their places themselves: all their tickets, a new address, a changed contact."""

from typing import Any

from workshops.database import fetch, fetch_one, utcnow
from workshops.i18n import _, translate
from workshops.letters.attendees import PERSON, WITH_DAY, Letter, days_of
from workshops.letters.notices import Link, Notice, link_of
from workshops.letters.places import slots_of
from workshops.mail import Kind, address_key
from workshops.settings import settings
from workshops.tickets import Purpose, make_secret, manage_url

MOST_TICKETS = 24
Row = dict[str, Any]
_TICKETS = (
    f"{PERSON} JOIN attendee o ON o.id = m.attendee JOIN attendee a ON a.email = o.email {WITH_DAY}"
    "AND m.id = {} AND e.ends_at > {} "
    f"ORDER BY e.starts_at, a.created_at, a.id LIMIT {MOST_TICKETS}"
)


async def load_tickets(message: Row) -> Letter | None:
    """Every ticket to come of the address that asked for them; None if it has none, or is nobody's any more."""
    rows = await fetch(_TICKETS, message["id"], utcnow())
    slots = await slots_of([row["attendee"] for row in rows]) if rows else {}
    told = [row for row in rows if slots.get(row["attendee"])]
    if not told or address_key(told[0]["email"]) != message["address_key"]:
        return None
    return Letter(
        row=message["id"],
        kind=Kind.YOUR_TICKETS,
        address=told[0]["email"],
        locale=told[0]["locale"],
        days=days_of(told, slots),
        carries=(),
        suppressed=bool(told[0]["suppressed"]),
    )


async def load_new_address(message: Row) -> Notice | None:
    """The link by which a new address counts."""
    link = await link_of(message)
    person = link and await _person(link)
    if not link or not person:
        return None
    address = f"{settings().public_url}/address/{link.secret}"
    return _notice(message, link, person, _("Confirm your e-mail address"), {"link": address, "until": link.expires_at})


async def load_changed(message: Row) -> Notice | None:
    """What has changed in how somebody is reached: the phone while this is their address, else the address itself."""
    link = await link_of(message)
    person = link and await _person(link)
    if not link or not person:
        return None
    if person["email"] != link.email:
        return _notice(message, link, person, _("Your e-mail address has changed"), {"manage_url": None})
    manage = make_secret(Purpose.MANAGE, person["id"], person["manage_revision"], person["manage_key"])
    shown = {"manage_url": manage_url(manage.text)}
    return _notice(message, link, person, _("Your telephone number has changed"), shown)


async def _person(link: Link) -> Row | None:
    return await fetch_one(
        "SELECT a.id, a.first_name, a.email, a.locale, a.manage_revision, a.manage_key, e.title, e.date "
        "FROM attendee a JOIN event e ON e.id = a.event WHERE a.id = {} AND a.anonymised_at IS NULL",
        link.subject,
    )


def _notice(message: Row, link: Link, person: Row, heading: str, shown: Row) -> Notice:
    day = {"name": person["first_name"], "title": person["title"], "date": person["date"]}
    return Notice(
        row=message["id"],
        kind=Kind(message["kind"]),
        address=link.email,
        locale=person["locale"],
        shown={"heading": translate(person["locale"], heading), **day, **shown},
        ends_at=link.expires_at,
        suppressed=link.suppressed,
    )

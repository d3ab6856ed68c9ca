"""What exhibitors are written: come and describe your workshops, here are your hours, your page was read, a list."""

from typing import Any

from babel.dates import format_date

from workshops.communes import commune
from workshops.database import fetch, fetch_one
from workshops.descriptions import proposal
from workshops.i18n import DEFAULT, _, translate
from workshops.letters.notices import Link, Notice, link_of
from workshops.mail import Kind
from workshops.settings import settings

Row = dict[str, Any]


async def load_invitation(message: Row) -> Notice | None:
    """Come, and complete your page. A further letter reminds; to one who has answered it only gives the link again."""
    link, day, stands = await about(message)
    if link is None or day is None or not stands:
        return None
    before = await fetch_one(
        "SELECT id FROM mail_link WHERE purpose = 'stand' AND subject = {} AND created_at < {} LIMIT 1",
        *(link.subject, message["created_at"]),
    )
    answered = all(one["answer"] or one["status"] == "ready" for one in stands)
    reminds = before is not None and not answered
    heading = _("We are waiting for your answer") if reminds else _("Let people try your job")
    if answered:
        heading = _("Your page, to read and to correct")
    return notice(message, link, day, heading, stands=stands, answered=answered, reminds=reminds)


async def load_programme(message: Row) -> Notice | None:
    """Your hours, where to go, and the page that says how many come; of what residents read alone."""
    link, day, stands = await about(message)
    told = [one for one in stands if one["status"] == "ready" and one["answer"] != "declined" and one["slots"]]
    if link is None or day is None or day["status"] == "draft" or not told:
        return None
    return notice(message, link, day, _("Your hours on the day"), stands=told)


async def load_review(message: Row) -> Notice | None:
    """The organiser has read the edits of a page: they hold, or they do not, and why. Nothing once others wait."""
    link, day, stands = await about(message)
    stand = next((one for one in stands if one["id"] == message["workshop"]), None)
    if link is None or day is None or stand is None or stand["proposed_at"]:
        return None
    proposed = proposal(stand)
    refused = proposed.refused if proposed else None
    heading = _("Your page is up to date") if refused is None else _("Your changes were not taken over")
    return notice(message, link, day, heading, title=stand["title"], refused=refused)


async def load_contacts(message: Row) -> Notice | None:
    """The link to those who agreed to be contacted."""
    link, day, _stands = await about(message)
    if link is None or day is None:
        return None
    return notice(message, link, day, _("They agreed that you contact them"))


async def about(message: Row, *, cancelled_too: bool = False) -> tuple[Link | None, Row | None, list[Row]]:
    """The link, its day unless that is cancelled, and the exhibitor's workshops that take place, with their slots."""
    link = await link_of(message)
    if link is None:
        return None, None, []
    event, exhibitor = link.subject.split(":")
    day = await fetch_one(
        "SELECT e.title, e.date, e.zone, e.starts_at, e.ends_at, e.status, l.name AS lead, x.name AS exhibitor, "
        "v.name AS venue, v.address, v.commune, v.access FROM event e JOIN organisation l ON l.id = e.lead "
        "JOIN organisation x ON x.id = {} LEFT JOIN venue v ON v.id = e.venue "
        "WHERE e.id = {} AND (e.status <> 'cancelled' OR {})",
        *(exhibitor, event, cancelled_too),
    )
    rows = await fetch(
        "SELECT w.id, w.title, w.stand, w.status, w.answer, w.exhibitor, w.proposal, w.proposed_at, s.starts_at, "
        "s.ends_at, s.capacity FROM workshop w LEFT JOIN session s ON s.workshop = w.id AND s.status = 'open' "
        "WHERE w.event = {} AND w.exhibitor = {} AND w.kind = 'stand' AND w.status <> 'cancelled' "
        "ORDER BY w.position, w.id, s.starts_at",
        *(event, exhibitor),
    )
    stands: dict[str, Row] = {}
    for row in rows:
        stand = stands.setdefault(row["id"], {**row, "slots": []})
        if row["starts_at"]:
            stand["slots"].append({name: row[name] for name in ("starts_at", "ends_at", "capacity")})
    return link, day, list(stands.values())


def notice(message: Row, link: Link, day: Row, heading: str, *, carries: tuple[str, ...] = (), **shown: Any) -> Notice:
    """The letter that these facts make; `heading` in English, the other variables as its template names them."""
    kind = Kind(message["kind"])
    town = commune(day["commune"] or "")
    door = "contacts" if kind is Kind.STAND_CONTACTS else "stand"
    return Notice(
        row=message["id"],
        kind=kind,
        address=link.email,
        locale=DEFAULT,
        shown={
            **shown,
            "heading": translate(DEFAULT, heading),
            "day": {**day, "commune": town.name if town else ""},
            "number": day["date"].day,
            "month": format_date(day["date"], "MMM", locale=DEFAULT),
            "link": f"{settings().public_url}/{door}/{link.secret}",
        },
        ends_at=message["expires_at"],
        suppressed=link.suppressed,
        carries=carries,
    )

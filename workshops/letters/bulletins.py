"""The message of an organiser to a group of a day's people: the text as it was written, and who writes."""

from typing import Any

from workshops.database import fetch_one
from workshops.letters.notices import Notice
from workshops.mail import Kind

Row = dict[str, Any]

_BULLETIN = (
    "SELECT b.subject, b.body, e.title, e.date, e.ends_at, v.name AS venue, a.email, a.locale, o.name AS agency, "
    "x.id AS suppressed FROM message m JOIN bulletin b ON b.id = m.bulletin AND b.undone_at IS NULL "
    "JOIN event e ON e.id = b.event LEFT JOIN venue v ON v.id = e.venue "
    "JOIN attendee a ON a.id = m.attendee AND a.anonymised_at IS NULL AND a.email IS NOT NULL "
    "LEFT JOIN account c ON 'account:' || c.id = b.actor "
    "LEFT JOIN organisation n ON n.id = c.organisation AND NOT n.sensitive "
    "JOIN organisation o ON o.id = COALESCE(n.id, e.lead) "
    "LEFT JOIN suppression x ON x.address_key = m.address_key AND x.lifted_at IS NULL WHERE m.id = {}"
)


async def load_bulletin(message: Row) -> Notice | None:
    """The message to the address that the person has now; None once it was taken back or the address is gone."""
    row = await fetch_one(_BULLETIN, message["id"])
    if row is None:
        return None
    return Notice(
        row=message["id"],
        kind=Kind.BULLETIN,
        address=row["email"],
        locale=row["locale"],
        shown=shown(row["subject"], row["body"], row),
        ends_at=row["ends_at"],
        suppressed=row["suppressed"] is not None,
    )


async def about(event: str, organisation: str | None) -> Row:
    """What `shown` needs of a day; the writer is `organisation`, or who leads the day (an admin, a sensitive one)."""
    row = await fetch_one(
        "SELECT e.title, e.date, v.name AS venue, o.name AS agency FROM event e LEFT JOIN venue v ON v.id = e.venue "
        "LEFT JOIN organisation n ON n.id = {} AND NOT n.sensitive "
        "JOIN organisation o ON o.id = COALESCE(n.id, e.lead) WHERE e.id = {}",
        *(organisation, event),
    )
    assert row is not None
    return row


def shown(subject: str, body: str, day: Row) -> dict[str, Any]:
    """What the templates name, also for the organiser to read before it is sent. `day`: agency, title, date, venue."""
    return {
        "heading": subject,
        "body": body,
        "paragraphs": [paragraph.split("\n") for paragraph in body.split("\n\n")],
        **{name: day[name] for name in ("agency", "title", "date", "venue")},
    }

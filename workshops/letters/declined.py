"""A calendar has said no to a place that is still kept: is it one?"""

from typing import Any

from workshops.database import fetch_one, utcnow
from workshops.i18n import _, translate
from workshops.letters.attendees import PERSON, WITH_DAY, Letter, days_of
from workshops.letters.places import as_slot
from workshops.mail import Kind

Row = dict[str, Any]

_DECLINED = (
    PERSON.replace(
        " FROM message m ",
        ", r.id AS registration, r.status, r.offer, r.offered_until, r.must_choose, r.sequence, r.updated_at, "
        "s.starts_at, s.ends_at, s.sequence AS session_sequence, s.updated_at AS session_updated_at, s.workshop, "
        "w.title AS job, w.stand, o.name AS company FROM message m ",
    )
    + "JOIN attendee a ON a.id = m.attendee JOIN registration r ON r.id = m.registration "
    "JOIN session s ON s.id = r.session AND s.status = 'open' JOIN workshop w ON w.id = s.workshop "
    "AND w.status <> 'cancelled' LEFT JOIN organisation o ON o.id = w.exhibitor "
    + WITH_DAY
    + "AND m.id = {} AND r.status = 'confirmed' AND r.declined_at IS NOT NULL AND s.starts_at > {}"
)


async def load(message: Row) -> Letter | None:
    """The letter of a row of `message`; None once the calendar has said yes, the place is given back or has begun."""
    row = await fetch_one(_DECLINED, message["id"], utcnow())
    if row is None:
        return None
    slot = as_slot(row | {"id": row["registration"], "title": row["job"]})
    return Letter(
        row=message["id"],
        kind=Kind.DECLINED,
        address=row["email"],
        locale=row["locale"],
        days=days_of([row], {row["attendee"]: (slot,)}),
        carries=(),
        suppressed=bool(row["suppressed"]),
        more={
            "heading": translate(row["locale"], _("Your calendar says that you are not coming")),
            "place": slot,
        },
    )

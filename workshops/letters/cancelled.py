"""What somebody gave back, or somebody else for them, and what they still have."""

from typing import Any

from workshops.database import fetch
from workshops.i18n import _, translate
from workshops.letters.attendees import PERSON, WITH_DAY, Letter, as_slot, days_of, slots_of
from workshops.mail import Kind

Row = dict[str, Any]

_PERSON = f"{PERSON} JOIN attendee a ON a.id = m.attendee {WITH_DAY} AND m.id = {{}}"
_GONE = (
    "SELECT r.id, r.session, r.status, r.cancelled_by, r.offered_until, r.must_choose, r.sequence, r.updated_at, "
    "s.starts_at, s.ends_at, s.sequence AS session_sequence, s.updated_at AS session_updated_at, s.workshop, w.title, "
    "w.stand, o.name AS company FROM message m JOIN registration r ON r.attendee = m.attendee "
    "AND r.status = 'cancelled' AND r.cancelled_at = m.created_at JOIN session s ON s.id = r.session "
    "JOIN workshop w ON w.id = s.workshop LEFT JOIN organisation o ON o.id = w.exhibitor WHERE m.id = {} "
    "AND NOT EXISTS (SELECT 1 FROM registration again WHERE again.attendee = r.attendee "
    "AND again.session = r.session AND again.status <> 'cancelled') ORDER BY s.starts_at, r.id"
)


async def load(message: Row) -> Letter | None:
    """The letter of a row of `message`; None if all that was given back was taken again."""
    rows, gone = await fetch(_PERSON, message["id"]), await fetch(_GONE, message["id"])
    if not rows or not gone:
        return None
    [row] = rows
    by_themselves = gone[0]["cancelled_by"] == f"attendee:{row['attendee']}"[:36]
    return Letter(
        row=message["id"],
        kind=Kind.YOU_CANCELLED,
        address=row["email"],
        locale=row["locale"],
        days=days_of(rows, await slots_of([row["attendee"]])),
        carries=(),
        suppressed=bool(row["suppressed"]),
        more={
            "heading": translate(row["locale"], _heading(by_themselves, len(gone))),
            "by_themselves": by_themselves,
            "given_back": [as_slot(one) for one in gone],
        },
        gone=tuple((row["event"], as_slot(one)) for one in gone),
    )


def _heading(by_themselves: bool, number: int) -> str:
    if number > 1:
        return _("Your places are given back") if by_themselves else _("Your places are cancelled")
    return _("Your place is given back") if by_themselves else _("Your place is cancelled")

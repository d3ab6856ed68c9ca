"""What somebody gave back, or somebody else for them, and what they still have."""

from typing import Any

from workshops.database import fetch
from workshops.i18n import _, translate
from workshops.letters.attendees import PERSON, WITH_DAY, Letter, days_of
from workshops.letters.places import as_slot, given_back, slots_of
from workshops.mail import Kind

Row = dict[str, Any]

_PERSON = f"{PERSON} JOIN attendee a ON a.id = m.attendee {WITH_DAY} AND m.id = {{}}"


async def load(message: Row) -> Letter | None:
    """The letter of a row of `message`; None if all that was given back was taken again."""
    rows, ended = await fetch(_PERSON, message["id"]), await given_back([message["id"]])
    gone = [place for place in ended if not place["again"]]
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
        gone=tuple((row["event"], as_slot(one)) for one in ended),
    )


def _heading(by_themselves: bool, number: int) -> str:
    if number > 1:
        return _("Your places are given back") if by_themselves else _("Your places are cancelled")
    return _("Your place is given back") if by_themselves else _("Your place is cancelled")

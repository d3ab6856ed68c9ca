"""The invitation of one slot, for the calendar (iMIP, RFC 6047): it takes place, has changed, or is gone."""

from dataclasses import replace
from typing import Any

from workshops import reply_addresses
from workshops.database import fetch_one
from workshops.i18n import _, translate
from workshops.letters.attendees import PERSON, Letter, days_of
from workshops.letters.places import as_slot
from workshops.mail import Kind

Row = dict[str, Any]

_SLOT = (
    PERSON.replace(
        " FROM message m ",
        ", r.id AS registration, r.status, r.offer, r.offered_until, r.must_choose, r.sequence, r.updated_at, "
        "r.reply_key, r.invited, r.invited_sequence, s.starts_at, s.ends_at, s.sequence AS session_sequence, "
        "s.updated_at AS session_updated_at, s.status AS slot_status, s.workshop, w.title AS job, w.stand, "
        "w.status AS job_status, e.status AS event_status, o.name AS company, "
        "(SELECT t.id FROM message t WHERE t.attendee = a.id AND t.kind = 'your_places' AND t.state = 'sent' "
        "ORDER BY t.sent_at LIMIT 1) AS first_message, "
        "(SELECT count(*) FROM message p WHERE p.registration = r.id AND p.kind = 'slot' AND p.id <> m.id "
        "AND p.state = 'sent') AS sent FROM message m ",
    )
    + "JOIN attendee a ON a.id = m.attendee JOIN registration r ON r.id = m.registration "
    "JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
    "JOIN ticket t ON t.attendee = a.id AND t.status = 'active' JOIN event e ON e.id = a.event "
    "JOIN venue v ON v.id = e.venue LEFT JOIN organisation g ON g.id = a.agency "
    "LEFT JOIN organisation o ON o.id = w.exhibitor "
    "LEFT JOIN suppression x ON x.address_key = m.address_key AND x.lifted_at IS NULL "
    "WHERE a.email IS NOT NULL AND a.anonymised_at IS NULL AND m.id = {}"
)


async def load(message: Row) -> Letter | None:
    """The letter of a row of `message`; None once there is a newer version, or for what no calendar ever heard of."""
    row = await fetch_one(_SLOT, message["id"])
    if row is None:
        return None
    on_time = (row["status"], row["slot_status"]) == ("confirmed", "open") and "cancelled" not in (
        row["job_status"],
        row["event_status"],
    )
    is_newest = row["invited_sequence"] == row["sequence"] + row["session_sequence"] and row["invited"] == on_time
    if not is_newest or not (on_time or row["sent"]):
        return None
    slot = replace(as_slot(row | {"id": row["registration"], "title": row["job"]}), status="confirmed")
    method = "REQUEST" if on_time else "CANCEL"
    [day] = days_of([row], {row["attendee"]: (slot,) if on_time else ()})
    return Letter(
        row=message["id"],
        kind=Kind.SLOT,
        address=row["email"],
        locale=row["locale"],
        days=(day,),
        carries=(),
        suppressed=bool(row["suppressed"]),
        more={
            "heading": translate(row["locale"], _heading(on_time, row["sent"])),
            "place": slot,
            "gone": not on_time,
            "method": method,
            "organizer": reply_addresses.written(reply_addresses.make(row["registration"], row["reply_key"])),
        },
        answers=row["first_message"],
    )


def _heading(on_time: bool, sent: int) -> str:
    if not on_time:
        return _("Taken out of your calendar")
    return _("Your calendar follows: this slot has changed") if sent else _("For your calendar")

"""In the morning of the day, with SMS_MORNING, a text to everybody who has a place and a mobile."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import mail, texts
from workshops.database import fetch, transaction
from workshops.mail import Kind
from workshops.settings import settings
from workshops.unsubscribe_links import OFF

AT = time(7)

Row = dict[str, Any]

_PEOPLE = (
    "SELECT a.id, a.phone FROM attendee a WHERE a.event = {} AND a.kind = 'person' AND a.phone IS NOT NULL "
    f"AND a.anonymised_at IS NULL AND a.reminders_off_at IS NULL AND NOT {OFF} "
    "AND EXISTS (SELECT 1 FROM registration r JOIN session s ON s.id = r.session "
    "JOIN workshop w ON w.id = s.workshop WHERE r.attendee = a.id AND r.status = 'confirmed' AND s.status = 'open' "
    "AND w.status <> 'cancelled' AND s.starts_at > {}) ORDER BY a.id"
)


async def text_morning_due(now: datetime) -> int:
    """From 7 of the day there until it begins, write the texts of its people, once; how many days.

    Also to who has an e-mail, unless they want no reminders. One that cannot leave is not followed by a call: it
    reminds of what was told before.
    """
    if not (settings().sms_morning and texts.are_on()):
        return 0
    soon = await fetch(
        "SELECT id, date, zone, starts_at, ends_at FROM event WHERE morning_texted_at IS NULL "
        "AND status IN ('published', 'closed') AND starts_at > {} AND starts_at < {} ORDER BY starts_at, id",
        *(now, now + timedelta(days=1)),
    )
    due = [day for day in soon if datetime.combine(day["date"], AT, ZoneInfo(day["zone"])) <= now]
    return sum([await _write(day, now) for day in due])


async def _write(day: Row, now: datetime) -> bool:
    async with transaction():
        first = await fetch(
            "UPDATE event SET morning_texted_at = {} WHERE id = {} AND morning_texted_at IS NULL RETURNING id",
            *(now, day["id"]),
        )
        if not first:
            return False
        people = await fetch(_PEOPLE, day["id"], now)
        await mail.enqueue_all(
            Kind.MORNING,
            [(one["id"], one["phone"]) for one in people if texts.reach(one["phone"])],
            dedup=f"text:morning:{day['id']}",
            event=day["id"],
            expires_at=day["ends_at"],
            not_before=now,
            now=now,
            channel="sms",
        )
    return True

"""The morning after a day: thanks to who came, other dates to who was missed, the absences to their advisers."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import attendance, mail, sent_people
from workshops.attendance import Came, Word
from workshops.database import fetch, transaction
from workshops.mail import Kind

AT = time(9)
"""When it is written, in the zone of the day."""
LATEST = timedelta(days=3)
"""How long after the end it is still worth writing."""
KEPT = timedelta(days=5)
"""When it is too late to arrive."""

Row = dict[str, Any]


async def thank_due(now: datetime) -> int:
    """Write what is due of the days that ended, once a day for all processes; how many messages.

    Nothing to whom nobody knows of: where the door read nobody, thanks would be wrong for some and blame for others.
    """
    days = await fetch(
        "SELECT id, zone, ends_at FROM event WHERE thanked_at IS NULL AND status IN ('published', 'closed') "
        "AND ends_at < {} AND ends_at > {} ORDER BY ends_at, id",
        *(now, now - LATEST),
    )
    return sum([await _write(day["id"], now) for day in days if now >= _morning_after(day)])


def _morning_after(day: Row) -> datetime:
    zone = ZoneInfo(day["zone"])
    return datetime.combine(day["ends_at"].astimezone(zone).date() + timedelta(days=1), AT, zone)


async def _write(event: str, now: datetime) -> int:
    async with transaction():
        if not await fetch(
            "UPDATE event SET thanked_at = {} WHERE id = {} AND thanked_at IS NULL RETURNING id", now, event
        ):
            return 0
        known = await attendance.of_day(event)
        people = await fetch(_PEOPLE, event)
        written = 0
        for kind, word in ((Kind.THANK_YOU, Word.ATTENDED), (Kind.MISSED_YOU, Word.NO_SHOW)):
            told = [(row["id"], row["email"]) for row in people if row["id"] in known and known[row["id"]].word is word]
            written += len(told)
            await mail.enqueue_all(
                kind, told, dedup=f"after:{event}", event=event, expires_at=now + KEPT, not_before=now, now=now
            )
        return written + await _tell_advisers(event, known, now)


async def _tell_advisers(event: str, known: Mapping[str, Came], now: datetime) -> int:
    """One message an account, if one of the people it is told of was missed or gave everything back."""
    sent = await fetch(sent_people.SENT, event)
    absent = {one for one, came in known.items() if came.word in (Word.NO_SHOW, Word.EXCUSED)}
    told = {
        account["id"]: account
        for row, accounts in await sent_people.readers(sent)
        if row["attendee"] in absent
        for account in accounts
    }
    for account in told.values():
        await mail.enqueue_to(
            Kind.ADVISER_ABSENCES,
            dedup=f"absences:{event}:{account['id']}",
            address=account["email"],
            account=account["id"],
            event=event,
            now=now,
            expires_at=now + KEPT,
        )
    return len(told)


_PEOPLE = (
    "SELECT a.id, a.email FROM attendee a WHERE a.event = {} AND a.kind = 'person' AND a.email IS NOT NULL "
    "AND a.anonymised_at IS NULL ORDER BY a.id"
)

"""Telling an agency's advisers what becomes of the people they sent. Never opens a transaction.

At once, in the caller's transaction, where it cannot wait: the person has no e-mail, or the slot is near. Everything
else is in the digest of the next morning (`digests`), which is read from the places as they then are.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from workshops import mail, sent_people
from workshops.actors import Actor
from workshops.database import fetch
from workshops.sent_people import PAUSE
from workshops.sql import marks

NEAR = timedelta(hours=48)
MOST_ROWS = 500

Row = dict[str, Any]


async def tell(
    attendees: Collection[str], now: datetime, but: Actor | None = None, leaves_at: datetime | None = None
) -> None:
    """These people's places have changed: whoever sent them is told, `but` not of what they did themselves.

    Every verb that changes a place calls it at its end, with the `now` that it wrote; `leaves_at`: what can still be
    undone waits so long. People whom no agency sent are left out here, by one statement.
    """
    ids = sorted(set(attendees))
    for start in range(0, len(ids), MOST_ROWS):
        some = ids[start : start + MOST_ROWS]
        rows = await fetch(_REFERRED.format(marks(len(some))), now, now, now + NEAR, *some, now)
        urgent = [row for row in rows if row["near"] or not row["email"]]
        for agency, account in sorted({(row["agency"], row["account"] or "") for row in urgent}):
            of_theirs = [row for row in urgent if (row["agency"], row["account"] or "") == (agency, account)]
            for reader in await sent_people.recipients(agency, account or None):
                if but is None or but.id != f"account:{reader['id']}":
                    await _write(reader, of_theirs, now, leaves_at or now + PAUSE)


async def _write(reader: Row, rows: list[Row], now: datetime, leaves_at: datetime) -> None:
    for row in rows:
        await mail.enqueue_to(
            mail.Kind.ADVISER_NEWS,
            dedup=f"news:{reader['id']}:{row['referral']}:{now:%Y%m%d%H%M}",
            address=reader["email"],
            account=reader["id"],
            referral=row["referral"],
            event=row["event"],
            now=now,
            not_before=leaves_at,
            expires_at=row["ends_at"],
        )


_REFERRED = (
    "SELECT f.id AS referral, f.agency, f.account, a.email, a.event, e.ends_at, CASE WHEN EXISTS (SELECT 1 "
    "FROM registration r JOIN session s ON s.id = r.session WHERE r.attendee = a.id "
    "AND (r.updated_at >= {{}} OR s.updated_at >= {{}}) AND s.starts_at <= {{}}) THEN 1 ELSE 0 END AS near "
    "FROM referral f JOIN attendee a ON a.id = f.attendee AND a.anonymised_at IS NULL "
    "JOIN event e ON e.id = a.event WHERE a.id IN ({}) AND a.kind = 'person' AND e.ends_at > {{}} ORDER BY f.id"
)

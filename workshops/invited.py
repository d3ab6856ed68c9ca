"""Calendars follow what their owners were told: a slot's invitation is written when a message about it has left.

The row is written in the transaction that marks the message, so that each version is written once, and the calendar
never knows more than its owner. Without INBOX_URL the message carries a published entry itself (RFC 5546).
"""

from datetime import datetime
from typing import Any

from workshops import reply_addresses, sql
from workshops.database import fetch
from workshops.ids import new_id
from workshops.mail import OTHER, PRIORITY, Kind

Row = dict[str, Any]
TAKES_PLACE = "r.status = 'confirmed' AND s.status = 'open' AND w.status <> 'cancelled' AND e.status <> 'cancelled'"
_BEHIND = (
    "SELECT r.id, r.attendee, r.sequence + s.sequence AS version, r.reply_key, e.id AS event, s.ends_at, "
    f"m.address_key, CASE WHEN {TAKES_PLACE} THEN 1 ELSE 0 END AS on_time "
    "FROM message m JOIN attendee a ON a.id = m.attendee AND a.email IS NOT NULL AND a.anonymised_at IS NULL "
    "JOIN registration r ON r.attendee = a.id JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
    "JOIN event e ON e.id = a.event "
    "WHERE (m.id = {} OR m.carried_by = {}) AND m.kind <> 'slot' AND s.ends_at > {} "
    f"AND ((({TAKES_PLACE}) AND (r.invited_sequence IS NULL OR r.invited_sequence < r.sequence + s.sequence)) "
    f"OR (r.invited AND NOT ({TAKES_PLACE}))) ORDER BY s.starts_at, r.id"
)


async def follow(message: str, now: datetime) -> None:
    """A message to residents is done with: write an invitation for each of their places that a calendar has wrong.

    For where INBOX_URL is set.
    """
    behind = {row["id"]: row for row in await fetch(_BEHIND, message, message, now)}
    if behind:
        await _enqueue(list(behind.values()), now)


async def _enqueue(rows: list[Row], now: datetime) -> None:
    priority = PRIORITY.get(Kind.SLOT, OTHER)
    written = [
        (
            *(new_id(), f"slot:{row['id']}:{row['version']}:{row['on_time']}", row["attendee"], row["id"]),
            *(row["event"], row["address_key"], priority, now, now, row["ends_at"]),
        )
        for row in rows
    ]
    await fetch(
        "INSERT INTO message (id, dedup_key, attendee, registration, event, address_key, priority, not_before, "
        "created_at, expires_at, kind, channel, stranger, state) VALUES "
        + ", ".join([f"({sql.marks(10)}, 'slot', 'mail', false, 'queued')"] * len(written))
        + " ON CONFLICT (dedup_key) DO NOTHING",
        *(value for one in written for value in one),
    )
    tokens = [reply_addresses.make(row["id"], row["reply_key"]) for row in rows]
    hashes = " ".join(["WHEN {} THEN {}"] * len(rows))
    on_time = " ".join(f"WHEN {{}} THEN {'true' if row['on_time'] else 'false'}" for row in rows)
    await fetch(
        f"UPDATE registration SET reply_hash = CASE id {hashes} END, reply_key = CASE id {hashes} END, "
        f"invited = CASE id {on_time} END, invited_sequence = "
        "sequence + (SELECT s.sequence FROM session s WHERE s.id = registration.session) "
        f"WHERE id IN ({sql.marks(len(rows))})",
        *(value for row, token in zip(rows, tokens, strict=True) for value in (row["id"], token.hash)),
        *(value for row, token in zip(rows, tokens, strict=True) for value in (row["id"], token.key)),
        *(row["id"] for row in rows),
        *(row["id"] for row in rows),
    )

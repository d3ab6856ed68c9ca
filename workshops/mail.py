"""Messages to write: a row in the transaction of the decision it tells of. `letters` and `delivery` do the rest."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from workshops.database import fetch, in_transaction
from workshops.ids import new_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIMITS = ((3, HOUR), (8, DAY))
"""What a stranger can make us send to one address (contract of the sign-up: whatever the names)."""


class Kind(StrEnum):
    """What a message tells. The value is also the name of its templates."""

    YOUR_PLACES = "your_places"
    YOUR_LINK = "your_link"


PRIORITY = {Kind.YOUR_LINK: 0, Kind.YOUR_PLACES: 1}


async def enqueue(
    kind: Kind, *, dedup: str, attendee: str, event: str, address: str, stranger: bool, now: datetime
) -> None:
    """Write the message that tells a decision, in the caller's transaction; nothing if `dedup` was written before.

    The caller holds the lock of `address`. A `stranger` beyond the limit: YOUR_PLACES is put off until the limit
    allows it and then tells everything that waits for that address; YOUR_LINK is left out. YOUR_LINK is written
    once an hour for an attendee whatever happens. Raises RuntimeError outside a transaction.
    """
    if not in_transaction():
        raise RuntimeError("a message is written in the transaction of the decision that it tells of")
    key = address_key(address)
    not_before = await _when_allowed(key, now) if stranger else now
    if kind is Kind.YOUR_LINK and not_before > now:
        return
    values = (new_id(), kind.value, dedup, attendee, event, key, stranger, PRIORITY[kind], not_before, now, event)
    if kind is Kind.YOUR_LINK:
        await fetch(_INSERT.format(once=_ONCE_AN_HOUR), *values, attendee, now - HOUR)
    else:
        await fetch(_INSERT.format(once=""), *values)


def address_key(address: str) -> str:
    """What stands for an address where the address itself would be personal data."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def allowed_at(departures: Iterable[datetime], now: datetime) -> datetime:
    """The earliest moment, not before `now`, at which one more message keeps to LIMITS after these."""
    latest = sorted(departures, reverse=True)
    return max([now, *(latest[count - 1] + window for count, window in LIMITS if len(latest) >= count)])


async def _when_allowed(key: str, now: datetime) -> datetime:
    rows = await fetch(
        "SELECT state, attempts, not_before, sent_at FROM message WHERE address_key = {} AND stranger "
        "AND state IN ('queued', 'sending', 'sent') AND (sent_at IS NULL OR sent_at > {}) "
        "ORDER BY not_before DESC LIMIT 20",
        *(key, now - DAY),
    )
    put_off = [row["not_before"] for row in rows if _is_put_off(row, now)]
    return put_off[0] if put_off else allowed_at((row["sent_at"] or max(row["not_before"], now) for row in rows), now)


def _is_put_off(row: dict[str, Any], now: datetime) -> bool:
    """Waiting for the limit, not for a mail server: what is added now can leave together with it."""
    return row["state"] == "queued" and not row["attempts"] and row["not_before"] > now


_INSERT = (
    "INSERT INTO message (id, kind, channel, dedup_key, attendee, event, address_key, stranger, state, priority, "
    "not_before, created_at, expires_at) "
    "SELECT {{}}, {{}}, 'mail', {{}}, {{}}, {{}}, {{}}, {{}}, 'queued', {{}}, {{}}, {{}}, ends_at "
    "FROM event WHERE id = {{}}{once} ON CONFLICT (dedup_key) DO NOTHING"
)
_ONCE_AN_HOUR = " AND NOT EXISTS (SELECT 1 FROM message WHERE attendee = {} AND kind = 'your_link' AND created_at > {})"

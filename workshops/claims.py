"""Which message is whose to send: taken for two minutes, in order of urgency, one person's in the order they were made.

Several workers on PostgreSQL take turns without waiting for each other; on SQLite there is one.
"""

from datetime import datetime, timedelta
from typing import Any

from workshops import database
from workshops.database import fetch, fetch_one, for_update_skip_locked
from workshops.ids import new_id
from workshops.settings import settings

LEASE = timedelta(minutes=2)
"""How long a message is its sender's. A call of the transport ends long before (`transport.TOTAL_SECONDS`)."""
MINUTE = timedelta(minutes=1)
MOST_SENDERS = 20
"""So many messages of a channel are in hand at once at most, in all workers together, for the limit to hold exactly."""

Row = dict[str, Any]

_UNPAUSED = " AND NOT EXISTS (SELECT 1 FROM mail_pause p WHERE p.resumed_at IS NULL AND p.channel = m.channel)"
# What was made earlier for the same address goes first, unless it is put off, or less urgent and never tried.
# It is looked at whether or not somebody has it locked, so that nobody overtakes a message that is just being taken.
_FIRST = (
    " AND (m.priority = 0 OR NOT EXISTS (SELECT 1 FROM message o WHERE o.address_key = m.address_key "
    "AND o.state IN ('queued', 'sending') AND o.channel = m.channel "
    "AND (o.created_at, o.priority, o.id) < (m.created_at, m.priority, m.id) "
    "AND (o.state = 'sending' OR o.attempts > 0 OR (o.not_before <= {} AND o.priority <= m.priority))))"
)
_TOLD = (
    "id, kind, channel, attendee, registration, event, workshop, venue_request, account, mail_link, plan_change, "
    "bulletin, referral, news_address, address_key, stranger, attempts, claim, frozen, not_before, expires_at, "
    "created_at"
)


async def take(now: datetime, channel: str, *, paused: bool = False) -> Row | None:
    """Take the message that is due first, for two minutes; None where none is. `paused`: although nothing leaves."""
    return await fetch_one(
        "UPDATE message SET state = 'sending', claim = {}, lease_until = {}, attempts = attempts + 1 WHERE id = "
        "(SELECT m.id FROM message m WHERE m.state = 'queued' AND m.channel = {} AND m.not_before <= {}"
        f"{'' if paused else _UNPAUSED}{_FIRST} "
        f"ORDER BY m.priority, m.not_before LIMIT 1{for_update_skip_locked()}) RETURNING {_TOLD}",
        *(new_id(), now + LEASE, channel, now, now),
    )


async def renew(row: Row, now: datetime) -> bool:
    """Hold a message for two minutes more; False if it is somebody else's by now."""
    mine = await fetch(
        "UPDATE message SET lease_until = {} WHERE id = {} AND claim = {} AND state = 'sending' RETURNING id",
        *(now + LEASE, row["id"], row["claim"]),
    )
    return bool(mine)


async def take_back(now: datetime) -> None:
    """Let what somebody took and never finished be sent by others."""
    await fetch("UPDATE message SET state = 'queued' WHERE state = 'sending' AND lease_until <= {}", now)


async def take_back_all() -> None:
    """Let what an earlier process was sending be sent again at once. For a lone worker that starts."""
    await take_back(database.utcnow() + LEASE)


class Allowance:
    """MAIL_PER_MINUTE, for all workers and connections together, counted by what left and what is in hand.

    Each of the senders uses up a share of what is allowed before it counts again; where shares are below one message,
    it counts after it took one, so that two who take the last at once see each other.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._share = 0

    async def used_up(self) -> bool:
        """Whether nothing more may be taken now."""
        if self._share:
            return False
        room = settings().mail_per_minute - await self._used()
        self._share = room // MOST_SENDERS
        return room <= 0

    async def exceeded(self) -> bool:
        """Whether what was just taken is too much."""
        if self._share:
            self._share -= 1
            return False
        return await self._used() > settings().mail_per_minute

    async def _used(self) -> int:
        row = await fetch_one(
            "SELECT (SELECT count(*) FROM message WHERE sent_at > {} AND channel = {}) "
            "+ (SELECT count(*) FROM message WHERE state = 'sending' AND channel = {}) AS total",
            *(database.utcnow() - MINUTE, self._channel, self._channel),
        )
        return int(row["total"]) if row else 0

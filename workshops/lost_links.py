"""Tickets asked for by whoever knows an address: the request writes a row, and only stored addresses are written to.

Whoever asks is answered the same, as fast, whatever is stored (contract.md "Without a token").
"""

from datetime import datetime, timedelta

from workshops import mail, places, throttle
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.ids import new_id
from workshops.persons import contact_keys
from workshops.throttle import Limit, TooManyTries

FROM_ONE = Limit("lost_link_network", 60, timedelta(hours=1))
TO_ONE = Limit("lost_link_address", 3, timedelta(hours=1))
AT_ONCE = 100


async def ask(email: str, network: str) -> None:
    """Note that the tickets of this address (lower case) are asked for; beyond the limits do nothing, silently."""
    now = utcnow()
    try:
        await throttle.count(FROM_ONE, network, now=now)
        await throttle.count(TO_ONE, email, now=now)
    except TooManyTries:
        return
    await fetch("INSERT INTO lost_link (id, email, created_at) VALUES ({}, {}, {})", new_id(), email, now)


async def answer_due(now: datetime) -> int:
    """Write one message to every address that was asked for and has tickets to come; how many were."""
    rows = await fetch("SELECT id, email FROM lost_link ORDER BY created_at, id LIMIT {}", AT_ONCE)
    return sum([await _answer(row["id"], row["email"], now) for row in rows])


async def _answer(request: str, email: str, now: datetime) -> bool:
    async with transaction():
        await places.lock_people(contact_keys(email, None), now)
        if not await fetch("DELETE FROM lost_link WHERE id = {} RETURNING id", request):
            return False
        first = await fetch_one(
            "SELECT a.id, a.event, a.email FROM attendee a JOIN event e ON e.id = a.event WHERE a.email = {} "
            "AND a.anonymised_at IS NULL AND e.status IN ('published', 'closed') AND e.ends_at > {} AND EXISTS "
            "(SELECT 1 FROM registration r WHERE r.attendee = a.id AND r.status <> 'cancelled') "
            "ORDER BY e.starts_at, a.created_at, a.id LIMIT 1",
            *(email, now),
        )
        if first:
            await mail.enqueue(
                mail.Kind.YOUR_TICKETS,
                dedup=f"tickets:{request}",
                attendee=first["id"],
                event=first["event"],
                address=first["email"],
                stranger=True,
                now=now,
            )
    return first is not None

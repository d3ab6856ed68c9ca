"""Once a day, at 8 in the morning in Paris, every adviser reads what became of the people they sent (rule 9)."""

from datetime import datetime, timedelta
from typing import Any

from workshops import mail, sent_people
from workshops.database import fetch, transaction

Row = dict[str, Any]


async def digest_due(now: datetime) -> int:
    """Write this morning's digests, once for all processes; how many. Nobody is written to where nothing happened."""
    until = sent_people.morning(now)
    if now < until:
        return 0
    async with transaction():
        first = await fetch(
            "INSERT INTO counter (id, window_starts_at, total) VALUES ({}, {}, 1) ON CONFLICT (id) DO NOTHING "
            "RETURNING id",
            *(f"digest:{until.date()}", now),
        )
        return sum([await _write(row, until, now) for row in await fetch(_ACCOUNTS, until)]) if first else 0


async def _write(account: Row, until: datetime, now: datetime) -> bool:
    since = await sent_people.told_until(account["id"], until)
    if not await sent_people.happened(account["id"], since, until):
        return False
    await mail.enqueue_to(
        mail.Kind.ADVISER_DIGEST,
        dedup=f"digest:{account['id']}:{until.date()}",
        address=account["email"],
        account=account["id"],
        now=now,
        expires_at=until + timedelta(days=1),
    )
    return True


_ACCOUNTS = (
    "SELECT c.id, c.email FROM account c WHERE c.closed_at IS NULL AND c.organisation IN "
    "(SELECT f.agency FROM referral f JOIN event e ON e.id = f.event WHERE e.ends_at > {}) ORDER BY c.id"
)

"""The next days, told to who asked to hear of them (product.md rule 8): rarely, by day, all new ones in one message."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from workshops import mail
from workshops.database import fetch, transaction
from workshops.i18n import PARIS
from workshops.mail import Kind

FROM, TO = time(10), time(18)
"""The hours, in Paris, in which it is written."""
APART = timedelta(days=7)
"""Between two messages of news to everybody."""
SETTLED = timedelta(hours=1)
"""How long a day must have been public: a mistake can be taken back before everybody is told."""
AHEAD = timedelta(days=1)
"""A day that begins sooner is no news any more."""


async def tell_news_due(now: datetime) -> int:
    """Write the news of the days that became public since the last news; how many messages.

    Once for each day, however many workers there are; at most once a week, between 10 and 18 h. Days by link only,
    cancelled ones and those that begin within a day are not told.
    """
    if not FROM <= now.astimezone(ZoneInfo(PARIS)).time() < TO:
        return 0
    async with transaction():
        told = await fetch(
            f"UPDATE event SET news_told_at = {{}} WHERE {_NEW} AND NOT EXISTS "
            "(SELECT 1 FROM event o WHERE o.news_told_at > {}) RETURNING id, starts_at",
            *(now, now - SETTLED, now + AHEAD, now - APART),
        )
        if not told:
            return 0
        people = await fetch(
            "SELECT id, email FROM news_address WHERE withdrawn_at IS NULL AND created_at <= {} ORDER BY id", now
        )
        await mail.enqueue_all(
            Kind.NEXT_DAYS,
            [(one["id"], one["email"]) for one in people],
            to="news_address",
            dedup=f"news:{now:%Y-%m-%d}",
            expires_at=min(now + APART, max(day["starts_at"] for day in told)),
            not_before=now,
            now=now,
        )
        return len(people)


_NEW = (
    "news_told_at IS NULL AND status = 'published' AND listed AND published_at IS NOT NULL AND published_at <= {} "
    "AND starts_at > {}"
)

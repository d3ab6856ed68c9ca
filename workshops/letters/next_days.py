"""The next days, for an address that asked to hear of them: day, town, how many jobs can be tried, and its page."""

from typing import Any

from workshops import database, unsubscribe_links
from workshops.communes import commune
from workshops.database import fetch, fetch_one
from workshops.i18n import translation
from workshops.letters.notices import Notice
from workshops.mail import Kind
from workshops.settings import settings
from workshops.unsubscribe_links import What

MOST_DAYS = 12

Row = dict[str, Any]


async def load(message: Row) -> Notice | None:
    """The days told at the moment of the message that are still to come; None once there are none, or nobody asks."""
    reader = await fetch_one(
        "SELECT n.id, n.email, n.locale, x.id AS suppressed FROM news_address n "
        "LEFT JOIN suppression x ON x.address_key = {} AND x.lifted_at IS NULL "
        "WHERE n.id = {} AND n.withdrawn_at IS NULL",
        *(message["address_key"], message["news_address"]),
    )
    days = await fetch(_DAYS, message["created_at"], database.utcnow()) if reader else []
    if not reader or not days:
        return None
    stop = unsubscribe_links.make(What.NEWS, reader["id"])
    return Notice(
        row=message["id"],
        kind=Kind.NEXT_DAYS,
        address=reader["email"],
        locale=reader["locale"],
        shown={"heading": heading(len(days), reader["locale"]), "days_told": [_day(day) for day in days], "stop": stop},
        ends_at=message["expires_at"],
        suppressed=reader["suppressed"] is not None,
        unsubscribe=stop,
    )


def heading(days: int, locale: str) -> str:
    """What it says first."""
    words = translation(locale)
    return words.ngettext("A new day to try jobs", "%(num)s new days to try jobs", days) % {"num": days}


def _day(row: Row) -> Row:
    town = commune(row["commune"] or "")
    return {
        "title": row["title"],
        "date": row["date"],
        "town": town.name if town else "",
        "jobs": row["jobs"],
        "link": f"{settings().public_url}/events/{row['id']}",
    }


_DAYS = (
    "SELECT e.id, e.title, e.date, v.commune, (SELECT count(*) FROM workshop w WHERE w.event = e.id "
    "AND w.status = 'ready' AND w.kind = 'stand') AS jobs FROM event e LEFT JOIN venue v ON v.id = e.venue "
    "WHERE e.news_told_at = {} AND e.status = 'published' AND e.listed AND e.starts_at > {} "
    f"ORDER BY e.starts_at, e.id LIMIT {MOST_DAYS}"
)

"""Who wants to hear of the next days (rule 8): addresses, kept apart from every attendee. Never opens a transaction."""

from datetime import datetime

from workshops.database import fetch
from workshops.ids import new_id
from workshops.tickets import Purpose, make_secret


async def remember(email: str, locale: str, now: datetime) -> None:
    """Keep an address that asked for news; once, however often it asks."""
    await fetch(
        "INSERT INTO news_address (id, email, locale, token_hash, created_at) VALUES ({}, {}, {}, {}, {}) "
        "ON CONFLICT (email) WHERE withdrawn_at IS NULL DO NOTHING",
        *(identity := new_id(), email, locale, make_secret(Purpose.MANAGE, identity).hash, now),
    )


async def forget(email: str, now: datetime) -> None:
    """Send no more news to an address."""
    await fetch("UPDATE news_address SET withdrawn_at = {} WHERE email = {} AND withdrawn_at IS NULL", now, email)

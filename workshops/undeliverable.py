"""What follows from a message that will never arrive, however we came to know it. In the caller's transaction."""

from datetime import datetime

from workshops.database import fetch
from workshops.ids import new_id


async def give_up(
    message: str, address_key: str | None, now: datetime, dead: str | None, why: str | None = "bounce"
) -> None:
    """Staff telephone those whom it told, `why` (product.md rule 9); no more to a `dead` address, for that cause."""
    if why:
        await fetch(
            "UPDATE attendee SET called_for = {}, called_at = NULL WHERE id IN "
            "(SELECT attendee FROM message WHERE address_key = {} AND (id = {} OR carried_by = {}))",
            *(why, address_key, message, message),
        )
    if dead and address_key:
        await fetch(
            "INSERT INTO suppression (id, address_key, cause, created_at) VALUES ({}, {}, {}, {}) "
            "ON CONFLICT DO NOTHING",
            *(new_id(), address_key, dead[:60], now),
        )

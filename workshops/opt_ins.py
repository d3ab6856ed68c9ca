"""What people agree to, and take back, by their manage link (rule 8): each for itself, never before they say so."""

from collections.abc import Collection
from datetime import datetime

from workshops import news, places
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import NotFound
from workshops.persons import contact_keys
from workshops.sql import marks


async def wants_news(email: str | None) -> bool:
    """Whether news of the next days go to this address."""
    found = await fetch("SELECT id FROM news_address WHERE email = {} AND withdrawn_at IS NULL", email or "")
    return bool(found)


async def choose(attendee: str, shared: Collection[str], wants: bool, actor: Actor) -> None:
    """Let the companies of these registrations of one's own, and of no others, have one's name and contact.

    `wants`: whether news of the next days are wanted at one's address. Under 16 nobody agrees to anything (GDPR
    art. 8). Raises NotFound for anybody else.
    """
    now = utcnow()
    async with transaction():
        row = await fetch_one(
            "SELECT id, email, locale, aged_16_or_over FROM attendee "
            "WHERE id = {} AND kind = 'person' AND anonymised_at IS NULL",
            attendee,
        )
        if row is None or actor.id != f"attendee:{attendee}":
            raise NotFound
        may = row["aged_16_or_over"] is not False
        await places.lock_people(contact_keys(row["email"], None) or [attendee], now)
        await _share(attendee, set(shared) if may else set(), now)
        if row["email"]:
            await _news(row["email"], row["locale"], wants and may, now)


async def _share(attendee: str, shared: set[str], now: datetime) -> None:
    own = await fetch("SELECT id, share_with_exhibitor FROM registration WHERE attendee = {} ORDER BY id", attendee)
    for share in (True, False):
        changed = [row["id"] for row in own if (row["id"] in shared) is share and row["share_with_exhibitor"] != share]
        if changed:
            await fetch(
                "UPDATE registration SET share_with_exhibitor = {}, updated_at = {} "
                f"WHERE id IN ({marks(len(changed))})",
                *(share, now, *changed),
            )


async def _news(email: str, locale: str, wanted: bool, now: datetime) -> None:
    if not wanted:
        await news.forget(email, now)
        return
    await news.remember(email, locale, now)

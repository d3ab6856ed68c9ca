"""Wanting no reminders or no news any more, and wanting them again; by the address, whoever of its people says so.

Tickets and changes of places still come.
"""

from dataclasses import dataclass

from workshops import news, unsubscribe_links
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import NotFound
from workshops.unsubscribe_links import OFF, What


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an address in a message ends, and whether it is ended."""

    what: What
    email: str
    locale: str
    is_off: bool


async def subscription(token: str) -> Subscription:
    """What the address with `token` ends. Raises NotFound, also once the person is erased."""
    found = unsubscribe_links.read(token)
    row = found and await fetch_one(_FOUND[found[0]], found[1])
    if not found or not row:
        raise NotFound
    return Subscription(found[0], row["email"], row["locale"], bool(row["is_off"]))


async def stop(token: str) -> Subscription:
    """End it; again: nothing changes. Raises NotFound."""
    return await _choose(token, wanted=False)


async def resume(token: str) -> Subscription:
    """Let them come again: a mistake can be undone. Raises NotFound."""
    return await _choose(token, wanted=True)


async def choose_reminders(attendee: str, wanted: bool, actor: Actor) -> None:
    """Want reminders at one's own address, or none. Raises NotFound for anybody else."""
    if actor.id != f"attendee:{attendee}":
        raise NotFound
    async with transaction():
        row = await fetch_one("SELECT email FROM attendee WHERE id = {} AND anonymised_at IS NULL", attendee)
        if row is None:
            raise NotFound
        if row["email"]:
            await _reminders(row["email"], wanted)


async def _choose(token: str, wanted: bool) -> Subscription:
    async with transaction():
        found = await subscription(token)
        if found.what is What.REMINDERS:
            await _reminders(found.email, wanted)
        elif wanted:
            await news.remember(found.email, found.locale, utcnow())
        else:
            await news.forget(found.email, utcnow())
        return Subscription(found.what, found.email, found.locale, is_off=not wanted)


async def _reminders(email: str, wanted: bool) -> None:
    if wanted:
        await fetch("UPDATE attendee SET reminders_off_at = NULL WHERE email = {}", email)
    else:
        await fetch(
            "UPDATE attendee SET reminders_off_at = {} WHERE email = {} AND reminders_off_at IS NULL", utcnow(), email
        )


_FOUND = {
    What.REMINDERS: (
        f"SELECT a.email, a.locale, {OFF} AS is_off FROM attendee a "
        "WHERE a.id = {} AND a.email IS NOT NULL AND a.anonymised_at IS NULL"
    ),
    What.NEWS: (
        "SELECT n.email, n.locale, NOT EXISTS (SELECT 1 FROM news_address o WHERE o.email = n.email "
        "AND o.withdrawn_at IS NULL) AS is_off FROM news_address n WHERE n.id = {}"
    ),
}

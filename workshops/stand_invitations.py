"""The organiser writes to the exhibitors of a day: come, please answer, here are your hours. One message each."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, transaction, utcnow
from workshops.errors import NotFound, WorkshopsError
from workshops.i18n import _
from workshops.mail import Kind, enqueue_to
from workshops.mail_links import LinkPurpose, make
from workshops.rights import led_event
from workshops.sql import marks
from workshops.stand_links import StandClosed, lasts, subject
from workshops.standings import Standing, standings

JUST_NOW = timedelta(minutes=2)

Row = dict[str, Any]
Chosen = Callable[[Standing], bool]


class NotPublished(WorkshopsError):
    """Residents do not read the day yet, so its hours may still move."""

    status = 409
    type = "not-published"
    title = _("Publish the day first: until then its hours may still move")


async def invite(event: str, exhibitor: str, email: str, actor: Actor) -> bool:
    """Write to one exhibitor at this address, once for all its workshops of the day; False if that was just done.

    The address is kept for the next days too; links that went to another one end. Raises NotFound, StandClosed.
    """
    now = utcnow()
    async with transaction():
        day, known = await _known(event, actor, now)
        one = next((standing for standing in known if standing.exhibitor == exhibitor), None)
        if one is None:
            raise NotFound
        if one.letters and one.email == email and one.letters[-1] > now - JUST_NOW:
            return False
        kept = await fetch(
            "UPDATE organisation SET email = {} WHERE id = {} AND (email IS NULL OR email <> {}) RETURNING id",
            *(email, exhibitor, email),
        )
        if kept:
            change: dict[str, Any] = {"before": {"email": None}, "after": {"email": email}}
            await audit.note(actor, "set_address", "organisation", exhibitor, event=event, now=now, **change)
        await _write(Kind.STAND_INVITATION, day, {exhibitor: email}, actor, now)
        return True


async def invite_all(event: str, actor: Actor) -> int:
    """Invite every exhibitor that has an address and was never written to; how many. Raises NotFound, StandClosed."""
    return await _write_to(Kind.STAND_INVITATION, event, lambda one: one.to_invite, actor)


async def remind(event: str, actor: Actor) -> int:
    """Write again to those that have not answered, or not finished a page; how many. Raises NotFound, StandClosed."""
    now = utcnow()
    return await _write_to(Kind.STAND_INVITATION, event, lambda one: one.to_remind(now), actor)


async def tell_programme(event: str, actor: Actor) -> int:
    """Send the exhibitors of a published day their hours; how many. Raises NotFound, StandClosed, NotPublished."""
    now = utcnow()
    return await _write_to(Kind.STAND_PROGRAMME, event, lambda one: one.to_tell(now), actor)


async def _write_to(kind: Kind, event: str, chosen: Chosen, actor: Actor) -> int:
    now = utcnow()
    async with transaction():
        day, known = await _known(event, actor, now)
        if kind is Kind.STAND_PROGRAMME and day["status"] == "draft":
            raise NotPublished
        addresses = {one.exhibitor: one.email for one in known if one.email and chosen(one)}
        if addresses:
            await _write(kind, day, addresses, actor, now)
        return len(addresses)


async def _known(event: str, actor: Actor, now: datetime) -> tuple[Row, list[Standing]]:
    """The day and its exhibitors; until the end of the transaction nobody else writes to them."""
    day = await led_event(actor, event, lock=True)
    if day["status"] == "cancelled" or day["ends_at"] <= now:
        raise StandClosed
    return day, await standings(event)


async def _write(kind: Kind, day: Row, addresses: dict[str, str], actor: Actor, now: datetime) -> None:
    for exhibitor, address in sorted(addresses.items()):
        link = await make(LinkPurpose.STAND, subject(day["id"], exhibitor), address, lasts(day, now), now)
        carried = {"link": link, "event": day["id"], "expires_at": day["ends_at"]}
        await enqueue_to(kind, dedup=f"{kind}:{link}", address=address, now=now, **carried)
    if kind is Kind.STAND_INVITATION:
        await fetch(
            "UPDATE workshop SET invited_at = {} WHERE event = {} AND invited_at IS NULL AND status <> 'cancelled' "
            f"AND exhibitor IN ({marks(len(addresses))})",
            *(now, day["id"], *addresses),
        )
    await audit.note(actor, f"send_{kind}", "event", day["id"], event=day["id"], people=len(addresses), now=now)

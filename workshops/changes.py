"""Giving a place back, or changing it for another: never losing the old one if the new one is gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import clashes, mail, places
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id, new_id
from workshops.places import Place, Slot
from workshops.refusals import CannotCancel, SessionFull
from workshops.tables.people import Role

_VISIBLE = (
    "SELECT r.id, r.attendee, r.session, r.status, s.starts_at, a.event, a.email, a.agency, "
    "e.lead = {} OR EXISTS (SELECT 1 FROM co_lead c WHERE c.event = e.id AND c.organisation = {}) AS leads "
    "FROM registration r JOIN session s ON s.id = r.session JOIN attendee a ON a.id = r.attendee "
    "JOIN event e ON e.id = a.event WHERE r.id = {}"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A registration that its reader may see."""

    place: Place
    attendee: str
    event: str


async def see(registration: str, actor: Actor) -> Found:
    """One registration, if the actor may see it; NotFound also for somebody else's (product.md "Who may do what")."""
    row = await _visible(registration, actor)
    return Found(Place(row["id"], row["session"], row["status"]), row["attendee"], row["event"])


async def cancel(registration: str, actor: Actor) -> Found:
    """Give a place back, until the slot begins (rule 6). Again: the same answer. Raises NotFound, CannotCancel."""
    now = utcnow()
    async with transaction():
        row = await _visible(registration, actor)
        await _lock_session(row["session"])
        row = await _visible(registration, actor)
        if row["status"] != "cancelled":
            if now >= row["starts_at"]:
                raise CannotCancel([row["session"]])
            await _free(row, actor, now)
    return Found(Place(row["id"], row["session"], "cancelled"), row["attendee"], row["event"])


async def move(registration: str, session: str, if_full: str, actor: Actor) -> Found:
    """Change a place for one in another slot of the same day, in one transaction.

    If the new slot is full: SessionFull and nothing has changed, or with `if_full` "wait" a place on its waiting
    list beside the old one, which is kept.
    """
    now = utcnow()
    async with transaction():
        row = await _visible(registration, actor)
        keys = await fetch("SELECT key FROM attendee_key WHERE attendee = {} AND active", row["attendee"])
        await places.lock_people([key["key"] for key in keys], now)
        slots = {slot.id: slot for slot in await places.lock_slots(row["event"], [session, row["session"]])}
        row = await _visible(registration, actor)
        if row["status"] == "cancelled":
            raise NotFound
        if session == row["session"]:
            return Found(Place(row["id"], session, row["status"]), row["attendee"], row["event"])
        place = await _exchange(row, slots[session], [key["key"] for key in keys], if_full, actor, now)
        await _tell(row, place, now)
    return Found(place, row["attendee"], row["event"])


async def _exchange(
    row: dict[str, Any], slot: Slot, keys: list[str], if_full: str, actor: Actor, now: datetime
) -> Place:
    known = await clashes.known_people(keys, row["event"])
    known.places = [place for place in known.places if place["registration"] != row["id"]]
    places.check_open([slot], now, actor)
    refusal = clashes.check_stored(known, keys, [slot], actor, bool(row["leads"]) or actor.role is Role.ADMIN)
    if refusal is not None:
        raise refusal
    if not slot.is_free and if_full == "refuse":
        raise SessionFull([slot.id])
    await places.count([slot], now)
    taken = Place(new_id(), slot.id, "confirmed" if slot.is_free else "waiting")
    await places.insert(row["attendee"], [taken], [slot], False, actor, now)
    if slot.is_free:
        await _free(row, actor, now)
    else:
        await fetch("UPDATE registration SET replaces = {} WHERE id = {}", row["id"], taken.id)
    return taken


async def _free(row: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Cancel a registration of a locked session and take it off the counter that held it."""
    await fetch(
        "UPDATE registration SET status = 'cancelled', position = NULL, offered_until = NULL, cancelled_at = {}, "
        "cancelled_by = {}, updated_at = {} WHERE id = {}",
        *(now, actor.id[:36], now, row["id"]),
    )
    counter = {"confirmed": "confirmed", "waiting": "waiting", "offered": "offered"}[row["status"]]
    await fetch(f"UPDATE session SET {counter} = {counter} - 1, updated_at = {{}} WHERE id = {{}}", now, row["session"])


async def _tell(row: dict[str, Any], place: Place, now: datetime) -> None:
    if row["email"]:
        await mail.enqueue(
            mail.Kind.YOUR_PLACES,
            dedup=f"places:{place.id}",
            attendee=row["attendee"],
            event=row["event"],
            address=row["email"],
            stranger=False,
            now=now,
        )


async def _visible(registration: str, actor: Actor) -> dict[str, Any]:
    row = is_id(registration) and await fetch_one(_VISIBLE, actor.organisation, actor.organisation, registration)
    if not row or not _may_see(row, actor):
        raise NotFound
    return row


def _may_see(row: dict[str, Any], actor: Actor) -> bool:
    if actor.role is Role.ADMIN or actor.id == f"attendee:{row['attendee']}":
        return True
    if actor.role is Role.ORGANISER:
        return bool(row["leads"])
    return actor.role is Role.ADVISER and row["agency"] == actor.organisation


async def _lock_session(session: str) -> None:
    await fetch(f"SELECT id FROM session WHERE id = {{}}{for_update()}", session)

"""Giving a place back, changing it for another, taking one more: never losing the old one if the new one is gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import audit, clashes, kept, mail, overlaps, places, rights
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id, new_id
from workshops.places import Place, Slot
from workshops.refusals import CannotCancel, GroupPlace, SessionFull
from workshops.rights import LEADS, SENT_BY
from workshops.tables.people import Role

_VISIBLE = (
    "SELECT r.id, r.attendee, r.session, r.status, r.hold, s.starts_at, a.event, a.kind, a.email, "
    f"{LEADS} AS leads, {SENT_BY} AS sent FROM registration r JOIN session s ON s.id = r.session "
    "JOIN attendee a ON a.id = r.attendee JOIN event e ON e.id = a.event WHERE r.id = {}"
)
_KEYS = "SELECT key FROM attendee_key WHERE attendee = {} AND active"


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
        await _lock_person(row["attendee"], now)
        await _lock_session(row["session"])
        row = await _visible(registration, actor)
        if row["status"] != "cancelled":
            if now >= row["starts_at"]:
                raise CannotCancel([row["session"]])
            await _free(row, actor, now)
            await _note("cancel_place", row, {"status": "cancelled"}, actor, now)
    return Found(Place(row["id"], row["session"], "cancelled"), row["attendee"], row["event"])


async def keep(registration: str, actor: Actor) -> Found:
    """Keep this of several places that are at the same time since one was moved; give back the others of that day.

    Raises NotFound, CannotCancel once one of the others has begun.
    """
    now = utcnow()
    async with transaction():
        row = await _visible(registration, actor)
        await _lock_person(row["attendee"], now)
        held = await overlaps.booked([row["attendee"]])
        chosen = next((one for one in held if one.id == registration), None)
        if chosen is None:
            raise NotFound
        others = [one for one in held if one.attendee == row["attendee"] and one.overlaps(chosen)]
        if begun := [one.session for one in others if one.starts_at <= now]:
            raise CannotCancel(begun)
        await kept.lock_sessions([one.session for one in (chosen, *others)])
        for other in others:
            given = await _visible(other.id, actor)
            await _free(given, actor, now)
            await _note("cancel_place", given, {"status": "cancelled"}, actor, now)
    return Found(Place(row["id"], row["session"], "confirmed"), row["attendee"], row["event"])


async def move(registration: str, session: str, if_full: str, actor: Actor) -> Found:
    """Change a place for one in another slot of the same day, in one transaction.

    If the new slot is full: SessionFull and nothing has changed, or with `if_full` "wait" a place on its waiting
    list beside the old one, which is kept. Raises GroupPlace for what is kept for a group that comes by number.
    """
    now = utcnow()
    async with transaction():
        row = await _visible(registration, actor)
        if row["kind"] == "group":
            raise GroupPlace([row["session"]])
        keys = await _lock_person(row["attendee"], now)
        slots = {slot.id: slot for slot in await places.lock_slots(row["event"], [session, row["session"]])}
        row = await _visible(registration, actor)
        if row["status"] == "cancelled":
            raise NotFound
        if session == row["session"]:
            return Found(Place(row["id"], session, row["status"]), row["attendee"], row["event"])
        place = await _exchange(row, slots[session], keys, if_full, actor, now)
        await _tell(row, place, now)
        await _note("move_place", row, {"session": place.session, "status": place.status}, actor, now)
    return Found(place, row["attendee"], row["event"])


async def add(attendee: str, sessions: Sequence[str], if_full: str, actor: Actor, holds: Sequence[str] = ()) -> None:
    """Take more places for somebody who takes part already, whom staff may see: one decision, as `register` makes it.

    `holds`: places kept for a group that are given to the person. Raises NotFound, Invalid, GroupPlace and the
    refusals of `workshops.refusals`.
    """
    now = utcnow()
    async with transaction():
        row = await rights.seen_attendee(actor, attendee)
        if row["kind"] == "group":
            raise GroupPlace
        keys = await _lock_person(attendee, now)
        leads = actor.role is not Role.ADVISER
        slots = await places.lock_slots(row["event"], sessions)
        slots = await kept.opened(slots, holds, actor, leads, now)
        places.check_request(slots, row["aged_16_or_over"], now, actor)
        known = await clashes.known_people(keys, row["event"], attendee)
        refusal = clashes.check_stored(known, keys, slots, actor, leads)
        if refusal is not None:
            raise refusal
        full = [slot.id for slot in slots if not slot.is_free]
        if full and if_full == "refuse":
            raise SessionFull(full)
        await places.count(slots, now)
        await kept.name(slots, now)
        taken = [Place(new_id(), slot.id, "confirmed" if slot.is_free else "waiting") for slot in slots]
        await places.insert(attendee, taken, slots, False, actor, now)
        await _tell({**row, "attendee": attendee}, taken[0], now)
        told = {"places": [[place.session, place.status] for place in taken]}
        await audit.note(actor, "add_places", "attendee", attendee, event=row["event"], after=told, people=1, now=now)


async def _lock_person(attendee: str, now: datetime) -> list[str]:
    """Lock a person by their keys, who has none by their attendee; return the keys."""
    keys = [row["key"] for row in await fetch(_KEYS, attendee)]
    await places.lock_people(keys or [attendee], now)
    return keys


async def _exchange(
    row: dict[str, Any], slot: Slot, keys: list[str], if_full: str, actor: Actor, now: datetime
) -> Place:
    known = await clashes.known_people(keys, row["event"], row["attendee"])
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
    """Cancel a registration of a locked person and session, take it off its counter, and ask for no choice about it."""
    await fetch(
        "UPDATE registration SET status = 'cancelled', position = NULL, offered_until = NULL, must_choose = false, "
        "cancelled_at = {}, cancelled_by = {}, updated_at = {} WHERE id = {}",
        *(now, actor.id[:36], now, row["id"]),
    )
    counter = {"confirmed": "confirmed", "waiting": "waiting", "offered": "offered"}[row["status"]]
    await fetch(f"UPDATE session SET {counter} = {counter} - 1, updated_at = {{}} WHERE id = {{}}", now, row["session"])
    if row["hold"]:
        await kept.take_back(row["hold"], row["session"], row["kind"] == "group", now)
    await overlaps.settle([row["attendee"]], now)


async def _note(action: str, row: dict[str, Any], after: dict[str, Any], actor: Actor, now: datetime) -> None:
    """What staff and programs do is kept; what people do with their own place is told by the place itself."""
    if not actor.is_anyone:
        kind, event = "registration", row["event"]
        await audit.note(actor, action, kind, row["id"], event=event, before=row, after={**row, **after}, now=now)


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
    row = is_id(registration) and await fetch_one(_VISIBLE, *[actor.organisation] * 4, registration)
    if not row or not _may_see(row, actor):
        raise NotFound
    return row


def _may_see(row: dict[str, Any], actor: Actor) -> bool:
    if actor.role is Role.ADMIN or actor.id == f"attendee:{row['attendee']}":
        return True
    if actor.role is Role.ORGANISER:
        return bool(row["leads"])
    return actor.role is Role.ADVISER and bool(row["sent"])


async def _lock_session(session: str) -> None:
    await fetch(f"SELECT id FROM session WHERE id = {{}}{for_update()}", session)

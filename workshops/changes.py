"""Giving a place back, changing it for another, taking one more: never losing the old one if the new one is gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from workshops import advisers, attendance, audit, clashes, freed, kept, overlaps, places, promotion, rights, texts
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import NotFound
from workshops.freed import Found
from workshops.ids import new_id
from workshops.places import Place, Slot
from workshops.refusals import CannotCancel, GroupPlace, SessionFull
from workshops.tables.people import Role
from workshops.turns import Turn, in_turn


async def see(registration: str, actor: Actor) -> Found:
    """One registration, if the actor may see it; NotFound also for somebody else's (product.md "Who may do what")."""
    row = await freed.visible(registration, actor)
    return Found(Place(row["id"], row["session"], row["status"]), row["attendee"], row["event"])


async def cancel(registration: str, actor: Actor) -> Found:
    """Give a place back, until the slot begins (rule 6); who waits first gets it. Again: the same answer.

    Raises NotFound, CannotCancel.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> Found:
        row = await freed.visible(registration, actor)
        await freed.lock_person(row["attendee"], now, turn.also)
        await kept.lock_sessions([row["session"]])
        row = await freed.visible(registration, actor)
        if row["status"] != "cancelled":
            if now >= row["starts_at"]:
                raise CannotCancel([row["session"]])
            await freed.free(row, actor, now)
            await promotion.fill([row["session"]], turn, now)
            await freed.tell(row, actor, now)
            await _note("cancel_place", row, {"status": "cancelled"}, actor, now)
            await advisers.tell([row["attendee"]], now, actor)
        return Found(Place(row["id"], row["session"], "cancelled"), row["attendee"], row["event"])

    return await in_turn(attempt)


async def cancel_all(attendee: str, actor: Actor) -> int:
    """Give back every place of one's own that has not begun, to who waits for each; how many. Again: none.

    Raises NotFound.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> int:
        row = await _taker(attendee, actor)
        await freed.lock_person(attendee, now, turn.also)
        sessions = await freed.free_all(attendee, actor, now)
        if sessions:
            await freed.tell({**row, "attendee": attendee}, actor, now)
        await promotion.fill(sessions, turn, now)
        await advisers.tell([attendee] if sessions else [], now, actor)
        return len(sessions)

    return await in_turn(attempt)


async def keep(registration: str, actor: Actor) -> Found:
    """Keep this of several places that are at the same time since one was moved; give back the others of that day.

    Raises NotFound, CannotCancel once one of the others has begun.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> Found:
        row = await freed.visible(registration, actor)
        await freed.lock_person(row["attendee"], now, turn.also)
        held = await overlaps.booked([row["attendee"]])
        chosen = next((one for one in held if one.id == registration), None)
        if chosen is None:
            raise NotFound
        others = [one for one in held if one.attendee == row["attendee"] and one.overlaps(chosen)]
        if begun := [one.session for one in others if one.starts_at <= now]:
            raise CannotCancel(begun)
        await kept.lock_sessions([one.session for one in (chosen, *others)])
        for other in others:
            given = await freed.visible(other.id, actor)
            await freed.free(given, actor, now)
            await _note("cancel_place", given, {"status": "cancelled"}, actor, now)
        await promotion.fill([other.session for other in others], turn, now)
        if others:
            await freed.tell(row, actor, now)
        await advisers.tell([row["attendee"]], now, actor)
        return Found(Place(row["id"], row["session"], "confirmed"), row["attendee"], row["event"])

    return await in_turn(attempt)


async def move(registration: str, session: str, if_full: str, actor: Actor) -> Found:
    """Change a place for one in another slot of the same day, in one transaction; the old one goes to who waits for it.

    If the new slot is full: SessionFull and nothing has changed, or with `if_full` "wait" a place on its waiting
    list beside the old one, which is kept. Raises GroupPlace for what is kept for a group that comes by number.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> Found:
        row = await freed.visible(registration, actor)
        if row["kind"] == "group":
            raise GroupPlace([row["session"]])
        keys = await freed.lock_person(row["attendee"], now, turn.also)
        slots = {slot.id: slot for slot in await places.lock_slots(row["event"], [session, row["session"]])}
        row = await freed.visible(registration, actor)
        if row["status"] == "cancelled":
            raise NotFound
        if session == row["session"]:
            return Found(Place(row["id"], session, row["status"]), row["attendee"], row["event"])
        place = await _exchange(row, slots[session], keys, if_full, actor, now)
        await promotion.fill([row["session"]], turn, now)
        await texts.tell_places(row["attendee"], row["event"], row["email"], f"places:{place.id}", now)
        await _note("move_place", row, {"session": place.session, "status": place.status}, actor, now)
        await advisers.tell([row["attendee"]], now, actor)
        return Found(place, row["attendee"], row["event"])

    return await in_turn(attempt)


async def add(attendee: str, sessions: Sequence[str], if_full: str, actor: Actor, holds: Sequence[str] = ()) -> None:
    """Take more places for somebody who takes part already, whom staff may see: one decision, as `register` makes it.

    People take them for themselves too, within what can be booked online. `holds`: places kept for a group that are
    given to the person. Raises NotFound, Invalid, GroupPlace and the refusals of `workshops.refusals`.
    """
    now = utcnow()
    async with transaction():
        row = await _taker(attendee, actor)
        if row["kind"] == "group":
            raise GroupPlace
        keys = await freed.lock_person(attendee, now)
        leads = actor.role in (Role.ORGANISER, Role.ADMIN)
        slots = await places.lock_slots(row["event"], sessions)
        slots = await kept.opened(slots, holds, actor, leads, now)
        inside = actor.is_anyone and await attendance.is_in(attendee)
        places.check_request(slots, row["aged_16_or_over"], now, actor, inside)
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
        await texts.tell_places(attendee, row["event"], row["email"], f"places:{taken[0].id}", now)
        if not actor.is_anyone:
            told, event = {"places": [[place.session, place.status] for place in taken]}, row["event"]
            await audit.note(actor, "add_places", "attendee", attendee, event=event, after=told, people=1, now=now)
        await advisers.tell([attendee], now, actor)


async def _taker(attendee: str, actor: Actor) -> dict[str, Any]:
    """The person who takes or gives back places: oneself, or whom staff may see. Raises NotFound."""
    if not actor.is_anyone:
        return await rights.seen_attendee(actor, attendee)
    row = await fetch_one(
        "SELECT id, event, kind, email, aged_16_or_over FROM attendee WHERE id = {} AND anonymised_at IS NULL", attendee
    )
    if row is None or actor.id != f"attendee:{attendee}":
        raise NotFound
    return row


async def _exchange(
    row: dict[str, Any], slot: Slot, keys: list[str], if_full: str, actor: Actor, now: datetime
) -> Place:
    known = await clashes.known_people(keys, row["event"], row["attendee"])
    known.places = [place for place in known.places if place["registration"] != row["id"]]
    inside = actor.is_anyone and await attendance.is_in(row["attendee"])
    places.check_open([slot], now, actor, inside)
    refusal = clashes.check_stored(known, keys, [slot], actor, bool(row["leads"]) or actor.role is Role.ADMIN)
    if refusal is not None:
        raise refusal
    if not slot.is_free and if_full == "refuse":
        raise SessionFull([slot.id])
    await places.count([slot], now)
    taken = Place(new_id(), slot.id, "confirmed" if slot.is_free else "waiting")
    share = bool(row["share_with_exhibitor"]) and slot.workshop == row["workshop"]
    await places.insert(row["attendee"], [taken], [slot], share, actor, now)
    if slot.is_free:
        await freed.free(row, actor, now)
        await fetch(  # what was to be exchanged for the old place is now for this one
            "UPDATE registration SET replaces = {} WHERE attendee = {} AND replaces = {} "
            "AND status IN ('waiting', 'offered')",
            *(taken.id, row["attendee"], row["id"]),
        )
    else:
        await fetch("UPDATE registration SET replaces = {} WHERE id = {}", row["id"], taken.id)
    return taken


async def _note(action: str, row: dict[str, Any], after: dict[str, Any], actor: Actor, now: datetime) -> None:
    """What staff and programs do is kept; what people do with their own place is told by the place itself."""
    if not actor.is_anyone:
        kind, event = "registration", row["event"]
        await audit.note(actor, action, kind, row["id"], event=event, before=row, after={**row, **after}, now=now)

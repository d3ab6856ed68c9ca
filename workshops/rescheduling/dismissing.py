"""A burst cancelled together: whoever proved an address, or was not asked to, is told once."""

from datetime import datetime

from workshops import bursts, consequences, kept, promotion, rights, sql
from workshops.actors import Actor
from workshops.bursts import Burst
from workshops.consequences import Place
from workshops.database import fetch, fetch_one, utcnow
from workshops.errors import NotFound
from workshops.rescheduling import locks
from workshops.rescheduling.locks import AS_USUAL, ChangedMeanwhile, How
from workshops.rescheduling.writing import Change, ask_to_choose, recount, write
from workshops.turns import Turn, in_turn


async def cancel_burst(event: str, burst: str, *, unproved: bool, actor: Actor, how: How = AS_USUAL) -> str:
    """Cancel all places to come of a burst, or those of people who have not proved their address; the id of the change.

    Raises NotFound, ChangedMeanwhile where `how.seen` is not what these people are now, Busy.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> str:
        await rights.led_event(actor, event)
        people = (await _found(event, burst, now)).chosen(unproved=unproved)
        if not people or (how.seen and how.seen != bursts.mark_of(people)):
            raise ChangedMeanwhile
        scope = f"a.id IN ({sql.marks(len(people))}) AND s.starts_at > {{}}", (*(one.id for one in people), now)
        first = await consequences.places_in(scope)
        await locks.lock_people(first, turn, now)
        await rights.touch(event, now)
        sessions = sorted({place.session for place in first})
        if not sessions:
            raise ChangedMeanwhile
        await kept.lock_sessions(sessions)
        places = await consequences.places_in(scope)
        if not places or {place.session for place in places} - set(sessions):
            raise ChangedMeanwhile
        locks.check_grown(first, places)
        await _cancel(places, actor, how, now)
        await recount(sessions, now)
        await promotion.fill(sessions, turn, now)
        day = await fetch_one("SELECT * FROM event WHERE id = {}", event)
        assert day is not None
        change = Change("cancel_burst", day, ("event", event))
        change.after["burst"] = {burst: {"people": len({place.attendee for place in places})}}
        told = {one.id for one in people if not one.unproved}
        change.effects = [(place, "cancelled" if place.attendee in told else "dropped") for place in places]
        await ask_to_choose(change, now)
        return await write(change, actor, how, now)

    return await in_turn(attempt)


async def _found(event: str, burst: str, now: datetime) -> Burst:
    found = next((one for one in await bursts.of_event(event, now) if one.id == burst), None)
    if found is None:
        raise NotFound
    return found


async def _cancel(places: list[Place], actor: Actor, how: How, now: datetime) -> None:
    await fetch(
        "UPDATE registration SET status = 'cancelled', position = NULL, offered_until = NULL, must_choose = false, "
        "sequence = sequence + 1, cancelled_at = {}, cancelled_by = {}, cancelled_why = {}, updated_at = {} "
        f"WHERE id IN ({sql.marks(len(places))})",
        *(now, actor.id[:36], how.why or None, now, *(place.id for place in places)),
    )
    for place in places:
        if place.hold:
            await kept.take_back(place.hold, place.session, False, now)

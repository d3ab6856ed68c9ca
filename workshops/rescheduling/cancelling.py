"""What does not take place: a slot, a workshop, a day, or what is left of a day under way. Everybody is told once.

Places of slots that have begun stay as they are: whoever came, came (product.md rule 10).
"""

from datetime import datetime

from workshops import consequences, rights, sql
from workshops.actors import Actor
from workshops.database import fetch, utcnow
from workshops.i18n import _
from workshops.rescheduling.locks import AS_USUAL, ChangedMeanwhile, How, Locked, TooLate, lock
from workshops.rescheduling.writing import Change, ask_to_choose, write
from workshops.turns import Turn, in_turn

BEGUN = _("It has begun. Cancel what is left of it.")


async def cancel_slot(session: str, actor: Actor, how: How = AS_USUAL) -> str:
    """Call one slot off, before it begins; the id of the change. Raises NotFound, TooLate, ChangedMeanwhile, Busy."""
    now = utcnow()

    async def attempt(turn: Turn) -> str:
        known = await rights.led_session(actor, session)
        locked = await lock(known["event"], consequences.slot(session), how, turn, now)
        if locked.only["starts_at"] <= now:
            raise TooLate(_("This time slot has begun: it can no longer be cancelled."))
        change = Change("cancel_slot", locked.day, ("session", session))
        return await _call_off(change, locked, actor, how, now)

    return await in_turn(attempt)


async def cancel_workshop(workshop: str, actor: Actor, how: How = AS_USUAL) -> str:
    """Call off the slots of a workshop that have not begun; the id of the change.

    Where none has begun, the workshop itself is cancelled. Raises NotFound, ChangedMeanwhile, Busy.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> str:
        known = await rights.led_workshop(actor, workshop)
        locked = await lock(known["event"], consequences.to_come_of(workshop, now), how, turn, now)
        known = await rights.led_workshop(actor, workshop)
        if known["status"] == "cancelled":
            raise ChangedMeanwhile
        change = Change("cancel_workshop", locked.day, ("workshop", workshop))
        if not await consequences.sessions_in(("s.workshop = {} AND s.starts_at <= {}", (workshop, now))):
            change.becomes("workshop", known, status="cancelled", cancelled_at=now)
            await fetch(
                "UPDATE workshop SET status = 'cancelled', cancelled_at = {}, version = version + 1, updated_at = {} "
                "WHERE id = {}",
                *(now, now, workshop),
            )
        return await _call_off(change, locked, actor, how, now)

    return await in_turn(attempt)


async def cancel_day(event: str, actor: Actor, how: How = AS_USUAL) -> str:
    """Call a whole day off, before its first slot begins; the id of the change.

    Raises NotFound, TooLate, ChangedMeanwhile, Busy.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> str:
        await rights.led_event(actor, event)
        locked = await lock(event, consequences.to_come_on(event, now), how, turn, now)
        if locked.day["status"] == "cancelled":
            raise ChangedMeanwhile
        if locked.day["ends_at"] <= now or await consequences.has_begun(event, now):
            raise TooLate(BEGUN)
        change = Change("cancel_day", locked.day, ("event", event))
        change.becomes("event", locked.day, status="cancelled", cancelled_at=now, cancelled_why=how.why or None)
        await fetch(
            "UPDATE event SET status = 'cancelled', cancelled_at = {}, cancelled_why = {} WHERE id = {}",
            *(now, how.why or None, event),
        )
        return await _call_off(change, locked, actor, how, now)

    return await in_turn(attempt)


async def cancel_rest(event: str, actor: Actor, how: How = AS_USUAL) -> str:
    """Call off what has not begun of a day; the id of the change. Raises NotFound, ChangedMeanwhile, Busy."""
    now = utcnow()

    async def attempt(turn: Turn) -> str:
        await rights.led_event(actor, event)
        locked = await lock(event, consequences.to_come_on(event, now), how, turn, now)
        if not locked.sessions:
            raise ChangedMeanwhile
        return await _call_off(Change("cancel_rest", locked.day, ("event", event)), locked, actor, how, now)

    return await in_turn(attempt)


async def _call_off(change: Change, locked: Locked, actor: Actor, how: How, now: datetime) -> str:
    """Cancel the locked slots with their places, and free what was kept in them for groups."""
    ids = [slot["id"] for slot in locked.sessions]
    if ids:
        marks = sql.marks(len(ids))
        for slot in locked.sessions:
            change.becomes("session", slot | {"cancelled_at": None}, status="cancelled", cancelled_at=now)
        await fetch(
            "UPDATE registration SET status = 'cancelled', position = NULL, offered_until = NULL, must_choose = false, "
            "cancelled_at = {}, cancelled_by = {}, cancelled_why = {}, updated_at = {} "
            f"WHERE session IN ({marks}) AND status <> 'cancelled'",
            *(now, actor.id[:36], how.why or None, now, *ids),
        )
        for hold in await fetch(
            "UPDATE hold SET status = 'released', released_at = {} "
            f"WHERE session IN ({marks}) AND status = 'active' RETURNING id",
            *(now, *ids),
        ):
            change.becomes("hold", hold | {"status": "active", "released_at": None}, status="released", released_at=now)
        await fetch(
            "UPDATE session SET status = 'cancelled', cancelled_at = {}, confirmed = 0, offered = 0, waiting = 0, "
            f"held = 0, sequence = sequence + 1, updated_at = {{}} WHERE id IN ({marks})",
            *(now, now, *ids),
        )
    change.effects = [(place, "cancelled") for place in locked.places]
    await ask_to_choose(change, now)
    return await write(change, actor, how, now)

"""A slot at another time, a day in another hall: everybody concerned is told once, and it can be undone for a while."""

from datetime import datetime
from zoneinfo import ZoneInfo

from workshops import consequences, occupancy, promotion, rights
from workshops.actors import Actor
from workshops.database import fetch, utcnow
from workshops.errors import Fault, Invalid
from workshops.i18n import _
from workshops.rescheduling.locks import AS_USUAL, How, Row, TooLate, lock
from workshops.rescheduling.writing import Change, ask_to_choose, raise_sequences, write
from workshops.turns import Turn, in_turn


async def move_slot(session: str, starts_at: datetime, ends_at: datetime, actor: Actor, how: How = AS_USUAL) -> str:
    """Let a slot take place at other hours of the same day (UTC); the id of the change.

    Who then has two confirmed places at once is to choose. Raises NotFound, Invalid (fields `start`, `end`), TooLate
    once the slot has begun, ChangedMeanwhile, Busy.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> str:
        known = await rights.led_session(actor, session)
        check_hours(known, starts_at, ends_at, now)
        locked = await lock(known["event"], consequences.slot(session), how, turn, now)
        slot = locked.only
        if slot["starts_at"] <= now:
            raise TooLate(_("This time slot has begun: it can no longer be moved."))
        change = Change("move_slot", locked.day, ("session", session))
        change.becomes("session", slot, starts_at=starts_at, ends_at=ends_at)
        await fetch(
            "UPDATE session SET starts_at = {}, ends_at = {}, sequence = sequence + 1, updated_at = {} WHERE id = {}",
            *(starts_at, ends_at, now, session),
        )
        await _move_holds(change, slot, starts_at, ends_at)
        await _end_offers(session, starts_at, now)
        change.effects = [(place, "moved") for place in locked.places]
        await ask_to_choose(change, now)
        await promotion.fill([session], turn, now)
        return await write(change, actor, how, now)

    return await in_turn(attempt)


async def change_hall(event: str, venue: str, actor: Actor, how: How = AS_USUAL) -> str:
    """Let a day take place in another hall that has said yes; the id of the change. The old hall stays asked for.

    Raises NotFound, Invalid (field `venue`), TooLate once the day is over, ChangedMeanwhile, Busy.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> str:
        known = await rights.led_event(actor, event)
        if known["ends_at"] <= now or known["status"] == "cancelled":
            raise TooLate(_("This day is over or cancelled."))
        await _check_hall(known, venue)
        await occupancy.lock(venue)
        locked = await lock(event, consequences.not_over_on(event, now), how, turn, now)
        await _check_hall(locked.day, venue)
        change = Change("change_hall", locked.day, ("event", event))
        change.becomes("event", locked.day, venue=venue)
        await fetch("UPDATE event SET venue = {} WHERE id = {}", venue, event)
        await raise_sequences([slot["id"] for slot in locked.sessions], now)
        change.effects = [(place, "hall") for place in locked.places]
        return await write(change, actor, how, now)

    return await in_turn(attempt)


async def halls_for(event: Row) -> list[Row]:
    """The halls that have said yes to this day, its present one included: id, name, address, commune (INSEE code)."""
    return await fetch(
        "SELECT v.id, v.name, v.address, v.commune FROM venue v WHERE v.id IN "
        "(SELECT q.venue FROM venue_request q WHERE q.event = {} AND q.status = 'accepted') OR v.id = {} "
        "ORDER BY v.name",
        *(event["id"], event["venue"]),
    )


def check_hours(slot: Row, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raise Invalid unless a slot of this day (a row of `rights.led_session`) may take place at these hours (UTC)."""
    faults, zone = [], ZoneInfo(slot["zone"])
    if ends_at <= starts_at:
        faults.append(Fault("end", _("A slot ends after it begins.")))
    if starts_at.astimezone(zone).date() != slot["date"]:
        faults.append(Fault("start", _("A slot stays on its day.")))
    elif starts_at <= now:
        faults.append(Fault("start", _("This hour has passed.")))
    elif not slot["event_starts_at"] <= starts_at or not ends_at <= slot["event_ends_at"]:
        faults.append(Fault("start", _("This is outside the hours of the day. Change the hours of the day first.")))
    elif (starts_at, ends_at) == (slot["starts_at"], slot["ends_at"]):
        faults.append(Fault("start", _("The slot is at these hours already.")))
    if faults:
        raise Invalid(faults=tuple(faults))


async def _check_hall(day: Row, venue: str) -> None:
    if venue == day["venue"] or venue not in {hall["id"] for hall in await halls_for(day)}:
        raise Invalid(faults=(Fault("venue", _("Choose one of these halls.")),))


async def _move_holds(change: Change, slot: Row, starts_at: datetime, ends_at: datetime) -> None:
    """What is kept until the slot begins, or ends for a group by number, is kept until the new hour."""
    for hold in await fetch(
        "SELECT id, by_number, until_at FROM hold WHERE session = {} AND status = 'active' ORDER BY id", slot["id"]
    ):
        if hold["by_number"]:
            until = ends_at
        else:
            until = starts_at if hold["until_at"] == slot["starts_at"] else min(hold["until_at"], starts_at)
        if until != hold["until_at"]:
            change.becomes("hold", hold, until_at=until)
            await fetch("UPDATE hold SET until_at = {} WHERE id = {}", until, hold["id"])


async def _end_offers(session: str, starts_at: datetime, now: datetime) -> None:
    """No place is kept for an answer beyond the hour at which its slot now begins."""
    await fetch(
        "UPDATE registration SET offered_until = {}, updated_at = {} "
        "WHERE session = {} AND status = 'offered' AND offered_until > {}",
        *(starts_at, now, session, starts_at),
    )

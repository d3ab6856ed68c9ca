"""More places in a slot, or fewer: below what is taken, the organiser says who waits and who goes to another slot."""

from collections.abc import Mapping
from datetime import datetime

from workshops import consequences, promotion, rights, sql
from workshops.actors import Actor
from workshops.consequences import Place
from workshops.database import fetch, utcnow
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.i18n import _
from workshops.rescheduling.locks import AS_USUAL, How, Locked, Row, TooLate, lock
from workshops.rescheduling.writing import Change, ask_to_choose, recount, write
from workshops.turns import Turn, in_turn

MOST_PLACES = 2000
WAIT = ""
"""Instead of another slot: the head of the waiting list."""


class ChooseAgain(WorkshopsError):
    """The places taken are no longer those that the choice was made from."""

    status = 409
    type = "choose-again"
    title = _("The people booked on this slot have changed meanwhile. Choose again")


async def set_capacity(
    session: str, capacity: int, actor: Actor, how: How = AS_USUAL, leaving: Mapping[str, str] | None = None
) -> str:
    """Give a slot `capacity` places, more of them to who waits; the id of the change.

    Below what is taken (rule 1), `leaving` says for exactly so many registrations where they go: WAIT, first come
    first, before everybody who waits already, or another slot of the workshop; without it, the last come wait. Raises
    NotFound, Invalid, TooLate, ChooseAgain, ChangedMeanwhile, Busy.
    """
    now = utcnow()
    targets = {to for to in (leaving or {}).values() if to}

    async def attempt(turn: Turn) -> str:
        known = await rights.led_session(actor, session)
        if not 1 <= capacity <= MOST_PLACES or capacity == known["capacity"]:
            raise Invalid(
                faults=(
                    Fault(
                        "capacity",
                        _("Write another number of places than before."),
                    ),
                )
            )
        locked = await lock(known["event"], consequences.slot(session), how, turn, now, targets - {session})
        slot = locked.only
        if slot["starts_at"] <= now:
            raise TooLate(_("This time slot has begun: its places stay as they are."))
        change = Change("set_capacity", locked.day, ("session", session))
        change.becomes("session", slot, capacity=capacity)
        leavers = _leavers(slot, locked.places, capacity, leaving)
        moving = {place.id: to for place in leavers if (to := (leaving or {}).get(place.id, WAIT))}
        await _check_targets(locked, slot, moving, now)
        waiting = [place for place in leavers if place.id not in moving]
        await _send_to_wait(waiting, slot["queue_head"], now)
        for to in sorted(targets):
            await _send_to(locked.by_id[to], [id for id, where in moving.items() if where == to], slot, now)
        head = slot["queue_head"] - len(waiting)
        await recount([session], now, {"capacity": capacity, "queue_head": head})
        if targets:
            await recount(sorted(targets), now)
        await promotion.fill([session], turn, now)
        change.effects = [(place, "sent_on" if place.id in moving else "waits") for place in leavers]
        await ask_to_choose(change, now)
        return await write(change, actor, how, now)

    return await in_turn(attempt)


async def other_slots(slot: Row, now: datetime) -> list[Row]:
    """Where people of a slot may go instead: slots of its workshop to come, with places that nobody waits for."""
    scope = consequences.to_come_of(slot["workshop"], now)
    rows = [row for row in await consequences.sessions_in(scope) if row["id"] != slot["id"]]
    return sorted((row for row in rows if free(row) > 0), key=lambda row: (row["starts_at"], row["id"]))


def free(slot: Row) -> int:
    """The places of a slot that are nobody's, and that nobody waits for."""
    left = slot["capacity"] - slot["confirmed"] - slot["offered"] - slot["held"]
    return 0 if slot["waiting"] else int(left)


def excess(slot: Row, places: list[Place], capacity: int) -> int:
    """How many places go at this capacity. Raises Invalid where more are for groups than there would be."""
    for_groups = slot["held"] + sum(place.hold is not None and place.status == "confirmed" for place in places)
    if for_groups > capacity:
        detail = _("%(num)s places are for groups: change what is kept for them first.")
        raise Invalid(faults=(Fault("capacity", detail, {"num": for_groups}),))
    return max(0, int(slot["confirmed"] + slot["offered"] + slot["held"] - capacity))


def _leavers(slot: Row, places: list[Place], capacity: int, leaving: Mapping[str, str] | None) -> list[Place]:
    """Who leaves, first come first. Raises ChooseAgain unless it is as many as must."""
    number = excess(slot, places, capacity)
    chosen = leaving if leaving is not None else [place.id for place in consequences.last_come(places, number)]
    found = [place for place in consequences.last_come(places, len(places))[::-1] if place.id in chosen]
    if len(found) != number or len(chosen) != number:
        raise ChooseAgain
    return found


async def _check_targets(locked: Locked, slot: Row, moving: Mapping[str, str], now: datetime) -> None:
    """Raise ChooseAgain unless those who move may: confirmed, into a slot with room where they are not yet."""
    if not moving:
        return
    for to in set(moving.values()):
        target = locked.by_id.get(to)
        asked = sum(where == to for where in moving.values())
        fits = target and target["workshop"] == slot["workshop"] and target["starts_at"] > now
        if not target or not fits or target["id"] == slot["id"] or free(target) < asked:
            raise ChooseAgain
    people = {place.attendee: place for place in locked.places if place.id in moving}
    there = await fetch(
        "SELECT attendee, session FROM registration WHERE status <> 'cancelled' "
        f"AND attendee IN ({sql.marks(len(people))})",
        *people,
    )
    if any(moving[people[row["attendee"]].id] == row["session"] for row in there):
        raise ChooseAgain
    if any(place.status != "confirmed" for place in people.values()):
        raise ChooseAgain


async def _send_to_wait(leavers: list[Place], head: int, now: datetime) -> None:
    """To the head of the waiting list, first come first: positions count down from its head."""
    if not leavers:
        return
    places = "WHEN {} THEN CAST({} AS INTEGER) " * len(leavers)
    positions = [value for i, place in enumerate(leavers) for value in (place.id, head - len(leavers) + i)]
    await fetch(
        f"UPDATE registration SET status = 'waiting', position = CASE id {places}END, offered_until = NULL, "
        "must_choose = false, sequence = sequence + 1, updated_at = {} "
        f"WHERE id IN ({sql.marks(len(leavers))})",
        *(*positions, now, *(place.id for place in leavers)),
    )


async def _send_to(target: Row, registrations: list[str], slot: Row, now: datetime) -> None:
    """Into another slot: the same place to its owner's calendar, whose version rises whatever the slots' own are."""
    rise = 1 + max(0, slot["sequence"] - target["sequence"])
    await fetch(
        "UPDATE registration SET session = {}, sequence = sequence + {}, updated_at = {} "
        f"WHERE id IN ({sql.marks(len(registrations))})",
        *(target["id"], rise, now, *registrations),
    )

"""A group that comes by number: one attendee, one ticket, and in each of its slots one registration.

That registration is the first of the places kept there, so that pages, letters and the door show the group its hours.
Never opens a transaction; whoever calls has locked the slots, and the event by `rights.touch`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from workshops.actors import Actor
from workshops.database import fetch
from workshops.ids import new_id
from workshops.newcomers import Group, write_group
from workshops.sql import marks, rows

Row = dict[str, Any]


async def write(
    event: str, group: Group, slots: Sequence[Row], holds: Sequence[str], actor: Actor, now: datetime
) -> str:
    """Write a group with its ticket and, for each slot and its hold, its place; return the attendee's id."""
    attendee = await write_group(group, event, actor, now)
    places = [
        (new_id(), attendee, slot["session"], "confirmed", hold, actor.id[:36], now, now)
        for slot, hold in zip(slots, holds, strict=True)
    ]
    await fetch(
        "INSERT INTO registration (id, attendee, session, status, hold, created_by, created_at, updated_at) "
        f"VALUES {rows(len(places), 8)}",
        *(value for place in places for value in place),
    )
    taken = [slot["session"] for slot in slots]
    await fetch(f"UPDATE session SET confirmed = confirmed + 1 WHERE id IN ({marks(len(taken))})", *taken)
    return attendee


async def resize(attendee: str, adult_name: str | None, adult_phone: str | None, now: datetime) -> None:
    """Write how many come, as their holds now say, and who answers for them. Who gave all back keeps the size."""
    slots = await fetch(
        "SELECT s.starts_at, s.ends_at, h.places FROM registration r JOIN hold h ON h.id = r.hold "
        "JOIN session s ON s.id = r.session WHERE r.attendee = {} AND r.status <> 'cancelled'",
        attendee,
    )
    if slots:
        await fetch("UPDATE attendee SET size = {}, updated_at = {} WHERE id = {}", size(slots), now, attendee)
    await fetch(
        "UPDATE attendee SET adult_name = {}, adult_phone = {} WHERE id = {}", adult_name, adult_phone, attendee
    )
    await fetch(
        "UPDATE hold SET adult_name = {}, adult_phone = {} WHERE id IN "
        "(SELECT r.hold FROM registration r WHERE r.attendee = {} AND r.hold IS NOT NULL)",
        *(adult_name, adult_phone, attendee),
    )


async def give_back(hold: str, actor: Actor, now: datetime) -> None:
    """Cancel the group's place in the slot of this hold and take it off the counter."""
    freed = await fetch(
        "UPDATE registration SET status = 'cancelled', sequence = sequence + 1, cancelled_at = {}, cancelled_by = {}, "
        "updated_at = {} "
        "WHERE hold = {} AND status = 'confirmed' RETURNING session",
        *(now, actor.id[:36], now, hold),
    )
    for row in freed:
        await fetch("UPDATE session SET confirmed = confirmed - 1, updated_at = {} WHERE id = {}", now, row["session"])


def size(slots: Iterable[Row]) -> int:
    """How many people come when each slot (starts_at, ends_at) has `places`: a class may be in two slots at once."""
    known: list[Row] = list(slots)
    most: int = max(
        sum(slot["places"] for slot in known if slot["starts_at"] <= one["starts_at"] < slot["ends_at"])
        for one in known
    )
    return most

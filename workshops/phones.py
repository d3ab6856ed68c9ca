"""What an organiser decides about the door: which phones count, when unclaimed places are given."""

from datetime import datetime
from typing import Any

from workshops import audit, rights
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.rights import led_event

UNCLAIMED = range(-10, 11)
"""Minutes after a slot's beginning at which the places that nobody claimed are given to who is there."""

Row = dict[str, Any]


async def set_aside(device: str, why: str, actor: Actor) -> int:
    """Let nothing that a phone has read or will hand in count as attendance; how many reads. `count_again` undoes it.

    Raises NotFound for a device of an event that the actor does not lead. Again: only the reason changes.
    """
    now = utcnow()
    async with transaction():
        row = await _device(device, actor)
        since = row["set_aside_at"] or now
        await fetch("UPDATE device SET set_aside_at = {}, set_aside_why = {} WHERE id = {}", since, why, device)
        reads = await fetch(
            "UPDATE scan SET set_aside_at = {}, set_aside_by = {}, set_aside_why = {} WHERE device = {} "
            "AND (set_aside_at IS NULL OR set_aside_at = {}) RETURNING id",
            *(since, actor.id[:36], why, device, since),
        )
        await _note("set_aside_phone", row, {"set_aside_why": why}, actor, now, len(reads))
    return len(reads)


async def count_again(device: str, actor: Actor) -> int:
    """Let count again what was set aside with the phone, not what was set aside by itself; how many reads.

    Raises NotFound as `set_aside`.
    """
    now = utcnow()
    async with transaction():
        row = await _device(device, actor)
        if row["set_aside_at"] is None:
            return 0
        reads = await fetch(
            "UPDATE scan SET set_aside_at = NULL, set_aside_by = NULL, set_aside_why = NULL WHERE device = {} "
            "AND set_aside_at = {} RETURNING id",
            *(device, row["set_aside_at"]),
        )
        await fetch("UPDATE device SET set_aside_at = NULL, set_aside_why = NULL WHERE id = {}", device)
        await _note("count_phone", row, {"set_aside_why": None}, actor, now, len(reads))
    return len(reads)


async def set_aside_read(scan: str, why: str, actor: Actor) -> None:
    """Let one read not count as attendance, for a reason; again: only the reason changes. Raises NotFound."""
    now = utcnow()
    async with transaction():
        row = await _read(scan, actor)
        await fetch(
            "UPDATE scan SET set_aside_at = {}, set_aside_by = {}, set_aside_why = {} WHERE id = {}",
            *(now, actor.id[:36], why, scan),
        )
        await _note("set_aside_read", row, {"set_aside_why": why}, actor, now, 1, "scan")


async def count_read(scan: str, actor: Actor) -> None:
    """Let a read count again that was set aside, by itself or with its phone. Raises NotFound."""
    now = utcnow()
    async with transaction():
        row = await _read(scan, actor)
        await fetch(
            "UPDATE scan SET set_aside_at = NULL, set_aside_by = NULL, set_aside_why = NULL WHERE id = {}", scan
        )
        await _note("count_read", row, {"set_aside_why": None}, actor, now, 1, "scan")


async def give_unclaimed(event: str, minutes: int, actor: Actor) -> None:
    """Choose when the places of a slot that nobody claimed are given to who is there: `UNCLAIMED` minutes after its
    beginning. Raises NotFound.
    """
    now = utcnow()
    async with transaction():
        row = await led_event(actor, event, lock=True)
        after = {"unclaimed_after_minutes": minutes}
        if row["unclaimed_after_minutes"] == minutes:
            return
        await fetch("UPDATE event SET unclaimed_after_minutes = {} WHERE id = {}", minutes, event)
        await rights.touch(event, now)
        await audit.note(actor, "set_door", "event", event, event=event, before=row, after={**row, **after}, now=now)


async def _device(device: str, actor: Actor) -> Row:
    row = is_id(device) and await fetch_one(
        "SELECT id, event, set_aside_at, set_aside_why FROM device WHERE id = {}", device
    )
    if not row:
        raise NotFound
    await led_event(actor, row["event"])
    return row


async def _read(scan: str, actor: Actor) -> Row:
    row = len(scan) <= 36 and await fetch_one("SELECT id, event, set_aside_why FROM scan WHERE id = {}", scan)
    if not row:
        raise NotFound
    await led_event(actor, row["event"])
    return row


async def _note(
    action: str, row: Row, after: Row, actor: Actor, now: datetime, people: int, kind: str = "device"
) -> None:
    about, event = str(row["id"])[:36], row["event"]
    await audit.note(
        actor, action, kind, about, event=event, before=row, after={**row, **after}, people=people, now=now
    )

"""What the worker does for halls: it reminds hosts, and gives back what cancelled days no longer need."""

from datetime import datetime, timedelta
from typing import Any

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, transaction
from workshops.handover import write_to_host
from workshops.mail import Kind
from workshops.occupancy import lock

FIRST, SECOND = timedelta(days=3), timedelta(days=7)
UNDOABLE = timedelta(hours=1)
AT_ONCE = 50
WORKER = Actor("worker")

Row = dict[str, Any]


async def remind_due(now: datetime) -> int:
    """Remind hosts who have not answered after 3 and after 7 days, each time once; how many were written to.

    Where both are due, as after a night without a worker, one goes.
    """
    waiting = await fetch(
        "SELECT r.id, r.asked_at, r.reminded_at FROM venue_request r JOIN event e ON e.id = r.event "
        "WHERE r.status = 'asked' AND e.status <> 'cancelled' AND r.from_at > {} AND r.asked_at <= {} "
        "AND (r.reminded_at IS NULL OR r.asked_at <= {}) ORDER BY r.asked_at",
        *(now, now - FIRST, now - SECOND),
    )
    told = 0
    for row in waiting:
        due = row["asked_at"] + (SECOND if now >= row["asked_at"] + SECOND else FIRST)
        if row["reminded_at"] is None or row["reminded_at"] < due:
            told += await _remind(row["id"], due, now)
    return told


async def release_cancelled(now: datetime) -> int:
    """Withdraw what days ask for or hold that were cancelled an hour ago, when nobody can undo that; how many.

    Their hosts are told that the hall is free again.
    """
    over = await fetch(
        "SELECT r.id, r.event, r.venue, r.status FROM venue_request r JOIN event e ON e.id = r.event "
        "WHERE r.status IN ('asked', 'accepted') AND e.status = 'cancelled' AND e.cancelled_at <= {} "
        f"AND r.until_at > {{}} ORDER BY r.id LIMIT {AT_ONCE}",
        *(now - UNDOABLE, now),
    )
    for row in over:
        await _release(row, now)
    return len(over)


async def _remind(request: str, due: datetime, now: datetime) -> bool:
    async with transaction():
        reminded = await fetch(
            "UPDATE venue_request SET reminded_at = {} WHERE id = {} AND status = 'asked' "
            "AND (reminded_at IS NULL OR reminded_at < {}) RETURNING id",
            *(now, request, due),
        )
        return bool(reminded) and await write_to_host(Kind.HALL_REMINDER, request, now, turn=f":{due:%j}")


async def _release(row: Row, now: datetime) -> None:
    async with transaction():
        await lock(row["venue"])
        released = await fetch(
            "UPDATE venue_request SET status = 'withdrawn', answered_at = {} WHERE id = {} "
            "AND status IN ('asked', 'accepted') AND EXISTS (SELECT 1 FROM event e WHERE e.id = venue_request.event "
            "AND e.status = 'cancelled') RETURNING id",
            *(now, row["id"]),
        )
        if released:
            before, after = {"status": row["status"]}, {"status": "withdrawn"}
            about = {"event": row["event"], "before": before, "after": after, "now": now}
            await audit.note(WORKER, "withdraw_hall", "venue_request", row["id"], **about)
            await write_to_host(Kind.HALL_OUTCOME, row["id"], now)

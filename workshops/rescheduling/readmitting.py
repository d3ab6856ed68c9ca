"""The undoing of a burst's cancelling, for 24 hours: places that are still free come back, others wait before all.

What was taken by others meanwhile, or clashes with what the person has booked since, cannot be given back.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workshops import audit, kept, mail, overlaps, promotion, rights, sql, texts
from workshops.actors import Actor
from workshops.database import fetch
from workshops.i18n import _
from workshops.limits import PROOF
from workshops.overlaps import Booked
from workshops.rescheduling import locks, restoring, telling_again
from workshops.rescheduling.locks import Row, TooLate
from workshops.rescheduling.restoring import Undone
from workshops.rescheduling.writing import ask_to_call, recount
from workshops.turns import Turn

KEPT = timedelta(hours=24)


@dataclass(slots=True)
class Back:
    """What becomes of the places: rows of each outcome."""

    confirmed: list[Row] = field(default_factory=list)
    offered: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    first: list[Row] = field(default_factory=list)
    lost: list[Row] = field(default_factory=list)


async def outcome(change: str) -> dict[str, list[Row]]:
    """Who of a cancelled burst has a place again, waits, or has none, by "confirmed", "waiting", "lost"; by name."""
    found: dict[str, list[Row]] = {"confirmed": [], "waiting": [], "lost": []}
    for row in await fetch(_OUTCOME, change):
        best = "confirmed" if row["held"] else "waiting" if row["waits"] else "lost"
        found[best].append(row)
    return found


async def readmit(row: Row, actor: Actor, turn: Turn, now: datetime) -> None:
    """Undo the change of this row, in the caller's transaction. Raises TooLate after 24 hours."""
    if row["created_at"] <= now - KEPT:
        raise TooLate(_("This was cancelled more than 24 hours ago: it can no longer be undone."))
    change, first = row["id"], await restoring.effects_of(row["id"])
    await locks.lock_people(first, turn, now)
    await rights.touch(row["event"], now)
    if not await fetch(
        "UPDATE plan_change SET undone_at = {} WHERE id = {} AND undone_at IS NULL RETURNING id", now, change
    ):
        return
    sessions = sorted({effect.was_session for effect in first})
    await kept.lock_sessions(sessions)
    locks.check_grown(first, await restoring.effects_of(change))
    back = await _sorted(await fetch(_PLACES, change), sessions, row, now)
    await _restore(back, now)
    await recount(sessions, now)
    await promotion.fill(sessions, turn, now)
    await telling_again.restore_calls(Undone.of(row))
    await _tell(row, back, await _told(change), now)
    await audit.note(actor, "undo_change", "plan_change", change, event=row["event"], people=row["people"], now=now)


async def _sorted(rows: list[Row], sessions: Collection[str], change: Row, now: datetime) -> Back:
    """First come, first back."""
    marks = sql.marks(len(sessions))
    question = f"SELECT id, capacity - confirmed - offered - held AS free, waiting FROM session WHERE id IN ({marks})"
    slots = {slot["id"]: slot for slot in await fetch(question, *sessions)}
    held: dict[str, list[Booked]] = {}
    for one in await overlaps.booked({row["attendee"] for row in rows}):
        held.setdefault(one.whose, []).append(one)
    back = Back()
    for row in rows:
        if row["status"] != "cancelled" or row["cancelled_at"] != change["created_at"]:
            continue  # it has had another fate since
        slot, own = slots[row["session"]], held.setdefault(row["attendee"], [])
        if not row["is_on"] or row["starts_at"] <= now or row["again"] or _clashes(row, own):
            back.lost.append(row)
        elif row["was_status"] == "waiting":
            back.waiting.append(row)
        elif slot["free"] > 0 and not slot["waiting"]:
            (back.offered if row["was_status"] == "offered" else back.confirmed).append(row)
            slot["free"] -= 1
        else:
            back.first.append(row)
    return back


def _clashes(row: Row, held: Iterable[Booked]) -> bool:
    return row["was_status"] != "waiting" and any(
        one.workshop == row["workshop"] or (one.starts_at < row["ends_at"] and row["starts_at"] < one.ends_at)
        for one in held
    )


async def _restore(back: Back, now: datetime) -> None:
    await _set(back.confirmed, "confirmed", now)
    await _set(back.offered, "offered", now, now + PROOF)
    heads: dict[str, list[Row]] = {}
    for row in back.first:
        heads.setdefault(row["session"], []).append(row)
    for session, rows in heads.items():
        moved = await fetch(
            "UPDATE session SET queue_head = queue_head - {} WHERE id = {} RETURNING queue_head", len(rows), session
        )
        for number, row in enumerate(rows):
            await _set([row], "waiting", now, position=moved[0]["queue_head"] + number)
    for row in back.waiting:
        await _set([row], "waiting", now, position=row["was_position"])


async def _set(
    rows: list[Row], status: str, now: datetime, until: datetime | None = None, position: int | None = None
) -> None:
    if rows:
        await fetch(
            "UPDATE registration SET status = {}, position = {}, offered_until = {}, cancelled_at = NULL, "
            "cancelled_by = NULL, cancelled_why = NULL, sequence = sequence + 1, updated_at = {} "
            f"WHERE id IN ({sql.marks(len(rows))})",
            *(status, position, until, now, *(row["id"] for row in rows)),
        )


async def _told(change: str) -> set[str]:
    """Who has been told of the change, or is being told; what still waited is taken back."""
    await fetch(
        "UPDATE message SET state = 'superseded' WHERE plan_change = {} AND state = 'queued' AND frozen IS NULL", change
    )
    rows = await fetch("SELECT attendee FROM message WHERE plan_change = {} AND state <> 'superseded'", change)
    return {row["attendee"] for row in rows}


async def _tell(change: Row, back: Back, told: set[str], now: datetime) -> None:
    """Who was told otherwise, or has less than before, reads their places anew; who has lost one unheard is called."""
    less = {row["attendee"] for row in back.first}
    again = [row for row in (*back.confirmed, *back.waiting, *back.first) if row["attendee"] in told | less]
    await _write(mail.Kind.YOUR_PLACES, again, change, now)
    await _write(mail.Kind.PROVE, [row for row in back.offered if row["offer"] == "proof"], change, now)
    lost = {row["attendee"] for row in back.lost if row["effect"] == "cancelled"} - told
    without = {row["attendee"] for row in again if not row["email"]}
    texted = await texts.write(mail.Kind.YOUR_PLACES, sorted(without), dedup=f"readmitted:{change['id']}", now=now)
    await ask_to_call(sorted(lost | without - texted))


async def _write(kind: mail.Kind, rows: list[Row], change: dict[str, Any], now: datetime) -> None:
    await mail.enqueue_all(
        kind,
        [*{row["attendee"]: (row["attendee"], row["email"]) for row in rows if row["email"]}.values()],
        dedup=f"readmitted:{kind}:{change['id']}",
        event=change["event"],
        expires_at=change["ends_at"],
        not_before=now,
        now=now,
    )


_PLACES = (
    "SELECT r.id, r.attendee, r.session, r.status, r.offer, r.cancelled_at, c.effect, c.was_status, c.was_position, "
    "s.starts_at, s.ends_at, s.workshop, a.email, CASE WHEN s.status = 'open' AND w.status = 'ready' "
    "AND e.status IN ('published', 'closed') THEN 1 ELSE 0 END AS is_on, (SELECT COUNT(*) FROM registration n "
    "WHERE n.attendee = r.attendee AND n.session = r.session AND n.status <> 'cancelled') AS again "
    "FROM change_effect c JOIN registration r ON r.id = c.registration JOIN attendee a ON a.id = r.attendee "
    "JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event "
    "WHERE c.plan_change = {} AND c.effect <> 'settled' ORDER BY r.created_at, r.id"
)
_OUTCOME = (
    "SELECT a.id, a.first_name, a.last_name, SUM(CASE WHEN r.status IN ('confirmed', 'offered') THEN 1 ELSE 0 END) "
    "AS held, SUM(CASE WHEN r.status = 'waiting' THEN 1 ELSE 0 END) AS waits FROM change_effect c "
    "JOIN registration r ON r.id = c.registration JOIN attendee a ON a.id = c.attendee "
    "WHERE c.plan_change = {} AND c.effect <> 'settled' AND a.anonymised_at IS NULL "
    "GROUP BY a.id, a.first_name, a.last_name, a.search_name ORDER BY a.search_name, a.id"
)

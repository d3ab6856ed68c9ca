"""A change taken back as if it had not been made, until the first of its messages has left; or told at once."""

from datetime import datetime

from workshops import audit, mail, occupancy, promotion, rights, sql, texts
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.errors import NotFound
from workshops.i18n import _
from workshops.ids import is_id
from workshops.rescheduling import locks, readmitting, restoring, telling_again
from workshops.rescheduling.locks import Row, TooLate
from workshops.rescheduling.restoring import Undone
from workshops.rescheduling.writing import raise_sequences, recount
from workshops.tables.people import Role
from workshops.turns import Turn, in_turn

LEFT = _("The first messages have left: this change can no longer be undone. Make another one.")


async def undo(change: str, actor: Actor) -> None:
    """Restore hours, hall, capacity, places and calls as they were; nobody is told of what never was. Again: nothing.

    Whom another message reached meanwhile is told their places anew. A burst that was cancelled comes back for 24
    hours, as far as there are places (`readmitting`). Raises NotFound, TooLate once a message has left
    or is leaving, Overtaken where the world has moved on, Busy.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> None:
        row = await _led(change, actor)
        if row["kind"] == "cancel_burst":
            await readmitting.readmit(row, actor, turn, now)
            return
        if hall := Undone.of(row).old_hall:
            await occupancy.lock(hall)
        first = await restoring.effects_of(change)
        await locks.lock_people(first, turn, now)
        await rights.touch(row["event"], now)
        if (row := await _led(change, actor))["undone_at"]:
            return
        undone = Undone.of(row)
        sessions = restoring.sessions_of(undone, first)
        if sessions:
            marks = sql.marks(len(sessions))
            await fetch(f"SELECT id FROM session WHERE id IN ({marks}) ORDER BY id{for_update()}", *sessions)
        effects = await restoring.effects_of(change)
        locks.check_grown(first, effects)
        await fetch("UPDATE plan_change SET undone_at = {} WHERE id = {}", now, change)
        await _take_messages_back(row, now)
        await restoring.check(undone, effects)
        await restoring.restore_rows(undone)
        await restoring.restore_places(undone, now)
        await recount(sessions, now)
        await raise_sequences(sessions, now)
        await restoring.settle_choices(effects, now)
        await promotion.fill(sessions, turn, now)
        await telling_again.restore_calls(undone)
        await _tell_again(undone, row["ends_at"], now)
        await audit.note(actor, "undo_change", "plan_change", change, event=undone.event, people=row["people"], now=now)

    await in_turn(attempt)


async def send_now(change: str, actor: Actor) -> None:
    """Let the messages of a change leave without waiting. Raises NotFound, TooLate once it was undone."""
    now = utcnow()
    async with transaction():
        await _led(change, actor)
        hurried = await fetch(
            "UPDATE plan_change SET leaves_at = CASE WHEN leaves_at > {} THEN {} ELSE leaves_at END "
            "WHERE id = {} AND undone_at IS NULL RETURNING event",
            *(now, now, change),
        )
        if not hurried:
            raise TooLate(_("This change was undone: nobody is told of it."))
        left = await fetch(
            "UPDATE message SET not_before = {} WHERE plan_change = {} AND state = 'queued' AND not_before > {} "
            "RETURNING id",
            *(now, change, now),
        )
        if left:
            event = hurried[0]["event"]
            await audit.note(actor, "send_change_now", "plan_change", change, event=event, people=len(left), now=now)


async def _led(change: str, actor: Actor) -> Row:
    row = is_id(change) and await fetch_one(
        f"SELECT p.*, e.ends_at FROM plan_change p JOIN event e ON e.id = p.event WHERE p.id = {{}} "
        f"AND ({{}} = 'admin' OR {rights.LEADS})",
        *(change, actor.role or "", actor.organisation, actor.organisation),
    )
    if not row or actor.role not in (Role.ORGANISER, Role.ADMIN):
        raise NotFound
    return row


async def _take_messages_back(row: Row, now: datetime) -> None:
    """Take back all messages of a change, or raise TooLate: one that was once tried cannot be called back."""
    gone = "plan_change = {} AND (state NOT IN ('queued', 'superseded') OR frozen IS NOT NULL)"
    if await fetch(f"SELECT id FROM message WHERE {gone} LIMIT 1", row["id"]):
        raise TooLate(LEFT)
    back = await fetch(
        "UPDATE message SET state = 'superseded' WHERE plan_change = {} AND state = 'queued' AND frozen IS NULL "
        "RETURNING id",
        row["id"],
    )
    if await fetch(f"SELECT id FROM message WHERE {gone} LIMIT 1", row["id"]) or (not back and row["leaves_at"] <= now):
        raise TooLate(LEFT)


async def _tell_again(undone: Undone, expires_at: datetime, now: datetime) -> None:
    """One message to everybody who may have read places as the change made them."""
    told = await telling_again.told_otherwise(undone)
    without = [attendee for attendee, email in told if not email]
    await texts.write(mail.Kind.YOUR_PLACES, without, dedup=f"undone:{undone.id}", now=now)
    await mail.enqueue_all(
        mail.Kind.YOUR_PLACES,
        [(attendee, email) for attendee, email in told if email],
        dedup=f"undone:{undone.id}",
        event=undone.event,
        expires_at=expires_at,
        not_before=now,
        now=now,
    )

"""What the verbs about places share: locks, the rules a request must keep, and the rows. Never opens a transaction.

Locks are taken in one order, people first (by key), then the event where its plan changes, then sessions (by id), so
that nobody waits in a circle and one person cannot book two overlapping slots at once. A hall comes before all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workshops import sql
from workshops.actors import Actor
from workshops.database import fetch, for_update, for_update_skip_locked
from workshops.errors import Fault, Invalid, NotFound
from workshops.i18n import _
from workshops.ids import is_id
from workshops.refusals import (
    OverlappingSessions,
    RegistrationClosed,
    SameWorkshop,
    TooManyPlaces,
)

MOST_SESSIONS = 12


@dataclass(frozen=True, slots=True)
class Slot:
    """A locked session with what its workshop and event say about signing up. Times are UTC.

    `is_on`: it takes place and the public sees it; `is_closed`: the organiser has ended sign-up online.
    `hold`: where a place is kept for the person who asks (see `kept`).
    """

    id: str
    workshop: str
    event: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    is_on: bool
    is_closed: bool
    opens_at: datetime | None
    closes_at: datetime
    free: int
    waiting: int
    queue_tail: int
    min_age: int | None
    max_places: int
    hold: str | None = None

    @property
    def is_free(self) -> bool:
        """Whether this person gets a place: kept for them, or left and not owed to somebody who waits (rule 5)."""
        return self.hold is not None or (self.free > 0 and not self.waiting)

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        """[start, end): touching is fine (rule 3)."""
        return self.starts_at < ends_at and starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Place:
    """A registration as its maker is told of it."""

    id: str
    session: str
    status: str


async def lock_people(keys: Iterable[str], now: datetime) -> None:
    """Let one transaction at a time concern these people and contacts. Keys are locked in sorted order."""
    ordered = sorted(set(keys))
    if ordered:
        await fetch(
            f"INSERT INTO person_key (key, locked_at) VALUES {sql.rows(len(ordered), 2)} "
            "ON CONFLICT (key) DO UPDATE SET locked_at = excluded.locked_at",
            *(value for key in ordered for value in (key, now)),
        )


async def try_lock_people(keys: Iterable[str]) -> bool:
    """Lock people who are stored without waiting for anybody; whether all could be locked. Allowed after sessions."""
    asked = sorted(set(keys))
    locked = await fetch(
        f"SELECT key FROM person_key WHERE key IN ({sql.marks(len(asked))}){for_update_skip_locked()}", *asked
    )
    return len(locked) == len(asked)


async def lock_slots(event: str, sessions: Sequence[str]) -> list[Slot]:
    """Lock the sessions in id order. Raises NotFound for an unknown or unpublished event, Invalid for unknown slots."""
    ids = sorted(set(sessions))
    if not is_id(event):
        raise NotFound
    rows = (
        await fetch(
            "SELECT s.id, s.workshop, s.starts_at, s.ends_at, s.capacity, s.confirmed, s.offered, s.held, s.waiting, "
            "s.queue_tail, s.status AS session_status, w.status AS workshop_status, w.kind, w.min_age, e.id AS event, "
            "e.status AS event_status, e.published_at, e.sign_up_opens_at, e.sign_up_closes_minutes, e.max_places "
            f"FROM (SELECT * FROM session WHERE id IN ({sql.marks(len(ids))}) ORDER BY id{for_update()}) s "
            "JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event WHERE e.id = {}",
            *(*ids, event),
        )
        if ids
        else []
    )
    if len(rows) < len(ids) or not ids:
        await _explain_missing(event)
    if any(row["published_at"] is None for row in rows):
        raise NotFound
    return [_slot(row) for row in sorted(rows, key=lambda row: (row["starts_at"], row["id"]))]


def check_request(
    slots: list[Slot], aged_16_or_over: bool | None, now: datetime, actor: Actor, inside: bool = False
) -> None:
    """Raise what the request itself breaks: closed slots, age, clashes inside the request, too many."""
    check_open(slots, now, actor, inside)
    if aged_16_or_over is False and any((slot.min_age or 0) >= 16 for slot in slots):
        raise Invalid(faults=(Fault("aged_16_or_over", _("One of these workshops is for people of 16 and over.")),))
    for i, slot in enumerate(slots):
        for other in slots[i + 1 :]:
            if slot.workshop == other.workshop:
                raise SameWorkshop([slot.id, other.id])
            if slot.overlaps(other.starts_at, other.ends_at):
                raise OverlappingSessions([slot.id, other.id])
    if len(slots) > slots[0].max_places and actor.is_anyone:
        raise TooManyPlaces


def check_open(slots: list[Slot], now: datetime, actor: Actor, inside: bool = False) -> None:
    """Raise RegistrationClosed where sign-up is not open, or no longer; `inside`: for who is in already (rule 6)."""
    closed = [slot.id for slot in slots if not _is_bookable(slot, now, actor, inside)]
    if closed:
        raise RegistrationClosed(closed)


async def count(slots: list[Slot], now: datetime, taken: str = "confirmed") -> None:
    """Add one to the counters of locked sessions: a place that is `taken` where there is one, else a waiting one.

    Places that are kept for the person are counted by `kept.name`.
    """
    if taken not in ("confirmed", "offered"):
        raise ValueError(taken)
    asked = [slot.id for slot in slots if slot.hold is None]
    if not asked:
        return
    full = "waiting > 0 OR confirmed + offered + held >= capacity"  # as Slot.is_free read it, under the same lock
    await fetch(
        f"UPDATE session SET {taken} = {taken} + CASE WHEN {full} THEN 0 ELSE 1 END, "
        f"waiting = waiting + CASE WHEN {full} THEN 1 ELSE 0 END, "
        f"queue_tail = queue_tail + CASE WHEN {full} THEN 1 ELSE 0 END, updated_at = {{}} "
        f"WHERE id IN ({sql.marks(len(asked))})",
        *(now, *asked),
    )


async def insert(
    attendee: str,
    taken: list[Place],
    slots: list[Slot],
    share: bool,
    actor: Actor,
    now: datetime,
    proof_until: datetime | None = None,
) -> None:
    """Write the registrations of one decision, at the end of the waiting list where they wait.

    Offered ones wait until `proof_until` for their address to prove itself.
    """
    rows = [
        (
            place.id,
            attendee,
            slot.id,
            place.status,
            None if slot.is_free else slot.queue_tail + 1,
            share,
            slot.hold,
            actor.id,
            now,
            now,
            *(("proof", now, proof_until) if place.status == "offered" else (None, None, None)),
        )
        for place, slot in zip(taken, slots, strict=True)
    ]
    await fetch(
        "INSERT INTO registration (id, attendee, session, status, position, share_with_exhibitor, hold, "
        f"created_by, created_at, updated_at, offer, offered_at, offered_until) VALUES {sql.rows(len(rows), 13)}",
        *(value for row in rows for value in row),
    )


async def _explain_missing(event: str) -> None:
    rows = await fetch("SELECT id FROM event WHERE id = {} AND published_at IS NOT NULL", event)
    if not rows:
        raise NotFound
    raise Invalid(faults=(Fault("sessions", _("Choose time slots of this day.")),))


def _is_bookable(slot: Slot, now: datetime, actor: Actor, inside: bool) -> bool:
    """Staff, and who is in, may book until a slot begins; online sign-up closes earlier, opens when the event says."""
    if not slot.is_on or now >= slot.starts_at:
        return False
    if not actor.is_anyone or inside:
        return True
    return not slot.is_closed and (slot.opens_at is None or now >= slot.opens_at) and now < slot.closes_at


def _slot(row: dict[str, Any]) -> Slot:
    is_on = row["session_status"] == "open" and row["workshop_status"] == "ready"
    return Slot(
        id=row["id"],
        workshop=row["workshop"],
        event=row["event"],
        kind=row["kind"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        is_on=is_on and row["event_status"] in ("published", "closed"),
        is_closed=row["event_status"] == "closed",
        opens_at=row["sign_up_opens_at"],
        closes_at=row["starts_at"] - timedelta(minutes=row["sign_up_closes_minutes"]),
        free=row["capacity"] - row["confirmed"] - row["offered"] - row["held"],
        waiting=row["waiting"],
        queue_tail=row["queue_tail"],
        min_age=row["min_age"],
        max_places=row["max_places"],
    )

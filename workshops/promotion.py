"""A freed place goes to who waits first, in the transaction that frees it (product.md rule 5).

Further off than 48 h it is confirmed; nearer, or where it would clash with a place of theirs, offered until a moment;
in the last 2 hours nothing happens. The work does not grow with the length of the list.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import advisers, call_list, mail, offers, overlaps, places, sql
from workshops.database import fetch, utcnow
from workshops.mail import Kind
from workshops.overlaps import Booked, Wanted
from workshops.tables.people import Offer
from workshops.turns import LockFirst, Turn

Row = dict[str, Any]

CAN_GIVE = (
    "s.waiting > 0 AND s.confirmed + s.offered + s.held < s.capacity AND s.status = 'open' AND w.status = 'ready' "
    "AND e.status IN ('published', 'closed')"
)
"""SQL: somebody waits for a place that is free, in the slot `s` of the workshop `w` on the day `e`.

Closing sign-up turns newcomers away, not those who wait.
"""
_SLOTS = (
    "SELECT s.id, s.workshop, s.starts_at, s.ends_at, s.capacity - s.confirmed - s.offered - s.held AS free, "
    "e.id AS event, e.zone, e.max_places, e.ends_at AS event_ends_at FROM session s "
    f"JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event WHERE {CAN_GIVE} "
)
_FIRST = (
    "SELECT r.id, r.attendee, r.replaces, a.email, CASE WHEN a.doubted_at IS NOT NULL AND a.proved_at IS NULL THEN 1 "
    "ELSE 0 END AS unproved, k.key FROM (SELECT id, attendee, replaces, position "
    "FROM registration WHERE session = {} AND status = 'waiting' ORDER BY position LIMIT {}) r "
    "JOIN attendee a ON a.id = r.attendee LEFT JOIN attendee_key k ON k.attendee = a.id AND k.active "
    "ORDER BY r.position, k.key"
)


@dataclass(slots=True)
class Waiting:
    """Somebody at the head of a list: their registration, and the keys that are locked for them.

    `unproved`: 1 for an address that was asked to prove itself and has not (`limits`), else 0.
    """

    id: str
    attendee: str
    replaces: str | None
    email: str | None
    unproved: int
    keys: set[str]


async def fill(sessions: Collection[str], turn: Turn, now: datetime) -> None:
    """Give the free places of these locked slots to those who wait first, and write what tells them.

    Raises LockFirst where somebody is just then acting elsewhere; in the last `turn` the place is left to
    `passing_on.promote_due` instead.
    """
    if not sessions:
        return
    now = max(now, utcnow())  # the verb may have waited for its locks: what is given later is given later
    slots = await fetch(f"{_SLOTS} AND s.id IN ({sql.marks(len(sessions))}) ORDER BY s.id", *sorted(sessions))
    for slot in slots:
        if not offers.is_over(slot["starts_at"], now):
            await _fill(slot, turn, now)


async def _fill(slot: Row, turn: Turn, now: datetime) -> None:
    first = await _first(slot)
    keys = {key for one in first for key in one.keys}
    if not await places.try_lock_people(keys) or first != await _first(slot):
        if turn.last:
            return
        raise LockFirst(keys)
    held = await overlaps.booked([one.attendee for one in first])
    chosen: dict[Offer, list[Waiting]] = {}
    for one in first:
        own = [place for place in held if place.whose == one.attendee]
        chosen.setdefault(_offer(one, own, slot, now), []).append(one)
    for offer, people in chosen.items():
        await _give(offer, people, slot, now)
    given = len(chosen.get(Offer.GIVEN, ()))
    await fetch(
        "UPDATE session SET waiting = waiting - {}, confirmed = confirmed + {}, offered = offered + {}, "
        "updated_at = {} WHERE id = {}",
        *(len(first), given, len(first) - given, now, slot["id"]),
    )


async def _first(slot: Row) -> list[Waiting]:
    """As many as there are free places, with their keys; somebody without contact stands for themselves."""
    found: dict[str, Waiting] = {}
    for row in await fetch(_FIRST, slot["id"], slot["free"]):
        key = row.pop("key") or row["attendee"]
        found.setdefault(row["id"], Waiting(**row, keys=set())).keys.add(key)
    return list(found.values())


def _offer(one: Waiting, held: Sequence[Booked], slot: Row, now: datetime) -> Offer:
    wanted = Wanted(slot["workshop"], slot["starts_at"], slot["ends_at"], one.replaces)
    clash = any(place.gives_way(wanted) for place in held)
    booked_here = sum(place.attendee == one.attendee for place in held)
    if clash or booked_here >= slot["max_places"]:
        return Offer.EXCHANGE
    return Offer.GIVEN if offers.is_far(slot["starts_at"], now) and not one.unproved else Offer.PLACE


async def _give(offer: Offer, people: list[Waiting], slot: Row, now: datetime) -> None:
    is_given = offer is Offer.GIVEN
    until = None if is_given else offers.deadline(offer, slot["starts_at"], now, slot["zone"])
    await fetch(
        "UPDATE registration SET status = {}, position = NULL, offer = {}, offered_at = {}, offered_until = {}, "
        f"sequence = sequence + 1, updated_at = {{}} WHERE id IN ({sql.marks(len(people))})",
        *("confirmed" if is_given else "offered", offer.value, now, until, now, *(one.id for one in people)),
    )
    kind = Kind.PLACE_GIVEN if is_given else Kind.PLACE_OFFERED
    dedup = f"{kind.value}:{slot['id']}:{now:%Y%m%d%H%M%S%f}"
    registrations = {one.attendee: one.id for one in people}
    await mail.enqueue_all(
        kind,
        [(one.attendee, one.email) for one in people if one.email],
        dedup=dedup,
        event=slot["event"],
        registrations=registrations,
        expires_at=slot["event_ends_at"],
        not_before=now,
        now=now,
    )
    await call_list.reach(
        kind,
        [one.attendee for one in people if not one.email],
        now,
        dedup=dedup,
        registrations=registrations,
    )
    await advisers.tell([one.attendee for one in people], now)

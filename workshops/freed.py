"""Giving a place back, as the verbs share it: whose it is, their lock, the row and its counter. In a transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import kept, mail, overlaps, places
from workshops.actors import Actor
from workshops.database import fetch, fetch_one
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.mail import Kind
from workshops.places import Place
from workshops.rights import LEADS, SENT_BY
from workshops.tables.people import Role

Row = dict[str, Any]

_VISIBLE = (
    "SELECT r.id, r.attendee, r.session, r.status, r.hold, r.replaces, r.offer, r.offered_until, "
    "r.share_with_exhibitor, s.starts_at, s.ends_at, s.workshop, a.event, a.kind, a.email, a.locale, e.zone, "
    f"e.max_places, {LEADS} AS leads, {SENT_BY} AS sent FROM registration r JOIN session s ON s.id = r.session "
    "JOIN attendee a ON a.id = r.attendee JOIN event e ON e.id = a.event WHERE r.id = {}"
)
_KEYS = "SELECT key FROM attendee_key WHERE attendee = {} AND active"
_COMING = (
    "SELECT r.id, r.attendee, r.session, r.status, r.hold, a.kind FROM registration r "
    "JOIN session s ON s.id = r.session JOIN attendee a ON a.id = r.attendee "
    "WHERE r.attendee = {} AND r.status <> 'cancelled' AND s.starts_at > {} ORDER BY r.session"
)

CLOCK = Actor("clock", Role.ADMIN)
"""Who gives a place back when nobody does."""


@dataclass(frozen=True, slots=True)
class Found:
    """A registration that its reader may see."""

    place: Place
    attendee: str
    event: str


async def visible(registration: str, actor: Actor) -> Row:
    """A registration that the actor may see, with what its slot and event say; NotFound also for somebody else's."""
    row = is_id(registration) and await fetch_one(_VISIBLE, *[actor.organisation] * 4, registration)
    if not row or not _may_see(row, actor):
        raise NotFound
    return row


async def lock_person(attendee: str, now: datetime, also: Collection[str] = ()) -> list[str]:
    """Lock a person by their keys, who has none by their attendee, and with them `also`; return the person's keys."""
    keys = [row["key"] for row in await fetch(_KEYS, attendee)]
    await places.lock_people([*(keys or [attendee]), *also], now)
    return keys


async def free(row: Row, actor: Actor, now: datetime, why: str | None = None) -> None:
    """Cancel a registration of a locked person and session, take it off its counter, and ask for no choice about it.

    The caller then lets `promotion.fill` give the place to who waits.
    """
    await fetch(
        "UPDATE registration SET status = 'cancelled', position = NULL, offered_until = NULL, must_choose = false, "
        "sequence = sequence + 1, cancelled_at = {}, cancelled_by = {}, cancelled_why = {}, updated_at = {} "
        "WHERE id = {}",
        *(now, actor.id[:36], why, now, row["id"]),
    )
    counter = {"confirmed": "confirmed", "waiting": "waiting", "offered": "offered"}[row["status"]]
    await fetch(f"UPDATE session SET {counter} = {counter} - 1, updated_at = {{}} WHERE id = {{}}", now, row["session"])
    if row["hold"]:
        await kept.take_back(row["hold"], row["session"], row["kind"] == "group", now)
    await overlaps.settle([row["attendee"]], now)


async def tell(row: Row, actor: Actor, now: datetime) -> None:
    """Let a person (attendee, event, email) know what was given back at `now`: one message for one decision."""
    if row["email"]:
        await mail.enqueue(
            Kind.YOU_CANCELLED,
            dedup=f"cancelled:{row['attendee']}:{now:%Y%m%d%H%M%S%f}",
            attendee=row["attendee"],
            event=row["event"],
            address=row["email"],
            stranger=actor.is_anyone,
            now=now,
        )


async def free_all(attendee: str, actor: Actor, now: datetime) -> list[str]:
    """Give back every place of a locked person that has not begun, as `free` does; their sessions, locked here."""
    sessions = [row["session"] for row in await fetch(_COMING, attendee, now)]
    if not sessions:
        return []
    await kept.lock_sessions(sessions)
    rows = await fetch(_COMING, attendee, now)
    for row in rows:
        await free(row, actor, now)
    return [row["session"] for row in rows]


def _may_see(row: Row, actor: Actor) -> bool:
    if actor.role is Role.ADMIN or actor.id == f"attendee:{row['attendee']}":
        return True
    if actor.role is Role.ORGANISER:
        return bool(row["leads"])
    return actor.role is Role.ADVISER and bool(row["sent"])

"""Places kept for an agency or a school, as the verbs share them (product.md "Hold"). Never opens a transaction.

A session's `held` is always the sum of what its active holds have not named yet. Whoever changes one has locked the
session. A group that comes by number has one registration in each of its slots: the first of the places kept there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.places import Slot
from workshops.rights import LEADS
from workshops.sql import marks
from workshops.tables.people import Role

Row = dict[str, Any]


async def opened(slots: list[Slot], holds: Sequence[str], actor: Actor, leads_event: bool, now: datetime) -> list[Slot]:
    """The locked slots; those for which one of `holds` still keeps a place that the actor may give name it.

    A hold that is used up, over or another agency's counts as not asked for.
    """
    ids = [hold for hold in holds if is_id(hold)]
    if not ids or actor.is_anyone:
        return slots
    rows = await fetch(
        f"SELECT id, session, organisation FROM hold WHERE id IN ({marks(len(ids))}) AND status = 'active' "
        "AND NOT by_number AND named < places AND until_at > {}",
        *(*ids, now),
    )
    kept = {row["session"]: row["id"] for row in rows if leads_event or row["organisation"] == actor.organisation}
    return [replace(slot, hold=kept.get(slot.id)) for slot in slots]


async def name(slots: Iterable[Slot], now: datetime) -> None:
    """Give one kept place of each slot with a `hold` to a person: kept before, confirmed now."""
    given = [slot for slot in slots if slot.hold is not None]
    if not given:
        return
    await fetch(f"UPDATE hold SET named = named + 1 WHERE id IN ({marks(len(given))})", *(slot.hold for slot in given))
    await fetch(
        "UPDATE session SET confirmed = confirmed + 1, held = held - 1, updated_at = {} "
        f"WHERE id IN ({marks(len(given))})",
        *(now, *(slot.id for slot in given)),
    )


async def take_back(hold: str, session: str, is_group: bool, now: datetime) -> None:
    """A place of a hold was given back and is off the session's counters: it is kept again while the hold lasts.

    A group that gives its place back does not come: nothing more is kept for it.
    """
    if is_group:
        await release([hold], now)
    else:
        await fetch("UPDATE hold SET named = named - 1 WHERE id = {} AND status = 'active' AND named > 0", hold)
    await recount([session], now)


async def release(holds: Sequence[str], now: datetime) -> None:
    """Keep nothing more for these holds. The caller counts the sessions again."""
    await fetch(
        f"UPDATE hold SET status = 'released', released_at = {{}} WHERE id IN ({marks(len(holds))}) "
        "AND status = 'active'",
        *(now, *holds),
    )


async def recount(sessions: Sequence[str], now: datetime) -> None:
    """Set what is held of these locked sessions; more than there are is refused by the database (rule 1)."""
    await fetch(
        "UPDATE session SET updated_at = {}, held = (SELECT COALESCE(SUM(h.places - h.named), 0) FROM hold h "
        f"WHERE h.session = session.id AND h.status = 'active') WHERE id IN ({marks(len(sessions))})",
        *(now, *sessions),
    )


async def find(hold: str, actor: Actor) -> Row:
    """A hold of a day that the actor's agency leads: its row, its slot's facts, the group's `attendee`. Or NotFound."""
    if actor.role not in (Role.ORGANISER, Role.ADMIN) or not is_id(hold):
        raise NotFound
    row = await fetch_one(
        f"{_HOLDS} WHERE h.id = {{}} AND ({{}} = 'admin' OR {LEADS})",
        *(hold, actor.role.value, actor.organisation, actor.organisation),
    )
    if row is None:
        raise NotFound
    return row


async def held(event: str) -> list[Row]:
    """Everything that is or was kept on a day, in order of time, each as `find` gives it."""
    return await fetch(f"{_HOLDS} WHERE e.id = {{}} ORDER BY s.starts_at, w.position, h.created_at, h.id", event)


async def slots(event: str, sessions: Sequence[str]) -> list[Row]:
    """Those of `sessions` that are of this event, locked, in order of time, with what is `free` of them."""
    ids = [session for session in dict.fromkeys(sessions) if is_id(session)]
    if not ids:
        return []
    await lock_sessions(ids)
    return await fetch(
        f"SELECT {_SLOT} FROM session s {_OF_DAY} WHERE s.id IN ({marks(len(ids))}) AND e.id = {{}} "
        "ORDER BY s.starts_at, s.id",
        *(*ids, event),
    )


async def lock_sessions(sessions: Sequence[str]) -> None:
    """Lock slots in id order, as everybody does."""
    await fetch(f"SELECT id FROM session WHERE id IN ({marks(len(sessions))}) ORDER BY id{for_update()}", *sessions)


_SLOT = (
    "s.id AS session, s.starts_at, s.ends_at, s.capacity - s.confirmed - s.offered - s.held AS free, s.waiting, "
    "s.status AS session_status, w.title, w.stand, w.status AS workshop_status, e.id AS event, "
    "e.status AS event_status"
)
_OF_DAY = "JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event"
_HOLDS = (
    "SELECT h.id, h.organisation, h.places, h.named, h.by_number, h.status, h.until_at, h.adult_name, h.adult_phone, "
    "h.note, h.created_at, h.released_at, o.name AS organisation_name, o.agency_type, o.sensitive, "
    "(SELECT r.attendee FROM registration r WHERE r.hold = h.id AND h.by_number ORDER BY r.id LIMIT 1) AS attendee, "
    f"{_SLOT} FROM hold h JOIN organisation o ON o.id = h.organisation JOIN session s ON s.id = h.session {_OF_DAY}"
)

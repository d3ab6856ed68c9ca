"""What can still be booked or kept on a day, as its staff see it: every slot to come, with what is left of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops.actors import Actor
from workshops.database import fetch, utcnow
from workshops.selection import agency_of
from workshops.tables.people import Role

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """Places kept for an agency or a school that can still be given a name. Without `organisation`: not named here."""

    id: str
    organisation: str
    left: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A slot that has not begun. `left`: places that are neither taken, kept nor owed to who waits. Times are UTC."""

    id: str
    starts_at: datetime
    ends_at: datetime
    left: int
    waiting: int
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Stall:
    """A workshop with its slots to come."""

    id: str
    title: str
    kind: str
    exhibitor: str | None
    stand: str | None
    min_age: int | None
    asks_represented: bool
    slots: tuple[Opening, ...]


async def openings(event: str, actor: Actor, *, drafts: bool = False) -> list[Stall]:
    """The workshops of a day with a slot to come, in their order; with `drafts` also those not ready yet.

    Of the places kept in them, an adviser sees its own agency's.
    """
    now, ready = utcnow(), "<> 'cancelled'" if drafts else "= 'ready'"
    rows = await fetch(
        "SELECT s.id, s.workshop, s.starts_at, s.ends_at, s.capacity - s.confirmed - s.offered - s.held AS free, "
        "s.waiting, w.title, w.kind, w.stand, w.min_age, w.asks_represented, o.name AS exhibitor FROM session s "
        "JOIN workshop w ON w.id = s.workshop LEFT JOIN organisation o ON o.id = w.exhibitor "
        "WHERE w.event = {} AND s.status = 'open' AND s.starts_at > {} "
        f"AND w.status {ready} ORDER BY w.position, w.id, s.starts_at, s.id",
        *(event, now),
    )
    kept = await _kept(event, actor, now)
    stalls: dict[str, list[Row]] = {}
    for row in rows:
        stalls.setdefault(row["workshop"], []).append(row)
    return [_stall(own, kept) for own in stalls.values()]


async def agencies(actor: Actor) -> list[Row]:
    """Every agency and school that may be named to the actor, by name: id, name, agency_type."""
    return await fetch(
        "SELECT id, name, agency_type FROM organisation WHERE kind = 'agency' AND archived_at IS NULL "
        "AND (NOT sensitive OR id = {}) ORDER BY name, id",
        actor.organisation,
    )


async def _kept(event: str, actor: Actor, now: datetime) -> dict[str, tuple[Kept, ...]]:
    own = [actor.organisation] if actor.role is Role.ADVISER else []
    rows = await fetch(
        "SELECT h.id, h.session, h.places - h.named AS remaining, h.organisation AS agency, o.name AS agency_name, "
        "o.sensitive FROM hold h "
        "JOIN organisation o ON o.id = h.organisation JOIN session s ON s.id = h.session "
        "JOIN workshop w ON w.id = s.workshop WHERE w.event = {} AND h.status = 'active' AND NOT h.by_number "
        f"AND h.named < h.places AND h.until_at > {{}}{' AND h.organisation = {}' * len(own)} ORDER BY o.name, h.id",
        *(event, now, *own),
    )
    kept: dict[str, tuple[Kept, ...]] = {}
    for row in rows:
        owner = agency_of(row, actor)
        one = Kept(row["id"], owner.name if owner else "", row["remaining"])
        kept[row["session"]] = (*kept.get(row["session"], ()), one)
    return kept


def _stall(rows: list[Row], kept: dict[str, tuple[Kept, ...]]) -> Stall:
    first = rows[0]
    named = ("title", "kind", "exhibitor", "stand", "min_age", "asks_represented")
    return Stall(
        id=first["workshop"],
        slots=tuple(
            Opening(
                id=row["id"],
                starts_at=row["starts_at"],
                ends_at=row["ends_at"],
                left=0 if row["waiting"] else max(0, row["free"]),
                waiting=row["waiting"],
                kept=kept.get(row["id"], ()),
            )
            for row in rows
        ),
        **{name: first[name] for name in named},
    )

"""Halls as staff look for them: by commune, by size, free at certain hours, over a month."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import combining, normalize

from workshops.actors import Actor
from workshops.communes import commune
from workshops.database import fetch, fetch_one
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.occupancy import Stay, stays
from workshops.tables.people import Role

Row = dict[str, Any]
_HALL = (
    "SELECT v.id, v.organisation, v.commune, v.name, v.address, v.capacity, v.access, v.equipment, v.bus_stop, "
    "v.latitude, v.longitude, v.archived_at, o.name AS owner, o.kind AS owner_kind, o.phone, o.email "
    "FROM venue v JOIN organisation o ON o.id = v.organisation"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A hall with whom it belongs to (`owner`, their telephone, their address for requests). `commune` is INSEE."""

    id: str
    organisation: str
    commune: str
    name: str
    address: str
    capacity: int | None
    access: str
    equipment: str
    bus_stop: str | None
    latitude: float | None
    longitude: float | None
    archived_at: datetime | None
    owner: str
    owner_kind: str
    phone: str | None
    email: str | None

    def is_of(self, actor: Actor) -> bool:
        """Whether the actor answers for it."""
        return actor.role is Role.ADMIN or self.organisation == actor.organisation


@dataclass(frozen=True, slots=True)
class Choice:
    """A hall for certain hours: `state` is free, asked (by others too), mine (asked or held by this day) or taken."""

    hall: Listed
    state: str
    small: bool


async def listed(actor: Actor, *, archived: bool = False) -> list[Listed]:
    """The halls that the actor may see: a host's own, for others all; archived ones to whom they belong.

    They come in the order of a dictionary, by commune and then by name.
    """
    condition, values = "1 = 1", []
    if actor.role is Role.HOST or (archived and actor.role is not Role.ADMIN):
        condition, values = "v.organisation = {}", [actor.organisation]
    state = "NOT NULL" if archived else "NULL"
    rows = await fetch(f"{_HALL} WHERE {condition} AND v.archived_at IS {state} ORDER BY v.name, v.id", *values)
    return sorted((Listed(**row) for row in rows), key=lambda one: (_spelt(one.commune), _plain(one.name)))


async def owners() -> list[Row]:
    """Who may have a hall: municipalities and agencies, id and name."""
    return await fetch(
        "SELECT id, name FROM organisation WHERE kind IN ('municipality', 'agency') AND archived_at IS NULL "
        "ORDER BY name, id"
    )


async def hall(venue: str, actor: Actor) -> Listed:
    """One hall. Raises NotFound for what `listed` would not show."""
    row = is_id(venue) and await fetch_one(f"{_HALL} WHERE v.id = {{}}", venue)
    if not row:
        raise NotFound
    found = Listed(**row)
    if not found.is_of(actor) and (actor.role is Role.HOST or found.archived_at):
        raise NotFound
    return found


async def choices(halls: list[Listed], stay: Stay, event: str, people: int) -> list[Choice]:
    """These halls for a day at certain hours: those that are free and large enough first, then by size."""
    rows = await stays([one.id for one in halls], stay)
    order = {"mine": 0, "free": 1, "asked": 2, "taken": 3}
    made = [Choice(one, _state(one.id, event, rows), (one.capacity or people) < people) for one in halls]
    return sorted(made, key=lambda choice: (choice.small, order[choice.state], choice.hall.capacity or 0))


def _spelt(insee: str) -> str:
    """What a commune is sorted by; those outside the Artois, known by code alone, come last."""
    town = commune(insee)
    return _plain(town.name) if town else f"~{insee}"


def _plain(name: str) -> str:
    return "".join(char for char in normalize("NFKD", name.casefold()) if not combining(char))


def _state(venue: str, event: str, rows: list[Row]) -> str:
    here = [row for row in rows if row["venue"] == venue]
    if any(row["event"] == event for row in here):
        return "mine"
    if any(row["status"] == "accepted" for row in here):
        return "taken"
    return "asked" if here else "free"

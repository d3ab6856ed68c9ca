"""Halls of a municipality and rooms of an agency: added, corrected, and taken off the list by those they belong to."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from workshops import audit
from workshops.actors import Actor
from workshops.communes import commune
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import Invalid, NotAllowed, NotFound
from workshops.fields import TEXT_LENGTH, Answers, Wrong, line, text, whole_number
from workshops.i18n import _
from workshops.ids import is_id, new_id
from workshops.tables.people import Role

OWNERS = (Role.HOST, Role.ORGANISER)
LATITUDES, LONGITUDES = (49.0, 52.0), (1.0, 5.0)
"""WGS 84 degrees: the north of France, so that two numbers the wrong way round are found."""


@dataclass(frozen=True, slots=True)
class Hall:
    """What a hall is. `commune` is an INSEE code, of the 150 or another; `capacity` counts people."""

    name: str
    commune: str
    address: str
    capacity: int | None
    access: str
    equipment: str
    bus_stop: str | None
    latitude: float | None
    longitude: float | None


def read_hall(values: Mapping[str, object]) -> Hall:
    """The hall that was filled in. Raises Invalid with every faulty field."""
    answers = Answers(values)
    name = answers.read("name", line(TEXT_LENGTH), _("Give the name of the hall."))
    insee = answers.read("commune", _insee, _("Give the commune of the hall."))
    address = answers.read("address", line(200), _("Give the address of the hall."))
    capacity = answers.read("capacity", whole_number(1, 20_000))
    access = answers.read("access", text(1000)) or ""
    equipment = answers.read("equipment", text(1000)) or ""
    bus_stop = answers.read("bus_stop", line(TEXT_LENGTH))
    latitude = answers.read("latitude", _degrees(*LATITUDES))
    longitude = answers.read("longitude", _degrees(*LONGITUDES))
    if not answers.faults and (latitude is None) is not (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        answers.fault(missing, _("Give both latitude and longitude, or neither."))
    if answers.faults or name is None or insee is None or address is None:
        raise Invalid(faults=tuple(answers.faults))
    return Hall(name, insee, address, capacity, access, equipment, bus_stop, latitude, longitude)


async def add(hall: Hall, actor: Actor, owner: str | None = None) -> str:
    """Add a hall of the actor's organisation, of `owner` where an admin adds it; its id.

    Raises NotAllowed, and NotFound where the owner is no municipality and no agency.
    """
    _require_owner(actor)
    belongs_to = owner if actor.role is Role.ADMIN else actor.organisation
    identity, now = new_id(), utcnow()
    row = {"id": identity, "organisation": belongs_to, **asdict(hall)}
    async with transaction():
        known = is_id(belongs_to) and await fetch_one(
            "SELECT id FROM organisation WHERE id = {} AND kind IN ('municipality', 'agency') AND archived_at IS NULL",
            belongs_to,
        )
        if not known:
            raise NotFound
        marks = ", ".join(["{}"] * len(row))
        await fetch(f"INSERT INTO venue ({', '.join(row)}) VALUES ({marks})", *row.values())
        await audit.note(actor, "add_hall", "venue", identity, after=_told(row), now=now)
    return identity


async def edit(venue: str, hall: Hall, actor: Actor) -> None:
    """Correct what is known of a hall; coming days there show it at once. Raises NotAllowed, NotFound."""
    now, values = utcnow(), asdict(hall)
    async with transaction():
        before = await _own(venue, actor)
        sets = ", ".join(f"{name} = {{}}" for name in values)
        await fetch(f"UPDATE venue SET {sets} WHERE id = {{}}", *values.values(), venue)
        await fetch(
            "UPDATE event SET version = version + 1, updated_at = {} WHERE venue = {} AND ends_at > {}", now, venue, now
        )
        kept = {name: before[name] for name in values}
        await audit.note(actor, "edit_hall", "venue", venue, before=_told(kept), after=_told(values), now=now)


async def archive(venue: str, actor: Actor) -> None:
    """Take a hall off the list: nobody asks for it any more, what is promised stays. Raises NotAllowed, NotFound."""
    await _set_archived(venue, actor, utcnow())


async def restore(venue: str, actor: Actor) -> None:
    """Put a hall back on the list. Raises NotAllowed, NotFound."""
    await _set_archived(venue, actor, None)


async def _set_archived(venue: str, actor: Actor, moment: datetime | None) -> None:
    async with transaction():
        row = await _own(venue, actor)
        if (row["archived_at"] is None) is (moment is None):
            return
        await fetch("UPDATE venue SET archived_at = {} WHERE id = {}", moment, venue)
        action = "archive_hall" if moment else "restore_hall"
        await audit.note(actor, action, "venue", venue, now=utcnow())


async def _own(venue: str, actor: Actor) -> dict[str, Any]:
    _require_owner(actor)
    row = is_id(venue) and await fetch_one(
        "SELECT * FROM venue WHERE id = {} AND ({} = 'admin' OR organisation = {})",
        *(venue, actor.role, actor.organisation),
    )
    if not row:
        raise NotFound
    return row


def _require_owner(actor: Actor) -> None:
    if actor.role not in (*OWNERS, Role.ADMIN):
        raise NotAllowed


def _told(hall: Mapping[str, Any]) -> dict[str, Any]:
    """For the journal, where `name` and `commune` would be a person's."""
    return {{"name": "hall", "commune": "town"}.get(name, name): value for name, value in hall.items() if name != "id"}


def _insee(given: object) -> str:
    code = line(TEXT_LENGTH)(given).upper()
    if commune(code) is None and not re.fullmatch(r"(?:\d{2}|2[AB])\d{3}", code):
        raise Wrong(_("Write the name of a commune of the Artois, or the INSEE code of another."))
    return code


def _degrees(least: float, most: float) -> Callable[[object], float]:
    def read(given: object) -> float:
        written = line(30)(given).replace(",", ".")
        if not re.fullmatch(r"-?\d{1,3}(?:\.\d{1,15})?", written) or not least <= float(written) <= most:
            limits = {"least": f"{least:.0f}", "most": f"{most:.0f}"}
            raise Wrong(_("Write degrees from %(least)s to %(most)s, as a map shows them."), **limits)
        return float(written)

    return read

"""Days are made: from nothing, like an earlier one, or around a single workshop or meeting."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from workshops import audit, companies
from workshops.actors import Actor
from workshops.database import fetch, transaction, utcnow
from workshops.errors import Fault, Invalid, NotAllowed
from workshops.grid import instant
from workshops.handover import take_room
from workshops.i18n import PARIS, _
from workshops.ids import new_id
from workshops.occupancy import Stay, lock
from workshops.planning import plan as plans
from workshops.planning import publishing, slots
from workshops.rights import LEADS, led_event
from workshops.sql import rows
from workshops.tables.people import Role

Row = dict[str, Any]
_COPIED = ("description", "zone", "listed", "sign_up_closes_minutes", "max_places", "funded_by_eu", "strict_door")
_COPIED_OF_WORKSHOP = (
    "kind", "exhibitor", "rome_code", "title", "description", "prerequisites", "openings", "contract_kinds", "access",
    "min_age", "eco_transition", "training_title", "training_by", "asks_represented", "stand", "position",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewDay:
    """A day to be made, its hours local. `room`: one of the lead's own; `lead`: who leads it where an admin asks."""

    title: str
    date: date
    starts: time
    ends: time
    room: str | None = None
    lead: str | None = None


@dataclass(frozen=True, slots=True)
class Single:
    """The one workshop, or meeting, of a day; `at_once` to publish it as soon as it has a hall."""

    kind: str
    title: str
    places: int
    description: str = ""
    company: str | None = None
    rome_code: str | None = None
    at_once: bool = False


async def make(wanted: NewDay, actor: Actor) -> str:
    """Make a draft; its id. A room of the lead's own is promised at once.

    Raises NotAllowed, HallTaken, and Invalid for a room of somebody else or hours that are past.
    """
    now = utcnow()
    async with transaction():
        event = await _begin(wanted, {}, actor, now)
        await audit.note(actor, "make_day", "event", event["id"], event=event["id"], after=asdict(wanted), now=now)
        await _take_room(event, wanted, actor, now)
        return str(event["id"])


async def copy(source: str, title: str, on: date, room: str | None, actor: Actor) -> str:
    """Make a draft like an earlier day: facts, co-leads, workshops with their stands and exhibitors, open slots.

    Its hours are those of the source by the clock. Nobody's name is copied, and every exhibitor has to confirm again;
    a meeting has none and is ready.
    Raises NotFound, and as `make`.
    """
    now = utcnow()
    async with transaction():
        like = await led_event(actor, source)
        zone = ZoneInfo(like["zone"])
        starts, ends = (like[name].astimezone(zone).time() for name in ("starts_at", "ends_at"))
        wanted = NewDay(title, on, starts, ends, room, like["lead"])
        event = await _begin(wanted, {name: like[name] for name in _COPIED}, actor, now)
        await _copy_leads(like, event, now)
        await _copy_stands(like, event, now)
        await audit.note(actor, "copy_day", "event", event["id"], event=event["id"], after={"like": source}, now=now)
        await _take_room(event, wanted, actor, now)
        return str(event["id"])


async def make_single(wanted: NewDay, only: Single, actor: Actor) -> str:
    """Make a day of one workshop that lasts as long as the day; its id.

    Published there and then in a room of the lead's own; in another hall as soon as its host says yes.
    Raises as `make`.
    """
    now = utcnow()
    async with transaction():
        event = await _begin(wanted, {"publish_at": now if only.at_once else None}, actor, now)
        found = await companies.ensure([(only.company, None)] if only.company else [], now)
        exhibitor = found[companies.key(only.company)].id if only.company else None
        ready = only.kind == "meeting" or bool(exhibitor and only.rome_code)
        workshop: Row = {
            "id": new_id(),
            "event": event["id"],
            "kind": only.kind,
            "status": "ready" if ready else "draft",
            "exhibitor": exhibitor,
            "rome_code": only.rome_code,
            "title": only.title,
            "description": only.description,
            "asks_represented": only.kind == "meeting",
            "position": 1,
            "created_at": now,
            "updated_at": now,
        }
        await _insert("workshop", [workshop])
        window = event["starts_at"], event["ends_at"]
        await slots.insert([slots.new_slot(workshop["id"], window, only.places)], now)
        after = asdict(wanted) | asdict(only)
        await audit.note(actor, "make_day", "event", event["id"], event=event["id"], after=after, now=now)
        if await _take_room(event, wanted, actor, now) and only.at_once:
            await publishing.show(event["id"], actor, now)
        return str(event["id"])


async def rooms(actor: Actor) -> list[Row]:
    """The rooms that the actor's agency has of its own, an admin's: of all agencies; then the halls of municipalities.

    id, name, commune (INSEE code), capacity, `owner` and `own`.
    """
    found = await fetch(
        "SELECT v.id, v.name, v.commune, v.capacity, v.organisation, o.name AS owner, o.kind FROM venue v "
        "JOIN organisation o ON o.id = v.organisation WHERE v.archived_at IS NULL AND (o.kind = 'municipality' "
        "OR o.id = {} OR {} = 'admin') ORDER BY o.name, v.name",
        *(actor.organisation, actor.role or ""),
    )
    for row in found:
        row["own"] = row.pop("kind") == "agency"
    return sorted(found, key=lambda row: not row["own"])


async def earlier(actor: Actor) -> list[Row]:
    """The days with workshops that the actor may copy, the last first: id, title and date of at most 60."""
    return await fetch(
        f"SELECT e.id, e.title, e.date FROM event e WHERE ({{}} = 'admin' OR {LEADS}) AND EXISTS (SELECT 1 "
        "FROM workshop w WHERE w.event = e.id AND w.status <> 'cancelled') ORDER BY e.date DESC, e.id LIMIT 60",
        *(actor.role or "", actor.organisation, actor.organisation),
    )


async def agencies() -> list[Row]:
    """Who may lead a day: id and name."""
    return await fetch("SELECT id, name FROM organisation WHERE kind = 'agency' AND archived_at IS NULL ORDER BY name")


async def _begin(wanted: NewDay, facts: Row, actor: Actor, now: datetime) -> Row:
    """Write the event, a draft."""
    event: Row = {
        "id": new_id(),
        "title": wanted.title,
        "date": wanted.date,
        "zone": PARIS,
        "status": "draft",
        "lead": await _lead(wanted, actor),
        "created_at": now,
        "updated_at": now,
    } | facts
    event |= {"starts_at": instant(wanted.date, wanted.starts, event["zone"])}
    event |= {"ends_at": instant(wanted.date, wanted.ends, event["zone"])}
    if event["ends_at"] <= now:
        raise Invalid(faults=(Fault("date", _("This date is past.")),))
    if event["ends_at"] <= event["starts_at"]:
        raise Invalid(faults=(Fault("ends", _("The day ends before it begins.")),))
    await _insert("event", [event])
    return event


async def _lead(wanted: NewDay, actor: Actor) -> str:
    """Who leads it: the organiser's own agency, or the agency that an admin names or that led the earlier day."""
    if actor.role is Role.ORGANISER and actor.organisation:
        return actor.organisation
    if actor.role is not Role.ADMIN:
        raise NotAllowed
    if wanted.lead not in {row["id"] for row in await agencies()}:
        raise Invalid(faults=(Fault("lead", _("Choose who leads this day.")),))
    return str(wanted.lead)


async def _take_room(event: Row, wanted: NewDay, actor: Actor, now: datetime) -> bool:
    if wanted.room is None:
        return False
    room = await lock(wanted.room)
    if room["organisation"] != event["lead"] or room["archived_at"]:
        raise Invalid(faults=(Fault("venue", _("Choose a room of the agency that leads the day.")),))
    await take_room(event["id"], wanted.room, Stay(event["starts_at"], event["ends_at"]), actor, now)
    return True


async def _copy_leads(like: Row, event: Row, now: datetime) -> None:
    others = await fetch("SELECT organisation FROM co_lead WHERE event = {}", like["id"])
    named = {row["organisation"] for row in others} | {like["lead"]}
    leads = [{"id": new_id(), "event": event["id"], "organisation": one} for one in sorted(named - {event["lead"]})]
    await _insert("co_lead", leads)


async def _copy_stands(like: Row, event: Row, now: datetime) -> None:
    plan = await plans.of(like)
    kept = await fetch(
        "SELECT * FROM workshop WHERE event = {} AND status <> 'cancelled' ORDER BY position, id", like["id"]
    )
    ids = {row["id"]: new_id() for row in kept}
    fixed = {"event": event["id"], "created_at": now, "updated_at": now}
    copies: list[Row] = [
        {
            "id": ids[row["id"]],
            "status": "ready" if row["kind"] == "meeting" else "draft",
            **{name: row[name] for name in _COPIED_OF_WORKSHOP},
            **fixed,
        }
        for row in kept
    ]
    await _insert("workshop", copies)
    windows = [(_on(event, like, slot.starts_at), _on(event, like, slot.ends_at)) for slot in plan.slots]
    pairs = zip(plan.slots, windows, strict=True)
    await slots.insert([slots.new_slot(ids[slot.workshop], window, slot.capacity) for slot, window in pairs], now)


def _on(event: Row, like: Row, moment: datetime) -> datetime:
    """The same time of day, as many days from the new day as it was from the old one."""
    local = moment.astimezone(ZoneInfo(like["zone"]))
    return instant(event["date"] + (local.date() - like["date"]), local.time(), event["zone"])


async def _insert(table: str, values: list[Row]) -> None:
    if values:
        names = list(values[0])
        await fetch(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES {rows(len(values), len(names))}",
            *(row[name] for row in values for name in names),
        )

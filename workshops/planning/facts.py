"""What a day says of itself: title, date and hours, how and when people sign up, who leads it."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, transaction, utcnow
from workshops.errors import Fault, Invalid
from workshops.grid import instant
from workshops.i18n import _
from workshops.ids import new_id
from workshops.planning import plan as plans
from workshops.planning.plan import Plan, Slot
from workshops.sql import marks, rows

Row = dict[str, Any]
MOST_PLACES = 12
LATEST_MINUTES = 7 * 24 * 60
_COLUMNS = (
    "title", "description", "date", "starts_at", "ends_at", "sign_up_opens_at", "sign_up_closes_minutes", "max_places",
    "listed", "funded_by_eu", "strict_door",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a day. Hours are local, `sign_up_opens_at` is aware, `co_leads` are ids of agencies."""

    title: str
    description: str
    date: date
    starts: time
    ends: time
    sign_up_opens_at: datetime | None
    sign_up_closes_minutes: int
    max_places: int
    listed: bool
    funded_by_eu: bool
    strict_door: bool
    co_leads: tuple[str, ...] = ()


async def leads_of(event: str) -> tuple[str, ...]:
    """The agencies that lead a day beside the first one, by id."""
    found = await fetch("SELECT organisation FROM co_lead WHERE event = {} ORDER BY organisation", event)
    return tuple(row["organisation"] for row in found)


async def change(event: str, version: int, wanted: Facts, actor: Actor, *, anyway: bool = False) -> None:
    """Give a day these facts. Its slots move with its date, by the clock, as long as nobody is signed up.

    Raises NotFound, PlanClosed, StalePlan, Clashing unless `anyway`, Invalid: a date or hours that hall or people hold.
    """
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        zone = plan.event["zone"]
        starts, ends = (instant(wanted.date, at, zone) for at in (wanted.starts, wanted.ends))
        _check(plan, wanted.date, starts, ends, now)
        facts = {name: value for name, value in asdict(wanted).items() if name in _COLUMNS}
        facts |= {"starts_at": starts, "ends_at": ends}
        later = _later(plan, facts)
        plans.require_clear(plan, later.clashes(), plan.titles, anyway)
        before = {name: plan.event[name] for name in facts} | {"co_leads": await leads_of(event)}
        sets = ", ".join(f"{name} = {{}}" for name in facts)
        await fetch(f"UPDATE event SET {sets} WHERE id = {{}}", *facts.values(), event)
        await _set_leads(plan, wanted.co_leads)
        await _move(plan, later, now)
        after = facts | {"co_leads": tuple(sorted(wanted.co_leads))}
        await audit.note(actor, "edit_day", "event", event, event=event, before=before, after=after, now=now)


def _check(plan: Plan, on: date, starts: datetime, ends: datetime, now: datetime) -> None:
    faults = []
    if ends <= starts:
        faults.append(Fault("ends", _("The day ends before it begins.")))
    elif ends <= now:
        faults.append(Fault("date", _("This date is past.")))
    if on != plan.event["date"] and plan.people:
        faults.append(Fault("date", _("People are signed up: the date can no longer be changed.")))
    elif on != plan.event["date"] and any(
        not (hall.from_at <= starts and ends <= hall.until_at) for hall in plan.halls
    ):
        faults.append(
            Fault("date", _("A hall is kept for the other date: give it back first, on the page of the hall."))
        )
    elif plan.hall and not (plan.hall.from_at <= starts and ends <= plan.hall.until_at):
        faults.append(
            Fault("starts", _("The hall is not yours at these hours: ask for it anew, on the page of the hall."))
        )
    if faults:
        raise Invalid(faults=tuple(faults))


def _later(plan: Plan, facts: Row) -> Plan:
    """The plan with these facts, its slots on the new date."""
    days = facts["date"] - plan.event["date"]
    zone = ZoneInfo(plan.event["zone"])

    def moved(slot: Slot) -> Slot:
        first, last = (moment.astimezone(zone) for moment in slot.window)
        start, end = (instant(local.date() + days, local.time(), plan.event["zone"]) for local in (first, last))
        return replace(slot, starts_at=start, ends_at=end)

    stands = (
        tuple(replace(stand, slots=tuple(map(moved, stand.slots))) for stand in plan.stands) if days else plan.stands
    )
    return replace(plan, event=plan.event | facts, stands=stands)


async def _set_leads(plan: Plan, wanted: tuple[str, ...]) -> None:
    event, known = plan.event["id"], set(await leads_of(plan.event["id"]))
    if gone := sorted(known - set(wanted)):
        await fetch(f"DELETE FROM co_lead WHERE event = {{}} AND organisation IN ({marks(len(gone))})", event, *gone)
    if new := sorted(set(wanted) - known - {plan.event["lead"]}):
        await fetch(
            f"INSERT INTO co_lead (id, event, organisation) VALUES {rows(len(new), 3)}",
            *(value for one in new for value in (new_id(), event, one)),
        )


async def _move(before: Plan, after: Plan, now: datetime) -> None:
    """Write the hours of slots that are on another date: rows that are there already, so each only takes its hours."""
    moved = [slot for old, slot in zip(before.slots, after.slots, strict=True) if old.window != slot.window]
    for some in (moved[first : first + 500] for first in range(0, len(moved), 500)):
        await fetch(
            "INSERT INTO session (id, workshop, starts_at, ends_at, capacity, status, updated_at) "
            f"VALUES {rows(len(some), 7)} ON CONFLICT (id) DO UPDATE SET starts_at = excluded.starts_at, "
            "ends_at = excluded.ends_at, updated_at = excluded.updated_at, sequence = session.sequence + 1",
            *(value for slot in some for value in (slot.id, slot.workshop, *slot.window, slot.capacity, "open", now)),
        )

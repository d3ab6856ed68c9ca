"""The stands of a day: pasted in one go, corrected one by one, put in order, taken away, said to be ready."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from workshops import audit, companies, grid
from workshops.actors import Actor
from workshops.companies import Company
from workshops.database import fetch, transaction, utcnow
from workshops.errors import Fault, Invalid, NotFound
from workshops.grid import Clash, Planned, Rule, Window
from workshops.i18n import _
from workshops.ids import new_id
from workshops.planning import plan as plans
from workshops.planning import slots
from workshops.planning.lines import Line
from workshops.planning.plan import Plan, Stand, called
from workshops.planning.slots import Wish
from workshops.sql import marks, rows

_LACKS = {
    "exhibitor": Fault("company", _("A workshop that is ready has a company.")),
    "rome_code": Fault("job", _("A workshop that is ready has a job of the list.")),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a planner says of a workshop; its page is the exhibitor's. A meeting has no company and no job."""

    title: str
    company: str | None = None
    email: str | None = None
    rome_code: str | None = None
    stand: str | None = None
    facilitator: str | None = None
    min_age: int | None = None
    asks_represented: bool = False


async def add(
    event: str, version: int, lines: Sequence[Line], rule: Rule | None, actor: Actor, *, anyway: bool = False
) -> list[str]:
    """Add a stand for each line, drafts, numbered on, each with the slots of `rule`; the ids of the workshops.

    Companies that are not known are made. Raises NotFound, PlanClosed, StalePlan, and Clashing unless `anyway`.
    """
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        made = [new_id() for _line in lines]
        windows = grid.slots(rule, plan.event["date"], plan.event["zone"]) if rule else ()
        numbers = dict(zip(made, free_numbers(plan), strict=False))
        titles = {one: called(numbers[one], line.title) for one, line in zip(made, lines, strict=True)}
        plans.require_clear(plan, _with(plan, numbers, windows), plan.titles | titles, anyway)
        found = await companies.ensure([(line.company, line.email) for line in lines], now)
        await _insert(plan, made, lines, numbers, found, now)
        new = [slots.new_slot(one, window, rule.places) for one in made for window in windows] if rule else []
        await slots.insert(new, now)
        after = {"stands": list(titles.values()), "slots": len(new)}
        await audit.note(actor, "add_stands", "event", event, event=event, after=after, now=now)
        return made


async def change(
    event: str,
    version: int,
    workshop: str,
    wanted: Facts,
    wishes: Sequence[Wish],
    actor: Actor,
    *,
    anyway: bool = False,
) -> None:
    """Say what a workshop is and which slots it has. Another company has to be invited and to confirm anew.

    Raises as `slots.save`, and Invalid where a ready one would lack what it needs, or people have chosen its company.
    """
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        stand = _of(plan, workshop)
        found = await companies.ensure([(wanted.company, wanted.email)] if wanted.company else [], now)
        company = found[companies.key(wanted.company)] if wanted.company else None
        after = _after(stand, wanted, company)
        _check(stand, after)
        changed = replace(plan, stands=tuple(after if one.id == workshop else one for one in plan.stands))
        edits = slots.edits_of(plan, wishes)
        plans.require_clear(plan, plan.clashes(slots.edited(changed, edits)), changed.titles, anyway)
        await _write(stand, after, actor, event, now)
        await slots.write(changed, edits, actor, now)


async def remove(event: str, version: int, workshop: str, actor: Actor) -> None:
    """Take a workshop away that nobody is signed up to. Raises NotFound, PlanClosed, StalePlan, SlotTaken."""
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        stand = _of(plan, workshop)
        wishes = [Wish(workshop, *slot.window, 0, slot.id) for slot in stand.slots]
        await slots.write(plan, slots.edits_of(plan, wishes), actor, now)
        referred = await fetch(
            "SELECT id FROM session WHERE workshop = {} UNION SELECT id FROM device WHERE workshop = {} "
            "UNION SELECT id FROM message WHERE workshop = {} LIMIT 1",
            *[workshop] * 3,
        )
        if referred:
            await fetch(
                "UPDATE workshop SET status = 'cancelled', cancelled_at = {}, updated_at = {}, version = version + 1 "
                "WHERE id = {}",
                *(now, now, workshop),
            )
        else:
            await fetch("DELETE FROM workshop WHERE id = {}", workshop)
        before = {"title": stand.title, "company": stand.company}
        await audit.note(actor, "remove_stand", "workshop", workshop, event=event, before=before, now=now)


async def move(event: str, version: int, workshop: str, after: str | None, actor: Actor) -> None:
    """Show a workshop after another one of the day, or first. Raises NotFound, PlanClosed, StalePlan."""
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        _of(plan, workshop)
        others = [stand.id for stand in plan.stands if stand.id != workshop]
        place = others.index(_of(plan, after).id) + 1 if after and after != workshop else 0
        ordered = [*others[:place], workshop, *others[place:]]
        cases = " ".join(f"WHEN {{}} THEN {number}" for number in range(1, len(ordered) + 1))
        await fetch(
            f"UPDATE workshop SET position = CASE id {cases} END WHERE id IN ({marks(len(ordered))})",
            *(*ordered, *ordered),
        )
        position = {"position": place + 1}
        await audit.note(actor, "order_stands", "workshop", workshop, event=event, after=position, now=now)


async def ready_all(event: str, version: int, actor: Actor) -> int:
    """Say for their exhibitors that all workshops are ready that have what it takes and were not declined; how many.

    Raises NotFound, PlanClosed, StalePlan.
    """
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        done = [stand for stand in plan.stands if can_be_ready(stand)]
        if done:
            await fetch(
                f"UPDATE workshop SET status = 'ready', updated_at = {{}}, version = version + 1 "
                f"WHERE id IN ({marks(len(done))})",
                *(now, *(stand.id for stand in done)),
            )
            after = {"ready": [plan.titles[stand.id] for stand in done]}
            await audit.note(actor, "ready_stands", "event", event, event=event, after=after, now=now)
        return len(done)


def foresee(plan: Plan, lines: Sequence[Line], rule: Rule | None) -> tuple[list[str], tuple[Window, ...], list[Clash]]:
    """What `add` would do: the numbers of the stands, the hours of their slots, and what would clash.

    A clash names new stands by their number, others by their id.
    """
    numbers = free_numbers(plan)[: len(lines)]
    windows = grid.slots(rule, plan.event["date"], plan.event["zone"]) if rule else ()
    return numbers, windows, plans.new_clashes(plan, _with(plan, {one: one for one in numbers}, windows))


def can_be_ready(stand: Stand) -> bool:
    """Whether a draft has what it takes to be shown, and its exhibitor has not declined."""
    return stand.status == "draft" and not stand.lacks and stand.answer != "declined"


def free_numbers(plan: Plan) -> list[str]:
    """Numbers for the next stands of a day, as many as can be pasted at once."""
    taken = {stand.stand for stand in plan.stands}
    first = max((int(one) for one in taken if one and one.isdecimal()), default=0) + 1
    return [str(number) for number, _one in zip(count(first), range(100), strict=False) if str(number) not in taken]


def _with(plan: Plan, numbers: Mapping[str, str], windows: Sequence[Window]) -> list[Clash]:
    """What clashes once these stands are there too."""
    new = [Planned(one, number, None, *window) for one, number in numbers.items() for window in windows]
    return plan.clashes([*plan.planned(), *new])


def _of(plan: Plan, workshop: str) -> Stand:
    stand = plan.stand(workshop)
    if stand is None:
        raise NotFound
    return stand


async def _insert(
    plan: Plan,
    made: Sequence[str],
    lines: Sequence[Line],
    numbers: Mapping[str, str],
    found: Mapping[str, Company],
    now: datetime,
) -> None:
    last = max((stand.position for stand in plan.stands), default=0)
    values: list[Any] = []
    for position, (one, line) in enumerate(zip(made, lines, strict=True), last + 1):
        exhibitor = found[companies.key(line.company)].id
        values += [one, plan.event["id"], "stand", "draft", exhibitor, line.rome_code, line.title, numbers[one]]
        values += [position, now, now]
    await fetch(
        "INSERT INTO workshop (id, event, kind, status, exhibitor, rome_code, title, stand, position, created_at, "
        f"updated_at) VALUES {rows(len(made), 11)}",
        *values,
    )


def _after(stand: Stand, wanted: Facts, company: Company | None) -> Stand:
    given = {name: value for name, value in asdict(wanted).items() if name not in ("company", "email")}
    whose = (company.id, company.name) if company else (None, None)
    after = replace(stand, **given, exhibitor=whose[0], company=whose[1])
    if after.exhibitor != stand.exhibitor:
        after = replace(after, status="draft" if stand.kind == "stand" else stand.status, invited_at=None, answer=None)
    return after


def _check(before: Stand, after: Stand) -> None:
    if before.exhibitor != after.exhibitor and not before.is_free:
        signed_up = _("People are signed up to this workshop of another company: cancel it, so that they are told.")
        raise Invalid(faults=(Fault("company", signed_up),))
    if after.status == "ready" and after.lacks:
        raise Invalid(faults=tuple(_LACKS[name] for name in after.lacks))


async def _write(before: Stand, after: Stand, actor: Actor, event: str, now: datetime) -> None:
    names = ("title", "exhibitor", "rome_code", "stand", "facilitator", "min_age", "asks_represented", "status")
    was, becomes = ({name: getattr(one, name) for name in names} for one in (before, after))
    if was == becomes:
        return
    fresh = {"invited_at": None, "answer": None, "answered_at": None, "answer_why": None}
    values = becomes | (fresh if before.exhibitor != after.exhibitor else {})
    await fetch(
        f"UPDATE workshop SET version = version + 1, updated_at = {{}}, "
        f"{', '.join(f'{name} = {{}}' for name in values)} WHERE id = {{}}",
        *(now, *values.values(), before.id),
    )
    await audit.note(actor, "edit_stand", "workshop", before.id, event=event, before=was, after=becomes, now=now)

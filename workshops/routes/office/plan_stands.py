"""The stands of a day: pasted line by line, and each on a page of its own with its slots."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops import companies
from workshops.access import staff
from workshops.actors import Staff
from workshops.errors import Fault, Invalid, NotFound, WorkshopsError
from workshops.fields import TEXT_LENGTH, Answers, email_address, line, whole_number
from workshops.grid import Rule
from workshops.i18n import _
from workshops.jobs import job, recognised, search
from workshops.planning import plan as plans
from workshops.planning import stands
from workshops.planning.lines import Line, read_lines
from workshops.planning.plan import Plan, Stand
from workshops.planning.slots import Wish
from workshops.planning.stands import Facts
from workshops.routes.forms import Form, read_form
from workshops.routes.office.plan_pages import (
    REFUSALS,
    Asked,
    clash_words,
    plan_page,
    spans,
    to,
    version_in,
    wants_anyway,
)
from workshops.routes.office.plan_slots import read_slots_rule
from workshops.routes.office.slot_rows import read_wishes, slot_rows
from workshops.routes.pages import locale_of
from workshops.tables.people import Role

NAMES = ("company", "email", "title", "job", "stand", "facilitator", "min_age")
STAND_LENGTH = 20


@post("/office/events/{event:str}/plan/stands", status_code=HTTP_200_OK)
async def add_stands(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """What the pasted lines would become, slots and all; or they are added."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    plan = await plans.read(event, who)
    try:
        lines, rule = _read_lines(form)
        if form.one("do") != "save" and not wants_anyway(form):
            return await _lines_page(request, who, plan, form, lines, rule)
        made = await stands.add(event, version_in(form), lines, rule, who, anyway=wants_anyway(form))
    except REFUSALS as refused:
        return await _lines_page(request, who, await plans.read(event, who), form, refused=refused)
    return to(f"/office/events/{event}/plan?done=added&number={len(made)}")


@get("/office/events/{event:str}/plan/workshops/{workshop:str}")
async def show_stand(request: Asked, event: FromPath[str], workshop: FromPath[str]) -> Response[Any]:
    """One workshop as its planner sees it: who, what, where, when."""
    who = await staff(request, Role.ORGANISER)
    plan = await plans.read(event, who)
    return await _stand_page(request, who, plan, _stand(plan, workshop))


@post("/office/events/{event:str}/plan/workshops/{workshop:str}", status_code=HTTP_200_OK)
async def change_stand(request: Asked, event: FromPath[str], workshop: FromPath[str], body: RawBody) -> Response[Any]:
    """Change it, put it elsewhere in the order, or take it away."""
    who, form = await staff(request, Role.ORGANISER), read_form(body, 400)
    plan = await plans.read(event, who)
    stand = _stand(plan, workshop)
    try:
        done = await _act(form, plan, stand, who)
    except REFUSALS as refused:
        plan = await plans.read(event, who)
        return await _stand_page(request, who, plan, plan.stand(workshop) or stand, form, refused)
    return to(f"/office/events/{event}/plan?done={done}")


async def _act(form: Form, plan: Plan, stand: Stand, who: Staff) -> str:
    event, version = plan.event["id"], version_in(form)
    if form.one("do") == "remove":
        await stands.remove(event, version, stand.id, who)
        return "removed"
    if form.one("do") == "move":
        await stands.move(event, version, stand.id, form.one("after") or None, who)
        return "moved"
    facts, wishes = _read_stand(form, plan, stand)
    await stands.change(event, version, stand.id, facts, wishes, who, anyway=wants_anyway(form))
    return "stand"


def _read_lines(form: Form) -> tuple[tuple[Line, ...], Rule | None]:
    """The stands that are pasted, and their slots' rule, if one is written. Raises Invalid with the faults of both."""
    faults: list[Fault] = []
    lines: tuple[Line, ...] = ()
    rule: Rule | None = None
    try:
        lines = read_lines(form.one("lines"))
    except Invalid as refused:
        faults += refused.faults
    try:
        rule = read_slots_rule(form) if form.one("rule") else None
    except Invalid as refused:
        faults += refused.faults
    if faults:
        raise Invalid(faults=tuple(faults))
    return lines, rule


async def _lines_page(
    request: Asked,
    who: Staff,
    plan: Plan,
    form: Form,
    lines: tuple[Line, ...] = (),
    rule: Rule | None = None,
    refused: WorkshopsError | None = None,
) -> Response[Any]:
    known, locale, zone = await companies.known(), locale_of(request), plan.event["zone"]
    numbers, windows, found = stands.foresee(plan, lines, rule)
    held = {(companies.key(stand.company or ""), companies.key(stand.title)) for stand in plan.stands}
    titles = plan.titles | {one: f"{one} · {asked.title}" for one, asked in zip(numbers, lines, strict=True)}
    return plan_page(
        "lines.html",
        request,
        who,
        plan,
        refused=refused,
        clashes=clash_words(found, titles, zone, locale),
        typed={name: form.one(name) for name in ("lines", "rule")},
        rows=[
            {
                "number": number,
                "line": one,
                "job": job(one.rome_code) if one.rome_code else None,
                "known": known.get(companies.key(one.company)),
                "again": (companies.key(one.company), companies.key(one.title)) in held,
            }
            for number, one in zip(numbers, lines, strict=True)
        ],
        hours=spans(windows, zone, locale),
        places=rule.places if rule else 0,
    )


def _stand(plan: Plan, workshop: str) -> Stand:
    stand = plan.stand(workshop)
    if stand is None:
        raise NotFound
    return stand


def _read_stand(form: Form, plan: Plan, stand: Stand) -> tuple[Facts, list[Wish]]:
    """What the form of a stand says. Raises Invalid."""
    answers = Answers({name: form.one(name) for name in NAMES})
    title = answers.read("title", line(TEXT_LENGTH), _("Write the job in plain words."))
    company = answers.read("company", line(TEXT_LENGTH))
    email = answers.read("email", email_address)
    number = answers.read("stand", line(STAND_LENGTH))
    facilitator = answers.read("facilitator", line(TEXT_LENGTH))
    min_age = answers.read("min_age", whole_number(0, 99))
    code = form.one("rome_code") or recognised(form.one("job")) or (form.one("job").strip() and "?")
    if code and job(code) is None:
        answers.fault("job", _("Choose the job from the list."))
    wishes = read_wishes(form, plan, stand, answers)
    if answers.faults or title is None:
        raise Invalid(faults=tuple(answers.faults))
    of_meeting = {"asks_represented": form.one("asks_represented") == "true"} if stand.kind == "meeting" else {}
    return Facts(title, company, email, code or None, number, facilitator, min_age, **of_meeting), wishes


async def _stand_page(
    request: Asked,
    who: Staff,
    plan: Plan,
    stand: Stand,
    form: Form | None = None,
    refused: WorkshopsError | None = None,
) -> Response[Any]:
    label = job(stand.rome_code) if stand.rome_code else ""
    stored = {name: "" if (value := getattr(stand, name, "")) is None else str(value) for name in NAMES}
    typed = {name: form.one(name) for name in NAMES} if form else stored | {"job": label or ""}
    found = search(typed["job"] or typed["title"]) if form or not label else ()
    return plan_page(
        "stand.html",
        request,
        who,
        plan,
        refused=refused,
        stand=stand,
        typed=typed,
        represented=form.one("asks_represented") == "true" if form else stand.asks_represented,
        jobs=[{"value": code, "label": name} for code, name in found],
        chosen=form.one("rome_code") if form else "",
        rows=slot_rows(plan, stand, form),
        companies=sorted({company.name for company in (await companies.known()).values()}),
        others=[one for one in plan.stands if one.id != stand.id],
    )


ROUTES = [add_stands, show_stand, change_stand]

"""Slots by rule: the rule, what it would make of the day, and then it is done."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops.access import staff
from workshops.actors import Staff
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.fields import Answers, line, whole_number
from workshops.grid import Rule, checked, read_hours, read_rule, write_rule
from workshops.i18n import _
from workshops.planning import plan as plans
from workshops.planning import slots
from workshops.planning.plan import Plan
from workshops.routes.forms import Form, read_form
from workshops.routes.office.plan_pages import (
    REFUSALS,
    Asked,
    clash_words,
    plan_page,
    spans,
    to,
    usual_rule,
    version_in,
    wants_anyway,
)
from workshops.routes.pages import locale_of
from workshops.slot_rules import LONGEST, MOST_PLACES, SHORTEST
from workshops.tables.people import Role

RULE_LENGTH = 300
APART = ("minutes", "gap", "hours", "places")


@get("/office/events/{event:str}/plan/grid")
async def show_rule(request: Asked, event: FromPath[str]) -> Response[Any]:
    """The rule to write, for all stands or some."""
    who = await staff(request, Role.ORGANISER)
    plan = await plans.read(event, who)
    chosen = [one for one in request.query_params.getall("stands", []) if plan.stand(one)]
    return _page(request, who, plan, chosen or [stand.id for stand in plan.stands])


@post("/office/events/{event:str}/plan/grid", status_code=HTTP_200_OK)
async def generate(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """What the rule would make; or it is made."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    plan = await plans.read(event, who)
    chosen = [stand.id for stand in plan.stands if stand.id in form.all("stands")]
    try:
        rule = read_slots_rule(form)
        if not chosen:
            raise Invalid(faults=(Fault("stands", _("Choose at least one stand.")),))
        if form.one("do") != "save" and not wants_anyway(form):
            return _page(request, who, plan, chosen, form, rule=rule)
        saved = await slots.generate(event, version_in(form), chosen, rule, who, anyway=wants_anyway(form))
    except REFUSALS as refused:
        return _page(request, who, await plans.read(event, who), chosen, form, refused=refused)
    return to(f"/office/events/{event}/plan?done=generated&number={saved.added}")


def read_slots_rule(form: Form) -> Rule:
    """The rule of a form: its sentence, or its fields where one of those is filled in. Raises Invalid."""
    answers = Answers({name: form.one(name) for name in ("rule", *APART)})
    if not any(form.one(name) for name in APART):
        sentence = answers.read("rule", line(RULE_LENGTH))
        if answers.faults:
            raise Invalid(faults=tuple(answers.faults))
        return read_rule(sentence or "")
    minutes = answers.read("minutes", whole_number(SHORTEST, LONGEST), _("Write how many minutes a slot lasts."))
    gap = answers.read("gap", whole_number(0, LONGEST)) or 0
    places = answers.read("places", whole_number(1, MOST_PLACES), _("Write how many places a slot has."))
    hours = answers.read("hours", line(RULE_LENGTH)) or ""
    try:
        ranges = read_hours(hours)
    except Invalid as refused:
        raise Invalid(faults=(*answers.faults, *refused.faults)) from None
    if answers.faults or minutes is None or places is None:
        raise Invalid(faults=tuple(answers.faults))
    return checked(Rule(minutes, gap, ranges, places), "hours")


def _page(
    request: Asked,
    who: Staff,
    plan: Plan,
    chosen: list[str],
    form: Form | None = None,
    *,
    rule: Rule | None = None,
    refused: WorkshopsError | None = None,
) -> Response[Any]:
    locale, zone = locale_of(request), plan.event["zone"]
    typed = {name: form.one(name) if form else "" for name in ("rule", *APART)}
    typed["rule"] = typed["rule"] or ("" if form else usual_rule(plan, locale))
    saved, windows, found = slots.foresee(plan, chosen, rule) if rule else (None, (), [])
    return plan_page(
        "grid.html",
        request,
        who,
        plan,
        refused=refused,
        clashes=clash_words(found, plan.titles, zone, locale),
        typed=typed,
        chosen=chosen,
        apart=any(typed[name] for name in APART),
        foreseen=saved,
        places=rule.places if rule else 0,
        rule=write_rule(rule, locale) if rule else "",
        hours=spans(windows, zone, locale),
        kept=sum(not slot.is_free for slot in plan.slots if slot.workshop in chosen),
    )


ROUTES = [show_rule, generate]

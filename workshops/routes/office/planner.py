"""The planner of a day: the grid of its stands and slots, seen and saved in one piece."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops.access import staff
from workshops.actors import Staff
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.fields import Answers
from workshops.planning import plan as plans
from workshops.planning import slots
from workshops.planning.plan import Plan
from workshops.planning.stands import can_be_ready
from workshops.routes.forms import Form, read_form
from workshops.routes.office import plan_days, plan_publish, plan_slots, plan_stands
from workshops.routes.office.board import MOST_FIELDS, board, changes, read_window, wishes
from workshops.routes.office.plan_pages import (
    REFUSALS,
    Asked,
    clash_words,
    plan_page,
    to,
    usual_rule,
    version_in,
    wants_anyway,
)
from workshops.routes.pages import locale_of
from workshops.tables.people import Role

TOLD = ("made", "added", "saved", "generated", "facts", "stand", "removed", "moved", "ready", "published", "unchanged")


@get("/office/events/{event:str}/plan")
async def show_plan(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Where the day stands, its grid, and what clashes in it."""
    who = await staff(request, Role.ORGANISER)
    return _page(request, who, await plans.read(event, who))


@post("/office/events/{event:str}/plan", status_code=HTTP_200_OK)
async def save_grid(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Save the cells that were changed, or, before that, show the grid with one more column."""
    who, form = await staff(request, Role.ORGANISER), read_form(body, MOST_FIELDS)
    plan = await plans.read(event, who)
    typed = changes(form, plan)
    if form.one("do") == "column":
        return _with_column(request, who, plan, form, typed)
    wanted, faults = wishes(typed, plan)
    if not faults and not wanted:
        return to(f"/office/events/{event}/plan?done=unchanged")
    try:
        if faults:
            raise Invalid(faults=faults)
        saved = await slots.save(event, version_in(form), wanted, who, anyway=wants_anyway(form))
    except REFUSALS as refused:
        return _page(request, who, await plans.read(event, who), typed, refused=refused)
    return to(f"/office/events/{event}/plan?done=saved&number={saved.added + saved.changed + saved.removed}")


def _with_column(request: Asked, who: Staff, plan: Plan, form: Form, typed: dict[str, str]) -> Response[Any]:
    answers = Answers({name: form.one(name) for name in ("from", "until")})
    hours = read_window(answers, "from", "until")
    if hours is None:
        return _page(request, who, plan, typed, faults=answers.faults, asked=form)
    key = "-".join(f"{at:%H%M}" for at in hours)
    return _page(request, who, plan, typed, also=(key, *form.all("column")))


def _page(
    request: Asked,
    who: Staff,
    plan: Plan,
    typed: dict[str, str] | None = None,
    *,
    refused: WorkshopsError | None = None,
    faults: list[Fault] | None = None,
    also: tuple[str, ...] = (),
    asked: Form | None = None,
) -> Response[Any]:
    locale = locale_of(request)
    done, number = request.query_params.get("done", ""), request.query_params.get("number", "")
    return plan_page(
        "show.html",
        request,
        who,
        plan,
        refused=refused,
        faults=faults or (),
        grid=board(plan, typed, also),
        also=also,
        asked={name: asked.one(name) if asked else "" for name in ("from", "until")},
        standing=clash_words(plan.clashes(), plan.titles, plan.event["zone"], locale),
        rule=usual_rule(plan, locale),
        ready=sum(stand.status == "ready" for stand in plan.stands),
        can_be_ready=sum(can_be_ready(stand) for stand in plan.stands),
        done=done if done in TOLD else "",
        number=int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0,
    )


ROUTES = [
    show_plan,
    save_grid,
    *plan_days.ROUTES,
    *plan_stands.ROUTES,
    *plan_slots.ROUTES,
    *plan_publish.ROUTES,
]

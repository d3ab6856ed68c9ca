"""The day goes public: what of it would be seen, what is missing, now or at a time; and back again."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops.access import staff
from workshops.actors import Actor, Staff
from workshops.errors import Invalid, NotFound, WorkshopsError
from workshops.fields import Answers
from workshops.i18n import _
from workshops.planning import plan as plans
from workshops.planning import publishing, stands
from workshops.planning.plan import Plan
from workshops.planning.stands import can_be_ready
from workshops.routes.forms import Form, read_form
from workshops.routes.office.plan_days import moment
from workshops.routes.office.plan_pages import REFUSALS, Asked, local, plan_page, to, version_in
from workshops.tables.people import Role

Act = Callable[[str, int, Form, Plan, Staff], Awaitable[object]]


@get("/office/events/{event:str}/plan/publish")
async def show_publishing(request: Asked, event: FromPath[str]) -> Response[Any]:
    """What the public would see, and what is missing."""
    who = await staff(request, Role.ORGANISER)
    return _page(request, who, await plans.read(event, who))


@post("/office/events/{event:str}/plan/publish", status_code=HTTP_200_OK)
async def change_state(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Publish, now or at a time; take it back; close sign-up or open it again; say that the workshops are ready."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    plan, act = await plans.read(event, who), ACTS.get(form.one("do"))
    if act is None:
        raise NotFound
    try:
        await act(event, version_in(form), form, plan, who)
    except REFUSALS as refused:
        return _page(request, who, await plans.read(event, who), form, refused)
    return to(f"/office/events/{event}/plan?done={'ready' if form.one('do') == 'ready' else 'published'}")


def _plainly(verb: Callable[[str, int, Actor], Awaitable[object]]) -> Act:
    async def act(event: str, version: int, _form: Form, _plan: Plan, who: Staff) -> object:
        return await verb(event, version, who)

    return act


async def _at(event: str, version: int, form: Form, plan: Plan, who: Staff) -> None:
    answers = Answers({"publish_at": form.one("publish_at")})
    at: datetime | None = answers.read("publish_at", moment(plan.event["zone"]), _("Choose the day and the hour."))
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    await publishing.publish_at(event, version, at, who)


async def _never(event: str, version: int, _form: Form, _plan: Plan, who: Staff) -> None:
    await publishing.publish_at(event, version, None, who)


def _page(
    request: Asked, who: Staff, plan: Plan, form: Form | None = None, refused: WorkshopsError | None = None
) -> Response[Any]:
    known = local(plan.event["publish_at"], plan.event["zone"], "%Y-%m-%dT%H:%M")
    return plan_page(
        "publish.html",
        request,
        who,
        plan,
        refused=refused,
        publish_at=form.one("publish_at") if form else known,
        only_meetings=bool(plan.stands) and all(stand.kind == "meeting" for stand in plan.stands),
        ready=sum(stand.status == "ready" for stand in plan.stands),
        can_be_ready=sum(can_be_ready(stand) for stand in plan.stands),
        without_slots=sum(not stand.slots for stand in plan.stands),
    )


ACTS: dict[str, Act] = {
    "now": _plainly(publishing.publish),
    "at": _at,
    "never": _never,
    "back": _plainly(publishing.unpublish),
    "close": _plainly(publishing.close),
    "reopen": _plainly(publishing.reopen),
    "ready": _plainly(stands.ready_all),
}
ROUTES = [show_publishing, change_state]

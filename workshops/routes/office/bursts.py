"""Sign-ups that came within minutes from one network: who they are, cancel them together, and undo it for a day."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import audit, bursts
from workshops.access import staff
from workshops.actors import Staff
from workshops.bursts import Burst
from workshops.database import utcnow
from workshops.errors import WorkshopsError
from workshops.rescheduling import dismissing, history, readmitting
from workshops.rescheduling.locks import ChangedMeanwhile
from workshops.rights import Row, led_event
from workshops.routes.forms import read_form
from workshops.routes.office.change_pages import how
from workshops.routes.pages import office_page
from workshops.tables.people import Role
from workshops.turns import Busy

Asked = Request[Any, Any, Any]


@get("/office/events/{event:str}/bursts")
async def show_bursts(request: Asked, event: FromPath[str]) -> Response[Any]:
    """The bursts of the last 24 hours with their people, and those that were cancelled."""
    who, now = await staff(request, Role.ORGANISER), utcnow()
    day = await led_event(who, event)
    found = await bursts.of_event(event, now)
    cancelled = [
        (change, await readmitting.outcome(change.id))
        for change in await history.of_event(event)
        if change.kind == "cancel_burst" and change.created_at > now - bursts.KEPT
    ]
    await audit.listed(who, "bursts", event, sum(len(one.people) for one in found))
    return office_page("bursts.html", request, who, day=day, bursts=found, cancelled=cancelled, now=now)


@get("/office/events/{event:str}/bursts/{burst:str}")
async def ask(request: Asked, event: FromPath[str], burst: FromPath[str]) -> Response[Any]:
    """What cancelling does, and to how many."""
    who = await staff(request, Role.ORGANISER)
    return await _page(request, who, await led_event(who, event), burst, request.query_params.get("who") == "unproved")


@post("/office/events/{event:str}/bursts/{burst:str}")
async def cancel(request: Asked, event: FromPath[str], burst: FromPath[str], body: RawBody) -> Response[Any]:
    """Cancel them; or, where they are no longer those that were shown, show them again."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    day, unproved = await led_event(who, event), form.one("who") == "unproved"
    if await _found(event, burst) is None:
        return _back(event)
    try:
        await dismissing.cancel_burst(event, burst, unproved=unproved, actor=who, how=how(form))
    except (ChangedMeanwhile, Busy) as error:
        return await _page(request, who, day, burst, unproved, error)
    return _back(event)


async def _found(event: str, burst: str) -> Burst | None:
    return next((one for one in await bursts.of_event(event, utcnow()) if one.id == burst), None)


async def _page(
    request: Asked, who: Staff, day: Row, burst: str, unproved: bool, error: WorkshopsError | None = None
) -> Response[Any]:
    found = await _found(day["id"], burst)
    people = found.chosen(unproved=unproved) if found else ()
    if found is None or not people:
        return _back(day["id"])
    return office_page(
        "burst_cancel.html",
        request,
        who,
        status=error.status if error else HTTP_200_OK,
        day=day,
        burst=found,
        people=people,
        unproved=unproved,
        seen=bursts.mark_of(people),
        told=sum(not one.unproved for one in people),
        refusal=error,
    )


def _back(event: str) -> Response[Any]:
    """To the list: the burst is cancelled, or a day old."""
    return Redirect(f"/office/events/{event}/bursts", status_code=HTTP_303_SEE_OTHER)


ROUTES = [show_bursts, ask, cancel]

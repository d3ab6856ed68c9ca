"""The changes of a day that people are told of: each as it was made, to be undone or sent at once, and all of them."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from workshops import stand_news
from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import WorkshopsError
from workshops.rescheduling import history
from workshops.rescheduling.locks import TooLate
from workshops.rescheduling.restoring import Overtaken
from workshops.rescheduling.undoing import send_now, undo
from workshops.rights import led_event
from workshops.routes.office import day_changes, slot_changes
from workshops.routes.pages import office_page
from workshops.tables.people import Role
from workshops.turns import Busy

Asked = Request[Any, Any, Any]


@get("/office/events/{event:str}/changes")
async def show_changes(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Every change of the day, the newest first."""
    who = await staff(request, Role.ORGANISER)
    day = await led_event(who, event)
    made = await history.of_event(event)
    return office_page("changes/list.html", request, who, day=day, changes=made, now=utcnow())


@get("/office/changes/{change:str}")
async def show_change(request: Asked, change: FromPath[str]) -> Response[Any]:
    """What was done, who is told, and when the messages leave."""
    who = await staff(request, Role.ORGANISER)
    return await _page(request, who, change)


@post("/office/changes/{change:str}/undo")
async def take_back(request: Asked, change: FromPath[str]) -> Response[Any]:
    """Undo it, as long as no message has left."""
    who = await staff(request, Role.ORGANISER)
    try:
        await undo(change, who)
    except (TooLate, Overtaken, Busy) as error:
        return await _page(request, who, change, error)
    return Redirect(f"/office/changes/{change}", status_code=HTTP_303_SEE_OTHER)


@post("/office/changes/{change:str}/send")
async def send(request: Asked, change: FromPath[str]) -> Response[Any]:
    """Send its messages without waiting."""
    who = await staff(request, Role.ORGANISER)
    try:
        await send_now(change, who)
    except TooLate as error:
        return await _page(request, who, change, error)
    return Redirect(f"/office/changes/{change}", status_code=HTTP_303_SEE_OTHER)


async def _page(request: Asked, who: Staff, change: str, refusal: WorkshopsError | None = None) -> Response[Any]:
    made = await history.made(change, who)
    status = refusal.status if refusal else 200
    callees = await stand_news.to_telephone(change)
    shown: dict[str, Any] = {"change": made, "callees": callees, "now": utcnow(), "refusal": refusal}
    return office_page("changes/one.html", request, who, status=status, **shown)


ROUTES = [show_changes, show_change, take_back, send, *slot_changes.ROUTES, *day_changes.ROUTES]

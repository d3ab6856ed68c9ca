"""The list "à appeler" of a day (rule 9): who, on which number, what to tell; ticked off one by one."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import audit, calls, people
from workshops.access import staff
from workshops.calls import NewsMeanwhile
from workshops.database import utcnow
from workshops.errors import WorkshopsError
from workshops.routes.forms import read_form
from workshops.routes.office import profile_words
from workshops.routes.office.people_words import phone
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
MAY = (Role.ORGANISER, Role.ADVISER)
NEVER = datetime.min.replace(tzinfo=UTC)


@get("/office/events/{event:str}/calls")
async def show_calls(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Whom to call, and who has been."""
    return await _page(request, event)


@post("/office/events/{event:str}/calls/{attendee:str}/done")
async def tick(request: Asked, event: FromPath[str], attendee: FromPath[str], body: RawBody) -> Response[Any]:
    """The person has been told; not if something came after the page was read."""
    who, form = await staff(request, *MAY), read_form(body)
    try:
        await calls.tick(attendee, _moment(form.one("since")), who)
    except NewsMeanwhile as error:
        return await _page(request, event, error, attendee)
    if form.one("from") == "sheet":
        return Redirect(f"/office/attendees/{attendee}?done=called", status_code=HTTP_303_SEE_OTHER)
    return Redirect(f"/office/events/{event}/calls?done={attendee}", status_code=HTTP_303_SEE_OTHER)


@post("/office/events/{event:str}/calls/{attendee:str}/undo")
async def untick(request: Asked, event: FromPath[str], attendee: FromPath[str]) -> Response[Any]:
    """The person is to be called after all."""
    who = await staff(request, *MAY)
    await calls.untick(attendee, who)
    return Redirect(f"/office/events/{event}/calls#a-{attendee}", status_code=HTTP_303_SEE_OTHER)


async def _page(request: Asked, event: str, refusal: WorkshopsError | None = None, about: str = "") -> Response[Any]:
    now = utcnow()
    who = await staff(request, *MAY)
    row = await people.day(who, event)
    to_call, called = await calls.to_call(event, who), await calls.called(event, who)
    await audit.listed(who, "calls", event, len(to_call) + len(called))
    total, done = await calls.count(event, who)
    just = next((one for one in called if one["id"] == request.query_params.get("done")), None)
    return office_page(
        "calls.html",
        request,
        who,
        status=refusal.status if refusal else HTTP_200_OK,
        event=row,
        to_call=to_call,
        news={one["id"]: one for call in to_call for one in call.news},
        called=called,
        total=total,
        done=done,
        just=just,
        refusal=refusal,
        about=about,
        since=now.isoformat(),
        words=profile_words,
        phone=phone,
        locale=locale_of(request),
    )


def _moment(text: str) -> datetime:
    """The moment a page was read; one that cannot be read is before everything."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return NEVER
    return moment if moment.tzinfo else NEVER


ROUTES = [show_calls, tick, untick]

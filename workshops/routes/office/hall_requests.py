"""A host, or an agency with a room, answers a request signed in; by mail the same is done in `links_halls`."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from workshops.access import staff
from workshops.actors import Staff
from workshops.errors import Invalid, WorkshopsError
from workshops.halls import requests
from workshops.handover import HallTaken, RequestAnswered
from workshops.routes.forms import Form, read_form
from workshops.routes.hall_forms import answer, read_page
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]


@get("/office/halls/requests/{request_id:str}")
async def show_request(request: Asked, request_id: FromPath[str]) -> Response[Any]:
    """What is asked, and the three answers; once answered, what was."""
    who = await staff(request, Role.ORGANISER, Role.HOST)
    return await _page(request, who, request_id, Form(()))


@post("/office/halls/requests/{request_id:str}")
async def answer_request(request: Asked, request_id: FromPath[str], body: RawBody) -> Response[Any]:
    """Answer, or take a promise back."""
    who, form = await staff(request, Role.ORGANISER, Role.HOST), read_form(body)
    asked = await requests.request(request_id, who)
    try:
        await answer(form, asked, who)
    except (Invalid, HallTaken, RequestAnswered) as refused:
        return await _page(request, who, request_id, form, refused)
    return Redirect(f"/office/halls/requests/{request_id}", status_code=HTTP_303_SEE_OTHER)


async def _page(
    request: Asked, who: Staff, request_id: str, form: Form, refused: WorkshopsError | None = None
) -> Response[Any]:
    shown = await read_page(request_id, who, form, refused, locale_of(request))
    status, address = refused.status if refused else 200, f"/office/halls/requests/{request_id}"
    return office_page("halls/request.html", request, who, status=status, address=address, **shown)


ROUTES = [show_request, answer_request]

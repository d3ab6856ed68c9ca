"""What the link mailed to a host opens: the request for its hall, to be answered without an account.

Opening it changes nothing (product.md rule 12): mail scanners open links, people press buttons.
"""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from workshops import halls
from workshops.actors import Actor
from workshops.errors import Invalid, WorkshopsError
from workshops.halls import requests
from workshops.handover import HallTaken, RequestAnswered
from workshops.routes.forms import Form, read_form
from workshops.routes.hall_forms import answer, read_page
from workshops.routes.pages import locale_of, page, personal

FORM_BYTES = 16 * 1024
Asked = Request[Any, Any, Any]


@get("/halls/answer/{secret:str}")
async def show_request(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """What is asked, and the three answers; once answered, what was."""
    identity, host = await halls.by_link(secret)
    return await _page(request, secret, identity, host, Form(()))


@post("/halls/answer/{secret:str}")
async def answer_request(request: Asked, secret: FromPath[str], body: RawBody) -> Response[Any]:
    """Answer, or take a promise back."""
    (identity, host), form = await halls.by_link(secret), read_form(body)
    asked = await requests.request(identity, host)
    try:
        await answer(form, asked, host)
    except (Invalid, HallTaken, RequestAnswered) as refused:
        return await _page(request, secret, identity, host, form, refused)
    return Redirect(f"/halls/answer/{secret}", status_code=HTTP_303_SEE_OTHER)


async def _page(
    request: Asked,
    secret: str,
    identity: str,
    host: Actor,
    form: Form,
    refused: WorkshopsError | None = None,
) -> Response[Any]:
    shown = await read_page(identity, host, form, refused, locale_of(request))
    status, address = refused.status if refused else 200, f"/halls/answer/{secret}"
    return page("halls/link.html", request, status=status, headers=personal(request), address=address, **shown)


HALL_LINKS = Router(
    "/", route_handlers=[show_request, answer_request], include_in_schema=False, request_max_body_size=FORM_BYTES
)

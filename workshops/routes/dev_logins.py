"""Demo mode only: whom one can sign in as, with the code that their phone would show, and a button that does it all."""

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import sign_in
from workshops.demo.accounts import PASSWORD, demo_logins
from workshops.errors import NotFound, WorkshopsError
from workshops.logins import Step
from workshops.routes.browsers import OFFICE, browser_of, keep
from workshops.routes.forms import read_form
from workshops.routes.pages import page
from workshops.routes.role_words import role_words
from workshops.routes.sign_in import TOO_FAST
from workshops.sign_in import NotRecognised, WrongCode

Asked = Request[Any, Any, Any]


@get("/dev/logins", include_in_schema=False)
async def show_logins(request: Asked) -> Response[Any]:
    """The accounts of the demo."""
    return await _page(request)


@post("/dev/logins", include_in_schema=False)
async def sign_in_as(request: Asked, body: RawBody) -> Response[Any]:
    """Take both steps of a sign-in as one of them, by the same verbs as everybody."""
    email = read_form(body).one("email")
    known = next((login for login in await demo_logins() if login.email == email), None)
    if known is None:
        raise NotFound
    try:
        signed = await sign_in.with_password(email, PASSWORD, browser_of(request))
        if signed.step is Step.CODE:
            browser = replace(browser_of(request), token=signed.token)
            signed = await sign_in.with_code(known.code or "", browser)
    except (NotRecognised, WrongCode, *TOO_FAST) as error:
        return await _page(request, error)
    response = Redirect(OFFICE, status_code=HTTP_303_SEE_OTHER)
    keep(response, signed)
    return response


async def _page(request: Asked, error: WorkshopsError | None = None) -> Response[Any]:
    return page(
        "dev/logins.html",
        request,
        status=error.status if error else HTTP_200_OK,
        logins=await demo_logins(),
        password=PASSWORD,
        words=role_words,
        refusal=error,
    )


ROUTES = [show_logins, sign_in_as]

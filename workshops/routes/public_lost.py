"""Tickets that somebody cannot find: asked for by their address, sent to it alone."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import RawBody

from workshops import lost_links
from workshops.errors import Fault
from workshops.fields import Answers, email_address
from workshops.i18n import _
from workshops.routes.forms import Form, read_form
from workshops.routes.pages import locale_of, page, personal
from workshops.routes.wording import errors_in
from workshops.throttle import network

Asked = Request[Any, Any, Any]


@get("/lost-link")
async def show_lost(request: Asked) -> Response[Any]:
    """Which address the tickets went to."""
    return _page(request, Form(()))


@post("/lost-link", status_code=200)
async def ask_lost(request: Asked, body: RawBody) -> Response[Any]:
    """The same answer whatever is stored; the tickets of that address leave for it."""
    form = read_form(body)
    answers = Answers({"email": form.one("email")})
    email = answers.read("email", email_address, _("Write your e-mail address."))
    if email is None:
        return _page(request, form, tuple(answers.faults))
    await lost_links.ask(email, network(request.client.host if request.client else ""))
    return page("public/lost_link_sent.html", request, here="/lost-link", headers=personal(request), email=email)


def _page(request: Asked, form: Form, faults: tuple[Fault, ...] = ()) -> Response[Any]:
    return page(
        "public/lost_link.html",
        request,
        status=422 if faults else 200,
        headers=personal(request),
        email=form.one("email"),
        errors=errors_in(faults, locale_of(request)),
    )


ROUTES = [show_lost, ask_lost]

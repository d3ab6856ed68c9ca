"""The links a person holds: the ticket's, which shows and does nothing, and their own, which changes their places."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from workshops import changes, programme
from workshops.actors import Actor
from workshops.attendees import Attendee, by_manage_link, by_ticket, own_places
from workshops.refusals import CannotCancel
from workshops.routes import wording
from workshops.routes.forms import read_form
from workshops.routes.pages import page
from workshops.routes.signed_up import remember
from workshops.routes.ticket_pages import ticket_page


@get(["/T/{secret:str}", "/t/{secret:str}"])
async def ticket(request: Request, secret: FromPath[str]) -> Response[str]:  # type: ignore[type-arg]
    """What the QR opens: workshops, times, status; no name, no action (contract.md)."""
    person, replaced = await by_ticket(secret)
    return page(
        "public/ticket.html",
        request,
        here="/",
        day=await programme.day(person.event),
        places=[] if replaced else await own_places(person.id),
        replaced=replaced,
        wording=wording,
    )


@get("/m/{secret:str}")
async def manage(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """The person's own places and ticket."""
    return await ticket_page("manage", request, await by_manage_link(secret), secret=secret)


@post("/m/{secret:str}/cancellations")
async def give_back(request: Request, secret: FromPath[str], body: RawBody) -> Response[Any]:  # type: ignore[type-arg]
    """Give one place back, until it begins (rule 6)."""
    person = await by_manage_link(secret)
    registration = read_form(body).one("registration")
    try:
        await changes.cancel(registration, _actor(person))
    except CannotCancel as error:
        context = {"secret": secret, "here": f"/m/{secret}", "refusal": error}
        return await ticket_page("manage", request, person, status=error.status, **context)
    return Redirect(f"/m/{secret}?done={registration}", status_code=303)


@post("/m/{secret:str}/choices")
async def choose(request: Request, secret: FromPath[str], body: RawBody) -> Response[Any]:  # type: ignore[type-arg]
    """Keep one of the places that are at the same time since one was moved."""
    person = await by_manage_link(secret)
    try:
        await changes.keep(read_form(body).one("registration"), _actor(person))
    except CannotCancel as error:
        context = {"secret": secret, "here": f"/m/{secret}", "refusal": error}
        return await ticket_page("manage", request, person, status=error.status, **context)
    return Redirect(f"/m/{secret}", status_code=303)


@post("/m/{secret:str}/additions")
async def add(secret: FromPath[str]) -> Response[Any]:
    """Choose another slot as the same person: for 30 minutes this browser need not write who they are."""
    person = await by_manage_link(secret)
    response: Response[Any] = Redirect(f"/events/{person.event}?who=same", status_code=303)
    remember(response, person.event, person.id, True, (), 0)
    return response


@get("/m/{secret:str}/not-you")
async def not_you(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """Somebody else signed them up: what can be done, and one button (rule 9)."""
    return await ticket_page("not_you", request, await by_manage_link(secret), secret=secret)


@post("/m/{secret:str}/not-you")
async def give_all_back(secret: FromPath[str]) -> Response[Any]:
    """Give back every place that has not begun."""
    person = await by_manage_link(secret)
    done = ""
    for place in await own_places(person.id):
        try:
            done = (await changes.cancel(place.id, _actor(person))).place.id
        except CannotCancel:
            continue
    return Redirect(f"/m/{secret}?done={done}", status_code=303)


def _actor(person: Attendee) -> Actor:
    return Actor(f"attendee:{person.id}")

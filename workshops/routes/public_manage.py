"""The links a person holds: the ticket's, which shows and does nothing, and their own, which changes their places."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from workshops import changes, contacts, programme
from workshops.attendees import by_manage_link, by_ticket, own_places
from workshops.refusals import CannotCancel
from workshops.routes import wording
from workshops.routes.forms import read_form
from workshops.routes.own_page import actor_of, back, give_all_back, own_page
from workshops.routes.pages import page
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
    """The person's own places, ticket, contact and choices."""
    return await own_page(request, await by_manage_link(secret), secret)


@post("/m/{secret:str}/cancellations")
async def give_back(request: Request, secret: FromPath[str], body: RawBody) -> Response[Any]:  # type: ignore[type-arg]
    """Give one place back, until it begins (rule 6)."""
    person = await by_manage_link(secret)
    registration = read_form(body).one("registration")
    try:
        await changes.cancel(registration, actor_of(person))
    except CannotCancel as error:
        return await own_page(request, person, secret, refusal=error)
    return Redirect(f"/m/{secret}?done={registration}", status_code=303)


@post("/m/{secret:str}/choices")
async def choose(request: Request, secret: FromPath[str], body: RawBody) -> Response[Any]:  # type: ignore[type-arg]
    """Keep one of the places that are at the same time since one was moved."""
    person = await by_manage_link(secret)
    try:
        await changes.keep(read_form(body).one("registration"), actor_of(person))
    except CannotCancel as error:
        return await own_page(request, person, secret, refusal=error)
    return back(secret)


@get("/m/{secret:str}/cancel-all")
async def ask_all(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """Every place that can still be given back, and one button."""
    return await ticket_page("cancel_all", request, await by_manage_link(secret), secret=secret)


@post("/m/{secret:str}/cancel-all")
async def cancel_all(secret: FromPath[str]) -> Response[Any]:
    """Give every place back that has not begun."""
    return await give_all_back(secret)


@get("/m/{secret:str}/ticket")
async def print_ticket(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """The ticket alone, large, to print or to show."""
    return await ticket_page("paper", request, await by_manage_link(secret), secret=secret)


@post("/m/{secret:str}/ticket")
async def send_ticket(secret: FromPath[str]) -> Response[Any]:
    """Send the ticket again to the address on file, at most once a minute."""
    person = await by_manage_link(secret)
    sent = await contacts.send_again(person.id, actor_of(person))
    return back(secret, "sent" if sent else "")


@get("/m/{secret:str}/not-you")
async def not_you(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """Somebody else signed them up: what can be done, and one button (rule 9)."""
    return await ticket_page("not_you", request, await by_manage_link(secret), secret=secret)


@post("/m/{secret:str}/not-you")
async def undo_not_you(secret: FromPath[str]) -> Response[Any]:
    """Give back every place that has not begun."""
    return await give_all_back(secret)

"""The one tap that a message asks for: a page with one button, whose POST confirms the places."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from workshops import proofs
from workshops.actors import Actor
from workshops.attendees import by_manage_link
from workshops.proofs import ProofByTelephone, ProofEnded
from workshops.routes.ticket_pages import ticket_page


@get("/m/{secret:str}/proof")
async def show_proof(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """What is to be confirmed, that it is, or that it is too late."""
    return await ticket_page("proof", request, await by_manage_link(secret), secret=secret, here=f"/m/{secret}/proof")


@post("/m/{secret:str}/proof")
async def prove(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """Confirm the places; pressed again, the same page."""
    person = await by_manage_link(secret)
    try:
        await proofs.confirm(person.id, Actor(f"attendee:{person.id}"))
    except (ProofEnded, ProofByTelephone) as error:
        context = {"secret": secret, "here": f"/m/{secret}/proof"}
        return await ticket_page("proof", request, person, status=error.status, **context)
    return Redirect(f"/m/{secret}/proof", status_code=303)

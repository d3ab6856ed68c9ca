"""An agency's invitation as the invited person opens it: it shows, its button leads to the choice of slots."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from workshops import invitations, programme, referrals
from workshops.papers import papers
from workshops.routes import wording
from workshops.routes.invited import remember
from workshops.routes.pages import page, personal
from workshops.settings import settings
from workshops.tickets import KeyGone


@get(["/i/{secret:str}", "/I/{secret:str}"])
async def invitation(request: Request, secret: FromPath[str]) -> Response[str]:  # type: ignore[type-arg]
    """Who invites, to which day; once used, the way to the person's places; later a calm word."""
    return await _page(request, secret)


@post("/i/{secret:str}/start")
async def start(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """Choose: for two hours this browser need not write who it is, and the agency is named with the sign-up."""
    found = await invitations.by_link(secret)
    if found.state != "open":
        return await _page(request, secret)
    response: Response[Any] = Redirect(f"/events/{found.event}", status_code=303)
    remember(response, found.id)
    return response


@post("/i/{secret:str}/places")
async def open_places(request: Request, secret: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """The person's own page; where they gave another address since, that address is sent its link instead."""
    attendee = await referrals.ask_for_link(secret)
    if attendee is None:
        return await _page(request, secret, mailed=True)
    try:
        held = await papers(attendee)
    except KeyGone:
        return await _page(request, secret)
    return Redirect(held.manage_url.removeprefix(settings().public_url), status_code=303)


async def _page(request: Request, secret: str, *, mailed: bool = False) -> Response[str]:  # type: ignore[type-arg]
    found = await invitations.by_link(secret)
    return page(
        "public/invitation.html",
        request,
        headers=personal(request),
        here="/",
        invitation=found,
        secret=secret,
        day=await programme.day(found.event),
        mailed=mailed and found.attendee is not None,
        wording=wording,
    )

"""What a browser remembers that has opened an invitation: a signed cookie of ids for two hours, no name in it."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response

from workshops.database import utcnow
from workshops.invitations import Invitation, open_one
from workshops.routes.pages import cookie_name
from workshops.settings import settings
from workshops.tickets import sign, unsign

KEPT = timedelta(hours=2)
COOKIE = "invitation"


def remember(response: Response[Any], referral: str) -> None:
    """Set the cookie; it ends in two hours. Once the invitation is used, it means nothing."""
    response.set_cookie(
        cookie_name(COOKIE),
        sign(COOKIE, f"{referral}.{int(utcnow().timestamp())}"),
        max_age=int(KEPT.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings().secure,
    )


async def invited(request: Request, event: str) -> Invitation | None:  # type: ignore[type-arg]
    """The invitation that this browser opened, if it is for `event` and can still be used."""
    payload = unsign(COOKIE, request.cookies.get(cookie_name(COOKIE), ""))
    if payload is None:
        return None
    referral, _dot, at = payload.partition(".")
    return await open_one(referral, event) if int(at) + KEPT.total_seconds() > utcnow().timestamp() else None

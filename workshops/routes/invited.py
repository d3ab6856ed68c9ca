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


def remember(response: Response[Any], referral: str, event: str) -> None:
    """Set the cookie; it ends in two hours."""
    payload = f"{referral}.{event}.{int(utcnow().timestamp())}"
    _set(response, sign(COOKIE, payload), KEPT)


def forget(response: Response[Any]) -> None:
    """The invitation has been used: who signs up next on this browser is somebody else."""
    _set(response, "", timedelta(0))


async def invited(request: Request, event: str) -> Invitation | None:  # type: ignore[type-arg]
    """The invitation that this browser opened, if it is for `event` and can still be used."""
    payload = unsign(COOKIE, request.cookies.get(cookie_name(COOKIE), ""))
    if payload is None:
        return None
    referral, known, at = payload.split(".")
    if known != event or int(at) + KEPT.total_seconds() < utcnow().timestamp():
        return None
    return await open_one(referral, event)


def _set(response: Response[Any], value: str, lasts: timedelta) -> None:
    response.set_cookie(
        cookie_name(COOKIE),
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings().secure,
    )

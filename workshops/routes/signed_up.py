"""What a browser that has just signed somebody up remembers for 30 minutes: a signed cookie of ids, no name in it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from litestar import Request, Response

from workshops.actors import ANYONE, Actor
from workshops.database import utcnow
from workshops.places import Place
from workshops.routes.pages import cookie_name
from workshops.settings import settings
from workshops.tickets import sign, unsign

KEPT = timedelta(minutes=30)
COOKIE = "sign_up"


@dataclass(frozen=True, slots=True)
class SignedUp:
    """A sign-up of this browser. `own`: it made the attendee, or holds their link, so that it may see and change them.

    `places`: session and status of what was taken last; `at`: seconds since 1970.
    """

    event: str
    attendee: str
    own: bool
    places: tuple[tuple[str, str], ...]
    at: int

    @property
    def actor(self) -> Actor:
        """Who this browser is for the verbs."""
        return Actor(f"attendee:{self.attendee}") if self.own else ANYONE


def remember(
    response: Response[Any], event: str, attendee: str, own: bool, places: tuple[Place, ...], since: int
) -> None:
    """Set the cookie; it ends 30 minutes after `since`, or after now if that is 0."""
    at = since or int(utcnow().timestamp())
    parts = [
        event,
        attendee,
        "own" if own else "sent",
        str(at),
        *(f"{place.session}_{place.status}" for place in places),
    ]
    response.set_cookie(
        cookie_name(COOKIE),
        sign(COOKIE, ".".join(parts)),
        max_age=int(KEPT.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings().secure,
    )


def signed_up(request: Request, event: str) -> SignedUp | None:  # type: ignore[type-arg]
    """The last sign-up of this browser, if it was for `event` and less than 30 minutes ago."""
    payload = unsign(COOKIE, request.cookies.get(cookie_name(COOKIE), ""))
    if payload is None:
        return None
    known, attendee, kind, at, *taken = payload.split(".")
    if known != event or int(at) + KEPT.total_seconds() < utcnow().timestamp():
        return None
    places = ((session, status) for session, _, status in (one.rpartition("_") for one in taken))
    return SignedUp(known, attendee, kind == "own", tuple(places), int(at))

"""The browser of a member of staff: what it sends with a sign-in, and the cookies that it is given."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response

from workshops.access import staff_cookie
from workshops.ids import new_id
from workshops.logins import ABSOLUTE, Browser, Signed, Step, label
from workshops.routes.pages import cookie_name, own_path
from workshops.settings import settings
from workshops.throttle import network
from workshops.tickets import sign, unsign

KNOWN = "known"
KNOWN_FOR = timedelta(days=90)
OFFICE = "/office"
WAY_IN = ("/sign-in", "/sign-out")


def browser_of(request: Request) -> Browser:  # type: ignore[type-arg]
    """The browser that sends this."""
    account, _, known = (unsign(KNOWN, request.cookies.get(cookie_name(KNOWN), "")) or "").partition(".")
    return Browser(
        network=network(request.client.host if request.client else ""),
        label=label(request.headers.get("user-agent", "")),
        token=token_of(request),
        account=account,
        known=known,
    )


def token_of(request: Request) -> str:  # type: ignore[type-arg]
    """The token of its login, if it has one."""
    return request.cookies.get(staff_cookie(), "")


def keep(response: Response[Any], signed: Signed) -> None:
    """Give the browser its new token. One that has shown everything is known to this account from now on."""
    _set(response, staff_cookie(), signed.token, ABSOLUTE)
    if signed.step is Step.NONE:
        _set(response, cookie_name(KNOWN), sign(KNOWN, f"{signed.account}.{new_id()}"), KNOWN_FOR)


def keep_token(response: Response[Any], token: str) -> None:
    """Give a browser that is signed in another token."""
    _set(response, staff_cookie(), token, ABSOLUTE)


def drop(response: Response[Any]) -> None:
    """Take the token from the browser; it stays known."""
    _set(response, staff_cookie(), "", timedelta(0))


def onward(wanted: str) -> str:
    """Where to go after signing in: a page of ours that was asked for, not of the way in itself; else the office."""
    return OFFICE if wanted.startswith(WAY_IN) else own_path(wanted) or OFFICE


def _set(response: Response[Any], name: str, value: str, lasts: timedelta) -> None:
    """Written out for an emptied one too: browsers refuse a `__Host-` cookie that is not Secure."""
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings().secure,
    )

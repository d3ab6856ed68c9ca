"""Signing in and out: a password, then a code; the first time, the app that shows the codes."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import QueryParameter, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_422_UNPROCESSABLE_ENTITY

from workshops import sign_in, totp
from workshops.errors import Fault, SignInNeeded, WorkshopsError
from workshops.i18n import _, translate
from workshops.logins import Step
from workshops.passwords import TooBusy
from workshops.routes.browsers import browser_of, drop, keep, onward, token_of
from workshops.routes.forms import read_form
from workshops.routes.pages import locale_of, page, personal
from workshops.routes.wording import errors_in
from workshops.sign_in import NotRecognised, Pending, WrongCode
from workshops.throttle import TooManyTries

Asked = Request[Any, Any, Any]
Next = Annotated[str, QueryParameter(name="next", description="A path of ours to go on to")]
PASSWORD, CODE, SECOND_FACTOR = "/sign-in", "/sign-in/code", "/sign-in/second-factor"
STEPS = {Step.CODE: CODE, Step.SET_UP: SECOND_FACTOR}
TOO_FAST = (TooManyTries, TooBusy)
NOT_KEPT = {"Cache-Control": "no-store"}


@get(PASSWORD)
async def ask_password(request: Asked, wanted: Next = "") -> Response[Any]:
    """Address and password; who is signed in already, or half, goes on."""
    try:
        await sign_in.signed_in(token_of(request))
    except SignInNeeded:
        try:
            begun = await sign_in.pending(token_of(request))
        except SignInNeeded:
            return _page(request, "password", wanted)
        return next_step(begun.step, wanted)
    return next_step(Step.NONE, wanted)


@post(PASSWORD)
async def send_password(request: Asked, body: RawBody) -> Response[Any]:
    """Check both, and go on to the second factor."""
    form = read_form(body)
    email, password, wanted = form.one("email"), form.one("password"), form.one("next")
    faults = [
        Fault(name, message)
        for name, message, given in (
            ("email", _("Write your e-mail address."), email.strip()),
            ("password", _("Write your password."), password),
        )
        if not given
    ]
    if faults:
        return _page(request, "password", wanted, faults=faults, email=email)
    try:
        signed = await sign_in.with_password(email, password, browser_of(request))
    except (NotRecognised, *TOO_FAST) as error:
        return _page(request, "password", wanted, error=error, field="email", email=email)
    response = next_step(signed.step, wanted)
    keep(response, signed)
    return response


@get(CODE)
async def ask_code(
    request: Asked,
    wanted: Next = "",
    recovery: Annotated[str, QueryParameter(description="1: by a recovery code")] = "",
) -> Response[Any]:
    """The code that the app shows now, or a recovery code."""
    try:
        begun = await sign_in.pending(token_of(request))
    except SignInNeeded:
        return _from_the_start(wanted)
    if begun.step is not Step.CODE:
        return next_step(begun.step, wanted)
    return _page(request, "code", wanted, begun=begun, recovery=bool(recovery))


@post(CODE)
async def send_code(request: Asked, body: RawBody) -> Response[Any]:
    """Complete the sign-in."""
    form = read_form(body)
    code, wanted = form.one("code"), form.one("next")
    begun = await sign_in.pending(token_of(request))
    shown: dict[str, Any] = {"begun": begun, "recovery": bool(form.one("recovery"))}
    if not code.strip():
        return _page(request, "code", wanted, faults=[Fault("code", _("Write the code."))], **shown)
    try:
        signed = await sign_in.with_code(code, browser_of(request))
    except (WrongCode, *TOO_FAST) as error:
        return _page(request, "code", wanted, error=error, field="code", **shown)
    response = next_step(Step.NONE, wanted)
    keep(response, signed)
    return response


@get(SECOND_FACTOR)
async def ask_second_factor(request: Asked, wanted: Next = "") -> Response[Any]:
    """The first time: a QR code for the app."""
    try:
        begun = await sign_in.pending(token_of(request))
    except SignInNeeded:
        return _from_the_start(wanted)
    if begun.step is not Step.SET_UP:
        return next_step(begun.step, wanted)
    secret = totp.new_secret()
    return _page(
        request, "second_factor", wanted, begun=begun, **await new_app(request, begun.account, begun.email, secret)
    )


@post(SECOND_FACTOR)
async def send_second_factor(request: Asked, body: RawBody) -> Response[Any]:
    """Once the app shows a right code: signed in, with recovery codes to keep."""
    form = read_form(body)
    wanted, sealed = form.one("next"), totp.from_text(form.one("sealed"))
    begun = await sign_in.pending(token_of(request))
    try:
        signed, codes = await sign_in.set_up(sealed, form.one("code"), browser_of(request))
    except (WrongCode, *TOO_FAST) as error:
        secret = totp.unseal(sealed, begun.account) or totp.new_secret()
        shown = await new_app(request, begun.account, begun.email, secret)
        return _page(request, "second_factor", wanted, error=error, field="code", begun=begun, **shown)
    response = recovery_codes_page(request, codes, onward(wanted))
    keep(response, signed)
    return response


@post("/sign-out")
async def sign_out(request: Asked) -> Response[Any]:
    """End the sign-in of this browser."""
    await sign_in.sign_out(token_of(request))
    response = Redirect(PASSWORD, status_code=HTTP_303_SEE_OTHER)
    drop(response)
    return response


def next_step(step: Step, wanted: str) -> Redirect:
    """On to what is asked for next, or to where the person wants to go."""
    if step is Step.NONE:
        return Redirect(onward(wanted), status_code=HTTP_303_SEE_OTHER)
    return Redirect(f"{STEPS[step]}{_query(wanted)}", status_code=HTTP_303_SEE_OTHER)


def _from_the_start(wanted: str) -> Redirect:
    """To the password again: the first step was too long ago, or is missing."""
    return Redirect(f"{PASSWORD}{_query(wanted)}", status_code=HTTP_303_SEE_OTHER)


def _query(wanted: str) -> str:
    return f"?next={quote(wanted, safe='/')}" if wanted else ""


async def new_app(request: Asked, account: str, email: str, secret: str) -> dict[str, Any]:
    """What a page shows to connect an app: QR code, link, key in groups of four, and the secret sealed for the form;
    and the headers of a page with a secret in it."""
    label = translate(locale_of(request), _("QR code for the app"))
    return {
        "qr": await asyncio.to_thread(totp.picture, secret, email, label),
        "uri": totp.uri(secret, email),
        "key": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "sealed": totp.as_text(totp.seal(secret, account)),
        "headers": NOT_KEPT,
    }


def recovery_codes_page(request: Asked, codes: list[str], onward_to: str) -> Response[Any]:
    """The codes, this once."""
    return page(
        "sign_in/recovery_codes.html", request, headers=NOT_KEPT, here="/account", codes=codes, onward=onward_to
    )


def _page(
    request: Asked,
    name: str,
    wanted: str,
    *,
    faults: list[Fault] | None = None,
    error: WorkshopsError | None = None,
    field: str = "",
    begun: Pending | None = None,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response[Any]:
    """A page of this way in; a refusal is told at `field`, or above all where it is a matter of waiting."""
    faults = faults or []
    waits = isinstance(error, TOO_FAST)
    if error and not waits:
        faults.append(Fault(field, error.title))
    status = error.status if error else HTTP_422_UNPROCESSABLE_ENTITY if faults else HTTP_200_OK
    wait = {"Retry-After": str(error.retry_after)} if isinstance(error, TOO_FAST) else {}
    return page(
        f"sign_in/{name}.html",
        request,
        status=status,
        headers={**personal(request), **wait, **(headers or {})},
        here=f"{request.scope['path']}{_query(wanted)}",
        errors=errors_in(faults, locale_of(request)),
        waits=error if waits else None,
        wanted=wanted,
        begun=begun,
        **{"email": "", "recovery": False, **context},
    )


ROUTES = [ask_password, send_password, ask_code, send_code, ask_second_factor, send_second_factor, sign_out]

"""One's own account: browsers that are signed in, password, second factor, name and language."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import own_account, second_factor, totp
from workshops.access import staff
from workshops.actors import Staff
from workshops.errors import Invalid, WorkshopsError
from workshops.routes import links_accounts, sign_in
from workshops.routes.browsers import drop, keep_token, token_of
from workshops.routes.forms import Form, read_form
from workshops.routes.pages import LANGUAGE_COOKIE, cookie_name, locale_of, office_page
from workshops.routes.public_pages import YEAR
from workshops.routes.role_words import device_words, role_words
from workshops.routes.sign_in import TOO_FAST, new_app, recovery_codes_page
from workshops.routes.wording import errors_in
from workshops.settings import settings

Asked = Request[Any, Any, Any]
ACCOUNT = "/account"
FORM_BYTES = 64 * 1024
REFUSED = (Invalid, *TOO_FAST)


@get(ACCOUNT)
async def show_account(request: Asked, done: FromQuery[str] = "") -> Response[Any]:
    """What one can see and change of one's own account. `done`: what has just been changed."""
    return await _account_page(request, await staff(request), done=done)


@post("/account/details")
async def change_details(request: Asked, body: RawBody) -> Response[Any]:
    """Name and language; the pages follow at once."""
    who, form = await staff(request), read_form(body)
    locale = form.one("locale")
    try:
        await own_account.change_details(form.one("name"), locale, who)
    except Invalid as error:
        return await _account_page(request, who, error=error, form=form)
    response = _done("details")
    response.set_cookie(
        cookie_name(LANGUAGE_COOKIE), locale, max_age=YEAR, httponly=True, samesite="lax", secure=settings().secure
    )
    return response


@post("/account/devices/{login:str}/revocation")
async def sign_out_device(request: Asked, login: FromPath[str]) -> Response[Any]:
    """Sign one of one's browsers out."""
    who = await staff(request)
    await own_account.sign_out_device(login, who)
    if login == who.login:
        return _signed_out()
    return _done("device")


@post("/account/sign-out-everywhere")
async def sign_out_everywhere(request: Asked) -> Response[Any]:
    """Sign every browser out, this one too."""
    await own_account.sign_out_everywhere(await staff(request))
    return _signed_out()


@get("/account/password")
async def ask_new_password(request: Asked) -> Response[Any]:
    """The present password and the new one."""
    return _page(request, await staff(request), "account_password")


@post("/account/password")
async def change_password(request: Asked, body: RawBody) -> Response[Any]:
    """Change it; other browsers are signed out."""
    who, form = await staff(request), read_form(body)
    try:
        token = await own_account.change_password(form.one("current"), form.one("password"), token_of(request), who)
    except REFUSED as error:
        return _page(request, who, "account_password", error)
    response = _done("password")
    keep_token(response, token)
    return response


@get("/account/second-factor")
async def ask_new_phone(request: Asked) -> Response[Any]:
    """A QR code for the app on another phone."""
    who = await staff(request)
    return _page(request, who, "account_phone", **await _new_phone(request, who, totp.new_secret()))


@post("/account/second-factor")
async def change_phone(request: Asked, body: RawBody) -> Response[Any]:
    """Take codes from this phone from now on, and show new recovery codes."""
    who, form = await staff(request), read_form(body)
    sealed = totp.from_text(form.one("sealed"))
    try:
        codes = await own_account.change_second_factor(sealed, form.one("code"), form.one("current"), who)
    except REFUSED as error:
        secret = totp.unseal(sealed, who.account) or totp.new_secret()
        return _page(request, who, "account_phone", error, **await _new_phone(request, who, secret))
    return recovery_codes_page(request, codes, f"{ACCOUNT}?done=phone")


@get("/account/recovery-codes")
async def ask_recovery_codes(request: Asked) -> Response[Any]:
    """Whether to replace them."""
    return _page(request, await staff(request), "account_codes")


@post("/account/recovery-codes")
async def replace_recovery_codes(request: Asked, body: RawBody) -> Response[Any]:
    """Ten new ones, shown this once."""
    who = await staff(request)
    try:
        codes = await own_account.new_recovery_codes(read_form(body).one("current"), who)
    except REFUSED as error:
        return _page(request, who, "account_codes", error)
    return recovery_codes_page(request, codes, f"{ACCOUNT}?done=codes")


async def _account_page(
    request: Asked, who: Staff, *, done: str = "", error: Invalid | None = None, form: Form | None = None
) -> Response[Any]:
    has_second_factor = await own_account.has_second_factor(who)
    return _page(
        request,
        who,
        "account",
        error,
        devices=await own_account.devices(who),
        has_second_factor=has_second_factor,
        codes_left=await second_factor.codes_left(who.account) if has_second_factor else 0,
        called=form.one("name") if form else who.name,
        done=done,
    )


async def _new_phone(request: Asked, who: Staff, secret: str) -> dict[str, Any]:
    shown = await new_app(request, who.account, who.email, secret)
    return shown | {"has_second_factor": await own_account.has_second_factor(who)}


def _page(
    request: Asked,
    who: Staff,
    name: str,
    error: WorkshopsError | None = None,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response[Any]:
    wait = {"Retry-After": str(error.retry_after)} if isinstance(error, TOO_FAST) else {}
    return office_page(
        f"{name}.html",
        request,
        who,
        status=error.status if error else HTTP_200_OK,
        headers={**wait, **(headers or {})},
        here=request.scope["path"] if error is None else ACCOUNT,
        errors=errors_in(error.faults if error else (), locale_of(request)),
        waits=error if isinstance(error, TOO_FAST) else None,
        words=role_words,
        device_words=device_words,
        **context,
    )


def _done(what: str) -> Response[Any]:
    return Redirect(f"{ACCOUNT}?done={what}", status_code=HTTP_303_SEE_OTHER)


def _signed_out() -> Response[Any]:
    response = Redirect(sign_in.PASSWORD, status_code=HTTP_303_SEE_OTHER)
    drop(response)
    return response


ROUTES = [
    show_account,
    change_details,
    sign_out_device,
    sign_out_everywhere,
    ask_new_password,
    change_password,
    ask_new_phone,
    change_phone,
    ask_recovery_codes,
    replace_recovery_codes,
]
ACCOUNTS = Router(
    "/",
    route_handlers=[*sign_in.ROUTES, *links_accounts.ROUTES, *ROUTES],
    include_in_schema=False,
    request_max_body_size=FORM_BYTES,
)

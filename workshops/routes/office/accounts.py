"""Who has an account, what they may do, and the tokens of partners' programs: for admins."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import accounts, credentials, roster
from workshops.access import staff
from workshops.accounts import LastAdmin, OwnAccount
from workshops.actors import Staff
from workshops.errors import Invalid, WorkshopsError
from workshops.routes.forms import Form, read_form
from workshops.routes.pages import locale_of, office_page
from workshops.routes.role_words import MAY, ROLES, role_words
from workshops.routes.wording import errors_in
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
ACCOUNTS = "/office/accounts"
REFUSED = (Invalid, OwnAccount, LastAdmin)


@get(ACCOUNTS)
async def show_accounts(request: Asked, done: FromQuery[str] = "") -> Response[Any]:
    """Everybody, and how to invite one more. `done`: what has just happened."""
    who = await staff(request, Role.ADMIN)
    return _page(request, who, "accounts", accounts=await roster.everyone(who), done=done)


@get(f"{ACCOUNTS}/new")
async def ask_account(request: Asked) -> Response[Any]:
    """Whom to invite."""
    who = await staff(request, Role.ADMIN)
    return await _form_page(request, who, "accounts_new", Form(()))


@post(f"{ACCOUNTS}/new")
async def invite(request: Asked, body: RawBody) -> Response[Any]:
    """Make an account; its owner is written to."""
    who, form = await staff(request, Role.ADMIN), read_form(body)
    try:
        await accounts.invite(form.one("email"), *_rights(form), who)
    except Invalid as error:
        return await _form_page(request, who, "accounts_new", form, error)
    return _done("invited")


@get(f"{ACCOUNTS}/tokens")
async def show_tokens(request: Asked, done: FromQuery[str] = "") -> Response[Any]:
    """The programs of partners that may act by a token."""
    who = await staff(request, Role.ADMIN)
    return _page(request, who, "tokens", tokens=await credentials.tokens(), done=done)


@post(f"{ACCOUNTS}/tokens/revocation")
async def revoke_token(request: Asked, body: RawBody) -> Response[Any]:
    """End a token at once."""
    who = await staff(request, Role.ADMIN)
    await credentials.revoke_token(read_form(body).one("name"), who)
    return Redirect(f"{ACCOUNTS}/tokens?done=revoked", status_code=HTTP_303_SEE_OTHER)


@get(f"{ACCOUNTS}/{{account:str}}")
async def show_account(request: Asked, account: FromPath[str]) -> Response[Any]:
    """One account, and what can be done with it."""
    who = await staff(request, Role.ADMIN)
    return await _account_page(request, who, account)


@post(f"{ACCOUNTS}/{{account:str}}/rights")
async def change(request: Asked, account: FromPath[str], body: RawBody) -> Response[Any]:
    """Change its name, role or organisation."""
    who, form = await staff(request, Role.ADMIN), read_form(body)
    try:
        await accounts.change(account, *_rights(form), who)
    except REFUSED as error:
        return await _account_page(request, who, account, form, error)
    return _done("changed")


@post(f"{ACCOUNTS}/{{account:str}}/invitation")
async def invite_again(request: Asked, account: FromPath[str]) -> Response[Any]:
    """Write to them once more."""
    await accounts.invite_again(account, await staff(request, Role.ADMIN))
    return _done("invited")


@post(f"{ACCOUNTS}/{{account:str}}/second-factor")
async def reset_second_factor(request: Asked, account: FromPath[str]) -> Response[Any]:
    """Forget a phone that is lost."""
    await accounts.reset_second_factor(account, await staff(request, Role.ADMIN))
    return _done("reset")


@post(f"{ACCOUNTS}/{{account:str}}/closure")
async def close(request: Asked, account: FromPath[str], body: RawBody) -> Response[Any]:
    """Close it, naming who takes over."""
    who, form = await staff(request, Role.ADMIN), read_form(body)
    try:
        await accounts.close(account, form.one("successor") or None, who)
    except REFUSED as error:
        return await _account_page(request, who, account, error=error)
    return _done("closed")


@post(f"{ACCOUNTS}/{{account:str}}/opening")
async def reopen(request: Asked, account: FromPath[str]) -> Response[Any]:
    """Open a closed one again."""
    await accounts.reopen(account, await staff(request, Role.ADMIN))
    return _done("invited")


async def _account_page(
    request: Asked, who: Staff, account: str, form: Form | None = None, error: WorkshopsError | None = None
) -> Response[Any]:
    row = await roster.one(account, who)
    written = form or Form((("name", row["name"]), ("role", row["role"]), ("organisation", row["slug"] or "")))
    return await _form_page(request, who, "accounts_one", written, error, account=row)


async def _form_page(
    request: Asked, who: Staff, name: str, form: Form, error: WorkshopsError | None = None, **context: Any
) -> Response[Any]:
    return _page(request, who, name, error, form=form, organisations=await roster.organisations(), **context)


def _page(request: Asked, who: Staff, name: str, error: WorkshopsError | None = None, **context: Any) -> Response[Any]:
    return office_page(
        f"{name}.html",
        request,
        who,
        status=error.status if error else HTTP_200_OK,
        errors=errors_in(error.faults if error else (), locale_of(request)),
        refusal=error if error and not error.faults else None,
        roles=ROLES,
        may=MAY,
        words=role_words,
        **context,
    )


def _rights(form: Form) -> tuple[str, str, str]:
    return form.one("name"), form.one("role"), form.one("organisation")


def _done(what: str) -> Response[Any]:
    return Redirect(f"{ACCOUNTS}?done={what}", status_code=HTTP_303_SEE_OTHER)


ROUTES = [
    show_accounts,
    ask_account,
    invite,
    show_tokens,
    revoke_token,
    show_account,
    change,
    invite_again,
    reset_second_factor,
    close,
    reopen,
]

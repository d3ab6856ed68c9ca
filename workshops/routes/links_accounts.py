"""The links by which staff choose a password, and the page where they ask for one."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from workshops import account_links
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.i18n import _
from workshops.mail_links import LinkPurpose, MailLinkExpired, MailLinkUsed
from workshops.routes.browsers import browser_of, keep
from workshops.routes.forms import Form, read_form
from workshops.routes.pages import locale_of, page, personal
from workshops.routes.sign_in import TOO_FAST, next_step
from workshops.routes.wording import errors_in

Asked = Request[Any, Any, Any]
ENDED = (MailLinkUsed, MailLinkExpired)


@get("/password")
async def ask_address(request: Asked) -> Response[Any]:
    """Whose password is forgotten."""
    return _forgotten(request)


@post("/password", status_code=HTTP_200_OK)
async def send_address(request: Asked, body: RawBody) -> Response[Any]:
    """The same answer whoever asks; a link goes to an account's own address."""
    email, client = read_form(body).one("email"), browser_of(request)
    if not email.strip():
        return _forgotten(request, faults=[Fault("email", _("Write your e-mail address."))])
    try:
        await account_links.forgot(email, client.network)
    except TOO_FAST as error:
        return _forgotten(request, email=email, error=error)
    return _forgotten(request, sent=True)


@get("/invitation/{secret:str}")
async def show_invitation(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """An account that is ready, and the form for its first password."""
    return await _show(request, secret, LinkPurpose.INVITATION)


@post("/invitation/{secret:str}")
async def accept_invitation(request: Asked, secret: FromPath[str], body: RawBody) -> Response[Any]:
    """Choose the first password, and go on to the second factor or the office."""
    return await _choose(request, secret, LinkPurpose.INVITATION, read_form(body))


@get("/password/{secret:str}")
async def show_new_password(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """The form for another password."""
    return await _show(request, secret, LinkPurpose.PASSWORD)


@post("/password/{secret:str}")
async def choose_new_password(request: Asked, secret: FromPath[str], body: RawBody) -> Response[Any]:
    """Choose it, and go on to the second factor or the office."""
    return await _choose(request, secret, LinkPurpose.PASSWORD, read_form(body))


async def _show(request: Asked, secret: str, purpose: LinkPurpose) -> Response[Any]:
    try:
        account = await account_links.offered(secret, purpose)
    except ENDED as error:
        return _expired(request, error)
    return _new_password(request, account, secret, purpose, Form(()))


async def _choose(request: Asked, secret: str, purpose: LinkPurpose, form: Form) -> Response[Any]:
    try:
        account = await account_links.offered(secret, purpose)
        signed = await account_links.choose_password(
            secret, purpose, form.one("password"), form.one("name"), browser_of(request)
        )
    except ENDED as error:
        return _expired(request, error)
    except (Invalid, *TOO_FAST) as error:
        return _new_password(request, account, secret, purpose, form, error)
    response = next_step(signed.step, "")
    keep(response, signed)
    return response


def _new_password(
    request: Asked,
    account: dict[str, Any],
    secret: str,
    purpose: LinkPurpose,
    form: Form,
    error: WorkshopsError | None = None,
) -> Response[Any]:
    return page(
        "sign_in/new_password.html",
        request,
        status=error.status if error else HTTP_200_OK,
        headers=personal(request),
        errors=errors_in(error.faults if error else (), locale_of(request)),
        waits=error if isinstance(error, TOO_FAST) else None,
        account=account,
        invited=purpose is LinkPurpose.INVITATION,
        address=f"/{purpose.value}/{secret}",
        called=form.one("name") or account["name"],
    )


def _expired(request: Asked, error: WorkshopsError) -> Response[Any]:
    return page("sign_in/expired.html", request, status=error.status, error=error)


def _forgotten(
    request: Asked,
    *,
    email: str = "",
    faults: list[Fault] | None = None,
    error: WorkshopsError | None = None,
    sent: bool = False,
) -> Response[Any]:
    status = error.status if error else HTTP_422_UNPROCESSABLE_ENTITY if faults else HTTP_200_OK
    return page(
        "sign_in/forgotten.html",
        request,
        status=status,
        headers={"Retry-After": str(error.retry_after)} if isinstance(error, TOO_FAST) else None,
        errors=errors_in(faults or (), locale_of(request)),
        waits=error,
        email=email,
        sent=sent,
    )


ROUTES = [
    ask_address,
    send_address,
    show_invitation,
    accept_invitation,
    show_new_password,
    choose_new_password,
]

"""The post room: what waits, what left, what did not arrive; for admins, and one person's messages for organisers."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import post_orders, post_room
from workshops.access import staff
from workshops.actors import Staff
from workshops.errors import Invalid, WorkshopsError
from workshops.i18n import PARIS
from workshops.post_orders import AddressGivenUp, NothingToTell, StillWaiting
from workshops.routes.forms import Form, read_form
from workshops.routes.office import message_words
from workshops.routes.pages import locale_of, office_page
from workshops.routes.wording import errors_in
from workshops.settings import settings
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
MAIL = "/office/mail"
EMPTY = Form(())
REFUSED = (StillWaiting, AddressGivenUp, NothingToTell)


@get(MAIL)
async def show_figures(request: Asked, done: FromQuery[str] = "") -> Response[Any]:
    """The queue and what became of messages. `done`: what has just happened."""
    who = await staff(request, Role.ADMIN)
    return await _figures(request, who, done=done)


@post(f"{MAIL}/messages")
async def search(request: Asked, body: RawBody) -> Response[Any]:
    """What went to an address, a number or a ticket: posted, so that no address stands in a URL."""
    who, form = await staff(request, Role.ADMIN), read_form(body)
    try:
        found = await post_room.sent_to(form.one("sought"), who)
    except Invalid as error:
        return await _figures(request, who, form, error)
    return _messages(request, who, found=found, attendee=None)


@get("/office/attendees/{attendee:str}/messages")
async def show_messages(request: Asked, attendee: FromPath[str], done: FromQuery[str] = "") -> Response[Any]:
    """What one person was sent. `done`: what has just happened."""
    who = await staff(request, Role.ORGANISER)
    row, found = await post_room.sent_about(attendee, who)
    return _messages(request, who, found=found, attendee=row, done=done)


@post(f"{MAIL}/messages/{{message:str}}/again")
async def send_again(request: Asked, message: FromPath[str], body: RawBody) -> Response[Any]:
    """Write one message anew and send it; a refusal is told above the person's messages."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    try:
        attendee = await post_orders.send_again(message, who)
    except REFUSED as error:
        if attendee := form.one("attendee"):
            row, found = await post_room.sent_about(attendee, who)
            return _messages(request, who, found=found, attendee=row, refusal=error)
        return _messages(request, who, found=None, attendee=None, refusal=error)
    return _back(attendee, "again")


@post(f"{MAIL}/suppressions/{{suppression:str}}/lift")
async def lift(request: Asked, suppression: FromPath[str], body: RawBody) -> Response[Any]:
    """Write again to an address that was given up."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    await post_orders.lift(suppression, who)
    return _back(form.one("attendee"), "lifted")


@post(f"{MAIL}/pause")
async def pause(request: Asked, body: RawBody) -> Response[Any]:
    """Let nothing leave any more."""
    who, form = await staff(request, Role.ADMIN), read_form(body)
    try:
        await post_orders.pause(form.one("reason"), who)
    except Invalid as error:
        return await _figures(request, who, form, error)
    return _back("", "paused")


@post(f"{MAIL}/resume")
async def resume(request: Asked) -> Response[Any]:
    """Let messages leave again."""
    who = await staff(request, Role.ADMIN)
    await post_orders.resume(who)
    return _back("", "resumed")


def _back(attendee: str | None, done: str) -> Response[Any]:
    where = f"/office/attendees/{attendee}/messages" if attendee and attendee.isalnum() else MAIL
    return Redirect(f"{where}?done={done}", status_code=HTTP_303_SEE_OTHER)


async def _figures(
    request: Asked, who: Staff, form: Form = EMPTY, refusal: Invalid | None = None, done: str = ""
) -> Response[Any]:
    return office_page(
        "mail.html",
        request,
        who,
        status=refusal.status if refusal else HTTP_200_OK,
        now=await post_room.figures(who),
        limit=settings().mail_per_minute,
        reads=settings().inbox is not None,
        form=form,
        errors=errors_in(refusal.faults if refusal else (), locale_of(request)),
        words=message_words,
        zone=PARIS,
        done=done,
    )


def _messages(
    request: Asked,
    who: Staff,
    *,
    found: post_room.Mailbag | None,
    attendee: dict[str, Any] | None,
    refusal: WorkshopsError | None = None,
    done: str = "",
) -> Response[Any]:
    return office_page(
        "sent.html",
        request,
        who,
        status=refusal.status if refusal else HTTP_200_OK,
        found=found,
        attendee=attendee,
        refusal=refusal,
        words=message_words,
        zone=PARIS,
        done=done,
    )


ROUTES = [show_figures, search, show_messages, send_again, lift, pause, resume]

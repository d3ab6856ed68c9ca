"""The door on a phone, without JavaScript: one field for a code, a QR's text or a name, and a verdict in large."""

import hashlib
import unicodedata
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import devices, expected
from workshops.access import door_actor, door_cookie, make_door_token
from workshops.actors import Phone
from workshops.checkin import Reading, check_in, undo
from workshops.database import utcnow
from workshops.devices import LinkUsed, NotADevice
from workshops.errors import NotFound
from workshops.expected import Place
from workshops.i18n import _, translate
from workshops.ids import is_id, new_id
from workshops.routes.check_ins import is_nonce
from workshops.routes.door_scan import reader, service_worker, show_scanner
from workshops.routes.door_sync import ROUTES as SYNC
from workshops.routes.door_wording import why
from workshops.routes.forms import Form, read_form
from workshops.routes.pages import locale_of, page, personal
from workshops.routes.wording import commune_name
from workshops.settings import settings
from workshops.tickets import read_code, secret_hash
from workshops.verdict import Outcome

COOKIE_SECONDS = 30 * 24 * 3600
Asked = Request[Any, Any, Any]


@get("/link/{secret:str}")
async def show_link(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """What the link offers, and one button; the phone that has used it goes on to the door."""
    try:
        offered = await devices.invitation(secret)
    except LinkUsed:
        return await _to_the_door(request, secret)
    return page(
        "door/link.html",
        request,
        headers=personal(request),
        offered=offered,
        secret=secret,
        town=commune_name(offered.commune),
    )


@post("/link/{secret:str}")
async def use_link(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """Make this browser a phone of the door; the link is used up."""
    try:
        token, event = await make_door_token(secret)
    except LinkUsed:
        return await _to_the_door(request, secret)
    response = _scanner(event)
    response.set_cookie(
        door_cookie(), token, max_age=COOKIE_SECONDS, httponly=True, samesite="lax", secure=settings().secure
    )
    return response


@get("/")
async def show_place(request: Asked, workshop: FromQuery[str] = "", session: FromQuery[str] = "") -> Response[str]:
    """Where this phone checks in, how many are in, and the field."""
    phone = await door_actor(request)
    return await _place_page(request, phone, await expected.place(phone, workshop, session))


@post("/check-ins", status_code=HTTP_200_OK)
async def read_ticket(request: Asked, body: RawBody) -> Response[str]:
    """The verdict on a code, a QR's text or a person chosen; for what looks like a name, the people found."""
    phone, form = await door_actor(request), read_form(body)
    place = await expected.place(phone, form.one("workshop"), form.one("session"))
    text, attendee = form.one("ticket").strip(), form.one("attendee")
    if (attendee and not is_id(attendee)) or (place.stand and not place.slot):
        raise NotFound
    if not (text or attendee):
        return await _place_page(request, phone, place, missing=True)
    if not attendee and _is_name(text):
        found, more = await expected.search(phone, text)
        if found or not read_code(text):
            return await _names_page(request, place, found=found, more=more)
    session = place.slot.id if place.slot else None
    told = await check_in(
        Reading(phone.event, text, attendee or None, session, nonce=_nonce(form, text, attendee, session)), phone
    )
    who = f"{told.first_name} {told.initial}." if told.initial else told.first_name
    lines = why(told, place, locale_of(request))
    may_undo = told.scan if told.outcome is Outcome.ADMITTED else None
    return await _render("door/verdict.html", request, place, told=told, who=who, why=lines, undo=may_undo)


@post("/undo", status_code=HTTP_200_OK)
async def take_back(request: Asked, body: RawBody) -> Response[str]:
    """Undo a check-in that this phone made."""
    phone, form = await door_actor(request), read_form(body)
    place = await expected.place(phone, form.one("workshop"), form.one("session"))
    return await _place_page(request, phone, place, undone=await undo(form.one("scan"), phone) or "?")


async def _to_the_door(request: Asked, secret: str) -> Redirect:
    """Answer a link that is used up. Raises LinkUsed unless this phone has used it."""
    try:
        phone = await door_actor(request)
    except NotADevice:
        raise LinkUsed from None
    if not await devices.is_link_of(secret, phone):
        raise LinkUsed
    return _scanner(phone.event)


def _scanner(event: str) -> Redirect:
    """The page with the camera; without JavaScript it leads on to /door."""
    return Redirect(f"/door/scan?e={event}", status_code=HTTP_303_SEE_OTHER)


async def _place_page(
    request: Asked, phone: Phone, place: Place, *, missing: bool = False, undone: str = ""
) -> Response[str]:
    locale, stands = locale_of(request), [] if phone.workshop else await expected.stands(phone.event)
    message = translate(locale, _("Scan a ticket, or type its code or a name."))
    return await _render(
        "door/place.html",
        request,
        place,
        status=422 if missing else HTTP_200_OK,
        errors=[{"field": "ticket", "message": message}] if missing else [],
        undone=undone,
        stands=[(stand, stand.current(utcnow())) for stand in stands],
    )


async def _names_page(request: Asked, place: Place, **context: Any) -> Response[str]:
    return await _render("door/names.html", request, place, **context)


async def _render(name: str, request: Asked, place: Place, **context: Any) -> Response[str]:
    inside, awaited = await expected.tally(place)
    shown = {"place": place, "town": commune_name(place.commune), "inside": inside, "awaited": awaited}
    return page(name, request, headers=personal(request), nonce=new_id(), **{"errors": [], **shown, **context})


def _nonce(form: Form, *read: str | None) -> str | None:
    """A page sent twice counts once; what the same page reads next, after going back to it, is another read."""
    given = form.one("nonce")[:40]
    digest = hashlib.sha256("\0".join(part or "" for part in read).encode()).hexdigest()[:16]
    return f"{given}-{digest}" if is_nonce(given) else None


def _is_name(text: str) -> bool:
    """Whether this is written like a name, and not like a ticket."""
    letters = all(unicodedata.category(char)[0] in "LM" or char in " '’-." for char in text)
    return letters and secret_hash(text) is None


DOOR = Router(
    "/door",
    route_handlers=[
        *(show_link, use_link, show_place, read_ticket, take_back),
        *(show_scanner, service_worker, reader, *SYNC),
    ],
    include_in_schema=False,
    request_max_body_size=64 * 1024,
)

"""One more slot, or another instead of a place: chosen by the manage link, without writing again who one is."""

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody

from workshops import attendance, changes, programme
from workshops.attendees import Attendee, OwnPlace, by_manage_link, own_places
from workshops.errors import NotFound, WorkshopsError
from workshops.i18n import _, translate
from workshops.ids import is_id
from workshops.programme import Day, Slot, Stand
from workshops.refusals import GroupPlace, SessionFull
from workshops.routes import wording
from workshops.routes.forms import read_form
from workshops.routes.own_page import actor_of, back, own_page
from workshops.routes.own_slots import against, offers
from workshops.routes.pages import locale_of, page, personal

Asked = Request[Any, Any, Any]
CHOOSE = _("Tick a time slot first, then continue.")


@get("/m/{secret:str}/add")
async def show_more(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """What else can be booked: the workshops, and the slots of the one that is looked at."""
    return await _choose(request, secret, await _person(secret), None, request.query_params.get("workshop", ""))


@post("/m/{secret:str}/additions")
async def add(request: Asked, secret: FromPath[str], body: RawBody) -> Response[Any]:
    """Take one more place, or wait for it beside the others."""
    person, form = await _person(secret), read_form(body)
    session, waits = form.one("session"), form.one("if_full") == "wait"
    if not is_id(session):
        return await _choose(request, secret, person, None, form.one("workshop"), nothing=True)
    try:
        await changes.add(person.id, [session], "wait" if waits else "refuse", actor_of(person))
    except NotFound:
        raise
    except WorkshopsError as error:
        return await _refused(request, secret, person, None, session, error)
    return back(secret, await _taken(person, session))


@get("/m/{secret:str}/places/{registration:str}/move")
async def show_others(request: Asked, secret: FromPath[str], registration: FromPath[str]) -> Response[Any]:
    """What there is instead of this place; it is kept until another one is sure."""
    person = await _person(secret)
    moved = await _moved(person, registration)
    if moved is None:
        return await own_page(request, person, secret, status=410, gone=True)
    return await _choose(request, secret, person, moved, request.query_params.get("workshop", ""))


@post("/m/{secret:str}/places/{registration:str}/move")
async def move(request: Asked, secret: FromPath[str], registration: FromPath[str], body: RawBody) -> Response[Any]:
    """Change the place for another slot in one step, or wait for it beside the old one."""
    person, form = await _person(secret), read_form(body)
    moved = await _moved(person, registration)
    if moved is None:
        return await own_page(request, person, secret, status=410, gone=True)
    session, waits = form.one("session"), form.one("if_full") == "wait"
    if not is_id(session):
        return await _choose(request, secret, person, moved, form.one("workshop"), nothing=True)
    try:
        found = await changes.move(registration, session, "wait" if waits else "refuse", actor_of(person))
    except NotFound:
        return await own_page(request, person, secret, status=410, gone=True)
    except WorkshopsError as error:
        return await _refused(request, secret, person, moved, session, error)
    return back(secret, "moved" if found.place.status == "confirmed" else "waits")


async def _person(secret: str) -> Attendee:
    person = await by_manage_link(secret)
    if person.kind == "group":
        raise GroupPlace
    return person


async def _moved(person: Attendee, registration: str) -> OwnPlace | None:
    """The place to change; None if it was theirs and no longer is. Raises NotFound for what never was."""
    found = next((one for one in await own_places(person.id) if one.id == registration and not one.is_off), None)
    if found is None:
        await changes.see(registration, actor_of(person))
    return found


async def _taken(person: Attendee, session: str) -> str:
    place = next((one for one in await own_places(person.id) if one.session == session), None)
    return "added" if place and place.status == "confirmed" else "waits"


async def _choose(
    request: Asked,
    secret: str,
    person: Attendee,
    moved: OwnPlace | None,
    workshop: str,
    *,
    nothing: bool = False,
    wanted: tuple[Slot, Stand] | None = None,
    error: WorkshopsError | None = None,
) -> Response[Any]:
    """The slots of the workshop that is looked at, else of the place to change, and the way to all the others."""
    day = await _day(person)
    stands, _more = await programme.stands(day)
    places = await own_places(person.id)
    found = offers(stands, places, moved)
    shown = workshop if any(one.stand.id == workshop for one in found) else moved.workshop if moved else ""
    locale = locale_of(request)
    return page(
        "public/own_slots.html",
        request,
        status=error.status if error else 422 if nothing else 200,
        headers=personal(request),
        here=_address(secret, moved) + (f"?workshop={shown}" if shown else ""),
        address=_address(secret, moved),
        secret=secret,
        day=day,
        moved=moved,
        offer=next((one for one in found if one.stand.id == shown), None),
        others=[one for one in found if one.stand.id != shown],
        wanted=wanted,
        against=against(wanted[0], places, moved) if wanted else [],
        refusal=error,
        why=[translate(locale, fault.message) for fault in error.faults] if error else [],
        errors=[{"field": "choice", "message": translate(locale, CHOOSE)}] if nothing else [],
        wording=wording,
    )


async def _day(person: Attendee) -> Day:
    """Their day; who is in may take a place until it begins (rule 6)."""
    day = await programme.day(person.event)
    return replace(day, sign_up_closes_minutes=0) if await attendance.is_in(person.id) else day


async def _refused(
    request: Asked, secret: str, person: Attendee, moved: OwnPlace | None, session: str, error: WorkshopsError
) -> Response[Any]:
    """Nothing has changed: what stands against it, which only its owner is told, and what there is instead."""
    day = await _day(person)
    stands, _more = await programme.stands(day)
    wanted = next(((slot, stand) for stand in stands for slot in stand.slots if slot.id == session), None)
    if wanted is None or not isinstance(error, SessionFull):
        workshop = wanted[1].id if wanted else ""
        return await _choose(request, secret, person, moved, workshop, wanted=wanted, error=error)
    slot, stand = wanted
    return page(
        "public/own_full.html",
        request,
        status=error.status,
        headers=personal(request),
        here=_address(secret, moved),
        secret=secret,
        day=day,
        moved=moved,
        slot=slot,
        stand=stand,
        instead=[
            option.slot
            for offer in offers([stand], await own_places(person.id), moved)
            for option in offer.options
            if option.is_free
        ],
        wording=wording,
    )


def _address(secret: str, moved: OwnPlace | None) -> str:
    return f"/m/{secret}/places/{moved.id}/move" if moved else f"/m/{secret}/add"


ROUTES = [show_more, add, show_others, move]

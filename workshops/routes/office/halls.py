"""Halls and rooms: the list, one hall, its form; what waits for an answer and what has become of requests."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from workshops import agenda, halls, occupancy
from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Invalid, NotFound
from workshops.halls import lists, requests
from workshops.halls.lists import Listed
from workshops.halls.venues import read_hall
from workshops.occupancy import AHEAD, Stay
from workshops.routes import wording
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

FIELDS = ("name", "commune", "address", "capacity", "access", "equipment", "bus_stop", "latitude", "longitude")
Asked = Request[Any, Any, Any]


@get("/office/halls")
async def show_halls(request: Asked) -> Response[Any]:
    """A host's halls and figures; for an agency every hall by commune; what waits for an answer first."""
    who = await staff(request, Role.ORGANISER, Role.HOST)
    sought = {name: request.query_params.get(name, "") for name in ("commune", "people", "archived")}
    is_host = who.role is Role.HOST
    everything = await lists.listed(who, archived=bool(sought["archived"]))
    promised = await requests.promised(who)
    return office_page(
        "halls/list.html",
        request,
        who,
        halls=_matching(everything, sought),
        communes=wording.commune_options({one.commune for one in everything}),
        sought=sought,
        to_answer=await requests.to_answer(who),
        asked=[] if is_host else await requests.asked(who),
        promised=promised,
        figures={day.id: day for day in await agenda.days_of(who) if not day.is_over} if is_host else {},
        wording=wording,
    )


@get("/office/halls/new")
async def new_hall(request: Asked) -> Response[Any]:
    """An empty form."""
    who = await staff(request, Role.ORGANISER, Role.HOST)
    return await _form(request, who, None, Form(()))


@post("/office/halls/new")
async def add_hall(request: Asked, body: RawBody) -> Response[Any]:
    """Add a hall of one's own, or as an admin anybody's."""
    who, form = await staff(request, Role.ORGANISER, Role.HOST), read_form(body)
    try:
        venue = await halls.add(read_hall(_values(form)), who, form.one("owner") or None)
    except Invalid as refused:
        return await _form(request, who, None, form, refused)
    return Redirect(f"/office/halls/{venue}", status_code=HTTP_303_SEE_OTHER)


@get("/office/halls/{venue:str}")
async def show_hall(request: Asked, venue: FromPath[str]) -> Response[Any]:
    """What is known of a hall, when it is taken, and its next free days."""
    who, now = await staff(request, Role.ORGANISER, Role.HOST), utcnow()
    hall = await lists.hall(venue, who)
    taken = await occupancy.stays([venue], Stay(now, now + AHEAD))
    known = {one.id: one for one in [*await requests.promised(who), *await requests.to_answer(who)]}
    known |= {one.id: one for one in ([] if who.role is Role.HOST else await requests.asked(who))}
    return office_page(
        "halls/hall.html",
        request,
        who,
        hall=hall,
        is_own=hall.is_of(who),
        stays=[(row, Stay(row["from_at"], row["until_at"]), known.get(row["id"])) for row in taken],
        wording=wording,
    )


@get("/office/halls/{venue:str}/edit")
async def edit_hall(request: Asked, venue: FromPath[str]) -> Response[Any]:
    """Its form, filled in."""
    who = await staff(request, Role.ORGANISER, Role.HOST)
    hall = await _own(venue, who)
    return await _form(request, who, hall, filled({name: getattr(hall, name) for name in FIELDS}))


@post("/office/halls/{venue:str}/edit")
async def save_hall(request: Asked, venue: FromPath[str], body: RawBody) -> Response[Any]:
    """Correct what is known of it."""
    who, form = await staff(request, Role.ORGANISER, Role.HOST), read_form(body)
    hall = await _own(venue, who)
    try:
        await halls.edit(venue, read_hall(_values(form)), who)
    except Invalid as refused:
        return await _form(request, who, hall, form, refused)
    return Redirect(f"/office/halls/{venue}", status_code=HTTP_303_SEE_OTHER)


@post("/office/halls/{venue:str}/archive")
async def archive_hall(request: Asked, venue: FromPath[str]) -> Response[Any]:
    """Take it off the list; what is promised stays."""
    await halls.archive(venue, await staff(request, Role.ORGANISER, Role.HOST))
    return Redirect(f"/office/halls/{venue}", status_code=HTTP_303_SEE_OTHER)


@post("/office/halls/{venue:str}/restore")
async def restore_hall(request: Asked, venue: FromPath[str]) -> Response[Any]:
    """Put it back on the list."""
    await halls.restore(venue, await staff(request, Role.ORGANISER, Role.HOST))
    return Redirect(f"/office/halls/{venue}", status_code=HTTP_303_SEE_OTHER)


async def _own(venue: str, who: Staff) -> Listed:
    hall = await lists.hall(venue, who)
    if not hall.is_of(who):
        raise NotFound
    return hall


async def _form(
    request: Asked, who: Staff, hall: Listed | None, form: Form, refused: Invalid | None = None
) -> Response[Any]:
    shown = {name: form.one(name) for name in (*FIELDS, "owner")}
    shown["commune"] = wording.commune_name(shown["commune"]) or shown["commune"]
    return office_page(
        "halls/form.html",
        request,
        who,
        status=refused.status if refused else 200,
        errors=wording.errors_in(refused.faults, locale_of(request)) if refused else [],
        hall=hall,
        values=shown,
        owners=await lists.owners() if who.role is Role.ADMIN and hall is None else [],
    )


def _values(form: Form) -> dict[str, object]:
    """What was filled in; a commune of the Artois may be written by its name."""
    values: dict[str, object] = {name: form.one(name) for name in FIELDS}
    return values | {"commune": wording.commune_code(form.one("commune"))}


def _matching(found: list[Listed], sought: dict[str, str]) -> list[Listed]:
    people = int(sought["people"]) if sought["people"].isascii() and sought["people"].isdigit() else 0
    return [
        one for one in found if sought["commune"] in ("", one.commune) and (not people or (one.capacity or 0) >= people)
    ]


ROUTES = [show_halls, new_hall, add_hall, show_hall, edit_hall, save_hall, archive_hall, restore_hall]

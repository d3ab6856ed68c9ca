"""A slot is moved, given more or fewer places, cancelled; a workshop is cancelled. Each is shown before it is done."""

from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops import audit, consequences, stand_news
from workshops.access import staff
from workshops.actors import Staff
from workshops.consequences import Place
from workshops.database import utcnow
from workshops.errors import Invalid
from workshops.fields import Answers, whole_number
from workshops.grid import instant
from workshops.i18n import _
from workshops.rescheduling import capacities
from workshops.rescheduling.cancelling import cancel_slot, cancel_workshop
from workshops.rescheduling.capacities import MOST_PLACES, set_capacity
from workshops.rescheduling.locks import How
from workshops.rescheduling.moving import check_hours, move_slot
from workshops.rights import led_session, led_workshop
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.office.change_pages import Asked, Proposal, Row, carried_out, clock, day_of, is_meant, page_of
from workshops.tables.people import Role

MOST_FIELDS = MOST_PLACES + 20
STAY, WAIT, GO = "stay", "wait", "go."
"""What becomes of a place: the field of a registration is `go.<id>`, its value STAY, WAIT or a slot's id."""


@get("/office/sessions/{session:str}/move")
async def show_move(request: Asked, session: FromPath[str]) -> Response[Any]:
    """The hours as they are, or, with others in the address, who would be touched."""
    who = await staff(request, Role.ORGANISER)
    row = await led_session(who, session)
    asked = request.query_params
    form = filled({name: asked.get(name) or _local(row, column) for name, column in _HOURS.items()})
    return page_of(request, who, await _move(row, form, "start" in asked), form)


@post("/office/sessions/{session:str}/move", status_code=HTTP_200_OK)
async def move(request: Asked, session: FromPath[str], body: RawBody) -> Response[Any]:
    """Show who is touched by these hours; then move the slot and tell them."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    row = await led_session(who, session)
    proposal = await _move(row, form, True)
    if proposal.faults or not is_meant(form, proposal.looked):
        return page_of(request, who, proposal, form)
    starts_at, ends_at = proposal.more["after"]

    async def act(how: How) -> str:
        return await move_slot(session, starts_at, ends_at, who, how)

    async def again() -> Proposal:
        return await _move(await led_session(who, session), form, True)

    return await carried_out(request, who, form, proposal, act, again)


@get("/office/sessions/{session:str}/capacity")
async def show_capacity(request: Asked, session: FromPath[str]) -> Response[Any]:
    """The number of places as it is."""
    who = await staff(request, Role.ORGANISER)
    row = await led_session(who, session)
    form = filled({"capacity": request.query_params.get("capacity") or row["capacity"]})
    return page_of(request, who, await _capacity(row, form, who, "capacity" in request.query_params), form)


@post("/office/sessions/{session:str}/capacity", status_code=HTTP_200_OK)
async def change_capacity(request: Asked, session: FromPath[str], body: RawBody) -> Response[Any]:
    """Show who would leave, last come first; then change the number of places and tell them."""
    who, form = await staff(request, Role.ORGANISER), read_form(body, MOST_FIELDS)
    row = await led_session(who, session)
    proposal = await _capacity(row, form, who, True)
    if proposal.faults or not is_meant(form, proposal.looked):
        return page_of(request, who, proposal, form)
    chosen = {name.removeprefix(GO): to for name, to in form.pairs if name.startswith(GO) and to != STAY}
    leaving = {place: "" if to == WAIT else to for place, to in chosen.items()}

    async def act(how: How) -> str:
        return await set_capacity(session, int(form.one("capacity")), who, how, leaving)

    async def again() -> Proposal:
        return await _capacity(await led_session(who, session), form, who, True)

    return await carried_out(request, who, form, proposal, act, again)


@get("/office/sessions/{session:str}/cancel")
async def show_cancel_slot(request: Asked, session: FromPath[str]) -> Response[Any]:
    """Who is touched if the slot does not take place."""
    who = await staff(request, Role.ORGANISER)
    return page_of(request, who, await _cancel_slot(who, session), filled({}))


@post("/office/sessions/{session:str}/cancel", status_code=HTTP_200_OK)
async def call_slot_off(request: Asked, session: FromPath[str], body: RawBody) -> Response[Any]:
    """Cancel the slot and tell its people."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)

    async def act(how: How) -> str:
        return await cancel_slot(session, who, how)

    async def again() -> Proposal:
        return await _cancel_slot(who, session)

    return await carried_out(request, who, form, await again(), act, again)


@get("/office/workshops/{workshop:str}/cancel")
async def show_cancel_workshop(request: Asked, workshop: FromPath[str]) -> Response[Any]:
    """Who is touched if the workshop does not take place."""
    who = await staff(request, Role.ORGANISER)
    return page_of(request, who, await _cancel_workshop(who, workshop), filled({}))


@post("/office/workshops/{workshop:str}/cancel", status_code=HTTP_200_OK)
async def call_workshop_off(request: Asked, workshop: FromPath[str], body: RawBody) -> Response[Any]:
    """Cancel what has not begun of a workshop, and tell its people."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)

    async def act(how: How) -> str:
        return await cancel_workshop(workshop, who, how)

    async def again() -> Proposal:
        return await _cancel_workshop(who, workshop)

    return await carried_out(request, who, form, await again(), act, again)


async def _move(row: Row, form: Form, look: bool) -> Proposal:
    proposal = _of_slot("move_slot", "move", row)
    if not look or row["status"] != "open":
        return proposal
    answers = Answers({name: form.one(name) for name in _HOURS})
    missing = _("Write the hour.")
    start, end = answers.read("start", clock, missing), answers.read("end", clock, missing)
    proposal.faults = tuple(answers.faults)
    if start is None or end is None:
        return proposal
    after = instant(row["date"], start, row["zone"]), instant(row["date"], end, row["zone"])
    try:
        check_hours(row, *after, utcnow())
    except Invalid as error:
        proposal.faults = error.faults
        return proposal
    proposal.touched = await consequences.touched(consequences.slot(row["id"]), {row["id"]: after})
    proposal.companies = await stand_news.of_slots(row["event"], [row["id"]])
    proposal.looked = f"{start:%H:%M}-{end:%H:%M}"
    proposal.more = {"after": after, "met": await consequences.in_the_way(row, *after)}
    return proposal


async def _capacity(row: Row, form: Form, who: Staff, look: bool) -> Proposal:
    proposal = _of_slot("set_capacity", "capacity", row)
    answers = Answers({"capacity": form.one("capacity")})
    number = answers.read("capacity", whole_number(1, MOST_PLACES), _("Write the number of places."))
    proposal.faults = tuple(answers.faults)
    if not look or number is None or row["status"] != "open" or number == row["capacity"]:
        return proposal
    places = await consequences.places_in(consequences.slot(row["id"]))
    try:
        excess = capacities.excess(row, places, number)
    except Invalid as error:
        proposal.faults = error.faults
        return proposal
    proposed = consequences.last_come(places, excess)
    proposal.touched = await consequences.counted(proposed)
    proposal.looked = str(number)
    if excess:
        kept = form.one("looked") == proposal.looked
        everybody = consequences.last_come(places, len(places))
        leaving = [_choice(place, form, place in proposed, kept) for place in everybody]
        proposal.more = {"excess": excess, "leaving": leaving, "slots": await capacities.other_slots(row, utcnow())}
        await audit.listed(who, "slot", row["event"], len(leaving))
    return proposal


async def _cancel_slot(who: Staff, session: str) -> Proposal:
    row = await led_session(who, session)
    proposal = _of_slot("cancel_slot", "cancel", row)
    if row["status"] == "open":
        proposal.touched = await consequences.touched(consequences.slot(session))
        proposal.companies = await stand_news.of_slots(row["event"], [session])
    return proposal


async def _cancel_workshop(who: Staff, workshop: str) -> Proposal:
    row = await led_workshop(who, workshop)
    scope = consequences.to_come_of(workshop, utcnow())
    sessions = await consequences.sessions_in(scope)
    touched = await consequences.touched(scope) if row["status"] != "cancelled" else None
    about, path = row | {"slots": len(sessions)}, f"/office/workshops/{workshop}/cancel"
    day = day_of(row)
    told = await stand_news.of_workshop(row["event"], workshop)
    return Proposal("cancel_workshop", path, day, about, touched, told, seen=consequences.mark_of(day, sessions))


def _of_slot(kind: str, path: str, row: Row) -> Proposal:
    day = day_of(row)
    seen = consequences.mark_of(day, [row])
    return Proposal(kind, f"/office/sessions/{row['id']}/{path}", day, row, seen=seen)


def _choice(place: Place, form: Form, proposed: bool, kept: bool) -> Row:
    """A person with the choice made for them: as sent, if it was `kept` for this number; else the last come wait."""
    name = f"{GO}{place.id}"
    chosen = (kept and form.one(name)) or (WAIT if proposed else STAY)
    return {"field": name, "name": f"{place.first_name} {place.last_name}", "status": place.status, "chosen": chosen}


def _local(row: Row, column: str) -> str:
    return f"{row[column].astimezone(ZoneInfo(row['zone'])):%H:%M}"


_HOURS = {"start": "starts_at", "end": "ends_at"}
ROUTES = [
    show_move,
    move,
    show_capacity,
    change_capacity,
    show_cancel_slot,
    call_slot_off,
    show_cancel_workshop,
    call_workshop_off,
]

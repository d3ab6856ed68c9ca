"""A day is cancelled, or what is left of it, or takes place in another hall: shown before it is done."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops import consequences, stand_news
from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault
from workshops.i18n import _
from workshops.rescheduling.cancelling import cancel_day, cancel_rest
from workshops.rescheduling.locks import How
from workshops.rescheduling.moving import change_hall, halls_for
from workshops.rights import led_event
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.office.change_pages import Asked, Proposal, carried_out, is_meant, page_of
from workshops.tables.people import Role


@get("/office/events/{event:str}/cancel")
async def show_cancel_day(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Who is touched if the day does not take place."""
    who = await staff(request, Role.ORGANISER)
    return page_of(request, who, await _cancel(who, event, "cancel_day"), filled({}))


@post("/office/events/{event:str}/cancel", status_code=HTTP_200_OK)
async def call_day_off(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Cancel the day and tell everybody."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)

    async def act(how: How) -> str:
        return await cancel_day(event, who, how)

    async def again() -> Proposal:
        return await _cancel(who, event, "cancel_day")

    return await carried_out(request, who, form, await again(), act, again)


@get("/office/events/{event:str}/rest")
async def show_cancel_rest(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Who is touched if what has not begun does not take place."""
    who = await staff(request, Role.ORGANISER)
    return page_of(request, who, await _cancel(who, event, "cancel_rest"), filled({}))


@post("/office/events/{event:str}/rest", status_code=HTTP_200_OK)
async def call_rest_off(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Cancel what has not begun and tell its people; who came has come."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)

    async def act(how: How) -> str:
        return await cancel_rest(event, who, how)

    async def again() -> Proposal:
        return await _cancel(who, event, "cancel_rest")

    return await carried_out(request, who, form, await again(), act, again)


@get("/office/events/{event:str}/hall")
async def show_hall(request: Asked, event: FromPath[str]) -> Response[Any]:
    """The halls that have said yes; with one of them in the address, who would be touched."""
    who = await staff(request, Role.ORGANISER)
    form = filled({"venue": request.query_params.get("venue") or None})
    return page_of(request, who, await _hall(who, event, form), form)


@post("/office/events/{event:str}/hall", status_code=HTTP_200_OK)
async def move_day(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Show who is touched; then let the day take place there and tell them."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    proposal = await _hall(who, event, form)
    if not proposal.looked:
        proposal.faults = (Fault("venue", _("Choose one of these halls.")),)
    if proposal.faults or not is_meant(form, proposal.looked):
        return page_of(request, who, proposal, form)

    async def act(how: How) -> str:
        return await change_hall(event, proposal.looked, who, how)

    async def again() -> Proposal:
        return await _hall(who, event, form)

    return await carried_out(request, who, form, proposal, act, again)


async def _cancel(who: Staff, event: str, kind: str) -> Proposal:
    day = await led_event(who, event)
    scope = consequences.to_come_on(event, utcnow())
    sessions = await consequences.sessions_in(scope)
    is_on = day["status"] != "cancelled" and day["ends_at"] > utcnow()
    about = day | {"slots": len(sessions), "begun": await consequences.has_begun(event, utcnow())}
    path = f"/office/events/{event}/{'cancel' if kind == 'cancel_day' else 'rest'}"
    touched = await consequences.touched(scope) if is_on and not (kind == "cancel_day" and about["begun"]) else None
    proposal = Proposal(kind, path, day, about, touched, seen=consequences.mark_of(day, sessions))
    slots = [slot["id"] for slot in sessions]
    proposal.companies = await (stand_news.of_day(event) if kind == "cancel_day" else stand_news.of_slots(event, slots))
    return proposal


async def _hall(who: Staff, event: str, form: Form) -> Proposal:
    day = await led_event(who, event)
    scope = consequences.not_over_on(event, utcnow())
    halls = await halls_for(day)
    others = [hall for hall in halls if hall["id"] != day["venue"]]
    present = next((hall for hall in halls if hall["id"] == day["venue"]), None)
    proposal = Proposal("change_hall", f"/office/events/{event}/hall", day, day | {"hall": present})
    proposal.more = {"halls": others}
    chosen = form.one("venue") or (others[0]["id"] if len(others) == 1 else "")
    if chosen in {hall["id"] for hall in others} and day["status"] != "cancelled" and day["ends_at"] > utcnow():
        proposal.touched, proposal.looked = await consequences.touched(scope), chosen
        proposal.companies = await stand_news.of_day(event)
        proposal.seen = consequences.mark_of(day, await consequences.sessions_in(scope))
        proposal.more["after"] = next(hall for hall in others if hall["id"] == chosen)
    return proposal


ROUTES = [show_cancel_day, call_day_off, show_cancel_rest, call_rest_off, show_hall, move_day]

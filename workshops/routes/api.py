"""What partners' programs call (contract.md "HTTP"): the programme, taking, changing and reading places."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Router, delete, get, patch, post
from litestar.params import HeaderParameter, PathParameter, QueryParameter, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops import changes, programme
from workshops.access import known_actor, require, token_actor
from workshops.actors import Actor
from workshops.communes import commune
from workshops.errors import Fault, Invalid
from workshops.freed import Found
from workshops.i18n import _
from workshops.ids import is_id
from workshops.papers import papers
from workshops.programme import Day, Stand
from workshops.registrations import Registered, register
from workshops.routes.api_shapes import (
    EventDetail,
    EventList,
    EventSummary,
    Move,
    Registration,
    RegistrationRequest,
    SessionDetail,
    SignedUp,
    TicketShown,
    WorkshopDetail,
    sent_as,
)
from workshops.routes.form_signs import source_in
from workshops.routes.problems import declared, read_object
from workshops.routes.reading import if_full, read_key, read_search, read_sign_up, unknown_fields
from workshops.settings import settings
from workshops.tables.people import Role

EVENT = Annotated[str, PathParameter(description="An event's id")]
REGISTRATION = Annotated[str, PathParameter(description="A registration's id")]


@get("/events", responses=declared(400, 422), summary="Published events, next first")
async def list_events(
    insee: Annotated[str | None, QueryParameter(name="commune", description="INSEE code")] = None,
    first: Annotated[str | None, QueryParameter(name="from", description="First date, inclusive")] = None,
    last: Annotated[str | None, QueryParameter(name="to", description="Last date, inclusive")] = None,
    domain: Annotated[str | None, QueryParameter(name="domain", description="ROME letter, A to N")] = None,
    number: Annotated[str | None, QueryParameter(name="page", description="Page, from 1")] = None,
) -> EventList:
    """Twelve to a page; `next` is there while more follow."""
    search = read_search(insee, first, last, domain, number)
    days, more = await programme.coming_days(**search)
    asked = {"commune": insee, "from": first, "to": last, "domain": domain, "page": str(search["page"] + 1)}
    query = urlencode({name: value for name, value in asked.items() if value})
    following = f"{settings().public_url}/api/v1/events?{query}" if more else None
    return EventList([summary(day) for day in days], following or msgspec.UNSET)


@get("/events/{event:str}", responses=declared(404), summary="One event with its workshops and sessions")
async def show_event(event: EVENT) -> EventDetail:
    """Cancelled ones too; `seats_left` is what a newcomer can book now."""
    day = await programme.day(event)
    stands, _more = await programme.stands(day)
    return EventDetail(**msgspec.structs.asdict(summary(day)), workshops=[workshop(day, stand) for stand in stands])


@post(
    "/events/{event:str}/registrations",
    responses=declared(400, 401, 403, 404, 409, 413, 422, 429),
    security=[{}, {"token": []}],
    operation_class=sent_as(RegistrationRequest),
    summary="Take places for one person, in one decision",
)
async def sign_up(
    request: Request,  # type: ignore[type-arg]
    event: EVENT,
    body: RawBody,
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key", required=False)] = None,
) -> SignedUp:
    """Without a token nobody learns what is stored; with one that may see the attendee, ticket and manage link too."""
    actor = await token_actor(request)
    if not actor.is_anyone:
        require(actor, Role.ADVISER, Role.ORGANISER)
    asked = await read_sign_up(event, read_object(body), actor)
    if actor.is_anyone:
        asked = replace(asked, source=await source_in(request))
    outcome = await register(asked, actor, read_key(idempotency_key, f"register:{event}", actor, body))
    return await _signed_up(outcome, actor)


@get(
    "/registrations/{registration:str}",
    responses=declared(401, 404),
    security=[{"token": []}],
    summary="One registration",
)
async def show_registration(request: Request, registration: REGISTRATION) -> Registration:  # type: ignore[type-arg]
    """For a token that may see it."""
    return shown(await changes.see(registration, await known_actor(request)))


@patch(
    "/registrations/{registration:str}",
    responses=declared(400, 401, 404, 409, 413, 422),
    security=[{"token": []}],
    operation_class=sent_as(Move),
    summary="Move to another session of the same event",
)
async def move_registration(request: Request, registration: REGISTRATION, body: RawBody) -> Registration:  # type: ignore[type-arg]
    """The old place is kept if the new one is gone."""
    actor = await known_actor(request)
    values = read_object(body)
    faults = unknown_fields(values, {"session", "if_full"})
    if not is_id(values.get("session")):
        faults.append(Fault("session", _("Choose time slots of this day.")))
    wish = if_full(values, faults)
    if faults:
        raise Invalid(faults=tuple(faults))
    return shown(await changes.move(registration, str(values["session"]), wish, actor))


@delete(
    "/registrations/{registration:str}",
    responses=declared(401, 404, 409),
    security=[{"token": []}],
    status_code=HTTP_200_OK,
    summary="Give the place back; again: the same answer",
)
async def cancel_registration(request: Request, registration: REGISTRATION) -> Registration:  # type: ignore[type-arg]
    """Until the session begins."""
    return shown(await changes.cancel(registration, await known_actor(request)))


def summary(day: Day) -> EventSummary:
    """An event as the list shows it."""
    place = commune(day.commune or "")
    return EventSummary(
        id=day.id,
        title=day.title,
        date=day.date,
        starts_at=_local(day, day.starts_at),
        ends_at=_local(day, day.ends_at),
        status=day.status,
        commune=day.commune,
        commune_name=place.name if place else None,
        venue=day.venue,
        address=day.address,
        url=f"{settings().public_url}/events/{day.id}",
    )


def workshop(day: Day, stand: Stand) -> WorkshopDetail:
    """A workshop with its sessions."""
    return WorkshopDetail(
        id=stand.id,
        title=stand.title,
        kind=stand.kind,
        status=stand.status,
        exhibitor=stand.exhibitor,
        rome_code=stand.rome_code,
        description=stand.description,
        openings=stand.openings,
        min_age=stand.min_age,
        eco_transition=stand.eco_transition,
        sessions=[
            SessionDetail(
                id=slot.id,
                starts_at=_local(day, slot.starts_at),
                ends_at=_local(day, slot.ends_at),
                capacity=slot.capacity,
                seats_left=slot.seats_left,
                waiting=slot.waiting,
                bookable=slot.bookable,
            )
            for slot in stand.slots
        ],
    )


def shown(found: Found) -> Registration:
    """A registration as the API shows it."""
    return Registration(found.place.id, found.place.session, found.place.status, found.attendee, found.event)


async def _signed_up(outcome: Registered, actor: Actor) -> SignedUp:
    answer = SignedUp(outcome.attendee, [Registration(p.id, p.session, p.status) for p in outcome.places])
    if outcome.visible:
        held = await papers(outcome.attendee)
        answer.ticket, answer.manage_url = TicketShown(held.ticket_url, held.code), held.manage_url
    return answer


def _local(day: Day, instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(day.zone))


API = Router(
    "/api/v1",
    route_handlers=[list_events, show_event, sign_up, show_registration, move_registration, cancel_registration],
    request_max_body_size=64 * 1024,
)

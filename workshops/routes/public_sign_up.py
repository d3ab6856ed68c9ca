"""Signing up in three steps: the slots, who you are, check and confirm. A meeting is one page and one button."""

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from workshops.actors import ANYONE, Actor
from workshops.attendees import own_places
from workshops.errors import Fault, Invalid, NotFound, WorkshopsError
from workshops.i18n import _
from workshops.idempotency import body_hash
from workshops.refusals import AlreadyRegistered, Refused, SessionFull
from workshops.registrations import Registered, SignUp, register
from workshops.routes.choice import Choice, Pick, choice_in, read_choice
from workshops.routes.form_signs import source_in
from workshops.routes.forms import Form, read_form
from workshops.routes.invited import invited
from workshops.routes.pages import locale_of
from workshops.routes.reading import read_key, read_sign_up
from workshops.routes.sign_up_pages import (
    check_page,
    choice_page,
    elsewhere,
    form_page,
    full_page,
    prefilled,
    refused_page,
)
from workshops.routes.signed_up import SignedUp, remember, signed_up


@get("/events/{event:str}/sign-up")
async def ask(request: Request, event: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """Step 2: who you are and how to reach you. A choice that cannot be booked is shown first, to mend."""
    choice = await choice_in(request, event)
    if choice.meeting:
        return elsewhere(choice)
    form = await prefilled(request, choice)
    if choice.faults(locale_of(request)):
        return choice_page(request, choice, form)
    return await form_page(request, choice, form)


@post("/events/{event:str}/sign-up")
async def check(request: Request, event: FromPath[str], body: RawBody) -> Response[Any]:  # type: ignore[type-arg]
    """Step 3: the answers to check, or the form again with every fault named. Nothing is written yet."""
    form, choice = await _sent(event, body)
    if choice.meeting:
        return elsewhere(choice)
    if choice.faults(locale_of(request)):
        return choice_page(request, choice, form, 422)
    if form.one("edit"):
        return await form_page(request, choice, form)
    try:
        asked = await _read(request, choice, form)
    except Invalid as error:
        return await form_page(request, choice, form, error.faults, error.status)
    return await check_page(request, choice, form, asked)


@post("/events/{event:str}/registrations")
async def reserve(request: Request, event: FromPath[str], body: RawBody) -> Response[Any]:  # type: ignore[type-arg]
    """Take the places. Sent twice, done once: the form's body holds a key of its own (contract.md)."""
    form, choice = await _sent(event, body)
    if not choice.picks:
        return choice_page(request, choice, form, 422)
    known, guest = signed_up(request, event), None if choice.who else await invited(request, event)
    actor = known.actor if known and choice.who == "same" else ANYONE
    try:
        asked = await _read(request, choice, form)
        source = await source_in(request, form if actor is ANYONE else None)
        outcome = await _register(
            replace(asked, source=source, invitation=guest.id if guest else None), form.all("waits"), actor, body
        )
    except NotFound:
        raise
    except WorkshopsError as error:
        return await _refused(request, choice, form, error, known if actor is not ANYONE else None)
    own = outcome.created or (known is not None and known.own and known.attendee == outcome.attendee)
    response: Response[Any] = Redirect(f"/events/{event}/confirmation", status_code=303)
    remember(
        response, event, outcome.attendee, own, outcome.places, known.at if known and not outcome.created and own else 0
    )
    return response


async def _sent(event: str, body: bytes) -> tuple[Form, Choice]:
    """The form and the slots chosen in it; of a meeting, the only one."""
    form = read_form(body)
    choice = await read_choice(event, form.all("sessions"), form.one("who"))
    if choice.meeting:
        choice = replace(choice, picks=(Pick(choice.meeting.slots[0], choice.meeting),))
    return form, choice


async def _read(request: Request, choice: Choice, form: Form) -> SignUp:  # type: ignore[type-arg]
    """What the API would read, and what it would only find out later: an age below a chosen workshop's."""
    values = form.values(locale_of(request)) | {"sessions": choice.sessions}
    asked = await read_sign_up(choice.day.id, values, ANYONE)
    youngest = max((pick.stand.min_age or 0 for pick in choice.picks), default=0)
    if asked.person.aged_16_or_over is False and youngest >= 16:
        raise Invalid(faults=(Fault("aged_16_or_over", _("One of these workshops is for people of 16 and over.")),))
    return asked


async def _register(asked: SignUp, waits: list[str], actor: Actor, body: bytes) -> Registered:
    """Take the places; wait only where the person has read that the slot is full."""
    key = read_key(body_hash(body), f"register:{asked.event}", actor, body)
    try:
        return await register(asked, actor, key)
    except SessionFull as error:
        if not set(error.sessions) <= set(waits):
            raise
    return await register(replace(asked, if_full="wait"), actor, key)


async def _refused(
    request: Request,  # type: ignore[type-arg]
    choice: Choice,
    form: Form,
    error: WorkshopsError,
    own: SignedUp | None,
) -> Response[Any]:
    """The page that helps to go on from here; what is stored is told to whom it belongs alone."""
    if isinstance(error, Invalid):
        return await form_page(request, choice, form, error.faults, error.status)
    fresh = await read_choice(choice.day.id, choice.sessions, choice.who)
    places = await own_places(own.attendee) if own else []
    if isinstance(error, AlreadyRegistered) or not isinstance(error, Refused):
        return refused_page(request, fresh, form, error, places)
    if choice.meeting:
        return await form_page(request, fresh, form, status=error.status, refusal=error)
    if isinstance(error, SessionFull):
        return full_page(request, fresh, form, error.sessions)
    if fresh.faults(locale_of(request)):
        return choice_page(request, fresh, form, error.status)
    return refused_page(request, fresh, form, error, places)

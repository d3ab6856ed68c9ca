"""The hall of one day, for its organiser: what is promised, what was answered, which halls are free at its hours."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from workshops import halls, occupancy
from workshops.access import staff
from workshops.actors import Actor, Staff
from workshops.database import utcnow
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.fields import Answers, line
from workshops.halls import lists, requests
from workshops.halls.asking import WHO_LENGTH, AlreadyAsked, DayNotPlanned, HallInUse
from workshops.handover import HallTaken, RequestAnswered
from workshops.i18n import _
from workshops.occupancy import Stay
from workshops.rights import led_event
from workshops.routes import wording
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.hall_forms import HOURS, read_moment, read_stay, stay_fields
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

SETTING_UP = timedelta(hours=1)
SHOWN, FREE_DAYS = 30, 6
REFUSALS = (Invalid, HallTaken, RequestAnswered, AlreadyAsked, HallInUse, DayNotPlanned)
Asked = Request[Any, Any, Any]
Row = dict[str, Any]


@get("/office/events/{event:str}/venue")
async def show_hall_of_day(request: Asked, event: FromPath[str]) -> Response[Any]:
    """What the day has, and a hall to ask for at its hours, an hour before and after unless others are chosen."""
    who = await staff(request, Role.ORGANISER)
    sought = filled({name: request.query_params.get(name) or None for name in (*HOURS, "commune", "people")})
    return await _page(request, who, await led_event(who, event), sought)


@post("/office/events/{event:str}/venue/requests")
async def ask_for_hall(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Ask for a hall; an own room is promised at once."""

    async def ask(form: Form, day: Row, who: Staff) -> None:
        await halls.request(event, form.one("venue"), read_stay(form, day["zone"]), who)

    return await _act(request, event, body, ask)


@post("/office/events/{event:str}/venue/phone")
async def record_yes(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Note a yes that was given by phone."""

    async def note(form: Form, day: Row, who: Staff) -> None:
        answers = Answers({name: form.one(name) for name in ("venue", "said_by")})
        venue = answers.read("venue", line(36), _("Choose the hall."))
        said_by = answers.read("said_by", line(WHO_LENGTH), _("Write who said yes."))
        if venue is None or said_by is None:
            raise Invalid(faults=tuple(answers.faults))
        at = read_moment(form, "said", day["zone"], utcnow())
        await halls.record_yes(event, venue, read_stay(form, day["zone"]), said_by, at, who)

    return await _act(request, event, body, note)


@post("/office/events/{event:str}/venue/withdrawals")
async def withdraw(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Take a request back, or give back a hall."""
    return await _act(request, event, body, _on_request(halls.withdraw))


@post("/office/events/{event:str}/venue/proposals")
async def take_proposal(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Take what a host proposed instead."""
    return await _act(request, event, body, _on_request(halls.take_proposal))


@post("/office/events/{event:str}/venue/choices")
async def choose(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Let a draft take place in another of the halls promised to it."""
    return await _act(request, event, body, _on_request(halls.use))


def _on_request(verb: Callable[[str, Actor], Awaitable[object]]) -> Callable[[Form, Row, Staff], Awaitable[None]]:
    async def act(form: Form, _day: Row, who: Staff) -> None:
        await verb(form.one("request"), who)

    return act


async def _act(
    request: Asked, event: str, body: bytes, act: Callable[[Form, Row, Staff], Awaitable[None]]
) -> Response[Any]:
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    day = await led_event(who, event)
    try:
        await act(form, day, who)
    except REFUSALS as refused:
        return await _page(request, who, day, form, refused)
    return Redirect(f"/office/events/{event}/venue", status_code=HTTP_303_SEE_OTHER)


async def _page(
    request: Asked, who: Staff, day: Row, form: Form, refused: WorkshopsError | None = None
) -> Response[Any]:
    stay, faults = _stay(form, day)
    faults = refused.faults if refused else faults
    found = await lists.listed(who)
    places, at_once = await occupancy.crowd(day["id"])
    people = _number(form.one("people")) or at_once
    near = [one for one in found if form.one("commune") in ("", one.commune)]
    asked = await requests.of_day(day["id"])
    return office_page(
        "halls/day.html",
        request,
        who,
        status=refused.status if refused else 422 if faults else 200,
        errors=wording.errors_in(faults, locale_of(request)),
        refusal=refused if refused and not refused.faults else None,
        event=day,
        places=places,
        at_once=at_once,
        people=people,
        trouble=await occupancy.trouble(day["id"]),
        stay=stay,
        asked=asked,
        free=await _free_days(day, asked),
        choices=(await lists.choices(near, stay, day["id"], people))[:SHOWN],
        more=max(0, len(near) - SHOWN),
        communes=wording.commune_options({one.commune for one in found}),
        halls=found,
        made=request.query_params.get("done") == "made",
        looking=any(form.one(name) for name in (*HOURS, "commune", "people")),
        values={**stay_fields(stay, day["zone"]), **_typed(form)},
        now=utcnow(),
        wording=wording,
    )


def _stay(form: Form, day: Row) -> tuple[Stay, tuple[Fault, ...]]:
    """The hours asked for; those of the day with the time to set up where none are, or none that can be read."""
    usual = Stay(day["starts_at"] - SETTING_UP, day["ends_at"] + SETTING_UP)
    if not any(form.one(name) for name in HOURS):
        return usual, ()
    try:
        stay = read_stay(form, day["zone"])
    except Invalid as refused:
        return usual, refused.faults
    return (stay, ()) if stay.from_at < stay.until_at else (usual, (Fault("until_time", _LATER),))


async def _free_days(day: Row, asked: list[requests.Asked]) -> tuple[str, list[Stay]] | None:
    """For a draft whose hall was refused: that hall, and when it is free instead, at any time but the one refused."""
    refused = [one for one in asked if one.status in ("declined", "revoked") and not one.may_be_taken]
    if day["status"] != "draft" or day["venue"] or not refused:
        return None
    last = max(refused, key=lambda one: one.answered_at or one.asked_at)
    found = await occupancy.free_days(last.venue, last.stay, day["zone"], utcnow(), FREE_DAYS + 1)
    return last.hall, [one for one in found if one != last.stay][:FREE_DAYS]


def _typed(form: Form) -> dict[str, str]:
    names = ("commune", "people", "venue", "said_by", "said_date", "said_time")
    return {name: form.one(name) for name in names} | {name: form.one(name) for name in HOURS if form.one(name)}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


_LATER = _("The hall is needed until a later moment than it begins.")
ROUTES = [show_hall_of_day, ask_for_hall, record_yes, withdraw, take_proposal, choose]

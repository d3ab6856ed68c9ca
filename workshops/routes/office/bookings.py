"""Booking for a person on the telephone: first look whether they are known, then who they are and which slots."""

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import audit, people, profiles
from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault, Invalid
from workshops.fields import Answers, line
from workshops.i18n import DEFAULT, _
from workshops.idempotency import body_hash
from workshops.ids import new_id
from workshops.openings import Stall, agencies, openings
from workshops.pasted import REFERENCE
from workshops.persons import ACCOMMODATIONS, Person, read_person
from workshops.places import MOST_SESSIONS
from workshops.refusals import Refused, SessionFull
from workshops.registrations import Registered, SignUp, register
from workshops.routes import wording
from workshops.routes.forms import Form, read_form
from workshops.routes.office.people_words import phone
from workshops.routes.office.slot_choice import Ticked, invalid_faults, read_ticked, refusal_faults
from workshops.routes.pages import locale_of, office_page
from workshops.routes.reading import read_key
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
MAY = (Role.ORGANISER, Role.ADVISER)
MOST_FIELDS = 200
FOR_STAFF = {
    "Write your first name.": _("Write the first name."),
    "Write your last name.": _("Write the last name."),
    "Say whether you are 16 or older.": _("Say whether the person is 16 or older."),
    "Write the name of the adult who comes with you.": _("Write the name of the adult who comes along."),
    "Write the mobile number of the adult who comes with you.": _("Write the telephone number of this adult."),
}
"""What is said to the person online, as it is said to whoever asks them on the telephone."""


@get("/office/events/{event:str}/people/new")
async def show_booking(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Look for the person first; the form for somebody new is below."""
    who = await staff(request, *MAY)
    chosen = Form(tuple(("sessions", one) for one in request.query_params.getall("slot", [])[:MOST_SESSIONS]))
    return await _page(request, who, await people.day(who, event), chosen)


@post("/office/events/{event:str}/people/new/find", status_code=HTTP_200_OK)
async def find_person(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Who of the day answers to this name, number, address or code. It is in the body: names are in no address."""
    who, form = await staff(request, *MAY), read_form(body)
    row = await people.day(who, event)
    found, more = await profiles.find(row, who, form.one("search"))
    await audit.listed(who, "search", event, len(found))
    return await _page(
        request, who, row, _prefilled(form.one("search")), search=form.one("search"), found=found, more=more
    )


@post("/office/events/{event:str}/people/new")
async def book(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Book for the person. Sent twice, done once: the form holds a key of its own."""
    who, form = await staff(request, *MAY), read_form(body, MOST_FIELDS)
    row, stalls = await people.day(who, event), await openings(event, who)
    ticked = read_ticked(form.all("sessions"))
    try:
        person = await _read(form, ticked, stalls, who)
        asked = SignUp(event, person, ticked.sessions, holds=ticked.holds, reference=form.one("reference") or None)
        done = await _register(asked, ticked, who, body)
    except Refused as error:
        leads = who.role is not Role.ADVISER
        faults = refusal_faults(error, stalls, leads=leads, locale=locale_of(request), zone=row["zone"])
        return await _page(request, who, row, form, faults=faults, status=error.status)
    except Invalid as error:
        return await _page(request, who, row, form, faults=invalid_faults(error), status=error.status)
    seen = f"/office/attendees/{done.attendee}?done=booked" if done.visible else "/office/people?done=passed"
    return Redirect(seen, status_code=HTTP_303_SEE_OTHER)


async def _read(form: Form, ticked: Ticked, stalls: list[Stall], who: Staff) -> Person:
    """The person, with every fault named. Raises Invalid."""
    values = form.values(DEFAULT)
    values.pop("sessions", None)
    answers = Answers(values)
    asks_age = any(stall.kind == "stand" for stall in stalls if _is_ticked(stall, ticked)) or not ticked.sessions
    person = read_person(answers, asks_age=asks_age, contact_optional=True)
    if person.agency and person.agency not in {row["id"] for row in await agencies(who)}:
        answers.fault("agency", _("Choose from the list only."))
    if not ticked.sessions:
        answers.fault("sessions", _("Choose at least one time slot of this day."))
    if len(ticked.sessions) > MOST_SESSIONS:
        answers.fault("sessions", _("Choose at most %(max)s time slots."), max=MOST_SESSIONS)
    if who.role is Role.ADVISER and form.one("told") != "true":
        answers.fault("told", _("Ask the person first, and tell them: then tick this."))
    answers.read_value("reference", form.one("reference"), line(REFERENCE))
    if answers.faults:
        said = (replace(fault, message=FOR_STAFF.get(fault.message, fault.message)) for fault in answers.faults)
        raise Invalid(faults=tuple(said))
    return person


def _is_ticked(stall: Stall, ticked: Ticked) -> bool:
    return any(slot.id in ticked.sessions for slot in stall.slots)


async def _register(asked: SignUp, ticked: Ticked, who: Staff, body: bytes) -> Registered:
    """Take the places; wait only where the page said that the slot is full."""
    key = read_key(body_hash(body), f"register:{asked.event}", who, body)
    try:
        return await register(asked, who, key)
    except SessionFull as error:
        if not ticked.may_wait(error):
            raise
    return await register(replace(asked, if_full="wait"), who, key)


def _prefilled(search: str) -> Form:
    """What was looked for, where it belongs in the form: an address, a number, or a first and a last name."""
    text = " ".join(search.split())
    if "@" in text:
        return Form((("email", text),))
    if sum(map(str.isdigit, text)) >= 4:
        return Form((("phone", text),))
    first, _space, last = text.rpartition(" ")
    return Form(tuple(pair for pair in (("first_name", first), ("last_name", last)) if pair[1]))


async def _page(
    request: Asked,
    who: Staff,
    row: dict[str, Any],
    form: Form,
    *,
    faults: tuple[Fault, ...] = (),
    status: int = HTTP_200_OK,
    **context: Any,
) -> Response[Any]:
    is_on = row["status"] in ("published", "closed") and row["ends_at"] > utcnow()
    stalls = await openings(row["id"], who) if is_on else []
    named = [] if who.role is Role.ADVISER else await agencies(who)
    return office_page(
        "booking.html",
        request,
        who,
        status=status,
        event=row,
        is_on=is_on,
        stalls=stalls,
        chosen=form.all("sessions"),
        values=form.shown() | {"told": form.one("told"), "reference": form.one("reference")},
        errors=wording.errors_in(faults, locale_of(request)),
        agencies=[{"value": one["id"], "label": one["name"]} for one in named],
        accommodations=ACCOMMODATIONS,
        phone=phone,
        once=new_id(),
        **{"search": "", "found": None, "more": False, **context},
    )


ROUTES = [show_booking, find_person, book]

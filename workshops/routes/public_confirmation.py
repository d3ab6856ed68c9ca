"""After a sign-up: the ticket of whom this request created, and for 30 minutes, in that browser, what can be mended."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from workshops import changes
from workshops.attendees import Attendee, OwnPlace, attendee
from workshops.contacts import correct_contact
from workshops.errors import Fault, NotFound, WorkshopsError
from workshops.fields import Answers, email_address, phone_number
from workshops.i18n import _
from workshops.refusals import CannotCancel
from workshops.routes import wording
from workshops.routes.choice import Pick, read_choice
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.pages import locale_of, page, personal
from workshops.routes.signed_up import SignedUp, signed_up
from workshops.routes.ticket_pages import ticket_page


@get("/events/{event:str}/confirmation")
async def confirmation(request: Request, event: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """What was taken. QR, code and contact only of an attendee that this browser created (contract.md)."""
    known = signed_up(request, event)
    if known is None:
        return page("public/expired.html", request, status=404, event=event)
    if known.own:
        return await ticket_page("confirmation", request, await attendee(known.attendee))
    choice = await read_choice(event, [session for session, _status in known.places], "")
    return page(
        "public/confirmation.html",
        request,
        person=None,
        day=choice.day,
        places=[_sent_place(pick, known) for pick in choice.picks],
        papers=None,
        done=False,
        is_over=False,
        refusal=None,
        wording=wording,
    )


@post("/events/{event:str}/confirmation/cancellations")
async def give_back(request: Request, event: FromPath[str], body: RawBody) -> Response[Any]:  # type: ignore[type-arg]
    """Give one place back."""
    known, person = await _own(request, event)
    registration = read_form(body).one("registration")
    try:
        await changes.cancel(registration, known.actor)
    except CannotCancel as error:
        return await ticket_page("confirmation", request, person, status=error.status, refusal=error)
    return Redirect(f"/events/{event}/confirmation?done={registration}", status_code=303)


@get("/events/{event:str}/confirmation/contact")
async def show_contact(request: Request, event: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """Where the ticket goes, to correct."""
    _known, person = await _own(request, event)
    phone = person.phone and wording.phone_in_pairs(person.phone)
    return _contact_page(request, event, filled({"email": person.email, "phone": phone}))


@post("/events/{event:str}/confirmation/contact")
async def send_contact(request: Request, event: FromPath[str], body: RawBody) -> Response[Any]:  # type: ignore[type-arg]
    """Correct it; the link that went astray no longer works."""
    known, person = await _own(request, event)
    form = read_form(body)
    answers = Answers({name: form.one(name) for name in ("email", "phone")})
    email, phone = answers.read("email", email_address), answers.read("phone", phone_number)
    if not (email or phone or answers.faults):
        answers.fault("email", _("Give an e-mail address or a mobile number, so that we can send your ticket."))
    if answers.faults:
        return _contact_page(request, event, form, tuple(answers.faults), 422)
    try:
        await correct_contact(person.id, email, phone, known.actor)
    except NotFound:
        raise
    except WorkshopsError as error:
        return _contact_page(request, event, form, (Fault("email", error.detail),), error.status)
    return Redirect(f"/events/{event}/confirmation", status_code=303)


async def _own(request: Request, event: str) -> tuple[SignedUp, Attendee]:  # type: ignore[type-arg]
    """The attendee whom this browser may change. Raises NotFound."""
    known = signed_up(request, event)
    if known is None or not known.own:
        raise NotFound
    return known, await attendee(known.attendee)


def _contact_page(
    request: Request,  # type: ignore[type-arg]
    event: str,
    form: Form,
    faults: tuple[Fault, ...] = (),
    status: int = 200,
) -> Response[Any]:
    return page(
        "public/contact.html",
        request,
        status=status,
        headers=personal(request),
        event=event,
        values=form.shown(),
        errors=wording.errors_in(faults, locale_of(request)),
    )


def _sent_place(pick: Pick, known: SignedUp) -> OwnPlace:
    """A place as this browser was told of it: nothing of what is stored."""
    slot, stand = pick.slot, pick.stand
    return OwnPlace(
        id="",
        session=slot.id,
        status=dict(known.places)[slot.id],
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        workshop=stand.id,
        title=stand.title,
        kind=stand.kind,
        exhibitor=stand.exhibitor,
        stand=stand.stand,
        must_choose=False,
        offered_until=None,
        ahead=None,
        is_off=False,
        offer="proof" if dict(known.places)[slot.id] == "offered" else None,
    )

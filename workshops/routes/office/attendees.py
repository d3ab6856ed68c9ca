"""Somebody's sheet, for staff who may see them: all of it, the ticket to print, the contact to correct."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops import contacts, proofs, replacements
from workshops.access import staff
from workshops.errors import Fault
from workshops.fields import Answers, email_address, personal_name, phone_number
from workshops.i18n import _
from workshops.papers import Papers, papers
from workshops.proofs import ProofEnded
from workshops.refusals import AlreadyRegistered
from workshops.routes import wording
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.office.people_words import phone
from workshops.routes.office.profile_pages import MAY, Asked, Opened, back, opened_by, profile_page
from workshops.routes.pages import locale_of
from workshops.routes.ticket_pages import qr
from workshops.tickets import KeyGone


@get("/office/attendees/{attendee:str}")
async def show_sheet(request: Asked, attendee: FromPath[str]) -> Response[Any]:
    """All that staff may know of a person of the day."""
    opened = await opened_by(request, attendee, "person")
    return profile_page("profile.html", request, opened, papers=await _papers(attendee))


@get("/office/attendees/{attendee:str}/ticket")
async def show_ticket(request: Asked, attendee: FromPath[str]) -> Response[Any]:
    """The ticket to print, of a person or of a group."""
    opened, held = await opened_by(request, attendee, "ticket"), await _papers(attendee)
    picture = qr(held, locale_of(request)) if held else None
    town = wording.commune_name(opened.person["town"])
    return profile_page("profile_ticket.html", request, opened, papers=held, qr=picture, town=town)


@get("/office/attendees/{attendee:str}/contact")
async def show_contact(request: Asked, attendee: FromPath[str]) -> Response[Any]:
    """The name and the contact, to correct."""
    opened = await opened_by(request, attendee, "person")
    known = {name: opened.person[name] for name in ("first_name", "last_name", "email")}
    number = opened.person["phone"] and phone(opened.person["phone"])
    return _contact_page(request, opened, filled(known | {"phone": number}))


@post("/office/attendees/{attendee:str}/contact")
async def correct(request: Asked, attendee: FromPath[str], body: RawBody) -> Response[Any]:
    """Write them down; to a new address the ticket leaves at once."""
    opened, form = await opened_by(request, attendee), read_form(body)
    answers, name = Answers({name: form.one(name) for name in form.shown()}), personal_name()
    first = answers.read("first_name", name, _("Write the first name."))
    last = answers.read("last_name", name, _("Write the last name."))
    email, number = answers.read("email", email_address), answers.read("phone", phone_number)
    if answers.faults or not first or not last:
        return _contact_page(request, opened, form, tuple(answers.faults), 422)
    try:
        await contacts.correct_name(attendee, first, last, opened.who)
        await contacts.correct_contact(attendee, email, number, opened.who)
    except AlreadyRegistered as error:
        somebody = Fault("email", _("Somebody else of this day has this name and this contact already."))
        return _contact_page(request, opened, form, (somebody,), error.status)
    return back(attendee, "corrected")


@post("/office/attendees/{attendee:str}/send")
async def send_ticket(request: Asked, attendee: FromPath[str]) -> Response[Any]:
    """Send the ticket and the places once more."""
    who = await staff(request, *MAY)
    done = await contacts.send_again(attendee, who)
    return back(attendee, "sent" if done else "")


@post("/office/attendees/{attendee:str}/ticket/replacement")
async def replace_ticket(request: Asked, attendee: FromPath[str]) -> Response[Any]:
    """Make another ticket; the one before opens nothing any more."""
    done = await replacements.replace_ticket(attendee, await staff(request, *MAY))
    return back(attendee, "replaced" if done else "replaced_unsent")


@post("/office/attendees/{attendee:str}/proof")
async def confirm_places(request: Asked, attendee: FromPath[str]) -> Response[Any]:
    """Confirm the places that wait for a proof, on the telephone with the person."""
    opened = await opened_by(request, attendee)
    try:
        await proofs.confirm(attendee, opened.who)
    except ProofEnded as error:
        held = await _papers(attendee)
        return profile_page("profile.html", request, opened, status=error.status, papers=held, refusal=error)
    return back(attendee, "confirmed")


async def _papers(attendee: str) -> Papers | None:
    """None once the key that made the ticket is gone."""
    try:
        return await papers(attendee)
    except KeyGone:
        return None


def _contact_page(
    request: Asked, opened: Opened, form: Form, faults: tuple[Fault, ...] = (), status: int = HTTP_200_OK
) -> Response[Any]:
    return profile_page("profile_contact.html", request, opened, faults=faults, status=status, values=form.shown())


ROUTES = [show_sheet, show_ticket, show_contact, correct, send_ticket, replace_ticket, confirm_places]

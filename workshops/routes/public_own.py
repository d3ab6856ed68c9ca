"""What people look after by their manage link: their name, how they are reached, what they agree to, their data."""

import json
from datetime import date, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from workshops import contacts, new_addresses, opt_ins, privacy
from workshops.attendees import Attendee, by_manage_link
from workshops.errors import Fault, Invalid, NotFound
from workshops.fields import Answers, email_address, personal_name, phone_number
from workshops.i18n import _
from workshops.mail_links import MailLinkExpired, MailLinkUsed
from workshops.persons import ACCOMMODATIONS
from workshops.refusals import AlreadyRegistered, Refused
from workshops.routes import wording
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.own_page import actor_of, back
from workshops.routes.pages import locale_of, page, personal
from workshops.routes.ticket_pages import ticket_page

Asked = Request[Any, Any, Any]
NOT_HERE = _("This cannot be changed here. Call us: we look at it together.")


@get("/m/{secret:str}/name")
async def show_name(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """The name as it stands on the ticket, to correct."""
    person = await _person(secret)
    return _form(request, "own_name", secret, filled({"first_name": person.first_name, "last_name": person.last_name}))


@post("/m/{secret:str}/name")
async def correct_name(request: Asked, secret: FromPath[str], body: RawBody) -> Response[Any]:
    """Correct the spelling: a place is not handed on."""
    person, form = await _person(secret), read_form(body)
    answers = Answers({name: form.one(name) for name in ("first_name", "last_name")})
    first = answers.read("first_name", personal_name(), _("Write your first name."))
    last = answers.read("last_name", personal_name(), _("Write your last name."))
    if answers.faults or first is None or last is None:
        return _form(request, "own_name", secret, form, tuple(answers.faults), 422)
    try:
        await contacts.correct_name(person.id, first, last, actor_of(person))
    except AlreadyRegistered as error:
        return _form(request, "own_name", secret, form, (Fault("first_name", NOT_HERE),), error.status)
    except Refused as error:
        return _form(request, "own_name", secret, form, (Fault("first_name", error.title),), error.status)
    return back(secret, "name")


@get("/m/{secret:str}/contact")
async def show_contact(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """How the person is reached, to correct."""
    person = await _person(secret)
    phone = person.phone and wording.phone_in_pairs(person.phone)
    return _form(request, "own_contact", secret, filled({"email": person.email, "phone": phone}))


@post("/m/{secret:str}/contact")
async def change_contact(request: Asked, secret: FromPath[str], body: RawBody) -> Response[Any]:
    """A new number counts at once, a new address once opened from it."""
    person, form = await _person(secret), read_form(body)
    answers = Answers({name: form.one(name) for name in ("email", "phone")})
    email, phone = answers.read("email", email_address), answers.read("phone", phone_number)
    if not (email or phone or answers.faults):
        answers.fault("email", _("Give an e-mail address or a mobile number, so that we can send your ticket."))
    if answers.faults:
        return _form(request, "own_contact", secret, form, tuple(answers.faults), 422)
    try:
        waits = await new_addresses.change(person.id, email, phone, actor_of(person))
    except Invalid as error:
        return _form(request, "own_contact", secret, form, error.faults, error.status)
    except AlreadyRegistered as error:
        return _form(request, "own_contact", secret, form, (Fault("phone", NOT_HERE),), error.status)
    return back(secret, "" if waits else "contact")


@get("/address/{secret:str}")
async def show_address(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """A link that was opened from a new address, and one button."""
    try:
        offered = await new_addresses.offered(secret)
    except (MailLinkUsed, MailLinkExpired) as error:
        return page("public/address_ended.html", request, status=error.status, error=error)
    return page("public/address.html", request, secret=secret, offered=offered, refused=False)


@post("/address/{secret:str}")
async def confirm_address(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """Let the new address count; the own page has a new link from now on."""
    try:
        offered = await new_addresses.offered(secret)
        manage = await new_addresses.confirm(secret)
    except (MailLinkUsed, MailLinkExpired) as error:
        return page("public/address_ended.html", request, status=error.status, error=error)
    except AlreadyRegistered as error:
        return page("public/address.html", request, status=error.status, secret=secret, offered=offered, refused=True)
    return back(manage, "address")


@post("/m/{secret:str}/opt-ins")
async def choose_opt_ins(secret: FromPath[str], body: RawBody) -> Response[Any]:
    """What is ticked is agreed to, what is not is taken back."""
    person, form = await _person(secret), read_form(body)
    await opt_ins.choose(person.id, form.all("share"), form.one("news") == "true", actor_of(person))
    return back(secret, "opt-ins")


@get("/m/{secret:str}/data")
async def show_data(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """Everything that is stored about the person, to read."""
    person = await _person(secret)
    stored = await privacy.export(person.id, actor_of(person))
    return await ticket_page(
        "own_data", request, person, secret=secret, stored=stored, accommodations=ACCOMMODATIONS, phone=_pairs(person)
    )


@get("/m/{secret:str}/data/file")
async def download_data(secret: FromPath[str]) -> Response[bytes]:
    """The same to take along, as JSON."""
    person = await _person(secret)
    stored = await privacy.export(person.id, actor_of(person))
    return Response(
        json.dumps(stored, ensure_ascii=False, indent=2, default=_plain).encode(),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="osons-nos-talents.json"', "Cache-Control": "no-store"},
    )


@get("/m/{secret:str}/erasure")
async def ask_erasure(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """What erasing does, and one button."""
    return await ticket_page("erasure", request, await _person(secret), secret=secret)


@post("/m/{secret:str}/erasure")
async def erase(secret: FromPath[str]) -> Response[Any]:
    """Erase everything; the link that led here opens nothing any more."""
    person = await _person(secret)
    await privacy.erase(person.id, actor_of(person))
    return Redirect("/erased", status_code=303)


@get("/erased")
async def erased(request: Asked) -> Response[Any]:
    """Your data are erased."""
    return page("public/erased.html", request)


async def _person(secret: str) -> Attendee:
    """Whose link it is; a group's papers are the organiser's."""
    person = await by_manage_link(secret)
    if person.kind == "group":
        raise NotFound
    return person


def _pairs(person: Attendee) -> str:
    return wording.phone_in_pairs(person.phone) if person.phone else ""


def _form(
    request: Asked, name: str, secret: str, form: Form, faults: tuple[Fault, ...] = (), status: int = 200
) -> Response[Any]:
    return page(
        f"public/{name}.html",
        request,
        status=status,
        headers=personal(request),
        secret=secret,
        values=form.shown(),
        errors=wording.errors_in(faults, locale_of(request)),
    )


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


ROUTES = [
    show_name,
    correct_name,
    show_contact,
    change_contact,
    show_address,
    confirm_address,
    choose_opt_ins,
    show_data,
    download_data,
    ask_erasure,
    erase,
    erased,
]

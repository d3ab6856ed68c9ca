"""What an exhibitor does on its pages, and the organiser for it: a form is checked here, decided below."""

import re
from typing import Any, TypeAlias

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody, SkipValidation
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import contacts_shared, exhibitors
from workshops.contacts_shared import AskedTooOften, NoMailbox
from workshops.descriptions import FIELDS, read_description
from workshops.errors import Fault, Invalid, NotFound
from workshops.exhibitors import StalePage
from workshops.fields import Answers, text
from workshops.i18n import _
from workshops.routes.forms import Form, read_form
from workshops.routes.pages import locale_of
from workshops.routes.stand_pages import Asked, Place, difference, show_day, show_form, show_workshop
from workshops.routes.wording import errors_in
from workshops.stand_links import Exhibitor
from workshops.stands import training_bodies

AtPlace: TypeAlias = NamedDependency[SkipValidation[Place]]
WHY = 300


@get("/")
async def show_own_day(request: Asked, place: AtPlace) -> Response[Any]:
    """The exhibitor's day."""
    return await _day(request, place)


@post("/answer")
async def answer(request: Asked, place: AtPlace, body: RawBody) -> Response[Any]:
    """We come, with all our workshops; or we do not, with these, and why."""
    form, actor = read_form(body), _exhibitor(place)
    if form.one("answer") == "confirmed":
        await exhibitors.confirm(actor)
        return _back(place.base, "confirmed")
    if form.one("answer") != "declined":
        raise NotFound
    chosen = form.all("workshop")
    answers = Answers({"why": form.one("why"), "workshop": ",".join(chosen)})
    why = answers.read("why", text(WHY), _("Say why in a few words, so that the organiser can act."))
    answers.read("workshop", str, _("Choose the workshops that you cannot hold."))
    if answers.faults:
        errors, typed = errors_in(answers.faults, locale_of(request)), {"why": form.one("why"), "workshop": chosen}
        return await _day(request, place, status=422, errors=errors, typed=typed)
    await exhibitors.decline(chosen, why or "", actor)
    return _back(place.base, "declined")


@post("/contacts", status_code=HTTP_200_OK)
async def ask_for_contacts(request: Asked, place: AtPlace) -> Response[Any]:
    """Send the link to the list of those who agreed to the exhibitor's mailbox, nowhere else."""
    try:
        address = await contacts_shared.ask_for_contacts(_exhibitor(place))
    except (AskedTooOften, NoMailbox) as refusal:
        return await _day(request, place, status=refusal.status, refusal=refusal)
    return await _day(request, place, sent_to=address)


@get("/workshops/{workshop:str}")
async def show_own_workshop(request: Asked, place: AtPlace, workshop: FromPath[str]) -> Response[Any]:
    """One workshop as residents read it."""
    return await show_workshop(request, place, workshop)


@get("/workshops/{workshop:str}/page")
async def show_own_form(request: Asked, place: AtPlace, workshop: FromPath[str]) -> Response[Any]:
    """The form of its page."""
    return await show_form(request, place, workshop)


@post("/workshops/{workshop:str}/page", status_code=HTTP_200_OK)
async def save(request: Asked, place: AtPlace, workshop: FromPath[str], body: RawBody) -> Response[Any]:
    """Look for a job in the list, which changes nothing; or keep what was filled in."""
    form = read_form(body)
    if form.one("do") == "search":
        return await show_form(request, place, workshop, form, searched=True)
    bodies = await training_bodies()
    answers = Answers({name: form.one(name) for name in FIELDS})
    wanted = read_description(answers, bodies)
    if answers.faults:
        return await _faulty(request, place, workshop, form, tuple(answers.faults))
    try:
        at_once = await exhibitors.describe(workshop, version_in(form), wanted, place.actor)
    except Invalid as invalid:
        return await _faulty(request, place, workshop, form, invalid.faults)
    except StalePage as stale:
        stand = (await place.day()).stand(workshop)
        said = difference(form, stand, bodies, locale_of(request))
        return await show_form(request, place, workshop, form, status=stale.status, stale=said, is_stale=True)
    return _back(f"{place.base}/workshops/{workshop}", "saved" if at_once else "waiting")


@post("/workshops/{workshop:str}/ready", status_code=HTTP_200_OK)
async def say_ready(request: Asked, place: AtPlace, workshop: FromPath[str]) -> Response[Any]:
    """The page is complete: residents may read it."""
    try:
        await exhibitors.say_ready(workshop, place.actor)
    except Invalid as invalid:
        return await show_workshop(request, place, workshop, status=invalid.status, errors=invalid.faults)
    return _back(f"{place.base}/workshops/{workshop}", "ready")


PAGES = [show_own_workshop, show_own_form, save, say_ready]
"""For the exhibitor and its organiser alike; each router says whose place it is."""
OWN = [show_own_day, answer, ask_for_contacts, *PAGES]


async def _day(request: Asked, place: Place, **context: Any) -> Response[Any]:
    return await show_day(request, place, agreed=await contacts_shared.agreed(place.event, place.exhibitor), **context)


async def _faulty(request: Asked, place: Place, workshop: str, form: Form, faults: tuple[Fault, ...]) -> Response[Any]:
    errors = errors_in(faults, locale_of(request))
    return await show_form(request, place, workshop, form, status=422, errors=errors)


def _exhibitor(place: Place) -> Exhibitor:
    if not isinstance(place.actor, Exhibitor):
        raise NotFound
    return place.actor


def version_in(form: Form) -> int:
    """The version that the form was made of; one that no page has where it tells none."""
    told = form.one("version")
    return int(told) if re.fullmatch(r"[0-9]{1,9}", told) else 0


def _back(address: str, done: str) -> Redirect:
    return Redirect(f"{address}?done={done}", status_code=HTTP_303_SEE_OTHER)

"""The exhibitors of a day, for its organiser: who was written to, who comes, what is ready; and their own pages."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import Provide
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER
from litestar.types import ControllerRouterHandler

from workshops import exhibitors, stand_invitations, stands
from workshops.access import staff
from workshops.database import utcnow
from workshops.errors import NotFound
from workshops.exhibitors import StalePage
from workshops.fields import Answers, email_address, text
from workshops.i18n import _
from workshops.jobs import job
from workshops.rights import led_event
from workshops.routes import wording
from workshops.routes.forms import Form, read_form
from workshops.routes.pages import locale_of, office_page
from workshops.routes.stand_acts import OWN, PAGES, WHY, AtPlace, version_in
from workshops.routes.stand_pages import Asked, Place, changes_of
from workshops.routes.wording import errors_in
from workshops.stand_links import by_account
from workshops.standings import standings, state_of
from workshops.tables.people import Role

WRITE = {
    "invitations": stand_invitations.invite_all,
    "reminders": stand_invitations.remind,
    "programme": stand_invitations.tell_programme,
}


@get("/office/events/{event:str}/stands")
async def show_exhibitors(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Who holds a stand, how each of them stands, and whom one press writes to."""
    who = await staff(request, Role.ORGANISER)
    day, now = await led_event(who, event), utcnow()
    known = await standings(event)
    published = day["status"] in ("published", "closed")
    sent = request.query_params.get("sent", "")
    return office_page(
        "stands/index.html",
        request,
        who,
        event=day,
        now=now,
        known=known,
        vacant=await stands.vacant(event),
        booked=await stands.booked(event),
        to_invite=sum(one.to_invite for one in known),
        to_remind=sum(one.to_remind(now) for one in known),
        to_tell=sum(one.to_tell(now) for one in known) if published else 0,
        sent=int(sent) if sent.isdecimal() and len(sent) < 4 else None,
        state_of=state_of,
        wording=wording,
    )


@post("/office/events/{event:str}/stands")
async def write_to_exhibitors(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Invite all, remind those who lag, or send the hours: one message each."""
    who = await staff(request, Role.ORGANISER)
    letter = read_form(body).one("letter")
    if letter not in WRITE:
        raise NotFound
    number = await WRITE[letter](event, who)
    return _to(f"/office/events/{event}/stands?sent={number}")


@get("/")
async def show_exhibitor(request: Asked, place: AtPlace) -> Response[Any]:
    """One exhibitor: its address, its answer, its pages, its edits that wait."""
    return await _exhibitor(request, place)


@post("/invitation", status_code=HTTP_200_OK)
async def invite(request: Asked, place: AtPlace, body: RawBody) -> Response[Any]:
    """Write to it at this address: come, or, once more, here is your link."""
    form = read_form(body)
    answers = Answers({"email": form.one("email")})
    email = answers.read("email", email_address, _("Write the e-mail address of the exhibitor."))
    if answers.faults or email is None:
        return await _exhibitor(request, place, form, status=422, errors=errors_in(answers.faults, locale_of(request)))
    await stand_invitations.invite(place.event, place.exhibitor, email, place.actor)
    return _to(f"{place.base}?done=invited")


@post("/workshops/{workshop:str}/review", status_code=HTTP_200_OK)
async def review(request: Asked, place: AtPlace, workshop: FromPath[str], body: RawBody) -> Response[Any]:
    """Take over the edits that wait, or refuse them with a word."""
    form = read_form(body)
    accepted = form.one("do") == "accept"
    answers = Answers({"why": form.one("why")})
    why = answers.read("why", text(WHY), None if accepted else _("Say in a few words why not: the exhibitor reads it."))
    if answers.faults:
        return await _exhibitor(request, place, form, status=422, errors=errors_in(answers.faults, locale_of(request)))
    try:
        await exhibitors.review(workshop, version_in(form), accepted, why or "", place.actor)
    except StalePage as stale:
        return await _exhibitor(request, place, form, status=stale.status, stale=True)
    return _to(f"{place.base}?done={'accepted' if accepted else 'refused'}")


@get("/office/stands")
async def show_own_days(request: Request) -> Response[Any]:  # type: ignore[type-arg]
    """The days of an exhibitor's account."""
    who = await staff(request, Role.EXHIBITOR)
    days = await stands.days_of(who)
    return office_page("stands/days.html", request, who, days=days, now=utcnow(), wording=wording)


async def place_of_account(request: Asked, event: FromPath[str]) -> Place:
    """The signed-in exhibitor's own place on a day. Raises SignInNeeded, NotAllowed, NotFound."""
    who = await staff(request, Role.EXHIBITOR)
    actor = await by_account(who, event)
    return Place(actor, event, actor.organisation, f"/office/stands/{event}", who)


async def place_of_organiser(request: Asked, event: FromPath[str], exhibitor: FromPath[str]) -> Place:
    """An exhibitor's place on a day that the reader leads. Raises SignInNeeded, NotAllowed, NotFound."""
    who = await staff(request, Role.ORGANISER)
    await led_event(who, event)
    return Place(who, event, exhibitor, f"/office/events/{event}/stands/{exhibitor}", who)


ROUTES: list[ControllerRouterHandler] = [
    show_exhibitors,
    write_to_exhibitors,
    show_own_days,
    Router("/office/stands/{event:str}", route_handlers=OWN, dependencies={"place": Provide(place_of_account)}),
    Router(
        "/office/events/{event:str}/stands/{exhibitor:str}",
        route_handlers=[show_exhibitor, invite, review, *PAGES],
        dependencies={"place": Provide(place_of_organiser)},
    ),
]


async def _exhibitor(request: Asked, place: Place, form: Form | None = None, **context: Any) -> Response[Any]:
    day, bodies = await place.day(), await stands.training_bodies()
    known = next((one for one in await standings(place.event) if one.exhibitor == place.exhibitor), None)
    changes = {stand.id: changes_of(stand, bodies, locale_of(request)) for stand in day.stands}
    told = request.query_params.get("done", "")
    shown: dict[str, Any] = {
        "day": day,
        "known": known,
        "changes": changes,
        "job": job,
        "done": told if told in ("invited", "accepted", "refused") else "",
        "errors": [],
        "stale": False,
        "email": form.one("email") if form else day.email or "",
        "why": form.one("why") if form else "",
    }
    return place.page("exhibitor.html", request, **(shown | context))


def _to(address: str) -> Redirect:
    return Redirect(address, status_code=HTTP_303_SEE_OTHER)

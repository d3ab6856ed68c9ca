"""One workshop, or a meeting: one page, published there and then."""

from typing import Any

from litestar import Response, get, post
from litestar.params import RawBody
from litestar.status_codes import HTTP_200_OK

from workshops.access import staff
from workshops.actors import Staff
from workshops.errors import Invalid, WorkshopsError
from workshops.fields import TEXT_LENGTH, Answers, line, text, whole_number
from workshops.handover import HallTaken
from workshops.i18n import _
from workshops.jobs import job, recognised, search
from workshops.planning import days
from workshops.planning.days import NewDay, Single
from workshops.routes import wording
from workshops.routes.forms import Form, read_form
from workshops.routes.office.board import read_window
from workshops.routes.office.plan_days import DESCRIPTION_LENGTH, TOWN, read_date, rooms_for
from workshops.routes.office.plan_pages import Asked, to
from workshops.routes.pages import locale_of, office_page
from workshops.slot_rules import MOST_PLACES
from workshops.tables.people import Role

NAMES = ("title", "job", "company", "description", "date", "starts", "ends", "places", "venue", "lead")
MEETING, STAND = "meeting", "stand"


@get("/office/single/new")
async def show_single(request: Asked) -> Response[Any]:
    """The form, of a workshop or of a meeting."""
    who = await staff(request, Role.ORGANISER)
    return await _page(request, who, request.query_params.get("kind", STAND), Form(()))


@post("/office/single/new", status_code=HTTP_200_OK)
async def make_single(request: Asked, body: RawBody) -> Response[Any]:
    """Make it, published as soon as it has a hall, or a draft."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    kind, venue = form.one("kind"), form.one("venue")
    try:
        wanted, only = _read(form, kind)
        event = await days.make_single(wanted, only, who)
    except (Invalid, HallTaken) as refused:
        return await _page(request, who, kind, form, refused)
    if venue.startswith(TOWN):
        return to(f"/office/events/{event}/venue?commune={venue.removeprefix(TOWN)}&done=made")
    return to(f"/office/events/{event}/plan?done={'published' if only.at_once and venue else 'made'}")


def _read(form: Form, kind: str) -> tuple[NewDay, Single]:
    """What the form says. Raises Invalid."""
    answers = Answers({name: form.one(name) for name in NAMES})
    code = None
    if kind == MEETING:
        title = answers.read("title", line(TEXT_LENGTH), _("Write what the meeting is called."))
        company = None
    else:
        asked = answers.read("job", line(TEXT_LENGTH), _("Write which job people will try."))
        code = form.one("rome_code") or recognised(asked or "")
        title = job(code or "")
        if asked and title is None:
            answers.fault("job", _("Choose the job from the list."))
        company = answers.read("company", line(TEXT_LENGTH), _("Write which company shows it."))
    on = answers.read("date", read_date, _("Choose the date."))
    hours = read_window(answers, "starts", "ends")
    places = answers.read("places", whole_number(1, MOST_PLACES), _("Write how many places there are."))
    description = answers.read("description", text(DESCRIPTION_LENGTH)) or ""
    if answers.faults or title is None or on is None or hours is None or places is None:
        raise Invalid(faults=tuple(answers.faults))
    venue, called = form.one("venue"), title if kind == MEETING else f"{title}, {company}"
    room = venue if venue and not venue.startswith(TOWN) else None
    at_once = form.one("do") == "publish"
    only = Single(MEETING if kind == MEETING else STAND, title, places, description, company, code, at_once=at_once)
    return NewDay(called[:TEXT_LENGTH], on, *hours, room, form.one("lead") or None), only


async def _page(
    request: Asked, who: Staff, kind: str, form: Form, refused: WorkshopsError | None = None
) -> Response[Any]:
    typed = {name: form.one(name) for name in NAMES}
    rooms = await rooms_for(who)
    own = next((room["value"] for room in rooms if room["own"]), "")
    if not form.pairs:
        typed |= {"venue": own}
    return office_page(
        "plan/single.html",
        request,
        who,
        status=refused.status if refused else 200,
        errors=wording.errors_in(refused.faults if refused else (), locale_of(request)),
        refusal=refused if refused and not refused.faults else None,
        kind=MEETING if kind == MEETING else STAND,
        typed=typed,
        rooms=rooms,
        jobs=[{"value": code, "label": label} for code, label in (search(typed["job"]) if typed["job"] else ())],
        chosen=form.one("rome_code"),
        agencies=await days.agencies() if who.role is Role.ADMIN else [],
    )


ROUTES = [show_single, make_single]

"""A day is made, from nothing or like an earlier one, and its facts are changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Invalid, WorkshopsError
from workshops.fields import TEXT_LENGTH, Answers, Wrong, line, text, whole_number
from workshops.handover import HallTaken
from workshops.i18n import _, short_date
from workshops.planning import days, facts
from workshops.planning import plan as plans
from workshops.planning.days import NewDay
from workshops.planning.facts import LATEST_MINUTES, MOST_PLACES, Facts
from workshops.planning.plan import Plan
from workshops.routes import wording
from workshops.routes.forms import Form, read_form
from workshops.routes.office.board import clock, read_window
from workshops.routes.office.plan_pages import REFUSALS, Asked, local, plan_page, to, version_in, wants_anyway
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

DESCRIPTION_LENGTH = 2000
FARTHEST = timedelta(days=3 * 366)
CLOSINGS = (0, 30, 60, 120, 240, 720, 1440, 2880)
SAME, TOWN = "same", "town:"
_TEXTS = ("title", "date", "starts", "ends", "venue", "lead", "like")


@get("/office/events/new")
async def show_new(request: Asked) -> Response[Any]:
    """Three ways to begin: from nothing, like an earlier day, from a sheet."""
    who = await staff(request, Role.ORGANISER)
    return await _new_page(request, who, Form((("like", request.query_params.get("like", "")),)))


@post("/office/events/new", status_code=HTTP_200_OK)
async def make_day(request: Asked, body: RawBody) -> Response[Any]:
    """Make the draft, then plan it; where a municipality's hall is wanted, ask for it first."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    answers = Answers({name: form.one(name) for name in _TEXTS})
    venue = form.one("venue")
    try:
        if form.one("way") == "like":
            event = await _copy(answers, venue, who)
        else:
            event = await _make(answers, venue, who)
    except (Invalid, HallTaken) as refused:
        return await _new_page(request, who, form, refused)
    if venue.startswith(TOWN):
        return to(f"/office/events/{event}/venue?commune={venue.removeprefix(TOWN)}")
    if form.one("then") == "imports":
        return to(f"/office/events/{event}/imports")
    return to(f"/office/events/{event}/plan?done=made")


@get("/office/events/{event:str}/plan/facts")
async def show_facts(request: Asked, event: FromPath[str]) -> Response[Any]:
    """What the day says of itself."""
    who = await staff(request, Role.ORGANISER)
    return await _facts_page(request, who, await plans.read(event, who))


@post("/office/events/{event:str}/plan/facts", status_code=HTTP_200_OK)
async def change_facts(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Change it."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    plan = await plans.read(event, who)
    try:
        wanted = await _read_facts(form, plan)
        await facts.change(event, version_in(form), wanted, who, anyway=wants_anyway(form))
    except REFUSALS as refused:
        return await _facts_page(request, who, await plans.read(event, who), form, refused)
    return to(f"/office/events/{event}/plan?done=facts")


def read_date(given: object) -> date:
    """A date as a browser's field sends it, at most three years from now."""
    try:
        read = date.fromisoformat(str(given).strip())
    except ValueError:
        raise Wrong(_("Write a date as 2027-01-31.")) from None
    if read > (utcnow() + FARTHEST).date():
        raise Wrong(_("This is more than three years from now. Check the year."))
    return read


async def rooms_for(who: Staff) -> list[dict[str, str]]:
    """Where a day can take place: rooms of one's own, at once; then the communes that have a hall, to be asked."""
    found = await days.rooms(who)
    own = [
        {"value": row["id"], "label": f"{row['name']}, {wording.commune_name(row['commune'])}", "own": "true"}
        for row in found
        if row["own"]
    ]
    towns = wording.commune_options({row["commune"] for row in found if not row["own"]})
    return [*own, *({"value": f"{TOWN}{one['value']}", "label": one["label"], "own": ""} for one in towns)]


async def _make(answers: Answers, venue: str, who: Staff) -> str:
    title = answers.read("title", line(TEXT_LENGTH), _("Write what the day is called."))
    on = answers.read("date", read_date, _("Choose the date."))
    hours = read_window(answers, "starts", "ends")
    lead = answers.read("lead", line(36))
    if answers.faults or title is None or on is None or hours is None:
        raise Invalid(faults=tuple(answers.faults))
    return await days.make(NewDay(title, on, *hours, _room(venue), lead), who)


async def _copy(answers: Answers, venue: str, who: Staff) -> str:
    source = answers.read("like", line(36), _("Choose the earlier day."))
    on = answers.read("date", read_date, _("Choose the date."))
    title = answers.read("title", line(TEXT_LENGTH))
    if answers.faults or source is None or on is None:
        raise Invalid(faults=tuple(answers.faults))
    like = await plans.read(source, who)
    return await days.copy(source, title or like.event["title"], on, _room(venue), who)


def _room(venue: str) -> str | None:
    return None if not venue or venue.startswith(TOWN) else venue


async def _new_page(request: Asked, who: Staff, form: Form, refused: WorkshopsError | None = None) -> Response[Any]:
    locale = locale_of(request)
    way = form.one("way") or ("like" if form.one("like") else "")
    return office_page(
        "plan/new.html",
        request,
        who,
        status=refused.status if refused else 200,
        errors=wording.errors_in(refused.faults if refused else (), locale),
        refusal=refused if refused and not refused.faults else None,
        way=way,
        typed={name: form.one(name) for name in _TEXTS},
        earlier=[
            {"value": row["id"], "label": f"{short_date(row['date'], locale)} {row['date'].year} – {row['title']}"}
            for row in await days.earlier(who)
        ],
        rooms=await rooms_for(who),
        agencies=await days.agencies() if who.role is Role.ADMIN else [],
    )


async def _read_facts(form: Form, plan: Plan) -> Facts:
    """What the form says. Raises Invalid."""
    names = ("title", "description", "date", "starts", "ends", "opens", "closes", "max_places")
    answers = Answers({name: form.one(name) for name in names})
    title = answers.read("title", line(TEXT_LENGTH), _("Write what the day is called."))
    description = answers.read("description", text(DESCRIPTION_LENGTH)) or ""
    on = answers.read("date", read_date, _("Choose the date."))
    hours = read_window(answers, "starts", "ends")
    opens = answers.read("opens", moment(plan.event["zone"]))
    closes = answers.read("closes", whole_number(0, LATEST_MINUTES), _("Choose when sign-up closes."))
    most = answers.read("max_places", whole_number(1, MOST_PLACES), _("Write how many places one person may take."))
    leads = {row["id"] for row in await days.agencies()}
    co_leads = tuple(one for one in form.all("co_leads") if one in leads and one != plan.event["lead"])
    if answers.faults or title is None or on is None or hours is None or closes is None or most is None:
        raise Invalid(faults=tuple(answers.faults))
    return Facts(
        title,
        description,
        on,
        *hours,
        opens,
        closes,
        most,
        listed=form.one("listed") == "true",
        funded_by_eu=form.one("funded_by_eu") == "true",
        strict_door=form.one("strict_door") == "true",
        co_leads=co_leads,
    )


async def _facts_page(
    request: Asked, who: Staff, plan: Plan, form: Form | None = None, refused: WorkshopsError | None = None
) -> Response[Any]:
    row, zone = plan.event, plan.event["zone"]
    typed: dict[str, Any] = {
        "title": row["title"],
        "description": row["description"],
        "date": row["date"].isoformat(),
        "starts": local(row["starts_at"], zone, "%H:%M"),
        "ends": local(row["ends_at"], zone, "%H:%M"),
        "opens": local(row["sign_up_opens_at"], zone, "%Y-%m-%dT%H:%M"),
        "closes": str(row["sign_up_closes_minutes"]),
        "max_places": str(row["max_places"]),
        **{name: "true" if row[name] else "" for name in ("listed", "funded_by_eu", "strict_door")},
    }
    chosen: tuple[str, ...] = await facts.leads_of(row["id"])
    if form:
        typed, chosen = {name: form.one(name) for name in typed}, tuple(form.all("co_leads"))
    agencies = [one for one in await days.agencies() if one["id"] != row["lead"]]
    return plan_page(
        "facts.html",
        request,
        who,
        plan,
        refused=refused,
        typed=typed,
        closings=sorted({*CLOSINGS, row["sign_up_closes_minutes"]}),
        agencies=[{"value": one["id"], "label": one["name"]} for one in agencies],
        chosen=chosen,
    )


def moment(zone: str) -> Callable[[object], datetime]:
    """Reads a day and an hour as a browser's field sends them, in `zone`; aware UTC."""

    def read(given: object) -> datetime:
        day, _t, at = str(given).strip().replace(" ", "T").partition("T")
        local_time = datetime.combine(read_date(day), clock(at), ZoneInfo(zone))
        return local_time.astimezone(UTC)

    return read


ROUTES = [show_new, make_day, show_facts, change_facts]

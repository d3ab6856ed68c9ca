"""Places kept for agencies and schools: what is kept on a day, keeping more, changing and freeing it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import audit, holds, kept
from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault, Invalid
from workshops.fields import TEXT_LENGTH, Answers, Wrong, line, personal_name, phone_number, whole_number
from workshops.holds import MOST_PLACES, HoldReleased, Keeping, NotEnoughPlaces, Terms
from workshops.i18n import _, translate
from workshops.openings import Stall, agencies, openings
from workshops.refusals import Refused
from workshops.rights import led_event
from workshops.routes import wording
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.office.people_words import phone
from workshops.routes.office.slot_choice import REFUSALS, slot_names
from workshops.routes.pages import locale_of, office_page
from workshops.selection import agency_of
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
Row = dict[str, Any]
MAY = (Role.ORGANISER,)
MOST_FIELDS = 200
FIELDS = ("organisation", "school", "places", "how", "until", "adult_name", "adult_phone", "note")
NOTE = 300


@get("/office/events/{event:str}/holds")
async def show_holds(request: Asked, event: FromPath[str]) -> Response[Any]:
    """What is kept on the day, for whom, until when; and what was freed."""
    who = await staff(request, *MAY)
    row = await led_event(who, event)
    found = [one | {"owner": agency_of(_owner(one), who)} for one in await kept.held(event)]
    await audit.listed(who, "holds", event, sum(1 for one in found if one["adult_name"]))
    return office_page(
        "holds.html",
        request,
        who,
        event=row,
        active=[one for one in found if one["status"] == "active"],
        released=[one for one in found if one["status"] != "active"],
        is_over=row["ends_at"] <= utcnow() or row["status"] == "cancelled",
        done=request.query_params.get("done", ""),
        group=request.query_params.get("group", ""),
        phone=phone,
    )


@get("/office/events/{event:str}/holds/new")
async def show_form(request: Asked, event: FromPath[str]) -> Response[Any]:
    """For whom, how many, in which slots, until when."""
    who = await staff(request, *MAY)
    return await _form_page(request, who, await led_event(who, event), filled({"how": "named"}))


@post("/office/events/{event:str}/holds")
async def keep_places(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Keep them in every slot that was ticked, or in none."""
    who, form = await staff(request, *MAY), read_form(body, MOST_FIELDS)
    row = await led_event(who, event)
    try:
        keeping = _read_keeping(form, row)
        group = await holds.keep(event, keeping, who)
    except (Refused, Invalid) as error:
        return await _form_page(request, who, row, form, error)
    return Redirect(f"/office/events/{event}/holds?done=kept&group={group or ''}", status_code=HTTP_303_SEE_OTHER)


@get("/office/events/{event:str}/holds/{hold:str}")
async def show_hold(request: Asked, event: FromPath[str], hold: FromPath[str]) -> Response[Any]:
    """The terms of one, to change, or to free it."""
    who = await staff(request, *MAY)
    row = await kept.find(hold, who)
    day = await led_event(who, row["event"])
    last = (row["until_at"] - timedelta(seconds=1)).astimezone(ZoneInfo(day["zone"])).date()
    number = row["adult_phone"] and phone(row["adult_phone"])
    known = {name: row[name] for name in ("places", "adult_name", "note")} | {"until": last, "adult_phone": number}
    await audit.listed(who, "hold", day["id"], int(bool(row["adult_name"])))
    return await _hold_page(request, who, day, row, filled(known))


@post("/office/events/{event:str}/holds/{hold:str}")
async def change_hold(request: Asked, event: FromPath[str], hold: FromPath[str], body: RawBody) -> Response[Any]:
    """Another number, another date, another adult."""
    who, form = await staff(request, *MAY), read_form(body)
    row = await kept.find(hold, who)
    day = await led_event(who, row["event"])
    try:
        answers = _answers(form)
        terms = Terms(**_terms(answers, day, by_number=row["by_number"]))
        _raise(answers)
        await holds.change(hold, terms, who)
    except HoldReleased:
        return Redirect(f"/office/events/{day['id']}/holds?done=freed", status_code=HTTP_303_SEE_OTHER)
    except (Refused, Invalid) as error:
        return await _hold_page(request, who, day, row, form, error)
    return Redirect(f"/office/events/{day['id']}/holds?done=changed", status_code=HTTP_303_SEE_OTHER)


@post("/office/events/{event:str}/holds/{hold:str}/release")
async def free_places(request: Asked, event: FromPath[str], hold: FromPath[str]) -> Response[Any]:
    """Free what is still kept."""
    who = await staff(request, *MAY)
    row = await kept.find(hold, who)
    await holds.release(hold, who)
    return Redirect(f"/office/events/{row['event']}/holds?done=freed", status_code=HTTP_303_SEE_OTHER)


def _owner(hold: Row) -> Row:
    """What `agency_of` reads."""
    return {"agency": hold["organisation"], "agency_name": hold["organisation_name"], "sensitive": hold["sensitive"]}


def _answers(form: Form) -> Answers:
    return Answers({name: form.one(name) for name in FIELDS})


def _read_keeping(form: Form, day: Row) -> Keeping:
    answers = _answers(form)
    by_number = form.one("how") == "number"
    school = answers.read("school", line(TEXT_LENGTH))
    chosen = form.one("organisation")
    if bool(chosen) == bool(school) and not any(fault.name == "school" for fault in answers.faults):
        answers.fault("organisation", _("Choose an agency, or write the name of a school."))
    sessions = tuple(dict.fromkeys(form.all("sessions")))
    if not sessions:
        answers.fault("sessions", _("Choose at least one time slot of this day."))
    terms = _terms(answers, day, by_number=by_number)
    _raise(answers)
    return Keeping(sessions, organisation=chosen or None, school=school, by_number=by_number, **terms)


def _terms(answers: Answers, day: Row, *, by_number: bool) -> Row:
    """What both forms ask: number, date or adult, note."""
    name = number = until = None
    places = answers.read("places", whole_number(1, MOST_PLACES), _("Write how many places."))
    if by_number:
        name = answers.read("adult_name", personal_name(TEXT_LENGTH), _("Write the name of the adult who comes along."))
        number = answers.read("adult_phone", phone_number, _("Write the telephone number of this adult."))
    else:
        until = answers.read("until", _end_of(day["zone"]), _("Choose until when the places are kept."))
    note = answers.read("note", line(NOTE))
    return {"places": places or 0, "until": until, "adult_name": name, "adult_phone": number, "note": note}


def _end_of(zone: str):  # type: ignore[no-untyped-def]
    """Reads a date as the end of that day in `zone`, in UTC."""

    def read(given: object) -> datetime:
        try:
            day = date.fromisoformat(str(given).strip())
        except ValueError:
            raise Wrong(_("Write a date such as 31/01/2027.")) from None
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)

    return read


def _raise(answers: Answers) -> None:
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))


async def _form_page(
    request: Asked, who: Staff, day: Row, form: Form, error: Refused | Invalid | None = None
) -> Response[Any]:
    stalls = await openings(day["id"], who, drafts=True) if day["status"] != "cancelled" else []
    return office_page(
        "hold_new.html",
        request,
        who,
        status=error.status if error else HTTP_200_OK,
        event=day,
        stalls=stalls,
        agencies=[{"value": one["id"], "label": one["name"]} for one in await agencies(who)],
        values={name: form.one(name) for name in FIELDS},
        chosen=form.all("sessions"),
        errors=wording.errors_in(_faults(error, stalls, "sessions", request, day), locale_of(request)),
        today=utcnow().astimezone(ZoneInfo(day["zone"])).date(),
    )


async def _hold_page(
    request: Asked, who: Staff, day: Row, row: Row, form: Form, error: Refused | Invalid | None = None
) -> Response[Any]:
    return office_page(
        "hold.html",
        request,
        who,
        status=error.status if error else HTTP_200_OK,
        event=day,
        hold=row | {"owner": agency_of(_owner(row), who)},
        most=row["places"] + (0 if row["waiting"] else row["free"]),
        values={name: form.one(name) for name in FIELDS},
        errors=wording.errors_in(_faults(error, [], "places", request, day), locale_of(request)),
    )


def _faults(
    error: Refused | Invalid | None, stalls: list[Stall], field: str, request: Asked, day: Row
) -> tuple[Fault, ...]:
    """What stands against it, slot by slot where the slots are known."""
    if error is None or isinstance(error, Invalid):
        return error.faults if error else ()
    locale = locale_of(request)
    if not isinstance(error, NotEnoughPlaces):
        return (Fault(field, REFUSALS.get(error.type, error.title)),)
    faults = []
    for session, left in error.left.items():
        said = translate(locale, _("Only %(left)s can be kept here."), {"left": left})
        slot = next(iter(slot_names(stalls, [session], locale, day["zone"])), "")
        faults.append(
            Fault(field, _("%(slot)s: %(said)s"), {"slot": slot, "said": said}) if slot else Fault(field, said)
        )
    return tuple(faults)


ROUTES = [show_holds, show_form, keep_places, show_hold, change_hold, free_places]

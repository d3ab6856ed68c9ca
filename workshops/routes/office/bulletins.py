"""A message to a group of a day's people: written, read as they will read it, counted, then sent, or taken back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import bulletins, people
from workshops.access import staff
from workshops.actors import Staff
from workshops.bulletins import Audience, AudienceChanged, BulletinGone, Draft, NobodyMeant
from workshops.database import utcnow
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.fields import Answers
from workshops.i18n import DEFAULT, _, translate
from workshops.letters import Notice
from workshops.letters.bulletins import about, shown
from workshops.mail import Kind
from workshops.mime import as_text
from workshops.people import Listing
from workshops.persons import ACCOMMODATIONS
from workshops.rights import led_event
from workshops.routes import wording
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.office.people_words import STATUSES
from workshops.routes.pages import locale_of, office_page
from workshops.selection import Wanted, read_wanted
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
Row = dict[str, Any]
MAY = (Role.ORGANISER,)
FILTERS = ("status", "stand", "at", "agency", "arrangement")
GROUPS = ("confirmed", "waiting", "")
"""Of the states of a place, those whose people a message can be for."""


@get("/office/events/{event:str}/messages")
async def show_messages(request: Asked, event: FromPath[str]) -> Response[Any]:
    """What was sent to the people of the day: who, when, to how many, what; the latest can be taken back."""
    return await _log_page(request, event)


@get("/office/events/{event:str}/messages/new")
async def show_form(request: Asked, event: FromPath[str]) -> Response[Any]:
    """To whom, and what. The address may name the group, as lists of people do."""
    who = await staff(request, *MAY)
    given = {name: request.query_params.get(name, "") for name in FILTERS}
    return await _form_page(request, who, await led_event(who, event), filled({"status": "confirmed"} | _set(given)))


@post("/office/events/{event:str}/messages/preview", status_code=HTTP_200_OK)
async def preview(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """As it will be read, and to how many. Nothing is written yet."""
    who, form = await staff(request, *MAY), read_form(body)
    row = await led_event(who, event)
    if form.one("edit"):
        return await _form_page(request, who, row, form)
    return await _preview_page(request, who, row, form)


@post("/office/events/{event:str}/messages")
async def send(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Send it to the people who were counted; another number is shown first."""
    who, form = await staff(request, *MAY), read_form(body)
    row = await led_event(who, event)
    number = form.one("people")
    try:
        draft = _draft(form)
        await bulletins.send(event, draft, int(number) if number.isdecimal() else -1, who)
    except AudienceChanged as error:
        return await _preview_page(request, who, row, form, error)
    except (NobodyMeant, Invalid) as error:
        return await _form_page(request, who, row, form, error)
    return Redirect(f"/office/events/{event}/messages?done=sent", status_code=HTTP_303_SEE_OTHER)


@post("/office/events/{event:str}/messages/{bulletin:str}/undo")
async def take_back(request: Asked, event: FromPath[str], bulletin: FromPath[str]) -> Response[Any]:
    """Nobody gets it, unless the first has."""
    who = await staff(request, *MAY)
    try:
        await bulletins.take_back(bulletin, who)
    except BulletinGone as error:
        return await _log_page(request, event, error)
    return Redirect(f"/office/events/{event}/messages?done=undone", status_code=HTTP_303_SEE_OTHER)


@post("/office/events/{event:str}/messages/{bulletin:str}/now")
async def send_now(request: Asked, event: FromPath[str], bulletin: FromPath[str]) -> Response[Any]:
    """Wait no longer."""
    who = await staff(request, *MAY)
    await bulletins.send_now(bulletin, who)
    return Redirect(f"/office/events/{event}/messages?done=now", status_code=HTTP_303_SEE_OTHER)


def _draft(form: Form) -> Draft:
    """Raises Invalid with every faulty field."""
    answers = Answers({name: form.one(name) for name in ("subject", "body")})
    subject, body = bulletins.read_text(answers)
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    return Draft(subject, body, _wanted(form), form.one("call") == "true")


def _wanted(form: Form) -> Wanted:
    wanted = read_wanted({name: form.one(name) for name in FILTERS})
    return wanted if wanted.status in GROUPS else replace(wanted, status="")


def _set(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


async def _form_page(
    request: Asked, who: Staff, row: Row, form: Form, error: WorkshopsError | None = None
) -> Response[Any]:
    faults = error.faults if error else ()
    if error and not faults:
        faults = (Fault("status", error.title),)
    return office_page(
        "message_new.html",
        request,
        who,
        status=error.status if error else HTTP_200_OK,
        event=row,
        choices=await people.choices(row, who),
        statuses={name: STATUSES[name] for name in GROUPS},
        accommodations=ACCOMMODATIONS,
        values={name: form.one(name) for name in (*FILTERS, "subject", "body")},
        errors=wording.errors_in(faults, locale_of(request)),
        limits=(bulletins.SUBJECT, bulletins.BODY),
    )


async def _preview_page(
    request: Asked, who: Staff, row: Row, form: Form, changed: AudienceChanged | None = None
) -> Response[Any]:
    try:
        draft = _draft(form)
        counted = await bulletins.audience(row, draft.wanted, who)
        if not counted.people:
            raise NobodyMeant
    except (NobodyMeant, Invalid) as error:
        return await _form_page(request, who, row, form, error)
    choices = await people.choices(row, who)
    return office_page(
        "message_preview.html",
        request,
        who,
        status=changed.status if changed else HTTP_200_OK,
        event=row,
        draft=draft,
        counted=counted,
        changed=changed,
        hidden=[(name, form.one(name)) for name in (*FILTERS, "subject", "body") if form.one(name)],
        group=group_words(draft.wanted.filters(), choices, locale_of(request)),
        text=await _as_read(draft, row, who),
        call=_call(form, counted),
    )


async def _log_page(request: Asked, event: str, refusal: WorkshopsError | None = None) -> Response[Any]:
    who = await staff(request, *MAY)
    row = await led_event(who, event)
    choices, locale = await people.choices(row, who), locale_of(request)
    sent = [one | {"group": group_words(one["chosen"], choices, locale)} for one in await bulletins.sent(event)]
    return office_page(
        "messages.html",
        request,
        who,
        status=refusal.status if refusal else HTTP_200_OK,
        event=row,
        sent=sent,
        refusal=refusal,
        now=utcnow(),
        done=request.query_params.get("done", ""),
    )


def _call(form: Form, counted: Audience) -> bool:
    """Who has no address is called unless the box was left out on a preview seen before."""
    return counted.without > 0 and (not form.one("people") or form.one("call") == "true")


async def _as_read(draft: Draft, row: Row, who: Staff) -> str:
    """The words that a French reader gets."""
    told = shown(draft.subject, draft.body, await about(row["id"], who.organisation))
    return as_text(Notice("", Kind.BULLETIN, "", DEFAULT, told, None))


def group_words(filters: Mapping[str, str], choices: Listing, locale: str) -> str:
    """Whom a message is for: state, workshop, hour, agency, arrangement."""
    stands, agencies = dict(choices.stands), {one.id: one.name for one in choices.agencies}
    status = translate(locale, STATUSES[filters.get("status", "")])
    at, arrangement = filters.get("at", ""), filters.get("arrangement", "")
    parts = [
        status,
        stands.get(filters.get("stand", ""), ""),
        translate(locale, _("at %(hour)s"), {"hour": at}) if at else "",
        _agency(filters.get("agency", ""), agencies, locale),
        _need(arrangement, locale),
    ]
    return ", ".join(part for part in parts if part)


def _need(arrangement: str, locale: str) -> str:
    words = _("with an arrangement") if arrangement == "any" else ACCOMMODATIONS.get(arrangement)
    return translate(locale, words) if words else ""


def _agency(chosen: str, known: Mapping[str | None, str], locale: str) -> str:
    if chosen == "none":
        return translate(locale, _("on their own"))
    return known.get(chosen) or (translate(locale, _("another body")) if chosen else "")


ROUTES = [show_messages, show_form, preview, send, take_back, send_now]

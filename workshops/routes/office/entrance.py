"""The door of a day for its organiser: who is in, the phones and their links, what is set aside, the list on paper."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_422_UNPROCESSABLE_ENTITY

from workshops import audit, devices, entrance, paper_list, phones
from workshops.access import make_door_link, staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Invalid
from workshops.fields import Answers, Wrong, line
from workshops.i18n import _
from workshops.rights import led_event
from workshops.routes import wording
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.office.desk import KEPT, etag, unless_known
from workshops.routes.pages import locale_of, office_page, personal
from workshops.tables.people import Role
from workshops.tickets import qr_svg

Asked = Request[Any, Any, Any]
LABEL, REASON = 60, 300
SAID = {
    "revoked": _("This phone reads no more"),
    "set_aside": _("What this phone has read is set aside"),
    "counted": _("What this phone has read counts again"),
    "rules": _("The rule is written down"),
}


@get("/office/events/{event:str}/door")
async def show_door(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Who is in, where, and the phones."""
    who = await staff(request, Role.ORGANISER)
    return await _page(request, who, event, filled({}))


@get("/office/events/{event:str}/door/live")
async def show_live(request: Asked, event: FromPath[str]) -> Response[Any]:
    """What of it changes by itself; nothing (304) to a browser that has it already."""
    who = await staff(request, Role.ORGANISER)
    return unless_known(request, who, "entrance_live.html", await _shown(request, who, event))


@post("/office/events/{event:str}/door/phones", status_code=HTTP_200_OK)
async def add_phone(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """A link that makes one phone a device, as a picture and as words; on this page and nowhere else."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    row = await led_event(who, event)
    answers = Answers({"label": form.one("label").strip() or None})
    label = answers.read("label", line(LABEL))
    if answers.faults:
        return await _page(request, who, event, form, Invalid(faults=tuple(answers.faults)))
    link = await make_door_link(event, form.one("workshop") or None, label or "", who)
    return office_page(
        "entrance_link.html",
        request,
        who,
        headers={"Cache-Control": "no-store"},
        event=row,
        link=link,
        qr=qr_svg(link),
        label=label,
    )


@post("/office/events/{event:str}/door/phones/{device:str}/revoke")
async def revoke(request: Asked, event: FromPath[str], device: FromPath[str]) -> Response[Any]:
    """Take a phone off the door."""
    await devices.revoke(device, await staff(request, Role.ORGANISER))
    return _back(event, "revoked")


@post("/office/events/{event:str}/door/phones/{device:str}/set-aside")
async def set_aside(request: Asked, event: FromPath[str], device: FromPath[str], body: RawBody) -> Response[Any]:
    """Let nothing that the phone read count, for a reason."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    answers = Answers({f"why-{device}": form.one(f"why-{device}").strip() or None})
    why = answers.read(f"why-{device}", line(REASON), _("Write why: it stays in the journal."))
    if why is None:
        return await _page(request, who, event, form, Invalid(faults=tuple(answers.faults)))
    await phones.set_aside(device, why, who)
    return _back(event, "set_aside")


@post("/office/events/{event:str}/door/phones/{device:str}/count")
async def count_again(request: Asked, event: FromPath[str], device: FromPath[str]) -> Response[Any]:
    """Let it count again."""
    await phones.count_again(device, await staff(request, Role.ORGANISER))
    return _back(event, "counted")


@post("/office/events/{event:str}/door/rules")
async def set_rules(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """When the places that nobody claimed are given."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    answers = Answers({"minutes": form.one("minutes")})
    minutes = answers.read("minutes", _minutes, _("Choose a moment."))
    if minutes is None:
        return await _page(request, who, event, form, Invalid(faults=tuple(answers.faults)))
    await phones.give_unclaimed(event, minutes, who)
    return _back(event, "rules")


@get("/office/events/{event:str}/door/list")
async def show_list(request: Asked, event: FromPath[str]) -> Response[Any]:
    """The list to print: everybody by name, and again by slot."""
    who = await staff(request, Role.ORGANISER)
    row, people = await led_event(who, event), await paper_list.everybody(event, who)
    await audit.listed(who, "door", event, len(people))
    return office_page(
        "entrance_list.html",
        request,
        who,
        headers=personal(request),
        event=row,
        people=people,
        slots=paper_list.by_slot(people),
        now=utcnow(),
    )


def _minutes(given: object) -> int:
    try:
        minutes = int(str(given))
    except ValueError:
        minutes = 99
    if minutes not in phones.UNCLAIMED:
        raise Wrong(_("Choose a moment."))
    return minutes


def _back(event: str, done: str) -> Redirect:
    return Redirect(f"/office/events/{event}/door?done={done}", status_code=HTTP_303_SEE_OTHER)


async def _shown(request: Asked, who: Staff, event: str) -> dict[str, Any]:
    row, now = await led_event(who, event), utcnow()
    door = await entrance.read(row, now)
    return {
        "event": row,
        "door": door,
        "now": now,
        "etag": etag(locale_of(request), row["version"], door, now.replace(second=0, microsecond=0)),
    }


async def _page(request: Asked, who: Staff, event: str, form: Form, wrong: Invalid | None = None) -> Response[Any]:
    shown = await _shown(request, who, event)
    return office_page(
        "entrance.html",
        request,
        who,
        headers=KEPT,
        status=HTTP_422_UNPROCESSABLE_ENTITY if wrong else HTTP_200_OK,
        errors=wording.errors_in(wrong.faults if wrong else (), locale_of(request)),
        form=form,
        stand_options=[{"value": stand.id, "label": stand.title} for stand in shown["door"].stands],
        done=SAID.get(request.query_params.get("done", ""), ""),
        **shown,
    )


ROUTES = [show_door, show_live, add_phone, revoke, set_aside, count_again, set_rules, show_list]

"""The reads of a day that its organiser should look at, each set aside with a reason, or let count again."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_422_UNPROCESSABLE_ENTITY

from workshops import audit, conflicts, phones
from workshops.access import staff
from workshops.actors import Staff
from workshops.conflicts import Doubt
from workshops.errors import Invalid
from workshops.fields import Answers, line
from workshops.i18n import _
from workshops.rights import led_event
from workshops.routes import wording
from workshops.routes.forms import Form, filled, read_form
from workshops.routes.pages import locale_of, office_page, personal
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
REASON = 300
DOUBTS = {
    Doubt.REVOKED: _("Handed in after the phone was taken off the door: it does not count"),
    Doubt.OTHER_PHONE: _("The same ticket on two phones: two people with one QR, or read twice"),
    Doubt.SAME_PHONE: _("Read again by the same phone: somebody who came back, or a second person with one QR"),
    Doubt.AFTER_CANCEL: _("The place had been given back: the person came all the same"),
    Doubt.REPLACED: _("An old ticket, replaced by a newer one"),
    Doubt.UNMATCHED: _("A ticket that nobody knows"),
    Doubt.CLOCK: _("The phone’s clock was off: the time has been corrected"),
    Doubt.LET_IN: _("Refused by the phone, let in by the volunteer"),
}


@get("/office/events/{event:str}/door/reads")
async def show_reads(request: Asked, event: FromPath[str]) -> Response[Any]:
    """What to look at, the newest first."""
    return await _page(request, await staff(request, Role.ORGANISER), event, filled({}))


@post("/office/events/{event:str}/door/reads/{scan:str}/set-aside")
async def set_aside(request: Asked, event: FromPath[str], scan: FromPath[str], body: RawBody) -> Response[Any]:
    """Let a read not count, for a reason."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    answers = Answers({f"why-{scan}": form.one(f"why-{scan}").strip() or None})
    why = answers.read(f"why-{scan}", line(REASON), _("Write why: it stays in the journal."))
    if why is None:
        return await _page(request, who, event, form, Invalid(faults=tuple(answers.faults)))
    await phones.set_aside_read(scan, why, who)
    return _back(event)


@post("/office/events/{event:str}/door/reads/{scan:str}/count")
async def count(request: Asked, event: FromPath[str], scan: FromPath[str]) -> Response[Any]:
    """Let it count again."""
    await phones.count_read(scan, await staff(request, Role.ORGANISER))
    return _back(event)


def _back(event: str) -> Redirect:
    return Redirect(f"/office/events/{event}/door/reads?done=1", status_code=HTTP_303_SEE_OTHER)


async def _page(request: Asked, who: Staff, event: str, form: Form, wrong: Invalid | None = None) -> Response[Any]:
    row = await led_event(who, event)
    found = await conflicts.of_day(row)
    await audit.listed(who, "reads", event, len({one.attendee for one in found if one.attendee}))
    return office_page(
        "entrance_reads.html",
        request,
        who,
        headers=personal(request),
        status=HTTP_422_UNPROCESSABLE_ENTITY if wrong else HTTP_200_OK,
        errors=wording.errors_in(wrong.faults if wrong else (), locale_of(request)),
        event=row,
        found=found,
        doubts=DOUBTS,
        form=form,
        done=bool(request.query_params.get("done")),
    )


ROUTES = [show_reads, set_aside, count]

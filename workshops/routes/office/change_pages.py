"""The page before a change is made: what becomes of what, who is touched, why, and one button that says it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from litestar import Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from workshops.actors import Staff
from workshops.consequences import Touched
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.fields import Answers, Wrong, line
from workshops.i18n import _
from workshops.rescheduling.capacities import ChooseAgain
from workshops.rescheduling.locks import ChangedMeanwhile, How, TooLate
from workshops.routes import wording
from workshops.routes.forms import Form
from workshops.routes.pages import locale_of, office_page
from workshops.stand_news import Company
from workshops.turns import Busy

Asked = Request[Any, Any, Any]
Row = dict[str, Any]
WHY_LENGTH = 300
REFUSALS = (Busy, ChangedMeanwhile, ChooseAgain, TooLate)


@dataclass(slots=True)
class Proposal:
    """A change that is looked at before it is made.

    `kind` names it as its verb does, `path` is where it is made, `about` the slot, workshop or day it is of. `touched`
    is None until the new values are known, `companies` are the exhibitors to tell; then `looked` repeats the values
    and `seen` is what the verb is held to.
    """

    kind: str
    path: str
    day: Row
    about: Row
    touched: Touched | None = None
    companies: list[Company] = field(default_factory=list)
    looked: str = ""
    seen: str = ""
    faults: tuple[Fault, ...] = ()
    refusal: WorkshopsError | None = None
    more: dict[str, Any] = field(default_factory=dict)


def day_of(row: Row) -> Row:
    """The day of a row of `rights.led_session` or `led_workshop`, as the pages name it."""
    return {"id": row["event"], "title": row["event_title"], "status": row["event_status"], "venue": row["venue"]} | {
        name: row[name] for name in ("date", "zone")
    }


def how(form: Form) -> How:
    """Why, and whether at once. Raises Invalid (field `why`)."""
    answers = Answers({"why": form.one("why")})
    why = answers.read("why", line(WHY_LENGTH))
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    return How(why or None, form.one("at_once") == "true", form.one("seen") or None)


def is_meant(form: Form, looked: str) -> bool:
    """Whether the form is to be carried out, with the very values whose consequences were shown."""
    return form.one("step") == "do" and form.one("looked") == looked


def clock(given: object) -> time:
    """An hour of the day, as browsers write it (10:30) or people do (10 h 30)."""
    found = re.fullmatch(r"([01]?\d|2[0-3])\s*[:hH.]\s*([0-5]\d)?", str(given).strip())
    if not found:
        raise Wrong(_("Write an hour such as 10:30."))
    return time(int(found[1]), int(found[2] or 0))


async def carried_out(
    request: Asked,
    who: Staff,
    form: Form,
    proposal: Proposal,
    act: Callable[[How], Awaitable[str]],
    again: Callable[[], Awaitable[Proposal]],
) -> Response[Any]:
    """Make the change and show it; or, if it is refused, show the page `again`, as things are now, and why."""
    try:
        change = await act(how(form))
    except REFUSALS as error:
        newest = await again()
        newest.refusal = error
        return page_of(request, who, newest, form, error.status)
    except Invalid as error:
        proposal.faults = error.faults
        return page_of(request, who, proposal, form, error.status)
    return Redirect(f"/office/changes/{change}", status_code=HTTP_303_SEE_OTHER)


def page_of(request: Asked, who: Staff, proposal: Proposal, form: Form, status: int = 200) -> Response[Any]:
    """The page of a proposal, with what was typed."""
    faults = proposal.faults
    return office_page(
        "changes/make.html",
        request,
        who,
        status=status if status != 200 else 422 if faults else 200,
        proposal=proposal,
        day=proposal.day,
        about=proposal.about,
        touched=proposal.touched,
        companies=proposal.companies,
        errors=wording.errors_in(faults, locale_of(request)),
        values={name: form.one(name) for name in ("start", "end", "capacity", "venue", "why", "at_once")},
        wording=wording,
        **{"met": [], "halls": [], "leaving": [], "excess": 0, "slots": [], "after": (), **proposal.more},
    )

"""What the pages of the planner share: their frame, clashes in words, the rule that a form proposes."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.grid import Clash, Rule, Trouble, Window, checked, write_rule
from workshops.i18n import _, span, translate
from workshops.planning.plan import Plan
from workshops.planning.publishing import NoHall, NotInThisState
from workshops.planning.refused import Clashing, PlanClosed, SlotTaken, StalePlan
from workshops.routes import wording
from workshops.routes.forms import Form
from workshops.routes.pages import locale_of, office_page

Asked = Request[Any, Any, Any]
REFUSALS = (Invalid, Clashing, StalePlan, SlotTaken, PlanClosed, NoHall, NotInThisState)
HOURS_SHOWN = 3
NOON, AFTERNOON = time(12), time(13, 30)
USUAL_MINUTES, USUAL_PLACES = 45, 8
_ITSELF = _("%(first)s has two slots at the same time: %(hours)s")
_CLASHES = {
    Trouble.STAND: _("%(first)s and %(second)s need one stand at the same time: %(hours)s"),
    Trouble.FACILITATOR: _("One person is to run %(first)s and %(second)s at the same time: %(hours)s"),
    Trouble.HALL: _("%(first)s: the hall is not yours at these hours: %(hours)s"),
    Trouble.DAY: _("%(first)s: this is outside the hours of the day: %(hours)s"),
}


def plan_page(
    name: str,
    request: Asked,
    who: Staff,
    plan: Plan,
    *,
    refused: WorkshopsError | None = None,
    faults: Iterable[Fault] = (),
    clashes: Iterable[str] = (),
    status: int = 200,
    **context: Any,
) -> Response[Any]:
    """A page of the planner; `refused`: why the form in it was not taken, its clashes and faults among it."""
    locale = locale_of(request)
    if isinstance(refused, Clashing):
        clashes = clash_words(refused.clashes, refused.titles, plan.event["zone"], locale)
    clashes = list(clashes)
    found = (*(refused.faults if refused else ()), *faults)
    return office_page(
        f"plan/{name}",
        request,
        who,
        status=refused.status if refused else 422 if found else status,
        plan=plan,
        event=plan.event,
        town=wording.commune_name(plan.hall.commune) if plan.hall else "",
        now=utcnow(),
        is_over=plan.event["ends_at"] <= utcnow(),
        errors=wording.errors_in(found, locale),
        clashes=clashes,
        may_anyway=bool(clashes),
        refusal=refused if refused and not found and not isinstance(refused, Clashing) else None,
        is_stale=isinstance(refused, StalePlan),
        wording=wording,
        **context,
    )


def clash_words(clashes: Iterable[Clash], titles: Mapping[str, str], zone: str, locale: str) -> list[str]:
    """Each clash in a sentence, with its first hours."""
    told = []
    for clash in clashes:
        hours = ", ".join(span(*window, locale, zone) for window in clash.windows[:HOURS_SHOWN])
        values = {
            "first": titles.get(clash.first, clash.first),
            "second": titles.get(clash.second or "", clash.second),
            "hours": f"{hours}…" if len(clash.windows) > HOURS_SHOWN else hours,
        }
        told.append(translate(locale, _ITSELF if clash.first == clash.second else _CLASHES[clash.trouble], values))
    return told


def version_in(form: Form) -> int:
    """The version of the day that the form was made of; none is never the right one."""
    text = form.one("version")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def wants_anyway(form: Form) -> bool:
    """Whether the writer has seen the clashes and keeps them."""
    return form.one("anyway") == "true"


def usual_rule(plan: Plan, locale: str) -> str:
    """What a form proposes: 45 minutes and 8 places in the hours of the day, around lunch; nothing if none fits."""
    zone = ZoneInfo(plan.event["zone"])
    first, last = (plan.event[name].astimezone(zone).time() for name in ("starts_at", "ends_at"))
    ranges = ((first, NOON), (AFTERNOON, last)) if first < NOON and last > AFTERNOON else ((first, last),)
    places = plan.slots[0].capacity if plan.slots else USUAL_PLACES
    try:
        return write_rule(checked(Rule(USUAL_MINUTES, 0, ranges, places)), locale)
    except Invalid:
        return ""


def spans(windows: Iterable[Window], zone: str, locale: str) -> list[str]:
    """Hours as a list shows them."""
    return [span(*window, locale, zone) for window in windows]


def local(moment: datetime | None, zone: str, form: str) -> str:
    """A moment as a field of a form holds it."""
    return moment.astimezone(ZoneInfo(zone)).strftime(form) if moment else ""


def to(address: str) -> Redirect:
    """What answers a form that was taken."""
    return Redirect(address, status_code=HTTP_303_SEE_OTHER)

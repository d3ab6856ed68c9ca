"""A month of the halls: for each, the days on which it is promised or asked for; every other day it is free."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from litestar import Request, Response, get

from workshops import occupancy
from workshops.access import staff
from workshops.database import utcnow
from workshops.halls import lists, requests
from workshops.halls.lists import Listed
from workshops.i18n import PARIS
from workshops.occupancy import Stay
from workshops.routes import wording
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

FIRST, LAST = date(2020, 1, 1), date(2099, 12, 1)
Asked = Request[Any, Any, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a hall: `state` is taken, asked or free; `hours` of what makes it so."""

    day: date
    state: str
    hours: tuple[Stay, ...]


@get("/office/halls/calendar")
async def show_calendar(request: Asked) -> Response[Any]:
    """A month: one line a hall, one column a day; and those of its days that the reader may know more of."""
    who = await staff(request, Role.ORGANISER, Role.HOST)
    month, commune = _month(request.query_params.get("month", "")), request.query_params.get("commune", "")
    everything = await lists.listed(who)
    halls = [one for one in everything if commune in ("", one.commune)]
    days = [month + timedelta(days=number) for number in range(calendar.monthrange(month.year, month.month)[1])]
    during = Stay(_midnight(days[0]), _midnight(days[-1] + timedelta(days=1)))
    stays = await occupancy.stays([one.id for one in halls], during)
    known = {one.id: one for one in [*await requests.promised(who), *await requests.to_answer(who)]}
    known |= {one.id: one for one in ([] if who.role is Role.HOST else await requests.asked(who))}
    locale = locale_of(request)
    return office_page(
        "halls/calendar.html",
        request,
        who,
        month_name=lambda day: format_date(day, "MMMM y", locale=locale),
        weekday=lambda day: format_date(day, "EEEE", locale=locale),
        month=month,
        before=_shifted(month, -1),
        after=_shifted(month, 1),
        today=utcnow().astimezone(ZoneInfo(PARIS)).date(),
        days=days,
        lines=[(hall, _cells(hall, days, stays)) for hall in halls],
        listed=[known[row["id"]] for row in stays if row["id"] in known],
        communes=wording.commune_options({one.commune for one in everything}),
        commune=commune,
        wording=wording,
    )


def _cells(hall: Listed, days: list[date], stays: list[Row]) -> list[Cell]:
    here = [(row["status"], Stay(row["from_at"], row["until_at"])) for row in stays if row["venue"] == hall.id]
    cells = []
    for day in days:
        whole = Stay(_midnight(day), _midnight(day + timedelta(days=1)))
        on = [(status, stay) for status, stay in here if stay.overlaps(whole)]
        taken = any(status == "accepted" for status, _ in on)
        state = "taken" if taken else "asked" if on else "free"
        shown = tuple(stay for status, stay in on if not taken or status == "accepted")
        cells.append(Cell(day, state, shown))
    return cells


def _month(text: str) -> date:
    """The first day of the month written as 2027-01; of this month where nothing of the kind is."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    today = utcnow().astimezone(ZoneInfo(PARIS)).date()
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def _shifted(month: date, months: int) -> date | None:
    """The month before or after; None where the calendar ends."""
    year, number = divmod(month.year * 12 + month.month - 1 + months, 12)
    shifted = date(year, number + 1, 1)
    return shifted if FIRST <= shifted <= LAST else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(PARIS)).astimezone(UTC)


ROUTES = [show_calendar]

"""What is on: the days, one day with its workshops, one workshop with its slots."""

import re
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from workshops import programme
from workshops.errors import Invalid, NotFound
from workshops.i18n import translate
from workshops.jobs import DOMAINS
from workshops.programme import PAGE
from workshops.routes import wording
from workshops.routes.choice import choice_in
from workshops.routes.pages import locale_of, page
from workshops.routes.public_feeds import event_calendar
from workshops.routes.reading import read_search
from workshops.routes.sign_up_pages import form_page, prefilled

FILTERS = ("commune", "from", "to", "domain")
MOST_OPTIONS = 80
"""Beyond so many communes their name is typed: a longer list would make the page heavier than EcoIndex A allows."""


@get("/")
async def days(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """The days to come, next first; a faulty filter is told, and all days are shown."""
    locale, query = locale_of(request), request.query_params
    asked = {name: query.get(name, "")[:60] for name in FILTERS}
    asked["commune"] = wording.commune_code(asked["commune"])
    errors: list[dict[str, str]] = []
    search: dict[str, Any] = {}
    try:
        search = read_search(asked["commune"], asked["from"], asked["to"], asked["domain"], str(_number(request)))
    except Invalid as error:
        errors = wording.errors_in(error.faults, locale)
    shown, more = await programme.coming_days(**search)
    communes, domains = await programme.filters()
    return page(
        "public/days.html",
        request,
        status=422 if errors else 200,
        days=shown,
        more=more,
        number=search.get("page", 1),
        asked=asked,
        errors=errors,
        communes=wording.commune_options(communes) if len(communes) <= MOST_OPTIONS else None,
        domains=[{"value": letter, "label": translate(locale, DOMAINS[letter])} for letter in domains],
        wording=wording,
    )


@get("/events/{event:str}")
async def day(request: Request, event: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """One day: its workshops, or, where it is one meeting, the form; its calendar entry under `….ics`."""
    if event.endswith(".ics"):
        return await event_calendar(event.removesuffix(".ics"))
    choice = await choice_in(request, event)
    if choice.meeting:
        return await form_page(request, choice, await prefilled(request, choice))
    pages = max(1, -(-len(choice.stands) // PAGE))
    number = min(_number(request), pages)
    return page(
        "public/day.html",
        request,
        choice=choice,
        day=choice.day,
        stands=choice.stands[PAGE * (number - 1) : PAGE * number],
        number=number,
        pages=pages,
        wording=wording,
    )


@get("/events/{event:str}/workshops/{workshop:str}")
async def workshop(request: Request, event: FromPath[str], workshop: FromPath[str]) -> Response[str]:  # type: ignore[type-arg]
    """One workshop: the job, what you will do, and its slots to tick."""
    choice = await choice_in(request, event)
    stand = next((stand for stand in choice.stands if stand.id == workshop), None)
    if stand is None:
        raise NotFound
    return page("public/workshop.html", request, choice=choice, day=choice.day, stand=stand, wording=wording)


def _number(request: Request) -> int:  # type: ignore[type-arg]
    """The page asked for; the first one where that is no number of a page."""
    asked = request.query_params.get("page", "")
    return int(asked) if re.fullmatch(r"[1-9]\d{0,2}", asked, re.ASCII) else 1

"""The journal: of everything for an admin, of one day for who runs it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath

from workshops import journal
from workshops.access import staff
from workshops.actors import Staff
from workshops.ids import is_id
from workshops.journal import Sought
from workshops.rights import led_event
from workshops.routes.office.audit_actions import ACTIONS, KINDS
from workshops.routes.office.audit_words import actor_words, field_words, value_words
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]


@get("/office/audit")
async def show_all(request: Asked) -> Response[Any]:
    """Who did what when, of every day and account."""
    who = await staff(request, Role.ADMIN)
    sought = _read(request)
    shown = {"event": None, "days": await journal.days(), "actors": await journal.actors(), "kinds": KINDS}
    return await _page(request, who, "/office/audit", sought, **shown)


@get("/office/events/{event:str}/journal")
async def show_day(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Who did what when, of one day."""
    who = await staff(request, Role.ORGANISER)
    row = await led_event(who, event)
    sought = replace(_read(request), event=event, kind="")
    shown = {"event": row, "days": [], "actors": await journal.actors(event), "kinds": {}}
    return await _page(request, who, f"/office/events/{event}/journal", sought, **shown)


async def _page(request: Asked, who: Staff, here: str, sought: Sought, **shown: Any) -> Response[Any]:
    number = _number(request)
    entries, more = await journal.entries(sought, number)
    of_all = replace(sought, event="") if shown["event"] else sought
    query = {name: value for name, value in asdict(of_all).items() if value}
    locale = locale_of(request)
    return office_page(
        "journal.html",
        request,
        who,
        address=here,
        sought=sought,
        entries=entries,
        number=number,
        more=more,
        url=f"{here}?{urlencode({**query, 'page': ''})}",
        actions=ACTIONS,
        actor_words=lambda entry: actor_words(entry, locale),
        field_words=lambda name: field_words(name, locale),
        value_words=lambda value, zone: value_words(value, locale, zone),
        **shown,
    )


def _read(request: Asked) -> Sought:
    """What the address asks for; what makes no sense counts as not asked."""
    given: Mapping[str, str] = request.query_params
    actor, event = given.get("actor", ""), given.get("event", "")
    return Sought(
        event=event if is_id(event) else "",
        actor=actor if re.fullmatch(r"[a-z]+:[0-9A-Za-z-]{1,36}", actor) else "",
        action=given.get("action", "") if given.get("action") in ACTIONS else "",
        kind=given.get("kind", "") if given.get("kind") in KINDS else "",
        first=_day(given.get("first", "")),
        last=_day(given.get("last", "")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(request: Asked) -> int:
    asked = request.query_params.get("page", "")
    return int(asked) if re.fullmatch(r"[1-9]\d{0,4}", asked, re.ASCII) else 1


ROUTES = [show_all, show_day]

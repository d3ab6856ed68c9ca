"""Who takes part in a day: the list on a page, and as a spreadsheet. Every list that is opened or exported is kept.

What is searched for is somebody's name: it travels in a form's body, never in an address (product.md rule 11).
"""

import asyncio
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import audit, people
from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.people import LONG_PAGE, PAGE, Listing
from workshops.persons import ACCOMMODATIONS
from workshops.routes.forms import read_form
from workshops.routes.office.desk import etag, unless_known
from workshops.routes.office.people_words import ORIGINS, STATUSES, columns, phone, place_words, row_of
from workshops.routes.pages import locale_of, office_page
from workshops.selection import Wanted, read_wanted
from workshops.sheets import write_csv, write_xlsx
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
MAY = (Role.ORGANISER, Role.ADVISER)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/office/events/{event:str}/people")
async def show_people(request: Asked, event: FromPath[str]) -> Response[Any]:
    """The people of the day, as the address asks for them."""
    who = await staff(request, *MAY)
    return await _page(request, who, event, read_wanted(dict(request.query_params.items())))


@post("/office/events/{event:str}/people", status_code=HTTP_200_OK)
async def find_people(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """The people of the day, as the form asks for them; without a name to search for, at an address of its own."""
    who, wanted = await staff(request, *MAY), read_wanted(dict(read_form(body).pairs))
    if wanted.search:
        return await _page(request, who, event, wanted)
    await people.day(who, event)
    return Redirect(_address(event, wanted.filters()), status_code=HTTP_303_SEE_OTHER)


@get("/office/events/{event:str}/people/live")
async def count_people(request: Asked, event: FromPath[str]) -> Response[Any]:
    """How many they are now; nothing (304) to a browser for which nothing has changed."""
    who = await staff(request, *MAY)
    row, wanted = await people.day(who, event), read_wanted(dict(request.query_params.items()))
    total, mark = await people.pulse(row, who, wanted)
    shown = {"etag": etag(locale_of(request), mark), "total": total}
    return unless_known(request, who, "people_live.html", shown)


@post("/office/events/{event:str}/people.csv", status_code=HTTP_200_OK)
async def export_csv(request: Asked, event: FromPath[str], body: RawBody) -> Response[bytes]:
    """Everybody who is wanted, as a CSV file."""
    return await _export(request, event, body, "csv")


@post("/office/events/{event:str}/people.xlsx", status_code=HTTP_200_OK)
async def export_xlsx(request: Asked, event: FromPath[str], body: RawBody) -> Response[bytes]:
    """Everybody who is wanted, as a workbook."""
    return await _export(request, event, body, "xlsx")


async def _export(request: Asked, event: str, body: bytes, kind: str) -> Response[bytes]:
    who = await staff(request, *MAY)
    row, locale = await people.day(who, event), locale_of(request)
    found = await people.listing(row, who, read_wanted(dict(read_form(body).pairs)), whole=True)
    await audit.listed(who, f"people_{kind}", event, len(found.people))
    table = [row_of(one, row["zone"], locale) for one in found.people]
    write = write_csv if kind == "csv" else write_xlsx
    written = await asyncio.to_thread(write, columns(locale), table)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="inscrits-{row["date"].isoformat()}.{kind}"',
    }
    return Response(written, media_type="text/csv" if kind == "csv" else XLSX, headers=headers)


async def _page(request: Asked, who: Staff, event: str, wanted: Wanted) -> Response[Any]:
    row = await people.day(who, event)
    found = await people.listing(row, who, wanted)
    await audit.listed(who, "people", event, len(found.people))
    size = LONG_PAGE if wanted.all or wanted.search else PAGE
    return office_page(
        "people.html",
        request,
        who,
        now=utcnow(),
        event=row,
        wanted=wanted,
        found=found,
        total=found.total,
        pages=-(-found.total // size),
        addresses=_addresses(event, wanted, found),
        statuses=STATUSES,
        origins=ORIGINS,
        accommodations=ACCOMMODATIONS,
        phone=phone,
        place_words=place_words,
    )


def _addresses(event: str, wanted: Wanted, found: Listing) -> dict[str, str]:
    """Where the links of the page lead: the same list as it is now, its pages, and all of it at once."""
    paged = _address(event, wanted.filters(page=1))
    return {
        "list": _address(event, {}),
        "same": _address(event, wanted.filters()),
        "page": f"{paged}{'&' if '?' in paged else '?'}page=",
        "whole": _address(event, wanted.filters(page=1, all=True)) if found.total > PAGE and not wanted.all else "",
        "live": _address(event, wanted.filters(page=1), "people/live"),
        "group": f"?{urlencode(filters)}" if (filters := wanted.filters(page=1)) else "",
    }


def _address(event: str, filters: dict[str, str], page: str = "people") -> str:
    return f"/office/events/{event}/{page}{'?' if filters else ''}{urlencode(filters)}"


ROUTES = [show_people, find_people, count_people, export_csv, export_xlsx]

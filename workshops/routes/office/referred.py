"""The people whom an adviser's agency sent, over all days: what has become of each place, the agency's reference."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops import audit, referrals, referred
from workshops.access import adviser
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault, Invalid
from workshops.fields import Answers, line
from workshops.pasted import REFERENCE
from workshops.referred import Sought, read_sought
from workshops.routes import wording
from workshops.routes.forms import read_form
from workshops.routes.office import referred_words
from workshops.routes.office.people_words import phone
from workshops.routes.office.profile_pages import back, opened_by, profile_page
from workshops.routes.pages import locale_of, office_page

Asked = Request[Any, Any, Any]


@get("/office/people")
async def show_referred(request: Asked) -> Response[Any]:
    """The agency's people of all days to come, as the address asks for them."""
    return await _page(request, await adviser(request), read_sought(dict(request.query_params.items())))


@post("/office/people", status_code=HTTP_200_OK)
async def find_referred(request: Asked, body: RawBody) -> Response[Any]:
    """The same for a name, which is in the body: names are in no address (product.md rule 11)."""
    return await _page(request, await adviser(request), read_sought(dict(read_form(body).pairs)))


@get("/office/attendees/{attendee:str}/reference")
async def show_reference(request: Asked, attendee: FromPath[str]) -> Response[Any]:
    """The agency's own reference of a person."""
    await adviser(request)
    opened = await opened_by(request, attendee, "person")
    return profile_page("profile_reference.html", request, opened, value=opened.person["reference"] or "")


@post("/office/attendees/{attendee:str}/reference")
async def write_reference(request: Asked, attendee: FromPath[str], body: RawBody) -> Response[Any]:
    """Write it down, or take it away."""
    who = await adviser(request)
    opened, given = await opened_by(request, attendee), read_form(body).one("reference")
    answers = Answers({"reference": given})
    reference = answers.read("reference", line(REFERENCE))
    if answers.faults:
        faults: tuple[Fault, ...] = tuple(answers.faults)
        return profile_page(
            "profile_reference.html", request, opened, faults=faults, status=Invalid.status, value=given
        )
    await referrals.write_reference(attendee, reference, who)
    return back(attendee, "referenced")


async def _page(request: Asked, who: Staff, sought: Sought) -> Response[Any]:
    days, found = await referred.days(who), await referred.people(who, sought)
    invited = [] if sought.search or sought.state else await referred.invitations(who, sought.event)
    await audit.listed(who, "referred", None, len(found) + len(invited))
    return office_page(
        "referred.html",
        request,
        who,
        now=utcnow(),
        sought=sought,
        days=days,
        people=found,
        invited=invited,
        kept=[] if sought.search or sought.state else await referred.kept_places(who),
        words=referred_words,
        wording=wording,
        phone=phone,
        locale=locale_of(request),
        done=referred_words.DONE.get(request.query_params.get("done", ""), ""),
    )


ROUTES = [show_referred, find_referred, show_reference, write_reference]

"""Where staff arrive: the days of their agency, and what each role does first."""

from typing import Any

from litestar import Request, Response, get

from workshops import agenda
from workshops.access import staff
from workshops.routes import wording
from workshops.routes.pages import office_page


@get("/office")
async def show_home(request: Request) -> Response[Any]:  # type: ignore[type-arg]
    """The days that concern the reader, those to come first."""
    who = await staff(request)
    return office_page("home.html", request, who, days=await agenda.days_of(who), wording=wording)


ROUTES = [show_home]

"""The pages around the programme: language, personal data, accessibility, what the API's problems mean, robots."""

from collections.abc import Iterator
from http import HTTPStatus

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from workshops.errors import NotFound, WorkshopsError
from workshops.i18n import LOCALES
from workshops.routes.forms import read_form
from workshops.routes.pages import LANGUAGE_COOKIE, cookie_name, own_path, page
from workshops.routes.problems import NAMES
from workshops.routes.static import static_url
from workshops.settings import settings

YEAR = 365 * 24 * 3600
ROBOTS = "User-agent: *\nDisallow: /api/\nDisallow: /m/\nDisallow: /t/\nDisallow: /T/\nDisallow: /dev/\n"


@post("/language")
async def choose_language(body: RawBody) -> Response[None]:
    """Keep the reader's language for a year and go back to the page they were reading, never to another site."""
    form = read_form(body)
    wanted, back = form.one("locale"), form.one("next")
    response = Redirect(own_path(back) or "/", status_code=303)
    if wanted in LOCALES:
        response.set_cookie(
            cookie_name(LANGUAGE_COOKIE),
            wanted,
            max_age=YEAR,
            httponly=True,
            samesite="lax",
            secure=settings().secure,
        )
    return response


@get("/privacy")
async def privacy(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """ "Vos données" (GDPR art. 13 and 14)."""
    chosen = settings()
    return page(
        "public/privacy.html",
        request,
        controller=chosen.controller,
        dpo=chosen.dpo,
        months=chosen.retention_months,
    )


@get("/accessibility")
async def accessibility(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """The statement that the law asks for (RGAA 4.1.2): "non conforme" until an audit exists."""
    return page("public/accessibility.html", request, controller=settings().controller)


@get("/problems")
async def problems(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """Every problem type of the API in words."""
    return page("public/problems.html", request, problems=sorted(_problems()))


@get("/problems/{name:str}")
async def problem(request: Request, name: FromPath[str]) -> Response[str]:  # type: ignore[type-arg]
    """What one problem type means, at the address that the API gives for it (RFC 9457 §3.1.1)."""
    found = [one for one in _problems() if one[0] == name]
    if not found:
        raise NotFound
    return page("public/problems.html", request, problems=found)


@get("/robots.txt", media_type="text/plain")
async def robots() -> str:
    """Search engines may read the programme, nobody's own pages."""
    return ROBOTS


@get("/favicon.ico")
async def favicon() -> Response[None]:
    """For browsers that ask without looking."""
    return Redirect(static_url("icons/favicon.svg"), status_code=302)


def _problems() -> Iterator[tuple[str, int, str]]:
    """Name, status and English title of each."""
    known = {name: (status, title) for status, (name, title) in NAMES.items()}
    known |= {error.type: (error.status, error.title) for error in _below(WorkshopsError)}
    return ((name, HTTPStatus(status).value, title) for name, (status, title) in known.items())


def _below(error: type[WorkshopsError]) -> Iterator[type[WorkshopsError]]:
    for kind in error.__subclasses__():
        if "type" in vars(kind):
            yield kind
        yield from _below(kind)

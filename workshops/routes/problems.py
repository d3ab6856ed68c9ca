"""The one place where errors become answers: problem details on the API (RFC 9457), a page elsewhere."""

import re
from http import HTTPStatus
from urllib.parse import quote

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER
from litestar.types import ExceptionHandlersMap

from workshops.errors import Invalid, SignInNeeded, WorkshopsError
from workshops.i18n import _, translate
from workshops.routes.pages import here, locale_of, page

log = structlog.get_logger()
PROBLEM_JSON = "application/problem+json"
_PHONES = re.compile(r"/door/[^/]+/(list|scans)")
NAMES = {
    400: ("bad-request", _("The request is not well formed")),
    401: ("unauthorized", _("A valid token is needed")),
    403: ("forbidden", _("This is not allowed")),
    404: ("not-found", _("This page does not exist, or no longer does")),
    405: ("method-not-allowed", _("This address does not take this method")),
    413: ("too-large", _("What was sent is too large")),
    415: ("unsupported-media-type", _("This kind of content is not understood here")),
    429: ("too-many-requests", _("Too many requests: wait a moment")),
    500: ("internal", _("Something went wrong on our side. Nothing was changed. Try again in a moment")),
    503: ("unavailable", _("The service is not available for a moment. Try again soon")),
}


class FaultyField(msgspec.Struct):
    """A field, what is wrong with it and how to mend it; never its value."""

    field: str
    message: str


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457). `type` ends in a stable name; `errors` lists every faulty field."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[FaultyField] = []
    sessions: list[str] = []


def declared(*statuses: int) -> dict[int, ResponseSpec]:
    """The problem answers of a route, for OpenAPI."""
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, media_type=PROBLEM_JSON, description=HTTPStatus(status).phrase
        )
        for status in statuses
    }


def refused(request: Request, error: WorkshopsError) -> Response:  # type: ignore[type-arg]
    """Answer a refusal of ours."""
    if isinstance(error, SignInNeeded) and not _wants_json(request):
        return _to_sign_in(request)
    locale = locale_of(request)
    problem = Problem(
        type=f"/problems/{error.type}",
        title=translate(locale, error.title),
        status=error.status,
        detail=translate(locale, error.detail),
        errors=[FaultyField(fault.name, translate(locale, fault.message, fault.limits)) for fault in error.faults],
        sessions=list(getattr(error, "sessions", [])),
    )
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return _answer(request, problem, headers)


def failed(request: Request, error: Exception) -> Response:  # type: ignore[type-arg]
    """Answer what the framework refused, or what we did not foresee: logged, and told without a trace of it."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status >= 500:
        log.error("unforeseen", route=request.scope.get("path_template", ""), exc_info=error)
    name, title = NAMES.get(status, (HTTPStatus(status).phrase.lower().replace(" ", "-"), HTTPStatus(status).phrase))
    problem = Problem(f"/problems/{name}", translate(locale_of(request), title), status)
    return _answer(request, problem, dict(getattr(error, "headers", None) or {}))


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object in a request's body. Raises WorkshopsError (400) or Invalid where there is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedJson from None
    if not isinstance(value, dict):
        raise Invalid(_("A JSON object is needed."))
    return value


class MalformedJson(WorkshopsError):
    """The body is not JSON."""

    status = 400
    type = "malformed-json"
    title = _("The body is not well-formed JSON")


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    WorkshopsError: refused,
    HTTPException: failed,
    Exception: failed,
}


def _answer(request: Request, problem: Problem, headers: dict[str, str]) -> Response:  # type: ignore[type-arg]
    if _wants_json(request):
        return Response(
            msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_JSON, headers=headers
        )
    return page("public/problem.html", request, status=problem.status, headers=headers, problem=problem)


def _wants_json(request: Request) -> bool:  # type: ignore[type-arg]
    path = request.scope["path"]
    return (
        path.startswith("/api/")
        or _PHONES.fullmatch(path) is not None
        or request.headers.get("accept", "").startswith("application/json")
    )


def _to_sign_in(request: Request) -> Response:  # type: ignore[type-arg]
    """Sign-in, and from there back to what was to be seen; what was to be done is not done by itself afterwards."""
    back = f"?next={quote(here(request), safe='/')}" if request.method == "GET" else ""
    return Redirect(f"/sign-in{back}", status_code=HTTP_303_SEE_OTHER)

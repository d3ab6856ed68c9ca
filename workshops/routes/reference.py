"""The reading page of the API, from files of our own: it works without the internet."""

from litestar import Request, Response, get

from workshops.routes.pages import page

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@get("/api/docs", include_in_schema=False)
async def show_reference(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """Swagger UI over /api/openapi.json; without JavaScript, a link to the file itself."""
    return page("public/reference.html", request, headers={"Content-Security-Policy": _POLICY})

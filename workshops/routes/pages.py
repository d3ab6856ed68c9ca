"""Rendering a page in the reader's language, with what every page shows."""

import re
from typing import Any

from litestar import MediaType, Request, Response

from workshops.actors import Staff
from workshops.i18n import NO_BREAK, choose_locale, templates
from workshops.routes.static import static_url
from workshops.settings import settings

LANGUAGE_COOKIE = "language"
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # visible ASCII but for the backslash, which browsers read as /


def cookie_name(name: str) -> str:
    """`__Host-` before the name wherever the service is reached by https (RFC 6265bis §4.1.3.2)."""
    return f"__Host-{name}" if settings().secure else name


def locale_of(request: Request) -> str:  # type: ignore[type-arg]
    """The reader's language: the switch's cookie, else the browser's, else French."""
    return choose_locale(request.cookies.get(cookie_name(LANGUAGE_COOKIE)), request.headers.get("accept-language"))


def here(request: Request) -> str:  # type: ignore[type-arg]
    """Path and query of what is shown, which the language switch comes back to."""
    query = request.scope["query_string"].decode("latin-1")
    return f"{request.scope['path']}{'?' if query else ''}{query}"


def own_path(text: str) -> str | None:
    """`text` if it is a path of ours to go on to, never another site's address, however it is written; else None."""
    return text if _OWN_PATH.fullmatch(text) else None


def personal(request: Request) -> dict[str, str]:  # type: ignore[type-arg]
    """Headers of a page that names somebody: it stays in no cache.

    The answer to a form may, for that browser alone: else nobody could go back to it, but would read an error.
    """
    return {"Cache-Control": "no-store"} if request.method == "GET" else {}


def office_page(
    name: str,
    request: Request,  # type: ignore[type-arg]
    staff: Staff,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """The page `templates/pages/office/<name>` for a member of staff; it stays in no cache."""
    return page(
        f"office/{name}",
        request,
        status=status,
        headers={**personal(request), **(headers or {})},
        staff=staff,
        **context,
    )


def page(
    name: str,
    request: Request,  # type: ignore[type-arg]
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """The page `templates/pages/<name>`. What it needs is read before; nothing is awaited while it renders."""
    locale, chosen = locale_of(request), settings()
    html = (
        templates("", locale)
        .get_template(f"pages/{name}")
        .render(
            {
                "locale": locale,
                "here": here(request),
                "help_phone": chosen.help_phone.replace(" ", NO_BREAK),
                "debug": chosen.debug,
                "public_url": chosen.public_url,
                "static_url": static_url,
                **context,
            }
        )
    )
    return Response(
        html, status_code=status, media_type=MediaType.HTML, headers={"Content-Language": locale, **(headers or {})}
    )

"""Demo mode only: every message there is, from invented letters through the real templates, in both languages."""

from email import message_from_bytes, policy
from functools import cache

from litestar import MediaType, Request, Response, get
from litestar.params import FromPath, FromQuery

from workshops import mime
from workshops.demo.samples import NOW, SAMPLES
from workshops.errors import NotFound
from workshops.i18n import LOCALES
from workshops.routes.dev import FRAMING, SANDBOX, Mail
from workshops.routes.pages import locale_of, page

SCHEMES = ("light", "dark")
WIDTHS = ("phone", "desktop")
_DARK = "@media (prefers-color-scheme: dark)"


@get("/dev/messages", include_in_schema=False)
async def show_messages(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """All of them, by who reads them, each by its subject."""
    locale = locale_of(request)
    readers: dict[str, list[tuple[str, Mail]]] = {}
    for name, sample in SAMPLES.items():
        readers.setdefault(sample.readers, []).append((name, written(name, locale)))
    return page("dev/messages.html", request, readers=readers, shown_in=locale)


@get("/dev/messages/{name:str}/{language:str}", include_in_schema=False)
async def show_message(
    request: Request,  # type: ignore[type-arg]
    name: FromPath[str],
    language: FromPath[str],
    scheme: FromQuery[str] = "light",
    width: FromQuery[str] = "phone",
) -> Response[str]:
    """One of them: its HTML in a frame of its own, its text, its calendar part."""
    mail = written(name, language)
    if scheme not in SCHEMES or width not in WIDTHS:
        raise NotFound
    names = list(SAMPLES)
    place = names.index(name)
    return page(
        "dev/message.html",
        request,
        headers={"Content-Security-Policy": FRAMING},
        mail=mail,
        sample=name,
        language=language,
        scheme=scheme,
        width=width,
        before=names[place - 1],
        after=names[(place + 1) % len(names)],
    )


@get("/dev/messages/{name:str}/{language:str}/html", include_in_schema=False)
async def show_message_html(
    name: FromPath[str], language: FromPath[str], scheme: FromQuery[str] = "light"
) -> Response[str]:
    """The HTML part alone, in a sandbox, as a reader with this colour scheme sees it."""
    html = in_scheme(written(name, language).html or "", scheme)
    return Response(html, media_type=MediaType.HTML, headers={"Content-Security-Policy": SANDBOX})


@get("/dev/messages/{name:str}/{language:str}/eml", include_in_schema=False)
async def download_message(name: FromPath[str], language: FromPath[str]) -> Response[bytes]:
    """The whole message, to open in a mail program."""
    return Response(
        written(name, language).message.as_bytes(),
        media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}.{language}.eml"'},
    )


def written(name: str, locale: str) -> Mail:
    """A sample as its reader's program sees it. Raises NotFound."""
    if name not in SAMPLES or locale not in LOCALES:
        raise NotFound
    return _written(name, locale)


def in_scheme(html: str, scheme: str) -> str:
    """The HTML with the choice between light and dark already made."""
    chosen = html.replace(_DARK, "@media all" if scheme == "dark" else "@media not all")
    return chosen.replace("color-scheme: light dark;", f"color-scheme: {'dark' if scheme == 'dark' else 'light'};")


@cache
def _written(name: str, locale: str) -> Mail:
    raw = mime.render(SAMPLES[name].make(locale), NOW)
    return Mail(name, message_from_bytes(raw, policy=policy.default))


ROUTES = [show_messages, show_message, show_message_html, download_message]

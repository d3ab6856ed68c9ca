"""What exists in demo mode only: the outbox as its readers would see it, and the pieces that pages are made of."""

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from litestar import MediaType, Request, Response, get
from litestar.params import FromPath

from workshops.errors import NotFound
from workshops.gsm import septets
from workshops.ids import is_id
from workshops.routes import wording
from workshops.routes.pages import page

OUTBOX = Path("var/mail")
SHOWN = 100
FRAMING = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SANDBOX = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in the outbox. `parts` are its attachments: place in the message, name, type."""

    id: str
    message: EmailMessage

    @property
    def parts(self) -> list[tuple[int, str, str]]:
        """The attachments."""
        return [
            (place, part.get_filename() or part.get_content_type(), part.get_content_type())
            for place, part in enumerate(self.message.walk())
            if part.get_content_disposition() == "attachment"
        ]

    @property
    def calendar(self) -> str | None:
        """The first calendar part, as text."""
        part = next((one for one in self.message.walk() if one.get_content_type() == "text/calendar"), None)
        return part.get_payload(decode=True).decode().replace("\r\n", "\n") if part else None  # type: ignore[union-attr]

    @property
    def text(self) -> str:
        """The plain text that every reader can show."""
        body = self.message.get_body(("plain",))
        return body.get_content() if body else ""

    @property
    def html(self) -> str | None:
        """The HTML with its pictures inside, opening links in a window of their own."""
        body = self.message.get_body(("html",))
        if body is None:
            return None
        pictures = {str(part["Content-ID"]).strip("<>"): part for part in self.message.walk() if part.get("Content-ID")}

        def inside(match: re.Match[str]) -> str:
            part = pictures.get(match[1])
            if part is None:
                return match[0]
            return f"data:{part.get_content_type()};base64,{b64encode(part.get_content()).decode()}"

        html = re.sub(r"cid:([^\"'\s>]+)", inside, str(body.get_content()))
        return html.replace("<head>", '<head><base target="_blank">', 1)


@dataclass(frozen=True, slots=True)
class Sms:
    """A text message in the outbox."""

    id: str
    phone: str
    body: str
    at: datetime


@get("/dev/outbox", include_in_schema=False)
async def show_outbox(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """Every message, the newest first."""
    files = _newest_first()
    return page(
        "dev/outbox.html",
        request,
        messages=[_read(file) for file in files[:SHOWN]],
        more=max(0, len(files) - SHOWN),
        wording=wording,
    )


@get("/dev/outbox/{mail:str}", include_in_schema=False)
async def show_mail(request: Request, mail: FromPath[str]) -> Response[str]:  # type: ignore[type-arg]
    """One message: headers, HTML in a frame of its own, text, attachments. An SMS as a phone shows it."""
    found = _read(_file(mail, "eml", "sms"))
    if isinstance(found, Sms):
        return page("dev/sms.html", request, sms=found, wording=wording, septets=septets(found.body))
    return page("dev/mail.html", request, headers={"Content-Security-Policy": FRAMING}, mail=found)


@get("/dev/outbox/{mail:str}/html", include_in_schema=False)
async def show_html(mail: FromPath[str]) -> Response[str]:
    """The HTML part alone, in a sandbox: it may do nothing but be read."""
    html = _find(mail).html
    if html is None:
        raise NotFound
    return Response(html, media_type=MediaType.HTML, headers={"Content-Security-Policy": SANDBOX})


@get("/dev/outbox/{mail:str}/parts/{place:int}", include_in_schema=False)
async def download(mail: FromPath[str], place: FromPath[int]) -> Response[bytes]:
    """An attachment."""
    found = dict(enumerate(_find(mail).message.walk())).get(place)
    if not isinstance(found, EmailMessage) or found.get_content_disposition() != "attachment":
        raise NotFound
    name = re.sub(r"[^\w.-]", "", found.get_filename() or "part")
    return Response(
        bytes(found.get_payload(decode=True) or b""),
        media_type=found.get_content_type(),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@get("/dev/outbox/{mail:str}/eml", include_in_schema=False)
async def download_whole(mail: FromPath[str]) -> Response[bytes]:
    """The message as it left."""
    return Response(
        _file(mail, "eml").read_bytes(),
        media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{mail}.eml"'},
    )


@get("/dev/pieces", include_in_schema=False)
async def show_pieces(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """Every piece of the visual language in all its states."""
    return page("dev/pieces.html", request)


def _newest_first() -> list[Path]:
    return sorted(
        (file for file in OUTBOX.glob("*.*") if file.suffix in (".eml", ".sms") and not file.name.startswith(".")),
        key=lambda file: file.stat().st_mtime_ns,
        reverse=True,
    )


def _file(message: str, *kinds: str) -> Path:
    for kind in kinds:
        file = OUTBOX / f"{message}.{kind}"
        if is_id(message) and file.is_file():
            return file
    raise NotFound


def _find(mail: str) -> Mail:
    return _mail(_file(mail, "eml"))


def _read(file: Path) -> Mail | Sms:
    if file.suffix == ".eml":
        return _mail(file)
    phone, _, body = file.read_text(encoding="utf-8").partition("\n\n")
    return Sms(file.stem, phone, body, datetime.fromtimestamp(file.stat().st_mtime, UTC))


def _mail(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    return Mail(file.stem, message)


ROUTES = [show_outbox, show_mail, show_html, download, download_whole, show_pieces]

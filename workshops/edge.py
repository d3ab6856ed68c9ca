"""Between the server and the application: who may come in, what every answer carries, and one log line each."""

import ipaddress
import secrets
import time

import structlog
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Method, Receive, Scope, Send, WebSocketReceiveMessage
from structlog.contextvars import bound_contextvars

from workshops import metrics
from workshops.answers import Answer
from workshops.errors import WorkshopsError
from workshops.i18n import _
from workshops.routes.problems import refused
from workshops.routes.uploads import UPLOAD_BYTES, UPLOADS
from workshops.settings import Settings, settings

log = structlog.get_logger()

SAFE = ("GET", "HEAD", "OPTIONS")
# To OPTIONS itself Litestar names the methods of one handler; in refusing a method, those of all (`Allow`).
ANSWERED_AS: dict[str, Method] = {"HEAD": "GET", "OPTIONS": "TRACE"}
ANY_HOST = ("/healthz", "/readyz")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
API_BYTES = 64 * 1024
FORM_BYTES = 1024 * 1024
SORRY = "Un problème est survenu. Réessayez dans un moment.\nSomething went wrong. Try again in a moment.\n"


class UnknownHost(WorkshopsError):
    """The Host header names another site (contract.md)."""

    type = "unknown-host"
    title = _("This address is not served here")


class ForeignOrigin(WorkshopsError):
    """A browser sends this from a page that is not ours."""

    status = 403
    type = "foreign-origin"
    title = _("This was not sent from our own pages. Open the page again and send it from there")


class TooLarge(WorkshopsError):
    """The body is longer than anything asked for here."""

    status = 413
    type = "too-large"
    title = _("What was sent is too large")


def edge(app: ASGIApp) -> ASGIApp:
    """Wrap the whole application. Every request that comes in, refused or not, is answered, counted and logged."""
    gate = Gate(settings())

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        inner = scope.copy()  # the server goes on reading its own
        request_id, begun = secrets.token_hex(8), time.perf_counter()
        out = Answer(inner, send, request_id, gate.secure)
        metrics.begun()
        with bound_contextvars(request_id=request_id):
            try:
                await _answer(app, gate, inner, receive, out)
            finally:
                _note(scope["method"], inner, out, time.perf_counter() - begun)

    return answer


async def _answer(app: ASGIApp, gate: "Gate", scope: HTTPScope, receive: Receive, out: Answer) -> None:
    try:
        try:
            receive = gate.admit(scope, receive)
        except WorkshopsError as error:
            request: Request = Request(scope)  # type: ignore[type-arg]
            app = refused(request, error).to_asgi_response(None, request)
        scope["method"] = ANSWERED_AS.get(scope["method"], scope["method"])
        await app(scope, receive, out.send)
    except Exception as error:
        if out.status:
            raise  # half an answer is out: the server ends the connection
        log.error("unforeseen", exc_info=error)
        await _fail(out)


async def _fail(out: Answer) -> None:
    """Say so in few words: the error pages themselves are what failed."""
    kind = [(b"content-type", b"text/plain; charset=utf-8")]
    await out.send({"type": "http.response.start", "status": 500, "headers": kind})
    await out.send({"type": "http.response.body", "body": SORRY.encode(), "more_body": False})


def _note(method: str, scope: HTTPScope, out: Answer, seconds: float) -> None:
    """One line and one count. A status of 499: the answer was cut off before it began."""
    route, status = scope.get("path_template", "(unknown)"), out.status or 499
    metrics.answered(method, route, status, seconds)
    write = log.error if status >= 500 else log.info
    write("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), bytes=out.size)


class Gate:
    """Who may come in."""

    def __init__(self, chosen: Settings) -> None:
        self.secure, self.debug, self.proxies = chosen.secure, chosen.debug, chosen.trusted_proxies
        self.origin, host = chosen.public_url.encode(), chosen.public_host.encode()
        self.hosts = {host, host + (b":443" if chosen.secure else b":80")}

    def admit(self, scope: HTTPScope, receive: Receive) -> Receive:
        """Raise UnknownHost, ForeignOrigin or TooLarge; else return `receive`, which raises TooLarge in time.

        Behind a trusted proxy, the client's address and scheme in `scope` become those that it tells.
        """
        headers = dict(scope["headers"])
        hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
        if self.proxies and scope["client"] and self._trusts(scope["client"][0]):
            hosts = self._believe(scope, headers) or hosts
        if scope["path"] not in ANY_HOST and not (len(hosts) == 1 and self._is_ours(hosts[0])):
            raise UnknownHost
        if scope["method"] in SAFE:
            return receive
        if not self._is_welcome(scope["path"], headers, hosts):
            raise ForeignOrigin
        most = _most(scope["path"])
        if b"content-length" not in headers:
            return _counted(receive, most)
        if int(headers[b"content-length"]) > most:
            raise TooLarge
        return receive

    def _is_ours(self, host: bytes) -> bool:
        return host in self.hosts or (self.debug and _without_port(host.decode("latin-1")) in LOOPBACK)

    def _is_welcome(self, path: str, headers: dict[bytes, bytes], hosts: list[bytes]) -> bool:
        """Whether an unsafe request comes from our own page, or from a program that carries nobody's cookies.

        Neither a bearer call nor a one-click unsubscribe (RFC 8058) can be forged by a foreign page. A program that
        signs somebody up by the API sends neither what browsers always send with a POST nor a cookie.
        """
        if headers.get(b"authorization", b"")[:7].lower() == b"bearer " or path.startswith("/u/"):
            return True
        if b"sec-fetch-site" in headers:
            return headers[b"sec-fetch-site"] == b"same-origin"
        if b"origin" in headers:
            own = {self.origin, *(b"http://" + host for host in hosts if self.debug)}
            return headers[b"origin"].lower() in own
        return path.startswith("/api/") and b"cookie" not in headers

    def _believe(self, scope: HTTPScope, headers: dict[bytes, bytes]) -> list[bytes]:
        """Take client and scheme from a proxy's headers; return the host that it tells, if any."""
        chain = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
        for part in reversed(chain.split(",")):
            if not (address := _address(part)):
                break
            scope["client"] = (address, 0)
            if not self._trusts(address):
                break
        proto = headers.get(b"x-forwarded-proto", b"").rpartition(b",")[2].strip().lower()
        if proto in (b"http", b"https"):
            scope["scheme"] = proto.decode()
        host = headers.get(b"x-forwarded-host", b"").rpartition(b",")[2].strip().lower()
        return [host] if host else []

    def _trusts(self, client: str) -> bool:
        address = _address(client)
        return bool(address) and any(ipaddress.ip_address(address) in network for network in self.proxies)


def _most(path: str) -> int:
    """How many bytes may be sent to this address."""
    if path.startswith("/api/"):
        return API_BYTES
    return UPLOAD_BYTES if UPLOADS.fullmatch(path) else FORM_BYTES


def _counted(receive: Receive, most: int) -> Receive:
    """`receive`, raising TooLarge once a body of unannounced length has brought more than `most` bytes."""
    total = 0

    async def counted() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal total
        message = await receive()
        total += len(message["body"]) if message["type"] == "http.request" else 0
        if total > most:
            raise TooLarge
        return message

    return counted


def _address(text: str) -> str:
    """The network address in `text`, with or without a port; empty where there is none."""
    for candidate in (text.strip(), _without_port(text.strip()).strip("[]")):
        try:
            address = ipaddress.ip_address(candidate)
        except ValueError:
            continue
        return str(getattr(address, "ipv4_mapped", None) or address)
    return ""


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host

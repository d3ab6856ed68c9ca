"""What every answer carries: security headers, an ETag and its 304, gzip; and HEAD answered as GET is."""

import gzip
import hashlib
from functools import lru_cache

from litestar.types import HTTPResponseStartEvent, HTTPScope, Message, Send

Headers = dict[bytes, bytes]

# in these addresses, any case, somebody's key follows
STAFF_SECRETS = ("/invitation/", "/password/", "/halls/answer/", "/stand/", "/contacts/", "/door/link/")
SECRETS = ("/t/", "/m/", "/u/", "/address/", *STAFF_SECRETS)
WAITING_BYTES = 1024 * 1024
GZIP_FROM_BYTES = 1024
GZIP_LEVEL = 5
TEXTS = (
    b"text/",
    b"application/json",
    b"application/problem+json",
    b"application/manifest",
    b"image/svg",
    b"application/wasm",
)
CSP = (
    b"default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'none'; form-action 'self'; "
    b"base-uri 'none'; frame-ancestors 'none'; connect-src 'self'; script-src 'self'; manifest-src 'self'"
)
DOOR_CSP = CSP.replace(b"script-src 'self'", b"script-src 'self' 'wasm-unsafe-eval'").decode() + "; worker-src 'self'"
CAMERA = {
    may: b"camera=(%b), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()" % self
    for may, self in ((True, b"self"), (False, b""))
}


class Answer:
    """One answer on its way out: the application writes to `send`. `status` and `size` tell what has left so far.

    A 200 to GET or HEAD, of known length up to 1 MB, waits until it is whole; then it gets a strong ETag of its own
    bytes and becomes a 304 or shrinks (RFC 9110 §8.8.3, §13.1.2). Anything else passes through as it comes. What is
    `no-store` passes too: the length of a page with a secret must not tell what is in it (BREACH).
    """

    def __init__(self, scope: HTTPScope, send: Send, request_id: str, secure: bool) -> None:
        self.status = self.size = 0
        self._send, self._request_id, self._secure = send, request_id, secure
        self._path, self._asked, self._wanted = scope["path"], scope["method"], dict(scope["headers"])
        self._headers: Headers = {}
        self._cookies: list[tuple[bytes, bytes]] = []
        self._waiting: list[bytes] | None = None

    async def send(self, message: Message) -> None:
        """Take what the application sends."""
        if message["type"] == "http.response.start":
            await self._take_start(message)
        elif message["type"] == "http.response.body" and self._waiting is not None:
            self._waiting.append(message["body"])
            if not message.get("more_body"):
                await self._finish(b"".join(self._waiting))
        elif message["type"] == "http.response.body":
            await self._pass_on(message["body"], message.get("more_body", False))

    async def _take_start(self, message: HTTPResponseStartEvent) -> None:
        given = [(name.lower(), value) for name, value in message["headers"]]
        self._headers = {name: value for name, value in given if name != b"set-cookie"}
        self._cookies = [pair for pair in given if pair[0] == b"set-cookie"]
        self._dress(self._headers)
        self._waiting = [] if self._may_wait(message["status"]) else None
        if self._waiting is None:
            await self._begin(message["status"])

    def _dress(self, headers: Headers) -> None:
        """Add what the handler left out; a policy of its own is kept."""
        headers.setdefault(b"content-security-policy", CSP)
        headers[b"x-content-type-options"] = b"nosniff"
        headers[b"referrer-policy"] = b"same-origin"
        headers[b"permissions-policy"] = CAMERA[f"{self._path}/".startswith("/door/")]
        headers[b"cross-origin-opener-policy"] = b"same-origin"
        headers[b"x-request-id"] = self._request_id.encode()
        if not self._path.endswith(".ics"):
            headers.setdefault(b"cross-origin-resource-policy", b"same-origin")
        if self._secure:
            headers[b"strict-transport-security"] = b"max-age=31536000"
        if self._path.lower().startswith(SECRETS):
            headers[b"cache-control"] = b"no-store"
        caching = headers.setdefault(b"cache-control", b"private, no-cache")
        if b"no-store" in caching:
            headers[b"x-robots-tag"] = b"noindex"
        # Only going back shows the answer to a POST again, and there a cookie set meanwhile would stand against it.
        if headers.get(b"content-type", b"").startswith(b"text/html") and self._asked in ("GET", "HEAD"):
            _vary(headers, b"Accept-Language, Cookie")
        if self._is_text():
            _vary(headers, b"Accept-Encoding")

    def _may_wait(self, status: int) -> bool:
        length = self._headers.get(b"content-length", b"none")
        return (
            status == 200
            and self._asked in ("GET", "HEAD")
            and length.isdigit()
            and int(length) <= WAITING_BYTES
            and b"no-store" not in self._headers[b"cache-control"]
        )

    async def _finish(self, body: bytes) -> None:
        headers = self._headers
        etag = headers.get(b"etag") or b'"%b"' % hashlib.sha256(body).hexdigest()[:32].encode()
        shrinks = (
            len(body) >= GZIP_FROM_BYTES
            and self._is_text()
            and b"content-encoding" not in headers
            and accepts_gzip(self._wanted.get(b"accept-encoding", b""))
        )
        headers[b"etag"] = etag = etag[:-1] + b'-gz"' if shrinks else etag
        if matches(self._wanted.get(b"if-none-match", b""), etag):
            for name in (b"content-length", b"content-type", b"content-encoding"):
                headers.pop(name, None)
            await self._begin(304)
            return await self._pass_on(b"", False)
        if shrinks:
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
            headers |= {b"content-encoding": b"gzip", b"content-length": b"%d" % len(body)}
        await self._begin(200)
        return await self._pass_on(body, False)

    async def _begin(self, status: int) -> None:
        self.status = status
        headers = [*self._headers.items(), *self._cookies]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _pass_on(self, body: bytes, more: bool) -> None:
        body = b"" if self._asked == "HEAD" else body
        self.size += len(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    def _is_text(self) -> bool:
        return self._headers.get(b"content-type", b"").startswith(TEXTS)


@lru_cache(256)
def accepts_gzip(header: bytes) -> bool:
    """Whether an Accept-Encoding names gzip and does not refuse it (RFC 9110 §12.5.3)."""
    for part in header.lower().split(b","):
        coding, _, weight = part.replace(b" ", b"").partition(b";q=")
        if coding == b"gzip":
            return weight.strip(b"0.") != b"" or not weight
    return False


def matches(header: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match names this ETag, weakly compared (RFC 9110 §13.1.2)."""
    listed = {part.strip().removeprefix(b"W/") for part in header.split(b",")}
    return b"*" in listed or etag.removeprefix(b"W/") in listed


def _vary(headers: Headers, names: bytes) -> None:
    headers[b"vary"] = b", ".join(filter(None, (headers.get(b"vary"), names)))

"""The scanner's shell: one page for every phone and day, its service worker, and the worker that reads codes.

None of them holds anything of a day or a person: a phone keeps them and opens them without a network.
"""

import hashlib
import json
from pathlib import PurePosixPath

from litestar import Request, Response, get
from litestar.params import FromQuery

from workshops.answers import DOOR_CSP
from workshops.routes.door_words import words_of
from workshops.routes.pages import locale_of, page
from workshops.routes.static import find, names, static_url

PAGE = "door/page.js"
READER = "door/reader.js"
WORKER = "door/sw.js"
VENDOR = (
    "vendor/zxing-wasm/dist/es/reader/index.js",
    "vendor/zxing-wasm/dist/es/share.js",
    "vendor/zxing-wasm/dist/reader/zxing_reader.wasm",
    "vendor/qr/index.js",
    "vendor/qr/decode.js",
)
SHELL = {"Content-Security-Policy": DOOR_CSP, "Cache-Control": "no-cache"}


@get("/scan")
async def show_scanner(request: Request, e: FromQuery[str] = "") -> Response[str]:  # type: ignore[type-arg]
    """The page; `e`, the day's id, is for the scripts only."""
    return page("door/scan.html", request, headers=SHELL, words=words_of(locale_of(request)))


@get("/reader.js")
async def reader() -> Response[bytes]:
    """The worker that reads codes: the only script that may run WebAssembly."""
    return Response(find(READER).body, media_type="text/javascript", headers=SHELL)


@get("/sw.js")
async def service_worker(request: Request) -> Response[str]:  # type: ignore[type-arg]
    """The service worker, with what it keeps and a version that changes with any of it."""
    shell = page("door/scan.html", request, words=words_of(locale_of(request))).content
    scripts = [
        name for name in names("door") if PurePosixPath(name).suffix == ".js" and name not in (PAGE, READER, WORKER)
    ]
    files = [*scripts, *VENDOR]
    digest = hashlib.sha256(
        "".join([shell, find(WORKER).digest, *(find(name).digest for name in (*files, READER))]).encode()
    )
    styles = ("style.css", "door.css", "door/scan.css", "icons/favicon.svg", PAGE)
    kept = ["/door/scan", "/door/reader.js", *map(static_url, styles), *(f"/static/{name}" for name in files)]
    given = f"const VERSION = {json.dumps(digest.hexdigest()[:16])};\nconst KEPT = {json.dumps(kept)};\n"
    headers = {**SHELL, "Service-Worker-Allowed": "/door"}
    return Response(given + find(WORKER).body.decode(), media_type="text/javascript", headers=headers)

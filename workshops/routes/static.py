"""Our own style, scripts and pictures: read and compressed once; an address with their hash is kept for ever."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from workshops.answers import GZIP_FROM_BYTES, accepts_gzip
from workshops.errors import NotFound
from workshops.settings import bundled

BEST = 9
TYPES = {
    "": "text/plain",
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
PACKED = (".ico", ".jpg", ".png", ".webp", ".woff2")


@dataclass(frozen=True, slots=True)
class Static:
    """A file as it is served. `gzipped` is empty where it would not be shorter."""

    body: bytes
    gzipped: bytes
    media_type: str
    digest: str

    @property
    def version(self) -> str:
        """What an address carries in `?v=` to be kept for ever."""
        return self.digest[:12]


@get("/static/{path:path}", include_in_schema=False)
async def static_file(request: Request, path: FromPath[str], v: FromQuery[str | None] = None) -> Response[bytes]:  # type: ignore[type-arg]
    """A file of `static/`. Raises NotFound, also for whatever lies outside."""
    found = find(path.lstrip("/"))
    headers = {"ETag": f'"{found.digest}"'}
    headers["Cache-Control"] = "public, max-age=31536000, immutable" if v == found.version else "no-cache"
    body = found.body
    if found.gzipped and accepts_gzip(request.headers.get("accept-encoding", "").encode()):
        body, headers["ETag"], headers["Content-Encoding"] = found.gzipped, f'"{found.digest}-gz"', "gzip"
    return Response(body, media_type=found.media_type, headers=headers)


def static_url(path: str) -> str:
    """/static/style.css?v=… for "style.css": an address that changes with the file. Raises NotFound."""
    return f"/static/{path}?v={find(path).version}"


def find(path: str) -> Static:
    """The file `path` below `static/`, as it is now. Raises NotFound."""
    root = _root()
    try:
        file = (root / path).resolve()
        if file.is_relative_to(root) and file.is_file():
            return _read(file, file.stat().st_mtime_ns)
    except (OSError, ValueError):  # a name too long, a null byte
        pass
    raise NotFound


def names(folder: str) -> list[str]:
    """The files straight in `folder` of `static/`, in order."""
    return sorted(f"{folder}/{file.name}" for file in (_root() / folder).iterdir() if file.is_file())


@lru_cache(1)
def _root() -> Path:
    return bundled("static").resolve()


@lru_cache(128)
def _read(file: Path, _modified: int) -> Static:
    body = file.read_bytes()
    short = b""
    if len(body) >= GZIP_FROM_BYTES and file.suffix not in PACKED:
        short = gzip.compress(body, BEST, mtime=0)
    kind = TYPES.get(file.suffix, "application/octet-stream")
    return Static(body, short if len(short) < len(body) else b"", kind, hashlib.sha256(body).hexdigest()[:32])

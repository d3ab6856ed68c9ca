"""Whether a process is alive, whether it can work, and its figures for Prometheus."""

import asyncio
import hmac

import structlog
from litestar import MediaType, Request, Response, Router, get

from workshops import metrics, schema
from workshops.errors import NotFound, NotSignedIn
from workshops.settings import settings

READY_SECONDS = 2
log = structlog.get_logger()


@get("/healthz", media_type=MediaType.TEXT)
async def healthz() -> str:
    """Alive: the process answers, whatever its database does."""
    return "ok"


@get("/readyz", media_type=MediaType.TEXT)
async def readyz() -> Response[str]:
    """Ready: within 2 s the database answers and its schema is at least the code's; else 503, saying which is not."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            current = await schema.is_current()
    except Exception as error:  # whatever a driver raises for a database that is away
        log.warning("not ready", exc_info=error)
        return Response("database unreachable", status_code=503)
    return Response("ready") if current else Response("schema older than the code", status_code=503)


@get("/metrics")
async def prometheus(request: Request) -> Response[bytes]:  # type: ignore[type-arg]
    """The figures of this process, for the bearer of METRICS_TOKEN or under DEBUG; else NotSignedIn or NotFound."""
    chosen = settings()
    if not chosen.debug:
        if chosen.metrics_token is None:
            raise NotFound
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {chosen.metrics_token}".encode()):
            raise NotSignedIn
    return Response(await metrics.scrape(), media_type="text/plain; version=0.0.4")


HEALTH = Router("/", route_handlers=[healthz, readyz, prometheus], include_in_schema=False)

"""The floor of pages: a Litestar handler that does nothing, served in the same way as ours."""

from litestar import Litestar, get
from litestar.types import ASGIApp

from workshops.server import serve


@get("/")
async def nothing() -> str:
    """A few words."""
    return "nothing"


@get("/readyz")
async def ready() -> str:
    """At once."""
    return "ready"


def application() -> ASGIApp:
    """No edge, no database."""
    return Litestar([nothing, ready], logging_config=None)


if __name__ == "__main__":
    serve("bench.empty:application")

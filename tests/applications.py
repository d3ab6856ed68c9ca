"""Applications that a test serves in a process of its own: `python -m tests.applications NAME`."""

import asyncio
import functools
import os
import sys
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, get, post
from litestar.types import ASGIApp

from workshops import server
from workshops.cli import main
from workshops.edge import edge
from workshops.routes.health import HEALTH
from workshops.routes.problems import EXCEPTION_HANDLERS


@get("/slow")
async def slow() -> str:
    """Say in a file that the request has arrived, and answer once there is another file."""
    folder = Path(os.environ["TEST_FOLDER"])
    (folder / "arrived").touch()
    while not (folder / "go").exists():  # noqa: ASYNC110 - the test is another process
        await asyncio.sleep(0.01)
    return "done"


@post(["/api/v1/take", "/take"])
async def take(request: Request[Any, Any, Any]) -> str:
    """Read the body."""
    return str(len(await request.body()))


def small() -> ASGIApp:
    """Health, something slow, something that reads; behind the edge."""
    app = Litestar(
        [HEALTH, slow, take], exception_handlers=EXCEPTION_HANDLERS, openapi_config=None, logging_config=None
    )
    return edge(app)


if __name__ == "__main__":
    server.serve = functools.partial(server.serve, "tests.applications:small")
    sys.exit(main(["serve"]))

"""Builds the Litestar application: routes, error answers, OpenAPI, the database's connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp, ControllerRouterHandler

from workshops.database import connected
from workshops.edge import edge
from workshops.routes import dev, dev_logins, dev_messages, health
from workshops.routes.account import ACCOUNTS
from workshops.routes.api import API
from workshops.routes.api_referrals import REFERRALS
from workshops.routes.check_ins import CHECK_INS
from workshops.routes.door import DOOR
from workshops.routes.links_halls import HALL_LINKS
from workshops.routes.links_stands import LINKS
from workshops.routes.office import OFFICE
from workshops.routes.problems import EXCEPTION_HANDLERS
from workshops.routes.public import PUBLIC
from workshops.routes.reference import show_reference
from workshops.routes.static import static_file
from workshops.settings import settings


def create_app() -> Litestar:
    """Build the application; it connects to the database in its lifespan."""
    return Litestar(
        route_handlers=_routes(),
        lifespan=[_connected],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OpenAPIConfig(
            title="Osons nos talents",
            version="1",
            path="/api",
            use_handler_docstrings=True,
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
            render_plugins=[],
        ),
        request_max_body_size=1024 * 1024,
        logging_config=None,
        debug=False,
    )


def application() -> ASGIApp:
    """What a server serves: the application behind its edge (hosts, origins, headers, logs)."""
    return edge(create_app())


def _routes() -> list[ControllerRouterHandler]:
    """Every route of the product; those under /dev exist in demo mode only."""
    routes: list[ControllerRouterHandler] = [
        PUBLIC,
        API,
        REFERRALS,
        CHECK_INS,
        DOOR,
        ACCOUNTS,
        OFFICE,
        LINKS,
        HALL_LINKS,
        show_reference,
        static_file,
        health.HEALTH,
    ]
    return [*routes, *dev.ROUTES, *dev_messages.ROUTES, *dev_logins.ROUTES] if settings().debug else routes


@asynccontextmanager
async def _connected(_app: Litestar) -> AsyncIterator[None]:
    async with connected():
        yield

"""Databases for the tests. `database_url` runs a test twice: on SQLite and on PostgreSQL, which is never skipped."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("SECRET_KEY", "a key for the tests alone of more than 32 bytes")

from tests import postgres
from workshops import database

NAME = f"workshops_test_{os.getpid()}"
TEMPLATE = f"{NAME}_template"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """The PostgreSQL server of this test run, started when a test first needs it."""
    server = postgres.start()
    try:
        yield server
    finally:
        for name in (NAME, TEMPLATE, f"{NAME}_session"):
            server.drop(name)
        server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: postgres.Server) -> str:
    """The URL of one PostgreSQL database, empty at first, kept for the whole run."""
    return postgres_server.create(f"{NAME}_session")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database, for this process or another: empty, or migrated with `db` beside it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/workshops.db"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.url(NAME) if "db" in request.fixturenames else server.create(NAME)


@pytest.fixture
async def empty_db(database_url: str) -> AsyncIterator[database.Engine]:
    """The engine in use, connected to an empty database."""
    async with _in_use(database_url) as engine:
        yield engine


@pytest.fixture
async def db(database_url: str, template: Callable[[str], Awaitable[None]]) -> AsyncIterator[database.Engine]:
    """The engine in use, connected to a fresh migrated database."""
    await template(database_url)
    async with _in_use(database_url) as engine:
        yield engine


@pytest.fixture(scope="session")
def template(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Awaitable[None]]:
    """What fills a database with a copy of one that was migrated once for the whole run."""
    file = tmp_path_factory.mktemp("template") / "workshops.db"
    migrated: set[str] = set()

    async def fill(url: str) -> None:
        kind = url.partition(":")[0]
        server: postgres.Server | None = request.getfixturevalue("postgres_server") if kind != "sqlite" else None
        if kind not in migrated:
            await _migrate(server.create(TEMPLATE) if server else f"sqlite:///{file}")
            migrated.add(kind)
        if server:
            server.refill(NAME, TEMPLATE)
        else:
            shutil.copy(file, url.removeprefix("sqlite:///"))

    return fill


async def _migrate(url: str) -> None:
    from workshops import schema

    async with _in_use(url):
        await schema.migrate()


@asynccontextmanager
async def _in_use(url: str) -> AsyncIterator[database.Engine]:
    before, engine = database.engine(), database.make_engine(url)
    database.use(engine)
    try:
        async with database.connected():
            yield engine
    finally:
        database.use(before)

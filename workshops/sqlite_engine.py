"""SQLite: one writer connection in turn, a few readers beside it, each with a thread of its own."""

import asyncio
import fcntl
import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, TypeVar

from piccolo.engine.sqlite import SQLiteEngine

from workshops.transactions import Engine, Rows, settled

T = TypeVar("T")
Job = tuple["asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]

READERS = 4
BUSY_SECONDS = 30
LOCK_POLL_SECONDS = 0.05
_READS = re.compile(r"\s*(SELECT|VALUES|WITH(?!.*\b(INSERT|UPDATE|DELETE|REPLACE)\b))\b", re.IGNORECASE | re.DOTALL)

# INTEGER columns have integer affinity, so Piccolo's converter (through Decimal) only costs time.
sqlite3.register_converter("INTEGER", int)


class Connection:
    """A sqlite3 connection and its thread: jobs run in the order they were asked for, cancelled or not."""

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
            check_same_thread=False,
        )
        self._closed = False
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        # A daemon: a process that dies without closing must not hang here; the file survives that.
        threading.Thread(target=self._work, name="sqlite", daemon=True).start()

    @classmethod
    async def open(cls, path: str, *, reader: bool = False) -> "Connection":
        """Open the file, making it and its folder if they are missing."""
        connection = cls(path)
        try:
            await connection._call(connection._prepare, reader)
        except BaseException:
            await settled(connection.close())
            raise
        return connection

    async def close(self) -> None:
        """Finish the jobs that were asked for, then close; later ones raise sqlite3.ProgrammingError."""
        if self._closed:
            return
        self._closed = True
        closed = asyncio.get_running_loop().create_future()
        self._jobs.put((closed, self._db.close, ()))
        self._jobs.put(None)
        await closed

    async def fetch(self, sql: str, values: Sequence[Any], *, inside: bool = False) -> Rows:
        """Run one statement and return its rows; `inside`: only if a transaction is open."""
        return await self._call(self._fetch, sql, values, inside)

    async def begin(self) -> None:
        """Take the write lock of the file, waiting up to 30 s for another process."""
        await self._call(self._begin)

    async def end(self, *, commit: bool) -> None:
        """Commit or roll back; a COMMIT that fails is rolled back and its error raised."""
        await self._call(self._end, commit)

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        if self._closed:
            raise sqlite3.ProgrammingError("this connection is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((future, function, args))
        return await future

    def _work(self) -> None:
        while job := self._jobs.get():
            self._do(*job)
            del job

    def _do(self, future: "asyncio.Future[Any]", function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        result, error = None, None
        try:
            result = function(*args)
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            future.get_loop().call_soon_threadsafe(_resolve, future, result, error)

    def _prepare(self, reader: bool) -> None:
        self._db.execute("PRAGMA query_only=ON" if reader else "PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA foreign_keys=ON")

    def _fetch(self, sql: str, values: Sequence[Any], inside: bool) -> Rows:
        if inside and not self._db.in_transaction:
            raise sqlite3.OperationalError("SQLite has rolled this transaction back")
        with closing(self._db.execute(sql, values)) as cursor:
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def _end(self, commit: bool) -> None:
        try:
            if commit:
                self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def _resolve(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error:
        future.set_exception(error)
    else:
        future.set_result(result)


class Pool:
    """The connections of one event loop."""

    def __init__(self, writer: Connection, readers: list[Connection]) -> None:
        self.writer, self.turn = writer, asyncio.Lock()
        self.readers: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        for reader in readers:
            self.readers.put_nowait(reader)
        self.connections = [*readers, writer]


class SQLite(Engine, SQLiteEngine):  # type: ignore[misc]  # transaction() returns ours
    """One database file. Outside `start_connection_pool` every statement opens a connection of its own."""

    def __init__(self, path: str) -> None:
        super().__init__(path=str(Path(path).absolute()))
        self.pool: Pool | None = None

    async def start_connection_pool(self) -> None:
        opened: list[Connection] = []
        try:
            opened.append(await Connection.open(self.path))
            opened.extend([await Connection.open(self.path, reader=True) for _ in range(READERS)])
        except BaseException:
            for connection in opened:
                await connection.close()
            raise
        self.pool = Pool(opened[0], opened[1:])

    async def close_connection_pool(self) -> None:
        if self.pool is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self.close_seconds), self.pool.turn:
                await self.pool.writer.close()
        for connection in self.pool.connections:
            await connection.close()
        self.pool = None

    async def checkout(self) -> Connection:
        if self.pool is None:
            return await Connection.open(self.path)
        await self.pool.turn.acquire()
        return self.pool.writer

    async def checkin(self, connection: Connection) -> None:
        if self.pool and connection is self.pool.writer:
            self.pool.turn.release()
        else:
            await connection.close()

    async def begin(self, connection: Connection) -> None:
        await connection.begin()

    async def end(self, connection: Connection, *, commit: bool) -> None:
        await connection.end(commit=commit)

    async def run_inside(self, connection: Connection, sql: str, values: Sequence[Any]) -> Rows:
        return await connection.fetch(sql, values, inside=True)

    async def run_outside(self, sql: str, values: Sequence[Any], in_pool: bool) -> Rows:
        pool = self.pool if in_pool else None
        if pool is None:
            connection = await Connection.open(self.path)
            try:
                return await connection.fetch(sql, values)
            finally:
                await connection.close()
        if not _READS.match(sql):
            async with pool.turn:
                return await pool.writer.fetch(sql, values)
        reader = await pool.readers.get()
        try:
            return await reader.fetch(sql, values)
        finally:
            pool.readers.put_nowait(reader)

    def connections(self) -> dict[str, int]:
        if self.pool is None:
            return {"busy": 0, "idle": 0}
        idle = self.pool.readers.qsize() + (not self.pool.turn.locked())
        return {"busy": len(self.pool.connections) - idle, "idle": idle}

    @asynccontextmanager
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        with self._lock_file(name) as file:
            while not _locked(file):  # noqa: ASYNC110 - another process holds it, which sends no event
                await asyncio.sleep(LOCK_POLL_SECONDS)
            yield

    def _lock_file(self, name: str) -> IO[str]:
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        return Path(f"{self.path}.{name}.lock").open("a", encoding="utf-8")


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

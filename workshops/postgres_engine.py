"""PostgreSQL: an asyncpg pool where one was started, else a connection for each statement or transaction."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine

from workshops.transactions import Engine, settled


async def _keep_session(_: object) -> None:
    """Replace asyncpg's RESET round trip (half of a short query's time): nobody leaves session state here."""


class Postgres(Engine, PostgresEngine):  # type: ignore[misc]  # transaction() returns ours
    """One database on a server. Statements outside a transaction commit by themselves."""

    def __init__(self, url: str, pool_size: int) -> None:
        super().__init__(config={"dsn": url})
        self.pool_size = pool_size

    async def start_connection_pool(self, **_: Any) -> None:
        self.pool = await asyncpg.create_pool(
            **self.config, min_size=min(2, self.pool_size), max_size=self.pool_size, reset=_keep_session
        )

    async def close_connection_pool(self) -> None:
        if self.pool is None:
            return
        try:
            async with asyncio.timeout(self.close_seconds):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()
        finally:
            self.pool = None

    async def checkout(self) -> Any:
        return await (self.pool.acquire() if self.pool else self.get_new_connection())

    async def checkin(self, connection: Any) -> None:
        with suppress(Exception):  # the pool has already dropped a connection that it cannot reset
            await (self.pool.release(connection) if self.pool else connection.close())

    async def begin(self, connection: Any) -> None:
        await connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")

    async def end(self, connection: Any, *, commit: bool) -> None:
        await connection.execute("COMMIT" if commit else "ROLLBACK")

    async def run_inside(self, connection: Any, sql: str, values: Sequence[Any]) -> Any:
        return await connection.fetch(sql, *values)

    async def run_outside(self, sql: str, values: Sequence[Any], in_pool: bool) -> Any:
        if self.pool and in_pool:
            return await self.pool.fetch(sql, *values)
        connection = await self.get_new_connection()
        try:
            return await connection.fetch(sql, *values)
        finally:
            await settled(connection.close())

    def connections(self) -> dict[str, int]:
        idle: int = self.pool.get_idle_size() if self.pool else 0
        return {"busy": (self.pool.get_size() if self.pool else 0) - idle, "idle": idle}

    @asynccontextmanager
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        """Hold a session lock on a connection of its own: the server releases it when that ends."""
        connection = await self.get_new_connection()
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", zlib.crc32(f"workshops {name}".encode()))
            yield
        finally:
            await settled(connection.close())

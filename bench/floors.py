"""What the database can do at most: the recorded statements of our verbs, sent by the bare driver."""

import time
from collections.abc import Sequence
from pathlib import Path

import aiosqlite
import asyncpg

from bench.record import Statement, shared


async def postgres(url: str, sent: Sequence[list[Statement]], clients: int) -> float:
    """Transactions a second by asyncpg, on as many connections as there are clients."""
    connections = [await asyncpg.connect(url) for _ in range(clients)]

    async def act(worker: int, index: int) -> None:
        async with connections[worker].transaction():
            for sql, values in sent[index]:
                await connections[worker].fetch(sql, *values)

    try:
        started = time.perf_counter()
        await shared(len(sent), clients, act)
        return len(sent) / (time.perf_counter() - started)
    finally:
        for connection in connections:
            await connection.close()


async def sqlite(file: Path, sent: Sequence[list[Statement]]) -> float:
    """Transactions a second by aiosqlite on one connection, as durable as ours."""
    async with aiosqlite.connect(file, isolation_level=None) as connection:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute("PRAGMA foreign_keys = ON")
        started = time.perf_counter()
        for statements in sent:
            await connection.execute("BEGIN IMMEDIATE")
            for sql, values in statements:
                await connection.execute_fetchall(sql, values)
            await connection.execute("COMMIT")
        return len(sent) / (time.perf_counter() - started)

"""What the database can do at most: the recorded statements of our requests, sent by the bare driver."""

import time
from pathlib import Path

import aiosqlite
import asyncpg

from bench.rate import Rate, measured
from bench.record import BEGIN, Tape


async def postgres(url: str, tape: Tape, clients: int) -> Rate:
    """By asyncpg, on as many connections as there are clients."""
    connections = [await asyncpg.connect(url) for _ in range(clients)]

    async def act(worker: int, index: int) -> None:
        for sql, values in tape[index]:
            if values:
                await connections[worker].fetch(sql, *values)
            else:
                await connections[worker].execute(sql)

    try:
        return await measured(len(tape), clients, act, time.process_time)
    finally:
        for connection in connections:
            await connection.close()


async def sqlite(url: str, tape: Tape, _clients: int) -> Rate:
    """By aiosqlite on one connection, as durable as ours."""
    path = Path(url.removeprefix("sqlite:///"))
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            await connection.execute(f"PRAGMA {pragma}")

        async def act(_: int, index: int) -> None:
            for sql, values in tape[index]:
                await connection.execute_fetchall("BEGIN IMMEDIATE" if sql == BEGIN else sql, values)

        return await measured(len(tape), 1, act, time.process_time)

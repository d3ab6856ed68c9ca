"""The statements of our own requests as they are sent: the floor sends the same, so it never drifts from the code."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import httpx

from bench.season import Request
from workshops import app, database
from workshops.database import Engine
from workshops.settings import settings

BEGIN, COMMIT = "BEGIN", "COMMIT"
Statement = tuple[str, Sequence[Any]]
Tape = list[list[Statement]]


async def record(engine: Engine, ask: Callable[[int], Request], number: int) -> Tape:
    """Answer `number` requests in this process, one after the other, and return what each sent to the database."""
    tape: Tape = []
    transport = httpx.ASGITransport(app.application())  # type: ignore[arg-type]  # Litestar's types are narrower
    with _listening(engine, tape):
        async with httpx.AsyncClient(transport=transport, base_url=settings().public_url) as client:
            for index in range(number):
                tape.append([])
                asked = ask(index)
                answer = await client.request(asked.method, asked.path, json=asked.content, headers=asked.headers)
                if answer.status_code != asked.status or asked.holds not in answer.content:
                    raise RuntimeError(f"{answer.status_code}: {answer.text[:200]}")
    return tape


def _listening(engine: Engine, tape: Tape) -> Any:
    run, begin, end = engine.run, engine.begin, engine.end

    async def noted_run(sql: str, values: Sequence[Any] = (), in_pool: bool = True) -> Any:
        tape[-1].append((sql, tuple(values)))
        return await run(sql, values, in_pool)

    async def noted_begin(connection: Any) -> None:
        tape[-1].append((BEGIN, ()))
        await begin(connection)

    async def noted_end(connection: Any, *, commit: bool) -> None:
        tape[-1].append((COMMIT if commit else "ROLLBACK", ()))
        await end(connection, commit=commit)

    return patch.multiple(engine, run=noted_run, begin=noted_begin, end=noted_end)


@asynccontextmanager
async def in_use(url: str) -> AsyncIterator[Engine]:
    """The engine of this database, connected, as the one that this process uses."""
    before, engine = database.engine(), database.make_engine(url)
    database.use(engine)
    try:
        async with database.connected():
            yield engine
    finally:
        database.use(before)

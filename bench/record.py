"""The statements of our own verbs as they are sent: the floor sends the same, so it never drifts from the code."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from workshops.database import Engine, fetch

Statement = tuple[str, Sequence[Any]]


async def record(engine: Engine, actions: Sequence[Callable[[], Awaitable[object]]]) -> list[list[Statement]]:
    """Carry out each action and return what it sent, BEGIN and COMMIT left out."""
    sent: list[list[Statement]] = []
    run = engine.run

    async def listening(sql: str, values: Sequence[Any] = (), in_pool: bool = True) -> Any:
        sent[-1].append((sql, tuple(values)))
        return await run(sql, values, in_pool)

    engine.run = listening  # type: ignore[method-assign]
    try:
        for action in actions:
            sent.append([])
            await action()
    finally:
        engine.run = run  # type: ignore[method-assign]
    return sent


async def shared(number: int, workers: int, act: Callable[[int, int], Awaitable[None]]) -> None:
    """Call `act(worker, index)` for every index below `number`, by `workers` tasks that take turns."""
    indices = iter(range(number))

    async def work(worker: int) -> None:
        for index in indices:
            await act(worker, index)

    await asyncio.gather(*(asyncio.ensure_future(work(worker)) for worker in range(workers)))


async def counted(sql: str) -> int:
    """The number in the one row of a SELECT."""
    (row,) = await fetch(sql)
    return int(next(iter(row.values())))

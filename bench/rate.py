"""A number of things done by several at a time: how many a second, how long each took, what processor time it cost."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Rate:
    """Things a second; milliseconds that half of them and 99 % of them took; processor time of each, noise or not."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float

    def better(self, other: Self | None) -> Self:
        """The one of two that fewer strangers disturbed."""
        return other if other and other.per_second > self.per_second else self


async def measured(
    number: int, workers: int, act: Callable[[int, int], Awaitable[None]], cpu_seconds: Callable[[], float]
) -> Rate:
    """Call `act(worker, index)` for every index below `number`, by `workers` tasks that take turns."""
    indices, took = iter(range(number)), []

    async def work(worker: int) -> None:
        for index in indices:
            begun = time.perf_counter()
            await act(worker, index)
            took.append(time.perf_counter() - begun)

    cpu, started = cpu_seconds(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for worker in range(workers):
            group.create_task(work(worker))
    seconds, cpu = time.perf_counter() - started, cpu_seconds() - cpu
    took.sort()
    half, most = took[number // 2], took[number * 99 // 100]
    return Rate(number / seconds, half * 1000, most * 1000, cpu / number * 1000)

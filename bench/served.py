"""Ours: the service as processes of its own, asked over kept-alive connections."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from bench.record import shared
from tests.client import Connection, connections
from tests.processes import HOST, Web


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second, and the processor time of our processes that each took, which noise does not change."""

    per_second: float
    cpu_ms: float


async def measured(
    web: Sequence[Web], clients: int, number: int, request: Callable[[Connection, int], bytes], status: int
) -> Rate:
    """Send `number` requests by `clients` connections. Raises RuntimeError for any other status."""
    before = _cpu(web)
    async with connections([one.port for one in web], clients, HOST) as callers:

        async def act(worker: int, index: int) -> None:
            caller = callers[worker]
            answer = await caller.send(request(caller, index))
            if answer.status != status:
                raise RuntimeError(f"{answer.status}: {answer.body[:200]!r}")

        started = time.perf_counter()
        await shared(number, clients, act)
        seconds = time.perf_counter() - started
    return Rate(number / seconds, (_cpu(web) - before) / number * 1000)


def _cpu(web: Sequence[Web]) -> float:
    times = [psutil.Process(one.pid).cpu_times() for one in web]
    return float(sum(one.user + one.system for one in times))

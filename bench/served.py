"""Ours: the service as processes of its own, asked over kept-alive connections."""

from collections.abc import Callable, Sequence

import psutil

from bench.rate import Rate, measured
from bench.season import Request
from tests.client import connections
from tests.processes import HOST, Web


async def served(web: Sequence[Web], clients: int, number: int, ask: Callable[[int], Request]) -> Rate:
    """Send `number` requests by `clients` connections. Raises RuntimeError for an answer that was not meant."""
    processes = [psutil.Process(one.pid) for one in web]
    requests = [ask(index) for index in range(number)]

    def cpu_seconds() -> float:
        times = [process.cpu_times() for process in processes]
        return float(sum(one.user + one.system for one in times))

    async with connections([one.port for one in web], clients, HOST) as callers:
        written = [callers[0].written(one.method, one.path, one.content, one.headers) for one in requests]

        async def act(worker: int, index: int) -> None:
            answer, meant = await callers[worker].send(written[index]), requests[index]
            if answer.status != meant.status or meant.holds not in answer.body:
                raise RuntimeError(f"{answer.status}: {answer.body[:200]!r}")

        return await measured(number, clients, act, cpu_seconds)

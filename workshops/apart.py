"""Reading what strangers send in a process of its own, which has limits and can be ended, as no thread can."""

import asyncio
import contextlib
import os
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator

import structlog

from workshops.settings import PACKAGE

MEMORY_BYTES = 512 * 1024**2
log = structlog.get_logger()


@contextlib.asynccontextmanager
async def running(module: str) -> AsyncIterator[Process]:
    """`python -m module`, which gets nothing of our environment and is ended with the block."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        cwd=PACKAGE.parent,
        env={"OPENPYXL_LXML": "False", "PYTHONUTF8": "1"},
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    try:
        yield child
    finally:
        if child.stdin:
            child.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        code = await child.wait()
        log.debug("read_apart", what=module, code=code)


def limit(seconds: int) -> None:
    """What such a process calls first: 512 MB of memory, so many seconds of processor, and after everybody else."""
    os.nice(10)
    for what, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS
            resource.setrlimit(what, (most, most))

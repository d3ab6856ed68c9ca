"""Reading in a process of its own: 512 MB of memory, 20 s of processor, and it can be ended, as no thread can.

A process is started for every file: 0.2 s, which a file chosen by hand is worth; a pool would keep 30 MB for ever.
"""

import asyncio
import sys
from contextlib import suppress

import msgspec
import structlog

from workshops.settings import PACKAGE
from workshops.sheets.reading import MOST_BYTES, Row
from workshops.sheets.refused import KINDS, TooHeavy, TooLarge

log = structlog.get_logger()
SECONDS = 40
AT_ONCE = asyncio.Semaphore(2)


class _Answer(msgspec.Struct):
    rows: list[Row] = []
    refused: str = ""
    row: int | None = None


async def read(content: bytes) -> list[Row]:
    """The rows of a spreadsheet (see `reading.rows_of`), read apart from this process. Raises a SheetRefused."""
    if len(content) > MOST_BYTES:
        raise TooLarge
    async with AT_ONCE:
        written = await _read_apart(content)
    try:
        answer = msgspec.json.decode(written, type=_Answer)
    except msgspec.DecodeError:  # it was ended by one of its limits
        raise TooHeavy from None
    if answer.refused:
        raise KINDS[answer.refused](answer.row)
    return answer.rows


async def _read_apart(content: bytes) -> bytes:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workshops.sheets"),
        cwd=PACKAGE.parent,
        env={"OPENPYXL_LXML": "False", "PYTHONUTF8": "1"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS):
            return (await child.communicate(content))[0]
    except TimeoutError:
        return b""
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        if await child.wait():
            log.warning("spreadsheet_not_read", code=child.returncode, bytes=len(content))

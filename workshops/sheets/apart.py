"""Reading in a process of its own (see `workshops.apart`), two files at a time, 40 s each at most.

A process is started for every file: 0.2 s, which a file chosen by hand is worth; a pool would keep 30 MB for ever.
"""

import asyncio

import msgspec
import structlog

from workshops.apart import running
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
    async with running("workshops.sheets") as child:
        try:
            async with asyncio.timeout(SECONDS):
                return (await child.communicate(content))[0]
        except TimeoutError:
            return b""
        finally:
            if child.returncode:
                log.warning("spreadsheet_not_read", code=child.returncode, bytes=len(content))

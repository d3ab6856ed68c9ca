"""What the processes say of themselves: JSON lines on stderr, readable ones under DEBUG; never anybody's data."""

import logging
import sys
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

DEEPEST = 8


def configure(debug: bool, to: TextIO | None = None) -> None:
    """Write every log of this process to `to` (stderr), our own and, from warnings up, those of the libraries.

    Outside DEBUG an error is told by its type and the places it came from: its message, the values of its
    variables and what a library put into its message may hold somebody's data, so they stay out.
    """
    file = to or sys.stderr
    last: list[Processor] = [without_values, structlog.processors.JSONRenderer(serializer=_json)]
    if debug:
        readable = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=file.isatty(), exception_formatter=readable)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file),
    )
    logging.basicConfig(handlers=[_Library(debug)], level=logging.WARNING, force=True)


def without_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put the types and places of the error in `exc_info` in its place."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        event["trace"] = list(_trace(error, DEEPEST))
    return event


class _Library(logging.Handler):
    """What a library logs: the template of its first line, not the values that fill it."""

    def __init__(self, debug: bool) -> None:
        super().__init__()
        self.debug = debug

    def emit(self, record: logging.LogRecord) -> None:
        told = record.getMessage() if self.debug else str(record.msg).partition("\n")[0]
        structlog.get_logger().log(record.levelno, told, logger=record.name, exc_info=record.exc_info)


def _trace(error: BaseException, depth: int) -> Iterator[str]:
    """The type of an error and its places, innermost last; then what it came from."""
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"
    inner = [*getattr(error, "exceptions", ())]
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for other in (*inner, *((before,) if before else ())):
        if depth:
            yield from _trace(other, depth - 1)


def _json(event: EventDict, **_options: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()

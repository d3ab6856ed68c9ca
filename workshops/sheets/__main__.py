"""The process that reads one file: bytes on stdin, JSON on stdout. It gives itself limits first, then reads."""

import contextlib
import os
import resource
import sys

import msgspec

from workshops.sheets.reading import rows_of
from workshops.sheets.refused import SheetRefused

MEMORY_BYTES = 512 * 1024**2
SECONDS = 20


def main() -> None:
    """Answer `{"rows": [[number, [cell, …]], …]}`, or `{"refused": name, "row": number?}`."""
    os.nice(10)
    for limit, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS
            resource.setrlimit(limit, (most, most))
    try:
        answer: dict[str, object] = {"rows": rows_of(sys.stdin.buffer.read())}
    except SheetRefused as refused:
        answer = {"refused": type(refused).__name__, "row": refused.row}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()

"""The process that reads one file: bytes on stdin, JSON on stdout. It gives itself limits first, then reads."""

import sys

import msgspec

from workshops.apart import limit
from workshops.sheets.reading import rows_of
from workshops.sheets.refused import SheetRefused

SECONDS = 20


def main() -> None:
    """Answer `{"rows": [[number, [cell, …]], …]}`, or `{"refused": name, "row": number?}`."""
    limit(SECONDS)
    try:
        answer: dict[str, object] = {"rows": rows_of(sys.stdin.buffer.read())}
    except SheetRefused as refused:
        answer = {"refused": type(refused).__name__, "row": refused.row}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()

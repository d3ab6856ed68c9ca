"""The process that reads: again and again a length (four bytes) and a message on stdin, a line of JSON on stdout."""

import sys

import msgspec

from workshops.apart import limit
from workshops.incoming.reading import told

SECONDS = 300


def main() -> None:
    """Answer with `reading.Told` each time, or end without a word at one of the limits."""
    limit(SECONDS)
    while size := sys.stdin.buffer.read(4):
        raw = sys.stdin.buffer.read(int.from_bytes(size, "big"))
        sys.stdout.buffer.write(msgspec.json.encode(told(raw)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

"""What the reads of one person's ticket at one place on one day say together: who let them in, and when.

A pure function of the set of reads, whatever the order in which they came or came again (product.md rule 10).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REPEAT = timedelta(seconds=10)


class Word(StrEnum):
    """What a read is. ADMITTED is the attendance; ALREADY_IN is for staff to judge, REPEAT is not."""

    ADMITTED = "admitted"
    ALREADY_IN = "already_in"
    REPEAT = "repeat"
    UNDONE = "undone"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """One read, in the order in which reads count: effective time, then id, which its reader gives out in order.

    `counts` is False for what the phone refused and nobody let in, and for what staff set aside. An undo `undoes`
    the read with that id of the same caller.
    """

    at: datetime
    id: str
    caller: str
    counts: bool = True
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """The read that let the person in, if any, and what each read is. Undos have no word."""

    first: Read | None
    words: dict[str, Word]


def merge(reads: Iterable[Read]) -> Merged:
    """Say what reads of one person at one place and day are together.

    The earliest that counts and is not undone lets the person in. A later one is already in, or a repeat within
    10 s of the same caller's read before. Taking away or adding an undo makes the next or the former one first.
    """
    known: dict[str, Read] = {}
    for read in sorted(reads):
        known.setdefault(read.id, read)
    undone = {(read.caller, read.undoes) for read in known.values() if read.undoes}
    words: dict[str, Word] = {}
    standing: list[Read] = []
    for read in known.values():
        if read.undoes:
            continue
        if (read.caller, read.id) in undone:
            words[read.id] = Word.UNDONE
        elif not read.counts:
            words[read.id] = Word.REFUSED
        else:
            words[read.id] = _after(standing, read)
            standing.append(read)
    return Merged(standing[0] if standing else None, words)


def _after(standing: list[Read], read: Read) -> Word:
    """What a read is after those that stand before it."""
    own = [before.at for before in standing if before.caller == read.caller]
    if not standing:
        return Word.ADMITTED
    return Word.REPEAT if own and read.at - own[-1] <= REPEAT else Word.ALREADY_IN

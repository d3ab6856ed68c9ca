"""What the reads of one person's tickets at one place on one day say together: who let them in, and when.

A pure function of the set of reads, whatever the order in which they came or came again (product.md rule 10).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REPEAT = timedelta(seconds=10)


class Word(StrEnum):
    """What a read is. The admitted one is the attendance; duplicates are for staff to judge, a repeat is not.

    The last four are said of what is no read of a known person, and of what cannot be kept at all.
    """

    ADMITTED = "admitted"
    ADMITTED_AFTER_CANCEL = "admitted_after_cancel"
    REPEAT = "repeat"
    DUPLICATE_SAME_PHONE = "duplicate_same_phone"
    DUPLICATE_OTHER_PHONE = "duplicate_other_phone"
    REPLACED_TICKET = "replaced_ticket"
    UNDONE = "undone"
    REFUSED = "refused"
    UNMATCHED = "unmatched"
    NOT_A_TICKET = "not_a_ticket"
    COUNTED = "counted"
    REFUSED_INPUT = "refused_input"


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """One read, in the order in which reads count: effective time, then the number its reader gave it, then id.

    `counts` is False for what the phone refused and nobody let in, and for what staff set aside; `replaced`: it is
    that for an old ticket. `after_cancel`: the place had been given back. An undo `undoes` its caller's read
    of that id.
    """

    at: datetime
    seq: int
    id: str
    caller: str
    counts: bool = True
    undoes: str = ""
    replaced: bool = False
    after_cancel: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """The read that let the person in, if any, and what each read is. Undos have no word."""

    first: Read | None
    words: dict[str, Word]


def merge(reads: Iterable[Read]) -> Merged:
    """Say what reads of one person at one place and day are together.

    The earliest that counts and is not undone lets the person in, also where the place had been given back: a fact. A
    later one is a duplicate, or a repeat within 10 s of the same caller's read before. Taking away or adding an undo
    makes the next or the former one first.
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
            words[read.id] = Word.REPLACED_TICKET if read.replaced else Word.REFUSED
        else:
            words[read.id] = _after(standing, read)
            standing.append(read)
    return Merged(standing[0] if standing else None, words)


def _after(standing: list[Read], read: Read) -> Word:
    """What a read is after those that stand before it."""
    if not standing:
        return Word.ADMITTED_AFTER_CANCEL if read.after_cancel else Word.ADMITTED
    own = [before.at for before in standing if before.caller == read.caller]
    if own and read.at - own[-1] <= REPEAT:
        return Word.REPEAT
    return Word.DUPLICATE_SAME_PHONE if standing[0].caller == read.caller else Word.DUPLICATE_OTHER_PHONE

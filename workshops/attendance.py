"""Who came to a day, from what the door read and what staff said (product.md rule 10)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workshops.database import fetch

Row = dict[str, Any]

COUNTS = (
    "n.kind IN ('in', 'walk_in') AND n.attendee IS NOT NULL AND (n.let_in OR NOT n.refused) "
    "AND NOT n.after_revocation AND n.set_aside_at IS NULL"
)
"""SQL: a scan `n` is an attendance, unless it was undone."""
STANDS = "NOT EXISTS (SELECT 1 FROM scan u WHERE u.undoes = n.id AND u.caller = n.caller)"
"""SQL: nobody took the scan `n` back."""


class Word(StrEnum):
    """What is known of a place, or of a person on a day. EXCUSED is said of who gave back all they had."""

    ATTENDED = "attended"
    EXCUSED = "excused"
    NO_SHOW = "no_show"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Came:
    """One person on one day. `met`: the places they attended (workshop, title, company), `missed`: the others."""

    word: Word
    met: tuple[Row, ...] = ()
    missed: tuple[Row, ...] = ()


@dataclass(slots=True)
class Reads:
    """Who was read where on a day: at the hall, at a stand (workshop), at one of its slots."""

    hall: set[str] = field(default_factory=set)
    stands: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    slots: set[tuple[str, str]] = field(default_factory=set)

    def knows(self, attendee: str) -> bool:
        """Whether the person was read anywhere."""
        return attendee in self.hall or any(attendee in read for read in self.stands.values())


async def of_day(event: str, attendee: str | None = None) -> dict[str, Came]:
    """What is known of everybody who had a place on the day, or of one person, by attendee; three questions at most."""
    own = " AND r.attendee = {}" if attendee else ""
    places = await fetch(f"{_PLACES}{own} ORDER BY s.starts_at, r.id", event, *([attendee] if attendee else []))
    reads = Reads()
    for row in await fetch(_READS, event, event):
        if row["session"] is None:
            reads.hall.add(row["attendee"])
        else:
            reads.stands[row["workshop"]].add(row["attendee"])
            reads.slots.add((row["attendee"], row["session"]))
    people: dict[str, list[Row]] = {}
    for place in places:
        people.setdefault(place["attendee"], []).append(place)
    return {one: came(own_places, reads) for one, own_places in people.items()}


async def is_in(attendee: str) -> bool:
    """Whether somebody has been let in, at the hall or a stand of their day."""
    return bool(
        await fetch(f"SELECT n.id FROM scan n WHERE n.attendee = {{}} AND {COUNTS} AND {STANDS} LIMIT 1", attendee)
    )


def came(places: Iterable[Row], reads: Reads) -> Came:
    """What is known of one person with these places: read anywhere they came, even if a stand missed them."""
    words = [(place, word(place, reads)) for place in places]
    met = tuple(place for place, said in words if said is Word.ATTENDED)
    missed = tuple(place for place, said in words if said is Word.NO_SHOW)
    if met or reads.knows(words[0][0]["attendee"]):
        return Came(Word.ATTENDED, met, missed)
    said = {one for place, one in words if place["status"] == "confirmed"} or {one for _, one in words}
    return Came(next((one for one in (Word.EXCUSED, Word.NO_SHOW) if one in said), Word.UNKNOWN), met, missed)


def word(place: Row, reads: Reads) -> Word:
    """What is known of a place: as staff said, else by its stand, else (it read nobody) by the hall."""
    if place["attendance"]:
        return Word(place["attendance"])
    if place["status"] == "cancelled":
        return Word.EXCUSED if place["cancelled_at"] < place["starts_at"] else Word.UNKNOWN
    if (place["attendee"], place["session"]) in reads.slots:
        return Word.ATTENDED
    read = reads.stands.get(place["workshop"]) or reads.hall
    if not read:
        return Word.UNKNOWN
    by_the_hall = read is reads.hall and place["attendee"] in read
    return Word.ATTENDED if by_the_hall else Word.NO_SHOW


_PLACES = (
    "SELECT r.id, r.attendee, r.session, r.status, r.attendance, r.cancelled_at, s.workshop, s.starts_at, w.title, "
    "w.rome_code, o.name AS company FROM registration r JOIN attendee a ON a.id = r.attendee AND a.kind = 'person' "
    "JOIN session s ON s.id = r.session AND s.status = 'open' "
    "JOIN workshop w ON w.id = s.workshop AND w.status <> 'cancelled' LEFT JOIN organisation o ON o.id = w.exhibitor "
    "WHERE a.event = {} AND (r.status = 'confirmed' OR (r.status = 'cancelled' AND r.cancelled_why IS NULL) "
    "OR (r.status = 'waiting' AND EXISTS (SELECT 1 FROM scan n WHERE n.attendee = r.attendee AND n.session = r.session "
    f"AND {COUNTS} AND {STANDS})))"
)
"""Who waited and was let in at the stand has had their place: the waiting row is the attendance."""
_READS = (
    "SELECT DISTINCT n.attendee, n.session, s.workshop FROM scan n LEFT JOIN session s ON s.id = n.session "
    f"WHERE n.event = {{}} AND {COUNTS} "
    "AND (n.id, n.caller) NOT IN (SELECT u.undoes, u.caller FROM scan u WHERE u.event = {} AND u.kind = 'undo')"
)

"""A person in two places at once, in whatever events (rule 3): only a change of the plan can bring it about.

The person then chooses: the place that was moved is marked `must_choose` until one of the two is given back.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from workshops import sql
from workshops.database import fetch

MOST_ASKED = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place that somebody may take: its workshop, its hours (UTC), and the place it was asked instead of, if any."""

    workshop: str
    starts_at: datetime
    ends_at: datetime
    replaces: str | None


@dataclass(frozen=True, slots=True)
class Booked:
    """A confirmed place of the person who is the attendee `whose`, at another event perhaps another `attendee`."""

    whose: str
    id: str
    attendee: str
    session: str
    workshop: str
    title: str
    starts_at: datetime
    ends_at: datetime
    must_choose: bool

    def overlaps(self, other: "Booked") -> bool:
        """[start, end): touching is fine; a place does not overlap itself."""
        return self.id != other.id and self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def gives_way(self, wanted: Wanted) -> bool:
        """Whether this place goes if the person takes the one `wanted`: rule 3 allows one of the two."""
        at_once = self.starts_at < wanted.ends_at and wanted.starts_at < self.ends_at
        return at_once or self.workshop == wanted.workshop or self.id == wanted.replaces


async def booked(attendees: Collection[str]) -> list[Booked]:
    """Every confirmed place of the persons who are these attendees, once for each of them."""
    asked, found = sorted(set(attendees)), []
    for start in range(0, len(asked), MOST_ASKED):
        some = asked[start : start + MOST_ASKED]
        marks = sql.marks(len(some))
        found += await fetch(
            "SELECT same.whose, r.id, r.attendee, r.session, r.must_choose, s.workshop, w.title, s.starts_at, "
            "s.ends_at FROM (SELECT k.attendee AS whose, l.attendee AS other FROM attendee_key k "
            f"JOIN attendee_key l ON l.key = k.key AND l.active WHERE k.active AND k.attendee IN ({marks}) "
            f"UNION SELECT a.id, a.id FROM attendee a WHERE a.id IN ({marks})) same "
            "JOIN registration r ON r.attendee = same.other AND r.status = 'confirmed' "
            "JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
            "ORDER BY same.whose, s.starts_at, r.id",
            *(*some, *some),
        )
    return [Booked(**row) for row in found]


def clashing(places: Iterable[Booked]) -> dict[str, list[Booked]]:
    """For each of these places that overlaps another of the same person: which ones."""
    found: dict[str, list[Booked]] = {}
    of_one: dict[str, list[Booked]] = {}
    for place in places:
        of_one.setdefault(place.whose, []).append(place)
    for held in of_one.values():
        for place in held:
            if others := [other for other in held if place.overlaps(other)]:
                found[place.id] = others
    return found


async def settle(attendees: Collection[str], now: datetime) -> None:
    """Let nobody choose any more where nothing is left to choose between, after a place was given back or changed.

    The caller has locked the people.
    """
    places = await booked(attendees)
    await unmark({place.id for place in places if place.must_choose} - set(clashing(places)), now)


async def mark(registrations: Collection[str], now: datetime) -> None:
    """Ask for a choice about these places."""
    await _set(registrations, True, now)


async def unmark(registrations: Collection[str], now: datetime) -> None:
    """Ask for no choice about these places any more."""
    await _set(registrations, False, now)


async def _set(registrations: Collection[str], must_choose: bool, now: datetime) -> None:
    if registrations:
        await fetch(
            "UPDATE registration SET must_choose = {}, updated_at = {} "
            f"WHERE id IN ({sql.marks(len(registrations))})",
            *(must_choose, now, *sorted(registrations)),
        )

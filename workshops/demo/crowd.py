"""The people of the season: invented names, contacts that reach nobody, each at one event a day at most."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from random import Random

from workshops.demo import cast

COMES_AGAIN = 0.12
FAMILY = 0.06
UNDER_16 = 0.04


@dataclass(frozen=True, slots=True)
class Someone:
    """A person who never was. Phones are in the range that Arcep keeps for fiction (06 39 98 xx xx), as E.164."""

    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    adult: tuple[str, str] | None


class Crowd:
    """Everybody who takes part in a season; no two have the same name."""

    def __init__(self, random: Random) -> None:
        first, last = cast.script()["first_names"], cast.script()["last_names"]
        self._random = random
        self._names = [(one, other) for one in first for other in last]
        random.shuffle(self._names)
        self._known: list[Someone] = []
        self._days: list[set[date]] = []

    def someone(self, day: date) -> Someone:
        """A person who is at no other event that day: a new one, or one who comes again."""
        number = self._free(day) if not self._names or self._random.random() < COMES_AGAIN else None
        if number is None:
            number = len(self._known)
            self._known.append(self._new())
            self._days.append(set())
        self._days[number].add(day)
        return self._known[number]

    def _free(self, day: date) -> int | None:
        first = self._random.randrange(len(self._known) or 1)
        everybody = range(len(self._known))
        return next((one for one in (*everybody[first:], *everybody[:first]) if day not in self._days[one]), None)

    def _new(self) -> Someone:
        first, last = self._names.pop()
        adult = None
        if self._random.random() < UNDER_16:
            adult = (f"{self._random.choice(cast.script()['first_names'])} {last}", self._phone())
        if self._known and self._random.random() < FAMILY:
            relative = self._known[-1]
            return Someone(first, last, relative.email, relative.phone or self._phone(), adult)
        kind = self._random.random()
        email = f"{_plain(first)}.{_plain(last)}@example.org" if kind < 0.8 else None
        phone = self._phone() if email is None or kind < 0.65 else None
        return Someone(first, last, email, phone, adult)

    def _phone(self) -> str:
        return f"+3363998{self._random.randrange(10_000):04}"


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return plain.replace(" ", "-")

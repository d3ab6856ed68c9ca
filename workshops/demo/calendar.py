"""When and where: one day running now, a meeting, one cancelled, one still a draft, the others over six months."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from workshops.communes import Commune, communes
from workshops.i18n import PARIS

FIRST_COMMUNES = ("Lens", "Hénin-Beaumont", "Béthune", "Bruay-la-Buissière", "Avion", "Violaines")
FEWEST, MOST = 3, 1000
FIRST_AFTER_DAYS, LAST_AFTER_DAYS = 8, 173
OPENING_DAYS = {1, 2, 4}
"""Tuesday, Wednesday and Friday: no movable holiday falls on them."""
HOLIDAYS = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 24), (12, 25), (12, 31)}
HOURS = ((time(9), time(12)), (time(13, 30), time(16, 30)))
MEETING_HOURS = ((time(14), time(16, 30)),)
BEFORE, AFTER = timedelta(hours=3), timedelta(hours=5)
LAST_MINUTE = time(23, 55)

Window = tuple[datetime, datetime]


class Kind(Enum):
    """What a day shows of the product."""

    TODAY = "today"
    PUBLISHED = "published"
    MEETING = "meeting"
    CANCELLED = "cancelled"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the season. `windows`: when stands are open, UTC; `ahead`: days from the start hour."""

    kind: Kind
    town: Commune
    date: date
    windows: tuple[Window, ...]
    ahead: int

    @property
    def starts_at(self) -> datetime:
        return self.windows[0][0]

    @property
    def ends_at(self) -> datetime:
        return self.windows[-1][1]


def season(start: datetime, events: int, random: Random) -> list[Day]:
    """The days of a season, today's first. Raises ValueError for fewer than 3 events or more than 1000."""
    if not FEWEST <= events <= MOST:
        raise ValueError(f"a season has from {FEWEST} to {MOST} events")
    kinds = {0: Kind.TODAY, 2: Kind.MEETING, 3: Kind.CANCELLED, 5: Kind.DRAFT}
    today = start.astimezone(ZoneInfo(PARIS)).date()
    between = (LAST_AFTER_DAYS - FIRST_AFTER_DAYS) / max(events - 2, 1)
    days = []
    for number, town in zip(range(events), _towns(events, random), strict=True):
        kind = kinds.get(number, Kind.PUBLISHED)
        if kind is Kind.TODAY:
            days.append(Day(kind, town, today, (around(start),), 0))
            continue
        day = _opening_day(today + timedelta(FIRST_AFTER_DAYS + int((number - 1) * between)))
        hours = MEETING_HOURS if kind is Kind.MEETING else HOURS
        windows = tuple((_at(day, first), _at(day, last)) for first, last in hours)
        days.append(Day(kind, town, day, windows, (day - today).days))
    return days


def around(start: datetime) -> Window:
    """From 3 h before to 5 h after `start`, within its day in Paris, in UTC."""
    day = start.astimezone(ZoneInfo(PARIS)).date()
    return max(start - BEFORE, _at(day, time())), min(start + AFTER, _at(day, LAST_MINUTE))


def slots(windows: tuple[Window, ...], minutes: int, most: int, random: Random) -> list[Window]:
    """At most `most` slots of `minutes` each: some of those that fill the windows from their begin, or to their end."""
    step, to_the_end = timedelta(minutes=minutes), random.random() < 0.5
    fitting: list[Window] = []
    for first, last in windows:
        number, left = divmod(last - first, step)
        begin = first + left if to_the_end else first
        fitting.extend(pairwise(begin + one * step for one in range(number + 1)))
    return sorted(random.sample(fitting, min(most, len(fitting))))


def _towns(events: int, random: Random) -> list[Commune]:
    named = {town.name: town for town in communes()}
    first = [named[name] for name in FIRST_COMMUNES]
    others = [town for town in communes() if town.name not in FIRST_COMMUNES]
    random.shuffle(others)
    return [(first + others)[number % len(named)] for number in range(events)]


def _opening_day(day: date) -> date:
    while day.weekday() not in OPENING_DAYS or (day.month, day.day) in HOLIDAYS:
        day += timedelta(1)
    return day


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZoneInfo(PARIS)).astimezone(UTC)

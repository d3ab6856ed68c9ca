"""The grid of a day, pure: the slots that a rule gives, and what in a plan is in two places. Slots are aware UTC."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from workshops.slot_rules import Rule, checked, read_hours, read_rule, write_rule

__all__ = ["Rule", "checked", "read_hours", "read_rule", "write_rule"]

Window = tuple[datetime, datetime]
Key = tuple[str, ...]


class Trouble(StrEnum):
    STAND = "stand"
    FACILITATOR = "facilitator"
    HALL = "hall"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Planned:
    """A slot in a plan: its workshop, at which stand, led by whom. Times are UTC."""

    workshop: str
    stand: str | None
    facilitator: str | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Clash:
    """What cannot be at once: two workshops (or one with itself), or one outside the hall's or the day's hours.

    `windows` are the slots of `first` that it concerns, in order.
    """

    trouble: Trouble
    first: str
    second: str | None
    windows: tuple[Window, ...]


def slots(rule: Rule, day: date, zone: str) -> tuple[Window, ...]:
    """The slots of `day` in `zone`, in order, aware UTC: each as long as the rule says, whatever clocks do."""
    length, step, found = timedelta(minutes=rule.minutes), timedelta(minutes=rule.minutes + rule.gap), []
    for first, last in rule.ranges:
        start, end = instant(day, first, zone), instant(day, last, zone)
        while start + length <= end:
            found.append((start, start + length))
            start += step
    return tuple(found)


def instant(day: date, at: time, zone: str) -> datetime:
    """The local time `at` of `day` in UTC: an hour that comes twice is the first, one that is left out comes later."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def clashes(plan: Iterable[Planned], hall: Window | None, day: Window | None) -> list[Clash]:
    """What in a plan is at two places at once, or outside the hours of the hall or, within those, of the day.

    At two places: two slots at one stand, or led by one person at two, that overlap; touching is fine. A person is
    the same by name, however it is written.
    """
    found: defaultdict[tuple[Trouble, str, str | None], set[Window]] = defaultdict(set)
    ordered = sorted(plan, key=lambda slot: (slot.starts_at, slot.ends_at, slot.workshop))
    for slot in ordered:
        if trouble := _outside(slot, hall, day):
            found[trouble, slot.workshop, None].add((slot.starts_at, slot.ends_at))
    for one, other in _overlapping(ordered, _place):
        _add(found, Trouble.STAND, one, other)
    for one, other in _overlapping(ordered, _person):
        if _place(one) != _place(other):
            _add(found, Trouble.FACILITATOR, one, other)
    return [Clash(*about, tuple(sorted(windows))) for about, windows in found.items()]


def _outside(slot: Planned, hall: Window | None, day: Window | None) -> Trouble | None:
    for trouble, hours in ((Trouble.HALL, hall), (Trouble.DAY, day)):
        if hours and not (hours[0] <= slot.starts_at and slot.ends_at <= hours[1]):
            return trouble
    return None


def _place(slot: Planned) -> Key:
    """A workshop without a stand is a place by itself."""
    return ("stand", slot.stand.casefold()) if slot.stand else ("workshop", slot.workshop)


def _person(slot: Planned) -> Key:
    spelt = unicodedata.normalize("NFKD", (slot.facilitator or "").casefold())
    return tuple(sorted(re.findall(r"\w+", "".join(char for char in spelt if not unicodedata.combining(char)))))


def _overlapping(plan: list[Planned], key: Callable[[Planned], Key]) -> Iterator[tuple[Planned, Planned]]:
    """Every pair of one key, where there is one, at overlapping hours; `plan` is in the order of its begins."""
    groups = defaultdict(list)
    for slot in plan:
        groups[key(slot)].append(slot)
    groups.pop((), None)
    for group in groups.values():
        for number, slot in enumerate(group):
            for other in group[number + 1 :]:
                if other.starts_at >= slot.ends_at:
                    break
                yield slot, other


def _add(
    found: dict[tuple[Trouble, str, str | None], set[Window]], trouble: Trouble, one: Planned, other: Planned
) -> None:
    first, second = sorted((one, other), key=lambda slot: slot.workshop)
    found[trouble, first.workshop, second.workshop].add((first.starts_at, first.ends_at))

"""A rule for the slots of a day, as people write it: "every 45 minutes from 9 to 12 and 13:30 to 16:30, 8 places"."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

from workshops.errors import Fault, Invalid
from workshops.i18n import _

Hours = tuple[time, time]
SHORTEST, LONGEST = 5, 720
MOST_PLACES = 2000
MOST_SLOTS = 60

_TIME = (
    r"(?<![\d:.])([01]?\d|2[0-3])(?:\s*h(?:eures?|rs?)?(?:\s*([0-5]\d))?|[:.]([0-5]\d))?(?:\s*([ap])\.?m\b\.?)?(?!\d)"
)
_RANGE = rf"{_TIME}\s*(?:a|to|till?|until|jusqu.a|et|and|-|>|/)+\s*{_TIME}"
_MINUTES = r"(\d{1,3})\s*(?:minutes?|mins?|mn|')(?![a-z])"
_LENGTH = rf"(?:{_MINUTES}|(\d{{1,2}})\s*(?:h|heures?|hours?)(?![a-z])\s*([0-5]\d)?)"
_EVERY = rf"(?:tou(?:te)?s\s+les|chaque|every|each)\s+(?:{_LENGTH}|(\d{{1,3}})\b)"
_SLOTS = rf"(?:creneaux?|slots?|seances?|sessions?|duree|lasting)\s*(?:de|of|d.|:)?\s*{_LENGTH}"
_PAUSE = r"(?:pauses?|battements?|intervalles?|gaps?|breaks?)"
_APART = r"(?:separe\w*|espace\w*|spaced|apart|(?:between|entre)(?!\s*\d))"
_PLACES = r"(\d{1,5})\s*(?:places?|pers(?:onnes?|ons?)?\b|people|seats?|participants?)"
_PLACES_AFTER = r"(?:places?|seats?)\s*[:=]\s*(\d{1,5})"
_NO_HOURS = _("Say from when to when, such as “from 9:00 to 12:00”.")
_WORDS = (
    (r"trois[ -]quarts? d.heure|three quarters of an hour", "45 minutes"),
    (r"demi[ -]?heures?|half(?: an)?[ -]hour", "30 minutes"),
    (r"quarts? d.heure|quarter of an hour", "15 minutes"),
    (r"heures? et demie|hour and a half", "90 minutes"),
    (r"(?<=les )heures?\b|(?<=chaque )heure\b|(?<=every )hour\b|(?<=une )heure\b|(?<=an )hour\b", "60 minutes"),
    (r"\b(?:une?|an?) (?=\d+ minutes)", ""),
    (r"\bmidi\b|\bnoon\b", "12:00"),
    (r"[–—−]", "-"),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Slots of `minutes`, the next `gap` minutes after the last, within `ranges` of local hours, `places` in each."""

    minutes: int
    gap: int
    ranges: tuple[Hours, ...]
    places: int


def read_rule(text: str, name: str = "rule") -> Rule:
    """The rule that a French or English sentence states. Raises Invalid: one fault of the field `name` for each lack.

    "Every 45 minutes" counts from begin to begin, a pause within it; "slots of 45 minutes" does not hold the pause.
    Hours after "except" or "pause" are left out of the others.
    """
    rest = _plain(text)
    places, rest = _taken(rest, _PLACES, _PLACES_AFTER)
    gap, rest = _taken(rest, rf"{_MINUTES}\s*(?:de\s+|of\s+|d.)?(?:{_PAUSE}|{_APART})")
    holes, rest = _ranges(rf"(?:sauf|except|hors|lunch|dejeuner|{_PAUSE})[^\d,;]{{0,30}}?{_RANGE}", rest)
    if gap is None:
        gap, rest = _taken(rest, rf"(?:{_PAUSE}|{_APART})[^\d,;]{{0,20}}?{_MINUTES}")
    every, rest = _taken(rest, _EVERY)
    length, rest = _taken(rest, _MINUTES, _SLOTS)
    ranges, rest = _ranges(_RANGE, rest)
    if gap is None:
        gap = max(every - length, 0) if every and length else 0
    minutes = length or (every or 0) - gap
    faults = [
        *([] if length or every else [_("Say how long a slot lasts, such as “every 45 minutes”.")]),
        *([] if ranges else [_NO_HOURS]),
        *([] if places else [_("Say how many places a slot has, such as “8 places”.")]),
    ]
    if not faults and re.search(r"\d", rest):
        faults.append(_("A part of this cannot be read. Write it like the example."))
    if faults:
        raise Invalid(faults=tuple(Fault(name, fault) for fault in faults))
    return checked(Rule(minutes, gap, _without(ranges, holes), places or 0), name)


def read_hours(text: str, name: str = "hours") -> tuple[Hours, ...]:
    """Ranges of hours such as "9 h – 12 h, 13 h 30 – 16 h 30". Raises Invalid, a fault of the field `name`."""
    ranges, rest = _ranges(_RANGE, _plain(text))
    if not ranges or re.search(r"\d", rest):
        raise Invalid(faults=(Fault(name, _NO_HOURS),))
    return tuple(sorted(ranges))


def checked(rule: Rule, name: str = "rule") -> Rule:
    """The rule itself, if slots can be made of it. Raises Invalid, a fault of the field `name`."""
    fault, limits = None, {}
    if not SHORTEST <= rule.minutes <= LONGEST:
        fault, limits = _("A slot lasts from %(min)s to %(max)s minutes."), {"min": SHORTEST, "max": LONGEST}
    elif not 0 <= rule.gap <= LONGEST:
        fault, limits = _("A pause lasts %(max)s minutes at most."), {"max": LONGEST}
    elif not 1 <= rule.places <= MOST_PLACES:
        fault, limits = _("A slot has from 1 to %(max)s places."), {"max": MOST_PLACES}
    elif any(first >= last for first, last in rule.ranges):
        fault = _("These hours end before they begin. Write the afternoon as 13:30.")
    elif any(one[1] > other[0] for one, other in pairwise(sorted(rule.ranges))):
        fault = _("These hours overlap.")
    elif not 1 <= (number := _number(rule)) <= MOST_SLOTS:
        fault = _("No slot fits into these hours.") if not number else _("A stand has %(max)s slots a day at most.")
        limits = {"max": MOST_SLOTS}
    if fault:
        raise Invalid(faults=(Fault(name, fault, limits),))
    return rule


def write_rule(rule: Rule, locale: str) -> str:
    """The sentence that `read_rule` reads back as this rule: what a form proposes."""
    french = locale == "fr"
    hours = [
        f"de {_clock(first, 'fr')} à {_clock(last, 'fr')}" if french else f"from {_clock(first)} to {_clock(last)}"
        for first, last in rule.ranges
    ]
    every = f"toutes les {rule.minutes + rule.gap} minutes" if french else f"every {rule.minutes + rule.gap} minutes"
    gap = f", {rule.gap} minutes {'de pause' if french else 'of break'}" if rule.gap else ""
    return f"{every} {(' et ' if french else ' and ').join(hours)}{gap}, {rule.places} places"


def _plain(text: str) -> str:
    """Small letters without accents, words for numbers as numbers."""
    spelt = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    plain = " ".join("".join(char for char in spelt if not unicodedata.combining(char)).split())
    for words, number in _WORDS:
        plain = re.sub(words, number, plain)
    return plain


def _taken(text: str, *patterns: str) -> tuple[int | None, str]:
    """The minutes, or the number, that the first of `patterns` to be there finds, and the text without it."""
    for pattern in patterns:
        if match := re.search(pattern, text):
            minutes, hours, more, bare = (*match.groups(), None, None, None)[:4]
            number = int(hours) * 60 + int(more or 0) if hours else int(minutes or bare or 0)
            return number, f"{text[: match.start()]} ; {text[match.end() :]}"
    return None, text


def _ranges(pattern: str, text: str) -> tuple[list[Hours], str]:
    """The hours that `pattern` finds, and the text without them."""
    found = [(_time(*match.groups()[:4]), _time(*match.groups()[4:])) for match in re.finditer(pattern, text)]
    return found, re.sub(pattern, " ; ", text)


def _time(hour: str, minute: str | None, other: str | None, half: str | None) -> time:
    number = int(hour) % 12 + (12 if half == "p" else 0) if half else int(hour)
    return time(number, int(minute or other or 0))


def _without(ranges: list[Hours], holes: list[Hours]) -> tuple[Hours, ...]:
    """The ranges in order, cut where there is a hole."""
    for begin, end in holes:
        cut = [((first, min(last, begin)), (max(first, end), last)) for first, last in ranges]
        ranges = [part for parts in cut for part in dict.fromkeys(parts) if part[0] < part[1]]
    return tuple(sorted(ranges))


def _number(rule: Rule) -> int:
    """How many slots a rule gives on a day whose clocks do not change."""
    whole = [(last.hour - first.hour) * 60 + last.minute - first.minute for first, last in rule.ranges]
    return sum((minutes + rule.gap) // (rule.minutes + rule.gap) for minutes in whole)


def _clock(at: time, locale: str = "en") -> str:
    if locale == "fr":
        return f"{at.hour} h {at.minute:02}" if at.minute else f"{at.hour} h"
    return f"{at.hour}:{at.minute:02}"

"""Jobs by their ROME code, and the 14 domains by which people look for one. People see words, never a code."""

import csv
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from unicodedata import combining, normalize

from workshops.i18n import _
from workshops.settings import bundled

DOMAINS = {
    "A": _("Farming, fishing, green spaces, animals"),
    "B": _("Arts and crafts"),
    "C": _("Banking, insurance, property"),
    "D": _("Shops, sales"),
    "E": _("Communication, media"),
    "F": _("Construction, public works"),
    "G": _("Hotels and restaurants, tourism, leisure"),
    "H": _("Industry"),
    "I": _("Installation and maintenance"),
    "J": _("Health"),
    "K": _("Services to people and communities"),
    "L": _("Performing arts"),
    "M": _("Business support"),
    "N": _("Transport and logistics"),
}
"""The letter that begins a ROME code, in plain words: English message ids of locales/fr/reference.po."""


def jobs() -> dict[str, str]:
    """The French label of every ROME 4.0 code, as France Travail writes it."""
    return dict(_labels())


def job(code: str) -> str | None:
    """The French label of a ROME code; None if there is no such job."""
    return _labels().get(code)


@lru_cache(1024)
def search(text: str, most: int = 10) -> tuple[tuple[str, str], ...]:
    """The codes and labels of the jobs nearest to what was typed, the nearest first: a code, or words in any spelling.

    Every word must be near one of the label ("soudure" finds Soudeur); where no label has all, those with most of them.
    """
    asked = tuple(word for word in _words(text[:100]) if len(word) > 2)
    code = text.strip().upper()
    if code in _labels():
        return ((code, _labels()[code]),)
    found = [(sum(map(bool, near)), sum(near), label, code) for code, label, near in _near(asked) if any(near)]
    best = max((words for words, *_ in found), default=0)
    ranked = sorted(found, key=lambda one: (-one[1], len(one[2]), one[2]))
    return tuple((code, label) for words, _, label, code in ranked if words == best)[:most]


def recognised(title: str) -> str | None:
    """The code of the one job that `title` names in full, whatever its spelling, gender or order: Maçonne, maçon."""
    asked = set(_words(title[:100]))
    found = [
        code
        for code, label in search(title)
        if asked <= set(_words(label)) and all(any(word[:4] == one[:4] for one in asked) for word in _words(label))
    ]
    return found[0] if len(found) == 1 else None


def _near(asked: tuple[str, ...]) -> Iterator[tuple[str, str, list[int]]]:
    for code, words in _spelt().items():
        yield code, _labels()[code], [max(_nearness(one, word) for word in words) for one in asked]


def _nearness(asked: str, word: str) -> int:
    """4 for the same word, 3 for its beginning, 1 where the two differ in their endings only."""
    if asked == word:
        return 4
    if word.startswith(asked):
        return 3
    stem = max(4, len(asked) - 3)
    return 1 if asked[:stem] == word[:stem] and len(asked) > 3 else 0


@cache
def _spelt() -> dict[str, tuple[str, ...]]:
    return {code: _words(label) for code, label in _labels().items()}


def _words(text: str) -> tuple[str, ...]:
    spelt = text.casefold().replace("œ", "oe")
    bare = "".join(char for char in normalize("NFKD", spelt) if not combining(char))
    return tuple(re.findall(r"[^\W_]+", bare))


@cache
def _labels() -> dict[str, str]:
    with (bundled("data") / "rome.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["label"] for row in csv.DictReader(file)}

"""Whether a name is spelt otherwise, or is another's: a place is not handed on. Pure."""

from enum import StrEnum, auto
from itertools import product

from workshops.persons import name_key, search_name

Names = tuple[str, str]


class Respelling(StrEnum):
    """What a change of a first and a last name amounts to."""

    SAME_PERSON = auto()
    ANOTHER_NAME = auto()
    SOMEBODY_ELSE = auto()


def respelling(before: Names, after: Names) -> Respelling:
    """Judge a change of both names, each (first, last).

    SAME_PERSON: each stays alike (a letter in three may be wrong, a part of a double name may be missing), or they
    change places. ANOTHER_NAME: one of the two is another and the other stays as it is, but for case, accents and
    hyphens: a married name, the name one goes by. Everything else is SOMEBODY_ELSE.
    """
    if name_key(*before) == name_key(*after):
        return Respelling.SAME_PERSON
    pairs = [(search_name("", old), search_name("", new)) for old, new in zip(before, after, strict=True)]
    if all(_alike(old, new) for old, new in pairs):
        return Respelling.SAME_PERSON
    return Respelling.ANOTHER_NAME if any(old == new for old, new in pairs) else Respelling.SOMEBODY_ELSE


def _alike(old: str, new: str) -> bool:
    words = set(old.split()), set(new.split())
    if words[0] and words[1] and (words[0] <= words[1] or words[1] <= words[0]):
        return True
    old, new = old.replace(" ", ""), new.replace(" ", "")
    return _distance(old, new) <= max(1, max(len(old), len(new)) // 3)


def _distance(old: str, new: str) -> int:
    """Letters to add, leave out, replace or swap with their neighbour (optimal string alignment)."""
    cost = {(i, 0): i for i in range(len(old) + 1)} | {(0, j): j for j in range(len(new) + 1)}
    for i, j in product(range(1, len(old) + 1), range(1, len(new) + 1)):
        replaced = cost[i - 1, j - 1] + (old[i - 1] != new[j - 1])
        cost[i, j] = min(cost[i - 1, j] + 1, cost[i, j - 1] + 1, replaced)
        if i > 1 and j > 1 and (old[i - 1], old[i - 2]) == (new[j - 2], new[j - 1]):
            cost[i, j] = min(cost[i, j], cost[i - 2, j - 2] + 1)
    return cost[len(old), len(new)]

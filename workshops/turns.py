"""A verb whose transaction finds out late whom it has to lock: it begins again with them locked first.

Everybody locks people before sessions (see `places`). Who waits first for a place is known only once its session is
locked; their lock is taken then if it is free. If it is not, waiting for it could close a circle.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from workshops.database import transaction
from workshops.errors import WorkshopsError
from workshops.i18n import _

T = TypeVar("T")
ATTEMPTS = 5


class Busy(WorkshopsError):
    """New people kept coming while a change was being made."""

    status = 409
    type = "busy"
    title = _("Many people are booking at this moment. Try again")


class LockFirst(Exception):
    """Begin again with these people's keys locked before anything else."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        super().__init__()
        self.keys = frozenset(keys)


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt at a verb: the keys to lock besides its own people's, and whether it is the `last`."""

    also: frozenset[str] = frozenset()
    last: bool = False


async def in_turn(attempt: Callable[[Turn], Awaitable[T]]) -> T:
    """Run `attempt` in a transaction of its own; again as long as it raises LockFirst. In the end raises Busy."""
    also: frozenset[str] = frozenset()
    for number in range(1, ATTEMPTS + 1):
        try:
            async with transaction():
                return await attempt(Turn(also, number == ATTEMPTS))
        except LockFirst as more:
            also |= more.keys
    raise Busy

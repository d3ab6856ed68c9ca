"""Putting people on the list "à appeler" (rule 9), and taking them off as if nothing had been. In a transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workshops.database import fetch
from workshops.sql import marks

MOST_ROWS = 500
GRAVER = "'change', 'bounce'"

Row = dict[str, Any]
Before = list[str | None]
"""called_for, called_at (ISO 8601) and called_by of somebody."""


def as_it_is(people: Sequence[Row]) -> dict[str, Before]:
    """What `restore` needs to know of these rows of attendees, for JSON."""
    return {person["id"]: [person["called_for"], _iso(person["called_at"]), person["called_by"]] for person in people}


async def ask(attendees: Sequence[str], why: str, now: datetime) -> None:
    """These people are to be called. Who is on the list already for something graver stays there for that."""
    for start in range(0, len(attendees), MOST_ROWS):
        some = attendees[start : start + MOST_ROWS]
        await fetch(
            f"UPDATE attendee SET called_for = CASE WHEN called_at IS NULL AND called_for IN ({GRAVER}) "
            "THEN called_for ELSE {} END, called_at = NULL, called_by = NULL, updated_at = {} "
            f"WHERE id IN ({marks(len(some))})",
            *(why, now, *some),
        )


async def restore(before: Mapping[str, Before], why: str, now: datetime) -> None:
    """Those who are still to be called for `why` are as they were."""
    same: defaultdict[tuple[str | None, ...], list[str]] = defaultdict(list)
    for attendee, state in before.items():
        same[tuple(state)].append(attendee)
    for (called_for, called_at, called_by), people in same.items():
        at = datetime.fromisoformat(called_at) if called_at else None
        for start in range(0, len(people), MOST_ROWS):
            some = people[start : start + MOST_ROWS]
            await fetch(
                "UPDATE attendee SET called_for = {}, called_at = {}, called_by = {}, updated_at = {} "
                f"WHERE called_for = {{}} AND called_at IS NULL AND id IN ({marks(len(some))})",
                *(called_for, at, called_by, now, why, *some),
            )


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None

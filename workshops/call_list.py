"""Putting people on the list "à appeler" (rule 9), and taking them off as if nothing had been. In a transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workshops import texts
from workshops.database import fetch
from workshops.mail import Kind
from workshops.sql import marks

MOST_ROWS = 500
GRAVER = "'change', 'bounce', 'no_sms'"

Row = dict[str, Any]
Before = list[str | None]
"""called_for, called_at (ISO 8601) and called_by of somebody."""


def as_it_is(people: Sequence[Row]) -> dict[str, Before]:
    """What `restore` needs to know of these rows of attendees, for JSON."""
    return {person["id"]: [person["called_for"], _iso(person["called_at"]), person["called_by"]] for person in people}


async def ask(attendees: Sequence[str], why: str, now: datetime) -> None:
    """These people are to be called. Who is on the list already for something graver stays there for that."""
    graver = "IS NOT NULL" if why == "no_email" else f"IN ({GRAVER})"
    for start in range(0, len(attendees), MOST_ROWS):
        some = attendees[start : start + MOST_ROWS]
        await fetch(
            f"UPDATE attendee SET called_for = CASE WHEN called_at IS NULL AND called_for {graver} "
            "THEN called_for ELSE {} END, called_at = NULL, called_by = NULL, updated_at = {} "
            f"WHERE id IN ({marks(len(some))})",
            *(why, now, *some),
        )


async def reach(
    kind: Kind,
    attendees: Sequence[str],
    now: datetime,
    *,
    dedup: str,
    expires_at: datetime | None = None,
    registrations: Mapping[str, str] | None = None,
) -> None:
    """Tell people without e-mail of `kind`: by text, and whom none reaches is to be called."""
    texted = await texts.write(
        kind, attendees, dedup=dedup, now=now, expires_at=expires_at, registrations=registrations
    )
    await ask([one for one in attendees if one not in texted], texts.UNREACHED[kind], now)


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

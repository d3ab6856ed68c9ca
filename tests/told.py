"""What everybody has been told of their places: by messages that left, by staff on the telephone, by what they did."""

import asyncio
from typing import Any

from workshops.database import fetch
from workshops.transport import Permanent

Places = dict[str, tuple[Any, ...]]
"""Of one person: each place that is not given back, its state and its hours."""


class Told:
    """A transport that takes every message, and remembers what its reader then knows."""

    limited = False

    def __init__(self) -> None:
        self.knows: dict[str, Places] = {}
        self.refuses: set[str] = set()

    async def send(self, identity: str, recipient: str, raw: bytes) -> None:
        """Take a message. Raises Permanent for the addresses that are dead."""
        await asyncio.sleep(0)
        if recipient in self.refuses:
            raise Permanent("no such address", 550)
        rows = await fetch(  # a link alone names no places
            "SELECT attendee FROM message WHERE (id = {} OR carried_by = {}) AND kind <> 'your_link'",
            *(identity, identity),
        )
        now = await places()
        for row in rows:
            self.knows[row["attendee"]] = now.get(row["attendee"], {})

    async def close(self) -> None:
        """Nothing to close."""

    def saw(self, attendee: str, before: dict[str, Places], after: dict[str, Places]) -> None:
        """Whoever acts sees what becomes of their own places by it."""
        was, now, knows = before.get(attendee, {}), after.get(attendee, {}), self.knows.setdefault(attendee, {})
        for place in {*was, *now}:
            if was.get(place) != now.get(place):
                knows.pop(place, None)
                knows |= {place: now[place]} if place in now else {}

    async def mistaken(self) -> dict[str, tuple[Places, Places]]:
        """Who believes something else than what is, though nothing is on its way to them and nobody will call them."""
        on_its_way = {
            row["attendee"] for row in await fetch("SELECT attendee FROM message WHERE state IN ('queued', 'sending')")
        }
        called = {
            row["id"]
            for row in await fetch("SELECT id FROM attendee WHERE called_for IS NOT NULL AND called_at IS NULL")
        }
        now = await places()
        return {
            who: (self.knows.get(who, {}), now.get(who, {}))
            for who in {*self.knows, *now} - on_its_way - called
            if self.knows.get(who, {}) != now.get(who, {})
        }


async def places() -> dict[str, Places]:
    """What everybody's places are now; those that wait for a proof end by themselves, as was said at once."""
    found: dict[str, Places] = {}
    for row in await fetch(
        "SELECT r.id, r.attendee, r.status, s.starts_at, s.ends_at FROM registration r "
        "JOIN session s ON s.id = r.session JOIN attendee a ON a.id = r.attendee AND a.kind = 'person' "
        "WHERE r.status <> 'cancelled' AND NOT (r.status = 'offered' AND r.offer = 'proof')"
    ):
        found.setdefault(row["attendee"], {})[row["id"]] = (row["status"], row["starts_at"], row["ends_at"])
    return found


async def same_person(attendee: str | None) -> set[str]:
    """The attendees that are the same person on whatever day, this one first of all."""
    rows = await fetch(
        "SELECT l.attendee FROM attendee_key k JOIN attendee_key l ON l.key = k.key WHERE k.attendee = {}", attendee
    )
    return {row["attendee"] for row in rows} | ({attendee} if attendee else set())

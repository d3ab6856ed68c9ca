"""The list of a day on paper, for a door without phones: everybody with a place, by name, and what to tick off."""

from typing import Any

from workshops.actors import Actor
from workshops.database import fetch
from workshops.rights import led_event

Row = dict[str, Any]


async def everybody(event: str, actor: Actor) -> list[Row]:
    """People and groups of a led day by name: `first_name`, `last_name`, `size`, `code`, and their `places` in order.

    A place has `starts_at`, `ends_at`, `title`, `stand`, and `waits` where it is a turn on the waiting list. Whoever
    shows this says so to `audit.listed`. Raises NotFound.
    """
    await led_event(actor, event)
    people: dict[str, Row] = {}
    for row in await fetch(_PEOPLE, event):
        one = people.setdefault(
            row["id"], {name: row[name] for name in ("first_name", "last_name", "size", "code")} | {"places": []}
        )
        place = {name: row[name] for name in ("session", "workshop", "starts_at", "ends_at", "title", "stand")}
        one["places"].append(place | {"waits": row["status"] == "waiting"})
    return list(people.values())


def by_slot(people: list[Row]) -> list[tuple[Row, list[Row]]]:
    """The same by stand and slot: the slot's facts, and who has a place in it, by name."""
    slots: dict[str, tuple[Row, list[Row]]] = {}
    for one in people:
        for place in one["places"]:
            if not place["waits"]:
                slots.setdefault(place["session"], (place, []))[1].append(one)
    return sorted(slots.values(), key=lambda slot: (slot[0]["title"], slot[0]["workshop"], slot[0]["starts_at"]))


_PEOPLE = (
    "SELECT a.id, a.first_name, a.last_name, a.size, t.code, r.session, r.status, s.workshop, s.starts_at, s.ends_at, "
    "w.title, w.stand FROM attendee a JOIN ticket t ON t.attendee = a.id AND t.status = 'active' "
    "JOIN registration r ON r.attendee = a.id AND r.status <> 'cancelled' "
    "JOIN session s ON s.id = r.session AND s.status = 'open' "
    "JOIN workshop w ON w.id = s.workshop AND w.status <> 'cancelled' "
    "WHERE a.event = {} AND a.anonymised_at IS NULL ORDER BY a.search_name, a.id, s.starts_at"
)

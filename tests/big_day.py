"""The largest day there is: 20 stands of 10 slots and 1,000 people with a place each, written in a few statements."""

from datetime import timedelta
from typing import Any

from tests import factories
from workshops import sql
from workshops.database import fetch, transaction, utcnow
from workshops.ids import new_id
from workshops.persons import search_name

Row = dict[str, Any]
STANDS, SLOTS, PEOPLE, AT_ONCE = 20, 10, 1000, 200
LAST_NAMES = ("Aït Larbi", "Delannoy", "D’Hondt", "El Idrissi", "Kaczmarek", "Lefèvre", "Skrzypczak", "Van de Putte")
FIRST_NAMES = ("Agnieszka", "Anne-Sophie", "Gaëtan", "Mohamed", "Zoé")


async def build(**given: Any) -> Row:
    """The day; `given` describes its event. Every slot has places taken, some are full and some people wait."""
    event = await factories.event(**given)
    agencies = [(await factories.organisation(sensitive=number == 3))["id"] for number in range(4)]
    start, now = event["starts_at"], utcnow()
    async with transaction():
        stands = [
            await factories.workshop(event, title=f"Préparateur, préparatrice de commandes {number}", position=number)
            for number in range(STANDS)
        ]
        sessions = [
            {"id": new_id(), "workshop": stand["id"], "starts_at": start + timedelta(minutes=45 * slot)}
            for stand in stands
            for slot in range(SLOTS)
        ]
        people = [_person(number, event["id"], agencies, now) for number in range(PEOPLE)]
        places = [
            {
                "id": new_id(),
                "attendee": person["id"],
                "session": sessions[number % len(sessions)]["id"],
                "status": "waiting" if number >= 950 else "confirmed",
                "position": number if number >= 950 else None,
                "created_at": now,
                "updated_at": now,
            }
            for number, person in enumerate(people)
        ]
        for session in sessions:
            held = [place["status"] for place in places if place["session"] == session["id"]]
            session |= {"ends_at": session["starts_at"] + timedelta(minutes=40), "status": "open", "updated_at": now}
            session |= {"capacity": 5, "confirmed": held.count("confirmed"), "waiting": held.count("waiting")}
        for table, rows in (("session", sessions), ("attendee", people), ("registration", places)):
            await _insert(table, rows)
    return event


def _person(number: int, event: str, agencies: list[str], now: Any) -> Row:
    first, last = FIRST_NAMES[number % 5], LAST_NAMES[number % 8]
    return {
        "id": new_id(),
        "event": event,
        "kind": "person",
        "first_name": first,
        "last_name": last,
        "search_name": search_name(first, last),
        "email": f"une.adresse.assez.longue.{number}@example.org" if number % 10 else None,
        "phone": f"+33639{number:06}",
        "accommodations": "wheelchair call_back" if number % 20 == 0 else None,
        "agency": agencies[number % 8] if number % 8 < 4 else None,
        "locale": "fr",
        "origin": "online",
        "manage_hash": new_id(),
        "manage_key": "k",
        "called_for": None if number % 10 else "no_email",
        "created_at": now - timedelta(hours=number),
        "updated_at": now,
    }


async def _insert(table: str, rows: list[Row]) -> None:
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        await fetch(
            f"INSERT INTO {table} ({', '.join(some[0])}) VALUES {sql.rows(len(some), len(some[0]))}",
            *(value for row in some for value in row.values()),
        )

"""Phones that hand in what they read without a network: batches of 200 scans, each of another person at the hall."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from bench.season import Request, Row
from tests import door, factories
from workshops.access import door_cookie
from workshops.database import fetch, insert_new, utcnow
from workshops.ids import new_id, token_hash

BATCH, BATCHES = 200, 50
DAYS, PEOPLE = 10, 1_000
CLIENTS = 4
AIM = 5_000


async def build() -> list[str]:
    """Write ten days of a thousand people, each with a ticket, a place and two phones; the days' ids."""
    return [await _day(number) for number in range(DAYS)]


async def _day(number: int) -> str:
    event, now = await door.today(), utcnow()
    slot = await factories.session(await factories.workshop(event), event, capacity=PEOPLE, confirmed=PEOPLE)
    people = [new_id() for _ in range(PEOPLE)]
    named: Row = {"event": event["id"], "kind": "person", "size": 1, "first_name": "Ali", "last_name": "Martin"}
    named |= {"search_name": "martin ali", "locale": "fr", "origin": "online", "created_at": now, "updated_at": now}
    held: Row = {"event": event["id"], "status": "active", "revision": 1, "secret_key": "bench", "created_at": now}
    place: Row = {"session": slot["id"], "status": "confirmed", "created_at": now, "updated_at": now}
    defaults: Row = {"must_choose": False, "share_with_exhibitor": False, "sequence": 0, "invited": False}
    for start in range(0, PEOPLE, BATCH):
        some = list(enumerate(people[start : start + BATCH], start))
        await insert_new(
            "attendee",
            [{**named, "id": who, "manage_hash": who, "manage_key": "bench", "manage_revision": 1} for _, who in some],
        )
        await insert_new(
            "ticket",
            [
                {**held, "id": new_id(), "attendee": who, "secret_hash": key(number, one), "code": who[:9]}
                for one, who in some
            ],
        )
        await insert_new("registration", [{**place, **defaults, "id": new_id(), "attendee": who} for _, who in some])
    for half in range(2):
        phone = await door.phone(event, label=f"Porte {half}")
        made = (token_hash(f"bench{number}-{half}"), now - timedelta(hours=2), phone.device)
        await fetch("UPDATE device SET token_hash = {}, made_at = {} WHERE id = {}", *made)
    return str(event["id"])


async def lost() -> int:
    """How many scans are missing, or nobody's."""
    kept = await fetch("SELECT id FROM scan WHERE attendee IS NOT NULL AND outcome = 'admitted'")
    return BATCH * BATCHES - len(kept)


def handing_in(days: list[str]) -> Callable[[int], Request]:
    """A batch of new scans, of another day each time and of its two phones in turn."""
    begin = int((utcnow() - timedelta(hours=1)).timestamp() * 1000)

    def ask(index: int) -> Request:
        day, turn = index % DAYS, index // DAYS
        scans = [scan(day, turn * BATCH + number, begin) for number in range(BATCH)]
        headers = {"Cookie": f"{door_cookie()}=bench{day}-{turn % 2}", "Sec-Fetch-Site": "same-origin"}
        body = {"device": "x", "client_now": begin, "queue": BATCH, "scans": scans}
        return Request("POST", f"/door/{days[day]}/scans", body, headers, holds=b'"outcome":"admitted"')

    return ask


def scan(day: int, number: int, begin: int) -> Row:
    """The scan of this number."""
    identity = str(UUID(int=day * PEOPLE + number, version=4))
    read = {"kind": "in", "place": "hall", "k": key(day, number), "method": "qr", "local": "admitted"}
    return {**read, "id": identity, "seq": number, "t": begin + number * 20, "off": 0, "list_version": "0" * 16}


def key(day: int, number: int) -> str:
    """What a phone knows a ticket by."""
    return f"{day * PEOPLE + number:032x}"

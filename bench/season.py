"""What everything is measured on and asked: 50 wide slots and a hot one, a day of 20 × 8 slots, a full page of days."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests import factories
from tests.client import household
from workshops.credentials import add_token
from workshops.database import fetch, utcnow
from workshops.ids import new_id
from workshops.sql import rows
from workshops.tables.people import Role
from workshops.tickets import Purpose, make_secret, qr_text

SPREAD = 50
WIDE = 1_000_000
HOT = 200
OTHER_DAYS = 24
ROWS = 500
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request, and what must be in its answer for it to count."""

    method: str
    path: str
    content: Row | None = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    holds: bytes = b""


@dataclass(frozen=True, slots=True)
class Season:
    """Ids of what `build` wrote, and a token that may check in."""

    event: str
    sessions: list[str]
    hot: str
    full: str
    token: str


async def build() -> Season:
    """Write the days and the token."""
    event, full = await factories.event(), await factories.event()
    stands = [await factories.workshop(event) for _ in range(SPREAD)]
    sessions = [await factories.session(stand, event, capacity=WIDE) for stand in stands]
    hot = await factories.session(await factories.workshop(event), event, 2, capacity=HOT)
    for number in range(20):
        stand = await factories.workshop(full, position=number)
        for hour in range(8):
            await factories.session(stand, full, hour)
    for number in range(OTHER_DAYS):
        other = await factories.event(date=(utcnow() + timedelta(days=11 + number)).date())
        await factories.session(await factories.workshop(other), other)
    token = await add_token("bench", Role.ADMIN, None)
    return Season(event["id"], [one["id"] for one in sessions], hot["id"], full["id"], token)


def signing_up(season: Season, hot: bool) -> Callable[[int], Request]:
    """The sign-up of somebody new, to the hot session, where most will wait, or to each of fifty in turn."""

    def ask(index: int) -> Request:
        session = season.hot if hot else season.sessions[index % SPREAD]
        name = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": True}
        wish = {"email": f"person{index}@example.org", "sessions": [session], "if_full": "wait"}
        path = f"/api/v1/events/{season.event}/registrations"
        return Request("POST", path, name | wish, {"X-Forwarded-For": household(index)}, status=201)

    return ask


async def crowd(season: Season, number: int) -> None:
    """Fill the hot session, and let so many people wait for it."""
    now = utcnow()
    for start in range(0, HOT + number, ROWS):
        people = [(new_id(), new_id(), n) for n in range(start, min(start + ROWS, HOT + number))]
        await fetch(
            "INSERT INTO attendee (id, event, kind, size, first_name, last_name, search_name, email, locale, origin, "
            f"manage_hash, manage_key, created_at, updated_at) VALUES {rows(len(people), 14)}",
            *(
                value
                for who, _, n in people
                for value in (
                    *(who, season.event, "person", 1, "Ali", "Martin", "martin ali", f"waits{n}@example.org", "fr"),
                    *("online", who, "bench", now, now),
                )
            ),
        )
        await fetch(
            f"INSERT INTO attendee_key (id, event, attendee, key, active) VALUES {rows(len(people), 5)}",
            *(value for who, _, _ in people for value in (who, season.event, who, f"key {who}", True)),
        )
        await fetch(
            f"INSERT INTO person_key (key, locked_at) VALUES {rows(len(people), 2)}",
            *(value for who, _, _ in people for value in (f"key {who}", now)),
        )
        await fetch(
            "INSERT INTO registration (id, attendee, session, status, position, created_at, updated_at) "
            f"VALUES {rows(len(people), 7)}",
            *(
                value
                for who, place, n in people
                for value in (
                    *(place, who, season.hot, "waiting" if n >= HOT else "confirmed"),
                    *(n - HOT + 1 if n >= HOT else None, now, now),
                )
            ),
        )
    await fetch(
        "UPDATE session SET confirmed = {}, waiting = {}, queue_tail = {} WHERE id = {}",
        *(HOT, number, number, season.hot),
    )


async def giving_back(season: Season) -> Callable[[int], Request]:
    """Somebody gives back a place of the hot session, which goes to who waits first."""
    places = await fetch(
        "SELECT id FROM registration WHERE session = {} AND status = 'confirmed' ORDER BY id", season.hot
    )
    headers = {"Authorization": f"Bearer {season.token}"}
    return lambda index: Request("DELETE", f"/api/v1/registrations/{places[index]['id']}", headers=headers)


async def tickets(season: Season) -> list[str]:
    """What the QR of every ticket holds, on the morning of the day."""
    await fetch("UPDATE event SET date = {} WHERE id = {}", utcnow().date(), season.event)
    rows = await fetch("SELECT attendee, revision, secret_key FROM ticket ORDER BY id")
    return [
        qr_text(make_secret(Purpose.TICKET, row["attendee"], row["revision"], row["secret_key"]).text) for row in rows
    ]


def checking_in(season: Season, read: list[str]) -> Callable[[int], Request]:
    """The first scan of each ticket, at the hall."""
    path, headers = f"/api/v1/events/{season.event}/check-ins", {"Authorization": f"Bearer {season.token}"}
    return lambda index: Request("POST", path, {"ticket": read[index]}, headers, holds=b'"admitted"')


def reading(path: str) -> Callable[[int], Request]:
    """A page, as a browser asks for it."""
    return lambda _: Request("GET", path, headers={"Accept-Encoding": "gzip"})

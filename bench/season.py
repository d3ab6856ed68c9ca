"""The day that everything is measured on: 50 stands of one wide slot each, and a day of 20 stands of 8 slots."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests import factories
from workshops.actors import ANYONE, Actor
from workshops.checkin import Reading, check_in
from workshops.credentials import add_token
from workshops.database import fetch, utcnow
from workshops.registrations import SignUp, register
from workshops.tables.people import Role
from workshops.tickets import Purpose, make_secret, qr_text

SPREAD = 50
WIDE = 1_000_000
Row = dict[str, Any]


async def build() -> dict[str, Any]:
    """Write the two days and a token; return what the measurements need to know of them."""
    event, shown = await factories.event(), await factories.event()
    stands = [await factories.workshop(event) for _ in range(SPREAD)]
    sessions = [(await factories.session(stand, event, capacity=WIDE))["id"] for stand in stands]
    for number in range(20):
        stand = await factories.workshop(shown, position=number)
        for hour in range(8):
            await factories.session(stand, shown, hour)
    token = await add_token("bench", Role.ADMIN, None, None)
    return {"event": event["id"], "shown": shown["id"], "sessions": sessions, "token": token}


def sign_up(day: Row, index: int, hot: bool) -> SignUp:
    """The sign-up number `index`: somebody new, to the one hot session or to one of fifty."""
    session = day["sessions"][0 if hot else index % SPREAD]
    return SignUp(day["event"], factories.person(email=f"p{index}@example.org"), (session,), "wait")


def body(day: Row, index: int, hot: bool) -> Row:
    """The same as JSON."""
    asked = sign_up(day, index, hot)
    return {
        "first_name": asked.person.first_name,
        "last_name": asked.person.last_name,
        "email": asked.person.email,
        "aged_16_or_over": True,
        "sessions": list(asked.sessions),
        "if_full": "wait",
    }


def registering(day: Row, number: int, hot: bool) -> list[Callable[[], Awaitable[object]]]:
    """`number` sign-ups, to be carried out one after the other."""
    return [lambda index=index: register(sign_up(day, index, hot), ANYONE) for index in range(number)]  # type: ignore[misc]


async def tickets() -> list[str]:
    """What the QR of every ticket holds."""
    rows = await fetch("SELECT attendee, revision, secret_key FROM ticket ORDER BY id")
    secrets = [make_secret(Purpose.TICKET, row["attendee"], row["revision"], row["secret_key"]) for row in rows]
    return [qr_text(secret.text) for secret in secrets]


def checking_in(day: Row, read: list[str]) -> list[Callable[[], Awaitable[object]]]:
    """One check-in at the hall for each ticket, to be carried out one after the other."""
    admin = Actor("token:bench", Role.ADMIN)
    return [lambda text=text: check_in(Reading(day["event"], text, at=utcnow()), admin) for text in read]  # type: ignore[misc]

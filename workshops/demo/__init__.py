"""A fictional season on the real communes, so that everything can be seen at once (contract.md "Commands").

Its events are marked; production refuses to start on them. Nobody of the season is ever sent anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workshops.database import exclusive, fetch, fetch_one, transaction, utcnow
from workshops.demo import accounts, cast
from workshops.demo.attendees import DEMO
from workshops.demo.calendar import Kind, season
from workshops.demo.classes import come_together
from workshops.demo.crowd import Crowd
from workshops.demo.programme import plan
from workshops.demo.rows import Draw
from workshops.demo.signups import fill
from workshops.errors import WorkshopsError
from workshops.settings import settings


class DemoRefused(WorkshopsError):
    """The demo season may not be loaded here, or not be removed any more."""

    status = 409
    type = "demo-refused"
    title = "The demo season cannot be loaded here"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a season holds. `today` and `meeting` are the ids of the day that runs now and of the Grand Forum."""

    events: int
    workshops: int
    sessions: int
    seats: int
    attendees: int
    registrations: int
    today: str
    meeting: str


async def load(
    *,
    seed: int = 1,
    events: int = 6,
    now: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Load a season, whole or not at all: the same for the same seed and the same hour of `now`, ids and codes too.

    A demo that is there already makes way if nobody has touched it. `progress` is told events done and events in
    all. Raises DemoRefused without DEBUG, beside real events, and where people have used the demo; ValueError
    for fewer than 3 events or more than 1000.
    """
    if not settings().debug:
        raise DemoRefused("DEBUG: the demo season is loaded with DEBUG=1 only")
    draw = Draw(seed, (now or utcnow()).astimezone(UTC).replace(minute=0, second=0, microsecond=0))
    days = season(draw.start, events, draw.random)
    async with exclusive("demo"), transaction():
        if await fetch("SELECT id FROM event WHERE demo = false LIMIT 1"):
            raise DemoRefused("the database holds real events")
        await _clear()
        cast.add_agencies_and_exhibitors(draw)
        crowd, made, seats = Crowd(draw.random), {}, 0
        for done, day in enumerate(days, 1):
            planned = plan(day, draw)
            fill(planned, crowd, draw)
            if day.kind is Kind.PUBLISHED and Kind.PUBLISHED not in made:
                come_together(planned, draw)
            made[day.kind] = planned.id
            seats += sum(slot.capacity for slot in planned.slots)
            await draw.write()
            if progress:
                progress(done, events)
        accounts.add_accounts(draw, await _exhibitor(made[Kind.TODAY]))
        await draw.write()
    counts = {table: draw.counts[table] for table in ("workshop", "session", "attendee", "registration")}
    return Summary(
        events, counts["workshop"], counts["session"], seats, counts["attendee"], counts["registration"],
        today=made[Kind.TODAY], meeting=made[Kind.MEETING],
    )  # fmt: skip


async def holds_demo() -> bool:
    """Whether the database holds any event of a demo season."""
    return await _loaded() is not None


async def is_stale(now: datetime) -> bool:
    """Whether a demo that nobody touched is over: what ran on the day it was loaded has ended by `now` (aware)."""
    loaded = await _loaded()
    return loaded is not None and loaded["ends_at"] <= now and not await _is_touched(loaded)


async def clear() -> None:
    """Remove the demo season, all or nothing. Raises DemoRefused if people have used it.

    An organisation that got an account or a token meanwhile stays, and the next season finds it.
    """
    async with exclusive("demo"), transaction():
        await _clear()


async def _clear() -> None:
    loaded = await _loaded()
    if loaded is None:
        return
    if await _is_touched(loaded):
        raise DemoRefused("people have used the demo season: start from an empty database")
    staff = ", ".join(f"'{account}'" for account in accounts.account_ids())
    for sql in _CLEAR:
        await fetch(sql.replace("DEMO_EVENTS", "SELECT id FROM event WHERE demo = true").replace("DEMO_STAFF", staff))


async def _loaded() -> dict[str, Any] | None:
    """The event that ran when the season was loaded: the first; its `created_at` is the start hour."""
    return await fetch_one("SELECT created_at, ends_at FROM event WHERE demo = true ORDER BY date, id LIMIT 1")


async def _exhibitor(event: str) -> str:
    """The first of a day that has a stand."""
    first = await fetch_one(
        "SELECT exhibitor FROM workshop WHERE event = {} AND exhibitor IS NOT NULL ORDER BY position LIMIT 1", event
    )
    return str(first["exhibitor"]) if first else ""


async def _is_touched(loaded: dict[str, Any]) -> bool:
    """Whether a person has signed up, cancelled, scanned, been written to, planned or changed a day since the load.

    Staff who only sign in and look have changed nothing.
    """
    since = loaded["created_at"]
    for sql, value in (
        ("SELECT id FROM attendee WHERE created_at > {} LIMIT 1", since),
        ("SELECT id FROM registration WHERE created_at > {} LIMIT 1", since),
        ("SELECT id FROM registration WHERE cancelled_at > {} LIMIT 1", since),
        ("SELECT id FROM scan WHERE caller <> {} LIMIT 1", DEMO),
        ("SELECT id FROM message WHERE created_at > {} LIMIT 1", since),
        ("SELECT id FROM event WHERE demo = false AND created_at > {} LIMIT 1", since),
        (
            "SELECT id FROM audit_entry WHERE at > {} AND actor LIKE 'account:%' AND object_kind <> 'list' LIMIT 1",
            since,
        ),
    ):
        if await fetch(sql, value):
            return True
    return False


_CLEAR = (
    "DELETE FROM scan WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM device WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM referral WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM registration WHERE attendee IN (SELECT id FROM attendee WHERE event IN (DEMO_EVENTS))",
    "DELETE FROM ticket WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM person_key WHERE key IN (SELECT key FROM attendee_key WHERE event IN (DEMO_EVENTS))",
    "DELETE FROM attendee_key WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM attendee WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM hold WHERE session IN (SELECT s.id FROM session s JOIN workshop w ON w.id = s.workshop "
    "WHERE w.event IN (DEMO_EVENTS))",
    "DELETE FROM session WHERE workshop IN (SELECT id FROM workshop WHERE event IN (DEMO_EVENTS))",
    "DELETE FROM workshop WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM venue_request WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM co_lead WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM audit_entry WHERE event IN (DEMO_EVENTS)",
    "DELETE FROM audit_entry WHERE actor IN (SELECT 'account:' || id FROM account WHERE id IN (DEMO_STAFF))",
    "DELETE FROM login WHERE account IN (DEMO_STAFF)",
    "DELETE FROM recovery_code WHERE account IN (DEMO_STAFF)",
    "DELETE FROM account WHERE id IN (DEMO_STAFF)",
    "DELETE FROM event WHERE demo = true",
    "DELETE FROM venue WHERE name LIKE '%(démo)'",
    "DELETE FROM organisation WHERE slug LIKE '%-demo' AND id NOT IN (SELECT organisation FROM account "
    "WHERE organisation IS NOT NULL) AND id NOT IN (SELECT organisation FROM api_token WHERE organisation IS NOT NULL)",
)

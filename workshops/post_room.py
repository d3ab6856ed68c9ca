"""What the operator sees: the queue, why messages did not arrive, what one person was sent. Never their words."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workshops import audit, database, rights, sql, text_budget, texts
from workshops.actors import Actor
from workshops.database import fetch
from workshops.errors import Fault, Invalid, NotFound
from workshops.failures import Failure, failure_of
from workshops.fields import Wrong, email_address, phone_number
from workshops.i18n import _
from workshops.mail import address_key
from workshops.tables.people import Role
from workshops.tickets import read_code

MOST = 100
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """The queue at `at` (UTC): due, put off and on its way by channel; sent in a minute, an hour, a day; why not.

    `technical`: what servers said the most often for each kind of cause. `pauses`: those that stand, what one person
    stopped once. `texts`: how many text messages left today, and how many may; None where none are sent.
    """

    at: datetime
    due: dict[str, int]
    later: dict[str, int]
    oldest: datetime | None
    sent: tuple[int, int, int]
    failed_today: Counter[Failure]
    failed_week: Counter[Failure]
    came_in: dict[str, int]
    given_up: int
    technical: dict[Failure, str]
    pauses: list[Row]
    texts: tuple[int, int] | None

    @property
    def stopped(self) -> bool:
        """Somebody said that nothing leaves."""
        return any(pause["paused_by"] for pause in self.pauses)


async def figures(actor: Actor) -> Figures:
    """What the page shows. Six statements, each over what is recent or open. Raises NotFound unless an admin asks."""
    _admin(actor)
    now = database.utcnow()
    waiting = await fetch(
        "SELECT channel, CASE WHEN state = 'sending' OR not_before <= {} THEN 1 ELSE 0 END AS due, count(*) AS n "
        "FROM message WHERE state IN ('queued', 'sending') GROUP BY 1, 2",
        now,
    )
    oldest = await fetch(
        "SELECT not_before FROM message WHERE state = 'queued' AND not_before <= {} ORDER BY not_before LIMIT 1", now
    )
    [sent] = await fetch(
        "SELECT count(*) AS day, count(CASE WHEN sent_at > {} THEN 1 END) AS hour, "
        "count(CASE WHEN sent_at > {} THEN 1 END) AS minute FROM message WHERE sent_at > {}",
        *(now - HOUR, now - MINUTE, now - DAY),
    )
    failed = await fetch(
        "SELECT last_cause, last_code, CASE WHEN created_at > {} THEN 1 ELSE 0 END AS today, count(*) AS n "
        "FROM message WHERE state = 'failed' AND created_at > {} GROUP BY 1, 2, 3",
        *(now - DAY, now - WEEK),
    )
    came_in = await fetch(
        "SELECT outcome, count(*) AS n FROM inbound WHERE received_at > {} GROUP BY outcome", now - WEEK
    )
    standing = await fetch(
        "SELECT (SELECT count(*) FROM suppression WHERE lifted_at IS NULL) AS given_up, p.channel, p.cause, p.code, "
        "p.paused_at, p.paused_by, a.name FROM (SELECT 1 AS one) AS always LEFT JOIN mail_pause p "
        "ON p.resumed_at IS NULL LEFT JOIN account a ON a.id = p.paused_by ORDER BY p.channel"
    )
    week: Counter[Failure] = Counter()
    today: Counter[Failure] = Counter()
    technical: dict[Failure, str] = {}
    for row in sorted(failed, key=lambda row: row["n"]):
        week[failure_of(row["last_cause"])] += row["n"]
        today[failure_of(row["last_cause"])] += row["n"] * row["today"]
        technical[failure_of(row["last_cause"])] = f"{row['last_code'] or ''} {row['last_cause'] or ''}".strip()
    return Figures(
        at=now,
        due={row["channel"]: row["n"] for row in waiting if row["due"]},
        later={row["channel"]: row["n"] for row in waiting if not row["due"]},
        oldest=oldest[0]["not_before"] if oldest else None,
        sent=(sent["minute"], sent["hour"], sent["day"]),
        failed_today=+today,
        failed_week=week,
        came_in={row["outcome"]: row["n"] for row in came_in},
        given_up=standing[0]["given_up"],
        technical=technical,
        texts=await text_budget.spent(now) if texts.are_on() else None,
        pauses=_told_once([row for row in standing if row["paused_at"]]),
    )


def _told_once(pauses: list[Row]) -> list[Row]:
    """Somebody stops every channel at once: one line says so."""
    return [row for row in pauses if row["paused_by"]][:1] + [row for row in pauses if not row["paused_by"]]


@dataclass(frozen=True, slots=True)
class Mailbag:
    """The messages found (the newest first, MOST at most), and the row of the address that was given up, if it was."""

    messages: list[Row]
    given_up: Row | None


_MESSAGES = (
    "SELECT m.id, m.kind, m.channel, m.state, m.attempts, m.last_code, m.last_cause, m.created_at, m.not_before, "
    "m.sent_at, m.bounced_at, m.address_key, m.attendee, e.id AS event, e.title, e.date, e.zone FROM message m "
    "LEFT JOIN event e ON e.id = m.event WHERE "
)


async def sent_to(sought: str, actor: Actor) -> Mailbag:
    """What went to an e-mail address, a telephone number or the holder of a ticket code. Kept as a list of names is.

    Raises NotFound unless an admin asks, Invalid (field `sought`) for what is none of the three.
    """
    _admin(actor)
    keys, people = await _addressed(sought.strip())
    found = []
    if keys:
        found += await fetch(
            f"{_MESSAGES} m.address_key IN ({sql.marks(len(keys))}) ORDER BY m.created_at DESC LIMIT {MOST}", *keys
        )
    if people:
        found += await fetch(
            f"{_MESSAGES} m.attendee IN ({sql.marks(len(people))}) ORDER BY m.created_at DESC LIMIT {MOST}", *people
        )
    messages = sorted({row["id"]: row for row in found}.values(), key=lambda row: row["created_at"], reverse=True)
    await audit.listed(actor, "messages", None, len(messages))
    return await _with_given_up(messages[:MOST], keys)


async def sent_about(attendee: str, actor: Actor) -> tuple[Row, Mailbag]:
    """Somebody's row and their messages, for who leads their day. Raises NotFound."""
    if actor.role not in (Role.ORGANISER, Role.ADMIN):
        raise NotFound
    row = await rights.seen_attendee(actor, attendee)
    found = await fetch(f"{_MESSAGES} m.attendee = {{}} ORDER BY m.created_at DESC LIMIT {MOST}", attendee)
    await audit.listed(actor, "messages", row["event"], len(found))
    return row, await _with_given_up(found, [address_key(row["email"])] if row["email"] else [])


def _admin(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise NotFound


async def _addressed(sought: str) -> tuple[list[str], list[str]]:
    """The hashes of an address or number, the attendees of a ticket code or number."""
    if "@" in sought and (email := _valid(email_address, sought)):
        return [address_key(email)], []
    if code := read_code(sought):
        return [], [row["attendee"] for row in await fetch("SELECT attendee FROM ticket WHERE code = {}", code)]
    if phone := _valid(phone_number, sought):
        rows = await fetch(f"SELECT id FROM attendee WHERE phone = {{}} LIMIT {MOST}", phone)
        return [address_key(phone)], [row["id"] for row in rows]
    raise Invalid(faults=(Fault("sought", _("Write a whole e-mail address, a telephone number or a ticket code.")),))


def _valid(check: Callable[[object], str], sought: str) -> str | None:
    try:
        return check(sought)
    except Wrong:
        return None


async def _with_given_up(messages: list[Row], keys: list[str]) -> Mailbag:
    keys = list({*keys, *(row["address_key"] for row in messages if row["address_key"])})
    rows = keys and await fetch(
        f"SELECT id, cause, created_at FROM suppression WHERE address_key IN ({sql.marks(len(keys))}) "
        "AND lifted_at IS NULL ORDER BY created_at DESC LIMIT 1",
        *keys,
    )
    return Mailbag(messages, rows[0] if rows else None)

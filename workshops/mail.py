"""Messages to write: a row in the transaction of the decision it tells of. `letters` and `delivery` do the rest."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from workshops import sql
from workshops.database import fetch, in_transaction
from workshops.ids import new_id

MOST_ROWS = 500
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIMITS = ((3, HOUR), (8, DAY))
"""What a stranger can make us send to one address (contract of the sign-up: whatever the names)."""


class Kind(StrEnum):
    """What a message tells. The value is also the name of its templates."""

    YOUR_PLACES = "your_places"
    SLOT = "slot"
    YOUR_LINK = "your_link"
    YOUR_TICKETS = "your_tickets"
    NEW_ADDRESS = "new_address"
    CONTACT_CHANGED = "contact_changed"
    YOUR_CHANGES = "your_changes"
    YOU_CANCELLED = "you_cancelled"
    DECLINED = "declined"
    PLACE_GIVEN = "place_given"
    PLACE_OFFERED = "place_offered"
    OFFER_ENDED = "offer_ended"
    COME = "come"
    MORNING = "morning"
    PROVE = "prove"
    REMINDER = "reminder"
    BULLETIN = "bulletin"
    STAFF_INVITATION = "staff_invitation"
    STAFF_PASSWORD = "staff_password"  # noqa: S105 - a kind of message
    HALL_REQUEST = "hall_request"
    HALL_REMINDER = "hall_reminder"
    HALL_OUTCOME = "hall_outcome"
    STAND_INVITATION = "stand_invitation"
    STAND_PROGRAMME = "stand_programme"
    STAND_REVIEW = "stand_review"
    STAND_CONTACTS = "stand_contacts"
    STAND_CHANGES = "stand_changes"
    INVITATION = "invitation"
    ADVISER_NEWS = "adviser_news"
    ADVISER_DIGEST = "adviser_digest"
    THANK_YOU = "thank_you"
    MISSED_YOU = "missed_you"
    ADVISER_ABSENCES = "adviser_absences"
    NEXT_DAYS = "next_days"


PRIORITY = {Kind.YOUR_LINK: 0, Kind.PROVE: 0, Kind.STAFF_PASSWORD: 0, Kind.STAND_CONTACTS: 0}
PRIORITY |= {Kind.YOUR_PLACES: 1, Kind.BULLETIN: 6}
PRIORITY |= {Kind.REMINDER: 5, Kind.MORNING: 5}
PRIORITY |= {Kind.THANK_YOU: 6, Kind.MISSED_YOU: 6, Kind.ADVISER_ABSENCES: 6, Kind.NEXT_DAYS: 7}
PRIORITY |= {Kind.YOUR_TICKETS: 0, Kind.NEW_ADDRESS: 0}
PRIORITY |= {Kind.PLACE_OFFERED: 1, Kind.PLACE_GIVEN: 1}
"""Who waits in front of a screen goes first, what is for many goes last; anything else is 2."""
OTHER = 2


async def enqueue(
    kind: Kind,
    *,
    dedup: str,
    attendee: str,
    event: str,
    address: str,
    stranger: bool,
    now: datetime,
    not_before: datetime | None = None,
    registration: str | None = None,
    plan_change: str | None = None,
    bulletin: str | None = None,
) -> None:
    """Write the message that tells a decision, in the caller's transaction; nothing if `dedup` was written before.

    The caller holds the lock of `address`. A `stranger` beyond the limit: YOUR_PLACES is put off until the limit
    allows it and then tells everything that waits for that address; YOUR_LINK is left out. PROVE cannot wait for them
    and is counted apart. YOUR_LINK is written once an hour for an attendee whatever happens. `not_before`
    puts off what can still be undone: it comes from `plan_change`, or is a `bulletin`. Raises RuntimeError outside
    a transaction.
    """
    _require_transaction()
    key = address_key(address)
    leaves = await _when_allowed(kind, key, now) if stranger else not_before or now
    if kind is Kind.YOUR_LINK and leaves > now:
        return
    priority = PRIORITY.get(kind, OTHER)
    about = (attendee, registration, event, plan_change, bulletin)
    values = (new_id(), kind.value, dedup, *about, key, stranger, priority, leaves, now, event)
    if kind is Kind.YOUR_LINK:
        await fetch(_INSERT.format(once=_ONCE_AN_HOUR), *values, attendee, now - HOUR)
    else:
        await fetch(_INSERT.format(once=""), *values)


async def enqueue_all(
    kind: Kind,
    people: Sequence[tuple[str, str]],
    *,
    dedup: str,
    event: str | None = None,
    expires_at: datetime,
    not_before: datetime,
    now: datetime,
    registrations: Mapping[str, str] | None = None,
    plan_change: str | None = None,
    bulletin: str | None = None,
    channel: str = "mail",
    to: str = "attendee",
) -> None:
    """Write one message to each of `people` (attendee, address) of an event, as `enqueue` does for one of them.

    One message for a `dedup` and an attendee; one statement for every 500 people. `registrations`: which place of each
    attendee it is about. `to`: "news_address" where people are those who asked for news. `channel`: "mail", or "sms"
    where addresses are phones (see `texts`).
    """
    _require_transaction()
    priority = PRIORITY.get(kind, OTHER)
    about = (channel, event, plan_change, bulletin, False, "queued", priority, not_before, now, expires_at)
    about_place = registrations or {}
    for start in range(0, len(people), MOST_ROWS):
        chosen = people[start : start + MOST_ROWS]
        written = [
            (
                new_id(),
                kind.value,
                f"{dedup}:{attendee}",
                attendee,
                about_place.get(attendee),
                address_key(address),
                *about,
            )
            for attendee, address in chosen
        ]
        await fetch(
            f"INSERT INTO message (id, kind, dedup_key, {to}, registration, address_key, channel, event, "
            "plan_change, bulletin, stranger, state, priority, not_before, created_at, expires_at) "
            f"VALUES {sql.rows(len(written), 16)} "
            "ON CONFLICT (dedup_key) DO NOTHING",
            *(value for row in written for value in row),
        )


async def enqueue_to(
    kind: Kind,
    *,
    dedup: str,
    address: str,
    now: datetime,
    link: str | None = None,
    account: str | None = None,
    venue_request: str | None = None,
    workshop: str | None = None,
    event: str | None = None,
    plan_change: str | None = None,
    referral: str | None = None,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Write a message to staff, a host, an exhibitor or somebody invited, in the caller's transaction; once a `dedup`.

    `link` is the row of the link that it carries (see `mail_links`), the others say what it is about.
    """
    _require_transaction()
    row = {
        "id": new_id(),
        "kind": kind.value,
        "channel": "mail",
        "dedup_key": dedup,
        "mail_link": link,
        "account": account,
        "venue_request": venue_request,
        "workshop": workshop,
        "event": event,
        "plan_change": plan_change,
        "referral": referral,
        "address_key": address_key(address),
        "stranger": False,
        "state": "queued",
        "priority": PRIORITY.get(kind, OTHER),
        "not_before": not_before or now,
        "expires_at": expires_at,
        "created_at": now,
    }
    await fetch(
        f"INSERT INTO message ({', '.join(row)}) VALUES ({sql.marks(len(row))}) ON CONFLICT (dedup_key) DO NOTHING",
        *row.values(),
    )


def address_key(address: str) -> str:
    """What stands for an address where the address itself would be personal data."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def allowed_at(departures: Iterable[datetime], now: datetime) -> datetime:
    """The earliest moment, not before `now`, at which one more message keeps to LIMITS after these."""
    latest = sorted(departures, reverse=True)
    return max([now, *(latest[count - 1] + window for count, window in LIMITS if len(latest) >= count)])


def counted_with(kind: str) -> str:
    """SQL: the messages of strangers that LIMITS counts together with one of `kind`: PROVE apart from all others."""
    return f"stranger AND kind {'=' if kind == Kind.PROVE else '<>'} '{Kind.PROVE}'"


def _require_transaction() -> None:
    if not in_transaction():
        raise RuntimeError("a message is written in the transaction of the decision that it tells of")


async def _when_allowed(kind: Kind, key: str, now: datetime) -> datetime:
    rows = await fetch(
        f"SELECT state, attempts, not_before, sent_at FROM message WHERE address_key = {{}} AND {counted_with(kind)} "
        "AND state IN ('queued', 'sending', 'sent') AND (sent_at IS NULL OR sent_at > {}) "
        "ORDER BY not_before DESC LIMIT 20",
        *(key, now - DAY),
    )
    put_off = [row["not_before"] for row in rows if _is_put_off(row, now)]
    return put_off[0] if put_off else allowed_at((row["sent_at"] or max(row["not_before"], now) for row in rows), now)


def _is_put_off(row: dict[str, Any], now: datetime) -> bool:
    """Waiting for the limit, not for a mail server: what is added now can leave together with it."""
    return row["state"] == "queued" and not row["attempts"] and row["not_before"] > now


_INSERT = (
    "INSERT INTO message (id, kind, channel, dedup_key, attendee, registration, event, plan_change, bulletin, "
    "address_key, stranger, state, priority, not_before, created_at, expires_at) SELECT "
    "{{}}, {{}}, 'mail', {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, 'queued', {{}}, {{}}, {{}}, ends_at "
    "FROM event WHERE id = {{}}{once} ON CONFLICT (dedup_key) DO NOTHING"
)
_ONCE_AN_HOUR = " AND NOT EXISTS (SELECT 1 FROM message WHERE attendee = {} AND kind = 'your_link' AND created_at > {})"

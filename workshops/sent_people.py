"""Whom an agency has sent, and who of the agency is told what becomes of them (product.md rule 9).

A referral belongs to the agency: whoever made it is told, else who took that account over, else every adviser there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops.database import fetch
from workshops.i18n import PARIS
from workshops.sql import marks

AT = time(8)
"""When an adviser reads the digest, in Paris."""
FIRST = timedelta(days=7)
"""How far the first digest of an account looks back."""
PAUSE = timedelta(minutes=1)
"""How long a message waits for what else happens: thirty lines that are pasted at once become one message."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """What has become of one place. `row`: place, slot, person, day; `instead`: the place that was changed for it."""

    row: Row
    instead: Row | None = None


async def recipients(agency: str, account: str | None) -> list[Row]:
    """The open accounts (id, email, locale) that hear of what `account` of an agency referred; None: a program did."""
    known = {
        row["id"]: row
        for row in await fetch(
            "SELECT id, email, locale, role, successor, closed_at FROM account WHERE organisation = {} ORDER BY id",
            agency,
        )
    }
    return heirs(known, account)


async def readers(sent: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
    """With each referral of SENT the open accounts (id, email) that hear of it; one question for all agencies."""
    agencies = sorted({row["agency"] for row in sent})
    known: dict[str, dict[str, Row]] = {agency: {} for agency in agencies}
    for account in await fetch(
        "SELECT id, email, role, successor, closed_at, organisation FROM account "
        f"WHERE organisation IN ({marks(max(1, len(agencies)))}) ORDER BY id",
        *(agencies or [""]),
    ):
        known[account["organisation"]][account["id"]] = account
    return [(row, heirs(known[row["agency"]], row["account"])) for row in sent]


def heirs(known: Mapping[str, Row], account: str | None) -> list[Row]:
    """As `recipients`, of an agency's accounts that are `known` by their ids."""
    passed: set[str] = set()
    found = known.get(account or "")
    while found and found["closed_at"] and found["id"] not in passed:
        passed.add(found["id"])
        found = known.get(found["successor"] or "")
    if found and not found["closed_at"]:
        return [found]
    return [row for row in known.values() if row["role"] == "adviser" and not row["closed_at"]]


async def happened(account: str, since: datetime, until: datetime) -> list[Happened]:
    """What became of people whom `account` is told of, after `since` and until `until` (UTC), in order of time.

    Read from the places as they are now. Not what the account did itself, nor what it was told at once.
    """
    rows = await fetch(_HAPPENED, since, until, account, until, *[since, until] * 2)
    if not rows:
        return []
    agency = rows[0]["agency"]
    known = {
        row["id"]: row
        for row in await fetch("SELECT id, role, successor, closed_at FROM account WHERE organisation = {}", agency)
    }
    told: dict[str, list[datetime]] = {}
    for row in await fetch(_TOLD_AT_ONCE, account, since - PAUSE):
        told.setdefault(row["referral"], []).append(row["created_at"])
    own = [row for row in rows if account in {one["id"] for one in heirs(known, row["account"])}]
    new = [row for row in own if not _is_told(row, told.get(row["referral"], []))]
    return _net([row for row in new if not _is_own_act(row, f"account:{account}")])


def morning(instant: datetime) -> datetime:
    """8 o'clock of that day in Paris, in UTC."""
    return datetime.combine(instant.astimezone(ZoneInfo(PARIS)).date(), AT, ZoneInfo(PARIS)).astimezone(UTC)


async def told_until(account: str, until: datetime) -> datetime:
    """Up to when the digest before that of `until` told."""
    rows = await fetch(
        "SELECT created_at FROM message WHERE account = {} AND kind = 'adviser_digest' AND created_at < {} "
        "ORDER BY created_at DESC LIMIT 1",
        *(account, until),
    )
    return max(morning(rows[0]["created_at"]), until - FIRST) if rows else until - FIRST


async def of_referrals(referrals: Mapping[str, datetime]) -> list[Happened]:
    """What became of the people of these referrals since the moment given with each; what stays as it was too.

    Of somebody whose places have not changed, the places that they have.
    """
    found = []
    for referral, since in referrals.items():
        rows = await fetch(f"{_PLACES} WHERE f.id = {{}} {_ORDER}", referral)
        new = [row for row in rows if row["updated_at"] >= since or row["slot_updated_at"] >= since]
        found += _net(new or [row for row in rows if row["status"] != "cancelled"])
    return found


def _is_told(row: Row, at_once: list[datetime]) -> bool:
    return not row["slot_changed"] and any(at <= row["updated_at"] < at + PAUSE for at in at_once)


def _is_own_act(row: Row, actor: str) -> bool:
    if row["status"] == "cancelled":
        return bool(row["cancelled_by"] == actor)
    return bool(row["created_by"] == actor and row["updated_at"] == row["created_at"] and not row["slot_changed"])


def _net(rows: list[Row]) -> list[Happened]:
    """A place given back in the moment in which another was taken was changed for it."""
    given_back = {(row["attendee"], row["cancelled_at"]): row for row in rows if row["status"] == "cancelled"}
    found = [Happened(row, _changed_for(row, given_back)) for row in rows]
    changed = {one.instead["id"] for one in found if one.instead}
    return [one for one in found if one.row["id"] not in changed]


def _changed_for(row: Row, given_back: Mapping[tuple[str, datetime], Row]) -> Row | None:
    """A move makes a new place at that moment, an offer that is taken changes the one that was offered."""
    moments = [row["created_at"]] if row["status"] == "cancelled" else [row["created_at"], row["updated_at"]]
    return next((old for at in moments if (old := given_back.get((row["attendee"], at)))), None)


SENT = (
    "SELECT f.agency, f.account, f.reference, a.id AS attendee, a.first_name, a.last_name FROM referral f "
    "JOIN attendee a ON a.id = f.attendee AND a.anonymised_at IS NULL WHERE a.event = {} "
    "ORDER BY a.search_name, a.id"
)
"""SQL: whom agencies sent to a day, by name."""
_COLUMNS = (
    "SELECT f.id AS referral, f.agency, f.account, f.reference, a.id AS attendee, a.first_name, a.last_name, a.email, "
    "a.phone, r.id, r.status, r.offered_until, r.must_choose, r.created_at, r.created_by, r.cancelled_at, "
    "r.cancelled_by, r.cancelled_why, r.updated_at, s.starts_at, s.ends_at, s.updated_at AS slot_updated_at, w.title, "
    "e.id AS event, e.title AS event_title, e.date, e.zone, "
    "(SELECT COUNT(*) FROM registration q WHERE q.session = r.session "
    "AND q.status = 'waiting' AND q.position < r.position) AS ahead"
)
_JOINED = (
    " FROM referral f JOIN attendee a ON a.id = f.attendee AND a.anonymised_at IS NULL "
    "JOIN registration r ON r.attendee = a.id JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
    "JOIN event e ON e.id = a.event"
)
_ORDER = "ORDER BY e.date, e.id, a.search_name, a.id, s.starts_at, r.id"
_PLACES = f"{_COLUMNS}{_JOINED}"
_CHANGED = (
    "EXISTS (SELECT 1 FROM change_effect c JOIN plan_change p ON p.id = c.plan_change WHERE c.registration = r.id "
    "AND c.effect <> 'settled' AND p.undone_at IS NULL AND p.created_at > {} AND p.created_at <= {})"
)
_HAPPENED = (
    f"{_COLUMNS}, CASE WHEN {_CHANGED} THEN 1 ELSE 0 END AS slot_changed{_JOINED} "
    "JOIN account o ON o.id = {} AND o.organisation = f.agency WHERE e.ends_at > {} AND r.updated_at > e.created_at "
    f"AND ((r.updated_at > {{}} AND r.updated_at <= {{}}) OR {_CHANGED}) {_ORDER}"
)
_TOLD_AT_ONCE = (
    "SELECT referral, created_at FROM message WHERE account = {} AND kind = 'adviser_news' AND created_at > {} "
    "AND referral IS NOT NULL"
)

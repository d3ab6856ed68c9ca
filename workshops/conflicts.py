"""Reads of a day that staff should look at: nothing of them is dropped, nothing of them is decided by itself.

Times are aware UTC. Whoever shows them says so to `audit.listed`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from workshops import scans
from workshops.database import fetch
from workshops.merge import Merged, Word, merge

OFF = timedelta(minutes=5)
"""A clock that is further off than this is worth a look."""
MOST = 300

Row = dict[str, Any]


class Doubt(StrEnum):
    """Why a read is listed, the weightiest first."""

    REVOKED = "revoked"
    OTHER_PHONE = "other_phone"
    SAME_PHONE = "same_phone"
    AFTER_CANCEL = "after_cancel"
    REPLACED = "replaced"
    UNMATCHED = "unmatched"
    CLOCK = "clock"
    LET_IN = "let_in"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A read: whose (no name where nobody knows), where (no `title`: the hall), by which phone, and what is doubted.

    `taken_at` is what the phone's clock said; `first_at` and `first_by`: who had let the person in before.
    """

    scan: str
    doubts: tuple[Doubt, ...]
    attendee: str | None
    first_name: str | None
    last_name: str | None
    title: str | None
    starts_at: datetime | None
    at: datetime
    taken_at: datetime
    by: str
    first_at: datetime | None
    first_by: str
    set_aside_why: str | None
    is_set_aside: bool


async def of_day(event: Row) -> list[Conflict]:
    """The reads of a day (id, zone) that staff should look at, the newest first, at most 300."""
    rows = await fetch(_READS, event["id"])
    history, left = await scans.histories(event["id"]), await scans.given_back(event["id"])
    by = {row["id"]: row["label"] or row["name"] or "" for row in history}
    merged: dict[str, Merged] = {}
    for reads in scans.by_place(history, event["zone"], left).values():
        whole = merge(reads)
        merged |= dict.fromkeys(whole.words, whole)
    found = (_conflict(row, merged.get(row["id"]), by) for row in rows)
    return [one for one in found if one.doubts or one.is_set_aside][:MOST]


def _conflict(row: Row, merged: Merged | None, by: Mapping[str, str]) -> Conflict:
    first = merged.first if merged and merged.first and merged.first.id != row["id"] else None
    kept = ("attendee", "first_name", "last_name", "title", "starts_at", "taken_at", "set_aside_why")
    return Conflict(
        scan=row["id"],
        doubts=tuple(_doubts(row, merged.words[row["id"]] if merged else None)),
        at=row["effective_at"],
        by=row["label"] or "",
        first_at=first.at if first else None,
        first_by=by.get(first.id, "") if first else "",
        is_set_aside=row["set_aside_at"] is not None,
        **{name: row[name] for name in kept},
    )


def _doubts(row: Row, word: Word | None) -> Iterator[Doubt]:
    if word is Word.UNDONE or row["undone"]:
        return
    told = row["taken_at"] + timedelta(milliseconds=row["offset_ms"])
    is_off = abs(told - row["effective_at"]) > OFF or abs(timedelta(milliseconds=row["offset_ms"])) > OFF
    for doubt, holds in (
        (Doubt.REVOKED, row["after_revocation"]),
        (Doubt.OTHER_PHONE, word is Word.DUPLICATE_OTHER_PHONE),
        (Doubt.SAME_PHONE, word is Word.DUPLICATE_SAME_PHONE),
        (Doubt.AFTER_CANCEL, word is Word.ADMITTED_AFTER_CANCEL),
        (Doubt.REPLACED, word is Word.REPLACED_TICKET or (row["is_replaced"] and word is not None)),
        (Doubt.UNMATCHED, row["unknown_hash"] is not None and row["attendee"] is None),
        (Doubt.CLOCK, is_off),
        (Doubt.LET_IN, row["let_in"]),
    ):
        if holds:
            yield doubt


_READS = (
    "SELECT n.id, n.attendee, n.effective_at, n.taken_at, n.offset_ms, n.after_revocation, n.let_in, n.unknown_hash, "
    "n.set_aside_at, n.set_aside_why, d.label, a.first_name, a.last_name, w.title, s.starts_at, "
    "EXISTS (SELECT 1 FROM scan u WHERE u.undoes = n.id AND u.caller = n.caller) AS undone, "
    "CASE WHEN t.replaced_at <= n.effective_at THEN 1 ELSE 0 END AS is_replaced FROM scan n "
    "LEFT JOIN device d ON d.id = n.device LEFT JOIN attendee a ON a.id = n.attendee AND a.anonymised_at IS NULL "
    "LEFT JOIN ticket t ON t.id = n.ticket LEFT JOIN session s ON s.id = n.session "
    "LEFT JOIN workshop w ON w.id = s.workshop "
    "WHERE n.event = {} AND n.kind IN ('in', 'walk_in') ORDER BY n.effective_at DESC, n.id"
)

"""What has become of an exhibitor's hours and hall since the organiser changed the day: the net of what waits."""

import json
from datetime import datetime
from typing import Any

from workshops import database
from workshops.database import fetch, fetch_one
from workshops.i18n import _
from workshops.letters.exhibitors import about, notice
from workshops.letters.notices import Notice
from workshops.sql import marks

Row = dict[str, Any]


async def load(message: Row) -> Notice | None:
    """The letter; it carries what waits for the same exhibitor. None if all is as it was."""
    link, day, stands = await about(message, cancelled_too=True)
    if link is None or day is None:
        return None
    event, exhibitor = link.subject.split(":")
    told = await fetch(
        "SELECT m.id, p.before, p.why FROM message m JOIN mail_link l ON l.id = m.mail_link "
        "JOIN plan_change p ON p.id = m.plan_change AND p.undone_at IS NULL WHERE l.subject = {} "
        "AND m.kind = 'stand_changes' AND (m.id = {} OR m.carried_by = {} OR (m.state = 'queued' "
        "AND m.frozen IS NULL AND m.not_before <= {} AND m.address_key = {})) ORDER BY p.created_at, p.id",
        *(link.subject, message["id"], message["id"], database.utcnow(), message["address_key"]),
    )
    if message["id"] not in {row["id"] for row in told}:
        return None
    before = [json.loads(row["before"]) for row in told]
    is_off = day["status"] == "cancelled"
    news = [] if is_off else await _news(before, event, exhibitor)
    old_hall = None if is_off else await _old_hall(before, event)
    if not (is_off or news or old_hall):
        return None
    return notice(
        message,
        link,
        day,
        _("The day is cancelled") if is_off else _("Something changes at your stand"),
        carries=tuple(row["id"] for row in told if row["id"] != message["id"]),
        is_off=is_off,
        news=news,
        old_hall=old_hall,
        whys=list(dict.fromkeys(row["why"] for row in told if row["why"])),
        stands=[] if is_off else [one for one in stands if one["slots"] and one["answer"] != "declined"],
    )


async def _news(before: list[Row], event: str, exhibitor: str) -> list[Row]:
    """Its slots that were moved or called off, in their order, once for a workshop that is called off as a whole.

    Each with kind (moved, cancelled, workshop), title, the hours it had before the first of the changes, and has now.
    """
    first: dict[str, Row] = {}
    for state in before:
        for session, columns in state.get("session", {}).items():
            first.setdefault(session, {}).update({**columns, **first.get(session, {})})
    if not first:
        return []
    news: dict[str, Row] = {}
    for row in await fetch(
        "SELECT s.id, s.starts_at, s.ends_at, s.status, w.id AS workshop, w.title, w.status AS workshop_status "
        "FROM session s JOIN workshop w ON w.id = s.workshop WHERE w.event = {} AND w.exhibitor = {} "
        f"AND s.id IN ({marks(len(first))}) ORDER BY w.position, w.id, s.starts_at",
        *(event, exhibitor, *sorted(first)),
    ):
        was = {name: _moment(first[row["id"]].get(name), row[name]) for name in ("starts_at", "ends_at")}
        one = row | {"was_starts_at": was["starts_at"], "was_ends_at": was["ends_at"]}
        if row["workshop_status"] == "cancelled":
            news[row["workshop"]] = one | {"kind": "workshop"}
        elif row["status"] == "cancelled":
            news[row["id"]] = one | {"kind": "cancelled"}
        elif (row["starts_at"], row["ends_at"]) != (was["starts_at"], was["ends_at"]):
            news[row["id"]] = one | {"kind": "moved"}
    return list(news.values())


async def _old_hall(before: list[Row], event: str) -> str | None:
    """The hall that the exhibitor knows, if the day takes place in another now."""
    halls = [columns["venue"] for state in before for columns in state.get("event", {}).values() if "venue" in columns]
    row = halls and await fetch_one(
        "SELECT v.name FROM venue v JOIN event e ON e.id = {} AND e.venue <> v.id WHERE v.id = {}", event, halls[0]
    )
    return str(row["name"]) if row else None


def _moment(text: str | None, now: Any) -> Any:
    return datetime.fromisoformat(text) if text else now

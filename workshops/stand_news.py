"""Which exhibitors a change of a day concerns, and the message to each: it waits and is undone with the change."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops.database import fetch, fetch_one
from workshops.mail import Kind, enqueue_to
from workshops.mail_links import LinkPurpose, make
from workshops.sql import marks
from workshops.stand_links import INVITED, lasts, subject

Row = dict[str, Any]
WHOLE_DAY = {"cancel_day", "change_hall"}
NOTHING_NEW = {"set_capacity", "cancel_burst"}
"""Kinds of changes that concern all exhibitors of the day, and none."""


@dataclass(frozen=True, slots=True)
class Company:
    """An exhibitor; without `email` it is told by telephone."""

    id: str
    name: str
    email: str | None


async def of_slots(event: str, sessions: Collection[str]) -> list[Company]:
    """The exhibitors at whose stands these slots are, as far as they know of the day: by name."""
    if not sessions:
        return []
    return await _companies(
        event, f"w.id IN (SELECT s.workshop FROM session s WHERE s.id IN ({marks(len(sessions))}))", *sorted(sessions)
    )


async def of_workshop(event: str, workshop: str) -> list[Company]:
    """The exhibitor of a workshop, if it knows of the day."""
    return await _companies(event, "w.id = {}", workshop)


async def of_day(event: str) -> list[Company]:
    """All exhibitors of a day with a workshop that takes place, as far as they know of it."""
    return await _companies(event, "w.status <> 'cancelled'")


async def of_change(kind: str, event: str, before: dict[str, dict[str, Any]]) -> list[Company]:
    """Whom a change concerns, from its kind and the rows that it found."""
    if kind in NOTHING_NEW:
        return []
    if kind in WHOLE_DAY:
        return await of_day(event)
    found = [one for workshop in before.get("workshop", ()) for one in await of_workshop(event, workshop)]
    return found or await of_slots(event, before.get("session", {}))


async def to_telephone(change: str) -> list[Company]:
    """Whom the organiser has to telephone since this change was made, because no address is known."""
    row = await fetch_one("SELECT kind, event, before FROM plan_change WHERE id = {} AND undone_at IS NULL", change)
    known = await of_change(row["kind"], row["event"], json.loads(row["before"])) if row else []
    return [one for one in known if not one.email]


async def tell(change: str, companies: Collection[Company], event: Row, leaves_at: datetime, now: datetime) -> None:
    """Write one message to each that has an address, in the caller's transaction.

    What it was to be told of earlier changes leaves together with this one.
    """
    for one in companies:
        if one.email:
            link = await make(LinkPurpose.STAND, subject(event["id"], one.id), one.email, lasts(event, now), now)
            await enqueue_to(
                Kind.STAND_CHANGES,
                dedup=f"change:{change}:{one.id}",
                address=one.email,
                now=now,
                link=link,
                event=event["id"],
                plan_change=change,
                not_before=leaves_at,
                expires_at=event["ends_at"],
            )
    if any(one.email for one in companies):
        await fetch(
            "UPDATE message SET not_before = {} WHERE kind = 'stand_changes' AND state = 'queued' AND frozen IS NULL "
            "AND event = {} AND not_before < {} AND address_key IN "
            "(SELECT m.address_key FROM message m WHERE m.plan_change = {} AND m.kind = 'stand_changes')",
            *(leaves_at, event["id"], leaves_at, change),
        )


async def _companies(event: str, condition: str, *values: object) -> list[Company]:
    """With the mailbox of each, as `stand_links.mailbox` finds it."""
    rows = await fetch(
        "SELECT DISTINCT o.id, o.name, COALESCE((SELECT l.email FROM mail_link l WHERE l.purpose = 'stand' "
        "AND l.subject = e.id || ':' || o.id ORDER BY l.created_at DESC, l.id DESC LIMIT 1), o.email) AS email "
        "FROM workshop w JOIN event e ON e.id = w.event "
        "JOIN organisation o ON o.id = w.exhibitor WHERE w.kind = 'stand' AND COALESCE(w.answer, '') <> 'declined' "
        f"AND e.id = {{}} AND {INVITED} AND {condition} ORDER BY o.name, o.id",
        *(event, *values),
    )
    return [Company(**row) for row in rows]

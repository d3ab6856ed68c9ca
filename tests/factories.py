"""Rows for tests: valid by default, overridden by keyword. Each returns the row as it was written."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops.database import fetch, utcnow
from workshops.ids import new_id
from workshops.persons import Person
from workshops.registrations import SignUp

Row = dict[str, Any]


async def insert(table: str, row: Row) -> Row:
    """Write one row."""
    marks = ", ".join(["{}"] * len(row))
    await fetch(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())
    return row


async def organisation(kind: str = "agency", **given: Any) -> Row:
    """An agency unless told otherwise."""
    identity = new_id()
    return await insert(
        "organisation",
        {
            "id": identity,
            "slug": identity,
            "kind": kind,
            "name": f"Organisme {identity}",
            "created_at": utcnow(),
            **given,
        },
    )


async def venue(**given: Any) -> Row:
    """A hall in Lens."""
    owner = given.pop("organisation", None) or (await organisation("municipality"))["id"]
    row = {"id": new_id(), "organisation": owner, "commune": "62498", "name": "Salle des fêtes", "address": "1 place"}
    return await insert("venue", {**row, **given})


async def event(**given: Any) -> Row:
    """A published day in ten days, from 9 to 17 in Paris."""
    day: date = given.get("date") or (utcnow() + timedelta(days=10)).date()
    start = datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
    row = {
        "id": new_id(),
        "title": "Osons nos talents",
        "date": day,
        "zone": "Europe/Paris",
        "starts_at": start,
        "ends_at": start + timedelta(hours=8),
        "status": "published",
        "created_at": utcnow(),
        "updated_at": utcnow(),
        **given,
    }
    row.setdefault("lead", None)
    row["lead"] = row["lead"] or (await organisation())["id"]
    row.setdefault("published_at", None if row["status"] == "draft" else utcnow())
    if "venue" not in row:
        row["venue"] = (await venue())["id"]
    return await insert("event", row)


async def workshop(event: Row, **given: Any) -> Row:
    """A stand that is ready."""
    exhibitor = None if given.get("kind") == "meeting" else (await organisation("exhibitor"))["id"]
    row = {
        "id": new_id(),
        "event": event["id"],
        "kind": "stand",
        "status": "ready",
        "exhibitor": exhibitor,
        "rome_code": exhibitor and "F1703",
        "title": "Maçon, maçonne",
        "created_at": utcnow(),
        "updated_at": utcnow(),
        **given,
    }
    return await insert("workshop", row)


async def session(workshop: Row, event: Row, hour: float = 0, minutes: int = 45, **given: Any) -> Row:
    """A slot of eight places, `hour` hours after the event's start."""
    start = event["starts_at"] + timedelta(hours=hour)
    row = {
        "id": new_id(),
        "workshop": workshop["id"],
        "starts_at": start,
        "ends_at": start + timedelta(minutes=minutes),
        "capacity": 8,
        "status": "open",
        "updated_at": utcnow(),
        **given,
    }
    return await insert("session", row)


def person(**given: Any) -> Person:
    """Somebody with an address of their own."""
    row = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org", "aged_16_or_over": True}
    return Person(**{**row, **given})


def sign_up(event: Row, *sessions: Row, if_full: str = "refuse", **given: Any) -> SignUp:
    """Somebody asks for these slots; `given` describes the person."""
    return SignUp(event["id"], person(**given), tuple(one["id"] for one in sessions), if_full)

"""A day that is today, people with tickets and places, and phones: what tests of the door stand on."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests import factories
from workshops import tickets
from workshops.actors import Phone
from workshops.database import utcnow
from workshops.ids import new_id
from workshops.persons import search_name
from workshops.tables.people import Role

Row = dict[str, Any]
PARIS = ZoneInfo("Europe/Paris")


async def today(**given: Any) -> Row:
    """A day that is today, in Lens, from midnight to 23 h."""
    day = utcnow().astimezone(PARIS).date()
    begin = datetime.combine(day, time(), PARIS).astimezone(UTC)
    return await factories.event(date=day, starts_at=begin, ends_at=begin + timedelta(hours=23), **given)


async def attendee(event: Row, name: str = "Zoé", last: str = "Lefèvre", **given: Any) -> Row:
    """A person with an active ticket; `text` is what its QR holds."""
    identity, now = new_id(), utcnow()
    manage, secret = (
        tickets.make_secret(purpose, identity) for purpose in (tickets.Purpose.MANAGE, tickets.Purpose.TICKET)
    )
    row = {"id": identity, "event": event["id"], "kind": "person", "first_name": name, "last_name": last}
    row |= {"search_name": search_name(name, last), "locale": "fr", "origin": "online", "manage_hash": manage.hash}
    await factories.insert("attendee", {**row, "manage_key": manage.key, "created_at": now, "updated_at": now, **given})
    ticket = {
        "id": new_id(),
        "event": event["id"],
        "attendee": identity,
        "status": "active",
        "code": tickets.new_code(),
    }
    await factories.insert(
        "ticket", {**ticket, "secret_hash": secret.hash, "secret_key": secret.key, "created_at": now}
    )
    return {**row, "ticket": ticket["id"], "code": ticket["code"], "text": tickets.qr_text(secret.text)}


async def books(person: Row, session: Row, status: str = "confirmed", **given: Any) -> Row:
    """A place of the person, past every rule and counter."""
    now = utcnow()
    row = {"id": new_id(), "attendee": person["id"], "session": session["id"], "status": status}
    row |= {"position": 1 if status == "waiting" else None, "cancelled_at": now if status == "cancelled" else None}
    row |= {"offered_until": now if status == "offered" else None, "created_at": now, "updated_at": now, **given}
    return await factories.insert("registration", row)


async def phone(event: Row, workshop: Row | None = None, label: str = "Porte A") -> Phone:
    """A phone that was made a device ten minutes ago."""
    now, identity = utcnow(), new_id()
    row = {"id": identity, "event": event["id"], "workshop": workshop and workshop["id"], "label": label}
    row |= {
        "link_hash": identity,
        "link_expires_at": now,
        "token_hash": identity,
        "made_at": now - timedelta(minutes=10),
    }
    await factories.insert("device", {**row, "created_at": now})
    return Phone(
        f"device:{identity}",
        Role.DOOR,
        device=identity,
        event=row["event"],
        label=label,
        since=row["made_at"],
        workshop=row["workshop"],
    )

"""Reminders of a day, two days before and on its morning: one message to an address for all its people of that day."""

from datetime import datetime
from typing import Any

from workshops import database, unsubscribe_links
from workshops.database import fetch
from workshops.i18n import _, translate
from workshops.letters.attendees import MOST_PEOPLE, PERSON, WITH_DAY, Letter, days_of
from workshops.letters.places import Slot, slots_of
from workshops.mail import Kind
from workshops.unsubscribe_links import OFF, What

Row = dict[str, Any]

_PEOPLE = (
    f"{PERSON.replace(' FROM message m ', ', e.starts_at FROM message m ')} "
    f"JOIN attendee a ON a.id = m.attendee {WITH_DAY} AND m.event = {{}} AND m.kind = {{}} AND m.address_key = {{}} "
    f"AND NOT {OFF} AND (m.id = {{}} OR m.carried_by = {{}} "
    "OR (m.state = 'queued' AND m.frozen IS NULL AND m.channel = 'mail')) "
    f"ORDER BY CASE WHEN m.id = {{}} THEN 0 ELSE 1 END, m.created_at, m.id LIMIT {MOST_PEOPLE}"
)


async def load(message: Row) -> Letter | None:
    """The letter of a row of `message`; None once they have no place to come to, or want no reminders any more."""
    kind, now, identity = Kind(message["kind"]), database.utcnow(), message["id"]
    rows = await fetch(_PEOPLE, message["event"], kind.value, message["address_key"], identity, identity, identity)
    if not rows or rows[0]["message"] != identity:
        return None
    own = rows[0]
    held = await slots_of([row["attendee"] for row in rows])
    slots = {who: _to_come(kind, places, now) for who, places in held.items()}
    told = [row for row in rows if row["email"] == own["email"] and slots.get(row["attendee"])]
    if own not in told:
        return None
    booked = [slot.starts_at for row in told for slot in slots[row["attendee"]] if slot.status == "confirmed"]
    stop = unsubscribe_links.make(What.REMINDERS, own["attendee"])
    return Letter(
        row=identity,
        kind=kind,
        address=own["email"],
        locale=own["locale"],
        days=days_of(told, slots),
        carries=tuple(row["message"] for row in told if row["waits"]),
        suppressed=bool(own["suppressed"]),
        more={"heading": translate(own["locale"], _HEADINGS[kind]), "stop": stop, "first": min(booked)},
        unsubscribe=stop,
        until=own["starts_at"] if kind is Kind.REMINDER else max(booked),
    )


def _to_come(kind: Kind, places: tuple[Slot, ...], now: datetime) -> tuple[Slot, ...]:
    """What is still to come of their day, what is theirs first; nothing where nothing is theirs."""
    coming = sorted((slot for slot in places if slot.starts_at > now), key=lambda slot: slot.status != "confirmed")
    return tuple(coming) if coming and coming[0].status == "confirmed" else ()


_HEADINGS = {
    Kind.REMINDER: _("Are you coming?"),
    Kind.MORNING: _("It is today"),
}

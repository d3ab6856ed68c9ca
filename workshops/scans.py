"""The rows of the door: tickets locked, a person's places and reads, a read written. Never opens a transaction."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import sql
from workshops.database import fetch, for_update
from workshops.ids import is_id
from workshops.merge import Read
from workshops.verdict import Booking

Row = dict[str, Any]
READS_AFTER_END = timedelta(hours=6)


async def find_place(event: str, session: str | None, organisation: str | None, caller: str, nonce: str | None) -> Row:
    """The event, the session if it is the event's own, the organisation if it co-leads; the scan of this nonce.

    Empty where there is no such event.
    """
    if not is_id(event):
        return {}
    rows = await fetch(
        "SELECT e.id, e.date, e.zone, e.status, e.lead, c.organisation AS co_lead, s.starts_at, "
        "s.status AS session_status, w.id AS workshop, w.status AS workshop_status, n.id AS stored FROM event e "
        "LEFT JOIN co_lead c ON c.event = e.id AND c.organisation = {} LEFT JOIN session s ON s.id = {} "
        "LEFT JOIN workshop w ON w.id = s.workshop AND w.event = e.id "
        "LEFT JOIN scan n ON n.event = e.id AND n.caller = {} AND n.nonce = {} WHERE e.id = {}",
        *(organisation, session, caller, nonce, event),
    )
    return rows[0] if rows else {}


async def lock_ticket(wanted: Row) -> Row | None:
    """The ticket with these values, its person and event. All tickets of that person are locked, in id order.

    The person's row is left alone: who takes places needs it while holding sessions, and a scan refers to those.
    """
    if not wanted:
        return None
    rows = await fetch(
        "SELECT t.id, t.event, t.attendee, t.status, t.replaced_at, t.secret_hash, t.code, a.first_name, a.last_name, "
        "e.date, v.commune FROM (SELECT * FROM ticket WHERE attendee = (SELECT attendee FROM ticket WHERE "
        f"{' AND '.join(f'{name} = {{}}' for name in wanted)}) ORDER BY id{for_update()}) t "
        "JOIN attendee a ON a.id = t.attendee JOIN event e ON e.id = t.event LEFT JOIN venue v ON v.id = e.venue",
        *wanted.values(),
    )
    return next((row for row in rows if wanted.items() <= row.items()), None)


async def bookings(attendee: str) -> list[Booking]:
    """The person's places, given back ones too, in order of time."""
    rows = await fetch(
        "SELECT r.session, s.workshop, w.title, s.starts_at, s.ends_at, r.status, r.cancelled_at FROM registration r "
        "JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop WHERE r.attendee = {} "
        "ORDER BY s.starts_at, r.created_at",
        attendee,
    )
    return [Booking(**row) for row in rows]


async def history(attendee: str, event: str) -> list[Row]:
    """Every scan of the person at the event, with the label of the phone or the name of the token that made it."""
    return await fetch(
        "SELECT n.id, n.session, n.caller, n.undoes, n.effective_at, n.received_at, n.refused, n.let_in, "
        "n.after_revocation, n.set_aside_at, d.label, k.name FROM scan n LEFT JOIN device d ON d.id = n.device "
        "LEFT JOIN api_token k ON k.id = substr(n.caller, 7) WHERE n.attendee = {} AND n.event = {}",
        *(attendee, event),
    )


def reads(scans: list[Row], session: str | None, day: date, zone: str) -> list[Read]:
    """What `merge` is to judge: the scans of one place on one day."""
    return [
        Read(
            at=scan["effective_at"],
            id=scan["id"],
            caller=scan["caller"],
            counts=(scan["let_in"] or not scan["refused"]) and not (scan["after_revocation"] or scan["set_aside_at"]),
            undoes=scan["undoes"] or "",
        )
        for scan in scans
        if scan["session"] == session
        and (scan["undoes"] or scan["effective_at"].astimezone(ZoneInfo(zone)).date() == day)
    ]


async def insert(row: Row) -> bool:
    """Write a scan; False if there is one with this id, or with this nonce of this caller, at this event."""
    written = await fetch(
        f"INSERT INTO scan ({', '.join(row)}) VALUES ({sql.marks(len(row))}) ON CONFLICT DO NOTHING RETURNING id",
        *row.values(),
    )
    return bool(written)

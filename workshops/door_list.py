"""What a phone of the door keeps so that it needs no network: the day's places, tickets and who is in (docs/door.md).

Tickets are hashes, people a first name and an initial. A stand's phone has names of its own workshop only.
"""

import hashlib
from collections import defaultdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from workshops import scans
from workshops.actors import Phone
from workshops.database import fetch, fetch_one, utcnow
from workshops.merge import merge
from workshops.settings import settings

Row = dict[str, Any]
FORMAT = 1
HALL = -1
LETTERS = {"confirmed": "c", "offered": "o", "waiting": "w", "cancelled": "x"}


async def version(phone: Phone) -> str:
    """What changes whenever the phone's list does, found without reading the list. One statement."""
    row = await fetch_one(_VERSION, *[phone.event] * 8)
    assert row is not None
    today = utcnow().astimezone(ZoneInfo(row["zone"])).date()
    seen = (FORMAT, phone.device, phone.label, phone.workshop, settings().public_host, today, *row.values())
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


async def door_list(phone: Phone) -> Row:
    """The list as the protocol has it, of the newest state; times in milliseconds since 1970. Seven statements."""
    list_version, now = await version(phone), utcnow()
    event = await fetch_one(
        "SELECT e.id, e.title, e.date, e.zone, e.starts_at, e.ends_at, e.status, e.strict_door, "
        "e.unclaimed_after_minutes, v.commune FROM event e LEFT JOIN venue v ON v.id = e.venue WHERE e.id = {}",
        phone.event,
    )
    assert event is not None
    stands, slots = await _stands(phone)
    doors: dict[str, int] = {}
    inside = await _inside(event, slots, doors, now)
    rows = await _rows(phone, slots, inside)
    return {
        "v": FORMAT,
        "list_version": list_version,
        "server_time": _ms(now),
        "reads_until": _ms(event["ends_at"] + scans.READS_AFTER_END),
        "uploads_until": _ms(event["ends_at"] + scans.HANDS_IN_AFTER_END),
        "event": {
            **{name: event[name] for name in ("id", "title", "date", "commune", "zone")},
            **{name: _ms(event[name]) for name in ("starts_at", "ends_at")},
            "cancelled": event["status"] == "cancelled",
            "strict": event["strict_door"],
            "unclaimed_after": event["unclaimed_after_minutes"],
        },
        "device": {"id": phone.device, "label": phone.label, "workshop": phone.workshop},
        "host": settings().public_host.upper(),
        "stands": stands,
        "doors": list(doors),
        "rows": rows,
    }


async def _stands(phone: Phone) -> tuple[list[Row], dict[str, int]]:
    """The stands that this phone may check in at with their slots, and the number of each slot."""
    own = " AND w.id = {}" if phone.workshop else ""
    found = await fetch(
        "SELECT w.id, w.title, w.stand, w.kind, w.status, s.id AS session, s.starts_at, s.ends_at, s.capacity, "
        "s.confirmed, s.offered, s.held, s.status AS session_status FROM workshop w "
        f"JOIN session s ON s.workshop = w.id WHERE w.event = {{}} AND w.status <> 'draft'{own} "
        "ORDER BY w.position, w.id, s.starts_at, s.id",
        *(phone.event, *([phone.workshop] if phone.workshop else [])),
    )
    stands: dict[str, Row] = {}
    for row in found:
        kept = {name: row[name] for name in ("id", "title", "stand", "kind")}
        stand = stands.setdefault(row["id"], {**kept, "slots": []})
        is_on = row["status"] == "ready" and row["session_status"] == "open"
        taken = row["confirmed"] + row["offered"] + row["held"]
        begin, end = _ms(row["starts_at"]), _ms(row["ends_at"])
        stand["slots"].append([row["session"], begin, end, row["capacity"], taken, int(is_on)])
    return list(stands.values()), {row["session"]: number for number, row in enumerate(found)}


async def _inside(event: Row, slots: dict[str, int], doors: dict[str, int], now: datetime) -> dict[str, list[Any]]:
    """Who was let in today where, when and by which of the `doors`, which are numbered here."""
    history = await scans.histories(event["id"])
    by = {row["id"]: row["label"] or row["name"] or "" for row in history}
    inside: dict[str, list[Any]] = defaultdict(list)
    today = now.astimezone(ZoneInfo(event["zone"])).date()
    for (attendee, session, day), reads in sorted(scans.by_place(history, event["zone"]).items(), key=str):
        first = merge(reads).first
        place = HALL if session is None else slots.get(session)
        if first and day == today and place is not None:
            inside[attendee].append([place, _ms(first.at), doors.setdefault(by[first.id], len(doors))])
    return inside


async def _rows(phone: Phone, slots: dict[str, int], inside: dict[str, list[Any]]) -> list[Row]:
    tickets = await fetch(
        "SELECT t.secret_hash, t.code, t.status, a.id, a.kind, a.size, a.first_name, a.last_name FROM ticket t "
        "JOIN attendee a ON a.id = t.attendee WHERE t.event = {} ORDER BY a.id, t.revision",
        phone.event,
    )
    own = " AND s.workshop = {}" if phone.workshop else ""
    booked: dict[str, dict[int, list[Any]]] = defaultdict(dict)
    for row in await fetch(
        "SELECT r.attendee, r.session, r.status, r.cancelled_at FROM registration r "
        f"JOIN attendee a ON a.id = r.attendee JOIN session s ON s.id = r.session WHERE a.event = {{}}{own} "
        "ORDER BY CASE r.status WHEN 'cancelled' THEN 0 ELSE 1 END, s.starts_at, r.cancelled_at",
        *(phone.event, *([phone.workshop] if phone.workshop else [])),
    ):
        if (slot := slots.get(row["session"])) is not None:
            ended = [_ms(row["cancelled_at"])] if row["status"] == "cancelled" else []
            booked[row["attendee"]][slot] = [slot, LETTERS[row["status"]], *ended]
    return [_row(ticket, list(booked.get(ticket["id"], {}).values()), inside, phone) for ticket in tickets]


def _row(ticket: Row, places: list[Any], inside: dict[str, list[Any]], phone: Phone) -> Row:
    """One ticket. Of whom a stand does not expect and has not let in, its phone knows that the ticket is one."""
    replaced, been = ticket["status"] == "replaced", inside.get(ticket["id"], [])
    row: Row = {"k": ticket["secret_hash"], "s": "replaced" if replaced else _status(places)}
    if phone.workshop and not places and all(place == HALL for place, *_ in been):
        return row
    row |= {"c": ticket["code"], "n": _name(ticket), "p": places}
    if been and not replaced:
        row["in"] = been
    return row | ({"g": ticket["size"]} if ticket["kind"] == "group" else {})


def _status(places: list[Any]) -> str:
    letters = {letter for _, letter, *_ in places}
    if not letters or letters & {"c", "o"}:
        return "ok"
    return "waitlist" if "w" in letters else "cancelled"


def _name(row: Row) -> str:
    if row["kind"] == "group" or not row["last_name"]:
        return f"{row['first_name']} {row['last_name']}".strip()
    return f"{row['first_name']} {row['last_name'][:1].upper()}."


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


# Counts besides the newest moment: what was written before it may be seen after it.
_VERSION = """
SELECT e.zone, e.status, e.updated_at, v.commune,
(SELECT MAX(w.updated_at) FROM workshop w WHERE w.event = {}) AS workshops,
(SELECT MAX(s.updated_at) FROM session s JOIN workshop w ON w.id = s.workshop WHERE w.event = {}) AS sessions,
t.number, t.made, t.replaced, a.people, p.places, p.changed, n.scans, n.received, x.aside, x.moment
FROM event e LEFT JOIN venue v ON v.id = e.venue,
(SELECT COUNT(*) AS number, MAX(created_at) AS made, MAX(replaced_at) AS replaced FROM ticket WHERE event = {}) t,
(SELECT MAX(updated_at) AS people FROM attendee WHERE event = {}) a,
(SELECT COUNT(*) AS places, MAX(r.updated_at) AS changed FROM registration r JOIN attendee c ON c.id = r.attendee
 WHERE c.event = {}) p,
(SELECT COUNT(*) AS scans, MAX(received_at) AS received FROM scan WHERE event = {}) n,
(SELECT COUNT(*) AS aside, MAX(set_aside_at) AS moment FROM scan WHERE event = {} AND set_aside_at IS NOT NULL) x
WHERE e.id = {}
"""

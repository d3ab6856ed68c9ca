"""What has become of somebody's places since the organiser changed the day: the net of all changes not told yet."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from workshops import database, sql
from workshops.database import fetch
from workshops.i18n import _, translate
from workshops.letters import alternatives
from workshops.letters.attendees import MOST_PEOPLE, PERSON, Letter, days_of
from workshops.letters.places import Slot, as_slot, slots_of
from workshops.mail import Kind

Row = dict[str, Any]
MOST_ROWS = 60
LOSES = ("cancelled", "withdrawn", "waits", "choose")

_TOLD = (
    PERSON.replace(
        " FROM message m ",
        ", m.state, e.status AS event_status, e.venue AS hall, (SELECT t.id FROM message t WHERE t.attendee = a.id "
        "AND t.kind = 'your_places' AND t.state = 'sent' ORDER BY t.sent_at LIMIT 1) AS first_message FROM message m ",
    )
    + "JOIN attendee a ON a.id = m.attendee JOIN ticket t ON t.attendee = a.id AND t.status = 'active' "
    "JOIN event e ON e.id = a.event JOIN venue v ON v.id = e.venue LEFT JOIN organisation g ON g.id = a.agency "
    "LEFT JOIN suppression x ON x.address_key = m.address_key AND x.lifted_at IS NULL "
    "WHERE a.email IS NOT NULL AND a.anonymised_at IS NULL AND m.kind = 'your_changes' AND m.address_key = {} "
    "AND (m.id = {} OR m.carried_by = {} OR m.state = 'superseded' "
    "OR (m.state = 'queued' AND m.frozen IS NULL AND m.channel = 'mail' AND (m.not_before <= {} OR m.attendee = {}))) "
    f"ORDER BY CASE WHEN m.id = {{}} THEN 0 ELSE 1 END, m.created_at, m.id LIMIT {MOST_ROWS}"
)
_EFFECTS = (
    "SELECT c.registration AS id, c.attendee, c.effect, c.was_starts_at, c.was_ends_at, c.was_status, p.kind, p.why, "
    "p.before, p.created_at AS changed_at, CASE WHEN EXISTS (SELECT 1 FROM message y WHERE y.attendee = c.attendee "
    "AND y.sent_at >= p.created_at AND y.kind NOT IN ('your_link', 'your_tickets', 'bulletin')) "
    "THEN 1 ELSE 0 END AS told, "
    "r.status, r.cancelled_at, r.offered_until, r.must_choose, r.sequence, r.updated_at, s.starts_at, s.ends_at, "
    "s.sequence AS session_sequence, s.updated_at AS session_updated_at, s.workshop, w.event, w.title, w.stand, "
    "o.name AS company FROM message m JOIN plan_change p ON p.id = m.plan_change AND p.undone_at IS NULL "
    "JOIN change_effect c ON c.plan_change = p.id AND c.attendee = m.attendee AND c.effect <> 'settled' "
    "JOIN registration r ON r.id = c.registration JOIN session s ON s.id = r.session "
    "JOIN workshop w ON w.id = s.workshop LEFT JOIN organisation o ON o.id = w.exhibitor "
)


@dataclass(frozen=True, slots=True)
class News:
    """What is new of one place. kind: moved | stays | cancelled | withdrawn | waits | choose.

    `was_*` are the hours told before. `other` is the place of theirs at the same time, if it is of the same
    day; times are UTC.
    """

    kind: str
    title: str
    workshop: str
    was_starts_at: datetime
    was_ends_at: datetime
    starts_at: datetime
    ends_at: datetime
    other: Slot | None = None


async def load(message: Row) -> Letter | None:
    """The letter of a row of `message`; None if all that was changed is as it was, or is over for this person."""
    now = database.utcnow()
    rows = await _rows(message, now)
    if not rows:
        return None
    effects = await fetch(
        f"{_EFFECTS} WHERE m.id IN ({sql.marks(len(rows))}) ORDER BY p.created_at, s.starts_at, c.registration",
        *(row["message"] for row in rows),
    )
    slots = await slots_of(sorted({row["attendee"] for row in rows}))
    news = {row["attendee"]: _news(effects, row["attendee"], slots.get(row["attendee"], ())) for row in rows}
    halls = await _halls(effects, rows, slots)
    off = {row["event"] for row in rows if row["event_status"] == "cancelled"}
    told = [row for row in rows if news[row["attendee"]] or (row["event"] in halls and slots.get(row["attendee"]))]
    if message["attendee"] not in {row["attendee"] for row in told}:
        return None
    known = {row["attendee"] for row in told}
    return Letter(
        row=message["id"],
        kind=Kind.YOUR_CHANGES,
        address=rows[0]["email"],
        locale=rows[0]["locale"],
        days=days_of(told, slots),
        carries=tuple(row["message"] for row in told if row["waits"]),
        suppressed=bool(rows[0]["suppressed"]),
        more={
            "heading": translate(rows[0]["locale"], _heading([one for who in known for one in news[who]], off, halls)),
            "news": {who: [asdict(one) for one in news[who]] for who in known},
            "free": await _free({row["attendee"]: row["event"] for row in told}, news, slots, now),
            "halls": halls,
            "off": off,
            "whys": list(dict.fromkeys(row["why"] for row in effects if row["why"] and row["attendee"] in known)),
        },
        gone=tuple(_gone(effects, known)),
        answers=rows[0]["first_message"],
    )


async def _rows(message: Row, now: datetime) -> list[Row]:
    """This row first, then what waits for the same address and may leave with it, of MOST_PEOPLE people.

    Also what was not sent because there was nothing new then: what is new counts from before that.
    """
    identity = message["id"]
    rows = await fetch(_TOLD, message["address_key"], identity, identity, now, message["attendee"], identity)
    if not rows or rows[0]["message"] != identity:
        return []
    told = [row for row in rows if row["state"] != "superseded" and row["email"] == rows[0]["email"]]
    people = list(dict.fromkeys(row["attendee"] for row in told))[:MOST_PEOPLE]
    return [row for row in rows if row["attendee"] in people]


def _news(effects: list[Row], attendee: str, slots: tuple[Slot, ...]) -> list[News]:
    of_place: dict[str, list[Row]] = {}
    for row in effects:
        if row["attendee"] == attendee:
            of_place.setdefault(row["id"], []).append(row)
    return [one for rows in of_place.values() for one in _of_place(rows, slots)]


def _of_place(rows: list[Row], slots: tuple[Slot, ...]) -> Iterable[News]:
    """What is new between before the first change and now."""
    first, now = rows[0], rows[-1]
    hours = (first["was_starts_at"], first["was_ends_at"], now["starts_at"], now["ends_at"])
    moved = hours[:2] != hours[2:]

    def new(kind: str, other: Slot | None = None) -> News:
        return News(kind, now["title"], now["workshop"], *hours, other)

    if now["status"] == "cancelled":
        if any(row["effect"] == "cancelled" and row["cancelled_at"] == row["changed_at"] for row in rows):
            yield new("withdrawn" if now["kind"] == "cancel_burst" else "cancelled")
        return
    if moved:
        yield new("moved")
    if now["status"] == "waiting" and first["was_status"] != "waiting":
        yield new("waits")
    elif not moved and any(row["told"] and row["effect"] in ("moved", "sent_on", "waits") for row in rows):
        yield new("stays")
    if now["must_choose"]:
        yield new("choose", next((slot for slot in slots if _clash(slot, now)), None))


def _clash(slot: Slot, row: Row) -> bool:
    at_once = slot.starts_at < row["ends_at"] and row["starts_at"] < slot.ends_at
    return slot.status == "confirmed" and slot.id != row["id"] and at_once


async def _halls(effects: list[Row], rows: list[Row], slots: dict[str, tuple[Slot, ...]]) -> dict[str, str]:
    """The events that take place in another hall than before, with the name of that one."""
    before: dict[str, str] = {}
    for row in effects:
        if row["kind"] == "change_hall":
            before.setdefault(row["event"], json.loads(row["before"])["event"][row["event"]]["venue"])
    now = {row["event"]: row["hall"] for row in rows if row["event_status"] != "cancelled"}
    left = {event: hall for event, hall in before.items() if now.get(event) not in (None, hall)}
    if not left:
        return {}
    found = await fetch(f"SELECT id, name FROM venue WHERE id IN ({sql.marks(len(left))})", *left.values())
    names = {row["id"]: row["name"] for row in found}
    return {event: names[hall] for event, hall in left.items()}


def _heading(news: list[News], off: set[str], halls: dict[str, str]) -> str:
    kinds = {one.kind for one in news}
    if off:
        return _("This day is cancelled")
    if "choose" in kinds:
        return _("Two of your workshops are now at the same time")
    if halls and not kinds:
        return _("The place changes")
    if len(news) == 1 and not halls:
        return {
            "moved": _("Your workshop changes its hours"),
            "cancelled": _("Your workshop is cancelled"),
            "withdrawn": _("Your place is cancelled"),
            "waits": _("You are now on the waiting list"),
            "stays": _("Your hours stay the same"),
        }[news[0].kind]
    return _("Your day changes")


async def _free(
    events: dict[str, str], news: dict[str, list[News]], slots: dict[str, tuple[Slot, ...]], now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """For each attendee who loses a place or has to choose: what they may take instead."""
    lost = {who: {one.workshop for one in news[who] if one.kind in LOSES} for who in events}
    asked = {who: event for who, event in events.items() if lost[who]}
    rows = await alternatives.free_slots(sorted(set(asked.values())), now)
    return {
        who: [asdict(one) for one in alternatives.fitting(rows, event, lost[who], slots.get(who, ()))]
        for who, event in asked.items()
    }


def _gone(effects: list[Row], known: set[str]) -> Iterable[tuple[str, Slot]]:
    """What their calendars may hold and should no longer."""
    for row in {row["id"]: row for row in reversed(effects) if row["attendee"] in known}.values():
        if row["was_status"] == "confirmed" and row["status"] != "confirmed":
            yield row["event"], as_slot(row)

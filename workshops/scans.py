"""The rows of the door: tickets locked, people's places and reads, reads written. Never opens a transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import sql
from workshops.database import fetch, for_update, insert_new
from workshops.ids import is_id
from workshops.merge import Read
from workshops.verdict import Booking

Row = dict[str, Any]
At = tuple[str, str | None, date]
"""A person at one place on one day: attendee, session (None: the hall), day in the event's zone."""
READS_AFTER_END = timedelta(hours=6)
HANDS_IN_AFTER_END = timedelta(days=7)


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


async def lock_tickets(event: str, hashes: Collection[str], codes: Collection[str]) -> list[Row]:
    """The tickets of these secrets, of any event, and of these codes of this event; locked as `lock_ticket` does."""
    if not (hashes or codes):
        return []
    return await fetch(
        "SELECT t.id, t.event, t.attendee, t.replaced_at, t.secret_hash, t.code FROM ticket t WHERE t.attendee IN ("
        f"SELECT attendee FROM ticket WHERE secret_hash IN ({sql.marks(len(hashes) or 1)}) "
        f"UNION SELECT attendee FROM ticket WHERE event = {{}} AND code IN ({sql.marks(len(codes) or 1)})) "
        f"ORDER BY t.id{for_update()}",
        *(*(hashes or [""]), event, *(codes or [""])),
    )


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
    return await histories(event, [attendee])


async def histories(event: str, attendees: Sequence[str] | None = None) -> list[Row]:
    """As `history`, of several people in one question, or of everybody. `undone`: its own caller took it back."""
    own = "" if attendees is None else f" AND n.attendee IN ({sql.marks(len(attendees))})"
    return await fetch(
        "SELECT n.id, n.attendee, n.session, n.caller, n.seq, n.people, n.undoes, n.effective_at, n.received_at, "
        "n.refused, n.let_in, n.after_revocation, n.set_aside_at, n.method, t.replaced_at, u.id AS undone, "
        "d.label, k.name FROM scan n LEFT JOIN ticket t ON t.id = n.ticket "
        "LEFT JOIN scan u ON u.undoes = n.id AND u.caller = n.caller LEFT JOIN device d ON d.id = n.device "
        "LEFT JOIN api_token k ON k.id = substr(n.caller, 7) AND n.device IS NULL "
        f"WHERE n.event = {{}} AND n.attendee IS NOT NULL{own}",
        *(event, *(attendees or [])),
    )


async def given_back(event: str, attendees: Sequence[str] | None = None) -> dict[tuple[str, str | None], datetime]:
    """When somebody had given back every place of theirs at a session, or with None at all; nobody who has one left.

    Of these attendees, or of everybody at the event.
    """
    own = "" if attendees is None else f" AND c.attendee IN ({sql.marks(len(attendees))})"
    rows = await fetch(
        "SELECT r.attendee, r.session, r.status, r.cancelled_at FROM registration r WHERE r.attendee IN (SELECT "
        "c.attendee FROM registration c JOIN attendee a ON a.id = c.attendee AND a.event = {} "
        f"WHERE c.status = 'cancelled'{own})",
        *(event, *(attendees or [])),
    )
    moments: dict[tuple[str, str | None], list[datetime | None]] = defaultdict(list)
    for row in rows:
        moment = row["cancelled_at"] if row["status"] == "cancelled" else None
        moments[row["attendee"], row["session"]].append(moment)
        moments[row["attendee"], None].append(moment)
    whole = {at: [one for one in own if one] for at, own in moments.items()}
    return {at: max(known) for at, known in whole.items() if len(known) == len(moments[at])}


def reads(scans: list[Row], session: str | None, day: date, zone: str) -> list[Read]:
    """What `merge` is to judge: the scans of one place on one day."""
    return [
        read
        for (_, at, when), together in by_place(scans, zone).items()
        if (at, when) == (session, day)
        for read in together
    ]


def by_place(
    scans: Iterable[Row], zone: str, left: Mapping[tuple[str, str | None], datetime] | None = None
) -> dict[At, list[Read]]:
    """What `merge` is to judge, together what belongs together. `left`: what was given back, as `given_back` says."""
    zoned, gone = ZoneInfo(zone), left or {}
    together: dict[At, list[Read]] = defaultdict(list)
    for scan in scans:
        if scan["undoes"]:
            continue
        moment, person = scan["effective_at"], (scan["attendee"], scan["session"])
        replaced = scan["refused"] and scan["replaced_at"] is not None and scan["replaced_at"] <= moment
        read = Read(
            moment,
            scan["seq"],
            scan["id"],
            scan["caller"],
            counts=(scan["let_in"] or not scan["refused"]) and not (scan["after_revocation"] or scan["set_aside_at"]),
            replaced=replaced,
            after_cancel=person in gone and gone[person] <= moment,
        )
        own = together[*person, moment.astimezone(zoned).date()]
        own.append(read)
        if scan["undone"]:
            own.append(Read(moment, scan["seq"], scan["undone"], scan["caller"], undoes=scan["id"]))
    return dict(together)


async def insert(row: Row) -> bool:
    """Write a scan; False if there is one with this id, or with this nonce of this caller, at this event."""
    return bool(await insert_all([row]))


async def insert_all(rows: Sequence[Row]) -> set[str]:
    """Write scans with the same columns, in the order of their ids; the ids of those that were not there yet."""
    return await insert_new("scan", sorted(rows, key=lambda row: str(row["id"])))


async def match_unknown(event: str | None) -> int:
    """Give scans whose ticket nobody knew, of an event or of all, their person once it has come; how many."""
    own, values = ("scan.event = {} AND ", (event,)) if event else ("", ())
    matched = await fetch(
        "UPDATE scan SET ticket = (SELECT t.id FROM ticket t WHERE t.secret_hash = scan.unknown_hash), "
        "attendee = (SELECT t.attendee FROM ticket t WHERE t.secret_hash = scan.unknown_hash) "
        f"WHERE {own}ticket IS NULL AND unknown_hash IS NOT NULL AND EXISTS "
        "(SELECT 1 FROM ticket t WHERE t.secret_hash = scan.unknown_hash AND t.event = scan.event) RETURNING id",
        *values,
    )
    return len(matched)

"""A phone hands in what it has read, late or at once, once or again: every read is kept, and told what it is (rule 10).

A read counts from when it was taken by the phone's clock and its distance to ours, never before the phone was made a
device nor after now. Nothing is refused for what it says: what no ticket explains is kept for staff to judge.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workshops import newcomers, scans, sql
from workshops.actors import Phone
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.errors import NotFound
from workshops.merge import Merged, Word, merge
from workshops.newcomers import WalkIn
from workshops.scans import Row
from workshops.verdict import LETS_IN, Outcome

MOST = 200
"""So many reads in one call at most."""
MOST_PEOPLE = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """One entry of a phone's queue, checked. `session` None is the hall; `key` is a ticket's hash, `code` said aloud.

    `said`: the phone's own verdict; `let_in`: staff let the person in in spite of it. A walk-in has a name, or none,
    and the key of the ticket that the phone made for it. Times are UTC, `offset` is our clock minus the phone's.
    """

    id: str
    seq: int
    kind: str
    session: str | None
    taken_at: datetime
    offset: timedelta = timedelta()
    key: str | None = None
    code: str | None = None
    method: str = "qr"
    said: Outcome | None = None
    let_in: bool = False
    people: int = 1
    undoes: str | None = None
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an entry; `first_at` and `first_by`: who had let the person in, if somebody else had."""

    id: str
    word: Word
    first_at: datetime | None = None
    first_by: str = ""


async def hand_in(sent: Sequence[Sent], queue: int, phone: Phone) -> list[Result]:
    """Keep what a phone sends, once however often it comes, and say of each entry what it is; a dozen statements.

    `queue`: how many entries it had before. What a revoked phone sends is kept apart for staff. Raises NotFound for a
    phone that is gone.
    """
    async with transaction():
        device, now = await _lock(phone), utcnow()
        places = await _places(phone)
        good = {one.id: one for one in sent if _is_possible(one, places)}
        known = await _known(good)
        fresh = [one for one in good.values() if one.id not in known]
        tickets = await scans.lock_tickets(
            phone.event, {one.key for one in good.values() if one.key}, {one.code for one in good.values() if one.code}
        )
        tickets += await _walk_in(fresh, tickets, phone, now)
        await scans.match_unknown(phone.event)
        by = _by_mark(tickets, phone.event)
        if rows := [_row(one, _ticket(one, by), device, phone, now) for one in fresh]:
            await scans.insert_all(rows)
        waiting = max(0, queue - len(sent))
        await fetch("UPDATE device SET last_seen_at = {}, queue_length = {} WHERE id = {}", now, waiting, phone.device)
        foreign = {identity for identity, row in known.items() if row["caller"] != phone.id}
        told = await _told([one for one in good.values() if one.id not in foreign], phone)
        return [told.get(one.id, Result(one.id, Word.REFUSED_INPUT)) for one in sent]


async def match_late_due(now: datetime) -> int:
    """Give reads whose ticket nobody knew their person once it has come; how many. `now` is not asked for."""
    async with transaction():
        return await scans.match_unknown(None)


async def _lock(phone: Phone) -> Row:
    """The phone's row, locked: its uploads happen one after the other."""
    row = await fetch_one(
        f"SELECT id, revoked_at, set_aside_at, set_aside_why FROM device WHERE id = {{}}{for_update()}", phone.device
    )
    if row is None:
        raise NotFound
    return row


async def _places(phone: Phone) -> set[str | None]:
    """Where this phone may read: None is the hall."""
    own = " AND w.id = {}" if phone.workshop else ""
    rows = await fetch(
        f"SELECT s.id FROM session s JOIN workshop w ON w.id = s.workshop WHERE w.event = {{}}{own}",
        *(phone.event, *([phone.workshop] if phone.workshop else [])),
    )
    return {row["id"] for row in rows} | (set() if phone.workshop else {None})


def _is_possible(one: Sent, places: set[str | None]) -> bool:
    return one.kind == "undo" or one.session in places


async def _known(good: Mapping[str, Sent]) -> dict[str, Row]:
    """Those that came before."""
    if not good:
        return {}
    rows = await fetch(f"SELECT id, caller FROM scan WHERE id IN ({sql.marks(len(good))})", *good)
    return {row["id"]: row for row in rows}


async def _walk_in(fresh: Iterable[Sent], tickets: Sequence[Row], phone: Phone, now: datetime) -> list[Row]:
    """Write those who came without a place; their tickets. Whoever has one of these tickets already is not written."""
    had = {ticket["secret_hash"] for ticket in tickets}
    people = {
        one.key or one.id: WalkIn(one.first_name, one.last_name, one.people, one.key)
        for one in fresh
        if one.kind == "walk_in" and one.key not in had
    }
    if not people:
        return []
    made = await newcomers.write_walk_ins(phone.event, list(people.values()), phone, now)
    return [ticket | {"of": of} for ticket, of in zip(made, people, strict=True)]


def _by_mark(tickets: Iterable[Row], event: str) -> dict[str, Row]:
    """Tickets by what an entry names them by: the key, the code of a ticket of this day, the walk-in that it is for."""
    marks: dict[str, Row] = {}
    for ticket in tickets:
        marks |= {ticket[name]: ticket for name in ("secret_hash", "of") if name in ticket}
        if ticket["event"] == event:
            marks[ticket["code"]] = ticket
    return marks


def _ticket(one: Sent, by: Mapping[str, Row]) -> Row | None:
    return by.get(one.key or "") or by.get(one.code or "") or by.get(one.id)


def _row(one: Sent, ticket: Row | None, device: Row, phone: Phone, now: datetime) -> Row:
    unknown = one.key or (hashlib.sha256(one.code.encode()).hexdigest() if one.code else None)
    own = ticket if ticket and ticket["event"] == phone.event else None
    said = one.said and str(one.said)
    effective = max(phone.since, min(one.taken_at + one.offset, now))
    replaced = own is not None and own["replaced_at"] is not None and own["replaced_at"] <= effective
    refused = one.kind == "in" and (own is None or replaced or (one.said is not None and one.said not in LETS_IN))
    return {
        "id": one.id,
        "seq": one.seq,
        "event": phone.event,
        "session": one.session,
        "device": phone.device,
        "caller": phone.id,
        "kind": one.kind,
        "undoes": one.undoes,
        "ticket": ticket["id"] if ticket else None,
        "attendee": own["attendee"] if own else None,
        "unknown_hash": None if ticket or one.kind != "in" else unknown,
        "method": one.method,
        "people": one.people,
        "taken_at": one.taken_at,
        "offset_ms": int(one.offset / timedelta(milliseconds=1)),
        "effective_at": effective,
        "received_at": now,
        "phone_outcome": said,
        "outcome": said or one.kind,
        "refused": refused,
        "let_in": one.let_in,
        "after_revocation": device["revoked_at"] is not None,
        "set_aside_at": device["set_aside_at"],
        "set_aside_why": device["set_aside_why"],
    }


async def _told(good: Sequence[Sent], phone: Phone) -> dict[str, Result]:
    """What each entry is, by the merge of all that is known of its person at its place."""
    ids = [one.id for one in good]
    if not ids:
        return {}
    stored = await fetch(
        "SELECT n.id, n.kind, n.attendee, n.ticket, n.unknown_hash, n.effective_at, u.id AS undone FROM scan n "
        "LEFT JOIN scan u ON u.undoes = n.id AND u.caller = n.caller "
        f"WHERE n.id IN ({sql.marks(len(ids))})",
        *ids,
    )
    people = sorted({row["attendee"] for row in stored if row["attendee"]})
    merged: dict[str, Merged] = {}
    by: dict[str, Row] = {}
    if people:
        history, left = await scans.histories(phone.event, people), await scans.given_back(phone.event, people)
        by = {row["id"]: row for row in history}
        zone = await fetch_one("SELECT zone FROM event WHERE id = {}", phone.event)
        assert zone is not None
        for reads in scans.by_place(history, zone["zone"], left).values():
            whole = merge(reads)
            merged |= dict.fromkeys(whole.words, whole)
    return {row["id"]: _result(row, merged.get(row["id"]), by) for row in stored}


def _result(row: Row, merged: Merged | None, by: Mapping[str, Row]) -> Result:
    if merged:
        word, first = merged.words[row["id"]], merged.first
        if first is None or first.id == row["id"]:
            return Result(row["id"], word)
        return Result(row["id"], word, first.at, by[first.id]["label"] or by[first.id]["name"] or "")
    if row["kind"] == "undo" or row["undone"]:
        return Result(row["id"], Word.UNDONE)
    if row["kind"] == "count":
        return Result(row["id"], Word.COUNTED)
    if row["ticket"]:
        return Result(row["id"], Word.REFUSED)
    return Result(row["id"], Word.UNMATCHED if row["unknown_hash"] else Word.NOT_A_TICKET)

"""What the verbs that change a planned day write: the change, its effects on single places, whom it tells."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import advisers, audit, consequences, mail, overlaps, sql, stand_news, texts
from workshops.actors import Actor
from workshops.consequences import Place
from workshops.database import fetch
from workshops.ids import new_id
from workshops.rescheduling.locks import How

Row = dict[str, Any]
State = dict[str, dict[str, dict[str, Any]]]
"""Rows as they were or became: {table: {id: {column: value}}}; instants as ISO 8601."""

MOST_ROWS = 500
UNTOLD = ("settled", "dropped")
"""Effects that nobody is told of: a choice that is none any more; a place whose address never proved itself."""
KEPT = {
    "id": "registration",
    "attendee": "attendee",
    **{name: f"was_{name}" for name in ("session", "starts_at", "ends_at", "status", "position", "offered_until")},
    **{name: f"was_{name}" for name in ("must_choose", "called_for", "called_at", "called_by")},
}
"""What is kept of a place, and in which column of change_effect."""
WAIT, WAIT_ON_THE_DAY = timedelta(minutes=10), timedelta(minutes=2)


@dataclass(slots=True)
class Change:
    """A change as it is made: `about` is the object it is of, `effects` what it does to single places."""

    kind: str
    event: Row
    about: tuple[str, str]
    before: State = field(default_factory=dict)
    after: State = field(default_factory=dict)
    effects: list[tuple[Place, str]] = field(default_factory=list)

    def becomes(self, table: str, row: Row, **values: Any) -> None:
        """Note that these columns of `row` get other values."""
        self.before.setdefault(table, {})[row["id"]] = {name: _plain(row[name]) for name in values}
        self.after.setdefault(table, {})[row["id"]] = {name: _plain(value) for name, value in values.items()}


async def write(change: Change, actor: Actor, how: How, now: datetime) -> str:
    """Write a change with its effects, its messages and its entry in the journal; return its id.

    Messages, to exhibitors too, wait 10 minutes, 2 on the day itself, so that the change can be undone; none with
    `how.at_once`. Who has no address gets a text, or is to be called.
    """
    identity, leaves_at = new_id(), now + wait(change.event, how, now)
    told = {place.attendee: place for place, effect in change.effects if effect not in UNTOLD}
    await fetch(
        "INSERT INTO plan_change (id, event, actor, kind, before, after, why, people, created_at, leaves_at) "
        f"VALUES ({sql.marks(10)})",
        *(identity, change.event["id"], actor.id, change.kind, json.dumps(change.before), json.dumps(change.after)),
        *(how.why or None, len(told), now, leaves_at),
    )
    await _write_effects(identity, change.effects)
    without = [place.attendee for place in told.values() if not place.email]
    texted = await texts.write(
        *(mail.Kind.YOUR_CHANGES, without),
        dedup=f"change:{identity}",
        now=now,
        not_before=leaves_at,
        plan_change=identity,
    )
    await ask_to_call([attendee for attendee in without if attendee not in texted])
    await mail.enqueue_all(
        mail.Kind.YOUR_CHANGES,
        [(place.attendee, place.email) for place in told.values() if place.email],
        dedup=f"change:{identity}",
        event=change.event["id"],
        expires_at=change.event["ends_at"],
        not_before=leaves_at,
        now=now,
        plan_change=identity,
    )
    await _wait_for_the_newest(identity, leaves_at)
    await advisers.tell(told, now, actor, leaves_at)
    companies = await stand_news.of_change(change.kind, change.event["id"], change.before)
    await stand_news.tell(identity, companies, change.event, leaves_at, now)
    table, subject = change.about
    await audit.note(
        *(actor, change.kind, table, subject),
        event=change.event["id"],
        before=change.before.get(table, {}).get(subject),
        after=change.after.get(table, {}).get(subject),
        people=len(told),
        now=now,
    )
    return identity


def wait(event: Row, how: How, now: datetime) -> timedelta:
    """How long the messages of a change wait."""
    if how.at_once:
        return timedelta()
    is_today = now.astimezone(ZoneInfo(event["zone"])).date() == event["date"]
    return WAIT_ON_THE_DAY if is_today else WAIT


async def ask_to_choose(change: Change, now: datetime) -> None:
    """Mark the places of this change that now overlap another of their person; unmark what no longer overlaps."""
    held = await overlaps.booked({place.attendee for place, _effect in change.effects})
    mine = {place.id for place, _effect in change.effects}
    clashing = set(overlaps.clashing(held))
    asked = {one.id for one in held if one.must_choose}
    await overlaps.mark((mine & clashing) - asked, now)
    await overlaps.unmark(asked - clashing, now)
    change.effects += [(consequences.place_of(one), "settled") for one in held if one.id in asked - clashing - mine]


async def raise_sequences(sessions: Sequence[str], now: datetime) -> None:
    """Let calendars know of a new version of these slots (RFC 5545 §3.8.7.4)."""
    if sessions:
        await fetch(
            f"UPDATE session SET sequence = sequence + 1, updated_at = {{}} WHERE id IN ({sql.marks(len(sessions))})",
            *(now, *sessions),
        )


async def recount(sessions: Sequence[str], now: datetime, extra: Mapping[str, Any] | None = None) -> None:
    """Make the counters of locked slots equal to their rows, and set `extra` columns in the same statement."""
    if not sessions:
        return
    more = extra or {}
    counts = ", ".join(
        f"{status} = (SELECT COUNT(*) FROM registration r WHERE r.session = session.id AND r.status = '{status}')"
        for status in ("confirmed", "offered", "waiting")
    )
    held = (
        "SELECT COALESCE(SUM(h.places - h.named), 0) FROM hold h WHERE h.session = session.id AND h.status = 'active'"
    )
    await fetch(
        f"UPDATE session SET {counts}, held = ({held}), {''.join(f'{name} = {{}}, ' for name in more)}"
        f"updated_at = {{}} WHERE id IN ({sql.marks(len(sessions))})",
        *(*more.values(), now, *sessions),
    )


async def _write_effects(change: str, effects: list[tuple[Place, str]]) -> None:
    for start in range(0, len(effects), MOST_ROWS):
        rows = [
            (new_id(), change, effect, *(getattr(place, name) for name in KEPT))
            for place, effect in effects[start : start + MOST_ROWS]
        ]
        await fetch(
            f"INSERT INTO change_effect (id, plan_change, effect, {', '.join(KEPT.values())}) "
            f"VALUES {sql.rows(len(rows), 3 + len(KEPT))}",
            *(value for row in rows for value in row),
        )


async def ask_to_call(attendees: Sequence[str]) -> None:
    """Put these people on the list to call: the organiser changed something for them."""
    if attendees:
        await fetch(
            "UPDATE attendee SET called_for = 'change', called_at = NULL, called_by = NULL "
            f"WHERE id IN ({sql.marks(len(attendees))})",
            *attendees,
        )


async def _wait_for_the_newest(change: str, leaves_at: datetime) -> None:
    """What was to be told of earlier changes leaves together with this one: one message, and undoing goes on."""
    await fetch(
        "UPDATE message SET not_before = {} WHERE kind = 'your_changes' AND state = 'queued' AND frozen IS NULL "
        "AND not_before < {} AND attendee IN (SELECT attendee FROM message WHERE plan_change = {})",
        *(leaves_at, leaves_at, change),
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value

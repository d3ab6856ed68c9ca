"""The changes of a day as their organisers see them: what was done, who is told, and whether it can be undone."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workshops import sql
from workshops.actors import Actor
from workshops.database import fetch, utcnow
from workshops.errors import NotFound
from workshops.ids import is_id
from workshops.rescheduling import readmitting
from workshops.rescheduling.locks import Row
from workshops.rights import LEADS
from workshops.tables.people import Role

MOST_SHOWN = 200
_CHANGES = (
    "SELECT p.id, p.kind, p.event, p.before, p.after, p.why, p.people, p.created_at, p.leaves_at, p.undone_at, "
    "e.title AS event_title, e.date, e.zone, a.name AS by, "
    "(SELECT COUNT(*) FROM message m WHERE m.plan_change = p.id AND m.state <> 'superseded') AS messages, "
    "(SELECT COUNT(*) FROM message m WHERE m.plan_change = p.id AND m.state <> 'superseded' "
    "AND m.kind = 'stand_changes') AS companies, "
    "(SELECT COUNT(*) FROM message m WHERE m.plan_change = p.id AND m.state = 'queued' AND m.frozen IS NULL) AS wait, "
    "(SELECT COUNT(*) FROM message m WHERE m.plan_change = p.id AND m.state IN ('sent', 'carried')) AS sent, "
    "(SELECT COUNT(DISTINCT c.attendee) FROM change_effect c JOIN attendee o ON o.id = c.attendee "
    "WHERE c.plan_change = p.id AND c.effect NOT IN ('settled', 'dropped') AND o.email IS NULL) AS by_phone, "
    "(SELECT COUNT(DISTINCT c.attendee) FROM change_effect c JOIN registration r ON r.id = c.registration "
    "WHERE c.plan_change = p.id AND c.effect <> 'settled' AND r.must_choose) AS choosing "
    "FROM plan_change p JOIN event e ON e.id = p.event LEFT JOIN account a ON 'account:' || a.id = p.actor "
)


@dataclass(frozen=True, slots=True)
class Made:
    """A change that was made; instants are UTC, `zone` is the event's own.

    `subject` is the title of its workshop, `was` and `now` the hours, places or halls it changed from and to, `slots`
    how many slots it called off. Of `messages`, `companies` are to exhibitors, `wait` have not left and `sent` have.
    `leaves_at`: when they leave, or the first of them did.
    """

    id: str
    kind: str
    event: str
    event_title: str
    date: date
    zone: str
    by: str | None
    why: str | None
    people: int
    by_phone: int
    choosing: int
    messages: int
    companies: int
    wait: int
    sent: int
    created_at: datetime
    leaves_at: datetime
    undone_at: datetime | None
    workshop: str | None
    subject: str
    was: tuple[Any, ...]
    now: tuple[Any, ...]
    slots: int

    @property
    def can_be_undone(self) -> bool:
        """Whether none of its messages has left or been tried; where there is none, whether it would still wait.

        A burst comes back for a day, whoever has been told.
        """
        if self.undone_at:
            return False
        if self.kind == "cancel_burst":
            return utcnow() < self.created_at + readmitting.KEPT
        return self.wait == self.messages if self.messages else utcnow() < self.leaves_at


async def of_event(event: str) -> list[Made]:
    """The changes of a day, the newest first, at most 200."""
    return await _made(f"{_CHANGES} WHERE p.event = {{}} ORDER BY p.created_at DESC, p.id LIMIT {MOST_SHOWN}", event)


async def made(change: str, actor: Actor) -> Made:
    """One change of a day that the actor's agency leads. Raises NotFound."""
    if actor.role not in (Role.ORGANISER, Role.ADMIN) or not is_id(change):
        raise NotFound
    rows = await _made(
        f"{_CHANGES} WHERE p.id = {{}} AND ({{}} = 'admin' OR {LEADS})",
        *(change, actor.role.value, actor.organisation, actor.organisation),
    )
    if not rows:
        raise NotFound
    return rows[0]


async def _made(question: str, *values: object) -> list[Made]:
    rows = await fetch(question, *values)
    states = [(json.loads(row.pop("before")), json.loads(row.pop("after"))) for row in rows]
    slots = {next(iter(before["session"])) for before, _after in states if before.get("session")}
    titles = await _titles(slots)
    named = {id for before, after in states for state in (before, after) if (id := _hall(state))}
    halls = await _names(named)
    return [_one(row, before, after, titles, halls) for row, (before, after) in zip(rows, states, strict=True)]


def _one(row: Row, before: Row, after: Row, titles: dict[str, Row], halls: dict[str, str]) -> Made:
    sessions: dict[str, Row] = before.get("session", {})
    first = next(iter(sessions), "")
    about = titles.get(first, {"workshop": None, "title": "", "hours": ()})
    was: tuple[Any, ...] = about["hours"]
    now: tuple[Any, ...] = ()
    if row["kind"] == "move_slot":
        was, now = _hours(sessions[first]), _hours(after["session"][first])
    elif row["kind"] == "set_capacity":
        was = (*about["hours"], sessions[first]["capacity"])
        now = (after["session"][first]["capacity"],)
    elif row["kind"] == "cancel_burst":
        now = tuple(burst["people"] for burst in after["burst"].values())
    elif row["kind"] == "change_hall":
        was, now = (halls.get(_hall(before), ""),), (halls.get(_hall(after), ""),)
    return Made(**row, workshop=about["workshop"], subject=about["title"], was=was, now=now, slots=len(sessions))


def _hours(columns: Row) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(columns[name]) for name in ("starts_at", "ends_at"))


def _hall(state: Row) -> str:
    return next((str(columns["venue"]) for columns in state.get("event", {}).values() if "venue" in columns), "")


async def _titles(sessions: set[str]) -> dict[str, Row]:
    if not sessions:
        return {}
    rows = await fetch(
        "SELECT s.id, s.workshop, w.title, s.starts_at, s.ends_at FROM session s JOIN workshop w ON w.id = s.workshop "
        f"WHERE s.id IN ({sql.marks(len(sessions))})",
        *sorted(sessions),
    )
    return {
        row["id"]: {"workshop": row["workshop"], "title": row["title"], "hours": (row["starts_at"], row["ends_at"])}
        for row in rows
    }


async def _names(halls: set[str]) -> dict[str, str]:
    if not halls:
        return {}
    rows = await fetch(f"SELECT id, name FROM venue WHERE id IN ({sql.marks(len(halls))})", *sorted(halls))
    return {row["id"]: row["name"] for row in rows}

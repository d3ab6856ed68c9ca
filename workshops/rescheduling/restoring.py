"""A change of the plan, undone: what must still be as it left it, and how everything becomes as it was."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import overlaps, sql
from workshops.database import fetch
from workshops.errors import WorkshopsError
from workshops.i18n import _
from workshops.rescheduling.locks import Row
from workshops.rescheduling.writing import State

TABLES = ("event", "workshop", "session", "hold")
OF_CHANGE = "(SELECT c.registration FROM change_effect c WHERE c.plan_change = {} AND c.effect = {})"
PLACE = "c.plan_change = {} AND c.registration = registration.id"


class Overtaken(WorkshopsError):
    """What would be restored is no longer free to be."""

    status = 409
    type = "overtaken"
    title = _("Something else has been changed since: this change can no longer be undone")


@dataclass(frozen=True, slots=True)
class Undone:
    """The change that is undone, with its rows before and after."""

    id: str
    kind: str
    event: str
    created_at: datetime
    before: State
    after: State

    @classmethod
    def of(cls, row: Row) -> "Undone":
        """From a row of plan_change."""
        before, after = json.loads(row["before"]), json.loads(row["after"])
        return cls(row["id"], row["kind"], row["event"], row["created_at"], before, after)

    @property
    def old_hall(self) -> str | None:
        """The hall that the day goes back to, if it was given another."""
        return self.before["event"][self.event]["venue"] if self.kind == "change_hall" else None


@dataclass(frozen=True, slots=True)
class Effect:
    """What the change did to a place, and where that place is now."""

    id: str
    attendee: str
    effect: str
    was_session: str
    was_must_choose: bool
    session: str
    keys: frozenset[str]


async def effects_of(change: str) -> list[Effect]:
    """Every place that a change touched."""
    rows = await fetch(
        "SELECT c.registration AS id, c.attendee, c.effect, c.was_session, c.was_must_choose, r.session, k.key "
        "FROM change_effect c JOIN registration r ON r.id = c.registration "
        "LEFT JOIN attendee_key k ON k.attendee = c.attendee AND k.active WHERE c.plan_change = {} ORDER BY c.id",
        change,
    )
    keys: dict[str, set[str]] = {}
    for row in rows:
        keys.setdefault(row["id"], set()).add(row.pop("key") or row["attendee"])
    return [Effect(**row, keys=frozenset(keys[row["id"]])) for row in {row["id"]: row for row in rows}.values()]


def sessions_of(undone: Undone, effects: Iterable[Effect]) -> list[str]:
    """Every slot that is restored or that places go back to or leave."""
    places = [(one.was_session, one.session) for one in effects if one.effect != "settled"]
    return sorted({*undone.before.get("session", ()), *(session for pair in places for session in pair)})


async def check(undone: Undone, effects: list[Effect]) -> None:
    """Raise Overtaken unless everything is as the change left it, and what is restored has room. All is locked."""
    for table, rows in undone.after.items():
        names = list(next(iter(rows.values())))
        now = await fetch(
            f"SELECT id, {', '.join(names)} FROM {_known(table)} WHERE id IN ({sql.marks(len(rows))})", *rows
        )
        if len(now) < len(rows) or any(
            row[name] != _value(name, rows[row["id"]][name]) for row in now for name in names
        ):
            raise Overtaken
    sessions = sessions_of(undone, effects)
    for row in await _surroundings(sessions) if sessions else []:
        capacity = undone.before.get("session", {}).get(row["id"], {}).get("capacity", row["capacity"])
        if row["event_status"] == "cancelled" and undone.kind != "cancel_day":
            raise Overtaken(_("The day was cancelled meanwhile."))
        if row["workshop_status"] == "cancelled" and row["workshop"] not in undone.before.get("workshop", {}):
            raise Overtaken(_("The workshop was cancelled meanwhile."))
        if capacity < row["capacity"] and row["status"] == "cancelled":
            raise Overtaken  # or there would be no room for its people once it takes place after all
        if capacity < row["capacity"] and row["taken"] > capacity:
            raise Overtaken(_("More people have booked meanwhile than there were places."))
    if undone.kind == "move_slot":
        await _check_nobody_came(sessions, effects)
    if undone.old_hall:
        await _check_hall(undone.event, undone.old_hall)


async def restore_rows(undone: Undone) -> None:
    """Write the columns as they were, rows that were alike in one statement."""
    for table, rows in undone.before.items():
        alike: dict[str, list[str]] = {}
        for identity, columns in rows.items():
            alike.setdefault(json.dumps(columns), []).append(identity)
        for text, ids in alike.items():
            columns = json.loads(text)
            await fetch(
                f"UPDATE {_known(table)} SET {', '.join(f'{name} = {{}}' for name in columns)} "
                f"WHERE id IN ({sql.marks(len(ids))})",
                *(*(_value(name, value) for name, value in columns.items()), *ids),
            )


async def restore_places(undone: Undone, now: datetime) -> None:
    """Give places and ranks back to those who have not given them up or got them back meanwhile."""
    as_it_was = ", ".join(
        f"{name} = (SELECT c.was_{name} FROM change_effect c WHERE {PLACE})"
        for name in ("status", "position", "offered_until")
    )
    for effect, still, *values in (
        ("cancelled", "status = 'cancelled' AND cancelled_at = {}", undone.created_at),
        ("waits", "status IN ('waiting', 'offered')"),
    ):
        await fetch(
            f"UPDATE registration SET {as_it_was}, cancelled_at = NULL, cancelled_by = NULL, cancelled_why = NULL, "
            f"sequence = sequence + 1, updated_at = {{}} WHERE id IN {OF_CHANGE} AND {still}",
            *(*(undone.id,) * 3, now, undone.id, effect, *values),
        )
    until = f"(SELECT c.was_offered_until FROM change_effect c WHERE {PLACE})"
    await fetch(
        f"UPDATE registration SET offered_until = {until}, updated_at = {{}} WHERE id IN {OF_CHANGE} "
        f"AND status = 'offered' AND offered_until < {until}",
        *(undone.id, now, undone.id, "moved", undone.id),
    )
    was = f"(SELECT c.was_session FROM change_effect c WHERE {PLACE})"
    await fetch(
        f"UPDATE registration SET session = {was}, updated_at = {{}}, sequence = sequence + 1 + (SELECT "
        "CASE WHEN n.sequence > o.sequence THEN n.sequence - o.sequence ELSE 0 END FROM session n, session o "
        f"WHERE n.id = registration.session AND o.id = {was}) WHERE id IN {OF_CHANGE} AND status = 'confirmed'",
        *(undone.id, now, undone.id, undone.id, "sent_on"),
    )


async def settle_choices(effects: list[Effect], now: datetime) -> None:
    """Ask for the choices that were asked for before, and no other. Raises Overtaken where a person would need one."""
    held = await overlaps.booked({one.attendee for one in effects})
    clashing = overlaps.clashing(held)
    asked = {one.id for one in held if one.must_choose}
    wanted = (asked | {one.id for one in effects if one.was_must_choose}) & set(clashing)
    pairs = [(id, other.id) for id, others in clashing.items() for other in others]
    if any(first not in wanted and second not in wanted for first, second in pairs):
        raise Overtaken(_("Somebody has booked something else at that time meanwhile."))
    if len({(one.whose, one.workshop) for one in held}) < len(held):
        raise Overtaken(_("Somebody has booked another slot of this workshop meanwhile."))
    await overlaps.mark(wanted - asked, now)
    await overlaps.unmark(asked - wanted, now)


async def _surroundings(sessions: list[str]) -> list[Row]:
    return await fetch(
        "SELECT s.id, s.status, s.capacity, s.confirmed + s.offered + s.held AS taken, w.id AS workshop, "
        "w.status AS workshop_status, e.status AS event_status FROM session s JOIN workshop w ON w.id = s.workshop "
        f"JOIN event e ON e.id = w.event WHERE s.id IN ({sql.marks(len(sessions))})",
        *sessions,
    )


async def _check_nobody_came(sessions: list[str], effects: list[Effect]) -> None:
    known = {one.id for one in effects}
    found = await fetch(
        f"SELECT id FROM registration WHERE status <> 'cancelled' AND session IN ({sql.marks(len(sessions))})",
        *sessions,
    )
    if any(row["id"] not in known for row in found):
        raise Overtaken(_("Somebody has booked this slot at its new time meanwhile."))


async def _check_hall(event: str, hall: str) -> None:
    asked = await fetch("SELECT status FROM venue_request WHERE event = {} AND venue = {}", event, hall)
    if asked and all(row["status"] != "accepted" for row in asked):
        raise Overtaken(_("The hall from before is no longer yours."))


def _known(table: str) -> str:
    if table not in TABLES:
        raise ValueError(table)
    return table


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value is not None and name.endswith("_at") else value

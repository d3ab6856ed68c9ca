"""Whom to telephone ("à appeler", rule 9): those whom no message reaches, what to tell them, and who has been told."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import audit, rights
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.i18n import _
from workshops.mail import address_key
from workshops.refusals import Refused
from workshops.rights import SENT_BY
from workshops.sql import marks
from workshops.tables.people import Role

MOST = 300
MOST_DONE = 50
WHY = {
    "no_email": _("No e-mail address"),
    "bounce": _("Messages do not arrive"),
    "no_sms": _("Text messages do not arrive"),
    "change": _("The organiser changed something"),
    "message": _("Has not had your message"),
    "offer": _("A place is offered: yes or no"),
    "given": _("Has got a place from the waiting list"),
    "offer_ended": _("The place offered has gone to somebody else"),
    "come": _("Still waits: may come and take what is free"),
}
"""Why somebody is to be called, in the order in which they are."""
_ORDER = ("offer", "change", "come", "given", "message", "bounce", "no_sms", "offer_ended", "no_email")

Row = dict[str, Any]


class NewsMeanwhile(Refused):
    """Something else has to be told since the page was read: the person stays on the list."""

    type = "news-meanwhile"
    title = _("Something has changed since: read it, and tell the person that too")


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call, or called. Rows: `person`, their `places`, the `changes` and messages (`news`) to tell."""

    person: Row
    places: tuple[Row, ...]
    changes: tuple[Row, ...]
    news: tuple[Row, ...]


async def to_call(event: str, actor: Actor) -> list[Call]:
    """At most 300 people to call, those whose day has changed first. The caller may see the event's people.

    An adviser's are those whom its own agency sent. `person` has `given_up` and `given_up_at` of a dead address.
    """
    whose, values = _whose(actor)
    rank = " ".join(f"WHEN '{why}' THEN {number}" for number, why in enumerate(_ORDER))
    people = await fetch(
        f"{_PEOPLE} WHERE a.event = {{}} AND a.called_for IS NOT NULL AND a.called_at IS NULL "
        f"AND a.anonymised_at IS NULL{whose} ORDER BY CASE a.called_for {rank} ELSE 9 END, a.search_name, a.id "
        f"LIMIT {MOST}",
        *(event, *values),
    )
    await _with_given_up(people)
    return await _with_what_to_tell(event, people)


async def called(event: str, actor: Actor) -> list[Row]:
    """The last 50 people who were ticked off, the latest first."""
    whose, values = _whose(actor)
    return await fetch(
        f"{_PEOPLE} WHERE a.event = {{}} AND a.called_for IS NOT NULL AND a.called_at IS NOT NULL "
        f"AND a.anonymised_at IS NULL{whose} ORDER BY a.called_at DESC, a.id LIMIT {MOST_DONE}",
        *(event, *values),
    )


async def count(event: str, actor: Actor) -> tuple[int, int]:
    """How many people are to be called, and how many have been."""
    whose, values = _whose(actor)
    row = await fetch_one(
        "SELECT COUNT(*) - COUNT(a.called_at) AS open, COUNT(a.called_at) AS done FROM attendee a "
        f"WHERE a.event = {{}} AND a.called_for IS NOT NULL AND a.anonymised_at IS NULL{whose}",
        *(event, *values),
    )
    assert row is not None
    return row["open"], row["done"]


async def tick(attendee: str, since: datetime, actor: Actor) -> None:
    """The person has been told what the page of `since` (UTC) said. Again: nothing more happens.

    Raises NotFound, and NewsMeanwhile where the day has changed for them after that.
    """
    now = utcnow()
    async with transaction():
        person = await rights.seen_attendee(actor, attendee, lock=True)
        if person["called_for"] is None or person["called_at"] is not None:
            return
        (call,) = await _with_what_to_tell(person["event"], [person])
        if any(told["created_at"] > since for told in (*call.changes, *call.news)):
            raise NewsMeanwhile
        await _write(person, now, actor, now)


async def untick(attendee: str, actor: Actor) -> None:
    """The person is to be called after all. Raises NotFound."""
    async with transaction():
        person = await rights.seen_attendee(actor, attendee, lock=True)
        if person["called_for"] is not None and person["called_at"] is not None:
            await _write(person, None, actor, utcnow())


async def _write(person: Row, called_at: datetime | None, actor: Actor, now: datetime) -> None:
    await fetch(
        "UPDATE attendee SET called_at = {}, called_by = {}, updated_at = {} WHERE id = {}",
        *(called_at, actor.id[:36] if called_at else None, now, person["id"]),
    )
    event, after = person["event"], {**person, "called_at": called_at}
    await audit.note(actor, "call", "attendee", person["id"], event=event, before=person, after=after, now=now)


def _whose(actor: Actor) -> tuple[str, list[str | None]]:
    if actor.role is not Role.ADVISER:
        return "", []
    return f" AND {SENT_BY}", [actor.organisation] * 2


async def _with_given_up(people: list[Row]) -> None:
    """Note the row of each dead address as `given_up` and `given_up_at`, None for others."""
    keys = {person["id"]: address_key(person["email"]) for person in people if person["email"]}
    rows = keys and await fetch(
        f"SELECT id, address_key, created_at FROM suppression WHERE lifted_at IS NULL "
        f"AND address_key IN ({marks(len(set(keys.values())))})",
        *set(keys.values()),
    )
    given_up = {row["address_key"]: row for row in rows or ()}
    for person in people:
        row = given_up.get(keys.get(person["id"], ""))
        person["given_up"] = row and row["id"]
        person["given_up_at"] = row and row["created_at"]


async def _with_what_to_tell(event: str, people: list[Row]) -> list[Call]:
    ids = [person["id"] for person in people]
    if not ids:
        return []
    places = await fetch(_PLACES.format(marks(len(ids))), *ids)
    changes = await fetch(_CHANGES.format(marks(len(ids))), *ids)
    bulletins = await fetch(
        "SELECT id, subject, body, chosen, created_at FROM bulletin WHERE event = {} AND undone_at IS NULL "
        "ORDER BY created_at DESC",
        event,
    )
    for bulletin in bulletins:
        bulletin["called"] = set(json.loads(bulletin.pop("chosen")).get("called", ()))
    return [
        Call(
            person,
            tuple(row for row in places if row["attendee"] == person["id"]),
            tuple(row for row in changes if row["attendee"] == person["id"]),
            tuple(row for row in bulletins if person["id"] in row["called"]),
        )
        for person in people
    ]


_PEOPLE = (
    "SELECT a.id, a.event, a.kind, a.size, a.first_name, a.last_name, a.email, a.phone, a.adult_name, a.adult_phone, "
    "a.called_for, a.called_at, c.name AS called_by_name, t.code FROM attendee a "
    "JOIN ticket t ON t.attendee = a.id AND t.status = 'active' "
    "LEFT JOIN account c ON 'account:' || c.id = a.called_by"
)
_PLACES = (
    "SELECT r.attendee, r.status, r.offered_until, r.must_choose, s.starts_at, s.ends_at, w.title, w.stand, "
    "o.name AS exhibitor FROM registration r JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
    "LEFT JOIN organisation o ON o.id = w.exhibitor WHERE r.attendee IN ({}) AND r.status <> 'cancelled' "
    "ORDER BY s.starts_at, r.id"
)
_CHANGES = (
    "SELECT f.attendee, f.effect, f.was_starts_at, f.was_ends_at, p.kind, p.why, p.created_at, w.title, r.status, "
    "s.starts_at, s.ends_at FROM change_effect f JOIN plan_change p ON p.id = f.plan_change "
    "JOIN registration r ON r.id = f.registration JOIN session s ON s.id = r.session "
    "JOIN workshop w ON w.id = s.workshop WHERE f.attendee IN ({}) AND p.undone_at IS NULL "
    "AND f.effect NOT IN ('settled', 'dropped') "
    "ORDER BY p.created_at DESC, f.was_starts_at"
)

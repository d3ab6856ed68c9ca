"""A message of the organiser to a group of a day's people: counted before, put off so that it can be undone, kept.

One message for an address, however many of a family read it; who has none is called, if the organiser wants.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops import audit, call_list, mail, rights, selection
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.errors import NotFound
from workshops.fields import Answers, line, text
from workshops.i18n import _
from workshops.ids import is_id, new_id
from workshops.refusals import Refused
from workshops.selection import Wanted
from workshops.sql import marks

SUBJECT, BODY = 120, 2000
WAIT, WAIT_ON_THE_DAY = timedelta(minutes=10), timedelta(minutes=2)

Row = dict[str, Any]


class AudienceChanged(Refused):
    """Another number of people than was read: the organiser looks again. `people` is the number now."""

    type = "audience-changed"
    title = _("Meanwhile the number of people has changed. Check it, then send")

    def __init__(self, people: int) -> None:
        super().__init__()
        self.people = people


class BulletinGone(Refused):
    """The first of its messages has left: nothing can be taken back."""

    type = "bulletin-gone"
    title = _("This message has begun to leave: it can no longer be taken back")


class NobodyMeant(Refused):
    """Nobody of the day is meant."""

    type = "nobody-meant"
    title = _("There is nobody in this group")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent, to whom: `wanted` as lists of people are filtered. `call`: who has no address is called."""

    subject: str
    body: str
    wanted: Wanted
    call: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """How many `people` are meant, in how many `messages`, and how many of them have no address."""

    people: int
    messages: int
    without: int


def read_text(answers: Answers) -> tuple[str, str]:
    """The subject and the body as they were written; faults are in `answers.faults`."""
    subject = answers.read("subject", line(SUBJECT), _("Write what it is about."))
    body = answers.read("body", text(BODY), _("Write your message."))
    return subject or "", body or ""


async def audience(event: Row, wanted: Wanted, actor: Actor) -> Audience:
    """Whom a message would reach now. `event` is the row of a led event."""
    return _counted(await _meant(event, wanted, actor))


async def send(event: str, draft: Draft, people: int, actor: Actor) -> str:
    """Write the messages to the `people` whose number was read; the bulletin's id. They leave in 10 minutes, or 2.

    Raises NotFound, NobodyMeant, AudienceChanged.
    """
    now = utcnow()
    async with transaction():
        day = await rights.led_event(actor, event)
        meant = await _meant(day, draft.wanted, actor)
        counted = _counted(meant)
        if not meant:
            raise NobodyMeant
        if counted.people != people:
            raise AudienceChanged(counted.people)
        bulletin, leaves_at = new_id(), now + _wait(day, now)
        to_call = [person for person in meant if not person["email"]] if draft.call else []
        await _write(bulletin, day, draft, counted, to_call, leaves_at, actor, now)
        await mail.enqueue_all(
            mail.Kind.BULLETIN,
            [(person["id"], email) for email, person in _addressed(meant).items()],
            dedup=f"bulletin:{bulletin}",
            event=event,
            expires_at=day["ends_at"],
            not_before=leaves_at,
            now=now,
            bulletin=bulletin,
        )
        await call_list.ask([person["id"] for person in to_call], "message", now)
        told = {"subject": draft.subject, "group": draft.wanted.filters(), "messages": counted.messages}
        await audit.note(
            actor, "send_bulletin", "bulletin", bulletin, event=event, after=told, people=counted.people, now=now
        )
    return bulletin


async def send_now(bulletin: str, actor: Actor) -> None:
    """Wait no longer. Raises NotFound; what has left or was taken back stays as it is."""
    now = utcnow()
    async with transaction():
        row = await find(bulletin, actor, lock=True)
        if row["undone_at"] or row["leaves_at"] <= now:
            return
        await fetch("UPDATE bulletin SET leaves_at = {} WHERE id = {}", now, bulletin)
        await fetch(
            "UPDATE message SET not_before = {} WHERE bulletin = {} AND state = 'queued' AND not_before > {}",
            *(now, bulletin, now),
        )
        await audit.note(actor, "send_bulletin_now", "bulletin", bulletin, event=row["event"], now=now)


async def take_back(bulletin: str, actor: Actor) -> None:
    """Nobody gets it, if none of its messages has begun to leave. Again: nothing more happens.

    Who was to be called for it is as before. Raises NotFound, BulletinGone.
    """
    now = utcnow()
    async with transaction():
        row = await find(bulletin, actor, lock=True)
        if row["undone_at"]:
            return
        messages = await fetch(
            f"SELECT id, state FROM message WHERE bulletin = {{}} ORDER BY id{for_update()}", bulletin
        )
        gone = any(message["state"] not in ("queued", "superseded") for message in messages)
        if gone or (row["leaves_at"] <= now and not messages):
            raise BulletinGone
        await fetch(
            "UPDATE message SET state = 'superseded', frozen = NULL WHERE bulletin = {} AND state = 'queued'", bulletin
        )
        await fetch("UPDATE bulletin SET undone_at = {} WHERE id = {}", now, bulletin)
        await call_list.restore(json.loads(row["chosen"])["called"], "message", now)
        await audit.note(
            actor, "undo_bulletin", "bulletin", bulletin, event=row["event"], people=row["people"], now=now
        )


async def find(bulletin: str, actor: Actor, *, lock: bool = False) -> Row:
    """The row of a bulletin of a day that the actor's agency leads. Raises NotFound."""
    row = is_id(bulletin) and await fetch_one(
        f"SELECT * FROM bulletin WHERE id = {{}}{for_update() if lock else ''}", bulletin
    )
    if not row:
        raise NotFound
    await rights.led_event(actor, row["event"])
    return row


async def sent(event: str) -> list[Row]:
    """The messages of a day, the latest first, with who wrote them and how many `departed`, `wait` and `failed`."""
    rows = await fetch(
        "SELECT b.*, c.name AS author, "
        + ", ".join(
            f"(SELECT COUNT(*) FROM message m WHERE m.bulletin = b.id AND m.state IN ({states})) AS {name}"
            for name, states in _STATES.items()
        )
        + " FROM bulletin b LEFT JOIN account c ON 'account:' || c.id = b.actor WHERE b.event = {} "
        "ORDER BY b.created_at DESC, b.id",
        event,
    )
    return [row | {"chosen": json.loads(row["chosen"]).get("group", {})} for row in rows]


async def _meant(event: Row, wanted: Wanted, actor: Actor) -> list[Row]:
    where, values = selection.whom(actor, event, wanted)
    return await fetch(
        "SELECT a.id, a.email, a.called_for, a.called_at, a.called_by FROM attendee a "
        f"LEFT JOIN organisation o ON o.id = a.agency WHERE {where} ORDER BY a.created_at, a.id",
        *values,
    )


def _addressed(meant: Sequence[Row]) -> dict[str, Row]:
    """One of those who share an address, for each address."""
    return {person["email"]: person for person in reversed(meant) if person["email"]}


def _counted(meant: Sequence[Row]) -> Audience:
    return Audience(len(meant), len(_addressed(meant)), sum(not person["email"] for person in meant))


def _wait(event: Row, now: datetime) -> timedelta:
    return WAIT_ON_THE_DAY if now.astimezone(ZoneInfo(event["zone"])).date() == event["date"] else WAIT


async def _write(
    bulletin: str,
    event: Row,
    draft: Draft,
    counted: Audience,
    to_call: list[Row],
    leaves_at: datetime,
    actor: Actor,
    now: datetime,
) -> None:
    row = {
        "id": bulletin,
        "event": event["id"],
        "actor": actor.id,
        "subject": draft.subject,
        "body": draft.body,
        "chosen": json.dumps({"group": draft.wanted.filters(), "called": call_list.as_it_is(to_call)}),
        "people": counted.people,
        "messages": counted.messages,
        "created_at": now,
        "leaves_at": leaves_at,
    }
    await fetch(f"INSERT INTO bulletin ({', '.join(row)}) VALUES ({marks(len(row))})", *row.values())


_STATES = {
    "departed": "'sent', 'carried'",
    "wait": "'queued', 'sending'",
    "failed": "'failed', 'expired'",
}

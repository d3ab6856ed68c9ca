"""A sheet that was sent: read, shown with an answer for each row, and carried out once somebody says so."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workshops import audit, companies, sheets
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import Fault, Invalid, NotFound, WorkshopsError
from workshops.i18n import _
from workshops.ids import is_id, new_id
from workshops.imports.columns import columns_of, is_example
from workshops.imports.judging import Answer, Known, judge, known, suggested
from workshops.imports.lines import Line, read_line
from workshops.rights import led_event, touch
from workshops.sheets import Row
from workshops.sql import rows as in_rows

KEPT = timedelta(days=2)
AT_ONCE = 500
Record = dict[str, Any]


class DayClosed(WorkshopsError):
    """The day is over or cancelled."""

    status = 409
    type = "day-closed"
    title = _("This day is over or cancelled. Nothing can be imported into it")


class ImportChanged(WorkshopsError):
    """What an import would make is no longer what was shown."""

    status = 409
    type = "import-changed"
    title = _("The day has changed since this was shown. Read the answers again, then confirm")


@dataclass(frozen=True, slots=True)
class Run:
    """A sheet that was sent for a day, and the answers to its rows until it is carried out.

    `unused` are headings that were not understood; `made` says, once confirmed, what it made: ids of `workshops` and
    `companies`, how many `slots`, the numbers of the rows `left_out`.
    """

    id: str
    event: Record
    created_at: datetime
    confirmed_at: datetime | None
    undone_at: datetime | None
    made: Record | None
    unused: tuple[str, ...]
    answers: tuple[Answer, ...]

    @property
    def good(self) -> list[Answer]:
        """The rows that can be imported."""
        return [answer for answer in self.answers if answer.is_good]

    @property
    def clashing(self) -> list[Answer]:
        """Those of them that are at two places at once."""
        return [answer for answer in self.good if answer.clashes]

    @property
    def slots(self) -> int:
        """How many slots they make."""
        return sum(len(answer.slots) for answer in self.good)

    @property
    def new_companies(self) -> list[str]:
        """The names of the companies that will be made, each once."""
        new = {companies.key(one.line.exhibitor): one.line.exhibitor for one in self.good if one.company is None}
        return list(new.values())


async def preview(event: str, content: bytes, actor: Actor) -> str:
    """Keep a sheet for a day that the actor leads, to be looked at; nothing of the day changes. The run's id.

    Raises NotFound, DayClosed, SheetRefused, and Invalid where the columns are not recognised.
    """
    now = utcnow()
    _must_be_open(await led_event(actor, event), now)
    rows = await sheets.read(content)
    columns_of(rows)
    run = new_id()
    async with transaction():
        await fetch("DELETE FROM import_run WHERE confirmed_at IS NULL AND created_at < {}", now - KEPT)
        await fetch(
            "INSERT INTO import_run (id, event, actor, rows, created_at) VALUES ({}, {}, {}, {}, {})",
            *(run, event, actor.id, json.dumps(rows, ensure_ascii=False), now),
        )
    return run


async def look(run: str, actor: Actor) -> Run:
    """A run with the answers to its rows as the day is now. Raises NotFound."""
    row = await found(run)
    event = await led_event(actor, row["event"])
    unused, lines = await asyncio.to_thread(_read, row["rows"])
    day = await known(event)
    answers = await asyncio.to_thread(lambda: suggested(judge(lines, day, event)))
    made = json.loads(row["made"]) if row["made"] else None
    return Run(run, event, row["created_at"], row["confirmed_at"], row["undone_at"], made, unused, tuple(answers))


async def earlier(event: str, actor: Actor) -> list[Record]:
    """The last runs that were carried out for a day: id, confirmed_at, undone_at, what they made. Raises NotFound."""
    await led_event(actor, event)
    runs = await fetch(
        "SELECT id, confirmed_at, undone_at, made FROM import_run WHERE event = {} AND confirmed_at IS NOT NULL "
        "ORDER BY confirmed_at DESC LIMIT 10",
        event,
    )
    return [{**run, "made": json.loads(run["made"])} for run in runs]


async def confirm(
    run: str, shown: tuple[int, int], actor: Actor, *, leave_out: bool = False, anyway: bool = False
) -> None:
    """Carry a run out: drafts of its workshops, their slots, the companies that are new. Again: nothing more happens.

    `shown` is how many workshops and slots were announced. Raises NotFound, DayClosed, ImportChanged unless that is
    still so, and Invalid unless faulty rows are to be left out (`leave_out`), clashing ones taken `anyway`.
    """
    now = utcnow()
    row = await found(run)
    _unused, lines = await asyncio.to_thread(_read, row["rows"])
    async with transaction():
        event = await led_event(actor, row["event"], lock=True)
        _must_be_open(event, now)
        if not await fetch(
            "UPDATE import_run SET confirmed_at = {} WHERE id = {} AND confirmed_at IS NULL RETURNING id", now, run
        ):
            return
        day = await known(event)
        answers = judge(lines, day, event)
        good = [answer for answer in answers if answer.is_good]
        _must_be_wanted(answers, good, shown, leave_out, anyway)
        made = await _write(event["id"], good, day, now)
        made["left_out"] = [answer.line.number for answer in answers if not answer.is_good]
        await fetch("UPDATE import_run SET made = {}, rows = {} WHERE id = {}", json.dumps(made), "[]", run)
        after = {"workshops": len(good), "slots": made["slots"], "companies": len(made["companies"])}
        await audit.note(actor, "import", "import", run, event=event["id"], after=after, now=now)
        await touch(event["id"], now)


async def found(run: str) -> Record:
    """The row of a run. Raises NotFound."""
    row = is_id(run) and await fetch_one("SELECT * FROM import_run WHERE id = {}", run)
    if not row:
        raise NotFound
    return row


def _read(text: str) -> tuple[tuple[str, ...], list[Line]]:
    rows = [Row(*row) for row in json.loads(text)]
    if not rows:
        return (), []
    columns, rest = columns_of(rows)
    return columns.unused, [read_line(row, columns) for row in rest if not is_example(row)]


def _must_be_open(event: Record, now: datetime) -> None:
    if event["status"] in ("cancelled", "closed") or event["ends_at"] <= now:
        raise DayClosed


def _must_be_wanted(
    answers: Sequence[Answer], good: Sequence[Answer], shown: tuple[int, int], leave_out: bool, anyway: bool
) -> None:
    if not good:
        raise Invalid(faults=(Fault("leave_out", _("No row can be imported: mend the file, then send it again.")),))
    if shown != (len(good), sum(len(answer.slots) for answer in good)):
        raise ImportChanged
    faults = []
    if len(good) < len(answers) and not leave_out:
        faults.append(Fault("leave_out", _("Say that the faulty rows are left out, or mend the file.")))
    if any(answer.clashes for answer in good) and not anyway:
        faults.append(Fault("anyway", _("Say that the rows to check are imported as they are, or mend the file.")))
    if faults:
        raise Invalid(faults=tuple(faults))


async def _write(event: str, good: Sequence[Answer], day: Known, now: datetime) -> Record:
    """Write drafts of the workshops after those that are there, their slots and new companies: what was made."""
    found = await companies.ensure([(answer.line.exhibitor, answer.line.email) for answer in good], now)
    last = await fetch("SELECT MAX(position) AS last FROM workshop WHERE event = {}", event)
    workshops, slots = [], []
    for position, answer in enumerate(good, (last[0]["last"] or 0) + 1):
        line, workshop = answer.line, new_id()
        exhibitor = found[companies.key(line.exhibitor)].id
        facts = line.rome, line.title, line.description, line.min_age, line.stand, line.facilitator
        workshops.append((workshop, event, "stand", "draft", exhibitor, *facts, position, now, now))
        slots += [(new_id(), workshop, *window, places, "open", now) for window, places in answer.slots]
    await _insert(
        "workshop (id, event, kind, status, exhibitor, rome_code, title, description, min_age, stand, facilitator, "
        "position, created_at, updated_at)",
        workshops,
    )
    await _insert("session (id, workshop, starts_at, ends_at, capacity, status, updated_at)", slots)
    new = [company.id for one, company in found.items() if one not in day.companies]
    return {"workshops": [row[0] for row in workshops], "slots": len(slots), "companies": new}


async def _insert(into: str, values: Sequence[tuple[Any, ...]]) -> None:
    for some in (values[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE)):
        every = (one for row in some for one in row)
        await fetch(f"INSERT INTO {into} VALUES {in_rows(len(some), len(some[0]))}", *every)

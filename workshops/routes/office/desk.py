"""The desk of one day: everything at a glance, and the part of it that keeps itself fresh (ETag, RFC 9110 §8.8.3).

It holds counts alone, nobody's name: a browser may keep it, as long as it asks again each time.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.status_codes import HTTP_304_NOT_MODIFIED

from workshops import bursts, desk
from workshops.access import staff
from workshops.actors import Staff
from workshops.answers import matches
from workshops.database import utcnow
from workshops.desk import Desk, Slot, Stand
from workshops.persons import ACCOMMODATIONS
from workshops.rights import led_event
from workshops.routes import wording
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
KEPT = {"Cache-Control": "private, no-cache"}
MOST_COLUMNS = 12
"""With more hours than these the slots of a stand follow each other, each with its hour."""
SOON, EARLY = timedelta(days=7), timedelta(hours=2)
MOST_STEPS = 6


@dataclass(frozen=True, slots=True)
class Row:
    """A stand as a line of the table: for each column the slots that begin then."""

    stand: Stand
    cells: tuple[tuple[Slot, ...], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """An hour of the table, and its places; None where one column holds all slots."""

    begins_at: datetime | None
    taken: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Table:
    """Stands by hours."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def flows(self) -> bool:
        """Whether there are too many hours for a column each."""
        return any(column.begins_at is None for column in self.columns)


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done: what (`kind`, worded by the page), how many, how pressing, and where."""

    kind: str
    number: int
    pressing: str
    href: str


@get("/office/events/{event:str}")
async def show_desk(request: Asked, event: FromPath[str]) -> Response[Any]:
    """The day at a glance."""
    who, shown = await _read(request, event)
    return office_page("desk.html", request, who, headers=KEPT, **shown)


@get("/office/events/{event:str}/live")
async def show_live(request: Asked, event: FromPath[str]) -> Response[Any]:
    """What of it changes by itself; nothing (304) to a browser that has it already."""
    who, shown = await _read(request, event)
    return unless_known(request, who, "desk_live.html", shown)


async def _read(request: Asked, event: str) -> tuple[Staff, dict[str, Any]]:
    who, now = await staff(request, Role.ORGANISER), utcnow()
    row = await led_event(who, event)
    day = await desk.read(row, who, now)
    burst = await bursts.largest(event, now)
    todo, begun = steps(day, row["starts_at"], row["ends_at"], now, burst), now >= row["starts_at"] - EARLY
    return who, {
        "now": now,
        "etag": etag(locale_of(request), row["version"], day, todo, begun),
        "event": row,
        "day": day,
        "table": table(day.stands),
        "steps": todo,
        "begun": begun,
        "town": wording.commune_name(day.around.commune),
        "clock": lambda instant: f"{instant.astimezone(ZoneInfo(day.zone)):%H:%M}",
        "accommodations": ACCOMMODATIONS,
    }


def etag(*shown: object) -> str:
    """What changes with anything of what is shown, and with nothing else."""
    return f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:32]}"'


def unless_known(request: Asked, who: Staff, name: str, shown: dict[str, Any]) -> Response[Any]:
    """A part of a page by its `etag`, not rendered at all for a browser that holds it, compressed or not."""
    known, mark = request.headers.get("if-none-match", "").encode(), shown["etag"]
    for own in (mark, f'{mark[:-1]}-gz"'):
        if matches(known, own.encode()):
            return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers={**KEPT, "ETag": own})
    return office_page(name, request, who, headers={**KEPT, "ETag": mark}, **shown)


def table(stands: tuple[Stand, ...]) -> Table:
    """The stands by the hours at which their slots begin, or all slots in one column where those are too many."""
    begins = sorted({slot.starts_at for stand in stands for slot in stand.slots})
    if len(begins) > MOST_COLUMNS:
        slots = [slot for stand in stands for slot in stand.on]
        return Table((_column(None, slots),), tuple(Row(stand, (stand.slots,)) for stand in stands))
    by_hour = [[[slot for slot in stand.slots if slot.starts_at == begin] for stand in stands] for begin in begins]
    columns = [
        _column(begin, [slot for cell in cells for slot in cell]) for begin, cells in zip(begins, by_hour, strict=True)
    ]
    rows = [Row(stand, tuple(tuple(cells[number]) for cells in by_hour)) for number, stand in enumerate(stands)]
    return Table(tuple(columns), tuple(rows))


def _column(begins_at: datetime | None, slots: list[Slot]) -> Column:
    on = [slot for slot in slots if not slot.cancelled]
    return Column(begins_at, sum(slot.taken for slot in on), sum(slot.capacity for slot in on))


def steps(day: Desk, starts_at: datetime, ends_at: datetime, now: datetime, burst: int = 0) -> list[Step]:
    """What is to be done next, the most pressing first, at most six; nothing once the day is over or cancelled.

    `burst`: how many people signed up from one network of late, if many did.
    """
    if day.status in ("cancelled", "closed") or ends_at <= now:
        return []
    return sorted(_steps(day, starts_at, now, burst), key=lambda step: ("no", "wait", "info").index(step.pressing))[
        :MOST_STEPS
    ]


def _steps(day: Desk, starts_at: datetime, now: datetime, burst: int) -> Iterator[Step]:
    here, hall = f"/office/events/{day.event}", day.around.hall
    drafts = [stand for stand in day.stands if stand.status == "draft"]
    declined = [stand for stand in drafts if stand.answer == "declined"]
    empty = [slot for slot in day.slots if not slot.taken and slot.starts_at > now]
    short = sum(max(0, slot.waiting - slot.capacity + slot.taken) for slot in day.slots if slot.starts_at > now)
    called = dict(day.arrangements).get("call_back", 0)
    for kind, number, pressing, path in (
        ("no_stand", not day.stands, "no", "/plan"),
        ("no_hall", hall is None, "no", "/venue"),
        ("hall_refused", hall in ("declined", "revoked", "withdrawn"), "no", "/venue"),
        ("declined", len(declined), "no", "/stands"),
        ("hall_asked", hall == "asked", "wait", "/venue"),
        ("change", day.around.changes, "wait", f"/office/changes/{day.around.change}"),
        ("to_call", day.to_call, "wait", "/calls"),
        ("edited", sum(stand.edited for stand in day.stands), "wait", "/stands"),
        ("not_ready", len(drafts) - len(declined), "wait", "/stands"),
        ("waiting", short, "wait", "/people?status=waiting"),
        ("burst", burst, "info", "/bursts"),
        ("call_back", called, "info", "/people?arrangement=call_back"),
        ("empty", len(empty) if starts_at - now < SOON else 0, "info", "#fill"),
        ("publish", day.status == "draft" and hall in ("accepted", "own") and bool(day.stands), "info", "/plan"),
    ):
        if number:
            yield Step(kind, int(number), pressing, path if path.startswith("/office") else here + path)


ROUTES = [show_desk, show_live]

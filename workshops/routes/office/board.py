"""The grid of a day as a form: a row for each stand, a column for each slot's hours, in each cell its places.

A form says what it showed (`was`), so that only what its writer has changed is saved over what others saved meanwhile.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from workshops.errors import Fault
from workshops.fields import Answers, Wrong, whole_number
from workshops.grid import Window, instant
from workshops.i18n import _
from workshops.planning.plan import Plan, Slot, Stand
from workshops.planning.slots import Wish
from workshops.routes.forms import Form
from workshops.slot_rules import MOST_PLACES

MOST_FIELDS = 8000
_KEY = re.compile(r"([01]\d|2[0-3])([0-5]\d)-([01]\d|2[0-3])([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Column:
    """The hours of a column. `key` is 0900-0945 in local time; `after_pause`: nothing ends when it begins."""

    key: str
    starts_at: datetime
    ends_at: datetime
    after_pause: bool
    places: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what it shows, what is stored. `slot` is what people are signed up to: then it is no field.

    `busy`: nothing is there, and the stand has a slot at overlapping hours.
    """

    name: str
    value: str
    was: str
    slot: Slot | None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the grid; `was` is what its hidden field tells."""

    stand: Stand
    cells: tuple[Cell, ...]
    was: str
    places: int


@dataclass(frozen=True, slots=True)
class Board:
    """The grid. `changed` cells differ from what is stored."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    changed: int
    slots: int
    places: int


def board(plan: Plan, typed: Mapping[str, str] | None = None, also: Iterable[str] = ()) -> Board:
    """The grid of a plan; cells that were `typed` in show that. `also` are keys of columns that nothing is in yet."""
    typed = typed or {}
    stored = {cell_name(slot.workshop, key_of(plan, slot.window)): slot for slot in plan.slots}
    keys = {key_of(plan, window) for window in plan.windows} | {name.rpartition(".")[2] for name in typed} | set(also)
    windows = {key: window for key in keys if (window := window_of(plan, key))}
    ordered = sorted(windows, key=lambda key: windows[key])
    lines = tuple(_line(stand, ordered, windows, stored, typed) for stand in plan.stands)
    columns, last = [], None
    for number, key in enumerate(ordered):
        start, end = windows[key]
        places = sum(_number(line.cells[number].value) for line in lines)
        columns.append(Column(key, start, end, last is not None and start > last, places))
        last = max(end, last or end)
    cells = [cell for line in lines for cell in line.cells]
    return Board(
        tuple(columns),
        lines,
        changed=sum(cell.value != cell.was for cell in cells),
        slots=sum(_number(cell.value) > 0 for cell in cells),
        places=sum(_number(cell.value) for cell in cells),
    )


def changes(form: Form, plan: Plan) -> dict[str, str]:
    """The cells that were written otherwise than the form showed them: their name, what is written."""
    changed: dict[str, str] = {}
    given = dict(reversed([(name, value.strip()) for name, value in form.pairs if name.startswith("c.")]))
    for stand in plan.stands:
        shown = dict(pair.split("=", 1) for pair in form.one(f"was.{stand.id}").split() if "=" in pair)
        showed = {cell_name(stand.id, key): value for key, value in shown.items() if _KEY.fullmatch(key)}
        own = {name for name in given if name.rpartition(".")[0] == f"c.{stand.id}"} | set(showed)
        changed |= {name: given.get(name, "") for name in own if given.get(name, "") != showed.get(name, "")}
    return changed


def wishes(typed: Mapping[str, str], plan: Plan) -> tuple[list[Wish], tuple[Fault, ...]]:
    """What these cells ask for, and the faults of those that hold no number."""
    stored = {cell_name(slot.workshop, key_of(plan, slot.window)): slot for slot in plan.slots}
    places, asked, faults = whole_number(0, MOST_PLACES), [], []
    for name, value in typed.items():
        _c, workshop, key = name.split(".")
        slot = stored.get(name)
        window = slot.window if slot else window_of(plan, key)
        if window is None or (slot and not slot.is_free):
            continue
        try:
            asked.append(Wish(workshop, *window, places(value) if value else 0, slot.id if slot else None))
        except Wrong as wrong:
            faults.append(Fault(name, wrong.message, wrong.limits))
    return asked, tuple(faults)


def read_window(answers: Answers, first: str, last: str) -> tuple[time, time] | None:
    """The hours of two fields; faults where one is missing, or they end before they begin."""
    start = answers.read(first, clock, _("Write the hour at which it begins."))
    end = answers.read(last, clock, _("Write the hour at which it ends."))
    if start is None or end is None:
        return None
    if end <= start:
        answers.fault(last, _("It ends before it begins."))
        return None
    return start, end


def clock(given: object) -> time:
    """A time of day as a browser's field sends it, or as it is written: 9 h 30, 9:30."""
    match = re.fullmatch(r"\s*([01]?\d|2[0-3])\s*(?:[:hH.]\s*([0-5]\d)?(?::00)?)?\s*", str(given))
    if not match:
        raise Wrong(_("Write a time as 9:30."))
    return time(int(match[1]), int(match[2] or 0))


def cell_name(workshop: str, key: str) -> str:
    """The field of a cell."""
    return f"c.{workshop}.{key}"


def key_of(plan: Plan, window: Window) -> str:
    """0900-0945: hours as a column's name has them, local."""
    zone = ZoneInfo(plan.event["zone"])
    return "-".join(moment.astimezone(zone).strftime("%H%M") for moment in window)


def window_of(plan: Plan, key: str) -> Window | None:
    """The hours that a key names on this day; None if it is none. Ending at or before it begins: the next day."""
    match = _KEY.fullmatch(key)
    if not match:
        return None
    first, last = (time(int(match[hour]), int(match[hour + 1])) for hour in (1, 3))
    day = plan.event["date"]
    ends = instant(day if last > first else day + timedelta(days=1), last, plan.event["zone"])
    return instant(day, first, plan.event["zone"]), ends


def _line(
    stand: Stand, keys: list[str], windows: Mapping[str, Window], stored: Mapping[str, Slot], typed: Mapping[str, str]
) -> Line:
    cells = []
    for key in keys:
        name = cell_name(stand.id, key)
        slot = stored.get(name)
        was = str(slot.capacity) if slot else ""
        locked = slot if slot and not slot.is_free else None
        cells.append(Cell(name, was if locked else typed.get(name, was), was, locked))
    taken = [windows[key] for key, cell in zip(keys, cells, strict=True) if cell.value]
    cells = [
        cell if cell.value else replace(cell, busy=any(one[0] < end and start < one[1] for start, end in taken))
        for cell, one in zip(cells, (windows[key] for key in keys), strict=True)
    ]
    was = " ".join(f"{key}={cell.was}" for key, cell in zip(keys, cells, strict=True) if cell.was and not cell.slot)
    return Line(stand, tuple(cells), was, sum(_number(cell.value) for cell in cells))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0

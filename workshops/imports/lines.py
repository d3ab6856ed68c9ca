"""What a row of a sheet asks for, read field by field, and what is wrong with it. Pure; hours are local."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from workshops import jobs
from workshops.errors import Fault, Invalid
from workshops.fields import Answers, email_address, line, text, whole_number
from workshops.grid import read_hours, read_rule
from workshops.i18n import _
from workshops.imports.columns import Columns, plain
from workshops.sheets import Row
from workshops.slot_rules import MOST_PLACES, MOST_SLOTS, Hours, Rule

YES = {"x", "oui", "o", "yes", "y", "ok", "v", "✓", "✔"}
NO = {"", "non", "n", "no", "0", "-", "–", "/"}
MOST_HOURS = 300
MISSING = _("Fill this in.")
ORDER = _("These hours end before they begin. Write the afternoon as 13:30.")


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot from when to when, and its places."""

    hours: Hours
    places: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it was understood: a workshop with its slots, given one by one or by a rule. Its faults name fields."""

    number: int
    exhibitor: str
    email: str | None
    title: str
    rome: str | None
    stand: str | None
    facilitator: str | None
    min_age: int | None
    description: str
    slots: tuple[Slot, ...]
    rule: Rule | None
    faults: tuple[Fault, ...]


def read_line(row: Row, columns: Columns) -> Line:
    """Understand one row; whatever is wrong with it is in its faults."""
    cells = {name: _joined(row.cells, places) for name, places in columns.fields.items()}
    answers = Answers(cells)
    exhibitor = answers.read("exhibitor", line(120), MISSING)
    title, rome = answers.read("title", line(120)), _rome(answers)
    if not title and not rome and not {"title", "rome"} & {fault.name for fault in answers.faults}:
        answers.fault("title", MISSING)
    places = answers.read("places", _number(1, MOST_PLACES))
    rule, slots = None, _ticked(answers, row.cells, columns, places)
    if not slots:
        rule, slots = _hours(answers, cells, places)
    if slots and not all(slot.places for slot in slots) and "places" not in {fault.name for fault in answers.faults}:
        answers.fault("places", MISSING)
    return Line(
        number=row.number,
        exhibitor=exhibitor or "",
        email=answers.read("email", email_address),
        title=title or (rome and jobs.job(rome)) or "",
        rome=rome or code_of(title or ""),
        stand=answers.read("stand", line(20)),
        facilitator=answers.read("facilitator", line(120)),
        min_age=answers.read("min_age", _number(0, 99)),
        description=answers.read("description", text(2000)) or "",
        slots=slots,
        rule=rule,
        faults=tuple(answers.faults),
    )


def code_of(title: str) -> str | None:
    """The ROME code of the one job that is called so, in its masculine or its feminine form."""
    return _codes().get(plain(title)) if title else None


def _joined(cells: Sequence[str], places: Sequence[int]) -> str:
    return ", ".join(cells[place] for place in places if place < len(cells) and cells[place])


def _rome(answers: Answers) -> str | None:
    code = answers.read("rome", line(60))
    code = code and code.replace(" ", "").upper()
    if code and not jobs.job(code):
        answers.fault("rome", _("There is no such code."))
        return None
    return code


def _number(least: int, most: int) -> Callable[[object], int]:
    """The first number of a cell such as "16 ans" or "8 places"."""
    whole = whole_number(least, most)

    def read(given: object) -> int:
        found = re.fullmatch(r"\D*?(\d+)\D*", str(given).strip())
        return whole(found[1] if found else given)

    return read


def _ticked(answers: Answers, cells: Sequence[str], columns: Columns, places: int | None) -> tuple[Slot, ...]:
    """The slots of the columns whose heading is one: ticked, or with a number of places."""
    slots = []
    for index, hours in columns.slots.items():
        cell = cells[index].strip().casefold() if index < len(cells) else ""
        if cell in YES:
            slots.append(Slot(hours, places or 0))
        elif cell not in NO:
            number = answers.read_value("hours", cell, _number(1, MOST_PLACES))
            slots.append(Slot(hours, number or 1))
    return _in_order(answers, slots)


def _hours(answers: Answers, cells: dict[str, str], places: int | None) -> tuple[Rule | None, tuple[Slot, ...]]:
    """The slots of a row that says its hours in words: one by one, or by a rule."""
    said = cells.get("hours", "")
    if not said and cells.get("starts") and cells.get("ends"):
        said = f"{cells['starts']} - {cells['ends']}"
    if not said:
        return None, ()
    if len(said) > MOST_HOURS:
        answers.fault("hours", _("This is too long: at most %(max)s characters."), max=MOST_HOURS)
        return None, ()
    if found := re.search(r"\b(\d{1,5})\s*(?:places?|pers(?:onnes?)?)\b", said):
        said, places = said.replace(found[0], " "), int(found[1])
    try:
        if not cells.get("minutes"):
            return None, _in_order(answers, [Slot(hours, places or 0) for hours in read_hours(said)])
    except Invalid:
        pass
    try:
        return read_rule(f"{said}{_length(cells)}{f', {places} places' if places else ''}"), ()
    except Invalid as invalid:
        faults = invalid.faults if len(invalid.faults) == 1 else (Fault("hours", _EXAMPLE),)
        answers.faults += [Fault("hours", fault.message, fault.limits) for fault in faults]
        return None, ()


_EXAMPLE = _("Write them as “9:00-9:45, 10:00-10:45”, or “9:00-12:00 / 45 min / 8 places”.")


def _length(cells: dict[str, str]) -> str:
    """45, 45 min or 0:45, as a rule says it."""
    given = cells.get("minutes", "")
    clock = re.fullmatch(r"0?(\d)[:hH](\d\d)", given)
    minutes = int(clock[1]) * 60 + int(clock[2]) if clock else given
    return f" / {minutes} min" if str(minutes).isdigit() else f" / {given}" if given else ""


def _in_order(answers: Answers, slots: list[Slot]) -> tuple[Slot, ...]:
    slots = sorted(slots, key=lambda slot: slot.hours)
    if any(slot.hours[0] >= slot.hours[1] for slot in slots):
        answers.fault("hours", ORDER)
    elif any(one.hours[1] > other.hours[0] for one, other in pairwise(slots)):
        answers.fault("hours", _("These hours overlap."))
    elif len(slots) > MOST_SLOTS:
        answers.fault("hours", _("A stand has %(max)s slots a day at most."), max=MOST_SLOTS)
    return tuple(slots)


@cache
def _codes() -> dict[str, str | None]:
    """Labels of jobs and both of their forms, spelt plainly; None for what several are called."""
    codes: dict[str, str | None] = {}
    for code, label in jobs.jobs().items():
        for name in {plain(form) for form in (label, *_forms(label))}:
            codes[name] = None if name in codes else code
    return codes


def _forms(label: str) -> tuple[str, ...]:
    """Agent de nettoyage and Agente de nettoyage, of "Agent / Agente de nettoyage"."""
    one, _slash, other = label.partition(" / ")
    rest = other.split()[len(one.split()) :]
    return (" ".join((one, *rest)), other) if other else ()

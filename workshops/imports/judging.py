"""What each row of a sheet would make of the day as it is now: an answer a row. Nothing is written here."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from workshops import companies, grid, jobs
from workshops.companies import Company
from workshops.database import fetch
from workshops.errors import Fault
from workshops.grid import Window
from workshops.i18n import _
from workshops.imports.lines import Line

MOST_SUGGESTIONS = 20
MOST_SLOTS = 20_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a row: a workshop with `slots` (UTC) and their places, unless there are `faults`.

    `clashes` are what would be at two places at once, `notes` what else to know. `company` is None for a new one.
    """

    line: Line
    company: Company | None
    slots: tuple[tuple[Window, int], ...]
    faults: tuple[Fault, ...]
    clashes: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether it can be imported."""
        return not self.faults


class Placed(NamedTuple):
    """A slot at a stand, led by somebody; `number` is the row that asks for it, 0 for what is planned already."""

    start: datetime
    end: datetime
    number: int
    title: str
    stand: str
    person: str


@dataclass(frozen=True, slots=True)
class Known:
    """The day as it is: exhibitors by key, stands by exhibitor and job, slots, and the hours of the hall or the day."""

    companies: dict[str, Company]
    stands: dict[tuple[str, str], list[str]]
    placed: list[Placed]
    hours: Window


async def known(event: dict[str, Any]) -> Known:
    """Read what is there, in three statements, in the caller's transaction if there is one."""
    hall = await fetch(
        "SELECT from_at, until_at FROM venue_request WHERE event = {} AND status = 'accepted' AND venue = {}",
        *(event["id"], event["venue"]),
    )
    planned = await fetch(
        "SELECT w.id, w.title, w.exhibitor, w.stand, w.facilitator, s.starts_at, s.ends_at FROM workshop w "
        "LEFT JOIN session s ON s.workshop = w.id AND s.status = 'open' "
        "WHERE w.event = {} AND w.status <> 'cancelled' ORDER BY w.position, w.id",
        event["id"],
    )
    stands: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in {row["id"]: row for row in planned}.values():
        stands[row["exhibitor"] or "", companies.key(row["title"])].append(row["stand"] or "")
    placed = [
        Placed(row["starts_at"], row["ends_at"], 0, row["title"], _stand(row["stand"]), _person(row["facilitator"]))
        for row in planned
        if row["starts_at"]
    ]
    hours = (hall[0]["from_at"], hall[0]["until_at"]) if hall else (event["starts_at"], event["ends_at"])
    return Known(await companies.known(), dict(stands), placed, hours)


def judge(lines: Sequence[Line], day: Known, event: dict[str, Any]) -> list[Answer]:
    """The answer to every row, at most one to a cell. Those that are faulty are compared with nothing.

    Where no row names its stand, they are numbered on from those of the day.
    """
    answers, seen, total = list[Answer](), dict[tuple[str, str], list[tuple[str, int]]](), 0
    for line in lines:
        slots = _slots(line, event)
        total += len(slots)
        faults = [*line.faults, *_twice(line, day, seen)]
        if total > MOST_SLOTS:
            faults.append(Fault("hours", _("This sheet has too many slots for one day.")))
        company = day.companies.get(companies.key(line.exhibitor))
        told = {fault.name: fault for fault in reversed(faults)}
        notes = tuple(note for note in _notes(line, company) if note.name not in told)
        answers.append(Answer(line, company, slots, tuple(reversed(told.values())), notes=notes))
    answers = _numbered(answers, day)
    clashes = _clashes(answers, day)
    return [replace(answer, clashes=tuple(clashes.get(answer.line.number, {}).values())) for answer in answers]


def suggested(answers: Sequence[Answer]) -> list[Answer]:
    """The same, with the jobs that could be meant told to the first rows that name none. Slow: not in a transaction."""
    lacking = [answer.line.number for answer in answers if _lacks_job(answer)][:MOST_SUGGESTIONS]
    return [
        replace(answer, notes=(*answer.notes, _nearest(answer.line))) if answer.line.number in lacking else answer
        for answer in answers
    ]


def _lacks_job(answer: Answer) -> bool:
    return not answer.line.rome and "rome" not in {fault.name for fault in answer.faults}


def _slots(line: Line, event: dict[str, Any]) -> tuple[tuple[Window, int], ...]:
    day, zone = event["date"], event["zone"]
    if line.rule:
        return tuple((window, line.rule.places) for window in grid.slots(line.rule, day, zone))
    return tuple(
        ((grid.instant(day, slot.hours[0], zone), grid.instant(day, slot.hours[1], zone)), slot.places)
        for slot in line.slots
    )


def _twice(line: Line, day: Known, seen: dict[tuple[str, str], list[tuple[str, int]]]) -> list[Fault]:
    """The same job of the same company at the same stand: in the day already, or in an earlier row."""
    company = companies.key(line.exhibitor)
    if not company or not line.title or line.faults:
        return []
    title, stand = companies.key(line.title), line.stand or ""
    own = day.companies.get(company)
    there = day.stands.get((own.id, title), []) if own else []
    before = [number for other, number in seen.get((company, title), []) if not (stand and other and stand != other)]
    if any(not (stand and other and stand != other) for other in there):
        return [Fault("title", _("This company has this workshop in the programme already."))]
    if before:
        return [Fault("title", _("This company has this workshop in row %(row)s already."), {"row": before[0]})]
    seen.setdefault((company, title), []).append((stand, line.number))
    return []


def _notes(line: Line, company: Company | None) -> tuple[Fault, ...]:
    notes = []
    if company and line.email and company.email and company.email != line.email:
        notes.append(Fault("email", _("This company is known by another address, which is kept.")))
    if not company and line.exhibitor and not line.email:
        notes.append(Fault("email", _("Without it, this company cannot be invited to complete its page.")))
    if not line.slots and not line.rule:
        notes.append(Fault("hours", _("None yet: add them in the programme.")))
    return tuple(notes)


def _nearest(line: Line) -> Fault:
    """The codes that could be meant, nearest first."""
    near = [f"{code} {label}" for code, label in jobs.search(line.title, 3)] if line.title else []
    if near:
        return Fault("rome", _("Perhaps %(jobs)s."), {"jobs": " · ".join(near)})
    return Fault("rome", _("To be chosen before the workshop is shown."))


def _numbered(answers: list[Answer], day: Known) -> list[Answer]:
    good = [answer for answer in answers if answer.is_good]
    if any(answer.line.stand for answer in good):
        return answers
    taken = [int(stand) for stands in day.stands.values() for stand in stands if stand.isdecimal()]
    numbers = {answer.line.number: str(number) for number, answer in enumerate(good, max(taken, default=0) + 1)}
    return [
        replace(answer, line=replace(answer.line, stand=numbers[answer.line.number])) if answer.is_good else answer
        for answer in answers
    ]


def _clashes(answers: Sequence[Answer], day: Known) -> dict[int, dict[str, Fault]]:
    """By row, what it would be at the same time as, once for each cause; of two rows the later one is told."""
    found: defaultdict[int, dict[str, Fault]] = defaultdict(dict)
    wanted = [
        Placed(
            *window, answer.line.number, answer.line.title, _stand(answer.line.stand), _person(answer.line.facilitator)
        )
        for answer in answers
        if answer.is_good
        for window, _places in answer.slots
    ]
    for slot in wanted:
        if not day.hours[0] <= slot.start <= slot.end <= day.hours[1]:
            found[slot.number]["hours"] = Fault("hours", _("Outside the hours of the day or of its hall."))
    for one, other in _overlapping([*day.placed, *wanted], "stand"):
        told = _("Taken at the same time by “%(other)s”.")
        found[one.number].setdefault("stand", Fault("stand", told, {"other": other.title}))
    for one, other in _overlapping([*day.placed, *wanted], "person"):
        if one.stand != other.stand or not one.stand:
            told = _("At the same time at “%(other)s”.")
            found[one.number].setdefault("facilitator", Fault("facilitator", told, {"other": other.title}))
    return found


def _overlapping(slots: Iterable[Placed], key: str) -> list[tuple[Placed, Placed]]:
    """Each slot of a row that begins while another of the same stand or person goes on: the later row, the other."""
    last: dict[str, Placed] = {}
    found = []
    for slot in sorted(slots):
        name = getattr(slot, key)
        other = last.get(name)
        if name and other and slot.start < other.end and (slot.number or other.number):
            found.append((slot, other) if slot.number > other.number else (other, slot))
        if not other or slot.end > other.end:
            last[name] = slot
    return found


def _stand(name: str | None) -> str:
    return (name or "").casefold()


def _person(name: str | None) -> str:
    return " ".join(sorted(companies.key(name or "").split()))

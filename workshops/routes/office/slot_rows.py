"""The slots of one stand as rows of fields: hours and places of each, and empty rows for new ones."""

from dataclasses import dataclass
from datetime import timedelta

from workshops.errors import Fault
from workshops.fields import Answers, whole_number
from workshops.grid import instant
from workshops.i18n import _
from workshops.planning.plan import Plan, Slot, Stand
from workshops.planning.slots import Wish
from workshops.routes.forms import Form
from workshops.routes.office.board import read_window
from workshops.routes.office.plan_pages import local
from workshops.slot_rules import LONGEST, MOST_PLACES

EMPTY_ROWS = 2
PARTS = ("from", "until", "places")


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A row: the names of its fields begin with `name`; `slot` is None in an empty one."""

    name: str
    slot: Slot | None
    typed: dict[str, str]


def slot_rows(plan: Plan, stand: Stand, form: Form | None) -> list[SlotRow]:
    """The rows of a stand, as stored, or as they were written where the form had them."""
    rows, written = [], set(form.all("row")) if form else set()
    for slot in stand.slots:
        hours = [local(moment, plan.event["zone"], "%H:%M") for moment in slot.window]
        stored = dict(zip(PARTS, (*hours, str(slot.capacity)), strict=True))
        name = f"slot.{slot.id}"
        rows.append(SlotRow(name, slot, _typed(form, name) if name in written and slot.is_free else stored))
    for number in range(1, EMPTY_ROWS + 1):
        rows.append(SlotRow(f"new.{number}", None, _typed(form, f"new.{number}")))
    return rows


def read_wishes(form: Form, plan: Plan, stand: Stand, answers: Answers) -> list[Wish]:
    """What the rows ask for; a slot without places goes. Faults go to `answers`."""
    wishes = []
    for row in slot_rows(plan, stand, form):
        if row.slot and not row.slot.is_free:
            continue
        if row.slot and not row.typed["places"]:
            wishes.append(Wish(stand.id, *row.slot.window, 0, row.slot.id))
        elif any(row.typed.values()) and (wish := _wish(row, plan, stand, answers)):
            wishes.append(wish)
    return wishes


def _wish(row: SlotRow, plan: Plan, stand: Stand, answers: Answers) -> Wish | None:
    own = Answers({f"{row.name}.{part}": row.typed[part] for part in PARTS})
    hours = read_window(own, f"{row.name}.from", f"{row.name}.until")
    places = own.read(f"{row.name}.places", whole_number(1, MOST_PLACES), _("Write how many places it has."))
    day, zone = plan.event["date"], plan.event["zone"]
    start, end = (instant(day, at, zone) for at in hours) if hours else (None, None)
    if start and end and end - start > timedelta(minutes=LONGEST):
        own.faults.append(Fault(f"{row.name}.until", _("A slot lasts 12 hours at most.")))
    answers.faults += own.faults
    if own.faults or start is None or end is None or places is None:
        return None
    return Wish(stand.id, start, end, places, row.slot.id if row.slot else None)


def _typed(form: Form | None, name: str) -> dict[str, str]:
    return {part: form.one(f"{name}.{part}") if form else "" for part in PARTS}

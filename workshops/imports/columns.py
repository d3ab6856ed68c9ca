"""Which column of a sheet holds what: by its heading, in any spelling and order; without headings, by what it holds."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from workshops.errors import Fault, Invalid
from workshops.grid import read_hours
from workshops.i18n import _
from workshops.sheets import Row
from workshops.slot_rules import Hours

HEADINGS = {
    "exhibitor": "entreprise|exposant|societe|employeur|organisme|structure|raison sociale|nom de l entreprise|"
    "centre de formation|entreprise ou centre de formation|company|exhibitor|employer",
    "email": "email|e mail|mail|courriel|adresse e mail|adresse email|adresse mail|mail de contact|email address|"
    "e mail address",
    "title": "metier|atelier|poste|intitule|intitule du metier|nom de l atelier|mise en situation|poste propose|job|"
    "workshop|title|job title",
    "rome": "rome|code rome|rome code",
    "stand": "stand|emplacement|table|n stand|n de stand|numero de stand|numero du stand|stand n",
    "facilitator": "animateur|animatrice|animateur animatrice|animateur ou animatrice|animation|anime par|"
    "nom de l animateur|intervenant|intervenante|facilitator",
    "min_age": "age|age minimum|age minimal|age mini|age min|a partir de|minimum age|min age",
    "places": "places|place|nombre de places|nb de places|nb places|places par creneau|capacite|jauge|capacity|seats",
    "hours": "horaires|horaire|creneaux|creneau|horaires des creneaux|heures|regle|hours|slots|slot|slot hours",
    "starts": "debut|heure de debut|begin|start|starts",
    "ends": "fin|heure de fin|end|ends",
    "minutes": "duree|duree en minutes|duree d un creneau|duree du creneau|minutes|length|duration",
    "description": "description|descriptif|activite|activite proposee|ce que l on fait",
}
"""What a column may be called, in small letters without accents or signs, a | between two names."""

LABELS = {
    "exhibitor": _("Company"),
    "email": _("E-mail address"),
    "title": _("Job"),
    "rome": _("ROME code"),
    "stand": _("Stand"),
    "facilitator": _("Facilitator"),
    "min_age": _("Minimum age"),
    "places": _("Places"),
    "hours": _("Slot hours"),
    "starts": _("Begin"),
    "ends": _("End"),
    "minutes": _("Length"),
    "description": _("Description"),
}
"""What each is called on the page and in the template: English message ids."""

HEAD_ROWS = 10
EMAIL, ROME = re.compile(r"\S+@\S+"), re.compile(r"[A-Na-n]\d{4}")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands, `hours` in several columns; those whose heading is a slot; headings not understood."""

    fields: dict[str, tuple[int, ...]]
    slots: dict[int, Hours]
    unused: tuple[str, ...]


def columns_of(rows: Sequence[Row]) -> tuple[Columns, list[Row]]:
    """What the columns of a sheet are, and the rows that follow its headings, which are in its first ten.

    Without headings, the first column is the company, the second the job, others what they look like.
    Raises Invalid where there is neither.
    """
    found = [(index, _headed(row.cells)) for index, row in enumerate(rows[:HEAD_ROWS])]
    index, columns = max(found, key=lambda one: len(one[1].fields) + len(one[1].slots))
    if len(columns.fields) > 1 and {"exhibitor", "title", "rome"} & set(columns.fields):
        return columns, list(rows[index + 1 :])
    if max(len(row.cells) for row in rows) < 2:
        told = _("The columns are not recognised. Begin with a row of headings such as those of the template.")
        raise Invalid(faults=(Fault("file", told),))
    return _guessed(rows), list(rows)


def is_example(row: Row) -> bool:
    """Whether this is a row of the template that shows how to fill it in."""
    return plain(next(filter(None, row.cells))).startswith(("exemple ", "example "))


def plain(text: str) -> str:
    """Small letters and digits without accents, other signs as single spaces: how two spellings are compared."""
    spelt = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    bare = "".join(char for char in spelt if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", bare))


def _headed(cells: Sequence[str]) -> Columns:
    fields: dict[str, tuple[int, ...]] = {}
    slots: dict[int, Hours] = {}
    unused = []
    for index, cell in enumerate(cells):
        name = _KNOWN.get(_bare(cell))
        if name and (name not in fields or name == "hours"):
            fields[name] = (*fields.get(name, ()), index)
        elif hours := _one_slot(cell):
            slots[index] = hours
        elif cell:
            unused.append(cell)
    return Columns(fields, slots, tuple(unused))


def _bare(heading: str) -> str:
    """A heading without what stands in brackets, nor the number of "Créneau 3"."""
    return re.sub(r" \d+$", "", plain(re.sub(r"\([^)]*\)|\*", " ", heading)))


def _one_slot(heading: str) -> Hours | None:
    try:
        hours = read_hours(heading[:60])
    except Invalid:
        return None
    return hours[0] if len(hours) == 1 and hours[0][0] < hours[0][1] else None


def _guessed(rows: Sequence[Row]) -> Columns:
    fields: dict[str, tuple[int, ...]] = {"exhibitor": (0,), "title": (1,)}
    unused = []
    for index in range(2, max(len(row.cells) for row in rows)):
        held = [row.cells[index] for row in rows if len(row.cells) > index and row.cells[index]]
        if held and all(map(EMAIL.fullmatch, held)):
            fields.setdefault("email", (index,))
        elif held and all(map(ROME.fullmatch, held)):
            fields.setdefault("rome", (index,))
        elif held and all(re.search(r"\d\s*(?:h|:\d)", cell) for cell in held):
            fields["hours"] = (*fields.get("hours", ()), index)
        elif held:
            unused.append(held[0])
    return Columns(fields, {}, tuple(unused))


_KNOWN = {spelling: name for name, spellings in HEADINGS.items() for spelling in spellings.split("|")}

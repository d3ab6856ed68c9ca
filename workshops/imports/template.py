"""The sheet to start from: its headings are those that are read, its first rows show how, and are not imported."""

from workshops import sheets
from workshops.i18n import _, translate
from workshops.imports.columns import LABELS

FIELDS = (
    "exhibitor",
    "email",
    "title",
    "rome",
    "stand",
    "facilitator",
    "min_age",
    "places",
    "hours",
    "description",
)
EXAMPLES: tuple[tuple[str, ...], ...] = (
    (
        _("Example: Dupont joinery"),
        "contact@example.fr",
        "Menuisier / Menuisière",
        "",
        "1",
        "Camille Martin",
        "16",
        "8",
        _("9:00-12:00 / 45 min"),
        _("Make a wooden joint, with a joiner beside you."),
    ),
    (_("Example: Durand bakery"), "", "Boulanger", "", "2", "", "", "6", _("9:00-9:45, 10:00-10:45, 14:00-14:45"), ""),
)


def template(kind: str, locale: str) -> bytes:
    """The template as "xlsx" or "csv", in this language."""
    headings = [translate(locale, LABELS[name]) for name in FIELDS]
    examples = [[translate(locale, cell) if cell else "" for cell in row] for row in EXAMPLES]
    if kind == "csv":
        return sheets.write_csv(headings, examples)
    return sheets.write_xlsx(headings, examples, translate(locale, _("Workshops")))

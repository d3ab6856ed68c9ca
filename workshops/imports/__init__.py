"""A day's workshops from a spreadsheet: an answer for each row, then carried out, or taken back."""

from workshops.imports.judging import Answer
from workshops.imports.runs import DayClosed, ImportChanged, Run, confirm, earlier, look, preview
from workshops.imports.template import template
from workshops.imports.undoing import UNDONE_WITHIN, ImportInUse, TooLateToUndo, undo

__all__ = [
    "UNDONE_WITHIN",
    "Answer",
    "DayClosed",
    "ImportChanged",
    "ImportInUse",
    "Run",
    "TooLateToUndo",
    "confirm",
    "earlier",
    "look",
    "preview",
    "template",
    "undo",
]

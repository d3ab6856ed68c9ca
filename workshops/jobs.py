"""Jobs by their ROME code, and the 14 domains by which people look for one. People see words, never a code."""

import csv
from functools import cache

from workshops.i18n import _
from workshops.settings import bundled

DOMAINS = {
    "A": _("Farming, fishing, green spaces, animals"),
    "B": _("Arts and crafts"),
    "C": _("Banking, insurance, property"),
    "D": _("Shops, sales"),
    "E": _("Communication, media"),
    "F": _("Construction, public works"),
    "G": _("Hotels and restaurants, tourism, leisure"),
    "H": _("Industry"),
    "I": _("Installation and maintenance"),
    "J": _("Health"),
    "K": _("Services to people and communities"),
    "L": _("Performing arts"),
    "M": _("Business support"),
    "N": _("Transport and logistics"),
}
"""The letter that begins a ROME code, in plain words: English message ids of locales/fr/reference.po."""


def jobs() -> dict[str, str]:
    """The French label of every ROME 4.0 code, as France Travail writes it."""
    return dict(_labels())


def job(code: str) -> str | None:
    """The French label of a ROME code; None if there is no such job."""
    return _labels().get(code)


@cache
def _labels() -> dict[str, str]:
    with (bundled("data") / "rome.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["label"] for row in csv.DictReader(file)}

"""Stands as they are pasted, one a line: company; job; e-mail. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from workshops.errors import Fault, Invalid
from workshops.fields import TEXT_LENGTH, Wrong, email_address, line
from workshops.i18n import _
from workshops.jobs import recognised

MOST = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A stand to be: `rome_code` where the title names one job without doubt."""

    company: str
    title: str
    email: str | None
    rome_code: str | None


def read_lines(text: str, name: str = "lines") -> tuple[Line, ...]:
    """The lines that are not empty. What separates is a semicolon, a tab or a bar; the address may stand anywhere.

    Raises Invalid: a fault of the field `name` for every line that cannot be taken, or one if there is none.
    """
    given = [(number, one) for number, one in enumerate(re.split(r"\r\n|\r|\n", text), 1) if one.strip(" ;\t|")]
    if not given:
        raise Invalid(faults=(Fault(name, _("Write at least one line: company; job; e-mail address.")),))
    if len(given) > MOST:
        raise Invalid(faults=(Fault(name, _("Paste at most %(max)s lines at once."), {"max": MOST}),))
    found, faults = [], []
    for number, one in given:
        try:
            found.append(_line(one))
        except Wrong as wrong:
            faults.append(Fault(name, wrong.message, {"line": number}))
    if faults:
        raise Invalid(faults=tuple(faults))
    return tuple(found)


def _line(text: str) -> Line:
    parts = [part.strip() for part in re.split(r"[;\t|]", text)]
    addresses = [part for part in parts if "@" in part]
    words = [part for part in parts if part and "@" not in part]
    if len(words) != 2 or len(addresses) > 1:
        raise Wrong(_("Line %(line)s: write company; job; e-mail address. The address may be left out."))
    try:
        company, title = (line(TEXT_LENGTH)(word) for word in words)
    except Wrong:
        raise Wrong(_("Line %(line)s: this name or job is too long, or cannot be written.")) from None
    return Line(company, title, _address(addresses, email_address), recognised(title))


def _address(found: list[str], kind: Callable[[object], str]) -> str | None:
    try:
        return kind(found[0]) if found else None
    except Wrong:
        raise Wrong(_("Line %(line)s: check the e-mail address. It looks like name@example.fr.")) from None

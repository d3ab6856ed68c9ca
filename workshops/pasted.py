"""People as an adviser pastes them, one a line: name, e-mail or phone, the agency's own reference. Pure.

Tabs, semicolons, commas or nothing between them, as spreadsheets and messages give them, in whatever order after the
name; a line of headings is passed over.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workshops.errors import Fault
from workshops.fields import Answers, email_address, line, personal_name, phone_number
from workshops.i18n import _
from workshops.persons import person_keys

MOST_LINES = 30
MOST_TEXT = 20_000
REFERENCE = 20
"""How long an agency's own reference of a person may be."""
_HEADINGS = re.compile(r"pr[ée]nom|nom|name|first|last|e-?mail|mail|courriel|t[ée]l|mobile|portable|phone|r[ée]f", re.I)
_EMAIL = re.compile(r"\S*@\S*")
_PHONE = re.compile(r"(?:\+|00|0)\d(?:[ .\-/\u00a0\u202f()]*\d){5,}|\d(?:[ .\-/\u00a0\u202f()]*\d){7,}")
_TITLE = re.compile(r"^(?:mme|mlle|melle|m|mr|monsieur|madame|mademoiselle)\.?\s+", re.I)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was pasted, `number` as the reader counts them. With `faults` it describes nobody.

    `same_as`: the line before it with the same person.
    """

    number: int
    text: str
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    phone: str | None = None
    reference: str | None = None
    faults: tuple[Fault, ...] = ()
    same_as: int | None = None

    @property
    def is_good(self) -> bool:
        """Whether it describes a person who is not there already."""
        return not self.faults and self.same_as is None


def read_lines(text: str, *, needs_contact: bool = False) -> list[Line]:
    """Every line that is not empty, those beyond the 30th as faulty. `needs_contact`: an invitation needs one."""
    given = [one for one in re.split(r"\r\n|\r|\n", text[:MOST_TEXT]) if one.strip(" \t;,\u00a0")]
    if given and _is_heading(given[0]):
        given = given[1:]
    seen: dict[str, int] = {}
    return [_read(number, one, needs_contact, seen) for number, one in enumerate(given, 1)]


def _read(number: int, text: str, needs_contact: bool, seen: dict[str, int]) -> Line:
    if number > MOST_LINES:
        too_many = Fault("line", _("At most %(max)s lines at once: paste this one next."), {"max": MOST_LINES})
        return Line(number, text, faults=(too_many,))
    names, email, phone, reference = _taken_apart(_cells(text))
    first, last = _names(names)
    answers = Answers({"first": first, "last": last, "email": email, "phone": phone, "reference": reference})
    name = personal_name()
    first_name = answers.read("first", name, _("Write the first and the last name."))
    last_name = answers.read("last", name, None if needs_contact or not first else _("The last name is missing."))
    address, mobile = answers.read("email", email_address), answers.read("phone", phone_number)
    own = answers.read("reference", line(REFERENCE))
    if needs_contact and not (email or phone):
        answers.fault("email", _("An e-mail address or a mobile number is needed to invite somebody."))
    if answers.faults:
        return Line(number, text, faults=tuple(answers.faults))
    keys = person_keys(first_name or "", last_name or "", address, mobile, "here")
    same = next((seen[key] for key in keys if key in seen), None)
    for key in keys:
        seen.setdefault(key, number)
    return Line(number, text, first_name or "", last_name or "", address, mobile, own, same_as=same)


def _cells(text: str) -> list[str]:
    for sign in ("\t", ";", ","):
        if sign in text:
            return [" ".join(cell.replace("\u00a0", " ").split()).strip("\"'") for cell in text.split(sign)]
    found = [match[0] for match in (_EMAIL.search(text), _PHONE.search(text)) if match]
    rest = text
    for one in found:
        rest = rest.replace(one, "\t", 1)
    before, *after = (" ".join(part.split()) for part in rest.split("\t"))
    return [before, *found, *(part for part in after if part)]


def _taken_apart(cells: Sequence[str]) -> tuple[list[str], str | None, str | None, str | None]:
    """The cells of the name, the e-mail, the phone and the reference."""
    names: list[str] = []
    email = phone = reference = None
    for cell in cells:
        if "@" in cell and email is None:
            email = cell.strip("<>")
        elif _looks_like_a_phone(cell) and phone is None:
            phone = cell
        elif cell and email is None and phone is None and len(names) < 2 and _goes_on(names, cell):
            names.append(cell)
        elif cell and reference is None:
            reference = cell
        elif cell:
            reference = f"{reference} {cell}"
    return names, email, phone, reference


def _goes_on(names: list[str], cell: str) -> bool:
    """Whether a cell after the first is the other name: the first holds one word, and this one no digit."""
    return not names or (" " not in names[0].strip() and not any(map(str.isdigit, cell)))


def _looks_like_a_phone(cell: str) -> bool:
    bare = re.sub(r"[ .\-/()\u00a0\u202f]", "", cell)
    digits = sum(map(str.isdigit, bare))
    return bare.lstrip("+").isdigit() and (digits >= 8 or (bare[:1] in "+0" and digits >= 6))


def _names(cells: Sequence[str]) -> tuple[str, str]:
    """First and last name; a name in capitals is the last one, else the first word is the first name."""
    if len(cells) == 2:
        one, other = cells
        return (other, one) if one.isupper() and not other.isupper() else (one, other)
    words = _TITLE.sub("", cells[0], count=1).split() if cells else []
    loud = [word for word in words if word.isupper() and len(word) > 1]
    if loud and len(loud) < len(words):
        return " ".join(word for word in words if word not in loud), " ".join(loud)
    return " ".join(words[:1]), " ".join(words[1:])


def _is_heading(text: str) -> bool:
    """Whether every word of the first line names a column."""
    words = [word for word in re.split(r"[\t;,/ ]+", text) if word]
    return bool(words) and not re.search(r"[@\d]", text) and all(_HEADINGS.match(word) for word in words)

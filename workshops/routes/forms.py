"""HTML forms, read from the body into what the API reads too, so that both share one validation.

The framework's own parser would keep bodies, and with them personal data, in a cache, and give one ticked box as text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from workshops.errors import WorkshopsError
from workshops.i18n import _

MOST_FIELDS = 100
TEXTS = ("first_name", "last_name", "email", "phone", "commune", "agency", "represented")
OPT_INS = ("share_with_exhibitor", "news")
ANSWERS = ("aged_16_or_over", *OPT_INS)
LISTS = ("sessions", "accommodations")
ADULT = ("name", "phone")
PERSON = (*TEXTS, *ANSWERS, "accommodations", *(f"responsible_adult.{name}" for name in ADULT))
"""What describes a person in a form; an answer is "true" or "false"."""
SIGNS = ("served", "message")
"""What tells a program from a person (see `form_signs`)."""


class MalformedForm(WorkshopsError):
    """The body is no URL-encoded form (WHATWG URL §5), or holds more fields than any of ours."""

    type = "malformed-form"
    title = _("What was sent is not one of our forms. Open the page again")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that were filled in, in the order of the page; a name may come several times."""

    pairs: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Every value of `name`."""
        return [value for known, value in self.pairs if known == name]

    def one(self, name: str) -> str:
        """The first value of `name`, or nothing."""
        return next(iter(self.all(name)), "")

    def shown(self) -> dict[str, str | list[str]]:
        """What the person wrote about themselves, as fields show it again."""
        return {name: self.all(name) if name in LISTS else self.one(name) for name in PERSON}

    def carried(self) -> list[tuple[str, str]]:
        """What the person wrote about themselves, and when, as hidden fields carry it to the next step."""
        return [(name, value) for name, value in self.pairs if name in PERSON or name in SIGNS]

    def values(self, locale: str) -> dict[str, object]:
        """The object that the API would have been sent for it. Under 16 nobody is asked to opt in (GDPR art. 8)."""
        values: dict[str, object] = {name: self.one(name) for name in TEXTS if self.one(name)}
        values |= {
            name: {"true": True, "false": False}.get(given, given) for name in ANSWERS if (given := self.one(name))
        }
        values |= {name: self.all(name) for name in LISTS if self.all(name)}
        adult = {name: given for name in ADULT if (given := self.one(f"responsible_adult.{name}"))}
        if adult:
            values["responsible_adult"] = adult
        if values.get("aged_16_or_over") is False:
            values = {name: given for name, given in values.items() if name not in OPT_INS}
        return values | {"locale": locale}


def read_form(body: bytes, most: int = MOST_FIELDS) -> Form:
    """The fields of `body` that are not empty, at most `most`. Raises MalformedForm."""
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=most)
    except ValueError:
        raise MalformedForm from None
    return Form(tuple(pairs))


def filled(values: Mapping[str, object]) -> Form:
    """A form with these values already written, those that are None left out."""
    return Form(tuple((name, str(value)) for name, value in values.items() if value is not None))

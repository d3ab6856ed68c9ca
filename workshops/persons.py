"""People as they describe themselves, and the keys that tell one from another.

Required and allowed fields: product.md rule 7. One person: rule 2.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from workshops.communes import commune
from workshops.fields import (
    TEXT_LENGTH,
    Answers,
    Wrong,
    email_address,
    line,
    one_of,
    personal_name,
    phone_number,
    some_of,
    yes_or_no,
)
from workshops.i18n import DEFAULT, LOCALES, _

ACCOMMODATIONS = {
    "wheelchair": _("Wheelchair access"),
    "sign_language": _("A French sign language interpreter"),
    "easy_read": _("Documents that are easy to read"),
    "companion": _("Coming with somebody who helps me"),
    "call_back": _("Being called back to prepare my visit"),
}
FIELDS = {
    "first_name",
    "last_name",
    "email",
    "phone",
    "aged_16_or_over",
    "responsible_adult",
    "commune",
    "accommodations",
    "agency",
    "represented",
    "locale",
}
ELSEWHERE = "other"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as they describe themselves: e-mail in lower case with an ASCII domain, phones in E.164."""

    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    aged_16_or_over: bool | None = None
    adult_name: str | None = None
    adult_phone: str | None = None
    commune: str | None = None
    accommodations: tuple[str, ...] = ()
    agency: str | None = None
    represented: str | None = None
    locale: str = DEFAULT


def read_person(answers: Answers, *, asks_age: bool = True, contact_optional: bool = False) -> Person:
    """Read a person; what is faulty is in `answers.faults`, and then the person must not be used.

    `asks_age`: whether "16 or older" must be answered (a meeting asks no age). `contact_optional`: an adviser
    may leave the contact empty (rule 7).
    """
    name = personal_name()
    first = answers.read("first_name", name, _("Write your first name."))
    last = answers.read("last_name", name, _("Write your last name."))
    before = len(answers.faults)
    email, phone = answers.read("email", email_address), answers.read("phone", phone_number)
    if not (email or phone or contact_optional) and len(answers.faults) == before:
        answers.fault("email", _("Give an e-mail address or a mobile number, so that we can send your ticket."))
    age_missing = _("Say whether you are 16 or older.") if asks_age else None
    aged = answers.read("aged_16_or_over", yes_or_no, age_missing)
    adult_name, adult_phone = _responsible_adult(answers, needed=aged is False)
    return Person(
        first_name=first or "",
        last_name=last or "",
        email=email,
        phone=phone,
        aged_16_or_over=aged,
        adult_name=adult_name,
        adult_phone=adult_phone,
        commune=answers.read("commune", _home),
        accommodations=answers.read("accommodations", some_of(ACCOMMODATIONS)) or (),
        agency=answers.read("agency", line(60)),
        represented=answers.read("represented", line(TEXT_LENGTH)),
        locale=answers.read("locale", one_of(LOCALES)) or DEFAULT,
    )


def person_keys(
    first_name: str, last_name: str, email: str | None, phone: str | None, agency: str | None = None
) -> list[str]:
    """Return a person's keys, sorted: the name with each contact; with none, the name inside the agency (rule 2)."""
    name = name_key(first_name, last_name)
    contacts = [f"mail:{email}"] if email else []
    contacts += [f"phone:{phone}"] if phone else []
    if not contacts and agency:
        contacts = [f"agency:{agency}"]
    return sorted(_hash(f"{name}|{contact}") for contact in contacts)


def contact_keys(email: str | None, phone: str | None) -> list[str]:
    """The keys of the contacts alone: what is counted for one address is locked by them."""
    return sorted(_hash(f"contact|{contact}") for contact in (email, phone) if contact)


def name_key(first_name: str, last_name: str) -> str:
    """All words of both names without case, accent or hyphen, sorted (rule 2)."""
    return " ".join(sorted(_plain(f"{first_name} {last_name}").split()))


def search_name(first_name: str, last_name: str) -> str:
    """Last name first, without case or accent, for lists and searches."""
    return _plain(f"{last_name} {first_name}")[:130]


def _plain(text: str) -> str:
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w]+", " ", bare).split())


def _responsible_adult(answers: Answers, *, needed: bool) -> tuple[str | None, str | None]:
    given = answers.values.get("responsible_adult")
    if given is not None and not isinstance(given, Mapping):
        answers.fault("responsible_adult", _("Give the name and the telephone number of this adult."))
        return None, None
    if not needed:
        return None, None
    adult: Mapping[str, object] = given or {}
    name, phone = "responsible_adult.name", "responsible_adult.phone"
    name_missing = _("Write the name of the adult who comes with you.")
    phone_missing = _("Write the mobile number of the adult who comes with you.")
    return (
        answers.read_value(name, adult.get("name"), personal_name(TEXT_LENGTH), name_missing),
        answers.read_value(phone, adult.get("phone"), phone_number, phone_missing),
    )


def _home(given: object) -> str:
    insee = line(20)(given)
    if insee != ELSEWHERE and commune(insee) is None:
        raise Wrong(_("Choose a commune from the list."))
    return insee


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

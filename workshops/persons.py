"""What people write about themselves: checked, put into one form, and made into the keys that tell people apart.

Required and allowed fields: product.md rule 7. One person: rule 2.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from workshops.communes import commune
from workshops.errors import Fault
from workshops.i18n import DEFAULT, LOCALES, _

NAME_LENGTH = 60
TEXT_LENGTH = 120
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
# 13 or 15 digits from 1 to 4, 7 or 8 on, Corsican departments included, however they are spaced (INSEE, RNIPP).
_NIR = re.compile(
    r"(?<![\dA-Za-z])[1-478](?:[ .\-\u00a0\u202f]?\d){4}[ .\-\u00a0\u202f]?\d[ .\-\u00a0\u202f]?[\dABab]"
    r"(?:[ .\-\u00a0\u202f]?\d){6}(?:[ .\-\u00a0\u202f]?\d{2})?(?!\d)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


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


@dataclass(slots=True)
class Answers:
    """Reads fields one after the other and collects every fault, so that all of them are named at once."""

    values: Mapping[str, object]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str, message: str, **limits: object) -> None:
        """Note what is wrong with `name`."""
        self.faults.append(Fault(name, message, limits))

    def text(self, name: str, length: int, value: object = None) -> str | None:
        """One line of text in NFC, spaces folded; None if empty or faulty."""
        given = self.values.get(name) if value is None else value
        if given is None or given == "":
            return None
        if not isinstance(given, str):
            return self.fault(name, _("Write this as text."))
        folded = " ".join(unicodedata.normalize("NFC", given.replace("\t", " ")).split(" ")).strip()
        folded = re.sub(r"\s{2,}", " ", folded)
        if _CONTROL.search(folded):
            return self.fault(name, _("This holds characters that cannot be written. Type it again."))
        if _NIR.search(folded):
            return self.fault(name, _("Never give your social security number. Remove it."))
        if len(folded) > length:
            return self.fault(name, _("This is too long: at most %(max)s characters."), max=length)
        return folded or None

    def name(self, name: str, missing: str, length: int = NAME_LENGTH, value: object = None) -> str | None:
        """A name: letters, marks, spaces, apostrophes and hyphens."""
        before = len(self.faults)
        written = self.text(name, length, value)
        if written is None:
            return self.fault(name, missing) if len(self.faults) == before else None
        if not all(unicodedata.category(char)[0] in "LM" or char in " '’-" for char in written) or not any(
            char.isalpha() for char in written
        ):
            return self.fault(name, _("Use letters, spaces, hyphens and apostrophes only."))
        return written

    def email(self, name: str = "email") -> str | None:
        """An address that a mail server accepts: lower case, its domain in ASCII (IDNA)."""
        written = self.text(name, 254)
        if written is None:
            return None
        try:
            checked = validate_email(written, check_deliverability=False, allow_smtputf8=False, test_environment=True)
        except EmailNotValidError:
            return self.fault(name, _("Check this e-mail address. It looks like name@example.fr."))
        return (checked.ascii_email or checked.normalized).lower()

    def phone(self, name: str = "phone", value: object = None) -> str | None:
        """A telephone number, French unless it begins with +, as E.164."""
        written = self.text(name, 40, value)
        if written is None:
            return None
        try:
            number = phonenumbers.parse(written, "FR")
        except phonenumbers.NumberParseException:
            return self.fault(name, _("Check this telephone number. It looks like 06 12 34 56 78."))
        length = phonenumbers.is_possible_number_with_reason(number)
        if length == phonenumbers.ValidationResult.TOO_SHORT:
            return self.fault(name, _("This telephone number lacks a digit."))
        if length == phonenumbers.ValidationResult.TOO_LONG:
            return self.fault(name, _("This telephone number has too many digits."))
        # France's fictional and new ranges are unknown to the library: ten digits from 01 to 09 are enough there.
        french = number.country_code == 33 and str(number.national_number)[0] != "0"
        if not (french or phonenumbers.is_valid_number(number)):
            return self.fault(name, _("Check this telephone number. It looks like 06 12 34 56 78."))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def yes_or_no(self, name: str, missing: str | None = None) -> bool | None:
        """true or false."""
        given = self.values.get(name)
        if given is None or given == "":
            return self.fault(name, missing) if missing else None
        if isinstance(given, bool):
            return given
        return self.fault(name, _("Answer yes or no."))

    def choices(self, name: str, allowed: Mapping[str, object]) -> tuple[str, ...]:
        """Any of a closed list."""
        given = self.values.get(name)
        if given is None:
            return ()
        if not isinstance(given, list) or not all(isinstance(one, str) and one in allowed for one in given):
            self.fault(name, _("Choose from the list only."))
            return ()
        return tuple(one for one in allowed if one in given)


def read_person(answers: Answers, *, asks_age: bool = True, contact_optional: bool = False) -> Person:
    """Read a person; what is faulty is in `answers.faults`, and then the person must not be used.

    `asks_age`: whether "16 or older" must be answered (a meeting asks no age). `contact_optional`: an adviser
    may leave the contact empty (rule 7).
    """
    first = answers.name("first_name", _("Write your first name."))
    last = answers.name("last_name", _("Write your last name."))
    before = len(answers.faults)
    email, phone = answers.email(), answers.phone()
    if not (email or phone or contact_optional) and len(answers.faults) == before:
        answers.fault("email", _("Give an e-mail address or a mobile number, so that we can send your ticket."))
    aged = answers.yes_or_no("aged_16_or_over", _("Say whether you are 16 or older.") if asks_age else None)
    adult_name, adult_phone = _responsible_adult(answers, needed=aged is False)
    home = answers.text("commune", 20)
    if home is not None and home != ELSEWHERE and commune(home) is None:
        answers.fault("commune", _("Choose a commune from the list."))
    return Person(
        first_name=first or "",
        last_name=last or "",
        email=email,
        phone=phone,
        aged_16_or_over=aged,
        adult_name=adult_name,
        adult_phone=adult_phone,
        commune=home,
        accommodations=answers.choices("accommodations", ACCOMMODATIONS),
        agency=answers.text("agency", 60),
        represented=answers.text("represented", TEXT_LENGTH),
        locale=_locale(answers),
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
    adult = given or {}
    return (
        answers.name(
            "responsible_adult.name",
            _("Write the name of the adult who comes with you."),
            TEXT_LENGTH,
            adult.get("name") or "",
        ),
        _adult_phone(answers, adult.get("phone") or ""),
    )


def _adult_phone(answers: Answers, given: object) -> str | None:
    if given == "":
        return answers.fault("responsible_adult.phone", _("Write the mobile number of the adult who comes with you."))
    return answers.phone("responsible_adult.phone", given)


def _locale(answers: Answers) -> str:
    given = answers.values.get("locale")
    if given is None or given in LOCALES:
        return str(given or DEFAULT)
    answers.fault("locale", _("Choose from the list only."))
    return DEFAULT


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

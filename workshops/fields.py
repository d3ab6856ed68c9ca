"""Fields as people fill them in: each kind is read, checked and put into one form, and every fault is collected."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from workshops.errors import Fault
from workshops.i18n import _

NAME_LENGTH = 60
TEXT_LENGTH = 120
# 13 or 15 digits from 1 to 4, 7 or 8 on, Corsican departments included, however they are spaced (INSEE, RNIPP).
_NIR = re.compile(
    r"(?<![\dA-Za-z])[1-478](?:[ .\-\u00a0\u202f]?\d){4}[ .\-\u00a0\u202f]?\d[ .\-\u00a0\u202f]?[\dABab]"
    r"(?:[ .\-\u00a0\u202f]?\d){6}(?:[ .\-\u00a0\u202f]?\d{2})?(?!\d)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True)
class Answers:
    """Reads fields one after the other and collects every fault, so that all of them are named at once."""

    values: Mapping[str, object]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str, message: str, **limits: object) -> Any:
        """Note what is wrong with `name`; its value is then None."""
        self.faults.append(Fault(name, message, limits))
        return None

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

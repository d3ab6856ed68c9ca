"""Fields as people fill them in: each kind is read, checked and put into one form, and every fault is collected."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from workshops.errors import Fault
from workshops.i18n import _

T = TypeVar("T")
NAME_LENGTH = 60
TEXT_LENGTH = 120
# 13 or 15 digits from 1 to 4, 7 or 8 on, Corsican departments included, however they are spaced (INSEE, RNIPP).
_NIR = re.compile(
    r"(?<![\dA-Za-z])[1-478](?:[ .\-\u00a0\u202f]?\d){4}[ .\-\u00a0\u202f]?\d[ .\-\u00a0\u202f]?[\dABab]"
    r"(?:[ .\-\u00a0\u202f]?\d){6}(?:[ .\-\u00a0\u202f]?\d{2})?(?!\d)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Wrong(Exception):
    """A value cannot be taken; `message` says how to mend it (an English gettext message id)."""

    def __init__(self, message: str, **limits: object) -> None:
        super().__init__(message)
        self.message, self.limits = message, limits


@dataclass(slots=True)
class Answers:
    """Reads fields one after the other and collects every fault, so that all of them are named at once."""

    values: Mapping[str, object]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str, message: str, **limits: object) -> None:
        """Note what is wrong with `name`."""
        self.faults.append(Fault(name, message, limits))

    def read(self, name: str, kind: Callable[[object], T], missing: str | None = None) -> T | None:
        """The field `name` read as `kind`; None if it is faulty, or empty: a fault too where `missing` says so."""
        return self.read_value(name, self.values.get(name), kind, missing)

    def read_value(self, name: str, given: object, kind: Callable[[object], T], missing: str | None = None) -> T | None:
        """As `read`, of a value from elsewhere, such as a field within a field."""
        if given is None or (isinstance(given, str) and not given.strip()):
            if missing:
                self.fault(name, missing)
            return None
        try:
            return kind(given)
        except Wrong as wrong:
            self.fault(name, wrong.message, **wrong.limits)
            return None


def line(length: int) -> Callable[[object], str]:
    """One line of text in NFC, its spaces folded, of at most `length` characters."""

    def read(given: object) -> str:
        if not isinstance(given, str):
            raise Wrong(_("Write this as text."))
        text = re.sub(r"[^\S\r\n]+", " ", unicodedata.normalize("NFC", given)).strip()
        if _CONTROL.search(text):
            raise Wrong(_("This holds characters that cannot be written. Type it again."))
        if _NIR.search(text):
            raise Wrong(_("Never give your social security number. Remove it."))
        if len(text) > length:
            raise Wrong(_("This is too long: at most %(max)s characters."), max=length)
        return text

    return read


def text(length: int) -> Callable[[object], str]:
    """Text of several lines in NFC, each without spaces at its ends, of at most `length` characters in all."""
    as_line = line(length)

    def read(given: object) -> str:
        if not isinstance(given, str):
            raise Wrong(_("Write this as text."))
        lines = [as_line(one) for one in re.split(r"\r\n|\r|\n", given)]
        whole = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        if _NIR.search(whole.replace("\n", " ")):
            raise Wrong(_("Never give your social security number. Remove it."))
        if len(whole) > length:
            raise Wrong(_("This is too long: at most %(max)s characters."), max=length)
        return whole

    return read


def whole_number(least: int, most: int) -> Callable[[object], int]:
    """A number in digits, from `least` to `most`."""

    def read(given: object) -> int:
        digits = str(given).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
        if not re.fullmatch(r"[0-9]{1,9}", digits) or not least <= int(digits) <= most:
            raise Wrong(_("Write a whole number from %(least)s to %(most)s."), least=least, most=most)
        return int(digits)

    return read


def web_address(given: object) -> str:
    """The address of a website, http or https alone: a `javascript:` link would run in the reader's page."""
    address = line(200)(given)
    wrong = Wrong(_("Check this website address. It looks like https://www.example.fr."))
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", address):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        parts.port  # noqa: B018 - raises ValueError where it is none
    except (ValueError, UnicodeError):
        raise wrong from None
    named = re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]+", host)
    if parts.scheme not in ("http", "https") or not named or "@" in parts.netloc or re.search(r"[\s\\<>\"]", address):
        raise wrong
    return address


def personal_name(length: int = NAME_LENGTH) -> Callable[[object], str]:
    """Letters, marks, spaces, apostrophes and hyphens, with at least one letter (rule 7)."""
    as_line = line(length)

    def read(given: object) -> str:
        name = as_line(given)
        allowed = all(unicodedata.category(char)[0] in "LM" or char in " '’-" for char in name)
        if not allowed or not any(char.isalpha() for char in name):
            raise Wrong(_("Use letters, spaces, hyphens and apostrophes only."))
        return name

    return read


def email_address(given: object) -> str:
    """An address that a mail server accepts: lower case, its domain in ASCII (IDNA)."""
    try:
        checked = validate_email(
            line(254)(given), check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        raise Wrong(_("Check this e-mail address. It looks like name@example.fr.")) from None
    return (checked.ascii_email or checked.normalized).lower()


def phone_number(given: object) -> str:
    """A telephone number, French unless it begins with +, as E.164."""
    try:
        number = phonenumbers.parse(line(40)(given), "FR")
    except phonenumbers.NumberParseException:
        raise Wrong(_("Check this telephone number. It looks like 06 12 34 56 78.")) from None
    length = phonenumbers.is_possible_number_with_reason(number)
    short_french = number.country_code == 33 and (number.national_number or 0) < 10**8  # the library knows shorter ones
    if length == phonenumbers.ValidationResult.TOO_SHORT or short_french:
        raise Wrong(_("This telephone number lacks a digit."))
    if length == phonenumbers.ValidationResult.TOO_LONG:
        raise Wrong(_("This telephone number has too many digits."))
    # France's fictional and new ranges are unknown to the library: ten digits from 01 to 09 are enough there.
    if number.country_code != 33 and not phonenumbers.is_valid_number(number):
        raise Wrong(_("Check this telephone number. It looks like 06 12 34 56 78."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def yes_or_no(given: object) -> bool:
    """true or false."""
    if isinstance(given, bool):
        return given
    raise Wrong(_("Answer yes or no."))


def one_of(allowed: Collection[str]) -> Callable[[object], str]:
    """One of a closed list."""

    def read(given: object) -> str:
        if isinstance(given, str) and given in allowed:
            return given
        raise Wrong(_("Choose from the list only."))

    return read


def some_of(allowed: Collection[str]) -> Callable[[object], tuple[str, ...]]:
    """Any of a closed list, in its order."""

    def read(given: object) -> tuple[str, ...]:
        if isinstance(given, list) and all(isinstance(one, str) and one in allowed for one in given):
            return tuple(one for one in allowed if one in given)
        raise Wrong(_("Choose from the list only."))

    return read

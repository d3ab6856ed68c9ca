"""Why a message did not arrive, in a closed set: what a page says in words and metrics count."""

import re
from enum import StrEnum


class Failure(StrEnum):
    """The kind of cause, whatever words a server used."""

    UNKNOWN_ADDRESS = "unknown_address"
    FULL = "full"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    UNREACHABLE = "unreachable"
    OTHER = "other"


_STATUS = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})\b")
_AWAY = ("Connect", "Timeout", "Disconnected", "Helo", "OSError", "Refused]")


def failure_of(cause: str | None) -> Failure:
    """What `message.last_cause` stands for: our words, or an exception with an enhanced status code (RFC 3463)."""
    cause = cause or ""
    if cause == "suppressed":
        return Failure.SUPPRESSED
    if status := _STATUS.search(cause):
        subject, detail = status.groups()
        if subject == "1":
            return Failure.UNKNOWN_ADDRESS
        if (subject, detail) in {("2", "2"), ("3", "1")}:
            return Failure.FULL
        return Failure.REFUSED
    if cause == "no answer" or any(word in cause for word in _AWAY):
        return Failure.UNREACHABLE
    return Failure.REFUSED if "efused" in cause or "DataError" in cause else Failure.OTHER

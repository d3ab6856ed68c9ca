"""The address in a message where one POST ends messages of its kind (RFC 8058). It says whose and what, signed.

Nothing is stored for it; any key of SECRET_KEY opens it.
"""

from enum import StrEnum

from workshops.settings import settings
from workshops.tickets import sign, unsign

PURPOSE = "unsubscribe"
OFF = "EXISTS (SELECT 1 FROM attendee o WHERE o.email = a.email AND o.reminders_off_at IS NOT NULL)"
"""SQL: whether the address of the attendee `a` wants no reminders, whoever of its people said so."""


class What(StrEnum):
    """What an address ends: reminders, by the id of an attendee, or news, by that of a news address."""

    REMINDERS = "reminders"
    NEWS = "news"


def make(what: What, identity: str) -> str:
    """The address for the headers and the foot of a message."""
    return f"{settings().public_url}/u/{sign(PURPOSE, f'{what}.{identity}')}"


def read(token: str) -> tuple[What, str] | None:
    """What `make` was given; None if we did not write it."""
    payload = unsign(PURPOSE, token)
    if payload is None:
        return None
    what, _, identity = payload.partition(".")
    return What(what), identity

"""What became of mail that came in, kept so that a second copy of it changes nothing. In the verb's transaction."""

from datetime import datetime
from enum import StrEnum

from workshops.database import fetch
from workshops.ids import new_id


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    ASKED = "asked"
    DECLINED = "declined"
    RELEASED = "released"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    NOTHING = "nothing"
    OUTDATED = "outdated"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    FAULTY = "faulty"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


FOR_HUMANS = {Outcome.UNKNOWN, Outcome.FAULTY, Outcome.TOO_LARGE, Outcome.UNREADABLE}
"""What we cannot make sense of: it is set aside in the mailbox, and nothing of it is kept here."""


async def first(
    digest: str,
    kind: str,
    now: datetime,
    *,
    message: str | None = None,
    registration: str | None = None,
    address_key: str | None = None,
    status: str | None = None,
) -> str | None:
    """The new row of a message that came in (`kind` "reply" or "bounce"); None if it was here before."""
    row = (new_id(), digest, kind, "", message, registration, address_key, status, now)
    made = await fetch(
        "INSERT INTO inbound (id, message_id_hash, kind, outcome, message, registration, address_key, status, "
        "received_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT DO NOTHING RETURNING id",
        *row,
    )
    return made[0]["id"] if made else None


async def conclude(identity: str, outcome: Outcome) -> Outcome:
    """What was done with it."""
    await fetch("UPDATE inbound SET outcome = {} WHERE id = {}", outcome.value, identity)
    return outcome

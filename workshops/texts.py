"""Text messages for people without e-mail: whom one reaches, and rows in the transaction of what they tell of."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workshops import mail
from workshops.database import fetch
from workshops.mail import MOST_ROWS, Kind
from workshops.mailboxes import OUTBOX
from workshops.settings import settings
from workshops.sql import marks

# 06 9x are overseas, in other countries' codes (+590, +594, +596, +262); 07 00 to 07 02 are machines.
_MOBILE = re.compile(r"\+33(6(?!9[0-7])\d|7[3-9])\d{7}")
UNREACHED = {
    Kind.YOUR_PLACES: "no_email",
    Kind.YOUR_CHANGES: "change",
    Kind.PLACE_GIVEN: "given",
    Kind.PLACE_OFFERED: "offer",
    Kind.OFFER_ENDED: "offer_ended",
    Kind.COME: "come",
}
"""What is told by text, and why somebody is to be called whom it did not reach."""


def are_on() -> bool:
    """Whether texts are written at all."""
    return settings().sms_url is not None


def reach(phone: str | None) -> bool:
    """Whether texts are written to this number (E.164): French mobiles only."""
    return are_on() and phone is not None and _MOBILE.fullmatch(phone) is not None


def leave(phone: str | None) -> bool:
    """Whether they truly arrive there, and not in the demo outbox alone."""
    return reach(phone) and settings().sms_url != OUTBOX


async def tell_places(attendee: str, event: str, email: str | None, dedup: str, now: datetime) -> None:
    """Let somebody know the places that they now have: by mail, by text who has no address; once a `dedup`.

    Whoever decided may: not for what a stranger makes us send.
    """
    if not email:
        await write(Kind.YOUR_PLACES, [attendee], dedup=dedup, now=now)
        return
    await mail.enqueue(
        Kind.YOUR_PLACES, dedup=dedup, attendee=attendee, event=event, address=email, stranger=False, now=now
    )


async def write(
    kind: Kind,
    attendees: Sequence[str],
    *,
    dedup: str,
    now: datetime,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    registrations: Mapping[str, str] | None = None,
    plan_change: str | None = None,
) -> set[str]:
    """Write one text to each of these people of one event who has a mobile and no e-mail; who they are.

    One for a `dedup` and an attendee. It is void at `expires_at`, or when the event is over. Nothing without SMS_URL.
    """
    if not are_on():
        return set()
    rows = [row for row in await _phones(attendees) if reach(row["phone"])]
    if rows:
        await mail.enqueue_all(
            kind,
            [(row["id"], row["phone"]) for row in rows],
            dedup=f"text:{dedup}",
            event=rows[0]["event"],
            registrations=registrations,
            expires_at=expires_at or rows[0]["ends_at"],
            not_before=not_before or now,
            now=now,
            plan_change=plan_change,
            channel="sms",
        )
    return {row["id"] for row in rows}


async def _phones(attendees: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for start in range(0, len(attendees), MOST_ROWS):
        some = attendees[start : start + MOST_ROWS]
        found += await fetch(
            "SELECT a.id, a.phone, a.event, e.ends_at FROM attendee a JOIN event e ON e.id = a.event "
            f"WHERE a.email IS NULL AND a.phone IS NOT NULL AND a.kind = 'person' AND a.id IN ({marks(len(some))})",
            *some,
        )
    return found

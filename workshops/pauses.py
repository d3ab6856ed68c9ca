"""When nothing leaves: a channel has one open pause at most, for all workers; in the caller's transaction or alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workshops.database import fetch, fetch_one
from workshops.ids import new_id

PROBED = timedelta(minutes=1)
"""How often a server that refuses us is tried with one message."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Why nothing leaves, since when (UTC). `by`: the account of who said so; None: the mail server refuses us."""

    cause: str
    code: int | None
    since: datetime
    by: str | None


async def current(channel: str = "mail") -> Pause | None:
    """The open pause."""
    row = await fetch_one(
        "SELECT cause, code, paused_at, paused_by FROM mail_pause WHERE resumed_at IS NULL AND channel = {}", channel
    )
    return Pause(row["cause"], row["code"], row["paused_at"], row["paused_by"]) if row else None


async def begin(
    cause: str, now: datetime, code: int | None = None, by: str | None = None, channel: str = "mail"
) -> bool:
    """Let nothing leave any more; whether this is new. What a person says replaces what the server does."""
    made = await fetch(
        "INSERT INTO mail_pause (id, cause, code, paused_at, paused_by, channel) VALUES ({}, {}, {}, {}, {}, {}) "
        "ON CONFLICT DO NOTHING RETURNING id",
        *(new_id(), cause[:60], code, now, by, channel),
    )
    if not made and by:
        made = await fetch(
            "UPDATE mail_pause SET paused_by = {}, cause = {}, code = NULL "
            "WHERE resumed_at IS NULL AND channel = {} AND paused_by IS NULL RETURNING id",
            *(by, cause[:60], channel),
        )
    return bool(made)


async def probe(now: datetime, channel: str) -> bool:
    """Whether the caller may try one message now: nobody did for a minute, and it was the server that refused us."""
    allowed = await fetch(
        "UPDATE mail_pause SET probed_at = {} WHERE resumed_at IS NULL AND channel = {} AND paused_by IS NULL "
        "AND coalesce(probed_at, paused_at) <= {} RETURNING id",
        *(now, channel, now - PROBED),
    )
    return bool(allowed)


async def end(now: datetime, by: str | None = None, channel: str = "mail") -> bool:
    """Let messages leave again; whether they did not until now. Only a person (`by`) ends what a person began."""
    ended = await fetch(
        "UPDATE mail_pause SET resumed_at = {}, resumed_by = {} WHERE resumed_at IS NULL AND channel = {}"
        f"{'' if by else ' AND paused_by IS NULL'} RETURNING id",
        *(now, by, channel),
    )
    return bool(ended)

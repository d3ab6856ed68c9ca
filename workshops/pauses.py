"""Whether messages leave at all. One pause is open at most, for all workers; in the caller's transaction or alone."""

from dataclasses import dataclass
from datetime import datetime

from workshops.database import fetch, fetch_one
from workshops.ids import new_id


@dataclass(frozen=True, slots=True)
class Pause:
    """Why nothing leaves, since when (UTC). `by`: the account of who said so; None: the mail server refuses us."""

    cause: str
    code: int | None
    since: datetime
    by: str | None


async def current() -> Pause | None:
    """The open pause."""
    row = await fetch_one("SELECT cause, code, paused_at, paused_by FROM mail_pause WHERE resumed_at IS NULL")
    return Pause(row["cause"], row["code"], row["paused_at"], row["paused_by"]) if row else None


async def begin(cause: str, now: datetime, code: int | None = None, by: str | None = None) -> bool:
    """Let nothing leave any more; whether it did until now."""
    made = await fetch(
        "INSERT INTO mail_pause (id, cause, code, paused_at, paused_by) VALUES ({}, {}, {}, {}, {}) "
        "ON CONFLICT DO NOTHING RETURNING id",
        *(new_id(), cause[:60], code, now, by),
    )
    return bool(made)


async def end(now: datetime, by: str | None = None) -> bool:
    """Let messages leave again; whether they did not until now."""
    ended = await fetch(
        "UPDATE mail_pause SET resumed_at = {}, resumed_by = {} WHERE resumed_at IS NULL RETURNING id", now, by
    )
    return bool(ended)

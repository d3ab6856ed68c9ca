"""How many text messages may still leave today, over all and to one phone; counted by all processes together.

A day is that of France. Each count is taken before the gateway is asked, in a statement of its own.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from workshops import throttle
from workshops.database import fetch, fetch_one
from workshops.i18n import PARIS
from workshops.settings import settings

TO_ONE_PHONE = 4
"""A day, whatever happens: a family shares a phone, and nobody wants more of us."""


async def spent(now: datetime) -> tuple[int, int]:
    """How many left today, and how many may."""
    row = await fetch_one("SELECT total FROM counter WHERE id = {}", day_id(now))
    return (row["total"] if row else 0), settings().sms_per_day


async def take(phone_key: str, now: datetime) -> str | None:
    """Count one more to this phone (its `address_key`); else why it must not leave: "phone" or "day"."""
    if not await _count(_phone_id(phone_key, now), TO_ONE_PHONE, now):
        return "phone"
    if not await _count(day_id(now), settings().sms_per_day, now):
        await _uncount(_phone_id(phone_key, now))
        return "day"
    return None


async def give_back(phone_key: str, now: datetime) -> None:
    """The gateway has said no: nothing left."""
    await _uncount(_phone_id(phone_key, now))
    await _uncount(day_id(now))


async def first_alarm(now: datetime) -> bool:
    """Whether nobody has told yet that today's texts are spent."""
    return await _count(f"sms_alarm:{_day(now)}", 1, now)


def day_id(now: datetime) -> str:
    """The row of `counter` that counts the day of `now`."""
    return f"sms:{_day(now)}"


def _phone_id(phone_key: str, now: datetime) -> str:
    return f"sms:{_day(now)}:{throttle.blurred(phone_key)}"


def _day(now: datetime) -> str:
    return f"{now.astimezone(ZoneInfo(PARIS)):%Y-%m-%d}"


async def _count(identity: str, most: int, now: datetime) -> bool:
    """One more, unless there are `most` already; whether it was counted."""
    counted = await fetch(
        "INSERT INTO counter (id, window_starts_at, total) SELECT {}, {}, 1 WHERE {} > 0 "
        "ON CONFLICT (id) DO UPDATE SET total = counter.total + 1 WHERE counter.total < {} RETURNING total",
        *(identity, now, most, most),
    )
    return bool(counted)


async def _uncount(identity: str) -> None:
    await fetch("UPDATE counter SET total = total - 1 WHERE id = {} AND total > 0", identity)

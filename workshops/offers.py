"""When a place that came free is given at once, when it is offered, and until when (product.md rule 5). Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workshops.tables.people import Offer

FAR = timedelta(hours=48)
"""Further off than this a place is given at once."""
LAST = timedelta(hours=2)
"""Nearer than this nothing is offered any more: people are told to come."""
HELD, HELD_EXCHANGE, HELD_PROOF = timedelta(hours=2), timedelta(hours=24), timedelta(minutes=30)
MORNING, EVENING = time(8), time(20)
"""Nobody has to answer by night: only these hours of the event's zone count."""


def is_far(starts_at: datetime, now: datetime) -> bool:
    """Whether a place in a slot that begins then (UTC) is given without asking."""
    return starts_at - now > FAR


def is_over(starts_at: datetime, now: datetime) -> bool:
    """Whether nothing is given or offered any more in a slot that begins then (UTC)."""
    return now >= starts_at - LAST


def deadline(offer: Offer, starts_at: datetime, now: datetime, zone: str) -> datetime:
    """Until when (UTC) a place is held that is offered `now`: 2 hours of the day, 24 hours for an exchange further off,
    30 minutes for a proof; never beyond the slot's beginning."""
    if offer is Offer.PROOF:
        until = now + HELD_PROOF
    elif offer is Offer.EXCHANGE and is_far(starts_at, now):
        until = now + HELD_EXCHANGE
    else:
        until = _by_day(now, HELD, ZoneInfo(zone))
    return min(until, starts_at)


def _by_day(at: datetime, left: timedelta, zone: ZoneInfo) -> datetime:
    """The instant at which `left` have passed between MORNING and EVENING."""
    day = at.astimezone(zone).date()
    while True:
        opens = datetime.combine(day, MORNING, zone).astimezone(UTC)
        closes = datetime.combine(day, EVENING, zone).astimezone(UTC)
        begins = max(at, opens)
        if begins + left <= closes:
            return begins + left
        left -= max(closes - begins, timedelta())
        day += timedelta(days=1)

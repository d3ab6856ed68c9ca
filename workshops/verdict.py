"""What a ticket is worth at one place at one time: the rules of the door (product.md rules 1 and 10), no database.

At the hall an active ticket of the day is welcome whatever its places: an open day refuses nobody. Amber, and no
attendance unless staff let the person in: all places given back (cancelled), or waiting lists only (waiting). At a
stand a place in that very slot is welcome, whatever the hour; a place offered counts as one, it is held. What was
cancelled or replaced after the read was taken does not count against it: a phone may hand in its reads late.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """The words of contract.md for a read."""

    ADMITTED = "admitted"
    ALREADY_IN = "already_in"
    CANCELLED = "cancelled"
    WAITING = "waiting"
    REPLACED = "replaced"
    TOO_EARLY = "too_early"
    OTHER_SESSION = "other_session"
    NOT_BOOKED = "not_booked"
    OTHER_EVENT = "other_event"
    NOT_ON_LIST = "not_on_list"
    NOT_A_TICKET = "not_a_ticket"


LETS_IN = {Outcome.ADMITTED, Outcome.ALREADY_IN}


@dataclass(frozen=True, slots=True)
class Stand:
    """A session as a place to be scanned at. Times are UTC."""

    session: str
    workshop: str
    starts_at: datetime
    is_on: bool


@dataclass(frozen=True, slots=True)
class Booking:
    """One of the person's places, with its slot. Times are UTC."""

    session: str
    workshop: str
    title: str
    starts_at: datetime
    ends_at: datetime
    status: str
    cancelled_at: datetime | None

    def is_cancelled(self, at: datetime) -> bool:
        """Whether it had been given back at that time."""
        return self.status == "cancelled" and (self.cancelled_at is None or self.cancelled_at <= at)

    def is_place(self, at: datetime) -> bool:
        """Whether it was a place at that time, and not a turn on the waiting list."""
        return not self.is_cancelled(at) and self.status != "waiting"


def judge(bookings: list[Booking], stand: Stand | None, at: datetime) -> Outcome:
    """The outcome for an active ticket of the day, read at `at` (UTC), at a stand or, with None, at the hall."""
    return _at_hall(bookings, at) if stand is None else _at_stand(bookings, stand, at)


def _at_hall(bookings: list[Booking], at: datetime) -> Outcome:
    if not bookings or any(booking.is_place(at) for booking in bookings):
        return Outcome.ADMITTED
    return Outcome.CANCELLED if all(booking.is_cancelled(at) for booking in bookings) else Outcome.WAITING


def _at_stand(bookings: list[Booking], stand: Stand, at: datetime) -> Outcome:
    if not stand.is_on:
        return Outcome.CANCELLED
    here = [booking for booking in bookings if booking.session == stand.session]
    if any(booking.is_place(at) for booking in here):
        return Outcome.ADMITTED
    if any(not booking.is_cancelled(at) for booking in here):
        return Outcome.WAITING
    elsewhere = [one for one in bookings if one.workshop == stand.workshop and one.is_place(at)]
    if elsewhere:
        later = all(booking.starts_at > stand.starts_at for booking in elsewhere)
        return Outcome.TOO_EARLY if later else Outcome.OTHER_SESSION
    return Outcome.CANCELLED if here else Outcome.NOT_BOOKED

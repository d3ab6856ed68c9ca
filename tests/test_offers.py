"""Until when a place is kept: two hours of the day, by the event's own clock (product.md rule 5)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from workshops.offers import deadline, is_far, is_over
from workshops.tables.people import Offer

PARIS = "Europe/Paris"
LATER = datetime(2027, 12, 1, tzinfo=UTC)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS)).astimezone(UTC)


@pytest.mark.parametrize(
    ("offered", "until"),
    [
        ("2027-01-12 09:00", "2027-01-12 11:00"),
        ("2027-01-12 18:00", "2027-01-12 20:00"),
        ("2027-01-12 18:00:01", "2027-01-13 08:00:01"),
        ("2027-01-12 19:30", "2027-01-13 09:30"),
        ("2027-01-12 20:00", "2027-01-13 10:00"),
        ("2027-01-12 23:59", "2027-01-13 10:00"),
        ("2027-01-12 03:00", "2027-01-12 10:00"),
        ("2027-03-27 19:00", "2027-03-28 09:00"),  # the night in which summer time begins
        ("2027-10-30 19:00", "2027-10-31 09:00"),  # the night in which it ends
    ],
)
def test_nobody_has_to_answer_by_night(offered: str, until: str) -> None:
    assert deadline(Offer.PLACE, LATER, paris(offered), PARIS) == paris(until)


def test_the_hours_of_the_day_are_those_of_the_event() -> None:
    offered = datetime(2027, 1, 12, 19, 30, tzinfo=UTC)
    assert deadline(Offer.PLACE, LATER, offered, "Europe/Lisbon") == datetime(2027, 1, 13, 9, 30, tzinfo=UTC)
    assert deadline(Offer.PLACE, LATER, offered, PARIS) == datetime(2027, 1, 13, 9, 0, tzinfo=UTC)


def test_an_exchange_further_off_may_wait_a_day() -> None:
    now = paris("2027-01-12 22:00")
    assert deadline(Offer.EXCHANGE, now + timedelta(hours=49), now, PARIS) == now + timedelta(hours=24)
    assert deadline(Offer.EXCHANGE, now + timedelta(hours=48), now, PARIS) == paris("2027-01-13 10:00")


def test_a_proof_has_half_an_hour_whatever_the_hour() -> None:
    now = paris("2027-01-12 23:00")
    assert deadline(Offer.PROOF, LATER, now, PARIS) == now + timedelta(minutes=30)


def test_nothing_is_kept_beyond_the_beginning() -> None:
    now = paris("2027-01-12 09:00")
    assert deadline(Offer.PLACE, now + timedelta(minutes=90), now, PARIS) == now + timedelta(minutes=90)


def test_far_and_over_are_48_and_2_hours() -> None:
    now = paris("2027-01-12 09:00")
    assert [is_far(now + timedelta(hours=48, seconds=more), now) for more in (0, 1)] == [False, True]
    assert [is_over(now + timedelta(hours=2, seconds=more), now) for more in (0, 1)] == [True, False]

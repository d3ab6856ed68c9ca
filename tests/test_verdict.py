"""What a ticket is worth: the cases of verdict_cases.json, which the phone's own rules are held to as well.

Slots are [stand, start, end, takes place], places [slot, "c" confirmed, "o" offered, "w" waiting or "x" given back,
since when], all in minutes; `here` is a slot or -1 for the hall.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from workshops.verdict import Booking, Stand, judge

KNOWN: dict[str, Any] = json.loads((Path(__file__).parent / "verdict_cases.json").read_text(encoding="utf-8"))
STATUS = {"c": "confirmed", "o": "offered", "w": "waiting", "x": "cancelled"}
ZERO = datetime(2027, 1, 12, 9, tzinfo=UTC)


def moment(minutes: int) -> datetime:
    """That many minutes after the first slot's start."""
    return ZERO + timedelta(minutes=minutes)


def booking(slot: int, status: str, since: int | None = None) -> Booking:
    """A place as the server knows it."""
    stand, start, end, _on = KNOWN["slots"][slot]
    given_back = None if since is None else moment(since)
    return Booking(str(slot), stand, stand, moment(start), moment(end), STATUS[status], given_back)


@pytest.mark.parametrize("case", KNOWN["cases"], ids=lambda case: str(case["why"]))
def test_what_a_ticket_is_worth(case: dict[str, Any]) -> None:
    bookings = [booking(*place) for place in case["places"]]
    stand = None
    if case["here"] >= 0:
        title, start, _end, on = KNOWN["slots"][case["here"]]
        stand = Stand(str(case["here"]), title, moment(start), bool(on))
    assert judge(bookings, stand, moment(case["at"])) == case["outcome"]

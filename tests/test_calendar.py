"""Calendar objects, parsed back: the right hour on both sides of a change, and the traps of icalendar."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import icalendar
import pytest

from workshops import calendar
from workshops.calendar import Entry
from workshops.settings import settings

PARIS = ZoneInfo("Europe/Paris")
STAMP = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PUBLIC_URL", "https://ateliers.example.org:8443")
    settings.cache_clear()
    yield
    settings.cache_clear()


def entry(local: datetime, **changes: object) -> Entry:
    start = local.replace(tzinfo=PARIS).astimezone(UTC)
    made = Entry(
        uid=calendar.uid("place", "7hq2"),
        sequence=3,
        stamp=STAMP,
        start=start,
        end=start + timedelta(minutes=45),
        title='Soudeuse, soudeur; « chez "Aciers d\'Artois" » \\ 🔥',
        location="Salle Gentils, rue de la Paix, Marles-les-Mines",
        description="Arrivez dix minutes avant.\nBus : ligne 5, arrêt Mairie.",
        url="https://ateliers.example.org/events/7hq2",
        geo=(50.503, 2.507),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def parsed(content: bytes) -> tuple[icalendar.Calendar, list[Any]]:
    found = icalendar.Calendar.from_ical(content)
    return found, list(found.walk("VEVENT"))


@pytest.mark.parametrize(
    ("local", "offset"),
    [
        (datetime(2027, 1, 12, 9), 1),
        (datetime(2027, 3, 27, 14), 1),
        (datetime(2027, 3, 28, 9), 2),
        (datetime(2027, 7, 6, 9), 2),
        (datetime(2027, 10, 30, 14), 2),
        (datetime(2027, 10, 31, 9), 1),
        (datetime(2044, 8, 2, 9), 2),
    ],
)
def test_the_hour_is_right_on_both_sides_of_the_changes_of_summer_time(local: datetime, offset: int) -> None:
    content = calendar.published([entry(local)])
    [event] = parsed(content)[1]
    assert event.start == local.replace(tzinfo=PARIS)
    assert event.start.astimezone(UTC) == (local - timedelta(hours=offset)).replace(tzinfo=UTC)
    assert f"DTSTART;TZID=Europe/Paris:{local:%Y%m%dT%H%M%S}\r\n".encode() in content
    assert event.end - event.start == timedelta(minutes=45)


@pytest.mark.parametrize("day", [datetime(2027, 3, 28), datetime(2027, 10, 31), datetime(2027, 7, 6)])
def test_the_zone_that_travels_along_gives_the_same_hours_by_its_own_rules(day: datetime) -> None:
    """What a reader computes that knows no Europe/Paris but our VTIMEZONE."""
    own = calendar.published([entry(day)]).replace(b"Europe/Paris", b"Somewhere/Else")
    zone = cast(icalendar.Timezone, parsed(own)[0].walk("VTIMEZONE")[0]).to_tz()
    for hour in (0, 1, 4, 9, 12, 23):
        local = day.replace(hour=hour)
        assert local.replace(tzinfo=zone).utcoffset() == local.replace(tzinfo=PARIS).utcoffset(), local


def test_the_zone_has_rules_and_no_lists_and_misses_nothing() -> None:
    for content in (calendar.published([entry(datetime(2027, 3, 28, 9))]), calendar.feed([], "Osons nos talents")):
        found, _ = parsed(content)
        assert found.get_missing_tzids() == set()
        assert content.count(b"BEGIN:VTIMEZONE") == 1
        assert b"RDATE" not in content
        assert b"DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n" in content
        assert b"DTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n" in content


def test_another_zone_is_written_in_utc() -> None:
    content = calendar.published([entry(datetime(2027, 1, 12, 9), zone="Indian/Reunion")])
    assert b"DTSTART:20270112T080000Z\r\n" in content


def test_equal_input_gives_equal_bytes_now_later_and_elsewhere() -> None:
    entries = [entry(datetime(2027, 3, 27, 9)), entry(datetime(2027, 3, 28, 9))]
    first = calendar.published(entries), calendar.feed(entries, "Osons nos talents")
    assert (calendar.published(entries), calendar.feed(entries, "Osons nos talents")) == first
    script = (
        "import sys; from datetime import *; from tests.test_calendar import *;"
        "sys.stdout.buffer.write(calendar.published("
        "[entry(datetime(2027, 3, 27, 9)), entry(datetime(2027, 3, 28, 9))]))"
    )
    elsewhere = os.environ | {"TZ": "America/New_York", "PYTHONHASHSEED": "7"}
    assert (
        subprocess.run([sys.executable, "-c", script], env=elsewhere, capture_output=True, check=True).stdout
        == first[0]
    )


def test_a_published_object_says_who_publishes_it_and_asks_nobody() -> None:
    found, [event] = parsed(calendar.published([entry(datetime(2027, 1, 12, 9))]))
    assert found["method"] == "PUBLISH"
    assert found["version"] == "2.0"
    assert found["prodid"]
    assert str(event["organizer"]) == "mailto:inscription@example.org"
    assert not {"attendee", "valarm"} & {name.lower() for name in event}
    assert event["uid"] == "place-7hq2@ateliers.example.org"
    assert event["sequence"] == 3
    assert event["dtstamp"].dt == event["last-modified"].dt == STAMP
    assert event["status"] == "CONFIRMED"
    assert (event["geo"].latitude, event["geo"].longitude) == (50.503, 2.507)
    assert event["summary"] == entry(datetime(2027, 1, 12)).title
    assert event["description"] == "Arrivez dix minutes avant.\nBus : ligne 5, arrêt Mairie."


def test_a_feed_has_no_method_and_says_how_often_to_come_back() -> None:
    content = calendar.feed([entry(datetime(2027, 1, 12, 9), cancelled=True)], "Osons nos talents")
    found, [event] = parsed(content)
    assert "method" not in found
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n" in content
    assert b"X-PUBLISHED-TTL:PT6H\r\n" in content
    assert found["name"] == found["x-wr-calname"] == "Osons nos talents"
    assert found["x-wr-timezone"] == "Europe/Paris"
    assert event["status"] == "CANCELLED"


def test_hostile_text_adds_no_line_and_no_control_character() -> None:
    hostile = "Salle\r\nATTENDEE:mailto:x@example.org\r\nX:\x00\x07\x1b\x7f"
    content = calendar.published(
        [entry(datetime(2027, 1, 12, 9), title=hostile, location=hostile, description=hostile)]
    )
    assert b"\nATTENDEE" not in content
    assert not set(content.replace(b"\r\n", b"")) & {*range(32), 127}
    assert parsed(content)[1][0]["location"] == "Salle ATTENDEE:mailto:x@example.org X:"


def test_lines_end_in_crlf_and_are_75_octets_at_most() -> None:
    content = calendar.published([entry(datetime(2027, 1, 12, 9), description="é😀" * 200)])
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert content.count(b"\n") == content.count(b"\r\n")
    assert parsed(content)[1][0]["description"] == "é😀" * 200

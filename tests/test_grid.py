"""The grid: a rule read as people write it, slots on days whose clocks change, and what is at two places at once."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from workshops.errors import Invalid
from workshops.grid import (
    Clash,
    Planned,
    Rule,
    Trouble,
    checked,
    clashes,
    instant,
    read_hours,
    read_rule,
    slots,
    write_rule,
)
from workshops.i18n import PARIS, translation

DAY = date(2027, 1, 12)
MORNING, AFTERNOON = (time(9), time(12)), (time(13, 30), time(16, 30))
WHOLE = Rule(45, 0, (MORNING, AFTERNOON), 8)


@pytest.mark.parametrize(
    "text",
    [
        "toutes les 45 minutes de 9 h à 12 h et de 13 h 30 à 16 h 30, 8 places",
        "every 45 minutes from 9 to 12 and 13:30 to 16:30, 8 places",
        "Every 45 minutes from 9 to 12 and 13.30 to 16.30, 8 places",
        "Toutes les 45\u00a0mn, 9:00-12:00 & 13:30-16:30 (8 places)",
        "8 places par créneau ; créneaux de 45 min, 9h–12h puis 13h30–16h30",
        "toutes les 45 de 9 à 12 et de 13 h 30 à 16 h 30 8 personnes",
        "tous les trois quarts d’heure entre 9 h et midi et entre 13 h 30 et 16 h 30, places : 8",
        "three quarters of an hour each from 9am to noon and 1.30pm to 4.30 p.m., 8 seats",
        "de 9 h à 16 h 30 sauf de 12 h à 13 h 30, toutes les 45 minutes, 8 places",
        "every 45 minutes from 9 to 16:30 with a lunch break from 12 to 13:30, 8 people",
        "de 9 h à 12 h et 13 h 30 à 16 h 30 8 places toutes les 45 minutes",
    ],
)
def test_a_rule_is_read_as_people_write_it(text: str) -> None:
    assert read_rule(text) == WHOLE


@pytest.mark.parametrize(
    ("text", "minutes", "gap"),
    [
        ("créneaux de 40 minutes toutes les 45 minutes, 9 h – 12 h, 8 places", 40, 5),
        ("créneaux de 45 minutes avec 5 minutes de pause, de 9 h à 12 h, 8 places", 45, 5),
        ("45 minutes with 5 minutes between, 9 to 12, 8 places", 45, 5),
        ("slots of 45 minutes, breaks of 5 minutes, 9 to 12, 8 places", 45, 5),
        ("toutes les 45 minutes de 9 h à 12 h, pause de 5 minutes, 8 places", 40, 5),
        ("toutes les heures de 9 h à 12 h, 8 places", 60, 0),
        ("toutes les heures et demie de 9 h à 12 h, 8 places", 90, 0),
        ("toutes les 1 h 30 de 9 h à 12 h, 8 places", 90, 0),
        ("créneaux d’une heure de 9 h à 12 h, 8 places", 60, 0),
        ("every half an hour from 9 to 12, 8 places", 30, 0),
        ("every 20 minutes between 9 and 12, 8 places", 20, 0),
        ("de 9 h à 12 h 8 places toutes les 30 minutes", 30, 0),
    ],
)
def test_a_slot_and_its_pause_are_told_apart(text: str, minutes: int, gap: int) -> None:
    assert read_rule(text) == Rule(minutes, gap, (MORNING,), 8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["how long", "from when", "how many"]),
        ("toutes les 45 minutes", ["from when", "how many"]),
        ("de 9 h à 12 h, 8 places", ["how long"]),
        ("toutes les 45 minutes de 9 h à 12 h", ["how many"]),
        ("toutes les 45 minutes, 8 places", ["from when"]),
        ("every 45 minutes from 9 to 12, 8 places, 3 tables", ["cannot be read"]),
        ("every 45 minutes from 9 to 4:30, 8 places", ["before they begin"]),
        ("every 45 minutes from 9 to 12 and 11 to 13, 8 places", ["overlap"]),
        ("every 45 minutes from 9 to 9:30, 8 places", ["No slot fits"]),
        ("every 5 minutes from 0 to 23, 8 places", ["slots a day"]),
        ("every 2 minutes from 9 to 12, 8 places", ["lasts from"]),
        ("every 10 minutes from 9 to 12, 10 minutes of break, 8 places", ["lasts from"]),
        ("every 45 minutes from 9 to 12, 0 places", ["how many"]),
        ("every 45 minutes from 9 to 12, 9999 places", ["places"]),
    ],
)
def test_what_is_missing_or_wrong_is_said(text: str, words: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_rule(text, "créneaux")
    faults = refused.value.faults
    assert len(faults) == len(words)
    for fault, word in zip(faults, words, strict=True):
        assert fault.name == "créneaux"
        assert word in fault.message
        assert translation("fr").gettext(fault.message) != fault.message


def test_hours_alone_are_read_too() -> None:
    assert read_hours("13 h 30 – 16 h 30, 9 h – 12 h") == (MORNING, AFTERNOON)
    for wrong in ("", "le matin", "9 h – 12 h, 14"):
        with pytest.raises(Invalid):
            read_hours(wrong)


def rule_of(minutes: int, gap: int, places: int, starts: list[int]) -> Rule:
    """A rule whose ranges go from every second of these five minutes of the day to the next."""
    clock = [time(five // 12, five % 12 * 5) for five in sorted(set(starts))]
    return Rule(minutes, gap, tuple(zip(clock[::2], clock[1::2], strict=False)), places)


RULES = st.builds(
    rule_of,
    st.integers(5, 300),
    st.integers(0, 60),
    st.integers(1, 2000),
    st.lists(st.integers(0, 24 * 12 - 1), min_size=2, max_size=8),
)


def usable(rule: Rule) -> bool:
    try:
        return bool(checked(rule))
    except Invalid:
        return False


@given(RULES, st.sampled_from(["fr", "en"]))
@example(Rule(40, 5, (MORNING, AFTERNOON), 8), "fr")
def test_a_rule_that_is_written_reads_back_as_itself(rule: Rule, locale: str) -> None:
    assume(usable(rule) and rule.minutes + rule.gap < 1000)
    assert read_rule(write_rule(rule, locale)) == rule


@given(st.text(max_size=120))
def test_any_text_is_a_rule_or_a_fault(text: str) -> None:
    with suppress(Invalid):
        assert usable(read_rule(text))


@given(RULES, st.dates(date(2026, 1, 1), date(2030, 12, 31)))
@example(Rule(30, 0, ((time(1), time(5)),), 8), date(2027, 3, 28))
@example(Rule(30, 0, ((time(1), time(5)),), 8), date(2027, 10, 31))
def test_slots_fill_their_hours_one_after_the_other(rule: Rule, day: date) -> None:
    assume(usable(rule))
    zone = ZoneInfo(PARIS)
    made = slots(rule, day, PARIS)
    for start, end in made:
        assert start.tzinfo is end.tzinfo is UTC
        assert end - start == timedelta(minutes=rule.minutes)
        local = start.astimezone(zone), end.astimezone(zone)
        assert local[0].date() == day
        assert any(first <= local[0].time() and local[1].time() <= last for first, last in rule.ranges)
    begins = {instant(day, first, PARIS) for first, _ in rule.ranges}
    for one, other in pairwise(made):
        gap = other[0] - one[1]
        assert gap == timedelta(minutes=rule.gap) or (other[0] in begins and gap >= timedelta())


@pytest.mark.parametrize(
    ("day", "first", "number"),
    [
        (DAY, datetime(2027, 1, 12, 0, tzinfo=UTC), 8),
        (date(2027, 7, 12), datetime(2027, 7, 11, 23, tzinfo=UTC), 8),
        (date(2027, 3, 28), datetime(2027, 3, 28, 0, tzinfo=UTC), 6),
        (date(2027, 10, 31), datetime(2027, 10, 30, 23, tzinfo=UTC), 10),
    ],
)
def test_a_day_whose_clocks_change_has_an_hour_less_or_more(day: date, first: datetime, number: int) -> None:
    made = slots(Rule(30, 0, ((time(1), time(5)),), 8), day, PARIS)
    assert made[0][0] == first
    assert len(made) == number


def planned(
    workshop: str, hour: float, stand: str | None = None, facilitator: str | None = None, minutes: int = 45
) -> Planned:
    start = datetime(2027, 1, 12, 8, tzinfo=UTC) + timedelta(hours=hour)
    return Planned(workshop, stand, facilitator, start, start + timedelta(minutes=minutes))


def troubles(*plan: Planned, **hours: tuple[datetime, datetime] | None) -> list[tuple[str, str, str | None, int]]:
    found = clashes(plan, hours.get("hall"), hours.get("day"))
    return sorted((clash.trouble.value, clash.first, clash.second, len(clash.windows)) for clash in found)


def test_one_stand_holds_one_workshop_at_a_time() -> None:
    assert troubles(planned("a", 0, "4"), planned("b", 0.5, "4"), planned("b", 2, "4")) == [("stand", "a", "b", 1)]
    assert troubles(planned("a", 0, "4"), planned("b", 0.75, "4")) == []
    assert troubles(planned("a", 0, "4"), planned("b", 0, "5"), planned("c", 0)) == []
    assert troubles(planned("a", 0), planned("a", 0.5)) == [("stand", "a", "a", 1)]
    assert troubles(planned("a", 0, "4b"), planned("b", 0, "4B")) == [("stand", "a", "b", 1)]


def test_one_person_is_at_one_stand_at_a_time_however_the_name_is_written() -> None:
    one, other = planned("a", 0, "4", "Zoé Le-Fèvre"), planned("b", 0.5, "5", "le fevre ZOE")
    assert troubles(one, other) == [("facilitator", "a", "b", 1)]
    assert troubles(one, planned("b", 0.5, "5", "Zoé")) == []
    assert troubles(planned("a", 0, None, ""), planned("b", 0, None, " ")) == []
    assert troubles(one, planned("b", 0.5, "4", "Zoé Le-Fèvre")) == [("stand", "a", "b", 1)]


def test_slots_stay_within_the_hall_s_hours_and_the_day_s() -> None:
    eight = datetime(2027, 1, 12, 8, tzinfo=UTC)
    hall, day = (eight, eight + timedelta(hours=4)), (eight + timedelta(hours=1), eight + timedelta(hours=3))
    assert troubles(planned("a", 1), planned("a", 2.25), hall=hall, day=day) == []
    assert troubles(planned("a", 0), planned("b", 3.5), planned("b", 4.25), hall=hall, day=day) == [
        ("day", "a", None, 1),
        ("hall", "b", None, 2),
    ]
    assert troubles(planned("a", -1), planned("a", 12)) == []


PLANS = st.lists(
    st.builds(
        planned,
        st.sampled_from("abc"),
        st.integers(0, 20).map(lambda quarter: quarter / 4),
        st.sampled_from([None, "1", "2"]),
        st.sampled_from([None, "Zoé", "Ali"]),
        st.integers(15, 90),
    ),
    max_size=12,
)


@given(PLANS)
def test_there_is_a_clash_exactly_where_two_slots_want_one_thing(plan: list[Planned]) -> None:
    def wants_one(one: Planned, other: Planned) -> set[Trouble]:
        if not (one.starts_at < other.ends_at and other.starts_at < one.ends_at):
            return set()
        same_stand = one.stand == other.stand and (one.stand is not None or one.workshop == other.workshop)
        same_person = one.facilitator is not None and one.facilitator == other.facilitator
        return {Trouble.STAND} if same_stand else {Trouble.FACILITATOR} if same_person else set()

    pairs = {
        (trouble, *sorted((one.workshop, other.workshop)))
        for number, one in enumerate(plan)
        for other in plan[number + 1 :]
        for trouble in wants_one(one, other)
    }
    found: list[Clash] = clashes(plan, None, None)
    assert {(clash.trouble, clash.first, clash.second) for clash in found} == pairs
    assert len(found) == len(pairs)

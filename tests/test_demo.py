"""The demo season: believable, true to the rules, the same for the same seed, and gone when nobody needs it."""

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workshops import demo
from workshops.database import Engine, fetch
from workshops.demo.calendar import HOLIDAYS, OPENING_DAYS, Kind, season
from workshops.demo.programme import plan
from workshops.demo.rows import TABLES, Draw
from workshops.persons import person_keys, search_name
from workshops.tickets import Purpose, make_secret, read_code

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 24, 14, 20, tzinfo=PARIS)
EVERY_TABLE = (*TABLES, "message", "device", "audit_entry")


async def rows(table: str) -> list[dict[str, Any]]:
    key = "key" if table == "person_key" else "id"
    return await fetch(f"SELECT * FROM {table} ORDER BY {key}")


async def everything() -> dict[str, list[dict[str, Any]]]:
    return {table: await rows(table) for table in EVERY_TABLE}


async def test_a_season_has_what_it_says(db: Engine) -> None:
    told: list[tuple[int, int]] = []
    summary = await demo.load(now=NOW, progress=lambda *done: told.append(done))
    found = await everything()
    for table in ("event", "workshop", "session", "attendee", "registration"):
        assert getattr(summary, f"{table}s") == len(found[table])
    assert summary.seats == sum(row["capacity"] for row in found["session"])
    assert 5 * 400 < summary.seats - 120 < 5 * 650
    assert told == [(done, 6) for done in range(1, 7)]
    events = {row["id"]: row for row in found["event"]}
    assert sorted(row["status"] for row in events.values()) == ["cancelled", "draft"] + ["published"] * 4
    assert all(row["demo"] and row["date"] <= NOW.date() + timedelta(183) for row in events.values())
    assert events[summary.today]["date"] == NOW.date()
    assert await demo.holds_demo()
    stands: dict[str, int] = defaultdict(int)
    for row in found["workshop"]:
        stands[row["event"]] += 1
    assert stands.pop(summary.meeting) == 1
    assert all(12 <= number <= 16 for number in stands.values())


async def test_the_meeting_the_draft_and_the_cancelled_day(db: Engine) -> None:
    summary = await demo.load(now=NOW)
    found = await everything()
    (meeting,) = [row for row in found["workshop"] if row["kind"] == "meeting"]
    assert (meeting["event"], meeting["asks_represented"], meeting["exhibitor"]) == (summary.meeting, True, None)
    assert [row["capacity"] for row in found["session"] if row["workshop"] == meeting["id"]] == [120]
    (draft,) = [row for row in found["event"] if row["status"] == "draft"]
    assert draft["venue"] is None
    assert [row["status"] for row in found["venue_request"] if row["event"] == draft["id"]] == ["asked"]
    assert {row["status"] for row in found["workshop"] if row["event"] == draft["id"]} == {"draft", "ready"}
    (cancelled,) = [row for row in found["event"] if row["status"] == "cancelled"]
    there = {row["id"] for row in found["attendee"] if row["event"] == cancelled["id"]}
    assert {row["status"] for row in found["registration"] if row["attendee"] in there} == {"cancelled"}
    assert there


async def test_counters_equal_rows_and_a_day_fills_as_it_comes_near(db: Engine) -> None:
    await demo.load(now=NOW)
    found = await everything()
    for slot in found["session"]:
        here = [row for row in found["registration"] if row["session"] == slot["id"]]
        held = sum(row["places"] - row["named"] for row in found["hold"] if row["session"] == slot["id"])
        waiting = sorted(row["position"] for row in here if row["status"] == "waiting")
        assert slot["confirmed"] == sum(row["status"] == "confirmed" for row in here)
        offered = sum(row["status"] == "offered" for row in here)
        assert (slot["held"], slot["offered"]) == (held, offered)
        assert waiting == list(range(1, slot["waiting"] + 1))
        assert slot["confirmed"] + offered + slot["held"] <= slot["capacity"]
        if waiting:
            assert (slot["queue_tail"], slot["confirmed"] + offered + held) == (waiting[-1], slot["capacity"])
    assert [row["offer"] for row in found["registration"] if row["status"] == "offered"] == ["place"]
    assert any(slot["waiting"] for slot in found["session"])
    assert any(0 < slot["confirmed"] < slot["capacity"] for slot in found["session"])
    assert found["hold"]
    shares = await fetch(
        "SELECT e.date, sum(s.confirmed) AS confirmed, sum(s.capacity) AS capacity FROM event e JOIN workshop w "
        "ON w.event = e.id JOIN session s ON s.workshop = w.id WHERE e.status = 'published' GROUP BY e.date"
    )
    filled = [row["confirmed"] / row["capacity"] for row in sorted(shares, key=lambda row: row["date"])]
    assert filled == sorted(filled, reverse=True)
    assert filled[0] > 0.7
    assert filled[-1] < 0.3


async def test_nobody_is_in_two_places_at_once(db: Engine) -> None:
    """product.md rules 2 and 3."""
    await demo.load(now=NOW, events=20)
    places = await fetch(
        "SELECT k.key, k.event, r.status, s.workshop, s.starts_at, s.ends_at FROM attendee_key k JOIN registration r "
        "ON r.attendee = k.attendee JOIN session s ON s.id = r.session WHERE r.status IN ('confirmed', 'waiting')"
    )
    of_person: dict[str, list[dict[str, Any]]] = defaultdict(list)
    of_day: dict[tuple[str, str], int] = defaultdict(int)
    for place in places:
        of_day[place["key"], place["event"]] += 1
        if place["status"] == "confirmed":
            of_person[place["key"]].append(place)
    for confirmed in of_person.values():
        for one, other in combinations(confirmed, 2):
            assert one["workshop"] != other["workshop"]
            assert one["ends_at"] <= other["starts_at"] or other["ends_at"] <= one["starts_at"]
    assert max(of_day.values()) <= 4
    days = {key: len({place["event"] for place in confirmed}) for key, confirmed in of_person.items()}
    assert max(days.values()) > 1, "nobody comes twice"


async def test_an_attendee_is_as_a_sign_up_leaves_one(db: Engine) -> None:
    await demo.load(now=NOW)
    found = await everything()
    keys: dict[str, list[str]] = defaultdict(list)
    for row in found["attendee_key"]:
        keys[row["attendee"]].append(row["key"])
    tickets = {row["attendee"]: row for row in found["ticket"]}
    locks = {row["key"] for row in found["person_key"]}
    for row in found["attendee"]:
        name = row["first_name"], row["last_name"]
        expected = person_keys(*name, row["email"], row["phone"], row["agency"])
        assert sorted(keys[row["id"]]) == expected
        assert set(expected) <= locks
        assert row["search_name"] == search_name(*name)
        assert row["manage_hash"] == make_secret(Purpose.MANAGE, row["id"]).hash
        ticket = tickets[row["id"]]
        assert ticket["secret_hash"] == make_secret(Purpose.TICKET, row["id"]).hash
        assert read_code(ticket["code"]) == ticket["code"]
        assert row["aged_16_or_over"] is not False or (row["adult_name"] and row["adult_phone"])
    origins = [row["origin"] for row in found["attendee"]]
    assert 0.58 < origins.count("online") / len(origins) < 0.72
    referred = {row["attendee"]: row["agency"] for row in found["referral"] if row["attendee"]}
    sent = {row["id"]: row["agency"] for row in found["attendee"] if row["origin"] in ("invited", "on_behalf")}
    assert referred == sent
    assert 0.14 < len(sent) / len(origins) < 0.26


async def test_the_young_are_not_sent_to_dangerous_machines(db: Engine) -> None:
    await demo.load(now=NOW, events=20)
    refused = await fetch(
        "SELECT a.id FROM attendee a JOIN registration r ON r.attendee = a.id JOIN session s ON s.id = r.session "
        "JOIN workshop w ON w.id = s.workshop WHERE w.min_age >= 16 AND a.aged_16_or_over = false"
    )
    assert not refused
    assert await fetch("SELECT id FROM attendee WHERE aged_16_or_over = false")


async def test_nobody_real_can_be_reached(db: Engine) -> None:
    """Phones in the ranges that Arcep keeps for fiction, addresses of RFC 2606, and no message."""
    await demo.load(now=NOW)
    found = await everything()
    assert not found["message"]
    people = found["attendee"] + found["organisation"] + found["referral"]
    phones = [row["phone"] for row in people] + [row["adult_phone"] for row in found["attendee"]]
    emails = [row["email"] for row in people]
    assert all(re.fullmatch(r"\+33(35301|63998)\d{4}", phone) for phone in phones if phone)
    assert all(re.fullmatch(r"[a-z0-9.-]+@example\.org", email) for email in emails if email)
    assert all(row["name"].endswith(("(démo)", "(fictif)")) for row in found["organisation"] + found["venue"])
    assert [row["name"] for row in found["organisation"] if row["sensitive"]]


async def test_some_are_in_the_hall_already(db: Engine) -> None:
    summary = await demo.load(now=NOW)
    found = await everything()
    confirmed = {row["attendee"] for row in found["registration"] if row["status"] == "confirmed"}
    assert len(found["scan"]) > 20
    assert len({row["attendee"] for row in found["scan"]}) == len(found["scan"])
    for row in found["scan"]:
        assert (row["event"], row["caller"], row["kind"], row["outcome"]) == (summary.today, "demo", "in", "admitted")
        assert row["session"] is None
        assert row["attendee"] in confirmed
        assert row["taken_at"] <= NOW


async def test_nothing_is_later_than_the_start_hour_or_before_its_sign_up(db: Engine) -> None:
    await demo.load(now=NOW)
    hour = NOW.replace(minute=0)
    for row in await rows("registration"):
        assert row["created_at"] <= row["updated_at"] <= hour
        assert row["cancelled_at"] is None or row["created_at"] <= row["cancelled_at"] <= hour
    late = await fetch(
        "SELECT r.id FROM registration r JOIN session s ON s.id = r.session WHERE r.created_at > s.starts_at LIMIT 1"
    )
    assert not late


async def test_the_same_seed_and_hour_give_the_same_season(db: Engine) -> None:
    first, before = await demo.load(now=NOW), await everything()
    again, after = await demo.load(now=NOW.replace(minute=59)), await everything()
    assert (first, before) == (again, after)
    other = await demo.load(now=NOW, seed=2)
    assert other.today != first.today
    assert (await rows("attendee")) != before["attendee"]


@pytest.mark.parametrize("hour", [0, 1, 8, 15, 22, 23])
@pytest.mark.parametrize("day", ["2026-11-24", "2027-03-28", "2027-10-31"])
def test_the_day_that_runs_now_stays_within_its_day(day: str, hour: int) -> None:
    """Also on the days of 23 and of 25 hours. Just after midnight nothing is over yet."""
    now = datetime.fromisoformat(day).replace(hour=hour, minute=20, tzinfo=PARIS).astimezone(UTC)
    draw = Draw(1, now.replace(minute=0))
    slots = plan(season(draw.start, 6, draw.random)[0], draw).slots
    for slot in slots:
        assert (
            slot.starts_at.astimezone(PARIS).date()
            == slot.ends_at.astimezone(PARIS).date()
            == now.astimezone(PARIS).date()
        )
        assert draw.start - timedelta(hours=3) <= slot.starts_at < slot.ends_at <= draw.start + timedelta(hours=5)
    assert any(slot.starts_at <= now < slot.ends_at for slot in slots)
    assert any(slot.ends_at <= now for slot in slots) == (hour > 0)
    assert any(slot.starts_at > now for slot in slots)
    assert 350 < sum(slot.capacity for slot in slots) < 800


@pytest.mark.parametrize("events", [3, 6, 200, 1000])
def test_the_other_days_are_working_days_within_six_months(events: int) -> None:
    start = datetime(2026, 12, 1, 7, tzinfo=UTC)
    days = season(start, events, Draw(1, start).random)
    assert len(days) == events
    assert [day.kind for day in days].count(Kind.MEETING) == 1
    for day in days[1:]:
        assert day.date.weekday() in OPENING_DAYS
        assert (day.date.month, day.date.day) not in HOLIDAYS
        assert 0 < day.ahead <= 183
        assert {edge.astimezone(PARIS).date() for window in day.windows for edge in window} == {day.date}
    assert len({(day.town.insee, day.date) for day in days}) == events
    summer = next(day for day in reversed(days) if day.kind is not Kind.MEETING)
    assert [edge.astimezone(PARIS).hour for window in summer.windows for edge in window] in ([9, 12, 13, 16], [10, 15])

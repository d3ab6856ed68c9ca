"""Checking in, on both engines: every outcome, nonces, two phones at once, undo, late reads, rights."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.door import attendee, books, phone, today
from workshops import tickets
from workshops.actors import ANYONE, Actor
from workshops.checkin import Reading, check_in, undo
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import Invalid, NotAllowed, NotFound
from workshops.ids import new_id
from workshops.papers import papers
from workshops.registrations import register
from workshops.tables.people import Role

Row = dict[str, Any]
STATEMENTS = 8


@pytest.fixture
async def event(db: Engine) -> Row:
    return await today()


@pytest.fixture
def organiser(event: Row) -> Actor:
    return Actor("token:organiser", Role.ORGANISER, event["lead"])


@pytest.fixture
async def workshop(event: Row) -> Row:
    return await factories.workshop(event)


@pytest.fixture
async def slot(workshop: Row, event: Row) -> Row:
    return await factories.session(workshop, event, 12)


async def scans() -> list[Row]:
    return await fetch("SELECT * FROM scan ORDER BY received_at, id")


async def outcome(event: Row, person: Row | str, actor: Actor, session: Row | None = None, **given: Any) -> str:
    text = person if isinstance(person, str) else person["text"]
    told = await check_in(Reading(event["id"], text, session=session["id"] if session else None, **given), actor)
    return told.outcome.value


async def test_a_booked_person_is_admitted_once_and_then_already_in(
    event: Row, workshop: Row, organiser: Actor
) -> None:
    since_midnight = (utcnow() - event["starts_at"]) / timedelta(hours=1)
    slot = await factories.session(workshop, event, since_midnight + 1)
    registered = await register(factories.sign_up(event, slot), organiser)
    held = await papers(registered.attendee)
    door = await phone(event)
    first = await check_in(Reading(event["id"], held.qr_text), door)
    assert (first.outcome.value, first.first_name, first.initial, first.not_today) == ("admitted", "Zoé", "L", False)
    second = await check_in(Reading(event["id"], held.code.lower().replace("-", " ")), organiser)
    assert (second.outcome.value, second.first_at, second.first_by) == ("already_in", first.at, "Porte A")
    assert [(scan["method"], scan["refused"], scan["device"]) for scan in await scans()] == [
        ("qr", False, door.device),
        ("code", False, None),
    ]


async def test_the_hall_of_an_open_day_admits_whatever_the_places(event: Row, slot: Row, organiser: Actor) -> None:
    other = await factories.session(await factories.workshop(event), event, 13)
    cases = [
        ((), "admitted"),
        (("confirmed",), "admitted"),
        (("offered",), "admitted"),
        (("cancelled", "confirmed"), "admitted"),
        (("waiting", "confirmed"), "admitted"),
        (("waiting",), "waiting"),
        (("cancelled", "waiting"), "waiting"),
        (("cancelled", "cancelled"), "cancelled"),
    ]
    for number, (statuses, expected) in enumerate(cases):
        person = await attendee(event, f"P{number}")
        for status, session in zip(statuses, (slot, other), strict=False):
            await books(person, session, status)
        assert await outcome(event, person, organiser) == expected, statuses
    assert [scan["refused"] for scan in await scans()] == [expected != "admitted" for _, expected in cases]


async def test_a_stand_admits_its_own_slot_and_says_where_the_others_belong(
    event: Row, workshop: Row, slot: Row, organiser: Actor
) -> None:
    before = await factories.session(workshop, event, 10)
    after = await factories.session(workshop, event, 14)
    elsewhere = await factories.session(await factories.workshop(event), event, 12)
    cases = [
        ([(slot, "confirmed")], "admitted"),
        ([(slot, "offered")], "admitted"),
        ([(slot, "waiting")], "waiting"),
        ([(slot, "cancelled")], "cancelled"),
        ([(slot, "cancelled"), (after, "confirmed")], "too_early"),
        ([(after, "confirmed")], "too_early"),
        ([(before, "confirmed")], "other_session"),
        ([(before, "waiting")], "not_booked"),
        ([(elsewhere, "confirmed")], "not_booked"),
        ([], "not_booked"),
    ]
    for number, (places, expected) in enumerate(cases):
        person = await attendee(event, f"P{number}")
        for session, status in places:
            await books(person, session, status)
        assert await outcome(event, person, organiser, slot) == expected, expected
        if expected == "admitted":
            assert await outcome(event, person, organiser, slot) == "already_in"
    person = await attendee(event)
    await books(person, slot)
    await fetch("UPDATE session SET status = 'cancelled', cancelled_at = {} WHERE id = {}", utcnow(), slot["id"])
    assert await outcome(event, person, organiser, slot) == "cancelled"


async def test_hall_and_stand_are_places_of_their_own(event: Row, slot: Row, organiser: Actor) -> None:
    person = await attendee(event)
    await books(person, slot)
    assert await outcome(event, person, organiser) == "admitted"
    assert await outcome(event, person, organiser, slot) == "admitted"
    assert await outcome(event, person, organiser) == "already_in"


async def test_what_is_no_ticket_of_this_day(event: Row, organiser: Actor) -> None:
    tomorrow = await factories.event(date=event["date"] + timedelta(days=1))
    same_day = await factories.event(date=event["date"])
    unknown = tickets.make_secret(tickets.Purpose.TICKET, "nobody").text
    for text, expected, not_today in [
        ((await attendee(tomorrow))["text"], "other_event", True),
        ((await attendee(same_day))["text"], "other_event", False),
        ((await attendee(tomorrow))["code"], "not_on_list", False),
        (tickets.qr_text(unknown), "not_on_list", False),
        (unknown, "not_on_list", False),
        (f"HTTPS://ELSEWHERE.EXAMPLE/T/{unknown}", "not_a_ticket", False),
        ("WIFI:T:WPA;S:mairie;P:secret;;", "not_a_ticket", False),
        ("https://shop.example/promo?x=1", "not_a_ticket", False),
        ("BEGIN:VCARD\nVERSION:3.0\nFN:Zoé\nEND:VCARD", "not_a_ticket", False),
        ("x" * 4096, "not_a_ticket", False),
        ("A\0B", "not_a_ticket", False),
        ("K7QM-4RTX", "not_a_ticket", False),
        ("'; DROP TABLE scan; --", "not_a_ticket", False),
    ]:
        told = await check_in(Reading(event["id"], text), organiser)
        assert (told.outcome.value, told.not_today) == (expected, not_today), text[:40]
        assert (told.first_name, told.initial, told.bookings) == (None, None, ())
    rows = await scans()
    assert len(rows) == 13
    assert all(row["refused"] and row["attendee"] is None for row in rows)
    assert [bool(row["unknown_hash"]) for row in rows] == [False] * 2 + [True] * 3 + [False] * 8


async def test_a_replaced_ticket_says_so_and_the_new_one_admits(event: Row, organiser: Actor) -> None:
    person = await attendee(event)
    now = utcnow()
    await fetch("UPDATE ticket SET status = 'replaced', replaced_at = {}", now)
    secret = tickets.make_secret(tickets.Purpose.TICKET, person["id"], 2)
    row = {"id": new_id(), "event": event["id"], "attendee": person["id"], "status": "active", "revision": 2}
    row |= {"secret_hash": secret.hash, "secret_key": secret.key, "code": tickets.new_code(), "created_at": now}
    await factories.insert("ticket", row)
    assert await outcome(event, person, organiser) == "replaced"
    assert await outcome(event, tickets.qr_text(secret.text), organiser) == "admitted"
    assert await outcome(event, person["code"], organiser) == "replaced"
    assert await outcome(event, person, organiser, at=now - timedelta(minutes=5)) == "admitted", "read before it was"


async def test_a_day_that_is_not_today_and_one_that_is_cancelled(event: Row, organiser: Actor) -> None:
    day = await factories.event(lead=event["lead"])
    person = await attendee(day)
    first = await check_in(Reading(day["id"], person["text"]), organiser)
    again = await check_in(Reading(day["id"], person["text"]), organiser)
    assert [(told.outcome.value, told.not_today) for told in (first, again)] == [
        ("admitted", True),
        ("already_in", True),
    ]
    await fetch("UPDATE event SET date = {} WHERE id = {}", event["date"], day["id"])
    await fetch("UPDATE scan SET effective_at = {}", utcnow() - timedelta(days=1))
    assert await outcome(day, person, organiser) == "admitted", "a trial the day before is no attendance"
    await fetch("UPDATE event SET status = 'cancelled', cancelled_at = {} WHERE id = {}", utcnow(), day["id"])
    assert await outcome(day, person, organiser) == "already_in"
    assert await outcome(day, await attendee(day), organiser) == "cancelled"


async def test_a_nonce_counts_once_and_is_answered_the_same(event: Row, slot: Row, organiser: Actor) -> None:
    person, other = await attendee(event), await attendee(event, "Bob")
    first = await check_in(Reading(event["id"], person["text"], nonce="n1"), organiser)
    second = await check_in(Reading(event["id"], person["text"], nonce="n2"), organiser)
    await outcome(event, person, organiser, at=first.at - timedelta(minutes=1))
    assert await check_in(Reading(event["id"], person["text"], nonce="n1"), organiser) == first
    assert await check_in(Reading(event["id"], other["text"], session=slot["id"], nonce="n2"), organiser) == second
    foreign = await check_in(Reading(event["id"], "no ticket", nonce="n3"), organiser)
    assert await check_in(Reading(event["id"], "no ticket", nonce="n3"), organiser) == foreign
    assert len(await scans()) == 4
    door = await phone(event)
    assert await outcome(event, person, door, nonce="n1") == "already_in", "a nonce is its caller's own"
    told = await asyncio.gather(*(check_in(Reading(event["id"], other["text"], nonce="n9"), door) for _ in range(6)))
    assert {one.outcome.value for one in told} == {"admitted"}
    assert len({one.scan for one in told}) == 1
    assert len(await scans()) == 6


async def test_two_phones_at_once_admit_each_of_fifty_once(event: Row, organiser: Actor) -> None:
    people = [await attendee(event, f"P{number}") for number in range(50)]
    doors = [await phone(event, label="A"), await phone(event, label="B")]

    reads = [(person, door) for person in people for door in doors]
    tasks = [asyncio.create_task(check_in(Reading(event["id"], person["text"]), door)) for person, door in reads]
    answers = await asyncio.gather(*tasks)
    for at_a, at_b in zip(answers[::2], answers[1::2], strict=True):
        late = at_b if at_a.outcome.value == "admitted" else at_a
        assert {at_a.outcome.value, at_b.outcome.value} == {"admitted", "already_in"}
        assert late.first_by in ("A", "B")
    assert len(await scans()) == 100


async def test_an_undo_is_the_callers_own_and_lets_the_next_one_in(event: Row, organiser: Actor) -> None:
    person = await attendee(event)
    door, other = await phone(event), await phone(event, label="Porte B")
    first = await check_in(Reading(event["id"], person["text"]), door)
    for stranger in (other, organiser):
        with pytest.raises(NotFound):
            await undo(first.scan, stranger)
    with pytest.raises(NotFound):
        await undo("unknown", door)
    assert [await undo(first.scan, door) for _ in range(2)] == ["Zoé L"] * 2
    assert [(row["kind"], row["undoes"]) for row in await scans()] == [("in", None), ("undo", first.scan)]
    with pytest.raises(NotFound):
        await undo((await scans())[1]["id"], door)
    assert await outcome(event, person, other) == "admitted"
    assert await outcome(event, person, door) == "already_in"


async def test_a_late_read_counts_where_it_belongs_and_never_beyond_its_limits(event: Row) -> None:
    person, now = await attendee(event), utcnow()
    door = await phone(event)
    second = await check_in(Reading(event["id"], person["text"], at=now - timedelta(minutes=1)), door)
    first = await check_in(Reading(event["id"], person["text"], at=now - timedelta(minutes=2)), door)
    third = await check_in(Reading(event["id"], person["text"]), door)
    assert [told.outcome.value for told in (second, first, third)] == ["admitted", "admitted", "already_in"]
    assert (third.first_at, first.at) == (first.at, now - timedelta(minutes=2))
    early = await check_in(Reading(event["id"], person["text"], at=now - timedelta(hours=9)), door)
    assert early.at == door.since
    ahead = await check_in(Reading(event["id"], person["text"], at=now + timedelta(hours=9)), door)
    assert now <= ahead.at <= utcnow()
    token = Actor("token:x", Role.ADMIN)
    old = await check_in(Reading(event["id"], person["text"], at=datetime(1, 1, 1, tzinfo=UTC)), token)
    assert timedelta(days=6) < now - old.at < timedelta(days=8)
    assert old.not_today


async def test_a_place_given_back_after_the_read_does_not_refuse_it(event: Row, slot: Row, organiser: Actor) -> None:
    person, now = await attendee(event), utcnow()
    await books(person, slot, "cancelled", cancelled_at=now - timedelta(minutes=5))
    assert await outcome(event, person, organiser, slot, at=now - timedelta(minutes=6)) == "admitted"
    late = await attendee(event, "Bob")
    await books(late, slot, "cancelled", cancelled_at=now - timedelta(minutes=5))
    assert await outcome(event, late, organiser, slot, at=now - timedelta(minutes=4)) == "cancelled"
    assert await outcome(event, person, organiser, slot) == "already_in", "nothing unmakes an attendance silently"


async def test_somebody_chosen_by_name(event: Row) -> None:
    person, stranger = await attendee(event), await attendee(await factories.event())
    door = await phone(event)
    assert (await check_in(Reading(event["id"], attendee=person["id"]), door)).outcome.value == "admitted"
    assert (await scans())[0]["method"] == "name"
    for unknown in (stranger["id"], "unknown"):
        with pytest.raises(NotFound):
            await check_in(Reading(event["id"], attendee=unknown), door)


async def test_only_who_leads_the_day_its_phones_and_admins_check_in(event: Row, workshop: Row, slot: Row) -> None:
    person, agency = await attendee(event), (await factories.organisation())["id"]
    for role in (Role.ADVISER, Role.HOST, Role.EXHIBITOR):
        with pytest.raises(NotAllowed):
            await outcome(event, person, Actor("token:x", role, event["lead"]))
    with pytest.raises(NotAllowed):
        await outcome(event, person, ANYONE)
    other = await factories.event()
    for stranger in (
        Actor("token:x", Role.ORGANISER, agency),
        Actor("token:x", Role.DOOR, agency),
        Actor("token:x", Role.DOOR),
        await phone(other),
    ):
        with pytest.raises(NotFound):
            await outcome(event, person, stranger)
    for unknown in ("unknown", "a\0b", "x" * 40):
        with pytest.raises(NotFound):
            await outcome({"id": unknown}, person, Actor("token:x", Role.ADMIN))
    await factories.insert("co_lead", {"id": new_id(), "event": event["id"], "organisation": agency})
    assert await outcome(event, person, Actor("token:co-lead", Role.DOOR, agency)) == "admitted"
    assert await outcome(event, person, Actor("token:admin", Role.ADMIN)) == "already_in"
    foreign_slot = await factories.session(await factories.workshop(other), other)
    for actor, session in (
        (await phone(event), foreign_slot),
        (await phone(event, await factories.workshop(event)), slot),
        (await phone(event, workshop), None),
        (await phone(event), {"id": "unknown"}),
    ):
        with pytest.raises(Invalid) as refused:
            await outcome(event, person, actor, session)
        assert [fault.name for fault in refused.value.faults] == ["session"]
    assert await outcome(event, person, await phone(event, workshop), slot) == "not_booked"


async def test_a_check_in_takes_few_statements(
    event: Row, slot: Row, organiser: Actor, db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await attendee(event)
    await books(person, slot)
    run, counted = type(db).run, []

    async def count(engine: Engine, sql: str, *rest: Any) -> Any:
        counted.append(sql)
        return await run(engine, sql, *rest)

    monkeypatch.setattr(type(db), "run", count)
    assert await outcome(event, person, organiser, slot, nonce="n") == "admitted"
    assert len(counted) + len(("BEGIN", "COMMIT")) <= STATEMENTS, counted


async def test_a_failure_leaves_nothing(event: Row, organiser: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await attendee(event)
    monkeypatch.setattr("workshops.checkin._told", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await outcome(event, person, organiser)
    assert await fetch_one("SELECT id FROM scan") is None

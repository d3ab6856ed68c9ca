"""Bursts: seen for a day, cancelled together, told once, and undone as far as there are places."""

import asyncio
from datetime import timedelta

import pytest

from tests import factories, truths
from tests.crowds import crowd, somebody
from tests.factories import Row
from tests.planned import clock, organiser, row
from tests.postbox import Clock, Server, connected, production
from workshops import bursts, changes, delivery, proofs
from workshops.actors import ANYONE, Actor, Staff
from workshops.database import Engine, fetch, utcnow
from workshops.errors import NotFound
from workshops.registrations import register
from workshops.rescheduling import readmitting
from workshops.rescheduling.dismissing import cancel_burst
from workshops.rescheduling.locks import AS_USUAL, ChangedMeanwhile, How, TooLate
from workshops.rescheduling.undoing import undo

__all__ = ["clock", "production"]
LEAST = bursts.LEAST
TEN = timedelta(minutes=10)


@pytest.fixture
async def event(db: Engine, clock: Clock) -> Row:
    return await factories.event()


@pytest.fixture
async def slot(event: Row) -> Row:
    return await factories.session(await factories.workshop(event), event, capacity=40)


@pytest.fixture
async def who(event: Row) -> Staff:
    return await organiser(event)


async def seen(event: Row) -> list[bursts.Burst]:
    return await bursts.of_event(event["id"], utcnow())


async def cancelled(event: Row, who: Staff, *, unproved: bool = False, how: How = AS_USUAL) -> str:
    (burst,) = await seen(event)
    return await cancel_burst(event["id"], burst.id, unproved=unproved, actor=who, how=how)


async def statuses() -> dict[str, int]:
    rows = await fetch("SELECT status, COUNT(*) AS n FROM registration GROUP BY status")
    return {one["status"]: one["n"] for one in rows}


async def messages(change: str) -> list[str]:
    rows = await fetch("SELECT state FROM message WHERE plan_change = {}", change)
    return [one["state"] for one in rows]


async def tell(number: int) -> Server:
    """Let so many messages leave, and return who took them."""
    server = Server()
    async with connected(server) as post:
        await delivery.deliver_due(post, asyncio.Event())
    assert len(server.taken) == number
    return server


async def test_twenty_within_ten_minutes_from_one_network_are_seen(event: Row, slot: Row, clock: Clock) -> None:
    await crowd(event, LEAST - 1, slot)
    assert await seen(event) == []
    assert await bursts.largest(event["id"], utcnow()) == 0
    clock.now += timedelta(minutes=9)
    await somebody(event, 99, slot, first_name="Max")
    (burst,) = await seen(event)
    assert len(burst.people) == await bursts.largest(event["id"], utcnow()) == LEAST
    assert burst.ended_at - burst.begun_at == timedelta(minutes=9)
    clock.now += timedelta(hours=24)
    assert await seen(event) == []
    assert await bursts.largest(event["id"], utcnow()) == 0


async def test_the_same_number_over_an_hour_or_from_many_networks_is_none(event: Row, slot: Row, clock: Clock) -> None:
    for number in range(LEAST):
        await somebody(event, number, slot)
        await somebody(event, number, slot, network=f"n{number}")
        clock.now += timedelta(minutes=3)
    assert await seen(event) == []


async def test_two_waves_of_one_network_are_two_bursts(event: Row, slot: Row, clock: Clock) -> None:
    await crowd(event, LEAST, slot)
    clock.now += timedelta(hours=1)
    await crowd(event, LEAST, slot, first_name="Max")
    later, earlier = await seen(event)
    assert later.begun_at - earlier.begun_at == timedelta(hours=1)
    assert [len(one.people) for one in (later, earlier)] == [LEAST, LEAST]


async def test_who_has_proved_an_address_is_told_from_who_has_not(event: Row, slot: Row) -> None:
    people = await crowd(event, LEAST, slot, doubtful=3)
    await proofs.confirm(people[-1].attendee, Actor(f"attendee:{people[-1].attendee}"))
    (burst,) = await seen(event)
    assert {one.id for one in burst.unproved} == {people[-2].attendee, people[-3].attendee}
    assert sum(one.asked for one in burst.people) == 3


async def test_all_are_cancelled_and_each_told_once_but_who_never_proved(event: Row, slot: Row, who: Staff) -> None:
    await crowd(event, LEAST, slot, doubtful=5)
    change = await cancelled(event, who, how=How("Ce sont des robots"))
    assert await statuses() == {"cancelled": LEAST}
    assert (await row("session", slot["id"]))["confirmed"] == (await row("session", slot["id"]))["offered"] == 0
    assert await messages(change) == ["queued"] * (LEAST - 5)
    written = await row("plan_change", change)
    assert (written["kind"], written["people"]) == ("cancel_burst", LEAST - 5)
    assert written["leaves_at"] == utcnow() + TEN
    (entry,) = await fetch("SELECT actor, people FROM audit_entry WHERE action = 'cancel_burst'")
    assert tuple(entry.values()) == (who.id, LEAST - 5)
    assert await seen(event) == []
    assert await truths.offenders() == {}


async def test_only_the_unproved(event: Row, slot: Row, who: Staff) -> None:
    await crowd(event, LEAST, slot, doubtful=5)
    change = await cancelled(event, who, unproved=True)
    assert await statuses() == {"cancelled": 5, "confirmed": LEAST - 5}
    assert await messages(change) == []
    assert await truths.offenders() == {}


@pytest.mark.usefixtures("production")
async def test_what_people_read(event: Row, slot: Row, who: Staff, clock: Clock) -> None:
    await crowd(event, LEAST, slot)
    await cancelled(event, who, how=How("Ce sont des robots"))
    await tell(0)
    clock.now += TEN
    server = await tell(LEAST)
    text = server.messages()[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for words in ("Votre place est annulée", "L’organisateur a annulé votre place", "Ce sont des robots"):
        assert words in text


async def test_undone_at_once_everything_is_as_it_was_and_nobody_is_told(event: Row, slot: Row, who: Staff) -> None:
    await crowd(event, LEAST, slot)
    await fetch("DELETE FROM message")
    change = await cancelled(event, who)
    await undo(change, who)
    await undo(change, who)
    assert await statuses() == {"confirmed": LEAST}
    assert await messages(change) == ["superseded"] * LEAST
    assert await fetch("SELECT id FROM message WHERE state = 'queued'") == []
    assert (await row("session", slot["id"]))["confirmed"] == LEAST
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'undo_change'")) == 1
    found = await readmitting.outcome(change)
    assert {name: len(rows) for name, rows in found.items()} == {"confirmed": LEAST, "waiting": 0, "lost": 0}


@pytest.mark.usefixtures("production")
async def test_undone_after_they_were_told_they_read_their_places_again(
    event: Row, slot: Row, who: Staff, clock: Clock
) -> None:
    await crowd(event, LEAST, slot)
    await fetch("DELETE FROM message")
    change = await cancelled(event, who)
    clock.now += TEN
    await tell(LEAST)
    clock.now += timedelta(hours=23)
    await undo(change, who)
    assert await statuses() == {"confirmed": LEAST}
    assert len(await fetch("SELECT id FROM message WHERE kind = 'your_places' AND state = 'queued'")) == LEAST


async def test_what_others_took_meanwhile_is_theirs_and_the_rest_wait_first(
    event: Row, who: Staff, clock: Clock
) -> None:
    small = await factories.session(await factories.workshop(event), event, capacity=LEAST)
    people = await crowd(event, LEAST - 3, small)
    clock.now += timedelta(seconds=1)
    people += await crowd(event, 3, small, first_name="Max")
    clock.now += timedelta(seconds=1)
    change = await cancelled(event, who)
    for number in range(3):
        await register(factories.sign_up(event, small, email=f"new{number}@example.org"), ANYONE)
    await undo(change, who)
    counted = await row("session", small["id"])
    assert (counted["confirmed"], counted["waiting"]) == (LEAST, 3)
    found = await readmitting.outcome(change)
    assert {one["id"] for one in found["waiting"]} == {one.attendee for one in people[-3:]}
    late = await register(factories.sign_up(event, small, if_full="wait", email="late@example.org"), ANYONE)
    line = await fetch("SELECT attendee FROM registration WHERE status = 'waiting' ORDER BY position")
    assert {one["attendee"] for one in line[:3]} == {one.attendee for one in people[-3:]}
    assert line[-1]["attendee"] == late.attendee
    told = await fetch("SELECT attendee FROM message WHERE dedup_key LIKE 'readmitted:%'")
    assert {one["attendee"] for one in told} == {one.attendee for one in people[-3:]}
    assert await truths.offenders() == {}


async def test_who_has_booked_something_else_at_that_time_is_named(
    event: Row, slot: Row, who: Staff, clock: Clock
) -> None:
    people = await crowd(event, LEAST, slot)
    change = await cancelled(event, who)
    clock.now += timedelta(seconds=1)
    at_once = await factories.session(await factories.workshop(event), event, 0.5)
    await somebody(event, 0, at_once)
    again = await somebody(event, 1, slot)
    assert again.places[0].status == "confirmed"
    await undo(change, who)
    found = await readmitting.outcome(change)
    assert {one["id"] for one in found["lost"]} == {people[0].attendee, people[1].attendee}
    called = await fetch("SELECT id FROM attendee WHERE called_for = 'change'")
    assert {one["id"] for one in called} == {people[0].attendee, people[1].attendee}
    assert await truths.offenders() == {}


async def test_a_place_to_prove_is_asked_for_again(event: Row, slot: Row, who: Staff, clock: Clock) -> None:
    await crowd(event, LEAST, slot, doubtful=2)
    change = await cancelled(event, who, unproved=True)
    clock.now += timedelta(hours=2)
    await undo(change, who)
    rows = await fetch("SELECT offered_until FROM registration WHERE status = 'offered' AND offer = 'proof'")
    assert [one["offered_until"] for one in rows] == [clock.now + timedelta(minutes=30)] * 2
    assert len(await fetch("SELECT id FROM message WHERE kind = 'prove' AND dedup_key LIKE 'readmitted:%'")) == 2
    assert await truths.offenders() == {}


async def test_after_a_day_it_is_too_late(event: Row, slot: Row, who: Staff, clock: Clock) -> None:
    await crowd(event, LEAST, slot)
    change = await cancelled(event, who)
    clock.now += timedelta(hours=24)
    with pytest.raises(TooLate):
        await undo(change, who)
    assert await statuses() == {"cancelled": LEAST}


async def test_other_people_than_the_screen_showed_are_not_cancelled(event: Row, slot: Row, who: Staff) -> None:
    people = await crowd(event, LEAST, slot)
    (burst,) = await seen(event)
    mark = bursts.mark_of(burst.people)
    await changes.cancel(people[0].places[0].id, Actor(f"attendee:{people[0].attendee}"))
    with pytest.raises(ChangedMeanwhile):
        await cancelled(event, who, how=How(seen=mark))
    assert await statuses() == {"cancelled": 1, "confirmed": LEAST - 1}


async def test_another_agency_s_burst_is_not_there(event: Row, slot: Row) -> None:
    await crowd(event, LEAST, slot)
    stranger = await organiser(await factories.event())
    with pytest.raises(NotFound):
        await cancelled(event, stranger)


async def test_cancelled_twice_at_once_it_is_done_once(event: Row, slot: Row, who: Staff) -> None:
    await crowd(event, LEAST, slot)
    (burst,) = await seen(event)
    done = await asyncio.gather(
        *(cancel_burst(event["id"], burst.id, unproved=False, actor=who) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done if not isinstance(one, str)) in (
        ["ChangedMeanwhile"] * 2,
        ["ChangedMeanwhile", "NotFound"],
        ["NotFound"] * 2,
    )
    assert len(await fetch("SELECT id FROM plan_change")) == 1
    assert await truths.offenders() == {}


async def test_the_places_of_a_burst_go_to_who_waits(event: Row, who: Staff, clock: Clock) -> None:
    small = await factories.session(await factories.workshop(event), event, capacity=LEAST)
    await crowd(event, LEAST, small)
    clock.now += timedelta(seconds=1)
    waits = await register(factories.sign_up(event, small, if_full="wait", email="next@example.org"), ANYONE)
    change = await cancelled(event, who)
    assert (await row("registration", waits.places[0].id))["status"] == "confirmed"
    await undo(change, who)
    counted = await row("session", small["id"])
    assert (counted["confirmed"], counted["waiting"]) == (LEAST, 1)
    assert (await row("registration", waits.places[0].id))["status"] == "confirmed"
    assert await truths.offenders() == {}

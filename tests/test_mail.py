"""Messages are written in the transaction of the decision, once, and strangers cannot flood anybody."""

from datetime import datetime, timedelta

import pytest

from tests.factories import Row
from tests.postbox import Clock, attendee, clock, day, queue, tell
from workshops import database, mail
from workshops.database import Engine, transaction
from workshops.mail import Kind, address_key, allowed_at

__all__ = ["clock"]
HOUR = timedelta(hours=1)


async def enqueue(who: Row, clock: Clock, kind: Kind = Kind.YOUR_PLACES, stranger: bool = True) -> None:
    ids = {"attendee": who["id"], "event": who["event"]}
    await mail.enqueue(kind, dedup=kind.value, address=who["email"], stranger=stranger, now=clock.now, **ids)


async def test_outside_a_transaction_it_is_a_programming_error(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], "confirmed"))
    with pytest.raises(RuntimeError, match="transaction"):
        await enqueue(zoe, clock)
    assert await queue() == []


async def test_a_message_goes_with_its_decision(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], "confirmed"))

    async def decide_and_fail() -> None:
        async with transaction():
            await enqueue(zoe, clock)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await decide_and_fail()
    assert await queue() == []


async def test_a_row_holds_ids_and_the_address_only_as_a_hash(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], "confirmed"))
    await tell(zoe)
    [row] = await queue()
    assert (row["kind"], row["state"], row["channel"], row["stranger"]) == ("your_places", "queued", "mail", True)
    assert (row["attendee"], row["event"]) == (zoe["id"], event["id"])
    assert row["address_key"] == address_key(" ZOE@example.org ")
    assert row["not_before"] == clock.now
    assert row["expires_at"] == event["ends_at"]
    assert not [value for value in row.values() if isinstance(value, str) and "zoe" in value.lower()]


async def test_the_same_decision_is_told_once(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], "confirmed"))
    await tell(zoe, dedup="places:1")
    await tell(zoe, dedup="places:1")
    await tell(zoe, dedup="places:2", stranger=False)
    assert [row["dedup_key"] for row in await queue()] in (["places:1", "places:2"], ["places:2", "places:1"])


@pytest.mark.parametrize(("stranger", "most"), [(True, 2), (False, 1)])
async def test_enqueueing_costs_two_statements_at_most(db: Engine, clock: Clock, stranger: bool, most: int) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], "confirmed"))
    for kind in Kind:
        async with transaction():
            before = db.query_id
            await enqueue(zoe, clock, kind, stranger)
            assert 0 < db.query_id - before <= most


async def test_the_fourth_message_in_an_hour_waits_and_what_follows_waits_with_it(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    first = clock.now
    for minute in range(6):
        person = await attendee(event, (slots[0], "confirmed"), first_name=f"Ada{minute}")
        await tell(person)
        clock.turn(minutes=1)
    moments = [row["not_before"] for row in await queue()]
    assert moments[:3] == [first + timedelta(minutes=minute) for minute in range(3)]
    # Nothing has left yet, so an hour is counted from when the fourth was asked for.
    assert moments[3:] == [first + timedelta(minutes=3) + HOUR] * 3


async def test_other_addresses_and_staff_are_not_held_up(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    for _ in range(4):
        await tell(await attendee(event, (slots[0], "confirmed")))
    await tell(await attendee(event, (slots[0], "confirmed"), email="ali@example.org"))
    await tell(await attendee(event, (slots[0], "confirmed")), stranger=False)
    later = [row for row in await queue() if row["not_before"] > clock.now]
    assert len(later) == 1


async def test_a_link_beyond_the_limit_is_left_out(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    people = [await attendee(event, (slots[0], "confirmed"), first_name=name) for name in ("Ada", "Bea", "Cyd", "Dan")]
    for person in people:
        await tell(person, Kind.YOUR_LINK)
    assert {row["attendee"] for row in await queue()} == {person["id"] for person in people[:3]}


@pytest.mark.parametrize("stranger", [True, False])
async def test_a_link_is_written_once_an_hour_for_an_attendee(db: Engine, clock: Clock, stranger: bool) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], "confirmed"))
    for _ in range(13):
        await tell(zoe, Kind.YOUR_LINK, stranger=stranger)
        clock.turn(minutes=10)
    assert len(await queue()) == 3


def test_the_limit_is_three_an_hour_and_eight_a_day() -> None:
    now = database.utcnow()

    def ago(*minutes: int) -> list[datetime]:
        return [now - timedelta(minutes=minute) for minute in minutes]

    assert allowed_at(ago(1, 2), now) == now
    assert allowed_at(ago(1, 2, 30), now) == now + timedelta(minutes=30)
    assert allowed_at(ago(1, 2, 61), now) == now
    eight = [100, 200, 300, 400, 500, 600, 700, 800]
    assert allowed_at(ago(*eight), now) == now + timedelta(minutes=24 * 60 - 800)
    assert allowed_at(ago(*eight[:7]), now) == now


async def test_messages_of_an_unknown_event_are_not_written(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], "confirmed"))
    await tell(zoe | {"event": "nowhere"})
    assert await queue() == []

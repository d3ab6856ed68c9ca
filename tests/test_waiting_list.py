"""Places that fill themselves: who waits first gets what comes free, at once or by an offer (product.md rule 5)."""

import asyncio
from datetime import timedelta

import pytest

from tests import factories, truths
from tests.planned import clock, on_the_phone, somebody
from tests.postbox import Clock
from tests.waited import ADMIN, full, own, place, slot_of, statuses, told
from workshops import changes, passing_on, waiting_list
from workshops.database import Engine, fetch, fetch_one
from workshops.errors import NotFound
from workshops.refusals import CannotCancel, OfferEnded, SessionFull, TooManyPlaces
from workshops.rescheduling.capacities import set_capacity

__all__ = ["clock"]
pytestmark = pytest.mark.usefixtures("db", "clock")


@pytest.fixture(autouse=True)
async def nothing_is_wrong(db: Engine, clock: Clock) -> object:
    yield
    assert await truths.offenders() == {}


async def test_further_off_the_first_who_waits_has_the_place_at_once() -> None:
    day = await full(waits=2, hours=49)
    await day.give_back()
    assert await statuses(day.waiting) == ["confirmed", "waiting"]
    assert [await told(one) for one in day.waiting] == [["place_given"], []]
    given = await place(day.waiting[0])
    assert (given["offer"], given["position"], given["offered_until"]) == ("given", None, None)


async def test_near_the_date_it_is_offered_for_two_hours(clock: Clock) -> None:
    day = await full(waits=2, hours=24)
    await day.give_back()
    offered = await place(day.waiting[0])
    assert (offered["status"], offered["offer"]) == ("offered", "place")
    assert offered["offered_until"] == clock.now + timedelta(hours=2)
    assert await told(day.waiting[0]) == ["place_offered"]
    with pytest.raises(SessionFull):
        await changes.add(day.holder.attendee, [day.slot["id"]], "refuse", ADMIN)


async def test_in_the_last_two_hours_nothing_is_offered_and_people_are_told_to_come(clock: Clock) -> None:
    day = await full(waits=1, hours=3)
    by_phone = await on_the_phone(day.event, day.slot)
    clock.turn(hours=1)
    await day.give_back()
    assert await statuses([*day.waiting, by_phone]) == ["waiting", "waiting"]
    assert await passing_on.tell_waiting_due(clock.now) == 1
    assert await passing_on.tell_waiting_due(clock.now) == 0
    assert await told(day.waiting[0]) == ["come"]
    caller = await fetch_one("SELECT called_for, called_at FROM attendee WHERE id = {}", by_phone.attendee)
    assert caller == {"called_for": "come", "called_at": None}


async def test_closing_sign_up_does_not_stop_the_list(clock: Clock) -> None:
    far, near = await full(waits=1, hours=49), await full(waits=2, hours=3)
    await fetch("UPDATE event SET status = 'closed'")
    await far.give_back()
    await near.give_back()
    assert await statuses([*far.waiting, *near.waiting]) == ["confirmed", "offered", "waiting"]
    assert (await waiting_list.accept(near.waiting[0].places[0].id, own(near.waiting[0]))).place.status == "confirmed"
    clock.turn(hours=1)
    assert await passing_on.tell_waiting_due(clock.now) == 1
    assert await told(near.waiting[1]) == ["come"]


async def test_an_offer_is_taken_once_and_by_its_owner_only(clock: Clock) -> None:
    day = await full(waits=2, hours=24)
    await day.give_back()
    registration = day.waiting[0].places[0].id
    with pytest.raises(NotFound):
        await waiting_list.accept(registration, own(day.waiting[1]))
    for _again in range(2):
        assert (await waiting_list.accept(registration, own(day.waiting[0]))).place.status == "confirmed"
    with pytest.raises(OfferEnded):
        await waiting_list.refuse(registration, own(day.waiting[0]))
    with pytest.raises(OfferEnded):
        await waiting_list.accept(day.waiting[1].places[0].id, own(day.waiting[1]))


async def test_two_tabs_that_say_yes_and_no_at_once_have_one_outcome() -> None:
    day = await full(waits=2, hours=24)
    await day.give_back()
    registration, who = day.waiting[0].places[0].id, own(day.waiting[0])
    answers = await asyncio.gather(
        *(verb(registration, who) for verb in (waiting_list.accept, waiting_list.refuse)), return_exceptions=True
    )
    assert sorted(isinstance(one, OfferEnded) for one in answers) == [False, True]
    assert await statuses(day.waiting) in (["confirmed", "waiting"], ["cancelled", "offered"])


async def test_a_refused_offer_passes_on() -> None:
    day = await full(waits=2, hours=24)
    await day.give_back()
    for _again in range(2):
        await waiting_list.refuse(day.waiting[0].places[0].id, own(day.waiting[0]))
    assert await statuses(day.waiting) == ["cancelled", "offered"]
    assert await told(day.waiting[0]) == ["place_offered"], "who said no need not be told"


async def test_an_offer_that_nobody_answers_ends_and_passes_on(clock: Clock) -> None:
    day = await full(waits=2, hours=24)
    await day.give_back()
    clock.turn(hours=2, seconds=-1)
    assert await passing_on.expire_due(clock.now) == 0
    await fetch("UPDATE message SET state = 'sent' WHERE kind = 'place_offered'")
    clock.turn(seconds=1)
    with pytest.raises(OfferEnded):
        await waiting_list.accept(day.waiting[0].places[0].id, own(day.waiting[0]))
    assert await passing_on.expire_due(clock.now) == 1
    assert await passing_on.expire_due(clock.now) == 0
    assert await statuses(day.waiting) == ["cancelled", "offered"]
    assert await told(day.waiting[0]) == ["place_offered", "offer_ended"]


async def test_an_offer_that_nobody_could_read_of_ends_and_somebody_calls(clock: Clock) -> None:
    """No mail has left in all that time: nobody is told that they did not answer."""
    day = await full(waits=2, hours=24)
    await day.give_back()
    clock.turn(hours=2)
    assert await passing_on.expire_due(clock.now) == 1
    assert await statuses(day.waiting) == ["cancelled", "offered"]
    assert await told(day.waiting[0]) == ["place_offered"]
    caller = await fetch_one("SELECT called_for, called_at FROM attendee WHERE id = {}", day.waiting[0].attendee)
    assert caller == {"called_for": "offer_ended", "called_at": None}


async def test_what_waits_to_replace_a_place_goes_on_so_when_that_one_moves(clock: Clock) -> None:
    day = await full(waits=0)
    before = await somebody(day.event, await slot_of(day.event, 3), email="moves@example.org")
    clock.turn(seconds=1)
    waits = await changes.move(before.places[0].id, day.slot["id"], "wait", own(before))
    clock.turn(seconds=1)
    moved = await changes.move(before.places[0].id, (await slot_of(day.event, 5))["id"], "refuse", own(before))
    await day.give_back()
    await waiting_list.accept(waits.place.id, own(before))
    rows = await fetch("SELECT id FROM registration WHERE status = 'confirmed' AND attendee = {}", before.attendee)
    assert rows == [{"id": waits.place.id}]
    assert moved.place.status == "confirmed"


async def test_a_clash_makes_it_an_exchange_that_swaps_both_at_once(clock: Clock) -> None:
    day = await full(hours=240)
    other = await slot_of(day.event, 0.5, capacity=1)
    clock.turn(seconds=1)
    kept = await somebody(day.event, other, email="w0@example.org")
    next_one = await somebody(day.event, other, email="next@example.org")
    await day.give_back()
    offered = await place(day.waiting[0])
    assert (offered["status"], offered["offer"]) == ("offered", "exchange")
    assert offered["offered_until"] == clock.now + timedelta(hours=24)
    await waiting_list.accept(offered["id"], own(day.waiting[0]))
    assert await statuses([day.waiting[0], kept, next_one]) == ["confirmed", "cancelled", "confirmed"]
    assert await told(next_one) == ["place_given"]


async def test_refusing_an_exchange_keeps_the_old_place(clock: Clock) -> None:
    day = await full(hours=240)
    other = await slot_of(day.event, 0.5)
    clock.turn(seconds=1)
    kept = await somebody(day.event, other, email="w0@example.org")
    await day.give_back()
    await waiting_list.refuse(day.waiting[0].places[0].id, own(day.waiting[0]))
    assert await statuses([day.waiting[0], kept]) == ["cancelled", "confirmed"]


async def test_who_waits_to_move_is_offered_the_exchange_and_keeps_the_old_place_until_then(clock: Clock) -> None:
    day = await full(waits=0)
    before = await somebody(day.event, old := await slot_of(day.event, 3), email="moves@example.org")
    clock.turn(seconds=1)
    found = await changes.move(before.places[0].id, day.slot["id"], "wait", own(before))
    await day.give_back()
    assert await statuses([before]) == ["confirmed"]
    await waiting_list.accept(found.place.id, own(before))
    assert await statuses([before]) == ["cancelled"]
    row = await fetch_one("SELECT confirmed FROM session WHERE id = {}", old["id"])
    assert row == {"confirmed": 0}


async def test_an_exchange_whose_old_place_has_begun_is_refused(clock: Clock) -> None:
    day = await full(hours=10)
    other = await slot_of(day.event, -1, minutes=120)
    clock.turn(seconds=1)
    await somebody(day.event, other, email="w0@example.org")
    await day.give_back()
    clock.turn(hours=9, minutes=10)
    until = clock.now + timedelta(minutes=40)
    await fetch("UPDATE registration SET offered_until = {} WHERE status = 'offered'", until)
    with pytest.raises(CannotCancel):
        await waiting_list.accept(day.waiting[0].places[0].id, own(day.waiting[0]))


async def test_who_has_as_many_as_can_be_booked_gives_one_back_first(clock: Clock) -> None:
    day = await full()
    others = [await slot_of(day.event, hour) for hour in (1, 2, 3, 4)]
    clock.turn(seconds=1)
    booked = await somebody(day.event, *others, email="w0@example.org")
    await day.give_back()
    offered = day.waiting[0].places[0].id
    with pytest.raises(TooManyPlaces):
        await waiting_list.accept(offered, own(day.waiting[0]))
    await changes.cancel(booked.places[0].id, own(booked))
    assert (await waiting_list.accept(offered, own(day.waiting[0]))).place.status == "confirmed"


async def test_more_places_go_to_as_many_who_wait(clock: Clock) -> None:
    day = await full(waits=4)
    await set_capacity(day.slot["id"], 3, day.who)
    assert await statuses(day.waiting) == ["confirmed", "confirmed", "waiting", "waiting"]
    row = await fetch_one("SELECT confirmed, waiting FROM session WHERE id = {}", day.slot["id"])
    assert row == {"confirmed": 3, "waiting": 2}


@pytest.mark.parametrize(("hours", "becomes"), [(24, "offered"), (240, "confirmed")])
async def test_a_message_that_cannot_arrive_passes_the_place_on(clock: Clock, hours: int, becomes: str) -> None:
    day = await full(waits=2, hours=hours)
    await day.give_back()
    await fetch("UPDATE message SET state = 'failed' WHERE registration = {}", day.waiting[0].places[0].id)
    await fetch("UPDATE attendee SET called_for = 'bounce' WHERE id = {}", day.waiting[0].attendee)
    assert await passing_on.pass_on_due(clock.now) == 1
    assert await passing_on.pass_on_due(clock.now) == 0
    assert await statuses(day.waiting) == ["cancelled", becomes]


async def test_who_cannot_be_written_to_is_to_be_called(clock: Clock) -> None:
    day = await full(waits=0, hours=24)
    by_phone = await on_the_phone(day.event, day.slot)
    await day.give_back()
    assert await statuses([by_phone]) == ["offered"]
    row = await fetch_one("SELECT called_for, called_at FROM attendee WHERE id = {}", by_phone.attendee)
    assert row == {"called_for": "offer", "called_at": None}
    assert (await waiting_list.accept(by_phone.places[0].id, day.who)).place.status == "confirmed"
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'accept_offer'")) == 1


async def test_a_workshop_twice_is_an_exchange(clock: Clock) -> None:
    day = await full()
    workshop = {"id": day.slot["workshop"]}
    again = await factories.session(workshop, day.event, 3)
    clock.turn(seconds=1)
    kept = await somebody(day.event, again, email="w0@example.org")
    await day.give_back()
    await waiting_list.accept(day.waiting[0].places[0].id, own(day.waiting[0]))
    assert await statuses([day.waiting[0], kept]) == ["confirmed", "cancelled"]

"""A day that people are booked on is changed: each is told once, everything stays true, and it can be undone."""

from datetime import timedelta
from typing import Any

import pytest

from tests import factories, planned, truths
from tests.factories import Row
from tests.planned import clock, later, notices, on_the_phone, organiser, people, place, row, somebody
from tests.postbox import Clock
from workshops import changes
from workshops.actors import ANYONE, Actor, Staff
from workshops.database import Engine, fetch, fetch_one
from workshops.errors import Invalid, NotFound
from workshops.registrations import register
from workshops.rescheduling.cancelling import cancel_day, cancel_rest, cancel_slot, cancel_workshop
from workshops.rescheduling.capacities import ChooseAgain, set_capacity
from workshops.rescheduling.locks import ChangedMeanwhile, How, TooLate
from workshops.rescheduling.moving import change_hall, move_slot
from workshops.rescheduling.restoring import Overtaken
from workshops.rescheduling.undoing import send_now, undo
from workshops.tables.people import Role

__all__ = ["clock"]
HOUR = timedelta(hours=1)


@pytest.fixture
async def event(db: Engine, clock: Clock) -> Row:
    return await factories.event()


@pytest.fixture
async def who(event: Row) -> Staff:
    return await organiser(event)


async def slot(event: Row, hour: float = 0, **given: Any) -> Row:
    """A slot of a workshop of its own."""
    return await factories.session(await factories.workshop(event), event, hour, **given)


async def test_moving_forty_people_is_one_transaction_of_few_statements(
    db: Engine, event: Row, who: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await slot(event, capacity=40)
    await people(event, 40, session)
    begun = []
    begin = type(db).begin

    async def count(self: Engine, connection: object) -> None:
        begun.append(connection)
        await begin(self, connection)

    monkeypatch.setattr(type(db), "begin", count)
    before = db.query_id
    change = await later(session, who)
    statements = db.query_id - before
    assert len(begun) == 1
    assert statements <= 20, statements
    told = await notices(change)
    assert len({message["attendee"] for message in told}) == len(told) == 40
    assert {message["state"] for message in told} == {"queued"}
    assert await truths.offenders() == {}


async def test_the_slot_and_its_version_move_and_everybody_waits_ten_minutes(
    event: Row, who: Staff, clock: Clock
) -> None:
    session = await slot(event)
    zoe = await somebody(event, session)
    change = await later(session, who, how=How("Le maçon arrive plus tard"))
    moved = await row("session", session["id"])
    assert moved["starts_at"] == session["starts_at"] + HOUR
    assert (moved["sequence"], moved["confirmed"]) == (1, 1)
    written = await row("plan_change", change)
    assert (written["kind"], written["people"], written["why"]) == ("move_slot", 1, "Le maçon arrive plus tard")
    assert written["leaves_at"] == clock.now + timedelta(minutes=10)
    [message] = await notices(change)
    assert (message["attendee"], message["not_before"]) == (zoe.attendee, written["leaves_at"])
    assert message["dedup_key"] == f"change:{change}:{zoe.attendee}"
    note = await fetch_one("SELECT * FROM audit_entry WHERE action = 'move_slot'")
    assert note is not None
    assert (note["object_id"], note["people"], note["actor"]) == (session["id"], 1, who.id)


async def test_on_the_day_it_is_two_minutes_and_at_once_none(clock: Clock, event: Row, who: Staff) -> None:
    session = await slot(event, 3)
    await somebody(event, session)
    clock.now = event["starts_at"]
    change = await later(session, who)
    assert (await row("plan_change", change))["leaves_at"] == clock.now + timedelta(minutes=2)
    change = await later(session, who, how=How(at_once=True))
    [message] = await notices(change)
    assert message["not_before"] == clock.now


async def test_who_has_no_address_is_to_be_called_until_it_is_undone(event: Row, who: Staff, clock: Clock) -> None:
    session = await slot(event)
    ana = await on_the_phone(event, session)
    await fetch("UPDATE attendee SET called_at = {} WHERE id = {}", clock.now, ana.attendee)
    change = await later(session, who)
    called = await row("attendee", ana.attendee)
    assert (called["called_for"], called["called_at"]) == ("change", None)
    assert await notices(change) == []
    await undo(change, who)
    called = await row("attendee", ana.attendee)
    assert (called["called_for"], called["called_at"]) == ("no_email", clock.now)


async def test_who_was_called_with_news_that_was_undone_is_called_again(event: Row, who: Staff, clock: Clock) -> None:
    session = await slot(event)
    ana = await on_the_phone(event, session)
    change = await later(session, who)
    clock.turn(minutes=1)
    await fetch("UPDATE attendee SET called_at = {} WHERE id = {}", clock.now, ana.attendee)
    await undo(change, who)
    called = await row("attendee", ana.attendee)
    assert (called["called_for"], called["called_at"]) == ("change", None)


async def test_who_was_called_about_something_else_is_called_again_too(event: Row, who: Staff, clock: Clock) -> None:
    """Staff told them of the change with the rest."""
    session = await slot(event)
    zoe = await somebody(event, session)
    change = await later(session, who)
    clock.turn(minutes=1)
    await fetch("UPDATE attendee SET called_for = 'bounce', called_at = {} WHERE id = {}", clock.now, zoe.attendee)
    await undo(change, who)
    called = await row("attendee", zoe.attendee)
    assert (called["called_for"], called["called_at"]) == ("bounce", None)


async def test_who_was_called_between_two_changes_that_were_undone_is_called_again(
    event: Row, who: Staff, clock: Clock
) -> None:
    session, other = await slot(event), await slot(event, 4)
    ana = await on_the_phone(event, session, other)
    first = await later(session, who)
    clock.turn(minutes=1)
    await fetch("UPDATE attendee SET called_at = {} WHERE id = {}", clock.now, ana.attendee)
    clock.turn(minutes=1)
    second = await later(other, who)
    await undo(first, who)
    await undo(second, who)
    called = await row("attendee", ana.attendee)
    assert (called["called_for"], called["called_at"]) == ("change", None)


async def test_who_got_a_place_while_a_change_was_to_be_told_is_called_for_that(
    event: Row, who: Staff, clock: Clock
) -> None:
    session, other = await slot(event), await slot(event, 4, capacity=1)
    taken = await somebody(event, other)
    ana = await on_the_phone(event, session)
    await on_the_phone(event, other)
    change = await later(session, who)
    clock.turn(minutes=1)
    await changes.cancel(taken.places[0].id, who)
    await undo(change, who)
    called = await row("attendee", ana.attendee)
    assert (called["called_for"], called["called_at"]) == ("given", None)


async def test_a_slot_that_was_called_off_keeps_room_for_its_people(event: Row, who: Staff) -> None:
    session = await slot(event, capacity=1)
    more = await set_capacity(session["id"], 2, who)
    await people(event, 2, session)
    off = await cancel_slot(session["id"], who)
    with pytest.raises(Overtaken):
        await undo(more, who)
    await undo(off, who)
    assert (await row("session", session["id"]))["confirmed"] == 2


async def test_a_change_of_nobody_can_be_undone_until_it_would_have_left(event: Row, who: Staff, clock: Clock) -> None:
    session = await slot(event)
    change = await later(session, who)
    clock.turn(minutes=10)
    with pytest.raises(TooLate):
        await undo(change, who)
    clock.turn(minutes=-1)
    await undo(change, who)
    assert (await row("session", session["id"]))["starts_at"] == session["starts_at"]


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(1, 1, "end"), (24, 25, "start"), (-1, 0, "start"), (7.5, 8.5, "start"), (0, 0.75, "start")],
)
async def test_hours_that_cannot_be(event: Row, who: Staff, start: float, end: float, field: str) -> None:
    session = await slot(event)
    begins = event["starts_at"]
    with pytest.raises(Invalid) as refused:
        await move_slot(session["id"], begins + timedelta(hours=start), begins + timedelta(hours=end), who)
    assert [fault.name for fault in refused.value.faults] == [field]


async def test_nobody_changes_the_day_of_another_agency(event: Row, who: Staff) -> None:
    session = await slot(event)
    other = await organiser(await factories.event())
    host = Actor("account:x", Role.HOST, event["lead"])
    change = await later(session, who)
    for stranger in (other, host, ANYONE):
        for attempt in (
            later(session, stranger),  # type: ignore[arg-type]
            set_capacity(session["id"], 3, stranger),
            cancel_slot(session["id"], stranger),
            cancel_workshop(session["workshop"], stranger),
            cancel_day(event["id"], stranger),
            cancel_rest(event["id"], stranger),
            change_hall(event["id"], event["venue"], stranger),
            undo(change, stranger),
            send_now(change, stranger),
        ):
            with pytest.raises(NotFound):
                await attempt


async def test_a_slot_that_has_begun_or_is_off_is_not_moved(event: Row, who: Staff, clock: Clock) -> None:
    begun, off = await slot(event), await slot(event, 4)
    await cancel_slot(off["id"], who)
    with pytest.raises(ChangedMeanwhile):
        await later(off, who)
    clock.now = event["starts_at"] + timedelta(minutes=5)
    for refused in (later(begun, who), cancel_slot(begun["id"], who), set_capacity(begun["id"], 3, who)):
        with pytest.raises(TooLate):
            await refused


async def test_a_stale_screen_changes_nothing(event: Row, who: Staff) -> None:
    session = await slot(event)
    with pytest.raises(ChangedMeanwhile):
        await later(session, who, how=How(seen="something else"))
    assert (await row("session", session["id"]))["starts_at"] == session["starts_at"]


async def test_whose_moved_place_overlaps_another_is_to_choose_in_any_event(event: Row, who: Staff) -> None:
    moved, here = await slot(event, 0), await slot(event, 2)
    other_event = await factories.event(date=event["date"])
    there = await slot(other_event, 2)
    zoe = await somebody(event, moved, here)
    max_ = await somebody(event, moved, email="max@example.org", first_name="Max")
    await somebody(other_event, there, email="max@example.org", first_name="Max")
    free = await somebody(event, moved, email="eve@example.org", first_name="Eve")
    await later(moved, who, 2)
    assert [(await place(one))["must_choose"] for one in (zoe, max_, free)] == [True, True, False]
    assert not (await place(zoe, 1))["must_choose"], "the place that stayed where it was is not asked about"
    assert await truths.offenders() == {}


@pytest.mark.parametrize("given_back", [0, 1])
async def test_giving_either_place_back_ends_the_choice(event: Row, who: Staff, given_back: int) -> None:
    moved, here = await slot(event, 0), await slot(event, 2)
    zoe = await somebody(event, moved, here)
    await later(moved, who, 2)
    await changes.cancel(zoe.places[given_back].id, Actor(f"attendee:{zoe.attendee}"))
    assert not (await place(zoe))["must_choose"]
    assert await truths.offenders() == {}


@pytest.mark.parametrize("kept", [0, 1])
async def test_keeping_one_gives_the_other_back(event: Row, who: Staff, kept: int) -> None:
    moved, here = await slot(event, 0), await slot(event, 2)
    zoe = await somebody(event, moved, here)
    await later(moved, who, 2)
    await changes.keep(zoe.places[kept].id, Actor(f"attendee:{zoe.attendee}"))
    assert [(await place(zoe, n))["status"] for n in (kept, 1 - kept)] == ["confirmed", "cancelled"]
    assert not (await place(zoe))["must_choose"]
    assert await truths.offenders() == {}
    with pytest.raises(NotFound):
        await changes.keep(zoe.places[kept].id, Actor("attendee:somebody"))


async def test_moving_it_away_again_ends_the_choice_and_undoing_brings_it_back(event: Row, who: Staff) -> None:
    moved, here = await slot(event, 0), await slot(event, 2)
    zoe = await somebody(event, moved, here)
    await later(moved, who, 2)
    away = await later(here, who, 2)
    assert not (await place(zoe))["must_choose"]
    assert await truths.offenders() == {}
    await undo(away, who)
    assert (await place(zoe))["must_choose"]
    assert await truths.offenders() == {}


async def test_lowering_sends_the_last_come_to_the_head_of_the_list(event: Row, who: Staff, clock: Clock) -> None:
    session = await slot(event, capacity=4)
    came = []
    for number in range(6):
        clock.turn(minutes=1)
        came += await people(event, 1, session, first_name=f"P{'abcdef'[number]}")
    change = await set_capacity(session["id"], 2, who)
    rows = [await place(one) for one in came]
    assert [one["status"] for one in rows] == ["confirmed"] * 2 + ["waiting"] * 4
    by_rank = sorted(range(2, 6), key=lambda n: rows[n]["position"])
    assert by_rank == [2, 3, 4, 5], "first come first, and all of them before those who waited"
    now = await row("session", session["id"])
    assert (now["capacity"], now["confirmed"], now["waiting"], now["queue_head"]) == (2, 2, 4, -2)
    assert {message["attendee"] for message in await notices(change)} == {came[2].attendee, came[3].attendee}
    assert await truths.offenders() == {}
    await undo(change, who)
    assert [(await place(one))["status"] for one in came] == ["confirmed"] * 4 + ["waiting"] * 2
    assert (await row("session", session["id"]))["capacity"] == 4
    assert await truths.offenders() == {}


async def test_the_organiser_chooses_who_goes_where(event: Row, who: Staff) -> None:
    workshop = await factories.workshop(event)
    full = await factories.session(workshop, event, 0, capacity=3, sequence=5)
    other = await factories.session(workshop, event, 2, capacity=1)
    busy = await slot(event, 2)
    first = await somebody(event, full, busy, email="a@example.org")
    second = await somebody(event, full, email="b@example.org")
    third = await somebody(event, full, email="c@example.org")
    before = await planned.versions()
    leaving = {first.places[0].id: other["id"], second.places[0].id: ""}
    change = await set_capacity(full["id"], 1, who, leaving=leaving)
    gone = next(one for one in [await place(first, n) for n in range(2)] if one["id"] == first.places[0].id)
    assert (gone["session"], gone["status"], gone["must_choose"]) == (other["id"], "confirmed", True)
    assert ((await place(second))["status"], (await place(third))["status"]) == ("waiting", "confirmed")
    assert [(await row("session", one["id"]))["confirmed"] for one in (full, other)] == [1, 1]
    risen = await planned.versions()
    assert all(risen[one] > before[one] for one in leaving), "another slot has another SEQUENCE of its own"
    assert await truths.offenders() == {}
    await undo(change, who)
    assert [(await row("session", one["id"]))["confirmed"] for one in (full, other)] == [3, 0]
    again = await planned.versions()
    assert all(again[one] > risen[one] for one in leaving)
    assert await truths.offenders() == {}


async def test_a_choice_that_no_longer_fits_is_asked_again(event: Row, who: Staff) -> None:
    workshop = await factories.workshop(event)
    full = await factories.session(workshop, event, 0, capacity=3)
    taken = await factories.session(workshop, event, 2, capacity=1)
    elsewhere = await slot(event, 4)
    one, two, three = await people(event, 3, full)
    waits = await people(event, 1, full, first_name="Ana")
    await people(event, 1, taken)
    for leaving in (
        {},
        {one.places[0].id: ""},
        {one.places[0].id: "", two.places[0].id: "", three.places[0].id: ""},
        {one.places[0].id: "", "somebody": ""},
        {one.places[0].id: "", waits[0].places[0].id: ""},
        {one.places[0].id: "", two.places[0].id: taken["id"]},
        {one.places[0].id: "", two.places[0].id: elsewhere["id"]},
        {one.places[0].id: "", two.places[0].id: full["id"]},
        {one.places[0].id: "", two.places[0].id: "nowhere"},
    ):
        with pytest.raises(ChooseAgain):
            await set_capacity(full["id"], 1, who, leaving=leaving)
    assert (await row("session", full["id"]))["capacity"] == 3
    assert await truths.offenders() == {}


async def test_places_for_groups_are_not_taken_away(event: Row, who: Staff, clock: Clock) -> None:
    session = await slot(event, capacity=5, held=3)
    await factories.insert(
        "hold",
        {
            "id": "h1",
            "session": session["id"],
            "organisation": event["lead"],
            "places": 3,
            "status": "active",
            "until_at": session["starts_at"],
            "created_at": planned.now(),
        },
    )
    one = await somebody(event, session)
    clock.turn(minutes=1)
    two = await somebody(event, session, email="max@example.org")
    with pytest.raises(Invalid):
        await set_capacity(session["id"], 2, who)
    await set_capacity(session["id"], 4, who)
    assert [(await place(person))["status"] for person in (one, two)] == ["confirmed", "waiting"]
    change = await later(session, who)
    assert (await row("hold", "h1"))["until_at"] == session["starts_at"] + HOUR
    await undo(change, who)
    assert (await row("hold", "h1"))["until_at"] == session["starts_at"]
    change = await cancel_slot(session["id"], who)
    assert (await row("hold", "h1"))["status"] == "released"
    assert (await row("session", session["id"]))["held"] == 0
    await undo(change, who)
    assert ((await row("hold", "h1"))["status"], (await row("session", session["id"]))["held"]) == ("active", 3)
    assert await truths.offenders() == {}


async def test_raising_tells_nobody_and_is_undone_while_there_is_room(event: Row, who: Staff) -> None:
    session = await slot(event, capacity=1)
    await people(event, 1, session)
    change = await set_capacity(session["id"], 3, who)
    assert (await row("plan_change", change))["people"] == 0
    await undo(change, who)
    change = await set_capacity(session["id"], 3, who)
    await somebody(event, session)
    with pytest.raises(Overtaken):
        await undo(change, who)
    assert (await row("session", session["id"]))["capacity"] == 3
    assert await truths.offenders() == {}


async def test_a_cancelled_slot_frees_its_people_and_undoing_books_them_again(event: Row, who: Staff) -> None:
    session = await slot(event, capacity=1)
    zoe, ana = await somebody(event, session), await somebody(event, session, email="ana@example.org")
    change = await cancel_slot(session["id"], who, How("Le formateur est malade"))
    now = await row("session", session["id"])
    assert (now["status"], now["confirmed"], now["waiting"], now["sequence"]) == ("cancelled", 0, 0, 1)
    gone = await place(zoe)
    assert (gone["status"], gone["cancelled_why"]) == ("cancelled", "Le formateur est malade")
    assert len(await notices(change)) == 2
    assert await truths.offenders() == {}
    await undo(change, who)
    assert [(await place(one))["status"] for one in (zoe, ana)] == ["confirmed", "waiting"]
    assert (await row("session", session["id"]))["sequence"] == 2
    assert await truths.offenders() == {}


async def test_who_took_another_place_meanwhile_keeps_it(event: Row, who: Staff, clock: Clock) -> None:
    session, other = await slot(event), await slot(event)
    await somebody(event, session)
    change = await cancel_slot(session["id"], who)
    clock.turn(minutes=1)
    await somebody(event, other)
    with pytest.raises(Overtaken):
        await undo(change, who)
    assert (await row("session", session["id"]))["status"] == "cancelled"
    assert {message["state"] for message in await notices(change)} == {"queued"}, "they are still told"
    assert await truths.offenders() == {}


async def test_a_workshop_is_cancelled_with_all_its_slots(event: Row, who: Staff) -> None:
    workshop = await factories.workshop(event)
    slots = [await factories.session(workshop, event, hour) for hour in (0, 1, 2)]
    kept = await slot(event, 5)
    persons = [await somebody(event, one, kept, email=f"{n}@example.org") for n, one in enumerate(slots)]
    change = await cancel_workshop(workshop["id"], who)
    assert (await row("workshop", workshop["id"]))["status"] == "cancelled"
    assert len(await notices(change)) == 3
    statuses = await fetch("SELECT status FROM registration WHERE session = {}", kept["id"])
    assert [one["status"] for one in statuses] == ["confirmed"] * 3
    await undo(change, who)
    assert (await row("workshop", workshop["id"]))["status"] == "ready"
    places = [one for person in persons for one in [await place(person, 0), await place(person, 1)]]
    assert {one["status"] for one in places} == {"confirmed"}
    assert await truths.offenders() == {}


async def test_a_whole_day_is_cancelled_and_each_is_told_once(event: Row, who: Staff) -> None:
    slots = [await slot(event, hour) for hour in (0, 1, 2)]
    await somebody(event, *slots)
    await on_the_phone(event, slots[0])
    change = await cancel_day(event["id"], who, How("Inondation"))
    now = await row("event", event["id"])
    assert (now["status"], now["cancelled_why"]) == ("cancelled", "Inondation")
    assert len(await notices(change)) == 1
    assert (await row("plan_change", change))["people"] == 2
    with pytest.raises(ChangedMeanwhile):
        await cancel_day(event["id"], who)
    await undo(change, who)
    now = await row("event", event["id"])
    assert (now["status"], now["cancelled_why"], now["cancelled_at"]) == ("published", None, None)
    assert {one["status"] for one in await fetch("SELECT status FROM registration")} == {"confirmed"}
    assert await truths.offenders() == {}


async def test_the_rest_of_a_day_under_way_leaves_what_has_begun(event: Row, who: Staff, clock: Clock) -> None:
    begun, coming = await slot(event, 0), await slot(event, 3)
    early, late = await somebody(event, begun), await somebody(event, coming, email="max@example.org")
    clock.now = event["starts_at"] + HOUR
    with pytest.raises(TooLate):
        await cancel_day(event["id"], who)
    change = await cancel_rest(event["id"], who)
    assert [(await place(one))["status"] for one in (early, late)] == ["confirmed", "cancelled"]
    assert (await row("event", event["id"]))["status"] == "published"
    assert [message["attendee"] for message in await notices(change)] == [late.attendee]
    workshop = await row("workshop", begun["workshop"])
    await cancel_workshop(workshop["id"], who)
    assert (await row("workshop", workshop["id"]))["status"] == "ready", "it has taken place"
    with pytest.raises(ChangedMeanwhile):
        await cancel_rest(event["id"], who)
    assert await truths.offenders() == {}


async def hall(event: Row, status: str = "accepted") -> str:
    """Another hall that was asked for the day."""
    venue = await factories.venue(name="Salle Raoul-Briquet")
    request = {"id": venue["id"][:-1] + "q", "event": event["id"], "venue": venue["id"], "status": status}
    hours = {"from_at": event["starts_at"], "until_at": event["ends_at"], "asked_at": planned.now()}
    await factories.insert("venue_request", request | hours)
    return str(venue["id"])


async def test_another_hall_is_told_to_everybody_who_has_yet_to_come(event: Row, who: Staff, clock: Clock) -> None:
    over, coming = await slot(event, 0), await slot(event, 3)
    await somebody(event, over)
    late = await somebody(event, coming, email="max@example.org")
    yes, no = await hall(event), await hall(event, "asked")
    for refused in (no, event["venue"], "nowhere"):
        with pytest.raises(Invalid):
            await change_hall(event["id"], refused, who)
    clock.now = event["starts_at"] + HOUR
    change = await change_hall(event["id"], yes, who)
    assert (await row("event", event["id"]))["venue"] == yes
    assert (await row("session", coming["id"]))["sequence"] == 1
    assert [message["attendee"] for message in await notices(change)] == [late.attendee]
    await undo(change, who)
    assert (await row("event", event["id"]))["venue"] == event["venue"]
    assert (await row("session", coming["id"]))["sequence"] == 2


async def test_a_day_does_not_go_back_to_a_hall_that_was_given_back(event: Row, who: Staff) -> None:
    first, second = await hall(event), await hall(event)
    await change_hall(event["id"], first, who)
    change = await change_hall(event["id"], second, who)
    await fetch("UPDATE venue_request SET status = 'withdrawn' WHERE venue = {}", first)
    with pytest.raises(Overtaken):
        await undo(change, who)
    assert (await row("event", event["id"]))["venue"] == second


async def test_only_the_latest_change_of_a_slot_can_be_undone(event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    first, second = await later(session, who), await later(session, who)
    with pytest.raises(Overtaken):
        await undo(first, who)
    await undo(second, who)
    await undo(second, who)
    await undo(first, who)
    assert (await row("session", session["id"]))["starts_at"] == session["starts_at"]
    assert (await row("session", session["id"]))["sequence"] == 4
    assert {one["state"] for one in await fetch("SELECT state FROM message WHERE kind = 'your_changes'")} == {
        "superseded"
    }


async def test_a_slot_of_a_day_cancelled_meanwhile_does_not_come_back(event: Row, who: Staff) -> None:
    session = await slot(event)
    change = await cancel_slot(session["id"], who)
    whole = await cancel_day(event["id"], who)
    with pytest.raises(Overtaken):
        await undo(change, who)
    await undo(whole, who)
    await undo(change, who)
    assert (await row("session", session["id"]))["status"] == "open"


async def test_nobody_who_booked_the_new_hour_is_moved_by_an_undo(event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    change = await later(session, who)
    newcomer = await somebody(event, session, email="max@example.org")
    with pytest.raises(Overtaken):
        await undo(change, who)
    await changes.cancel(newcomer.places[0].id, Actor(f"attendee:{newcomer.attendee}"))
    await undo(change, who)
    assert await truths.offenders() == {}


async def test_who_booked_the_old_hour_meanwhile_is_not_put_in_two_places(event: Row, who: Staff, clock: Clock) -> None:
    session, other = await slot(event), await slot(event)
    await somebody(event, session)
    change = await later(session, who)
    clock.turn(minutes=1)
    await register(factories.sign_up(event, other), ANYONE)
    with pytest.raises(Overtaken):
        await undo(change, who)
    assert await truths.offenders() == {}


async def test_two_changes_within_the_wait_leave_together(event: Row, who: Staff, clock: Clock) -> None:
    one, two = await slot(event), await slot(event, 4)
    await somebody(event, one, two)
    first = await later(one, who)
    clock.turn(minutes=6)
    second = await later(two, who)
    assert {(await notices(change))[0]["not_before"] for change in (first, second)} == {
        clock.now + timedelta(minutes=10)
    }
    await undo(second, who)
    [message] = await notices(first)
    assert message["state"] == "queued"


async def test_what_is_sent_now_waits_no_longer_and_what_was_undone_is_not_sent(event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    change = await later(session, who)
    await send_now(change, who)
    [message] = await notices(change)
    assert message["not_before"] == planned.now() == (await row("plan_change", change))["leaves_at"]
    await undo(change, who)
    with pytest.raises(TooLate):
        await send_now(change, who)
    assert [one["state"] for one in await notices(change)] == ["superseded"]

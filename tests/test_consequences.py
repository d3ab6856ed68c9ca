"""Whom a change touches, counted before it is made; and who is in two places at once."""

from datetime import datetime, timedelta

import pytest

from tests import factories, planned
from tests.factories import Row
from tests.planned import clock, on_the_phone, people, row, somebody
from tests.postbox import Clock
from workshops import consequences, overlaps
from workshops.consequences import Kept
from workshops.database import Engine, fetch
from workshops.mail import address_key
from workshops.overlaps import Booked
from workshops.rights import led_session

__all__ = ["clock"]


@pytest.fixture
async def event(db: Engine, clock: Clock) -> Row:
    return await factories.event()


async def slot(event: Row, hour: float = 0, **given: int) -> Row:
    """A slot of a workshop of its own."""
    return await factories.session(await factories.workshop(event), event, hour, **given)


def at(session: Row, hours: float) -> dict[str, tuple[datetime, datetime]]:
    """This slot, so many hours later."""
    by = timedelta(hours=hours)
    return {session["id"]: (session["starts_at"] + by, session["ends_at"] + by)}


async def test_nobody_is_touched_where_nobody_is(event: Row) -> None:
    touched = await consequences.touched(consequences.slot((await slot(event))["id"]))
    assert (touched.people, touched.by_phone, touched.choosing, touched.waiting, touched.kept) == (0, 0, 0, 0, ())


async def test_everybody_is_counted_once_and_how_they_are_reached(event: Row, clock: Clock) -> None:
    session, other = await slot(event, 0, capacity=4), await slot(event, 2)
    await people(event, 3, session, first_name="Max")
    await somebody(event, session, other)
    await on_the_phone(event, session, number=1)
    dead = {"id": "x1", "address_key": address_key("zoe@example.org"), "cause": "5.1.1", "created_at": clock.now}
    await factories.insert("suppression", dead)
    touched = await consequences.touched(consequences.slot(session["id"]), at(session, 2))
    assert (touched.people, touched.by_phone, touched.choosing, touched.waiting) == (5, 2, 1, 1)
    day = await consequences.touched(consequences.to_come_on(event["id"], clock.now))
    assert (day.people, day.by_phone, day.choosing) == (5, 2, 0)
    await fetch("UPDATE suppression SET lifted_at = {}", clock.now)
    assert (await consequences.touched(consequences.slot(session["id"]))).by_phone == 1


@pytest.mark.parametrize(("hours", "choosing"), [(2, 1), (1.75, 1), (1.25, 0), (2.75, 0), (0, 0)])
async def test_touching_is_no_clash(event: Row, hours: float, choosing: int) -> None:
    session, other = await slot(event), await slot(event, 2)
    await somebody(event, session, other)
    touched = await consequences.touched(consequences.slot(session["id"]), at(session, hours))
    assert touched.choosing == choosing


async def test_a_person_is_known_by_name_and_contact_in_every_event(event: Row) -> None:
    session = await slot(event)
    elsewhere = await factories.event(date=event["date"])
    there = await slot(elsewhere, 2)
    zoe = await somebody(event, session)
    await somebody(elsewhere, there, first_name="LEFEVRE", last_name="zoe")
    await somebody(elsewhere, there, email="other@example.org")
    touched = await consequences.touched(consequences.slot(session["id"]), at(session, 2))
    assert (touched.people, touched.choosing) == (1, 1)
    mine = await overlaps.booked([zoe.attendee])
    assert len({one.attendee for one in mine}) == 2


async def test_only_a_confirmed_place_asks_for_a_choice(event: Row) -> None:
    full, other = await slot(event, capacity=1), await slot(event, 2)
    await somebody(event, full, email="first@example.org")
    await somebody(event, full, other)
    touched = await consequences.touched(consequences.slot(full["id"]), at(full, 2))
    assert (touched.people, touched.choosing, touched.waiting) == (2, 0, 1)


async def test_what_has_begun_or_is_cancelled_is_left_out(event: Row, clock: Clock) -> None:
    begun, coming, off = await slot(event, 0), await slot(event, 3), await slot(event, 5)
    for n, session in enumerate((begun, coming, off)):
        await somebody(event, session, email=f"{n}@example.org")
    await fetch("UPDATE session SET status = 'cancelled' WHERE id = {}", off["id"])
    clock.now = event["starts_at"] + timedelta(minutes=10)
    found = await consequences.sessions_in(consequences.to_come_on(event["id"], clock.now))
    assert [one["id"] for one in found] == [coming["id"]]
    assert (await consequences.touched(consequences.not_over_on(event["id"], clock.now))).people == 2
    assert await consequences.has_begun(event["id"], clock.now)
    assert not await consequences.has_begun(event["id"], event["starts_at"] - timedelta(minutes=1))


async def test_places_without_a_name_are_told_by_staff(event: Row, clock: Clock) -> None:
    one, two = await slot(event, held=5), await slot(event, 2, held=2)
    school = await factories.organisation(name="Lycée Condorcet")
    for number, (session, places, named, by_number, status) in enumerate(
        [
            (one, 4, 1, False, "active"),
            (two, 2, 0, False, "active"),
            (one, 3, 3, False, "active"),
            (one, 9, 1, True, "active"),
            (two, 5, 0, False, "released"),
        ]
    ):
        await factories.insert(
            "hold",
            {
                "id": f"h{number}",
                "session": session["id"],
                "organisation": school["id"],
                "places": places,
                "named": named,
                "by_number": by_number,
                "adult_name": "Ana",
                "adult_phone": "+33612345678",
                "status": status,
                "until_at": session["starts_at"],
                "created_at": clock.now,
            },
        )
    touched = await consequences.touched(consequences.to_come_on(event["id"], clock.now))
    assert touched.kept == (Kept("Lycée Condorcet", 5),)


async def test_a_slot_meets_what_is_at_its_stand_or_with_its_person(event: Row) -> None:
    lead = await planned.organiser(event)
    stands = [
        await factories.workshop(event, title=title, stand=stand, facilitator=person)
        for title, stand, person in (
            ("Mine", "7", "Ana"),
            ("Same stand", "7", None),
            ("Same person", "8", "Ana"),
            ("Neither", "9", "Max"),
            ("None", None, None),
        )
    ]
    session = await factories.session(stands[0], event)
    for workshop in stands:
        await factories.session(workshop, event, 2)
    await factories.session(stands[1], event, 2.75)
    mine = await led_session(lead, session["id"])
    met = await consequences.in_the_way(mine, *at(session, 2)[session["id"]])
    assert sorted((one["title"], one["same"]) for one in met) == [
        ("Mine", "workshop"),
        ("Same person", "facilitator"),
        ("Same stand", "stand"),
    ]
    assert await consequences.in_the_way(mine, *at(session, 1)[session["id"]]) == []


async def test_the_last_come_are_proposed_but_not_those_of_a_group(event: Row, clock: Clock) -> None:
    session = await slot(event, capacity=3)
    came = []
    for name in ("Ana", "Bea", "Clo", "Dan"):
        clock.turn(minutes=1)
        came.append(await somebody(event, session, first_name=name))
    await factories.insert(
        "hold",
        {
            "id": "h1",
            "session": session["id"],
            "organisation": event["lead"],
            "places": 1,
            "named": 1,
            "status": "active",
            "until_at": session["starts_at"],
            "created_at": clock.now,
        },
    )
    await fetch("UPDATE registration SET hold = 'h1' WHERE id = {}", came[2].places[0].id)
    places = await consequences.places_in(consequences.slot(session["id"]))
    assert [place.first_name for place in places] == ["Ana", "Bea", "Clo", "Dan"]
    assert [place.first_name for place in consequences.last_come(places, 2)] == ["Bea", "Ana"]
    assert consequences.last_come(places, 0) == consequences.last_come(places, -1) == []


async def test_what_a_screen_saw_is_another_mark_once_anything_shows(event: Row) -> None:
    session = await slot(event)
    day = await row("event", event["id"])
    rows = await consequences.sessions_in(consequences.slot(session["id"]))
    seen = consequences.mark_of(day, rows)
    assert seen == consequences.mark_of(day, await consequences.sessions_in(consequences.slot(session["id"])))
    for name, value in (
        ("starts_at", session["starts_at"] - timedelta(minutes=5)),
        ("capacity", 9),
        ("sequence", 1),
        ("ends_at", session["ends_at"] + timedelta(minutes=5)),
    ):
        assert consequences.mark_of(day, [rows[0] | {name: value}]) != seen
    assert consequences.mark_of(day | {"venue": "other"}, rows) != seen
    assert consequences.mark_of(day | {"status": "cancelled"}, rows) != seen
    assert consequences.mark_of(day, []) != seen


def test_clashes_are_between_places_of_one_person() -> None:
    start = datetime(2027, 1, 12, 9)

    def one(whose: str, id: str, hour: float) -> Booked:
        begins = start + timedelta(hours=hour)
        return Booked(whose, id, whose, id, id, id, begins, begins + timedelta(hours=1), False)

    held = [one("zoe", "a", 0), one("zoe", "b", 0.5), one("zoe", "c", 1), one("max", "d", 0)]
    found = {id: sorted(other.id for other in others) for id, others in overlaps.clashing(held).items()}
    assert found == {"a": ["b"], "b": ["a", "c"], "c": ["b"]}

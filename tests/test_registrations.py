"""Taking, changing and giving back places: product.md rules 1 to 7, on both engines."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from workshops import changes
from workshops.actors import ANYONE, Actor
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import Invalid, NotFound
from workshops.idempotency import Key
from workshops.refusals import (
    AlreadyRegistered,
    CannotCancel,
    KeyReused,
    OverlappingSessions,
    Refused,
    RegistrationClosed,
    SameWorkshop,
    SessionFull,
    TooManyPlaces,
)
from workshops.registrations import Registered, SignUp, register
from workshops.tables.people import Role

Row = dict[str, Any]


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


async def slot(event: Row, hour: float = 0, **given: Any) -> Row:
    """A slot of a workshop of its own."""
    return await factories.session(await factories.workshop(event), event, hour, **given)


async def counters(session: Row) -> tuple[int, int]:
    """Confirmed and waiting, after checking that counters equal rows."""
    row = await fetch_one("SELECT confirmed, waiting FROM session WHERE id = {}", session["id"])
    rows = await fetch("SELECT status FROM registration WHERE session = {}", session["id"])
    statuses = [one["status"] for one in rows]
    assert row == {"confirmed": statuses.count("confirmed"), "waiting": statuses.count("waiting")}
    return row["confirmed"], row["waiting"]


async def messages() -> list[str]:
    return [row["kind"] for row in await fetch("SELECT kind FROM message ORDER BY created_at, id")]


async def adviser() -> Actor:
    return Actor("token:adviser", Role.ADVISER, (await factories.organisation())["id"])


async def test_several_slots_are_one_decision_one_attendee_one_ticket_and_one_message(event: Row) -> None:
    first, second = await slot(event, 1), await slot(event, 2)
    outcome = await register(factories.sign_up(event, second, first), ANYONE)
    assert [(place.session, place.status) for place in outcome.places] == [
        (first["id"], "confirmed"),
        (second["id"], "confirmed"),
    ]
    assert outcome.created
    assert len(await fetch("SELECT id FROM attendee")) == len(await fetch("SELECT id FROM ticket")) == 1
    assert await messages() == ["your_places"]
    assert await counters(first) == await counters(second) == (1, 0)


async def test_signing_up_again_adds_slots_to_the_same_attendee(event: Row) -> None:
    first = await register(factories.sign_up(event, await slot(event, 1)), ANYONE)
    again = factories.sign_up(event, await slot(event, 2), first_name="LEFEVRE", last_name="zoe")
    second = await register(again, ANYONE)
    assert (second.attendee, second.created) == (first.attendee, False)


async def test_a_family_with_one_address_is_one_attendee_a_name(event: Row) -> None:
    session = await slot(event)
    one = await register(factories.sign_up(event, session), ANYONE)
    other = await register(factories.sign_up(event, session, first_name="Léon"), ANYONE)
    assert one.attendee != other.attendee
    assert await counters(session) == (2, 0)


async def test_a_full_slot_is_waited_for_in_order_or_refused(event: Row) -> None:
    session = await slot(event, capacity=1)
    await register(factories.sign_up(event, session), ANYONE)
    other = factories.sign_up(event, session, first_name="Léon")
    with pytest.raises(SessionFull) as refusal:
        await register(other, ANYONE)
    assert refusal.value.sessions == [session["id"]]
    for name in ("Léon", "Ana"):
        outcome = await register(factories.sign_up(event, session, if_full="wait", first_name=name), ANYONE)
        assert [place.status for place in outcome.places] == ["waiting"]
    assert await counters(session) == (1, 2)
    positions = await fetch("SELECT position FROM registration WHERE status = 'waiting' ORDER BY created_at")
    assert [row["position"] for row in positions] == [1, 2]


async def test_one_full_slot_among_several_changes_nothing_when_refusing(event: Row) -> None:
    full, free = await slot(event, 1, capacity=1), await slot(event, 2)
    await register(factories.sign_up(event, full), ANYONE)
    with pytest.raises(SessionFull):
        await register(factories.sign_up(event, full, free, first_name="Léon"), ANYONE)
    assert await counters(free) == (0, 0)
    assert len(await fetch("SELECT id FROM attendee")) == 1


async def test_no_newcomer_takes_a_place_that_is_owed_to_who_waits(event: Row) -> None:
    session = await slot(event, capacity=1)
    taken = await register(factories.sign_up(event, session), ANYONE)
    await register(factories.sign_up(event, session, if_full="wait", first_name="Léon"), ANYONE)
    await changes.cancel(taken.places[0].id, Actor(f"attendee:{taken.attendee}"))
    with pytest.raises(SessionFull):
        await register(factories.sign_up(event, session, first_name="Ana"), ANYONE)


async def test_a_clash_inside_the_request_is_named(event: Row) -> None:
    first, overlapping = await slot(event, 1), await slot(event, 1.5)
    with pytest.raises(OverlappingSessions) as refusal:
        await register(factories.sign_up(event, first, overlapping), ANYONE)
    assert set(refusal.value.sessions) == {first["id"], overlapping["id"]}
    workshop = await factories.workshop(event)
    twice = [await factories.session(workshop, event, hour) for hour in (1, 2)]
    with pytest.raises(SameWorkshop):
        await register(factories.sign_up(event, *twice), ANYONE)
    with pytest.raises(TooManyPlaces):
        await register(factories.sign_up(event, *[await slot(event, hour) for hour in range(5)]), ANYONE)


async def test_touching_slots_do_not_overlap(event: Row) -> None:
    outcome = await register(factories.sign_up(event, await slot(event, 1), await slot(event, 1.75)), ANYONE)
    assert len(outcome.places) == 2


async def test_a_stranger_reads_one_wording_whatever_is_stored_and_the_owner_is_sent_the_link(event: Row) -> None:
    workshop = await factories.workshop(event)
    stored = await factories.session(workshop, event, 1)
    await register(factories.sign_up(event, stored), ANYONE)
    clashing = [stored, await slot(event, 1.25), await factories.session(workshop, event, 4)]
    for session in clashing:
        with pytest.raises(AlreadyRegistered):
            await register(factories.sign_up(event, session), ANYONE)
    assert await messages() == ["your_places", "your_link"]
    assert (await fetch_one("SELECT COUNT(*) AS n FROM registration")) == {"n": 1}


async def test_overlap_counts_across_events_of_whatever_agency(event: Row) -> None:
    other = await factories.event()
    await register(factories.sign_up(event, await slot(event, 1)), ANYONE)
    with pytest.raises(AlreadyRegistered):
        await register(factories.sign_up(other, await slot(other, 1.5)), ANYONE)


async def test_waiting_may_overlap_anything(event: Row) -> None:
    full = await slot(event, 1, capacity=1)
    await register(factories.sign_up(event, full, first_name="Léon"), ANYONE)
    await register(factories.sign_up(event, await slot(event, 1)), ANYONE)
    outcome = await register(factories.sign_up(event, full, if_full="wait"), ANYONE)
    assert outcome.places[0].status == "waiting"


async def test_contacts_that_match_in_part_or_point_to_two_people_are_refused(event: Row) -> None:
    await register(factories.sign_up(event, await slot(event, 1)), ANYONE)
    phone = "+33639980001"
    await register(factories.sign_up(event, await slot(event, 2), email=None, phone=phone), ANYONE)
    later = await slot(event, 3)
    for given in ({"phone": "+33639980002"}, {"phone": phone}):
        with pytest.raises(AlreadyRegistered):
            await register(factories.sign_up(event, later, **given), ANYONE)
    assert await counters(later) == (0, 0)


async def test_who_is_known_by_phone_is_written_to_at_the_stored_address(event: Row) -> None:
    """Its lock comes before those of sessions, so the transaction begins again with it."""
    given: Row = {"email": "zoe@example.org", "phone": "+33639980001"}
    first = await register(factories.sign_up(event, await slot(event, 1), **given), ANYONE)
    later = factories.sign_up(event, await slot(event, 2), **{**given, "email": None})
    assert (await register(later, ANYONE)).attendee == first.attendee
    with pytest.raises(AlreadyRegistered):
        await register(later, ANYONE)
    assert await messages() == ["your_places", "your_places", "your_link"]


async def test_who_may_see_a_person_is_told_what_clashes(event: Row) -> None:
    actor = await adviser()
    stored = await slot(event, 1)
    await register(factories.sign_up(event, stored, email=None), actor)
    with pytest.raises(OverlappingSessions):
        await register(factories.sign_up(event, await slot(event, 1.25), email=None), actor)
    referrals = await fetch("SELECT agency, mode FROM referral")
    assert referrals == [{"agency": actor.organisation, "mode": "on_behalf"}]


async def test_an_adviser_learns_nothing_of_another_agencys_people(event: Row) -> None:
    stored = await slot(event, 1)
    await register(factories.sign_up(event, stored), await adviser())
    with pytest.raises(AlreadyRegistered):
        await register(factories.sign_up(event, await slot(event, 1.25)), await adviser())


async def test_an_organiser_books_for_the_events_its_agency_leads_only(event: Row) -> None:
    session = await slot(event)
    with pytest.raises(NotFound):
        await register(factories.sign_up(event, session), Actor("token:o", Role.ORGANISER, "nobody"))
    own = Actor("token:o", Role.ORGANISER, event["lead"])
    assert (await register(factories.sign_up(event, session), own)).visible


@pytest.mark.parametrize(
    ("of_event", "of_session"),
    [
        ({"status": "closed"}, {}),
        ({"status": "cancelled"}, {}),
        ({}, {"status": "cancelled"}),
        ({"sign_up_opens_at": utcnow() + timedelta(days=1)}, {}),
        ({"date": (utcnow() - timedelta(days=1)).date()}, {}),
    ],
)
async def test_a_closed_slot_is_refused(db: Engine, of_event: Row, of_session: Row) -> None:
    event = await factories.event(**of_event)
    with pytest.raises(RegistrationClosed):
        await register(factories.sign_up(event, await slot(event, **of_session)), ANYONE)


async def test_sign_up_closes_before_a_slot_begins_but_staff_may_book_until_then(db: Engine) -> None:
    event = await factories.event(starts_at=utcnow() + timedelta(hours=1), ends_at=utcnow() + timedelta(hours=9))
    session = await slot(event)
    with pytest.raises(RegistrationClosed):
        await register(factories.sign_up(event, session), ANYONE)
    outcome = await register(factories.sign_up(event, session), await adviser())
    assert outcome.places[0].status == "confirmed"


async def test_closing_sign_up_turns_the_public_away_and_not_staff(db: Engine) -> None:
    event = await factories.event(status="closed")
    session = await slot(event)
    assert (await register(factories.sign_up(event, session), await adviser())).places[0].status == "confirmed"
    begun = await slot(event, starts_at=utcnow() - timedelta(minutes=1))
    with pytest.raises(RegistrationClosed):
        await register(factories.sign_up(event, begun), await adviser())


async def test_drafts_unknown_events_and_foreign_slots(event: Row) -> None:
    session, draft = await slot(event), await factories.event(status="draft", venue=None)
    foreign = await slot(await factories.event())
    person = factories.person()
    for asked, ids in ((draft["id"], (session["id"],)), ("nothing", (session["id"],)), ("'; --\0", ("x",))):
        with pytest.raises(NotFound):
            await register(SignUp(asked, person, ids), ANYONE)
    with pytest.raises(NotFound):
        await register(factories.sign_up(draft, await slot(draft)), ANYONE)
    for wrong in ([foreign["id"]], ["unknown"], [session["id"], foreign["id"]]):
        with pytest.raises(Invalid) as refusal:
            await register(SignUp(event["id"], person, tuple(wrong)), ANYONE)
        assert [fault.name for fault in refusal.value.faults] == ["sessions"]


async def test_a_workshop_for_people_of_16_and_over_is_not_for_the_younger(event: Row) -> None:
    session = await factories.session(await factories.workshop(event, min_age=16), event)
    with pytest.raises(Invalid) as refusal:
        await register(factories.sign_up(event, session, aged_16_or_over=False), ANYONE)
    assert [fault.name for fault in refusal.value.faults] == ["aged_16_or_over"]


async def test_the_same_key_is_done_once_and_answered_alike_also_at_once(event: Row) -> None:
    session = await slot(event)
    key = Key("public", "register", "one", "hash")

    async def ask() -> Registered:
        return await register(factories.sign_up(event, session), ANYONE, key)

    outcomes = await asyncio.gather(*[asyncio.ensure_future(ask()) for _ in range(8)])
    assert len({(one.attendee, one.places) for one in outcomes}) == 1
    assert await ask() == outcomes[0]
    assert await counters(session) == (1, 0)
    with pytest.raises(KeyReused):
        await register(factories.sign_up(event, session), ANYONE, Key("public", "register", "one", "other"))


async def test_a_refusal_that_sent_a_link_is_answered_alike(event: Row) -> None:
    session = await slot(event)
    await register(factories.sign_up(event, session), ANYONE)
    for _ in range(2):
        with pytest.raises(AlreadyRegistered):
            await register(factories.sign_up(event, session), ANYONE, Key("public", "register", "one", "hash"))
    assert await messages() == ["your_places", "your_link"]


async def test_one_person_asking_at_once_for_two_overlapping_slots_never_gets_both(event: Row) -> None:
    for attempt in range(20):
        pair = [await slot(event, 1, capacity=50), await slot(event, 1.25, capacity=50)]
        asked = [factories.sign_up(event, one, email=f"p{attempt}@example.org") for one in pair]
        outcomes = await asyncio.gather(*[register(one, ANYONE) for one in asked], return_exceptions=True)
        assert sorted(type(one).__name__ for one in outcomes) == ["AlreadyRegistered", "Registered"]


async def test_cancelling_gives_the_place_back_once(event: Row) -> None:
    session = await slot(event)
    taken = await register(factories.sign_up(event, session), ANYONE)
    owner = Actor(f"attendee:{taken.attendee}")
    for _ in range(2):
        found = await changes.cancel(taken.places[0].id, owner)
        assert found.place.status == "cancelled"
    assert await counters(session) == (0, 0)
    assert (await register(factories.sign_up(event, session), ANYONE)).attendee == taken.attendee


async def test_cancelling_at_once_takes_the_place_off_the_counter_once(event: Row) -> None:
    session = await slot(event)
    taken = await register(factories.sign_up(event, session), ANYONE)
    owner = Actor(f"attendee:{taken.attendee}")
    await asyncio.gather(*[changes.cancel(taken.places[0].id, owner) for _ in range(8)])
    assert await counters(session) == (0, 0)


async def test_a_slot_that_has_begun_is_not_cancelled_and_nobody_elses_place_is_seen(event: Row) -> None:
    session = await slot(event)
    taken = await register(factories.sign_up(event, session), ANYONE)
    place, owner = taken.places[0].id, Actor(f"attendee:{taken.attendee}")
    for stranger in (ANYONE, Actor("attendee:somebody"), await adviser(), Actor("t", Role.ORGANISER, "nobody")):
        with pytest.raises(NotFound):
            await changes.see(place, stranger)
        with pytest.raises(NotFound):
            await changes.cancel(place, stranger)
    before = utcnow() - timedelta(minutes=1)
    await fetch("UPDATE session SET starts_at = {} WHERE id = {}", before, session["id"])
    with pytest.raises(CannotCancel):
        await changes.cancel(place, owner)


async def test_a_place_is_exchanged_or_kept(event: Row) -> None:
    old, new, full = await slot(event, 1), await slot(event, 1), await slot(event, 2, capacity=1)
    taken = await register(factories.sign_up(event, old), ANYONE)
    await register(factories.sign_up(event, full, first_name="Léon"), ANYONE)
    organiser = Actor("token:o", Role.ORGANISER, event["lead"])
    moved = await changes.move(taken.places[0].id, new["id"], "refuse", organiser)
    assert (moved.place.session, moved.place.status) == (new["id"], "confirmed")
    assert await counters(old) == (0, 0)
    assert await counters(new) == (1, 0)
    with pytest.raises(SessionFull):
        await changes.move(moved.place.id, full["id"], "refuse", organiser)
    assert await counters(new) == (1, 0)
    waiting = await changes.move(moved.place.id, full["id"], "wait", organiser)
    assert waiting.place.status == "waiting"
    assert await counters(new) == (1, 0)
    assert await counters(full) == (1, 1)


async def test_400_people_at_once_on_200_places(event: Row) -> None:
    session = await slot(event, capacity=200)
    asked = [factories.sign_up(event, session, if_full="wait", email=f"p{number}@example.org") for number in range(400)]
    outcomes = await asyncio.gather(*[register(one, ANYONE) for one in asked], return_exceptions=True)
    assert not [one for one in outcomes if isinstance(one, BaseException) and not isinstance(one, Refused)]
    assert await counters(session) == (200, 200)
    assert len(await messages()) == 400

"""Kept places: never more than there are, freed in time, given to people, and a group that comes by number."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import factories, truths
from tests.factories import Row
from workshops import changes, holds, kept, worker
from workshops.actors import ANYONE, Actor
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import Invalid, NotFound
from workshops.holds import HoldReleased, Keeping, NotEnoughPlaces, Terms
from workshops.refusals import GroupPlace, RegistrationClosed, SessionFull
from workshops.registrations import Registered, SignUp, register
from workshops.tables.people import Role

SOON = timedelta(days=2)
ADULT = {"adult_name": "Mme Anne Petit", "adult_phone": "+33639980000"}


class Day:
    """A led day with three slots of eight places, two of them at the same hour."""

    def __init__(self, event: Row, slots: list[Row], agency: str) -> None:
        self.event, self.slots, self.agency = event, slots, agency
        self.organiser = Actor("account:organiser", Role.ORGANISER, event["lead"])

    def keeping(self, *slots: Row, **given: Any) -> Keeping:
        asked = {"places": 3, "organisation": self.agency, "until": utcnow() + SOON, **given}
        return Keeping(tuple(slot["id"] for slot in slots or self.slots[:1]), **asked)

    async def keep(self, *slots: Row, **given: Any) -> str | None:
        return await holds.keep(self.event["id"], self.keeping(*slots, **given), self.organiser)

    async def only(self) -> Row:
        (row,) = await fetch("SELECT * FROM hold")
        return row

    async def book(self, *slots: Row, if_full: str = "refuse", **given: Any) -> Registered:
        return await register(factories.sign_up(self.event, *slots or self.slots[:1], if_full=if_full, **given), ANYONE)


@pytest.fixture
async def day(db: Engine) -> Day:
    event = await factories.event()
    slots = [await factories.session(await factories.workshop(event), event, hour) for hour in (0, 0, 2)]
    return Day(event, slots, (await factories.organisation())["id"])


async def counters(slot: Row) -> dict[str, int]:
    row = await fetch_one("SELECT confirmed, held, waiting FROM session WHERE id = {}", slot["id"])
    assert row is not None
    return row


async def named(day: Day, hold: str, **given: Any) -> Registered:
    sign_up = factories.sign_up(day.event, day.slots[0], **given)
    return await register(holding(sign_up, hold), day.organiser)


def holding(sign_up: SignUp, hold: str) -> SignUp:
    return replace(sign_up, holds=(hold,))


async def test_kept_places_are_off_the_market(day: Day) -> None:
    assert await day.keep(*day.slots, places=8, note="Un groupe de jeunes") is None
    assert [await counters(slot) for slot in day.slots] == [{"confirmed": 0, "held": 8, "waiting": 0}] * 3
    with pytest.raises(SessionFull):
        await day.book()
    rows = await kept.held(day.event["id"])
    assert [(row["places"], row["named"], row["status"], row["note"]) for row in rows] == [
        (8, 0, "active", "Un groupe de jeunes")
    ] * 3
    entry = (await fetch("SELECT * FROM audit_entry"))[0]
    assert (entry["action"], entry["actor"], entry["event"]) == ("keep_places", "account:organiser", day.event["id"])
    assert "jeunes" not in entry["changes"]
    assert await truths.offenders() == {}


async def test_all_slots_or_none(day: Day) -> None:
    for number in range(6):
        await day.book(email=f"p{number}@example.org")
    with pytest.raises(NotEnoughPlaces) as refused:
        await day.keep(*day.slots)
    assert refused.value.left == {day.slots[0]["id"]: 2}
    assert await fetch("SELECT id FROM hold") == []
    assert (await counters(day.slots[1]))["held"] == 0


async def test_a_place_owed_to_who_waits_is_not_kept_for_others(day: Day) -> None:
    slot = await factories.session(await factories.workshop(day.event), day.event, 4, capacity=1)
    first = await day.book(slot)
    await day.book(slot, if_full="wait", email="waits@example.org")
    await changes.cancel(first.places[0].id, day.organiser)
    with pytest.raises(NotEnoughPlaces) as refused:
        await day.keep(slot, places=1)
    assert refused.value.left == {slot["id"]: 0}


async def test_the_number_changes_up_to_what_is_free_and_down_to_what_is_named(day: Day) -> None:
    await day.keep()
    hold = (await day.only())["id"]
    for number in range(4):
        await day.book(email=f"p{number}@example.org")
    await holds.change(hold, Terms(4), day.organiser)
    with pytest.raises(NotEnoughPlaces) as refused:
        await holds.change(hold, Terms(5), day.organiser)
    assert refused.value.left == {day.slots[0]["id"]: 4}
    await named(day, hold, email="named@example.org")
    await named(day, hold, email="other@example.org", first_name="Ali")
    with pytest.raises(Invalid):
        await holds.change(hold, Terms(1), day.organiser)
    await holds.change(hold, Terms(2, note="Deux"), day.organiser)
    assert await counters(day.slots[0]) == {"confirmed": 6, "held": 0, "waiting": 0}
    assert await truths.offenders() == {}


async def test_the_date_is_never_after_the_slot_begins(day: Day) -> None:
    await day.keep(until=day.event["ends_at"] + timedelta(days=9))
    hold = await day.only()
    assert hold["until_at"] == day.slots[0]["starts_at"]
    sooner = utcnow() + timedelta(days=1)
    await holds.change(hold["id"], Terms(3, until=sooner), day.organiser)
    assert (await day.only())["until_at"] == sooner


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"places": 0}, "places"),
        ({"places": 501}, "places"),
        ({"until": None}, "until"),
        ({"until": utcnow() - timedelta(days=1)}, "until"),
        ({"by_number": True}, "adult_name"),
        ({"organisation": "nobody"}, "organisation"),
        ({"organisation": None}, "organisation"),
    ],
)
async def test_faulty_terms_are_named(day: Day, given: Row, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await day.keep(**given)
    assert [fault.name for fault in refused.value.faults] == [field]
    assert await fetch("SELECT id FROM hold") == []


async def test_what_is_over_or_off_or_elsewhere_cannot_be_kept(day: Day) -> None:
    workshop = await factories.workshop(day.event)
    begun = await factories.session(workshop, day.event, 0, starts_at=utcnow() - timedelta(minutes=1))
    off = await factories.session(workshop, day.event, 5, status="cancelled", cancelled_at=utcnow())
    for slot in (begun, off):
        with pytest.raises(RegistrationClosed):
            await day.keep(day.slots[0], slot)
    other = await factories.event()
    strange = await factories.session(await factories.workshop(other), other, 0)
    with pytest.raises(Invalid):
        await day.keep(day.slots[0], strange)


async def test_a_draft_may_have_kept_places(db: Engine) -> None:
    event = await factories.event(status="draft")
    slot = await factories.session(await factories.workshop(event, status="draft"), event)
    draft = Day(event, [slot], (await factories.organisation())["id"])
    assert await draft.keep(by_number=True, **ADULT)
    assert (await counters(slot))["held"] == 2


async def test_released_by_hand_it_is_free_at_once(day: Day) -> None:
    await day.keep(places=8)
    hold = (await day.only())["id"]
    await named(day, hold)
    await holds.release(hold, day.organiser)
    await holds.release(hold, day.organiser)
    assert await counters(day.slots[0]) == {"confirmed": 1, "held": 0, "waiting": 0}
    with pytest.raises(HoldReleased):
        await holds.change(hold, Terms(8), day.organiser)
    assert (await day.book(email="new@example.org")).places[0].status == "confirmed"
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'release_hold'")) == 1


async def test_unused_it_frees_itself_when_its_date_has_come(day: Day) -> None:
    await day.keep(day.slots[0], places=8)
    await day.keep(day.slots[1], places=8, until=utcnow() + timedelta(days=4))
    waits = await day.book(day.slots[0], if_full="wait", email="waits@example.org")
    assert await holds.release_due(utcnow() + SOON - timedelta(seconds=5)) == 0
    assert await holds.release_due(utcnow() + SOON) == 1
    assert await holds.release_due(utcnow() + SOON) == 0
    assert await counters(day.slots[0]) == {"confirmed": 1, "held": 0, "waiting": 0}
    assert (await counters(day.slots[1]))["held"] == 8
    assert waits.places[0].status == "waiting"
    [told] = await fetch("SELECT kind FROM message WHERE registration = {}", waits.places[0].id)
    assert told["kind"] == "place_given"
    assert await truths.offenders() == {}


async def test_a_person_gets_a_kept_place_of_a_full_slot(day: Day) -> None:
    await day.keep(places=2)
    for number in range(6):
        await day.book(email=f"p{number}@example.org")
    await day.book(email="waits@example.org", if_full="wait")
    hold = (await day.only())["id"]
    given = await named(day, hold, email="named@example.org")
    assert given.places[0].status == "confirmed"
    assert (await day.only())["named"] == 1
    assert await counters(day.slots[0]) == {"confirmed": 7, "held": 1, "waiting": 1}
    await changes.cancel(given.places[0].id, day.organiser)
    assert await counters(day.slots[0]) == {"confirmed": 6, "held": 2, "waiting": 1}
    assert await truths.offenders() == {}


async def test_a_place_given_back_after_the_release_is_nobody_s(day: Day) -> None:
    await day.keep(places=2)
    hold = (await day.only())["id"]
    given = await named(day, hold)
    await holds.release_due(utcnow() + SOON)
    await changes.cancel(given.places[0].id, day.organiser)
    assert await counters(day.slots[0]) == {"confirmed": 0, "held": 0, "waiting": 0}


async def test_moved_away_the_kept_place_is_kept_again(day: Day) -> None:
    await day.keep(places=2)
    given = await named(day, (await day.only())["id"])
    await changes.move(given.places[0].id, day.slots[2]["id"], "refuse", day.organiser)
    assert [await counters(slot) for slot in (day.slots[0], day.slots[2])] == [
        {"confirmed": 0, "held": 2, "waiting": 0},
        {"confirmed": 1, "held": 0, "waiting": 0},
    ]
    assert await truths.offenders() == {}


@pytest.mark.parametrize("why", ["used up", "over", "another agency's", "a group's"])
async def test_no_kept_place_without_a_right_to_it(day: Day, why: str) -> None:
    group = {"by_number": True, **ADULT} if why == "a group's" else {}
    await day.keep(places=8, **group)
    hold = (await day.only())["id"]
    actor = day.organiser
    if why == "used up":
        await fetch("UPDATE hold SET named = places")
    if why == "over":
        await fetch("UPDATE hold SET until_at = {}", utcnow())
    if why == "another agency's":
        actor = Actor("account:adviser", Role.ADVISER, (await factories.organisation())["id"])
    with pytest.raises(SessionFull):
        await register(holding(factories.sign_up(day.event, day.slots[0]), hold), actor)
    with pytest.raises(SessionFull):
        await register(holding(factories.sign_up(day.event, day.slots[0]), hold), ANYONE)


async def test_a_group_comes_by_number_on_one_ticket(day: Day) -> None:
    attendee = await day.keep(*day.slots, places=5, by_number=True, organisation=None, school="Lycée Zola", **ADULT)
    person = await fetch_one("SELECT * FROM attendee")
    assert person is not None
    assert (person["id"], person["kind"], person["size"]) == (attendee, "group", 10)  # two slots at the same hour
    assert (person["first_name"], person["last_name"], person["adult_name"]) == (
        "Groupe",
        "Lycée Zola",
        ADULT["adult_name"],
    )
    assert len(await fetch("SELECT id FROM ticket WHERE attendee = {}", attendee)) == 1
    assert [await counters(slot) for slot in day.slots] == [{"confirmed": 1, "held": 4, "waiting": 0}] * 3
    assert await fetch("SELECT id FROM message") == []
    assert await holds.release_due(day.event["starts_at"] + timedelta(days=1)) == 0
    assert await truths.offenders() == {}


async def test_a_group_grows_shrinks_and_goes(day: Day) -> None:
    attendee = await day.keep(*day.slots, places=5, by_number=True, **ADULT)
    first, second, third = (
        row["id"]
        for row in await fetch("SELECT h.id FROM hold h JOIN session s ON s.id = h.session ORDER BY s.starts_at, s.id")
    )
    await holds.change(third, Terms(8, adult_name="M. Ali Brun", adult_phone="+33639980001"), day.organiser)
    assert await size(attendee) == (10, "M. Ali Brun")
    assert {row["adult_name"] for row in await fetch("SELECT adult_name FROM hold")} == {"M. Ali Brun"}
    await holds.release(first, day.organiser)
    assert await size(attendee) == (8, "M. Ali Brun")
    await holds.release(second, day.organiser)
    await holds.release(third, day.organiser)
    assert [await counters(slot) for slot in day.slots] == [{"confirmed": 0, "held": 0, "waiting": 0}] * 3
    assert await truths.offenders() == {}


async def size(attendee: str | None) -> tuple[int, str]:
    row = await fetch_one("SELECT size, adult_name FROM attendee WHERE id = {}", attendee)
    assert row is not None
    return row["size"], row["adult_name"]


async def test_a_group_that_gives_its_place_back_keeps_nothing(day: Day) -> None:
    await day.keep(places=5, by_number=True, **ADULT)
    (place,) = await fetch("SELECT id FROM registration")
    with pytest.raises(GroupPlace):
        await changes.move(place["id"], day.slots[2]["id"], "refuse", day.organiser)
    await changes.cancel(place["id"], day.organiser)
    assert await counters(day.slots[0]) == {"confirmed": 0, "held": 0, "waiting": 0}
    assert (await day.only())["status"] == "released"


async def test_a_school_is_written_down_once(day: Day) -> None:
    for name in ("Lycée Émile-Zola", "lycee emile zola"):
        await day.keep(places=1, organisation=None, school=name)
    schools = await fetch("SELECT id, kind, name FROM organisation WHERE agency_type = 'school'")
    assert [(one["kind"], one["name"]) for one in schools] == [("agency", "Lycée Émile-Zola")]
    assert {row["organisation"] for row in await fetch("SELECT organisation FROM hold")} == {schools[0]["id"]}


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.ADVISER, Role.HOST, Role.EXHIBITOR, Role.DOOR])
async def test_somebody_else_s_day_is_not_there(day: Day, role: Role) -> None:
    await day.keep()
    hold, stranger = (await day.only())["id"], Actor("account:x", role, (await factories.organisation())["id"])
    for attempt in (
        holds.keep(day.event["id"], day.keeping(), stranger),
        holds.change(hold, Terms(2), stranger),
        holds.release(hold, stranger),
    ):
        with pytest.raises(NotFound):
            await attempt
    admin = Actor("account:admin", Role.ADMIN)
    await holds.change(hold, Terms(2), admin)


async def test_keepers_and_people_race_for_the_last_places(day: Day) -> None:
    """Twelve want two places each of eight, twenty people want one: the counter is never passed, nothing is lost."""
    slot = day.slots[0]
    keepers = [day.keep(slot, places=2) for _ in range(12)]
    people = [day.book(slot, email=f"p{number}@example.org") for number in range(20)]
    answers = await asyncio.gather(
        *(one for pair in zip(keepers, people, strict=False) for one in pair), return_exceptions=True
    )
    for late in people[12:]:
        with pytest.raises(SessionFull):
            await late
    kinds = Counter(type(answer) for answer in answers)
    assert set(kinds) <= {type(None), Registered, NotEnoughPlaces, SessionFull}
    row = await counters(slot)
    assert (row["confirmed"], row["held"]) == (kinds[Registered], 2 * kinds[type(None)])
    assert row["confirmed"] + row["held"] in (7, 8)
    assert await truths.offenders() == {}


async def test_the_last_kept_place_is_given_once_and_not_released_too(day: Day) -> None:
    await day.keep(places=1)
    hold = (await day.only())["id"]
    givers = [named(day, hold, email=f"p{number}@example.org") for number in range(6)]
    answers = await asyncio.gather(*givers, holds.release_due(utcnow() + SOON), return_exceptions=True)
    assert [type(one) for one in answers[:6]] == [Registered] * 6  # the others took what was free
    row = await day.only()
    assert (row["status"], row["named"]) in (("released", 0), ("released", 1), ("active", 1))
    assert (await counters(day.slots[0]))["confirmed"] == 6
    assert await truths.offenders() == {}


async def test_two_change_the_same_hold_at_once(day: Day) -> None:
    await day.keep(places=1)
    hold = (await day.only())["id"]
    asked = [holds.change(hold, Terms(number), day.organiser) for number in range(2, 9)]
    await asyncio.gather(*asked, return_exceptions=True)
    assert (await counters(day.slots[0]))["held"] == (await day.only())["places"]
    assert await truths.offenders() == {}


async def test_the_worker_looks_at_the_clock(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    await day.keep(until=utcnow() + timedelta(seconds=1))

    async def broken(now: datetime) -> int:
        raise RuntimeError

    monkeypatch.setattr(worker, "DUE", (broken, *worker.DUE))
    await worker._look_at_the_clock(worker.DUE, utcnow() + SOON)
    assert (await day.only())["status"] == "released"

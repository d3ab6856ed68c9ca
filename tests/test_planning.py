"""Planning a day: made, copied, its stands and slots changed while nobody is signed up, shown to the public."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests import factories
from tests.factories import Row
from tests.staff import make_staff
from workshops import programme
from workshops.actors import ANYONE, Staff
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import Invalid, NotAllowed, NotFound
from workshops.grid import read_rule
from workshops.handover import HallTaken
from workshops.planning import days, facts, lines, publish_due, publishing, slots, stands
from workshops.planning import plan as plans
from workshops.planning.days import NewDay, Single
from workshops.planning.plan import Plan
from workshops.planning.publishing import NoHall, NotInThisState
from workshops.planning.refused import Clashing, PlanClosed, SlotTaken, StalePlan
from workshops.planning.slots import Saved, Wish
from workshops.planning.stands import Facts
from workshops.registrations import register
from workshops.tables.people import Role
from workshops.worker import DUE

PARIS = ZoneInfo("Europe/Paris")
RULE = read_rule("toutes les 45 minutes de 9 h à 12 h et de 13 h 30 à 16 h 30, 8 places")
LINES = lines.read_lines("Dupont Bâtiment ; Maçon, maçonne ; rh@dupont.example\nLens Soins\tAide-soignant")
SOON = (utcnow() + timedelta(days=30)).date()


@pytest.fixture
async def who(db: Engine) -> Staff:
    return (await make_staff(Role.ORGANISER))[0]


def day(**given: Any) -> NewDay:
    return NewDay(**{"title": "Osons nos talents à Lens", "date": SOON, "starts": time(9), "ends": time(17), **given})


async def planned(who: Staff, **given: Any) -> Plan:
    return await plans.read(await days.make(day(**given), who), who)


async def filled(who: Staff, **given: Any) -> Plan:
    """A day of two stands with eight slots each."""
    plan = await planned(who, **given)
    await stands.add(plan.event["id"], plan.event["version"], LINES, RULE, who)
    return await again(plan, who)


async def again(plan: Plan, who: Staff) -> Plan:
    return await plans.read(plan.event["id"], who)


async def journal(event: str) -> list[str]:
    rows = await fetch("SELECT action FROM audit_entry WHERE event = {} ORDER BY at, id", event)
    return [row["action"] for row in rows]


async def room_of(who: Staff) -> str:
    return str((await factories.venue(organisation=who.organisation, name="Salle de réunion"))["id"])


def at(plan: Plan, hour: float) -> datetime:
    start = datetime.combine(plan.event["date"], time(), PARIS)
    return start + timedelta(hours=hour)


def clock(moment: datetime) -> str:
    return moment.astimezone(PARIS).strftime("%H:%M")


# A day from nothing


async def test_a_day_from_nothing_is_a_draft_of_its_agency(who: Staff) -> None:
    plan = await planned(who)
    assert (plan.event["status"], plan.event["lead"], plan.event["venue"]) == ("draft", who.organisation, None)
    assert (clock(plan.event["starts_at"]), clock(plan.event["ends_at"])) == ("09:00", "17:00")
    assert (plan.stands, plan.halls, plan.people) == ((), (), 0)
    assert await journal(plan.event["id"]) == ["make_day"]


async def test_a_room_of_its_own_is_promised_at_once_and_to_one_day_only(who: Staff) -> None:
    room = await room_of(who)
    plan = await planned(who, room=room)
    assert plan.event["venue"] == room
    assert plan.hall
    assert plan.hall.status == "accepted"
    with pytest.raises(HallTaken):
        await planned(who, room=room)
    assert len(await fetch("SELECT id FROM event")) == 1
    assert (await planned(who, room=room, date=SOON + timedelta(days=1))).hall
    for foreign in ((await factories.venue())["id"], await room_of((await make_staff(Role.ORGANISER))[0])):
        with pytest.raises(Invalid):
            await planned(who, room=foreign)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"date": date(2020, 1, 1)}, "date"),
        ({"starts": time(17), "ends": time(9)}, "ends"),
    ],
)
async def test_a_day_that_cannot_be_is_refused(who: Staff, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await days.make(day(**given), who)
    assert [fault.name for fault in refused.value.faults] == [field]
    assert not await fetch("SELECT id FROM event")


async def test_who_makes_a_day_leads_it(db: Engine) -> None:
    admin, _ = await make_staff(Role.ADMIN)
    with pytest.raises(Invalid):
        await days.make(day(), admin)
    agency = (await factories.organisation())["id"]
    assert (await planned(admin, lead=agency)).event["lead"] == agency
    for role in (Role.ADVISER, Role.HOST, Role.EXHIBITOR):
        with pytest.raises(NotAllowed):
            await days.make(day(), (await make_staff(role))[0])


async def test_a_plan_is_seen_by_those_who_lead_it(who: Staff) -> None:
    plan = await planned(who)
    for role in (Role.ORGANISER, Role.ADVISER):
        with pytest.raises(NotFound):
            await plans.read(plan.event["id"], (await make_staff(role))[0])
    other, _ = await make_staff(Role.ORGANISER)
    await facts.change(plan.event["id"], 1, as_facts(plan, co_leads=(other.organisation or "",)), who)
    assert (await again(plan, other)).event["id"] == plan.event["id"]


# Stands and their slots


async def test_stands_are_pasted_with_their_slots(who: Staff) -> None:
    await factories.organisation("exhibitor", name="DUPONT-BATIMENT", slug="dupont")
    plan = await filled(who)
    mason, carer = plan.stands
    assert (mason.company, mason.title, mason.rome_code, mason.stand) == (
        "DUPONT-BATIMENT", "Maçon, maçonne", "F1703", "1",
    )  # fmt: skip
    assert (mason.email, mason.status) == ("rh@dupont.example", "draft")
    assert (carer.company, carer.rome_code, carer.stand) == ("Lens Soins", "J1501", "2")
    assert [clock(slot.starts_at) for slot in carer.slots] == [
        "09:00", "09:45", "10:30", "11:15", "13:30", "14:15", "15:00", "15:45",
    ]  # fmt: skip
    assert {slot.capacity for slot in plan.slots} == {8}
    assert plan.event["version"] == 2
    assert await journal(plan.event["id"]) == ["make_day", "add_stands"]
    again_ = await stands.add(plan.event["id"], 2, LINES, None, who)
    numbers = [stand.stand for stand in (await again(plan, who)).stands if stand.id in again_]
    assert numbers == ["3", "4"]
    assert len(await fetch("SELECT id FROM organisation WHERE kind = 'exhibitor'")) == 2


async def test_a_known_address_of_an_exhibitor_stays(who: Staff) -> None:
    await factories.organisation("exhibitor", name="Dupont Bâtiment", email="own@dupont.example")
    assert (await filled(who)).stands[0].email == "own@dupont.example"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [None]),
        (" ;\n\t", [None]),
        ("Dupont", [1]),
        ("Dupont;Maçon\nDurand\n\nDubois;Soudeur;x@", [2, 4]),
        ("Dupont;Maçon;a@example.org;b@example.org", [1]),
        ("Dupont;Maçon;4", [1]),
        (f"{'x' * 121};Maçon", [1]),
        ("Dup\x07ont;Maçon", [1]),
        ("\n".join(["Dupont;Maçon"] * 61), [None]),
    ],
)
def test_a_line_that_cannot_be_taken_is_named(text: str, numbers: list[int | None]) -> None:
    with pytest.raises(Invalid) as refused:
        lines.read_lines(text)
    assert [fault.limits.get("line") for fault in refused.value.faults] == numbers


def test_lines_are_read_as_they_come_out_of_a_sheet() -> None:
    one, other = lines.read_lines("Dupont\tMaçon\ta@Example.org\r\n ; \r\nc@example.org ; Durand | Cuisson\n")
    assert (one.company, one.title, one.email, one.rome_code) == ("Dupont", "Maçon", "a@example.org", "F1703")
    assert (other.company, other.title, other.email, other.rome_code) == ("Durand", "Cuisson", "c@example.org", None)


async def test_the_grid_is_saved_cell_by_cell(who: Staff) -> None:
    plan = await filled(who)
    first, second, *_ = plan.stands[0].slots
    new = Wish(plan.stands[1].id, at(plan, 12), at(plan, 12.75), 5)
    saved = await slots.save(
        plan.event["id"],
        2,
        [Wish(first.workshop, *first.window, 0), Wish(second.workshop, *second.window, 3), new],
        who,
    )
    assert saved == Saved(added=1, changed=1, removed=1)
    plan = await again(plan, who)
    assert [(clock(slot.starts_at), slot.capacity) for slot in plan.stands[0].slots[:2]] == [("09:45", 3), ("10:30", 8)]
    assert [slot.capacity for slot in plan.stands[1].slots] == [8, 8, 8, 8, 5, 8, 8, 8, 8]
    assert plan.slots[0].id == second.id
    entry = await fetch_one("SELECT changes FROM audit_entry WHERE action = 'edit_slots'")
    assert entry
    assert "1 · Maçon, maçonne 09:45–10:30" in entry["changes"]


async def test_a_clash_is_told_before_it_is_saved_and_only_once(who: Staff) -> None:
    plan = await filled(who)
    slot = plan.stands[0].slots[0]
    wish = Wish(slot.workshop, at(plan, 9.25), at(plan, 10), 8, slot.id)
    with pytest.raises(Clashing) as refused:
        await slots.save(plan.event["id"], 2, [wish], who)
    assert [(clash.trouble, clash.first) for clash in refused.value.clashes] == [("stand", slot.workshop)]
    assert refused.value.titles[slot.workshop] == "1 · Maçon, maçonne"
    assert (await again(plan, who)).event["version"] == 2
    await slots.save(plan.event["id"], 2, [wish], who, anyway=True)
    late = Wish(plan.stands[1].id, at(plan, 18), at(plan, 19), 8)
    with pytest.raises(Clashing) as refused:
        await slots.save(plan.event["id"], 3, [late], who)
    assert [clash.trouble for clash in refused.value.clashes] == ["day"]
    known = Wish(plan.stands[1].id, at(plan, 12), at(plan, 12.5), 8)
    assert await slots.save(plan.event["id"], 3, [known], who) == Saved(added=1)


async def test_what_people_are_signed_up_to_is_left_alone(who: Staff) -> None:
    plan = await filled(who)
    slot = plan.stands[0].slots[0]
    await fetch("UPDATE session SET waiting = 1, queue_tail = 1 WHERE id = {}", slot.id)
    for wish in (
        Wish(slot.workshop, *slot.window, 0),
        Wish(slot.workshop, *slot.window, 9),
        Wish(slot.workshop, at(plan, 12), at(plan, 12.5), 8, slot.id),
    ):
        with pytest.raises(SlotTaken):
            await slots.save(plan.event["id"], 2, [wish], who)
    with pytest.raises(SlotTaken):
        await stands.remove(plan.event["id"], 2, slot.workshop, who)
    with pytest.raises(Invalid) as refused:
        await stands.change(plan.event["id"], 2, slot.workshop, Facts("Maçon", company="Durand"), [], who)
    assert [fault.name for fault in refused.value.faults] == ["company"]
    assert (await again(plan, who)).event["version"] == 2


async def test_a_slot_that_somebody_once_had_is_cancelled_not_deleted(who: Staff) -> None:
    plan = await filled(who)
    slot = plan.stands[0].slots[0]
    attendee = await factories.insert("attendee", attendee_of(plan))
    cancelled = {"id": "r", "attendee": attendee["id"], "session": slot.id, "status": "cancelled"}
    now = {"created_at": utcnow(), "updated_at": utcnow(), "cancelled_at": utcnow()}
    await factories.insert("registration", cancelled | now)
    await slots.save(plan.event["id"], 2, [Wish(slot.workshop, *slot.window, 0)], who)
    row = await fetch_one("SELECT status, sequence FROM session WHERE id = {}", slot.id)
    assert row == {"status": "cancelled", "sequence": 1}
    await stands.remove(plan.event["id"], 3, slot.workshop, who)
    row = await fetch_one("SELECT status FROM workshop WHERE id = {}", slot.workshop)
    assert row == {"status": "cancelled"}
    await stands.remove(plan.event["id"], 4, plan.stands[1].id, who)
    assert await fetch_one("SELECT status FROM workshop WHERE id = {}", plan.stands[1].id) is None


def attendee_of(plan: Plan) -> Row:
    row = {
        "id": "a",
        "event": plan.event["id"],
        "kind": "person",
        "first_name": "Zoé",
        "last_name": "L",
        "locale": "fr",
    }
    row |= {"search_name": "zoe l", "origin": "online", "manage_hash": "x", "manage_key": "x"}
    return row | {"created_at": utcnow(), "updated_at": utcnow()}


async def test_slots_are_generated_for_chosen_stands_around_what_is_taken(who: Staff) -> None:
    plan = await filled(who)
    mason, carer = plan.stands
    await fetch("UPDATE session SET confirmed = 1 WHERE id = {}", mason.slots[0].id)
    hourly = read_rule("toutes les heures de 9 h à 12 h, 4 places")
    saved = await slots.generate(plan.event["id"], 2, [mason.id], hourly, who)
    assert saved == Saved(added=2, removed=7)
    plan = await again(plan, who)
    assert [clock(slot.starts_at) for slot in plan.stands[0].slots] == ["09:00", "10:00", "11:00"]
    assert [slot.capacity for slot in plan.stands[0].slots] == [8, 4, 4]
    assert len(plan.stands[1].slots) == 8
    with pytest.raises(NotFound):
        await slots.generate(plan.event["id"], 3, [carer.id, "other"], hourly, who)


async def test_a_stand_gets_its_facts_and_slots_at_once(who: Staff) -> None:
    plan = await filled(who)
    mason, carer = plan.stands
    wanted = Facts("Maçon du paysage", "Durand", None, "F1707", "2", "Zoé Lefèvre", 16)
    with pytest.raises(Clashing):
        await stands.change(plan.event["id"], 2, mason.id, wanted, [], who)
    wishes = [Wish(mason.id, *slot.window, 0, slot.id) for slot in mason.slots]
    wishes.append(Wish(mason.id, at(plan, 12), at(plan, 13), 4))
    await stands.change(plan.event["id"], 2, mason.id, wanted, wishes, who)
    stand = (await again(plan, who)).stands[0]
    assert (stand.title, stand.company, stand.rome_code, stand.stand) == ("Maçon du paysage", "Durand", "F1707", "2")
    assert (stand.facilitator, stand.min_age, [slot.capacity for slot in stand.slots]) == ("Zoé Lefèvre", 16, [4])
    same = Facts(carer.title, carer.company, None, carer.rome_code, "5", "lefevre  ZOÉ")
    other = Wish(carer.id, at(plan, 12.5), at(plan, 13.5), 4)
    with pytest.raises(Clashing) as refused:
        await stands.change(plan.event["id"], 3, carer.id, same, [other], who)
    assert [clash.trouble for clash in refused.value.clashes] == ["facilitator"]
    entry = await fetch_one("SELECT changes FROM audit_entry WHERE action = 'edit_stand'")
    assert entry
    assert '"facilitator": null' in entry["changes"]


async def test_another_company_has_to_confirm_anew(who: Staff) -> None:
    plan = await filled(who)
    mason = plan.stands[0]
    await fetch(
        "UPDATE workshop SET status = 'ready', answer = 'confirmed', answered_at = {}, invited_at = {} WHERE id = {}",
        *(utcnow(), utcnow(), mason.id),
    )
    same = Facts("Maçon", "dupont batiment", None, "F1703", "1")
    await stands.change(plan.event["id"], 2, mason.id, same, [], who)
    stand = (await again(plan, who)).stands[0]
    assert (stand.status, stand.answer, stand.company) == ("ready", "confirmed", "Dupont Bâtiment")
    with pytest.raises(Invalid) as refused:
        await stands.change(plan.event["id"], 3, mason.id, replace(same, rome_code=None), [], who)
    assert [fault.name for fault in refused.value.faults] == ["job"]
    await stands.change(plan.event["id"], 3, mason.id, replace(same, company="Durand"), [], who)
    stand = (await again(plan, who)).stands[0]
    assert (stand.status, stand.answer, stand.invited_at) == ("draft", None, None)


async def test_stands_are_put_in_order_and_said_to_be_ready(who: Staff) -> None:
    plan = await filled(who)
    mason, carer = plan.stands
    await stands.move(plan.event["id"], 2, carer.id, None, who)
    assert [stand.id for stand in (await again(plan, who)).stands] == [carer.id, mason.id]
    await stands.move(plan.event["id"], 3, carer.id, mason.id, who)
    assert [stand.id for stand in (await again(plan, who)).stands] == [mason.id, carer.id]
    await stands.add(plan.event["id"], 4, lines.read_lines("Lens Soins; Découverte du soin"), None, who)
    await fetch("UPDATE workshop SET answer = 'declined' WHERE id = {}", carer.id)
    assert await stands.ready_all(plan.event["id"], 5, who) == 1
    assert [stand.status for stand in (await again(plan, who)).stands] == ["ready", "draft", "draft"]
    with pytest.raises(NotFound):
        await stands.move(plan.event["id"], 6, "other", None, who)


# Two people at once, days that are over


async def test_of_two_who_save_at_once_one_is_told(who: Staff) -> None:
    plan = await filled(who)
    slot = plan.slots[0]
    wishes = [[Wish(slot.workshop, *slot.window, places)] for places in (3, 4)]
    done = await asyncio.gather(
        *(slots.save(plan.event["id"], 2, wish, who) for wish in wishes), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Saved", "StalePlan"]
    with pytest.raises(StalePlan):
        await slots.save(plan.event["id"], 2, wishes[0], who)


async def test_who_signs_up_meanwhile_keeps_the_place(who: Staff) -> None:
    """Neither waits for the other for ever, and no slot goes that somebody has just taken."""
    plan = await filled(who, room=await room_of(who))
    event = plan.event["id"]
    await stands.ready_all(event, plan.event["version"], who)
    await publishing.publish(event, plan.event["version"] + 1, who)
    slot = plan.slots[0]
    for turn in range(4):
        version = (await again(plan, who)).event["version"]
        asked = factories.sign_up(
            {"id": event}, {"id": slot.id}, email=f"zoe{turn}@example.org", last_name="Z" * (turn + 1)
        )
        done = await asyncio.gather(
            register(asked, ANYONE),
            slots.save(event, version, [Wish(slot.workshop, *slot.window, 9)], who),
            return_exceptions=True,
        )
        assert not isinstance(done[0], Exception), done
        assert isinstance(done[1], Saved | SlotTaken), done


@pytest.mark.parametrize("state", [{"status": "cancelled"}, {"ends_at": utcnow() - timedelta(hours=1)}])
async def test_a_day_that_is_over_or_cancelled_no_longer_changes(who: Staff, state: Row) -> None:
    event = await factories.event(lead=who.organisation, **{"starts_at": utcnow() - timedelta(days=1), **state})
    with pytest.raises(PlanClosed):
        await stands.add(event["id"], 1, LINES, RULE, who)


# Facts


def as_facts(plan: Plan, **given: Any) -> facts.Facts:
    row, zone = plan.event, ZoneInfo(plan.event["zone"])
    names = ("title", "description", "date", "sign_up_opens_at", "sign_up_closes_minutes", "max_places", "listed")
    known = {name: row[name] for name in (*names, "funded_by_eu", "strict_door")}
    hours = {"starts": row["starts_at"].astimezone(zone).time(), "ends": row["ends_at"].astimezone(zone).time()}
    return facts.Facts(**{**known, **hours, **given})


async def test_facts_change_and_slots_move_with_the_date_by_the_clock(who: Staff) -> None:
    summer, winter = date(SOON.year + 1, 7, 6), date(SOON.year + 1, 12, 7)
    plan = await filled(who, date=summer)
    wanted = as_facts(plan, date=winter, title="Un autre", max_places=2, listed=False, funded_by_eu=True)
    await facts.change(plan.event["id"], 2, wanted, who)
    later = await again(plan, who)
    assert [later.event[name] for name in ("title", "max_places", "listed", "funded_by_eu")] == [
        "Un autre",
        2,
        False,
        True,
    ]
    assert [clock(slot.starts_at) for slot in later.slots] == [clock(slot.starts_at) for slot in plan.slots]
    assert later.slots[0].starts_at - plan.slots[0].starts_at == timedelta(days=(winter - summer).days, hours=1)
    assert {slot.id for slot in later.slots} == {slot.id for slot in plan.slots}


async def test_shorter_hours_tell_what_falls_outside(who: Staff) -> None:
    plan = await filled(who)
    with pytest.raises(Clashing) as refused:
        await facts.change(plan.event["id"], 2, as_facts(plan, ends=time(16)), who)
    assert {(clash.trouble, len(clash.windows)) for clash in refused.value.clashes} == {("day", 1)}
    await facts.change(plan.event["id"], 2, as_facts(plan, ends=time(16)), who, anyway=True)
    await facts.change(plan.event["id"], 3, as_facts(await again(plan, who), max_places=3), who)


async def test_a_date_that_people_or_a_hall_hold_stays(who: Staff) -> None:
    held = await planned(who, room=await room_of(who))
    with pytest.raises(Invalid) as refused:
        await facts.change(held.event["id"], held.event["version"], as_facts(held, date=SOON + timedelta(days=1)), who)
    assert [fault.name for fault in refused.value.faults] == ["date"]
    with pytest.raises(Invalid) as refused:
        await facts.change(held.event["id"], held.event["version"], as_facts(held, starts=time(8)), who)
    assert [fault.name for fault in refused.value.faults] == ["starts"]
    chosen = await planned(who)
    await factories.insert("attendee", attendee_of(chosen))
    with pytest.raises(Invalid):
        await facts.change(chosen.event["id"], 1, as_facts(chosen, date=SOON + timedelta(days=1)), who)


# Like an earlier day


async def test_a_day_like_an_earlier_one_brings_nobody_along(who: Staff) -> None:
    plan = await filled(who, date=date(SOON.year + 1, 7, 6))
    event = plan.event["id"]
    mason = plan.stands[0]
    other = (await factories.organisation())["id"]
    await facts.change(event, 2, as_facts(plan, co_leads=(other,), max_places=2), who)
    await fetch("UPDATE workshop SET status = 'ready', answer = 'confirmed', invited_at = {}", utcnow())
    await fetch("UPDATE workshop SET facilitator = 'Zoé', description = 'Un mur' WHERE id = {}", mason.id)
    await fetch("UPDATE session SET confirmed = 3, waiting = 1, queue_tail = 1 WHERE id = {}", mason.slots[0].id)
    await fetch("UPDATE session SET status = 'cancelled', cancelled_at = {} WHERE id = {}", utcnow(), mason.slots[1].id)
    await fetch("UPDATE workshop SET status = 'cancelled' WHERE id = {}", plan.stands[1].id)
    made = await days.copy(event, "La suivante", date(SOON.year + 1, 12, 7), None, who)
    copy = await plans.read(made, who)
    assert (copy.event["title"], copy.event["status"], copy.event["max_places"]) == ("La suivante", "draft", 2)
    assert await facts.leads_of(made) == (other,)
    (stand,) = copy.stands
    assert (stand.company, stand.title, stand.stand, stand.rome_code) == (
        "Dupont Bâtiment",
        "Maçon, maçonne",
        "1",
        "F1703",
    )
    assert (stand.status, stand.answer, stand.invited_at, stand.facilitator) == ("draft", None, None, None)
    assert [clock(slot.starts_at) for slot in stand.slots] == [
        clock(slot.starts_at) for slot in mason.slots if slot.id != mason.slots[1].id
    ]
    assert all(slot.is_free for slot in stand.slots)
    assert {slot.starts_at.astimezone(PARIS).date() for slot in stand.slots} == {date(SOON.year + 1, 12, 7)}
    row = await fetch_one("SELECT description FROM workshop WHERE id = {}", stand.id)
    assert row == {"description": "Un mur"}
    stranger, _ = await make_staff(Role.ORGANISER)
    with pytest.raises(NotFound):
        await days.copy(event, "x", SOON, None, stranger)


# One workshop, or a meeting


async def test_a_copied_meeting_is_published_and_booked_as_it_is(who: Staff) -> None:
    forum = Single("meeting", "Grand Forum", 120, "Tous ensemble", at_once=True)
    made = await days.make_single(day(room=await room_of(who)), forum, who)
    copied = await days.copy(made, "Le suivant", SOON + timedelta(days=90), await room_of(who), who)
    plan = await plans.read(copied, who)
    await publishing.publish(copied, plan.event["version"], who)
    (meeting,), _more = await programme.stands(await programme.day(copied))
    assert (meeting.title, meeting.slots[0].bookable) == ("Grand Forum", True)
    taken = await register(factories.sign_up(plan.event, {"id": meeting.slots[0].id}), ANYONE)
    assert taken.places[0].status == "confirmed"


async def test_one_workshop_is_public_at_once_in_a_room_of_its_own(who: Staff) -> None:
    only = Single("stand", "Maçon / Maçonne", 6, "Un mur", "Durand", "F1703", at_once=True)
    made = await days.make_single(day(starts=time(14), ends=time(16), room=await room_of(who)), only, who)
    plan = await plans.read(made, who)
    assert plan.event["status"] == "published"
    (stand,) = plan.stands
    assert (stand.status, stand.company, stand.places) == ("ready", "Durand", 6)
    assert [clock(moment) for moment in stand.slots[0].window] == ["14:00", "16:00"]


async def test_a_meeting_waits_for_its_hall(who: Staff) -> None:
    made = await days.make_single(day(), Single("meeting", "Grand Forum", 120, at_once=True), who)
    assert await publish_due(utcnow()) == 0
    await fetch("UPDATE event SET venue = {} WHERE id = {}", (await factories.venue())["id"], made)
    assert publish_due in DUE
    assert await publish_due(utcnow()) == 1
    assert await publish_due(utcnow()) == 0
    plan = await plans.read(made, who)
    assert (plan.event["status"], plan.event["publish_at"]) == ("published", None)
    assert (plan.stands[0].kind, plan.stands[0].asks_represented, plan.stands[0].status) == ("meeting", True, "ready")
    assert await journal(made) == ["make_day", "publish"]


# Shown to the public


async def test_a_day_is_published_once_it_has_a_hall(who: Staff) -> None:
    plan = await planned(who)
    event = plan.event["id"]
    with pytest.raises(NoHall):
        await publishing.publish(event, 1, who)
    await fetch("UPDATE event SET venue = {} WHERE id = {}", (await factories.venue())["id"], event)
    await publishing.publish(event, 1, who)
    with pytest.raises(NotInThisState):
        await publishing.publish(event, 2, who)
    await publishing.close(event, 2, who)
    await publishing.reopen(event, 3, who)
    assert (await again(plan, who)).event["published_at"]
    await publishing.unpublish(event, 4, who)
    assert (await again(plan, who)).event["published_at"] is None
    await publishing.publish(event, 5, who)
    await factories.insert("attendee", attendee_of(plan))
    with pytest.raises(NotInThisState):
        await publishing.unpublish(event, 6, who)
    expected = ["make_day", "publish", "close", "reopen", "unpublish", "publish"]
    assert await journal(event) == expected


async def test_a_day_is_published_at_its_time(who: Staff) -> None:
    plan = await planned(who, room=await room_of(who))
    event, now = plan.event["id"], utcnow()
    version = plan.event["version"]
    for wrong in (now - timedelta(minutes=1), plan.event["ends_at"] + timedelta(minutes=1)):
        with pytest.raises(Invalid):
            await publishing.publish_at(event, version, wrong, who)
    await publishing.publish_at(event, version, now + timedelta(days=1), who)
    assert await publish_due(now + timedelta(hours=23)) == 0
    await publishing.publish_at(event, version + 1, None, who)
    assert await publish_due(now + timedelta(hours=25)) == 0
    await publishing.publish_at(event, version + 2, now + timedelta(days=1), who)
    assert await publish_due(now + timedelta(hours=25)) == 1
    shown = (await again(plan, who)).event
    assert (shown["status"], shown["published_at"]) == ("published", now + timedelta(hours=25))

"""The day at a glance: what is counted, whom it does not count, and which agency it does not name."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests import factories
from tests.door import attendee, books, today
from tests.factories import Row
from workshops import desk
from workshops.actors import Actor
from workshops.database import Engine, fetch_one, utcnow
from workshops.desk import Desk
from workshops.ids import new_id
from workshops.routes.office.desk import steps, table
from workshops.tables.people import Role

NOBODY = Actor("account:a1", Role.ORGANISER, "nobody's")


async def read(event: Row, actor: Actor = NOBODY, now: datetime | None = None) -> Desk:
    row = await fetch_one("SELECT * FROM event WHERE id = {}", event["id"])
    assert row
    return await desk.read(row, actor, now or utcnow())


async def slot_of(event: Row, hour: float = 0) -> Row:
    return await factories.session(await factories.workshop(event), event, hour)


async def test_people_who_come_wait_or_gave_back_are_told_apart(db: Engine) -> None:
    event = await factories.event()
    first, second = await slot_of(event), await slot_of(event, 1)
    coming = await attendee(event, accommodations="wheelchair call_back")
    await books(coming, first)
    await books(coming, second, "waiting")
    await books(await attendee(event, accommodations="easy_read"), first, "waiting")
    await books(await attendee(event, accommodations="wheelchair", called_for="bounce"), first, "cancelled")
    await attendee(event, called_for="no_email", anonymised_at=utcnow())
    await books(await attendee(event, kind="group", size=12, accommodations="wheelchair"), second)
    elsewhere = await factories.event()
    await books(await attendee(elsewhere), await slot_of(elsewhere))
    day = await read(event)
    assert (day.coming, day.only_waiting, day.to_call) == (13, 1, 1)
    assert (day.arrangements, day.with_arrangements) == ((("wheelchair", 13), ("call_back", 1)), 13)


async def test_a_sensitive_agency_is_named_to_nobody_but_itself(db: Engine) -> None:
    event = await factories.event()
    slot = await slot_of(event)
    plain = await factories.organisation(name="Mission locale")
    secret, other = [await factories.organisation(name=f"Justice {number}", sensitive=True) for number in (1, 2)]
    for agency in (plain, plain, secret, other, None):
        await books(await attendee(event, agency=agency and agency["id"]), slot)
    invitation = {"id": new_id(), "agency": plain["id"], "event": event["id"], "mode": "invite", "created_at": utcnow()}
    await factories.insert("referral", invitation)

    def told(day: Desk) -> list[tuple[str | None, int, int]]:
        return [(one.agency.name if one.agency else None, one.coming, one.invited) for one in day.senders]

    assert told(await read(event)) == [("Mission locale", 2, 1), ("", 2, 0), (None, 1, 0)]
    own = await read(event, Actor("account:a2", Role.ORGANISER, secret["id"]))
    assert told(own) == [("Mission locale", 2, 1), ("Justice 1", 1, 0), ("", 1, 0), (None, 1, 0)]
    assert "Justice 2" not in repr(own)


async def test_sign_ups_belong_to_days_of_the_event_s_own_zone(db: Engine) -> None:
    event, now = await factories.event(), datetime(2027, 1, 12, 22, 30, tzinfo=UTC)  # 23.30 in Paris
    slot, paris = await slot_of(event), ZoneInfo("Europe/Paris")
    for moment in (
        datetime(2027, 1, 12, 0, 5, tzinfo=paris),
        datetime(2027, 1, 11, 23, 55, tzinfo=paris),
        datetime(2026, 12, 30, 0, 0, tzinfo=paris),
        datetime(2026, 12, 29, 23, 59, tzinfo=paris),
    ):
        await books(await attendee(event, created_at=moment.astimezone(UTC)), slot)
    told = (await read(event, now=now)).sign_ups
    assert [number for _, number in told] == [1, *[0] * 11, 1, 1]
    assert (told[0][0].isoformat(), told[-1][0].isoformat()) == ("2026-12-30", "2027-01-12")


async def test_who_is_let_in_at_the_hall_is_counted_once(db: Engine) -> None:
    event, now = await today(), utcnow()
    people = [await attendee(event, f"Personne {number}") for number in range(4)]

    async def scan(person: Row, **given: object) -> str:
        row = {"id": new_id(), "event": event["id"], "caller": "device:d1", "kind": "in", "attendee": person["id"]}
        row |= {"method": "qr", "outcome": "admitted", "taken_at": now, "effective_at": now, "received_at": now}
        return str((await factories.insert("scan", {**row, **given}))["id"])

    for _ in range(2):
        await scan(people[0])
    await scan(people[1], refused=True)
    undone = await scan(people[2])
    await scan(people[2], kind="undo", undoes=undone)
    await scan(people[3], effective_at=now - timedelta(days=1))
    await scan(people[3], session=(await slot_of(event))["id"])
    assert (await read(event)).around.inside == 1


@pytest.mark.parametrize("status", ["asked", "accepted", "declined", "revoked", "withdrawn"])
async def test_the_hall_is_as_its_last_request(db: Engine, status: str) -> None:
    event, now = await factories.event(status="draft", venue=None), utcnow()
    assert (await read(event)).around.hall is None
    hall = await factories.venue(name="Salle Léo")
    for number, state in enumerate(("withdrawn", status)):
        request = {"id": new_id(), "event": event["id"], "venue": hall["id"], "status": state, "from_at": now}
        request |= {"until_at": now + timedelta(hours=1), "asked_at": now + timedelta(minutes=number)}
        await factories.insert("venue_request", request)
    around = (await read(event)).around
    assert (around.hall, around.venue) == (status, "Salle Léo")
    assert (await read(await factories.event())).around.hall == "own"


@pytest.mark.parametrize("status", ["accepted", "revoked"])
async def test_the_hall_of_a_day_is_not_another_one_that_is_asked_for_beside_it(db: Engine, status: str) -> None:
    event, now = await factories.event(), utcnow()
    for venue, state in ((event["venue"], status), ((await factories.venue())["id"], "asked")):
        request = {"id": new_id(), "event": event["id"], "venue": venue, "status": state, "from_at": now}
        await factories.insert("venue_request", {**request, "until_at": now + timedelta(hours=1), "asked_at": now})
        now += timedelta(minutes=1)
    assert (await read(event)).around.hall == status


async def test_a_change_that_leaves_soon_is_told_until_it_has_left_or_is_undone(db: Engine) -> None:
    event, now = await factories.event(), utcnow()
    for minutes, people, undone in ((-1, 1, None), (10, 34, None), (5, 7, now), (20, 2, None)):
        change = {"id": new_id(), "event": event["id"], "actor": "account:a1", "kind": "move_session", "people": people}
        change |= {"before": "{}", "after": "{}", "created_at": now, "leaves_at": now + timedelta(minutes=minutes)}
        await factories.insert("plan_change", {**change, "undone_at": undone})
    around = (await read(event)).around
    assert (around.changes, around.change_people) == (2, 34)
    assert around.change_leaves_at == now + timedelta(minutes=10)


async def test_stands_stand_in_their_order_and_what_is_cancelled_counts_no_more(db: Engine) -> None:
    event = await factories.event()
    later = await factories.workshop(event, title="Second", position=2, status="cancelled")
    first = await factories.workshop(event, title="Premier", position=1, proposal="{}")
    await factories.session(later, event, 0, confirmed=3)
    await factories.session(first, event, 1, confirmed=2)
    off = await factories.session(first, event, 0, status="cancelled", cancelled_at=utcnow())
    day = await read(event)
    assert [(one.title, one.edited, len(one.slots), len(one.on)) for one in day.stands] == [
        ("Premier", True, 2, 1),
        ("Second", False, 1, 0),
    ]
    assert [slot.taken for slot in day.slots] == [2]
    shown = table(day.stands)
    assert [(column.taken, column.capacity) for column in shown.columns] == [(0, 0), (2, 8)]
    assert shown.rows[0].cells[0][0].id == off["id"]


async def test_what_presses_most_comes_first_and_nothing_once_the_day_is_over(db: Engine) -> None:
    event, now = await factories.event(status="draft", venue=None), utcnow()
    slot = await slot_of(event)
    await books(await attendee(event, accommodations="call_back", called_for="no_email"), slot)
    day, begin, end = await read(event), event["starts_at"], event["ends_at"]
    assert [step.kind for step in steps(day, begin, end, now)] == ["no_hall", "to_call", "call_back"]
    assert "empty" in [step.kind for step in steps(day, begin, end, begin - timedelta(days=2))]
    assert steps(day, begin, end, end) == []

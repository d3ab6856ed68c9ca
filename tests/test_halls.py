"""Halls: asked for, promised to one day at a time, proposed, given back, taken back; and who is written to."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from tests import factories, postbox, staff
from tests.postbox import Clock
from tests.staff import make_staff
from workshops import database, halls, mail_links, occupancy
from workshops.actors import Staff
from workshops.database import Engine, fetch, fetch_one, transaction
from workshops.errors import Invalid, NotAllowed, NotFound
from workshops.halls import answering, asking
from workshops.halls.answering import Proposal
from workshops.halls.asking import AlreadyAsked, DayNotPlanned, HallInUse
from workshops.handover import HallTaken, RequestAnswered
from workshops.mail_links import MailLinkExpired, secret
from workshops.occupancy import Stay, Trouble
from workshops.planning import facts
from workshops.tables.people import Role

__all__ = ["clock"]
clock = postbox.clock
Row = dict[str, Any]
DAY = date(2027, 2, 9)


def stay(first: int = 8, last: int = 18, day: int = 9) -> Stay:
    """A Tuesday's hours in UTC; the day itself is open from 8 to 16."""
    return Stay(datetime(2027, 2, day, first, tzinfo=UTC), datetime(2027, 2, day, last, tzinfo=UTC))


async def draft(**given: Any) -> tuple[Row, Staff]:
    """A day that is being planned, and its organiser."""
    who, _cookie = await make_staff(Role.ORGANISER)
    row = {"status": "draft", "venue": None, "date": DAY, "lead": who.organisation, **given}
    return await factories.event(**row), who


async def town(**given: Any) -> tuple[Row, Staff]:
    """A hall, and its host."""
    organisation = await factories.organisation("municipality", email="mairie@example.org")
    host, _cookie = await make_staff(Role.HOST, organisation["id"])
    return await factories.venue(organisation=organisation["id"], **given), host


async def row_of(request: str) -> Row:
    row = await fetch_one("SELECT * FROM venue_request WHERE id = {}", request)
    assert row is not None
    return row


async def day_of(event: Row) -> Row:
    row = await fetch_one("SELECT * FROM event WHERE id = {}", event["id"])
    assert row is not None
    return row


async def letters() -> list[tuple[str, str]]:
    """What was written: kind, and the state of the request."""
    rows = await fetch("SELECT kind, dedup_key FROM message ORDER BY kind, dedup_key")
    return [(row["kind"], row["dedup_key"].split(":")[-1]) for row in rows]


async def link_of(request: str) -> str:
    row = await fetch_one("SELECT id, key_id FROM mail_link WHERE subject = {}", request)
    assert row is not None
    return secret(row["id"], row["key_id"])


async def journal(request: str) -> list[str]:
    rows = await fetch("SELECT action FROM audit_entry WHERE object_id = {} ORDER BY at, id", request)
    return sorted(row["action"] for row in rows)


async def promised(event: Row, hall: Row, organiser: Staff, host: Staff, hours: Stay | None = None) -> str:
    request = await halls.request(event["id"], hall["id"], hours or stay(), organiser)
    await halls.accept(request, host)
    return request


@pytest.fixture(autouse=True)
def _now(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """4 January 2027, 9:00 UTC, for all that tells the time here."""
    for module in (asking, answering, mail_links, staff):
        monkeypatch.setattr(module, "utcnow", clock)


async def test_a_hall_is_asked_for_and_promised(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    assert (await row_of(request))["status"] == "asked"
    assert (await day_of(event))["venue"] is None
    assert await letters() == [("hall_request", "asked")]
    await halls.accept(request, host)
    answered = await row_of(request)
    assert (answered["status"], answered["answered_how"], answered["answered_by"]) == ("accepted", "office", host.name)
    day = await day_of(event)
    assert (day["venue"], day["version"]) == (hall["id"], event.get("version", 1) + 1)
    assert await letters() == [("hall_outcome", "accepted"), ("hall_request", "asked")]
    assert await journal(request) == ["accept_hall", "ask_hall"]
    told = await fetch_one("SELECT account, mail_link FROM message WHERE kind = 'hall_outcome'")
    assert told == {"account": organiser.account, "mail_link": None}


async def test_the_host_answers_by_the_link_of_the_mail_without_an_account(db: Engine) -> None:
    event, organiser = await draft()
    hall, _host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    about, who = await halls.by_link(await link_of(request))
    assert about == request
    await halls.accept(request, who)
    answered = await row_of(request)
    assert (answered["status"], answered["answered_how"], answered["answered_by"]) == ("accepted", "mail", None)


async def test_a_wrong_and_a_late_link_open_nothing(db: Engine, clock: Clock) -> None:
    event, organiser = await draft()
    hall, _host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    known = await link_of(request)
    for wrong in (known[:-1] + ("A" if known[-1] != "A" else "B"), "", "é", "x" * 500):
        with pytest.raises(NotFound):
            await halls.by_link(wrong)
    clock.now = stay().until_at - timedelta(seconds=1)
    await halls.by_link(known)
    clock.now = stay().until_at
    with pytest.raises(MailLinkExpired):
        await halls.by_link(known)


async def test_a_link_answers_for_one_request_only_once(db: Engine) -> None:
    event, organiser = await draft()
    hall, _host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    _about, who = await halls.by_link(await link_of(request))
    await halls.decline(request, "Travaux", who)
    for again in (halls.accept(request, who), halls.decline(request, "Encore", who)):
        with pytest.raises(RequestAnswered):
            await again
    assert (await row_of(request))["reason"] == "Travaux"
    assert await halls.by_link(await link_of(request))


async def test_the_room_of_the_own_agency_is_promised_at_once(db: Engine) -> None:
    event, organiser = await draft()
    room = await factories.venue(organisation=organiser.organisation)
    request = await halls.request(event["id"], room["id"], stay(), organiser)
    assert (await row_of(request))["answered_how"] == "own"
    assert (await day_of(event))["venue"] == room["id"]
    assert await letters() == []
    other, _same = await draft(lead=organiser.organisation)
    with pytest.raises(HallTaken):
        await halls.request(other["id"], room["id"], stay(7, 18), organiser)


async def test_an_admin_takes_the_room_of_the_agency_that_leads_and_asks_for_others(db: Engine) -> None:
    event, organiser = await draft()
    admin, _cookie = await make_staff(Role.ADMIN)
    room, (hall, _host) = await factories.venue(organisation=organiser.organisation), await town()
    assert (await row_of(await halls.request(event["id"], room["id"], stay(), admin)))["status"] == "accepted"
    assert (await row_of(await halls.request(event["id"], hall["id"], stay(), admin)))["status"] == "asked"


async def test_a_partner_agency_is_asked_for_its_room(db: Engine) -> None:
    event, organiser = await draft()
    owner, _cookie = await make_staff(Role.ORGANISER)
    room = await factories.venue(organisation=owner.organisation)
    request = await halls.request(event["id"], room["id"], stay(), organiser)
    assert (await row_of(request))["status"] == "asked"
    with pytest.raises(NotFound):
        await halls.accept(request, organiser)
    await halls.accept(request, owner)
    assert (await day_of(event))["venue"] == room["id"]


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        (stay(18, 8), "until_time"),
        (stay(9, 18), "from_time"),
        (stay(7, 15), "until_time"),
        (Stay(stay().from_at, stay().until_at + timedelta(days=7)), "until_date"),
        (Stay(datetime(2027, 1, 3, tzinfo=UTC), datetime(2027, 1, 3, 9, tzinfo=UTC)), "from_date"),
    ],
)
async def test_hours_that_do_not_hold_the_day_are_named(db: Engine, hours: Stay, field: str) -> None:
    event, organiser = await draft()
    hall, _host = await town()
    with pytest.raises(Invalid) as refused:
        await halls.request(event["id"], hall["id"], hours, organiser)
    assert [fault.name for fault in refused.value.faults] == [field]


async def test_asking_twice_is_asking_once(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    assert await halls.request(event["id"], hall["id"], stay(), organiser) == request
    with pytest.raises(AlreadyAsked):
        await halls.request(event["id"], hall["id"], stay(7, 18), organiser)
    await halls.accept(request, host)
    assert await halls.request(event["id"], hall["id"], stay(), organiser) == request
    longer = await halls.request(event["id"], hall["id"], stay(7, 18), organiser)
    await halls.accept(longer, host)
    assert [(await row_of(one))["status"] for one in (request, longer)] == ["withdrawn", "accepted"]


@pytest.mark.parametrize("status", ["cancelled", "over"])
async def test_a_day_that_does_not_take_place_asks_for_nothing(db: Engine, clock: Clock, status: str) -> None:
    event, organiser = await draft(**({"status": "cancelled"} if status == "cancelled" else {}))
    hall, _host = await town()
    if status == "over":
        clock.now = datetime(2027, 3, 1, tzinfo=UTC)
    with pytest.raises(DayNotPlanned):
        await halls.request(event["id"], hall["id"], stay(), organiser)


async def test_archived_halls_and_other_peoples_days_are_not_found(db: Engine) -> None:
    event, organiser = await draft()
    _other, stranger = await draft()
    hall, host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    _elsewhere, neighbour = await town()
    adviser, _cookie = await make_staff(Role.ADVISER, organiser.organisation)
    tries: list[Callable[[], Any]] = [
        lambda: halls.request(event["id"], hall["id"], stay(), stranger),
        lambda: halls.request("no-such-day", hall["id"], stay(), organiser),
        lambda: halls.request(event["id"], "no\0hall", stay(), organiser),
        lambda: halls.withdraw(request, stranger),
        lambda: halls.take_proposal(request, stranger),
        lambda: halls.use(request, stranger),
        lambda: halls.withdraw(request, host),
        lambda: halls.withdraw(request, adviser),
        lambda: halls.accept(request, neighbour),
        lambda: halls.decline(request, "Non", neighbour),
        lambda: halls.revoke(request, "Non", neighbour),
        lambda: halls.accept("no-such-request", host),
    ]
    for one in tries:
        with pytest.raises(NotFound):
            await one()
    with pytest.raises(NotAllowed):
        await halls.accept(request, adviser)
    await halls.archive(hall["id"], host)
    with pytest.raises(NotFound):
        await halls.request(event["id"], hall["id"], stay(7, 18), organiser)
    await halls.accept(request, host)


async def test_the_first_promise_wins_and_the_other_agency_is_told(db: Engine) -> None:
    hall, host = await town()
    (first, one), (second, two) = await draft(), await draft()
    won = await halls.request(first["id"], hall["id"], stay(), one)
    lost = await halls.request(second["id"], hall["id"], stay(7, 16), two)
    await halls.accept(won, host)
    beaten = await row_of(lost)
    assert (beaten["status"], beaten["answered_how"]) == ("declined", "taken")
    with pytest.raises(HallTaken):
        await halls.accept(lost, host)
    told = await fetch("SELECT venue_request, account FROM message WHERE kind = 'hall_outcome'")
    assert {(row["venue_request"], row["account"]) for row in told} == {(won, one.account), (lost, two.account)}
    with pytest.raises(HallTaken):
        await halls.request(second["id"], hall["id"], stay(), two)
    assert await journal(lost) == ["ask_hall", "decline_hall"]


async def test_hours_that_touch_are_no_overlap(db: Engine) -> None:
    hall, host = await town()
    morning, one = await draft()
    evening, two = await draft(starts_at=stay(18).from_at + timedelta(hours=0), ends_at=stay(8, 22).until_at)
    await promised(morning, hall, one, host, stay(8, 18))
    after = await promised(evening, hall, two, host, stay(18, 22))
    assert (await row_of(after))["status"] == "accepted"


async def test_of_two_hosts_who_say_yes_at_once_one_is_told_no_100_times(db: Engine) -> None:
    """Two connections, two requests that overlap, one hall: on PostgreSQL both transactions run at the same time."""
    hall, host = await town()
    colleague, _cookie = await make_staff(Role.HOST, host.organisation)
    (_first, one), (_second, two) = await draft(), await draft()
    for turn in range(100):
        hours = Stay(stay().from_at + timedelta(days=turn), stay().until_at + timedelta(days=turn))
        begin = {"starts_at": hours.from_at, "ends_at": hours.until_at}
        days = [(await draft(lead=who.organisation, **begin))[0] for who in (one, two)]
        asked = [await _asked(day, hall, hours) for day in days]
        both = halls.accept(asked[0], host), halls.accept(asked[1], colleague)
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["HallTaken", "NoneType"], turn
        rows = [await row_of(request) for request in asked]
        assert sorted(row["status"] for row in rows) == ["accepted", "declined"], turn
        places = sorted([str((await day_of(day))["venue"]) for day in days])
        assert places == sorted([hall["id"], "None"]), turn


async def _asked(event: Row, hall: Row, hours: Stay) -> str:
    """A request written straight into the table: nobody is told of it."""
    row = {
        "id": f"r{event['id']}",
        "event": event["id"],
        "venue": hall["id"],
        "status": "asked",
        "from_at": hours.from_at,
        "until_at": hours.until_at,
        "asked_at": database.utcnow(),
    }
    return str((await factories.insert("venue_request", row))["id"])


async def test_a_yes_and_a_withdrawal_at_once_leave_nothing_half_done(db: Engine) -> None:
    hall, host = await town()
    _event, organiser = await draft()
    for turn in range(30):
        hours = Stay(stay().from_at + timedelta(days=turn), stay().until_at + timedelta(days=turn))
        begin = {"starts_at": hours.from_at, "ends_at": hours.until_at}
        event, _who = await draft(lead=organiser.organisation, **begin)
        request = await _asked(event, hall, hours)
        both = halls.accept(request, host), halls.withdraw(request, organiser)
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert all(isinstance(outcome, RequestAnswered | None) for outcome in outcomes), outcomes
        assert (await row_of(request))["status"] == "withdrawn"
        assert (await day_of(event))["venue"] is None
        assert not await occupancy.taken(hall["id"], hours, "another")


async def test_rooms_taken_at_once_are_taken_once(db: Engine) -> None:
    _event, organiser = await draft()
    room = await factories.venue(organisation=organiser.organisation)
    days = [(await draft(lead=organiser.organisation))[0] for _ in range(4)]
    tries = (halls.request(day["id"], room["id"], stay(), organiser) for day in days)
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, HallTaken) for outcome in outcomes) == 3
    assert len(await fetch("SELECT id FROM venue_request WHERE status = 'accepted'")) == 1


async def test_a_no_with_a_proposal_is_taken_in_one_step(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    larger = await factories.venue(organisation=host.organisation, name="Grande salle")
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    await halls.decline(request, "Concours de belote", host, Proposal(larger["id"], stay(7, 20)))
    assert (await day_of(event))["venue"] is None
    taken = await halls.take_proposal(request, organiser)
    assert await halls.take_proposal(request, organiser) == taken
    made = await row_of(taken)
    assert (made["status"], made["venue"], made["answered_how"]) == ("accepted", larger["id"], "proposal")
    assert (made["from_at"], made["until_at"]) == (stay(7, 20).from_at, stay(7, 20).until_at)
    assert (await day_of(event))["venue"] == larger["id"]
    assert (await row_of(request))["status"] == "declined"
    assert ("hall_outcome", "accepted") in await letters()


async def test_a_day_follows_a_proposal_to_another_date(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    await halls.decline(request, None, host, Proposal(hall["id"], stay().later(1, "Europe/Paris")))
    await halls.take_proposal(request, organiser)
    assert await occupancy.trouble(event["id"]) is Trouble.SHORT
    wanted = facts.Facts("Osons", "", date(2027, 2, 10), time(9), time(17), None, 120, 4, True, False, False)
    await facts.change(event["id"], (await day_of(event))["version"], wanted, organiser)
    assert await occupancy.trouble(event["id"]) is None


async def test_a_proposal_that_is_gone_cannot_be_taken(db: Engine, clock: Clock) -> None:
    hall, host = await town()
    (event, organiser), (other, another) = await draft(), await draft()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    await halls.decline(request, None, host, Proposal(hall["id"], stay(7, 20)))
    await promised(other, hall, another, host)
    with pytest.raises(HallTaken):
        await halls.take_proposal(request, organiser)
    clock.now = stay(7, 20).from_at
    with pytest.raises(RequestAnswered):
        await halls.take_proposal(request, organiser)


async def test_what_cannot_be_kept_is_not_proposed(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    elsewhere, _other = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    for venue, hours, field in (
        (elsewhere["id"], stay(7, 20), "proposed_venue"),
        (hall["id"], stay(), "proposed_venue"),
        (hall["id"], stay(20, 7), "proposed_until_time"),
        (
            hall["id"],
            stay().later(-90, "Europe/Paris"),
            "proposed_from_date",
        ),
    ):
        with pytest.raises(Invalid) as refused:
            await halls.decline(request, None, host, Proposal(venue, hours))
        assert [fault.name for fault in refused.value.faults] == [field]
    with pytest.raises(NotFound):
        await halls.decline(request, None, host, Proposal("nowhere", stay()))
    assert (await row_of(request))["status"] == "asked"


async def test_a_yes_said_by_phone_is_noted_and_the_host_told(db: Engine, clock: Clock) -> None:
    event, organiser = await draft()
    hall, _host = await town()
    said = clock.now - timedelta(hours=2)
    request = await halls.record_yes(event["id"], hall["id"], stay(), "Mme Brasseur", said, organiser)
    noted = await row_of(request)
    assert (noted["status"], noted["answered_how"], noted["answered_by"]) == ("accepted", "phone", "Mme Brasseur")
    assert noted["answered_at"] == said
    assert await letters() == [("hall_outcome", "accepted")]
    await halls.revoke(request, "Ce n’était pas moi", (await halls.by_link(await link_of(request)))[1])
    assert (await day_of(event))["venue"] is None
    with pytest.raises(Invalid):
        await halls.record_yes(event["id"], hall["id"], stay(), "Mme Brasseur", clock.now + timedelta(1), organiser)


async def test_a_yes_by_phone_answers_what_was_asked(db: Engine, clock: Clock) -> None:
    event, organiser = await draft()
    hall, _host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    assert await halls.record_yes(event["id"], hall["id"], stay(7, 18), "Mme B.", clock.now, organiser) == request
    assert (await row_of(request))["from_at"] == stay(7, 18).from_at


async def test_a_hall_given_back_is_free_and_its_host_told(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    request = await promised(event, hall, organiser, host)
    await halls.withdraw(request, organiser)
    await halls.withdraw(request, organiser)
    assert (await row_of(request))["status"] == "withdrawn"
    assert (await day_of(event))["venue"] is None
    assert not await occupancy.taken(hall["id"], stay(), "another")
    assert ("hall_outcome", "withdrawn") in await letters()
    with pytest.raises(RequestAnswered):
        await halls.accept(request, host)


async def test_a_published_day_keeps_its_hall_until_its_organiser_changes_it(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    other, neighbour = await town()
    first = await promised(event, hall, organiser, host)
    await fetch("UPDATE event SET status = 'published' WHERE id = {}", event["id"])
    with pytest.raises(HallInUse):
        await halls.withdraw(first, organiser)
    second = await promised(event, other, organiser, neighbour)
    assert (await day_of(event))["venue"] == hall["id"]
    with pytest.raises(HallInUse):
        await halls.use(second, organiser)
    await fetch("UPDATE event SET venue = {} WHERE id = {}", other["id"], event["id"])
    await halls.withdraw(first, organiser)
    assert [(await row_of(one))["status"] for one in (first, second)] == ["withdrawn", "accepted"]


async def test_a_draft_chooses_among_the_halls_promised_to_it(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    other, neighbour = await town()
    await promised(event, hall, organiser, host)
    second = await promised(event, other, organiser, neighbour)
    assert (await day_of(event))["venue"] == hall["id"]
    await halls.use(second, organiser)
    assert (await day_of(event))["venue"] == other["id"]
    await halls.revoke(second, "Fuite d’eau", neighbour)
    with pytest.raises(RequestAnswered):
        await halls.use(second, organiser)


@pytest.mark.parametrize("status", ["draft", "published"])
async def test_a_hall_taken_back_leaves_a_published_day_as_it_is_told(db: Engine, status: str) -> None:
    event, organiser = await draft()
    hall, host = await town()
    request = await promised(event, hall, organiser, host)
    await fetch("UPDATE event SET status = {} WHERE id = {}", status, event["id"])
    assert await occupancy.trouble(event["id"]) is None
    await halls.revoke(request, "Inondation", host)
    revoked, day = await row_of(request), await day_of(event)
    assert (revoked["status"], revoked["reason"], day["status"]) == ("revoked", "Inondation", status)
    assert day["venue"] == (None if status == "draft" else hall["id"])
    assert await occupancy.trouble(event["id"]) is (Trouble.MISSING if status == "draft" else Trouble.LOST)
    assert ("hall_outcome", "revoked") in await letters()
    with pytest.raises(RequestAnswered):
        await halls.revoke(request, "Encore", host)
    other, neighbour = await town()
    await promised(event, other, organiser, neighbour)
    assert (await day_of(event))["venue"] == (other if status == "draft" else hall)["id"]


async def test_a_day_that_outgrows_its_hall_is_in_trouble(db: Engine) -> None:
    event, organiser = await draft()
    hall, host = await town()
    await promised(event, hall, organiser, host)
    await fetch("UPDATE event SET ends_at = {} WHERE id = {}", stay(8, 19).until_at, event["id"])
    assert await occupancy.trouble(event["id"]) is Trouble.SHORT


async def test_hosts_are_reminded_after_3_and_after_7_days_each_once(db: Engine, clock: Clock) -> None:
    event, organiser = await draft()
    hall, _host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    told = []
    for _ in range(12):
        told += [await halls.remind_due(clock.now), await halls.remind_due(clock.now)]
        clock.turn(days=1)
    assert told == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1] + [0] * 9
    assert [kind for kind, _ in await letters()].count("hall_reminder") == 2
    assert len(await fetch("SELECT id FROM mail_link WHERE subject = {}", request)) == 1
    late, _ = await draft(lead=organiser.organisation)
    await halls.request(late["id"], (await town())[0]["id"], stay(), organiser)
    clock.turn(days=8)
    assert sorted(await asyncio.gather(*(halls.remind_due(clock.now) for _ in range(2)))) == [0, 1]


@pytest.mark.parametrize("answer", ["declined", "cancelled", "past"])
async def test_nobody_is_reminded_of_what_needs_no_answer(db: Engine, clock: Clock, answer: str) -> None:
    event, organiser = await draft()
    hall, host = await town()
    request = await halls.request(event["id"], hall["id"], stay(), organiser)
    if answer == "declined":
        await halls.decline(request, "Non", host)
    if answer == "cancelled":
        await fetch("UPDATE event SET status = 'cancelled' WHERE id = {}", event["id"])
    clock.now = stay().from_at if answer == "past" else clock.now + timedelta(days=4)
    assert await halls.remind_due(clock.now) == 0


async def test_a_cancelled_day_gives_its_hall_back_once_that_cannot_be_undone(db: Engine, clock: Clock) -> None:
    event, organiser = await draft()
    hall, host = await town()
    request = await promised(event, hall, organiser, host)
    await fetch("UPDATE event SET status = 'cancelled', cancelled_at = {} WHERE id = {}", clock.now, event["id"])
    clock.turn(minutes=59)
    assert await halls.release_cancelled(clock.now) == 0
    clock.turn(minutes=1)
    assert [await halls.release_cancelled(clock.now) for _ in range(2)] == [1, 0]
    assert (await row_of(request))["status"] == "withdrawn"
    assert ("hall_outcome", "withdrawn") in await letters()


async def test_free_days_are_working_days_when_nothing_is_promised(db: Engine, clock: Clock) -> None:
    event, organiser = await draft()
    hall, host = await town()
    await promised(event, hall, organiser, host)
    free = await occupancy.free_days(hall["id"], stay(), "Europe/Paris", clock.now, 5)
    assert [one.from_at.day for one in free] == [10, 11, 12, 15, 16]
    summer = Stay(datetime(2027, 3, 26, 8, tzinfo=UTC), datetime(2027, 3, 26, 17, tzinfo=UTC))
    after = await occupancy.free_days(hall["id"], summer, "Europe/Paris", clock.now, 2)
    assert [one.from_at.hour for one in after] == [8, 7]
    clock.now = datetime(2027, 2, 20, 12, tzinfo=UTC)
    assert (await occupancy.free_days(hall["id"], stay(), "Europe/Paris", clock.now, 1))[0].from_at.day == 22


async def test_a_crowd_is_counted_at_its_height(db: Engine) -> None:
    event, _organiser = await draft()
    for number in range(3):
        workshop = await factories.workshop(event)
        for hour in range(4):
            await factories.session(workshop, event, hour, 60, capacity=5 + number)
    await factories.session(workshop, event, 0, 60, capacity=100, status="cancelled")
    assert await occupancy.crowd(event["id"]) == (72, 18)


async def test_a_hall_is_locked_inside_a_transaction_only(db: Engine) -> None:
    hall, _host = await town()
    with pytest.raises(RuntimeError):
        await occupancy.lock(hall["id"])
    async with transaction():
        assert (await occupancy.lock(hall["id"]))["organisation"] == hall["organisation"]

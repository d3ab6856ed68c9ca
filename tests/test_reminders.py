"""Two days before and on the morning: who is written to, once, with what is true when it leaves."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import postbox
from tests.factories import Row
from tests.planned import clock
from tests.postbox import Clock, Server, attendee, connected, day, queue
from tests.test_letter_of_changes import body, delivered, tickets
from workshops import demo, reminders
from workshops.actors import Actor
from workshops.database import Engine, fetch
from workshops.delivery import deliver_due
from workshops.errors import NotFound
from workshops.tables.people import RegistrationStatus
from workshops.unsubscribe import choose_reminders

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production", "db")
BEFORE = datetime(2027, 1, 10, 8, 0, tzinfo=UTC)  # 9 in Paris, two days before
MORNING = datetime(2027, 1, 12, 6, 0, tzinfo=UTC)
CONFIRMED, WAITING = RegistrationStatus.CONFIRMED, RegistrationStatus.WAITING


async def sweep(clock: Clock, moment: datetime = BEFORE) -> int:
    """Both sweeps, at this moment."""
    clock.now = moment
    return await reminders.remind_people_due(moment) + await reminders.remind_morning_due(moment)


def own(row: Row) -> Actor:
    return Actor(f"attendee:{row['id']}")


async def test_two_days_before_all_places_are_in_one_message_with_two_answers(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], WAITING), (slots[2], CONFIRMED))
    assert await sweep(clock, BEFORE - timedelta(minutes=1)) == 0
    assert (await sweep(clock), await sweep(clock)) == (1, 0)
    [message] = await delivered()
    assert message["to"] == zoe["email"]
    assert message["subject"] == "Vous venez\u202f? mardi 12 janvier 2027, Lens"
    for kind in ("plain", "html"):
        text = body(message, kind)
        for words in ("Je viens", "Je ne viens pas", "Vous gardez votre place", "/coming", "/not-coming", "/u/"):
            assert words in text
        assert text.index("Jardinier") < text.index("Soudeur") < text.index("Liste d’attente")
    assert (tickets(message), message.is_multipart()) == (0, True)
    assert not [part for part in message.walk() if part.get_content_type() == "text/calendar"]


async def test_the_one_click_headers_leave_unfolded(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    await attendee(event, (slots[0], CONFIRMED))
    await sweep(clock)
    server = Server()
    async with connected(server) as post:
        await deliver_due(post)
    [(_, _, raw)] = server.taken
    headers = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    [line] = [one for one in headers if one.startswith(b"List-Unsubscribe:")]
    assert line.startswith(b"List-Unsubscribe: <https://ateliers.example.org/u/reminders.")
    assert line.endswith(b">")
    assert len(line) > 78
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers


async def test_a_family_reads_one_message(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    for name in ("Zoé", "Noé"):
        await attendee(event, (slots[0], CONFIRMED), first_name=name)
    await attendee(event, (slots[1], WAITING), first_name="Léa")
    await sweep(clock)
    [message] = await delivered()
    text = body(message)
    assert (text.count("/not-coming"), "Zoé" in text, "Noé" in text, "Léa" in text) == (2, True, True, False)
    assert sorted(row["state"] for row in await queue()) == ["carried", "sent"]


async def test_the_morning_brings_way_and_ticket_and_no_calendar(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], CONFIRMED), (slots[2], CONFIRMED))
    await attendee(event, (slots[1], WAITING), email="lea@example.org")
    assert await sweep(clock, MORNING) == 1
    [message] = await delivered()
    assert message["subject"] == "C’est aujourd’hui, 9\u00a0h\u00a0: votre billet"
    assert zoe["code"] in body(message)
    assert "Apportez seulement ce billet" in body(message)
    assert tickets(message) == 1
    assert not [part for part in message.walk() if part.get_content_type() == "text/calendar"]


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2027, 1, 11, 11, 59, tzinfo=UTC), 1),  # the worker was away; 20 h and a minute before
        (datetime(2027, 1, 11, 12, 0, tzinfo=UTC), 0),
        (MORNING - timedelta(minutes=1), 0),
        (datetime(2027, 1, 12, 6, 59, tzinfo=UTC), 1),
        (datetime(2027, 1, 12, 7, 0, tzinfo=UTC), 0),
        (datetime(2027, 1, 12, 12, 0, tzinfo=UTC), 0),
    ],
)
async def test_not_before_its_moment_and_not_when_it_is_too_late(
    db: Engine, clock: Clock, moment: datetime, written: int
) -> None:
    event, slots = await day()
    await attendee(event, (slots[0], CONFIRMED))
    assert (await sweep(clock, moment), len(await queue())) == (written, written)


async def test_nobody_is_written_to_in_vain(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    off = await attendee(event, (slots[0], CONFIRMED), email="off@example.org")
    await choose_reminders(off["id"], False, own(off))
    await attendee(event, (slots[1], CONFIRMED), email="off@example.org", first_name="Noé")
    await attendee(event, (slots[0], WAITING), email="waits@example.org")
    await attendee(event, (slots[0], CONFIRMED), email=None, phone="+33612345678")
    clock.now = BEFORE + timedelta(seconds=1)
    await attendee(event, (slots[0], CONFIRMED), email="late@example.org")
    assert await sweep(clock, BEFORE + timedelta(hours=1)) == 1
    assert await queue() == []
    await choose_reminders(off["id"], True, own(off))
    assert await sweep(clock, MORNING) == 1
    assert len(await queue()) == 3, "also who has signed up late"


async def test_several_workers_write_once(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    for number in range(3):
        await attendee(event, (slots[0], CONFIRMED), email=f"w{number}@example.org")
    clock.now = BEFORE
    assert sum(await asyncio.gather(*(reminders.remind_people_due(BEFORE) for _ in range(3)))) == 1
    assert len(await queue()) == 3


CHANGES = {
    "given back": "UPDATE registration SET status = 'cancelled', cancelled_at = created_at",
    "day cancelled": "UPDATE event SET status = 'cancelled'",
    "switched off": "UPDATE attendee SET reminders_off_at = created_at",
    "slot cancelled": "UPDATE session SET status = 'cancelled'",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_what_is_no_longer_true_does_not_leave(db: Engine, clock: Clock, change: str) -> None:
    event, slots = await day()
    await attendee(event, (slots[0], CONFIRMED))
    await sweep(clock)
    await fetch(CHANGES[change])
    assert await delivered() == []
    assert [row["state"] for row in await queue()] == ["superseded"]


async def test_a_reminder_ends_when_the_day_begins(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    await attendee(event, (slots[0], CONFIRMED), (slots[2], CONFIRMED))
    await sweep(clock)
    async with connected(Server(rcpt=["450 4.2.0 greylisted"])) as post:
        await deliver_due(post)
    assert [row["expires_at"] for row in await queue()] == [event["starts_at"]]
    clock.now = event["starts_at"]
    assert await delivered() == []


async def test_a_thousand_people_take_few_statements(db: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    event, slots = await day()
    for number in range(5):
        await attendee(event, (slots[0], CONFIRMED), email=f"w{number}@example.org")
    asked: list[str] = []

    async def counting(statement: str, *values: Any) -> list[Row]:
        asked.append(statement)
        return await fetch(statement, *values)

    monkeypatch.setattr(reminders, "fetch", counting)
    await sweep(clock)
    assert len(asked) == 4, "the days of both sweeps; the day's mark and its people"


async def test_only_they_themselves_say_that_they_come(db: Engine, clock: Clock) -> None:
    event, slots = await day()
    zoe = await attendee(event, (slots[0], CONFIRMED))
    with pytest.raises(NotFound):
        await reminders.say_coming(zoe["id"], Actor("attendee:other"))
    assert await reminders.say_coming(zoe["id"], own(zoe))
    clock.now = event["ends_at"]
    assert not await reminders.say_coming(zoe["id"], own(zoe))


async def test_nobody_of_the_demo_is_reminded(db: Engine) -> None:
    now = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
    await demo.load(now=now)
    for hours in range(0, 24 * 60, 6):
        moment = now + timedelta(hours=hours)
        assert await reminders.remind_people_due(moment) + await reminders.remind_morning_due(moment) == 0

"""What people read who waited, and from when an offer's time runs; over a real SMTP conversation."""

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest

from tests import postbox, truths
from tests.planned import clock, somebody
from tests.postbox import Clock, Server, connected
from tests.test_letter_of_changes import body, delivered, entries, tickets
from tests.waited import ADMIN, Full, full, own, place, slot_of, statuses
from workshops import changes, passing_on, waiting_list
from workshops.database import Engine, fetch
from workshops.delivery import deliver_due

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production", "db")


async def only(to: str) -> EmailMessage:
    """The one message that leaves now for this address."""
    [message] = [one for one in await delivered() if one["to"] == to]
    return message


async def read(day: Full, clock: Clock) -> Full:
    """Everybody has had the message of their sign-up."""
    await delivered()
    clock.turn(minutes=1)
    await day.give_back()
    return day


async def test_a_place_that_is_theirs_comes_with_ticket_calendar_and_a_way_to_give_it_back(
    db: Engine, clock: Clock
) -> None:
    day = await read(await full(), clock)
    message = await only("w0@example.org")
    assert message["subject"].startswith("Une place est à vous")
    text = body(message)
    assert "elle est à vous" in text
    assert "Annulez cette place" in text
    assert re.search(r"https://ateliers\.example\.org/m/[A-Z2-7]{26}\n", text)
    assert tickets(message) == 1
    [entry] = entries(message).values()
    assert str(entry["status"]) == "CONFIRMED"
    assert await statuses(day.waiting) == ["confirmed"]


async def test_an_offer_says_until_when_and_leads_to_the_answer(db: Engine, clock: Clock) -> None:
    day = await read(await full(hours=24), clock)
    message = await only("w0@example.org")
    text = body(message)
    assert "Nous gardons cette place pour vous jusqu’au lundi 4 janvier 2027, 12 h 01" in text
    assert f"/offers/{day.waiting[0].places[0].id}\n" in text
    assert (tickets(message), entries(message)) == (0, {})
    for part in ("plain", "html"):
        assert "Répondre : oui ou non" in body(message, part)


async def test_an_exchange_says_what_goes(db: Engine, clock: Clock) -> None:
    day = await full()
    clock.turn(seconds=1)
    await somebody(day.event, await slot_of(day.event, 0.5), email="w0@example.org")
    await read(day, clock)
    assert "votre place à « Maçon, maçonne »" in body(await only("w0@example.org"))


async def test_the_time_of_an_offer_runs_from_when_its_message_was_taken(db: Engine, clock: Clock) -> None:
    day = await read(await full(hours=24), clock)
    clock.turn(minutes=40)
    server = Server(rcpt=["450 4.2.0 greylisted"] * 2)
    async with connected(server) as post:
        await deliver_due(post)
        assert (await place(day.waiting[0]))["offered_until"] == clock.now + timedelta(minutes=80), "not yet"
        clock.turn(minutes=30)
        await deliver_due(post)
    assert (await place(day.waiting[0]))["offered_until"] == clock.now + timedelta(hours=2)


async def test_a_dead_address_passes_the_place_on_and_somebody_calls(db: Engine, clock: Clock) -> None:
    day = await read(await full(waits=2, hours=24), clock)
    await fetch("DELETE FROM message WHERE kind = 'you_cancelled'")
    async with connected(Server(rcpt=["550 5.1.1 no such user"])) as post:
        await deliver_due(post)
    await passing_on.pass_on_due(clock.now)
    assert await statuses(day.waiting) == ["cancelled", "offered"]
    [called] = await fetch("SELECT called_for FROM attendee WHERE called_at IS NULL AND called_for IS NOT NULL")
    assert called == {"called_for": "bounce"}
    assert [one["to"] for one in await delivered()] == ["w1@example.org"]


async def test_what_is_no_longer_true_is_not_sent(db: Engine, clock: Clock) -> None:
    day = await read(await full(hours=24), clock)
    await waiting_list.refuse(day.waiting[0].places[0].id, own(day.waiting[0]))
    assert [one for one in await delivered() if one["to"] == "w0@example.org"] == []
    assert await fetch("SELECT state FROM message WHERE kind = 'place_offered'") == [{"state": "superseded"}]


async def test_who_was_told_their_places_since_is_not_told_again(db: Engine, clock: Clock) -> None:
    """The message of the sign-up had not left: it tells the place as it now is."""
    day = await full()
    clock.turn(seconds=1)
    await day.give_back()
    messages = [one for one in await delivered() if one["to"] == "w0@example.org"]
    assert [one["subject"].split(":")[0].strip() for one in messages] == ["Vos places"]
    assert await truths.offenders() == {}
    assert await statuses(day.waiting) == ["confirmed"]


async def test_when_it_is_over_they_read_so(db: Engine, clock: Clock) -> None:
    await read(await full(hours=24), clock)
    await delivered()
    clock.turn(hours=2)
    await passing_on.expire_due(clock.now)
    text = body(await only("w0@example.org"))
    assert "sans réponse à temps" in text


async def test_who_still_waits_two_hours_before_is_told_to_come(db: Engine, clock: Clock) -> None:
    await full(hours=3)
    await delivered()
    clock.turn(hours=1)
    await passing_on.tell_waiting_due(clock.now)
    message = await only("w0@example.org")
    assert "les places libres sont données aux personnes présentes" in body(message)
    assert tickets(message) == 1


async def test_english_readers_read_english(db: Engine, clock: Clock) -> None:
    day = await full(waits=0, hours=24)
    await somebody(day.event, day.slot, email="kim@example.org", locale="en")
    await read(day, clock)
    message = await only("kim@example.org")
    assert message["subject"].startswith("A place is free for you: answer before")
    assert "Answer: yes or no" in body(message)


async def test_a_calendar_entry_that_was_taken_back_comes_back_with_a_higher_sequence(db: Engine, clock: Clock) -> None:
    """Confirmed, on the list again, given again: SEQUENCE never falls (RFC 5545 §3.8.7.4)."""
    day = await full(waits=0)
    [first] = [one for one in await delivered() if one["to"] == "holder@example.org"]
    [entry] = entries(first).values()
    clock.turn(minutes=1)
    registration = day.holder.places[0].id
    await fetch(
        "UPDATE registration SET status = 'waiting', position = 0, sequence = sequence + 1 WHERE id = {}", registration
    )
    await fetch("UPDATE session SET confirmed = 0, waiting = 1 WHERE id = {}", day.slot["id"])
    await passing_on.promote_due(clock.now)
    [again] = entries(await only("holder@example.org")).values()
    assert str(again["uid"]) == str(entry["uid"])
    assert int(again["sequence"]) == int(entry["sequence"]) + 2
    await changes.cancel(registration, ADMIN)

"""With a mailbox that is read, every slot is an invitation that follows: what calendars hold in the end."""

from datetime import datetime
from email.message import EmailMessage
from itertools import permutations
from typing import Any

import icalendar
import pytest

from tests import factories, postbox
from tests.factories import Row
from tests.planned import clock, later, organiser, row, somebody
from tests.postbox import Clock, Server, connected
from tests.test_mime import shape
from workshops import changes, settings
from workshops.actors import ANYONE, Actor, Staff
from workshops.database import Engine, fetch
from workshops.delivery import deliver_due
from workshops.registrations import Registered, register
from workshops.rescheduling.locks import How
from workshops.rescheduling.moving import change_hall

__all__ = ["clock", "production"]
production = postbox.production
NOW = How(at_once=True)
ZOE = {"first_name": "Zoé", "email": "zoe@example.org"}


@pytest.fixture(autouse=True)
def inbox(production: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INBOX_URL", "imap://us:secret@127.0.0.1:1")
    settings.settings.cache_clear()


@pytest.fixture
async def event(db: Engine, clock: Clock) -> Row:
    return await factories.event()


@pytest.fixture
async def who(event: Row) -> Staff:
    return await organiser(event)


async def slot(event: Row, hour: float = 0, **given: Any) -> Row:
    return await factories.session(await factories.workshop(event, **given), event, hour)


async def delivered(clock: Clock) -> list[EmailMessage]:
    """What leaves now, and what follows from it."""
    server = Server()
    async with connected(server) as post:
        while await deliver_due(post):
            clock.turn(minutes=1)
    return server.messages()


def calendar(message: EmailMessage) -> Any:
    """The calendar object of an invitation, the same beside the words and attached."""
    inside, attached = [one for one in message.walk() if one.get_content_type() in ("text/calendar", "application/ics")]
    raw = inside.get_payload(decode=True)
    assert isinstance(raw, bytes)
    assert raw == attached.get_payload(decode=True)
    assert raw.count(b"\n") == raw.count(b"\r\n") > 10
    parsed = icalendar.Calendar.from_ical(raw)
    assert str(parsed["method"]) == inside["content-type"].params["method"]
    return parsed


def invitations(messages: list[EmailMessage]) -> list[Any]:
    return [calendar(one) for one in messages if "application/ics" in str(shape(one))]


def applied(objects: list[Any]) -> dict[str, datetime]:
    """What a calendar holds after these: the highest SEQUENCE of a UID, then the latest, wins (RFC 5546 §2.1.5)."""
    newest: dict[str, tuple[int, datetime, str, datetime]] = {}
    for one in objects:
        [event] = one.walk("VEVENT")
        version = (int(event["sequence"]), event["dtstamp"].dt, str(one["method"]), event["dtstart"].dt)
        if str(event["uid"]) not in newest or version[:2] >= newest[str(event["uid"])][:2]:
            newest[str(event["uid"])] = version
    return {uid: start for uid, (_, _, method, start) in newest.items() if method == "REQUEST"}


async def truth(person: Registered) -> dict[str, datetime]:
    rows = await fetch(
        "SELECT r.id, s.starts_at FROM registration r JOIN session s ON s.id = r.session "
        "WHERE r.attendee = {} AND r.status = 'confirmed' AND s.status = 'open'",
        person.attendee,
    )
    return {f"place-{one['id']}@ateliers.example.org": one["starts_at"] for one in rows}


async def test_a_slot_is_one_short_invitation_after_its_ticket(event: Row, clock: Clock) -> None:
    zoe = await somebody(event, await slot(event), await slot(event, 2))
    ticket, first, second = await delivered(clock)
    assert "text/calendar" not in str(shape(ticket))
    assert "arrive aussi sous forme d’invitation" in str(ticket.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert shape(first) == (
        "multipart/mixed",
        [
            (
                "multipart/related",
                [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "image/png"],
            ),
            "application/ics",
        ],
    )
    [entry] = calendar(first).walk("VEVENT")
    kept = await row("registration", zoe.places[0].id)
    assert str(entry["organizer"]).startswith("mailto:rsvp+")
    assert len(str(entry["organizer"])) == len("mailto:rsvp+@pole.example") + 26
    assert kept["reply_hash"]
    assert str(entry["attendee"]).startswith("mailto:")
    assert str(entry["attendee"])[7:] == first["to"] == ticket["to"]
    assert entry["attendee"].params["PARTSTAT"] == "ACCEPTED"
    assert "/m/" not in calendar(first).to_ical().decode().replace("\r\n ", "")
    assert "/T/" in calendar(first).to_ical().decode().replace("\r\n ", "")
    assert len(entry.walk("VALARM")) == 1
    assert first["in-reply-to"] == ticket["message-id"]
    assert applied(invitations([first, second])) == await truth(zoe)
    assert await delivered(clock) == []


async def test_moved_twice_cancelled_and_taken_again_every_order_ends_right(
    event: Row, who: Staff, clock: Clock
) -> None:
    session, other = await slot(event), await slot(event, 4)
    zoe = await somebody(event, session, other, **ZOE)
    sent = await delivered(clock)
    for minutes in (60, 15):
        await later(session, who, minutes / 60, NOW)
        sent += await delivered(clock)
    await changes.cancel(zoe.places[0].id, Actor(f"attendee:{zoe.attendee}"))
    sent += await delivered(clock)
    again = await register(factories.sign_up(event, session, **ZOE), ANYONE)
    assert again.attendee == zoe.attendee
    sent += await delivered(clock)
    objects = invitations(sent)
    told = [(str(one["method"]), int(one.walk("VEVENT")[0]["sequence"])) for one in objects]
    assert told == [("REQUEST", 0), ("REQUEST", 0), ("REQUEST", 1), ("REQUEST", 2), ("CANCEL", 3), ("REQUEST", 2)]
    assert len({str(one.walk("VEVENT")[0]["uid"]) for one in objects}) == 3
    expected = await truth(zoe)
    assert len(expected) == 2
    assert all(applied(list(order)) == expected for order in permutations(objects))


async def test_book_cancel_book_within_a_minute_ends_in_one_true_state(event: Row, clock: Clock) -> None:
    session = await slot(event)
    zoe = await somebody(event, session, **ZOE)
    await changes.cancel(zoe.places[0].id, Actor(f"attendee:{zoe.attendee}"))
    await register(factories.sign_up(event, session, **ZOE), ANYONE)
    messages = await delivered(clock)
    objects = invitations(messages)
    assert [str(one["method"]) for one in objects] == ["REQUEST"]
    assert applied(objects) == await truth(zoe)
    assert len(messages) == 2, [one["subject"] for one in messages]


async def test_what_no_calendar_heard_of_is_not_cancelled_there(event: Row, clock: Clock) -> None:
    zoe = await somebody(event, await slot(event), **ZOE)
    server = Server()
    async with connected(server) as post:
        await changes.cancel(zoe.places[0].id, Actor(f"attendee:{zoe.attendee}"))
        while await deliver_due(post):
            clock.turn(minutes=1)
    assert invitations(server.messages()) == []
    assert len(server.messages()) == 1


async def test_another_hall_is_in_the_calendar(event: Row, who: Staff, clock: Clock) -> None:
    await somebody(event, await slot(event), **ZOE)
    await delivered(clock)
    other = await factories.venue(name="Espace Grossemy")
    asked = {"id": "request", "event": event["id"], "venue": other["id"], "status": "accepted"}
    hours = {"from_at": event["starts_at"], "until_at": event["ends_at"], "asked_at": clock.now}
    await factories.insert("venue_request", asked | hours)
    await change_hall(event["id"], other["id"], who, NOW)
    [entry] = [one.walk("VEVENT")[0] for one in invitations(await delivered(clock))]
    assert str(entry["location"]).startswith("Espace Grossemy")
    assert int(entry["sequence"]) == 1

"""What people read once their day was changed: the net of it, once, with ticket, calendar and what is still free."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest

from tests import factories, planned, postbox
from tests.factories import Row
from tests.planned import clock, later, notices, organiser, place, row, somebody
from tests.postbox import Clock, Server, connected
from workshops import changes
from workshops.actors import Actor, Staff
from workshops.database import Engine, fetch
from workshops.delivery import deliver_due
from workshops.rescheduling.cancelling import cancel_day, cancel_slot
from workshops.rescheduling.capacities import set_capacity
from workshops.rescheduling.locks import How
from workshops.rescheduling.moving import change_hall
from workshops.rescheduling.undoing import send_now, undo

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")
NOW = How(at_once=True)


@pytest.fixture
async def event(db: Engine, clock: Clock) -> Row:
    return await factories.event()


@pytest.fixture
async def who(event: Row) -> Staff:
    return await organiser(event)


async def slot(event: Row, hour: float = 0, title: str = "Maçon, maçonne", **given: Any) -> Row:
    """A slot of a workshop of its own."""
    return await factories.session(await factories.workshop(event, title=title), event, hour, **given)


async def delivered(clock: Clock | None = None) -> list[EmailMessage]:
    """What leaves now, or in the next minutes."""
    server = Server()
    async with connected(server) as post:
        while await deliver_due(post) and clock:
            clock.turn(minutes=1)
    return server.messages()


def body(message: EmailMessage, kind: str = "plain") -> str:
    """Its words, spaces as on the keyboard."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\xa0", " ").replace("\r\n", "\n")


def entries(message: EmailMessage) -> dict[str, Any]:
    """Its calendar entries by UID."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_content()
            calendar = icalendar.Calendar.from_ical(content)
            assert calendar["method"] == part["content-type"].params["method"] == "PUBLISH"
            return {str(one["uid"]): one for one in calendar.walk("VEVENT")}
    return {}


def tickets(message: EmailMessage) -> int:
    """How many pictures it has."""
    return sum(part.get_content_type() == "image/png" for part in message.walk())


async def test_a_moved_slot_is_said_in_one_sentence_with_ticket_and_calendar(
    event: Row, who: Staff, clock: Clock
) -> None:
    session = await slot(event, title="Maçon & Cie <b>")
    zoe = await somebody(event, session)
    [first] = await delivered()
    change = await later(session, who, how=How("Le formateur arrive en train"))
    assert await delivered() == []
    clock.turn(minutes=10)
    [message] = await delivered()
    told = body(message)
    assert "Votre atelier Maçon & Cie <b> passe de 9 h à 10 h." in told
    assert "Maçon &amp; Cie &lt;b&gt; passe de 9 h à 10 h." in body(message, "html")
    assert "Pourquoi : Le formateur arrive en train" in told
    assert told.startswith("Votre atelier change d’horaire")
    assert "Changement : jeudi 14 janvier 2027" in str(message["subject"]).replace("\xa0", " ")
    assert "/m/" in told
    assert tickets(message) == 1
    uid = f"place-{zoe.places[0].id}@ateliers.example.org"
    old, new = entries(first)[uid], entries(message)[uid]
    assert (int(old["sequence"]), int(new["sequence"])) == (0, 1)
    assert new["dtstart"].dt == old["dtstart"].dt + timedelta(hours=1)
    assert new["status"] == "CONFIRMED"
    assert message["in-reply-to"] == message["references"] == first["message-id"]
    assert [one["state"] for one in await notices(change)] == ["sent"]
    assert await delivered() == []


async def test_forty_people_are_told_once_each_and_nobody_once_it_is_undone(
    event: Row, who: Staff, clock: Clock
) -> None:
    session = await slot(event, capacity=40)
    await planned.people(event, 40, session)
    assert len(await delivered(clock)) == 40
    undone = await later(session, who)
    clock.turn(minutes=9)
    await undo(undone, who)
    clock.turn(hours=1)
    assert await delivered(clock) == []
    await later(session, who)
    clock.turn(minutes=10)
    told = [str(message["to"]) for message in await delivered(clock)]
    assert len(told) == len(set(told)) == 40
    clock.turn(hours=1)
    assert await delivered(clock) == []


async def test_a_cancelled_slot_offers_what_is_free_of_the_same_workshop(event: Row, who: Staff) -> None:
    workshop = await factories.workshop(event, title="Soudeur, soudeuse")
    gone, _, _ = [await factories.session(workshop, event, hour) for hour in (0, 2, 4)]
    kept = await slot(event, 4, "Jardinier")
    await slot(event, 6, "Boulanger")
    zoe = await somebody(event, gone, kept)
    await delivered()
    await cancel_slot(gone["id"], who, NOW)
    [message] = await delivered()
    told = body(message)
    assert "L’atelier Soudeur, soudeuse de 9 h est annulé." in told
    assert f"Soudeur, soudeuse, 11 h – 11 h 45\n  https://ateliers.example.org/events/{event['id']}/workshops/" in told
    assert "13 h – 13 h 45\n  https" not in told, "she is somewhere else then"
    assert "Boulanger" not in told
    assert "Jardinier" in told
    assert tickets(message) == 1
    statuses = {uid: str(one["status"]) for uid, one in entries(message).items()}
    names = [f"place-{registered.id}@ateliers.example.org" for registered in zoe.places]
    assert statuses == dict(zip(names, ("CANCELLED", "CONFIRMED"), strict=True))


async def test_without_another_slot_of_the_workshop_the_day_offers_others(event: Row, who: Staff) -> None:
    gone = await slot(event)
    await slot(event, 6, "Boulanger", capacity=1)
    full = await slot(event, 5, "Couvreur", capacity=1)
    await somebody(event, full, email="max@example.org")
    await somebody(event, gone)
    await delivered()
    await cancel_slot(gone["id"], who, NOW)
    [message] = await delivered()
    assert "Boulanger, 15 h – 15 h 45" in body(message)
    assert "Couvreur" not in body(message)
    assert "Vous n’avez plus de place ce jour-là." in body(message)
    assert tickets(message) == 0


async def test_who_has_to_choose_reads_between_what_and_where(event: Row, who: Staff) -> None:
    moved, other = await slot(event), await slot(event, 2, "Jardinier, jardinière")
    await somebody(event, moved, other)
    await delivered()
    await later(moved, who, 2, NOW)
    [message] = await delivered()
    told = body(message)
    assert told.startswith("Deux de vos ateliers sont maintenant en même temps")
    assert "en même temps que votre autre atelier : Jardinier, jardinière, 11 h – 11 h 45." in told
    assert "Choisir l’atelier que je garde\nhttps://ateliers.example.org/m/" in told


async def test_who_has_to_wait_keeps_the_ticket_and_loses_the_hour(event: Row, who: Staff) -> None:
    session = await slot(event, capacity=1)
    workshop = await row("workshop", session["workshop"])
    await factories.session(workshop, event, 0, capacity=1)
    zoe = await somebody(event, session)
    await delivered()
    await set_capacity(session["id"], 2, who, NOW)
    ana = await somebody(event, session, email="ana@example.org")
    await delivered()
    await set_capacity(session["id"], 1, who, NOW, {zoe.places[0].id: ""})
    [message] = await delivered()
    assert message["to"] == "zoe@example.org"
    assert "vous êtes maintenant sur la liste d’attente" in body(message)
    assert tickets(message) == 1
    [entry] = entries(message).values()
    assert entry["status"] == "CANCELLED"
    assert (await place(ana))["status"] == "confirmed"


async def test_another_hall_is_the_first_thing_that_is_said(event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    await delivered()
    hall = await factories.venue(name="Salle Raoul-Briquet", address="3 rue du Stade")
    asked = {"id": "request", "event": event["id"], "venue": hall["id"], "status": "accepted"}
    hours = {"from_at": event["starts_at"], "until_at": event["ends_at"], "asked_at": planned.now()}
    await factories.insert("venue_request", asked | hours)
    await change_hall(event["id"], hall["id"], who, NOW)
    [message] = await delivered()
    told = body(message)
    assert told.startswith("Le lieu change")
    assert "La journée a lieu ailleurs : Salle Raoul-Briquet, et non plus Salle des fêtes." in told
    [entry] = entries(message).values()
    assert "Salle Raoul-Briquet" in entry["location"]
    assert int(entry["sequence"]) == 1


async def test_a_cancelled_day_has_no_ticket(event: Row, who: Staff) -> None:
    await somebody(event, await slot(event), await slot(event, 2, "Jardinier"))
    await delivered()
    await cancel_day(event["id"], who, How("Inondation", at_once=True))
    [message] = await delivered()
    told = body(message)
    assert told.startswith("Cette journée est annulée")
    assert "Annulé : jeudi 14 janvier 2027" in str(message["subject"]).replace("\xa0", " ")
    assert "Pourquoi : Inondation" in told
    assert "votre billet ne sert plus" in told
    assert tickets(message) == 0
    assert [str(one["status"]) for one in entries(message).values()] == ["CANCELLED"] * 2


async def test_two_changes_are_one_message_and_what_came_back_is_not_told(event: Row, who: Staff, clock: Clock) -> None:
    one, two, three = await slot(event), await slot(event, 3, "Jardinier"), await slot(event, 5, "Boulanger")
    await somebody(event, one, two, three)
    await delivered()
    await later(one, who)
    await later(three, who)
    clock.turn(minutes=6)
    await later(two, who)
    await later(three, who, -1)
    clock.turn(minutes=5)
    assert await delivered() == [], "it waits for the newest"
    clock.turn(minutes=5)
    [message] = await delivered()
    told = body(message)
    assert "Maçon, maçonne passe de 9 h à 10 h." in told
    assert "Jardinier passe de 12 h à 13 h." in told
    assert "Boulanger passe" not in told
    assert await delivered() == []
    states = {one["state"] for one in await fetch("SELECT state FROM message WHERE kind = 'your_changes'")}
    assert states == {"sent", "carried"}


async def test_there_and_back_is_no_news_unless_another_message_told_it(event: Row, who: Staff, clock: Clock) -> None:
    session, other = await slot(event), await slot(event, 4, "Jardinier")
    await somebody(event, session)
    await delivered()
    clock.turn(minutes=1)
    await later(session, who)
    clock.turn(minutes=1)
    await later(session, who, -1)
    clock.turn(minutes=10)
    assert await delivered() == []
    await later(session, who)
    clock.turn(minutes=1)
    await somebody(event, other)
    [places] = await delivered()
    assert "10 h – 10 h 45" in body(places)
    await later(session, who, -1)
    clock.turn(minutes=10)
    [message] = await delivered()
    assert "Votre atelier Maçon, maçonne a finalement lieu à 9 h." in body(message)


async def test_what_is_sent_now_takes_along_what_waits_for_the_same_person(event: Row, who: Staff) -> None:
    one, two = await slot(event), await slot(event, 3, "Jardinier")
    await somebody(event, one, two)
    await delivered()
    first, second = await later(one, who), await later(two, who)
    await send_now(second, who)
    [message] = await delivered()
    assert "Maçon, maçonne passe" in body(message)
    assert "Jardinier passe" in body(message)
    assert [(await notices(change))[0]["state"] for change in (first, second)] == ["carried", "sent"]


async def test_a_family_with_one_address_is_told_together(event: Row, who: Staff) -> None:
    session, other = await slot(event), await slot(event, 4)
    await somebody(event, session)
    await somebody(event, session, first_name="Max")
    await somebody(event, other, first_name="Eve")
    await delivered()
    await later(session, who, 1, NOW)
    await later(other, who)
    [message] = await delivered()
    told = body(message)
    assert told.count("passe de 9 h à 10 h") == 2
    assert "-- Zoé Lefèvre" in told
    assert "-- Max Lefèvre" in told
    assert "Eve" not in told, "the change of her slot can still be undone"
    assert tickets(message) == 2


async def test_who_read_the_new_hours_meanwhile_is_sent_the_old_ones_once_it_is_undone(
    event: Row, who: Staff, clock: Clock
) -> None:
    session, other = await slot(event), await slot(event, 4)
    zoe = await somebody(event, session)
    await somebody(event, session, email="max@example.org")
    await delivered()
    clock.turn(minutes=1)
    change = await later(session, who)
    clock.turn(minutes=1)
    await somebody(event, other)
    [read] = await delivered()
    clock.turn(minutes=1)
    await undo(change, who)
    [again] = await delivered()
    assert again["to"] == "zoe@example.org"
    assert "9 h – 9 h 45" in body(again)
    uid = f"place-{zoe.places[0].id}@ateliers.example.org"
    assert int(entries(read)[uid]["sequence"]) < int(entries(again)[uid]["sequence"])


async def test_a_ticket_that_had_nothing_to_say_for_a_while_is_sent_after_all(event: Row, who: Staff) -> None:
    session = await slot(event)
    await somebody(event, session)
    change = await cancel_slot(session["id"], who)
    assert await delivered() == [], "there is no place to tell of"
    await undo(change, who)
    [message] = await delivered()
    assert tickets(message) == 1


async def test_who_cancelled_everything_hears_no_more_of_the_change(event: Row, who: Staff, clock: Clock) -> None:
    session = await slot(event)
    zoe = await somebody(event, session)
    await delivered()
    await later(session, who)
    await changes.cancel(zoe.places[0].id, Actor(f"attendee:{zoe.attendee}"))
    [message] = await delivered()
    assert "Vous avez annulé cette venue." in body(message)
    assert [one["status"] for one in entries(message).values()] == ["CANCELLED"]
    clock.turn(minutes=10)
    assert await delivered() == []


async def test_english_readers_read_english(event: Row, who: Staff) -> None:
    session, other = await slot(event), await slot(event, 2, "Gardener")
    await somebody(event, session, other, locale="en")
    await delivered()
    await later(session, who, 2, NOW)
    [message] = await delivered()
    told = body(message)
    assert "Your workshop Maçon, maçonne moves from 9:00 to 11:00." in told
    assert "Choose the one you keep." in told
    assert "Votre" not in told
    assert "Votre" not in body(message, "html")

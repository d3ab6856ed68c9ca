"""Exhibitors are told once of what changes at their stands, and of nothing that was undone or that they do not know."""

from datetime import timedelta

import pytest

from tests import factories, postbox
from tests.factories import Row
from tests.planned import clock, later, organiser
from tests.postbox import Clock
from tests.test_letters_exhibitors import written
from workshops import letters, stand_news
from workshops.actors import Staff
from workshops.database import Engine, fetch
from workshops.letters import Notice
from workshops.rescheduling.cancelling import cancel_day, cancel_slot, cancel_workshop
from workshops.rescheduling.capacities import set_capacity
from workshops.rescheduling.locks import How
from workshops.rescheduling.moving import change_hall
from workshops.rescheduling.undoing import undo

__all__ = ["clock", "production"]
production = postbox.production
HOUR = timedelta(hours=1)


@pytest.fixture
async def event(db: Engine, clock: Clock) -> Row:
    return await factories.event()


@pytest.fixture
async def who(event: Row) -> Staff:
    return await organiser(event)


async def company(event: Row, email: str | None = "rh@aciers.example", **given: object) -> tuple[Row, Row, Row]:
    """A company of that address with a workshop of two slots: those slots and the workshop."""
    name = "Aciers d’Artois" if email else "Bâti-Terril"
    owner = await factories.organisation("exhibitor", name=name, email=email)
    workshop = await factories.workshop(event, exhibitor=owner["id"], title="Soudeur, soudeuse", **given)
    return *[await factories.session(workshop, event, hour) for hour in (0, 2)], workshop  # type: ignore[return-value]


async def waiting() -> list[Row]:
    return await fetch(
        "SELECT * FROM message WHERE kind = 'stand_changes' AND state = 'queued' ORDER BY created_at, id"
    )


async def read(message: Row) -> Notice:
    found = await letters.load(message)
    assert isinstance(found, Notice)
    return found


async def test_a_moved_slot_is_told_to_its_company_alone_with_the_hours_it_has_now(event: Row, who: Staff) -> None:
    first, _second, _workshop = await company(event)
    await company(event, "rh@other.example")
    change = await later(first, who, how=How("La salle ouvre plus tard."))
    (message,) = await waiting()
    assert (message["plan_change"], message["not_before"] - message["created_at"]) == (change, timedelta(minutes=10))
    notice = await read(message)
    assert notice.address == "rh@aciers.example"
    (news,) = notice.shown["news"]
    assert (news["kind"], news["was_starts_at"], news["starts_at"]) == (
        "moved",
        first["starts_at"],
        first["starts_at"] + HOUR,
    )
    assert notice.shown["whys"] == ["La salle ouvre plus tard."]
    assert [slot["starts_at"] for slot in notice.shown["stands"][0]["slots"]] == [
        first["starts_at"] + HOUR,
        first["starts_at"] + 2 * HOUR,
    ]


async def test_what_is_undone_is_told_to_nobody(event: Row, who: Staff, clock: Clock) -> None:
    first, *_rest = await company(event)
    await undo(await later(first, who), who)
    assert await waiting() == []


async def test_two_changes_are_one_message_that_leaves_with_the_second(event: Row, who: Staff, clock: Clock) -> None:
    first, second, _workshop = await company(event)
    await later(first, who)
    clock.turn(minutes=9)
    await later(first, who, -1)
    clock.turn(seconds=1)
    await cancel_slot(second["id"], who)
    messages = await waiting()
    assert {message["not_before"] for message in messages} == {clock.now + timedelta(minutes=10)}
    clock.turn(minutes=10)
    notice = await read(messages[0])
    assert [(one["kind"], one["id"]) for one in notice.shown["news"]] == [("cancelled", second["id"])]
    assert set(notice.carries) == {message["id"] for message in messages[1:]}


async def test_there_and_back_is_no_news(event: Row, who: Staff, clock: Clock) -> None:
    first, *_rest = await company(event)
    await later(first, who)
    clock.turn(minutes=1)
    await later(first, who, -1)
    clock.turn(minutes=10)
    assert [await letters.load(message) for message in await waiting()] == [None, None]


async def test_a_workshop_and_a_day_that_are_called_off_say_so(event: Row, who: Staff) -> None:
    *_slots, workshop = await company(event)
    await cancel_workshop(workshop["id"], who)
    (message,) = await waiting()
    assert [one["kind"] for one in (await read(message)).shown["news"]] == ["workshop"]
    await company(event, "rh@other.example")
    change = await cancel_day(event["id"], who)
    told = [message for message in await waiting() if message["plan_change"] == change]
    assert len(told) == 1  # the first has no workshop left, and knows
    notice = await read(told[0])
    assert (notice.address, notice.shown["is_off"]) == ("rh@other.example", True)


async def test_another_hall_is_told_to_every_company(event: Row, who: Staff) -> None:
    await company(event)
    await company(event, "rh@other.example", status="draft")
    hall = await factories.venue(name="Halle du Carreau")
    asked = {"id": "q1", "event": event["id"], "venue": hall["id"], "status": "accepted", "from_at": event["starts_at"]}
    await factories.insert("venue_request", {**asked, "until_at": event["ends_at"], "asked_at": event["created_at"]})
    await change_hall(event["id"], hall["id"], who)
    messages = await waiting()
    assert len(messages) == 2
    assert {(await read(message)).shown["old_hall"] for message in messages} == {"Salle des fêtes"}


async def test_who_knows_nothing_of_it_has_declined_or_has_no_address_is_not_written_to(event: Row, who: Staff) -> None:
    declined, *_rest = await company(event, "rh@declined.example", answer="declined")
    by_phone, *_rest = await company(event, None)
    known, *_rest = await company(event)
    await later(declined, who)
    change = await later(by_phone, who)
    await set_capacity(known["id"], 9, who)
    assert await waiting() == []
    assert [one.name for one in await stand_news.to_telephone(change)] == ["Bâti-Terril"]
    draft = await factories.event(status="draft", lead=event["lead"])
    secret, *_rest = await company(draft)
    await later(secret, who)
    assert await waiting() == []


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(("locale", "said"), [("fr", "est maintenant"), ("en", "is now")])
async def test_the_letter_is_whole_in_both_languages(event: Row, who: Staff, locale: str, said: str) -> None:
    first, second, _workshop = await company(event)
    await later(first, who, how=How("Panne"))
    (message,) = await waiting()
    subject, plain, html = written(await read(message), locale)
    assert "Lens" in subject
    for text in (plain, html):
        assert said in text
        assert "Panne" in text
        assert "https://ateliers.example.org/stand/" in text
        assert "None" not in text
    await cancel_day(event["id"], who)
    off = written(await read((await waiting())[-1]), locale)
    assert all(("annulée" if locale == "fr" else "cancelled") in text for text in off[1:])
    assert second["id"] not in off[2]

"""One tap in the mail confirms the places that waited for it; staff do, by telephone; too late is too late."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import factories, truths
from tests.factories import Row
from tests.postbox import Server, connected, production
from tests.staff import make_staff
from workshops import changes, contacts, delivery, passing_on, proofs
from workshops.actors import ANYONE, Actor
from workshops.database import Engine, fetch, utcnow
from workshops.errors import NotFound
from workshops.limits import Source
from workshops.proofs import ProofByTelephone, ProofEnded
from workshops.registrations import register
from workshops.tables.people import Role

__all__ = ["production"]
DOUBTFUL = Source("somewhere", True)


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


@pytest.fixture
async def slots(event: Row) -> list[Row]:
    return [await factories.session(await factories.workshop(event), event, hour) for hour in (0, 2)]


async def doubted(event: Row, *slots: Row, **given: Any) -> str:
    """Somebody who must prove an address; the attendee's id."""
    asked = factories.sign_up(event, *slots, if_full="wait", **given)
    return (await register(replace(asked, source=DOUBTFUL), ANYONE)).attendee


def own(attendee: str) -> Actor:
    return Actor(f"attendee:{attendee}")


async def counted(slot: Row) -> tuple[int, int]:
    (row,) = await fetch("SELECT confirmed, offered FROM session WHERE id = {}", slot["id"])
    return row["confirmed"], row["offered"]


async def kinds() -> list[str]:
    return [
        row["kind"] for row in await fetch("SELECT kind FROM message WHERE state = 'queued' ORDER BY created_at, id")
    ]


async def test_one_tap_confirms_all_and_sends_the_ticket(event: Row, slots: list[Row]) -> None:
    who = await doubted(event, *slots)
    assert len(await proofs.confirm(who, own(who))) == 2
    assert [await counted(slot) for slot in slots] == [(1, 0)] * 2
    assert await kinds() == ["prove", "your_places"]
    (row,) = await fetch("SELECT proved_at FROM attendee")
    assert row["proved_at"]
    assert await truths.offenders() == {}


async def test_pressed_twice_and_at_once_it_is_done_once(event: Row, slots: list[Row]) -> None:
    who = await doubted(event, *slots)
    done = await asyncio.gather(*(proofs.confirm(who, own(who)) for _ in range(4)))
    assert sorted(len(one) for one in done) == [0, 0, 0, 2]
    assert [await counted(slot) for slot in slots] == [(1, 0)] * 2
    assert await kinds() == ["prove", "your_places"]


async def test_too_late_by_the_clock_of_the_database(event: Row, slots: list[Row]) -> None:
    who = await doubted(event, slots[0])
    await fetch("UPDATE registration SET offered_until = {}", utcnow() - timedelta(milliseconds=1))
    with pytest.raises(ProofEnded):
        await proofs.confirm(who, own(who))
    assert await counted(slots[0]) == (0, 1)


async def test_nobody_confirms_for_somebody_else(event: Row, slots: list[Row]) -> None:
    who = await doubted(event, slots[0])
    adviser, _ = await make_staff(Role.ADVISER)
    for actor in (ANYONE, own("somebody"), adviser):
        with pytest.raises(NotFound):
            await proofs.confirm(who, actor)
    assert await counted(slots[0]) == (0, 1)


async def test_with_a_telephone_only_staff_confirm(event: Row, slots: list[Row]) -> None:
    who = await doubted(event, slots[0], email=None, phone="+33639980001")
    assert await kinds() == []
    with pytest.raises(ProofByTelephone):
        await proofs.confirm(who, own(who))
    organiser, _ = await make_staff(Role.ORGANISER, event["lead"])
    await proofs.confirm(who, organiser)
    assert await counted(slots[0]) == (1, 0)
    entries = await fetch("SELECT action, object_id, people FROM audit_entry")
    assert [tuple(row.values()) for row in entries] == [("confirm_places", who, 1)]


async def test_what_was_booked_elsewhere_meanwhile_is_not_booked_twice(event: Row, slots: list[Row]) -> None:
    who = await doubted(event, *slots)
    other = await factories.event(date=event["date"])
    same_hour = await factories.session(await factories.workshop(other), other)
    await fetch(
        "UPDATE registration SET status = 'waiting', position = 1, offer = NULL WHERE session = {}", slots[0]["id"]
    )
    await fetch("UPDATE session SET waiting = 1, offered = 0, queue_tail = 1 WHERE id = {}", slots[0]["id"])
    await register(factories.sign_up(other, same_hour), ANYONE)
    await fetch(
        "UPDATE registration SET status = 'offered', position = NULL, offer = 'proof' WHERE session = {}",
        slots[0]["id"],
    )
    await fetch("UPDATE session SET waiting = 0, offered = 1 WHERE id = {}", slots[0]["id"])
    await proofs.confirm(who, own(who))
    assert [await counted(slot) for slot in slots] == [(0, 1), (1, 0)]
    assert await truths.offenders() == {}


async def test_a_corrected_address_is_asked_instead(event: Row, slots: list[Row]) -> None:
    who = await doubted(event, slots[0])
    await contacts.correct_contact(who, "zoe2@example.org", None, own(who))
    rows = await fetch("SELECT kind, state FROM message ORDER BY created_at, id")
    assert [tuple(row.values()) for row in rows] == [("prove", "superseded"), ("prove", "queued")]


@pytest.mark.usefixtures("production")
async def test_the_message_asks_for_one_tap_and_shows_no_ticket(event: Row, slots: list[Row]) -> None:
    who, server = await doubted(event, *slots), Server()
    async with connected(server) as post:
        await delivery.deliver_due(post, asyncio.Event())
    (message,) = server.messages()
    assert str(message["Subject"]) == "Confirmez votre place d’un geste"
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "/proof\n" in text.replace("\r", "")
    assert text.count("À confirmer avant") == 2
    assert "Confirmer mes places" in text
    assert "/T/" not in text
    assert [part.get_content_type() for part in message.walk() if part.get_content_maintype() == "image"] == []
    assert "text/calendar" not in [part.get_content_type() for part in message.walk()]
    await proofs.confirm(who, own(who))
    async with connected(server) as post:
        await delivery.deliver_due(post, asyncio.Event())
    parts = [part.get_content_type() for part in server.messages()[-1].walk()]
    assert {"image/png", "text/calendar"} <= set(parts)


@pytest.mark.usefixtures("production")
async def test_nothing_is_asked_once_it_is_proved(event: Row, slots: list[Row]) -> None:
    who, server = await doubted(event, slots[0]), Server()
    await proofs.confirm(who, own(who))
    async with connected(server) as post:
        await delivery.deliver_due(post, asyncio.Event())
    assert [str(message["Subject"])[:10] for message in server.messages()] == ["Vos places"]


async def test_a_fifth_of_a_family_is_asked_at_once_though_its_tickets_wait(event: Row, slots: list[Row]) -> None:
    for first in ("Ali", "Lou", "Max", "Eva"):
        await register(factories.sign_up(event, slots[0], first_name=first), ANYONE)
    await register(factories.sign_up(event, slots[0], first_name="Tom"), ANYONE)
    rows = await fetch("SELECT kind, not_before FROM message ORDER BY created_at, id")
    now = utcnow()
    assert [(row["kind"], row["not_before"] <= now) for row in rows] == [
        ("your_places", True),
        ("your_places", True),
        ("your_places", True),
        ("your_places", False),
        ("prove", True),
    ]


async def test_unproved_in_time_the_place_goes_to_who_waits(event: Row) -> None:
    slot = await factories.session(await factories.workshop(event), event, capacity=1)
    who = await doubted(event, slot)
    waits = await register(factories.sign_up(event, slot, if_full="wait", email="next@example.org"), ANYONE)
    await fetch("UPDATE registration SET offered_until = {} WHERE status = 'offered'", utcnow() - timedelta(seconds=1))
    assert await passing_on.expire_due(utcnow()) == 1
    rows = await fetch("SELECT attendee, status FROM registration ORDER BY created_at, id")
    assert [tuple(row.values()) for row in rows] == [(who, "cancelled"), (waits.attendee, "confirmed")]
    with pytest.raises(ProofEnded):
        await proofs.confirm(who, own(who))
    assert await kinds() == ["prove", "your_places", "place_given"]
    assert await truths.offenders() == {}


@pytest.mark.usefixtures("production")
async def test_the_half_hour_runs_from_when_the_message_was_accepted(event: Row, slots: list[Row]) -> None:
    await doubted(event, *slots)
    soon = utcnow() + timedelta(minutes=1)
    await fetch("UPDATE registration SET offered_until = {}", soon)
    async with connected(Server()) as post:
        await delivery.deliver_due(post, asyncio.Event())
    rows = await fetch("SELECT offered_until FROM registration")
    assert all(row["offered_until"] > soon + timedelta(minutes=28) for row in rows)


async def test_who_waits_unproved_is_asked_before_a_place_is_theirs(event: Row) -> None:
    slot = await factories.session(await factories.workshop(event), event, capacity=1)
    first = await register(factories.sign_up(event, slot, email="first@example.org"), ANYONE)
    who = await doubted(event, slot)
    await changes.cancel(first.places[0].id, own(first.attendee))
    (row,) = await fetch("SELECT status, offer FROM registration WHERE attendee = {}", who)
    assert tuple(row.values()) == ("offered", "place")

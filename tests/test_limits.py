"""Limits without cruelty: who must prove an address, counted for all processes, and a class let through."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import factories, truths
from tests.factories import Row
from tests.programs import ROOT
from tests.staff import make_staff
from workshops import limits
from workshops.actors import ANYONE, Actor
from workshops.database import Engine, fetch, transaction, utcnow
from workshops.limits import SIGN_UPS, Source, source_of
from workshops.registrations import Registered, register
from workshops.tables.people import Role
from workshops.worker import _purge

DOUBTFUL = Source("somewhere", True)


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event()


@pytest.fixture
async def slot(event: Row) -> Row:
    return await factories.session(await factories.workshop(event), event, capacity=20)


async def signed_up(event: Row, *slots: Row, actor: Actor = ANYONE, **given: Any) -> Registered:
    source = given.pop("source", limits.VOUCHED)
    return await register(replace(factories.sign_up(event, *slots, if_full="wait", **given), source=source), actor)


async def named(event: Row, slot: Row, first: str, **given: Any) -> str:
    """The status of somebody's place."""
    return (await signed_up(event, slot, first_name=first, **given)).places[0].status


async def kinds() -> list[str]:
    return [row["kind"] for row in await fetch("SELECT kind FROM message ORDER BY created_at, id")]


async def test_a_class_is_let_through_and_the_61st_must_prove_its_address(db: Engine) -> None:
    now = utcnow()
    found = [await source_of("192.0.2.1", now) for _ in range(61)]
    assert [source.doubtful for source in found] == [False] * 60 + [True]
    assert len({source.network for source in found}) == 1
    assert "192.0.2.1" not in str(found[0].network)
    assert not (await source_of("192.0.2.2", now)).doubtful
    assert not (await source_of("192.0.2.1", now + timedelta(minutes=10))).doubtful


async def test_a_household_with_ipv6_is_one_network(db: Engine) -> None:
    now = utcnow()
    one, two, other = [
        await source_of(address, now) for address in ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")
    ]
    assert one.network == two.network
    assert one.network != other.network
    assert (await source_of("::ffff:192.0.2.1", now)).network == (await source_of("192.0.2.1", now)).network


async def test_an_address_that_is_none_is_not_counted(db: Engine) -> None:
    assert await source_of("", utcnow()) == Source(None, False)
    assert await source_of("", utcnow(), automatic=True) == Source(None, True)
    assert await fetch("SELECT id FROM counter") == []


async def test_two_processes_share_the_count(db: Engine, database_url: str) -> None:
    script = (
        "import asyncio\nfrom workshops.limits import source_of\nfrom workshops.database import utcnow\n"
        "async def main():\n    for _ in range(30): await source_of('192.0.2.1', utcnow())\nasyncio.run(main())\n"
    )
    env = {**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([sys.executable, "-c", script], env=env) for _ in range(2)]  # noqa: ASYNC220 - others
    assert [await asyncio.to_thread(one.wait, 60) for one in running] == [0, 0]
    assert (await fetch("SELECT total FROM counter"))[0]["total"] == SIGN_UPS.most
    assert (await source_of("192.0.2.1", utcnow())).doubtful


async def test_a_count_inside_a_transaction_is_a_mistake(db: Engine) -> None:
    with pytest.raises(RuntimeError):
        async with transaction():
            await source_of("192.0.2.1", utcnow())


async def test_a_doubtful_sign_up_is_offered_for_half_an_hour_and_asked_by_mail(event: Row, slot: Row) -> None:
    done = await signed_up(event, slot, source=DOUBTFUL)
    assert done.places[0].status == "offered"
    (place,) = await fetch("SELECT * FROM registration")
    assert (place["status"], place["offer"]) == ("offered", "proof")
    assert place["offered_until"] - place["offered_at"] == timedelta(minutes=30)
    (counted,) = await fetch("SELECT confirmed, offered, waiting FROM session")
    assert tuple(counted.values()) == (0, 1, 0)
    assert await kinds() == ["prove"]
    assert await truths.offenders() == {}


async def test_a_full_slot_waits_and_needs_no_proof(event: Row, slot: Row) -> None:
    full = await factories.session(await factories.workshop(event), event, 2, capacity=1)
    await named(event, full, "Ali")
    done = await signed_up(event, slot, full, source=DOUBTFUL, first_name="Lou", email="lou@example.org")
    assert sorted(place.status for place in done.places) == ["offered", "waiting"]
    done = await signed_up(event, full, source=DOUBTFUL, first_name="Max", email="max@example.org")
    assert done.places[0].status == "waiting"
    assert await kinds() == ["your_places", "prove", "your_places"]
    assert await truths.offenders() == {}


async def test_a_fifth_person_of_one_address_proves_it(event: Row, slot: Row) -> None:
    for first in ("Ali", "Lou", "Max", "Eva"):
        assert await named(event, slot, first) == "confirmed"
    assert await named(event, slot, "Tom") == "offered"
    assert await named(event, slot, "Tim", email="other@example.org") == "confirmed"


async def test_a_fifth_person_of_one_number_calls(event: Row, slot: Row) -> None:
    for first in ("Ali", "Lou", "Max", "Eva"):
        assert await named(event, slot, first, email=None, phone="+33639980001") == "confirmed"
    assert await named(event, slot, "Tom", email="tom@example.org", phone="+33639980001") == "offered"
    assert await named(event, slot, "Tim", email="tom@example.org", phone="+33639980002") == "confirmed"


async def test_another_day_has_its_own_count(event: Row, slot: Row) -> None:
    for first in ("Ali", "Lou", "Max", "Eva"):
        await named(event, slot, first)
    other = await factories.event(date=(utcnow() + timedelta(days=12)).date())
    assert await named(other, await factories.session(await factories.workshop(other), other), "Tom") == "confirmed"


async def test_whom_staff_register_is_not_limited_and_counts_for_nobody(event: Row, slot: Row) -> None:
    adviser, _ = await make_staff(Role.ADVISER)
    for first in ("Ali", "Lou", "Max", "Eva", "Tom", "Tim"):
        assert await named(event, slot, first, actor=adviser, source=DOUBTFUL) == "confirmed"
    assert await named(event, slot, "Zoé") == "confirmed"
    rows = await fetch("SELECT network, doubted_at FROM attendee")
    assert {tuple(row.values()) for row in rows} == {(None, None)}


async def test_five_at_once_with_one_address_are_four_and_one(event: Row, slot: Row) -> None:
    names = ("Ali", "Lou", "Max", "Eva", "Tom", "Tim", "Léo")
    statuses = await asyncio.gather(*(named(event, slot, first) for first in names))
    assert sorted(statuses) == ["confirmed"] * 4 + ["offered"] * 3
    assert await truths.offenders() == {}


async def test_who_has_not_proved_an_address_proves_it_for_more_slots_too(event: Row, slot: Row) -> None:
    later = await factories.session(await factories.workshop(event), event, 2)
    done = await signed_up(event, slot, source=DOUBTFUL)
    own = Actor(f"attendee:{done.attendee}")
    assert (await signed_up(event, later, actor=own)).places[0].status == "offered"


async def test_who_has_proved_an_address_is_not_asked_again(event: Row, slot: Row) -> None:
    later = await factories.session(await factories.workshop(event), event, 2)
    done = await signed_up(event, slot, source=DOUBTFUL)
    await fetch("UPDATE attendee SET proved_at = {}", utcnow())
    own = Actor(f"attendee:{done.attendee}")
    assert (await signed_up(event, later, actor=own, source=DOUBTFUL)).places[0].status == "confirmed"


async def test_a_place_to_prove_counts_as_booked_against_more(event: Row, slot: Row) -> None:
    done = await signed_up(event, slot, source=DOUBTFUL)
    at_once = await factories.session(await factories.workshop(event), event, 0.5)
    with pytest.raises(Exception, match="already"):
        await signed_up(event, at_once)
    assert len(await fetch("SELECT id FROM registration WHERE attendee = {}", done.attendee)) == 1


async def test_where_a_sign_up_came_from_is_forgotten_after_a_day(event: Row, slot: Row) -> None:
    done = await signed_up(event, slot, source=Source("blurred"))
    await _purge(utcnow() + timedelta(hours=23))
    assert await fetch("SELECT network FROM attendee WHERE id = {}", done.attendee) == [{"network": "blurred"}]
    await _purge(utcnow() + timedelta(hours=25))
    assert await fetch("SELECT network FROM attendee WHERE id = {}", done.attendee) == [{"network": None}]

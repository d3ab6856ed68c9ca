"""Phones at the door: a link works once, within 30 minutes; a device reads until 6 h after the day; on both engines."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from workshops import devices
from workshops.access import make_door_link
from workshops.actors import Actor
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.devices import DayOver, DeviceRevoked, Invitation, LinkExpired, LinkUsed, NotADevice
from workshops.errors import NotAllowed, NotFound
from workshops.ids import new_id
from workshops.settings import settings
from workshops.tables.people import Role

Row = dict[str, Any]


@pytest.fixture
async def event(db: Engine) -> Row:
    return await factories.event(date=utcnow().date())


async def secret(event: Row, *given: Any, **named: Any) -> str:
    return (await make_door_link(event["id"], *given, **named)).rpartition("/")[2]


async def test_a_link_offers_its_day_and_place_and_keeps_no_secret(event: Row) -> None:
    url = await make_door_link(event["id"], None)
    assert re.fullmatch(re.escape(settings().public_url) + "/door/link/[A-Z2-7]{26}", url)
    offered = await devices.invitation(url.rpartition("/")[2].lower())
    assert offered == Invitation(event["title"], event["date"], "62498", None, "Accueil")
    workshop = await factories.workshop(event, stand="12")
    assert await devices.invitation(await secret(event, workshop["id"])) == Invitation(
        event["title"], event["date"], "62498", workshop["title"], "12 Maçon, maçonne"
    )
    assert (await devices.invitation(await secret(event, label="Porte B" * 20))).label.startswith("Porte B")
    stored = str(await fetch("SELECT * FROM device"))
    assert url.rpartition("/")[2] not in stored
    with pytest.raises(NotFound):
        await make_door_link(event["id"], (await factories.workshop(await factories.event()))["id"])
    with pytest.raises(NotFound):
        await make_door_link("unknown")
    for unknown in ("x", "A" * 26, "a\0b", ""):
        with pytest.raises(NotFound):
            await devices.invitation(unknown)
        with pytest.raises(NotFound):
            await devices.make_device(unknown, "h")


async def test_a_link_makes_one_phone_within_thirty_minutes(event: Row) -> None:
    link = await secret(event)
    await devices.make_device(link, "first")
    for again in (devices.invitation(link), devices.make_device(link, "second")):
        with pytest.raises(LinkUsed):
            await again
    phone = await devices.phone("first")
    assert (phone.event, phone.workshop, phone.label, phone.role) == (event["id"], None, "Accueil", Role.DOOR)
    assert phone.id == f"device:{phone.device}"
    with pytest.raises(NotADevice):
        await devices.phone("second")
    late = await secret(event)
    await fetch("UPDATE device SET link_expires_at = {} WHERE made_at IS NULL", utcnow())
    for too_late in (devices.invitation(late), devices.make_device(late, "third")):
        with pytest.raises(LinkExpired):
            await too_late


async def test_of_many_phones_at_once_one_wins(event: Row) -> None:
    link = await secret(event)
    tasks = [asyncio.create_task(devices.make_device(link, f"phone {number}")) for number in range(10)]
    lost = [error for error in await asyncio.gather(*tasks, return_exceptions=True) if error != event["id"]]
    assert [type(error) for error in lost] == [LinkUsed] * 9
    assert len(await fetch("SELECT id FROM device WHERE token_hash IS NOT NULL")) == 1


async def test_a_phone_reads_until_six_hours_after_the_day(event: Row) -> None:
    await devices.make_device(await secret(event), "token")
    ends_at = "UPDATE event SET starts_at = {}, ends_at = {}"
    yesterday = utcnow() - timedelta(days=1)
    await fetch(ends_at, yesterday, utcnow() - timedelta(hours=5, minutes=59))
    await devices.phone("token")
    await fetch(ends_at, yesterday, utcnow() - timedelta(hours=6, minutes=1))
    with pytest.raises(DayOver):
        await devices.phone("token")


async def test_a_device_is_revoked_by_who_leads_its_day(event: Row) -> None:
    link = await secret(event)
    await devices.make_device(link, "token")
    device = (await devices.phone("token")).device
    for role in (Role.DOOR, Role.ADVISER):
        with pytest.raises(NotAllowed):
            await devices.revoke(device, Actor("token:x", role, event["lead"]))
    with pytest.raises(NotFound):
        await devices.revoke(device, Actor("token:x", Role.ORGANISER, (await factories.organisation())["id"]))
    with pytest.raises(NotFound):
        await devices.revoke("unknown\0", Actor("token:x", Role.ADMIN))
    await devices.revoke(device, Actor("token:x", Role.ORGANISER, event["lead"]))
    first = await fetch_one("SELECT revoked_at FROM device")
    await devices.revoke(device, Actor("token:x", Role.ADMIN))
    assert await fetch_one("SELECT revoked_at FROM device") == first
    with pytest.raises(DeviceRevoked):
        await devices.phone("token")


async def test_a_link_can_be_revoked_before_it_is_used_and_a_co_lead_may(event: Row) -> None:
    link, agency = await secret(event), (await factories.organisation())["id"]
    await factories.insert("co_lead", {"id": new_id(), "event": event["id"], "organisation": agency})
    row = await fetch_one("SELECT id FROM device")
    assert row
    await devices.revoke(row["id"], Actor("token:x", Role.ORGANISER, agency))
    for refused in (devices.invitation(link), devices.make_device(link, "token")):
        with pytest.raises(DeviceRevoked):
            await refused

"""Who is in already may take a place until it begins, on their phone, long after online sign-up has closed (rule 6)."""

from datetime import timedelta

import pytest

from tests import door, factories
from tests.visitor import Visitor
from workshops import changes
from workshops.actors import Actor
from workshops.checkin import Reading, check_in
from workshops.database import fetch, utcnow
from workshops.refusals import RegistrationClosed
from workshops.tickets import Purpose, make_secret


async def test_who_is_in_adds_a_place_until_it_begins(visitor: Visitor) -> None:
    event = await door.today()
    hours = (utcnow() - event["starts_at"]) / timedelta(hours=1)
    soon = await factories.session(await factories.workshop(event, title="Cariste"), event, hours + 0.5)
    begun = await factories.session(await factories.workshop(event), event, hours - 0.1)
    zoe = await door.attendee(event, aged_16_or_over=True)
    owner, page = Actor(f"attendee:{zoe['id']}"), f"/m/{make_secret(Purpose.MANAGE, zoe['id']).text}/add"
    assert "Cariste" not in (await visitor.open(page)).text
    with pytest.raises(RegistrationClosed):
        await changes.add(zoe["id"], [soon["id"]], "refuse", owner)
    await check_in(Reading(event["id"], zoe["text"]), await door.phone(event))
    assert "Cariste" in (await visitor.open(page)).text
    with pytest.raises(RegistrationClosed):
        await changes.add(zoe["id"], [begun["id"]], "refuse", owner)
    await changes.add(zoe["id"], [soon["id"]], "refuse", owner)
    assert (await fetch("SELECT status FROM registration"))[0]["status"] == "confirmed"

"""The list to call as a page: a number to touch, what to say, one tick, and back again."""

from datetime import timedelta

import pytest

from tests import factories
from tests.routes.office import Desk, make_desk
from tests.visitor import Page, Visitor
from workshops.database import fetch, fetch_one, utcnow
from workshops.ids import new_id
from workshops.tables.people import Role


@pytest.fixture
async def desk(visitor: Visitor) -> Desk:
    return await make_desk(visitor)


async def nadia(desk: Desk) -> str:
    return await desk.signed_up(desk.mason, first_name="Nadia", last_name="Belhadj", email=None, phone="+33639980001")


async def opened(desk: Desk) -> Page:
    return await desk.visitor.open(f"{desk.base}/calls")


async def test_who_is_to_be_called_and_what_to_say(desk: Desk) -> None:
    await nadia(desk)
    await desk.signed_up(desk.later)
    page = await opened(desk)
    assert 'href="tel:+33639980001"' in page.html
    for said in ("1 personne à appeler", "Nadia Belhadj", "06 39 98 00 01", "Pas d’adresse e-mail", "Maçon, maçonne"):
        assert said in page.text, said
    assert "Zoé" not in page.text
    assert page.answer.headers["cache-control"] == "no-store"
    assert await desk.listed() == [("list_calls", 1)]


async def test_a_change_is_told_as_before_and_after(desk: Desk) -> None:
    attendee = await nadia(desk)
    place = await fetch_one("SELECT id FROM registration WHERE attendee = {}", attendee)
    assert place is not None
    now = utcnow()
    change = {"id": new_id(), "event": desk.event["id"], "actor": "account:x", "kind": "move_slot", "before": "{}"}
    change |= {"after": "{}", "people": 1, "created_at": now, "leaves_at": now, "why": "Une machine en panne"}
    await factories.insert("plan_change", change)
    earlier = desk.mason["starts_at"] - timedelta(hours=1)
    effect = {"id": new_id(), "plan_change": change["id"], "attendee": attendee, "registration": place["id"]}
    effect |= {"effect": "moved", "was_session": desk.mason["id"], "was_starts_at": earlier}
    effect |= {"was_ends_at": desk.mason["starts_at"], "was_status": "confirmed"}
    await factories.insert("change_effect", effect)
    await fetch("UPDATE attendee SET called_for = 'change'")
    text = (await opened(desk)).text
    assert "Déplacé de 8 h – 9 h à 9 h – 9 h 45 : Maçon, maçonne" in text
    assert "Une machine en panne" in text
    await fetch("UPDATE registration SET status = 'cancelled', cancelled_at = {}", now)
    text = (await opened(desk)).text
    assert "Annulé : 8 h – 9 h, Maçon, maçonne" in text
    assert "Plus aucune place ce jour-là" in text


async def test_ticked_off_and_put_back(desk: Desk) -> None:
    await nadia(desk)
    done = await desk.visitor.press(await opened(desk), "C’est dit")
    assert "C’est coché : Nadia Belhadj" in done.text
    assert "Personne n’est à appeler" in done.text
    assert desk.staff.name in done.text
    back = await desk.visitor.press(done, "Remettre dans la liste")
    assert "1 personne à appeler" in back.text
    sheet = await desk.visitor.open(next(link for link in back.links if "/office/attendees/" in link))
    ticked = await desk.visitor.press(sheet, "C’est dit")
    assert (ticked.path.split("?")[0], "C’est coché" in ticked.text) == (sheet.path, True)


async def test_what_came_after_the_page_is_shown_first(desk: Desk) -> None:
    attendee, page = await nadia(desk), None
    page = await opened(desk)
    now = utcnow() + timedelta(seconds=1)
    row = {"id": new_id(), "event": desk.event["id"], "actor": "account:x", "subject": "Le parking", "body": "Fermé"}
    row |= {"chosen": f'{{"group": {{}}, "called": {{"{attendee}": ["no_email", null, null]}}}}', "people": 1}
    await factories.insert("bulletin", row | {"messages": 0, "created_at": now, "leaves_at": now})
    refused = await desk.visitor.press(page, "C’est dit")
    assert (refused.status, "Quelque chose a changé depuis" in refused.text) == (409, True)
    assert "Le parking" in refused.text
    assert "Fermé" in refused.text
    for since in ("", "hier", "2026-01-01T00:00:00"):
        path = f"{desk.base}/calls/{attendee}/done"
        assert (await desk.visitor.send(path, [("since", since)])).status == 409


async def test_an_adviser_sees_their_agency_s_people(desk: Desk) -> None:
    attendee = await nadia(desk)
    adviser = await desk.act_as(Role.ADVISER)
    assert "Personne n’est à appeler" in (await opened(desk)).text
    path = f"{desk.base}/calls/{attendee}"
    for act in ("done", "undo"):
        assert (await desk.visitor.send(f"{path}/{act}", [("since", utcnow().isoformat())])).status == 404
    await fetch("UPDATE attendee SET agency = {}", adviser.organisation)
    done = await desk.visitor.press(await opened(desk), "C’est dit")
    assert "C’est coché : Nadia Belhadj" in done.text


@pytest.mark.parametrize(("role", "status"), [(Role.ORGANISER, 404), (Role.HOST, 403), (Role.EXHIBITOR, 403)])
async def test_nobody_else_opens_it(desk: Desk, role: Role, status: int) -> None:
    await nadia(desk)
    await desk.act_as(role)
    assert (await opened(desk)).status == status

"""The organiser sees a burst on the desk, looks at the names, cancels it together, and takes that back."""

import pytest

from tests.crowds import crowd
from tests.routes.office import Desk, make_desk
from tests.visitor import Visitor
from workshops import bursts, changes
from workshops.actors import Actor
from workshops.database import fetch
from workshops.tables.people import Role

LEAST = bursts.LEAST


@pytest.fixture
async def desk(visitor: Visitor) -> Desk:
    made = await make_desk(visitor)
    await fetch("UPDATE session SET capacity = 60")
    return made


async def cancelled() -> int:
    return len(await fetch("SELECT id FROM registration WHERE status = 'cancelled'"))


async def test_the_desk_says_it_calmly_and_leads_there(visitor: Visitor, desk: Desk) -> None:
    page = await visitor.open(desk.base)
    assert "même réseau" not in page.text
    await crowd(desk.event, LEAST + 18, desk.later)
    page = await visitor.open(desk.base)
    assert "38 inscriptions depuis un même réseau" in page.text
    assert (await visitor.open(page.link("/bursts"))).status == 200


async def test_the_names_are_shown_and_that_they_were_is_kept(visitor: Visitor, desk: Desk) -> None:
    await crowd(desk.event, LEAST, desk.later, doubtful=2, network="a-secret-network")
    page = await visitor.open(f"{desk.base}/bursts")
    for words in (
        f"{LEAST} inscriptions entre",
        "2 personnes devaient confirmer par e-mail, 2 ne l’ont pas fait",
        "Zoé Lefèvre",
        "non confirmé",
    ):
        assert words in page.text
    assert "a-secret-network" not in page.html
    assert page.answer.headers["cache-control"] == "no-store"
    assert await desk.listed() == [("list_bursts", LEAST)]


async def test_all_are_cancelled_after_a_page_that_says_what_happens(visitor: Visitor, desk: Desk) -> None:
    await crowd(desk.event, LEAST, desk.later)
    page = await visitor.open(f"{desk.base}/bursts")
    page = await visitor.open(next(link for link in page.links if "/bursts/" in link))
    for words in (f"Annuler {LEAST} inscriptions", f"{LEAST} personnes sont prévenues 10 minutes plus tard"):
        assert words in page.text
    assert await cancelled() == 0
    page = await visitor.press(page, f"Annuler ces {LEAST} inscriptions", why="Une erreur")
    assert page.path == f"{desk.base}/bursts"
    assert f"{LEAST} inscriptions annulées à" in page.text
    assert await cancelled() == LEAST
    back = await visitor.press(page, "Rétablir ces inscriptions")
    assert "annulées" in back.text
    assert await cancelled() == 0
    page = await visitor.open(f"{desk.base}/bursts")
    assert f"{LEAST} personnes ont de nouveau une place" in page.text
    journal = await visitor.open(f"{desk.base}/journal")
    assert "A annulé des inscriptions d’un même réseau" in journal.text
    changes = await visitor.open(f"{desk.base}/changes")
    assert f"{LEAST} inscriptions d’un même réseau annulées" in changes.text


async def test_only_those_who_have_not_confirmed(visitor: Visitor, desk: Desk) -> None:
    await crowd(desk.event, LEAST, desk.later, doubtful=3)
    page = await visitor.open(f"{desk.base}/bursts")
    page = await visitor.open(next(link for link in page.links if link.endswith("?who=unproved")))
    assert "Personne n’est prévenu" in page.text
    page = await visitor.press(page, "Annuler ces 3 inscriptions")
    assert await cancelled() == 3
    assert await fetch("SELECT id FROM message WHERE kind = 'your_changes'") == []


async def test_what_has_changed_since_is_shown_again(visitor: Visitor, desk: Desk) -> None:
    people = await crowd(desk.event, LEAST, desk.later)
    page = await visitor.open(f"{desk.base}/bursts")
    page = await visitor.open(next(link for link in page.links if "/bursts/" in link))
    await changes.cancel(people[0].places[0].id, Actor(f"attendee:{people[0].attendee}"))
    page = await visitor.press(page, f"Annuler ces {LEAST} inscriptions")
    assert page.status == 409
    assert f"Annuler ces {LEAST - 1} inscriptions" in page.text
    assert await cancelled() == 1


async def test_a_burst_that_is_gone_leads_back_to_the_list(visitor: Visitor, desk: Desk) -> None:
    page = await visitor.open(f"{desk.base}/bursts/nothing")
    assert page.path == f"{desk.base}/bursts"
    assert "Rien à signaler" in page.text
    assert (await visitor.send(f"{desk.base}/bursts/nothing", [])).path == f"{desk.base}/bursts"


async def test_another_agency_sees_nothing(visitor: Visitor, desk: Desk) -> None:
    people = await crowd(desk.event, LEAST, desk.later)
    await desk.act_as(Role.ORGANISER)
    for path in ("/bursts", f"/bursts/{people[0].attendee}"):
        assert (await visitor.open(f"{desk.base}{path}")).status == 404
    assert (await visitor.send(f"{desk.base}/bursts/{people[0].attendee}", [])).status == 404
    assert await cancelled() == 0

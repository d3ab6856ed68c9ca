"""A place that came free: two buttons behind the link of the message, and nothing that a link alone does."""

from datetime import timedelta

import pytest

from tests.planned import somebody
from tests.visitor import Visitor
from tests.waited import Full, full, place, slot_of, statuses
from workshops import passing_on
from workshops.database import fetch, utcnow
from workshops.ids import new_id
from workshops.papers import papers
from workshops.registrations import Registered


@pytest.fixture
async def day(visitor: Visitor) -> Full:
    """A day tomorrow: the first of two who wait is offered the place."""
    made = await full(waits=2, hours=26)
    await made.give_back()
    return made


async def path(whose: Registered, of: Registered | None = None) -> str:
    link = (await papers(whose.attendee)).manage_url
    return f"/m/{link.rpartition('/')[2]}/offers/{(of or whose).places[0].id}"


async def test_the_page_says_until_when_and_asks(visitor: Visitor, day: Full) -> None:
    before = await fetch("SELECT * FROM registration ORDER BY id")
    page = await visitor.open(await path(day.waiting[0]))
    assert page.status == 200
    assert "Oui, je prends cette place" in page.text
    assert "Nous la gardons pour vous jusqu’au" in page.text
    assert page.answer.headers["cache-control"].startswith("no-store")
    assert await fetch("SELECT * FROM registration ORDER BY id") == before, "no GET changes anything"


async def test_yes_takes_it_and_a_second_tab_reads_so(visitor: Visitor, day: Full) -> None:
    address = await path(day.waiting[0])
    for _tab in range(2):
        answered = await visitor.send(address, [("answer", "yes")])
        assert answered.status == 200
    assert "Cette place est à vous" in (await visitor.open(address)).text
    late = await visitor.send(address, [("answer", "no")])
    assert late.status == 409
    assert await statuses(day.waiting) == ["confirmed", "waiting"]


async def test_no_lets_the_next_have_it(visitor: Visitor, day: Full) -> None:
    address = await path(day.waiting[0])
    assert (await visitor.send(address, [("answer", "no")])).status == 200
    assert "Merci de votre réponse" in (await visitor.open(address)).text
    assert await statuses(day.waiting) == ["cancelled", "offered"]


async def test_after_its_deadline_it_is_gone(visitor: Visitor, day: Full) -> None:
    over = utcnow() - timedelta(seconds=1)
    await fetch("UPDATE registration SET offered_until = {} WHERE id = {}", over, day.waiting[0].places[0].id)
    address = await path(day.waiting[0])
    page = await visitor.open(address)
    assert "n’est plus gardée pour vous" in page.text
    assert "Oui, je prends" not in page.text
    late = await visitor.send(address, [("answer", "yes")])
    assert late.status == 409
    assert "n’est plus gardée pour vous" in late.text
    assert await passing_on.expire_due(utcnow()) == 1
    assert (await visitor.send(address, [("answer", "yes")])).status == 409
    assert await statuses(day.waiting) == ["cancelled", "offered"]


async def test_nobody_answers_for_somebody_else(visitor: Visitor, day: Full) -> None:
    first, second = day.waiting
    secret, rest = (await path(second, first)).split("/offers/")
    wrong = f"{secret[:-1]}{'A' if secret[-1] != 'A' else 'Q'}/offers/{rest}"
    for address in (await path(second, first), wrong, f"{secret}/offers/{new_id()}", f"{secret}/offers/nonsense"):
        assert (await visitor.open(address)).status == 404
        assert (await visitor.send(address, [("answer", "yes")])).status == 404
    assert await statuses(day.waiting) == ["offered", "waiting"]


@pytest.mark.parametrize("answer", ["", "maybe", "yes yes"])
async def test_another_answer_changes_nothing(visitor: Visitor, day: Full, answer: str) -> None:
    address = await path(day.waiting[0])
    assert "Oui, je prends cette place" in (await visitor.send(address, [("answer", answer)])).html
    assert await statuses(day.waiting) == ["offered", "waiting"]


async def test_an_exchange_names_what_is_given_back(visitor: Visitor) -> None:
    made = await full(waits=1)
    other = await slot_of(made.event, 0.5)
    kept = await somebody(made.event, other, email="w0@example.org")
    await made.give_back()
    page = await visitor.open(await path(made.waiting[0]))
    assert "vous rendez cette place" in page.text
    await visitor.send(await path(made.waiting[0]), [("answer", "yes")])
    assert await statuses([made.waiting[0], kept]) == ["confirmed", "cancelled"]
    assert (await place(made.waiting[0]))["offered_until"] is None


async def test_who_has_all_their_places_reads_how_to_go_on(visitor: Visitor) -> None:
    made = await full(waits=1)
    await somebody(made.event, *[await slot_of(made.event, hour) for hour in (1, 2, 3, 4)], email="w0@example.org")
    await made.give_back()
    refused = await visitor.send(await path(made.waiting[0]), [("answer", "yes")])
    assert refused.status == 409
    assert "Annulez-en une d’abord" in refused.text
    assert "Oui, je prends cette place" in refused.text


async def test_what_waits_for_a_proof_is_no_offer(visitor: Visitor, day: Full) -> None:
    """It is confirmed where its message leads, which whoever has no address cannot open for themselves."""
    await fetch("UPDATE registration SET offer = 'proof' WHERE id = {}", day.waiting[0].places[0].id)
    address = await path(day.waiting[0])
    assert (await visitor.open(address)).status == 404
    assert (await visitor.send(address, [("answer", "yes")])).status == 404
    assert await statuses(day.waiting) == ["offered", "waiting"]
    manage = await visitor.open(address.partition("/offers/")[0])
    assert "Confirmer ma place" in manage.text, manage.html

"""The desk of a day: whose it is, how light it is, that it names nobody, and that it is known by its ETag."""

from datetime import timedelta

import pytest

from bench.record import record
from bench.season import Request
from tests import big_day, factories
from tests.door import attendee, books
from tests.factories import Row
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops.database import Engine, fetch, utcnow
from workshops.tables.people import Role


@pytest.fixture
async def signed_in(visitor: Visitor) -> str:
    """The agency of the organiser that the visitor is."""
    who, cookie = await make_staff(Role.ORGANISER)
    visitor.client.headers["Cookie"] = cookie
    return str(who.organisation)


async def slot_of(event: Row, **given: int) -> Row:
    return await factories.session(await factories.workshop(event, title="Maçon, maçonne"), event, **given)


async def test_a_full_day_is_read_in_8_statements(db: Engine) -> None:
    who, cookie = await make_staff(Role.ORGANISER)
    event = await big_day.build(lead=who.organisation)
    for page in ("", "/live"):
        asked = Request("GET", f"/office/events/{event['id']}{page}", headers={"Cookie": cookie}, holds=b"950/1000")
        (statements,) = await record(db, lambda _, asked=asked: asked, 1)  # type: ignore[misc]
        assert len(statements) <= 8


async def test_a_full_day_weighs_150_kb_at_most(visitor: Visitor, signed_in: str) -> None:
    event = await big_day.build(lead=signed_in)
    page = await visitor.open(f"/office/events/{event['id']}")
    assert len(page.html.encode()) <= 150_000
    assert page.html.count('<a class="f') == 200
    assert "une.adresse" not in page.html


async def test_it_says_how_each_slot_fills_and_leads_to_its_people(visitor: Visitor, signed_in: str) -> None:
    event = await factories.event(lead=signed_in)
    slot = await slot_of(event, confirmed=5, offered=1, held=2, waiting=3)
    page = await visitor.open(f"/office/events/{event['id']}")
    assert "8/8 attente 3 2 gardées 1 proposée" in page.text
    link = f"/office/events/{event['id']}/people?stand={slot['workshop']}&at=09:00"
    assert link in page.links
    assert (await visitor.open(link)).status == 200


async def test_no_resident_is_named(visitor: Visitor, signed_in: str) -> None:
    event = await factories.event(lead=signed_in)
    await books(
        await attendee(event, "Zoé", "Lefèvre", email="zoe@example.org", phone="+33639980001"), await slot_of(event)
    )
    page = await visitor.open(f"/office/events/{event['id']}")
    assert not [word for word in ("Lefèvre", "zoe@", "639980001", "39 98 00 01") if word in page.html]
    assert page.answer.headers["cache-control"] == "private, no-cache"


async def test_what_has_not_changed_is_not_sent_again(visitor: Visitor, signed_in: str) -> None:
    event = await factories.event(lead=signed_in)
    slot, path = await slot_of(event), f"/office/events/{event['id']}/live"
    first = await visitor.client.get(path)
    assert first.headers["etag"].endswith('-gz"')
    for known in (first.headers["etag"], first.headers["etag"].replace("-gz", ""), f'"other", {first.headers["etag"]}'):
        again = await visitor.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    await fetch("UPDATE session SET confirmed = 1 WHERE id = {}", slot["id"])
    changed = await visitor.client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, "1/8" in changed.text) == (200, True)
    assert changed.headers["etag"] != first.headers["etag"]


async def test_the_etag_of_the_page_is_that_of_its_live_part(visitor: Visitor, signed_in: str) -> None:
    event = await factories.event(lead=signed_in)
    page = await visitor.open(f"/office/events/{event['id']}")
    known = page.html.split("data-etag=")[1].split('"')[1].replace("&#34;", '"')
    live = await visitor.client.get(f"/office/events/{event['id']}/live", headers={"If-None-Match": known})
    assert live.status_code == 304


async def test_it_belongs_to_those_who_run_the_day(visitor: Visitor, signed_in: str) -> None:
    ours, theirs = await factories.event(lead=signed_in), await factories.event()
    helped = await factories.event()
    await factories.insert("co_lead", {"id": "c1", "event": helped["id"], "organisation": signed_in})
    for page in ("", "/live"):
        found = [(await visitor.open(f"/office/events/{one['id']}{page}")).status for one in (ours, helped, theirs)]
        assert found == [200, 200, 404]
    for role in (Role.ADVISER, Role.HOST, Role.EXHIBITOR):
        _, visitor.client.headers["Cookie"] = await make_staff(role)
        assert (await visitor.open(f"/office/events/{ours['id']}")).status == 403
    del visitor.client.headers["Cookie"]
    assert (await visitor.client.get(f"/office/events/{ours['id']}/live")).status_code == 303


async def test_slots_at_too_many_hours_follow_each_other(visitor: Visitor, signed_in: str) -> None:
    event = await factories.event(lead=signed_in)
    stand = await factories.workshop(event)
    for number in range(13):
        await factories.session(stand, event, number / 2, 20)
    page = await visitor.open(f"/office/events/{event['id']}")
    assert 'class="fill flows"' in page.html
    assert page.html.count('<a class="f') == 13


async def test_what_is_to_be_done_is_said_with_where_to_do_it(visitor: Visitor, signed_in: str) -> None:
    event = await factories.event(lead=signed_in, status="draft", venue=None)
    await factories.workshop(event, status="draft", answer="declined")
    await factories.workshop(event, status="draft")
    await attendee(event, called_for="no_email", created_at=utcnow() - timedelta(days=1))
    page = await visitor.open(f"/office/events/{event['id']}")
    for words in ("Demandez une salle", "1 exposant a refusé", "1 atelier n’est pas prêt", "1 personne à appeler"):
        assert words in page.text
    here = f"/office/events/{event['id']}"
    assert {f"{here}/venue", f"{here}/stands", f"{here}/calls"} <= set(page.links)


async def test_a_day_without_anything_is_no_error(visitor: Visitor, signed_in: str) -> None:
    event = await factories.event(lead=signed_in, status="draft", venue=None)
    page = await visitor.open(f"/office/events/{event['id']}")
    assert (page.status, "Ajoutez les ateliers" in page.text) == (200, True)

"""The journal's pages: an admin reads all, an organiser its own days', nobody else any."""

import pytest

from tests import factories
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops import audit
from workshops.actors import Staff
from workshops.database import transaction, utcnow
from workshops.tables.people import Role


async def keep(who: Staff, action: str, event: str, **given: object) -> None:
    async with transaction():
        await audit.note(who, action, "event", event, event=event, now=utcnow(), **given)  # type: ignore[arg-type]


async def test_an_admin_reads_who_did_what_before_and_after(visitor: Visitor) -> None:
    who, cookie = await make_staff(Role.ADMIN, name="Camille Duhamel")
    event = await factories.event(title="Journée de Lens")
    await keep(
        who, "set_capacity", event["id"], before={"capacity": 8, "email": "a"}, after={"capacity": 6, "email": "b"}
    )
    visitor.client.cookies.set(*cookie.split("="))
    page = await visitor.open("/office/audit")
    for words in ("Camille Duhamel", "A changé le nombre de places d’un créneau", "Journée de Lens"):
        assert words in page.text
    assert "nombre de places 8 → 6" in page.text
    assert "e-mail modifié, la valeur n’est pas gardée" in page.text


async def test_it_is_filtered_by_links_and_fields(visitor: Visitor) -> None:
    who, cookie = await make_staff(Role.ADMIN)
    one, two = await factories.event(title="Lens"), await factories.event(title="Béthune")
    await keep(who, "publish", one["id"])
    await keep(who, "unpublish", two["id"])
    visitor.client.cookies.set(*cookie.split("="))
    page = await visitor.open("/office/audit")
    found = await visitor.press(page, "Afficher le journal", action="publish", event=one["id"], actor=who.id)
    assert found.html.count("<tr><td>") == 1
    assert 'value="publish" selected' in found.html
    wrong = await visitor.open(
        "/office/audit?action=x&actor=%27&event=%27&first=yesterday&last=2027-13-01&page=0&kind=x"
    )
    assert wrong.html.count("<tr><td>") == 2


async def test_an_organiser_reads_the_journal_of_a_led_day_alone(visitor: Visitor) -> None:
    who, cookie = await make_staff(Role.ORGANISER)
    ours, theirs = await factories.event(lead=who.organisation), await factories.event()
    await keep(who, "publish", ours["id"])
    await keep(who, "unpublish", theirs["id"])
    visitor.client.cookies.set(*cookie.split("="))
    path = f"/office/events/{ours['id']}/journal"
    for query in ("", f"?event={theirs['id']}", "?kind=venue"):
        page = await visitor.open(path + query)
        assert page.html.count("<tr><td>") == 1
    assert (await visitor.open(f"/office/events/{theirs['id']}/journal")).status == 404
    assert (await visitor.open("/office/audit")).status == 403


@pytest.mark.parametrize("role", [Role.ADVISER, Role.HOST, Role.EXHIBITOR])
async def test_others_read_no_journal(visitor: Visitor, role: Role) -> None:
    event = await factories.event()
    visitor.client.cookies.set(*(await make_staff(role))[1].split("="))
    for path in ("/office/audit", f"/office/events/{event['id']}/journal"):
        assert (await visitor.open(path)).status == 403


async def test_pages_keep_what_was_asked_for(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workshops.journal.PAGE", 1)
    who, cookie = await make_staff(Role.ADMIN)
    event = await factories.event()
    for action in ("publish", "unpublish", "publish"):
        await keep(who, action, event["id"])
    visitor.client.cookies.set(*cookie.split("="))
    page = await visitor.open("/office/audit?action=publish")
    second = await visitor.open(next(link for link in page.links if link.endswith("page=2")))
    assert (second.html.count("<tr><td>"), "unpublish" in second.path, "page=3" in second.html) == (1, False, False)

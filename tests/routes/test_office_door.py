"""The organiser's page of the door: who is in, phones made and taken away, reads set aside and back, the paper list."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.routes.office import Desk, make_desk
from tests.visitor import Page, Visitor
from workshops import attendance, devices
from workshops.database import fetch, utcnow
from workshops.ids import new_id


@pytest.fixture
async def desk(visitor: Visitor) -> Desk:
    return await make_desk(visitor)


async def phone(desk: Desk, **given: Any) -> Row:
    row = {"id": new_id(), "event": desk.event["id"], "label": "Accueil 2", "link_hash": new_id()}
    times = dict.fromkeys(("link_expires_at", "made_at", "last_seen_at", "created_at"), utcnow())
    return await factories.insert("device", row | times | {"token_hash": new_id()} | given)


async def read(desk: Desk, attendee: str | None, device: Row, **given: Any) -> Row:
    """A ticket read on the day itself."""
    at = desk.event["starts_at"]
    row = {"id": new_id(), "event": desk.event["id"], "device": device["id"], "caller": f"device:{device['id']}"}
    row |= {"kind": "in", "attendee": attendee, "method": "qr", "outcome": "admitted"}
    return await factories.insert("scan", row | dict.fromkeys(("taken_at", "effective_at", "received_at"), at) | given)


async def door(desk: Desk) -> Page:
    return await desk.visitor.open(f"{desk.base}/door")


def figure(page: Page, name: str) -> str:
    """What the page says beside a name."""
    found = re.search(rf"<dt>{name}</dt><dd>(.*?)</dd>", page.html)
    assert found, name
    return re.sub(r"<[^>]+>", "", found[1])


async def test_it_counts_who_is_in_where_and_how(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason)
    max_ = await desk.signed_up(desk.mason, first_name="Max", email="max@example.org")
    first = await phone(desk)
    await read(desk, zoe, first)
    await read(desk, zoe, first)
    await read(desk, zoe, first, session=desk.mason["id"])
    await read(desk, max_, first, refused=True)
    undone = await read(desk, max_, first)
    await read(desk, max_, first, kind="undo", undoes=undone["id"])
    await read(desk, None, first, kind="count", people=12)
    page = await door(desk)
    assert figure(page, "Entrés") == "1 / 2 attendus"
    assert figure(page, "Comptés sans nom") == "12"
    [row] = re.findall(r'<td class="number">(\d+)</td><td class="number">2</td>', page.html)
    assert row == "1", "at the stand"
    assert "Accueil 2" in page.text
    assert "Lit les billets" in page.text


async def test_a_link_makes_one_phone_and_stands_on_that_answer_only(desk: Desk) -> None:
    page = await desk.visitor.press(await door(desk), "Créer le lien", label="Accueil 3")
    assert page.status == 200
    assert page.answer.headers["cache-control"] == "no-store"
    [link] = re.findall(r"http\S+/door/link/([A-Z2-7]{26})", page.text)
    assert "<svg" in page.html
    assert (await devices.invitation(link)).label == "Accueil 3"
    again = await door(desk)
    assert link not in again.html
    assert "Lien pas encore utilisé" in again.text
    [entry] = await fetch("SELECT action, actor FROM audit_entry WHERE action = 'add_phone'")
    assert entry["actor"] == desk.staff.id


async def test_a_phone_is_taken_off_and_what_it_read_is_set_aside_and_back(desk: Desk) -> None:
    zoe, first = await desk.signed_up(desk.mason), await phone(desk, queue_length=3)
    await read(desk, zoe, first, set_aside_at=utcnow(), set_aside_why="by itself")
    await read(desk, zoe, first)
    page = await door(desk)
    assert "3 lectures attendent" in page.text
    refused = await desk.visitor.press(page, "Mettre de côté")
    assert (refused.status, "Écrivez pourquoi" in refused.text) == (422, True)
    page = await desk.visitor.press(page, "Mettre de côté", **{f"why-{first['id']}": "Téléphone volé"})
    assert "Mis de côté" in page.text
    assert "Téléphone volé" in page.text
    assert figure(page, "Entrés") == "0 / 1 attendu"
    assert (await attendance.of_day(desk.event["id"]))[zoe].word is attendance.Word.UNKNOWN
    page = await desk.visitor.press(page, "Compter à nouveau")
    assert figure(page, "Entrés") == "1 / 1 attendu"
    rows = await fetch("SELECT id FROM scan WHERE set_aside_at IS NOT NULL")
    assert len(rows) == 1, "what was set aside by itself stays so"
    page = await desk.visitor.press(page, "Retirer ce téléphone")
    assert "Retiré de l’accueil" in page.text
    actions = [
        row["action"] for row in await fetch("SELECT action FROM audit_entry WHERE object_kind = 'device' ORDER BY at")
    ]
    assert actions == ["set_aside_phone", "count_phone", "revoke_phone"]


async def test_when_unclaimed_places_are_given_is_chosen(desk: Desk) -> None:
    page = await desk.visitor.press(await door(desk), "Enregistrer", minutes="-10")
    assert "La règle est enregistrée" in page.text
    assert (await fetch("SELECT unclaimed_after_minutes AS m FROM event"))[0]["m"] == -10
    for wrong in ("11", "", "x", "-11"):
        answer = await desk.visitor.press(await door(desk), "Enregistrer", minutes=wrong)
        assert (answer.status, "Choisissez un moment" in answer.text) == (422, True)


async def test_what_is_fresh_comes_alone_and_nothing_comes_twice(desk: Desk) -> None:
    part = await desk.visitor.open(f"{desk.base}/door/live")
    assert "<html" not in part.html
    etag = part.answer.headers["etag"]
    again = await desk.visitor.client.get(f"{desk.base}/door/live", headers={"If-None-Match": etag})
    assert again.status_code == 304


async def test_the_list_on_paper_names_everybody_by_name_and_by_slot_and_is_kept_as_opened(desk: Desk) -> None:
    await desk.signed_up(desk.mason)
    page = await desk.visitor.open(f"{desk.base}/door/list")
    assert page.text.count("Lefèvre Zoé") == 2
    assert page.answer.headers["cache-control"] == "no-store"
    assert ("list_door", 1) in await desk.listed()


async def test_staff_replace_it_on_the_persons_page(desk: Desk) -> None:
    zoe = await desk.signed_up(desk.mason)
    done = await desk.visitor.press(await desk.visitor.open(f"/office/attendees/{zoe}"), "Créer un nouveau billet")
    assert "L’ancien billet ne vaut plus, le nouveau part dans la minute" in done.text
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'replace_ticket'")) == 1


async def test_what_to_check_is_listed_set_aside_with_a_reason_and_counted_again(desk: Desk) -> None:
    zoe, first = await desk.signed_up(desk.mason), await phone(desk)
    second = await phone(desk, label="Accueil 9")
    await read(desk, zoe, first)
    late = desk.event["starts_at"] + timedelta(minutes=3)
    double = await read(desk, zoe, second, effective_at=late)
    await read(desk, None, second, unknown_hash="ab" * 16, refused=True)
    page = await desk.visitor.open(f"{desk.base}/door/reads")
    for said in ("Le même billet sur deux téléphones", "Accueil 9", "Un billet que personne ne connaît", "Zoé Lefèvre"):
        assert said in page.text, said
    assert ("list_reads", 1) in await desk.listed()
    path = f"{desk.base}/door/reads/{double['id']}/set-aside"
    refused = await desk.visitor.client.post(path, data={}, headers={"Sec-Fetch-Site": "same-origin"})
    assert refused.status_code == 422
    answer = await desk.visitor.client.post(
        path, data={f"why-{double['id']}": "Le même couple"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303
    page = await desk.visitor.open(f"{desk.base}/door/reads")
    assert "Mis de côté : Le même couple" in page.text.replace("\u00a0", " ")
    await desk.visitor.press(page, "Compter à nouveau")
    assert await fetch("SELECT id FROM scan WHERE set_aside_at IS NOT NULL") == []

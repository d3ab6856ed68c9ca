"""A message to a group as pages: chosen, written, read as it will be, counted, sent, taken back."""

from datetime import timedelta

import pytest

from tests.routes.office import Desk, make_desk
from tests.visitor import Page, Visitor
from workshops.database import fetch, utcnow
from workshops.tables.people import Role

TEXT = {"subject": "Le parking", "body": "Bonjour,\r\n\r\nLe parking est fermé."}


@pytest.fixture
async def desk(visitor: Visitor) -> Desk:
    made = await make_desk(visitor)
    await made.signed_up(made.mason, first_name="Ali", email="famille@example.org")
    await made.signed_up(made.mason, first_name="Léa", email="famille@example.org")
    await made.signed_up(made.later, first_name="Nadia", email=None, phone="+33639980001")
    return made


async def preview(desk: Desk, **given: str) -> Page:
    page = await desk.visitor.open(f"{desk.base}/messages/new")
    return await desk.visitor.press(page, "Relire et compter", **{**TEXT, **given})


async def test_it_is_counted_and_read_before_it_is_sent(desk: Desk) -> None:
    page = await preview(desk)
    for said in ("Personnes 3", "E-mails 1", "Sans e-mail 1", "Envoyer à 2 personnes par e-mail",
                 "Le parking est fermé.", "vous écrit au sujet de la journée", "partagent une adresse"):  # fmt: skip
        assert said in page.text, said
    assert await fetch("SELECT id FROM bulletin") == []
    sent = await desk.visitor.press(page, "Envoyer à 2 personnes")
    for said in ("Votre message est prêt à partir", "3 personnes", "Part à", desk.staff.name, "Place réservée"):
        assert said in sent.text, said
    rows = await fetch("SELECT not_before, state FROM message WHERE kind = 'bulletin'")
    assert [row["state"] for row in rows] == ["queued"]
    assert utcnow() + timedelta(minutes=9) < rows[0]["not_before"] < utcnow() + timedelta(minutes=11)
    assert await fetch("SELECT called_for FROM attendee WHERE email IS NULL") == [{"called_for": "message"}]
    calls = await desk.visitor.open(f"{desk.base}/calls")
    assert "Le parking est fermé." in calls.text
    assert await desk.listed() == [("list_calls", 1)]  # a message is no list of names


async def test_who_has_no_address_is_called_only_if_ticked(desk: Desk) -> None:
    page = await preview(desk)
    await desk.visitor.press(page, "Envoyer à 2 personnes", "true")
    assert await fetch("SELECT called_for FROM attendee WHERE email IS NULL") == [{"called_for": "no_email"}]


async def test_a_group_is_chosen_by_address_or_by_hand(desk: Desk) -> None:
    page = await desk.visitor.open(f"{desk.base}/messages/new?status=confirmed&stand={desk.mason['workshop']}&at=11:00")
    fields = dict(page.forms[-1].fields)
    assert (fields["stand"], fields["at"], fields["status"]) == (desk.mason["workshop"], "11:00", "confirmed")
    read = await desk.visitor.press(page, "Relire et compter", **TEXT)
    assert "Place réservée, Maçon, maçonne, à 11:00" in read.text
    assert "Les mettre sur la liste à appeler" in read.text
    changed = await desk.visitor.press(read, "Modifier le message")
    assert dict(changed.forms[-1].fields)["at"] == "11:00"
    assert "Le parking est fermé." in changed.text
    nobody = await desk.visitor.press(page, "Relire et compter", **TEXT, status="waiting")
    assert (nobody.status, "Il n’y a personne dans ce groupe" in nobody.text) == (409, True)


async def test_another_number_is_shown_before_it_is_sent(desk: Desk) -> None:
    page = await preview(desk)
    await desk.signed_up(desk.later, first_name="Max", email="max@example.org")
    again = await desk.visitor.press(page, "Envoyer à 2 personnes")
    assert again.status == 409
    assert "le nombre de personnes a changé" in again.text
    assert await fetch("SELECT id FROM bulletin") == []
    await desk.visitor.press(again, "Envoyer à 3 personnes")
    assert len(await fetch("SELECT id FROM bulletin")) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"subject": ""}, "Écrivez de quoi il s’agit."),
        ({"body": ""}, "Écrivez votre message."),
        ({"body": "x" * 2001}, "trop long"),
        ({"body": "1 85 05 78 006 084 36"}, "sécurité sociale"),
    ],
)
async def test_faulty_texts_are_named(desk: Desk, given: dict[str, str], said: str) -> None:
    page = await preview(desk, **given)
    assert (page.status, said in page.text) == (422, True)
    answer = await desk.visitor.send(f"{desk.base}/messages", list({**TEXT, **given, "people": "3"}.items()))
    assert (answer.status, said in answer.text) == (422, True)


async def test_it_is_taken_back_or_sent_at_once(desk: Desk) -> None:
    sent = await desk.visitor.press(await preview(desk), "Envoyer à 2 personnes")
    undone = await desk.visitor.press(sent, "Reprendre ce message")
    assert "Le message est repris" in undone.text
    assert "Repris : personne ne l’a reçu" in undone.text
    sent = await desk.visitor.press(await preview(desk), "Envoyer à 2 personnes")
    now = await desk.visitor.press(sent, "Envoyer maintenant")
    assert "Le message part maintenant" in now.text
    rows = await fetch("SELECT state, not_before FROM message WHERE kind = 'bulletin' AND state = 'queued'")
    assert len(rows) == 1
    assert rows[0]["not_before"] <= utcnow()
    await fetch("UPDATE message SET state = 'sent' WHERE kind = 'bulletin' AND state = 'queued'")
    late = await desk.visitor.press(sent, "Reprendre ce message")
    assert (late.status, "on ne peut plus le reprendre" in late.text) == (409, True)
    assert "1 message envoyé" in late.text


async def test_sent_without_having_been_counted_it_is_counted_first(desk: Desk) -> None:
    answer = await desk.visitor.send(f"{desk.base}/messages", [*TEXT.items(), ("people", "beaucoup")])
    assert answer.status == 409
    assert "Envoyer à 2 personnes" in answer.text


@pytest.mark.parametrize("role", [Role.ADVISER, Role.HOST, Role.EXHIBITOR, Role.DOOR])
async def test_other_roles_have_no_such_pages(desk: Desk, role: Role) -> None:
    await desk.act_as(role)
    assert (await desk.visitor.open(f"{desk.base}/messages")).status == 403


async def test_another_agency_s_day_is_not_there(desk: Desk) -> None:
    await desk.visitor.press(await preview(desk), "Envoyer à 2 personnes")
    (bulletin,) = await fetch("SELECT id FROM bulletin")
    await desk.act_as(Role.ORGANISER)
    for path in ("", "/new"):
        assert (await desk.visitor.open(f"{desk.base}/messages{path}")).status == 404
    for path in ("", "/preview", f"/{bulletin['id']}/undo", f"/{bulletin['id']}/now"):
        assert (await desk.visitor.send(f"{desk.base}/messages{path}", list(TEXT.items()))).status == 404
    assert await fetch("SELECT undone_at FROM bulletin") == [{"undone_at": None}]

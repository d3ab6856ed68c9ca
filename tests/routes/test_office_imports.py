"""The pages of an import: sent, answered, confirmed with the button that says how much, undone."""

from typing import Any

import pytest

from tests import factories
from tests.importing import LIST, counted, read_here
from tests.staff import make_staff
from tests.visitor import Page, Visitor
from workshops import sheets
from workshops.database import fetch
from workshops.routes.uploads import UPLOAD_BYTES
from workshops.sheets import apart, write_xlsx
from workshops.sheets.reading import MOST_BYTES
from workshops.tables.people import Role

OWN = {"Sec-Fetch-Site": "same-origin"}
HEAD = ["Entreprise", "Métier", "Horaires", "Stand"]


@pytest.fixture
async def event(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A draft of the organiser that the visitor is; sheets are read in this process."""
    monkeypatch.setattr(sheets, "read", read_here)
    who, cookie = await make_staff(Role.ORGANISER)
    visitor.client.cookies.set(*cookie.split("=", 1))
    return await factories.event(lead=who.organisation, status="draft")


async def send(visitor: Visitor, event: dict[str, Any], file: bytes = b"", pasted: str = "") -> Page:
    """Send the form as a browser does."""
    answer = await visitor.client.post(
        f"/office/events/{event['id']}/imports",
        files={"file": ("liste.xlsx" if file else "", file, "application/octet-stream")},
        data={"pasted": pasted},
        headers=OWN,
        follow_redirects=True,
    )
    return Page(answer)


async def test_a_file_is_sent_looked_at_confirmed_and_undone(
    visitor: Visitor, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "read", apart.read)
    page = await visitor.open(f"/office/events/{event['id']}/imports")
    assert page.status == 200
    assert page.answer.headers["cache-control"] == "no-store"
    rows = [["ACME", "Maçon", "9h-12h / 45 min / 8 places", "1"], ["Boulange", "Boulanger", "9h-9h45, 6 places", "2"]]
    page = await send(visitor, event, write_xlsx(HEAD, rows))
    assert page.path.startswith("/office/imports/")
    assert "2 ateliers et 5 créneaux" in page.text
    assert "2 entreprises sont nouvelles ACME, Boulange" in page.text
    assert [button.label for button in page.forms[-1].buttons] == ["Créer 2 ateliers et 5 créneaux"]
    assert await counted() == (0, 0, 0)
    page = await visitor.press(page, "Créer 2 ateliers")
    assert "Créés : 2 ateliers et 5 créneaux." in page.text
    assert await counted() == (2, 5, 2)
    listed = await visitor.open(f"/office/events/{event['id']}/imports")
    assert page.path in listed.links
    page = await visitor.press(page, "Annuler l’import : retirer 2 ateliers et 5 créneaux")
    assert "Import annulé" in page.text
    assert await counted() == (0, 0, 0)


async def test_a_list_is_pasted(visitor: Visitor, event: dict[str, Any]) -> None:
    twenty = "\r\n".join(f"Entreprise {number}\tMaçon\tcontact{number}@example.fr" for number in range(20))
    page = await send(visitor, event, pasted=twenty)
    page = await visitor.press(page, "Créer 20 ateliers")
    assert await counted() == (20, 0, 20)
    emails = await fetch("SELECT email FROM organisation WHERE kind = 'exhibitor' ORDER BY email LIMIT 1")
    assert emails == [{"email": "contact0@example.fr"}]


async def test_each_row_says_what_is_wrong(visitor: Visitor, event: dict[str, Any]) -> None:
    rows = [
        ["ACME", "Maçon", "9h-9h45, 8 places", "1"],
        ["", "Soudeur", "matin", "2"],
        ["<b>B&B</b>", "=HYPERLINK(1)", "9h-9h45, 8 places", "1"],
    ]
    page = await send(visitor, event, write_xlsx(HEAD, rows))
    assert "Entreprise : À remplir." in page.text
    assert "Horaires : Écrivez-les ainsi" in page.text
    assert "Stand : Pris au même moment par « Maçon »." in page.text
    assert "<b>B&B" not in page.html
    refused = await visitor.press(page, "Créer 2 ateliers")
    assert refused.status == 422
    assert "Cochez que les lignes à corriger sont laissées de côté" in refused.text
    assert ("leave_out", "true") in refused.forms[-1].boxes
    assert await counted() == (0, 0, 0)
    half = await visitor.press(refused, "Créer 2 ateliers", leave_out="true")
    assert half.status == 422
    assert ("leave_out", "true") in half.forms[-1].fields
    done = await visitor.press(half, "Créer 2 ateliers", leave_out="true", anyway="true")
    assert "La ligne 3 a été laissée de côté." in done.text
    assert (await counted())[0] == 2


async def test_long_lists_are_shown_in_pages_and_by_what_is_to_do(visitor: Visitor, event: dict[str, Any]) -> None:
    lines = [f"Entreprise {number};Maçon {number}" for number in range(250)] + [";Boulanger"]
    page = await send(visitor, event, pasted="Entreprise;Métier\n" + "\n".join(lines))
    assert page.html.count('<th scope="row"') == 100
    last = await visitor.open(page.path + "?page=3")
    assert last.html.count('<th scope="row"') == 51
    assert (await visitor.open(page.path + "?page=99")).text == last.text
    faulty = await visitor.open(page.path + "?only=faulty")
    assert faulty.html.count('<th scope="row"') == 1


async def test_what_cannot_be_read_is_said_beside_the_field(visitor: Visitor, event: dict[str, Any]) -> None:
    for file, words in (
        (b"%PDF-1.7", "Ce n’est pas un tableau"),
        (b"\0" * (MOST_BYTES + 1), "Ce fichier dépasse 2 Mo"),
    ):
        page = await send(visitor, event, file)
        assert page.status in (413, 422)
        assert words in page.text
        assert "#file" in page.links
    page = await send(visitor, event, pasted="Bonjour\nvoici")
    assert (page.status, "#pasted" in page.links) == (422, True)
    assert "voici</textarea>" in page.html
    page = await send(visitor, event)
    assert (page.status, "Choisissez un fichier, ou collez votre liste." in page.text) == (422, True)


async def test_larger_bodies_are_taken_here_and_nowhere_else(visitor: Visitor, event: dict[str, Any]) -> None:
    here = f"/office/events/{event['id']}/imports"
    too_much = await visitor.client.post(here, content=b"x" * (UPLOAD_BYTES + 1), headers=OWN)
    assert too_much.status_code == 413
    some = b"x" * (1024 * 1024 + 1)
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await visitor.client.post(here, content=some, headers=OWN | kind)).status_code == 400
    for path in ("/office/imports/x/confirmation", f"{here}/more", "/language"):
        assert (await visitor.client.post(path, content=some, headers=OWN)).status_code == 413

    async def unannounced() -> Any:
        for _ in range(4):
            yield b"x" * (1024 * 1024)

    assert (await visitor.client.post(here, content=unannounced(), headers=OWN | kind)).status_code == 413


FORM = "multipart/form-data; boundary=x"
FIELD = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"pasted=a%3Bb"),
        ("multipart/form-data", FIELD + b"--x--"),
        (FORM, b""),
        (FORM, FIELD.replace(b'; name="file"', b"") + b"--x--"),
        (FORM, FIELD),
        (FORM, FIELD * 11 + b"--x--"),
    ],
)
async def test_what_no_browser_sends_is_refused(
    visitor: Visitor, event: dict[str, Any], kind: str, body: bytes
) -> None:
    here = f"/office/events/{event['id']}/imports"
    answer = await visitor.client.post(here, content=body, headers=OWN | {"Content-Type": kind})
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
async def test_the_template_is_downloaded(visitor: Visitor, event: dict[str, Any], kind: str) -> None:
    answer = await visitor.client.get(f"/office/imports/template.{kind}")
    assert answer.headers["content-disposition"] == f'attachment; filename="ateliers.{kind}"'
    assert answer.headers["content-type"].count("charset") == (kind == "csv")
    page = await send(visitor, event, answer.content)
    assert "Aucune ligne ne peut être importée." in page.text


async def test_a_day_that_changed_meanwhile_is_shown_again(visitor: Visitor, event: dict[str, Any]) -> None:
    page = await send(visitor, event, pasted=LIST)
    acme = await factories.workshop(event, title="Maçon")
    await fetch("UPDATE organisation SET name = 'Acme' WHERE id = {}", acme["exhibitor"])
    again = await visitor.press(page, "Créer 2 ateliers et 10 créneaux")
    assert again.status == 409
    assert "La journée a changé depuis cet affichage." in again.text
    assert "Créer 1 atelier et 2 créneaux" in [button.label for button in again.forms[-1].buttons]


async def test_what_stands_against_undoing_is_named(visitor: Visitor, event: dict[str, Any]) -> None:
    page = await visitor.press(await send(visitor, event, pasted=LIST), "Créer 2 ateliers")
    await fetch("UPDATE workshop SET version = 2 WHERE title = 'Maçon'")
    refused = await visitor.press(page, "Annuler l’import")
    assert refused.status == 409
    assert "Maçon : il a été modifié depuis" in refused.text
    assert (await counted())[0] == 2


async def test_a_page_of_another_site_sends_nothing(visitor: Visitor, event: dict[str, Any]) -> None:
    here = f"/office/events/{event['id']}/imports"
    answer = await visitor.client.post(here, files={"file": b"a;b"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403

"""The list of people as pages and files: few statements, names in no address, every opening kept, no formula."""

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from bench.record import record
from bench.season import Request
from tests import big_day, factories
from tests.door import attendee, books
from tests.factories import Row
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops.database import Engine, fetch
from workshops.tables.people import Role

FORMS = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def signed_in(visitor: Visitor) -> str:
    """The agency of the organiser that the visitor is."""
    who, cookie = await make_staff(Role.ORGANISER)
    visitor.client.cookies.set(*cookie.split("="))
    return str(who.organisation)


@pytest.fixture
async def event(signed_in: str) -> Row:
    return await factories.event(lead=signed_in)


async def entries() -> list[tuple[str, int]]:
    rows = await fetch("SELECT action, people FROM audit_entry ORDER BY at, id")
    return [(row["action"], row["people"]) for row in rows]


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.ADMIN])
@pytest.mark.parametrize("asked", ["?all=1", "", "?status=waiting&sort=slot&arrangement=any"])
async def test_a_list_of_1000_people_opens_in_6_statements(db: Engine, role: Role, asked: str) -> None:
    who, cookie = await make_staff(role)
    event = await big_day.build(lead=who.organisation)
    path = f"/office/events/{event['id']}/people{asked}"
    (statements,) = await record(db, lambda _: Request("GET", path, headers={"Cookie": cookie}), 1)
    assert len(statements) <= 6


async def test_a_list_of_1000_people_is_whole(visitor: Visitor, signed_in: str) -> None:
    event = await big_day.build(lead=signed_in)
    page = await visitor.open(f"/office/events/{event['id']}/people?all=1")
    assert page.html.count('<tr><th scope="row">') == 1000
    assert len(page.html.encode()) <= 600_000
    assert await entries() == [("list_people", 1000)]
    first = await visitor.open(f"/office/events/{event['id']}/people")
    assert (first.html.count('<tr><th scope="row">'), "1000 personnes" in first.text) == (50, True)


async def test_a_name_is_searched_for_in_the_body_and_stands_in_no_address(visitor: Visitor, event: Row) -> None:
    await attendee(event, "Zoé", "Lefèvre")
    await attendee(event, "Paul", "Martin")
    page = await visitor.open(f"/office/events/{event['id']}/people")
    found = await visitor.press(page, "Afficher la liste", search="lefevre")
    assert ("Lefèvre Zoé" in found.text, "Martin" in found.text, "1 personne" in found.text) == (True, False, True)
    assert found.path == f"/office/events/{event['id']}/people"
    addresses = [*found.links, *(form.action for form in found.forms), *found.html.split("data-fresh=")[1:]]
    assert not [one for one in addresses if "lefevre" in one.lower()]
    exported = await visitor.press(found, "Exporter en CSV")
    assert ("Lefèvre" in exported.html, "Martin" in exported.html) == (True, False)


async def test_filters_without_a_name_have_an_address_of_their_own(visitor: Visitor, event: Row) -> None:
    slot = await factories.session(await factories.workshop(event), event)
    await books(await attendee(event, "Ada"), slot)
    await books(await attendee(event, "Béa"), slot, "waiting")
    page = await visitor.open(f"/office/events/{event['id']}/people")
    found = await visitor.press(page, "Afficher la liste", status="waiting", at="09:00")
    assert found.path == f"/office/events/{event['id']}/people?at=09%3A00&status=waiting"
    assert ("Béa" in found.text, "Ada" in found.text, "en attente" in found.text) == (True, False, True)
    newest = await visitor.press(found, "Inscrit le")
    assert "status=waiting&sort=new" in newest.path
    assert 'aria-sort="descending"' in newest.html


async def test_pages_lead_to_each_other(visitor: Visitor, event: Row) -> None:
    for number in range(51):
        await attendee(event, "Ada", f"Nom{'abcdefghij'[number // 10]}{'abcdefghij'[number % 10]}")
    page = await visitor.open(f"/office/events/{event['id']}/people?origin=online")
    second = await visitor.open(next(link for link in page.links if "page=2" in link))
    assert (second.text.count("Ada"), "origin=online" in second.path, "Nomfa" in second.text) == (1, True, True)
    whole = await visitor.open(next(link for link in page.links if "all=1" in link))
    assert whole.html.count('<tr><th scope="row">') == 51


async def test_names_stay_in_no_cache_and_every_list_is_kept(visitor: Visitor, event: Row) -> None:
    await attendee(event)
    page = await visitor.open(f"/office/events/{event['id']}/people")
    assert page.answer.headers["cache-control"] == "no-store"
    for file in ("csv", "xlsx"):
        answer = await visitor.client.post(f"/office/events/{event['id']}/people.{file}", headers=FORMS)
        assert answer.headers["cache-control"] == "no-store"
        name = f"inscrits-{event['date'].isoformat()}.{file}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert await entries() == [("list_people", 1), ("list_people_csv", 1), ("list_people_xlsx", 1)]


async def test_counting_them_is_no_opening_and_names_nobody(visitor: Visitor, event: Row) -> None:
    zoe, path = await attendee(event), f"/office/events/{event['id']}/people/live?status=any"
    first = await visitor.client.get(path)
    assert ("1 personne" in first.text, "Lefèvre" in first.text) == (True, False)
    known = {"If-None-Match": first.headers["etag"]}
    assert (await visitor.client.get(path, headers=known)).status_code == 304
    await fetch("UPDATE attendee SET first_name = 'Zora', updated_at = created_at WHERE id = {}", zoe["id"])
    await attendee(event, "Paul")
    assert "2 personnes" in (await visitor.client.get(path, headers=known)).text
    assert await entries() == []


async def exported(visitor: Visitor, event: Row, kind: str) -> list[list[Any]]:
    answer = await visitor.client.post(
        f"/office/events/{event['id']}/people.{kind}", headers=FORMS, content=b"status=any"
    )
    if kind == "csv":
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    return [list(row) for row in load_workbook(io.BytesIO(answer.content)).active.values]  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_file_holds_what_the_list_shows(visitor: Visitor, event: Row, kind: str) -> None:
    slot = await factories.session(await factories.workshop(event, title="Maçon"), event)
    agency = await factories.organisation(name="Service secret", sensitive=True)
    about = {
        "email": "zoe@example.org",
        "phone": "+33639980001",
        "accommodations": "wheelchair",
        "agency": agency["id"],
    }
    await books(await attendee(event, "Zoé", "Lefèvre", **about, called_for="bounce"), slot, "waiting")
    head, row = await exported(visitor, event, kind)
    told = dict(zip(head, row, strict=True))
    assert (told["Nom"], told["Prénom"], told["E-mail"]) == ("Lefèvre", "Zoé", "zoe@example.org")
    assert told["Places"].replace("\u00a0", " ") == "9 h Maçon (en attente)"
    assert (told["Organisme"], told["Aménagements"]) == ("Autre organisme", "Un accès en fauteuil roulant")
    assert (told["Mobile"], told["À appeler"]) == ("06 39 98 00 01", "oui")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
async def test_a_cell_that_begins_like_a_formula_is_text(visitor: Visitor, event: Row, start: str) -> None:
    name = f"{start}HYPERLINK(1)"
    await attendee(event, "Zoé", name, adult_name=name, email="zoe@example.org")
    assert (await exported(visitor, event, "csv"))[1][0] == f"'{name}"
    answer = await visitor.client.post(f"/office/events/{event['id']}/people.xlsx", headers=FORMS)
    cell = load_workbook(io.BytesIO(answer.content)).active["A2"]  # type: ignore[index]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


async def test_what_people_write_is_no_markup(visitor: Visitor, event: Row) -> None:
    await attendee(event, "<b>Zoé", '"><script>', email="zoe@example.org")
    page = await visitor.open(f"/office/events/{event['id']}/people")
    assert "&lt;b&gt;Zoé" in page.html
    assert "<script>" not in page.html
    found = await visitor.press(page, "Afficher la liste", search='"><img src=x>')
    assert "<img" not in found.html


async def test_an_adviser_lists_and_exports_the_own_agency_s_people_alone(visitor: Visitor, db: Engine) -> None:
    event = await factories.event()
    who, visitor.client.headers["Cookie"] = await make_staff(Role.ADVISER)
    await attendee(event, "Ada", agency=who.organisation)
    await attendee(event, "Paul", "Martin")
    page = await visitor.open(f"/office/events/{event['id']}/people?status=any&all=1")
    assert ("Ada" in page.text, "Martin" in page.text, "/journal" in page.html) == (True, False, False)
    for kind in ("csv", "xlsx"):
        assert [row[1] for row in await exported(visitor, event, kind)] == ["Prénom", "Ada"]
    assert "1 personne" in (await visitor.open(f"/office/events/{event['id']}/people/live")).text
    assert "Martin" not in (await visitor.press(page, "Afficher la liste", search="Martin")).text.replace("martin", "")


async def test_others_are_refused(visitor: Visitor, signed_in: str) -> None:
    ours, theirs = await factories.event(lead=signed_in), await factories.event()
    paths = [f"/office/events/{{}}/people{end}" for end in ("", "/live")]
    files = [f"/office/events/{{}}/people{end}" for end in ("", ".csv", ".xlsx")]

    async def statuses(event: Row) -> set[int]:
        read = [await visitor.client.get(path.format(event["id"])) for path in paths]
        sent = [
            await visitor.client.post(path.format(event["id"]), headers=FORMS, content=b"search=a") for path in files
        ]
        return {answer.status_code for answer in (*read, *sent)}

    assert (await statuses(ours), await statuses(theirs)) == ({200}, {404})
    for role in (Role.HOST, Role.EXHIBITOR):
        visitor.client.cookies.set(*(await make_staff(role))[1].split("="))
        assert await statuses(ours) == {403}
    visitor.client.cookies.set(*(await make_staff(Role.ADVISER))[1].split("="))
    assert await statuses(await factories.event(status="draft")) == {404}
    visitor.client.cookies.clear()
    assert await statuses(ours) == {303}

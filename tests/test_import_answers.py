"""Each row of a sheet is answered: what it would make, what is wrong, what it is at the same time as."""

from datetime import datetime, timedelta

import pytest

from tests import factories
from tests.importing import HEAD, counted, lead, looked, read_here, shown
from workshops import imports, sheets
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import Invalid
from workshops.imports import Answer
from workshops.imports.columns import columns_of
from workshops.imports.lines import read_line
from workshops.sheets import SheetRefused, write_csv, write_xlsx
from workshops.sheets.reading import rows_of


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets are read in this process."""
    monkeypatch.setattr(sheets, "read", read_here)


def told(answer: Answer) -> list[tuple[str, str]]:
    """What is wrong with a row: its fields and the beginning of what is said."""
    return [(fault.name, fault.message.split(" ")[0]) for fault in answer.faults]


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        (["", "", "Maçon"], [("exhibitor", "Fill")]),
        (["ACME", "", ""], [("title", "Fill")]),
        (["ACME", "", "", "F1703"], []),
        (["ACME", "", "Maçon", "X9999"], [("rome", "There")]),
        (["ACME", "acme", "Maçon"], [("email", "Check")]),
        (["ACME", "", "Maçon", "", "x" * 21], [("stand", "This")]),
        (["ACME", "", "Maçon", "", "", "", "huit"], [("places", "Write")]),
        (["ACME", "", "Maçon", "", "", "", "0"], [("places", "Write")]),
        (["ACME", "", "Maçon", "", "", "", "8", "matin"], [("hours", "Write")]),
        (["ACME", "", "Maçon", "", "", "", "8", "9h"], [("hours", "Write")]),
        (["ACME", "", "Maçon", "", "", "", "8", "12h-9h"], [("hours", "These")]),
        (["ACME", "", "Maçon", "", "", "", "8", "9h-10h, 9h30-11h"], [("hours", "These")]),
        (["ACME", "", "Maçon", "", "", "", "8", "9h-9h30 / 45 min"], [("hours", "No")]),
        (["ACME", "", "Maçon", "", "", "", "", "9h-10h"], [("places", "Fill")]),
        (["ACME", "", "Maçon", "", "", "", "", "9h-10h / 20 min"], [("hours", "Say")]),
        (["ACME", "", "Maçon", "", "", "", "8", "9h" * 200], [("hours", "This")]),
        (["ACME", "", "Maçon", "", "1 85 05 78 006 084 36"], [("stand", "Never")]),
        (["ACME", "", "Maçon", "", "", "", "8", "09:00-09:45 / 10:00-10:45"], []),
        (["ACME", "", "Maçon", "", "", "", "8", "toutes les 45 minutes de 9 h à 12 h"], []),
    ],
)
def test_what_is_wrong_with_a_row_is_named(row: list[str], faults: list[tuple[str, str]]) -> None:
    columns, rest = columns_of(rows_of(write_csv(HEAD, [row])))
    (line,) = [read_line(one, columns) for one in rest]
    assert line.number == 2
    assert [(fault.name, fault.message.split(" ")[0]) for fault in line.faults] == faults


async def test_every_column_arrives(db: Engine) -> None:
    who, event = await lead()
    head = [
        "Description",
        "Stand",
        "Métier",
        "Âge minimum",
        "ENTREPRISE",
        "Code Rome",
        "adresse e-mail",
        "Intervenant",
        "9h00-9h45",
        "10 h – 10 h 45",
        "Places",
        "Remarque",
    ]
    row = [
        "Faire un mur.",
        "B 2",
        "Maçon, l’essai",
        "16 ans",
        "Acme",
        "f1703",
        "Jean@Acme.fr",
        "Zoé Lefèvre",
        "x",
        "4",
        "6 places",
        "rien",
    ]
    run = await looked(event, who, row, head=head)
    assert run.unused == ("Remarque",)
    await imports.confirm(run.id, (1, 2), who)
    workshop = await fetch_one("SELECT w.*, o.email FROM workshop w JOIN organisation o ON o.id = w.exhibitor")
    assert workshop
    wanted = {
        "description": "Faire un mur.",
        "stand": "B 2",
        "title": "Maçon, l’essai",
        "min_age": 16,
        "rome_code": "F1703",
        "email": "jean@acme.fr",
        "facilitator": "Zoé Lefèvre",
    }
    assert {name: workshop[name] for name in wanted} == wanted
    assert [row["capacity"] for row in await fetch("SELECT capacity FROM session ORDER BY starts_at")] == [6, 4]


async def test_begin_end_and_length_in_columns_of_their_own(db: Engine) -> None:
    who, event = await lead()
    head = ["Entreprise", "Métier", "Début", "Fin", "Durée", "Places"]
    rows = [
        ["A", "Maçon", "09:00", "12:00", "0:45", "8"],
        ["B", "Maçon", "9h", "12h", "45", "8"],
        ["C", "Maçon", "9h", "10h", "", "8"],
    ]
    run = await looked(event, who, *rows, head=head)
    assert [len(answer.slots) for answer in run.answers] == [4, 4, 1]


async def test_headings_may_come_later_or_not_at_all(db: Engine) -> None:
    who, event = await lead()
    titled = write_csv(["Programme 2027"], [[""], ["Société", "Intitulé"], ["ACME", "Maçon"]])
    run = await imports.look(await imports.preview(event["id"], titled, who), who)
    assert [(one.line.number, one.line.exhibitor, one.line.title) for one in run.good] == [(4, "ACME", "Maçon")]
    bare = "ACME\tMaçon\tjean@acme.fr\nBoulange\tBoulanger\t\n".encode()
    run = await imports.look(await imports.preview(event["id"], bare, who), who)
    assert [(one.line.exhibitor, one.line.email) for one in run.good] == [("ACME", "jean@acme.fr"), ("Boulange", None)]
    with pytest.raises(Invalid) as refused:
        await imports.preview(event["id"], b"Bonjour\nvoici la liste\n", who)
    assert refused.value.faults[0].name == "file"
    with pytest.raises(SheetRefused):
        await imports.preview(event["id"], b"%PDF", who)


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
async def test_the_template_is_read_and_its_examples_are_not_imported(db: Engine, locale: str, kind: str) -> None:
    who, event = await lead()
    run = await imports.look(await imports.preview(event["id"], imports.template(kind, locale), who), who)
    assert (run.unused, run.answers) == ((), ())
    content = (
        imports.template("csv", locale).decode("utf-8-sig").replace("Exemple\u00a0: ", "").replace("Example: ", "")
    )
    run = await imports.look(await imports.preview(event["id"], content.encode(), who), who)
    assert [(len(one.slots), one.line.rome, told(one)) for one in run.answers] == [(4, "H2206", []), (3, "D1102", [])]


async def test_companies_are_known_however_they_are_written(db: Engine) -> None:
    who, event = await lead()
    known = await factories.organisation("exhibitor", name="Boulangerie de l’Étoile", email="etoile@example.fr")
    mute = await factories.organisation("exhibitor", name="Muette", email=None)
    rows = [
        ["BOULANGERIE DE L'ETOILE", "autre@example.fr", "Boulanger"],
        ["Neuve", "", "Maçon"],
        ["neuve", "n@example.fr", "Boulanger"],
        ["muette", "m@example.fr", "Maçon"],
    ]
    run = await looked(event, who, *rows)
    assert run.new_companies == ["neuve"]
    assert run.answers[0].company
    assert run.answers[0].company.id == known["id"]
    assert [fault.name for fault in run.answers[0].notes] == ["email", "hours"]
    await imports.confirm(run.id, shown(run), who)
    emails = {
        row["name"]: row["email"]
        for row in await fetch("SELECT name, email FROM organisation WHERE kind = 'exhibitor'")
    }
    assert emails == {known["name"]: "etoile@example.fr", "Neuve": "n@example.fr", mute["name"]: "m@example.fr"}


async def test_what_is_there_already_is_not_made_twice(db: Engine) -> None:
    who, event = await lead()
    acme = await factories.organisation("exhibitor", name="ACME")
    await factories.workshop(event, exhibitor=acme["id"], title="Maçon", stand="1")
    await factories.workshop(event, exhibitor=acme["id"], title="Soudeur", status="cancelled")
    rows = [
        ["Acme", "", "maçon"],
        ["Acme", "", "maçon", "", "1"],
        ["Acme", "", "maçon", "", "2"],
        ["Acme", "", "Maçon", "", "2"],
        ["Acme", "", "Soudeur"],
    ]
    run = await looked(event, who, *rows)
    assert [told(answer) for answer in run.answers] == [
        [("title", "This")],
        [("title", "This")],
        [],
        [("title", "This")],
        [],
    ]
    assert run.answers[3].faults[0].limits == {"row": 4}


async def test_a_faulty_cell_has_one_answer(db: Engine) -> None:
    who, event = await lead()
    rows = [["Acme", "acme", "Maçon", "X9999"], ["Acme", "", "Couvreur", "", "", "", "", "matin"]]
    for answer in (await looked(event, who, *rows)).answers:
        names = [fault.name for fault in (*answer.faults, *answer.notes)]
        assert len(names) == len(set(names)), names
        assert {"rome", "hours"} & set(names)


async def test_clashes_are_told_to_the_later_row(db: Engine) -> None:
    who, event = await lead()
    there = await factories.workshop(event, title="Soudeur", stand="A1", facilitator="Zoé LEFÈVRE")
    await factories.session(there, event)
    rows = [
        ["A", "", "Maçon", "", "a1", "", "8", "9h30-10h"],
        ["B", "", "Maçon", "", "A1", "", "8", "9h45-10h30"],
        ["C", "", "Maçon", "", "A2", "lefevre zoe", "8", "9h-9h45"],
        ["D", "", "Maçon", "", "A3", "Ali", "8", "8h-9h"],
        ["E", "", "Maçon", "", "A4", "Ali", "8", "16h30-17h30"],
        ["F", "", "Maçon", "", "A5", "", "8", "9h-17h"],
        ["G", "", "Maçon", "", "A1", "", "8", "10h30-11h"],
    ]
    run = await looked(event, who, *rows)
    assert [[fault.name for fault in answer.clashes] for answer in run.answers] == [
        ["stand"],
        ["stand"],
        ["facilitator"],
        ["hours"],
        ["hours"],
        [],
        [],
    ]
    assert run.answers[0].clashes[0].limits == {"other": "Soudeur"}
    with pytest.raises(Invalid) as refused:
        await imports.confirm(run.id, shown(run), who)
    assert [fault.name for fault in refused.value.faults] == ["anyway"]
    assert await counted() == (1, 1, 1)
    await imports.confirm(run.id, shown(run), who, anyway=True)
    assert (await counted())[0] == 8


async def test_the_hours_of_the_hall_come_before_those_of_the_day(db: Engine) -> None:
    who, event = await lead()
    start: datetime = event["starts_at"]
    request = {
        "id": "r1", "event": event["id"], "venue": event["venue"], "status": "accepted", "asked_at": utcnow(),
        "from_at": start - timedelta(hours=1), "until_at": start + timedelta(hours=3),
    }  # fmt: skip
    await factories.insert("venue_request", request)
    rows = [["A", "", "Maçon", "", "1", "", "8", "8h-9h"], ["B", "", "Maçon", "", "2", "", "8", "12h-13h"]]
    run = await looked(event, who, *rows)
    assert [len(answer.clashes) for answer in run.answers] == [0, 1]


async def test_5000_rows_are_answered_and_imported(db: Engine) -> None:
    who, event = await lead()
    rows = [[f"Entreprise {number}", "", f"Métier {number}", "9h-9h45, 10h-10h45, 8 places"] for number in range(4999)]
    content = write_xlsx(["Entreprise", "E-mail", "Métier", "Horaires"], rows)
    run = await imports.look(await imports.preview(event["id"], content, who), who)
    assert shown(run) == (4999, 9998)
    await imports.confirm(run.id, shown(run), who, anyway=True)
    assert await counted() == (4999, 9998, 4999)
    await imports.undo(run.id, who)
    assert await counted() == (0, 0, 0)

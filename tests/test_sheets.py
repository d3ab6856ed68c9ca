"""Spreadsheets in and out: nothing that is written is a formula, nothing that is read can hurt."""

import csv
import io
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.workbooks import DATE, HOUR, HOURS, MOMENT, line, value, workbook
from workshops.sheets import Row, SheetRefused, Value, read, write_csv, write_xlsx
from workshops.sheets.reading import MOST_BYTES, rows_of
from workshops.sheets.refused import (
    CellTooLong,
    Encrypted,
    NotASpreadsheet,
    NothingInIt,
    OldExcel,
    OpenDocument,
    TooLarge,
    TooManyColumns,
    TooManyRows,
)

MB = 1024 * 1024
FORMULAS = ["=1+1", "+33612345678", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://x","y")', "'=1"]
PLAIN = ["Lefèvre", "a=b", "l’atelier", 'dit "Momo"', "deux\nlignes", "un;deux", "", "06 12 34 56 78", "#N/A", "'tis"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def cells(content: bytes) -> list[list[str]]:
    """The cells of a file."""
    return [row.cells for row in rows_of(content)]


def packed(**entries: bytes) -> bytes:
    """A ZIP archive that is no workbook; `__` stands for a slash or a dot."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "."), content)
    return file.getvalue()


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    rows: list[list[Value]] = [[text, 3, 1.5] for text in FORMULAS + PLAIN]
    written = write_xlsx(["Nom", "=1+1", "Note"], [*rows, [None, -2, ""]])
    sheet: Any = openpyxl.load_workbook(io.BytesIO(written)).active
    read_back = [(cell.value, cell.data_type) for (cell,) in sheet.iter_rows(min_row=2, max_col=1)]
    texts = [text.replace("\r", "\n") for text in FORMULAS + PLAIN]  # XML 1.0 §2.11
    assert read_back == [(text or None, "s" if text else "n") for text in texts] + [(None, "n")]
    assert [cell.data_type for cell in sheet[1]] == ["s", "s", "s"]
    assert all(sheet.cell(2 + number, 1).quotePrefix for number in range(len(FORMULAS)))
    assert (sheet["B2"].value, sheet["C2"].value) == (3, 1.5)
    xml = zipfile.ZipFile(io.BytesIO(written)).read("xl/worksheets/sheet1.xml")
    assert b"<f" not in xml


def test_the_head_of_a_workbook_is_bold_and_stays() -> None:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(write_xlsx(["Nom"], [["x" * 200], ["y" * 20]], "a/b*c"))).active
    assert (sheet["A1"].font.bold, sheet["A2"].font.bold) == (True, False)
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.title) == ("A2", "A1:A3", "a b c")
    assert 20 < sheet.column_dimensions["A"].width <= 60


def test_no_cell_of_a_csv_file_begins_like_a_formula() -> None:
    written = write_csv(["Nom", "=1"], [[text, 3, -1.5] for text in FORMULAS + PLAIN])
    assert written.startswith(b'\xef\xbb\xbf"Nom";"\'=1"\r\n')
    read_back = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert read_back[0] == ["Nom", "'=1"]
    assert [row[0] for row in read_back[1:]] == [f"'{text}" for text in FORMULAS] + PLAIN
    assert {tuple(row[1:]) for row in read_back[1:]} == {("3", "-1,5")}


@pytest.mark.parametrize("write", [write_xlsx, write_csv])
def test_what_was_written_is_read_back(write: Any) -> None:
    texts = [text.replace("\r", "\n").strip() for text in FORMULAS + PLAIN if text]
    assert cells(write(["Nom", "Places"], [[text, 3] for text in texts])) == [
        ["Nom", "Places"],
        *([t, "3"] for t in texts),
    ]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=6))
@example([["\x00=1", "\ufffe"], ["'", "''=1"]])
def test_whatever_people_typed_leaves_as_text(rows: list[list[str]]) -> None:
    for row in csv.reader(io.StringIO(write_csv(["a"], rows).decode("utf-8-sig"), newline=""), delimiter=";"):
        assert not any(cell[:1] in tuple("=+-@\t\r\n") and cell for cell in row)
    sheet: Any = openpyxl.load_workbook(io.BytesIO(write_xlsx(["a"], rows))).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert all(isinstance(cell.value, str | None) for row in sheet.iter_rows() for cell in row)


def test_a_formula_is_read_as_what_it_last_gave() -> None:
    shown = '<row r="1"><c t="str"><f>HYPERLINK("http://x")</f><v>Cliquez</v></c><c><f>1+1</f><v>2</v></c><c><f>NOW()</f></c></row>'
    assert cells(workbook(shown)) == [["Cliquez", "2"]]
    as_text = line(1, "=1+1", "+33612345678")
    assert cells(workbook(as_text)) == [["=1+1", "+33612345678"]]


def test_dates_and_hours_are_read_in_one_form() -> None:
    row = "".join(
        [
            value(0.375, HOUR),
            value(9.5 / 24, HOUR),
            value(46399, DATE),
            value(46399.375, MOMENT),
            value(46399, MOMENT),
            value(1.5, HOURS),
            value(8.0),
            value(0.1),
            value(33612345678),
            '<c t="b"><v>1</v></c>',
            '<c t="e"><v>#REF!</v></c>',
        ]
    )
    told = ["09:00", "09:30", "2027-01-12", "2027-01-12 09:00", "2027-01-12", "36:00", "8", "0.1", "33612345678"]
    assert cells(workbook(f'<row r="1">{row}</row>')) == [[*told, "oui", "#REF!"]]


def test_rows_keep_the_number_that_the_sheet_shows() -> None:
    assert rows_of(workbook(line(2, "a", "", " b\u00a0", " ") + line(5) + line(9, "c"))) == [
        Row(2, ["a", "", "b"]),
        Row(9, ["c"]),
    ]
    assert [row.number for row in rows_of(b'a;b\n\n;\n"deux\nlignes";b')] == [1, 4]


def test_strings_that_cells_share_are_read() -> None:
    row = '<row r="1"><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>'
    assert cells(workbook(row, strings="<si><t>un</t></si><si><r><t>de</t></r><r><t>ux</t></r></si>")) == [
        ["deux", "un"]
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_is_read_however_it_was_saved(encoding: str, mark: str, end: str) -> None:
    text = end.join(mark.join(row) for row in (["Société", "Métier"], ["L’Été", f'"un{mark}{end}deux ""x"""'], ["é"]))
    assert cells(text.encode(encoding)) == [
        ["Société", "Métier"],
        ["L’Été", f'un{mark.strip()}\ndeux "x"' if mark.strip() else 'un\t\ndeux "x"'],
        ["é"],
    ]


def test_the_separator_that_a_file_declares_is_taken() -> None:
    assert rows_of(b"sep=,\na;b,c\n") == [Row(2, ["a;b", "c"])]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", NothingInIt),
        (b"\n \n;;\n", NothingInIt),
        (workbook(line(3, "", " ")), NothingInIt),
        (OLE + b"\0" * 600, OldExcel),
        (OLE + "EncryptedPackage".encode("utf-16-le"), Encrypted),
        (packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), OpenDocument),
        (packed(**{"xl/workbook.bin": b""}), OldExcel),
        (packed(a__txt=b"a"), NotASpreadsheet),
        (b"PK\x03\x04" + b"\0" * 40, NotASpreadsheet),
        (b"%PDF-1.7\n", NotASpreadsheet),
        (b"\x89PNG\r\n", NotASpreadsheet),
        (b"<html><table><tr><td>a", NotASpreadsheet),
        (b"a;b\x00;c", NotASpreadsheet),
        (b"\x81\x8d", NotASpreadsheet),
        (b"a" * (MOST_BYTES + 1), TooLarge),
        (workbook("<row"), NotASpreadsheet),
        (workbook('<row r="1"><c t="s"><v>5</v></c></row>'), NotASpreadsheet),
    ],
)
def test_what_is_no_spreadsheet_is_named(content: bytes, refusal: type[SheetRefused]) -> None:
    with pytest.raises(SheetRefused) as told:
        rows_of(content)
    assert type(told.value) is refusal
    assert (told.value.faults[0].name, told.value.status) == ("file", 413 if refusal is TooLarge else 422)


def test_5000_rows_of_60_cells_are_taken_and_no_more() -> None:
    rows = ["x" + ";y" * 59] * 5000
    assert len(rows_of("\n".join(rows).encode())) == 5000
    with pytest.raises(TooManyRows):
        rows_of("\n".join([*rows, "x"]).encode())
    with pytest.raises(TooManyColumns):
        rows_of((rows[0] + ";z").encode())
    assert rows_of((rows[0] + ";;; ;").encode())
    assert len(rows_of(("x\n\n" * 5000).encode())) == 5000


def test_a_cell_has_2000_characters_at_most() -> None:
    assert rows_of(b"a\n" + b"x" * 2000)
    with pytest.raises(CellTooLong) as told:
        rows_of(b"a\n" + b"x" * 2001)
    assert (told.value.row, told.value.faults[0].limits) == (2, {"row": 2})
    with pytest.raises(CellTooLong):
        rows_of(b'a;"never closed\n' + b"x;y\n" * 100_000)


def test_the_first_visible_sheet_that_holds_something_is_read() -> None:
    book = openpyxl.Workbook()
    hidden, empty, wanted = book.active, book.create_sheet(), book.create_sheet()
    assert hidden is not None
    hidden.append(["hidden"])
    hidden.sheet_state = "hidden"
    empty.append([" "])
    wanted.append(["wanted"])
    file = io.BytesIO()
    book.save(file)
    assert cells(file.getvalue()) == [["wanted"]]


WHOLE = workbook(line(1, "a", "b") + line(2, "c", "d"))


async def test_reading_apart_says_the_same() -> None:
    assert await read(WHOLE) == [Row(1, ["a", "b"]), Row(2, ["c", "d"])]
    with pytest.raises(CellTooLong) as told:
        await read(b"a\n" + b"x" * 2001)
    assert told.value.row == 2
    with pytest.raises(TooLarge):
        await read(b"x" * (MOST_BYTES + 1))

"""Files that are made to hurt whoever reads them: each is refused, quickly and in little memory."""

import asyncio
import io
import time
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from defusedxml.common import EntitiesForbidden
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.importing import HEAD
from tests.workbooks import MAIN, line, lying, workbook
from workshops.errors import Invalid
from workshops.imports.columns import columns_of
from workshops.imports.lines import read_line
from workshops.sheets import Row, SheetRefused, apart, read
from workshops.sheets.reading import rows_of
from workshops.sheets.refused import NotASpreadsheet, TooHeavy, TooManyRows

MB = 1024 * 1024
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def cells(content: bytes) -> list[list[str]]:
    """The cells of a file."""
    return [row.cells for row in rows_of(content)]


@pytest.mark.parametrize("part", ["xl/media/a.xml", "xl/media/a.png", "xl/worksheets/sheet1.xml"])
@pytest.mark.parametrize("claimed", [None, 10, 2**32 - 2])
def test_a_zip_bomb_is_counted_whatever_it_claims(part: str, claimed: int | None) -> None:
    bomb = workbook(line(1, "a"), parts={part: b"\0" * (200 * MB)})
    assert len(bomb) < MB
    tracemalloc.start()
    with pytest.raises(SheetRefused) as told:
        rows_of(bomb if claimed is None else lying(bomb, part, claimed))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(told.value, NotASpreadsheet if claimed == 10 else TooHeavy)
    assert most < 110 * MB


def test_many_entries_count_together() -> None:
    part = b"\0" * (6 * MB)
    heavy = {f"xl/media/{number}.png": part for number in range(9)}
    with pytest.raises(TooHeavy):
        rows_of(workbook(line(1, "a"), parts=heavy))
    del heavy["xl/media/0.png"]
    assert rows_of(workbook(line(1, "a"), parts=heavy)) == [Row(1, ["a"])]


def test_entries_that_overlap_are_counted_each() -> None:
    """Fifield's bomb: many names in the directory, one and the same packed data."""
    content = bytearray(workbook(line(1, "a"), parts={"xl/media/z.png": b"\0" * (5 * MB)}))
    directory, ending = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entries, at = content[directory:ending], content.rindex(b"PK\x01\x02")
    last = content[at:ending]
    more = b"".join(last.replace(b"z.png", b"%05d" % number) for number in range(20))
    total = content[ending + 8 : ending + 10]
    number = int.from_bytes(total, "little") + 20
    tail = content[ending:]
    tail[8:12] = number.to_bytes(2, "little") * 2
    tail[12:16] = (len(entries) + len(more)).to_bytes(4, "little")
    with pytest.raises(SheetRefused):
        rows_of(bytes(content[:ending] + more + tail))


def test_names_that_come_twice_are_refused() -> None:
    file = io.BytesIO(workbook(line(1, "a")))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    with pytest.raises(NotASpreadsheet):
        rows_of(file.getvalue())


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(method: int) -> None:
    file = io.BytesIO(workbook(line(1, "a")))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/media/a.png", b"\0" * MB, compress_type=method)
    with pytest.raises(NotASpreadsheet):
        rows_of(file.getvalue())


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
PARTS = {
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{line(1, "&i;")}</sheetData></worksheet>',
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>&i;</t></si></sst>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">&i;</styleSheet>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}">&i;</workbook>',
    "[Content_Types].xml": "<Types>&i;</Types>",
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("entity", ['<!ENTITY i SYSTEM "file:///etc/hostname">', ""])
def test_entities_are_refused_in_every_part(part: str, entity: str) -> None:
    head = f"<!DOCTYPE x [{entity}" if entity else LAUGHS
    begun = time.perf_counter()
    with pytest.raises(NotASpreadsheet) as told:
        rows_of(workbook(line(1, "a"), parts={part: f"{head}]>{PARTS[part]}"}))
    causes: list[BaseException | None] = [told.value.__cause__]
    while causes[-1] is not None:
        causes.append(causes[-1].__cause__)
    assert any(isinstance(cause, EntitiesForbidden) for cause in causes)
    assert time.perf_counter() - begun < 5


def test_a_size_that_a_sheet_claims_is_not_believed() -> None:
    begun = time.perf_counter()
    assert cells(workbook(line(1, "a"), before='<dimension ref="A1:XFD1048576"/>')) == [["a"]]
    assert cells(workbook(line(1, "a", "b", "c"), before='<dimension ref="A1:A1"/>')) == [["a", "b", "c"]]
    assert rows_of(workbook(line(1, "a") + line(1_048_576, "z")))[1].number == 1_048_576
    with pytest.raises(TooManyRows):
        rows_of(workbook(line(1, "a") + line(10**12, "z")))
    assert time.perf_counter() - begun < 10


def test_one_string_in_every_cell_does_not_grow_beyond_its_limit() -> None:
    row = '<c t="s"><v>0</v></c>' * 60
    bomb = workbook(
        "".join(f'<row r="{n}">{row}</row>' for n in range(1, 500)), strings=f"<si><t>{'x' * 2000}</t></si>"
    )
    assert len(bomb) < MB
    with pytest.raises(TooHeavy):
        rows_of(bomb)


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=400) | st.text(max_size=200).map(str.encode) | st.binary(max_size=200).map(b"PK\x03\x04".__add__)
)
@example(b"\xff\xfe")
@example(b"sep=;\n")
@example(b"sep=;\n\n")
@example(OLE)
def test_whatever_bytes_are_sent_only_a_refusal_of_ours_comes(content: bytes) -> None:
    with suppress(SheetRefused):
        assert rows_of(content)


WHOLE = workbook(line(1, "a", "b") + line(2, "c", "d"), strings="<si><t>x</t></si>")


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=4), st.integers(0, len(WHOLE)))
def test_however_a_workbook_is_broken_only_a_refusal_of_ours_comes(hits: list[tuple[int, int]], keep: int) -> None:
    broken = bytearray(WHOLE)
    for place, byte in hits:
        broken[place] = byte
    for content in (bytes(broken), bytes(broken[:keep])):
        with suppress(SheetRefused):
            assert rows_of(content)


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet='<>/="rcsvtis 019AZ&;#x', max_size=60))
def test_whatever_stands_in_a_sheet_only_a_refusal_of_ours_comes(inside: str) -> None:
    with suppress(SheetRefused):
        rows_of(workbook(line(1, "a") + inside))


CELL = st.text(alphabet="0123456789h:-/ ,;placesmin٣²xé@'=", max_size=20) | st.text(max_size=12)


@settings(deadline=None, max_examples=150)
@given(st.lists(CELL, min_size=len(HEAD) + 1, max_size=len(HEAD) + 1), st.lists(CELL, min_size=2, max_size=6))
def test_whatever_a_row_holds_it_is_answered(cells: list[str], bare: list[str]) -> None:
    columns, rest = columns_of([Row(1, [*HEAD, "9h-9h45"]), Row(2, cells)])
    assert [read_line(row, columns).number for row in rest] == [2]
    with suppress(Invalid):
        columns, rest = columns_of([Row(1, bare)])
        assert all(read_line(row, columns).number for row in rest)


async def test_reading_ends_when_its_time_is_over_and_the_loop_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 1)
    bomb = workbook(line(1, "a"), strings="<si/>" * (9 * MB))
    started, longest = time.perf_counter(), 0.0
    reading = asyncio.ensure_future(read(bomb))
    while not reading.done():
        begun = time.perf_counter()
        await asyncio.sleep(0.01)
        longest = max(longest, time.perf_counter() - begun)
    with pytest.raises(TooHeavy):
        await reading
    assert longest < 0.5
    assert time.perf_counter() - started < 8


async def test_reading_ends_when_its_memory_is_used_up() -> None:
    bomb = workbook(
        line(1, "a"), parts={"xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{"<a/>" * (12 * MB)}</styleSheet>'}
    )
    assert len(bomb) < MB
    with pytest.raises(TooHeavy):
        await read(bomb)

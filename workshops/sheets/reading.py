"""A file's bytes become rows of text. Called in a process of its own (`apart`), which has its limits."""

import csv
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import openpyxl

from workshops.sheets.refused import (
    CellTooLong,
    Encrypted,
    NotASpreadsheet,
    NothingInIt,
    OldExcel,
    SheetRefused,
    TooHeavy,
    TooLarge,
    TooManyColumns,
    TooManyRows,
)
from workshops.sheets.unpacking import unpack
from workshops.sheets.writing import FORMULA

if not openpyxl.DEFUSEDXML:
    raise ImportError("spreadsheets are read with defusedxml only")

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 5000, 60
MOST_IN_A_CELL, MOST_TEXT = 2000, 4_000_000
LAST_ROW = 1_048_576
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_FILES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_MARKUP = re.compile(r"\s*<(?:\?xml|!doctype|html|table|workbook)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Row(NamedTuple):
    """A row that holds something: its number as the sheet shows it, and its cells without spaces around them."""

    number: int
    cells: list[str]


def rows_of(content: bytes) -> list[Row]:
    """The rows of a CSV file, or of the first visible sheet of an XLSX workbook that holds something.

    Formulas are read as the value last computed; dates as 2027-01-31, hours as 09:30, yes and no as "oui" and "non".
    Raises a SheetRefused and nothing else, whatever the bytes are.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge
    if content.startswith(OLE):
        raise Encrypted if "EncryptedPackage".encode("utf-16-le") in content else OldExcel
    try:
        if zipfile.is_zipfile(io.BytesIO(content)) or content.startswith(b"PK\x03\x04"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _workbook(unpack(content))
        return _kept(_lines(_decoded(content)))
    except SheetRefused:
        raise
    except MemoryError:
        raise TooHeavy from None
    except csv.Error:  # a quotation mark that is never closed
        raise CellTooLong from None
    except Exception as error:  # a broken workbook breaks openpyxl in any way
        raise NotASpreadsheet from error


def _workbook(file: io.BytesIO) -> list[Row]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            sheet.reset_dimensions()  # what the file claims: a row may be padded to 16,384 cells, a sheet to a million
            try:
                return _kept(sheet.iter_rows(values_only=True))
            except NothingInIt:
                continue
    raise NothingInIt


def _kept(lines: Iterable[Iterable[Any]]) -> list[Row]:
    rows: list[Row] = []
    total = 0
    for number, line in enumerate(lines, 1):
        cells = [_text(value) for value in line]
        while cells and not cells[-1]:
            cells.pop()
        if number > LAST_ROW:
            raise TooManyRows
        if not cells:
            continue
        total += sum(map(len, cells))
        if len(rows) == MOST_ROWS:
            raise TooManyRows
        if len(cells) > MOST_COLUMNS:
            raise TooManyColumns
        if any(len(cell) > MOST_IN_A_CELL for cell in cells):
            raise CellTooLong(number)
        if total > MOST_TEXT:
            raise TooHeavy
        rows.append(Row(number, cells))
    if not rows:
        raise NothingInIt
    return rows


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime) and value.year > 1900:
        nearest = value + timedelta(milliseconds=500)  # what a fraction of a day leaves of a second
        return nearest.date().isoformat() if nearest.time() < time(0, 0, 1) else f"{nearest:%Y-%m-%d} {_hour(nearest)}"
    if isinstance(value, datetime | time | timedelta):
        return _hour(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _hour(value: datetime | time | timedelta) -> str:
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
    else:
        seconds = round(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{rest:02}" if rest else "")


def _decoded(content: bytes) -> str:
    if content.startswith(OTHER_FILES):
        raise NotASpreadsheet
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls "Texte Unicode"
        text = content.decode("utf-16")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252")
    if _MARKUP.match(text) or _CONTROL.search(text):
        raise NotASpreadsheet
    return text


def _lines(text: str) -> Iterator[list[str]]:
    """The records of CSV text, whose separator is that which makes most of its first record."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    declared = re.match(r"sep=([;,\t])\n", text)
    first = next((line for line in text.split("\n") if line.strip()), "")
    most = max(";\t,", key=lambda mark: len(next(csv.reader([first], delimiter=mark))))
    records = csv.reader(io.StringIO(text, newline=""), delimiter=declared[1] if declared else most)
    if declared:
        yield next(records)[:0]
    for record in records:
        yield [cell[1:] if cell[:1] == "'" and FORMULA.match(cell) else cell for cell in record]

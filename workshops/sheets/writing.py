"""Lists that leave as a spreadsheet. What a cell says is never a formula, whoever wrote it (CWE-1236)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Value = str | int | float | None
"""Text, a number or nothing. Dates and hours are written as the reader is to read them: text."""

FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""What a spreadsheet program takes for the beginning of a formula, after the mark that keeps it from doing so."""

NARROWEST, WIDEST = 8, 60
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 §2.2


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[Value]], title: str = "Liste") -> bytes:
    """An Excel workbook of one sheet: the head row bold and frozen, columns as wide as what they hold, filters on.

    Text is typed as text, also "=1+1" and "+33612345678"; control characters are left out. It takes about
    12 µs a cell: call it in a thread (`asyncio.to_thread`) for more than some hundred rows.
    """
    table = [list(row) for row in rows]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(headers), 1))}{len(table) + 1}"
    for column, width in enumerate(_widths([headers, *table]), 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.append([_head(sheet, text) for text in headers])
    for row in table:
        sheet.append([_typed(sheet, value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A CSV file as a French Excel opens it by a double click: UTF-8 with its mark, `;` between cells, decimal comma.

    Text that begins like a formula has ' before it, which `read` takes away again; control characters are left out.
    """
    written = io.StringIO()
    lines = csv.writer(written, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in (headers, *rows):
        lines.writerow([_harmless(value) for value in row])
    return written.getvalue().encode("utf-8-sig")


def _harmless(value: Value) -> str | int:
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return f"{value:.15g}".replace(".", ",")
    text = _UNWRITABLE.sub("", value or "")
    return f"'{text}" if FORMULA.match(text) else text


def _typed(sheet: WriteOnlyWorksheet, value: Value) -> Cell | None:
    """A cell that stays what it is; Excel's own ' keeps text from becoming a formula when somebody edits it."""
    if isinstance(value, int | float):
        return WriteOnlyCell(sheet, value)
    text = _UNWRITABLE.sub("", value or "")
    if not text:
        return None
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    if FORMULA.match(text):
        cell.quotePrefix = True
    return cell


def _head(sheet: WriteOnlyWorksheet, text: str) -> Cell | None:
    cell = _typed(sheet, text)
    if cell is not None:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


def _widths(table: Sequence[Sequence[Value]]) -> list[int]:
    columns = max(map(len, table))
    longest = [NARROWEST] * columns
    for row in table:
        for index, value in enumerate(row):
            line = max((len(part) for part in str(value).splitlines()), default=0) if value is not None else 0
            longest[index] = max(longest[index], line + 2)
    return [min(width, WIDEST) for width in longest]

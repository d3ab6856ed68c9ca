"""Why a file is not read, and what to do about it: each refusal says how to mend the file."""

from workshops.errors import Fault, WorkshopsError
from workshops.i18n import _


class SheetRefused(WorkshopsError):
    """A file cannot be read as a spreadsheet. `row` is the faulty row as the sheet numbers it, where there is one."""

    status = 422
    type = "unreadable-spreadsheet"
    title = _("This file cannot be read")

    def __init__(self, row: int | None = None) -> None:
        super().__init__(faults=(Fault("file", self.title),))
        self.row = row


class NotASpreadsheet(SheetRefused):
    """Neither XLSX nor CSV, or a broken one."""

    title = _("This is not a spreadsheet that we can read. Save it as an Excel workbook (.xlsx) or as CSV")


class OldExcel(SheetRefused):
    """An .xls file of Excel 97 to 2003, or another binary workbook of Excel."""

    title = _(
        "This is an old Excel file (.xls or .xlsb). Open it, save it as an Excel workbook (.xlsx), then send that"
    )


class OpenDocument(SheetRefused):
    """A file of LibreOffice Calc."""

    title = _("This is a LibreOffice file (.ods). Open it, save it as an Excel workbook (.xlsx), then send that")


class Encrypted(SheetRefused):
    """It opens with a password only."""

    title = _("This file is protected by a password. Take the password away in Excel, then send it again")


class TooLarge(SheetRefused):
    """The file itself is larger than 2 MB."""

    status = 413
    title = _("This file is larger than 2 MB. Keep only the sheet that is needed, without pictures")


class TooHeavy(SheetRefused):
    """Unpacked it is larger than 50 MB, or reading it takes too much memory or time."""

    title = _("This file holds too much to be read. Copy the rows that are needed into a new file, then send that")


class TooManyRows(SheetRefused):
    """More than 5,000 rows that hold something."""

    title = _("This sheet has more than 5,000 rows. Keep only those that are needed")


class TooManyColumns(SheetRefused):
    """More than 60 columns that hold something."""

    title = _("This sheet has more than 60 columns. Keep only those that are needed")


class CellTooLong(SheetRefused):
    """More than 2,000 characters in one cell of `row`."""

    title = _("One cell of this sheet holds more than 2,000 characters. Shorten it")

    def __init__(self, row: int | None = None) -> None:
        super().__init__(row)
        if row is not None:
            told = _("A cell of row %(row)s holds more than 2,000 characters. Shorten it, or close its quotation marks")
            self.faults = (Fault("file", told, {"row": row}),)


class NothingInIt(SheetRefused):
    """No cell of its visible sheets holds anything."""

    title = _("This file is empty. Choose the file whose first sheet holds your list")


KINDS: dict[str, type[SheetRefused]] = {
    kind.__name__: kind
    for kind in (
        NotASpreadsheet,
        OldExcel,
        OpenDocument,
        Encrypted,
        TooLarge,
        TooHeavy,
        TooManyRows,
        TooManyColumns,
        CellTooLong,
        NothingInIt,
    )
}
"""The refusals by their name, as the reading process tells them."""

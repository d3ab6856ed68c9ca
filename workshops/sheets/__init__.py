"""Spreadsheets, in and out: XLSX and CSV become rows of text, lists become XLSX and CSV. No database, no programme."""

from workshops.sheets.apart import read
from workshops.sheets.reading import Row
from workshops.sheets.refused import SheetRefused
from workshops.sheets.writing import Value, write_csv, write_xlsx

__all__ = ["Row", "SheetRefused", "Value", "read", "write_csv", "write_xlsx"]

"""Spreadsheets, in and out: XLSX and CSV become rows of text, lists become XLSX and CSV. No database, no programme."""

from workshops.sheets.writing import Value, write_csv, write_xlsx

__all__ = ["Value", "write_csv", "write_xlsx"]

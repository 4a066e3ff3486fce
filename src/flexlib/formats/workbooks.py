"""Tables out of XLSX workbooks, for which the extra ``excel`` is installed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from flexlib.errors import FormatError
from flexlib.formats.tables import Table, table_of

_BROKEN = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError)


def read_workbook(path: Path) -> Table:
    """Return the first sheet of a workbook as a table; a file that is no workbook raises `FormatError`.

    A spreadsheet holds numbers as binary fractions; a cell is read as the shortest decimal that means it, which is what it shows.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        rows = [[_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
    except _BROKEN as error:
        raise FormatError(str(path), None, None, f"it is no XLSX workbook that can be read: {error}") from error
    return table_of(path, iter(list(_trimmed(rows))))


def _trimmed(rows: list[list[str]]) -> Iterator[list[str]]:
    """Yield the rows without the blank cells that a spreadsheet keeps right of the header."""
    width = max((number for number, cell in enumerate(rows[0], start=1) if cell), default=0) if rows else 0
    for row in rows:
        yield row[:width] if not any(row[width:]) else row


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()

"""Tables out of XLSX workbooks, for which the extra ``excel`` is installed."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook, load_workbook

from flexlib.errors import FormatError
from flexlib.formats import limits
from flexlib.formats.exports.cells import Cell, text_of
from flexlib.formats.exports.columns import Header, likeliest
from flexlib.formats.exports.tables import HEADER_WITHIN, ExportTable, typed_blocks
from flexlib.formats.tables import Table, table_of
from flexlib.formats.workbook_parts import require_small_parts

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_ANOTHER = "it holds a table too, which is not read here: save it as a file of its own"
_LAST_ROW = 1_048_576  # of any XLSX sheet; without it the number of a row in a broken file can make a loop of any length


def read_workbook(path: Path) -> Table:
    """Return the first sheet of a workbook as a table; a file that is no workbook raises `FormatError`.

    A spreadsheet holds numbers as binary fractions; a cell is read as the shortest decimal that means it, which is what it shows.
    """
    data = limits.read_bytes(path, limits.MOST_BYTES, "a workbook")
    with _opened(str(path), data) as book:
        found = book.worksheets[0].iter_rows(max_row=_LAST_ROW, values_only=True)
        rows = [[_text(cell) for cell in row] for row in _Budget(str(path)).spent(found)]
    return table_of(path, iter(list(_trimmed(rows))))


def workbook_table(file: str, data: bytes) -> ExportTable:
    """Return the table of an export in a workbook: that on the first sheet whose header matches a schema.

    The vendor's own workbooks have a block of filters on the first sheet and the table on the second. A sheet after it that matches
    a schema too is not read, and a problem says so.

    Raises:
        FormatError: The bytes are no workbook that can be read, or no header matches.
    """
    sheets = read_sheets(file, data)
    headers = {name: likeliest(map(_labels, rows[:HEADER_WITHIN])) for name, rows in sheets.items()}
    known = [name for name, header in headers.items() if header.schema]
    name = known[0] if known else max(headers, key=lambda sheet: len(headers[sheet].fields), default=None)
    header = headers[name] if name else Header.of([], None)
    limits.require_columns(file, header.number or 0, len(header.labels))
    header.require(file)
    rows = sheets[name][header.number or 0 :] if name else []
    others = [FormatError(file, f"sheet {other!r}", None, _ANOTHER) for other in known[1:]]
    return ExportTable(file, header, typed_blocks(iter(rows), len(header.labels), (header.number or 0) + 1), others)


def _labels(row: list[Cell]) -> list[str]:
    """Return the texts of a row without the blanks at its end."""
    texts = [text_of(cell) for cell in row]
    return texts[: max((number for number, text in enumerate(texts, start=1) if text), default=0)]


def read_sheets(file: str, data: bytes) -> dict[str, list[list[Cell]]]:
    """Return the rows of every sheet of a workbook, by its name, with numbers and dates as what they are.

    Raises:
        FormatError: The bytes are no workbook that can be read.
    """
    budget = _Budget(file)
    with _opened(file, data) as book:
        return {sheet.title: _typed(sheet, budget) for sheet in book.worksheets}


@contextmanager
def _opened(file: str, data: bytes) -> Iterator[Workbook]:
    """Open the workbook in some bytes; whatever goes wrong while it is open raises `FormatError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which hold no data
            require_small_parts(file, data)
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            try:
                yield book
            finally:
                book.close()
    except FormatError:
        raise
    except Exception as error:  # openpyxl lets out whatever its parsers stumble over in a broken file
        reason = str(error) or type(error).__name__
        raise FormatError(file, None, None, f"it is no XLSX workbook that can be read: {reason}") from error


def _typed(sheet: ReadOnlyWorksheet, budget: _Budget) -> list[list[Cell]]:
    sheet.reset_dimensions()  # some writers state them wrongly, and openpyxl would read no further
    rows = sheet.iter_rows(max_row=_LAST_ROW, values_only=True)  # type: ignore[misc]  # borrowed from Worksheet
    return [[_cell(value) for value in row] for row in budget.spent(rows)]


class _Budget:
    """How many cells a workbook may have: several sheets may be one part, and each is read again."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._cells = 0

    def spent(self, rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
        """Yield rows as long as their cells are not too many; a blank row counts as one."""
        for row in rows:
            self._cells += len(row) or 1
            if self._cells > limits.MOST_CELLS:
                raise limits.too_much(self._file, f"{limits.MOST_CELLS:,} cells, blank ones included", "save the table as CSV")
            yield row


def _cell(value: object) -> Cell:
    """Return a cell: a binary fraction as the shortest decimal that means it, which is what the spreadsheet shows."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        number = Decimal(str(value))
        return number if number.is_finite() else str(value)
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time()) if isinstance(value, date) else str(value)


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

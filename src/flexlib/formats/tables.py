"""CSV tables with a header: rows by column name, each with its number."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from flexlib.errors import FormatError
from flexlib.formats import limits
from flexlib.formats.csv_rows import csv_rows


@frozen
class TableRow:
    """A row: its number as a spreadsheet shows it (the header is row 1), its cells that are not blank, and a problem with its length."""

    number: int
    cells: dict[str, str]
    problem: str | None = None


@frozen
class Table:
    """A CSV file: its column names and rows."""

    path: Path
    columns: tuple[str, ...]
    rows: list[TableRow]

    def require(self, known: Sequence[str], required: Sequence[str]) -> None:
        """Raise `FormatError` where a column is unknown or a required one is missing."""
        if len(self.columns) == 1 and not {";", "\t"}.isdisjoint(self.columns[0]):
            raise FormatError(
                str(self.path), "row 1", None, "its cells are not separated by commas: save it as comma-separated CSV"
            )
        for column in self.columns:
            if column not in known:
                near = difflib.get_close_matches(column, known, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                problem = f"no such column is known here: {hint}the columns are {', '.join(known)}"
                raise FormatError(str(self.path), "row 1", limits.cut(column) or "(blank)", problem)
        missing = [column for column in required if column not in self.columns]
        if missing:
            raise FormatError(str(self.path), "row 1", missing[0], "this column is missing")


def read_text(path: Path) -> str:
    """Return the UTF-8 text of a CSV file, with or without a byte-order mark; what cannot be read raises `FormatError`."""
    return _decoded(path, limits.read_bytes(path, limits.MOST_BYTES, "a CSV file"))


def read_settings(path: Path) -> str:
    """Return the text of a TOML or JSON file of flexlib's own, likewise."""
    return _decoded(path, limits.read_bytes(path, limits.MOST_SETTINGS_BYTES, "TOML, or of a rate sheet in JSON"))


def _decoded(path: Path, data: bytes) -> str:
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise FormatError(str(path), f"byte {error.start}", None, "it is not UTF-8 text: save it as UTF-8") from error


def read_table(path: Path) -> Table:
    """Return a CSV file, comma-separated, with a header; a file without one raises `FormatError`."""
    return table_of(path, csv_rows(str(path), read_text(path)))


def table_of(path: Path, rows: Iterator[list[str]]) -> Table:
    """Return the table of rows of which the first is the header; without one, or with a column twice, it raises `FormatError`."""
    header = [cell.strip() for cell in next(rows, [])]
    if not any(header):
        raise FormatError(str(path), "row 1", None, "it has no header: the first row names the columns")
    limits.require_columns(str(path), 1, len(header))
    doubled = next((column for column, times in Counter(header).items() if times > 1), None)
    if doubled is not None:
        raise FormatError(str(path), "row 1", limits.cut(doubled) or "(blank)", "two columns have this name")
    return Table(path, tuple(header), list(_rows(str(path), rows, header)))


def _rows(file: str, reader: Iterator[list[str]], header: list[str]) -> Iterator[TableRow]:
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        limits.require_rows(file, number - 1)
        problem = None if len(cells) == len(header) else f"it has {len(cells)} cells where the header has {len(header)}"
        filled = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if cell.strip()}
        yield TableRow(number, filled, problem)

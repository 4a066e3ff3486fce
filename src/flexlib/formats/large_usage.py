"""Large session files into columns: Arrow reads what is plain, and `read_usage` every row that is not, so that one decides what is right."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import pyarrow as pa
from attrs import evolve
from pyarrow import csv as arrow_csv

from flexlib.charging.spans import FOREVER
from flexlib.errors import FormatError
from flexlib.formats import limits
from flexlib.formats.session_header import SessionHeader
from flexlib.formats.session_lines import MOST_PIECE_BYTES, PIECE_BYTES, lines_of, pieces
from flexlib.formats.session_tables import Coded, SessionTable, Small, TableBuilder
from flexlib.formats.tables import Table, table_of
from flexlib.formats.usage import read_usage_table
from flexlib.model.usage import Session, Span
from flexlib.scale.arrays import UNKNOWN, Flags, Instants, Places, as_ticks
from flexlib.scale.tables import Chunk, Encoded

_INSTANT = pa.timestamp("us", "UTC")
_NAME = pa.dictionary(pa.int32(), pa.string())
_NAMES = ("user", "product", "team", "machine", "version")
_LEAST = 32
_YEAR = 365 * 86_400 * 10**6
_FIRST, _LAST = as_ticks(FOREVER.replace(year=1)) + _YEAR, as_ticks(FOREVER) - _YEAR


class LargeUsage(NamedTuple):
    """The sessions of a file as columns, and the rows set aside, as `read_usage` gives them."""

    table: SessionTable
    problems: list[FormatError]


class _OddFileError(Exception):
    """The file as a whole is such that `read_usage` must say what is in it, or what is wrong."""


def read_large_usage(
    path: Path, header: SessionHeader, zone: tzinfo | None, progress: Callable[[int], object] = lambda _: None
) -> LargeUsage | None:
    """Return the sessions in a CSV file with this header; None where it is so odd as a whole that `read_usage` must say what is wrong.

    ``progress`` is told of bytes as they are done with.
    """
    try:
        with path.open("rb") as file:
            file.seek(header.end)
            reader = _Reader(path, header.columns, zone)
            progress(header.end)
            for piece in pieces(file, PIECE_BYTES):
                reader.take(piece)
                progress(len(piece))
    except (_OddFileError, UnicodeDecodeError, OSError, pa.ArrowInvalid):
        return None
    return reader.finished()


class _Reader:
    """Takes the pieces of a file."""

    def __init__(self, path: Path, columns: Sequence[str], zone: tzinfo | None) -> None:
        self._path, self._columns, self._zone = path, list(columns), zone
        self._builder = TableBuilder()
        self._problems: list[FormatError] = []
        self._next = 2
        self._unfinished = b""
        types = {name: _NAME if name in _NAMES else pa.string() for name in columns}
        self._convert = arrow_csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)

    def take(self, piece: bytes) -> None:
        """Add the rows of a piece, or hold it until the next where it may end within a cell."""
        if self._next > limits.MOST_COLUMNAR_ROWS:
            raise limits.too_much(str(self._path), f"{limits.MOST_COLUMNAR_ROWS:,} rows", "split it, such as by year")
        piece = self._unfinished + piece
        if b"\0" in piece or len(piece) > MOST_PIECE_BYTES:
            raise _OddFileError
        text = piece.decode()
        taken = piece.count(b"\r") == piece.count(b"\r\n") and self._take_lines(piece)
        self._unfinished = b"" if taken or self._take_rows(text) else piece

    def finished(self) -> LargeUsage | None:
        """Return what was read; None where the file ends within a cell."""
        return None if self._unfinished else LargeUsage(self._builder.table(), self._problems)

    def _take_lines(self, piece: bytes) -> bool:
        """Add the rows of a piece whose lines are rows; tell whether they are."""
        lines = lines_of(piece, len(self._columns))
        if int((lines.ends - lines.starts).max()) > csv.field_size_limit():
            raise _OddFileError
        found, good = self._plain(piece, lines.starts, lines.ends, lines.plain)
        odd = ~lines.plain
        odd[np.flatnonzero(lines.plain)[~good]] = True
        places = np.flatnonzero(odd)
        spans = zip(lines.starts[places].tolist(), lines.ends[places].tolist(), strict=True)
        cells = [_cells(piece[start:end].decode()) for start, end in spans]
        rows = [row for row in cells if row is not None]
        if len(rows) < len(cells):
            return False
        self._builder.add(found.taken(np.flatnonzero(good)))
        self._read(rows, (places + self._next).tolist())
        self._next += len(lines.ends)
        return True

    def _take_rows(self, text: str) -> bool:
        """Add the rows of a piece whose lines need not be rows; tell whether it ends with one."""
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            return False
        self._read(rows, list(range(self._next, self._next + len(rows))))
        self._next += len(rows)
        return True

    def _read(self, rows: list[list[str]], numbers: list[int]) -> None:
        """Add rows as `read_usage` reads them."""
        if not rows:
            return
        table = table_of(self._path, iter([self._columns, *rows]))
        numbered = [evolve(row, number=numbers[row.number - 2]) for row in table.rows]
        found = read_usage_table(Table(self._path, table.columns, numbered), self._zone)
        self._builder.add_sessions([row for row in found.rows if isinstance(row, Session)])
        for problem in found.problems:
            limits.set_aside(self._problems, problem)

    def _plain(self, piece: bytes, starts: Places, ends: Places, plain: Flags) -> tuple[SessionTable, Flags]:
        """Return the rows of plain lines, and which of them are sessions beyond doubt."""
        if not plain.all():
            piece = np.frombuffer(piece, np.uint8)[np.repeat(plain, ends - starts)].tobytes()
        number = int(plain.sum())
        if not number:
            return SessionTable.of([]), np.empty(0, bool)
        table = arrow_csv.read_csv(
            io.BytesIO(piece),
            read_options=arrow_csv.ReadOptions(column_names=self._columns, block_size=len(piece) + 1),
            convert_options=self._convert,
        ).combine_chunks()
        if len(table) != number:
            raise _OddFileError
        columns = {name: cast("Chunk", table[name].chunk(0)) for name in table.column_names}
        names = {name: _names(columns.get(name), number) for name in _NAMES}
        opened, opens = _instants(columns.get("opened_at"), number)
        closed, closes = _instants(columns.get("closed_at"), number)
        good = opens & closes & ((closed >= opened) | (closed == UNKNOWN)) & (opened != UNKNOWN)
        for name in ("user", "product"):
            values, codes = names[name]
            good &= np.array([value is not None for value in values])[codes]
        if "idle" in columns:
            good &= _blank(columns["idle"])
        user, product = (Coded([value or "" for value in names[name].values], names[name].codes) for name in ("user", "product"))
        idle: Coded[tuple[Span, ...]] = Coded([()], np.zeros(number, np.int32))
        found = SessionTable(user, product, opened, closed, idle, names["team"], names["machine"], names["version"])
        return found, good


def _cells(line: str) -> list[str] | None:
    """Return the cells of a line that is a row by itself, None where it is not."""
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _names(column: Chunk | None, number: int) -> Coded[str | None]:
    """Return a column of names, each without the blanks around it, and None for a blank; so is a column that is not there."""
    if column is None:
        return Coded([None], np.zeros(number, np.int32))
    encoded = cast("Encoded", column)
    texts = cast("list[str]", encoded.dictionary.to_pylist())
    codes = cast("Small", encoded.indices.fill_null(len(texts)).to_numpy())
    return Coded([*(text.strip() or None for text in texts), None], codes)


def _instants(column: Chunk | None, number: int) -> tuple[Instants, Flags]:
    """Return a column of instants, `UNKNOWN` for a blank, and where they are certain: within the years that both ways of reading hold."""
    if column is None:
        return np.full(number, UNKNOWN), np.ones(number, bool)
    ticks = cast("Instants", _as_instants(column).cast(pa.int64()).fill_null(UNKNOWN).to_numpy())
    return ticks, _blank(column) | ((ticks >= _FIRST) & (ticks <= _LAST))


def _blank(column: Chunk) -> Flags:
    return cast("Flags", column.is_null().to_numpy(zero_copy_only=False))


def _as_instants(texts: Chunk) -> Chunk:
    """Return texts as instants; null those of a few rows in a run of which one at least is none that Arrow reads."""
    try:
        return cast("Chunk", texts.cast(_INSTANT))
    except pa.ArrowInvalid:
        if len(texts) <= _LEAST:
            return pa.nulls(len(texts), _INSTANT)
    middle = len(texts) // 2
    return pa.concat_arrays([_as_instants(texts[:middle]), _as_instants(texts[middle:])])

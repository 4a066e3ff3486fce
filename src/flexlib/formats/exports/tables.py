"""Tables out of any container: a header, and blocks of rows turned into columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter

from attrs import field, frozen

from flexlib.errors import FormatError
from flexlib.formats.exports.cells import Cell
from flexlib.formats.exports.columns import Header

HEADER_WITHIN = 50
BLOCK_ROWS = 8_192


@frozen
class Fault:
    """A row that cannot be read: its number, the column where one is at fault, and the reason."""

    number: int
    field: str | None
    reason: str


@frozen
class Block:
    """Some rows that follow each other, as columns: the number of each row, a sequence of cells for each column, the rows at fault."""

    numbers: Sequence[int]
    columns: Sequence[Sequence[Cell]]
    faults: list[Fault]


@frozen
class ExportTable:
    """A table of an export: its header, its blocks, and what is amiss with the file as a whole."""

    file: str
    header: Header
    blocks: Iterator[Block]
    problems: list[FormatError] = field(factory=list)


def text_blocks(rows: Iterator[list[str]], width: int, first: int) -> Iterator[Block]:
    """Yield blocks of rows of text, of which the first has the number `first`."""
    while chunk := list(islice(rows, BLOCK_ROWS)):
        yield text_block(chunk, width, first)
        first += len(chunk)


def text_block(rows: list[list[str]], width: int, first: int) -> Block:
    """Return a block of rows of text; a row of another width is at fault, a blank one is passed over."""
    if set(map(len, rows)) == {width} and filled_column(map(itemgetter(0), rows)):
        return Block(range(first, first + len(rows)), list(zip(*rows, strict=True)), [])
    return block_of(rows, width, first)


def typed_blocks(rows: Iterator[Sequence[Cell]], width: int, first: int) -> Iterator[Block]:
    """Yield blocks of rows of a workbook; blank cells right of the header are not there, and neither are those that a row lacks."""
    while chunk := [_fitted(row, width) for row in islice(rows, BLOCK_ROWS)]:
        yield block_of(chunk, width, first)
        first += len(chunk)


def block_of(rows: Sequence[Sequence[Cell]], width: int, first: int) -> Block:
    """Return a block of rows; a row of another width is at fault, a blank one is passed over."""
    faults: list[Fault] = []
    numbers: list[int] = []
    kept: list[Sequence[Cell]] = []
    for number, row in enumerate(rows, start=first):
        if not any(map(is_filled, row)):
            continue
        if len(row) == width:
            numbers.append(number)
            kept.append(row)
        else:
            faults.append(Fault(number, None, f"it has {len(row)} cells where the header has {width}"))
    return Block(numbers, list(zip(*kept, strict=True)) or [()] * width, faults)


def filled_column(cells: Iterable[str]) -> bool:
    """Tell whether no cell of a column is blank, so that no row is."""
    return all(map(str.strip, cells))


def is_filled(cell: Cell) -> bool:
    """Tell whether a cell holds anything but blanks."""
    return not isinstance(cell, str) or bool(cell.strip())


def _fitted(row: Sequence[Cell], width: int) -> Sequence[Cell]:
    if len(row) > width and not any(map(is_filled, row[width:])):
        return row[:width]
    return [*row, *[""] * (width - len(row))] if len(row) < width else row

"""Exports as JSON: what the vendor's APIs answer, and what people save of their requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeGuard, cast

from flexlib.errors import FormatError, UnknownExportError
from flexlib.formats import limits
from flexlib.formats.exports.cells import Cell, shown
from flexlib.formats.exports.columns import Header
from flexlib.formats.exports.exported import Export, ExportKind
from flexlib.formats.exports.tables import BLOCK_ROWS, Block, ExportTable, Fault, block_of
from flexlib.formats.json_text import parse_json

_DONE = "DONE"
_OF_A_STATUS = {"requestStatus", "reports", "downloads"}
_LONGEST_NUMBER = 40


def read_json(file: str, text: str) -> ExportTable | Export:
    """Return the table in a JSON list or object; a request and a status hold none, and are the whole export.

    Raises:
        FormatError: It is no JSON, or of no shape that the vendor's APIs give.
    """
    document = cast("list[object] | dict[str, object]", parse_json(file, text, _number))  # as it begins with a bracket or a brace
    return _table(file, [], document) if isinstance(document, list) else _of_object(file, document)


def _of_object(file: str, document: dict[str, object]) -> ExportTable | Export:
    if _is_list(document.get("fields")) and "metrics" in document:
        return _tableless(file, ExportKind.REQUEST, _request(document))
    state, result = document.get("requestStatus", document.get("status")), document.get("result")
    if isinstance(state, str) and (state != _DONE or not _OF_A_STATUS.isdisjoint(document)):
        return _tableless(file, ExportKind.STATUS, _unfinished(document, state))
    table = result if _is_object(result) else document
    if "columns" in table and "rows" in table:
        return _of_columns(file, table)
    raise UnknownExportError(file, None, None, "it has no columns and rows, and is neither a request for an export nor its status")


def _number(text: str) -> Cell:
    """Return a number exactly as it is written; one that no amount can be stays text, which the column then refuses."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if len(text) <= _LONGEST_NUMBER and abs(number.adjusted()) <= _LONGEST_NUMBER else text


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _tableless(file: str, kind: ExportKind, problem: str) -> Export:
    return Export(kind, [], [FormatError(file, None, None, problem)], file, [])


def _request(document: Mapping[str, object]) -> str:
    name = document.get("downloadFileName")
    wanted = f", which it names {shown(name)}" if isinstance(name, str) else ""
    return f"it is a request for an export and holds no rows: send it, and read the file that is then to be downloaded{wanted}"


def _unfinished(document: Mapping[str, object], state: str) -> str:
    if not _OF_A_STATUS.isdisjoint(document):
        name = document.get("downloadFileName")
        what = f"the file {shown(name)}" if isinstance(name, str) else "the file that it offers once it is done"
        return f"it is the status of an export, which is {shown(state)}, and holds no rows: download {what} and read that"
    return f"the query is {shown(state)} and not {_DONE!r}, so that it holds no rows: ask for its result again"


def _of_columns(file: str, document: Mapping[str, object]) -> ExportTable:
    columns, rows = document["columns"], document["rows"]
    if not _is_list(columns):
        raise FormatError(file, None, "columns", "it is no list of names")
    if not _is_list(rows):
        raise FormatError(file, None, "rows", "it is no list of rows")
    names = [column for column in columns if isinstance(column, str)]
    if len(names) != len(columns):
        raise FormatError(file, None, "columns", "it holds what is no name")
    table = _table(file, names, rows)
    table.problems.extend(_pages(file, document, len(rows)))
    return table


def _table(file: str, names: list[str], rows: list[object]) -> ExportTable:
    """Return the table of rows that are lists in the order of the names, or objects, which may have more names."""
    known = dict.fromkeys(names)
    for row in rows:
        if _is_object(row):
            known.update(dict.fromkeys(row))
    columns = [*names, *list(known)[len(set(names)) :]]
    if not columns:
        raise UnknownExportError(file, None, None, "it holds no rows with named values, so what it reports is not known")
    if len(columns) > limits.MOST_COLUMNS:
        raise FormatError(file, None, None, f"its rows have more than {limits.MOST_COLUMNS} names between them")
    header = Header.of(columns, None)
    header.require(file)
    return ExportTable(file, header, _blocks(rows, columns, len(names)))


def _pages(file: str, document: Mapping[str, object], rows: int) -> Iterator[FormatError]:
    """Yield a problem where a result is but one page of several."""
    total, offset = document.get("total", Decimal(rows)), document.get("offset", Decimal(0))
    for name, value in (("total", total), ("offset", offset)):
        if not isinstance(value, Decimal) or value != value.to_integral_value() or value < 0:
            raise FormatError(file, None, name, "it is not a whole number")
    if isinstance(total, Decimal) and isinstance(offset, Decimal) and (offset or total > offset + rows):
        which = f"only the rows {offset + 1} to {offset + rows} of {total}" if rows else f"none of the {total} rows"
        yield FormatError(file, None, None, f"it holds {which}: ask for the other pages too, and read them all")


def _blocks(rows: list[object], columns: list[str], named: int) -> Iterator[Block]:
    for start in range(0, len(rows), BLOCK_ROWS):
        yield _block(rows[start : start + BLOCK_ROWS], columns, named, start + 1)


def _block(rows: list[object], columns: list[str], named: int, first: int) -> Block:
    faults: list[Fault] = []
    cells: list[list[Cell]] = []
    for number, row in enumerate(rows, start=first):
        values = [row.get(column) for column in columns] if _is_object(row) else row
        if not _is_list(values):
            faults.append(Fault(number, None, "it is neither a list of values nor an object"))
            cells.append([])
            continue
        if not _is_object(row) and len(values) == named:
            values = [*values, *[None] * (len(columns) - named)]
        nested = next((index for index, value in enumerate(values) if isinstance(value, dict | list)), None)
        if nested is not None:
            column = columns[nested] if nested < len(columns) else None
            faults.append(Fault(number, column, "it is a list or an object, where text or a number is meant"))
            cells.append([])
            continue
        cells.append([_cell(value) for value in values])
    block = block_of(cells, len(columns), first)
    return Block(block.numbers, block.columns, [*block.faults, *faults])


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str | Decimal) else str(value)

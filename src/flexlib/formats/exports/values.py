"""The columns of an export, each distinct cell read once; rows with a cell that cannot be read are set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, compress
from typing import Any, TypeAlias, TypeVar

from flexlib.errors import FormatError
from flexlib.formats import limits
from flexlib.formats.exports.cells import Cell, Reading, Unreadable, as_it_is, text_of
from flexlib.formats.exports.numbers import Mark, Notation, notation_of
from flexlib.formats.exports.tables import ExportTable, Fault

Convert: TypeAlias = Callable[[Cell], object]
Numeric: TypeAlias = Callable[[Notation], Convert]
T = TypeVar("T")


class Columns:
    """The columns of an export by what they mean, all of one length; a column that no one asked for is text.

    Attributes:
        numbers: The number of each row.
    """

    def __init__(
        self, table: ExportTable, convert: Mapping[str, Convert], numeric: Mapping[str, Numeric], told: Mark | None
    ) -> None:
        """Read a table; the columns in `numeric` are read last, when it is known how the file writes its numbers."""
        self.numbers: list[int] = []
        self.taken: set[str] = {*convert, *numeric}
        self._table = table
        self._fields = table.header.fields
        self._faults: list[Fault] = []
        later = {self._fields[meaning]: make for meaning, make in numeric.items() if meaning in self._fields}
        by_index = {self._fields[meaning]: read for meaning, read in convert.items() if meaning in self._fields}
        by_index.update(dict.fromkeys(later, as_it_is))
        readings = [Reading(by_index.get(index, text_of)) for index in range(len(table.header.labels))]
        self._values: list[list[Any]] = [[] for _ in readings]  # Any: see `get`
        self._read(table, readings)
        self._read_numbers(readings, later, told)
        self._set_refused_aside(readings)

    def _read(self, table: ExportTable, readings: list[Reading]) -> None:
        for block in table.blocks:
            self.numbers.extend(block.numbers)
            self._faults.extend(block.faults)
            self._require_few()
            limits.require_rows(table.file, len(self.numbers))
            for values, reading, cells in zip(self._values, readings, block.columns, strict=True):
                values.extend(map(reading.__getitem__, cells))

    def _read_numbers(self, readings: list[Reading], later: Mapping[int, Numeric], told: Mark | None) -> None:
        def every() -> chain[Cell]:
            return chain.from_iterable(self._values[index] for index in later)

        notation = notation_of(chain.from_iterable(readings[index] for index in later), every, told)
        for index, make in later.items():
            readings[index] = Reading(make(notation))
            self._values[index] = list(map(readings[index].__getitem__, self._values[index]))

    def _set_refused_aside(self, readings: list[Reading]) -> None:
        refused: dict[int, Unreadable] = {}
        meanings = {index: meaning for meaning, index in self._fields.items()}
        for index, values in enumerate(self._values):
            if readings[index].refused:
                for row, value in enumerate(values):
                    if type(value) is Unreadable:
                        refused.setdefault(row, Unreadable(value.reason, meanings[index]))
        self.set_aside(refused)

    def set_aside(self, rows: Mapping[int, Unreadable]) -> None:
        """Take rows, by their index, out of the columns, and keep the reasons with the header of the column at fault."""
        if not rows:
            return
        self._require_few(len(rows))
        labels = {meaning: self._table.header.labels[index] for meaning, index in self._fields.items()}
        self._faults.extend(Fault(self.numbers[row], labels.get(why.field or ""), why.reason) for row, why in rows.items())
        kept = [row not in rows for row in range(len(self.numbers))]
        self.numbers = list(compress(self.numbers, kept))
        self._values = [list(compress(values, kept)) for values in self._values]

    def _require_few(self, more: int = 0) -> None:
        first = self._problem(self._faults[0]) if self._faults else None
        limits.require_few(self._table.file, len(self._faults) + more, first)

    def _problem(self, fault: Fault) -> FormatError:
        return FormatError(self._table.file, f"row {fault.number}", fault.field, fault.reason)

    def __contains__(self, meaning: object) -> bool:
        return meaning in self._fields

    def there(self, meanings: Iterable[str]) -> list[str]:
        """Return those of some meanings for which there is a column."""
        return [meaning for meaning in meanings if meaning in self]

    def get(self, meaning: str) -> list[Any]:  # Any: what the column was asked to be read as
        """Return the values of a meaning, one for each row; None for all where there is no such column."""
        return self._values[self._fields[meaning]] if meaning in self._fields else [None] * len(self.numbers)

    def made(self, make: Callable[..., T | Unreadable], parts: Sequence[Sequence[object]]) -> list[T]:
        """Return what `make` makes of each row's parts; a row that it cannot make is set aside."""
        made: list[T] = []
        refused: dict[int, Unreadable] = {}
        for row, values in enumerate(zip(*parts, strict=True)):
            value = make(*values)
            if isinstance(value, Unreadable):
                refused[row] = value
            else:
                made.append(value)
        self.set_aside(refused)
        return made

    def extra(self) -> dict[str, list[str]]:
        """Return the columns that were not asked for, by header; one without a header by its place, if it holds anything."""
        named: dict[str, list[str]] = {}
        taken = {self._fields[meaning] for meaning in self.taken if meaning in self._fields}
        labels = self._table.header.labels
        for index, values in enumerate(self._values):
            label = labels[index].strip()
            if index in taken or not (label or any(values)):
                continue
            while not label or label in named:
                label = f"{label} (column {index + 1})".strip()
            named[label] = values
        return named

    def problems(self) -> list[FormatError]:
        """Return what is amiss with the file, and then the rows set aside in their order."""
        faults = sorted(self._faults, key=lambda fault: fault.number)
        return [*self._table.problems, *map(self._problem, faults)]

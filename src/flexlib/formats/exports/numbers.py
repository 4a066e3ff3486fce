"""Numbers as spreadsheets of several countries leave them: with a decimal point or comma, and marks between groups of three digits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Literal, TypeAlias

from attrs import frozen

from flexlib.errors import InvalidTokensError
from flexlib.formats.exports.cells import Cell, shown, text_of
from flexlib.model.amounts import as_tokens, plain

Mark: TypeAlias = Literal[".", ","]

_NAMES: dict[Mark, str] = {".": "decimal point", ",": "decimal comma"}
_BLANKS = " \u00a0\u2007\u2009\u202f'\u2019"  # between groups, beside the mark that is not the decimal one


def _pattern(mark: Mark, group: Mark) -> re.Pattern[str]:
    whole = f"(?:[0-9]+|[1-9][0-9]{{0,2}}([{group}{_BLANKS}])[0-9]{{3}}(?:\\1[0-9]{{3}})*)"
    return re.compile(f"[+-]?(?:{whole}(?:[{mark}][0-9]+)?|[{mark}][0-9]+)(?:[eE][+-]?[0-9]{{1,4}})?")


_PATTERNS: dict[Mark, re.Pattern[str]] = {".": _pattern(".", ","), ",": _pattern(",", ".")}
_GROUPS: dict[Mark, dict[int, str]] = {
    ".": str.maketrans(dict.fromkeys(f",{_BLANKS}", "")),
    ",": str.maketrans({",": ".", **dict.fromkeys(f".{_BLANKS}", "")}),
}


@frozen
class Notation:
    """How the numbers of a file are written.

    Attributes:
        mark: The decimal mark; None where no number of the file tells.
        reason: Why it is that, or why it is not known.
    """

    mark: Mark | None
    reason: str

    def number(self, cell: Cell) -> Decimal | None:
        """Return the exact number in a cell, and None for a blank.

        Raises:
            ValueError: It holds no number, or one that can be read in two ways.
        """
        if isinstance(cell, Decimal):
            return cell
        text = text_of(cell)
        if not text:
            return None
        readings = {mark: _reading(text, mark) for mark in _NAMES}
        if set(readings.values()) == {None}:
            raise ValueError(f"{shown(text)} is not a number such as 10 or 0.5")
        if readings["."] == readings[","]:
            return readings["."]
        if self.mark is None:
            raise ValueError(f"{shown(text)} {self.reason}: name the mark with decimal='.' or decimal=','")
        number = readings[self.mark]
        if number is None:
            raise ValueError(f"{shown(text)} is not a number with a {_NAMES[self.mark]}, {self.reason}")
        return number

    def tokens(self, cell: Cell) -> Decimal | None:
        """Return an exact amount of zero or more, and None for a blank."""
        number = self.number(cell)
        try:
            return None if number is None else Decimal(plain(as_tokens(number)))
        except InvalidTokensError as error:
            raise ValueError(f"{shown(text_of(cell))} is not an amount: give {error.expected}") from error

    def count(self, cell: Cell) -> int | None:
        """Return a whole number of zero or more, and None for a blank."""
        number = self.tokens(cell)
        if number is not None and number != number.to_integral_value():
            raise ValueError(f"{shown(text_of(cell))} is not a whole number")
        return None if number is None else int(number)


def notation_of(distinct: Iterable[Cell], every: Callable[[], Iterable[Cell]], told: Mark | None) -> Notation:
    """Return how the numbers of a file are written: as the caller tells, else as those say that can be read in one way only.

    `distinct` has each cell of the columns of numbers once, `every` gives one for each row: where both marks occur, the one that more
    cells have holds.
    """
    if told:
        return Notation(told, "which `decimal` names")
    marks = {cell: mark for cell in distinct if (mark := _only_mark(cell))}
    if not marks:
        return Notation(None, "can be read in two ways")
    votes = Counter(marks.values())
    if len(votes) > 1:
        votes = Counter(marks[cell] for cell in every() if cell in marks)
    (mark, most), (_, fewer) = [*votes.most_common(), (None, 0)][:2]
    if most == fewer:
        return Notation(None, "has one decimal mark, and as many numbers of this file have the other")
    return Notation(mark, "which the numbers of this file have")


def _only_mark(cell: Cell) -> Mark | None:
    """Return the decimal mark without which a cell is no number; None where either will do, or neither."""
    if not isinstance(cell, str) or cell.isdigit():
        return None
    text = text_of(cell)
    point, comma = _reading(text, "."), _reading(text, ",")
    if (point is None) == (comma is None):
        return None
    return "," if point is None else "."


def _reading(text: str, mark: Mark) -> Decimal | None:
    text = text.replace("\u2212", "-")
    return Decimal(text.translate(_GROUPS[mark])) if _PATTERNS[mark].fullmatch(text) else None

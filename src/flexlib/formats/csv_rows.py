"""The rows of CSV text, none longer than is allowed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flexlib.errors import FormatError
from flexlib.formats import limits


def csv_rows(file: str, text: str, delimiter: str = ",") -> Iterator[list[str]]:
    """Yield the rows of a text; one that is no CSV, is too long or has too many cells raises `FormatError`."""
    taken = [0]
    reader = csv.reader(_lines(file, text, taken), delimiter=delimiter, strict=True)
    most = limits.MOST_COLUMNS
    try:
        for number, row in enumerate(reader, start=1):
            taken[0] = 0
            if len(row) > most:
                limits.require_columns(file, number, len(row))
            yield row
    except csv.Error as error:
        raise FormatError(file, f"line {reader.line_num}", None, f"it is not CSV: {error}") from error


def _lines(file: str, text: str, taken: list[int]) -> Iterator[str]:
    """Yield the lines of a text, and count the characters taken since the last row."""
    longest = limits.LONGEST_ROW
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        taken[0] += len(line)
        if taken[0] > longest:
            raise too_long(file, f"line {number}")
        yield line


def too_long(file: str, place: str | None) -> FormatError:
    """Return the error of a row of too many characters."""
    problem = (
        f"its row has more than {limits.LONGEST_ROW:,} characters: look for a quote that is not closed, or for missing line ends"
    )
    return FormatError(file, place, None, problem)

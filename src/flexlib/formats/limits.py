"""How much a file may claim: more than any real file does, and so little that none takes memory or time without end.

Each limit is a constant with the reason in its sentence; ``docs/reference/limits.md`` says the same. The functions raise `FormatError`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from reprlib import Repr

from flexlib.errors import FormatError

MOST_BYTES = 1 << 30
"""The bytes of a file that is read whole (CSV, a workbook as it is packed): some ten million rows; its text and rows take ten times that."""

MOST_JSON_BYTES = 1 << 28
"""The bytes of a vendor's JSON answer, whose parsed form takes up to thirty times that."""

MOST_SETTINGS_BYTES = 1 << 24
"""The bytes of a rate sheet in TOML or JSON, an account or an offers file: some 300,000 packs, in some ten seconds."""

MOST_ROWS = 10_000_000
"""The rows of a table, each about one kilobyte as a value."""

MOST_COLUMNAR_ROWS = 200_000_000
"""The rows of a session file that is read into columns, each at least forty bytes there."""

MOST_COLUMNS = 1_000
"""The cells of a row: headers are compared with the known names one by one."""

LONGEST_ROW = 1 << 20
"""The characters of a row of CSV, over all its lines; an open quote or a file without line ends makes one row of everything after it."""

MOST_PROBLEMS = 100_000
"""The rows of a file that are set aside, each with a reason of about one kilobyte; with more the file is not what it is taken for."""

MOST_KEY_PARTS = 32
"""The parts of a TOML key with dots: the parser keeps each beginning of it, so 30,000 parts in 60 kilobytes took 3.5 gigabytes."""

LONGEST_NUMBER = 100
"""The characters of a number in flexlib's own files; an amount has at most 15 digits before the point and 12 after it."""

MOST_UNPACKED_BYTES = 1 << 30
"""The bytes of all parts of a workbook together once unpacked: a small file may hold a thousand times its size."""

MOST_PARTS = 10_000
"""The parts of a workbook: its sheets, styles, pictures and so on."""

MOST_ELEMENTS = 50_000_000
"""The XML elements of all parts of a workbook: rows, cells and their values; a full sheet of twenty columns has as many."""

MOST_ROW_ELEMENTS = 1_000_000
"""The XML elements of one row of a workbook, or between two, which are held together until the row ends."""

LONGEST_TAG_BYTES = 1 << 20
"""The bytes of one XML tag or comment, which older parsers go through again with each piece that they read of it."""

LONGEST_PAGE_SETTING = 1_000
"""The characters of a number format, print area or page header, of which spreadsheets take 255; openpyxl took 32 seconds for 20,000."""

MOST_CELLS = 25_000_000
"""The cells of a workbook, blank ones left of another included: one cell far to the right makes a row of 16,384."""

_LONGEST_SHOWN = 60
_LONGEST_PROBLEM = 1_000
_MOST_BITS = 128


def cut(text: str) -> str:
    """Return a text from its beginning."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def in_short(error: BaseException) -> str:
    """Return what an error says, without the middle where it shows a long value."""
    text = str(error)
    return text if len(text) <= _LONGEST_PROBLEM else f"{text[: _LONGEST_PROBLEM // 2]} ... {text[-_LONGEST_PROBLEM // 2 :]}"


class _Shown(Repr):
    """Shows a value from a file in a message: cut where it is long, and never deep."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxlist, self.maxdict, self.maxother = 2, 3, 3, _LONGEST_SHOWN

    def repr_str(self, x: str, level: int) -> str:
        """Show a text from its beginning."""
        del level
        return repr(x) if len(x) <= _LONGEST_SHOWN else f"{x[:_LONGEST_SHOWN]!r}..."

    def repr_int(self, x: int, level: int) -> str:
        """Show a whole number; Python refuses to write one of more than 4,300 digits."""
        del level
        return repr(x) if is_small(x) else f"a number of {x.bit_length()} bits"


shown: Callable[[object], str] = _Shown().repr


def is_small(number: int) -> bool:
    """Tell whether a whole number has no more digits than any amount; those of one of a million take seconds to work out."""
    return number.bit_length() <= _MOST_BITS


def read_bytes(path: Path, most: int, kind: str) -> bytes:
    """Return the bytes of a file; what cannot be read, or has more than `most` of them, raises `FormatError`."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise FormatError(str(path), None, None, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > most:
        raise too_much(str(path), f"{most:,} bytes, which is the most that is read of {kind}")
    return data


def too_much(file: str, what: str, remedy: str = "split it, such as by month") -> FormatError:
    """Return the error of a file that claims too much."""
    return FormatError(file, None, None, f"it has more than {what}: {remedy}")


def require_rows(file: str, number: int) -> None:
    """Raise where a table has too many rows."""
    if number > MOST_ROWS:
        raise too_much(file, f"{MOST_ROWS:,} rows")


def require_columns(file: str, number: int, cells: int) -> None:
    """Raise where a row, told by its number, has too many cells."""
    if cells > MOST_COLUMNS:
        problem = f"it has {cells:,} cells, and at most {MOST_COLUMNS:,} are read: leave only the columns of the table"
        raise FormatError(file, f"row {number}", None, problem)


def set_aside(problems: list[FormatError], problem: FormatError) -> None:
    """Keep the problem of a row; raise with the first one where there are too many."""
    problems.append(problem)
    require_few(problem.file, len(problems), problems[0])


def require_few(file: str, number: int, first: FormatError | None) -> None:
    """Raise where too many rows of a file are set aside."""
    if number > MOST_PROBLEMS:
        example = f"; the first: {first.place}: {first.problem}" if first else ""
        raise FormatError(file, None, None, f"more than {MOST_PROBLEMS:,} of its rows cannot be read: put these right{example}")

"""A summary as text that other programs read, CSV, JSON, Markdown, and as an Arrow table, from which any data frame is made."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from flexlib.model.amounts import MAX_DECIMALS, plain

if TYPE_CHECKING:
    import pyarrow as pa

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~])")

Cell: TypeAlias = str | date | int | Decimal | None
Row: TypeAlias = Mapping[str, Cell]


def hour_name(hour: int) -> str:
    """Return an hour of the week in words: 8 is Mon 08:00."""
    return f"{DAYS[hour // 24]} {hour % 24:02}:00"


def harmless(text: str) -> str:
    """Return a cell that a spreadsheet does not take for a formula: one that begins like a formula gets an apostrophe before it."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_text(cell: Cell) -> str:
    """Return a cell as text: plain digits, dates in ISO 8601, nothing for None."""
    if cell is None:
        return ""
    return plain(cell) if isinstance(cell, Decimal) else str(cell)


def to_csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Return rows as CSV with a header."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow([harmless(name) for name in columns])
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else as_text(cell) for cell in (row[name] for name in columns)])
    return made.getvalue()


def to_json(rows: Sequence[Row], total: Row) -> str:
    """Return rows and their total as JSON: tokens and costs are decimal digits in text, so that they stay exact."""
    written = {"rows": [_as_json(row) for row in rows], "total": _as_json(total)}
    return json.dumps(written, indent=2, ensure_ascii=False)


def _as_json(row: Row) -> dict[str, str | int | None]:
    return {name: cell if cell is None or isinstance(cell, int) else as_text(cell) for name, cell in row.items()}


def to_markdown(columns: Sequence[str], rows: Sequence[Row], total: Row) -> str:
    """Return rows and their total as a Markdown table; what would be markup in a name is written out."""
    words = {name for row in rows for name, cell in row.items() if isinstance(cell, str | date)}
    lines = [
        _line(columns),
        _line(["---" if name in words else "---:" for name in columns], escape=False),
        *(_line([_shown(name, row[name]) for name in columns]) for row in rows),
        _line([f"**{as_text(total[name])}**" if name in total else "" for name in columns], escape=False),
    ]
    return "\n".join(lines) + "\n"


def _shown(column: str, cell: Cell) -> str:
    return hour_name(cell) if column == "hour" and isinstance(cell, int) else as_text(cell)


def _line(cells: Sequence[str], *, escape: bool = True) -> str:
    texts = (_MARKUP.sub(r"\\\1", " ".join(cell.split())) if escape else cell for cell in cells)
    return "| " + " | ".join(texts) + " |"


def to_arrow(columns: Sequence[str], keys: Sequence[str], rows: Sequence[Row]) -> pa.Table:
    """Return rows as an Arrow table: dates as dates, tokens and costs as decimals that hold every amount, counts as integers."""
    import pyarrow as pa  # noqa: PLC0415  # it is an extra

    def type_of(name: str) -> pa.DataType:
        if name == "tokens" or name.startswith("cost_"):
            return pa.decimal128(38, MAX_DECIMALS)
        if name in {"day", "week"} and name in keys:
            return pa.date32()
        return pa.string() if name in keys and name != "hour" else pa.int64()

    return pa.table({name: pa.array([row[name] for row in rows], type_of(name)) for name in columns})

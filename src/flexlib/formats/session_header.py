"""The header of a session file, told from the beginning of the file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from flexlib.errors import FormatError, UnknownExportError
from flexlib.formats.exports.csv_tables import csv_table
from flexlib.formats.usage import SESSION_COLUMNS

_HEAD_BYTES = 4 << 20
_REQUIRED = {"user", "product", "opened_at"}


class SessionHeader(NamedTuple):
    """The columns of a session file, and the byte at which its header ends."""

    columns: list[str]
    end: int


def session_header(path: Path) -> SessionHeader | None:
    """Return the header of a CSV file of sessions in UTF-8; None of what is another file, as an export is, or is to be read to tell."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        end = head.find(b"\n") + 1
        rows = list(csv.reader([head[:end].decode("utf-8-sig")], strict=True))
        export = _is_export(path, head)
    except (csv.Error, FormatError, OSError, UnicodeDecodeError):
        return None
    columns = [cell.strip() for cell in rows[0]] if len(rows) == 1 else []
    own = _REQUIRED <= set(columns) <= set(SESSION_COLUMNS) and len(columns) == len(set(columns))
    return SessionHeader(columns, end) if own and not export else None


def _is_export(path: Path, head: bytes) -> bool:
    """Tell whether the beginning of a file is that of an export, whose header may stand below other lines."""
    if len(head) == _HEAD_BYTES:
        head = head[: head.rfind(b"\n") + 1]
    try:
        csv_table(str(path), head.decode("utf-8-sig"))
    except UnknownExportError:
        return False
    return True

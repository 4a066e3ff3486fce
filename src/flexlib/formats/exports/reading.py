"""The vendor's exports in: any of them, told apart by what is in them and not by their names."""

from __future__ import annotations

import re
from datetime import tzinfo
from pathlib import Path
from typing import Literal

from flexlib.errors import FormatError, InvalidValueError
from flexlib.formats import limits
from flexlib.formats.exports.csv_tables import csv_table
from flexlib.formats.exports.decoding import decoded, read_bytes
from flexlib.formats.exports.exported import Export, ExportKind, ExportRow
from flexlib.formats.exports.json_tables import read_json
from flexlib.formats.exports.rows import export_of
from flexlib.formats.exports.tables import ExportTable
from flexlib.formats.exports.tokenflex import session_export

__all__ = ["Export", "ExportKind", "ExportRow", "read_export"]

_ZIP = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_JSON = re.compile("\\s*[{\\[]")


def read_export(path: str | Path, *, zone: tzinfo | None = None, decimal: Literal[".", ","] | None = None) -> Export:
    """Return what a file of the vendor's holds: an Autodesk Account export, an insights table, or one of enterprise Token Flex.

    The content tells the container (CSV, XLSX, JSON) and the kind; columns are found by their names, in any of the vendor's
    spellings and in any order. XLSX needs the extra ``excel``.

    Args:
        path: The file.
        zone: The zone of the times of an enterprise session export in rows without a licence server's offset; nothing else has times
            without a zone.
        decimal: The decimal mark of numbers that are text; without it, the numbers of the file that can be read in one way only tell.

    Raises:
        UnknownExportError: It is no export that is known; the error names the nearest, and what is missing.
        FormatError: The file cannot be read. A bad row raises nothing: it is set aside.
        InvalidValueError: ``decimal`` is no decimal mark.

    .. versionadded:: 0.1.0
    """
    if decimal not in (None, ".", ","):
        raise InvalidValueError("decimal", decimal, "'.' or ','")
    found = _opened(str(path), read_bytes(Path(path)))
    if isinstance(found, Export):
        return found
    kind = found.header.require(found.file).kind
    return session_export(found, zone) if kind is ExportKind.SESSIONS else export_of(kind, found, decimal)


def _opened(file: str, data: bytes) -> ExportTable | Export:
    if data.startswith(_ZIP):
        return _workbook_table(file, data)
    if data.startswith(_OLD_WORKBOOK):
        raise FormatError(file, None, None, "it is an XLS workbook, or one with a password: save it as XLSX without one, or as CSV")
    text = decoded(file, data)
    if not _JSON.match(text):
        return csv_table(file, text)
    if len(data) > limits.MOST_JSON_BYTES:
        raise limits.too_much(file, f"{limits.MOST_JSON_BYTES:,} bytes, which is the most that is read of JSON")
    return read_json(file, text)


def _workbook_table(file: str, data: bytes) -> ExportTable:
    try:
        from flexlib.formats.workbooks import workbook_table  # noqa: PLC0415  # its package is an extra
    except ModuleNotFoundError as error:
        raise FormatError(file, None, None, 'it is a workbook, which needs openpyxl: pip install "flexlib[excel]"') from error
    return workbook_table(file, data)

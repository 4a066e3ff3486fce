"""The bytes of a file into text, in the encodings that spreadsheets leave."""

from __future__ import annotations

import codecs
from pathlib import Path

from flexlib.errors import FormatError
from flexlib.formats import limits

_SAMPLE = 400
_SHARE = 8  # of a header in UTF-16 half the bytes are NUL, and at least one in so many


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file; what cannot be read, or is empty, raises `FormatError`."""
    data = limits.read_bytes(path, limits.MOST_BYTES, "an export")
    if not data or data.isspace():
        raise FormatError(str(path), None, None, "it is empty")
    return data


def decoded(file: str, data: bytes) -> str:
    """Return text that is UTF-8 or UTF-16, with or without a byte-order mark, or else cp1252.

    Raises:
        FormatError: It is none of them.
    """
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or data.startswith(codecs.BOM_UTF8):
            raise _undecodable(file, encoding, error) from error
        text = _western(file, data)
    if "\0" in text:
        raise FormatError(file, None, None, "it is neither text nor a workbook that can be read: save it as CSV in UTF-8")
    return text.removeprefix("\ufeff")


def _western(file: str, data: bytes) -> str:
    try:
        return data.decode("cp1252")  # what Excel writes for CSV in the West
    except UnicodeDecodeError as error:
        raise _undecodable(file, "utf-8 or cp1252", error) from error


def _undecodable(file: str, encoding: str, error: UnicodeDecodeError) -> FormatError:
    return FormatError(file, f"byte {error.start}", None, f"it is not {encoding} text: save it as UTF-8")


def _encoding(data: bytes) -> str:
    """Return the encoding that the first bytes tell."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:_SAMPLE]
    if head.count(0) * _SHARE < len(head):
        return "utf-8"
    low, high = head[::2].count(0), head[1::2].count(0)
    return "utf-16-le" if low < high else "utf-16-be"

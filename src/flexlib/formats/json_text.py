"""JSON text into values: every key once, every character whole."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable

from flexlib.errors import FormatError
from flexlib.formats.limits import shown

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)


def parse_json(file: str, text: str, number: Callable[[str], object] | None = None) -> object:
    """Return the document in JSON text; `number` reads its numbers, where given, and constants such as NaN are then text.

    Raises:
        FormatError: It is no JSON, an object has a key twice, or a text has half a character, which could be written to no file.
    """
    parse_constant = str if number else None
    try:
        document: object = json.loads(
            text, parse_float=number, parse_int=number, parse_constant=parse_constant, object_pairs_hook=_unique
        )
    except json.JSONDecodeError as error:
        raise FormatError(file, f"line {error.lineno}", None, f"it is not JSON: {error.msg}") from error
    except ValueError as error:
        raise FormatError(file, None, None, f"it cannot be read: {error}") from error
    except RecursionError as error:
        raise FormatError(file, None, None, "it cannot be read: it is nested too deeply") from error
    half = _half(text) if _HALF.search(text) else None
    if half is not None:
        line = text.count("\n", 0, half) + 1
        raise FormatError(
            file, f"line {line}", None, f"{text[half : half + 6]} is half a character: leave it out, or give both halves"
        )
    return document


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        doubled = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"the key {shown(doubled)} stands twice in one object")
    return entries


def _half(text: str) -> int | None:
    """Return where an escape of half a character stands whose other half does not follow."""
    awaited: int | None = None
    for escape in _ESCAPE.finditer(text):
        code = int(escape[1] or "0", 16)
        follows = awaited is not None and escape.start() == awaited + len("\\ud800")
        if awaited is not None and not (follows and code in _LOW):
            return awaited
        if code in _LOW and awaited is None:
            return escape.start()
        awaited = escape.start() if code in _HIGH else None
    return awaited

"""The lines of a piece of a CSV file, and which of them any reader of CSV cuts up alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from flexlib.scale.arrays import Flags, Places

PIECE_BYTES = 8 << 20
MOST_PIECE_BYTES = 8 * PIECE_BYTES

_COMMA, _NEWLINE, _RETURN, _QUOTE = b',\n\r"'


class Lines(NamedTuple):
    """Where the lines of a piece start and end, and whether each is plain.

    A plain line has as many cells as the header, and no quotes but around a whole cell: it is a row by itself.
    """

    starts: Places
    ends: Places
    plain: Flags


def pieces(file: BinaryIO, piece_bytes: int) -> Iterator[bytes]:
    """Yield a file in pieces of whole lines; a line of more than `MOST_PIECE_BYTES` is cut, and so is too long for any reader."""
    rest = b""
    while block := file.read(piece_bytes):
        end = block.rfind(b"\n") + 1
        if not end and len(rest) > MOST_PIECE_BYTES:
            end = len(block)
        if end:
            yield rest + block[:end]
            rest = block[end:]
        else:
            rest += block
    if rest:
        yield rest


def lines_of(piece: bytes, width: int) -> Lines:
    """Return the lines of a piece in which each carriage return is followed by a newline."""
    text = np.frombuffer(piece, np.uint8)
    ends = np.flatnonzero(text == _NEWLINE) + 1
    if not len(ends) or ends[-1] != len(piece):
        ends = np.append(ends, len(piece))
    starts = np.concatenate(([0], ends[:-1]))
    commas = np.flatnonzero(text == _COMMA)
    clean = np.ones(len(ends), bool)
    if b'"' in piece:
        clean, commas = _quoted(text, starts, ends, commas)
    return Lines(starts, ends, clean & (np.diff(np.searchsorted(commas, np.append(starts, len(piece)))) == width - 1))


def _quoted(text: npt.NDArray[np.uint8], starts: Places, ends: Places, commas: Places) -> tuple[Flags, Places]:
    """Return which lines have quotes around whole cells only, one after the other to open and to close, and the commas outside."""
    quotes = np.flatnonzero(text == _QUOTE)
    before = np.searchsorted(quotes, starts)
    line = np.searchsorted(ends, quotes, "right")
    opens = (np.arange(len(quotes)) - before[line]) % 2 == 0
    following = text[np.minimum(quotes + 1, len(text) - 1)]
    begins = (quotes == starts[line]) | (text[quotes - 1] == _COMMA)
    finishes = (quotes + 1 == ends[line]) | np.isin(following, (_COMMA, _NEWLINE, _RETURN))
    clean = np.diff(np.append(before, len(quotes))) % 2 == 0
    clean[line[~np.where(opens, begins, finishes)]] = False
    inside = (np.searchsorted(quotes, commas) - before[np.searchsorted(ends, commas, "right")]) % 2 == 1
    return clean, commas[~inside]

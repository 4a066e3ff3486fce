"""Sorting by group and instant: one sort of packed keys, and a repair where the keys were too short to tell two instants apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from flexlib.errors import InvalidValueError
from flexlib.scale.arrays import Codes, Flags, Instants, Places

KEY_BITS = 63
"""What a key may take: a signed 64-bit integer that is never negative."""

CHUNK = 120_000
"""About how many rows a stretch has: as many as a processor's cache holds."""


class Stretch(NamedTuple):
    """Some whole groups' rows in order: the group and the place of each row, and the instant at which it starts."""

    group: Places
    place: Places
    start: Instants


class PackedOrder:
    """Rows in order of group and start, handed out as stretches of whole groups that fit into a cache.

    A key holds the group, the start as finely as the bits left over allow, and the place of the row. Sorting such keys takes a tenth of
    what sorting places by their values takes (``benchmarks/``). Rows of one group whose starts the keys do not tell apart, or that start
    at one instant while there are ``ties`` to decide between them, are put in order afterwards, the most significant tie first. Rows not
    ``kept`` are left out.

    The starts lie in `check_instants`, so their span fits; every shift is by what the width of its value leaves of `KEY_BITS`.
    """

    def __init__(
        self, group: Codes, start: Instants, kept: Flags | None = None, ties: Sequence[Codes | Instants | Flags] = ()
    ) -> None:
        self._start, self._ties = start, ties
        first, last = (int(start.min()), int(start.max())) if len(start) else (0, 0)
        self._place_bits = max(len(start) - 1, 1).bit_length()
        self._groups: Places | None = None
        self._group_shift = 0
        self._key = self._packed(self._narrowed(group), kept, first, (last - first).bit_length())
        self._key.sort()

    def _narrowed(self, group: Codes) -> Codes:
        """Return groups that fit into a key beside the places of rows: numbered by rank where they do not as they are."""
        widest = KEY_BITS - self._place_bits
        if int(group.max(initial=0)).bit_length() <= widest:
            return group
        names, ranks = np.unique(group, return_inverse=True)
        if (len(names) - 1).bit_length() > widest:
            problem = f"fewer, at most {1 << (KEY_BITS // 2)} at a time: charge the users in portions"
            raise InvalidValueError("rows", len(group), problem)
        self._groups = names.astype(np.int64)
        return ranks.astype(np.int64)

    def _packed(self, group: Codes, kept: Flags | None, first: int, span_bits: int) -> Places:
        """Return the keys of rows, made piece by piece, so that nothing else takes as much room as they do."""
        time_bits = min(KEY_BITS - self._place_bits - int(group.max(initial=0)).bit_length(), span_bits)
        self._group_shift = self._place_bits + time_bits
        key = np.empty(len(group) if kept is None else np.count_nonzero(kept), np.int64)
        filled = 0
        for begin in range(0, len(group), CHUNK):
            rows = slice(begin, begin + CHUNK)
            piece = self._start[rows] - first
            piece >>= span_bits - time_bits
            piece |= group[rows].astype(np.int64) << time_bits
            piece <<= self._place_bits
            piece |= np.arange(begin, begin + len(piece))
            piece = piece if kept is None else piece[kept[rows]]
            key[filled : filled + len(piece)] = piece
            filled += len(piece)
        return key

    def stretches(self, *, whole: bool = True) -> Iterator[Stretch]:
        """Yield the rows in order, each time those of some whole groups, or of some whole keys less their places."""
        begin = 0
        while begin < len(self._key):
            end = self._end(min(begin + CHUNK, len(self._key)), self._group_shift if whole else self._place_bits)
            yield self._repaired(self._key[begin:end])
            begin = end

    def _end(self, end: int, shift: int) -> int:
        """Return the place after the last key that is the same, but for its lowest bits, as the one before a place."""
        highest = int(self._key[end - 1]) | ((1 << shift) - 1)
        return int(np.searchsorted(self._key, highest, "right"))

    def _repaired(self, key: Places) -> Stretch:
        group = key >> self._group_shift
        place = key & ((1 << self._place_bits) - 1)
        start = self._start[place]
        coarse = key >> self._place_bits
        same = coarse[1:] == coarse[:-1]
        wrong = same & ((start[1:] <= start[:-1]) if self._ties else (start[1:] < start[:-1]))
        if wrong.any():
            run = np.zeros(len(key), np.int64)
            np.cumsum(~same, out=run[1:])
            mixed = np.zeros(int(run[-1]) + 1, bool)
            mixed[run[1:][wrong]] = True
            doubtful = np.flatnonzero(mixed[run])
            own = place[doubtful]
            order = np.lexsort([*(tie[own] for tie in reversed(self._ties)), start[doubtful], run[doubtful]])
            place[doubtful] = own[order]
            start[doubtful] = start[doubtful][order]
        return Stretch(group if self._groups is None else self._groups[group], place, start)


def sort_by_start(start: Instants, group: Places) -> None:
    """Put starts and groups in order of start, then group, in place.

    Both fit into one key where the starts are whole seconds or thousandths, as they mostly are; the key is shorter than `KEY_BITS`.
    """
    if not len(start):
        return
    first, bits = int(start.min()), int(group.max()).bit_length()
    start -= first
    unit = next(unit for unit in (1_000_000, 1_000, 1) if unit == 1 or (start // unit * unit == start).all())
    if (int(start.max()) // unit).bit_length() + bits <= KEY_BITS:
        start //= unit
        start <<= bits
        start |= group
        start.sort()
        np.bitwise_and(start, (1 << bits) - 1, out=group)
        start >>= bits
        start *= unit
    else:
        place = places_by_start(start, group)
        start[:], group[:] = start[place], group[place]
    start += first


def places_by_start(start: Instants, group: Places) -> Places:
    """Return the places of rows in order of start, then group."""
    places, filled = np.empty(len(start), np.int64), 0
    for stretch in PackedOrder(np.zeros(len(start), np.int32), start, ties=(group,)).stretches(whole=False):
        places[filled : filled + len(stretch.place)] = stretch.place
        filled += len(stretch.place)
    return places

"""Charge windows of all users and products at once: the first window of every group, then the second of every group, and so on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from flexlib.scale.arrays import Codes, Flags, Instants, Places, check_instants
from flexlib.scale.ordering import PackedOrder, Stretch

LINE = 1 << 62
"""How long the line of a stretch may grow: half of what 64 bits hold, since the sums that are held against it are floats."""


class Windows(NamedTuple):
    """Charge windows: the group of each, its start, and the place of the span of use that opened it, if ties were given to decide it."""

    group: Places
    start: Instants
    opener: Places


def open_windows(
    group: Codes,
    start: Instants,
    end: Instants,
    length: int,
    *,
    kept: Flags | None = None,
    ties: Sequence[Codes | Instants | Flags] = (),
) -> Windows:
    """Return the windows of ``length`` that spans of use ``[start, end)`` open in their groups (rules C1 to C4): those of a group in time order.

    A span that does not end after its start is use at that instant. Spans not ``kept`` do not count. Which of several spans that start
    at one instant opens a window is decided by ``ties``, the most significant first.

    Raises:
        InvalidValueError: A span lies outside of the years 1 to 9999.
    """
    if len(start):
        check_instants("start", int(start.min()), int(start.max()))
        check_instants("end", int(start.min()), max(int(end.max()), int(start.max())))
    found: tuple[list[Places], ...] = ([], [], [])
    for stretch in PackedOrder(group, start, kept, ties).stretches():
        for part in _of_stretch(stretch, end, length):
            for columns, column in zip(found, part if ties else part[:2], strict=False):
                columns.append(column)
    return Windows(*(_joined(columns) for columns in found))


def _joined(columns: list[Places]) -> Places:
    """Return columns as one, and let go of them."""
    whole = np.concatenate([np.empty(0, np.int64), *columns])
    columns.clear()
    return whole


def _of_stretch(stretch: Stretch, end: Instants, length: int) -> Iterator[Windows]:
    """Yield the windows of the groups of a stretch, in as many parts as their lines need.

    A group's line is as long as its use with one window more, less than 60 bits; so at least four of them fit into a part.
    """
    last = np.maximum(end[stretch.place], stretch.start + 1) - 1
    first = np.flatnonzero(np.concatenate(([True], stretch.group[1:] != stretch.group[:-1])))
    beyond = np.append(first[1:], len(last))
    extent = np.maximum.reduceat(last, first) - stretch.start[first] + length
    for some in _fitting(extent):
        low = int(first[some.start])
        rows = slice(low, int(beyond[some.stop - 1]))
        own = Stretch(*(column[rows] for column in stretch))
        yield from _group_by_group(own, last[rows], first[some] - low, beyond[some] - low, extent[some], length)


def _fitting(extent: Instants) -> Iterator[slice]:
    """Yield the groups in runs whose extents together fit into a line."""
    total = np.cumsum(extent, dtype=np.float64)
    begin = 0
    while begin < len(extent):
        before = total[begin - 1] if begin else 0.0
        end = max(int(np.searchsorted(total, before + LINE)), begin + 1)
        yield slice(begin, end)
        begin = end


def _group_by_group(
    stretch: Stretch, last: Instants, first: Places, beyond: Places, extent: Instants, length: int
) -> Iterator[Windows]:
    """Yield the k-th windows of groups, k by k, given the last instant of each row's use, and the first row of each group and that beyond it.

    The last instant of use so far grows within a group. With each group set behind the one before it, it is one growing line, on which a
    binary search finds the first use at or after a window's end.
    """
    row, opened = first, stretch.start[first]
    shift = np.cumsum(extent) - extent - opened
    line = np.maximum.accumulate(last + np.repeat(shift, beyond - first))
    while len(row):
        yield Windows(stretch.group[row], opened, stretch.place[row])
        more = (last[row] - opened) // length
        if more.any():
            yield _reopened(stretch, row, opened, more, length)
        ends = opened + (more + 1) * length
        row = np.searchsorted(line, ends + shift)
        going = row < beyond
        row, ends, shift, beyond = row[going], ends[going], shift[going], beyond[going]
        opened = np.maximum(stretch.start[row], ends)


def _reopened(stretch: Stretch, row: Places, opened: Instants, more: Places, length: int) -> Windows:
    """Return the windows that the use of rows opens after its first one, as it goes on beyond their ends (rule C3)."""
    several = np.repeat(row, more)
    number = np.arange(1, len(several) + 1) - np.repeat(np.cumsum(more) - more, more)
    return Windows(stretch.group[several], np.repeat(opened, more) + number * length, stretch.place[several])

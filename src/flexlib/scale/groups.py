"""The last windows of users and products: in order of their keys, never changed in place, in two levels so that a day costs a day."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from flexlib.scale.arrays import UNKNOWN, Flags, Instants, Places

Rows: TypeAlias = npt.NDArray[np.int64]
"""One row a group, of the columns below."""

SINCE, UNTIL, WINDOWS, CHECKSUM, OPENER, TEAM = range(6)
NO_TEAM = -1
SEVERAL_TEAMS = -2

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: its multiples spread well

_NEWER_SHARE = 8
"""What is newer is merged into the rest when it has grown to this part of it."""


_HALF = 32


def key_of(user: Places, product: Places) -> Places:
    """Return keys: the place of the user and, in the lower half, that of the product, each less than 2^31."""
    return user << _HALF | product


def places_of(key: Places) -> tuple[Places, Places]:
    """Return the places of the users and of the products of keys."""
    return key >> _HALF, key & ((1 << _HALF) - 1)


class Level(NamedTuple):
    """Groups in order of their keys, a row each."""

    key: Places
    rows: Rows

    def places(self, key: Places) -> tuple[Places, Flags]:
        """Return the places of keys, and which are there; the place of one that is not is that of some other."""
        if not len(self.key):
            return np.zeros(len(key), np.int64), np.zeros(len(key), bool)
        place = np.searchsorted(self.key, key)
        place[place == len(self.key)] = 0
        return place, self.key[place] == key

    def under(self, newer: Level) -> Level:
        """Return the groups of both; those that are in both as the newer level has them."""
        if not len(self.key):
            return newer
        key = np.concatenate((self.key, newer.key))
        order = np.argsort(key, kind="stable")  # two runs in order, which are merged
        key = key[order]
        last = np.append(key[1:] != key[:-1], [True])
        return Level(key[last], np.concatenate((self.rows, newer.rows))[order[last]])


NOTHING = Level(np.empty(0, np.int64), np.empty((0, 6), np.int64))


class Groups(NamedTuple):
    """Groups in two levels: most of them, and those that changed of late."""

    most: Level = NOTHING
    newer: Level = NOTHING

    def whole(self) -> Level:
        """Return all groups in one level."""
        return self.most.under(self.newer)

    def find(self, key: Places) -> Rows:
        """Return the rows of keys; the row of one that is not there is full of `UNKNOWN`."""
        (place, there), (newer_place, changed) = (level.places(key) for level in self)
        rows = self.most.rows.take(place, axis=0) if len(self.most.key) else np.empty((len(key), 6), np.int64)
        rows[~there] = UNKNOWN
        rows[changed] = self.newer.rows[newer_place[changed]]
        return rows

    def put(self, changed: Level) -> Groups:
        """Return the groups with some of them replaced or added."""
        newer = self.newer.under(changed)
        if len(newer.key) * _NEWER_SHARE > len(self.most.key):
            return Groups(self.most.under(newer))
        return Groups(self.most, newer)


def summary(group: Places, start: Instants, opener: Instants, team: Places, told: Places, length: int) -> Level:
    """Return what a state keeps of windows, which are in order of group and start and of which there is one at least.

    Args:
        group: The group of each window.
        start: Its start.
        opener: The start of the span of use that opened it.
        team: The team of that use.
        told: A number that stands for the name of this team, in every book the same.
        length: The length of windows.
    """
    number = np.arange(len(group))
    new = np.append([True], group[1:] != group[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(group)) - 1
    after_gap = new | np.append([True], start[1:] != start[:-1] + length)
    unbroken = np.maximum.accumulate(np.where(after_gap, number, 0))[last]
    bounds = np.column_stack((unbroken, last + 1)).ravel()[:-1]
    lowest, highest = (fold.reduceat(team, bounds)[::2] for fold in (np.minimum, np.maximum))
    rows = np.column_stack(
        (
            start[unbroken],
            start[last] + length,
            last - first + 1,
            np.add.reduceat(_mixed(start, told), first),
            opener[last],
            np.where(lowest == highest, lowest, SEVERAL_TEAMS),
        )
    )
    return Level(group[first], rows)


def _mixed(start: Instants, told: Places) -> Places:
    """Return numbers whose sums, which wrap, tell one set of windows from another."""
    bits = (start + told).astype(np.uint64)
    for _ in range(2):
        bits = (bits ^ (bits >> np.uint64(32))) * _ODD
    return bits.view(np.int64)


def gone_on(before: Rows, after: Rows, first: Instants) -> Rows:
    """Return what a state keeps of groups after windows were added; where there was none before, what `summary` gave.

    Args:
        before: The groups before, rows that are not known full of `UNKNOWN`.
        after: The summary of the windows that were added.
        first: The start of the first of these in each group.
    """
    rows, until = after.copy(), before[:, UNTIL]
    known = until != UNKNOWN
    for total in (WINDOWS, CHECKSUM):
        rows[:, total] += np.where(known, before[:, total], 0)
    joined = np.flatnonzero(known & (first == until) & (after[:, SINCE] == first))
    rows[joined, SINCE] = before[joined, SINCE]
    rows[joined[before[joined, TEAM] != after[joined, TEAM]], TEAM] = SEVERAL_TEAMS
    return rows

"""Chargeable use as columns: what is left of sessions after grace, idle pauses and seats (rules C5 to C8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from flexlib.scale.arrays import UNKNOWN, Codes, Flags, Instants, Places


class Uses(NamedTuple):
    """Sessions: the group of each, which is its user and product, its launch, and its close or `UNKNOWN`."""

    group: Codes
    opened: Instants
    closed: Instants


class Cover(NamedTuple):
    """Spans ``[start, end)`` that are not chargeable, each of one owner: a group for seats, the place of a session for idle pauses."""

    owner: Places
    start: Instants
    end: Instants

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int, int]]) -> Cover:
        """Return the cover of spans: owner, start and end."""
        columns = np.array(sorted(spans), np.int64).reshape(-1, 3)
        return cls(columns[:, 0], columns[:, 1], columns[:, 2])


class Spans(NamedTuple):
    """Chargeable use ``[start, end)``; use at an instant where the end is no later.

    ``kept`` tells which spans count, None for all; ``session`` has the place of the session of each, None where the n-th span is of the
    n-th session.
    """

    group: Codes
    start: Instants
    end: Instants
    kept: Flags | None
    session: Places | None

    def of_session(self, span: Places) -> Places:
        """Return the places of the sessions of spans."""
        return span if self.session is None else self.session[span]


def pauses(idle: Cover, idle_after: int) -> Cover:
    """Return the pauses of idle spans: of those that touch or overlap together, what comes after their first part (rule C6)."""
    owner, first, last = _joined(idle)
    long = last - first > idle_after
    return Cover(owner[long], first[long] + idle_after, last[long])


def _joined(spans: Cover) -> Cover:
    """Return spans in order, those of one owner that touch or overlap as one."""
    order = np.lexsort([spans.start, spans.owner])
    owner, start, end = (column[order] for column in spans)
    if not ((start[1:] <= end[:-1]) & (owner[1:] == owner[:-1])).any():
        return Cover(owner, start, end)
    owner, at, opens = _borders((owner, owner), (start, end), (1, -1))
    depth = np.cumsum(opens)
    first = np.flatnonzero((depth == 1) & (opens == 1))
    return Cover(owner[first], at[first], at[depth == 0])


def _borders(owner: tuple[Places, ...], at: tuple[Instants, ...], opens: tuple[int, ...]) -> tuple[Places, Instants, Places]:
    """Return columns of borders, of which all open a span (1), close one (-1) or do neither (0), in order; at one instant, opening first."""
    owners, instants = np.concatenate(owner), np.concatenate(at)
    kinds = np.repeat(opens, [len(column) for column in owner])
    order = np.lexsort([-kinds, instants, owners])
    return owners[order], instants[order], kinds[order]


def chargeable(uses: Uses, grace: int, idle_pauses: Cover, seats: Cover) -> Spans:
    """Return the chargeable spans of sessions: none of a launch shorter than the grace, no pause, and nothing that a seat covers."""
    group, opened, closed = uses
    short = (closed < opened + grace) & (closed != UNKNOWN)
    kept = None if not short.any() else ~short
    if not (len(idle_pauses.owner) or len(seats.owner)):
        return Spans(group, opened, closed, kept, None)
    session, start, end = _holes(uses, kept, idle_pauses, seats)
    if not len(session):
        return Spans(group, opened, closed, kept, None)
    touched = np.zeros(len(opened), bool)
    touched[session] = True
    whole = np.flatnonzero(~touched if kept is None else ~touched & kept)
    place, piece_start, piece_end = _pieces(opened, closed, session, start, end)
    place = np.concatenate((whole, place))
    return Spans(
        group[place],
        np.concatenate((opened[whole], piece_start)),
        np.concatenate((closed[whole], piece_end)),
        None,
        place,
    )


def _holes(uses: Uses, kept: Flags | None, idle_pauses: Cover, seats: Cover) -> tuple[Places, Instants, Instants]:
    """Return what is cut out of sessions: the place of the session, and the start and end of the hole, within the session."""
    group, opened, closed = uses
    covered = np.isin(group, seats.owner)
    rows = np.flatnonzero(covered if kept is None else covered & kept)
    first = np.searchsorted(seats.owner, group[rows], "left")
    several = np.searchsorted(seats.owner, group[rows], "right") - first
    seat = np.repeat(first - np.cumsum(several) + several, several) + np.arange(several.sum())
    session = np.concatenate((np.repeat(rows, several), idle_pauses.owner))
    start = np.concatenate((seats.start[seat], idle_pauses.start))
    end = np.concatenate((seats.end[seat], idle_pauses.end))
    launch, close = opened[session], np.maximum(closed[session], opened[session])
    inside = (end > launch) & ((start < close) | (start <= launch))
    if kept is not None:
        inside &= kept[session]
    return session[inside], np.maximum(start, launch)[inside], np.minimum(end, close)[inside]


def _pieces(
    opened: Instants, closed: Instants, session: Places, start: Instants, end: Instants
) -> tuple[Places, Instants, Instants]:
    """Return the parts of sessions outside their holes: their borders in order, and between two of them no hole open.

    Of use at an instant nothing is left, as any hole in it covers it.
    """
    rows = np.unique(session)
    launch, close = opened[rows], np.maximum(closed[rows], opened[rows])
    place, at, opens = _borders((rows, session, session, rows), (launch, start, end, close), (0, 1, -1, 0))
    depth = np.cumsum(opens)
    free = np.flatnonzero((depth[:-1] == 0) & (place[1:] == place[:-1]) & (at[1:] > at[:-1]))
    return place[free], at[free], at[free + 1]

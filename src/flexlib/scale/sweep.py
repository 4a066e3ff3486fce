"""The ledger as a sweep: charges lie end to end on one line of tokens, on which packs are used up one after another (rules P2, P3)."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from flexlib.errors import InvalidTokensError
from flexlib.model.amounts import exact
from flexlib.model.packs import TokenPack
from flexlib.pool.running import drawing_order
from flexlib.scale.arrays import Instants, Places, as_ticks
from flexlib.scale.rating import DECIMALS, scaled

SHORT = -1
"""Stands for the pack of what no pack paid."""


class Line(NamedTuple):
    """Charges end to end on a line of tokens in millionths: pool after pool, each pool's in time order.

    Attributes:
        at: The instants of the charges.
        end: Where each charge ends on the line, which begins at 0.
        bounds: The places among the charges at which the pools begin, and the number of the charges.
    """

    at: Instants
    end: Instants
    bounds: Sequence[int]

    @classmethod
    def of(cls, at: Instants, tokens: Instants, bounds: Sequence[int] | None = None) -> Line:
        """Return the line of charges of one pool, or of several with bounds between them."""
        return cls(at, np.cumsum(tokens), bounds or (0, len(at)))

    def before(self, place: int) -> int:
        """Return where the charge at a place begins."""
        return int(self.end[place - 1]) if place else 0

    def reached(self, pools: Sequence[int], instants: Instants, *, through: bool = False) -> Instants:
        """Return where the charges before instants end in pools, or, if ``through``, those at these very instants as well."""
        if not len(self.at):
            return np.zeros(len(instants), np.int64)
        number, place = np.array(pools, np.int64), np.zeros(len(instants), np.int64)
        for pool in set(pools):
            own = np.flatnonzero(number == pool)
            begin, end = self.bounds[pool], self.bounds[pool + 1]
            place[own] = begin + np.searchsorted(self.at[begin:end], instants[own], "right" if through else "left")
        return np.where(place > 0, self.end[place - 1], 0)


class Packs(NamedTuple):
    """Packs as columns: the pool, the size in millionths, when each begins and ends, and their order of drawing."""

    pool: list[int]
    size: list[int]
    start: Instants
    end: Instants
    order: list[int]

    @classmethod
    def of(cls, packs: Sequence[TokenPack], pool: Sequence[int] | None = None) -> Packs:
        """Return packs as columns, of one pool or of several; a size of more decimals than fit raises `InvalidTokensError`."""
        with exact():
            sizes = [_size(pack) for pack in packs]
        return cls(
            list(pool or [0] * len(packs)),
            sizes,
            np.array([as_ticks(pack.starts_at) for pack in packs], np.int64),
            np.array([as_ticks(pack.expires_at) for pack in packs], np.int64),
            sorted(range(len(packs)), key=lambda number: drawing_order(packs[number])),
        )


def _size(pack: TokenPack) -> int:
    try:
        return scaled(pack.tokens)
    except InvalidTokensError as error:
        expected = (
            f"for the pack {pack.id!r} at most {DECIMALS} decimals and less than 4e12: columns hold millionths; settle takes more"
        )
        raise InvalidTokensError(pack.tokens, expected) from error


class Segments(NamedTuple):
    """Pieces of the line of tokens, end to end from 0: where each ends, and which pack paid it, or `SHORT`."""

    end: Instants
    pack: Places


class DrawRows(NamedTuple):
    """What charges drew: the place of the charge, the pack or `SHORT`, and the tokens in millionths."""

    charge: Places
    pack: Places
    tokens: Instants


def sweep(line: Line, packs: Packs) -> Segments:
    """Return which pack pays which piece of the line: earliest end first, smallest first.

    A pack counts from its pool's first charge at or after its start to the last before its end, so that both are places on the line and
    all packs take about three steps each. So do several pools: one begins where all packs of the one before have ended.
    """
    opening, closing = line.reached(packs.pool, packs.start).tolist(), line.reached(packs.pool, packs.end).tolist()
    left, by_rank = packs.size.copy(), packs.order
    rank = {number: place for place, number in enumerate(by_rank)}
    coming = sorted(rank, key=opening.__getitem__, reverse=True)
    total, here = line.before(len(line.end)), 0
    queue: list[int] = []
    ends: list[int] = []
    payers: list[int] = []
    while here < total:
        while coming and opening[coming[-1]] <= here:
            heapq.heappush(queue, rank[coming.pop()])
        while queue and (closing[by_rank[queue[0]]] <= here or not left[by_rank[queue[0]]]):
            heapq.heappop(queue)
        until, number = min(opening[coming[-1]], total) if coming else total, SHORT
        if queue:
            number = by_rank[queue[0]]
            until = min(until, closing[number], here + left[number])
            left[number] -= until - here
        ends.append(until)
        payers.append(number)
        here = until
    return Segments(np.array(ends, np.int64), np.array(payers, np.int64))


def draw_rows(line: Line, segments: Segments) -> DrawRows:
    """Return each charge of some tokens, cut where the pack that pays changes."""
    within = np.searchsorted(line.end, segments.end)
    cut = line.end[within] != segments.end
    ends = np.insert(line.end, within[cut], segments.end[cut])
    charge = np.insert(np.arange(len(line.end)), within[cut], within[cut])
    pack = np.repeat(segments.pack, np.diff(np.searchsorted(ends, segments.end, "right"), prepend=0))
    tokens = np.diff(ends, prepend=0)
    if tokens.all():
        return DrawRows(charge, pack, tokens)
    some = np.flatnonzero(tokens)
    return DrawRows(charge[some], pack[some] if len(some) else pack, tokens[some])


class Readings:
    """What had been charged, drawn and left at any instant, in millionths, out of the stretches of the line that packs paid."""

    def __init__(self, line: Line, packs: Packs, segments: Segments) -> None:
        self._line, self._packs = line, packs
        paid = segments.pack != SHORT
        self._payer = segments.pack[paid]
        self._length = np.diff(segments.end, prepend=0)[paid]
        self._begin = segments.end[paid] - self._length

    def drawn(self, at: int) -> list[int]:
        """Return what had been drawn on each pack by an instant."""
        instants = np.full(len(self._packs.pool), at, np.int64)
        reached = self._line.reached(self._packs.pool, instants, through=True)
        drawn = np.zeros(len(self._packs.pool), np.int64)
        np.add.at(drawn, self._payer, np.clip(reached[self._payer] - self._begin, 0, self._length))
        return drawn.tolist()

    def left(self, at: int) -> list[int]:
        """Return what each pack has for use at an instant: nothing before it starts and once it has ended."""
        usable = ((self._packs.start <= at) & (at < self._packs.end)).tolist()
        return [size - gone if now else 0 for size, gone, now in zip(self._packs.size, self.drawn(at), usable, strict=True)]

    def expired(self, at: int) -> list[int]:
        """Return what had expired of each pack by an instant."""
        over = (self._packs.end <= at).tolist()
        return [size - gone if past else 0 for size, gone, past in zip(self._packs.size, self.drawn(at), over, strict=True)]

    def short(self, at: int) -> list[int]:
        """Return what charges up to an instant lacked in each pool."""
        pools = range(len(self._line.bounds) - 1)
        reached = self._line.reached(pools, np.full(len(pools), at, np.int64), through=True)
        missing = [int(end) - self._line.before(begin) for end, begin in zip(reached, self._line.bounds[:-1], strict=True)]
        for pool, gone in zip(self._packs.pool, self.drawn(at), strict=True):
            missing[pool] -= gone
        return missing

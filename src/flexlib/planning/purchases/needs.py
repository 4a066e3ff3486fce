"""What bought packs have to meet on each demand path: the demand of their term beyond the tokens in hand, and when it comes.

Packs that arrive together and end at different times serve demand in the vendor's order, earliest end first (rule P2), which leaves
as little unmet as any order. So what stays unmet is known without another run: it is the greatest lack over all cuts. A cut leaves
out the demand before one of the ends; its lack is that of the tokens in hand less the tokens of the packs that last longer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from flexlib.planning.purchases.demand import Units
from flexlib.planning.purchases.runs import Lot, run

_NEVER = np.iinfo(np.int64).min


@frozen
class Needs:
    """The needs of the days from the arrival to the end of the term, one array for each cut, all in millionths.

    Attributes:
        before: The demand of each path that is short before the arrival.
        early: The number of days on which it is.
        needs: For each cut, what is short beyond that through each day: days by paths, never falling.
        lows: For each cut, the same at the start of each day less the tokens then in hand, and never falling: how far the balance
            has come down. Days before the cut do not count.
        active: The number of days with demand before each day of the term, and at its end; paths by days.
    """

    before: Units
    early: Units
    needs: tuple[Units, ...]
    lows: tuple[Units, ...]
    active: Units

    @classmethod
    def of(cls, held: Sequence[Lot], demand: Units, arrival: int, ends: Sequence[int]) -> Needs:
        """Return the needs of demand that ends with the last of the ends, at which packs of different lives expire."""
        needs, lows = [], []
        before = early = np.zeros(demand.shape[1], np.int64)
        for start in (arrival, *ends[:-1]):
            cut = demand.copy()
            cut[arrival:start] = 0
            done = run(held, cut)
            if arrival:
                before = done.short[arrival - 1]
                early = np.count_nonzero(np.diff(done.short[:arrival], axis=0, prepend=0), axis=0)
            needs.append(done.short[arrival:] - before)
            low = np.vstack([np.zeros_like(before), needs[-1][:-1]]) - done.usable[arrival:]
            low[: start - arrival] = _NEVER
            lows.append(np.maximum.accumulate(low, axis=0))
        days = np.cumsum((demand[arrival:] > 0).astype(np.int64), axis=0).T
        active = np.hstack([np.zeros((len(days), 1), np.int64), days])
        return cls(before, early, tuple(needs), tuple(lows), active)

    def useful(self, cut: int) -> int:
        """Return the most tokens of packs that expire at the end of a cut that any path can use."""
        later = self.needs[cut + 1][-1] if cut + 1 < len(self.needs) else 0
        return int((self.needs[0][-1] - later).max())

    def unmet(self, supplies: Sequence[int]) -> Units:
        """Return what is unmet on each path, before the arrival and with packs that hold a supply beyond each cut."""
        lack = np.zeros_like(self.before)
        for need, supply in zip(self.needs, supplies, strict=True):
            lack = np.maximum(lack, need[-1] - supply)
        return self.before + lack

    def blocked(self, supplies: Units, reorder_point: int, lead_time: int) -> Units:
        """Return the days without tokens in the term, if a top-up is ordered when the balance has come down to the reorder point.

        Args:
            supplies: The supplies beyond each cut, cuts by candidates.
            reorder_point: The balance at the start of a day at which the order is made, or else when tokens lack; it arrives after
                the lead time.
            lead_time: In days.

        Returns:
            Days with demand from the first lack to the arrival, candidates by paths.
        """
        length, paths = self.needs[0].shape
        days = np.empty((supplies.shape[1], paths), np.int64)
        for path in range(paths):
            lack = np.full(supplies.shape[1], length)
            order = lack.copy()
            for need, low, supply in zip(self.needs, self.lows, supplies, strict=True):
                lack = np.minimum(lack, np.searchsorted(need[:, path], supply, "right"))
                order = np.minimum(order, np.searchsorted(low[:, path], supply - reorder_point, "left"))
            arrives = np.minimum(np.minimum(order, lack) + lead_time, length)
            days[:, path] = np.maximum(0, self.active[path, arrives] - self.active[path, lack])
        return days


def reorder_point(demand: Units, days: int, rank: int) -> int:
    """Return the demand of a number of days in a row that, whatever the first of them, all but the paths above a rank stay within.

    The rank counts from 1, the path with the least demand. Fewer days than there are demand for are taken as all.
    """
    sums = np.vstack([np.zeros((1, demand.shape[1]), np.int64), np.cumsum(demand, axis=0)])
    days = min(days, len(demand))
    spans = sums[days:] - sums[:-days]
    place = rank - 1
    return int(np.partition(spans, place, axis=1)[:, place].max())

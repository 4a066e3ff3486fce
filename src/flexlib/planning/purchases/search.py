"""The search for the packs that cost least on average over all demand paths: every combination of use is looked at."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from flexlib.errors import InvalidValueError
from flexlib.planning.purchases.demand import UNIT, Units
from flexlib.planning.purchases.needs import Needs
from flexlib.planning.purchases.terms import PurchaseTerms
from flexlib.planning.purchases.totals import PackTotals, price_scale
from flexlib.planning.purchases.values import PackCount

RANKED = 10
"""How many options a plan ranks."""

_MOST_COMBINATIONS = 5_000_000
_FIRST_BATCH, _LARGEST_BATCH = 64, 4096
_SLACK = 1e-9
"""Floats only put candidates into a first order; within this relative distance exact costs decide."""


class Candidate(NamedTuple):
    """Numbers of tokens, one for each life of packs, and what they lead to; in the order of candidates.

    Attributes:
        fails: Zero if the service asked for is reached, else the share of the paths with blocked days.
        cost: The average cost.
        units: The tokens of all packs.
        places: Where the numbers stand in the price lists.
    """

    fails: Fraction
    cost: Fraction
    units: int
    places: tuple[int, ...]


@frozen
class Search:
    """The candidates of a purchase, in millionths of a token.

    Attributes:
        terms: The terms of the purchase.
        needs: What the packs have to meet.
        lists: The numbers of tokens with their prices, for each life.
        reorder_point: The balance at which top-ups are ordered.
        scale: The scale of the prices.
    """

    terms: PurchaseTerms
    needs: Needs
    lists: tuple[PackTotals, ...]
    reorder_point: int
    scale: int

    @classmethod
    def of(cls, terms: PurchaseTerms, needs: Needs, reorder_point: int) -> Search:
        """Return the search over all packs that are worth buying in bulk."""
        scale = price_scale(terms.bulk)
        lists = [PackTotals.of(terms.bulk, months, needs.useful(cut), scale) for cut, months in enumerate(terms.lives())]
        combinations = math.prod(len(own.units) for own in lists)
        if combinations > _MOST_COMBINATIONS:
            raise InvalidValueError("packs", f"{combinations} combinations", f"at most {_MOST_COMBINATIONS}: fewer lives or sizes")
        return cls(terms, needs, tuple(lists), reorder_point, scale)

    def best(self) -> list[Candidate]:
        """Return the best candidates, best first, and last the one that buys nothing unless it is among them.

        All are put in order by their costs without the blocked days of the term, which cost nothing or more; so the look ends at
        the first that already costs more than the last one kept.
        """
        costs = self.base_costs()
        order = np.argsort(costs, axis=None, kind="stable")
        found: list[Candidate] = []
        start, size = 0, _FIRST_BATCH
        while start < len(order):
            batch = order[start : start + size]
            full = len(found) == RANKED and not found[-1].fails
            if full and costs.flat[batch[0]] > float(found[-1].cost) * (1 + _SLACK):
                break
            places = np.stack(np.unravel_index(batch, costs.shape))
            found = heapq.nsmallest(RANKED, [*found, *self.candidates(places)])
            start, size = start + size, min(2 * size, _LARGEST_BATCH)
        (nothing,) = self.candidates(np.zeros((len(self.lists), 1), np.int64))
        return found if nothing in found else [*found, nothing]

    def base_costs(self) -> NDArray[np.float64]:
        """Return the costs of all candidates without the blocked days of the term, one dimension for each life."""
        inner = max(range(len(self.lists)), key=lambda life: len(self.lists[life].units))
        paid = float(self.terms.top_up_price) / (len(self.needs.before) * UNIT)
        early = float(self._day_price) * float(self.needs.early.mean())
        costs = np.zeros([len(own.units) for own in self.lists])
        for outer in _others(costs.shape, inner):
            fixed = [0 if place is None else int(own.units[place]) for own, place in zip(self.lists, outer, strict=True)]
            short = self._unmet_sums(fixed, inner)
            price = sum(int(own.prices[place]) for own, place in zip(self.lists, outer, strict=True) if place is not None)
            line = (self.lists[inner].prices + price) / self.scale + short * paid + early
            costs[tuple(slice(None) if place is None else place for place in outer)] = line
        return costs

    def candidates(self, places: Units) -> list[Candidate]:
        """Return candidates with their exact costs."""
        supplies = self.supplies(places)
        paths = len(self.needs.before)
        days, fails = self._blocked(supplies)
        found = []
        for number, own in enumerate(places.T.tolist()):
            price = sum(int(prices.prices[place]) for prices, place in zip(self.lists, own, strict=True))
            short = int(self.needs.unmet(supplies[:, number].tolist()).sum())
            cost = Fraction(price, self.scale) + self.terms.top_up_price * Fraction(short, paths * UNIT)
            cost += self._day_price * Fraction(days[number], paths)
            found.append(Candidate(fails[number], cost, int(supplies[0, number]), tuple(own)))
        return found

    def supplies(self, places: Units) -> Units:
        """Return the tokens of all packs that outlast each cut: cuts by candidates."""
        own = np.stack([prices.units[place] for prices, place in zip(self.lists, places, strict=True)])
        return np.cumsum(own[::-1], axis=0)[::-1]

    def blocked(self, supplies: Units) -> tuple[Fraction, float]:
        """Return the average days without tokens, from today on, and the probability of one after the arrival, of one candidate."""
        if not self.terms.lead_time_days:
            return Fraction(0), 0.0
        (days,) = self.needs.blocked(supplies, self.reorder_point, self.terms.lead_time_days)
        return Fraction(int((days + self.needs.early).sum()), len(days)), int(np.count_nonzero(days)) / len(days)

    def packs(self, candidate: Candidate) -> tuple[PackCount, ...]:
        """Return the packs of a candidate, the largest first."""
        counts = [count for own, place in zip(self.lists, candidate.places, strict=True) for count in own.packs(place)]
        return tuple(sorted(counts, key=lambda count: (-count.offer.tokens, -count.offer.months, count.offer.name)))

    @property
    def _day_price(self) -> Fraction:
        return Fraction(self.terms.blocked_day_cost or 0) if self.terms.lead_time_days else Fraction(0)

    def _blocked(self, supplies: Units) -> tuple[list[int], list[Fraction]]:
        """Return the blocked days of each candidate over all paths, and by how much it fails the service asked for."""
        terms, paths = self.terms, len(self.needs.before)
        if not terms.lead_time_days:
            return [0] * supplies.shape[1], [Fraction(0)] * supplies.shape[1]
        days = self.needs.blocked(supplies, self.reorder_point, terms.lead_time_days)
        shares = [Fraction(int(count), paths) for count in np.count_nonzero(days, axis=1)]
        strict = terms.blocked_day_cost is None
        fails = [share if strict and 1 - share < terms.service else Fraction(0) for share in shares]
        return (days.sum(axis=1) + self.needs.early.sum()).tolist(), fails

    def _unmet_sums(self, fixed: Sequence[int], inner: int) -> Units:
        """Return what is unmet on all paths for each number of tokens of one life, with those of the others fixed.

        This is the newsvendor's sum: each path's need less the tokens, where it is more.
        """
        supplies = np.cumsum(fixed[::-1])[::-1]
        rest = [need[-1] - supply for need, supply in zip(self.needs.needs, supplies, strict=True)]
        served = np.maximum.reduce(rest[: inner + 1])
        unserved = np.maximum.reduce([np.zeros_like(served), *rest[inner + 1 :]])
        wanted = np.sort(served - unserved)
        above = np.append(np.cumsum(wanted[::-1])[::-1], 0)
        units = self.lists[inner].units
        first = np.searchsorted(wanted, units, "right")
        sums: Units = above[first] - units * (len(wanted) - first) + unserved.sum() + self.needs.before.sum()
        return sums


def _others(shape: Sequence[int], inner: int) -> Iterator[tuple[int | None, ...]]:
    """Return every place of the dimensions but one, for which None stands."""
    ranges: list[Sequence[int | None]] = [[None] if axis == inner else range(length) for axis, length in enumerate(shape)]
    return itertools.product(*ranges)

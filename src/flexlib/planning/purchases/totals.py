"""The cheapest packs for each number of tokens: a bounded knapsack over the sizes of one life, solved exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from attrs import frozen

from flexlib.errors import InvalidValueError
from flexlib.planning.offers import PackOffer
from flexlib.planning.purchases.demand import Units, pack_units
from flexlib.planning.purchases.values import PackCount

_MOST_STEPS = 10_000_000
_UNREACHED = np.int64(2**62)


@frozen
class PackTotals:
    """The numbers of tokens that packs of one life make up, each with its least price.

    Attributes:
        months: How long the packs last.
        units: The numbers of tokens in millionths, ascending, from none to the cheapest that covers all that can be used.
        prices: The least price of each, in units of the price scale.
    """

    months: int
    units: Units
    prices: Units
    _offers: tuple[PackOffer, ...]
    _stages: tuple[Units, ...]
    _step: int
    _scale: int

    @classmethod
    def of(cls, offers: Sequence[PackOffer], months: int, useful: int, scale: int) -> PackTotals:
        """Return the numbers of tokens up to the first that covers what is useful, in millionths."""
        own = tuple(offer for offer in offers if offer.months == months)
        sizes = [pack_units(offer.tokens) for offer in own]
        step = math.gcd(*sizes) or 1
        bound = -(-useful // step) if own else 0
        stages = _least_prices([size // step for size in sizes], own, bound, scale)
        units, prices = _made_up(stages[-1], bound)
        return cls(months, units * step, prices, own, stages, step, scale)

    def packs(self, place: int) -> tuple[PackCount, ...]:
        """Return the packs of the number of tokens at a place, with as many of the largest as can be."""
        steps = int(self.units[place]) // self._step
        counts = []
        for offer, before, after in reversed(list(zip(self._offers, self._stages, self._stages[1:], strict=False))):
            size, price = pack_units(offer.tokens) // self._step, _scaled(offer, self._scale)
            most = min(steps // size, steps if offer.at_most is None else offer.at_most)
            count = next(n for n in range(most, -1, -1) if int(before[steps - n * size]) + n * price == int(after[steps]))
            steps -= count * size
            if count:
                counts.append(PackCount(offer, count))
        return tuple(counts)


def price_scale(offers: Sequence[PackOffer]) -> int:
    """Return the power of ten that makes every price a whole number."""
    exponents = [offer.price.as_tuple().exponent for offer in offers]
    scale: int = 10 ** max([0, *(-exponent for exponent in exponents if isinstance(exponent, int))])
    return scale


def _scaled(offer: PackOffer, scale: int) -> int:
    return int(Fraction(offer.price) * scale)


def _least_prices(sizes: Sequence[int], offers: Sequence[PackOffer], bound: int, scale: int) -> tuple[Units, ...]:
    """Return the least price of each number of steps with the first 0, 1, 2 ... offers; what they cannot make up is unreached."""
    most = bound + max(sizes, default=1)
    if most > _MOST_STEPS:
        given = [str(offer.tokens) for offer in offers]
        raise InvalidValueError("packs", given, f"sizes with a larger common step: {most} totals are too many")
    counts = [min(-(-bound // size), offer.at_most or most) for size, offer in zip(sizes, offers, strict=True)]
    prices = [_scaled(offer, scale) for offer in offers]
    if sum(count * price for count, price in zip(counts, prices, strict=True)) >= int(_UNREACHED) // 2:
        raise InvalidValueError("packs", [str(offer.price) for offer in offers], "prices with fewer digits")
    least = np.full(most, _UNREACHED, np.int64)
    least[0] = 0
    stages = [least]
    for size, price, count in zip(sizes, prices, counts, strict=True):
        stages.append(_with_packs(stages[-1], size, price, count))
    return tuple(stages)


def _with_packs(least: Units, size: int, price: int, count: int) -> Units:
    """Return the least prices when up to a number of packs of one size may be added, a power of two of them at a time."""
    least, part = least.copy(), 1
    while count > 0:
        part = min(part, count)
        added = least[: -part * size] + part * price  # no less than unreached, where that cannot be made up
        least[part * size :] = np.minimum(least[part * size :], added)
        count -= part
        part *= 2
    return least


def _made_up(least: Units, bound: int) -> tuple[Units, Units]:
    """Return the numbers of steps that can be made up, with their prices, up to the cheapest of those that cover all demand.

    More tokens than that would save nothing: their price is no lower, and a balance that is higher until they expire orders no earlier.
    """
    best = bound + int(least[bound:].argmin())
    steps = np.flatnonzero(least[: best + 1] < _UNREACHED)
    return steps, least[steps]

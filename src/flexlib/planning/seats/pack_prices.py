"""The least that packs cost which hold so many tokens at least, in whole units of money and tokens (rule P7)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import NamedTuple, TypeAlias

Purchase: TypeAlias = tuple[int, tuple[int, ...]]
"""What packs cost together, and how many of each size."""


class Size(NamedTuple):
    """A size of pack in whole units.

    Attributes:
        tokens: What it holds.
        price: What it costs.
        at_most: How many may be bought, None for any number.

    """

    tokens: int
    price: int
    at_most: int | None

    @property
    def rate(self) -> Fraction:
        """The price of a token."""
        return Fraction(self.price, self.tokens)


class PackPrices:
    """Tells the cheapest packs that hold so many tokens, by branch and bound over the numbers of each size; it remembers answers."""

    def __init__(self, sizes: Sequence[Size]) -> None:
        self.sizes: tuple[Size, ...] = tuple(sizes)
        # The cheapest tokens first; among equals a size without a limit, and the largest.
        self._order = sorted(
            range(len(sizes)),
            key=lambda place: (sizes[place].rate, sizes[place].at_most is not None, -sizes[place].tokens, place),
        )
        self._known: dict[int, Purchase | None] = {}

    def most_for(self, tokens: int) -> int | None:
        """Return what so many tokens more can cost at most, whatever is bought already; None where they may not be had."""
        return min((-(-tokens // size.tokens) * size.price for size in self.sizes if size.at_most is None), default=None)

    def cheapest(self, tokens: int) -> Purchase | None:
        """Return the cheapest packs that hold tokens; None where the sizes do not reach."""
        if tokens not in self._known:
            self._known[tokens] = self._search(tokens)
        return self._known[tokens]

    def _search(self, tokens: int) -> Purchase | None:
        search = _Search([self.sizes[place] for place in self._order])
        search.run(0, tokens, 0, ())
        if search.best is None:
            return None
        price, counts = search.best
        return price, tuple(count for _, count in sorted(zip(self._order, counts, strict=True)))


class _Search:
    def __init__(self, sizes: list[Size]) -> None:
        self._sizes = sizes
        self._limits = [_useful(size, sizes[:place]) for place, size in enumerate(sizes)]
        self.best: Purchase | None = None

    def run(self, place: int, lacking: int, spent: int, counts: tuple[int, ...]) -> None:
        """Try the numbers of the sizes from a place on, which may lead to less than the best price so far (`_may_win`)."""
        if lacking <= 0:
            self.best = spent, counts + (0,) * (len(self._sizes) - place)
            return
        size, limit = self._sizes[place], self._limits[place]
        enough = -(-lacking // size.tokens)
        for count in range(enough if limit is None else min(enough, limit), -1, -1):
            rest, price = lacking - count * size.tokens, spent + count * size.price
            if self._may_win(place + 1, rest, price):
                self.run(place + 1, rest, price, (*counts, count))
            elif rest > 0:
                return  # fewer of it leave more to sizes that cost no less a token

    def _may_win(self, place: int, lacking: int, spent: int) -> bool:
        if lacking > 0 and place == len(self._sizes):
            return False
        if self.best is None:
            return True
        left = self.best[0] - spent
        if lacking <= 0:
            return left > 0
        return left * self._sizes[place].tokens > lacking * self._sizes[place].price


def _useful(size: Size, before: Sequence[Size]) -> int | None:
    """Return the most of a size that can be of use, given the sizes before it, whose tokens cost no more.

    As many of it as hold a whole number of another size are replaced by that other at no more cost.
    """
    limits = [other.tokens // gcd(other.tokens, size.tokens) - 1 for other in before if other.at_most is None]
    return min([*limits, *([] if size.at_most is None else [size.at_most])], default=None)

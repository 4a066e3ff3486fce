"""The cheapest seats where users are coupled by one sum only: the tokens for which packs are bought, or the budget of the seats.

Weighed by a price for tokens and money (the dual prices of that sum), each user's choice is his own, and the lightest choices give a bound
below which no plan can cost. A plan that costs little more than the bound is made of choices that are each little heavier than the lightest.
So all plans within a slack above the bound are found by adding up the few near-lightest choices of each kind, and of plans with the same
tokens keeping the cheapest; the least of them is proven, or the slack was too small and is widened. All of it is in whole numbers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from flexlib.planning.seats.choices import Choices, Picked, Verdict, pick
from flexlib.planning.seats.closed_form import Kind, Option, Weights, options
from flexlib.planning.seats.pack_prices import Size

Whole: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.object_]
Places: TypeAlias = npt.NDArray[np.int32]

SCALE = 1 << 20
"""Weights are in this part of a unit of money."""

MOST_STATES = 4_000_000
_FIRST_SLACK = 1 << 17
_WIDER = 4


class TooManyStatesError(Exception):
    """More sums of tokens and prices have to be kept than memory should be given to."""


class OutOfTimeError(Exception):
    """The time allowed has passed."""


class _Item(NamedTuple):
    """Options of which one is to be chosen, for so many users of a kind at once."""

    kind: Kind
    users: int
    options: list[Option]


class _Sums(NamedTuple):
    """Sums of options: none of them is worse in tokens and price than another."""

    tokens: Whole
    price: Whole


def weights_of(choices: Choices, token_price: float, budget_price: float) -> Weights:
    """Return weights near dual prices, none of them such that the bound is lost."""
    money = SCALE + max(0, round(budget_price * SCALE))
    if choices.packs is None:
        return Weights(money, choices.rate * SCALE)
    rates = [size.rate for size in choices.packs.sizes if size.at_most is None]
    tokens = [max(0, round(token_price * SCALE))] if isfinite(token_price) else []
    return Weights(money, min([*tokens, *(int(rate * SCALE) for rate in rates)], default=0))


def bound(choices: Choices, weights: Weights) -> int:
    """Return the weight below which no plan lies, in parts of `SCALE` of a unit of money."""
    lightest = weights.tokens * choices.tokens
    for kind, users in choices.kinds.items():
        [option] = options(kind, weights)
        lightest += len(users) * (weights.money * option.price + weights.tokens * option.tokens)
    if choices.budget is not None:
        lightest -= (weights.money - SCALE) * choices.budget
    return lightest + _least_of_packs(choices, weights)


def cheapest(choices: Choices, weights: Weights, deadline: float) -> Verdict:
    """Return the cheapest choice, proven if the time until a deadline of `time.monotonic` allows.

    Raises:
        TooManyCasesError: A user's seats overlap in too many ways.

    """
    base = bound(choices, weights)
    heaviest = _heaviest(choices, weights)
    dtype = _dtype(choices, weights, heaviest)
    slack = max(SCALE, base // _FIRST_SLACK)
    found = Verdict(None, None, max(0, -(-base // SCALE)))
    while True:
        try:
            plan = _Pass(choices, weights, slack, dtype, deadline).run()
        except (OutOfTimeError, TooManyStatesError):
            return found
        if plan is not None:
            found = found._replace(picked=plan[0], cost=plan[1])
        reached = (base + slack) // SCALE
        if found.cost is not None and found.cost <= reached:
            return found._replace(lower_bound=found.cost)
        found = found._replace(lower_bound=max(found.lower_bound, reached + 1))
        if base + slack > heaviest:
            return found
        slack *= _WIDER
        if found.cost is not None:
            slack = min(slack, found.cost * SCALE - base)


def _heaviest(choices: Choices, weights: Weights) -> int:
    """Return a weight that no plan exceeds, nor the cost of one that buys no pack in vain."""
    seats = sum(len(users) * sum(seat.price for seat in kind.seats) for kind, users in choices.kinds.items())
    tokens = _most_tokens(choices)
    packs = sum(size.price * (-(-tokens // size.tokens)) for size in _sizes(choices))
    return weights.money * (seats + packs) + weights.tokens * tokens


def _most_tokens(choices: Choices) -> int:
    return choices.tokens + sum(len(users) * sum(kind.tokens) for kind, users in choices.kinds.items())


def _dtype(choices: Choices, weights: Weights, heaviest: int) -> type:
    """Return 64-bit numbers where every sum fits them, else Python's own."""
    largest = max(heaviest, _most_tokens(choices), weights.money * (choices.budget or 0))
    return np.int64 if largest <= np.iinfo(np.int64).max else object


def _sizes(choices: Choices) -> Sequence[Size]:
    return choices.packs.sizes if choices.packs else ()


def _least_of_packs(choices: Choices, weights: Weights) -> int:
    """Return the least that packs can weigh beyond the tokens that they hold; those without end never weigh less."""
    return sum(min(0, SCALE * size.price - weights.tokens * size.tokens) * (size.at_most or 0) for size in _sizes(choices))


class _Pass:
    """One search for all plans within a slack above the bound."""

    def __init__(self, choices: Choices, weights: Weights, slack: int, dtype: type, deadline: float) -> None:
        self._choices = choices
        self._weights = weights
        self._slack = slack
        self._dtype = dtype
        self._deadline = deadline
        self._chosen: dict[Kind, list[tuple[int, Option]]] = {}
        self._steps: list[tuple[Places, Places]] = []

    def run(self) -> tuple[Picked, int] | None:
        """Return the cheapest plan within the slack and its cost, None where there is none."""
        items = self._items()
        tokens, price = self._fixed()
        sums = self._added(items, price)
        best = self._least(_Sums(sums.tokens + tokens, sums.price + price))
        if best is None:
            return None
        place, cost = best
        self._trace(items, place)
        return pick(self._choices, self._chosen), cost

    def _weight(self, option: Option) -> int:
        return self._weights.money * option.price + self._weights.tokens * option.tokens

    def _items(self) -> list[_Item]:
        """Return what is open within the slack, the least open first; the rest is chosen."""
        items: list[tuple[int, _Item]] = []
        for kind, users in self._choices.kinds.items():
            self._check_time()
            near = options(kind, self._weights, self._slack)
            left = len(users)
            if len(near) > 1:
                penalty = self._weight(near[1]) - self._weight(near[0])
                for several in _bundles(near, left, self._slack // penalty if penalty else left):
                    items.append((-penalty, _Item(kind, several, near)))
                    left -= several
            self._chosen[kind] = [(left, near[0])] if left else []
        items.sort(key=lambda item: item[0])
        return [item for _, item in items]

    def _fixed(self) -> tuple[int, int]:
        chosen = [each for several in self._chosen.values() for each in several]
        tokens = self._choices.tokens + sum(count * option.tokens for count, option in chosen)
        return tokens, sum(count * option.price for count, option in chosen)

    def _added(self, items: Sequence[_Item], fixed_price: int) -> _Sums:
        """Return the sums of one option of each item, as far as they lie within the slack and the budget."""
        sums = _Sums(np.zeros(1, self._dtype), np.zeros(1, self._dtype))
        lightest = 0
        spare = None
        if self._choices.budget is not None:
            spare = (
                self._choices.budget - fixed_price - sum(item.users * min(each.price for each in item.options) for item in items)
            )
        for item in items:
            self._check_time()
            lightest += item.users * self._weight(item.options[0])
            if spare is not None:
                spare += item.users * min(each.price for each in item.options)
            sums = self._plus(sums, item, lightest, spare)
        return sums

    def _plus(self, sums: _Sums, item: _Item, lightest: int, most_spent: int | None) -> _Sums:
        tokens = np.concatenate([sums.tokens + item.users * each.tokens for each in item.options])
        price = np.concatenate([sums.price + item.users * each.price for each in item.options])
        near = self._weights.money * price + self._weights.tokens * tokens <= lightest + self._slack
        if most_spent is not None:
            near &= price <= most_spent
        places = np.flatnonzero(near)
        tokens, price = tokens[places], price[places]
        order = np.lexsort((price, tokens))
        tokens, price, places = tokens[order], price[order], places[order]
        kept = np.ones(len(price), dtype=bool)
        kept[1:] = price[1:] < np.minimum.accumulate(price)[:-1]
        places = places[kept]
        if len(places) > MOST_STATES:
            raise TooManyStatesError
        option, parent = np.divmod(places, len(sums.tokens))
        self._steps.append((parent.astype(np.int32), option.astype(np.int32)))
        return _Sums(tokens[kept], price[kept])

    def _least(self, sums: _Sums) -> tuple[int, int] | None:
        """Return the place and the cost of the cheapest sum that the budget and the packs allow, None where there is none."""
        weights = self._weights.money * sums.price + self._weights.tokens * sums.tokens
        if self._choices.budget is not None:
            weights = weights - (self._weights.money - SCALE) * self._choices.budget
        best: tuple[int, int] | None = None
        least_packs = _least_of_packs(self._choices, self._weights)
        for place in np.argsort(weights, kind="stable").tolist():
            self._check_time()
            if best is not None and int(weights[place]) + least_packs > best[1] * SCALE:
                break
            price = int(sums.price[place])
            if self._choices.budget is not None and price > self._choices.budget:
                continue
            token_cost = self._choices.token_cost(int(sums.tokens[place]))
            if token_cost is not None and (best is None or price + token_cost < best[1]):
                best = place, price + token_cost
        return best

    def _trace(self, items: Sequence[_Item], place: int) -> None:
        """Note which options a sum is made of."""
        for item, (parents, taken) in zip(reversed(items), reversed(self._steps), strict=True):
            self._chosen[item.kind].append((item.users, item.options[int(taken[place])]))
            place = int(parents[place])

    def _check_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise OutOfTimeError


def _bundles(near: Sequence[Option], users: int, heavier: int) -> list[int]:
    """Return for how many users of a kind each item stands: of two options, doubling numbers give every number that is within the slack."""
    if near[2:]:
        return [1] * users
    left = min(users, heavier)
    found = []
    several = 1
    while left:
        found.append(min(several, left))
        left -= found[-1]
        several *= 2
    return found

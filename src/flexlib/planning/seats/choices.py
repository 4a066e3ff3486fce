"""The choice of seats in whole numbers: tokens and money in their smallest units, and users whose figures are the same counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from attrs import frozen

from flexlib.model.amounts import exact
from flexlib.planning.offers import PackOffer, SeatOffer
from flexlib.planning.seats.cells import Term, Usage, decimals_of, share_of_price
from flexlib.planning.seats.closed_form import Kind, Option, Seat, groups, tokens_in
from flexlib.planning.seats.pack_prices import PackPrices, Size


class Planned(NamedTuple):
    """A seat that a user may have.

    Attributes:
        user: The user.
        offer: The place of the offer.
        month: Its first month, counted from the term's start.

    """

    user: str
    offer: int
    month: int


@frozen
class Units:
    """How amounts stand in whole numbers.

    Attributes:
        token_decimals: The decimals of tokens that are kept: a unit of tokens is 1 at the last of them.
        money_decimals: The same of money.

    """

    token_decimals: int
    money_decimals: int

    def tokens(self, amount: Decimal) -> int:
        """Return tokens in their unit."""
        return _whole(amount, self.token_decimals)

    def money(self, amount: Decimal) -> int:
        """Return money in its unit."""
        return _whole(amount, self.money_decimals)

    def amount(self, money: int) -> Decimal:
        """Return money as an amount."""
        with exact():
            return Decimal(money).scaleb(-self.money_decimals)


@frozen
class Choices:
    """What can be chosen, and what it costs.

    Attributes:
        units: How amounts stand in whole numbers.
        kinds: The groups of cells and seats, each with the seats, in order, of each user who has such a group.
        tokens: The tokens that no seat of use covers.
        rate: What a unit of tokens costs, 0 where packs are bought.
        packs: The packs to buy, None where tokens have a price.
        budget: The most that seats may cost together, None for any sum.
        limits: By the place of a limited offer, how many of its seats may be had.

    """

    units: Units
    kinds: dict[Kind, list[tuple[Planned, ...]]]
    tokens: int
    rate: int
    packs: PackPrices | None
    budget: int | None
    limits: dict[int, int]

    def token_cost(self, tokens: int) -> int | None:
        """Return what tokens cost; None where the packs do not reach for them."""
        if self.packs is None:
            return self.rate * tokens
        bought = self.packs.cheapest(tokens)
        return None if bought is None else bought[0]

    def cost(self, picked: Picked) -> int | None:
        """Return what a choice costs; None where the budget, the numbers of seats or the packs do not allow it."""
        if self.budget is not None and picked.price > self.budget:
            return None
        numbers = Counter(seat.offer for seat in picked.seats)
        if any(numbers[offer] > most for offer, most in self.limits.items()):
            return None
        tokens = self.token_cost(picked.tokens)
        return None if tokens is None else picked.price + tokens

    def without_seats(self) -> Picked:
        """Return the choice of no seat."""
        return Picked([], 0, self.tokens + sum(len(users) * sum(kind.tokens) for kind, users in self.kinds.items()))


class Picked(NamedTuple):
    """A choice for every user.

    Attributes:
        seats: The seats to buy.
        price: What they cost.
        tokens: What stays on tokens, of all users.

    """

    seats: list[Planned]
    price: int
    tokens: int


class Verdict(NamedTuple):
    """What a search found.

    Attributes:
        picked: The cheapest choice found, None where none was.
        cost: What it costs.
        lower_bound: No choice costs less.

    """

    picked: Picked | None
    cost: int | None
    lower_bound: int

    @property
    def is_proven(self) -> bool:
        """Whether no choice costs less than the one found."""
        return self.cost is not None and self.cost <= self.lower_bound

    def joined(self, other: Verdict) -> Verdict:
        """Return the better of what two searches found, with the better bound."""
        lower_bound = max(self.lower_bound, other.lower_bound)
        first = other.cost is None or (self.cost is not None and self.cost <= other.cost)
        return (self if first else other)._replace(lower_bound=lower_bound)


def judged(choices: Choices, picked: Picked, lower_bound: int) -> Verdict:
    """Return a choice with its cost; without the choice where it is not allowed."""
    cost = choices.cost(picked)
    return Verdict(None if cost is None else picked, cost, lower_bound if cost is None else min(lower_bound, cost))


def pick(choices: Choices, chosen: Mapping[Kind, Iterable[tuple[int, Option]]]) -> Picked:
    """Return the seats of options, each chosen for so many of the users of its kind, the first ones first."""
    seats: list[Planned] = []
    price, tokens = 0, choices.tokens
    for kind, several in chosen.items():
        users = iter(choices.kinds[kind])
        for count, option in several:
            price += count * option.price
            tokens += count * option.tokens
            for _ in range(count):
                names = next(users)
                seats += [names[place] for place in option.seats]
    return Picked(sorted(seats), price, tokens)


def choices_of(
    usage: Usage,
    offers: Sequence[SeatOffer],
    term: Term,
    *,
    token_price: Decimal | None,
    packs: Sequence[PackOffer],
    budget: Decimal | None,
) -> Choices:
    """Return what can be chosen for the usage of a term."""
    units = _units(usage, offers, term, token_price, packs, budget)
    rate = 0 if token_price is None else _whole(token_price, units.money_decimals - units.token_decimals)
    sizes = [Size(units.tokens(pack.tokens), units.money(pack.price), pack.at_most) for pack in packs]
    prices = None if token_price is not None else PackPrices(sizes)
    limits = {place: offer.at_most for place, offer in enumerate(offers) if offer.at_most is not None}
    builder = _Builder(offers, term, units, rate, prices, limits)
    for user in usage.users():
        builder.add(user, {key: units.tokens(use.tokens) for key, use in usage.cells.get(user, {}).items()})
        builder.tokens += units.tokens(usage.results[user]) if user in usage.results else 0
    return Choices(units, builder.kinds, builder.tokens, rate, prices, None if budget is None else units.money(budget), limits)


def _units(
    usage: Usage,
    offers: Sequence[SeatOffer],
    term: Term,
    token_price: Decimal | None,
    packs: Sequence[PackOffer],
    budget: Decimal | None,
) -> Units:
    tokens = _decimals([*(use.tokens for cells in usage.cells.values() for use in cells.values()), *usage.results.values()])
    tokens = max(tokens, _decimals(pack.tokens for pack in packs))
    shares = [share_of_price(offer, month, term.months) for offer in offers for month, _ in term.parts(offer)]
    money = _decimals([*shares, *(pack.price for pack in packs), *([] if budget is None else [budget])])
    return Units(tokens, money if token_price is None else max(money, decimals_of(token_price) + tokens))


class _Builder:
    def __init__(
        self,
        offers: Sequence[SeatOffer],
        term: Term,
        units: Units,
        rate: int,
        packs: PackPrices | None,
        limits: Mapping[int, int],
    ) -> None:
        self._rate = rate
        self._packs = packs
        self._limits = limits
        self._parts = [
            (offer, month, segments, units.money(share_of_price(given, month, term.months)))
            for offer, given in enumerate(offers)
            for month, segments in term.parts(given)
        ]
        self._products = [frozenset(offer.products) for offer in offers]
        self.kinds: dict[Kind, list[tuple[Planned, ...]]] = {}
        self.tokens = 0

    def add(self, user: str, cells: Mapping[tuple[str, int], int]) -> None:
        """Add what a user was charged, cell by cell."""
        tokens = list(cells.values())
        by_product: dict[str, list[tuple[int, int]]] = {}
        for place, (product, segment) in enumerate(cells):
            if tokens[place]:
                by_product.setdefault(product, []).append((segment, 1 << place))
        seats: list[tuple[Planned, Seat]] = []
        for offer, month, segments, price in self._parts:
            cells_of_offer = (cell for product in self._products[offer] for cell in by_product.get(product, ()))
            covers = sum(bit for segment, bit in cells_of_offer if segment in segments)
            if covers and self._may_pay(price, tokens_in(tokens, covers)):
                seats.append((Planned(user, offer, month), Seat(price, covers, offer if offer in self._limits else None)))
        covered = 0
        for group, cells_of_group in groups(_undominated(seats)):
            kind = _kind(group, cells_of_group, tokens)
            self.kinds.setdefault(kind, []).append(tuple(planned for planned, _ in group))
            covered |= cells_of_group
        self.tokens += tokens_in(tokens, (1 << len(tokens)) - 1 & ~covered)

    def _may_pay(self, price: int, tokens: int) -> bool:
        """Tell whether a seat may cost less than the tokens that it covers, whatever else is bought."""
        worth = self._packs.most_for(tokens) if self._packs else self._rate * tokens
        return worth is None or price < worth


def _undominated(seats: list[tuple[Planned, Seat]]) -> list[tuple[Planned, Seat]]:
    """Return the seats for which no other, of which there are enough, covers as much for no more."""
    by_cell: dict[int, list[int]] = {}
    for place, (_, seat) in enumerate(seats):
        cells = seat.covers
        while cells:
            lowest = cells & -cells
            by_cell.setdefault(lowest, []).append(place)
            cells ^= lowest

    def beats(other: int, place: int) -> bool:
        one, two = seats[other][1], seats[place][1]
        if one.limit is not None or two.covers & ~one.covers or one.price > two.price:
            return False
        same = one.covers == two.covers and one.price == two.price and two.limit is None
        return other < place or not same

    return [
        both
        for place, both in enumerate(seats)
        if not any(beats(other, place) for other in by_cell[both[1].covers & -both[1].covers])
    ]


def _kind(seats: list[tuple[Planned, Seat]], cells: int, tokens: Sequence[int]) -> Kind:
    """Return the kind of seats and their cells; cells that the same seats cover are one."""
    merged: dict[tuple[bool, ...], int] = {}
    while cells:
        lowest = cells & -cells
        cells ^= lowest
        by = tuple(bool(seat.covers & lowest) for _, seat in seats)
        merged[by] = merged.get(by, 0) + tokens[lowest.bit_length() - 1]
    masks = (sum(1 << bit for bit, by in enumerate(merged) if by[place]) for place in range(len(seats)))
    return Kind(tuple(merged.values()), tuple(seats[place][1]._replace(covers=mask) for place, mask in enumerate(masks)))


def _decimals(amounts: Iterable[Decimal]) -> int:
    return max((decimals_of(amount) for amount in set(amounts)), default=0)


def _whole(amount: Decimal, decimals: int) -> int:
    with exact():
        return int(amount.scaleb(decimals))

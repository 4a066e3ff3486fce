"""Rules for moving to a seat, replayed day by day over past use, against the best that hindsight could have done."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import UTC, date, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import accumulate

from attrs import field, frozen

from flexlib.charging.charges import Charge
from flexlib.model.amounts import ZERO, as_tokens, exact, total
from flexlib.model.instants import add_months, as_day_or_none
from flexlib.planning.checks import whole_number
from flexlib.planning.offers import SeatOffer
from flexlib.planning.switching.advice import day_costs, relevant, window_start
from flexlib.planning.switching.rules import SwitchRule, UseSoFar


def _ratio(cost: Decimal, hindsight: Decimal) -> float:
    if not hindsight:
        return math.inf if cost else 1.0
    return float(Fraction(cost) / Fraction(hindsight))


@frozen
class HindsightCost:
    """The least that a user's days could have cost, with all of them known beforehand.

    Attributes:
        user: The user.
        cost: The cost of tokens and seats together.
        seats: The days on which a seat is bought; each runs for the term.

    .. versionadded:: 0.1.0
    """

    user: str
    cost: Decimal
    seats: tuple[date, ...]


@frozen
class UserResult:
    """What a rule cost one user.

    Attributes:
        user: The user.
        cost: The cost of tokens and seats together.
        token_cost: The cost of the tokens alone.
        seats: The days on which the rule bought a seat; each runs for the term.
        hindsight: The least that it could have cost.

    .. versionadded:: 0.1.0
    """

    user: str
    cost: Decimal
    token_cost: Decimal
    seats: tuple[date, ...]
    hindsight: Decimal

    @property
    def ratio(self) -> float:
        """The cost as a multiple of hindsight; infinite where hindsight costs nothing and the rule does.

        .. versionadded:: 0.1.0
        """
        return _ratio(self.cost, self.hindsight)


@frozen
class RuleResult:
    """What a rule cost all users together. Made by `backtest_rules`.

    Attributes:
        rule: The rule.
        users: What it cost each user, sorted by user.

    .. versionadded:: 0.1.0
    """

    rule: SwitchRule
    users: tuple[UserResult, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """The rule's name.

        .. versionadded:: 0.1.0
        """
        return self.rule.name

    @property
    def cost(self) -> Decimal:
        """What all users cost.

        .. versionadded:: 0.1.0
        """
        return total(user.cost for user in self.users)

    @property
    def hindsight(self) -> Decimal:
        """The least that all users could have cost.

        .. versionadded:: 0.1.0
        """
        return total(user.hindsight for user in self.users)

    @property
    def ratio(self) -> float:
        """The cost as a multiple of hindsight; infinite where hindsight costs nothing and the rule does.

        .. versionadded:: 0.1.0
        """
        return _ratio(self.cost, self.hindsight)

    @property
    def worst(self) -> UserResult | None:
        """The user whose cost is the greatest multiple of hindsight, the first of equals; None without users.

        .. versionadded:: 0.1.0
        """
        return max(self.users, key=lambda user: user.ratio, default=None)


@frozen
class _Trace:
    """The days of use of one user, sorted, what their tokens cost, and the costs of the first none, one, two days and so on."""

    user: str
    days: tuple[date, ...]
    costs: tuple[Decimal, ...]
    sums: tuple[Decimal, ...]

    @classmethod
    def of(cls, user: str, costs: Mapping[date, Decimal]) -> _Trace:
        with exact():
            return cls(user, tuple(costs), tuple(costs.values()), tuple(accumulate(costs.values(), initial=ZERO)))


def hindsight_costs(
    charges: Iterable[Charge],
    offer: SeatOffer,
    *,
    token_price: Decimal | int,
    start: date | None = None,
    months: int = 12,
    zone: tzinfo = UTC,
) -> list[HindsightCost]:
    """Return the least that each user's days could have cost in tokens and seats, with all of them known beforehand.

    It is exact: over the days of use from the last to the first, the cheaper of paying the day and of buying a seat on it, whose term
    is of calendar months. A seat is paid in full, though its term may run beyond the last day. The arguments are those of
    `backtest_rules`. Sorted by user.

    Raises:
        InvalidTokensError: The price of a token is a float, negative or not finite.
        InvalidValueError: The months are no whole number of one or more, ``start`` is no date, or a value is no charge.

    The price of the seat is made up:

    >>> from datetime import datetime
    >>> charges = [Charge("ada", "revit", datetime(2026, 3, day, 8, tzinfo=UTC), 10) for day in range(2, 9)]
    >>> [best] = hindsight_costs(charges, SeatOffer("monthly", "revit", 150, months=1), token_price=3)
    >>> print(best.cost, *best.seats)
    150 2026-03-02

    .. versionadded:: 0.1.0
    """
    calendar = _Calendar(offer.months)
    return [_hindsight(trace, offer, calendar) for trace in _traces(charges, offer, token_price, start, months, zone)]


def backtest_rules(
    charges: Iterable[Charge],
    offer: SeatOffer,
    rules: Iterable[SwitchRule],
    *,
    token_price: Decimal | int,
    start: date | None = None,
    months: int = 12,
    zone: tzinfo = UTC,
) -> list[RuleResult]:
    """Return what each rule would have cost, had it been followed day by day; the cheapest first, then by name.

    On each day of use on which no seat runs the rule is asked, and knows that day and those before it. If it says to buy, the seat
    covers that day and the term after it; else the day is paid in tokens. No user has a seat at the start. A seat is paid in full, though
    its term may run beyond the last day: choose ``months`` no shorter than the term. The charges should be those of all use, as
    `flexlib.charge_usage` makes them without seats, since use under a seat that was there left no charge. Charges for results do not count
    (rule C10). Each user is judged alone, whatever the most seats on offer.

    Args:
        charges: The charges of any users and products, in any order; those of other products do not count.
        offer: The seat that could be bought.
        rules: The rules.
        token_price: What one token costs, in the currency of the offer.
        start: The first day, None for the first on which the offer's products were charged.
        months: How many calendar months from ``start`` on; later charges do not count.
        zone: The zone whose days count, where a charge was not reported with its day (rule T3).

    Raises:
        InvalidTokensError: The price of a token is a float, negative or not finite.
        InvalidValueError: The months are no whole number of one or more, ``start`` is no date, or a value is no charge.

    The price of the seat is made up:

    >>> from datetime import datetime
    >>> from flexlib.planning.switching.baselines import DaysAMonthRule, TokensOnlyRule
    >>> from flexlib.planning.switching.rules import BreakEvenRule
    >>> charges = [Charge("ada", "revit", datetime(2026, 3, day, 8, tzinfo=UTC), 10) for day in range(2, 22)]
    >>> offer = SeatOffer("monthly", "revit", 150, months=1)
    >>> for result in backtest_rules(charges, offer, [BreakEvenRule(), DaysAMonthRule(12), TokensOnlyRule()], token_price=3):
    ...     print(result.name, result.cost, result.hindsight, result.ratio)
    break-even 270 150 1.8
    12 days a month 480 150 3.2
    tokens only 600 150 4.0

    .. versionadded:: 0.1.0
    """
    traces = _traces(charges, offer, token_price, start, months, zone)
    calendar = _Calendar(offer.months)
    judged = [(trace, _hindsight(trace, offer, calendar).cost) for trace in traces]
    results = [RuleResult(rule, tuple(_replayed(trace, offer, rule, least, calendar) for trace, least in judged)) for rule in rules]
    return sorted(results, key=lambda result: (result.cost, result.name))


def _traces(
    charges: Iterable[Charge], offer: SeatOffer, token_price: Decimal | int, start: date | None, months: int, zone: tzinfo
) -> list[_Trace]:
    price, first = as_tokens(token_price), as_day_or_none(start)
    whole_number("months", months, 1)
    dated = [(charge.day(zone), charge) for charge in relevant(charges, offer)]
    if not dated:
        return []
    first = first or min(day for day, _ in dated)
    end = add_months(first, months)
    within = [charge for day, charge in dated if first <= day < end]
    return [_Trace.of(user, costs) for user, costs in day_costs(within, price, zone).items()]


class _Calendar:
    """The ends and the windows of terms, each worked out once."""

    def __init__(self, months: int) -> None:
        self.end = cache(lambda day: add_months(day, months))
        self.window_start = cache(lambda day: window_start(day, months))


def _hindsight(trace: _Trace, offer: SeatOffer, calendar: _Calendar) -> HindsightCost:
    """Find the least cost from the last day back; a seat that covers no day before the next day of use may as well begin on it."""
    count = len(trace.days)
    after = [bisect_left(trace.days, calendar.end(day)) for day in trace.days]
    least = [ZERO] * (count + 1)
    with exact():
        for place in range(count - 1, -1, -1):
            least[place] = min(trace.costs[place] + least[place + 1], offer.price + least[after[place]])
        seats, place = list[date](), 0
        while place < count:
            if offer.price + least[after[place]] < trace.costs[place] + least[place + 1]:
                seats.append(trace.days[place])
                place = after[place]
            else:
                place += 1
    return HindsightCost(trace.user, least[0], tuple(seats))


def _replayed(trace: _Trace, offer: SeatOffer, rule: SwitchRule, hindsight: Decimal, calendar: _Calendar) -> UserResult:
    """Follow a rule over a trace; what it is asked with holds no later day."""
    seats: list[date] = []
    paid: list[Decimal] = []
    place = free_from = 0
    while place < len(trace.days):
        day, known = trace.days[place], place + 1
        oldest = max(free_from, bisect_left(trace.days, calendar.window_start(day)))
        spent = _difference(trace.sums[known], trace.sums[oldest])
        use = UseSoFar(trace.user, day, trace.days[:known], trace.costs[:known], spent, offer.price, offer.months)
        if rule.progress(use).buy:
            seats.append(day)
            place = free_from = bisect_left(trace.days, calendar.end(day))
        else:
            paid.append(trace.costs[place])
            place = known
    token_cost = total(paid)
    return UserResult(trace.user, total([token_cost, *(offer.price for _ in seats)]), token_cost, tuple(seats), hindsight)


def _difference(amount: Decimal, less: Decimal) -> Decimal:
    with exact():
        return amount - less

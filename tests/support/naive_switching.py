"""Switching from tokens to a seat by the definitions alone: brute force, quadratic replays, months stepped by the calendar module."""

import math
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import combinations

from flexlib import Charge
from flexlib.planning import Progress, SeatOffer, ThresholdRule, UseSoFar, backtest_rules

Costs = dict[date, Decimal]
FIRST = date(2026, 1, 26)


class AfterPayingRule:
    """Break-even for those who see only days that are paid: buy once the days before this one have cost the price within a term."""

    name = "after paying"
    bound = None

    def progress(self, use: UseSoFar) -> Progress:
        """Leave the day's own cost out."""
        today = use.costs[-1] if use.days[-1] == use.day else Decimal(0)
        return Progress(use.spent - today, use.price)


def naive_end(day: date, months: int) -> date:
    """Return the first day after a term that begins on a day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def charges_of(costs: Costs, user: str = "ada") -> list[Charge]:
    """Return charges, at a token price of 1, of days that cost so much, at noon in UTC."""
    return [Charge(user, "revit", datetime.combine(day, time(12), UTC), cost) for day, cost in costs.items()]


def daily(costs: list[Decimal | int], first: date = FIRST) -> Costs:
    """Return costs of days in a row."""
    return {first + timedelta(days=number): Decimal(cost) for number, cost in enumerate(costs)}


def cost_with(costs: Costs, seats: tuple[date, ...], price: Decimal, months: int) -> Decimal:
    """Return what days cost with seats bought on given days."""
    covered = {day for day in costs for seat in seats if seat <= day < naive_end(seat, months)}
    return sum((cost for day, cost in costs.items() if day not in covered), start=price * len(seats))


def naive_hindsight(costs: Costs, price: Decimal, months: int, more_days: tuple[date, ...] = ()) -> Decimal:
    """Return the least cost over all choices of days to buy on, from the days of use and some more."""
    days = sorted({*costs, *more_days})
    choices = [seats for count in range(len(days) + 1) for seats in combinations(days, count)]
    return min(cost_with(costs, seats, price, months) for seats in choices)


def naive_threshold(costs: Costs, price: Decimal, months: int, share: Decimal) -> tuple[date, ...]:
    """Return the days on which a threshold rule buys, from its definition."""
    seats: list[date] = []
    for day in sorted(costs):
        if any(day < naive_end(seat, months) for seat in seats):
            continue
        free = [past for past in costs if past <= day and not any(seat <= past < naive_end(seat, months) for seat in seats)]
        if sum(costs[past] for past in free if naive_end(past, months) > day) >= share * price:
            seats.append(day)
    return tuple(seats)


def expected_cost(costs: Costs, offer: SeatOffer) -> float:
    """Return the mean cost of the randomised rule: where all costs are whole, what it does changes at shares n / price only."""
    whole = int(offer.price)
    rules = [ThresholdRule(Decimal(step) / whole) for step in range(1, whole + 1)]
    weights = {rule: math.exp(rule.share) - math.exp(rule.share - 1 / Decimal(whole)) for rule in rules}
    results = backtest_rules(charges_of(costs), offer, rules, token_price=1, months=99)
    return sum(float(result.cost) * weights[result.rule] for result in results) / (math.e - 1)

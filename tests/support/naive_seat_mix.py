"""The cheapest seats and packs by trying all: every set of seats, every number of packs. Only for a few users, offers and parts."""

from datetime import timedelta
from decimal import Decimal
from itertools import combinations, product
from math import ceil

from dateutil.relativedelta import relativedelta


def least_cost(charges, offers, *, token_price=None, packs=(), start, months=12, seat_budget=None):
    """Return the least cost of the charges of a term, None where the packs do not reach. Seats' prices must divide evenly."""
    term = [charge for charge in charges if in_term(charge, start, months)]
    seats = possible_seats(term, offers, start, months)
    costs = []
    for number in range(len(seats) + 1):
        for chosen in combinations(seats, number):
            spent = sum((price for _, _, _, _, price in chosen), Decimal(0))
            if seat_budget is not None and spent > seat_budget:
                continue
            if any(
                sum(offer is had for _, had, _, _, _ in chosen) > offer.at_most for offer in offers if offer.at_most is not None
            ):
                continue
            tokens = sum((charge.tokens for charge in term if not any(covers(seat, charge) for seat in chosen)), Decimal(0))
            cost = tokens * token_price if token_price is not None else pack_cost(tokens, packs)
            if cost is not None:
                costs.append(spent + cost)
    return min(costs, default=None)


def in_term(charge, start, months):
    return start <= charge.at.date() < start + relativedelta(months=months)


def possible_seats(charges, offers, start, months):
    """Return every seat that covers some charge: user, offer, first day, day after the last, price within the term."""
    seats = []
    for user in sorted({charge.user for charge in charges}):
        for offer in offers:
            for month in range(0, months, offer.months):
                first, last = start + relativedelta(months=month), start + relativedelta(months=month + offer.months)
                inside = min(offer.months, months - month)
                seat = (user, offer, first, last, offer.price * inside / offer.months)
                if any(covers(seat, charge) for charge in charges):
                    seats.append(seat)
    return seats


def covers(seat, charge):
    user, offer, first, last, _ = seat
    return charge.result is None and charge.user == user and charge.product in offer.products and first <= charge.at.date() < last


def pack_cost(tokens, packs):
    """Return the least cost of packs that hold tokens, None where they do not reach."""
    ranges = []
    for pack in packs:
        enough = ceil(tokens / pack.tokens)
        ranges.append(range(min(enough, enough if pack.at_most is None else pack.at_most) + 1))
    costs = [
        sum((count * pack.price for count, pack in zip(counts, packs, strict=True)), Decimal(0))
        for counts in product(*ranges)
        if sum(count * pack.tokens for count, pack in zip(counts, packs, strict=True)) >= tokens
    ]
    return min(costs, default=None)


def least_cost_daily(charges, offers, *, token_price, start, months=12):
    """Return the least cost where the seats of an offer pass from user to user each day: every number of every offer."""
    term = [charge for charge in charges if in_term(charge, start, months)]
    users = len({charge.user for charge in term})
    numbers = [range(min(users, users if offer.at_most is None else offer.at_most) + 1) for offer in offers]
    return min(
        sum((count * offer.price for count, offer in zip(counts, offers, strict=True)), Decimal(0))
        + token_price * left_daily(term, dict(zip(offers, counts, strict=True)), start, months)
        for counts in product(*numbers)
    )


def left_daily(charges, counts, start, months):
    left = Decimal(0)
    day = start
    while day < start + relativedelta(months=months):
        today = [charge for charge in charges if charge.at.date() == day]
        left += sum((charge.tokens for charge in today if charge.result is not None), Decimal(0))
        for name in {charge.product for charge in today}:
            by_user = {}
            for charge in today:
                if charge.product == name and charge.result is None:
                    by_user[charge.user] = by_user.get(charge.user, Decimal(0)) + charge.tokens
            seats = sum(count for offer, count in counts.items() if name in offer.products)
            left += sum(sorted(by_user.values(), reverse=True)[seats:], Decimal(0))
        day += timedelta(days=1)
    return left

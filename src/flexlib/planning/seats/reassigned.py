"""Seats that pass from user to user each day: how many pay for themselves (rule A3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from attrs import frozen

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ZERO, counted, exact, total
from flexlib.planning.offers import SeatOffer
from flexlib.planning.seats.cells import Term
from flexlib.planning.seats.values import PlannedSeat, Reassign, SeatMix, UserPlan
from flexlib.planning.wording import money

Days = dict[str, dict[date, dict[str, Decimal]]]
"""Tokens by product, day and user."""


@frozen
class _Use:
    """The use of a term."""

    days: Days
    results: dict[str, Decimal]
    outside: int


def reassigned(
    charges: Iterable[Charge], offers: Sequence[SeatOffer], term: Term, token_price: Decimal, currency: str | None
) -> SeatMix:
    """Return the plan of seats that each day go to those whose day would cost most in tokens.

    Raises:
        InvalidValueError: An offer is for several products, or for another term.

    """
    _check(offers, term.months)
    use = _use_of(charges, term)
    seats: list[PlannedSeat] = []
    covered: dict[str, _Tally] = {}
    for product, days in use.days.items():
        bought = _worthwhile(days, _by_price(offers, product), token_price)
        seats += [PlannedSeat(None, offer, term.starts_on, term.ends_on, offer.price) for offer in bought]
        _count(days, len(bought), covered)
    for user, tokens in use.results.items():
        covered.setdefault(user, _Tally()).results = tokens
    users = tuple(_plan(user, covered[user], token_price, currency) for user in sorted(covered))
    seat_cost, token_cost = total(seat.price for seat in seats), total(plan.token_cost for plan in users)
    return SeatMix(
        term.starts_on,
        term.ends_on,
        tuple(sorted(seats, key=lambda seat: seat.offer.name)),
        users,
        (),
        total(plan.tokens for plan in users),
        seat_cost,
        token_cost,
        total([seat_cost, token_cost]),
        total(plan.tokens_only_cost or ZERO for plan in users),
        currency,
        Reassign.DAILY,
        use.outside,
    )


class _Tally:
    """A user's days and tokens, and which of them seats cover."""

    def __init__(self) -> None:
        self.days = self.covered_days = 0
        self.tokens = self.covered_tokens = self.results = ZERO


def _check(offers: Sequence[SeatOffer], months: int) -> None:
    for offer in offers:
        if len(set(offer.products)) > 1:
            raise InvalidValueError("offers", offer.name, "seats for one product each, where seats are reassigned daily")
        if offer.months != months:
            raise InvalidValueError("offers", offer.name, f"seats for the plan's {months} months, where seats are reassigned daily")


def _use_of(charges: Iterable[Charge], term: Term) -> _Use:
    days: dict[str, dict[date, dict[str, list[Decimal]]]] = {}
    results: dict[str, list[Decimal]] = {}
    outside = 0
    for charge in charges:
        day = charge.day(term.zone)
        if not term.starts_on <= day < term.ends_on:
            outside += 1
        elif charge.result is not None:
            results.setdefault(charge.user, []).append(charge.tokens)
        else:
            days.setdefault(charge.product, {}).setdefault(day, {}).setdefault(charge.user, []).append(charge.tokens)
    summed = {
        product: {day: {user: total(users[user]) for user in sorted(users)} for day, users in sorted(own.items())}
        for product, own in sorted(days.items())
    }
    return _Use(summed, {user: total(tokens) for user, tokens in results.items()}, outside)


def _by_price(offers: Iterable[SeatOffer], product: str) -> list[tuple[SeatOffer, int | None]]:
    """Return the offers for a product, the cheapest seats first, with how many there are."""
    fitting = sorted((offer for offer in offers if product in offer.products), key=lambda offer: (offer.price, offer.name))
    return [(offer, offer.at_most) for offer in fitting]


def _worthwhile(
    days: Mapping[date, Mapping[str, Decimal]], offers: Sequence[tuple[SeatOffer, int | None]], token_price: Decimal
) -> list[SeatOffer]:
    """Return the seats that save more than they cost, one after another.

    The k-th seat covers on each day the use that is k-th in tokens. So a further one never saves more than the one before, nor costs less,
    and where one does not pay, no more do.
    """
    ranked = [sorted(users.values(), reverse=True) for users in days.values()]
    bought: list[SeatOffer] = []
    for offer, at_most in offers:
        number = 0
        while at_most is None or number < at_most:
            place = len(bought)
            with exact():
                saves = token_price * total(day[place] for day in ranked if len(day) > place)
            if saves <= offer.price:
                return bought
            bought.append(offer)
            number += 1
    return bought


def _count(days: Mapping[date, Mapping[str, Decimal]], seats: int, tallies: dict[str, _Tally]) -> None:
    """Count each user's days and tokens, and those that so many seats cover; among equals the first given."""
    with exact():
        for users in days.values():
            for place, (user, tokens) in enumerate(sorted(users.items(), key=lambda use: -use[1])):
                tally = tallies.setdefault(user, _Tally())
                tally.days += 1
                tally.tokens += tokens
                if place < seats:
                    tally.covered_days += 1
                    tally.covered_tokens += tokens


def _plan(user: str, tally: _Tally, token_price: Decimal, currency: str | None) -> UserPlan:
    with exact():
        used = tally.tokens + tally.results
        left = used - tally.covered_tokens
        cost, alone = left * token_price, used * token_price
    days = counted(tally.days, "day of a product", "days of a product")
    why = (
        f"{user}: of {days} {tally.covered_days} fall to seats that pass from day to day, "
        f"what stays costs {money(cost, currency)} in tokens instead of {money(alone, currency)}"
    )
    return UserPlan(user, (), used, left, ZERO, cost, alone, why)

"""The plan that a choice of seats makes: every figure worked out anew from the charges, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from attrs import frozen

from flexlib.model.amounts import ZERO, exact, total
from flexlib.planning.offers import PackOffer, SeatOffer
from flexlib.planning.seats.cells import Term, Usage, Use, decimals_of, share_of_price
from flexlib.planning.seats.choices import Planned, Units
from flexlib.planning.seats.pack_prices import PackPrices
from flexlib.planning.seats.reasons import Reasons
from flexlib.planning.seats.values import BoughtPacks, PlannedSeat, Reassign, SeatMix, UserPlan


@frozen
class TokenSide:
    """How tokens are paid for.

    Attributes:
        price: The price of a token, None where packs are bought.
        packs: The packs on offer.
        prices: The prices of the packs in units, None where tokens have a price.
        units: How amounts stand in whole numbers.

    """

    price: Decimal | None
    packs: Sequence[PackOffer]
    prices: PackPrices | None
    units: Units

    def bought(self, tokens: Decimal) -> tuple[BoughtPacks, ...] | None:
        """Return the packs to buy for tokens; None where they do not reach."""
        if self.prices is None:
            return ()
        bought = self.prices.cheapest(self.units.tokens(tokens))
        if bought is None:
            return None
        return tuple(BoughtPacks(pack, count) for pack, count in zip(self.packs, bought[1], strict=True) if count)

    def cost(self, tokens: Decimal) -> Decimal | None:
        """Return what packs for tokens cost; None where they do not reach."""
        bought = self.bought(tokens)
        return None if bought is None else total(packs.price for packs in bought)

    def shares(self, tokens: Sequence[Decimal]) -> list[Decimal] | None:
        """Return what each user's tokens cost; of packs, the share of their price by tokens, which add up to it."""
        if self.price is not None:
            with exact():
                return [self.price * each for each in tokens]
        cost = self.cost(total(tokens))
        return None if cost is None else _shares(cost, [self.units.tokens(each) for each in tokens])


def _shares(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Return an amount in parts in proportion to weights, to the cent or the amount's own decimals, that add up to it."""
    decimals = max(2, decimals_of(amount))
    whole = sum(weights)
    with exact():
        units = int(amount.scaleb(decimals))
        parts, so_far, given = [], 0, 0
        for weight in weights:
            so_far += weight
            upto = units * so_far // whole if whole else 0
            parts.append(Decimal(upto - given).scaleb(-decimals))
            given = upto
    return parts


def mix_of(
    seats: Iterable[Planned],
    lower_bound: Decimal,
    usage: Usage,
    offers: Sequence[SeatOffer],
    term: Term,
    side: TokenSide,
    *,
    currency: str | None,
    coupled: str,
) -> SeatMix:
    """Return the plan of seats that users get."""
    planned: dict[str, list[Planned]] = {}
    for seat in seats:
        planned.setdefault(seat.user, []).append(seat)
    users = usage.users()
    covered = {user: _covered(usage.cells.get(user, {}), planned.get(user, ()), offers, term) for user in users}
    used = [usage.used_tokens(user) for user in users]
    with exact():
        left = [tokens - total(use.tokens for use in covered[user].values()) for user, tokens in zip(users, used, strict=True)]
    only, costs = side.shares(used), side.shares(left) or []
    reasons = Reasons(offers, term, _average(side, total(used), total(left)), currency, coupled)
    plans = []
    for place, user in enumerate(users):
        own = tuple(_planned(seat, offers, term) for seat in planned.get(user, ()))
        why = reasons.of(user, usage.cells.get(user, {}), usage.results.get(user, ZERO), own, covered[user])
        seat_cost, alone = total(seat.price for seat in own), None if only is None else only[place]
        plans.append(UserPlan(user, own, used[place], left[place], seat_cost, costs[place], alone, why))
    return SeatMix(
        term.starts_on,
        term.ends_on,
        tuple(seat for plan in plans for seat in plan.seats),
        tuple(plans),
        side.bought(total(left)) or (),
        total(left),
        total(plan.seat_cost for plan in plans),
        total(costs),
        lower_bound,
        None if only is None else total(only),
        currency,
        Reassign.NAMED,
        usage.outside,
    )


def _average(side: TokenSide, used: Decimal, left: Decimal) -> Decimal | Fraction:
    """Return what a token costs: its price, or what it costs on the average of the packs for all use, or for what stays, or the cheapest of them."""
    if side.price is not None:
        return side.price
    for tokens in (used, left):
        cost = side.cost(tokens)
        if cost is not None and tokens:
            return Fraction(cost) / Fraction(tokens)
    return min(Fraction(pack.price) / Fraction(pack.tokens) for pack in side.packs)


def _covered(
    cells: Mapping[tuple[str, int], Use], seats: Iterable[Planned], offers: Sequence[SeatOffer], term: Term
) -> dict[tuple[str, int], Use]:
    """Return what of a user's cells the user's seats cover."""
    covers: set[tuple[str, int]] = set()
    for seat in seats:
        segments = dict(term.parts(offers[seat.offer]))[seat.month]
        covers.update((product, segment) for product in offers[seat.offer].products for segment in segments)
    return {key: use for key, use in cells.items() if key in covers}


def _planned(seat: Planned, offers: Sequence[SeatOffer], term: Term) -> PlannedSeat:
    offer = offers[seat.offer]
    price = share_of_price(offer, seat.month, term.months)
    return PlannedSeat(seat.user, offer, term.day(seat.month), term.day(seat.month + offer.months), price)

"""Why a user gets a seat or keeps tokens, in a sentence with its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from attrs import frozen

from flexlib.model.amounts import ZERO, counted, exact, total
from flexlib.planning.offers import SeatOffer
from flexlib.planning.seats.cells import Term, Use, share_of_price
from flexlib.planning.seats.values import PlannedSeat
from flexlib.planning.wording import money

Cells = Mapping[tuple[str, int], Use]
"""What a user was charged, by product and segment of the term."""


class _Seat(NamedTuple):
    """A seat that a user might have, with what it would cover."""

    saves: Decimal
    price: Decimal
    offer: SeatOffer
    month: int
    covered: Cells


@frozen
class Reasons:
    """Tells the reasons of one plan.

    Attributes:
        offers: The offers.
        term: The term.
        token_price: What a token costs: exactly, or as a fraction what it costs on the average of the packs.
        currency: The currency of money.
        coupled: What users share, in words; empty where each user's choice is his own.

    """

    offers: Sequence[SeatOffer]
    term: Term
    token_price: Decimal | Fraction
    currency: str | None
    coupled: str

    def of(self, user: str, cells: Cells, results: Decimal, seats: Sequence[PlannedSeat], covered: Cells) -> str:
        """Return the reason of what one user gets."""
        if seats:
            return self._with_seats(user, cells, results, seats, covered)
        nearest = self._nearest(cells)
        if nearest is None:
            return f"{user} keeps tokens: {self._cost(cells, results)}, and no seat on offer covers that"
        price = f"a seat {nearest.offer.name!r} costs {money(nearest.price, self.currency)}"
        sentence = f"{user} keeps tokens: {self._cost(nearest.covered, when=self._when(nearest))}, {price}"
        sentence += self._together if nearest.saves > nearest.price else ""
        used = total([results, *(use.tokens for use in cells.values())])
        partly = len(nearest.covered) < len(cells) or results
        return f"{sentence}; all that is used costs {self._worth(used)}" if partly else sentence

    @property
    def _together(self) -> str:
        return f", yet all users together cost least so, given {self.coupled}"

    def _with_seats(self, user: str, cells: Cells, results: Decimal, seats: Sequence[PlannedSeat], covered: Cells) -> str:
        names = dict.fromkeys(seat.offer.name for seat in seats)
        what = _listed([_several([seat for seat in seats if seat.offer.name == name]) for name in names])
        tokens, price = total(use.tokens for use in covered.values()), total(seat.price for seat in seats)
        sentence = (
            f"{user} gets {what} for {money(price, self.currency)}: "
            f"{_use(covered, ZERO)[0]} would cost {self._worth(tokens)} in tokens"
        )
        sentence += self._together if price > self._price_of(tokens) else ""
        left = {key: use for key, use in cells.items() if key not in covered}
        return f"{sentence}; {self._cost(left, results)} and stay so" if left or results else sentence

    def _cost(self, cells: Cells, results: Decimal = ZERO, when: str = "") -> str:
        """Return what use costs, in words."""
        what, several = _use(cells, results)
        tokens = total([results, *(use.tokens for use in cells.values())])
        return f"{what}{when} {'cost' if several else 'costs'} {self._worth(tokens)} in tokens"

    def _worth(self, tokens: Decimal) -> str:
        amount = self._price_of(tokens)
        return money(amount, self.currency) if isinstance(self.token_price, Decimal) else f"about {money(amount, self.currency)}"

    def _price_of(self, tokens: Decimal) -> Decimal:
        with exact():
            if isinstance(self.token_price, Decimal):
                return tokens * self.token_price
            return Decimal(round(Fraction(tokens) * self.token_price * 100)) / 100

    def _nearest(self, cells: Cells) -> _Seat | None:
        """Return the seat that comes nearest to paying for itself."""
        products = {product for product, _ in cells}
        offers = [offer for offer in self.offers if not products.isdisjoint(offer.products)]
        seats = [self._seat(offer, month, segments, cells) for offer in offers for month, segments in self.term.parts(offer)]
        return max((seat for seat in seats if seat.covered), key=lambda seat: seat.saves - seat.price, default=None)

    def _seat(self, offer: SeatOffer, month: int, segments: range, cells: Cells) -> _Seat:
        covered = {key: use for key, use in cells.items() if key[0] in offer.products and key[1] in segments}
        saves = self._price_of(total(use.tokens for use in covered.values()))
        return _Seat(saves, share_of_price(offer, month, self.term.months), offer, month, covered)

    def _when(self, seat: _Seat) -> str:
        if seat.offer.months >= self.term.months:
            return ""
        return f" from {self.term.day(seat.month).isoformat()} to {self.term.day(seat.month + seat.offer.months).isoformat()}"


def _use(cells: Cells, results: Decimal) -> tuple[str, bool]:
    """Return use in words, the days of each product and the results, and whether the words are a plural."""
    days: dict[str, int] = {}
    for (product, _), use in cells.items():
        days[product] = days.get(product, 0) + use.days
    parts = [f"{counted(several, 'day')} of {product}" for product, several in sorted(days.items())]
    parts += [f"results of {counted(results, 'token')}"] if results else []
    return _listed(parts), bool(results) or list(days.values()) != [1]


def _several(seats: Sequence[PlannedSeat]) -> str:
    first, *others = seats
    name = repr(first.offer.name)
    return f"{len(seats)} seats {name}" if others else f"{name} from {first.starts_on.isoformat()}"


def _listed(parts: Sequence[str]) -> str:
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last

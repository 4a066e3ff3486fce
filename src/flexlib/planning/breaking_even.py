"""The break-even of a seat: up to how many days of use a term tokens cost no more (rules C1, C8, P7)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from attrs import field, frozen

from flexlib.model.amounts import as_tokens, counted, exact, plain, total
from flexlib.model.instants import add_months
from flexlib.planning.checks import one_currency, whole_number
from flexlib.planning.offers import SeatOffer

if TYPE_CHECKING:
    from attrs import Attribute

_HUNDREDTH = Decimal("0.01")
_LEAP_CYCLE_MONTHS, _LEAP_CYCLE_DAYS = 48, 1461


def _one_or_more(_instance: object, attribute: Attribute[int], value: int) -> None:
    whole_number(attribute.name, value, 1)


class Cheaper(enum.Enum):
    """What costs less for a number of days: tokens, a seat, or neither.

    .. versionadded:: 0.1.0
    """

    TOKENS = "tokens"
    SEAT = "seat"
    SAME = "same"


@frozen
class BreakEvenPoint:
    """What a number of days of use costs in tokens, beside the seat: a point of a plot.

    Attributes:
        days: The days of use in the term.
        tokens: The tokens that they take.
        token_cost: What those tokens cost.
        seat_price: What the seat costs, however many the days.
        cheaper: Which of the two costs less.

    .. versionadded:: 0.1.0
    """

    days: int
    tokens: Decimal
    token_cost: Decimal
    seat_price: Decimal
    cheaper: Cheaper


@frozen
class BreakEven:
    """How tokens compare with a seat, by the days of use in the seat's term. Made by `break_even`.

    All figures are exact but ``days_a_month``. Money is in the one currency of both prices.

    Attributes:
        tokens_per_day: The tokens that a day of use takes: a product's rate, or the sum of several rates (rule C9).
        token_price: What one token costs.
        seat_price: What one seat costs for the whole term.
        months: The term in calendar months.

    Raises:
        InvalidTokensError: An amount is a float, negative or not finite.
        InvalidValueError: The months are no whole number of one or more.

    .. versionadded:: 0.1.0
    """

    tokens_per_day: Decimal = field(converter=as_tokens)
    token_price: Decimal = field(converter=as_tokens, kw_only=True)
    seat_price: Decimal = field(converter=as_tokens, kw_only=True)
    months: int = field(default=12, kw_only=True, validator=_one_or_more)

    @property
    def day_cost(self) -> Decimal:
        """What the tokens of one day cost.

        .. versionadded:: 0.1.0
        """
        with exact():
            return self.tokens_per_day * self.token_price

    @property
    def days(self) -> int | None:
        """The most days of use a term for which tokens cost no more than the seat; equal costs count as no more.

        None where a day costs nothing, since tokens then never cost more. It can exceed the days of the term: see `seat_can_pay`.

        .. versionadded:: 0.1.0
        """
        day_cost = self.day_cost
        if not day_cost:
            return None
        with exact():
            return int(self.seat_price // day_cost)

    @property
    def days_a_month(self) -> Decimal | None:
        """The same a month, rounded to two decimals for reading; `days` is the exact figure to decide by.

        .. versionadded:: 0.1.0
        """
        if self.days is None:
            return None
        with exact():
            return round(Fraction(self.days * 100, self.months)) * _HUNDREDTH

    @property
    def term_days(self) -> int:
        """The most calendar days that a term of so many months can have, which is 31 for 1, 366 for 12, 1096 for 36.

        .. versionadded:: 0.1.0
        """
        cycles, rest = divmod(self.months, _LEAP_CYCLE_MONTHS)
        first = date(2001, 1, 1)
        starts = [add_months(first, month) for month in range(_LEAP_CYCLE_MONTHS)]
        return cycles * _LEAP_CYCLE_DAYS + max((add_months(start, rest) - start).days for start in starts)

    @property
    def seat_can_pay(self) -> bool:
        """Whether some number of days that fits in the term costs more in tokens than the seat; a day is charged once (rule C1).

        .. versionadded:: 0.1.0
        """
        return self.days is not None and self.days < self.term_days

    def token_cost(self, days: int) -> Decimal:
        """Return what the tokens of some days of use cost.

        Raises:
            InvalidValueError: The days are no whole number of zero or more.

        .. versionadded:: 0.1.0
        """
        with exact():
            return self.day_cost * whole_number("days", days, 0)

    def cheaper(self, days: int) -> Cheaper:
        """Return which costs less for some days of use in the term.

        Raises:
            InvalidValueError: The days are no whole number of zero or more.

        .. versionadded:: 0.1.0
        """
        cost = self.token_cost(days)
        if cost == self.seat_price:
            return Cheaper.SAME
        return Cheaper.TOKENS if cost < self.seat_price else Cheaper.SEAT

    def curve(self, days: int | None = None) -> tuple[BreakEvenPoint, ...]:
        """Return the costs for each number of days from zero to some days, up to the days of the term if not given.

        Raises:
            InvalidValueError: The days are no whole number of zero or more.

        .. versionadded:: 0.1.0
        """
        last = self.term_days if days is None else whole_number("days", days, 0)
        return tuple(self._point(number) for number in range(last + 1))

    def _point(self, days: int) -> BreakEvenPoint:
        with exact():
            tokens = self.tokens_per_day * days
        return BreakEvenPoint(days, tokens, self.token_cost(days), self.seat_price, self.cheaper(days))

    def __str__(self) -> str:
        use = f"{counted(self.tokens_per_day, 'token')} a day at {plain(self.token_price)} each"
        seat, term = f"a seat for {plain(self.seat_price)}", counted(self.months, "month")
        if self.days is None:
            return f"{use} cost nothing: never more than {seat} for {term}"
        verdict = f"{use} cost no more than {seat} up to {counted(self.days, 'day')} in {term} ({self.days_a_month} a month)"
        return verdict if self.seat_can_pay else f"{verdict}, and a term has no more days"


def break_even(
    tokens_per_day: Decimal | int, *, token_price: Decimal | int, seat_price: Decimal | int, months: int = 12
) -> BreakEven:
    """Return up to how many days of use a term tokens cost no more than a seat (rules C1, P7).

    Its ``days`` are None where a day takes no tokens or a token costs nothing: tokens then never cost more.

    Args:
        tokens_per_day: The product's rate; for products used on the same days, the sum of their rates (rule C9).
        token_price: What one token costs, in the currency of the seat.
        seat_price: What one seat costs for the whole term.
        months: The seat's term in calendar months.

    Raises:
        InvalidTokensError: An amount is a float, negative or not finite.
        InvalidValueError: The months are no whole number of one or more.

    The price of the seat is made up:

    >>> line = break_even(7, token_price=3, seat_price=1000)
    >>> print(line.days, line.days_a_month, line.token_cost(47), line.token_cost(48))
    47 3.92 987 1008
    >>> print(line)
    7 tokens a day at 3 each cost no more than a seat for 1000 up to 47 days in 12 months (3.92 a month)

    .. versionadded:: 0.1.0
    """
    return BreakEven(tokens_per_day, token_price=token_price, seat_price=seat_price, months=months)


@frozen
class OfferBreakEven:
    """A row of the table of `break_evens`: an offer against the use of one product, or of several on the same days.

    Attributes:
        products: The product codes, sorted: one, or all those of a collection.
        offer: The seat.
        break_even: The break-even; its months are the offer's term.

    .. versionadded:: 0.1.0
    """

    products: tuple[str, ...]
    offer: SeatOffer
    break_even: BreakEven

    @property
    def days(self) -> int | None:
        """The most days a term for which tokens cost no more, None where they never do.

        .. versionadded:: 0.1.0
        """
        return self.break_even.days

    @property
    def days_a_month(self) -> Decimal | None:
        """The same a month, rounded to two decimals for reading.

        .. versionadded:: 0.1.0
        """
        return self.break_even.days_a_month


def break_evens(
    products: Mapping[str, Decimal | int], offers: Iterable[SeatOffer], *, token_price: Decimal | int
) -> list[OfferBreakEven]:
    """Return the break-even of every offer for each product that it covers, as a table.

    An offer of a collection has a row for each of its products used alone, and one more for all of them used on the same days, whose
    tokens a day are the sum (rule C9). Products that the mapping does not name are left out, in that sum too; an offer that covers none
    has no row. The rows go by the number of products, the products, the term and the offer's name; an offer given twice counts once.

    Args:
        products: The tokens a day of each product, by product code. From a rate book: ``{code: book.rate(code, at).tokens for code in
            codes}``, of products with a rate a day (rule C10).
        offers: The seats on offer, of any terms, all priced in one currency.
        token_price: What one token costs, in that currency.

    Raises:
        InvalidTokensError: An amount is a float, negative or not finite.
        InvalidValueError: The offers are priced in several currencies.

    The prices of the seats are made up:

    >>> monthly = SeatOffer("monthly", "autocad", 250, months=1)
    >>> annual = SeatOffer("annual", "autocad", 2000)
    >>> for row in break_evens({"autocad": 7}, [annual, monthly], token_price=3):
    ...     print(*row.products, row.offer.name, row.days, row.days_a_month)
    autocad monthly 11 11.00
    autocad annual 95 7.92

    .. versionadded:: 0.1.0
    """
    token_price = as_tokens(token_price)
    rates = {product: as_tokens(tokens) for product, tokens in products.items()}
    distinct = set(offers)
    one_currency(distinct)
    rows = [
        OfferBreakEven(
            group,
            offer,
            break_even(
                total(rates[product] for product in group),
                token_price=token_price,
                seat_price=offer.price,
                months=offer.months,
            ),
        )
        for offer in distinct
        for group in _groups(offer, rates)
    ]
    return sorted(rows, key=_place)


def _groups(offer: SeatOffer, rates: Mapping[str, Decimal]) -> list[tuple[str, ...]]:
    """Return each product of an offer that has a rate, alone, and all of them together where they are several."""
    covered = tuple(sorted(set(offer.products) & set(rates)))
    together = [covered] if len(covered) > 1 else []
    return [*((product,) for product in covered), *together]


def _place(row: OfferBreakEven) -> tuple[object, ...]:
    offer = row.offer
    return (len(row.products), row.products, offer.months, offer.name, offer.price, offer.products, offer.at_most or 0)

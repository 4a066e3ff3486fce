"""Use profiles: how often each user was charged for each product, beside the days from which a seat costs less (rules C1, C8)."""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from attrs import frozen

from flexlib.charging.charges import Charge
from flexlib.charging.reported import as_charge
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ONE, ZERO, as_positive, as_tokens, exact, total
from flexlib.model.instants import add_months, as_day
from flexlib.model.reported import ReportedUse
from flexlib.planning.checks import one_currency, whole_number
from flexlib.planning.offers import SeatOffer

_DaysOfUse = Mapping[date, Decimal]


class UseBand(enum.Enum):
    """How the tokens of a user and product compare with the cheapest seat that covers the product.

    .. versionadded:: 0.1.0
    """

    OCCASIONAL = "occasional"
    """Well under the break-even; tokens cost far less."""

    REGULAR = "regular"
    """Near the break-even; a seat costs about as much."""

    HEAVY = "heavy"
    """Above the break-even; a seat costs less."""

    UNCOVERED = "uncovered"
    """No offer covers the product, so there is nothing to compare with."""


@frozen
class MonthOfUse:
    """A month of a use profile.

    Attributes:
        starts_on: Its first day; it ends before the next month of the profile starts.
        days: On how many days of it the user was charged.
        tokens: The tokens charged.
        token_cost: What those tokens cost.
        band: How that compares with one month's part of the price of the profile's offer.

    .. versionadded:: 0.1.0
    """

    starts_on: date
    days: int
    tokens: Decimal
    token_cost: Decimal
    band: UseBand


@frozen
class UseProfile:
    """How often a user was charged for a product over a term, and how that compares with a seat. Made by `use_profiles`.

    Attributes:
        user: The user.
        product: The product's code.
        by_month: The months of the term, in order; all of them, those without use too.
        offer: The offer that costs least a month of those that cover the product, None where none does. One for a collection counts at
            its full price.
        break_even_days: The most days in the term for which tokens cost no more than ``offer``, at this profile's mean of tokens a
            day; None where no offer covers the product or the tokens cost nothing.
        band: How the whole term compares with ``offer``.
        monthly_offer: The cheapest offer of one month that covers the product, None where none does.

    .. versionadded:: 0.1.0
    """

    user: str
    product: str
    by_month: tuple[MonthOfUse, ...]
    offer: SeatOffer | None
    break_even_days: int | None
    band: UseBand
    monthly_offer: SeatOffer | None = None

    @property
    def days(self) -> int:
        """On how many days of the term the user was charged.

        .. versionadded:: 0.1.0
        """
        return sum(month.days for month in self.by_month)

    @property
    def tokens(self) -> Decimal:
        """The tokens charged in the term.

        .. versionadded:: 0.1.0
        """
        return total(month.tokens for month in self.by_month)

    @property
    def token_cost(self) -> Decimal:
        """What the tokens of the term cost.

        .. versionadded:: 0.1.0
        """
        return total(month.token_cost for month in self.by_month)

    @property
    def ratio(self) -> Fraction | None:
        """The cost of the tokens over the price of ``offer`` for the same months, exact; the band is decided by it.

        None where no offer covers the product, or it costs nothing.

        .. versionadded:: 0.1.0
        """
        if self.offer is None or not self.offer.price:
            return None
        return Fraction(self.token_cost) * self.offer.months / (Fraction(self.offer.price) * len(self.by_month))

    @property
    def seasonal(self) -> bool:
        """Whether the use is heavy in some months and yet not over the term.

        .. versionadded:: 0.1.0
        """
        return self.band is not UseBand.HEAVY and any(month.band is UseBand.HEAVY for month in self.by_month)

    @property
    def seat_months(self) -> tuple[date, ...]:
        """The first days of the months in which ``monthly_offer`` costs less than the tokens.

        .. versionadded:: 0.1.0
        """
        offer = self.monthly_offer
        return tuple(month.starts_on for month in self.by_month if offer and offer.price < month.token_cost)


class _Bands(NamedTuple):
    """Where the bands begin, as parts of the break-even."""

    occasional: Decimal
    heavy: Decimal

    @classmethod
    def of(cls, occasional: Decimal | int, heavy: Decimal | int) -> _Bands:
        bands = cls(as_tokens(occasional), as_positive(heavy))
        if bands.occasional > bands.heavy:
            raise InvalidValueError("occasional", occasional, f"no more than heavy, which is {heavy}")
        return bands

    def band(self, token_cost: Decimal, offer: SeatOffer | None, months: int) -> UseBand:
        """Return the band of what tokens cost in some months."""
        if offer is None:
            return UseBand.UNCOVERED
        with exact():
            # Both sides are multiplied by the offer's months: a third of a price has no exact decimal.
            tokens, seat = token_cost * offer.months, offer.price * months
            if tokens > self.heavy * seat:
                return UseBand.HEAVY
            return UseBand.OCCASIONAL if tokens < self.occasional * seat else UseBand.REGULAR


def use_profiles(
    charges: Iterable[Charge | ReportedUse],
    offers: Iterable[SeatOffer],
    *,
    token_price: Decimal | int,
    start: date | None = None,
    months: int = 12,
    zone: tzinfo = UTC,
    occasional: Decimal | int = Decimal("0.5"),
    heavy: Decimal | int = ONE,
) -> list[UseProfile]:
    """Return how often each user was charged for each product over a term, beside the break-even of the cheapest seat (rules C1, C8).

    The band is decided over the whole term: who works 20 days in each of three months and not at all in the others may be heavy in
    these and still cheaper on tokens. A day is a day on which tokens were charged; a charge of zero tokens counts for none (rule C11).
    The day of a charge is that of the vendor's report where it was read from one, else that of its instant in the zone (rule T3).

    Charges for results stay out: a seat does not replace them (rule C10). A row of the vendor's report does not say whether it paid for
    results, so leave rows of such products out. Each product stands alone: whether one collection pays for several products of a user
    is a question for the seat mix. The most seats of an offer that may be bought play no part.

    Args:
        charges: Charges, or rows of the vendor's report; the same one given twice counts once.
        offers: The seats on offer, of any terms, all priced in one currency. An offer counts with the part of its price that falls on
            the months of the profile: a twelfth of an annual price for one month. Of equal offers, the shortest term goes first.
        token_price: What one token costs, in that currency.
        start: The first day of the term, None for the term of calendar months that ends with the month of the last charge. Charges
            outside of the term play no part.
        months: The length of the term in calendar months. Give fewer where the charges reach back less than a year.
        zone: The zone of the days of charges that were computed.
        occasional: Tokens are occasional below this part of the seat's price.
        heavy: Tokens are heavy above this part of the seat's price.

    Returns:
        A profile of each user and product with a charge in the term, by user and product.

    Raises:
        InvalidTokensError: An amount is a float, negative or not finite, or ``heavy`` is zero.
        InvalidValueError: The offers are priced in several currencies, ``occasional`` exceeds ``heavy``, the months are no whole number
            of one or more or leave the calendar, or a value is neither a charge nor a row of the vendor's report.

    >>> from datetime import date
    >>> rows = [ReportedUse("ada", "autocad", date(2026, 3, day), 7) for day in range(2, 22)]
    >>> offers = [SeatOffer("annual", "autocad", 2000), SeatOffer("monthly", "autocad", 250, months=1)]  # made-up prices
    >>> [ada] = use_profiles(rows, offers, token_price=3)
    >>> print(ada.days, ada.token_cost, ada.break_even_days, ada.band.value, ada.seasonal, *ada.seat_months)
    20 420 95 occasional True 2026-03-01

    .. versionadded:: 0.1.0
    """
    months, token_price, bands = whole_number("months", months, 1), as_tokens(token_price), _Bands.of(occasional, heavy)
    ranked = _cheapest_first(offers)
    use = _use_by_day(charges, zone)
    if start is None:
        if not use:
            return []
        last = max(max(days) for days in use.values())
        [start] = _months_from(last.replace(day=1), [1 - months])
    starts = _months_from(as_day(start), range(months + 1))
    in_term = {key: own for key, days in use.items() if (own := _within(days, starts[0], starts[-1]))}
    return [
        _profile(user, product, in_term[user, product], starts, ranked, token_price, bands) for user, product in sorted(in_term)
    ]


def _cheapest_first(offers: Iterable[SeatOffer]) -> list[SeatOffer]:
    distinct = set(offers)
    one_currency(distinct)
    return sorted(
        distinct,
        key=lambda offer: (Fraction(offer.price) / offer.months, offer.months, offer.name, offer.products, offer.at_most or 0),
    )


def _months_from(day: date, numbers: Iterable[int]) -> list[date]:
    try:
        return [add_months(day, number) for number in numbers]
    except ValueError as error:
        raise InvalidValueError("months", f"counted from {day.isoformat()}", "a term within the years 1 to 9999") from error


def _use_by_day(charges: Iterable[Charge | ReportedUse], zone: tzinfo) -> dict[tuple[str, str], dict[date, Decimal]]:
    """Return the tokens of each day, by user and product; charges for results are left out."""
    use: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(dict)
    with exact():
        for charge in {as_charge(given) for given in charges}:
            if charge.result is None:
                day = charge.day(zone)
                own = use[charge.user, charge.product]
                own[day] = own.get(day, ZERO) + charge.tokens
    return use


def _within(days: _DaysOfUse, first: date, end: date) -> _DaysOfUse:
    return {day: tokens for day, tokens in days.items() if first <= day < end}


def _profile(
    user: str,
    product: str,
    days: _DaysOfUse,
    starts: Sequence[date],
    ranked: Sequence[SeatOffer],
    token_price: Decimal,
    bands: _Bands,
) -> UseProfile:
    suitable = [offer for offer in ranked if product in offer.products]
    offer = suitable[0] if suitable else None
    by_month = tuple(_by_month(days, starts, offer, token_price, bands))
    token_cost = total(month.token_cost for month in by_month)
    days_charged = sum(month.days for month in by_month)
    return UseProfile(
        user,
        product,
        by_month,
        offer,
        _break_even_days(days_charged, token_cost, offer, len(by_month)),
        bands.band(token_cost, offer, len(by_month)),
        next((offer for offer in suitable if offer.months == 1), None),
    )


def _by_month(
    days: _DaysOfUse, starts: Sequence[date], offer: SeatOffer | None, token_price: Decimal, bands: _Bands
) -> Iterable[MonthOfUse]:
    charged: list[list[Decimal]] = [[] for _ in starts[1:]]
    for day, tokens in days.items():
        if tokens:
            charged[bisect_right(starts, day) - 1].append(tokens)
    for starts_on, amounts in zip(starts, charged, strict=False):
        tokens = total(amounts)
        with exact():
            cost = tokens * token_price
        yield MonthOfUse(starts_on, len(amounts), tokens, cost, bands.band(cost, offer, 1))


def _break_even_days(days: int, token_cost: Decimal, offer: SeatOffer | None, months: int) -> int | None:
    """Return the break-even at the mean cost of a day charged, from whole products, since the mean may have no exact decimal."""
    if offer is None or not token_cost:
        return None
    with exact():
        return int(offer.price * months * days // (token_cost * offer.months))

"""The usage of a term in cells: what a user was charged for a product in a part of the term, in tokens and days (rules C8, C10, T3)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, tzinfo
from decimal import Decimal

from attrs import field, frozen

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ZERO, exact, total
from flexlib.model.instants import add_months, as_day
from flexlib.planning.offers import SeatOffer


@frozen
class Term:
    """A plan's term and the segments into which the terms of the offers cut it.

    Attributes:
        starts_on: Its first day.
        months: Its length in calendar months.
        zone: In which zone the day of a charge is meant.
        cuts: The months, counted from the start, at which a segment begins; the last one is the term's end.

    """

    starts_on: date
    months: int
    zone: tzinfo
    cuts: tuple[int, ...]

    @classmethod
    def of(cls, starts_on: date, months: int, zone: tzinfo, offers: Iterable[SeatOffer]) -> Term:
        """Return a term cut by the offers' own terms, each counted from its start."""
        cuts = {0, months}.union(*(range(0, months, offer.months) for offer in offers))
        return cls(starts_on, months, zone, tuple(sorted(cuts)))

    @property
    def ends_on(self) -> date:
        """The day after its last one."""
        return self.day(self.months)

    def day(self, month: int) -> date:
        """Return the day that lies some months after the start."""
        return add_months(self.starts_on, month)

    def parts(self, offer: SeatOffer) -> list[tuple[int, range]]:
        """Return the consecutive parts in which a seat of an offer can be had: its first month, and the segments it covers."""
        return [
            (month, range(self.cuts.index(month), self.cuts.index(min(month + offer.months, self.months))))
            for month in range(0, self.months, offer.months)
        ]


@frozen
class Use:
    """What was charged in a cell.

    Attributes:
        tokens: The tokens.
        days: On how many days it cost tokens; a row of zero tokens is no such day (rule C11).

    """

    tokens: Decimal
    days: int


@frozen
class Usage:
    """The charges of a term.

    Attributes:
        cells: By user, by product and segment, what a seat could cover; users and keys are sorted.
        results: By user, the tokens of results, which no seat covers (rule C10).
        outside: How many charges lie outside the term.

    """

    cells: dict[str, dict[tuple[str, int], Use]]
    results: dict[str, Decimal]
    outside: int

    def users(self) -> list[str]:
        """Return the users who were charged."""
        return sorted({*self.cells, *self.results})

    def used_tokens(self, user: str) -> Decimal:
        """Return what a user's charges come to."""
        return total([self.results.get(user, ZERO), *(use.tokens for use in self.cells.get(user, {}).values())])


@frozen
class _Sums:
    tokens: list[Decimal] = field(factory=list)
    days: set[int] = field(factory=set)


def checked(charges: Iterable[Charge]) -> list[Charge]:
    """Return charges as a list; anything else raises `InvalidValueError`."""
    given = list(charges)
    for charge in given:
        if not isinstance(charge, Charge):
            raise InvalidValueError("charges", charge, "charges, as charge_usage and charge_reported give them")
    return given


def first_day(charges: Sequence[Charge], start: date | None, zone: tzinfo) -> date:
    """Return the first day of a term: the one given, else the first of the month of the earliest charge.

    Raises:
        InvalidValueError: There is neither.

    """
    if start is not None:
        return as_day(start)
    days = [charge.reported.day for charge in charges if charge.reported]
    instants = [charge.at for charge in charges if not charge.reported]
    days += [min(instants).astimezone(zone).date()] if instants else []
    if not days:
        raise InvalidValueError("start", start, "a date: there are no charges that would tell the first month")
    return min(days).replace(day=1)


def usage_of(charges: Iterable[Charge], term: Term) -> Usage:
    """Return the usage of a term."""
    cells: dict[tuple[str, str, int], _Sums] = {}
    results: dict[str, list[Decimal]] = {}
    starts = [term.day(month).toordinal() for month in term.cuts]
    outside = 0
    for charge in charges:
        day = charge.day(term.zone).toordinal()
        segment = bisect_right(starts, day) - 1
        if not 0 <= segment < len(starts) - 1:
            outside += 1
        elif charge.result is not None:
            results.setdefault(charge.user, []).append(charge.tokens)
        else:
            key = (charge.user, charge.product, segment)
            sums = cells.get(key)
            if sums is None:
                sums = cells[key] = _Sums()
            sums.tokens.append(charge.tokens)
            if charge.tokens:
                sums.days.add(day)
    by_user: dict[str, dict[tuple[str, int], Use]] = {}
    for user, product, segment in sorted(cells):
        sums = cells[user, product, segment]
        by_user.setdefault(user, {})[product, segment] = Use(total(sums.tokens), len(sums.days))
    return Usage(by_user, {user: total(results[user]) for user in sorted(results)}, outside)


def decimals_of(amount: Decimal) -> int:
    """Return how many digits after the point an amount is written with."""
    return max(0, -int(amount.as_tuple().exponent))  # a finite amount's is a whole number


def share_of_price(offer: SeatOffer, start: int, months: int) -> Decimal:
    """Return what a seat that starts some months into a term costs it: of what reaches past its end, nothing, to the cent."""
    inside = min(offer.months, months - start)
    if inside == offer.months:
        return offer.price
    with exact():
        decimals = max(2, decimals_of(offer.price))
        units = int(offer.price.scaleb(decimals)) * inside
        return Decimal((2 * units + offer.months) // (2 * offer.months)).scaleb(-decimals)

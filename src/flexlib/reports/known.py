"""What is known beside charges and rows: accounts of use, seats and rates."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from flexlib.charging.accounts import UseAccount
from flexlib.charging.charges import Charge
from flexlib.model.amounts import ONE, ZERO, counted
from flexlib.model.products import ChargeBasis
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import Rate
from flexlib.model.regions import levels
from flexlib.model.seats import Seat
from flexlib.model.usage import Session
from flexlib.reports.naming import MASKED, Days, Names

_NO_END = date.max.toordinal()

UserProduct = tuple[str, str]


class _Uses:
    """The use of one product by one user: which of it touches a day."""

    def __init__(self, spans: list[tuple[int, int, UseAccount]]) -> None:
        spans.sort(key=lambda span: (span[0], span[1], span[2].at, span[2].outcome.name, isinstance(span[2].use, Session)))
        self._firsts = [first for first, _, _ in spans]
        self._reach = list(accumulate((last for _, last, _ in spans), max))
        self._spans = spans

    def on(self, day: int) -> Iterator[UseAccount]:
        """Yield the use of a day, the latest to begin first."""
        for place in range(bisect_right(self._firsts, day) - 1, -1, -1):
            if self._reach[place] < day:
                return
            _, last, account = self._spans[place]
            if last >= day:
                yield account


class KnownUse:
    """Accounts of use and seats, by user, product and day; where it is wanted, under ``*****`` those of all users."""

    def __init__(
        self, accounts: Sequence[UseAccount], seats: Sequence[Seat], names: Names, days: Days, *, with_everyone: bool
    ) -> None:
        self.has_accounts: bool = bool(accounts)
        everyone = (MASKED,) if with_everyone else ()
        self._days = days
        spans: dict[UserProduct, list[tuple[int, int, UseAccount]]] = defaultdict(list)
        for account in accounts:
            use = account.use
            closed = use.closed_at or use.opened_at if isinstance(use, Session) else use.at
            span = (days.of(account.at), days.last(account.at, closed), account)
            for user in (names.user(use.user), *everyone):
                spans[user, names.product(use.product)].append(span)
        self._uses = {key: _Uses(own) for key, own in spans.items()}
        self._seats: dict[UserProduct, list[Seat]] = defaultdict(list)
        for seat in seats:
            for user in (names.user(seat.user), *everyone):
                for product in seat.products:
                    self._seats[user, names.product(product)].append(seat)

    def uses(self, user: str, product: str, day: int) -> list[UseAccount]:
        """Return the accounts of the use of a day."""
        own = self._uses.get((user, product))
        return list(own.on(day)) if own else []

    def seat_at(self, user: str, product: str, at: datetime) -> Seat | None:
        """Return a seat that covers an instant."""
        covering = (s for s in self._seats.get((user, product), ()) if s.starts_at <= at and (s.ends_at is None or at < s.ends_at))
        return _earliest(covering)

    def seat_on(self, user: str, product: str, day: int) -> Seat | None:
        """Return a seat that covers some of a day."""
        days = self._days
        return _earliest(
            seat
            for seat in self._seats.get((user, product), ())
            if days.of(seat.starts_at) <= day <= (days.last(seat.starts_at, seat.ends_at) if seat.ends_at else _NO_END)
        )


def _earliest(seats: Iterable[Seat]) -> Seat | None:
    return min(seats, key=lambda seat: (seat.starts_at, str(seat.ends_at), seat.user), default=None)


class _KnownRate(NamedTuple):
    tokens: Decimal
    basis: ChargeBasis | None
    elsewhere: bool
    since: datetime
    words: str


class KnownRates:
    """Every rate of a product that is known: in the rate book at any date and region, or on a charge."""

    def __init__(self, charges: Sequence[Charge], rates: RateBook | None, region: str | None, names: Names) -> None:
        self._by_product: dict[str, set[_KnownRate]] = defaultdict(set)
        where = levels(region, rates.groups if rates else {})
        for sheet in rates.sheets if rates else ():
            for rate in sheet.rates:
                self._by_product[names.product(rate.product)].add(_from(rate, elsewhere=rate.region not in where))
        seen: set[object] = set()
        for charge in charges:
            mark = id(charge.rate) if charge.rate else (charge.product, charge.tokens)
            if charge.tokens and mark not in seen and (charge.rate or not charge.result):
                seen.add(mark)
                known = _from(charge.rate, elsewhere=False) if charge.rate else _of(charge)
                self._by_product[names.product(charge.product)].add(known)

    def that_gives(self, tokens: Decimal, product: str, charges: Sequence[Charge]) -> str | None:
        """Return in words the known rate at which charges would come to an amount: of their region first, then the nearest in time."""
        at, basis = charges[0].at, _basis(charges[0])
        quantity = sum((charge.result.quantity if charge.result else ONE for charge in charges), start=ZERO)
        fitting = [
            rate
            for rate in self._by_product.get(product, ())
            if rate.tokens and rate.tokens * quantity == tokens and (basis is None or rate.basis in (None, basis))
        ]
        nearest = min(fitting, key=lambda rate: (rate.elsewhere, abs(rate.since - at), rate.words), default=None)
        return nearest.words if nearest else None


def _basis(charge: Charge) -> ChargeBasis | None:
    if charge.result:
        return ChargeBasis.PER_RESULT
    return ChargeBasis.PER_DAY if charge.window else None


def _from(rate: Rate, *, elsewhere: bool) -> _KnownRate:
    where = f" in {rate.region}" if rate.region else ""
    return _KnownRate(rate.tokens, rate.basis, elsewhere, rate.effective_from, f"{rate}{where}")


def _of(charge: Charge) -> _KnownRate:
    words = f"{counted(charge.tokens, 'token')}, as another charge of the product on {charge.at.date()}"
    return _KnownRate(charge.tokens, None, False, charge.at, words)

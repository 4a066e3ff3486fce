"""Rating: windows and results into charges, at the rate in force when each begins (rules R1, R2, C10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import attrgetter

from flexlib.charging.bulk import bulk_charge, collector_paused
from flexlib.charging.charges import Charge, WindowCause
from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.charging.spans import FOREVER, UseRules, sort_by_time
from flexlib.charging.windows import open_windows
from flexlib.errors import InvalidValueError, RateNotFoundError
from flexlib.model.amounts import exact
from flexlib.model.products import Catalog, ChargeBasis
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import Rate
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session, Use


def charge_usage(
    usage: Iterable[Use],
    rates: RateBook,
    *,
    region: str | None = None,
    seats: Iterable[Seat] = (),
    policy: ChargePolicy = FLEX,
    catalog: Catalog | None = None,
) -> list[Charge]:
    """Return the charges of usage, in time order (then by user, product and id).

    Each window is charged at the rate in force at its start, each result at the rate in force when it was asked for; a change
    inside a window changes nothing (rule R1). The same fact given twice counts once. The team of a charge is that of the use that
    caused it. `explain_usage` says of each use, also of the use that cost nothing, why.

    Raises:
        RateNotFoundError: A product has no rate at the instant of a charge, or only one of the other basis.
        RateConflictError: Sheets disagree on a rate that is needed (rule R3).
        UnknownProductError: The catalogue does not know a product.

    >>> from datetime import UTC, date, datetime
    >>> from flexlib import Rate, RateSheet
    >>> rates = RateBook([RateSheet("2021", [Rate("revit", 10, effective_from=date(2021, 12, 21))])])
    >>> session = Session("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 16, tzinfo=UTC))
    >>> [(charge.user, str(charge.at), str(charge.tokens)) for charge in charge_usage([session], rates)]
    [('ada', '2026-03-02 08:00:00+00:00', '10')]

    .. versionadded:: 0.1.0
    """
    sessions, results = split_usage(usage)
    rules = UseRules.of({use.product for use in both(sessions, results)}, policy, seats, catalog)
    rater = Rater(rates, region)
    with collector_paused():
        charges = list(open_windows(rules.in_order(sessions), rules, {}, rater.charge_window))
        charges += [rater.charge_result(result) for result in rules.distinct(results)]
        sort_charges(charges)
    return charges


def split_usage(usage: Iterable[Use]) -> tuple[list[Session], list[ResultUse]]:
    """Return the sessions and the results of usage; any other value raises `InvalidValueError`."""
    sessions: list[Session] = []
    results: list[ResultUse] = []
    for use in usage:
        if isinstance(use, Session):
            sessions.append(use)
        elif isinstance(use, ResultUse):
            results.append(use)
        else:
            raise InvalidValueError("usage", use, "sessions and results")
    return sessions, results


def both(sessions: Iterable[Session], results: Iterable[ResultUse]) -> Iterator[Use]:
    """Yield sessions, then results."""
    yield from sessions
    yield from results


def sort_charges(charges: list[Charge]) -> None:
    """Sort charges in place: in time order, then by user, product and id."""
    sort_by_time(charges, attrgetter("at"), attrgetter("user", "product", "id"))


class Rater:
    """Rates charges from a book; it remembers the rate of each product while nothing replaces it, since charges come in time order."""

    def __init__(self, rates: RateBook, region: str | None) -> None:
        self._rates = rates
        self._region = region
        self._current: dict[str, tuple[Rate, datetime, datetime]] = {}

    def charge_window(self, product: str, start: datetime, end: datetime, session: Session, cause: WindowCause) -> Charge:
        """Return the charge of a window that a session's use opens (rules C1, R1)."""
        rate = self._rate(product, start, ChargeBasis.PER_DAY)
        return bulk_charge(product, start, end, session, cause, rate)

    def charge_result(self, result: ResultUse) -> Charge:
        """Return the charge of results of a product's code: the rate times their quantity, exact (rule C10)."""
        rate = self._rate(result.product, result.at, ChargeBasis.PER_RESULT)
        with exact():
            tokens = rate.tokens * result.quantity
        return Charge(result.user, result.product, result.at, tokens, team=result.team, rate=rate, result=result)

    def _rate(self, product: str, at: datetime, basis: ChargeBasis) -> Rate:
        known = self._current.get(product)
        if known is None or not known[1] <= at < known[2]:
            rate, until = self._rates.in_force(product, at, self._region)
            known = self._current[product] = (rate, at, until or FOREVER)
        rate = known[0]
        if rate.basis is not basis:
            hint = f"its rate is a {rate.basis.value} rate, and this is use charged a {basis.value}"
            raise RateNotFoundError(product, at, self._region, hint)
        return rate

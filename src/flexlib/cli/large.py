"""The report of a large number of sessions, in columns: the very values that `make_report` returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo

import numpy as np

from flexlib.charging.accounts import Outcome
from flexlib.charging.policy import FLEX
from flexlib.cli.inputs import Inputs
from flexlib.cli.job import SESSIONS
from flexlib.cli.large_charges import Charges, NotInColumnsError, charge_tables
from flexlib.cli.large_pool import settle_sums, shortfall_lines, sums_of
from flexlib.cli.report import SCHEMA, Line, Report, largest_first, pool_figures, to_heed
from flexlib.cli.values import rows_set_aside, uses_set_aside
from flexlib.errors import InvalidTokensError
from flexlib.formats.session_tables import SessionTable
from flexlib.model.ratebook import RateBook
from flexlib.model.usage import ResultUse, Session
from flexlib.pool.alerts import RunningOn
from flexlib.pool.ledger import Ledger, settle
from flexlib.scale.arrays import Codes, Instants, Places, as_instant, as_ticks, span_ticks
from flexlib.scale.charging import Terms
from flexlib.scale.rating import unscaled

_QUARTER = 15 * 60 * 10**6


def large_report(inputs: Inputs, book: RateBook, region: str | None, at: datetime, zone: tzinfo) -> Report | None:
    """Return the report of sessions in tables, and of the other facts; None where columns do not hold them."""
    sessions = [use for use in inputs.usage if isinstance(use, Session)]
    results = [use for use in inputs.usage if isinstance(use, ResultUse)]
    table = SessionTable.joined([*inputs.tables, SessionTable.of(sessions)])
    terms = Terms(book, region, inputs.seats, FLEX, inputs.catalog)
    try:
        charged = charge_tables(table, results, terms, at)
        sums = sums_of(charged.charges, inputs, at)
        ledger = settle_sums(sums, inputs)
        shortfalls = shortfall_lines(charged.charges, sums, ledger, at)
    except (NotInColumnsError, InvalidTokensError):
        return None
    charges = charged.charges
    number = int(np.searchsorted(charges.at, as_ticks(at), "right"))
    names = {product.code: product.name for product in inputs.products}
    lines = _Lines(charges, number)
    return Report(
        schema=SCHEMA,
        at=at,
        zone=str(zone),
        charges_from=SESSIONS,
        first_charge=as_instant(int(charges.at[0])) if number else None,
        last_charge=as_instant(int(charges.at[number - 1])) if number else None,
        charged=unscaled(int(charges.tokens[:number].sum())),
        charges_later=len(charges.at) - number,
        by_product=largest_first(lines.of(charges.product, [names.get(code, code) for code in charges.products])),
        by_user=largest_first(lines.of(charges.user, charges.users)),
        by_day=lines.of(*_days(charges.at[:number], zone)),
        uses={outcome.name.lower(): charged.uses[outcome] for outcome in Outcome},
        **pool_figures(ledger, at),
        shortfalls=shortfalls,
        alerts=to_heed(ledger, _running_out(charges, at), _open(table, at), inputs.catalog, at),
        set_aside=[*rows_set_aside(inputs.problems), *uses_set_aside(charged.accounts)],
    )


class _Lines:
    """Sums up the first of the charges."""

    def __init__(self, charges: Charges, number: int) -> None:
        self._number = number
        self._tokens = charges.tokens[:number]
        self._user, self._users = charges.user[:number].astype(np.int64), max(len(charges.users), 1)
        self._product, self._products = charges.product[:number].astype(np.int64), max(len(charges.products), 1)

    def of(self, codes: Codes, names: Sequence[str]) -> list[Line]:
        """Return a line for each name that has charges, in the order of the names."""
        codes = codes[: self._number].astype(np.int64)
        tokens = np.zeros(len(names), np.int64)
        np.add.at(tokens, codes, self._tokens)
        counts = np.bincount(codes, minlength=len(names))
        users = _distinct(codes, self._user, self._users, len(names))
        products = _distinct(codes, self._product, self._products, len(names))
        found = [
            Line(names[place], unscaled(int(tokens[place])), int(counts[place]), int(users[place]), int(products[place]))
            for place in np.flatnonzero(counts).tolist()
        ]
        return sorted(found, key=lambda line: line.name)


def _distinct(codes: Places, others: Places, width: int, groups: int) -> Places:
    """Return how many different others there are with each code."""
    both = codes * width + others
    both.sort()
    return np.bincount(both[np.diff(both, prepend=-1) > 0] // width, minlength=groups)


def _days(at: Instants, zone: tzinfo) -> tuple[Codes, list[str]]:
    """Return the day of each instant on the clocks of a zone, as a place among the days."""
    quarters, own = np.unique(at // _QUARTER, return_inverse=True)
    sure = [_day_of_quarter(quarter, zone) for quarter in quarters.tolist()]
    days = sorted({day for day in sure if day is not None})
    unsure = np.flatnonzero(np.array([day is None for day in sure], bool)[own])
    single = [as_instant(ticks).astimezone(zone).date() for ticks in at[unsure].tolist()]
    days = sorted({*days, *single})
    place = {day: number for number, day in enumerate(days)}
    codes = np.array([-1 if day is None else place[day] for day in sure], np.int64)[own]
    codes[unsure] = [place[day] for day in single]
    return codes, [day.isoformat() for day in days]


def _day_of_quarter(quarter: int, zone: tzinfo) -> date | None:
    """Return the day in which a quarter of an hour lies; None where the day or the offset from UTC changes within it."""
    start = as_instant(quarter * _QUARTER).astimezone(zone)
    end = as_instant((quarter + 1) * _QUARTER - 1).astimezone(zone)
    return start.date() if (start.date(), start.utcoffset()) == (end.date(), end.utcoffset()) else None


def _open(table: SessionTable, at: datetime) -> list[Session]:
    """Return the sessions that are open at an instant, of those whose close is known."""
    now = as_ticks(at)
    return table.taken(np.flatnonzero((table.opened <= now) & (table.closed > now))).sessions()


def _running_out(charges: Charges, at: datetime) -> Ledger:
    """Return the charges whose windows end so soon after an instant that `RunningOn` speaks of them."""
    opened = as_ticks(at) - span_ticks(FLEX.window)
    first, last = np.searchsorted(charges.at, [opened, opened + span_ticks(RunningOn(()).within)], "right").tolist()
    return settle([charges.with_window(place) for place in range(first, last)], ())

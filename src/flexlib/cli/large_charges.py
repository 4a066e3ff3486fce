"""What a large number of sessions was charged, in columns; what columns cannot tell of is left to `explain_usage`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from attrs import evolve

from flexlib.charging.accounts import Outcome, UseAccount, explain_usage
from flexlib.charging.charges import Charge, ChargeWindow
from flexlib.charging.policy import FLEX
from flexlib.charging.rating import sort_charges
from flexlib.charging.spans import UseRules
from flexlib.formats.session_tables import Coded, SessionTable, T
from flexlib.model.products import Catalog, known_code
from flexlib.model.usage import ResultUse
from flexlib.scale.arrays import LAST, UNKNOWN, Codes, Flags, Instants, Names, Places, as_instant, as_ticks, span_ticks
from flexlib.scale.charging import ChargeableUse, SessionColumns, Terms, chargeable_use, session_ties
from flexlib.scale.rating import UNRATED, UNSCALED, scaled, tokens_of, unscaled
from flexlib.scale.spans import Cover
from flexlib.scale.windows import open_windows

_MOST = 1 << 62


class NotInColumnsError(Exception):
    """The sessions or rates are such that columns do not hold them."""


class Charges(NamedTuple):
    """Charges in their order, as columns: the places of user, product and team, and the tokens in millionths.

    ``typed`` are, by their places, those that are values besides.
    """

    users: list[str]
    products: list[str]
    teams: list[str | None]
    at: Instants
    user: Codes
    product: Codes
    team: Codes
    tokens: Instants
    typed: dict[int, Charge]

    def charge(self, place: int) -> Charge:
        """Return the charge at a place as a value; of its window, only the typed ones tell."""
        if place in self.typed:
            return self.typed[place]
        user, product, team = self.users[self.user[place]], self.products[self.product[place]], self.teams[self.team[place]]
        return Charge(user, product, as_instant(int(self.at[place])), unscaled(int(self.tokens[place])), team=team)

    def with_window(self, place: int) -> Charge:
        """Return the same with its window."""
        charge = self.charge(place)
        if place in self.typed:
            return charge
        return evolve(charge, window=ChargeWindow(charge.user, charge.product, charge.at, charge.at + FLEX.window))


class Charged(NamedTuple):
    """The charges, how many uses begun by an instant had which outcome, and the accounts of those that are values."""

    charges: Charges
    uses: Counter[Outcome]
    accounts: list[UseAccount]


class _Windows(NamedTuple):
    """Windows in order of their starts: the group, which is the place of the user and of the product, and the opening session's place."""

    group: Places
    start: Instants
    opener: Places
    tokens: Instants


def charge_tables(table: SessionTable, results: Iterable[ResultUse], terms: Terms, at: datetime) -> Charged:
    """Return the charges of sessions and results, the same as those of `explain_usage`.

    Sessions of a product that the catalogue does not know go to `explain_usage`, and so do all of a user and product of which one window
    cannot be rated: it says why.

    Raises:
        NotInColumnsError: Columns do not hold this.
    """
    table = table.distinct()
    known = _known(table.product, terms.catalog)
    aside = [] if known.all() else table.taken(np.flatnonzero(~known)).sessions()
    table = table if known.all() else SessionTable.joined([table.taken(np.flatnonzero(known))])
    columns = _columns(table)
    use = chargeable_use(columns, terms)
    windows = _windows(columns, use, terms)
    unrated = np.unique(windows.group[windows.tokens == UNRATED])
    typed = np.isin(use.group, unrated)
    aside += table.taken(np.flatnonzero(typed)).sessions()
    accounts = explain_usage([*aside, *results], terms.rates, region=terms.region, seats=terms.seats, catalog=terms.catalog)
    kept = ~np.isin(windows.group, unrated)
    windows = _Windows(*(column[kept] for column in windows))
    uses = Counter(account.outcome for account in accounts if account.at <= at)
    uses.update(_outcomes(table, ~typed & (table.opened <= as_ticks(at)), use, windows, terms))
    return Charged(_merged(table, use.products, windows, [charge for one in accounts for charge in one.charges]), uses, accounts)


def _known(product: Coded[str], catalog: Catalog | None) -> Flags:
    """Tell of each session whether the catalogue knows its product."""
    return np.array([known_code(name, catalog) is not None for name in product.values], bool)[product.codes]


def _columns(table: SessionTable) -> SessionColumns:
    """Return sessions for the engine; what tells two of them apart stands in the order of `session_order`."""
    last = LAST - span_ticks(FLEX.window)
    if len(table.opened) and max(int(table.opened.max()), int(table.closed.max())) > last:
        raise NotInColumnsError
    some = np.array([bool(spans) for spans in table.idle.values], bool)[table.idle.codes]
    idle = Cover.of(
        (place, as_ticks(start), as_ticks(end))
        for place in np.flatnonzero(some).tolist()
        for start, end in table.idle.values[table.idle.codes[place]]
    )
    labels = tuple(column.codes for column in (table.team, table.machine, table.version, table.idle, table.product))
    user, product = Names(table.user.values, table.user.codes), Names(table.product.values, table.product.codes)
    return SessionColumns(user, product, table.opened, table.closed, idle, labels)


def _windows(columns: SessionColumns, use: ChargeableUse, terms: Terms) -> _Windows:
    group, start, end, kept, _ = use.spans
    ties = session_ties(columns, use.spans)
    found = open_windows(group, start, end, span_ticks(terms.policy.window), kept=kept, ties=ties)
    product = found.group % max(len(use.products), 1)
    tokens = tokens_of(terms.rates, terms.region, use.products, product, found.start)
    if (tokens == UNSCALED).any():
        raise NotInColumnsError
    order = np.lexsort((found.group, found.start))
    return _Windows(found.group[order], found.start[order], use.spans.of_session(found.opener)[order], tokens[order])


def _outcomes(table: SessionTable, counted: Flags, use: ChargeableUse, windows: _Windows, terms: Terms) -> Counter[Outcome]:
    """Count the outcomes of sessions of which every window is rated."""
    paid, opened, within = (np.zeros(len(table.opened), bool) for _ in range(3))
    paid[windows.opener[windows.tokens > 0]] = True
    opened[windows.opener] = True
    within[use.spans.of_session(np.arange(len(use.spans.start)) if use.spans.kept is None else np.flatnonzero(use.spans.kept))] = (
        True
    )
    short = (table.closed != UNKNOWN) & (table.closed - table.opened < span_ticks(terms.policy.grace))
    free = np.flatnonzero(counted & ~short & ~within)
    rules = UseRules.of(table.product.values, terms.policy, terms.seats, terms.catalog)
    seats = sum(rules.has_seat(table.session(place)) for place in free.tolist())
    counts = {
        Outcome.CHARGED: counted & paid,
        Outcome.ZERO_RATE: counted & opened & ~paid,
        Outcome.SHORT_LAUNCH: counted & short,
        Outcome.WITHIN_WINDOW: counted & within & ~opened,
    }
    found = Counter({outcome: int(np.count_nonzero(sessions)) for outcome, sessions in counts.items()})
    return found + Counter({Outcome.SEAT: seats, Outcome.IDLE: len(free) - seats})


def _merged(table: SessionTable, products: list[str], windows: _Windows, typed: list[Charge]) -> Charges:
    """Return the charges of windows and those that are values, in the order of `sort_charges`, by which two of them never tie."""
    sort_charges(typed)
    width = max(len(products), 1)
    users, user = _with(table.user.values, windows.group // width, [charge.user for charge in typed])
    names, product = _with(products, windows.group % width, [charge.product for charge in typed])
    teams, team = _with(table.team.values, table.team.codes[windows.opener], [charge.team for charge in typed])
    at = np.append(windows.start, np.array([as_ticks(charge.at) for charge in typed], np.int64))
    tokens = np.append(windows.tokens, np.array([scaled(charge.tokens) for charge in typed], np.int64))
    if len(tokens) and int(tokens.max()) * len(tokens) >= _MOST:
        raise NotInColumnsError
    order = np.lexsort((product, user, at)) if typed else np.arange(len(at))
    places = np.flatnonzero(order >= len(windows.start)).tolist()
    return Charges(
        users,
        names,
        teams,
        at[order],
        user[order],
        product[order],
        team[order],
        tokens[order],
        dict(zip(places, typed, strict=True)),
    )


def _with(names: Sequence[T], codes: Codes, values: Sequence[T]) -> tuple[list[T], Codes]:
    """Return a column of names with more values after it, coded anew."""
    known = sorted({*names, *values}, key=lambda value: (value is not None, value))
    place = {value: number for number, value in enumerate(known)}
    rank = np.array([place[value] for value in names], np.int32)
    return known, np.append(rank[codes], np.array([place[value] for value in values], np.int32))

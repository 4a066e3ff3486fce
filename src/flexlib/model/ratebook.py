"""The rate book: which rate is in force, and where sheets disagree (rules R1 to R3)."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby, zip_longest
from typing import NamedTuple

from attrs import Factory, field, frozen

from flexlib.errors import InvalidValueError, RateConflictError, RateNotFoundError
from flexlib.model.instants import as_utc
from flexlib.model.names import as_names
from flexlib.model.rates import Rate, RateSheet
from flexlib.model.regions import RegionGroups, as_groups, check_served, levels

VENDORS_SHEET = "the vendor's rate sheet, https://www.autodesk.com/buying/flex/flex-rate-sheet,"

BEGINNING = datetime.min.replace(tzinfo=UTC)


@frozen
class RateConflict:
    """A span in which sheets disagree on a product's rate (rule R3).

    Attributes:
        product: The product's code.
        region: The region that the rates are for, None for everywhere.
        start: The first instant of the disagreement.
        end: The first instant after it, None where it is open.
        rates: The rates that disagree, each with its sheet and source.
        winner: The rate that the caller's precedence chose, None where it says nothing: then a look-up raises.

    .. versionadded:: 0.1.0
    """

    product: str
    region: str | None
    start: datetime
    end: datetime | None
    rates: tuple[Rate, ...]
    winner: Rate | None = None

    @property
    def losers(self) -> tuple[Rate, ...]:
        """The rates that lost to the winner; none while nothing is decided.

        .. versionadded:: 0.1.0
        """
        winner = self.winner
        if winner is None:
            return ()
        return tuple(rate for rate in self.rates if (rate.tokens, rate.basis) != (winner.tokens, winner.basis))

    @property
    def reason(self) -> str:
        """Why the winner won, or why none did, in words.

        .. versionadded:: 0.1.0
        """
        if self.winner is None:
            return "undecided: the precedence names none of them, or several that disagree under one name"
        return f"the precedence trusts sheet {self.winner.sheet} most: {self.winner}"

    def __str__(self) -> str:
        until = f" until {self.end.date()}" if self.end else ""
        sides = "\n  ".join(str(rate) for rate in self.rates)
        return f"{self.product} in {self.region or 'every region'} from {self.start.date()}{until}:\n  {sides}\n  {self.reason}"


class _Stretch(NamedTuple):
    """A span in which the same rates are in force; ``winner`` is None where none is or a conflict of them is undecided."""

    start: datetime
    end: datetime | None
    rates: tuple[Rate, ...]
    winner: Rate | None

    @property
    def disputed(self) -> bool:
        return len({(rate.tokens, rate.basis) for rate in self.rates}) > 1


@frozen
class RateBook:
    """The rates of several sheets, asked as of an instant.

    Sheets that share a provider (or, without sources, a name) are one history, in which a later date replaces an earlier one.
    Different histories that give a product different tokens at the same instant are a conflict, which only ``precedence`` resolves:
    names of sheets or of their providers, the most trusted first; ``name@region`` trusts it with that region's rates only. The order
    of the sheets never matters.

    Attributes:
        sheets: The rate sheets.
        precedence: Whom to trust where they disagree.
        groups: Countries by the name of their group, such as ``{"DACH": ["AT", "CH", "DE"]}``: a region's own rate goes before that of
            a group that it belongs to (the smallest first), and that before everywhere's (rule R2).

    Raises:
        InvalidValueError: ``precedence`` names neither a sheet nor a provider of the book, or a group holds no country codes.

    >>> from datetime import UTC, date, datetime
    >>> book = RateBook([RateSheet("2021", [Rate("revit", 10, effective_from=date(2021, 12, 21))])])
    >>> print(book.rate("revit", datetime(2026, 3, 2, 8, tzinfo=UTC)).tokens)
    10

    .. versionadded:: 0.1.0
    """

    sheets: tuple[RateSheet, ...] = field(converter=tuple[RateSheet, ...])
    precedence: tuple[str, ...] = field(default=(), converter=as_names, kw_only=True)
    groups: RegionGroups = field(factory=dict, converter=as_groups, kw_only=True, hash=False)
    _timelines: dict[tuple[str, str | None], tuple[_Stretch, ...]] = field(
        default=Factory(lambda self: self._build(), takes_self=True), init=False, repr=False, eq=False
    )

    def _build(self) -> dict[tuple[str, str | None], tuple[_Stretch, ...]]:
        known = {name for sheet in self.sheets for name in _names(sheet)}
        for name in self.precedence:
            if name not in known and name.rpartition("@")[0] not in known:
                raise InvalidValueError(
                    "precedence", name, f"a sheet or provider of the book: {', '.join(sorted(known)) or 'none'}"
                )
        histories: dict[tuple[str, str | None], dict[str, list[Rate]]] = defaultdict(lambda: defaultdict(list))
        for sheet in self.sheets:
            history = sheet.history
            for rate in sheet.rates:
                histories[rate.product, rate.region][history].append(rate)
        return {key: tuple(self._stretches(list(own.values()))) for key, own in histories.items()}

    def rate(self, product: str, at: datetime, region: str | None = None) -> Rate:
        """Return the one rate in force at an instant: the region's own, else the one for everywhere (rules R1, R2).

        Raises:
            RateNotFoundError: None is in force; the error says what is known of the product.
            RateConflictError: Sheets disagree and ``precedence`` does not say which to trust.
            NaiveDatetimeError: ``at`` is naive.

        .. versionadded:: 0.1.0
        """
        return self.in_force(product, at, region)[0]

    def in_force(self, product: str, at: datetime, region: str | None = None) -> tuple[Rate, datetime | None]:
        """Return the rate in force at an instant, and the instant before which nothing replaces it (None: nothing known does).

        Raises what `rate` raises.

        .. versionadded:: 0.1.0
        """
        at = as_utc(at)
        bounds: list[datetime] = []
        for where in levels(region, self.groups):
            stretch = self._stretch(product, where, at)
            bounds += [stretch.end] if stretch is not None and stretch.end is not None else []
            if stretch is not None and stretch.winner is not None:
                return stretch.winner, min(bounds, default=None)
            if stretch is not None and stretch.rates:
                raise RateConflictError(product, at, where, [str(rate) for rate in stretch.rates])
        raise RateNotFoundError(product, at, region, self._what_is_known(product))

    def check_region(self, region: str, served: Iterable[str] = ()) -> None:
        """Raise `UnknownRegionError`, with the nearest names, where the book has nothing for a region (rule R2).

        It has where a rate is for that region, where a group holds it, where it is among those that are ``served`` besides, and where
        it is a country and a rate is for everywhere.

        .. versionadded:: 0.1.0
        """
        regions = {rate.region for sheet in self.sheets for rate in sheet.rates}
        named = {name for name in regions if name is not None}
        check_served(region, named.union(served), self.groups, everywhere=None in regions)

    @property
    def products(self) -> tuple[str, ...]:
        """The codes of the products that have a rate, sorted.

        .. versionadded:: 0.1.0
        """
        return tuple(sorted({product for product, _ in self._timelines}))

    @property
    def conflicts(self) -> tuple[RateConflict, ...]:
        """Every disagreement between the sheets, with the winner where precedence names one (rule R3).

        .. versionadded:: 0.1.0
        """
        return tuple(
            RateConflict(product, region, stretch.start, stretch.end, stretch.rates, stretch.winner)
            for (product, region), timeline in sorted(self._timelines.items(), key=lambda item: (item[0][0], item[0][1] or ""))
            for stretch in timeline
            if stretch.disputed
        )

    def _stretch(self, product: str, region: str | None, at: datetime) -> _Stretch | None:
        timeline = self._timelines.get((product, region))
        return timeline[bisect_right(timeline, at, key=lambda stretch: stretch.start) - 1] if timeline else None

    def _stretches(self, histories: list[list[Rate]]) -> Iterator[_Stretch]:
        spans = [span for history in histories for span in _spans(history)]
        bounds = sorted({BEGINNING} | {bound for start, end, _ in spans for bound in (start, end) if bound is not None})
        for start, end in zip_longest(bounds, bounds[1:]):
            rates = [rate for since, until, rate in spans if since <= start and (until is None or start < until)]
            rates.sort(key=lambda rate: (self._rank(rate), *_fixed_order(rate)))
            yield _Stretch(start, end, tuple(rates), self._winner(rates))

    def _winner(self, ranked: list[Rate]) -> Rate | None:
        """Return the first rate, None where there is none or where others of its rank disagree with it."""
        _, best = next(groupby(ranked, key=self._rank), (None, ()))
        return ranked[0] if len({(rate.tokens, rate.basis) for rate in best}) == 1 else None

    def _rank(self, rate: Rate) -> tuple[int, ...]:
        """Return a rate's place in the precedence; under one name, the sheet so called goes before the provider so called."""
        provider = rate.source.provider if rate.source else None
        ways = [{name, f"{name}@{rate.region}"} for name in (rate.sheet, provider)]
        places = (
            (place, way) for place, trusted in enumerate(self.precedence) for way, names in enumerate(ways) if trusted in names
        )
        return next(places, (len(self.precedence),))

    def _what_is_known(self, product: str) -> str:
        timelines = {region: line for (code, region), line in self._timelines.items() if code == product}
        if not timelines:
            near = difflib.get_close_matches(product, {code for code, _ in self._timelines}, n=3)
            nearest = f"; the nearest are {', '.join(near)}" if near else ""
            return f"no sheet names that product{nearest}; look it up in {VENDORS_SHEET} and add it to a sheet of your own"
        spans = [
            f"{region or 'everywhere'} from {next(stretch.start.date() for stretch in line if stretch.rates)}"
            for region, line in sorted(timelines.items(), key=str)
        ]
        return f"the sheets hold it for {', '.join(spans)}"


def _fixed_order(rate: Rate) -> tuple[object, ...]:
    """Return an order that depends on nothing but the rates: the latest first, then by sheet, tokens and the rest."""
    age = -(rate.effective_from - BEGINNING)
    return (age, rate.sheet or "", rate.tokens, rate.basis.value, str(rate.source), str(rate.effective_until))


def _names(sheet: RateSheet) -> set[str]:
    return {sheet.name} | {rate.source.provider for rate in sheet.rates if rate.source}


def _spans(history: Iterable[Rate]) -> Iterator[tuple[datetime, datetime | None, Rate]]:
    """Yield each rate of one history with the span in which it holds: up to its end or the next later beginning."""
    rates = sorted(history, key=lambda rate: rate.effective_from)
    starts = sorted({rate.effective_from for rate in rates})
    following = dict(zip_longest(starts, starts[1:]))
    for rate in rates:
        ends = [end for end in (following[rate.effective_from], rate.effective_until) if end is not None]
        yield rate.effective_from, min(ends, default=None), rate

"""Strategies for rates, their sources, sheets and books."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product as pairs
from typing import TypeAlias

from attrs import evolve
from hypothesis import strategies as st

from flexlib.model.instants import as_utc
from flexlib.model.products import ChargeBasis
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import Rate, RateSheet, Source
from flexlib.testing.strategies.basics import (
    MAX_INSTANT,
    MIN_INSTANT,
    PRODUCTS,
    REGIONS,
    RESULTS,
    Names,
    instants,
    named,
    spans,
    tokens,
)

_Change: TypeAlias = tuple[str, str | None, datetime, Decimal]


def sources(*, providers: Names = ("vendor", "reseller")) -> st.SearchStrategy[Source]:
    """Return a strategy of sources; shrinks to the first provider's price list, without a date.

    Args:
        providers: Who says so, or a strategy of it.

    .. versionadded:: 0.1.0
    """
    days = st.none() | st.dates(date(2021, 1, 1), date(2027, 1, 1))
    return st.builds(Source, named(providers), st.sampled_from(["price list", "rate sheet"]), days)


def rates(
    *,
    products: Names = PRODUCTS,
    regions: Iterable[str | None] = REGIONS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[Rate]:
    """Return a strategy of rates; shrinks to 0 tokens a day for the first product and region, from ``min_value`` on, without source.

    Args:
        products: The products' codes, or a strategy of them.
        regions: The regions, None for everywhere.
        min_value: The first instant at which one may begin.
        max_value: The last instant at which one may begin or end.

    .. versionadded:: 0.1.0
    """
    return st.builds(
        _rate,
        named(products),
        tokens(),
        instants(min_value=min_value, max_value=max_value),
        st.none() | spans(longest=timedelta(days=400)),
        st.just(as_utc(max_value)),
        region=st.sampled_from(list(regions)),
        basis=st.sampled_from(ChargeBasis),
        source=st.none() | sources(),
    )


def rate_sheets(
    *,
    products: Iterable[str] = PRODUCTS,
    regions: Iterable[str | None] = REGIONS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[RateSheet]:
    """Return a strategy of sheets whose rates do not overlap, some with gaps; shrinks to one without rates.

    Args:
        products: The products' codes.
        regions: The regions, None for everywhere.
        min_value: The first instant at which a rate may begin.
        max_value: The last instant at which one may begin or end.

    .. versionadded:: 0.1.0
    """
    drawn = rates(products=products, regions=regions, min_value=min_value, max_value=max_value)
    names = st.sampled_from(["sheet", "other sheet"])
    return st.builds(RateSheet, names, st.lists(drawn, max_size=6).map(_apart))


def rate_books(
    *,
    products: Iterable[str] = PRODUCTS,
    results: Iterable[str] = RESULTS,
    regions: Iterable[str | None] = REGIONS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[RateBook]:
    """Return a strategy of books with one rate for each product at every instant, in every region; shrinks to 0 tokens for each.

    So the usage of ``sessions()`` and ``result_uses()`` can be charged with any of them. For books with gaps and conflicts, make a
    `flexlib.RateBook` of several ``rate_sheets()``.

    Args:
        products: The codes of the products that are charged a day.
        results: The codes of those that are charged a result.
        regions: The regions in which rates may change, None for everywhere.
        min_value: The instant from which on all have a rate.
        max_value: The last instant at which one may change.

    .. versionadded:: 0.1.0
    """
    basis_of = {**dict.fromkeys(products, ChargeBasis.PER_DAY), **dict.fromkeys(results, ChargeBasis.PER_RESULT)}
    places, first = list(pairs(basis_of, regions)), as_utc(min_value)
    costs = tokens(places=6)  # times a quantity of six places they are still exact
    begins = instants(min_value=first, max_value=max_value)
    at_first = st.tuples(*(st.tuples(st.just(code), st.none(), st.just(first), costs) for code in basis_of))
    changes = [st.tuples(st.just(code), st.just(region), begins, costs) for code, region in places]
    return st.builds(
        _book,
        st.just(basis_of),
        at_first,
        st.lists(st.one_of(changes), max_size=6) if changes else st.just([]),
        st.none() | sources(),
    )


def _book(
    basis_of: dict[str, ChargeBasis], at_first: Iterable[_Change], changes: Iterable[_Change], source: Source | None
) -> RateBook:
    found = [
        Rate(code, cost, effective_from=at, region=region, basis=basis_of[code], source=source)
        for code, region, at, cost in (*at_first, *changes)
    ]
    return RateBook([RateSheet("sheet", _apart(found))])


def _rate(  # the arguments of a rate, but for its length
    product: str,
    cost: Decimal,
    start: datetime,
    length: timedelta | None,
    latest: datetime,
    *,
    region: str | None,
    basis: ChargeBasis,
    source: Source | None,
) -> Rate:
    end = None if length is None or start == latest else min(start + length, latest)
    return Rate(product, cost, effective_from=start, effective_until=end, region=region, basis=basis, source=source)


def _apart(drawn: Iterable[Rate]) -> list[Rate]:
    """Return rates of which no two of one product and region begin at once, and none lasts beyond the next beginning."""
    timelines: dict[tuple[str, str | None], dict[datetime, Rate]] = {}
    for rate in drawn:
        timelines.setdefault((rate.product, rate.region), {}).setdefault(rate.effective_from, rate)
    apart: list[Rate] = []
    for timeline in timelines.values():
        starts = sorted(timeline)
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            rate = timeline[start]
            if rate.effective_until and following and following < rate.effective_until:
                rate = evolve(rate, effective_until=following)
            apart.append(rate)
    return apart

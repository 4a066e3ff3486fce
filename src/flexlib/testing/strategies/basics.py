"""Strategies for instants, amounts and names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil, floor
from typing import TypeAlias

from hypothesis import strategies as st

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import MAX_DECIMALS, MAX_DIGITS, as_tokens, exact
from flexlib.model.instants import as_utc

Names: TypeAlias = Iterable[str] | st.SearchStrategy[str]

USERS = ("ada", "bo", "cy")
PRODUCTS = ("autocad", "revit", "maya")
RESULTS = ("solve", "study")
TEAMS = (None, "north", "south")
REGIONS = (None, "DE", "JP")
MIN_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
MAX_INSTANT = datetime(2027, 1, 1, tzinfo=UTC)

HOUR = timedelta(hours=1)
_UNITS = (timedelta(days=1), HOUR, timedelta(minutes=1), timedelta(microseconds=1))


def instants(*, min_value: datetime = MIN_INSTANT, max_value: datetime = MAX_INSTANT) -> st.SearchStrategy[datetime]:
    """Return a strategy of instants in UTC, many of them whole days or hours apart (rule T1); shrinks to ``min_value``.

    Args:
        min_value: The first instant that may come.
        max_value: The last.

    .. versionadded:: 0.1.0
    """
    first, last = as_utc(min_value), as_utc(max_value)
    if last < first:
        raise InvalidValueError("max_value", last.isoformat(), f"{first.isoformat()} or later")
    return st.one_of([_steps(first, last, unit) for unit in _UNITS])


def tokens(
    *, min_value: Decimal | int = 0, max_value: Decimal | int = 1000, places: int = MAX_DECIMALS
) -> st.SearchStrategy[Decimal]:
    """Return a strategy of exact amounts (rule C10); shrinks to the least whole number.

    Args:
        min_value: The least amount; give one above zero for packs, refunds and quantities.
        max_value: The greatest amount, of up to 15 digits before the point.
        places: How many digits may stand after the point, 12 at most.

    .. versionadded:: 0.1.0
    """
    least, greatest = as_tokens(min_value), as_tokens(max_value)
    if greatest < least:
        raise InvalidValueError("max_value", max_value, f"{min_value} or more")
    steps = sorted({0, *(step for step in (1, 2) if step <= places), min(places, MAX_DECIMALS)})
    bounds = {step: _bounds(least, greatest, step) for step in steps}
    return st.one_of([_amounts(step, low, high) for step, (low, high) in bounds.items() if low <= high])


def named(names: Names) -> st.SearchStrategy[str]:
    """Return a strategy of one of some names, or the strategy that was given."""
    return names if isinstance(names, st.SearchStrategy) else st.sampled_from(tuple(names))


def spans(*, shortest: timedelta = timedelta(microseconds=1), longest: timedelta) -> st.SearchStrategy[timedelta]:
    """Return a strategy of spans of time, many of them whole hours; shrinks to an hour."""
    hours = st.integers(1, longest // HOUR).map(lambda number: number * HOUR)
    return st.one_of(hours, st.timedeltas(shortest, longest))


def _steps(first: datetime, last: datetime, unit: timedelta) -> st.SearchStrategy[datetime]:
    return st.integers(0, (last - first) // unit).map(lambda number: first + number * unit)


def _bounds(least: Decimal, greatest: Decimal, places: int) -> tuple[int, int]:
    with exact():
        return ceil(least.scaleb(places)), min(floor(greatest.scaleb(places)), 10 ** (MAX_DIGITS + places) - 1)


def _amounts(places: int, low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda number: Decimal(f"{number}e-{places}") if places else Decimal(number))

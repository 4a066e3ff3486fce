"""Strategies for what the vendor's reports say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from flexlib.model.instants import as_utc
from flexlib.model.reported import ReportedSummary, ReportedTotal, ReportedUse
from flexlib.testing.strategies.basics import MAX_INSTANT, MIN_INSTANT, PRODUCTS, TEAMS, USERS, Names, named, tokens


def reported_uses(
    *,
    users: Names = USERS,
    products: Names = PRODUCTS,
    teams: Iterable[str | None] = TEAMS,
    min_value: date = MIN_INSTANT,
    max_value: date = MAX_INSTANT,
) -> st.SearchStrategy[ReportedUse]:
    """Return a strategy of rows of the vendor's report; shrinks to 0 tokens of the first user and product on the first day.

    Args:
        users: The users, or a strategy of them.
        products: The products' codes, or a strategy of them.
        teams: The teams whose pool pays.
        min_value: The first day; of an instant, its day in UTC.
        max_value: The last day, likewise.

    .. versionadded:: 0.1.0
    """
    days = _days(min_value, max_value)
    features = st.sampled_from([None, "cloud rendering"])
    return st.builds(
        ReportedUse, named(users), named(products), days, tokens(), team=st.sampled_from(list(teams)), feature=features
    )


def reported_summaries(
    *,
    users: Names = USERS,
    products: Names = PRODUCTS,
    teams: Iterable[str | None] = TEAMS,
    min_value: date = MIN_INSTANT,
    max_value: date = MAX_INSTANT,
) -> st.SearchStrategy[ReportedSummary]:
    """Return a strategy of rows of the vendor's Usage Report; shrinks to the first user and offering, all else left blank.

    Args:
        users: The users, or a strategy of them.
        products: The offerings, or a strategy of them.
        teams: The teams.
        min_value: The first day of those that it names; of an instant, its day in UTC.
        max_value: The last day, likewise.

    .. versionadded:: 0.1.0
    """
    days = st.none() | _days(min_value, max_value)
    return st.builds(
        ReportedSummary,
        named(users),
        named(products),
        tokens=st.none() | tokens(),
        days_used=st.none() | st.integers(0, 366),
        monthly_average=st.none() | tokens(max_value=31, places=2),
        days_inactive=st.none() | st.integers(0, 366),
        version=st.sampled_from([None, "2026"]),
        team=st.sampled_from(list(teams)),
        group=st.sampled_from([None, "cad"]),
        access=st.sampled_from([None, "Flex"]),
        seat_assignment=st.sampled_from([None, "Assigned"]),
        activity=st.sampled_from([None, "Active"]),
        assigned_on=days,
        unassigned_on=days,
        last_accessed_on=days,
    )


def reported_totals(
    *,
    users: Names = USERS,
    products: Names = PRODUCTS,
    min_value: date = MIN_INSTANT,
    max_value: date = MAX_INSTANT,
) -> st.SearchStrategy[ReportedTotal]:
    """Return a strategy of the vendor's totals; shrinks to 0 tokens of everything.

    Args:
        users: The users, or a strategy of them; most totals are of all of them.
        products: The products, or a strategy of them; likewise.
        min_value: A day of the first month; of an instant, its day in UTC.
        max_value: A day of the last month, likewise.

    .. versionadded:: 0.1.0
    """
    return st.builds(
        ReportedTotal,
        tokens(),
        st.sampled_from([None, "PRODUCT_CONSUMPTION"]),
        product=st.none() | named(products),
        user=st.none() | named(users),
        month=st.none() | _days(min_value, max_value).map(lambda day: day.replace(day=1)),
        contract_year=st.none() | st.integers(1, 5),
        users=st.none() | st.integers(0, 5000),
    )


def _days(min_value: date, max_value: date) -> st.SearchStrategy[date]:
    first, last = _day(min_value), _day(max_value)
    return st.integers(0, (last - first).days).map(lambda number: first + timedelta(days=number))


def _day(value: date) -> date:
    return as_utc(value).date() if isinstance(value, datetime) else value

"""Strategies for policies, charge windows and charges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from flexlib.charging.charges import Charge, ChargeWindow, WindowCause
from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.model.rates import Rate
from flexlib.testing.strategies.basics import (
    MAX_INSTANT,
    MIN_INSTANT,
    PRODUCTS,
    TEAMS,
    USERS,
    Names,
    instants,
    named,
    spans,
    tokens,
)

_DAY = timedelta(days=1)


def charge_policies() -> st.SearchStrategy[ChargePolicy]:
    """Return a strategy of policies; shrinks to that of Autodesk Flex, ``FLEX``.

    .. versionadded:: 0.1.0
    """
    short = st.timedeltas(timedelta(), timedelta(hours=2))
    windows = st.just(FLEX.window) | spans(shortest=timedelta(hours=1), longest=timedelta(days=8))
    return st.builds(ChargePolicy, windows, st.just(FLEX.grace) | short, st.just(FLEX.idle_after) | short)


def charge_windows(
    *,
    users: Names = USERS,
    products: Names = PRODUCTS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
    length: timedelta = FLEX.window,
) -> st.SearchStrategy[ChargeWindow]:
    """Return a strategy of charge windows; shrinks to the first user's launch of the first product at ``min_value``.

    Args:
        users: The users, or a strategy of them.
        products: The products' codes, or a strategy of them.
        min_value: The first instant at which one may start.
        max_value: The last.
        length: How long each lasts.

    .. versionadded:: 0.1.0
    """
    starts = instants(min_value=min_value, max_value=max_value)
    return st.builds(
        lambda user, product, start, cause: ChargeWindow(user, product, start, start + length, cause=cause),
        named(users),
        named(products),
        starts,
        st.sampled_from(WindowCause),
    )


def charges(
    *,
    users: Names = USERS,
    products: Names = PRODUCTS,
    teams: Iterable[str | None] = TEAMS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[Charge]:
    """Return a strategy of charges, some with their window and rate; shrinks to 0 tokens of the first user and product at ``min_value``.

    Their ids come from their content, so two equal charges have one id, and ``settle`` takes them for one fact.

    Args:
        users: The users, or a strategy of them.
        products: The products' codes, or a strategy of them.
        teams: The teams whose pool pays.
        min_value: The first instant at which one may be charged.
        max_value: The last.

    .. versionadded:: 0.1.0
    """
    at = instants(min_value=min_value, max_value=max_value)
    return st.builds(
        _charge,
        named(users),
        named(products),
        at,
        tokens(max_value=50),
        st.sampled_from(list(teams)),
        st.sampled_from([False, True]),
    )


def _charge(user: str, product: str, at: datetime, cost: Decimal, team: str | None, traced: bool) -> Charge:
    window = ChargeWindow(user, product, at, at + _DAY) if traced else None
    rate = Rate(product, cost, effective_from=MIN_INSTANT) if traced else None
    return Charge(user, product, at, cost, team=team, window=window, rate=rate)

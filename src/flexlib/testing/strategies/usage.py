"""Strategies for usage: sessions and results."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from flexlib.model.usage import ResultUse, Session
from flexlib.testing.strategies.basics import (
    MAX_INSTANT,
    MIN_INSTANT,
    PRODUCTS,
    RESULTS,
    TEAMS,
    USERS,
    Names,
    instants,
    named,
    spans,
    tokens,
)

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
# What the rules C4, C5 and C6 turn on.
_LENGTHS = (timedelta(), 5 * _MINUTE, 5 * _MINUTE - timedelta(seconds=1), 15 * _MINUTE, _DAY, _DAY + _MINUTE, 2 * _DAY)


def sessions(
    *,
    users: Names = USERS,
    products: Names = PRODUCTS,
    teams: Iterable[str | None] = TEAMS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
    longest: timedelta = timedelta(days=3),
) -> st.SearchStrategy[Session]:
    """Return a strategy of sessions; shrinks to the first user and product, opened at ``min_value``, of unknown end.

    Args:
        users: The users, or a strategy of them.
        products: The products' codes, or a strategy of them.
        teams: The teams whose pool pays.
        min_value: The first instant at which one may open.
        max_value: The last instant at which one may open; it may close later.
        longest: The longest that one may last, an hour at least.

    .. versionadded:: 0.1.0
    """
    return st.builds(
        _session,
        named(users),
        named(products),
        instants(min_value=min_value, max_value=max_value),
        st.one_of(st.none(), st.sampled_from([length for length in _LENGTHS if length <= longest]), spans(longest=longest)),
        st.just(()) | st.lists(st.integers(0, 100), max_size=5, unique=True),
        team=st.sampled_from(list(teams)),
        machine=st.sampled_from([None, "cad-1"]),
        version=st.sampled_from([None, "2026"]),
    )


def _session(
    user: str,
    product: str,
    opened: datetime,
    length: timedelta | None,
    cuts: Iterable[int],
    *,
    team: str | None,
    machine: str | None,
    version: str | None,
) -> Session:
    """Return a session, idle between each two of its cuts, which are hundredths of its length."""
    closed, edges = None, [opened]
    if length is not None:
        closed, edges = opened + length, [opened + length * cut / 100 for cut in sorted(cuts)]
    idle = [(start, end) for start, end in list(pairwise(edges))[::2] if start < end]
    return Session(user, product, opened, closed, idle=idle, team=team, machine=machine, version=version)


def result_uses(
    *,
    users: Names = USERS,
    products: Names = RESULTS,
    teams: Iterable[str | None] = TEAMS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[ResultUse]:
    """Return a strategy of results; shrinks to one result of the first user and product at ``min_value``.

    Args:
        users: The users, or a strategy of them.
        products: The codes of the services, or a strategy of them.
        teams: The teams whose pool pays.
        min_value: The first instant at which one may be asked for.
        max_value: The last.

    .. versionadded:: 0.1.0
    """
    return st.builds(
        ResultUse,
        named(users),
        named(products),
        instants(min_value=min_value, max_value=max_value),
        tokens(min_value=1, max_value=50, places=6),
        team=st.sampled_from(list(teams)),
        id=st.sampled_from([None, "second"]),
    )

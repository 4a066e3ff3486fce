"""Strategies for users, what they are assigned, and directories."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from hypothesis import strategies as st

from flexlib.model.directory import Directory
from flexlib.model.instants import as_utc
from flexlib.model.people import ALL_PRODUCTS, Assignment, Products, TeamDefault, User
from flexlib.model.products import Catalog, Product
from flexlib.testing.strategies.basics import MAX_INSTANT, MIN_INSTANT, PRODUCTS, TEAMS, Names, instants, named, spans

EMAILS = ("ada@studio.example", "bo@studio.example", "cy@studio.example")

_Bounds: TypeAlias = tuple[datetime | None, datetime | None]

_YEAR = timedelta(days=365)


def users(*, emails: Names = EMAILS, teams: Iterable[str | None] = TEAMS) -> st.SearchStrategy[User]:
    """Return a strategy of users; shrinks to the first e-mail address, without names, team or groups.

    Args:
        emails: The e-mail addresses, or a strategy of them.
        teams: The teams.

    .. versionadded:: 0.1.0
    """
    return st.builds(
        User,
        named(emails),
        first_name=st.sampled_from(["", "Ada"]),
        last_name=st.sampled_from(["", "Król"]),
        team=st.sampled_from(list(teams)),
        groups=st.lists(st.sampled_from(["cad", "bim"]), max_size=2, unique=True),
    )


def assignments(
    *,
    users: Names = EMAILS,
    products: Names = PRODUCTS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[Assignment]:
    """Return a strategy of assignments; shrinks to no products of the first user, without a beginning or an end.

    Args:
        users: The users' e-mail addresses, or a strategy of them.
        products: The products' codes, or a strategy of them; all products may be assigned, too.
        min_value: The first instant at which one may start or end.
        max_value: The last instant at which one may start; it may end later.

    .. versionadded:: 0.1.0
    """
    chosen: st.SearchStrategy[Products] = _lists(products) | st.just(ALL_PRODUCTS)
    return st.builds(_assignment, named(users), chosen, _bounds(min_value, max_value))


def team_defaults(
    *,
    teams: Iterable[str] = TEAMS[1:],
    products: Names = PRODUCTS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[TeamDefault]:
    """Return a strategy of teams' default assignments; shrinks to no products of the first team, without a beginning or an end.

    Args:
        teams: The teams.
        products: The products' codes, or a strategy of them.
        min_value: The first instant at which one may start or end.
        max_value: The last instant at which one may start; it may end later.

    .. versionadded:: 0.1.0
    """
    return st.builds(_team_default, st.sampled_from(list(teams)), _lists(products), _bounds(min_value, max_value))


def directories(
    *,
    emails: Iterable[str] = EMAILS,
    products: Iterable[str] = PRODUCTS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[Directory]:
    """Return a strategy of directories, some with a catalogue; shrinks to one without users.

    Args:
        emails: The e-mail addresses of those who may be in it.
        products: The products' codes.
        min_value: The first instant at which an assignment may start or end.
        max_value: The last instant at which one may start; it may end later.

    .. versionadded:: 0.1.0
    """
    people = st.lists(users(emails=emails), max_size=4, unique_by=lambda user: user.email)
    defaults = st.lists(team_defaults(products=products, min_value=min_value, max_value=max_value), max_size=3)
    catalog = Catalog([Product(code, f"{code} studio") for code in products])

    def directory(found: list[User]) -> st.SearchStrategy[Directory]:
        emails = [user.email for user in found]
        own = assignments(users=emails, products=products, min_value=min_value, max_value=max_value)
        some = st.lists(own, max_size=5) if found else st.just([])
        return st.builds(Directory, st.just(found), some, defaults, catalog=st.sampled_from([None, catalog]))

    return people.flatmap(directory)


def _lists(products: Names) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(named(products), max_size=3, unique=True).map(tuple)


def _bounds(min_value: datetime, max_value: datetime) -> st.SearchStrategy[_Bounds]:
    starts = st.none() | instants(min_value=min_value, max_value=max_value)
    lengths = st.none() | spans(longest=_YEAR)
    return st.tuples(starts, lengths).map(lambda drawn: _span(*drawn, as_utc(min_value)))


def _span(start: datetime | None, length: timedelta | None, first: datetime) -> _Bounds:
    return start, None if length is None else (start or first) + length


def _assignment(user: str, products: Products, bounds: _Bounds) -> Assignment:
    return Assignment(user, products, *bounds)


def _team_default(team: str, products: tuple[str, ...], bounds: _Bounds) -> TeamDefault:
    return TeamDefault(team, products, *bounds)

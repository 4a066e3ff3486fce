"""Strategies for seats, packs, and what moves or returns tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from flexlib.charging.charges import Charge
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.seats import Seat
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

_YEAR = timedelta(days=365)


def seats(
    *,
    users: Names = USERS,
    products: Names = PRODUCTS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[Seat]:
    """Return a strategy of seats; shrinks to the first user's for the first product, from ``min_value`` on, without an end.

    Args:
        users: The users, or a strategy of them.
        products: The products' codes, or a strategy of them.
        min_value: The first instant at which one may start.
        max_value: The last instant at which one may start; it may end later.

    .. versionadded:: 0.1.0
    """
    starts = instants(min_value=min_value, max_value=max_value)
    covered = st.lists(named(products), min_size=1, max_size=3, unique=True)
    lengths = st.none() | spans(longest=_YEAR)
    return st.builds(_seat, named(users), covered, starts, lengths)


def token_packs(
    *,
    teams: Iterable[str | None] = TEAMS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[TokenPack]:
    """Return a strategy of packs, each with an id of its own for ``settle``; shrinks to one token from ``min_value`` on, for an hour.

    Args:
        teams: The teams whose pool it may belong to, None for the common pool.
        min_value: The first instant at which one may start.
        max_value: The last instant at which one may start; it expires within a year of it.

    .. versionadded:: 0.1.0
    """
    prices = st.none() | st.tuples(tokens(), st.sampled_from(["USD", "EUR"]))
    starts = instants(min_value=min_value, max_value=max_value)
    return st.builds(
        _pack, st.uuids(), tokens(min_value=1, max_value=5000), starts, spans(longest=_YEAR), prices, st.sampled_from(list(teams))
    )


def refunds(
    *,
    charges: Sequence[Charge] = (),
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[Refund]:
    """Return a strategy of refunds; shrinks to one token of the first charge, or all of it if that is less, as early as may be.

    Args:
        charges: The charges of which tokens may return, no more of one refund than was charged, and not before, one above zero at
            least; where no charges are given, the refunds are of one called ``charge 1``.
        min_value: The first instant at which they may return.
        max_value: The last, but for charges that come later.

    .. versionadded:: 0.1.0
    """
    paid = [(charge.id, charge.tokens, max(charge.at, min_value)) for charge in charges if charge.tokens]
    known = paid if charges else [("charge 1", Decimal(1000), min_value)]
    return st.sampled_from(known).flatmap(lambda charge: _refunds(*charge, max_value))


def transfers(
    *,
    teams: Iterable[str | None] = TEAMS,
    min_value: datetime = MIN_INSTANT,
    max_value: datetime = MAX_INSTANT,
) -> st.SearchStrategy[Transfer]:
    """Return a strategy of transfers; shrinks to one token from the first team to the second at ``min_value``.

    Args:
        teams: The teams that give and take, two at least; None is the common pool.
        min_value: The first instant at which tokens may move.
        max_value: The last.

    .. versionadded:: 0.1.0
    """
    pools = list(teams)
    ways = st.sampled_from([(giver, taker) for giver in pools for taker in pools if giver != taker])
    moved = instants(min_value=min_value, max_value=max_value)
    names = st.sampled_from([None, "second"])
    return st.builds(_transfer, ways, tokens(min_value=1, max_value=500), moved, names)


def _refunds(charge_id: str, paid: Decimal, earliest: datetime, latest: datetime) -> st.SearchStrategy[Refund]:
    amounts = tokens(min_value=min(Decimal(1), paid), max_value=paid)
    at = instants(min_value=earliest, max_value=max(earliest, latest))
    return st.builds(Refund, st.just(charge_id), amounts, at, id=st.sampled_from([None, "second"]))


def _transfer(way: tuple[str | None, str | None], amount: Decimal, at: datetime, name: str | None) -> Transfer:
    giver, taker = way
    return Transfer(giver, taker, amount, at, id=name)


def _seat(user: str, products: list[str], starts_at: datetime, length: timedelta | None) -> Seat:
    return Seat(user, products, starts_at, None if length is None else starts_at + length)


def _pack(
    number: object, size: Decimal, starts_at: datetime, length: timedelta, price: tuple[Decimal, str] | None, team: str | None
) -> TokenPack:
    paid, currency = price or (None, None)
    return TokenPack(f"pack {number}", size, starts_at, starts_at + length, price=paid, currency=currency, team=team)

"""Paths of demand as arrays of whole millionths of a token, so that every sum and every comparison is exact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import as_tokens, exact

Units: TypeAlias = NDArray[np.int64]
"""Tokens in millionths."""

Demand: TypeAlias = "NDArray[np.float64] | NDArray[np.int64] | Sequence[Sequence[Decimal | int]]"

UNIT = 10**6
_MOST = 10**11
"""The most tokens on all paths together, in hand, and in one pack: sums of them in millionths must fit 64 bits."""


def as_units(tokens: Decimal) -> int:
    """Return tokens in whole millionths, rounded down."""
    return math.floor(Fraction(tokens) * UNIT)


def as_amount(units: int) -> Decimal:
    """Return millionths as tokens."""
    with exact():
        return Decimal(units) / UNIT


def rounded(value: Fraction) -> Decimal:
    """Return a value to a hundredth, half to even."""
    with exact():
        return Decimal(round(value * 100)).scaleb(-2)


def pack_units(tokens: Decimal) -> int:
    """Return the size of a pack in millionths; one that is too large, or no whole number of them, is refused."""
    units = as_units(tokens)
    if as_amount(units) != tokens or tokens > _MOST:
        raise InvalidValueError("tokens", tokens, f"a pack of at most {_MOST} tokens and six decimals")
    return units


def held_units(balances: Sequence[Decimal]) -> list[int]:
    """Return balances in whole millionths, rounded down; too many tokens are refused."""
    units = [as_units(balance) for balance in balances]
    if sum(units) > _MOST * UNIT:
        raise InvalidValueError("ledger", as_amount(sum(units)), f"at most {_MOST} tokens in hand")
    return units


def as_paths(demand: Demand) -> Units:
    """Return demand in millionths, one row a day and one column a path.

    Raises:
        InvalidValueError: It has no path or no day, paths differ in length, or a value is negative, not finite or no number.
        InvalidTokensError: A value of a sequence is a float, negative or not finite.
    """
    paths = _of_array(demand) if isinstance(demand, np.ndarray) and demand.dtype != object else _of_rows(demand)
    if not paths.size:
        raise InvalidValueError("demand", paths.shape, "at least one path of at least one day")
    return np.ascontiguousarray(paths.T)


def _of_array(demand: NDArray[np.generic]) -> Units:
    if demand.ndim != 2:  # noqa: PLR2004  # paths and days
        raise InvalidValueError("demand", demand.shape, "an array of two dimensions, paths by days")
    if demand.dtype.kind not in "iuf":
        raise InvalidValueError("demand", demand.dtype.name, "an array of numbers")
    numbers = demand.astype(np.float64)
    if not bool(np.all(np.isfinite(numbers))) or bool(np.any(numbers < 0)):
        raise InvalidValueError("demand", "a value that is negative or not finite", "tokens a day, zero or more")
    _check_sum(float(numbers.sum()))
    return np.rint(numbers * UNIT).astype(np.int64)


def _of_rows(demand: Demand) -> Units:
    with exact():
        rows = [[int((as_tokens(tokens) * UNIT).to_integral_value()) for tokens in _days(path)] for path in demand]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise InvalidValueError("demand", lengths, "paths of one length")
    _check_sum(sum(map(sum, rows)) / UNIT)
    return np.array(rows, dtype=np.int64)


def _days(path: object) -> Sequence[Decimal | int]:
    if isinstance(path, np.ndarray):
        return list(path)
    if not isinstance(path, Sequence):
        raise InvalidValueError("demand", path, "a sequence of paths, each a sequence of tokens a day")
    return path


def _check_sum(tokens: float) -> None:
    if tokens > _MOST:
        raise InvalidValueError("demand", tokens, f"at most {_MOST} tokens on all paths together")

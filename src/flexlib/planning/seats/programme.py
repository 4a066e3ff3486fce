"""Linear programmes through SciPy's HiGHS; the extra ``planning`` brings it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from flexlib.planning.seats.model import Model, Row

_INFEASIBLE = 2
_MOST = 10**15
"""HiGHS refuses factors from here on, which SciPy takes for a programme without a solution."""


class Solution(NamedTuple):
    """What a solver found; costs are the model's divided ones without its constant.

    Attributes:
        values: Of each column, None where it found no solution in its time or a factor is too large to look for one.
        bound: No solution costs less; infinite where there is no solution.

    """

    values: list[float] | None
    bound: float


class Relaxed(NamedTuple):
    """The solution that fractions would allow.

    Attributes:
        cost: What it costs, in the model's divided cost without its constant; infinite, and no prices, where there is no solution, and minus infinite, and
            no prices, where none was found in its time or a factor is too large to look for one.
        row_prices: By how much the undivided cost would fall, of each row, for a unit more of its limit.
        column_prices: By how much the divided cost would rise at least, of each column, for one more of it; negative where it is at its most.

    """

    cost: float
    row_prices: list[float]
    column_prices: list[float]


Ranges: TypeAlias = list[tuple[int, int | None]]
"""The least and the most of each column."""


def solve(model: Model, ranges: Ranges, time_limit: float) -> Solution:
    """Return the cheapest solution in whole numbers that is found in so many seconds."""
    rows = [row.scaled()[0] for row in model.rows]
    if _refused(rows):
        return Solution(None, -np.inf)
    least, most = np.array(_limits(ranges)).T
    done = milp(
        np.array(model.costs, dtype=float),
        integrality=np.array(model.whole, dtype=int),
        bounds=Bounds(least, most),
        constraints=LinearConstraint(_matrix(rows, len(model.costs)), ub=np.array([row.at_most for row in rows], dtype=float)),
        options={"time_limit": time_limit, "mip_rel_gap": 0.0, "disp": False},
    )
    if done.status == _INFEASIBLE:
        return Solution(None, np.inf)
    bound = done.mip_dual_bound
    return Solution(None if done.x is None else [float(value) for value in done.x], -np.inf if bound is None else float(bound))


def relaxed(model: Model, ranges: Ranges, time_limit: float) -> Relaxed:
    """Return the solution that fractions would allow, as far as it is found in so many seconds."""
    scaled = [row.scaled() for row in model.rows]
    rows = [row for row, _ in scaled]
    if _refused(rows):
        return Relaxed(-np.inf, [], [])
    # The stubs of SciPy do not know that A_ub may be sparse.
    done = linprog(  # type: ignore[call-overload]
        np.array(model.costs, dtype=float),
        A_ub=_matrix(rows, len(model.costs)),  # pyright: ignore[reportArgumentType]
        b_ub=np.array([row.at_most for row in rows], dtype=float),
        bounds=_limits(ranges),
        method="highs",
        options={"time_limit": time_limit},
    )
    if done.status == _INFEASIBLE:
        return Relaxed(np.inf, [], [])
    if done.status != 0:
        return Relaxed(-np.inf, [], [])
    row_prices = [
        -float(price) * model.divisor / divisor for price, (_, divisor) in zip(done.ineqlin.marginals, scaled, strict=True)
    ]
    return Relaxed(float(done.fun), row_prices, [float(price) for price in done.lower.marginals + done.upper.marginals])


def _refused(rows: list[Row]) -> bool:
    return any(abs(factor) >= _MOST for row in rows for factor in row.factors.values())


def _limits(ranges: Ranges) -> list[tuple[float, float]]:
    return [(least, np.inf if most is None else most) for least, most in ranges]


def _matrix(rows: list[Row], columns: int) -> csr_array:
    lengths = [len(row.factors) for row in rows]
    places = np.fromiter((column for row in rows for column in row.factors), dtype=np.int32, count=sum(lengths))
    factors = np.fromiter((factor for row in rows for factor in row.factors.values()), dtype=float, count=sum(lengths))
    starts = np.cumsum([0, *lengths], dtype=np.int32)  # SciPy before 1.15 takes no wider ones
    return csr_array((factors, places, starts), shape=(len(rows), columns))

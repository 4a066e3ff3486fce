"""Linear programmes through SciPy's HiGHS; the extra ``planning`` brings it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from flexlib.planning.seat_model import Model, Row


class Solution(NamedTuple):
    """What a solver found.

    Attributes:
        values: Of each column, None where it found no solution in its time.
        bound: No solution costs less, in the model's divided cost without its constant; None where it has none.

    """

    values: list[float] | None
    bound: float | None


def solve(model: Model, time_limit: float) -> Solution:
    """Return the cheapest solution in whole numbers that is found in so many seconds."""
    rows = [row.scaled()[0] for row in model.rows]
    done = milp(
        np.array(model.costs, dtype=float),
        integrality=np.array(model.whole, dtype=int),
        bounds=Bounds(np.zeros(len(model.costs)), np.array([np.inf if most is None else most for most in model.most])),
        constraints=LinearConstraint(_matrix(rows, len(model.costs)), ub=np.array([row.at_most for row in rows], dtype=float)),
        options={"time_limit": time_limit, "mip_rel_gap": 0.0, "disp": False},
    )
    return Solution(None if done.x is None else [float(value) for value in done.x], done.mip_dual_bound)


def prices(model: Model) -> list[float]:
    """Return by how much the cost would fall, of each row, for a unit more of its limit, were fractions allowed."""
    scaled = [row.scaled() for row in model.rows]
    rows = [row for row, _ in scaled]
    done = linprog(  # type: ignore[call-overload]  # the stubs do not know that A_ub may be sparse
        np.array(model.costs, dtype=float),
        A_ub=_matrix(rows, len(model.costs)),
        b_ub=np.array([row.at_most for row in rows], dtype=float),
        bounds=np.array([(0, np.inf if most is None else most) for most in model.most]),
        method="highs",
    )
    if done.status != 0:
        return [0.0 for _ in rows]
    return [-float(price) * model.divisor / divisor for price, (_, divisor) in zip(done.ineqlin.marginals, scaled, strict=True)]


def _matrix(rows: list[Row], columns: int) -> csr_array:
    lengths = [len(row.factors) for row in rows]
    places = np.fromiter((column for row in rows for column in row.factors), dtype=np.int32, count=sum(lengths))
    factors = np.fromiter((factor for row in rows for factor in row.factors.values()), dtype=float, count=sum(lengths))
    return csr_array((factors, places, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(rows), columns))

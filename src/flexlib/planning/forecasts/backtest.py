"""How a model would have done: forecasts at earlier days, each from the days before it alone, held against what came."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from flexlib.errors import InvalidValueError
from flexlib.planning.checks import whole_number
from flexlib.planning.forecasts.burn_models import LEAST_HISTORY, WEEK, BurnHistory, model_paths
from flexlib.planning.forecasts.figures import Levels, median_of, quantiles_of
from flexlib.planning.forecasts.values import Backtest, BurnModel


class _Score(NamedTuple):
    """The figures of one origin."""

    error: float
    naive_error: float
    pinball: npt.NDArray[np.float64]
    covered: float
    total_covered: bool


def least_days(model: BurnModel, horizon: int) -> int:
    """Return how many whole days of history a backtest needs: those of the model, and those to hold the forecast against."""
    return LEAST_HISTORY[model] + horizon


def rolling_origin(
    history: BurnHistory, *, horizon: int, origins: int, model: BurnModel, paths: int, seed: int, levels: Levels
) -> Backtest:
    """Return how a model did from up to so many origins, the last one a horizon before today."""
    totals = history.totals
    starts = _origins(len(totals) - least_days(model, horizon), len(totals) - horizon, horizon, origins)
    scores = []
    for start in starts:
        burn = model_paths(totals[:start], days=horizon, model=model, paths=paths, seed=seed)
        scores.append(_score(burn, totals[:start], totals[start : start + horizon], levels))
    scaled = [score.error / score.naive_error for score in scores if score.naive_error]
    return Backtest(
        model=model,
        horizon=horizon,
        origins=tuple(history.today - timedelta(len(totals) - start) for start in starts),
        mase=float(np.mean(scaled)) if scaled else None,
        levels=levels,
        pinball=tuple(np.mean([score.pinball for score in scores], axis=0).tolist()),
        nominal=float(levels[-1] - levels[0]),
        coverage=float(np.mean([score.covered for score in scores])),
        total_coverage=float(np.mean([score.total_covered for score in scores])),
    )


def _origins(room: int, last: int, horizon: int, most: int) -> list[int]:
    """Return origins spread over the room before the last one, no closer than a week and no further apart than the horizon."""
    step = max(WEEK, min(horizon, room // max(most - 1, 1)))
    return [last - step * number for number in reversed(range(most)) if step * number <= room]


def _score(
    burn: npt.NDArray[np.float64], before: npt.NDArray[np.float64], actual: npt.NDArray[np.float64], levels: Levels
) -> _Score:
    quantiles, shares = quantiles_of(burn, levels), np.array([float(level) for level in levels])[:, np.newaxis]
    over = actual - quantiles
    totals = quantiles_of(burn.sum(axis=1), levels)
    return _Score(
        error=float(np.abs(actual - median_of(burn)).mean()),
        naive_error=float(np.abs(before[WEEK:] - before[:-WEEK]).mean()),
        pinball=np.maximum(shares * over, (shares - 1) * over).mean(axis=1),
        covered=float(((quantiles[0] <= actual) & (actual <= quantiles[-1])).mean()),
        total_covered=bool(totals[0] <= actual.sum() <= totals[-1]),
    )


def check_span(history: BurnHistory, horizon: int, origins: int, model: BurnModel) -> None:
    """Refuse a backtest whose span is none, or for which the history is too short."""
    for name, value in (("horizon", horizon), ("origins", origins)):
        whole_number(name, value, 1)
    if len(history.totals) < least_days(model, horizon):
        raise InvalidValueError(
            "charges", f"{len(history.totals)} days", f"at least {least_days(model, horizon)} whole days of history"
        )

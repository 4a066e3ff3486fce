"""Exponential smoothing with a weekly season, by statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # type: ignore[import-untyped]  # statsmodels ships no types

WEEK = 7
MOST_DAYS = 104 * WEEK


def smoothed_paths(totals: npt.NDArray[np.float64], days: int, paths: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return paths of the days after a history, shape ``(paths, days)``, from ETS(A,N,A) fitted to its last two years.

    The errors of a week to come are those of a whole week of the history, so that quiet weekdays stay quiet.
    """
    recent = totals[-MOST_DAYS:]
    if np.array_equal(recent[WEEK:], recent[:-WEEK]):  # nothing to fit: the likelihood of no error at all is infinite
        return np.tile(recent[-WEEK:], (paths, -(-days // WEEK)))[:, :days]
    scale = recent.max()
    fitted: Any  # statsmodels ships no types
    fitted = ETSModel(recent / scale, error="add", seasonal="add", seasonal_periods=WEEK).fit(disp=False)
    errors = np.asarray(fitted.resid)[len(recent) % WEEK :].reshape(-1, WEEK)
    errors = errors - errors.mean(axis=0)  # else what the fit missed on average would add up
    drawn = errors[rng.integers(len(errors), size=(-(-days // WEEK), paths))]
    by_day = np.swapaxes(drawn, 1, 2).reshape(-1, paths)[:days]
    simulated = fitted.simulate(days, anchor="end", repetitions=paths, random_errors=by_day)
    ahead: npt.NDArray[np.float64] = np.asarray(simulated, np.float64).reshape(days, paths).T * scale
    return ahead

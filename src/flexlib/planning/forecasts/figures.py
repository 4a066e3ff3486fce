"""Figures over simulated paths: means, quantiles, dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from flexlib.model.packs import TokenPack
from flexlib.planning.forecasts.pool_paths import PoolPaths, draw_paths
from flexlib.planning.forecasts.values import DayForecast, Estimate, PackForecast, RunOut

Levels: TypeAlias = tuple[Decimal, ...]


def quantiles_of(values: npt.NDArray[np.float64], levels: Levels) -> npt.NDArray[np.float64]:
    """Return the quantiles of paths, which are the rows, at levels: of a column ``(levels,)``, of several ``(levels, columns)``."""
    ranked = np.sort(values, axis=0)
    return ranked[[_rank(level, len(values)) for level in levels]]


def _rank(level: Decimal, paths: int) -> int:
    """Return the place of a quantile among ranked paths: the first that at least this share of them do not exceed."""
    share, whole = level.as_integer_ratio()
    return -(-share * paths // whole) - 1


def estimates_of(values: npt.NDArray[np.float64], levels: Levels) -> list[Estimate]:
    """Return the estimate of each column of paths."""
    means, quantiles = values.mean(axis=0).tolist(), quantiles_of(values, levels).T.tolist()
    return [Estimate(mean, levels, tuple(own)) for mean, own in zip(means, quantiles, strict=True)]


def estimate_of(values: npt.NDArray[np.float64], levels: Levels) -> Estimate:
    """Return the estimate of one figure, of which each path has a value."""
    return estimates_of(values[:, np.newaxis], levels)[0]


def day_forecasts(burn: npt.NDArray[np.float64], days: Sequence[date], levels: Levels) -> tuple[DayForecast, ...]:
    """Return each day's burn and that of all days up to it."""
    each, together = estimates_of(burn, levels), estimates_of(np.cumsum(burn, axis=1), levels)
    return tuple(map(DayForecast, days, each, together))


def median_of(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the median of each column of paths."""
    median: npt.NDArray[np.float64] = quantiles_of(values, (Decimal("0.5"),))[0]
    return median


def pool_forecast(
    burn: npt.NDArray[np.float64],
    days: Sequence[date],
    drawn_at: Sequence[datetime],
    until: datetime,
    left: Sequence[tuple[TokenPack, Decimal]],
    levels: Levels,
) -> tuple[RunOut, tuple[PackForecast, ...]]:
    """Return when the pool runs out, and what expires up to an instant of the packs that hold tokens."""
    pool = draw_paths(burn, drawn_at, left)
    expiring = [
        PackForecast(pack, tokens, estimate_of(pool.unused[pack.id], levels), float((pool.unused[pack.id] > 0).mean()))
        for pack, tokens in left
        if pack.expires_at <= until
    ]
    return _run_out(pool, days, levels), tuple(expiring)


def _run_out(pool: PoolPaths, days: Sequence[date], levels: Levels) -> RunOut:
    paths, numbers = len(pool.ran_out), np.bincount(pool.ran_out, minlength=len(days) + 1).tolist()
    ranked = np.sort(pool.ran_out)
    dates: list[date | None] = [*days, None]
    return RunOut(
        chances=tuple((day, number / paths) for day, number in zip(days, numbers, strict=False) if number),
        never=numbers[len(days)] / paths,
        until=days[-1] + timedelta(1),
        levels=levels,
        dates=tuple(dates[ranked[_rank(level, paths)]] for level in levels),
        unmet=estimate_of(pool.unmet, levels),
    )

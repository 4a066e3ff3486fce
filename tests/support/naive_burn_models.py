"""The models of burn told in plain Python: path by path, week by week and day by day, from the same random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, sqrt
from statistics import fmean, pvariance

from numpy.random import Generator, default_rng

from flexlib.planning import BurnModel

YEAR = 52
Week = Sequence[float]


def naive_paths(history: Sequence[float], *, days: int, model: BurnModel, paths: int, seed: int) -> list[list[float]]:
    """Return paths of the days after a history of whole days."""
    rng, ahead = default_rng(seed), ceil(days / 7)
    weeks = [history[first : first + 7] for first in range(len(history) % 7, len(history), 7)]
    if model is BurnModel.SEASONAL_NAIVE:
        drawn = _last_week_again(weeks, ahead, paths, rng)
    elif model is BurnModel.BOOTSTRAP:
        drawn = _weeks_of_the_past(weeks, ahead, paths, rng)
    else:
        drawn = _smoothed(history[-104 * 7 :], ahead, paths, rng)
    return [[max(own, 0) for week in path for own in week][:days] for path in drawn]


def _last_week_again(weeks: Sequence[Week], ahead: int, paths: int, rng: Generator) -> list[list[Week]]:
    changes = [[own - before for before, own in zip(*pair, strict=True)] for pair in pairwise(weeks)][-YEAR:]
    stays, comes = rng.spawn(2)
    [staying] = _numbers(stays, 0, len(changes), 1, paths)
    coming = _numbers(comes, 0, len(changes), ahead, paths)
    return [
        [
            [weeks[-1][day] + (changes[staying[path]][day] + changes[coming[week][path]][day]) / sqrt(2) for day in range(7)]
            for week in range(ahead)
        ]
        for path in range(paths)
    ]


def _weeks_of_the_past(weeks: Sequence[Week], ahead: int, paths: int, rng: Generator) -> list[list[Week]]:
    of_weeks, of_level = rng.spawn(2)
    draw = _any_weeks if len(weeks) < YEAR else _weeks_of_season
    drawn = draw(weeks, max(ahead, 4), paths, of_weeks)
    spread = unforeseen([sum(week) for week in weeks], [fmean(sum(week) for week in path[:4]) for path in drawn])
    levels = [max(0.0, 1 + spread * chance) for chance in of_level.standard_normal(paths).tolist()]
    return [[_times(week, level) for week in path[:ahead]] for path, level in zip(drawn, levels, strict=True)]


def unforeseen(totals: Sequence[float], ahead: Sequence[float]) -> float:
    """Return how far four weeks of the past missed what was to be expected of them, beyond the chance of the paths."""
    months = [fmean(totals[first : first + 4]) for first in range(len(totals) - 3)]
    if len(totals) < YEAR:
        pairs = [(fmean(totals[max(0, week - 26) : week]), months[week]) for week in range(6, len(months))]
    else:
        pairs = list(zip(months, months[YEAR:], strict=False))
        year_before, year = sum(before for before, _ in pairs), sum(came for _, came in pairs)
        pairs = [(before * year / year_before if year_before else 0, came) for before, came in pairs]
    misses = [came / expected - 1 for expected, came in pairs if expected > 0]
    if len(misses) < 6 or not any(ahead):
        return 0
    return sqrt(min(1, max(0, fmean(miss**2 for miss in misses) - pvariance(ahead) / fmean(ahead) ** 2)))


def _any_weeks(weeks: Sequence[Week], ahead: int, paths: int, rng: Generator) -> list[list[Week]]:
    recent = weeks[-26:]
    number = len(recent)
    block = 1 if number < 12 else min(4, number // 6)
    of_past, to_come = rng.spawn(2)
    pasts = _blocks(of_past, number, number, block, paths)
    places = _blocks(to_come, number, ahead, block, paths)
    factors = [_wider(recent, past, number / block) for past in pasts]
    return [
        [_times(recent[past[place]], factor) for place in own] for past, own, factor in zip(pasts, places, factors, strict=True)
    ]


def _weeks_of_season(weeks: Sequence[Week], ahead: int, paths: int, rng: Generator) -> list[list[Week]]:
    number = len(weeks)
    of_past, of_year, to_come, of_growth = rng.spawn(4)
    back = _numbers(of_past, -4, 5, number, paths)
    years = _numbers(of_year, 1, number // YEAR + 1, ahead, paths)
    aside = _numbers(to_come, -4, 5, ahead, paths)
    growth = _growth([sum(week) for week in weeks], paths, of_growth)
    drawn = []
    for path in range(paths):
        past = [_within(week + back[week][path], number) for week in range(number)]
        factor, own = _wider(weeks, past, number, 1.2), []
        for week in range(ahead):
            same_season = number + week % YEAR - YEAR * years[week][path]
            place = past[_within(same_season + aside[week][path], number)]
            own.append(_times(weeks[place], factor * growth[path] ** ((number - 1 - place) / YEAR)))
        drawn.append(own)
    return drawn


def _growth(totals: Sequence[float], paths: int, rng: Generator) -> list[float]:
    """Return the growth in a year, of the weeks of the last year that have one a year before them, drawn by blocks of four."""
    last = list(reversed(range(YEAR, len(totals))))[:YEAR]
    if len(last) < 26:
        return [1.0] * paths
    grown = []
    for path in _blocks(rng, len(last), len(last), 4, paths):
        now, before = sum(totals[last[place]] for place in path), sum(totals[last[place] - YEAR] for place in path)
        grown.append(min(4, max(1 / 4, now / before)) if before else 1)
    return grown


def _wider(weeks: Sequence[Week], past: Sequence[int], blocks: float, overlap: float = 1) -> float:
    """Return the factor that moves the level of a drawn history away from that of the one there is."""
    level, drawn = fmean(sum(week) for week in weeks), fmean(sum(weeks[place]) for place in past)
    free = blocks - 1
    wider = overlap * sqrt(blocks / free) * (1 + 0.66 / free)
    return max(0, level + wider * (drawn - level)) / drawn if drawn else 1


def _smoothed(recent: Sequence[float], ahead: int, paths: int, rng: Generator) -> list[list[Week]]:
    """Go on with level and season from where statsmodels says that they stand, off by the errors of whole weeks."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    if recent[7:] == recent[:-7]:
        return [[recent[-7:]] * ahead] * paths
    scale = max(recent)
    fitted = ETSModel([own / scale for own in recent], error="add", seasonal="add", seasonal_periods=7).fit(disp=False)
    missed = fitted.resid.tolist()[len(recent) % 7 :]
    errors = [missed[first : first + 7] for first in range(0, len(missed), 7)]
    usual = [fmean(week[day] for week in errors) for day in range(7)]
    drawn = _numbers(rng, 0, len(errors), ahead, paths)
    made = []
    for path in range(paths):
        level, season, own = fitted.level[-1], fitted.season[-7:].tolist(), []
        for day in range(7 * ahead):
            error = errors[drawn[day // 7][path]][day % 7] - usual[day % 7]
            own.append(scale * (level + season[day] + error))
            season.append(season[day] + fitted.smoothing_seasonal * error)
            level += fitted.smoothing_level * error
        made.append([own[first : first + 7] for first in range(0, len(own), 7)])
    return made


def _blocks(rng: Generator, number: int, wanted: int, block: int, paths: int) -> list[list[int]]:
    """Return places for each path, in runs of places that follow each other, the first after the last."""
    starts = _numbers(rng, 0, number, ceil(wanted / block), paths)
    return [[(run[path] + step) % number for run in starts for step in range(block)][:wanted] for path in range(paths)]


def _within(place: int, number: int) -> int:
    if place < 0:
        return place + YEAR
    return place - YEAR if place >= number else place


def _numbers(rng: Generator, low: int, high: int, rows: int, paths: int) -> list[list[int]]:
    return rng.integers(low, high, size=(rows, paths)).tolist()


def _times(week: Week, factor: float) -> list[float]:
    return [factor * own for own in week]

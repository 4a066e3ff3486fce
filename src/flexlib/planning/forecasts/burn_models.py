"""Models of burn: a history of days, and paths of the days to come that are drawn from it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.extras import required
from flexlib.model.amounts import ZERO, exact
from flexlib.model.instants import day_start
from flexlib.model.packs import Refund
from flexlib.model.reported import ReportedUse
from flexlib.planning.checks import whole_number
from flexlib.planning.forecasts.values import BurnModel
from flexlib.pool.facts import Facts

WEEK, YEAR = 7, 52
LEAST_HISTORY = {BurnModel.SEASONAL_NAIVE: 2 * WEEK, BurnModel.BOOTSTRAP: 2 * WEEK, BurnModel.ETS: 4 * WEEK}
"""How many whole days of history each model needs."""

MOST_DAYS = 3660
RECENT_WEEKS = 26
BLOCK = 4  # weeks, as far as the history goes: work comes in spells
SHIFT = 4  # weeks to both sides that are of the same season
MONTH, LEAST_BEFORE, LEAST_MISSES = 4, 6, 6  # weeks, weeks, and how many times
LEAST_PAIRS = 26  # weeks with one a year before them; fewer say more of chance than of growth
MOST_GROWTH = 4.0
OVERLAP = (
    1.2  # weeks that are near each other are drawn for the same places, so that totals vary by less than chance: by simulation
)

Tokens = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


class BurnHistory(NamedTuple):
    """The burn of the days gone by, local days of a zone.

    Attributes:
        today: The day of the forecast.
        totals: The tokens of each whole day from that of the first charge to the day before today; zero for a day without a charge.
        charged: What is charged already of today and of days after it, in tokens by the number of days from today. A row of the vendor's
            report may lie after today in a zone west of UTC.
    """

    today: date
    totals: Tokens
    charged: dict[int, float]


def known_facts(charges: Iterable[Charge | ReportedUse], refunds: Iterable[Refund], at: datetime) -> Facts:
    """Return the charges and refunds at or before an instant, checked and distinct."""
    known = [given for given in charges if not isinstance(given, Charge | ReportedUse) or _instant(given) <= at]
    return Facts.of(known, (), [refund for refund in refunds if refund.at <= at], ())


def _instant(given: Charge | ReportedUse) -> datetime:
    return given.at if isinstance(given, Charge) else day_start(given.day)


def burn_history(facts: Facts, at: datetime, zone: tzinfo) -> BurnHistory:
    """Return the burn of each day: what was charged on it, less what of that was refunded (rules T3, P5)."""
    day_of = {charge.id: charge.day(zone) for charge in facts.charges}
    totals: dict[date, Decimal] = dict.fromkeys(day_of.values(), ZERO)
    with exact():
        for charge in facts.charges:
            totals[day_of[charge.id]] += charge.tokens
        for refund in facts.refunds:
            totals[day_of[refund.charge_id]] -= refund.tokens
    today = at.astimezone(zone).date()
    offsets = {(day - today).days: float(tokens) for day, tokens in totals.items()}
    series = np.zeros(-min([0, *offsets]))
    for offset, tokens in offsets.items():
        if offset < 0:
            series[offset] = tokens
    return BurnHistory(today, series, {offset: tokens for offset, tokens in offsets.items() if offset >= 0})


def paths_ahead(history: BurnHistory, *, days: int, model: BurnModel, paths: int, seed: int) -> Tokens:
    """Return paths of what each day from today on still burns, shape ``(paths, days)``."""
    burn = model_paths(history.totals, days=days, model=model, paths=paths, seed=seed)
    for offset, tokens in history.charged.items():
        if offset < days:
            burn[:, offset] = np.maximum(burn[:, offset] - tokens, 0)
    return burn


def model_paths(totals: Tokens, *, days: int, model: BurnModel, paths: int, seed: int) -> Tokens:
    """Return paths of the days after a history of whole days, shape ``(paths, days)``."""
    check_draws(model, paths, seed)
    if type(days) is not int or not 1 <= days <= MOST_DAYS:
        raise InvalidValueError("days", days, f"a whole number from 1 to {MOST_DAYS}")
    if len(totals) < LEAST_HISTORY[model]:
        wanted = f"at least {LEAST_HISTORY[model]} whole days of history before the day of the forecast for {model.value}"
        raise InvalidValueError("charges", f"{len(totals)} days", wanted)
    if model is BurnModel.ETS:
        with required("forecast"):
            from flexlib.planning.forecasts.ets import smoothed_paths  # noqa: PLC0415  # needs the extra forecast
        burn = smoothed_paths(totals, days, paths, np.random.default_rng(seed))
    else:
        draw = _bootstrap if model is BurnModel.BOOTSTRAP else _seasonal_naive
        weeks = totals[len(totals) % WEEK :].reshape(-1, WEEK)
        drawn = draw(weeks, -(-days // WEEK), paths, np.random.default_rng(seed))
        burn = drawn.reshape(paths, -1)[:, :days]
    return np.maximum(burn, 0)


def check_draws(model: BurnModel, paths: int, seed: int) -> None:
    """Refuse what paths cannot be drawn with."""
    if not isinstance(model, BurnModel):
        raise InvalidValueError("model", model, "a BurnModel")
    whole_number("paths", paths, 1)
    whole_number("seed", seed, 0)


def _seasonal_naive(weeks: Tokens, ahead: int, paths: int, rng: np.random.Generator) -> Tokens:
    """Repeat the last week, off by what weeks differ from the week before.

    Two weeks of the same law differ by the chance of both. Half of that variance is the last week's own, and stays along a path; the other
    half is new in each week.
    """
    changes = np.diff(weeks, axis=0)[-YEAR:]
    stays, comes = rng.spawn(2)
    staying = changes[stays.integers(len(changes), size=(1, paths))]
    coming = changes[comes.integers(len(changes), size=(ahead, paths))]
    return np.swapaxes(weeks[-1] + (staying + coming) / np.sqrt(2), 0, 1)


def _bootstrap(weeks: Tokens, ahead: int, paths: int, rng: np.random.Generator) -> Tokens:
    """Draw whole weeks of a history that is itself drawn anew for each path.

    That the history is drawn, too, widens the paths by how little a short one says of the level of the burn (the double bootstrap). Where
    the level of the past moved by more than that, the level of each path is moved as much.
    """
    of_weeks, of_level = rng.spawn(2)
    if len(weeks) < YEAR:
        drawn = _any_weeks(weeks[-RECENT_WEEKS:], max(ahead, MONTH), paths, of_weeks)
    else:
        drawn = _weeks_of_season(weeks, max(ahead, MONTH), paths, of_weeks)
    spread = _unforeseen(weeks.sum(axis=1), drawn[:, :MONTH].mean(axis=(1, 2)))
    level = np.maximum(1 + spread * of_level.standard_normal(paths), 0)
    return drawn[:, :ahead] * level[:, np.newaxis, np.newaxis]


def _unforeseen(totals: Tokens, ahead: Tokens) -> float:
    """Return by how much four weeks of the past missed what was to be expected of them, as a deviation beyond that of the paths.

    Work that goes in spells, or follows a season that a short history does not show, moves the level by more than the chance of weeks.
    """
    months = np.convolve(totals, np.full(MONTH, 1 / MONTH), "valid")
    if len(totals) < YEAR:
        before = [totals[max(0, week - RECENT_WEEKS) : week].mean() for week in range(LEAST_BEFORE, len(months))]
        expected, came = np.array(before), months[LEAST_BEFORE:]
    else:
        expected, came = months[:-YEAR], months[YEAR:]
        expected = expected * (came.mean() / expected.mean() if expected.any() else 1)
    told = expected > 0
    if told.sum() < LEAST_MISSES or not ahead.any():
        return 0.0
    missed = came[told] / expected[told] - 1
    excess = float(np.mean(missed**2) - ahead.var() / ahead.mean() ** 2)
    return math.sqrt(min(max(excess, 0.0), 1.0))


def _any_weeks(weeks: Tokens, ahead: int, paths: int, rng: np.random.Generator) -> Tokens:
    """Draw blocks of weeks that follow each other, the first after the last."""
    number = len(weeks)
    block = max(1, min(BLOCK, number // 6))
    of_past, to_come = rng.spawn(2)
    past = _blocks(of_past, number, number, block, paths)
    places = np.take_along_axis(past, _blocks(to_come, number, ahead, block, paths), axis=1)
    return weeks[places] * _wider_level(weeks, past, number / block)[:, np.newaxis, np.newaxis]


def _blocks(rng: np.random.Generator, number: int, wanted: int, block: int, paths: int) -> Places:
    starts = rng.integers(number, size=(-(-wanted // block), paths)).T
    steps = np.arange(wanted)
    return (starts[:, steps // block] + steps % block) % number


def _wider_level(weeks: Tokens, past: Places, blocks: float, overlap: float = 1) -> Tokens:
    """Return for each path the factor that moves its level away from the history's, as Student's t is wider than the normal law.

    A history drawn anew differs from the one there is by less than that one differs from the law behind both, the more so the fewer
    blocks it has. The widening is that of an interval for 80 %, by the first term of the Cornish-Fisher expansion of t.
    """
    totals = weeks.sum(axis=1)
    level, drawn = totals.mean(), totals[past].mean(axis=1)
    free = blocks - 1
    wider = overlap * np.sqrt((free + 1) / free) * (1 + 0.66 / free)
    moved = np.maximum(level + wider * (drawn - level), 0)
    factor: Tokens = np.divide(moved, drawn, out=np.ones(len(drawn)), where=drawn > 0)
    return factor


def _weeks_of_season(weeks: Tokens, ahead: int, paths: int, rng: np.random.Generator) -> Tokens:
    """Draw weeks near the same place in one of the last years of 52 weeks, brought up to the present level."""
    number = len(weeks)
    of_past, of_year, to_come, of_growth = rng.spawn(4)
    past = _wrapped(np.arange(number) + _shifts(of_past, number, paths), number)
    years = of_year.integers(1, number // YEAR + 1, size=(ahead, paths)).T
    near = number + np.arange(ahead) % YEAR - YEAR * years + _shifts(to_come, ahead, paths)
    places = np.take_along_axis(past, _wrapped(near, number), axis=1)
    growth = _growth(weeks.sum(axis=1), paths, of_growth)
    level = _wider_level(weeks, past, number, OVERLAP)[:, np.newaxis]
    return weeks[places] * (level * growth[:, np.newaxis] ** ((number - 1 - places) / YEAR))[:, :, np.newaxis]


def _shifts(rng: np.random.Generator, weeks: int, paths: int) -> Places:
    return rng.integers(-SHIFT, SHIFT + 1, size=(weeks, paths)).T


def _wrapped(places: Places, number: int) -> Places:
    """Bring places outside of the history into it by a year."""
    inside: Places = places - YEAR * (places >= number) + YEAR * (places < 0)
    return inside


def _growth(totals: Tokens, paths: int, rng: np.random.Generator) -> Tokens:
    """Return for each path the factor by which the burn grew in a year: weeks over the same ones a year before, drawn anew."""
    pairs = min(len(totals) - YEAR, YEAR)
    if pairs < LEAST_PAIRS:
        return np.ones(paths)
    drawn = len(totals) - 1 - _blocks(rng, pairs, pairs, BLOCK, paths)
    now, before = totals[drawn].sum(axis=1), totals[drawn - YEAR].sum(axis=1)
    ratio = np.divide(now, before, out=np.ones(paths), where=before > 0)
    growth: Tokens = np.clip(ratio, 1 / MOST_GROWTH, MOST_GROWTH)
    return growth

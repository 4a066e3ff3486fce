"""How a model of burn did in the past."""

from datetime import timedelta
from decimal import Decimal

import pytest
from naive_burn import MONDAY, daily, naive_quantile, pinball, poisson_days

from flexlib import Charge, InvalidValueError, NaiveDatetimeError, Refund
from flexlib.planning import BurnModel, backtest_forecast, burn_paths, forecast

LEVELS = (Decimal("0.05"), Decimal("0.5"), Decimal("0.75"))


def after(days, hours=0):
    """Return an instant some days after the first Monday."""
    return MONDAY + timedelta(days=days, hours=hours)


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def naive_scores(burn, origins, horizon, model):
    """Return MASE, pinball losses and coverages, each origin forecast anew from the charges of the days before it alone."""
    errors, losses, within, totals = [], {level: [] for level in LEVELS}, [], []
    for origin in origins:
        paths = burn_paths(daily(burn[:origin]), at=after(origin), days=horizon, model=model, paths=30, seed=5).tolist()
        naive = mean(abs(burn[day] - burn[day - 7]) for day in range(7, origin))
        came = burn[origin : origin + horizon]
        errors.append(
            mean(abs(own - naive_quantile(day, Decimal("0.5"))) for own, day in zip(came, zip(*paths, strict=True), strict=True))
            / naive
        )
        for own, day in zip(came, zip(*paths, strict=True), strict=True):
            for level in LEVELS:
                losses[level].append(pinball(own, naive_quantile(day, level), level))
            within.append(naive_quantile(day, LEVELS[0]) <= own <= naive_quantile(day, LEVELS[-1]))
        sums = [sum(path) for path in paths]
        totals.append(naive_quantile(sums, LEVELS[0]) <= sum(came) <= naive_quantile(sums, LEVELS[-1]))
    return mean(errors), [mean(losses[level]) for level in LEVELS], mean(within), mean(totals)


@pytest.mark.parametrize("model", BurnModel)
def test_the_scores_are_those_of_forecasts_made_at_each_origin_from_the_days_before_it(model):
    burn = [10, *poisson_days(89, seed=1)]
    found = backtest_forecast(daily(burn), at=after(90), horizon=10, origins=3, model=model, paths=30, seed=5, levels=LEVELS)
    origins = [60, 70, 80]
    assert found.origins == tuple(after(origin).date() for origin in origins)
    error, losses, within, totals = naive_scores(burn, origins, 10, model)
    assert found.mase == pytest.approx(error)
    assert found.pinball == pytest.approx(losses)
    assert (found.coverage, found.total_coverage) == (pytest.approx(within), pytest.approx(totals))
    assert (found.nominal, found.levels, found.horizon, found.model) == (0.7, LEVELS, 10, model)


@pytest.mark.parametrize(
    ("days", "horizon", "most", "origins"),
    [
        (42, 28, 12, [14]),
        (48, 28, 12, [20]),
        (49, 28, 12, [14, 21]),
        (728, 28, 3, [644, 672, 700]),
        (728, 28, 1, [700]),
        (100, 10, 12, [20, 27, 34, 41, 48, 55, 62, 69, 76, 83, 90]),
    ],
)
def test_origins_lie_no_closer_than_a_week_and_no_further_apart_than_the_horizon(days, horizon, most, origins):
    found = backtest_forecast(daily([5] * days), at=after(days), horizon=horizon, origins=most, paths=5)
    assert found.origins == tuple(after(origin).date() for origin in origins)


def test_by_default_a_long_history_has_twelve_origins():
    assert len(backtest_forecast(daily([5] * 728), at=after(728), paths=5).origins) == 12


@pytest.mark.parametrize("model", BurnModel)
def test_weeks_that_are_all_alike_are_forecast_without_error(model):
    found = backtest_forecast(daily([10, 20, 30, 20, 10, 0, 0] * 10), at=after(70), model=model, paths=20)
    assert (found.mase, found.pinball, found.coverage, found.total_coverage) == (None, (0.0,) * 3, 1.0, 1.0)


def test_the_naive_model_held_against_itself_has_a_mase_of_about_one():
    scores = [
        backtest_forecast(daily(poisson_days(364, seed=seed)), at=after(364), model=BurnModel.SEASONAL_NAIVE).mase
        for seed in range(5)
    ]
    assert mean(scores) == pytest.approx(1, abs=0.1)


def test_of_independent_days_the_bootstrap_is_better_than_the_naive_rule():
    charges = daily(poisson_days(364, seed=6))
    boot, naive = (
        backtest_forecast(charges, at=after(364), model=model) for model in (BurnModel.BOOTSTRAP, BurnModel.SEASONAL_NAIVE)
    )
    assert boot.mase < 0.85
    assert all(own < other for own, other in zip(boot.pinball, naive.pinball, strict=True))


def test_of_independent_days_the_coverage_is_near_the_nominal():
    found = [backtest_forecast(daily(poisson_days(364, seed=seed)), at=after(364)) for seed in range(4)]
    assert mean(own.coverage for own in found) == pytest.approx(0.8, abs=0.06)
    assert mean(own.total_coverage for own in found) == pytest.approx(0.8, abs=0.12)


def test_when_a_burn_falls_to_a_tenth_the_backtest_says_that_the_model_missed_it():
    burn = [own if number < 140 else own // 10 for number, own in enumerate(poisson_days(168, seed=7, weekdays=[30] * 7))]
    found = backtest_forecast(daily(burn), at=after(168), origins=1)
    assert found.mase > 3
    assert (found.coverage, found.total_coverage) == (0.0, 0.0)


def test_a_forecast_carries_its_own_backtest():
    charges = daily(poisson_days(100, seed=8))
    found = forecast(charges, at=after(100), days=7, paths=50, seed=3, model=BurnModel.SEASONAL_NAIVE)
    assert found.backtest == backtest_forecast(charges, at=after(100), paths=50, seed=3, model=BurnModel.SEASONAL_NAIVE)


def test_refunds_and_what_is_charged_at_the_instant_or_later_are_treated_as_in_a_forecast():
    burn = poisson_days(60, seed=9)
    extra = Charge("bob", "revit", after(20), 900)
    plain = backtest_forecast(daily(burn), at=after(60), paths=20)
    now = Charge("bob", "revit", after(60), 900)
    assert (
        backtest_forecast([*daily(burn), extra, now], at=after(60), paths=20, refunds=[Refund(extra.id, 900, after(30))]) == plain
    )
    assert backtest_forecast([*daily(burn), extra], at=after(60), paths=20) != plain


@pytest.mark.parametrize(("model", "least"), [(BurnModel.SEASONAL_NAIVE, 24), (BurnModel.BOOTSTRAP, 24), (BurnModel.ETS, 38)])
def test_a_history_must_have_the_days_of_the_model_and_of_the_horizon(model, least):
    assert len(backtest_forecast(daily([5] * least), at=after(least), horizon=10, model=model, paths=5).origins) == 1
    with pytest.raises(InvalidValueError, match=f"charges is '{least - 1} days': expected at least {least} whole days of history"):
        backtest_forecast(daily([5] * least), at=after(least - 1), horizon=10, model=model, paths=5)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("horizon", [0, 1.5, True]),
        ("origins", [0, None]),
        ("paths", [0]),
        ("seed", [-1]),
        ("model", ["ets"]),
        ("levels", [[Decimal("0.5")]]),
    ],
)
def test_an_argument_out_of_its_range_is_refused_by_name(field, wrong):
    for value in wrong:
        with pytest.raises(InvalidValueError, match=f"^{field} is "):
            backtest_forecast(daily([5] * 60), at=after(60), **{field: value})


def test_a_naive_instant_is_refused():
    with pytest.raises(NaiveDatetimeError):
        backtest_forecast(daily([5] * 60), at=after(60).replace(tzinfo=None))


def test_a_backtest_is_told_in_a_line():
    told = str(backtest_forecast(daily(poisson_days(84, seed=1)), at=after(84)))
    assert told.startswith("backtest of bootstrap, 7 origins, 28 days ahead: MASE 0.")
    assert told.endswith(" of totals within an interval meant for 80%")

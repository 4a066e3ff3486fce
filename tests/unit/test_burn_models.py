"""Each model of burn, path by path, against the same model told in plain Python."""

from datetime import timedelta
from math import sin
from zoneinfo import ZoneInfo

import pytest
from naive_burn import MONDAY, daily, poisson_days, spells
from naive_burn_models import naive_paths

from flexlib import Charge, InvalidValueError, Refund, ReportedUse
from flexlib.planning import BurnModel, burn_paths

WEEK = [10, 20, 30, 20, 10, 0, 0]
QUICK = [BurnModel.SEASONAL_NAIVE, BurnModel.BOOTSTRAP]
NEW_YORK = ZoneInfo("America/New_York")


def after(days, hours=0):
    """Return an instant some days after the first Monday."""
    return MONDAY + timedelta(days=days, hours=hours)


def row(day, tokens):
    """Return a row of the vendor's report."""
    return ReportedUse("ada", "revit", after(day).date(), tokens)


def charges_of(history):
    """Return charges that burn a history, whose first day may burn nothing."""
    return [Charge("bob", "viewer", MONDAY, 0), *daily(history)]


def drawn(history, **asked):
    """Return the paths of the days after a history."""
    return burn_paths(charges_of(history), at=after(len(history)), **asked).tolist()


def same(history, *, model=BurnModel.BOOTSTRAP, days=40, paths=5, seed=1):
    """Tell whether the paths after a history are those of the plain model."""
    history = [float(own) for own in history]
    asked = {"days": days, "model": model, "paths": paths, "seed": seed}
    return drawn(history, **asked) == [pytest.approx(path, rel=1e-9, abs=1e-9) for path in naive_paths(history, **asked)]


def by_weeks(levels, seed=3):
    """Return days whose level is told week by week, each day off by some chance."""
    days = poisson_days(7 * len(levels), seed)
    return [round(own * levels[number // 7], 4) for number, own in enumerate(days)]


def waves(weeks, height=0.4):
    """Return days of a level that goes up and down in twenty weeks, so that no week tells what the next months burn."""
    return by_weeks([1 + height * sin(week / 3.2) for week in range(weeks)])


@pytest.mark.parametrize("weeks", [2, 3, 6, 26, 52, 53, 54, 60])
def test_the_naive_model_repeats_the_last_week_off_by_changes_of_the_last_year(weeks):
    assert same(poisson_days(7 * weeks + weeks % 7, seed=weeks), model=BurnModel.SEASONAL_NAIVE)


@pytest.mark.parametrize("weeks", [2, 3, 5, 6, 10, 11, 12, 13, 18, 24, 26, 27, 28, 40, 51])
def test_the_bootstrap_draws_blocks_of_weeks_of_the_last_half_year(weeks):
    assert same(poisson_days(7 * weeks + weeks % 7, seed=weeks))


@pytest.mark.parametrize("weeks", [52, 53, 60, 76, 77, 78, 79, 103, 104, 105, 110])
def test_from_52_weeks_on_the_bootstrap_draws_weeks_of_the_season_and_from_78_at_the_present_level(weeks):
    assert same(by_weeks([1 + week / 100 for week in range(weeks)]))


@pytest.mark.parametrize("weeks", [60, 110])
def test_far_ahead_the_season_is_that_of_the_same_years_again(weeks):
    assert same(spells(7 * weeks, seed=1), days=400, paths=3)


@pytest.mark.parametrize("weeks", [13, 14, 15, 16, 26, 27, 33, 51, 52, 60, 61, 62, 70, 110])
def test_where_months_missed_what_was_expected_of_them_the_level_of_each_path_moves_as_much(weeks):
    assert same(waves(weeks))


@pytest.mark.parametrize("weeks", [20, 70])
def test_the_level_of_a_path_moves_by_no_more_than_itself(weeks):
    wild = by_weeks(
        [1.3**week for week in range(20)] if weeks == 20 else [0.01 if week < 13 and week % 4 else 1 for week in range(70)]
    )
    assert same(wild, paths=30)


@pytest.mark.parametrize("growth", [1 / 8, 1 / 3.5, 1 / 2, 3.5, 4.5, 8])
def test_growth_is_taken_up_to_fourfold_and_down_to_a_quarter(growth):
    assert same(by_weeks([1.0] * 52 + [growth] * 52))


@pytest.mark.parametrize("weeks", [13, 20, 40, 78, 104])
def test_burns_of_less_than_a_token_a_year_are_drawn_as_others_are(weeks):
    assert same([round(own / 100_000, 9) for own in waves(weeks)])


@pytest.mark.parametrize(
    "levels",
    [
        [0] * 20,
        [0] * 60,
        [0] * 52 + [1] * 30,
        [0] * 40 + [1] * 40,
        [1] * 20 + [0] * 26,
        [1] * 52 + [0] * 52,
        [0] * 10 + [1] * 6,
        [0] * 9 + [1, 0] * 5,
        [1] + [0] * 12 + [1] * 57,
        [1] * 6 + [0] * 46 + [1] * 12,
    ],
)
def test_quiet_times_are_no_trouble_to_the_bootstrap(levels):
    assert same(by_weeks(levels))


def test_a_history_of_one_great_week_moves_no_path_below_nothing():
    levels = [2] * 4 + [1] * 26 + [400] + [1] * 21 + [0.1] * 6 + [4] * 6
    assert same(by_weeks(levels), paths=12)


@pytest.mark.parametrize("history", [poisson_days(28, 1), poisson_days(45, 2)])
def test_smoothing_goes_on_from_the_last_level_off_by_errors_of_whole_weeks(history):
    assert same(history, model=BurnModel.ETS, days=17, paths=3)


def test_smoothing_repeats_weeks_that_are_all_alike_from_the_weekday_on_where_they_end():
    assert drawn([*WEEK * 5, 10, 20], days=9, model=BurnModel.ETS, paths=1) == [[30, 20, 10, 0, 0, 10, 20, 30, 20]]


@pytest.mark.parametrize(("other", "known"), [(105, False), (104, True)])
def test_smoothing_knows_the_last_104_weeks_alone(other, known):
    history = [40] * 7 + WEEK * (other - 1)
    assert (drawn(history, days=7, model=BurnModel.ETS, paths=1) != [WEEK]) == known


def test_smoothing_writes_nothing(capfd):
    drawn(poisson_days(28, 1), days=3, model=BurnModel.ETS, paths=1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("model", QUICK)
def test_the_longest_horizon_has_3660_days(model):
    assert len(drawn(WEEK * 2, days=3660, model=model, paths=1)[0]) == 3660
    with pytest.raises(InvalidValueError, match="days is 3661: expected a whole number from 1 to 3660"):
        drawn(WEEK * 2, days=3661, model=model, paths=1)


@pytest.mark.parametrize(("model", "least"), [(BurnModel.SEASONAL_NAIVE, 14), (BurnModel.BOOTSTRAP, 14), (BurnModel.ETS, 28)])
def test_a_model_needs_so_many_whole_days_of_history(model, least):
    assert drawn([5] * least, days=1, model=model, paths=1) == [[5.0]]
    with pytest.raises(InvalidValueError, match=f"charges is '{least - 1} days': expected at least {least} whole days"):
        drawn([5] * (least - 1), days=1, model=model, paths=1)


@pytest.mark.parametrize("charges", [[], [row(1, 4)]])
def test_without_a_day_gone_by_there_is_no_history(charges):
    with pytest.raises(InvalidValueError, match="charges is '0 days'"):
        burn_paths(charges, at=after(1), zone=NEW_YORK, days=1)


def test_a_row_of_the_day_after_the_horizon_changes_nothing_within_it():
    rows = [row(number, tokens) for number, tokens in enumerate(WEEK * 2) if tokens]
    assert burn_paths([*rows, row(15, 4)], at=after(15), zone=NEW_YORK, days=1, paths=1).tolist() == [[10.0]]


def test_a_refund_at_the_very_instant_counts():
    extra = Charge("ada", "revit", after(13, 9), 5)
    asked = {"at": after(14), "days": 7, "paths": 1, "model": BurnModel.SEASONAL_NAIVE}
    found = burn_paths([*daily(WEEK * 2), extra], refunds=[Refund(extra.id, 5, after(14))], **asked)
    assert found.tolist() == [WEEK]

"""The forecast of the daily burn, of when the pool runs out, and of what expires."""

import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from naive_burn import MONDAY, SettledPath, daily, poisson_days, spells

from flexlib import Charge, InvalidValueError, NaiveDatetimeError, Refund, ReportedUse, TokenPack
from flexlib.planning import BurnModel, burn_paths, forecast

EIGHTY = (Decimal("0.1"), Decimal("0.9"))
QUICK = [BurnModel.SEASONAL_NAIVE, BurnModel.BOOTSTRAP]
WEEK = [10, 20, 30, 20, 10, 0, 0]


def after(days, hours=0):
    """Return an instant some days after the first Monday."""
    return MONDAY + timedelta(days=days, hours=hours)


def day(number):
    return after(number).date()


def pack(name, tokens, start, end, **more):
    return TokenPack(name, tokens, after(start), after(end), **more)


def steady(weeks=8, **more):
    """Return charges of weeks that are all alike."""
    return daily(WEEK * weeks, **more)


def ahead(charges=None, *, at=None, **more):
    """Return the forecast of eight weeks that are all alike, of few paths."""
    return forecast(steady() if charges is None else charges, at=at or after(56), **{"days": 70, "paths": 20, **more})


def burns(found):
    """Return the median burn of each day."""
    return [own.burn.quantile(Decimal("0.5")) for own in found.days]


def runs(*statements):
    """Run statements in a Python of their own, and return what it wrote."""
    return subprocess.run([sys.executable, "-c", "\n".join(statements)], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("model", BurnModel)
def test_weeks_that_are_all_alike_go_on_for_ever(model):
    found = ahead(model=model)
    assert [own.day for own in found.days] == [day(56 + number) for number in range(70)]
    assert {(own.burn.mean, *own.burn.quantiles) for own in found.days[:7]} == {(float(own),) * 4 for own in WEEK}
    assert burns(found) == WEEK * 10
    assert found.days[-1].cumulative.quantiles == (900.0, 900.0, 900.0)


@pytest.mark.parametrize("model", BurnModel)
def test_of_a_constant_burn_the_run_out_and_the_expiries_are_those_of_the_ledger(model):
    packs = [pack("A", 800, 0, 60), pack("B", 300, 0, 75), pack("C", 200, 40, 75), pack("D", 90, 80, 400), pack("E", 70, 81, 90)]
    found = ahead(packs=packs, model=model)
    told = SettledPath(WEEK * 10, steady(), packs, at=after(56))
    assert found.runs_out.dates == (told.runs_out,) * 3 == (day(77),) * 3
    assert (found.runs_out.chances, found.runs_out.never) == (((day(77), 1.0),), 0.0)
    assert found.runs_out.unmet.quantiles == (float(told.unmet),) * 3
    assert [(own.pack.id, own.unused.mean, own.probability) for own in found.expiring] == [
        ("A", 0.0, 0.0),
        ("C", 10.0, 1.0),
        ("B", 300.0, 1.0),
        ("E", 0.0, 0.0),
    ]
    assert {own.pack.id: own.unused.mean for own in found.expiring if own.unused.mean} == {
        name: float(tokens) for name, tokens in told.unused.items()
    }


def test_a_pool_that_is_just_used_up_on_friday_runs_out_on_monday():
    found = ahead(packs=[pack("A", 90, 56, 400)])
    assert found.runs_out.date_at(Decimal("0.5")) == day(63)
    assert found.runs_out.probability_before(day(63)) == 0
    assert found.runs_out.probability_before(day(64)) == 1


def test_a_pack_to_come_cannot_make_good_what_was_lacking():
    found = ahead(packs=[pack("A", 75, 56, 400), pack("B", 10_000, 63, 400)])
    assert (found.runs_out.date_at(Decimal("0.5")), found.runs_out.unmet.mean) == (day(59), 15.0)


def test_what_the_charges_drew_is_gone_from_the_packs():
    found = ahead(packs=[pack("A", 725, 0, 70)])
    [own] = found.expiring
    assert (own.left, found.runs_out.dates[0]) == (Decimal(5), day(56))


def test_packs_that_are_empty_or_have_ended_or_outlast_the_horizon_are_not_among_the_expiring():
    packs = [pack("GONE", 500, 0, 30), pack("EMPTY", 300, 0, 80), pack("LAST", 500, 0, 126), pack("LATER", 500, 0, 127)]
    assert [own.pack.id for own in ahead(packs=packs).expiring] == ["LAST"]


def test_without_packs_only_the_burn_is_forecast():
    found = ahead()
    assert (found.runs_out, found.expiring) == (None, ())


def test_a_pool_that_lasts_has_no_date():
    found = ahead(packs=[pack("A", 10_000, 0, 400)])
    assert (found.runs_out.dates, found.runs_out.never, found.runs_out.chances) == ((None,) * 3, 1.0, ())
    assert found.runs_out.probability_before(day(126)) == 0
    assert "\n  the pool does not run out by 2024-05-05 in 100% of the paths\n" in str(found)


def test_beyond_the_horizon_the_run_out_is_not_known():
    runs_out = ahead(packs=[pack("A", 10_000, 0, 400)]).runs_out
    with pytest.raises(InvalidValueError, match="day is '2024-05-07': expected a day up to 2024-05-06"):
        runs_out.probability_before(day(127))
    with pytest.raises(InvalidValueError, match="a date without a time of day"):
        runs_out.probability_before(after(60))


def test_a_level_that_was_not_asked_for_has_no_quantile():
    found = ahead(packs=[pack("A", 100, 0, 400)])
    with pytest.raises(InvalidValueError, match=r"level is Decimal\('0.2'\): expected one of 0.1, 0.5, 0.9"):
        found.days[0].burn.quantile(Decimal("0.2"))
    with pytest.raises(InvalidValueError, match="level"):
        found.runs_out.date_at(Decimal("0.2"))


def test_a_days_burn_is_drawn_at_its_noon():
    packs = [TokenPack("MORNING", 5, after(56, 13), after(57, 11)), TokenPack("NOON", 100, after(57, 12), after(90, 12))]
    found = ahead(at=after(57), packs=packs)
    assert [(own.pack.id, own.unused.mean) for own in found.expiring] == [("MORNING", 5.0), ("NOON", 0.0)]
    assert found.runs_out.date_at(Decimal("0.5")) == day(64)


def test_after_noon_the_rest_of_the_day_is_drawn_at_the_instant_of_the_forecast():
    found = ahead(at=after(57, 15), packs=[TokenPack("AFTERNOON", 50, after(57, 14), after(90))])
    assert found.runs_out.date_at(Decimal("0.5")) == day(59)


def test_of_the_day_of_the_forecast_there_is_what_it_still_burns():
    so_far = [*steady(), Charge("ada", "revit", after(56, 9), 4)]
    assert burns(ahead(so_far, at=after(56, 10)))[:3] == [6.0, 20.0, 30.0]
    assert burns(ahead([*so_far, Charge("bob", "revit", after(56, 9), 50)], at=after(56, 10)))[:2] == [0.0, 20.0]


def test_a_charge_at_the_very_instant_counts_and_one_after_it_does_not():
    at = after(56, 9)
    now, later = Charge("bob", "revit", at, 3), Charge("bob", "revit", at + timedelta(microseconds=1), 3)
    assert burns(ahead([*steady(), now, later], at=at))[0] == 7.0


def test_days_are_those_of_the_zone():
    auckland = ZoneInfo("Pacific/Auckland")
    found = ahead(steady(hour=23), at=datetime(2024, 2, 26, tzinfo=auckland), zone=auckland)
    assert [own.day for own in found.days[:2]] == [date(2024, 2, 26), date(2024, 2, 27)]
    assert burns(found)[:7] == [0, *WEEK[:6]]


def test_a_row_of_the_vendors_report_belongs_to_its_own_day_in_any_zone():
    rows = [ReportedUse("ada", "revit", day(number), tokens) for number, tokens in enumerate(WEEK * 8) if tokens]
    new_york = ZoneInfo("America/New_York")
    evening = datetime(2024, 2, 25, 20, tzinfo=new_york)
    assert burns(ahead([*rows, ReportedUse("ada", "revit", date(2024, 2, 26), 4)], at=evening, zone=new_york))[:3] == [0, 6, 20]


def test_a_refund_lowers_the_burn_of_its_charge_and_returns_to_the_pool():
    extra = Charge("bob", "revit", after(5, 9), 500)
    back = Refund(extra.id, 500, after(20))
    found = ahead([*steady(), extra], packs=[pack("A", 800, 0, 90)], refunds=[back])
    assert burns(found)[:7] == WEEK
    assert found.expiring[0].left == Decimal(80)
    assert ahead([*steady(), extra], packs=[pack("A", 800, 0, 90)], refunds=[Refund(extra.id, 500, after(57))]).expiring == ()


def test_charges_without_tokens_make_days_of_history():
    silent = [Charge("ada", "viewer", after(number), 0) for number in (0, 13)]
    found = ahead(silent, at=after(14))
    assert (found.history, found.days[-1].cumulative.mean) == (14, 0.0)


@pytest.mark.parametrize("model", BurnModel)
def test_charges_on_the_forecasts_own_day_alone_are_no_history(model):
    with pytest.raises(InvalidValueError, match="charges is '0 days': expected at least"):
        ahead([Charge("ada", "revit", after(56), 10)], model=model)


@pytest.mark.parametrize(("model", "least"), [(BurnModel.SEASONAL_NAIVE, 14), (BurnModel.BOOTSTRAP, 14), (BurnModel.ETS, 28)])
def test_a_model_needs_so_many_whole_days_of_history(model, least):
    assert ahead(at=after(least), model=model).history == least
    with pytest.raises(
        InvalidValueError, match=f"charges is '{least - 1} days': expected at least {least} whole days .* {model.value}"
    ):
        ahead(at=after(least - 1, 23), model=model)


def test_a_history_too_short_for_a_backtest_is_said_to_be():
    found = ahead(at=after(41))
    assert found.backtest is None
    assert found.no_backtest == "no backtest: 28 days ahead it needs 42 whole days of history, and there are 41"
    assert str(found).endswith(found.no_backtest)
    assert ahead(at=after(42)).backtest.origins == (day(14),)
    assert ahead(at=after(42)).no_backtest is None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("days", [0, 3661, 1.0, True]),
        ("paths", [0, 1.5, True]),
        ("seed", [-1, None, "seed"]),
        ("model", ["bootstrap", None]),
        (
            "levels",
            [
                (),
                (Decimal("0.5"),),
                (Decimal("0.5"), 0.9),
                (Decimal(0), Decimal("0.5")),
                (Decimal("0.5"), Decimal("0.9"), Decimal("NaN")),
                (Decimal("0.5"), Decimal(1), Decimal("0.9")),
            ],
        ),
        ("charges", [["a charge"], [None]]),
    ],
)
def test_an_argument_out_of_its_range_is_refused_by_name(field, wrong):
    for value in wrong:
        with pytest.raises(InvalidValueError, match=f"^{field} is "):
            ahead(value, at=after(56)) if field == "charges" else ahead(**{field: value})


def test_a_naive_instant_is_refused():
    with pytest.raises(NaiveDatetimeError):
        ahead(at=datetime(2024, 2, 26))


def test_the_order_of_the_levels_makes_no_difference():
    assert ahead(levels=[Decimal("0.9"), Decimal("0.1")]) == ahead(levels=(Decimal("0.1"), Decimal("0.9"), Decimal("0.90")))


def test_packs_of_two_teams_are_two_pools_and_refused():
    with pytest.raises(InvalidValueError, match="packs is 'lab, the common pool': expected the packs of one team"):
        ahead(packs=[pack("A", 10, 0, 90), pack("B", 10, 0, 90, team="lab")])


def test_the_charges_of_others_do_not_draw_on_a_teams_packs():
    own = pack("A", 800, 0, 90, team="lab")
    with pytest.raises(InvalidValueError, match="charges is 'no team, ops': expected charges of lab alone"):
        ahead([*steady(), Charge("bob", "revit", after(3), 1, team="ops")], packs=[own])
    of_lab = [Charge(each.user, each.product, each.at, each.tokens, team="lab") for each in steady()]
    assert ahead(of_lab, packs=[own]).expiring[0].left == 80
    assert ahead(of_lab, packs=[pack("A", 800, 0, 90)]).expiring[0].left == 80


def test_the_same_seed_gives_the_same_forecast_and_another_one_another():
    charges = daily(poisson_days(84, seed=1))
    first = ahead(charges, at=after(84), packs=[pack("A", 9000, 0, 120)])
    assert first == ahead(charges, at=after(84), packs=[pack("A", 9000, 0, 120)])
    assert first.days != ahead(charges, at=after(84), seed=1).days


def test_with_a_year_of_history_the_burn_follows_the_season():
    season = [3 * tokens if 180 <= number < 270 else tokens for number, tokens in enumerate(poisson_days(371, seed=2))]
    found = ahead(daily(season), at=after(371), days=364, paths=200)
    totals = {
        name: sum(own.burn.mean for own in found.days[first:last])
        for name, first, last in (("spring", 60, 120), ("summer", 190, 240))
    }
    assert 2.3 < totals["summer"] / 50 / (totals["spring"] / 60) < 3.3


def test_with_years_of_history_a_longer_horizon_begins_as_a_shorter_one_too():
    charges = daily(poisson_days(728, seed=5))
    paths = [burn_paths(charges, at=after(728), days=days, paths=20).tolist() for days in (10, 400)]
    assert paths[0] == [path[:10] for path in paths[1]]


def test_a_burn_that_has_doubled_is_brought_to_the_present_level_and_grows_no_further():
    growing = [round(tokens * (1 + number / 728), 3) for number, tokens in enumerate([10, 20, 30, 20, 10, 0, 0] * 104)]
    found = ahead(daily(growing), at=after(728), days=364, paths=100)
    assert found.days[-1].cumulative.mean == pytest.approx(90 * 52 * 2, rel=0.1)


def test_less_than_a_year_of_history_counts_by_its_last_half_year():
    moved = [*[0, 0, 0, 0, 0, 10, 0] * 13, *[10, 0, 0, 0, 0, 0, 0] * 26]
    assert [own.burn.mean for own in ahead(daily(moved), at=after(273)).days] == [10, 0, 0, 0, 0, 0, 0] * 10


def test_from_six_weeks_the_interval_of_a_half_year_holds_the_doubt_about_the_level():
    total = ahead(daily(poisson_days(42, seed=3)), at=after(42), days=182, paths=500).days[-1].cumulative
    of_weeks_alone = 2.56 / 466 * 68 / 26**0.5
    assert (total.quantiles[-1] - total.quantiles[0]) / total.mean > 1.8 * of_weeks_alone


def covered(model, history, horizon, seeds, law=poisson_days):
    """Return how many of days, and of totals, an interval for 80 % holds, over histories of one law."""
    days = totals = 0
    for seed in range(seeds):
        came = law(history + horizon, seed)
        found = forecast_burn(came[:history], model, horizon, seed)
        days += sum(low <= own <= high for low, own, high in zip(found[0], came[history:], found[1], strict=True)) / horizon
        totals += found[2] <= sum(came[history:]) <= found[3]
    return days / seeds, totals / seeds


def forecast_burn(history, model, horizon, seed):
    """Return the quantiles of the days, low and high, and those of their total."""
    paths = burn_paths(daily(history), at=after(len(history)), days=horizon, model=model, paths=200, seed=seed).tolist()
    ranked = [sorted(values) for values in zip(*paths, strict=True)]
    total = sorted(map(sum, paths))
    return [own[19] for own in ranked], [own[179] for own in ranked], total[19], total[179]


@pytest.mark.parametrize("history", [42, 182, 364, 728])
def test_of_a_known_law_the_bootstraps_interval_for_80_percent_holds_about_as_much(history):
    days, totals = covered(BurnModel.BOOTSTRAP, history, 91, 60)
    assert 0.75 <= days <= 0.85
    assert 0.62 <= totals <= 0.95


@pytest.mark.parametrize("history", [182, 728])
def test_where_work_goes_in_spells_the_totals_are_held_as_well(history):
    days, totals = covered(BurnModel.BOOTSTRAP, history, 91, 40, spells)
    assert 0.7 <= days <= 0.9
    assert 0.6 <= totals <= 0.95


def test_of_a_known_law_the_naive_interval_holds_somewhat_less_than_it_says():
    days, totals = covered(BurnModel.SEASONAL_NAIVE, 182, 91, 60)
    assert 0.7 <= days <= 0.9
    assert 0.6 <= totals <= 0.9


def test_of_a_known_law_smoothing_holds_the_days_and_no_less_than_half_of_the_totals():
    days, totals = covered(BurnModel.ETS, 112, 28, 10)
    assert 0.7 <= days <= 0.9
    assert 0.5 <= totals <= 1


def test_smoothing_keeps_quiet_weekdays_quiet():
    low, high, *_ = forecast_burn(poisson_days(112, seed=4, weekdays=(9, 9, 9, 9, 9, 0, 0)), BurnModel.ETS, 28, 0)
    assert max(own for day, own in enumerate(high) if day % 7 >= 5) < 10
    assert min(own for day, own in enumerate(low) if day % 7 < 5) > 20


def test_smoothing_follows_the_latest_level():
    history = [own if number < 56 else 4 * own for number, own in enumerate(poisson_days(112, seed=4, weekdays=[9] * 7))]
    *_, low, high = forecast_burn(history, BurnModel.ETS, 28, 0)
    assert low < 28 * 360 < high < 28 * 500


def test_a_burn_that_is_zero_but_once_is_no_trouble_to_any_model():
    for model in BurnModel:
        found = ahead([Charge("ada", "revit", after(0), 0), Charge("ada", "revit", after(30), 10)], model=model)
        assert 0 <= found.days[-1].cumulative.mean < 100


def test_a_forecast_is_told_in_a_few_lines():
    found = ahead(packs=[pack("A", 800, 0, 70), pack("B", 100, 60, 400)])
    heading, run_out, expiry, backtest = str(found).split("\n  ")
    assert (
        heading == "70 days from 2024-02-26 may burn 900 to 900 tokens (mean 900; bootstrap, 20 paths, seed 0, 56 days of history)"
    )
    assert run_out.startswith("the pool runs out with 10% chance by 2024-03-11, with 50% chance by 2024-03-11, with 90% chance by ")
    assert run_out.endswith(", not by 2024-05-05 in 0% of the paths")
    assert expiry == "pack A, 80 left, ends 2024-03-11T00:00:00+00:00: 0 to 0 tokens expire unused (mean 0; any in 0% of the paths)"
    assert backtest.startswith(
        "backtest of bootstrap, 3 origins, 28 days ahead: no error to compare with; 100% of days and 100% of "
    )
    assert str(ahead()).count("\n") == 1


def test_the_module_loads_no_numpy_until_a_forecast_is_made():
    assert (
        runs("import flexlib.planning.forecasts.forecasting, sys", "print('numpy' in sys.modules, 'statsmodels' in sys.modules)")
        == "False False"
    )


@pytest.mark.parametrize(
    ("package", "model", "extra"),
    [("numpy", "BOOTSTRAP", "planning"), ("statsmodels", "ETS", "forecast"), ("statsmodels", "BOOTSTRAP", None)],
)
def test_a_missing_package_is_named_with_the_extra_that_brings_it(package, model, extra):
    told = runs(
        "import sys",
        f"sys.modules[{package!r}] = None",
        "from datetime import UTC, datetime, timedelta",
        "from flexlib import Charge",
        "from flexlib.errors import MissingExtraError",
        "from flexlib.planning.forecasts.forecasting import BurnModel, forecast",
        "start = datetime(2024, 1, 1, tzinfo=UTC)",
        "charges = [Charge('ada', 'revit', start + timedelta(day), 1 + day % 3) for day in range(42)]",
        "try:",
        f"    print(forecast(charges, at=start + timedelta(42), days=3, model=BurnModel.{model}).history)",
        "except MissingExtraError as error:",
        "    print(error)",
    )
    assert told == "42" if extra is None else (f"flexlib[{extra}]" in told and package in told)

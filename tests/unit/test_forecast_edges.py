"""Forecasts at their edges: the noon of a day, the instant itself, the smallest amounts, and what is told of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from naive_burn import MONDAY, daily, poisson_days

from flexlib import Charge, TokenPack
from flexlib.planning import backtest_forecast, forecast

WEEK = [10, 20, 30, 20, 10, 0, 0]
MEDIAN = Decimal("0.5")


def after(days, hours=0):
    """Return an instant some days after the first Monday."""
    return MONDAY + timedelta(days=days, hours=hours)


def pack(name, tokens, start, end):
    return TokenPack(name, tokens, after(start), after(end))


def ahead(*more, at=56, **asked):
    """Return the forecast of eight weeks that are all alike, of few paths."""
    return forecast([*daily(WEEK * 8), *more], at=after(at), **{"days": 14, "paths": 5, **asked})


def test_a_pack_that_begins_a_minute_after_noon_does_not_pay_for_that_day():
    found = ahead(packs=[pack("A", 10, 56, 90), TokenPack("B", 900, after(57, 12) + timedelta(minutes=1), after(90))])
    assert found.runs_out.dates == (after(57).date(),) * 3
    assert found.runs_out.unmet.mean == 20


def test_a_pack_that_begins_at_the_instant_has_paid_what_was_charged_then():
    found = ahead(Charge("ada", "revit", after(56), 4), packs=[pack("A", 50, 56, 60)])
    assert found.expiring[0].left == 46


def test_a_pack_that_ends_at_noon_does_not_pay_for_that_day():
    found = ahead(packs=[TokenPack("A", 100, after(56), after(57, 12)), pack("B", 15, 56, 90)])
    assert [(own.pack.id, own.unused.mean) for own in found.expiring] == [("A", 90.0)]
    assert found.runs_out.date_at(MEDIAN) == after(57).date()


def test_a_pack_that_begins_the_day_after_a_later_ending_one_is_used_up_pays_for_that_day():
    found = ahead(packs=[pack("LATER", 30, 56, 90), pack("SOONER", 100, 58, 62)])
    assert found.runs_out.date_at(MEDIAN) == after(63).date()
    assert [(own.pack.id, own.unused.mean) for own in found.expiring] == [("SOONER", 40.0)]


def test_a_pool_that_lacks_a_millionth_has_run_out():
    found = ahead(packs=[pack("A", Decimal("89.999999"), 56, 90)], days=7)
    assert (found.runs_out.date_at(MEDIAN), found.runs_out.unmet.mean) == (after(60).date(), 0.000001)


def test_a_pack_that_ends_with_part_of_a_token_expires_with_certainty():
    found = ahead(packs=[pack("A", Decimal("90.5"), 56, 63)])
    assert [(own.unused.quantiles, own.probability) for own in found.expiring] == [((0.5,) * 3, 1.0)]


def test_the_share_of_paths_that_last_is_what_the_chances_leave():
    found = forecast(daily(poisson_days(56, seed=1)), at=after(56), days=14, paths=40, packs=[pack("A", 940, 56, 90)])
    told = found.runs_out
    assert 0 < told.never < 1
    assert told.never + sum(share for _, share in told.chances) == pytest.approx(1)


def test_the_total_that_is_told_holds_the_last_day():
    assert str(ahead(days=1)).startswith("1 day from 2024-02-26 may burn 10 to 10 tokens (mean 10; ")
    assert str(ahead(days=5)).startswith("5 days from 2024-02-26 may burn 90 to 90 tokens (mean 90; ")


def test_the_long_lists_of_a_forecast_stay_out_of_its_repr():
    found = ahead(packs=[pack("A", 100, 56, 90)])
    assert "DayForecast" not in repr(found)
    assert "chances" not in repr(found.runs_out)
    assert "origins" not in repr(found.backtest)


@pytest.mark.parametrize(
    ("days", "horizon", "most", "origins"), [(200, 60, 4, [14, 56, 98, 140]), (124, 60, 2, [14, 64]), (124, 60, 1, [64])]
)
def test_origins_fill_the_room_that_there_is(days, horizon, most, origins):
    found = backtest_forecast(daily([5] * days), at=after(days), horizon=horizon, origins=most, paths=2)
    assert found.origins == tuple(after(origin).date() for origin in origins)


def test_the_total_of_a_burn_that_is_the_same_every_day_lies_within_its_interval():
    found = backtest_forecast(daily([5] * 56), at=after(56), paths=2)
    assert (found.coverage, found.total_coverage) == (1.0, 1.0)

"""What a purchase plan and its options say when they are asked."""

from datetime import UTC, date, datetime, timedelta

import pytest

from flexlib import InvalidValueError
from flexlib.planning import LeftToExpire, PackOffer, plan_purchase

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 2)
DEMAND = [[3, *[0] * 30]] * 3 + [[1, *[0] * 19, 9, *[0] * 10]]


def plan(price, top_up):
    return plan_purchase(DEMAND, [PackOffer("one", 1, price, months=1)], at=AT, top_up=PackOffer("top-up", 1, top_up))


def test_tokens_run_out_on_the_paths_that_want_more_from_the_day_after_which_they_lack_until_the_last():
    bought = plan(3, 4)  # it pays to cover a quarter of the paths: three tokens, two of which are there for the last path's nine
    assert bought.tokens == 3
    days = (0, 20, 21, 31)
    assert [bought.runs_out_before(TODAY + timedelta(day)) for day in days] == [0, 0, 0.25, 0.25]
    assert bought.until == TODAY + timedelta(31)
    cheaper = plan(1, 4)  # three tokens again, and last stands the option to buy none
    assert (cheaper.tokens, cheaper.options[-1].tokens) == (3, 0)
    assert [own.runs_out_before(TODAY + timedelta(1)) for own in (cheaper, cheaper.options[-1])] == [0, 1]
    for holder in (bought, bought.options[0]):
        with pytest.raises(InvalidValueError, match="a date up to 2026-04-02"):
            holder.runs_out_before(TODAY + timedelta(32))


def test_nothing_is_left_of_packs_that_are_not_bought():
    assert plan(4, 4).left_to_expire == LeftToExpire(0.0, 0)


def test_an_option_shows_its_figures_and_not_the_days_of_all_its_paths():
    shown = repr(plan(3, 4).options[0])
    assert "expected_cost=Decimal('16.00')" in shown
    assert "until" not in shown
    assert "run_outs" not in shown


def test_the_module_of_the_function_does_without_numpy_until_it_is_called():
    assert "np" not in plan_purchase.__globals__

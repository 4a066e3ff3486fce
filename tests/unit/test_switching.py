"""The advice whether to move from tokens to a seat now."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from pool_builders import rates

from flexlib import (
    Charge,
    InvalidTokensError,
    InvalidValueError,
    NaiveDatetimeError,
    ReportedUse,
    ResultUse,
    Seat,
    Session,
    charge_reported,
    charge_usage,
)
from flexlib.planning import BreakEvenRule, DaysAMonthRule, Measure, Progress, SeatOffer, TokensOnlyRule, switch_rule


def seat(price, months=12, products=("revit",), **more):
    return SeatOffer("seat", products, price, months=months, **more)


def advise(charges, offer, at, **more):
    return switch_rule(charges, offer, token_price=3, at=at, **more)


AT = datetime(2026, 3, 6, 12, tzinfo=UTC)
FOUR_DAYS = [Charge("ada", "revit", datetime(2026, 3, day, 8, tzinfo=UTC), 10) for day in (2, 3, 4, 5)]


def test_an_advice_says_what_was_spent_the_threshold_and_which_day_should_begin_with_a_seat():
    [advice] = advise(FOUR_DAYS, seat(150, months=1, currency="USD"), AT)
    assert (advice.user, advice.day, advice.buy, advice.left, advice.seat_until) == ("ada", AT.date(), False, 30, None)
    assert advice.progress == Progress(Decimal(120), Decimal(150), Measure.MONEY)
    assert advice.why == (
        "wait: tokens cost USD 120 within 1 month up to 2026-03-06, the rule buys at USD 150; "
        "a day of USD 30 or more should begin with a seat"
    )


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (
            BreakEvenRule(),
            "buy: tokens cost 120 within 12 months up to 2026-03-06, the rule buys at 120; the next day of use should begin with a seat",
        ),
        (TokensOnlyRule(), "wait: tokens cost 120 within 12 months up to 2026-03-06, the rule never buys"),
        (DaysAMonthRule(5), "wait: 4 days of use in the month of 2026-03-06, the rule buys at 5 days"),
        (
            DaysAMonthRule(1),
            "buy: 4 days of use in the month of 2026-03-06, the rule buys at 1 day; the next day of use should begin with a seat",
        ),
    ],
)
def test_an_advice_says_why_in_a_sentence(rule, why):
    [advice] = advise(FOUR_DAYS, seat(120), AT, rule=rule)
    assert advice.why == why
    assert advice.buy is why.startswith("buy")


def test_nothing_is_left_where_the_threshold_is_reached_and_nothing_counts_where_there_is_none():
    assert advise(FOUR_DAYS, seat(100), AT)[0].left == 0
    assert advise(FOUR_DAYS, seat(100), AT, rule=TokensOnlyRule())[0].left is None


def test_each_user_of_the_offers_products_has_an_advice_sorted_by_user():
    others = [
        Charge("zoe", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), 100),
        Charge("bob", "maya", datetime(2026, 3, 2, 8, tzinfo=UTC), 100),
        Charge("cyd", "revit", datetime(2026, 3, 6, 12, tzinfo=UTC), 1),
        Charge("dan", "revit", datetime(2026, 3, 6, 12, 0, 1, tzinfo=UTC), 1),
    ]
    advice = advise([*others, *FOUR_DAYS], seat(300), AT)
    assert [(own.user, own.buy) for own in advice] == [("ada", False), ("cyd", False), ("zoe", True)]


def test_a_collection_counts_all_its_products_and_no_others():
    more = [Charge("ada", product, datetime(2026, 3, 2, 9, tzinfo=UTC), 5) for product in ("autocad", "maya")]
    [advice] = advise([*FOUR_DAYS, *more], seat(300, products=("revit", "autocad")), AT)
    assert advice.progress.reached == 135


def test_c10_charges_for_results_do_not_count_for_no_seat_spares_them():
    result = ResultUse("ada", "revit", datetime(2026, 3, 2, 9, tzinfo=UTC))
    charges = [*FOUR_DAYS, Charge("ada", "revit", result.at, 99, result=result)]
    assert advise(charges, seat(300), AT)[0].progress.reached == 120


def test_c8_a_user_whose_seat_runs_is_told_to_wait():
    ends = datetime(2026, 4, 1, tzinfo=UTC)
    [advice] = advise(FOUR_DAYS, seat(100), AT, seats=[Seat("ada", "revit", datetime(2026, 3, 6, tzinfo=UTC), ends)])
    assert (advice.buy, advice.progress, advice.left, advice.seat_until) == (False, None, None, ends)
    assert advice.why == "wait: a seat runs until 2026-04-01T00:00:00+00:00"
    [advice] = advise(FOUR_DAYS, seat(100), AT, seats=[Seat("ada", "revit", datetime(2026, 3, 6, tzinfo=UTC))])
    assert (advice.seat_until, advice.why) == (None, "wait: a seat runs")


@pytest.mark.parametrize(
    "other",
    [
        Seat("bob", "revit", datetime(2026, 1, 1, tzinfo=UTC)),
        Seat("ada", "maya", datetime(2026, 1, 1, tzinfo=UTC)),
        Seat("ada", "revit", AT + timedelta(hours=1)),
        Seat("ada", "revit", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_seat_of_another_user_product_or_time_does_not_count(other):
    assert advise(FOUR_DAYS, seat(100), AT, seats=[other]) == advise(FOUR_DAYS, seat(100), AT)


def test_c8_what_a_seat_covered_does_not_count_as_spent():
    past = Seat("ada", "revit", datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 4, 8, tzinfo=UTC))
    [advice] = advise(FOUR_DAYS, seat(100), AT, seats=[past])
    assert (advice.progress.reached, advice.buy) == (60, False)


def test_c8_a_seat_for_one_product_of_a_collection_leaves_the_others_to_be_judged():
    more = Charge("ada", "autocad", datetime(2026, 3, 2, 9, tzinfo=UTC), 5)
    own = Seat("ada", "revit", datetime(2026, 1, 1, tzinfo=UTC))
    [advice] = advise([*FOUR_DAYS, more], seat(100, products=("revit", "autocad")), AT, seats=[own])
    assert (advice.progress.reached, advice.why[:4]) == (15, "wait")
    both = [own, Seat("ada", "autocad", AT)]
    assert advise([*FOUR_DAYS, more], seat(100, products=("revit", "autocad")), AT, seats=both)[0].why == "wait: a seat runs"


def test_t3_the_day_of_a_charge_is_that_of_the_zone_or_the_reported_one():
    late = [Charge("ada", "revit", datetime(2026, 3, 31, 23, tzinfo=UTC), 10)]
    zone = ZoneInfo("Europe/Berlin")
    [advice] = advise(late, seat(100), datetime(2026, 3, 31, 23, 30, tzinfo=UTC), rule=DaysAMonthRule(1), zone=zone)
    assert (advice.day, advice.buy) == (date(2026, 4, 1), True)
    [advice] = advise(late, seat(100), datetime(2026, 4, 1, tzinfo=UTC), rule=DaysAMonthRule(1))
    assert (advice.day, advice.buy) == (date(2026, 4, 1), False)
    reported = charge_reported([ReportedUse("ada", "revit", date(2026, 3, 31), 10)])
    at = datetime(2026, 3, 31, 1, tzinfo=UTC)
    [advice] = advise(reported, seat(100), at, rule=DaysAMonthRule(1), zone=ZoneInfo("America/New_York"))
    assert (advice.day, advice.buy) == (date(2026, 3, 31), True)


def test_spending_that_lies_a_term_back_no_longer_counts():
    [advice] = advise(FOUR_DAYS, seat(100, months=1), datetime(2026, 4, 3, tzinfo=UTC))
    assert (advice.progress.reached, advice.buy) == (60, False)


def test_tokens_that_cost_nothing_reach_no_threshold():
    [advice] = switch_rule(FOUR_DAYS, seat(100), token_price=0, at=AT, rule=DaysAMonthRule(1))
    assert (advice.buy, advice.progress.reached) == (False, 0)


def test_without_charges_there_is_no_advice():
    assert advise([], seat(100), AT) == []


def test_bad_arguments_are_refused():
    with pytest.raises(NaiveDatetimeError):
        advise(FOUR_DAYS, seat(100), datetime(2026, 3, 6))
    with pytest.raises(InvalidTokensError):
        switch_rule(FOUR_DAYS, seat(100), token_price=2.5, at=AT)
    with pytest.raises(InvalidValueError, match="charges is 'ada': expected charges"):
        advise(["ada"], seat(100), AT)


def test_charges_as_charge_usage_makes_them_count_once():
    opened = datetime(2026, 3, 2, 8, tzinfo=UTC)
    charges = charge_usage([Session("ada", "revit", opened, opened + timedelta(hours=30))], rates(revit=10))
    [advice] = advise(charges * 2, seat(300), AT)
    assert advice.progress.reached == 60

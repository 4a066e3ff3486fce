"""Rules for moving from tokens to a seat, and the advice they give."""

import math
from datetime import date
from decimal import Decimal, localcontext

import naive_switching as naive
import pytest

from flexlib import (
    InvalidTokensError,
    InvalidValueError,
)
from flexlib.planning import (
    BreakEvenRule,
    DaysAMonthRule,
    ForecastRule,
    RandomisedRule,
    SeatAtOnceRule,
    SeatOffer,
    ThresholdRule,
    TokensOnlyRule,
    backtest_rules,
)

MARCH = date(2026, 3, 1)


def seat(price, months=12, products=("revit",), **more):
    return SeatOffer("seat", products, price, months=months, **more)


def replay(costs, offer, rule):
    [result] = backtest_rules(naive.charges_of(costs), offer, [rule], token_price=1, months=99)
    [user] = result.users
    return user


@pytest.mark.parametrize("price", [2, 10, 100])
def test_use_that_stops_right_after_the_purchase_brings_break_even_as_near_to_twice_hindsight_as_days_are_small(price):
    result = replay(naive.daily([1] * price), seat(price), BreakEvenRule())
    assert (result.cost, result.hindsight) == (2 * price - 1, price)


def test_a_day_that_costs_more_than_a_seat_is_not_paid_in_tokens():
    assert replay(naive.daily([1000]), seat(100), BreakEvenRule()).cost == 100
    assert replay(naive.daily([1000]), seat(100), naive.AfterPayingRule()).cost == 1000


def test_break_even_is_the_threshold_of_the_whole_price():
    costs = naive.daily([3, 4, 5, 6] * 20)
    assert replay(costs, seat(20, months=1), BreakEvenRule()) == replay(costs, seat(20, months=1), ThresholdRule(1))


@pytest.mark.parametrize(
    ("first", "second", "within"),
    [
        (date(2026, 1, 31), date(2026, 2, 27), True),
        (date(2026, 1, 31), date(2026, 2, 28), False),
        (date(2026, 1, 28), date(2026, 2, 28), False),
        (date(2026, 2, 28), date(2026, 3, 27), True),
        (date(2026, 2, 28), date(2026, 3, 28), False),
        (date(2026, 3, 1), date(2026, 3, 31), True),
        (date(2026, 3, 1), date(2026, 4, 1), False),
    ],
)
def test_a_day_counts_as_long_as_a_seat_bought_on_it_would_run(first, second, within):
    result = replay({first: Decimal(1), second: Decimal(1)}, seat(2, months=1), BreakEvenRule())
    assert result.seats == ((second,) if within else ())


@pytest.mark.parametrize(("share", "days", "cost", "hindsight"), [("0.5", 50, 149, 50), ("2", 200, 299, 100), ("1", 100, 199, 100)])
def test_a_threshold_rule_comes_as_near_to_its_bound_as_days_are_small(share, days, cost, hindsight):
    rule = ThresholdRule(Decimal(share))
    result = replay(naive.daily([1] * days), seat(100), rule)
    assert (result.cost, result.hindsight) == (cost, hindsight)
    assert rule.bound - 0.03 < result.ratio < rule.bound


def test_no_forecast_comes_nearer_to_the_cap_than_a_wrong_one():
    always, never = ForecastRule(lambda _: 100, Decimal(5)), ForecastRule(lambda _: 99, Decimal(5))
    assert (always.early, always.late) == (Decimal("0.25"), 4)
    too_early, too_late = replay(naive.daily([1] * 25), seat(100), always), replay(naive.daily([2] * 200), seat(100), never)
    assert (too_early.cost, too_early.hindsight) == (124, 25)
    assert (too_late.cost, too_late.hindsight) == (498, 100)


def test_a_right_forecast_of_heavy_use_buys_early_and_of_light_use_never():
    heavy, light = naive.daily([1] * 200), naive.daily([1] * 99)
    rules = [ForecastRule(lambda use, own=own: sum(cost for day, cost in own.items() if day >= use.day)) for own in (heavy, light)]
    assert replay(heavy, seat(100), rules[0]).cost == 149
    assert replay(light, seat(100), rules[1]).cost == 99


def test_over_several_terms_even_a_right_forecast_can_come_near_to_twice_hindsight_for_it_does_not_say_when_the_use_falls():
    few, many = [5] * 10, date(2026, 4, 8)
    costs = naive.daily(few, date(2026, 3, 1)) | naive.daily([100], many) | naive.daily(few, date(2026, 4, 10))
    costs |= naive.daily([100], date(2026, 5, 5))

    def forecast(use):
        return sum(cost for day, cost in costs.items() if use.day <= day < naive.naive_end(use.day, 1))

    result = replay(costs, seat(100, months=1), ForecastRule(forecast))
    assert (result.cost, result.hindsight) == (290, 150)


def test_a_cap_of_two_does_not_listen_to_the_forecast():
    costs = naive.daily([1] * 120)
    results = [replay(costs, seat(50), ForecastRule(lambda _, said=said: said, 2)) for said in (0, 999)]
    assert results == [replay(costs, seat(50), BreakEvenRule())] * 2


def test_the_early_share_is_rounded_up_so_that_the_cap_holds():
    assert str(ForecastRule(lambda _: 0, Decimal("2.5")).early) == "0.666666666667"


def test_a_forecast_may_look_at_the_use_so_far():
    seen = []

    def forecast(use):
        seen.append((use.day, use.days, use.costs, use.spent, use.price, use.months))
        return use.spent * 12

    replay(naive.daily([1, 2], MARCH), seat(100), ForecastRule(forecast))
    second = date(2026, 3, 2)
    assert seen == [(MARCH, (MARCH,), (1,), 1, 100, 12), (second, (MARCH, second), (1, 2), 3, 100, 12)]


def test_the_use_so_far_shows_its_sums_and_not_all_its_days():
    seen = []

    def forecast(use):
        seen.append(repr(use))
        return 0

    replay(naive.daily([1], MARCH), seat(100), ForecastRule(forecast))
    assert seen == [
        f"UseSoFar(user='ada', day={MARCH!r}, spent={Decimal(1)!r}, price={Decimal(100)!r}, months=12)",
    ]


def test_a_forecast_that_is_no_exact_amount_is_refused():
    with pytest.raises(InvalidTokensError, match="floats are not exact"):
        replay(naive.daily([1]), seat(100), ForecastRule(lambda _: 0.5))


def test_the_shares_of_the_randomised_rule_have_the_density_e_to_the_x_over_e_less_one():
    shares = sorted(RandomisedRule(1).share(f"user {number}") for number in range(2000))
    off = [abs(math.expm1(share) / (math.e - 1) - (rank + 0.5) / 2000) for rank, share in enumerate(shares)]
    assert 0 < shares[0] < shares[-1] <= 1
    assert max(off) < 0.03


def test_the_randomised_rule_draws_by_seed_and_user_and_then_is_the_threshold_rule_of_that_share():
    rule = RandomisedRule(3)
    assert rule.share("ada") == RandomisedRule(3).share("ada")
    assert len({rule.share("ada"), rule.share("bob"), RandomisedRule(4).share("ada")}) == 3
    costs = naive.daily([1] * 150)
    assert replay(costs, seat(100), rule) == replay(costs, seat(100), ThresholdRule(rule.share("ada")))


def test_the_mean_over_seeds_nears_the_mean_cost_and_that_nears_its_bound_where_use_stops_at_the_break_even():
    costs, offer = naive.daily([1] * 100), seat(100)
    exact = naive.expected_cost(costs, offer)
    rules = [RandomisedRule(seed) for seed in range(300)]
    drawn = sum(float(result.cost) for result in backtest_rules(naive.charges_of(costs), offer, rules, token_price=1)) / 300
    assert drawn == pytest.approx(exact, rel=0.03)
    assert rules[0].bound - 0.02 < exact / 100 <= rules[0].bound == pytest.approx(1.582, abs=0.001)


def test_a_rule_of_thumb_buys_on_the_given_day_of_use_in_a_calendar_month():
    last_of_march = naive.daily([1] * 4, date(2026, 3, 29))
    assert replay(last_of_march, seat(9), DaysAMonthRule(3)).seats == (date(2026, 3, 31),)
    assert replay(last_of_march, seat(9), DaysAMonthRule(4)).seats == ()


def test_days_under_a_seat_count_for_a_rule_of_thumb():
    costs = naive.daily([1] * 45, date(2026, 3, 10))
    assert replay(costs, seat(9, months=1), DaysAMonthRule(5)).seats == (date(2026, 3, 14), date(2026, 4, 14))


@pytest.mark.parametrize("times", [10, 1000])
def test_a_rule_of_thumb_can_cost_any_multiple_of_hindsight_for_it_looks_at_no_price(times):
    dear_days = {date(2026, month, day): Decimal(times) for month in range(1, 13) for day in range(1, 12)}
    too_late = replay(dear_days, seat(132, months=12), DaysAMonthRule(12))
    assert (too_late.cost, too_late.hindsight) == (132 * times, 132)
    too_early = replay(naive.daily([1] * 12, MARCH), seat(12 * times), DaysAMonthRule(12))
    assert (too_early.cost, too_early.hindsight) == (11 + 12 * times, 12)


def test_the_baselines_pay_tokens_only_and_a_seat_at_once():
    costs = naive.daily([1] * 40, MARCH)
    assert replay(costs, seat(20, months=1), TokensOnlyRule()).cost == 40
    assert replay(costs, seat(20, months=1), SeatAtOnceRule()).seats == (MARCH, date(2026, 4, 1))


def test_each_rule_says_its_name_and_its_bound():
    rules = [
        BreakEvenRule(),
        ThresholdRule(Decimal("0.50")),
        ForecastRule(lambda _: 0),
        RandomisedRule(7),
        DaysAMonthRule(12),
        TokensOnlyRule(),
        SeatAtOnceRule(),
    ]
    assert [(rule.name, rule.bound and round(rule.bound, 3)) for rule in rules] == [
        ("break-even", 2),
        ("threshold 0.50", 3),
        ("forecast, cap 3", 3),
        ("randomised 7", 1.582),
        ("12 days a month", None),
        ("tokens only", None),
        ("seat at once", None),
    ]


def test_each_rule_shows_what_it_was_made_with_and_no_more():
    rules = [BreakEvenRule(), ThresholdRule(2), RandomisedRule(7), DaysAMonthRule(12), TokensOnlyRule(), SeatAtOnceRule()]
    assert list(map(repr, rules)) == [
        "BreakEvenRule()",
        "ThresholdRule(share=Decimal('2'))",
        "RandomisedRule(seed=7)",
        "DaysAMonthRule(days=12)",
        "TokensOnlyRule()",
        "SeatAtOnceRule()",
    ]


@pytest.mark.parametrize("share", ["0.4", "2.5"])
def test_the_bound_of_a_threshold_is_the_same_for_a_share_and_its_inverse(share):
    assert ThresholdRule(Decimal(share)).bound == 3.5


@pytest.mark.parametrize("share", [0, -1, 0.5, Decimal("NaN")])
def test_a_share_is_an_exact_number_above_zero(share):
    with pytest.raises(InvalidTokensError):
        ThresholdRule(share)


def test_a_cap_is_two_or_more():
    with pytest.raises(InvalidValueError, match="expected two or more"):
        ForecastRule(lambda _: 0, Decimal("1.99"))
    with pytest.raises(InvalidTokensError):
        ForecastRule(lambda _: 0, 2.5)


@pytest.mark.parametrize("days", [0, -1, True, 2.0])
def test_the_days_of_a_rule_of_thumb_are_a_whole_number_of_one_or_more(days):
    with pytest.raises(InvalidValueError, match="days is"):
        DaysAMonthRule(days)


def test_money_is_exact_whatever_the_decimal_context_of_the_caller():
    offer, rules = seat(Decimal("100000.000000000001"), months=1), [ThresholdRule(Decimal("0.333333333333")), RandomisedRule(1)]
    charges = naive.charges_of(naive.daily([Decimal("12345.678901234567")] * 9))
    with localcontext(prec=3):
        rough = backtest_rules(
            charges, offer, [*rules, ForecastRule(lambda _: 0, Decimal("2.5"))], token_price=Decimal("0.123456789")
        )
    assert rough[0].cost == Decimal("12345.678901234567") * Decimal("0.123456789") * 9
    assert len({result.cost for result in rough}) == 1

"""Rules for moving to a seat, replayed over past use, and hindsight."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import naive_switching as naive
import pytest

from flexlib import Charge, InvalidTokensError, InvalidValueError, ReportedUse, ResultUse, charge_reported
from flexlib.planning import (
    BreakEvenRule,
    DaysAMonthRule,
    RuleResult,
    SeatAtOnceRule,
    SeatOffer,
    TokensOnlyRule,
    backtest_rules,
    hindsight_costs,
)

MARCH = date(2026, 3, 1)
MONTHLY = SeatOffer("monthly", "revit", 100, months=1, currency="USD")
HEAVY = naive.charges_of(naive.daily([10] * 25, MARCH), "heavy")
LIGHT = naive.charges_of(naive.daily([10] * 3, MARCH), "light")
RULES = [TokensOnlyRule(), SeatAtOnceRule(), BreakEvenRule(), DaysAMonthRule(12)]


def backtest(charges, rules=RULES, offer=MONTHLY, **more):
    return backtest_rules(charges, offer, rules, **{"token_price": 1, **more})


def hindsight(costs, price, months=1):
    [best] = hindsight_costs(naive.charges_of(costs), SeatOffer("seat", "revit", price, months=months), token_price=1)
    return best


def test_rules_are_ranked_by_what_all_users_cost():
    results = backtest(HEAVY + LIGHT)
    assert [(result.name, result.cost, result.hindsight) for result in results] == [
        ("seat at once", 200, 130),
        ("break-even", 220, 130),
        ("12 days a month", 240, 130),
        ("tokens only", 280, 130),
    ]
    assert [round(result.ratio, 3) for result in results] == [1.538, 1.692, 1.846, 2.154]


def test_rules_that_cost_the_same_go_by_name_whatever_their_order():
    results = backtest(LIGHT, [TokensOnlyRule(), DaysAMonthRule(9), BreakEvenRule(), DaysAMonthRule(12)])
    assert [result.name for result in results] == ["12 days a month", "9 days a month", "break-even", "tokens only"]


def test_a_result_says_what_each_user_cost_and_when_the_rule_bought():
    [result] = backtest(HEAVY + LIGHT, [BreakEvenRule()])
    heavy, light = result.users
    assert (heavy.user, heavy.cost, heavy.token_cost, heavy.hindsight, heavy.ratio) == ("heavy", 190, 90, 100, 1.9)
    assert heavy.seats == (date(2026, 3, 10),)
    assert (light.user, light.cost, light.token_cost, light.seats, light.ratio) == ("light", 30, 30, (), 1)


def test_a_result_shows_its_rule_and_not_all_its_users():
    [result] = backtest(HEAVY + LIGHT, [DaysAMonthRule(12)])
    assert repr(result) == "RuleResult(rule=DaysAMonthRule(days=12))"


def test_the_worst_user_is_the_one_with_the_greatest_multiple_of_hindsight():
    assert [(result.name, result.worst.user) for result in backtest(HEAVY + LIGHT)] == [
        ("seat at once", "light"),
        ("break-even", "heavy"),
        ("12 days a month", "heavy"),
        ("tokens only", "heavy"),
    ]


def test_a_seat_expires_at_the_end_of_its_term_and_the_user_is_on_tokens_again():
    [result] = backtest(naive.charges_of(naive.daily([50] * 40, MARCH)), [BreakEvenRule()])
    [user] = result.users
    assert user.seats == (date(2026, 3, 2), date(2026, 4, 3))
    assert user.token_cost == 100


def test_use_before_and_under_a_seat_does_not_count_after_it():
    charges = naive.charges_of(
        naive.daily([60, 60, 60], MARCH) | naive.daily([60], date(2026, 4, 1)) | naive.daily([39], date(2026, 4, 2))
    )
    [result] = backtest(charges, [BreakEvenRule()])
    assert result.users[0].seats == (date(2026, 3, 2),)
    assert result.cost == 60 + 100 + 39


def test_hindsight_buys_on_the_day_from_which_a_seat_spares_most():
    costs = naive.daily([10], date(2026, 1, 1)) | naive.daily([10], date(2026, 1, 31)) | naive.daily([10], date(2026, 2, 15))
    assert (hindsight(costs, 15).cost, hindsight(costs, 15).seats) == (25, (date(2026, 1, 31),))


def test_hindsight_buys_no_seat_that_costs_as_much_as_its_tokens():
    assert (hindsight(naive.daily([10, 10]), 20).cost, hindsight(naive.daily([10, 10]), 20).seats) == (20, ())


def test_hindsight_steps_through_calendar_months():
    costs = naive.daily([9], date(2026, 1, 31)) | naive.daily([9], date(2026, 2, 27)) | naive.daily([9], date(2026, 2, 28))
    assert hindsight(costs, 10).cost == 19


def test_only_charges_of_the_offers_products_that_are_not_for_results_count():
    result = ResultUse("ada", "revit", datetime(2026, 3, 2, 9, tzinfo=UTC))
    others = [Charge("ada", "revit", result.at, 99, result=result), Charge("ada", "maya", result.at, 99)]
    assert backtest(LIGHT + others) == backtest(LIGHT)


def test_days_that_cost_nothing_are_no_days_of_use():
    free = Charge("light", "revit", datetime(2026, 3, 9, tzinfo=UTC), 0)
    assert backtest([*LIGHT, free]) == backtest(LIGHT)
    [result] = backtest([free], [SeatAtOnceRule()])
    assert (result.cost, result.hindsight, result.ratio) == (0, 0, 1)


def test_the_backtest_begins_with_the_first_charge_or_with_start_and_takes_so_many_months():
    charges = [Charge("ada", "revit", datetime(2026, month, 5, tzinfo=UTC), 10) for month in (1, 2, 3, 4)]
    costs = [
        backtest(charges, [TokensOnlyRule()], **span)[0].cost
        for span in (
            {},
            {"months": 3},
            {"months": 2},
            {"start": date(2026, 2, 5), "months": 1},
            {"start": date(2026, 2, 6)},
            {"start": date(2027, 1, 1)},
        )
    ]
    assert costs == [40, 30, 20, 10, 20, 0]
    assert hindsight_costs(charges, MONTHLY, token_price=1, start=date(2026, 2, 6))[0].cost == 20


def test_t3_the_day_of_a_charge_is_that_of_the_zone_or_the_reported_one():
    late = [Charge("ada", "revit", datetime(2026, 3, 31, 23, tzinfo=UTC), 100)]
    zone = ZoneInfo("Europe/Berlin")
    assert backtest(late, [BreakEvenRule()])[0].users[0].seats == (date(2026, 3, 31),)
    assert backtest(late, [BreakEvenRule()], zone=zone)[0].users[0].seats == (date(2026, 4, 1),)
    reported = charge_reported([ReportedUse("ada", "revit", date(2026, 3, 31), 100)])
    assert backtest(reported, [BreakEvenRule()], zone=ZoneInfo("America/New_York"))[0].users[0].seats == (date(2026, 3, 31),)


def test_without_charges_every_rule_costs_nothing():
    assert hindsight_costs([], MONTHLY, token_price=1) == []
    result = backtest([])[0]
    assert result == RuleResult(result.rule, ())
    assert (result.cost, result.hindsight, result.ratio, result.worst) == (0, 0, 1, None)


def test_where_a_seat_is_free_whatever_a_rule_pays_is_infinitely_more():
    results = backtest(LIGHT, offer=SeatOffer("gift", "revit", 0))
    assert [(result.name, result.cost, result.ratio) for result in results] == [
        ("break-even", 0, 1),
        ("seat at once", 0, 1),
        ("12 days a month", 30, math.inf),
        ("tokens only", 30, math.inf),
    ]


def test_tokens_are_paid_at_their_price():
    assert backtest(LIGHT, [TokensOnlyRule()], token_price=Decimal("2.5"))[0].cost == 75


def test_bad_arguments_are_refused():
    with pytest.raises(InvalidValueError, match="months is 0"):
        backtest(LIGHT, months=0)
    with pytest.raises(InvalidValueError, match="a date without a time of day"):
        backtest(LIGHT, start=datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(InvalidTokensError):
        backtest(LIGHT, token_price=2.5)
    with pytest.raises(InvalidValueError, match="charges is 3"):
        backtest([3])
    with pytest.raises(InvalidValueError, match="charges is 3"):
        hindsight_costs([3], MONTHLY, token_price=1)

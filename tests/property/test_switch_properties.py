"""What holds of every rule for moving to a seat: its bound against hindsight, and that it looks at no future."""

import math
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import naive_switching as naive
from hypothesis import given
from hypothesis import strategies as st

from flexlib import Charge, Seat
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
    hindsight_costs,
    switch_rule,
)

amounts = st.sampled_from([1, 2, 3, 5, 8])
gaps = st.sampled_from([1, 1, 1, 2, 3, 7, 14, 25, 27, 28, 29, 30, 31, 32])
prices = st.sampled_from([1, 2, 4, 5, 8, 10])
shares = st.sampled_from([Decimal(text) for text in ("0.1", "0.25", "0.5", "0.8", "1", "1.25", "2", "4")])
caps = st.sampled_from([Decimal(text) for text in ("2", "2.1", "2.5", "3", "4", "7.7")])


@st.composite
def traces(draw, size=12):
    """Draw the costs of days, often a term apart and at the ends of months; they shrink towards few days in a row that cost 1."""
    day, costs = naive.FIRST, {}
    for gap, cost in draw(st.lists(st.tuples(gaps, amounts), min_size=1, max_size=size)):
        day += timedelta(days=gap)
        costs[day] = Decimal(cost)
    return costs


@st.composite
def offers(draw):
    """Draw a seat; it shrinks towards a month for 1."""
    return SeatOffer("seat", "revit", draw(prices), months=draw(st.integers(1, 2)))


def replay(costs, offer, rule):
    """Return what a rule did and cost."""
    [result] = backtest_rules(naive.charges_of(costs), offer, [rule], token_price=1, months=99)
    [user] = result.users
    return user


def forecasts(data):
    """Return a forecast that says whatever Hypothesis draws, the same whenever it is asked for the same day."""
    said = {}

    def forecast(use):
        if use.day not in said:
            said[use.day] = data.draw(st.sampled_from([0, 1, 4, 8, 10, 99]), label=f"forecast of {use.day}")
        return said[use.day]

    return forecast


@given(traces(7), offers(), st.lists(st.integers(0, 120), max_size=2))
def test_hindsight_costs_the_least_of_all_choices_of_days_to_buy_on(costs, offer, more):
    [best] = hindsight_costs(naive.charges_of(costs), offer, token_price=1, months=99)
    more_days = tuple(naive.FIRST + timedelta(days=number) for number in more)
    assert best.cost == naive.naive_hindsight(costs, offer.price, offer.months, more_days)
    assert best.cost == naive.cost_with(costs, best.seats, offer.price, offer.months)


@given(traces(), offers(), shares)
def test_a_threshold_rule_buys_on_the_days_that_its_definition_names(costs, offer, share):
    result = replay(costs, offer, ThresholdRule(share))
    assert result.seats == naive.naive_threshold(costs, offer.price, offer.months, share)
    assert result.cost == naive.cost_with(costs, result.seats, offer.price, offer.months)
    assert result.token_cost == result.cost - offer.price * len(result.seats)


@given(traces(20), offers())
def test_break_even_never_costs_more_than_twice_hindsight(costs, offer):
    result = replay(costs, offer, BreakEvenRule())
    assert result.cost <= 2 * result.hindsight


@given(traces(20), offers(), shares)
def test_a_threshold_rule_never_costs_more_than_its_bound(costs, offer, share):
    result = replay(costs, offer, ThresholdRule(share))
    assert result.cost * min(share, 1) <= (1 + share) * result.hindsight
    assert result.ratio <= ThresholdRule(share).bound + 1e-9


@given(traces(20), offers())
def test_who_buys_after_paying_the_day_costs_at_most_one_day_more_a_seat_than_twice_hindsight(costs, offer):
    result = replay(costs, offer, naive.AfterPayingRule())
    assert result.cost * offer.price <= (2 * offer.price + max(costs.values())) * result.hindsight


@given(traces(20), offers(), caps, st.data())
def test_a_forecast_rule_never_costs_more_than_its_cap_whatever_the_forecast(costs, offer, cap, data):
    result = replay(costs, offer, ForecastRule(forecasts(data), cap))
    assert result.cost <= cap * result.hindsight


@given(traces(10), offers(), st.sampled_from([Decimal("2.62"), Decimal(3), Decimal(5)]))
def test_a_forecast_that_is_right_of_use_within_one_term_costs_at_most_the_smaller_factor(costs, offer, cap):
    last = naive.naive_end(min(costs), offer.months)
    within = {day: cost for day, cost in costs.items() if day < last}
    rule = ForecastRule(lambda use: sum(cost for day, cost in within.items() if day >= use.day), cap)
    result = replay(within, offer, rule)
    assert result.cost <= (1 + rule.early) * result.hindsight


@given(traces(20), offers())
def test_the_mean_cost_of_the_randomised_rule_is_at_most_e_over_e_less_one_times_hindsight(costs, offer):
    [best] = hindsight_costs(naive.charges_of(costs), offer, token_price=1, months=99)
    assert naive.expected_cost(costs, offer) <= float(best.cost) * math.e / (math.e - 1) + 1e-9


@given(traces(20), offers())
def test_the_tokens_paid_at_a_share_and_the_seats_bought_at_greater_shares_never_cost_more_than_hindsight(costs, offer):
    # The bound on the mean follows from this, by integration against the density of the shares.
    price = int(offer.price)
    rules = [ThresholdRule(Decimal(step) / price) for step in range(price, 0, -1)]
    results = {result.rule: result for result in backtest_rules(naive.charges_of(costs), offer, rules, token_price=1, months=99)}
    seats_above = 0
    for rule in rules:
        [user] = results[rule].users
        seats_above += len(user.seats)
        assert user.token_cost + seats_above <= user.hindsight


def every_rule(data):
    """Return one of each rule."""
    return [
        BreakEvenRule(),
        ThresholdRule(Decimal("0.5")),
        RandomisedRule(7),
        ForecastRule(forecasts(data)),
        DaysAMonthRule(3),
        TokensOnlyRule(),
        SeatAtOnceRule(),
        naive.AfterPayingRule(),
    ]


@given(traces(), traces(), offers(), st.data())
def test_no_later_use_changes_what_a_rule_decides_up_to_a_day(costs, others, offer, data):
    last = data.draw(st.sampled_from(sorted(costs)))
    changed = {day: cost for day, cost in costs.items() if day <= last} | {day: cost for day, cost in others.items() if day > last}
    for rule in every_rule(data):
        before, after = replay(costs, offer, rule), replay(changed, offer, rule)
        assert [day for day in before.seats if day <= last] == [day for day in after.seats if day <= last]


@given(traces(), traces(), offers(), st.data())
def test_no_later_charge_changes_an_advice(costs, others, offer, data):
    last = data.draw(st.sampled_from(sorted(costs)))
    at = datetime.combine(last, time(13), UTC)
    earlier = naive.charges_of({day: cost for day, cost in costs.items() if day <= last})
    later = naive.charges_of({day: cost for day, cost in others.items() if day > last})
    for rule in every_rule(data):
        known, more = (switch_rule(charges, offer, token_price=1, at=at, rule=rule) for charges in (earlier, earlier + later))
        assert known == more


@given(traces(), offers(), st.data())
def test_advice_followed_every_day_buys_what_the_backtest_buys(costs, offer, data):
    charges = naive.charges_of(costs)
    for rule in every_rule(data):
        bought: list[Seat] = []
        for day in sorted(costs):
            at = datetime.combine(day, time(13), UTC)
            [advice] = switch_rule(charges, offer, token_price=1, at=at, rule=rule, seats=bought)
            if advice.buy:
                ends = datetime.combine(naive.naive_end(day, offer.months), time(), UTC)
                bought.append(Seat("ada", "revit", datetime.combine(day, time(), UTC), ends))
        assert tuple(seat.starts_at.date() for seat in bought) == replay(costs, offer, rule).seats


@given(traces(), offers(), st.randoms(use_true_random=False))
def test_neither_the_order_of_charges_nor_one_given_twice_makes_a_difference(costs, offer, random):
    charges = naive.charges_of(costs) + naive.charges_of(costs, "bob")
    shuffled = [*charges, *random.sample(charges, 1)]
    random.shuffle(shuffled)
    rules = [BreakEvenRule(), DaysAMonthRule(3)]
    assert backtest_rules(charges, offer, rules, token_price=3) == backtest_rules(shuffled, offer, rules, token_price=3)
    at = datetime.combine(max(costs), time(13), UTC)
    assert switch_rule(charges, offer, token_price=3, at=at) == switch_rule(shuffled, offer, token_price=3, at=at)


@given(traces(), offers())
def test_a_day_divided_into_charges_of_several_products_counts_as_one(costs, offer):
    both = SeatOffer(offer.name, ("revit", "autocad"), offer.price, months=offer.months)
    parts = [
        Charge(whole.user, product, whole.at + timedelta(hours=hour), whole.tokens / 2)
        for whole in naive.charges_of(costs)
        for hour, product in enumerate(both.products)
    ]
    [result] = backtest_rules(parts, both, [BreakEvenRule()], token_price=1, months=99)
    assert result.users == (replay(costs, offer, BreakEvenRule()),)

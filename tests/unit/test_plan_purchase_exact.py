"""Small purchases of token packs whose figures can be checked by hand, or by trying out every purchase day by day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import naive_purchase as naive
import numpy as np
import pytest

from flexlib import InvalidValueError, TokenPack, settle
from flexlib.planning import PackOffer, plan_purchase
from flexlib.planning.purchases.search import Search

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 2)
MONTH, TWO_MONTHS = 31, 61
MILLIONTH = Decimal("0.000001")


def path(tokens, days=MONTH):
    """Return a path of demand with some tokens on some days and none on the others."""
    return [tokens.get(day, 0) for day in range(days)]


def one(price, months=1, name="one"):
    return PackOffer(name, 1, price, months=months)


def top_up(price):
    return PackOffer("top-up", 1, price)


def packs(option):
    return [(count.offer.name, count.count) for count in option.packs]


def tokens(plan):
    return [option.tokens for option in plan.options]


def cents(value):
    return Decimal(round(value * 100)).scaleb(-2)


def test_every_number_of_tokens_up_to_the_first_that_covers_all_demand_is_an_option():
    assert tokens(plan_purchase([path({0: 3})], [one(1)], at=AT, top_up=top_up(2))) == [3, 2, 1, 0]
    # a millionth more is worth no fourth token, but a fourth would cover it
    assert tokens(plan_purchase([path({0: 3 + MILLIONTH})], [one(1)], at=AT, top_up=top_up(2))) == [3, 4, 2, 1, 0]


def test_the_last_option_in_size_is_the_cheapest_that_covers_all_demand():
    offers = [PackOffer(str(size), size, price, months=1) for size, price in ((3, 10), (10, 5), (11, 50))]
    plan = plan_purchase([path({0: 6})], offers, at=AT, top_up=top_up(5))
    assert [(option.tokens, option.expected_cost) for option in plan.options] == [(10, 5), (6, 20), (3, 25), (0, 30)]


def test_of_each_life_no_more_is_looked_at_than_it_can_be_used_for():
    demand = [path({0: 1, 60: 1}, TWO_MONTHS)]
    offers = [one(10**6, 1, "short"), one(10**6, 2, "long")]
    plan = plan_purchase(demand, offers, at=AT, top_up=top_up(3 * 10**6))
    assert [(packs(option), int(option.expected_cost) // 10**6) for option in plan.options] == [
        ([("long", 2)], 2),
        ([("long", 1), ("short", 1)], 2),
        ([("long", 2), ("short", 1)], 3),
        ([("long", 1)], 4),
        ([("short", 1)], 4),
        ([], 6),
    ]
    assert plan.quantile == 2


@pytest.mark.parametrize("price", [10, 10**9])
@pytest.mark.parametrize("cost", [500, None])
def test_the_ten_best_are_found_though_nine_are_among_the_first_and_the_tenth_is_the_last_looked_at(price, cost):
    # fewer than 55 tokens block the second day; each token is one dearer than as a top-up, so the 65th purchase costs most but for that
    demand = [path({1: 55, 2: 9}, 40)]
    plan = plan_purchase(demand, [one(price + 1)], at=AT, top_up=top_up(price), lead_time_days=1, blocked_day_cost=cost)
    assert tokens(plan) == [*range(55, 65), 0]
    assert plan.expected_cost == 64 * price + 55
    assert plan.reorder_point == 64


@pytest.mark.parametrize("wanted", [63, 64])
def test_tokens_that_save_next_to_nothing_each_are_all_bought(wanted):
    plan = plan_purchase([path({0: wanted})], [one(10**9)], at=AT, top_up=top_up(10**9 + 1))
    assert tokens(plan) == [*range(wanted, wanted - 10, -1), 0]


def test_options_lie_around_the_quantile_and_of_equal_costs_the_fewer_tokens_come_first():
    plan = plan_purchase([path({0: 64}), path({0: 128})], [one(3)], at=AT, top_up=top_up(4))
    assert tokens(plan) == [64, 63, 65, 62, 66, 61, 67, 60, 68, 59, 0]
    assert (plan.quantile, plan.critical_ratio) == (64, 0.25)
    assert plan.expected_cost == 64 * 3 + Fraction(64, 2) * 4


@pytest.mark.parametrize("later", [0, 1])
def test_where_any_number_costs_the_same_the_fewest_tokens_of_both_lives_come_first(later):
    demand = [path({0: 31, 40: later}, TWO_MONTHS), path({}, TWO_MONTHS)]  # every token is used on one of two paths
    plan = plan_purchase(demand, [one(1, 1, "short"), one(1, 2, "long")], at=AT, top_up=top_up(2))
    assert {option.expected_cost for option in plan.options} == {31 + later}
    assert [dict(packs(option)) for option in plan.options] == [
        {name: count for name, count in (("long", total - short), ("short", short)) if count}
        for total in range(4)
        for short in range(total + 1)
    ]


def test_purchases_are_looked_at_until_the_first_that_is_too_dear_though_the_last_are_dearer_still():
    # again 55 tokens leave no day blocked; the tenth found at first is to buy nothing, at 700, and the 65th purchase costs 640 more
    demand = [path({1: 55, 2: 20}, 40)]
    plan = plan_purchase(demand, [one(20)], at=AT, top_up=top_up(10), lead_time_days=1, blocked_day_cost=700)
    assert tokens(plan) == [*range(55, 65), 0]


def test_where_all_tokens_are_free_the_fewest_come_first():
    offers = [one(0, 1, "short"), one(0, 2, "long")]
    plan = plan_purchase([path({1: 31}, 62)], offers, at=AT, top_up=top_up(0), lead_time_days=1, blocked_day_cost=0)
    assert tokens(plan) == [0, 1, 1, 2, 2, 2, 3, 3, 3, 3]


def test_packs_that_last_longer_are_bought_first_for_demand_that_only_they_can_meet():
    demand = [path({0: 31}, TWO_MONTHS), path({40: 5}, TWO_MONTHS)]  # the first five are sure to be used, if they last
    plan = plan_purchase(demand, [one(1, 1, "short"), one(1, 2, "long")], at=AT, top_up=top_up(2))
    assert [dict(packs(option)) for option in plan.options[:-1]] == [
        {name: count for name, count in (("long", 5 + more - short), ("short", short)) if count}
        for more in range(4)
        for short in range(more + 1)
    ]
    assert {option.expected_cost for option in plan.options[:-1]} == {31}


def test_packs_that_last_longer_are_not_bought_where_they_cost_more_than_is_sure_to_be_saved():
    demand = [path({0: 31}, TWO_MONTHS), path({40: 5}, TWO_MONTHS), path({}, TWO_MONTHS), path({}, TWO_MONTHS)]
    plan = plan_purchase(demand, [one(1, 1, "short"), one(3, 2, "long")], at=AT, top_up=top_up(4))
    assert [packs(option) for option in plan.options] == [[], *([("short", count)] for count in range(1, 10))]


def test_packs_of_a_middle_life_are_looked_at_for_all_that_they_can_meet():
    offers = [one(1, 1, "short"), one(1, 2, "middle"), one(5, 3, "long")]
    plan = plan_purchase([path({0: 1, 40: 1, 70: 1}, 92)], offers, at=AT, top_up=top_up(9))
    assert [packs(option) for option in plan.options[:2]] == [
        [("long", 1), ("middle", 2)],
        [("long", 1), ("middle", 1), ("short", 1)],
    ]


def test_without_a_lead_time_days_short_before_the_arrival_change_no_order_of_options():
    ledger = settle([], [TokenPack.purchase("held", 3, TODAY, months=12)])
    demand = [path({0: 4, 3: 31}, 70), path({0: 3, 3: 1}, 70)]
    offers = [one(1, 1, "short"), one(1, 2, "long")]
    plan = plan_purchase(demand, offers, at=AT, ledger=ledger, top_up=top_up(2), blocked_day_cost=5, service=Decimal("0.5"))
    assert plan.purchases[0].arrives == date(2026, 3, 5)
    assert [option.tokens for option in plan.options] == [1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 0]
    assert [str(option.expected_cost) for option in plan.options] == ["32.00"] * 10 + ["33.00"]
    assert {option.blocked_days for option in plan.options} == {0}


def test_a_price_is_counted_to_its_last_digit():
    demand = [path({0: 13})]
    offers = [PackOffer("ten", 10, Decimal("27.11"), months=1), PackOffer("one", 1, Decimal("2.83"), months=1)]
    plan = plan_purchase(demand, offers, at=AT, top_up=top_up(3))
    assert (packs(plan.options[0]), plan.expected_cost) == ([("ten", 1), ("one", 3)], Decimal("35.60"))
    round_price = [PackOffer("ten", 10, Decimal("1E+1"), months=1)]
    assert plan_purchase(demand, round_price, at=AT, top_up=top_up(3)).expected_cost == 10 + 3 * 3


def test_the_prices_of_all_packs_together_must_fit_into_the_digits_at_hand():
    def planned(wanted, small, large):
        offers = [PackOffer("one", 1, small, months=1), PackOffer("two", 2, large, months=1)]
        return plan_purchase([path({0: wanted})], offers, at=AT, top_up=PackOffer("top-up", Decimal("0.5"), 10**15 - 1))

    unit = Decimal("0.0001")
    assert planned(2, unit, (2**61 - 3) * unit).price == 2 * unit  # two small ones and a large one are looked at
    assert planned(2000, 10**15 - 1, 1).price == 1000
    for wanted, small, large in ((2, unit, (2**61 - 2) * unit), (3000, 10**15 - 1, 1)):
        with pytest.raises(InvalidValueError, match="prices with fewer digits"):
            planned(wanted, small, large)


def test_demand_tokens_in_hand_and_packs_may_be_a_hundred_thousand_million_tokens_and_no_more():
    most = 10**11
    bulk, sooner = [PackOffer("bulk", most, 5, months=1)], TokenPack.purchase("sooner", most, date(2026, 3, 1), months=1)
    plan = plan_purchase([path({0: most})], bulk, at=AT, top_up=top_up(1))
    assert (plan.tokens, plan.quantile, plan.expected_cost) == (most, most, 5)
    assert plan_purchase([path({0: most})], bulk, at=AT, ledger=settle([], [sooner]), top_up=top_up(1)).tokens == 0
    more = settle([], [sooner, TokenPack.purchase("more", 1, date(2026, 3, 1))])
    for demand, offers, ledger, reason in [
        ([path({0: most, 1: Decimal("0.5")})], bulk, None, f"at most {most} tokens on all paths"),
        ([path({0: 1})], bulk, more, f"at most {most} tokens in hand"),
        ([path({0: 1})], [PackOffer("bulk", most + 1, 5, months=1)], None, f"at most {most} tokens and six decimals"),
    ]:
        with pytest.raises(InvalidValueError, match=reason):
            plan_purchase(demand, offers, at=AT, ledger=ledger, top_up=top_up(1))


def test_five_million_combinations_of_two_lives_are_looked_at_and_no_more():
    def planned(later):
        demand = [path({1: 1999, 40: later}, 62)]
        offers = [one(10_000, 1, "short"), one(2, 2, "long")]  # 2000 numbers of the one, one more than are wanted of the other
        return plan_purchase(demand, offers, at=AT, top_up=top_up(1), lead_time_days=1, blocked_day_cost=0)

    assert tokens(planned(500)) == [*range(10)]
    with pytest.raises(InvalidValueError, match="'5002000 combinations': expected at most 5000000: fewer lives or sizes"):
        planned(501)


def test_ten_million_totals_of_one_life_are_looked_at_and_no_more():
    offers = [PackOffer("five", 5, 7, months=1), PackOffer("nearly five", 5 - MILLIONTH, 6, months=1)]
    assert tokens(plan_purchase([path({0: 5})], offers, at=AT, top_up=top_up(2))) == [5 - MILLIONTH, 5, 0]
    with pytest.raises(InvalidValueError, match="a larger common step: 10000001 totals are too many"):
        plan_purchase([path({0: 5 + MILLIONTH})], offers, at=AT, top_up=top_up(2))


def test_demand_is_counted_in_whole_millionths():
    plan = plan_purchase([path({0: Decimal("0.0000014"), 1: Decimal("0.3")})], [one(1)], at=AT, top_up=top_up(2))
    assert plan.quantile == Decimal("0.300001")


def test_a_millionth_of_a_token_that_is_left_expires():
    offers = [PackOffer("ten", 10, 5, months=1)]
    left = [plan_purchase([path({0: wanted})], offers, at=AT, top_up=top_up(1)).left_to_expire for wanted in (10 - MILLIONTH, 10)]
    assert [(own.probability, own.tokens) for own in left] == [(1, 0), (0, 0)]


@pytest.mark.parametrize(("tokens", "days"), [(0, 1), (MILLIONTH, 2), (1, 2)])
def test_days_with_any_demand_are_blocked_and_days_with_none_are_not(tokens, days):
    plan = plan_purchase([path({2: 5, 3: tokens, 4: 1}, 40)], [one(1)], at=AT, top_up=top_up(1), lead_time_days=2)
    (nothing,) = [option for option in plan.options if not option.packs]
    assert nothing.blocked_days == days
    assert nothing.expected_cost == cents(5 + tokens + 1)  # a blocked day has no price


def test_what_packs_that_ended_have_met_does_not_bring_the_next_order_forward():
    demand = [path({2: 10}, 63), path({2: 10, 40: 1, 50: 20}, 63)]
    offers = [PackOffer("short", 10, 1, months=1), PackOffer("long", 15, 2, months=2)]
    terms = {"lead_time_days": 2, "blocked_day_cost": 0, "service": Decimal("0.5")}
    plan = plan_purchase(demand, offers, at=AT, top_up=top_up(1), **terms)
    (option,) = [option for option in plan.options if packs(option) == [("long", 1), ("short", 1)]]
    # of the long one 14 tokens are there on the 50th day, more than the 10 at which an order is made, and fewer than the 20 wanted
    assert (plan.reorder_point, option.blocked_days, option.blocked_probability) == (10, Decimal("0.5"), 0.5)


def test_the_reorder_point_covers_the_first_day_on_as_many_paths_as_are_asked_for_in_any_order_of_them():
    demand = [path({0: own}) for own in (1, 2, 9, 3)]
    assert plan_purchase(demand, [one(1)], at=AT, service=Decimal("0.75")).reorder_point == 3


@pytest.mark.parametrize(
    ("lead", "cost", "days", "paid"), [(0, None, 0, 3), (0, 7, 0, 3), (2, None, 1, 3), (2, 0, 1, 3), (2, 7, 1, 3 + 7)]
)
def test_where_the_tokens_in_hand_are_sure_enough_to_last_lacks_cost_what_they_cost_on_average(lead, cost, days, paid):
    ledger = settle([], [TokenPack.purchase("held", 10, TODAY)])
    demand = [path({}, 33), path({0: 10, 1: 1, 32: 2}, 33)]
    terms = {"lead_time_days": lead, "blocked_day_cost": cost, "service": Decimal("0.5")}
    plan = plan_purchase(demand, [one(1)], at=AT, ledger=ledger, top_up=top_up(2), **terms)
    (option,) = plan.options
    assert (option.blocked_days, option.expected_cost, option.top_up_tokens) == (days, paid, Decimal("1.5"))
    assert (option.blocked_probability, option.reaches_service) == (0, True)
    assert (plan.purchases, plan.quantile, plan.until) == ((), 0, TODAY + timedelta(days=33))
    assert plan.reorder_on == plan.until - timedelta(days=lead)


def test_what_lacked_before_the_arrival_does_not_hasten_the_next_order():
    plan = plan_purchase([[2] * 40], [one(1)], at=AT, top_up=top_up(10), lead_time_days=3)
    assert (plan.tokens, plan.purchases[0].arrives) == (2 * MONTH, date(2026, 3, 5))
    assert plan.reorder_on == date(2026, 4, 2)  # three days before the packs end


@pytest.mark.parametrize("price", [0, 1])
def test_where_no_pack_is_cheaper_than_a_top_up_it_pays_to_cover_nothing(price):
    plan = plan_purchase([path({0: 4})], [one(2)], at=AT, top_up=top_up(price))
    assert (plan.critical_ratio, plan.quantile, plan.purchases, plan.expected_cost) == (0, 0, (), 4 * price)


def test_the_life_that_demand_must_reach_to_is_the_longest():
    with pytest.raises(InvalidValueError, match="at least 61 days from 2026-03-02: 0 until new packs arrive, and the 2 months"):
        plan_purchase([path({0: 1})], [one(1, 1, "short"), one(2, 2, "long")], at=AT)


def test_a_pack_that_starts_at_the_very_instant_of_the_plan_is_in_hand_on_that_day():
    midnight = datetime(2026, 3, 2, tzinfo=UTC)  # one o'clock in Berlin
    ledger = settle([], [TokenPack.purchase("held", 40, TODAY)])
    plan = plan_purchase([[4] * 60], [one(1)], at=midnight, ledger=ledger, top_up=top_up(2), zone=ZoneInfo("Europe/Berlin"))
    assert plan.purchases[0].arrives == date(2026, 3, 12)
    assert "the 40 tokens in hand meet all demand before 2026-03-12" in plan.why[0]


RUSHES = [path({0: 3, 10: 4, 30: 5}, 50), path({0: 1, 4: 2, 30: 9}, 50), path({2: 8}, 50)]
LATE = [path({3: 6, 5: 2, 30: 4}, 40), path({3: 1, 4: 9, 6: 3}, 40), path({1: 2, 3: 4, 20: 9}, 40), path({7: 5, 9: 6}, 40)]
LONG = [path({0: 5, 20: 3, 31: 4, 60: 2}, 91), path({1: 2, 29: 6, 33: 1}, 91), path({2: 1, 40: 9}, 91)]
THREE = [PackOffer("3", 3, Decimal("7.1"), months=1), PackOffer("5", 5, 11, months=1), PackOffer("7", 7, 12, months=1, at_most=1)]
LIVES = [PackOffer("3", 3, 7, months=1), PackOffer("2", 2, 5, months=2), PackOffer("4", 4, 9, months=2)]
HELD = [TokenPack.purchase("held", 4, date(2026, 2, 20), months=1), TokenPack.purchase("later", 3, date(2026, 3, 7), months=1)]


SMALL = pytest.mark.parametrize(
    ("demand", "offers", "held", "lead", "cost", "service"),
    [
        (RUSHES, THREE, [], 0, None, "0.95"),
        (RUSHES, THREE, HELD[:1], 0, 9, "0.5"),
        (LATE, THREE, [], 1, 4, "0.95"),
        (LATE, THREE, HELD, 2, None, "0.75"),
        (LATE, THREE, HELD, 2, 3, "0.5"),
        (LATE, THREE[:2], HELD[1:], 3, 0, "0.75"),
        (LONG, LIVES, [], 0, None, "0.95"),
        (LONG, LIVES, HELD, 1, 5, "0.95"),
        (LONG, LIVES, HELD, 2, None, "0.6"),
        (LONG, LIVES[:2], HELD[:1], 3, 2, "0.6"),
        (LONG, [PackOffer("2", 2, 5, months=1), PackOffer("9", 9, 26, months=2)], [], 0, None, "0.95"),
    ],
)


def planned(demand, offers, held, **terms):
    return plan_purchase(demand, offers, at=AT, ledger=settle([], held) if held else None, top_up=top_up(3), **terms)


@SMALL
def test_of_every_purchase_tried_out_day_by_day_none_is_better_and_each_option_leads_to_what_it_says(
    demand, offers, held, lead, cost, service
):
    plan = planned(demand, offers, held, lead_time_days=lead, blocked_day_cost=cost, service=Decimal(service))
    lots = [
        [(pack.expires_at.date() - TODAY).days, int(pack.tokens), max(0, (pack.starts_at.date() - TODAY).days), 0, False]
        for pack in held
    ]
    for lot in lots:
        lot[3] = lot[1]
    known = {
        "arrival": max(lead, naive.safe_day(demand, lots, Fraction(service))),
        "lead": lead,
        "token_price": 3,
        "blocked_day_cost": cost,
        "service": Decimal(service),
        "reorder_point": int(plan.reorder_point),
    }
    best = min(naive.every_outcome(demand, lots, offers, TODAY, **known))
    assert (plan.expected_cost, plan.tokens, plan.options[0].reaches_service) == (cents(best.cost), best.tokens, not best.fails)
    term = [own[: (plan.until - TODAY).days] for own in demand]
    for option in plan.options:
        order = [naive.ordered(count.count, count.offer, TODAY, known["arrival"]) for count in option.packs]
        own = naive.outcome(term, lots, order, **known)
        assert (option.expected_cost, option.price, option.tokens) == (cents(own.cost), own.price, own.tokens)
        assert (option.top_up_tokens, option.left_to_expire.tokens) == (cents(own.short), cents(own.unused))
        assert (option.blocked_days, option.reaches_service) == (cents(own.blocked), not own.fails)


@SMALL
def test_purchases_are_looked_at_in_the_order_of_their_costs_without_the_blocked_days_of_the_term(
    monkeypatch, demand, offers, held, lead, cost, service
):
    searches, best = [], Search.best
    monkeypatch.setattr(Search, "best", lambda search: searches.append(search) or best(search))
    planned(demand, offers, held, lead_time_days=lead, blocked_day_cost=cost, service=Decimal(service))
    [search] = searches
    costs = search.base_costs()
    places = np.array(list(np.ndindex(costs.shape))).T
    for candidate, supplies in zip(search.candidates(places), search.supplies(places).T, strict=True):
        blocked = search.blocked(supplies[:, np.newaxis])[0] - Fraction(search.needs.early.mean()) if lead else 0
        assert costs[candidate.places] == pytest.approx(float(candidate.cost - (cost or 0) * blocked), rel=1e-9)

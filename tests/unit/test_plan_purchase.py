"""How many tokens to buy, in which packs, and when (rules P1, P2, P7). Prices and sizes are made up."""

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from flexlib import InvalidTokensError, InvalidValueError, NaiveDatetimeError, TokenPack, settle
from flexlib.planning import LeftToExpire, PackOffer, plan_purchase

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MONTH = 31
LADDER = [
    PackOffer("small", 10, 30, months=1, currency="USD"),
    PackOffer("medium", 50, 135, months=1, currency="USD"),
    PackOffer("large", 100, 240, months=1, currency="USD"),
]


def steady(*rates, days=120):
    """Return one path for each rate, the same tokens every day."""
    return [[rate] * days for rate in rates]


def held(tokens, on, months=1):
    return settle([], [TokenPack.purchase("held", tokens, on, months=months)])


def packs(option):
    return [(count.offer.name, count.count) for count in option.packs]


def test_each_pack_pays_whose_tokens_are_sure_enough_to_be_used():
    plan = plan_purchase(steady(2, 2, 2, 6), LADDER, at=AT)  # 62 tokens on three paths, 186 on the fourth
    assert packs(plan.options[0]) == [("medium", 1)]
    # 135 for the pack, then 12 tokens at 3 on three paths and 136 on one
    assert plan.expected_cost == Decimal(135) + 3 * Decimal(3 * 12 + 136) / 4
    assert [(packs(option), str(option.expected_cost)) for option in plan.options[:3]] == [
        ([("medium", 1)], "264.00"),
        ([], "279.00"),
        ([("large", 1)], "304.50"),
    ]
    assert (plan.tokens, plan.price, plan.currency) == (50, 135, "USD")


def test_ten_percent_off_pays_for_tokens_that_are_ninety_percent_sure_to_be_used_and_for_no_more():
    offers = [PackOffer("one", 1, Decimal("2.70"), months=1), PackOffer("top-up", 10, 30, months=1)]
    plan = plan_purchase([[total, *[0] * (MONTH - 1)] for total in range(101, 201)], offers, at=AT)
    assert (plan.critical_ratio, plan.quantile, plan.tokens) == (0.1, 110, 110)  # 91 of 100 paths use the 110th token, 90 the 111th


def test_where_a_token_more_costs_what_it_saves_fewer_are_bought():
    offers = [PackOffer("one", 1, Decimal("2.70"), months=1), PackOffer("top-up", 10, 30, months=1)]
    totals = range(101, 111)
    plan = plan_purchase([[total, *[0] * (MONTH - 1)] for total in totals], offers, at=AT)
    assert [option.tokens for option in plan.options[:2]] == [101, 102]
    assert plan.options[0].expected_cost == plan.options[1].expected_cost


def test_without_a_discount_nothing_is_bought_ahead():
    plan = plan_purchase(steady(5, 6), LADDER[:1], at=AT)
    assert plan.purchases == ()
    assert plan.left_to_expire == LeftToExpire(0.0, Decimal(0))
    assert plan.expected_cost == 3 * Decimal("5.5") * MONTH
    assert plan.why[1] == "No pack costs less a token than a top-up, USD 3: tokens bought ahead are no cheaper and may expire."


def test_a_larger_pack_is_bought_for_its_price_alone():
    offers = [*LADDER[:1], PackOffer("sale", 500, 100, months=1, currency="USD")]
    plan = plan_purchase(steady(2), offers, at=AT)
    assert packs(plan.options[0]) == [("sale", 1)]
    assert plan.left_to_expire == LeftToExpire(1.0, Decimal(500 - 2 * MONTH))


def test_an_offer_is_bought_no_more_often_than_it_may_be():
    offers = [LADDER[0], PackOffer("rebate", 40, 40, months=1, at_most=2, currency="USD")]
    plan = plan_purchase(steady(9), offers, at=AT)
    assert packs(plan.options[0]) == [("rebate", 2)]
    assert plan.options[0].top_up_tokens == 9 * MONTH - 80


def test_of_packs_that_come_to_the_same_tokens_and_price_the_largest_are_taken():
    offers = [PackOffer(str(size), size, size * 2, months=1) for size in (20, 50, 100)]
    plan = plan_purchase(steady(5), offers, at=AT, top_up=PackOffer("top-up", 10, 30, months=1))
    assert packs(plan.options[0]) == [("100", 1), ("50", 1)]


def test_no_more_is_bought_than_covers_all_demand_at_the_least_price():
    offers = [PackOffer("100", 100, 20, months=1), PackOffer("60", 60, 15, months=1)]
    top_up = PackOffer("top-up", 10, 300, months=1)
    best = [packs(plan_purchase(steady(rate), offers, at=AT, top_up=top_up).options[0]) for rate in (1, 3, 5, 7)]
    assert best == [[("60", 1)], [("100", 1)], [("100", 1), ("60", 1)], [("100", 1), ("60", 2)]]  # 31, 93, 155 and 217 tokens


def test_packs_of_different_lives_are_weighed_over_the_life_of_the_longest():
    short, long = PackOffer("short", 31, 31, months=1), PackOffer("long", 30, 60, months=2)
    top_up = PackOffer("top-up", 10, 30, months=1)
    plan = plan_purchase(steady(1, days=61), [short, long], at=AT, top_up=top_up)
    assert packs(plan.options[0]) == [("short", 1), ("long", 1)]
    assert (plan.expected_cost, plan.until) == (31 + 60, date(2026, 5, 2))


def test_p1_p2_packs_are_ordered_for_the_latest_day_until_which_the_tokens_in_hand_are_sure_to_last():
    ledger = held(100, date(2026, 2, 20))  # until 20 March; 5 a day lasts 20 days, 4 a day 25, of which 18 come before that
    plan = plan_purchase(steady(5, 4), LADDER, at=AT, ledger=ledger)
    (purchase,) = plan.purchases
    assert (purchase.on, purchase.arrives) == (date(2026, 3, 20), date(2026, 3, 20))
    assert (purchase.tokens, purchase.price) == (100, 240)
    assert plan.until == date(2026, 4, 20)
    assert plan.why[0] == (
        "With a probability of 95 % the 100 tokens in hand meet all demand before 2026-03-20: 2026-03-20 is the latest safe day to "
        "order, and packs that come later expire later."
    )


def test_the_tokens_in_hand_are_drawn_while_the_new_ones_are_there_if_they_end_first():
    ledger = held(50, date(2026, 2, 20))
    plan = plan_purchase(steady(5, 3, 3, 3), LADDER, at=AT, ledger=ledger, service=Decimal("0.5"))
    (purchase,) = plan.purchases
    assert purchase.arrives == date(2026, 3, 18)  # the end of the 16 days that 50 tokens last at 3 a day
    assert plan.runs_out_before(date(2026, 3, 12)) == 0
    assert plan.runs_out_before(date(2026, 3, 13)) == 0.25


def test_a_pack_that_starts_later_counts_from_its_start_on():
    later = TokenPack.purchase("later", 100, date(2026, 3, 12), months=1)
    plan = plan_purchase(steady(4), LADDER, at=AT, ledger=settle([], [later, TokenPack.purchase("now", 40, date(2026, 3, 1))]))
    assert plan.purchases[0].on == date(2026, 4, 6)
    assert plan.why[0].startswith("With a probability of 95 % the 40 tokens in hand")


def test_days_are_those_of_the_zone_and_a_pack_counts_on_whole_days_only():
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    ledger = held(
        500, date(2026, 2, 20)
    )  # ends on 20 March 00:00 UTC: in Berlin 01:00 of that day, in New York 20:00 of the one before
    dates = {
        zone: plan_purchase(steady(4), LADDER, at=late, ledger=ledger, zone=ZoneInfo(zone)).purchases[0].arrives
        for zone in ("Europe/Berlin", "America/New_York")
    }
    assert dates == {"Europe/Berlin": date(2026, 3, 20), "America/New_York": date(2026, 3, 19)}
    assert plan_purchase(steady(4), LADDER, at=late, zone=ZoneInfo("Europe/Berlin")).purchases[0].on == date(2026, 3, 3)


def test_a_pack_that_starts_in_the_middle_of_a_day_counts_from_the_next_on():
    now, later = TokenPack.purchase("now", 40, date(2026, 3, 1)), TokenPack.purchase("later", 20, date(2026, 3, 12))  # at 00:00 UTC
    dates = [
        plan_purchase(steady(4), LADDER, at=AT, ledger=settle([], [now, later]), zone=ZoneInfo(zone)).purchases[0].arrives
        for zone in ("UTC", "Europe/Berlin")
    ]
    assert dates == [date(2026, 3, 17), date(2026, 3, 12)]


def test_where_the_tokens_in_hand_last_nothing_is_bought_and_the_plan_says_until_when():
    plan = plan_purchase(steady(1, 2, days=50), LADDER, at=AT, ledger=held(101, date(2026, 3, 1), 12), lead_time_days=5)
    assert (plan.purchases, plan.expected_cost, plan.tokens, plan.price) == ((), 0, 0, 0)
    assert (plan.until, plan.reorder_on) == (date(2026, 4, 21), date(2026, 4, 16))
    assert plan.critical_ratio == pytest.approx(0.2)
    assert plan.why[0] == (
        "With a probability of 95 % the 101 tokens in hand meet all demand before 2026-04-21: nothing need be ordered before 2026-04-16."
    )


def test_the_few_paths_on_which_they_do_not_last_cost_top_ups_and_blocked_days():
    demand, ledger = steady(*[1] * 9, 5, days=50), held(100, date(2026, 3, 1), 12)
    terms = {"at": AT, "ledger": ledger, "service": Decimal("0.9")}
    prompt = plan_purchase(demand, LADDER, **terms)
    assert (prompt.purchases, prompt.expected_cost) == ((), 3 * Decimal(250 - 100) / 10)
    slow = plan_purchase(demand, LADDER, lead_time_days=1, blocked_day_cost=7, **terms)
    assert (slow.options[0].blocked_days, slow.expected_cost) == (3, 45 + 3 * 7)
    assert prompt.runs_out_before(date(2026, 3, 23)) == 0.1


def test_an_order_is_made_the_lead_time_before_the_day_on_which_it_is_needed():
    plan = plan_purchase(steady(5, 4), LADDER, at=AT, ledger=held(50, date(2026, 3, 1)), lead_time_days=4)
    assert (plan.purchases[0].on, plan.purchases[0].arrives) == (date(2026, 3, 8), date(2026, 3, 12))
    assert plan.reorder_point == 5 * 5


def test_an_order_that_comes_too_late_is_made_today_and_the_plan_says_how_likely_it_is_late():
    plan = plan_purchase(steady(5, 4), LADDER, at=AT, ledger=held(18, date(2026, 3, 1)), lead_time_days=4, blocked_day_cost=100)
    assert (plan.purchases[0].on, plan.purchases[0].arrives) == (date(2026, 3, 2), date(2026, 3, 6))
    assert plan.why[0] == (
        "An order of today, 2026-03-02, arrives on 2026-03-06; the 18 tokens in hand do not last until then with a probability of 50 %."
    )
    assert plan.options[0].blocked_days == Decimal("0.5")


def test_a_day_without_tokens_is_worth_packs_that_save_nothing_else():
    demand = [[2] * 20 + [40] + [2] * 99] * 2 + steady(2) * 18  # a rush that the reorder point, at 95 %, does not foresee
    offers = [LADDER[0]]
    terms = {"at": AT, "lead_time_days": 3, "service": Decimal("0.9")}
    cheap = plan_purchase(demand, offers, blocked_day_cost=0, **terms)
    dear = plan_purchase(demand, offers, blocked_day_cost=10_000, **terms)
    assert cheap.tokens == 0
    assert dear.tokens > 0
    assert dear.options[0].blocked_days < cheap.options[0].blocked_days


def test_without_a_price_of_blocked_days_enough_is_bought_for_the_service_asked_for():
    demand = [[2] * rush + [40] + [2] * (119 - rush) for rush in range(5, 25)]  # each of 20 paths has one rush, on a day of its own
    plans = [plan_purchase(demand, LADDER[:1], at=AT, lead_time_days=3, service=Decimal(text)) for text in ("0.95", "0.96")]
    assert [plan.reorder_point for plan in plans] == [46, 46]
    # 10 tokens are used up before the next order comes where the rush is on the second day; 50 are not
    assert [(plan.tokens, plan.options[0].blocked_probability) for plan in plans] == [(10, 0.05), (50, 0)]
    assert [plan.options[-1].reaches_service for plan in plans] == [False, False]
    assert plans[1].why[2].startswith("Cheapest on average of what leaves no day blocked with a probability of 96 %: ")


def test_the_service_is_reached_however_many_cheaper_purchases_do_not():
    demand = [[2] * 5 + [140] + [2] * 114, *steady(2) * 19]
    one = PackOffer("one", 1, 3, months=1)
    plan = plan_purchase(demand, [one], at=AT, lead_time_days=3, service=Decimal("0.96"))
    assert (plan.tokens, plan.options[0].reaches_service) == (4 + 140, True)  # the rush is on the third day from the arrival


def test_a_rush_that_the_reorder_point_does_not_foresee_blocks_until_an_order_of_that_very_day_arrives():
    demand = [[1] * 9 + [90] + [1] * 110, *steady(1)]
    plan = plan_purchase(demand, LADDER[:1], at=AT, lead_time_days=3, service=Decimal("0.5"), blocked_day_cost=0)
    (option,) = [option for option in plan.options if option.tokens == 30]
    assert plan.reorder_point == 4
    assert (
        option.blocked_days == 3 + Decimal(3) / 2
    )  # all wait for the first order; on one of two paths three days from the rush on


def test_the_ten_best_are_ranked_though_the_best_is_found_among_many_that_block():
    demand = [[2] * 5 + [50] + [2] * 114, *steady(2) * 19]
    one = PackOffer("one", 1, 3, months=1)
    plan = plan_purchase(demand, [one], at=AT, lead_time_days=3, blocked_day_cost=10_000)
    assert [option.tokens for option in plan.options] == [*range(60, 70), 0]  # 54 until the rush is over, and 6 until more arrive


def test_where_no_purchase_reaches_the_service_the_nearest_is_named():
    top_up = LADDER[0]
    rare = PackOffer("rare", 10, 20, months=1, at_most=1, currency="USD")
    demand = [[0] * 9 + [2, 50, 1] * 37] * 10
    plan = plan_purchase(demand, [rare], at=AT, top_up=top_up, lead_time_days=2, service=Decimal("0.5"))
    assert not plan.options[0].reaches_service
    assert any(
        sentence.startswith("No purchase leaves no day blocked with a probability of 50 %. Nearest, with 0 %")
        for sentence in plan.why
    )


def test_the_reasons_set_the_next_sizes_beside_the_best():
    plan = plan_purchase(steady(2, 2, 2, 6), LADDER, at=AT)
    pays = "it pays for tokens that are at least {} % sure to be used before they expire."
    assert plan.why[:3] == (
        "The 0 tokens in hand may not last today: order today, 2026-03-02.",
        "A pack of 50 tokens costs USD 2.70 a token, 10 % less than a top-up: " + pays.format(90),
        "A pack of 100 tokens costs USD 2.40 a token, 20 % less than a top-up: " + pays.format(80),
    )
    assert plan.why[3].startswith(
        "At the best price a token it pays to cover 20 % of the demand paths: 62 tokens beyond those in hand"
    )
    assert plan.why[4].startswith("Cheapest on average: 1 ")
    assert plan.why[4].endswith(
        " medium, at USD 264 until 2026-04-02 with 43 tokens as top-ups. Next: top-ups alone, at USD 15 more."
    )
    assert plan.why[5:8] == (
        "50 tokens more would cost USD 105 more and save USD 64.50 in top-ups.",
        "50 tokens fewer would cost USD 135 less and add USD 150 in top-ups.",
        "Some of the packs' tokens expire with a probability of 0 %, 0 on average.",
    )
    assert plan.why[8].startswith("Order again by 2026-03-10, and whenever the balance has come down to 6 tokens: ")
    assert len(plan.why) == 9


def test_the_top_up_is_the_dearest_pack_a_token_and_of_these_the_smallest_unless_another_is_named():
    plan = plan_purchase(steady(2), [*LADDER, PackOffer("tiny", 5, 15, months=1, currency="USD")], at=AT)
    assert plan.top_up.name == "tiny"
    named = PackOffer("named", 1, 4, currency="USD")
    assert plan_purchase(steady(2), LADDER, at=AT, top_up=named).top_up == named


def test_demand_is_taken_to_the_millionth_and_sums_are_exact_in_any_decimal_context():
    offers = [PackOffer("one", 1, Decimal("2.70"), months=1), PackOffer("top-up", 10, 30, months=1)]
    rows = [[Decimal("0.1")] * MONTH, [Decimal("0.3")] * MONTH]
    with localcontext() as context:
        context.prec = 3
        plan = plan_purchase(rows, offers, at=AT)
    assert plan == plan_purchase(np.array([[0.1] * MONTH, [0.3] * MONTH]), offers, at=AT)
    assert plan == plan_purchase(np.array(rows, dtype=object), offers, at=AT)
    assert (plan.quantile, plan.tokens, plan.expected_cost) == (Decimal("3.1"), 3, Decimal("8.1") + Decimal("9.6"))


def test_a_float_stands_for_the_millionth_next_to_it():
    one = [PackOffer("one", 1, 2, months=1), PackOffer("top-up", 10, 30, months=1)]
    plan = plan_purchase(np.full((2, MONTH), 1.001), one, at=AT)  # as floats, 1.001 times a million is less
    assert (plan.quantile, plan.reorder_point) == (MONTH * Decimal("1.001"), Decimal("1.001"))


@pytest.mark.parametrize(
    ("demand", "reason"),
    [
        ([], "at least one path"),
        ([[]], "at least one path"),
        (np.zeros((0, 40)), "at least one path"),
        (np.zeros(40), "two dimensions"),
        (np.array([["1"] * 40]), "an array of numbers"),
        (np.array([[True] * 40]), "an array of numbers"),
        ([[1] * 40, [1] * 41], "paths of one length"),
        ([1] * 40, "each a sequence of tokens a day"),
        (np.full((2, 40), -1.0), "zero or more"),
        (np.full((2, 40), np.nan), "zero or more"),
        (np.full((2, 40), np.inf), "zero or more"),
        (np.full((2, 40), 1e11), "on all paths together"),
        ([[10**11] * 40], "on all paths together"),
    ],
)
def test_demand_that_means_nothing_is_refused(demand, reason):
    with pytest.raises(InvalidValueError, match=reason):
        plan_purchase(demand, LADDER, at=AT)


@pytest.mark.parametrize("tokens", [1.5, Decimal(-1), Decimal("NaN"), "1"])
def test_sequences_hold_exact_amounts(tokens):
    with pytest.raises(InvalidTokensError):
        plan_purchase([[tokens] * 40], LADDER, at=AT)


def test_demand_that_ends_before_the_packs_is_refused_and_the_days_that_are_wanted_are_said():
    plan_purchase(steady(1, days=MONTH), LADDER, at=AT)
    with pytest.raises(
        InvalidValueError, match="demand is '30 days': expected at least 31 days from 2026-03-02: 0 until new packs"
    ):
        plan_purchase(steady(1, days=MONTH - 1), LADDER, at=AT)
    with pytest.raises(InvalidValueError, match="at least 36 days from 2026-03-02: 5 until new packs arrive, and the 1 months"):
        plan_purchase(steady(1, days=35), LADDER, at=AT, lead_time_days=5)
    with pytest.raises(InvalidValueError, match="at least 41 days from 2026-03-02: 10 until"):
        plan_purchase(steady(5, days=40), LADDER, at=AT, ledger=held(50, date(2026, 3, 1)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"packs": []}, "at least one pack"),
        ({"packs": ["small"]}, "a PackOffer"),
        ({"packs": [LADDER[0], PackOffer("euro", 5, 5, currency="EUR")]}, "one currency"),
        ({"packs": [LADDER[0], PackOffer("none", 5, 5)]}, "one currency"),
        ({"packs": [LADDER[0], PackOffer("small", 20, 50, currency="USD")]}, "a name of its own"),
        ({"packs": [LADDER[0], PackOffer("fine", Decimal("0.0000001"), 0, months=1, currency="USD")]}, "six decimals"),
        ({"packs": [*LADDER, PackOffer("odd", Decimal("10.000001"), 20, months=1, currency="USD")]}, "larger common step"),
        ({"packs": [PackOffer("dear", 1, 10**14, months=1), PackOffer("dearer", 1, 10**14 + 1, months=1)]}, "fewer digits"),
        ({"top_up": PackOffer("rare", 5, 15, at_most=1, currency="USD")}, "without at_most"),
        ({"lead_time_days": -1}, "zero or more"),
        ({"lead_time_days": 1.5}, "zero or more"),
        ({"service": Decimal(1)}, "between 0 and 1"),
        ({"service": Decimal(0)}, "between 0 and 1"),
        ({"service": Decimal("NaN")}, "between 0 and 1"),
        ({"service": 0.95}, "between 0 and 1"),
        ({"ledger": held(10**14, date(2026, 3, 1))}, "in hand"),
    ],
)
def test_terms_that_mean_nothing_are_refused(changes, reason):
    with pytest.raises(InvalidValueError, match=reason):
        plan_purchase(steady(10**5), changes.pop("packs", LADDER), at=AT, **changes)


def test_more_combinations_than_can_be_looked_at_are_refused():
    offers = [PackOffer("short", 1, 2, months=1), PackOffer("long", 1, 2), PackOffer("top-up", 1, 3)]
    with pytest.raises(InvalidValueError, match="combinations': expected at most"):
        plan_purchase(steady(40, days=365), offers, at=AT)


def test_a_naive_instant_and_an_inexact_price_are_refused():
    with pytest.raises(NaiveDatetimeError):
        plan_purchase(steady(1), LADDER, at=datetime(2026, 3, 2))
    with pytest.raises(InvalidTokensError):
        plan_purchase(steady(1), LADDER, at=AT, lead_time_days=1, blocked_day_cost=1.5)


def test_a_plan_knows_no_day_after_its_last_and_no_instant():
    plan = plan_purchase(steady(1), LADDER, at=AT)
    assert plan.runs_out_before(plan.until) == 1
    with pytest.raises(InvalidValueError, match="a date up to 2026-04-02"):
        plan.runs_out_before(date(2026, 4, 3))
    with pytest.raises(InvalidValueError, match="without a time of day"):
        plan.runs_out_before(AT)


def test_importing_the_function_loads_no_numpy_and_calling_it_without_names_the_extra():
    script = """
import sys
from datetime import UTC, datetime
from flexlib.errors import MissingExtraError
from flexlib.planning.offers import PackOffer
from flexlib.planning.purchases.purchasing import plan_purchase
assert "numpy" not in sys.modules
sys.modules["numpy"] = None
try:
    plan_purchase([[1] * 40], [PackOffer("small", 10, 30, months=1)], at=datetime(2026, 3, 2, tzinfo=UTC))
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "planning" in done.stdout
    assert "numpy" in done.stdout

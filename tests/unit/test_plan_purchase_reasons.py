"""The reasons of a purchase plan, word for word. Prices and sizes are made up; the figures can be checked by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from flexlib import TokenPack, settle
from flexlib.planning import PackOffer, plan_purchase

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FOUR = PackOffer("four", 4, 10, months=1, currency="USD")
TEN = PackOffer("ten", 10, 20, months=1, currency="USD")
TOP_UP = PackOffer("top-up", 1, 3, currency="USD")
FOUR_PAYS = (
    "A pack of 4 tokens costs USD 2.50 a token, 16.7 % less than a top-up: it pays for tokens that are at least 83.3 % sure to be used "
    "before they expire."
)
TEN_PAYS = (
    "A pack of 10 tokens costs USD 2 a token, 33.3 % less than a top-up: it pays for tokens that are at least 66.7 % sure to be used "
    "before they expire."
)


def path(tokens, days=40):
    """Return a path of demand with some tokens on some days and none on the others."""
    return [tokens.get(day, 0) for day in range(days)]


DEMAND = [path({1: 5, 2: 4}), path({1: 9, 2: 4}), path({1: 5, 3: 9}), path({1: 4})]  # 9, 13, 14 and 4 tokens


def held(tokens, months=12):
    return settle([], [TokenPack.purchase("held", tokens, date(2026, 3, 2), months=months)])


def test_what_leaves_no_day_blocked_is_set_beside_the_next_sizes():
    plan = plan_purchase(DEMAND, [FOUR, TEN], at=AT, top_up=TOP_UP, lead_time_days=1)
    assert plan.why == (
        (
            "With a probability of 95 % the 0 tokens in hand meet all demand before 2026-03-03: 2026-03-02 is the latest safe day to order, "
            "and packs that come later expire later."
        ),
        FOUR_PAYS,
        TEN_PAYS,
        (
            "At the best price a token it pays to cover 33.3 % of the demand paths: 9 tokens beyond those in hand, were any number sold at "
            "that price."
        ),
        (
            "Cheapest on average of what leaves no day blocked with a probability of 95 %: 1 \u00d7 ten, at USD 25.25 until 2026-04-03 with "
            "1.75 tokens as top-ups. Next: 1 \u00d7 ten, 1 \u00d7 four, at USD 4.75 more."
        ),
        "2 tokens more would cost USD 10 more and save USD 3 in top-ups.",
        "2 tokens fewer would cost USD 0 less and add USD 3.75 in top-ups.",
        "Some of the packs' tokens expire with a probability of 50 %, 1.75 on average.",
        "With orders at the reorder point, 0 days until 2026-04-03 are without tokens on average.",
        (
            "Order again by 2026-03-03, and whenever the balance has come down to 13 tokens: the demand of any 2 days in a row in the life "
            "of a pack ordered today stays within that with a probability of 95 %."
        ),
    )


@pytest.mark.parametrize(
    ("terms", "saved", "added"),
    [
        (
            {"lead_time_days": 1, "blocked_day_cost": 2},
            "top-ups and blocked days",
            "4.25",
        ),  # 8 tokens block a day on one of four paths
        ({"lead_time_days": 1, "blocked_day_cost": 0}, "top-ups", "3.75"),
        ({"blocked_day_cost": 5}, "top-ups", "3.75"),
    ],
)
def test_blocked_days_are_saved_where_they_have_a_price_and_can_be(terms, saved, added):
    why = plan_purchase(DEMAND, [FOUR, TEN], at=AT, top_up=TOP_UP, **terms).why
    assert why[4].startswith("Cheapest on average: 1 \u00d7 ten, at USD 25.25 until 2026-04-03 with 1.75 tokens as top-ups. Next: ")
    assert why[5:7] == (
        f"2 tokens more would cost USD 10 more and save USD 3 in {saved}.",
        f"2 tokens fewer would cost USD 0 less and add USD {added} in {saved}.",
    )


def test_where_no_purchase_leaves_no_day_blocked_the_nearest_is_named_with_its_own_days():
    rare = PackOffer("four", 4, 10, months=1, at_most=1, currency="USD")
    plan = plan_purchase(DEMAND, [rare], at=AT, top_up=TOP_UP, lead_time_days=1)
    assert plan.why[3:] == (
        "No purchase leaves no day blocked with a probability of 95 %. Nearest, with 25 %: 1 \u00d7 four, at USD 28 on average.",
        "4 tokens fewer would cost USD 10 less and add USD 12 in top-ups.",
        "Some of the packs' tokens expire with a probability of 0 %, 0 on average.",
        "With orders at the reorder point, 0.75 days until 2026-04-03 are without tokens on average.",
        (
            "Order again by 2026-03-02, and whenever the balance has come down to 13 tokens: the demand of any 2 days in a row in the life "
            "of a pack ordered today stays within that with a probability of 95 %."
        ),
    )


def test_where_no_pack_is_cheaper_than_a_top_up_nothing_is_bought_ahead():
    plan = plan_purchase([path({0: 2})], [TEN], at=AT, top_up=PackOffer("top-up", 1, 2, currency="USD"))
    assert plan.why == (
        "The 0 tokens in hand may not last today: order today, 2026-03-02.",
        "No pack costs less a token than a top-up, USD 2: tokens bought ahead are no cheaper and may expire.",
        "Cheapest on average: top-ups alone, at USD 4 until 2026-04-02 with 2 tokens as top-ups.",
        (
            "Order again by 2026-03-02, and whenever the balance has come down to 2 tokens: the demand of any day in the life of a pack "
            "ordered today stays within that with a probability of 95 %."
        ),
    )


def test_the_next_size_has_other_tokens_than_the_best_though_others_of_the_same_tokens_cost_as_much():
    offers = [PackOffer("short", 1, 1, months=1), PackOffer("long", 1, 1, months=2)]
    plan = plan_purchase([path({0: 2}, 61)], offers, at=AT, top_up=PackOffer("top-up", 1, 2))
    assert plan.why[4:7] == (
        (
            "Cheapest on average: 2 \u00d7 long, at 2 until 2026-05-02 with 0 tokens as top-ups. "
            "Next: 1 \u00d7 long, 1 \u00d7 short, at 0 more."
        ),
        "1 token more would cost 1 more and save 0 in top-ups.",
        "1 token fewer would cost 1 less and add 2 in top-ups.",
    )


def test_where_the_tokens_in_hand_last_the_reasons_say_until_when():
    terms = {"lead_time_days": 2, "service": Decimal("0.5")}
    plan = plan_purchase([path({}, 33), path({0: 12}, 33)], [TEN], at=AT, ledger=held(10), top_up=TOP_UP, **terms)
    assert plan.why == (
        "With a probability of 50 % the 10 tokens in hand meet all demand before 2026-04-04: nothing need be ordered before 2026-04-02.",
        (
            "Order again by 2026-04-02, and whenever the balance has come down to 0 tokens: the demand of any 3 days in a row in the life "
            "of a pack ordered today stays within that with a probability of 50 %."
        ),
    )


def test_an_order_that_comes_too_late_is_likely_so_on_the_paths_that_lack_tokens_before():
    demand = [path({day: 11}) for day in (1, 5, 5, 6)]
    plan = plan_purchase(demand, [TEN], at=AT, ledger=held(10, 1), top_up=TOP_UP, lead_time_days=3)
    assert plan.why[0] == (
        "An order of today, 2026-03-02, arrives on 2026-03-05; the 10 tokens in hand do not last until then with a probability of 25 %."
    )

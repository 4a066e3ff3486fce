"""The search by sums of tokens and prices alone: how many sums it keeps, and of what size they may be."""

import random
from decimal import Decimal

import pytest
from seat_choices import asked_for, by_sums, choices_for, seat, use
from without_delay import without_delay

from flexlib.planning import PackOffer, seat_mix
from flexlib.planning.seats import token_front

TEN = [PackOffer("10", 10, 9)]
ALL = [seat("r", 41), seat("m", 23), seat("rm", 59)]
SIDES = [
    {"packs": [PackOffer("100", 100, 100), PackOffer("30", 30, 31)]},
    {"packs": [PackOffer("100", 100, 90, at_most=5), PackOffer("30", 30, 31)]},
    {"token_price": Decimal(1)},
]


def firm(kinds, users):
    """So many users of Revit, some of them of Maya too, of so many kinds."""
    draw = random.Random(1)  # the same firm each time
    figures = [(draw.randint(20, 90), draw.choice([0, draw.randint(10, 60)])) for _ in range(kinds)]
    both = [(f"u{user}", *figures[user % kinds]) for user in range(users)]
    return [use(user, revit) for user, revit, _ in both] + [use(user, maya, "maya") for user, _, maya in both if maya]


@pytest.mark.parametrize(
    ("charges", "offers", "packs", "token_price", "states", "expected"),
    [
        # Weighed by seats alone: within 4 there is no seat, and within 9 there are two sums.
        ([use("a", 5)], [seat("r", 6)], TEN, 0.0, 1, (9, 5)),
        ([use("a", 5)], [seat("r", 6)], TEN, 0.0, 2, (6, 6)),
        # Within 4 lies the seat for just 4, before there are three sums.
        (
            [use("a", 5), use("b", 6, "maya")],
            [seat("r", 4), seat("m", 8)],
            [PackOffer("6", 6, 0, at_most=1), PackOffer("11", 11, 9)],
            0.0,
            2,
            (4, 4),
        ),
        # Weighed by half a price a token, 5 of them weigh 2.5, and nothing within 3.5 is a plan: one costs 4 at least.
        ([use("a", 5)], [seat("r", 6)], TEN, 0.5, 1, (9, 4)),
    ],
)
def test_sums_that_would_be_too_many_are_told_how_far_they_came(monkeypatch, charges, offers, packs, token_price, states, expected):
    monkeypatch.setattr(token_front, "MOST_STATES", states)
    assert by_sums(choices_for(charges, offers, asked_for({"packs": packs}, None)), token_price, 0.0)[1:] == expected


@pytest.mark.parametrize(
    ("kinds", "side", "budget", "prices", "states"),
    [
        (60, 0, None, (1.0, 0.0), 13),
        (60, 0, None, (0.9, 0.1), 129),
        (60, 0, 500, (1.0, 0.0), 93),
        (60, 0, 500, (0.9, 0.1), 92),
        (60, 1, None, (1.0, 0.0), 23),
        (60, 1, None, (0.9, 0.1), 38),
        (60, 1, 500, (1.0, 0.0), 93),
        (60, 1, 500, (0.9, 0.1), 92),
        (60, 2, 500, (1.0, 0.0), 93),
        (60, 2, 500, (0.9, 0.1), 86),
        (9, 0, None, (1.0, 0.0), 18),
        (9, 0, None, (0.9, 0.1), 237),
        (9, 0, 500, (1.0, 0.0), 73),
        (9, 0, 500, (0.9, 0.1), 70),
        (9, 1, None, (1.0, 0.0), 71),
        (9, 1, None, (0.9, 0.1), 193),
        (9, 1, 500, (1.0, 0.0), 73),
        (9, 1, 500, (0.9, 0.1), 71),
        (9, 2, 500, (1.0, 0.0), 73),
        (9, 2, 500, (0.9, 0.1), 43),
    ],
)
def test_of_sixty_users_no_more_sums_are_kept_than_can_be_of_use(monkeypatch, kinds, side, budget, prices, states):
    choices = choices_for(firm(kinds, 60), ALL, asked_for(SIDES[side], budget))
    monkeypatch.setattr(token_front, "MOST_STATES", states)
    verdict = by_sums(choices, *prices)
    assert verdict.cost == verdict.lower_bound


def test_of_thirty_thousand_users_who_are_alike_so_many_as_the_budget_allows_have_a_seat_without_delay():
    charges = [*(use(f"u{user}", 11) for user in range(30_000)), use("v", 12)]
    choices = choices_for(charges, [seat("r", 4)], asked_for(SIDES[2], 4 * 20_001))
    with without_delay():
        verdict = by_sums(choices, 0.0, 0.0)
    assert verdict.cost == verdict.lower_bound == 11 * 10_000 + 4 * 20_001


@pytest.mark.parametrize("budget_price", [0.0, 1.0])
def test_of_three_users_who_are_alike_each_may_have_something_else(budget_price):
    # Revit for 4 saves 9, both for 6 save 13: what is left of 10 after the one pays for the other, and for none of the third.
    charges = [charge for user in "abc" for charge in (use(user, 9), use(user, 4, "maya"))]
    verdict = by_sums(choices_for(charges, [seat("r", 4), seat("rm", 6)], asked_for(SIDES[2], 10)), 0.0, budget_price)
    assert verdict.cost == verdict.lower_bound == 3 * 13 - 5 - 7


@pytest.mark.parametrize(("whole", "decimals"), [(3, 0), (6, 9), (8, 6), (9, 8), (9, 9), (10, 9), (14, 12)])
@pytest.mark.parametrize(("budget", "cost"), [(None, 13), (5, 41)])
@pytest.mark.parametrize("most", [None, 30])
def test_tokens_of_any_number_of_digits_are_added_up_exactly(whole, decimals, budget, cost, most):
    tokens = Decimal(10) ** whole
    charges = [use("a", tokens + Decimal(1).scaleb(-decimals)), use("b", 3 * tokens), use("c", 2 * tokens, "maya")]
    offers = [seat("r", 5), seat("m", 3), seat("rm", 6)]
    asked = asked_for({"packs": [PackOffer("p", tokens, 9, at_most=most)]}, budget)
    verdict = by_sums(choices_for(charges, offers, asked), 1e-12, 0.0)
    assert verdict.cost == verdict.lower_bound == cost
    mix = seat_mix(charges, offers, **asked)
    assert (mix.cost, mix.lower_bound) == (cost, cost)

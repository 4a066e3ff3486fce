"""Seats where users are weighed against one another: budgets, numbers of seats and packs that are met exactly, or missed by one."""

import math
import time
from decimal import Decimal

import naive_seat_mix as naive
import pytest
from seat_choices import MONTHS, START, UNKNOWN, asked_for, by_solver, by_sums, choices_for, seat, use

from flexlib import InvalidValueError
from flexlib.planning import PackOffer, seat_mix
from flexlib.planning.seats import programme, search
from flexlib.planning.seats.model import model_of

ALIKE = [*(use(user, 5) for user in "abc"), *(use(user, 9) for user in "de"), use("f", 7, "maya")]
OVERLAP = [
    *(charge for user in "ab" for charge in (use(user, 6), use(user, 5, "maya"))),
    use("c", 9),
    use("c", 2, "maya"),
]
PARTS = [use("a", 6), use("a", 3, month=2), use("b", 4), use("b", 5, month=2), use("c", 8, month=2)]

FIRMS = [
    (ALIKE, [("r", 4, MONTHS), ("m", 5, MONTHS)]),
    (OVERLAP, [("r", 4, MONTHS), ("m", 3, MONTHS), ("rm", 6, MONTHS)]),
    (PARTS, [("r", 6, MONTHS), ("r monthly", 4, 1)]),
]
MANY = (
    [*(use(user, 11) for user in "abcd"), *(use(user, 10) for user in "ef"), use("g", 27, "maya"), use("h", 7, "maya")],
    [("r", 4, MONTHS), ("m", 7, MONTHS)],
)
SIDES = [
    {"token_price": Decimal(1)},
    {"packs": [PackOffer("10", 10, 9), PackOffer("3", 3, 4)]},
    {"packs": [PackOffer("10", 10, 5, at_most=1), PackOffer("4", 4, 4)]},
    {"packs": [PackOffer("10", 10, 9, at_most=2), PackOffer("3", 3, 1, at_most=1)]},
]
BUDGETS = [None, 0, 4, 8, 11]


def offers_of(figures, most=None):
    """Offers, so many seats of the first one at most."""
    return [seat(name, price, None if place else most, months) for place, (name, price, months) in enumerate(figures)]


def found(charges, offers, asked):
    """The cost of a mix that is proven, None where the packs do not reach."""
    try:
        mix = seat_mix(charges, offers, **asked)
    except InvalidValueError:
        return None
    assert mix.lower_bound == mix.cost
    return mix.cost


PRICES = [(0.0, 0.0), (0.4, 0.0), (3.0, 0.5), (math.inf, 2.0)]
"""What tokens and the budget are weighed by: whatever it is, what is found is the cheapest, and only takes longer."""


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("charges", "figures"), FIRMS)
def test_sums_alone_find_the_cheapest_plan_whatever_they_are_weighed_by(charges, figures, side, budget):
    offers, asked = offers_of(figures), asked_for(side, budget)
    least = naive.least_cost(charges, offers, **asked)
    for prices in PRICES:
        choices = choices_for(charges, offers, asked)
        alone = by_sums(choices, *prices)
        assert alone.cost == least
        assert least is None or choices.cost(alone.picked) == alone.lower_bound == least


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("charges", "figures", "most"), [(*FIRMS[0], 2), (*FIRMS[1], 1), (*FIRMS[2], 1), (*FIRMS[0], None)])
def test_the_plan_costs_the_least_of_all_that_can_be_tried(charges, figures, side, budget, most):
    offers, asked = offers_of(figures, most), asked_for(side, budget)
    assert found(charges, offers, asked) == naive.least_cost(charges, offers, **asked)


@pytest.mark.parametrize("budget", [None, 12, 14, 15, 19])
@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize(("charges", "figures"), [*FIRMS, MANY])
def test_the_solver_alone_finds_the_cheapest_plan(charges, figures, most, budget):
    offers, asked = offers_of(figures, most), asked_for(SIDES[0], budget)
    least = naive.least_cost(charges, offers, **asked)
    assert by_solver(choices_for(charges, offers, asked))[1:] == (least, least)


TWO = [use("a", 10), use("b", 9)]
THREE = [use("a", 9), use("b", 10), use("c", 16, "maya")]
NEAR = [use("a", 8), use("b", 9), use("c", 8)]
TEN = [PackOffer("10", 10, 9)]
SEVENS = [PackOffer("7", 7, 6, at_most=1), PackOffer("4", 4, 7)]
BY_HAND = [
    # Seats for 4 save 6 and 5: a budget of 8 is just enough for both.
    (TWO, [seat("r", 4)], {"token_price": 1, "seat_budget": 8}, ["a", "b"], 8),
    (TWO, [seat("r", 4)], {"token_price": 1, "seat_budget": 7}, ["a"], 13),
    (TWO, [seat("r", 4)], {"token_price": 1, "seat_budget": 4}, ["a"], 13),
    (TWO, [seat("r", 4)], {"token_price": 1, "seat_budget": 3}, [], 19),
    # One seat for 7 saves 9; two for 4 each save 5 and 6, and more together.
    (THREE, [seat("r", 4), seat("m", 7)], {"token_price": 1, "seat_budget": 8}, ["a", "b"], 24),
    (THREE, [seat("r", 4), seat("m", 7)], {"token_price": 1, "seat_budget": 7}, ["c"], 26),
    (THREE, [seat("r", 4), seat("m", 7)], {"token_price": 1, "seat_budget": 14}, ["b", "c"], 20),
    (THREE, [seat("r", 4), seat("m", 7)], {"token_price": 1, "seat_budget": 15}, ["a", "b", "c"], 15),
    # The seat for 60 saves 67 and leaves nothing to spend; two for 50 save 50 each.
    (
        [use("a", 127), use("b", 100, "maya"), use("c", 100, "maya")],
        [seat("r", 60, 3), seat("m", 50)],
        {"token_price": 1, "seat_budget": 100},
        ["b", "c"],
        227,
    ),
    # A single seat goes to whom it saves most, be it by one token.
    (NEAR, [seat("r", 4, 1)], {"token_price": 1}, ["b"], 20),
    (NEAR, [seat("r", 4, 1)], {"token_price": 1, "seat_budget": 4}, ["b"], 20),
    (NEAR, [seat("r", 4, 1)], {"token_price": 1, "seat_budget": 3}, [], 25),
    (NEAR, [seat("r", 4, 2)], {"token_price": 1, "seat_budget": 7}, ["b"], 20),
    # Of two kinds of free seats there is one each.
    (NEAR[:2], [seat("r A", 0, 1), seat("r B", 0, 1)], {"token_price": 1}, ["a", "b"], 0),
    # Ten tokens just fill a pack; one more takes a second one, or seats.
    ([use("a", 4), use("b", 6)], [seat("r", 5)], {"packs": TEN}, [], 9),
    ([use("a", 5), use("b", 6)], [seat("r", 5)], {"packs": TEN}, ["a", "b"], 10),
    ([use("a", 4), use("b", 7)], [seat("r", 5)], {"packs": TEN, "seat_budget": 4}, [], 18),
    ([use("a", 5), use("b", 11)], [seat("r", 5)], {"packs": TEN, "seat_budget": 9}, ["b"], 14),
    ([use("a", 5), use("b", 11)], [seat("r", 5, 1)], {"packs": TEN}, ["b"], 14),
    ([use("a", 6), use("b", 6, "maya")], [seat("r", 5, 1), seat("m", 5)], {"packs": TEN}, ["a", "b"], 10),
    # Of seven tokens there is one pack, and the rest is dear.
    ([use("a", 4), use("b", 8)], [seat("r", 5, 1)], {"packs": SEVENS}, ["b"], 11),
    ([use("a", 4), use("b", 8)], [seat("r", 5)], {"packs": SEVENS}, ["a", "b"], 10),
    ([use("a", 4), use("b", 8)], [seat("r", 5)], {"packs": SEVENS, "seat_budget": 4}, [], 20),
]


@pytest.mark.parametrize(("charges", "offers", "asked", "users", "cost"), BY_HAND)
def test_the_figures_are_those_worked_out_by_hand(charges, offers, asked, users, cost):
    mix = seat_mix(charges, offers, start=START, months=MONTHS, **asked)
    assert ([had.user for had in mix.seats], mix.cost, mix.lower_bound) == (users, cost, cost)


@pytest.mark.parametrize("budget", [None, 0, 4, 5])
def test_packs_that_lack_one_token_make_a_seat_needed_or_nothing_reaches(budget):
    charges, packs = [use("a", 5), use("b", 6)], [PackOffer("10", 10, 9, at_most=1)]
    if budget in (None, 5):
        assert seat_mix(charges, [seat("r", 5, 1)], packs=packs, seat_budget=budget).cost == 14
    else:
        with pytest.raises(InvalidValueError, match="expected packs that reach for all that no seat covers"):
            seat_mix(charges, [seat("r", 5, 1)], packs=packs, seat_budget=budget)
    assert seat_mix([use("a", 4), use("b", 6)], [], packs=packs, seat_budget=budget).cost == 9


def test_a_budget_that_no_seat_fits_into_leaves_all_on_tokens_though_a_seat_would_save_much():
    choices = choices_for([use("a", 100)], [seat("r", 10)], asked_for({"token_price": Decimal(1)}, 5))
    for prices in PRICES:
        assert by_sums(choices, *prices)[1:] == (100, 100)


@pytest.mark.parametrize("budget", [None, 7, 8])
@pytest.mark.parametrize("side", [{"token_price": 1}, {"packs": [PackOffer("10", 10, 9), PackOffer("3", 3, 4)]}])
def test_amounts_of_any_size_are_decided_alike(side, budget):
    asked = {"start": START, "months": MONTHS}
    huge = 10**12
    packs = [PackOffer(pack.name, pack.tokens * huge, pack.price * huge) for pack in side.get("packs", ())]
    for charges, offers in ((THREE, [seat("r", 4), seat("m", 7)]), (ALIKE, offers_of(FIRMS[0][1]))):
        small = seat_mix(charges, offers, seat_budget=budget, **side, **asked)
        grown = seat_mix(
            [use(charge.user, charge.tokens * huge, charge.product) for charge in charges],
            [seat(offer.name, offer.price * huge) for offer in offers],
            seat_budget=None if budget is None else budget * huge,
            **({"packs": packs} if packs else side),
            **asked,
        )
        assert (grown.cost, grown.lower_bound) == (small.cost * huge, small.cost * huge)


def test_packs_that_reach_for_parts_of_seats_only_do_not_reach():
    offers, packs = [seat("r", 5), seat("m", 7)], [PackOffer("10", 10, 9, at_most=1)]
    with pytest.raises(InvalidValueError, match="expected packs that reach for all that no seat covers"):
        seat_mix([use("a", 6), use("b", 5, "maya")], offers, packs=packs, seat_budget=4)


@pytest.mark.parametrize(
    ("charges", "offers", "asked", "cost", "lower_bound"),
    [
        # The seat for 8 saves 12, and two sixths of the one for 6 save 8 thirds.
        ([use("a", 20), use("b", 14, "maya")], [seat("r", 8), seat("m", 6)], {"token_price": 1, "seat_budget": 10}, 34, 20),
        # Where seats are few, the bound is what each user alone would cost.
        (NEAR, [seat("r", 4, 1)], {"token_price": 1}, 25, 12),
        # A free seat costs nothing, and neither does a bound that nothing is known of.
        ([use("a", 5)], [seat("r", 0)], {"packs": TEN}, 9, 0),
        # A dear pack of which there are few leaves the bound where it is.
        ([use("a", 10)], [], {"packs": [PackOffer("10", 10, 10), PackOffer("dear", 10, 20, at_most=3)]}, 10, 10),
        # Seats for two of three users, who use a pack each.
        ([use("a", 10), use("b", 10), use("c", 10, "maya")], [seat("r", 4)], {"packs": [PackOffer("10", 10, 10)]}, 30, 18),
        # Eleven tokens cost nine tenths each at least.
        ([use("a", 5), use("b", 6)], [seat("r", 6, 1)], {"packs": TEN}, 18, 10),
    ],
)
def test_without_time_no_seats_are_bought_and_the_bound_is_that_of_parts_of_seats_and_packs(
    charges, offers, asked, cost, lower_bound
):
    mix = seat_mix(charges, offers, start=START, months=MONTHS, time_limit=1e-9, **asked)
    assert (mix.cost, mix.lower_bound, mix.seats) == (cost, lower_bound, ())


@pytest.mark.parametrize(("limit", "given"), [(1e-9, 1), (300, 300)])
def test_the_solution_in_parts_may_take_the_time_that_is_left_and_a_second_at_least(monkeypatch, limit, given):
    limits, relaxed = [], programme.relaxed
    monkeypatch.setattr(programme, "relaxed", lambda model, ranges, left: limits.append(left) or relaxed(model, ranges, left))
    seat_mix(NEAR, [seat("r", 4, 1)], token_price=1, time_limit=limit)
    assert limits == [pytest.approx(given, rel=0.1)]


def test_a_second_is_enough_for_few_users():
    assert seat_mix(NEAR, [seat("r", 4, 1)], token_price=1, time_limit=1).is_proven


@pytest.mark.parametrize("limit", [1e-6, 1e-5, 1e-4, 1e-3])
def test_a_solver_that_is_out_of_time_claims_no_bound_that_does_not_hold(limit):
    choices = choices_for(NEAR[:2], [seat("r A", 0, 1), seat("r B", 0, 1)], asked_for(SIDES[0], None))
    model, _ = model_of(choices)
    assert search.by_solver(choices, model, UNKNOWN, time.monotonic() + limit).lower_bound <= 0


@pytest.mark.parametrize("most", [None, 1])
@pytest.mark.parametrize("side", SIDES)
def test_the_cheapest_plan_is_found_too_where_there_was_no_time_for_parts_of_seats(monkeypatch, side, most):
    charges, figures = FIRMS[1]
    offers, asked = offers_of(figures, most), asked_for(side, 8)
    monkeypatch.setattr(programme, "relaxed", lambda *_: UNKNOWN)
    assert found(charges, offers, asked) == naive.least_cost(charges, offers, **asked)


def test_of_users_whose_figures_are_the_same_one_less_than_all_may_have_a_seat():
    # Ten seats of 1 each save 11, one of them 12: of 9 seats all but two of the ten are had.
    charges = [*(use(f"u{number}", 12) for number in range(10)), use("v", 13)]
    mix = seat_mix(charges, [seat("r", 1, 9)], token_price=1, start=START, months=MONTHS)
    assert (mix.cost, mix.lower_bound, mix.seats[-1].user) == (133 - 8 * 11 - 12, 133 - 8 * 11 - 12, "v")


@pytest.mark.parametrize(
    ("charges", "offers", "packs", "budget", "cost"),
    [
        # The packs lack a token, so that a seat is needed whatever it costs.
        ([use("a", 5)], [seat("r", 100)], [PackOffer("4", 4, 90, at_most=1)], None, 100),
        # What packs cost is far from what seats weigh.
        ([use("a", 1)], [], [PackOffer("100", 100, 100)], None, 100),
        ([use("a", 21)], [], [PackOffer("10", 10, 40)], None, 120),
        ([use("a", 100)], [seat("r", 1)], [PackOffer("10", 10, 10, at_most=10)], 0, 100),
    ],
)
def test_sums_find_plans_that_cost_far_more_than_what_they_are_weighed_by(charges, offers, packs, budget, cost):
    assert by_sums(choices_for(charges, offers, asked_for({"packs": packs}, budget)), 0.0, 0.0)[1:] == (cost, cost)


def test_a_search_prints_nothing(capfd):
    seat_mix(NEAR, [seat("r", 4, 1)], token_price=1)
    assert capfd.readouterr() == ("", "")

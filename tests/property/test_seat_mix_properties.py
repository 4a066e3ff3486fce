"""What holds of every seat mix: it is the cheapest there is, by trying all; its figures add up; the order of the arguments is no matter."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import naive_seat_mix as naive
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from seat_choices import MONTHS, START, choices_for, full

from flexlib import Charge, InvalidValueError
from flexlib.planning import PackOffer, Reassign, SeatOffer, seat_mix
from flexlib.planning.seats import search, token_front
from flexlib.planning.seats.choices import Verdict, judged
from flexlib.planning.seats.model import model_of
from flexlib.planning.seats.pack_prices import PackPrices, Size

FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)
PRODUCTS = ("maya", "revit", "rhino")
MOST_SEATS = 9

products = st.sampled_from(PRODUCTS)
amounts = st.sampled_from([Decimal(1), Decimal(2), Decimal(3), Decimal(7), Decimal("0.5")])
charge_lists = st.lists(
    st.builds(
        lambda user, name, day, tokens: Charge(user, name, FIRST + timedelta(days=day), tokens),
        st.sampled_from("ab"),
        products,
        st.integers(0, 65),
        amounts,
    ),
    max_size=10,
)
numbers = st.none() | st.integers(1, 2)
seat_offers = st.tuples(
    st.sets(products, min_size=1, max_size=3), st.integers(0, 12), st.sampled_from([1, MONTHS, MONTHS, 2 * MONTHS]), numbers
)
pack_offers = st.tuples(st.integers(1, 8), st.integers(0, 9), st.none() | st.integers(1, 3))


@st.composite
def questions(draw):
    """Arguments of `seat_mix` that are few enough to try all."""
    offers = [
        SeatOffer(f"seat {place}", sorted(covers), price * months, months=months, at_most=most)
        for place, (covers, price, months, most) in enumerate(draw(st.lists(seat_offers, max_size=4)))
    ]
    packs = [
        PackOffer(f"pack {place}", tokens, price, at_most=most)
        for place, (tokens, price, most) in enumerate(draw(st.lists(pack_offers, max_size=3)))
    ]
    asked = {"seat_budget": draw(st.none() | st.integers(0, 30)), "start": START, "months": MONTHS}
    asked |= {"packs": packs} if packs else {"token_price": draw(st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(3)]))}
    charges = draw(charge_lists)
    assume(len(naive.possible_seats(charges, offers, START, MONTHS)) <= MOST_SEATS)
    return charges, offers, asked


def found(charges, offers, asked):
    """The seat mix, None where the packs do not reach."""
    try:
        return seat_mix(charges, offers, **asked)
    except InvalidValueError:
        return None


@given(questions())
def test_the_plan_costs_the_least_of_all_that_can_be_tried(question):
    charges, offers, asked = question
    mix, least = found(charges, offers, asked), naive.least_cost(charges, offers, **asked)
    assert (mix and mix.cost) == least
    assert mix is None or (mix.is_proven and mix.lower_bound == least)


@given(questions())
def test_the_solver_finds_the_same_least_cost(question):
    charges, offers, asked = question
    least = naive.least_cost(charges, offers, **asked)
    verdict, units = solved(charges, offers, asked)
    assert (None if verdict.cost is None else units.amount(verdict.cost)) == least
    assert least is None or verdict.is_proven


def solved(charges, offers, asked):
    """What the solver finds alone."""
    choices = choices_for(charges, offers, asked)
    model, _ = model_of(choices)
    if not model.costs:
        return judged(choices, choices.without_seats(), 10**9), choices.units
    relaxed = search.programme.relaxed(model, full(model), 60)
    if relaxed.cost == float("inf"):
        return Verdict(None, None, 0), choices.units
    return search.by_solver(choices, model, relaxed, time.monotonic() + 60), choices.units


PACKS = [
    [PackOffer("40", 40, 30), PackOffer("7", 7, 6)],
    [PackOffer("30", 30, 10, at_most=1), PackOffer("7", 7, 7)],
]

groups = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 20), st.integers(0, 30)), min_size=1, max_size=len(PRODUCTS))
"""Of each product: how many users, what each of them uses in tokens, what a seat costs."""


def grouped(users, budget, sides):
    """Charges, offers and the rest of the arguments for groups of users, and the least cost, by trying every number of seats."""
    charges = [
        Charge(f"{name} {number}", name, FIRST, tokens)
        for name, (several, tokens, _) in zip(PRODUCTS, users, strict=False)
        for number in range(several)
    ]
    offers = [SeatOffer(name, (name,), price, months=MONTHS) for name, (_, _, price) in zip(PRODUCTS, users, strict=False)]
    costs = []
    for counts in product(*(range(several + 1) for several, _, _ in users)):
        spent = sum(count * price for count, (_, _, price) in zip(counts, users, strict=True))
        tokens = sum((several - count) * each for count, (several, each, _) in zip(counts, users, strict=True))
        if budget is None or spent <= budget:
            costs.append(spent + (tokens if sides is None else naive.pack_cost(Decimal(tokens), sides)))
    asked = {"seat_budget": budget, "start": START, "months": MONTHS}
    return charges, offers, asked | ({"token_price": Decimal(1)} if sides is None else {"packs": sides}), min(costs)


@given(groups, st.none() | st.integers(0, 120), st.sampled_from([None, *PACKS]))
def test_of_users_whose_figures_are_the_same_the_best_number_gets_seats(users, budget, packs):
    charges, offers, asked, least = grouped(users, budget, packs)
    mix = seat_mix(charges, offers, **asked)
    assert (mix.cost, mix.is_proven) == (least, True)
    verdict, units = solved(charges, offers, asked)
    assert (units.amount(verdict.cost), verdict.is_proven) == (least, True)


@given(groups, st.integers(0, 120), st.sampled_from(PACKS), st.integers(1, 9))
def test_a_search_that_stops_early_claims_no_more_than_holds(users, budget, packs, states):
    charges, offers, asked, least = grouped(users, budget, packs)
    choices = choices_for(charges, offers, asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_front, "MOST_STATES", states)
        verdict = token_front.cheapest(choices, token_front.weights_of(choices, 1.0, 0.25), time.monotonic() + 60)
    assert verdict.lower_bound <= least
    assert verdict.cost is None or least <= verdict.cost


@given(questions())
def test_the_figures_of_a_plan_add_up(question):
    charges, offers, asked = question
    mix = found(charges, offers, asked)
    assume(mix is not None)
    assert mix.lower_bound <= mix.cost == mix.seat_cost + mix.token_cost
    assert mix.cost == sum(plan.cost for plan in mix.users)
    assert (
        mix.seat_cost
        == sum(seat.price for seat in mix.seats)
        <= (mix.cost if asked["seat_budget"] is None else asked["seat_budget"])
    )
    assert mix.tokens == sum(plan.tokens for plan in mix.users)
    assert sum(plan.used_tokens for plan in mix.users) == sum(
        charge.tokens for charge in charges if naive.in_term(charge, START, MONTHS)
    )
    assert [seat for plan in mix.users for seat in plan.seats] == list(mix.seats)
    assert mix.tokens_only_cost is None or mix.cost <= mix.tokens_only_cost == sum(plan.tokens_only_cost for plan in mix.users)
    assert all(plan.why.startswith(f"{plan.user} {'gets' if plan.seats else 'keeps tokens'}") for plan in mix.users)
    if mix.packs:
        assert mix.token_cost == sum(bought.price for bought in mix.packs)
        assert sum(bought.count * bought.offer.tokens for bought in mix.packs) >= mix.tokens
    for offer in offers:
        assert offer.at_most is None or sum(seat.offer == offer for seat in mix.seats) <= offer.at_most


@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_the_arguments_makes_no_difference(question, rng):
    charges, offers, asked = question
    mixed = [rng.sample(charges, len(charges)), rng.sample(offers, len(offers))]
    packs = {"packs": rng.sample(asked["packs"], len(asked["packs"]))} if "packs" in asked else {}
    assert found(*mixed, asked | packs) == found(charges, offers, asked)


@given(questions())
def test_a_budget_that_is_never_reached_makes_no_difference(question):
    charges, offers, asked = question
    free, within = (found(charges, offers, asked | {"seat_budget": budget}) for budget in (None, 10_000))
    assert (free and (free.cost, free.lower_bound)) == (within and (within.cost, within.lower_bound))


@given(charge_lists, st.lists(st.tuples(products, st.integers(0, 12), numbers), max_size=3), st.integers(1, 3))
def test_daily_reassignment_costs_the_least_that_can_be_tried_and_never_more_than_named_seats(charges, seats, price):
    offers = [SeatOffer(f"{place}", (name,), cost, months=MONTHS, at_most=most) for place, (name, cost, most) in enumerate(seats)]
    asked = {"token_price": Decimal(price), "start": START, "months": MONTHS}
    mix = seat_mix(charges, offers, reassign=Reassign.DAILY, **asked)
    assert mix.cost == naive.least_cost_daily(charges, offers, **asked) == mix.lower_bound
    assert mix.cost <= seat_mix(charges, offers, **asked).cost
    assert mix.token_cost == sum(plan.cost for plan in mix.users)
    assert mix == seat_mix(charges[::-1], offers[::-1], reassign=Reassign.DAILY, **asked)


@given(st.lists(pack_offers, min_size=1, max_size=4), st.integers(0, 40))
def test_the_cheapest_packs_are_those_found_by_trying_all(sizes, tokens):
    bought = PackPrices([Size(*size) for size in sizes]).cheapest(tokens)
    least = naive.pack_cost(Decimal(tokens), [PackOffer("pack", size, price, at_most=most) for size, price, most in sizes])
    assert (None if bought is None else bought[0]) == least
    if bought:
        assert sum(count * size[1] for count, size in zip(bought[1], sizes, strict=True)) == least
        assert sum(count * size[0] for count, size in zip(bought[1], sizes, strict=True)) >= tokens
        assert all(most is None or count <= most for count, (_, _, most) in zip(bought[1], sizes, strict=True))


@pytest.mark.parametrize(("budget", "most"), list(product([None, 0, 7, 11, 16], [None, 1])))
def test_two_users_and_a_collection_in_every_case_of_days(budget, most):
    offers = [
        SeatOffer("revit", ("revit",), 6, at_most=most),
        SeatOffer("maya", ("maya",), 4),
        SeatOffer("both", ("maya", "revit"), 7),
    ]
    for days in product((0, 3, 7), repeat=4):
        keys = [("a", "revit"), ("a", "maya"), ("b", "revit"), ("b", "maya")]
        charges = [
            Charge(user, name, FIRST + timedelta(days=day), 1)
            for (user, name), several in zip(keys, days, strict=True)
            for day in range(several)
        ]
        asked = {"start": START, "seat_budget": budget, "token_price": Decimal(1)}
        mix = seat_mix(charges, offers, **asked)
        assert (mix.cost, mix.is_proven) == (naive.least_cost(charges, offers, **asked), True)

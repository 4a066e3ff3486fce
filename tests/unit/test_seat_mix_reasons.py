"""The reasons of a seat mix at the edges: a seat that costs just as much, the nearest of several, packs that nothing is taken from."""

from datetime import UTC, datetime

import pytest

from flexlib import Charge
from flexlib.planning import PackOffer, Reassign, SeatOffer, seat_mix

FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)
TENS = [PackOffer("10", 10, 10)]


def use(user, tokens, name="revit"):
    """One charge."""
    return Charge(user, name, FIRST, tokens)


@pytest.mark.parametrize("budget", [None, 4])
def test_of_a_seat_that_costs_as_much_as_the_tokens_it_is_not_told_that_others_matter(budget):
    charges, offers = [use("a", 5), use("b", 9, "maya")], [SeatOffer("Revit", ("revit",), 5), SeatOffer("Maya", ("maya",), 5)]
    mix = seat_mix(charges, offers, token_price=1, seat_budget=budget)
    assert mix.users[0].why == "a keeps tokens: 1 day of revit costs 5 in tokens, a seat 'Revit' costs 5"


def test_of_a_seat_that_costs_as_much_as_the_average_of_the_packs_it_is_not_told_that_others_matter():
    # Twelve tokens cost 20 in packs, of which 3 tokens are 5; with a seat for 5 the other 9 cost 10.
    mix = seat_mix([use("a", 3), use("b", 9, "maya")], [SeatOffer("Revit", ("revit",), 5)], packs=TENS)
    assert mix.users[0].why == "a gets 'Revit' from 2026-01-01 for 5: 1 day of revit would cost about 5 in tokens"


def test_the_reason_for_tokens_names_the_seat_whose_price_lies_nearest_to_what_it_saves():
    offers = [SeatOffer("Collection", ("maya", "revit"), 50), SeatOffer("Revit", ("revit",), 7)]
    mix = seat_mix([use("a", 5), use("a", 4, "maya")], offers, token_price=1)
    assert mix.users[0].why == (
        "a keeps tokens: 1 day of revit costs 5 in tokens, a seat 'Revit' costs 7; all that is used costs 9"
    )


def test_where_packs_do_not_reach_and_seats_cover_all_tokens_are_worth_what_the_cheapest_pack_costs():
    packs = [PackOffer("dear", 1, 2, at_most=1), PackOffer("10", 10, 5, at_most=1)]
    mix = seat_mix([use("a", 40)], [SeatOffer("Revit", ("revit",), 15)], packs=packs)
    assert mix.users[0].why == "a gets 'Revit' from 2026-01-01 for 15: 1 day of revit would cost about 20 in tokens"


def test_where_seats_cover_all_no_user_bears_a_share_of_packs():
    mix = seat_mix([use("a", 40), use("b", 50)], [SeatOffer("Revit", ("revit",), 15)], packs=TENS)
    assert [(plan.token_cost, plan.cost) for plan in mix.users] == [(0, 15), (0, 15)]
    assert (mix.token_cost, mix.cost, mix.packs) == (0, 30, ())


def test_a_seat_that_passes_from_day_to_day_saves_what_the_user_of_most_tokens_would_cost():
    charges = [use("a", 10), use("b", 1)]
    offers = [SeatOffer("Revit", ("revit",), 9, at_most=1)]
    mix = seat_mix(charges, offers, token_price=1, reassign=Reassign.DAILY)
    assert ({plan.user: plan.tokens for plan in mix.users}, mix.cost) == ({"a": 0, "b": 1}, 10)
    assert seat_mix(charges, [SeatOffer("Revit", ("revit",), 10)], token_price=1, reassign=Reassign.DAILY).cost == 11
    assert seat_mix([use("b", 3), use("a", 3)], offers, token_price=3, reassign=Reassign.DAILY).seats == ()


@pytest.mark.parametrize("charges", [[use("b", 3), use("a", 3)], [use("a", 3), use("b", 3)]])
def test_of_those_whose_day_costs_the_same_a_seat_goes_to_the_first_by_name(charges):
    mix = seat_mix(charges, [SeatOffer("Revit", ("revit",), 2, at_most=1)], token_price=1, reassign=Reassign.DAILY)
    assert {plan.user: plan.tokens for plan in mix.users} == {"a": 0, "b": 3}

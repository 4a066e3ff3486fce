"""Seats at the edges: equal prices, equal cover, one seat of an offer, free seats and tokens, packs that fit exactly, the last days there are."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pytest

from flexlib import Charge, InvalidValueError
from flexlib.planning import PackOffer, SeatOffer, seat_mix
from flexlib.planning.seats.closed_form import Kind, Option, Seat, Weights, options
from flexlib.planning.seats.pack_prices import PackPrices, Size

YEAR = date(2026, 1, 1)
FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)


def use(user, tokens, name="revit"):
    """One charge."""
    return Charge(user, name, FIRST, tokens)


def had(mix):
    return [(seat.user, seat.offer.name) for seat in mix.seats]


def naive_options(kind, weights, slack):
    """Tokens and price of the choices that weigh little more than the lightest, and are worse than none, by trying all."""
    found = set()
    for bought in product((False, True), repeat=len(kind.seats)):
        seats = [seat for seat, is_had in zip(kind.seats, bought, strict=True) if is_had]
        tokens = sum(each for cell, each in enumerate(kind.tokens) if not any(seat.covers >> cell & 1 for seat in seats))
        price = sum(seat.price for seat in seats)
        found.add((weights.money * price + weights.tokens * tokens, price, tokens))
    least = min(found)
    near = [one for one in found if one[0] <= least[0] + slack]
    if not slack:
        return [least]
    return sorted(one for one in near if not any(two != one and two[1] <= one[1] and two[2] <= one[2] for two in near))


@pytest.mark.parametrize("slack", [0, 1, 3])
@pytest.mark.parametrize("covers", [(0b011, 0b110, 0b100, 0b001), (0b111, 0b010, 0b001, 0b100), (0b011, 0b110, 0b010, 0b110)])
@pytest.mark.parametrize("weights", [Weights(1, 1), Weights(2, 3)])
def test_choices_are_those_found_by_trying_all_in_every_case_of_prices(weights, covers, slack):
    for prices in product((0, 1, 3), repeat=len(covers)):
        kind = Kind((2, 1, 3), tuple(Seat(price, cells) for price, cells in zip(prices, covers, strict=True)))
        found = options(kind, weights, slack)
        weighed = [(weights.money * one.price + weights.tokens * one.tokens, one.price, one.tokens) for one in found]
        assert weighed == naive_options(kind, weights, slack)
        for one in found:
            seats = [kind.seats[place] for place in one.seats]
            assert one.price == sum(seat.price for seat in seats)
            assert one.tokens == sum(
                each for cell, each in enumerate(kind.tokens) if not any(seat.covers >> cell & 1 for seat in seats)
            )


def test_without_a_slack_the_lightest_choice_alone_is_returned():
    assert options(Kind((5,), (Seat(4, 1),)), Weights(1, 1)) == [Option(0, 4, (0,))]
    assert options(Kind((5,), (Seat(4, 1),)), Weights(1, 1), 1) == [Option(0, 4, (0,)), Option(5, 0)]


def test_a_seat_that_costs_as_much_more_as_the_slack_is_a_choice_still():
    assert options(Kind((5,), (Seat(6, 1),)), Weights(1, 1), 1) == [Option(5, 0), Option(0, 6, (0,))]
    assert options(Kind((5,), (Seat(7, 1),)), Weights(1, 1), 1) == [Option(5, 0)]


def test_a_seat_that_saves_as_much_as_it_costs_is_not_among_the_lightest():
    assert options(Kind((5,), (Seat(5, 1),)), Weights(1, 1)) == [Option(5, 0)]


def test_cells_that_no_seat_connects_are_no_cases_of_one_another():
    seats = tuple(Seat(price, 1 << cell) for cell in range(40) for price in (3, 2))
    [found] = options(Kind((9,) * 40, seats), Weights(1, 1))
    assert (found.price, found.seats) == (80, tuple(range(1, 80, 2)))


PACKS = [
    # 10 for 10 and 4 for 4: four small ones hold 16, and nothing less does.
    ([(10, 10, None), (4, 4, None)], 16, (0, 4)),
    # Twenty is two of the large, though five of the small cost the same.
    ([(10, 10, None), (4, 4, None)], 20, (2, 0)),
    ([(4, 4, None), (10, 10, None)], 20, (0, 2)),
    # Of equal sizes the one that can be had in any number.
    ([(10, 10, 3), (10, 10, None)], 20, (0, 2)),
    ([(20, 20, 3), (10, 10, None)], 20, (0, 2)),
    # None is ever sold back.
    ([(10, 10, None), (7, 7, None)], 4, (0, 1)),
    # One more of a dearer size goes before one more of the cheapest, though a third size is dearer still.
    ([(10, 10, None), (5, 8, None), (1, 5, None)], 15, (1, 1, 0)),
    # A unit of money less is less.
    ([(10, 10, None), (5, 9, None)], 15, (1, 1)),
    ([(10, 10, None), (1, 9, None)], 11, (1, 1)),
    # As much for the same price: the first that was found, with most of the size whose tokens cost least.
    ([(10, 10, None), (5, 10, None)], 15, (2, 0)),
    ([(10, 10, None), (5, 10, None)], 14, (2, 0)),
    ([(10, 10, None), (1, 10, None)], 11, (2, 0)),
    ([(10, 10, None)], 0, (0,)),
    ([(10, 10, None), (2, 3, 2)], 0, (0, 0)),
]


@pytest.mark.parametrize(("sizes", "tokens", "counts"), PACKS)
def test_the_packs_that_cost_least_are_bought_and_of_these_the_largest(sizes, tokens, counts):
    price = sum(count * size[1] for count, size in zip(counts, sizes, strict=True))
    assert PackPrices([Size(*size) for size in sizes]).cheapest(tokens) == (price, counts)


def test_packs_that_do_not_reach_have_no_price():
    assert PackPrices([Size(10, 10, 2), Size(5, 1, 1)]).cheapest(26) is None
    assert PackPrices([Size(10, 10, 2), Size(5, 1, 1)]).cheapest(25) == (21, (2, 1))


def test_an_offer_of_one_seat_does_not_make_a_dearer_offer_needless():
    few = SeatOffer("A", ("revit",), 10, at_most=1)
    mix = seat_mix([use("ada", 100), use("ben", 100)], [few, SeatOffer("B", ("revit",), 20)], token_price=1)
    assert (sorted(name for _, name in had(mix)), mix.cost, mix.is_proven) == (["A", "B"], 30, True)


def test_a_collection_that_costs_more_than_a_single_seat_and_the_tokens_beside_it_is_not_bought():
    offers = [SeatOffer("Revit", ("revit",), 8), SeatOffer("Collection", ("autocad", "revit"), 13)]
    mix = seat_mix([use("ada", 30), use("ada", 4, "autocad")], offers, token_price=1)
    assert (had(mix), mix.cost, mix.is_proven) == ([("ada", "Revit")], 12, True)


def test_the_one_seat_of_a_collection_goes_to_whom_it_saves_most_and_the_other_gets_a_single_seat():
    offers = [SeatOffer("Collection", ("autocad", "revit"), 10, at_most=1), SeatOffer("Revit", ("revit",), 8)]
    charges = [use("ada", 12), use("ada", 9, "autocad"), use("ben", 12), use("ben", 5, "autocad")]
    mix = seat_mix(charges, offers, token_price=1)
    assert (had(mix), mix.cost, mix.is_proven) == ([("ada", "Collection"), ("ben", "Revit")], 10 + 8 + 5, True)


@pytest.mark.parametrize("most", [None, 1])
def test_of_offers_of_equal_price_and_cover_the_first_by_name_is_had(most):
    offers = [SeatOffer("B", ("revit",), 10, at_most=most), SeatOffer("A", ("revit",), 10)]
    assert had(seat_mix([use("ada", 100)], offers, token_price=1)) == [("ada", "A")]


def test_a_seat_is_had_for_a_product_that_costs_tokens_beside_one_that_does_not():
    mix = seat_mix([use("ada", 0, "autocad"), use("ada", 100)], [SeatOffer("Revit", ("revit",), 10)], token_price=1)
    assert (had(mix), mix.cost) == ([("ada", "Revit")], 10)


@pytest.mark.parametrize(
    ("asked", "users", "cost"),
    [
        ({"token_price": 1, "seat_budget": 80}, ["ada"], 50 + 20 + 90),
        ({"packs": [PackOffer("pack", 10, 10)]}, ["ada", "cy"], 50 + 20 + 50),
    ],
)
def test_a_seat_that_costs_as_much_as_its_tokens_is_not_bought_where_users_are_coupled_either(asked, users, cost):
    offers = [SeatOffer("Revit", ("revit",), 50), SeatOffer("Maya", ("maya",), 20)]
    mix = seat_mix([use("ada", 100), use("ben", 20, "maya"), use("cy", 90)], offers, **asked)
    assert (had(mix), mix.cost, mix.is_proven) == ([(user, "Revit") for user in users], cost, True)


def test_no_seats_are_bought_where_together_they_cost_as_much_as_the_pack_that_they_save():
    offers = [SeatOffer("Revit", ("revit",), 5)]
    mix = seat_mix([use("ada", 5), use("ben", 5)], offers, packs=[PackOffer("pack", 10, 10)])
    assert (had(mix), mix.cost, mix.is_proven) == ([], 10, True)


def test_one_seat_of_two_that_only_together_save_a_pack_is_not_bought():
    offers = [SeatOffer("Revit", ("revit",), 4, at_most=1)]
    mix = seat_mix([use("ada", 10), use("ben", 10)], offers, packs=[PackOffer("pack", 20, 10)])
    assert (had(mix), mix.cost, mix.lower_bound) == ([], 10, 10)


@pytest.mark.parametrize("asked", [{}, {"seat_budget": 0}, {"seat_budget": 5}])
def test_no_seat_is_bought_where_tokens_are_free(asked):
    offers = [SeatOffer("free", ("revit",), 0), SeatOffer("Revit", ("revit",), 10, at_most=1)]
    mix = seat_mix([use("ada", 100), use("ben", 1)], offers, token_price=0, **asked)
    assert (had(mix), mix.cost, mix.lower_bound, mix.is_proven) == ([], 0, 0, True)


def test_free_seats_that_save_all_packs_cost_nothing_and_nothing_is_the_bound():
    mix = seat_mix([use("ada", 100)], [SeatOffer("free", ("revit",), 0)], packs=[PackOffer("pack", 500, 10)])
    assert (had(mix), mix.cost, mix.lower_bound) == ([("ada", "free")], 0, 0)


@pytest.mark.parametrize(
    ("charges", "offers", "asked", "bound"),
    [
        ([], [], {"token_price": 3}, "0"),
        ([use("ada", 40)], [], {"token_price": 3}, "120"),
        ([use("ada", 40)], [SeatOffer("Revit", ("revit",), 100)], {"token_price": 3}, "100"),
        ([use("ada", 40)], [SeatOffer("Revit", ("revit",), Decimal("99.50"))], {"token_price": 3}, "99.50"),
        ([use("ada", Decimal("0.5"))], [], {"token_price": 3}, "1.5"),
        ([use("ada", Decimal("1E+1"))], [SeatOffer("Revit", ("revit",), Decimal("1E+3"))], {"token_price": Decimal("1E+1")}, "100"),
        ([], [], {"packs": [PackOffer("pack", 500, 100)]}, "0"),
        ([use("ada", Decimal("0.5"))], [], {"packs": [PackOffer("pack", 500, 100)]}, "100"),
    ],
)
def test_the_bound_is_written_with_the_digits_that_the_amounts_need(charges, offers, asked, bound):
    assert str(seat_mix(charges, offers, start=YEAR, **asked).lower_bound) == bound


ANNUAL = SeatOffer("Revit", ("revit",), 100)


def test_a_term_may_end_with_the_last_month_but_one_that_can_be_written():
    mix = seat_mix([], [], token_price=3, start=date(9999, 1, 1), months=11)
    assert mix.ends_on == date(9999, 12, 1)
    assert seat_mix([], [ANNUAL], token_price=3, start=date(9998, 1, 1), months=6).ends_on == date(9998, 7, 1)


@pytest.mark.parametrize(("months", "offers"), [(12, []), (6, [ANNUAL])])
def test_a_term_or_a_seat_that_ends_later_is_refused(months, offers):
    with pytest.raises(
        InvalidValueError, match=f"months is {months}: expected a term that ends before the year 9999, with all seats"
    ):
        seat_mix([], offers, token_price=3, start=date(9999, 1, 1), months=months)


@pytest.mark.parametrize("limit", [True, float("inf"), "60", None, -1, 0.0])
def test_a_time_limit_is_a_number_of_seconds_above_zero_that_ends(limit):
    with pytest.raises(InvalidValueError, match=r"time_limit is .*: expected a number of seconds above zero"):
        seat_mix([], [], token_price=3, start=YEAR, time_limit=limit)

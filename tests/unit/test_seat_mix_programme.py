"""The programme behind a seat mix: its prices, how far they let a column move, how its bounds are rounded."""

import math
from decimal import Decimal

import pytest
from attrs import evolve
from seat_choices import UNKNOWN, asked_for, choices_for, full, seat, use

from flexlib.planning.seats import programme, search
from flexlib.planning.seats.model import Row, model_of


def parts():
    """A programme of two seats: 8 saves 20 tokens, 6 saves 14, and 10 may be spent."""
    model, _ = model_of(
        choices_for([use("a", 20), use("b", 14, "maya")], [seat("r", 8), seat("m", 6)], asked_for({"token_price": Decimal(1)}, 10))
    )
    return model


def test_a_unit_more_of_the_budget_is_worth_what_it_saves_of_the_seat_that_it_buys_in_part():
    # The seat for 8 saves 12, and two sixths of the other 8 save 8 thirds: four thirds for each unit of the budget.
    model = parts()
    relaxed = programme.relaxed(model, full(model), 60)
    assert relaxed.cost * model.divisor == pytest.approx(-12 - 8 / 3)
    assert relaxed.row_prices == pytest.approx([4 / 3])
    assert [price * model.divisor for price in relaxed.column_prices] == pytest.approx([-(12 - 8 * 4 / 3), 0])


def test_what_has_no_solution_is_told_from_what_there_was_no_time_for():
    model = parts()
    assert programme.relaxed(model, [(1, 1), (1, 1)], 60) == (math.inf, [], [])
    assert programme.solve(model, [(1, 1), (1, 1)], 60) == (None, math.inf)
    assert programme.relaxed(model, full(model), 0.0) == UNKNOWN
    assert programme.solve(model, full(model), 0.0) == (None, -math.inf)
    assert programme.solve(model, full(model), 60) == ([1, 0], -3)


@pytest.mark.parametrize("largest", [10**15 - 1, 10**15, -(10**15)])
def test_a_factor_that_the_solver_refuses_leaves_open_whether_there_is_a_solution(largest):
    model = evolve(parts(), rows=[Row({0: largest, 1: 1}, abs(largest))])
    relaxed, solution = programme.relaxed(model, full(model), 60), programme.solve(model, full(model), 60)
    if abs(largest) < 10**15:
        assert (relaxed.cost, solution) == (pytest.approx(-5), ([1, 0], -3))
    else:
        assert (relaxed, solution) == (UNKNOWN, (None, -math.inf))


@pytest.mark.parametrize(
    ("most", "price", "slack", "expected"),
    [
        (5, 1.0, 2.0, (0, 2)),
        (5, -1.0, 2.0, (3, 5)),
        (5, 0.0, 2.0, (0, 5)),
        (1, 3.0, 2.0, (0, 0)),
        (1, -3.0, 2.0, (1, 1)),
        (5, 0.5, 2.0, (0, 4)),
        (4, 0.5, 2.0, (0, 4)),
        (4, -0.5, 2.0, (0, 4)),
        (5, -0.5, 2.0, (1, 5)),
        (5, 2.0, 1.0, (0, 0)),
        (20_000, 1.0, 10_000.0, (0, 10_000)),
        (None, 1.0, 2.0, (0, None)),
        (5, 3.0, math.inf, (0, 5)),
    ],
)
def test_a_column_may_move_as_far_as_its_price_leaves_it_within_the_slack(most, price, slack, expected):
    model = evolve(parts(), most=[most])
    assert search.within(model, programme.Relaxed(0.0, [], [price]), slack) == [expected]


@pytest.mark.parametrize(
    ("bound", "whole"),
    [(-3.0, -3), (-3 + 1e-7, -3), (-3 + 1e-5, -2), (-2.5, -2), (0.0, 0), (2 + 1e-5, 3), (1e9 + 0.5, 10**9), (-1e9 + 0.5, -(10**9))],
)
def test_a_bound_is_rounded_up_to_the_next_cost_that_there_can_be_but_for_what_floats_leave_open(bound, whole):
    assert search.whole_bound(parts(), bound) == 34 + 4 * whole

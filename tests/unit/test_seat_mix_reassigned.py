"""Seats that pass from user to user each day: how many pay, who is covered, what is refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from flexlib import Charge, InvalidValueError, ResultUse
from flexlib.planning import PackOffer, Reassign, SeatOffer, seat_mix

FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)
REVIT = SeatOffer("Revit", ("revit",), 100, currency="USD")


def use(user, days, product="revit", tokens=10):
    """Charges on the days of 2026 with these numbers."""
    return [Charge(user, product, FIRST + timedelta(days=day), tokens) for day in days]


def daily(charges, offers=(REVIT,), **asked):
    return seat_mix(charges, offers, **{"token_price": 1, "reassign": Reassign.DAILY, **asked})


def test_a_seat_serves_those_who_work_on_different_days():
    charges = [*use("ada", range(6)), *use("ben", range(6, 12))]
    mix = daily(charges)
    assert [(seat.user, seat.offer, seat.price) for seat in mix.seats] == [(None, REVIT, 100)]
    assert (mix.cost, mix.lower_bound, mix.tokens, mix.tokens_only_cost) == (100, 100, 0, 120)
    assert (mix.reassign, mix.currency, mix.is_proven) == (Reassign.DAILY, "USD", True)
    assert seat_mix(charges, [REVIT], token_price=1).cost == 120


def test_a_further_seat_is_bought_while_enough_days_have_so_many_users():
    charges = [*use("ada", range(20)), *use("ben", range(11)), *use("cy", range(10))]
    mix = daily(charges)
    assert (len(mix.seats), mix.token_cost) == (2, 100)


def test_each_day_those_whose_day_would_cost_most_are_covered_and_among_equals_the_first_by_name():
    charges = [*use("ada", range(15)), *use("ben", range(15), tokens=11), *use("cy", range(5), tokens=10)]
    mix = daily(charges, [SeatOffer("Revit", ("revit",), 100, at_most=1)])
    assert {plan.user: plan.tokens for plan in mix.users} == {"ada": 150, "ben": 0, "cy": 50}
    two = daily(charges, [SeatOffer("Revit", ("revit",), 100, at_most=2)])
    assert {plan.user: plan.tokens for plan in two.users} == {"ada": 0, "ben": 0, "cy": 50}


def test_the_cheapest_seats_are_bought_first_as_far_as_they_go():
    charges = [charge for user in ("ada", "ben", "cy") for charge in use(user, range(20))]
    offers = [SeatOffer("dear", ("revit",), 150), SeatOffer("cheap", ("revit",), 50, at_most=2)]
    assert [seat.offer.name for seat in daily(charges, offers).seats] == ["cheap", "cheap", "dear"]


def test_the_reason_gives_the_days_and_what_stays():
    result = Charge("ben", "cfd", FIRST, Decimal("0.5"), result=ResultUse("ben", "cfd", FIRST))
    mix = daily([*use("ada", range(20)), *use("ben", range(10, 21)), *use("ben", [10], "maya", 6), result])
    assert [plan.why for plan in mix.users] == [
        "ada: of 20 days of a product 20 fall to seats that pass from day to day, what stays costs USD 0 in tokens instead of USD 200",
        "ben: of 12 days of a product 1 fall to seats that pass from day to day, what stays costs USD 106.50 in tokens instead of USD 116.50",
    ]
    assert [(plan.cost, plan.seat_cost, plan.used_tokens) for plan in mix.users] == [
        (0, 0, 200),
        (Decimal("106.5"), 0, Decimal("116.5")),
    ]
    assert mix.cost == Decimal("206.5")


def test_two_charges_of_a_day_are_one_use_of_a_seat():
    assert daily([*use("ada", range(6)), *use("ada", range(6))]).cost == 100


def test_charges_outside_the_term_are_left_out_and_counted():
    mix = daily(use("ada", range(100)), months=1, offers=[SeatOffer("Revit", ("revit",), 1000, months=1)])
    assert (mix.outside_term, mix.tokens, mix.ends_on) == (69, 310, date(2026, 2, 1))


def test_no_charges_cost_nothing():
    assert daily([], start=date(2026, 1, 1)).cost == 0


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"offers": [SeatOffer("both", ("revit", "maya"), 100)]}, "offers is 'both': expected seats for one product each"),
        (
            {"offers": [SeatOffer("monthly", ("revit",), 100, months=1)]},
            "offers is 'monthly': expected seats for the plan's 12 months",
        ),
        ({"seat_budget": 100}, r"seat_budget is Decimal\('100'\): expected None where seats are reassigned daily"),
        (
            {"token_price": None, "packs": [PackOffer("pack", 500, 100, currency="USD")]},
            "token_price is None: expected a price per token, and no packs",
        ),
    ],
)
def test_what_has_no_part_in_daily_reassignment_is_refused(asked, told):
    with pytest.raises(InvalidValueError, match=told):
        daily(use("ada", range(3)), **asked)

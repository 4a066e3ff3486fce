"""Which user gets which seat, and why; what the plan adds up to; what is refused."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from flexlib import Charge, InvalidTokensError, InvalidValueError, ReportedUse, ResultUse, charge_reported
from flexlib.planning import PackOffer, Reassign, SeatOffer, seat_mix
from flexlib.planning.seats import token_front
from flexlib.planning.seats.closed_form import Kind, Seat, TooManyCasesError, Weights, options

YEAR = date(2026, 1, 1)
REVIT = SeatOffer("Revit", ("revit",), 2500)
AUTOCAD = SeatOffer("AutoCAD", ("autocad",), 1800)
BOTH = SeatOffer("Collection", ("autocad", "revit"), 3000)
REVIT_MONTHLY = SeatOffer("Revit monthly", ("revit",), 300, months=1)


def use(user, days, product="revit", tokens=10, first=0):
    """Charges on so many days in a row, the first one so many days into 2026."""
    start = datetime(2026, 1, 1, 9, tzinfo=UTC)
    return [Charge(user, product, start + timedelta(days=first + day), tokens) for day in range(days)]


def had(mix):
    return [(seat.user, seat.offer.name, seat.starts_on.isoformat(), str(seat.price)) for seat in mix.seats]


def plan_of(mix, user):
    [plan] = [plan for plan in mix.users if plan.user == user]
    return plan


def test_a_user_gets_a_seat_where_tokens_cost_more_and_keeps_tokens_where_they_cost_less():
    mix = seat_mix([*use("ada", 84), *use("ben", 83)], [REVIT], token_price=3)
    assert had(mix) == [("ada", "Revit", "2026-01-01", "2500")]
    assert (mix.seat_cost, mix.token_cost, mix.cost, mix.lower_bound) == (2500, 2490, 4990, 4990)
    assert (mix.tokens, mix.tokens_only_cost, mix.gap, mix.is_proven) == (830, 5010, 0, True)
    assert (mix.starts_on, mix.ends_on, mix.seats[0].ends_on) == (YEAR, date(2027, 1, 1), date(2027, 1, 1))


def test_a_seat_that_costs_as_much_as_the_tokens_is_not_bought():
    assert had(seat_mix(use("ada", 10), [SeatOffer("Revit", ("revit",), 300)], token_price=3)) == []


def test_the_reasons_give_the_figures():
    charges = [
        *use("ada", 41),
        *use("ben", 100),
        *use("ben", 3, "autocad", 7),
        *use("cy", 1, "maya", 6),
        *use("di", 1),
    ]
    mix = seat_mix(charges, [SeatOffer("Revit", ("revit",), 2500, currency="USD")], token_price=Decimal("3.05"))
    assert [plan.why for plan in mix.users] == [
        "ada keeps tokens: 41 days of revit cost USD 1,250.50 in tokens, a seat 'Revit' costs USD 2,500",
        (
            "ben gets 'Revit' from 2026-01-01 for USD 2,500: 100 days of revit would cost USD 3,050 in tokens; "
            "3 days of autocad cost USD 64.05 in tokens and stay so"
        ),
        "cy keeps tokens: 1 day of maya costs USD 18.30 in tokens, and no seat on offer covers that",
        "di keeps tokens: 1 day of revit costs USD 30.50 in tokens, a seat 'Revit' costs USD 2,500",
    ]


def test_the_reason_for_tokens_names_the_part_of_the_term_in_which_a_seat_comes_nearest():
    mix = seat_mix([*use("ada", 5), *use("ada", 9, first=40)], [REVIT_MONTHLY], token_price=3, start=YEAR)
    assert mix.users[0].why == (
        "ada keeps tokens: 9 days of revit from 2026-02-01 to 2026-03-01 cost 270 in tokens, a seat 'Revit monthly' costs 300; "
        "all that is used costs 420"
    )


def test_a_monthly_seat_is_had_in_the_busy_months():
    mix = seat_mix([*use("ada", 11), *use("ada", 4, first=40), *use("ada", 20, first=59)], [REVIT, REVIT_MONTHLY], token_price=3)
    assert had(mix) == [("ada", "Revit monthly", "2026-01-01", "300"), ("ada", "Revit monthly", "2026-03-01", "300")]
    assert mix.seats[0].ends_on == date(2026, 2, 1)
    assert mix.users[0].why.startswith(
        "ada gets 2 seats 'Revit monthly' for 600: 31 days of revit would cost 930 in tokens; 4 days"
    )


def test_an_annual_seat_goes_before_many_monthly_ones():
    assert had(seat_mix(use("ada", 300), [REVIT, REVIT_MONTHLY], token_price=3)) == [("ada", "Revit", "2026-01-01", "2500")]


def test_a_collection_is_had_where_its_products_together_pay_for_it_and_single_ones_do_not():
    mix = seat_mix([*use("ada", 70), *use("ada", 70, "autocad", 7)], [REVIT, AUTOCAD, BOTH], token_price=3)
    assert had(mix) == [("ada", "Collection", "2026-01-01", "3000")]
    assert plan_of(mix, "ada").tokens == 0


def test_single_seats_are_had_where_they_cost_less_than_a_collection():
    dear = SeatOffer("Collection", ("autocad", "revit"), 4500)
    mix = seat_mix([*use("ada", 200), *use("ada", 200, "autocad", 7)], [REVIT, AUTOCAD, dear], token_price=3)
    assert [name for _, name, _, _ in had(mix)] == ["AutoCAD", "Revit"]


def test_results_stay_on_tokens():
    asked = datetime(2026, 1, 5, tzinfo=UTC)
    result = Charge("ada", "revit", asked, 1000, result=ResultUse("ada", "revit", asked))
    mix = seat_mix([result, *use("ada", 100)], [REVIT], token_price=3)
    assert (mix.tokens, mix.token_cost, mix.seat_cost) == (1000, 3000, 2500)
    assert mix.users[0].why.endswith("; results of 1000 tokens cost 3,000 in tokens and stay so")


def test_charges_outside_the_term_are_left_out_and_counted():
    mix = seat_mix([*use("ada", 100), *use("ben", 1, first=400)], [REVIT], token_price=3)
    assert (mix.outside_term, [plan.user for plan in mix.users]) == (1, ["ada"])


def test_the_term_starts_with_the_month_of_the_first_charge():
    assert seat_mix(use("ada", 3, first=40), [], token_price=3).starts_on == date(2026, 2, 1)


def test_the_day_of_a_charge_is_that_of_the_zone():
    late = Charge("ada", "revit", datetime(2026, 1, 31, 23, 30, tzinfo=UTC), 10)
    assert seat_mix([late], [], token_price=3, zone=ZoneInfo("Europe/Berlin")).starts_on == date(2026, 2, 1)
    assert seat_mix([late], [], token_price=3, start=date(2026, 2, 1)).outside_term == 1


def test_the_day_of_a_reported_charge_is_the_one_reported():
    charges = charge_reported([ReportedUse("ada", "revit", date(2026, 2, 1), 10)])
    assert seat_mix(charges, [], token_price=3, zone=ZoneInfo("America/New_York")).starts_on == date(2026, 2, 1)


def test_of_a_seat_that_outlasts_the_term_the_term_bears_its_share():
    three_years = SeatOffer("Revit, three years", ("revit",), 7000, months=36)
    [seat] = seat_mix(use("ada", 100), [three_years], token_price=3).seats
    assert (str(seat.price), seat.offer.price, seat.ends_on) == ("2333.33", 7000, date(2029, 1, 1))
    dearer = SeatOffer("Revit, three years", ("revit",), 5000, months=36)
    assert str(seat_mix(use("ada", 100), [dearer], token_price=3).seats[0].price) == "1666.67"
    quarter = SeatOffer("five months", ("revit",), 100, months=5)
    mix = seat_mix(use("ada", 365), [quarter], token_price=3)
    assert [str(seat.price) for seat in mix.seats] == ["100", "100", "40.00"]
    assert (mix.cost, mix.is_proven) == (240, True)


def test_seats_of_which_there_are_few_go_where_they_save_most():
    few = SeatOffer("Revit", ("revit",), 2500, at_most=1)
    mix = seat_mix([*use("ada", 100), *use("ben", 200)], [few], token_price=3)
    assert (had(mix), mix.is_proven) == ([("ben", "Revit", "2026-01-01", "2500")], True)
    assert plan_of(mix, "ada").why == (
        "ada keeps tokens: 100 days of revit cost 3,000 in tokens, a seat 'Revit' costs 2,500, "
        "yet all users together cost least so, given the numbers of seats"
    )


def test_the_number_of_seats_counts_those_of_all_parts_of_the_term():
    few = SeatOffer("Revit monthly", ("revit",), 200, months=1, at_most=2)
    mix = seat_mix(use("ada", 110), [few], token_price=3)
    assert (len(mix.seats), mix.cost, mix.is_proven) == (2, 200 * 2 + 3 * 10 * (110 - 62), True)


def test_a_budget_is_kept_and_spent_where_it_saves_most():
    charges = [*use("ada", 100), *use("ben", 120), *use("cy", 200)]
    mix = seat_mix(charges, [REVIT], token_price=3, seat_budget=5000)
    assert ([seat.user for seat in mix.seats], mix.seat_cost, mix.is_proven) == (["ben", "cy"], 5000, True)
    assert seat_mix(charges, [REVIT], token_price=3, seat_budget=Decimal("2499.99")).seats == ()
    assert seat_mix(charges, [REVIT], token_price=3, seat_budget=0).cost == 420 * 30


@pytest.mark.parametrize("seats", range(11))
def test_of_users_whose_figures_are_the_same_as_many_get_seats_as_the_budget_allows(seats):
    charges = [charge for user in range(10) for charge in use(f"user{user}", 4)]
    mix = seat_mix(charges, [SeatOffer("Revit", ("revit",), 100)], token_price=3, seat_budget=100 * seats + 50)
    assert (len(mix.seats), mix.cost, mix.is_proven) == (seats, 1200 - 20 * seats, True)


def test_whole_packs_are_bought_for_what_stays():
    packs = [PackOffer("large", 500, 1000), PackOffer("small", 33, 99)]
    mix = seat_mix(use("ada", 55), [REVIT], packs=packs)
    assert [(bought.offer.name, bought.count, bought.price) for bought in mix.packs] == [("large", 1, 1000), ("small", 2, 198)]
    assert (mix.tokens, mix.token_cost, mix.is_proven) == (550, 1198, True)


def test_a_seat_that_does_not_pay_by_itself_is_had_where_it_saves_a_pack():
    packs = [PackOffer("large", 1000, 2000)]
    charges = [*use("ada", 100, "maya"), *use("ben", 1)]
    mix = seat_mix(charges, [SeatOffer("Revit", ("revit",), 1900)], packs=packs)
    assert [seat.user for seat in mix.seats] == ["ben"]
    assert plan_of(mix, "ben").why == (
        "ben gets 'Revit' from 2026-01-01 for 1,900: 1 day of revit would cost about 39.60 in tokens, "
        "yet all users together cost least so, given whole packs"
    )
    assert seat_mix(charges, [SeatOffer("Revit", ("revit",), 2000)], packs=packs).seats == ()


def test_the_shares_of_the_packs_add_up_to_their_price():
    charges = [*use("ada", 1), *use("ben", 1), *use("cy", 1)]
    mix = seat_mix(charges, [], packs=[PackOffer("pack", 100, 100)])
    assert [str(plan.token_cost) for plan in mix.users] == ["33.33", "33.33", "33.34"]
    assert mix.users[0].why == "ada keeps tokens: 1 day of revit costs about 33.33 in tokens, and no seat on offer covers that"


def test_packs_that_do_not_reach_for_all_tokens_make_seats_needed():
    mix = seat_mix([*use("ada", 100), *use("ben", 10)], [REVIT], packs=[PackOffer("pack", 500, 100, at_most=1)])
    assert ([seat.user for seat in mix.seats], mix.tokens_only_cost, mix.is_proven) == (["ada"], None, True)
    with pytest.raises(InvalidValueError, match=r"packs is \['pack'\]: expected packs that reach for all that no seat covers"):
        seat_mix(use("ada", 100, "maya"), [REVIT], packs=[PackOffer("pack", 500, 100, at_most=1)])


def test_no_charges_cost_nothing():
    mix = seat_mix([], [REVIT], token_price=3, start=YEAR)
    assert (mix.cost, mix.lower_bound, mix.seats, mix.users, mix.is_proven) == (0, 0, (), (), True)
    assert seat_mix([], [REVIT], packs=[PackOffer("pack", 500, 100)], start=YEAR, seat_budget=0).cost == 0
    with pytest.raises(InvalidValueError, match="start is None"):
        seat_mix([], [REVIT], token_price=3)


def test_charges_of_no_tokens_cost_nothing():
    mix = seat_mix(use("ada", 3, tokens=0), [SeatOffer("free", ("revit",), 0)], token_price=3)
    assert (mix.cost, mix.seats) == (0, ())


def test_a_free_seat_is_had():
    assert len(seat_mix(use("ada", 3), [SeatOffer("free", ("revit",), 0)], token_price=3).seats) == 1


def test_huge_and_tiny_amounts_stay_exact():
    tiny, huge = Decimal("0.000000000001"), Decimal(10**14)
    charges = [*use("ada", 3, tokens=tiny), *use("ben", 3, tokens=huge), *use("cy", 3, tokens=huge)]
    offer = SeatOffer("Revit", ("revit",), 2 * huge)
    mix = seat_mix(charges, [offer], token_price=1, seat_budget=2 * huge)
    assert (mix.cost, mix.tokens, mix.is_proven) == (2 * huge + 3 * huge + 3 * tiny, 3 * huge + 3 * tiny, True)


def test_a_search_cut_short_says_how_far_it_may_be_from_the_cheapest():
    charges = [charge for user in range(40) for charge in use(f"user{user}", 40 + user, tokens=7)]
    mix = seat_mix(charges, [SeatOffer("Revit", ("revit",), 777)], token_price=3, seat_budget=10_000, time_limit=1e-9)
    whole = seat_mix(charges, [SeatOffer("Revit", ("revit",), 777)], token_price=3, seat_budget=10_000)
    assert whole.is_proven
    assert mix.lower_bound <= whole.cost <= mix.cost
    assert not mix.is_proven
    assert mix.gap == mix.cost - mix.lower_bound > 0


def test_many_seats_that_overlap_are_left_to_the_solver():
    names = [f"p{number}" for number in range(10)]
    pairs = [(one, two) for one in range(10) for two in range(one)]
    kind = Kind((600,) * 10, tuple(Seat(100 + one, 1 << one | 1 << two) for one, two in pairs))
    with pytest.raises(TooManyCasesError):
        options(kind, Weights(1, 1))
    offers = [SeatOffer(f"{one} and {two}", (names[one], names[two]), 100 + one) for one, two in pairs]
    mix = seat_mix([charge for name in names for charge in use("ada", 60, name)], offers, token_price=1)
    assert (mix.cost, mix.is_proven) == (101 + 103 + 105 + 107 + 109, True)


def test_where_too_many_sums_would_have_to_be_kept_the_solver_goes_on(monkeypatch):
    charges = [charge for user in range(14) for charge in use(f"user{user}", 84 + 7 * user)]
    asked = {"packs": [PackOffer("large", 1000, 2500), PackOffer("small", 330, 990)], "seat_budget": 5000}
    by_sums = seat_mix(charges, [SeatOffer("Revit", ("revit",), 777)], **asked)
    monkeypatch.setattr(token_front, "MOST_STATES", 2)
    by_solver = seat_mix(charges, [SeatOffer("Revit", ("revit",), 777)], **asked)
    assert (by_solver.cost, by_solver.is_proven) == (by_sums.cost, by_sums.is_proven) == (27162, True)


WRONG = [
    ({"token_price": 3, "packs": [PackOffer("pack", 500, 100)]}, "token_price is .*: expected either"),
    ({}, "token_price is None: expected either a price per token or packs, and not both"),
    ({"token_price": 3, "months": 0}, "months is 0"),
    ({"token_price": 3, "months": True}, "months is True"),
    ({"token_price": 3, "months": 12 * 9000}, "months is 108000: expected a term that ends before the year 9999"),
    ({"token_price": 3, "time_limit": 0}, "time_limit is 0"),
    ({"token_price": 3, "time_limit": float("nan")}, "time_limit is nan"),
    ({"token_price": 3, "reassign": "daily"}, "reassign is 'daily'"),
    ({"token_price": 3, "start": datetime(2026, 1, 1, tzinfo=UTC)}, "day is"),
    ({"packs": [PackOffer("pack", 500, 100, months=6)]}, "packs is 'pack': expected packs that last for the plan's 12 months"),
    (
        {"packs": [PackOffer("pack", 500, 100, currency="EUR")]},
        "currency is 'EUR, USD': expected offers that are all priced in one currency",
    ),
    ({"packs": [REVIT]}, "expected offers as PackOffer"),
    ({"packs": [PackOffer("pack", 500, 100)] * 2}, "packs is .'pack'.: expected a name of its own"),
]


@pytest.mark.parametrize(("asked", "told"), WRONG)
def test_what_cannot_be_meant_is_refused(asked, told):
    with pytest.raises(InvalidValueError, match=told):
        seat_mix(use("ada", 3), [SeatOffer("Revit", ("revit",), 2500, currency="USD")], **asked)


@pytest.mark.parametrize("asked", [{"token_price": 0.5}, {"token_price": -1}, {"token_price": 3, "seat_budget": -1}])
def test_amounts_that_are_not_exact_or_negative_are_refused(asked):
    with pytest.raises(InvalidTokensError):
        seat_mix(use("ada", 3), [REVIT], **asked)


def test_values_of_another_kind_are_refused():
    with pytest.raises(InvalidValueError, match="charges is"):
        seat_mix([ReportedUse("ada", "revit", date(2026, 2, 1), 10)], [REVIT], token_price=3)
    with pytest.raises(InvalidValueError, match="offers is"):
        seat_mix(use("ada", 3), [REVIT, REVIT], token_price=3)


WITHOUT_SCIPY = """
import sys
sys.modules["numpy"] = sys.modules["scipy"] = None
from datetime import UTC, datetime
from flexlib import Charge
from flexlib.errors import MissingExtraError
from flexlib.planning.offers import SeatOffer
from flexlib.planning.seats.mix import seat_mix
charges = [Charge("ada", "revit", datetime(2026, 1, 1, tzinfo=UTC), 10)]
offers = [SeatOffer("Revit", ("revit",), 20)]
print(seat_mix(charges, offers, token_price=3).cost, seat_mix(charges, offers, token_price=3, seat_budget=20).cost)
try:
    seat_mix(charges, offers, token_price=3, seat_budget=10)
except MissingExtraError as error:
    print(error)
"""


def test_scipy_is_needed_only_where_users_are_coupled():
    done = subprocess.run([sys.executable, "-c", WITHOUT_SCIPY], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["20 20", "this needs the package 'numpy': pip install \"flexlib[planning]\""]


def test_reassign_is_told_in_the_plan():
    assert seat_mix(use("ada", 3), [REVIT], token_price=3).reassign is Reassign.NAMED

"""Up to how many days a term tokens cost no more than a seat. All seat prices are made up; 7 tokens and 3 a token are not."""

from calendar import monthrange
from decimal import Decimal, localcontext
from itertools import product

import pytest

from flexlib import InvalidTokensError, InvalidValueError
from flexlib.planning import BreakEven, Cheaper, SeatOffer, break_even, break_evens

MONTHLY = SeatOffer("monthly", "autocad", 250, months=1)
ANNUAL = SeatOffer("annual", "autocad", 2000)
THREE_YEARS = SeatOffer("three years", "autocad", 5500, months=36)


def autocad(seat_price, months=12):
    return break_even(7, token_price=3, seat_price=seat_price, months=months)


def table(rows):
    return [("+".join(row.products), row.offer.name, row.days, str(row.days_a_month)) for row in rows]


def test_autocad_at_7_tokens_and_3_dollars_costs_21_a_day():
    assert autocad(1000).day_cost == 21
    assert autocad(1000).token_cost(10) == 210


def test_tokens_cost_no_more_than_a_seat_for_1000_up_to_47_days():
    line = autocad(1000)
    assert line.days == 47
    assert (line.token_cost(47), line.token_cost(48)) == (987, 1008)


@pytest.mark.parametrize(("seat_price", "days"), [("1050", 50), ("1049.99", 49), ("1050.000000000001", 50), ("20.99", 0), ("0", 0)])
def test_a_day_whose_cost_is_the_seat_s_to_the_cent_still_counts(seat_price, days):
    assert autocad(Decimal(seat_price)).days == days


def test_fractional_rates_are_exact_at_the_boundary():
    assert 0.9 // (0.1 * 3) == 2  # what floats would say
    assert break_even(Decimal("0.1"), token_price=3, seat_price=Decimal("0.9")).days == 3


@pytest.mark.parametrize(("tokens", "price"), [(0, 3), (7, 0), (0, 0)])
def test_where_a_day_costs_nothing_tokens_never_cost_more(tokens, price):
    line = break_even(tokens, token_price=price, seat_price=100)
    assert line.days is None
    assert line.days_a_month is None
    assert not line.seat_can_pay
    assert line.cheaper(10**6) is Cheaper.TOKENS
    assert "cost nothing: never more than a seat for 100 for 12 months" in str(line)


def test_every_small_case_agrees_with_counting_up_the_days():
    for tokens, price, seat in product(range(1, 5), range(1, 4), range(31)):
        days = 0
        while (days + 1) * tokens * price <= seat:
            days += 1
        assert break_even(tokens, token_price=price, seat_price=seat).days == days


def test_days_a_month_are_rounded_to_two_decimals_for_reading():
    assert str(autocad(1000).days_a_month) == "3.92"
    assert str(autocad(1050).days_a_month) == "4.17"
    assert str(autocad(2520).days_a_month) == "10.00"
    assert str(autocad(250, months=1).days_a_month) == "11.00"


def test_results_do_not_depend_on_the_caller_s_decimal_context():
    with localcontext() as context:
        context.prec = 2
        line = autocad(Decimal("10000.05"))
        assert (line.days, str(line.days_a_month), line.token_cost(476)) == (476, "39.67", 9996)
        assert line.curve(476)[-1].tokens == 3332


def test_a_seat_can_pay_only_where_the_term_has_more_days_than_the_break_even():
    assert autocad(21 * 365).seat_can_pay
    assert not autocad(21 * 366).seat_can_pay
    assert autocad(21 * 366, months=13).seat_can_pay


def test_a_term_has_the_most_days_that_so_many_calendar_months_can_have():
    lengths = [monthrange(year, month)[1] for year in range(2001, 2017) for month in range(1, 13)]
    for months in range(1, 121):
        longest = max(sum(lengths[first : first + months]) for first in range(len(lengths) - months))
        assert autocad(1, months=months).term_days == longest
    assert autocad(1, months=10**9 * 48).term_days == 10**9 * 1461


def test_the_curve_has_a_point_for_each_day_from_none_to_the_last():
    points = autocad(42).curve(3)
    assert [(point.days, point.tokens, point.token_cost, point.cheaper) for point in points] == [
        (0, 0, 0, Cheaper.TOKENS),
        (1, 7, 21, Cheaper.TOKENS),
        (2, 14, 42, Cheaper.SAME),
        (3, 21, 63, Cheaper.SEAT),
    ]
    assert {point.seat_price for point in points} == {42}


def test_the_curve_goes_to_the_end_of_the_term_unless_told():
    assert [point.days for point in autocad(250, months=1).curve()] == list(range(32))


def test_a_break_even_reads_as_a_sentence():
    assert str(autocad(1000)) == (
        "7 tokens a day at 3 each cost no more than a seat for 1000 up to 47 days in 12 months (3.92 a month)"
    )
    assert str(autocad(Decimal("672.50"), months=1)) == (
        "7 tokens a day at 3 each cost no more than a seat for 672.5 up to 32 days in 1 month (32.00 a month), "
        "and a term has no more days"
    )


@pytest.mark.parametrize("days", [-1, 1.0, True, None])
def test_a_number_of_days_is_whole_and_not_negative(days):
    for ask in (autocad(100).token_cost, autocad(100).cheaper):
        with pytest.raises(InvalidValueError, match=r"days is .*: expected a whole number, zero or more"):
            ask(days)
    if days is not None:
        with pytest.raises(InvalidValueError, match="days"):
            autocad(100).curve(days)


@pytest.mark.parametrize("months", [0, -12, 1.5, True])
def test_a_term_is_a_whole_number_of_months(months):
    with pytest.raises(InvalidValueError, match=r"months is .*: expected a whole number, one or more"):
        autocad(100, months=months)


@pytest.mark.parametrize("amount", [1.5, -1, Decimal("NaN"), "3"])
def test_amounts_are_exact_and_not_negative(amount):
    for ask in (
        lambda: break_even(amount, token_price=3, seat_price=100),
        lambda: break_even(7, token_price=amount, seat_price=100),
        lambda: break_even(7, token_price=3, seat_price=amount),
        lambda: break_evens({"autocad": amount}, [], token_price=3),
        lambda: break_evens({"autocad": 7}, [], token_price=amount),
    ):
        with pytest.raises(InvalidTokensError):
            ask()


def test_longer_terms_that_cost_less_a_month_pay_from_fewer_days_a_month():
    assert table(break_evens({"autocad": 7}, [THREE_YEARS, ANNUAL, MONTHLY], token_price=3)) == [
        ("autocad", "monthly", 11, "11.00"),
        ("autocad", "annual", 95, "7.92"),
        ("autocad", "three years", 261, "7.25"),
    ]


def test_a_row_holds_the_break_even_over_the_offer_s_own_term():
    [row] = break_evens({"autocad": 7}, [THREE_YEARS], token_price=3)
    assert row.break_even == BreakEven(7, token_price=3, seat_price=5500, months=36)


def test_a_collection_has_a_row_for_each_product_alone_and_one_for_all_of_them_on_the_same_days():
    collection = SeatOffer("collection", ("revit", "autocad", "revit"), 2040)
    assert table(break_evens({"revit": 10, "autocad": 7}, [collection], token_price=3)) == [
        ("autocad", "collection", 97, "8.08"),
        ("revit", "collection", 68, "5.67"),
        ("autocad+revit", "collection", 40, "3.33"),
    ]


def test_products_that_are_not_named_are_left_out_of_a_collection_too():
    collection = SeatOffer("collection", ("revit", "autocad", "other"), 2040)
    rows = break_evens({"revit": 10, "autocad": 7, "maya": 6}, [collection], token_price=3)
    assert [row.products for row in rows] == [("autocad",), ("revit",), ("autocad", "revit")]
    assert break_evens({"maya": 6}, [collection, ANNUAL], token_price=3) == []


def test_an_offer_given_twice_counts_once_and_the_order_makes_no_difference():
    offers = [MONTHLY, ANNUAL, SeatOffer("other", "autocad", 2000), THREE_YEARS]
    rows = break_evens({"autocad": 7, "revit": 10}, offers, token_price=3)
    assert len(rows) == 4
    assert break_evens({"revit": 10, "autocad": 7}, [*reversed(offers), ANNUAL], token_price=3) == rows


@pytest.mark.parametrize(("currency", "named"), [("EUR", "EUR, USD"), (None, "USD, none")])
def test_offers_in_several_currencies_are_refused(currency, named):
    offers = [SeatOffer("a", "autocad", 1, currency="USD"), SeatOffer("b", "maya", 1, currency=currency)]
    with pytest.raises(InvalidValueError, match=f"currency is '{named}': expected offers that are all priced in one currency"):
        break_evens({"autocad": 7}, offers, token_price=3)


def test_the_costs_up_to_no_day_at_all_are_those_of_no_day():
    [point] = autocad(42).curve(0)
    assert (point.days, point.token_cost, point.cheaper) == (0, 0, Cheaper.TOKENS)


@pytest.mark.parametrize("name", "abcdefghijkl")
def test_of_offers_that_differ_in_their_number_only_the_unlimited_one_comes_first(name):
    offers = [SeatOffer(name, "autocad", 250, at_most=number) for number in (2, None, 1)]
    assert [row.offer.at_most for row in break_evens({"autocad": 7}, offers, token_price=3)] == [None, 1, 2]

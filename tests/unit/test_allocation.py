"""A pack's price over what became of its tokens."""

from decimal import Decimal

import pytest
from focus_ledgers import priced
from pool_builders import charge, day, pack, refund, transfer

from flexlib import EntryKind, InvalidTokensError, InvalidValueError, settle
from flexlib.reports import UnusedRule, allocate, allocate_prices


def table(allocation):
    """Return kind, tokens, cost and share of the unused of each cost, as text."""
    return [(cost.kind.value, str(cost.tokens), str(cost.cost), str(cost.unused)) for cost in allocation.costs]


def parts(amount, weights, **more):
    return [str(part) for part in allocate(Decimal(amount), weights, **more)]


def test_the_cents_that_rounding_leaves_go_to_the_parts_that_were_cut_most():
    assert parts("10", [1, 1, 4]) == ["1.67", "1.67", "6.66"]
    assert parts("100", [3, 3, 1]) == ["42.86", "42.86", "14.28"]


def test_among_parts_that_were_cut_alike_the_first_ones_get_the_cents():
    assert parts("0.02", [1, 1, 1]) == ["0.01", "0.01", "0.00"]


def test_a_weight_of_zero_takes_nothing():
    assert parts("0.05", [0, 3, 0, 4]) == ["0.00", "0.02", "0.00", "0.03"]


def test_a_negative_weight_takes_a_negative_part():
    assert parts("10", [5, -2, 3, 0]) == ["8.33", "-3.33", "5.00", "0.00"]


def test_weights_that_come_to_less_than_zero_share_as_their_opposites_do():
    assert parts("10", [-1, -2]) == parts("10", [1, 2])


def test_weights_are_exact_decimals():
    assert parts("1", [Decimal("0.1"), Decimal("0.2"), Decimal("1E+1")], quantum=Decimal("0.000001")) == [
        "0.009709",
        "0.019417",
        "0.970874",
    ]


def test_an_amount_that_is_no_multiple_of_the_quantum_cannot_be_allocated():
    with pytest.raises(InvalidValueError, match=r"amount is Decimal\('0.005'\): expected a multiple of 0.01"):
        allocate(Decimal("0.005"), [1])


@pytest.mark.parametrize("wrong", [Decimal("1E+118"), Decimal("-1E+15"), Decimal("-Infinity"), Decimal("NaN")])
def test_c10_an_amount_or_a_weight_that_is_not_finite_or_too_large_is_refused(wrong):
    for amount, weights in ((wrong, [1]), (Decimal(1), [1, wrong])):
        with pytest.raises(InvalidTokensError, match="a finite number with at most 15 digits before the point"):
            allocate(amount, weights)


@pytest.mark.parametrize("quantum", ["0", "-1", "1E-31", "Infinity", "NaN"])
def test_a_quantum_is_a_finite_amount_above_zero(quantum):
    with pytest.raises(InvalidTokensError, match="a finite number of 1E-30 or more"):
        allocate(Decimal(1), [1], quantum=Decimal(quantum))
    assert parts("999999999999999", [1], quantum=Decimal("1E-30")) == ["999999999999999." + 30 * "0"]


@pytest.mark.parametrize("weights", [[], [0], [1, -1]])
def test_weights_that_come_to_zero_share_nothing_but_zero(weights):
    assert allocate(Decimal(0), weights) == [0] * len(weights)
    with pytest.raises(InvalidValueError, match="weights"):
        allocate(Decimal(1), weights)


def test_a_price_is_allocated_over_draws_refunds_expiry_and_nothing_else():
    ledger = settle([charge(1, 1, "a"), charge(2, 2, "b")], [priced("A", 7, 0, 9, "100")], refunds=[refund("b", 1, 3)])
    allocation = allocate_prices(ledger)
    assert table(allocation) == [
        ("draw", "1", "14.29", "0"),
        ("draw", "2", "28.57", "0"),
        ("refund", "-1", "-14.29", "0"),
        ("expiry", "5", "71.43", "0"),
    ]
    assert allocation.left == {"A": 0}


def test_up_to_an_instant_what_is_left_has_its_part_and_packs_to_come_have_none():
    ledger = settle([charge(1, 1), charge(1, 5)], [priced("A", 3, 0, 9, "10"), priced("B", 3, 6, 9, "10")])
    allocation = allocate_prices(ledger, until=day(5))
    assert table(allocation) == [("draw", "1", "3.34", "0"), ("draw", "1", "3.33", "0")]
    assert allocation.left == {"A": Decimal("3.33")}


def test_tokens_that_move_between_teams_keep_the_price_of_their_pack():
    ledger = settle([charge(1, 2, team="lab")], [priced("A", 2, 0, 9, "10")], transfers=[transfer(None, "lab", 1, 1)])
    assert [(cost.team, str(cost.cost)) for cost in allocate_prices(ledger).costs] == [("lab", "5.00"), (None, "5.00")]


@pytest.mark.parametrize(
    ("price", "currency", "first"),
    [
        ("100", "USD", "33.33"),
        ("100", "JPY", "33"),
        ("100", "KWD", "33.333"),
        ("100", "CLF", "33.3333"),
        ("100.5", "JPY", "33.5"),
        ("100.0001", "USD", "33.3334"),
    ],
)
def test_a_price_is_allocated_in_the_minor_unit_of_its_currency_or_in_its_own_decimals_where_they_are_finer(price, currency, first):
    ledger = settle([charge(1, 1)], [priced("A", 3, 0, 9, price, currency=currency)])
    cost = allocate_prices(ledger).costs[0].cost
    assert cost.as_tuple().exponent == Decimal(first).as_tuple().exponent
    assert cost == Decimal(first)


CHARGES = [charge(1, 1, "a", user="ada"), charge(1, 2, "b", user="bob"), charge(2, 3, "c", user="ada")]


def test_by_default_what_expired_unused_is_a_cost_of_its_own():
    costs = allocate_prices(settle(CHARGES, [priced("A", 10, 0, 9, "100")])).costs
    assert [str(cost.cost) for cost in costs if cost.kind is EntryKind.EXPIRY] == ["60.00"]
    assert not any(cost.unused for cost in costs)


def test_by_tokens_each_charge_bears_the_unused_in_proportion_to_its_tokens():
    allocation = allocate_prices(settle(CHARGES, [priced("A", 10, 0, 9, "100")]), unused=UnusedRule.BY_TOKENS)
    assert table(allocation) == [("draw", "1", "10.00", "15.00"), ("draw", "1", "10.00", "15.00"), ("draw", "2", "20.00", "30.00")]


def test_by_user_each_user_bears_the_same_over_the_tokens_of_their_charges():
    allocation = allocate_prices(settle(CHARGES, [priced("A", 10, 0, 9, "100")]), unused=UnusedRule.BY_USER)
    assert table(allocation) == [("draw", "1", "10.00", "10.00"), ("draw", "1", "10.00", "30.00"), ("draw", "2", "20.00", "20.00")]


@pytest.mark.parametrize("rule", [UnusedRule.BY_TOKENS, UnusedRule.BY_USER])
def test_a_charge_whose_tokens_all_came_back_bears_nothing_of_the_unused(rule):
    ledger = settle([charge(1, 1, "a"), charge(1, 1, "b", user="bob")], [priced("A", 4, 0, 9, "8")], refunds=[refund("a", 1, 2)])
    assert table(allocate_prices(ledger, unused=rule)) == [
        ("draw", "1", "2.00", "0"),
        ("draw", "1", "2.00", "6.00"),
        ("refund", "-1", "-2.00", "0"),
    ]


@pytest.mark.parametrize("rule", UnusedRule)
def test_a_pack_that_nobody_drew_on_stays_separate_under_every_rule(rule):
    ledger = settle([charge(1, 1, "a")], [priced("A", 1, 0, 2, "3"), priced("B", 4, 3, 9, "8")])
    assert table(allocate_prices(ledger, unused=rule)) == [("draw", "1", "3.00", "0"), ("expiry", "4", "8.00", "0")]


@pytest.mark.parametrize("rule", UnusedRule)
def test_what_has_not_expired_by_the_instant_is_left_and_borne_by_no_one(rule):
    allocation = allocate_prices(settle(CHARGES, [priced("A", 10, 0, 9, "100")]), until=day(8), unused=rule)
    assert [str(cost.unused) for cost in allocation.costs] == ["0", "0", "0"]
    assert allocation.left == {"A": 60}


def test_packs_without_price_or_currency_are_refused_all_at_once():
    packs = [pack("A", 1, 0, 9), priced("B", 1, 0, 9, "1", currency=None), priced("C", 1, 0, 9, "1"), pack("D", 1, 5, 9)]
    with pytest.raises(InvalidValueError, match="packs is 'A, B, D': expected a price and a currency for each of them"):
        allocate_prices(settle([], packs))
    with pytest.raises(InvalidValueError, match="'A, B'"):
        allocate_prices(settle([], packs), until=day(1))


def test_a_pack_that_was_free_costs_nothing_to_whoever_draws_on_it():
    assert table(allocate_prices(settle([charge(1, 1)], [priced("A", 2, 0, 9, "0")]))) == [
        ("draw", "1", "0", "0"),
        ("expiry", "1", "0", "0"),
    ]

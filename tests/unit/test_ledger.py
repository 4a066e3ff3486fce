"""Ledgers: packs, the order of drawing, shortfalls and readings (rules P1 to P3)."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Context, Decimal, localcontext
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from pool_builders import MOMENT, charge, day, movement, pack, refund, transfer

from flexlib import (
    LedgerError,
    NaiveDatetimeError,
    TokenPack,
    settle,
)

READINGS = ["balance", "balances", "purchased", "drawn", "expired", "shortfall"]


def drawn(ledger):
    return [(draw.charge_id, draw.pack_id, draw.tokens) for draw in ledger.draws]


@pytest.mark.parametrize(
    ("at", "paid"),
    [(day(2) - MOMENT, 0), (day(2), 3), (day(5) - MOMENT, 3), (day(5), 0)],
    ids=["just before its start", "at its very start", "just before its end", "at its very end"],
)
def test_p1_a_pack_is_usable_from_its_start_to_just_before_its_end(at, paid):
    ledger = settle([evolve(charge(3, 0, "x"), at=at)], [pack("A", 10, 2, 5)])
    assert ledger.drawn(at) == paid
    assert ledger.shortfall(at) == 3 - paid


@pytest.mark.parametrize(
    ("at", "purchased", "balance", "expired"),
    [(day(2) - MOMENT, 0, 0, 0), (day(2), 10, 10, 0), (day(5) - MOMENT, 10, 10, 0), (day(5), 10, 0, 10), (day(99), 10, 0, 10)],
)
def test_p1_a_pack_is_counted_from_its_very_start_and_expires_at_its_very_end(at, purchased, balance, expired):
    ledger = settle([], [pack("A", 10, 2, 5)])
    assert (ledger.purchased(at), ledger.balance(at), ledger.expired(at)) == (purchased, balance, expired)
    assert ledger.balances(at) == {"A": balance}


@pytest.mark.parametrize(
    ("bought", "ends"),
    [(date(2023, 3, 15), datetime(2024, 3, 15, tzinfo=UTC)), (date(2024, 2, 29), datetime(2025, 2, 28, tzinfo=UTC))],
)
def test_p1_a_pack_lasts_twelve_calendar_months_and_none_rolls_over(bought, ends):
    ledger = settle([], [TokenPack.purchase("A", 500, bought)])
    assert ledger.balance(ends - MOMENT) == 500
    assert ledger.balance(ends) == 0
    assert ledger.expired(ends) == 500


def test_p1_a_pack_ends_at_midnight_of_the_zone_in_which_it_was_bought():
    ledger = settle([], [TokenPack.purchase("A", 500, date(2026, 1, 1), zone=ZoneInfo("Asia/Tokyo"))])
    assert ledger.balance(datetime(2025, 12, 31, 15, tzinfo=UTC)) == 500
    assert ledger.balance(datetime(2026, 12, 31, 15, tzinfo=UTC)) == 0


# P2: the order of drawing


def test_p2_the_pack_that_ends_first_is_drawn_first():
    ledger = settle([charge(1, 3, "x")], [pack("A", 1, 0, 9), pack("B", 5000, 2, 8)])
    assert drawn(ledger) == [("x", "B", 1)]


def test_p2_of_packs_that_end_together_the_smallest_is_drawn_first():
    ledger = settle([charge(1, 3, "x")], [pack("A", 5000, 0, 9), pack("B", 500, 2, 9)])
    assert drawn(ledger) == [("x", "B", 1)]


def test_p2_the_size_that_counts_is_the_original_one_and_not_what_is_left():
    packs = [pack("large", 10, 0, 9), pack("small", 8, 2, 9)]
    ledger = settle([charge(7, 1, "before"), charge(1, 3, "x")], packs)
    assert drawn(ledger) == [("before", "large", 7), ("x", "small", 1)]


def test_p2_of_packs_alike_in_end_and_size_the_one_that_started_first_is_drawn_first():
    ledger = settle([charge(1, 3, "x")], [pack("A", 500, 1, 9), pack("B", 500, 0, 9)])
    assert drawn(ledger) == [("x", "B", 1)]


def test_p2_of_packs_alike_in_all_else_the_first_id_is_drawn_first():
    ledger = settle([charge(1, 3, "x")], [pack("B", 500, 0, 9), pack("A", 500, 0, 9)])
    assert drawn(ledger) == [("x", "A", 1)]


def test_p2_a_pack_that_starts_later_and_ends_sooner_goes_before_one_in_use():
    ledger = settle([charge(1, 1, "x"), charge(1, 3, "y")], [pack("A", 10, 0, 9), pack("B", 10, 3, 5)])
    assert drawn(ledger) == [("x", "A", 1), ("y", "B", 1)]


# P3: several packs, and none


def test_p3_a_charge_draws_on_several_packs_each_to_its_end():
    ledger = settle([charge(9, 1, "x")], [pack("C", 5, 0, 9), pack("A", 2, 0, 8), pack("B", 3, 0, 7)])
    assert drawn(ledger) == [("x", "B", 3), ("x", "A", 2), ("x", "C", 4)]
    assert ledger.balances(day(1)) == {"A": 0, "B": 0, "C": 1}


def test_p3_what_the_pool_lacks_is_the_shortfall_of_the_charge():
    ledger = settle([charge(9, 1, "x")], [pack("A", 2, 0, 9), pack("B", Decimal("0.5"), 0, 9)])
    assert [(gap.reference, gap.tokens, gap.at, gap.team) for gap in ledger.shortfalls] == [("x", Decimal("6.5"), day(1), None)]
    assert ledger.drawn(day(1)) == Decimal("2.5")


def test_a_shortfall_is_final_and_a_later_pack_does_not_make_it_good():
    ledger = settle([charge(3, 1)], [pack("A", 10, 1.5, 9)])
    assert ledger.shortfall(day(9)) == 3
    assert ledger.balance(day(2)) == 10


def test_shortfalls_add_up_over_time_each_from_its_very_instant():
    ledger = settle([charge(3, 1), charge(2, 2)], [])
    assert [ledger.shortfall(at) for at in (day(1) - MOMENT, day(1), day(2) - MOMENT, day(2))] == [0, 3, 3, 5]


def test_c11_a_charge_of_no_tokens_is_kept_and_draws_nothing():
    ledger = settle([charge(0, 1, "free"), charge(0, 99, "free, with no pack")], [pack("A", 10, 0, 9)])
    assert len(ledger.charges) == 2
    assert (ledger.draws, ledger.shortfalls) == ((), ())
    assert ledger.balance(day(1)) == 10
    ledger.verify()


# one instant


def test_what_happens_at_one_instant_happens_in_a_fixed_order():
    packs = [pack("ends", 5, 0, 3), pack("starts", 5, 3, 9)]
    ledger = settle([charge(1, 3, "x")], packs, refunds=[refund("x", 1, 3)], transfers=[transfer(None, "ops", 1, 3)])
    assert [movement(entry) for entry in ledger.history() if entry.at == day(3)] == [
        ("expiry", "ends", None, -5),
        ("purchase", "starts", None, 5),
        ("transfer", "starts", None, -1),
        ("transfer", "starts", "ops", 1),
        ("draw", "starts", None, -1),
        ("refund", "starts", None, 1),
    ]


def test_charges_at_one_instant_are_paid_by_user_then_product_then_id():
    charges = [
        charge(1, 1, "1", user="bob", product="autocad"),
        charge(1, 1, "2", user="ada", product="revit"),
        charge(1, 1, "4", user="ada", product="maya"),
        charge(1, 1, "3", user="ada", product="maya"),
    ]
    ledger = settle(charges, [pack("A", 2, 0, 9)])
    assert [draw.charge_id for draw in ledger.draws] == ["3", "4"]
    assert [gap.reference for gap in ledger.shortfalls] == ["2", "1"]
    assert [own.id for own in ledger.charges] == ["3", "4", "2", "1"]


def test_a_reading_counts_what_happens_at_its_very_instant():
    ledger = settle([charge(3, 1)], [pack("A", 10, 0, 9)])
    assert [ledger.drawn(at) for at in (day(1) - MOMENT, day(1), day(1) + MOMENT)] == [0, 3, 3]
    assert [ledger.balance(at) for at in (day(1) - MOMENT, day(1))] == [10, 7]


@pytest.mark.parametrize(
    ("at", "before", "after", "lacking"),
    [
        (0, {"A": 0, "B": 0}, {"A": 1, "B": 0}, 0),
        (2, {"A": 4, "B": 0}, {"A": 1, "B": 0}, 0),
        (3, {"A": 4, "B": 0}, {"A": 1, "B": 2}, 0),
        (5, {"A": 4, "B": 2}, {"A": 0, "B": 0}, 1),
        (7, {"A": 0, "B": 2}, {"A": 0, "B": 0}, 3),
    ],
    ids=["as the first starts", "midway", "as the second starts", "as the first ends", "as the last ends"],
)
def test_a_charge_of_three_tokens_before_and_after(at, before, after, lacking):
    packs = [pack("A", 4, 0, 5), pack("B", 2, 3, 7)]
    ledger = settle([charge(3, at)], packs)
    assert ledger.balances(day(at) - MOMENT) == before
    assert ledger.balances(day(at)) == after
    assert ledger.shortfall(day(at)) == lacking


# the same fact twice, and facts that contradict each other


def test_the_same_charge_given_twice_counts_once():
    ledger = settle([charge(3, 1), charge(3, 1), charge(Decimal("3.0"), 1)], [pack("A", 10, 0, 9)])
    assert len(ledger.charges) == 1
    assert ledger.drawn(day(1)) == 3


def test_equal_charges_with_ids_of_their_own_are_two_charges():
    ledger = settle([charge(3, 1, "x"), charge(3, 1, "y")], [pack("A", 10, 0, 9)])
    assert ledger.drawn(day(1)) == 6


@pytest.mark.parametrize(
    "other",
    [
        charge(4, 1, "x"),
        charge(3, 2, "x"),
        charge(3, 1, "x", user="bob"),
        charge(3, 1, "x", product="maya"),
        charge(3, 1, "x", team="ops"),
    ],
    ids=["tokens", "instant", "user", "product", "team"],
)
def test_two_charges_of_one_id_that_differ_are_refused(other):
    with pytest.raises(LedgerError, match="two charges with the id 'x' differ") as refused:
        settle([charge(3, 1, "x"), other], [])
    assert str(charge(3, 1, "x")) in refused.value.problem
    assert str(other) in refused.value.problem


def test_the_same_pack_given_twice_counts_once():
    ledger = settle([], [pack("A", 10, 0, 9), pack("A", Decimal("10.0"), 0, 9)])
    assert ledger.purchased(day(0)) == 10
    assert len(ledger.packs) == 1


def test_two_packs_of_one_id_that_differ_are_refused():
    with pytest.raises(LedgerError, match="two packs with the id 'A' differ"):
        settle([], [pack("A", 10, 0, 9), pack("A", 10, 0, 8)])


def test_a_ledger_without_facts_reads_zero():
    ledger = settle([], [])
    assert [getattr(ledger, name)(day(0)) for name in READINGS] == [0, {}, 0, 0, 0, 0]
    assert ledger.expiring(day(0), timedelta(days=9)) == {}
    assert ledger.history() == []
    ledger.verify()


# as a value


def test_a_ledger_is_shown_by_its_facts_and_not_by_what_follows_from_them():
    ledger = settle([charge(3, 1)], [pack("A", 2, 0, 9)])
    assert (len(ledger.draws), len(ledger.shortfalls), ledger.balance(day(1))) == (1, 1, 0)
    assert repr(ledger) == f"Ledger(charges={ledger.charges!r}, packs={ledger.packs!r}, refunds=(), transfers=())"


def test_ledgers_of_the_same_facts_are_equal_whatever_was_read_of_them():
    read, unread = (settle([charge(3, 1)], [pack("A", 2, 0, 9)]) for _ in range(2))
    assert read.balance(day(1)) == 0
    assert (read, hash(read)) == (unread, hash(unread))


# readings


@pytest.mark.parametrize("name", READINGS)
def test_t1_a_reading_at_a_naive_instant_is_refused(name):
    ledger = settle([charge(1, 1)], [pack("A", 10, 0, 9)])
    with pytest.raises(NaiveDatetimeError):
        getattr(ledger, name)(datetime(2026, 1, 1))
    with pytest.raises(NaiveDatetimeError):
        ledger.expiring(datetime(2026, 1, 1), timedelta(days=1))


@pytest.mark.parametrize("name", READINGS)
def test_t1_a_reading_is_the_same_in_every_zone(name):
    ledger = settle([charge(11, 1)], [pack("A", 10, 0, 9)])
    at = day(1).astimezone(timezone(timedelta(hours=-7)))
    assert getattr(ledger, name)(at) == getattr(ledger, name)(day(1))
    assert ledger.expiring(at, timedelta(days=99)) == ledger.expiring(day(1), timedelta(days=99))


def test_expiring_tells_the_tokens_of_the_packs_that_end_within_a_span_soonest_first():
    packs = [pack("D", 1, 0, 4), pack("B", 2, 0, 6), pack("A", 4, 0, 6), pack("C", 8, 0, 7)]
    ledger = settle([], packs)
    assert list(ledger.expiring(day(3), timedelta(days=3)).items()) == [("D", 1), ("A", 4), ("B", 2)]
    assert list(ledger.expiring(day(4), timedelta(days=2)).items()) == [("A", 4), ("B", 2)]
    assert list(ledger.expiring(day(3), timedelta(days=3) - MOMENT).items()) == [("D", 1)]


def test_expiring_leaves_out_packs_that_are_used_up_or_have_not_started():
    ledger = settle([charge(2, 0)], [pack("A", 2, 0, 4), pack("B", 3, 2, 4)])
    assert ledger.expiring(day(1), timedelta(days=9)) == {}
    assert ledger.expiring(day(2), timedelta(days=9)) == {"B": 3}


def test_c10_tenths_of_tokens_are_added_exactly():
    charges = [charge(Decimal("0.1"), number / 10, str(number)) for number in range(10)]
    ledger = settle(charges, [pack("A", 1, 0, 9)])
    assert ledger.balances(day(1)) == {"A": 0}
    assert ledger.drawn(day(1)) == 1
    assert ledger.shortfall(day(1)) == 0


@pytest.mark.parametrize("name", READINGS)
def test_c10_readings_are_exact_whatever_the_decimal_context_of_the_caller(name):
    def read():
        packs = [pack("A", Decimal("1234.567"), 0, 9), pack("B", Decimal("1000.001"), 0, 3)]
        ledger = settle([charge(Decimal("234.567"), 1), charge(5000, 4)], packs)
        return [getattr(ledger, name)(at) for at in (day(0), day(1), day(3), day(4))]

    exactly = read()
    with localcontext(Context(prec=2)):
        assert read() == exactly


@pytest.mark.parametrize("name", ["drawn", "expired"])
def test_c10_readings_with_more_digits_than_decimal_has_by_default_are_exact(name):
    odd = Decimal("999999999999999.999999999999")
    packs = [pack(f"{number}", odd, 0, 9) for number in range(11)]
    charges = [charge(odd, 1, f"{number}") for number in range(11)] if name == "drawn" else []
    assert getattr(settle(charges, packs), name)(day(9)) == Decimal("10999999999999999.999999999989")

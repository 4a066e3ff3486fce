"""Refunds, teams with pools of their own, and transfers between them (rule P5)."""

from decimal import Decimal

import pytest
from pool_builders import MOMENT, charge, day, movement, pack, refund, transfer

from flexlib import EVERY_TEAM, EntryKind, LedgerError, Refund, settle

PACKS = [pack("A", 2, 0, 5), pack("B", 3, 0, 8)]
"""A charge of four tokens draws two on A, then two on B."""


# refunds


def test_p5_a_refund_returns_to_the_pack_that_was_drawn_last():
    ledger = settle([charge(4, 1, "x")], PACKS, refunds=[refund("x", 1, 2)])
    assert ledger.balances(day(2) - MOMENT) == {"A": 0, "B": 1}
    assert ledger.balances(day(2)) == {"A": 0, "B": 2}
    assert ledger.drawn(day(2)) == 3


def test_p5_a_refund_of_more_than_the_last_draw_returns_to_the_packs_before_it():
    ledger = settle([charge(4, 1, "x")], PACKS, refunds=[refund("x", 3, 2)])
    assert ledger.balances(day(2)) == {"A": 1, "B": 3}
    assert [movement(entry) for entry in ledger.history() if entry.at == day(2)] == [
        ("refund", "B", None, 2),
        ("refund", "A", None, 1),
    ]


def test_p5_refunds_in_parts_return_what_the_part_before_left():
    refunds = [refund("x", Decimal("0.5"), 2), refund("x", 2, 3), refund("x", Decimal("1.5"), 4)]
    ledger = settle([charge(4, 1, "x")], PACKS, refunds=refunds)
    assert [ledger.balances(day(at)) for at in (2, 3, 4)] == [
        {"A": 0, "B": Decimal("1.5")},
        {"A": Decimal("0.5"), "B": 3},
        {"A": 2, "B": 3},
    ]
    assert ledger.drawn(day(4)) == 0
    ledger.verify()


@pytest.mark.parametrize(
    ("at", "usable", "expired"),
    [(day(5) - MOMENT, {"A": 2, "B": 3}, 0), (day(5), {"A": 0, "B": 3}, 2), (day(6), {"A": 0, "B": 3}, 2)],
    ids=["just before its end", "at its very end", "after its end"],
)
def test_p5_what_returns_to_an_expired_pack_expires(at, usable, expired):
    ledger = settle([charge(4, 1, "x")], PACKS, refunds=[Refund("x", 4, at)])
    assert ledger.balances(at) == usable
    assert ledger.expired(at) == expired
    assert ledger.drawn(at) == 0
    ledger.verify()


@pytest.mark.parametrize("at", [8, 99], ids=["at the very end of the last", "long after"])
def test_p5_what_returns_to_an_expired_pack_expires_at_the_instant_of_the_refund(at):
    ledger = settle([charge(4, 1, "x")], PACKS, refunds=[refund("x", 4, at)])
    assert [movement(entry) for entry in ledger.history() if entry.at == day(at)][-4:] == [
        ("refund", "B", None, 2),
        ("expiry", "B", None, -2),
        ("refund", "A", None, 2),
        ("expiry", "A", None, -2),
    ]
    assert ledger.expired(day(at) - MOMENT) == (0 if at == 8 else 1)
    assert ledger.expired(day(at)) == 5


def test_p5_returned_tokens_are_drawn_again():
    ledger = settle([charge(5, 1, "x"), charge(2, 3, "y")], PACKS, refunds=[refund("x", 5, 2)])
    assert [(draw.charge_id, draw.pack_id, draw.tokens) for draw in ledger.draws[2:]] == [("y", "A", 2)]


def test_p5_a_refund_at_the_instant_of_its_charge_follows_it_and_every_charge_of_that_instant():
    ledger = settle([charge(5, 1, "x"), charge(1, 1, "y", user="bob")], PACKS, refunds=[refund("x", 5, 1)])
    assert ledger.shortfall(day(1)) == 1
    assert ledger.balance(day(1)) == 5


def test_p5_the_part_of_a_charge_that_was_a_shortfall_has_nothing_to_return():
    ledger = settle([charge(8, 1, "x")], PACKS, refunds=[refund("x", 7, 2)])
    assert ledger.balance(day(2)) == 5
    assert ledger.drawn(day(2)) == 0
    assert ledger.shortfall(day(2)) == 3


def test_p5_the_refund_of_a_charge_that_drew_nothing_returns_nothing():
    ledger = settle([charge(2, 0, "x")], [pack("A", 5, 1, 9)], refunds=[refund("x", 2, 2)])
    assert ledger.balance(day(2)) == 5
    assert len(ledger.history()) == 2


def test_p5_the_same_refund_given_twice_counts_once_unless_ids_tell_them_apart():
    once = settle([charge(4, 1, "x")], PACKS, refunds=[refund("x", 1, 2), refund("x", 1, 2)])
    twice = settle([charge(4, 1, "x")], PACKS, refunds=[refund("x", 1, 2), refund("x", 1, 2, number="second")])
    assert (once.drawn(day(2)), twice.drawn(day(2))) == (3, 2)


def test_p5_a_refund_of_an_unknown_charge_is_refused():
    with pytest.raises(LedgerError, match="names the charge 'y', which is not among the charges"):
        settle([charge(4, 1, "x")], PACKS, refunds=[refund("y", 1, 2)])


def test_p5_a_refund_before_its_charge_is_refused():
    with pytest.raises(LedgerError, match=r"the refund of 'x' at 2026-01-01.* lies before the charge at 2026-01-02"):
        settle([charge(4, 1, "x")], PACKS, refunds=[refund("x", 1, 0)])


def test_p5_refunds_of_more_than_their_charge_are_refused_together_and_the_whole_charge_is_not():
    settle([charge(4, 1, "x")], PACKS, refunds=[refund("x", 3, 2), refund("x", 1, 3)])
    with pytest.raises(LedgerError, match=r"the refunds of 'x' come to 4\.5, more than the charge"):
        settle([charge(4, 1, "x")], PACKS, refunds=[refund("x", 3, 2), refund("x", Decimal("1.5"), 3)])


def test_p5_a_refund_returns_to_the_pool_of_the_team_that_was_charged():
    packs = [pack("A", 9, 0, 9, team="ops"), pack("B", 9, 0, 9)]
    ledger = settle([charge(4, 1, "x", team="ops")], packs, refunds=[refund("x", 3, 2)])
    assert (ledger.balance(day(2), team="ops"), ledger.balance(day(2), team=None)) == (8, 9)
    assert (ledger.drawn(day(2), team="ops"), ledger.drawn(day(2), team=None)) == (1, 0)


# teams


def test_a_team_with_a_pack_draws_on_it_alone():
    packs = [pack("common", 9, 0, 5), pack("own", 2, 0, 9, team="ops")]
    ledger = settle([charge(3, 1, "x", team="ops")], packs)
    assert [(draw.pack_id, draw.tokens) for draw in ledger.draws] == [("own", 2)]
    assert [(gap.tokens, gap.team) for gap in ledger.shortfalls] == [(1, "ops")]
    assert ledger.balance(day(1), team=None) == 9


def test_a_team_without_a_pack_draws_on_the_common_pool_and_so_do_charges_without_a_team():
    packs = [pack("common", 5, 0, 5), pack("own", 9, 0, 9, team="ops")]
    ledger = settle([charge(3, 1, "x"), charge(3, 2, "y", team="guests")], packs)
    assert [(draw.charge_id, draw.pack_id, draw.tokens) for draw in ledger.draws] == [("x", "common", 3), ("y", "common", 2)]
    assert [(gap.tokens, gap.team) for gap in ledger.shortfalls] == [(1, None)]


def test_the_common_pool_does_not_draw_on_the_pack_of_a_team():
    ledger = settle([charge(3, 1)], [pack("own", 9, 0, 9, team="ops")])
    assert ledger.shortfall(day(1), team=None) == 3


def test_a_team_draws_on_the_common_pool_until_its_own_pack_starts_and_no_more_when_that_has_expired():
    packs = [pack("common", 9, 0, 9), pack("own", 9, 2, 3, team="ops")]
    ledger = settle([charge(1, 1, "before", team="ops"), charge(1, 3, "after", team="ops")], packs)
    assert [(draw.charge_id, draw.pack_id) for draw in ledger.draws] == [("before", "common")]
    assert ledger.shortfall(day(3), team="ops") == 1


def test_a_pack_bought_later_changes_no_earlier_reading_of_its_team():
    charges = [charge(1, 1, team="ops")]
    common = [pack("common", 9, 0, 9)]
    assert settle(charges, [*common, pack("own", 9, 2, 3, team="ops")]).history()[:2] == settle(charges, common).history()[:2]


def test_readings_are_had_for_each_team_for_the_common_pool_and_for_all():
    packs = [pack("A", 4, 0, 5, team="ops"), pack("B", 6, 0, 8)]
    ledger = settle([charge(5, 1, team="ops"), charge(2, 1)], packs)
    scopes = ("ops", None, EVERY_TEAM, "guests")
    assert [ledger.purchased(day(1), team=team) for team in scopes] == [4, 6, 10, 0]
    assert [ledger.drawn(day(1), team=team) for team in scopes] == [4, 2, 6, 0]
    assert [ledger.balance(day(1), team=team) for team in scopes] == [0, 4, 4, 0]
    assert [ledger.shortfall(day(1), team=team) for team in scopes] == [1, 0, 1, 0]
    assert [ledger.expired(day(8), team=team) for team in scopes] == [0, 4, 4, 0]
    assert ledger.balances(day(0), team="ops") == {"A": 4, "B": 0}
    assert ledger.expiring(day(1), day(9) - day(1), team=None) == {"B": 4}
    assert [len(ledger.history(team=team)) for team in scopes] == [2, 3, 5, 0]


# transfers


def test_p5_transferred_tokens_keep_their_pack_and_its_end():
    ledger = settle([charge(1, 3, team="ops")], [pack("A", 10, 0, 5)], transfers=[transfer(None, "ops", 4, 2)])
    assert ledger.balances(day(2), team="ops") == {"A": 4}
    assert ledger.balances(day(2) - MOMENT, team="ops") == {"A": 0}
    assert ledger.balance(day(3), team="ops") == 3
    assert (ledger.expired(day(5), team="ops"), ledger.expired(day(5), team=None)) == (3, 6)
    assert ledger.expired(day(5)) == 9


def test_p5_a_transfer_takes_tokens_in_the_order_of_drawing():
    ledger = settle([], [pack("A", 2, 0, 9), pack("B", 3, 0, 8)], transfers=[transfer(None, "ops", 4, 1)])
    assert ledger.balances(day(1), team="ops") == {"A": 1, "B": 3}
    assert ledger.balances(day(1), team=None) == {"A": 1, "B": 0}
    assert [movement(entry) for entry in ledger.history(team="ops")[:2]] == [
        ("transfer", "B", "ops", 3),
        ("transfer", "A", "ops", 1),
    ]
    assert [entry.reference for entry in ledger.history() if entry.at == day(1)] == ["ops", None, "ops", None]


def test_p5_a_transfer_of_more_than_there_is_moves_what_there_is_and_the_rest_is_its_shortfall():
    ledger = settle([], [pack("A", 3, 0, 9)], transfers=[transfer(None, "ops", 5, 1), transfer("ops", "lab", 4, 2, name="t")])
    assert [(gap.reference, gap.tokens, gap.at, gap.team) for gap in ledger.shortfalls] == [
        ("transfer from the common pool to ops", 2, day(1), None),
        ("t", 1, day(2), "ops"),
    ]
    assert ledger.balance(day(2), team="lab") == 3


def test_p5_a_transfer_without_an_id_names_its_teams_in_its_shortfall():
    ledger = settle([], [], transfers=[transfer("ops", None, 5, 1)])
    assert [gap.reference for gap in ledger.shortfalls] == ["transfer from ops to the common pool"]


def test_the_shortfall_of_a_transfer_is_no_shortfall_of_charges():
    ledger = settle([charge(1, 2)], [], transfers=[transfer(None, "ops", 5, 1)])
    assert ledger.shortfall(day(2)) == 1
    assert [gap.kind for gap in ledger.shortfalls] == [EntryKind.TRANSFER, EntryKind.DRAW]
    ledger.verify()


def test_a_transfer_and_a_charge_of_one_id_are_not_mixed_up():
    ledger = settle([charge(1, 1, "x")], [pack("A", 1, 0, 9)], transfers=[transfer("ops", "lab", 5, 1, name="x")])
    assert ledger.shortfall(day(1)) == 0
    assert ledger.explain("x").data["shortfall"] == "0"
    ledger.verify()


def test_p5_a_team_that_receives_a_transfer_has_a_pool_of_its_own():
    packs = [pack("A", 9, 0, 9)]
    ledger = settle([charge(3, 3, team="ops")], packs, transfers=[transfer(None, "ops", 2, 2)])
    assert ledger.drawn(day(3), team="ops") == 2
    assert ledger.shortfall(day(3), team="ops") == 1


def test_p5_a_team_without_a_pool_of_its_own_has_nothing_to_give():
    ledger = settle([], [pack("A", 9, 0, 9)], transfers=[transfer("guests", "ops", 2, 2)])
    assert ledger.balance(day(2), team="ops") == 0
    assert [(gap.tokens, gap.team) for gap in ledger.shortfalls] == [(2, "guests")]


def test_p5_transfers_come_before_the_charges_of_their_instant_and_are_taken_by_teams():
    transfers = [transfer("lab", "ops", 2, 1), transfer(None, "lab", 2, 1)]
    ledger = settle([charge(2, 1, team="ops")], [pack("A", 2, 0, 9)], transfers=transfers)
    assert ledger.drawn(day(1), team="ops") == 2
    other_way = settle([], [pack("A", 2, 0, 9, team="lab")], transfers=[transfer("lab", "ops", 2, 1), transfer("ops", "a", 2, 1)])
    assert other_way.balance(day(1), team="a") == 2


def test_p5_transferred_tokens_that_come_back_join_those_that_stayed():
    transfers = [transfer(None, "ops", 4, 1), transfer("ops", None, 3, 2)]
    ledger = settle([], [pack("A", 5, 0, 9)], transfers=transfers)
    assert ledger.balances(day(2), team=None) == {"A": 4}
    assert ledger.balances(day(2), team="ops") == {"A": 1}
    ledger.verify()


def test_p5_the_same_transfer_given_twice_counts_once_unless_ids_tell_them_apart():
    once = settle([], [pack("A", 5, 0, 9)], transfers=[transfer(None, "ops", 1, 1), transfer(None, "ops", 1, 1)])
    twice = settle([], [pack("A", 5, 0, 9)], transfers=[transfer(None, "ops", 1, 1), transfer(None, "ops", 1, 1, name="2")])
    assert (once.balance(day(1), team="ops"), twice.balance(day(1), team="ops")) == (1, 2)


def test_p5_a_transfer_at_the_very_end_of_a_pack_finds_it_expired():
    ledger = settle([], [pack("A", 5, 0, 9)], transfers=[transfer(None, "ops", 5, 9)])
    assert ledger.expired(day(9), team=None) == 5
    assert ledger.shortfalls[0].tokens == 5

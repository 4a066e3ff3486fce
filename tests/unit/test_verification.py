"""A ledger that has been tampered with does not verify."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from pool_builders import charge, day, pack, refund, transfer

from flexlib import EntryKind, LedgerError, settle


@pytest.fixture
def ledger():
    """Return a sound ledger: x draws two on A and one on B, y the rest of B, and falls short by one."""
    packs = [pack("A", 2, 0, 5), pack("B", 3, 0, 8), pack("C", 1, 6, 9)]
    return settle([charge(3, 1, "x"), charge(3, 2, "y")], packs)


def with_entries(ledger, change):
    """Return a ledger whose history is changed entry by entry; an entry that becomes None is left out."""
    changed = [change(entry) for entry in ledger.history()]
    return evolve(ledger, entries=tuple(entry for entry in changed if entry is not None))


def with_draws(ledger, change):
    """Return a ledger whose draws are changed, and its history along with them."""
    draws = [change(draw) for draw in ledger.draws]
    of = {id(old): new for old, new in zip(ledger.draws, draws, strict=True)}
    old_draws = iter(ledger.draws)

    def follow(entry):
        if entry.kind is not EntryKind.DRAW:
            return entry
        new = of[id(next(old_draws))]
        return evolve(entry, at=new.at, pack_id=new.pack_id, tokens=-new.tokens, reference=new.charge_id)

    return evolve(with_entries(ledger, follow), draws=tuple(draws))


def test_a_sound_ledger_verifies(ledger):
    ledger.verify()
    with_entries(ledger, lambda entry: entry).verify()
    with_draws(ledger, lambda draw: draw).verify()


def test_p3_a_draw_left_out_is_found(ledger):
    with pytest.raises(LedgerError, match="charge x is of 3 tokens, but draws and shortfall make 1"):
        evolve(ledger, draws=ledger.draws[1:]).verify()


def test_a_shortfall_left_out_is_found(ledger):
    with pytest.raises(LedgerError, match="charge y is of 3 tokens, but draws and shortfall make 2"):
        evolve(ledger, shortfalls=()).verify()


def test_a_shortfall_of_another_size_is_found(ledger):
    other = evolve(ledger.shortfalls[0], tokens=Decimal(2))
    with pytest.raises(LedgerError, match="charge y is of 3 tokens, but draws and shortfall make 4"):
        evolve(ledger, shortfalls=(other,)).verify()


def test_a_charge_that_was_added_is_found(ledger):
    with pytest.raises(LedgerError, match="charge z is of 1 tokens, but draws and shortfall make 0"):
        evolve(ledger, charges=(*ledger.charges, charge(1, 3, "z"))).verify()


def test_draws_in_another_order_than_the_history_are_found(ledger):
    with pytest.raises(LedgerError, match="the draws are not those of the history"):
        evolve(ledger, draws=ledger.draws[::-1]).verify()


@pytest.mark.parametrize("change", [{"pack_id": "C"}, {"at": day(1.5)}])
def test_a_draw_of_another_pack_or_instant_than_the_history_is_found(ledger, change):
    first, *others = ledger.draws
    with pytest.raises(LedgerError, match="the draws are not those of the history"):
        evolve(ledger, draws=(evolve(first, **change), *others)).verify()


@pytest.mark.parametrize(("at", "found"), [(-1, "2025-12-31"), (5, "2026-01-06")], ids=["before its start", "at its very end"])
def test_p1_a_draw_outside_the_span_of_its_pack_is_found(at, found):
    ledger = settle([charge(2, 1, "x")], [pack("A", 2, 0, 5)])
    with pytest.raises(LedgerError, match=f"pack A was drawn on at {found}.* outside its span"):
        with_draws(ledger, lambda draw: evolve(draw, at=day(at))).verify()


def test_p1_a_transfer_outside_the_span_of_its_pack_is_found():
    ledger = settle([], [pack("A", 2, 0, 5)], transfers=[transfer(None, "ops", 1, 1)])

    def late(entry):
        return evolve(entry, at=day(5)) if entry.kind is EntryKind.TRANSFER else entry

    with pytest.raises(LedgerError, match=r"pack A was drawn on at .* outside its span"):
        with_entries(ledger, late).verify()


def test_p1_a_transfer_of_nothing_draws_on_no_pack_and_may_stand_outside_its_span():
    ledger = settle([], [pack("A", 2, 0, 5)], transfers=[transfer(None, "ops", 1, 1)])
    moved = next(entry for entry in ledger.history() if entry.kind is EntryKind.TRANSFER)
    nothing = evolve(moved, at=day(6), tokens=Decimal(0))
    evolve(ledger, entries=(*ledger.history(), nothing)).verify()


def test_p2_a_draw_that_passes_over_a_pack_that_ranks_first_is_found():
    ledger = settle([charge(1, 1, "x")], [pack("A", 2, 0, 5), pack("B", 3, 0, 8)])
    with pytest.raises(LedgerError, match=r"pack B was drawn on at .* before a pack that ranks first"):
        with_draws(ledger, lambda draw: evolve(draw, pack_id="B")).verify()


def test_p2_a_transfer_that_passes_over_a_pack_that_ranks_first_is_found():
    ledger = settle([], [pack("A", 2, 0, 5), pack("B", 3, 0, 8)], transfers=[transfer(None, "ops", 1, 1)])

    def of_b(entry):
        return evolve(entry, pack_id="B") if entry.kind is EntryKind.TRANSFER else entry

    with pytest.raises(LedgerError, match=r"pack B was drawn on at .* before a pack that ranks first"):
        with_entries(ledger, of_b).verify()


def test_p2_a_draw_on_a_pack_that_has_nothing_left_is_found():
    ledger = settle([charge(2, 1, "x"), charge(1, 2, "y")], [pack("A", 2, 0, 5), pack("B", 3, 0, 8)])

    def of_a(draw):
        return evolve(draw, pack_id="A")

    with pytest.raises(LedgerError, match=r"pack A was drawn on at .* before a pack that ranks first"):
        with_draws(ledger, of_a).verify()


def test_p2_a_draw_on_the_pool_of_another_team_is_found():
    ledger = settle([charge(1, 1, "x")], [pack("A", 2, 0, 5), pack("B", 3, 0, 8, team="ops")])

    def of_ops(entry):
        return evolve(entry, team="ops") if entry.kind is EntryKind.DRAW else entry

    with pytest.raises(LedgerError, match=r"pack A was drawn on at .* before a pack that ranks first"):
        with_entries(ledger, of_ops).verify()


def test_a_pack_that_falls_below_zero_is_found():
    ledger = settle([charge(1, 1, "x")], [pack("A", 2, 0, 5)])
    more = evolve(ledger, charges=(charge(3, 1, "x"),))
    with pytest.raises(LedgerError, match="pack A falls to -1 tokens at 2026-01-02"):
        with_draws(more, lambda draw: evolve(draw, tokens=Decimal(3))).verify()


def test_an_expiry_of_more_than_is_left_is_found(ledger):
    def doubled(entry):
        return evolve(entry, tokens=entry.tokens * 2) if entry.kind is EntryKind.EXPIRY else entry

    with pytest.raises(LedgerError, match="pack C falls to -1 tokens at 2026-01-10"):
        with_entries(ledger, doubled).verify()


def test_p1_tokens_that_never_expire_are_found(ledger):
    def left_out(entry):
        return None if entry.kind is EntryKind.EXPIRY else entry

    with pytest.raises(LedgerError, match="1 tokens of pack C in the pool of None neither drawn nor expired by its end"):
        with_entries(ledger, left_out).verify()


def test_tokens_that_were_never_purchased_are_found():
    ledger = settle([], [pack("A", 2, 0, 5)])

    def doubled(entry):
        return evolve(entry, tokens=entry.tokens * 2)

    with pytest.raises(LedgerError, match="A"):
        with_entries(ledger, doubled).verify()


@pytest.mark.parametrize("at", [-1, 1], ids=["before its start", "after its start"])
def test_p1_a_purchase_at_another_instant_than_the_start_of_its_pack_is_found(at):
    ledger = settle([], [pack("A", 2, 0, 5)])

    def moved(entry):
        return evolve(entry, at=day(at)) if entry.kind is EntryKind.PURCHASE else entry

    with pytest.raises(LedgerError, match="A"):
        with_entries(ledger, moved).verify()


def test_a_pack_that_is_purchased_twice_is_found():
    ledger = settle([], [pack("A", 2, 0, 5)])
    purchase, expiry = ledger.history()
    with pytest.raises(LedgerError, match="A"):
        evolve(ledger, entries=(purchase, purchase, expiry, expiry)).verify()


def test_a_pack_that_is_missing_from_the_history_is_found():
    with pytest.raises(LedgerError, match="A"):
        evolve(settle([], [pack("A", 2, 0, 5)]), entries=()).verify()


def test_an_entry_of_an_unknown_pack_is_found():
    ledger = settle([], [pack("A", 2, 0, 5)])
    with pytest.raises(LedgerError, match="A"):
        evolve(ledger, packs=()).verify()


def test_p1_tokens_that_expire_before_the_end_of_their_pack_are_found():
    ledger = settle([], [pack("A", 2, 0, 5)])

    def early(entry):
        return evolve(entry, at=entry.at - timedelta(days=1)) if entry.kind is EntryKind.EXPIRY else entry

    with pytest.raises(LedgerError, match="A"):
        with_entries(ledger, early).verify()


def test_a_ledger_with_refunds_shortfalls_and_transfers_verifies():
    packs = [pack("A", 2, 0, 5), pack("B", 3, 0, 8, team="ops"), pack("C", 3, 0, 8)]
    transfers = [transfer(None, "ops", 3, 1), transfer("ops", None, 9, 4)]
    refunds = [refund("x", Decimal("0.5"), 2), refund("x", 3, 6)]
    settle([charge(4, 1, "x", team="ops"), charge(9, 2, "y")], packs, refunds=refunds, transfers=transfers).verify()

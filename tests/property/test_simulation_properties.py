"""What holds of every simulation: rule P4, and equality with a simulation told quarter by quarter."""

from decimal import Decimal

import pool_strategies as pools
from hypothesis import given
from hypothesis import strategies as st
from naive_simulation import NaiveSimulation
from pool_builders import day
from pool_strategies import GRID, LAST_DAY, POOLS, RATES

from flexlib import EntryKind, Session, TokenPack, charge_usage, charge_windows, settle, simulate

ALL_QUARTERS = [day(number / 4) for number in range(4 * LAST_DAY + 12)]
AMPLE = tuple(TokenPack(f"ample {team}", 999, day(-1), day(99), team=team) for team in POOLS)


@given(pools.usage, pools.packs(), pools.transfers(), pools.seats())
def test_p4_a_simulation_is_that_told_quarter_by_quarter(usage, packs, transfers, seats):
    simulation = simulate(usage, RATES, packs, transfers=transfers, seats=seats)
    naive = NaiveSimulation(usage, packs, transfers, seats, ALL_QUARTERS)
    made = [(charge.user, charge.product, charge.at, charge.tokens, charge.team) for charge in simulation.charges]
    assert made == [(charge.user, charge.product, charge.at, charge.tokens, charge.team) for charge in naive.charges]
    refused = [(one.use, one.at, one.needed, one.balance) for one in simulation.refusals]
    assert len(refused) == len(naive.refusals)
    assert set(refused) == set(naive.refusals)


@given(pools.usage, pools.packs(), pools.transfers(), pools.seats())
def test_p4_the_ledger_of_a_simulation_has_no_shortfall(usage, packs, transfers, seats):
    simulation = simulate(usage, RATES, packs, transfers=transfers, seats=seats)
    assert simulation.ledger.shortfall(GRID[-1]) == 0
    assert sum(charge.tokens for charge in simulation.charges) == sum(draw.tokens for draw in simulation.ledger.draws)
    simulation.ledger.verify()


@given(pools.usage, pools.packs(), pools.seats())
def test_p4_a_pool_that_is_large_enough_refuses_nothing(usage, packs, seats):
    simulation = simulate(usage, RATES, (*packs, *AMPLE), seats=seats)
    charges = charge_usage(usage, RATES, seats=seats)
    assert simulation.refusals == []
    assert simulation.charges == charges
    assert simulation.ledger == settle(charges, (*packs, *AMPLE))
    assert simulation.windows == charge_windows([use for use in usage if isinstance(use, Session)], seats=seats)


@given(pools.usage, pools.packs(), pools.transfers())
def test_p4_a_refusal_tells_what_was_needed_and_that_the_pool_had_less(usage, packs, transfers):
    for refusal in simulate(usage, RATES, packs, transfers=transfers).refusals:
        assert refusal.use in usage
        assert refusal.balance < refusal.needed or refusal.balance == 0
        assert Decimal(refusal.explain().data["balance"]) == refusal.balance
        assert Decimal(refusal.explain().data["needed"]) == refusal.needed


@given(pools.usage, pools.packs(), pools.transfers(), st.data())
def test_the_order_in_which_usage_packs_and_transfers_are_given_makes_no_difference(usage, packs, transfers, data):
    simulation = simulate(usage, RATES, packs, transfers=transfers)
    shuffled = simulate(
        data.draw(st.permutations(usage)),
        RATES,
        data.draw(st.permutations(packs)),
        transfers=data.draw(st.permutations(transfers)),
    )
    assert shuffled == simulation


@given(pools.usage, pools.packs(), pools.transfers())
def test_the_same_facts_given_twice_count_once(usage, packs, transfers):
    once = simulate(usage, RATES, packs, transfers=transfers)
    assert simulate(usage + usage, RATES, packs + packs, transfers=transfers + transfers) == once


@given(pools.usage, pools.packs(), pools.instants)
def test_later_usage_changes_nothing_before_it(usage, packs, at):
    def began(use):
        return use.opened_at if isinstance(use, Session) else use.at

    earlier = simulate([use for use in usage if began(use) < at], RATES, packs)
    whole = simulate(usage, RATES, packs)
    assert [one for one in earlier.charges if one.at < at] == [one for one in whole.charges if one.at < at]
    assert [one for one in earlier.refusals if one.at < at] == [one for one in whole.refusals if one.at < at]


@given(pools.usage, pools.packs(), pools.transfers())
def test_windows_and_charges_belong_together_and_are_in_time_order(usage, packs, transfers):
    simulation = simulate(usage, RATES, packs, transfers=transfers)
    assert simulation.windows == [charge.window for charge in simulation.charges if charge.window]
    assert [charge.at for charge in simulation.charges] == sorted(charge.at for charge in simulation.charges)
    assert [refusal.at for refusal in simulation.refusals] == sorted(refusal.at for refusal in simulation.refusals)
    drawn = [entry for entry in simulation.ledger.history() if entry.kind is EntryKind.DRAW]
    assert sum((entry.tokens for entry in drawn), Decimal(0)) == -sum(charge.tokens for charge in simulation.charges)

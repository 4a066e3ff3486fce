"""What holds of every ledger: the invariants of the pool, and equality with a pool that is told coin by coin."""

from datetime import timedelta
from decimal import Decimal
from itertools import accumulate, pairwise

import pool_strategies as pools
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from naive_pool import NaivePool, least_expiry
from pool_builders import MOMENT
from pool_strategies import GRID, TEAMS, PoolFacts

from flexlib import EVERY_TEAM, EntryKind, Ledger, TokenPack, settle

WITHIN = timedelta(days=2)
SCOPES = (EVERY_TEAM, *TEAMS)
whole = st.integers(1, 3).map(Decimal)


def read(ledger, at, team=EVERY_TEAM):
    return {
        "balance": ledger.balance(at, team=team),
        "balances": ledger.balances(at, team=team),
        "purchased": ledger.purchased(at, team=team),
        "drawn": ledger.drawn(at, team=team),
        "expired": ledger.expired(at, team=team),
        "shortfall": ledger.shortfall(at, team=team),
        "expiring": list(ledger.expiring(at, WITHIN, team=team).items()),
    }


def read_all(ledger, instants):
    return [read(ledger, at, team) for at in instants for team in SCOPES]


@given(pools.pool_facts())
def test_every_reading_is_that_of_the_pool_told_coin_by_coin(facts):
    ledger = facts.settled()
    naive = NaivePool(facts.charges, facts.packs, facts.refunds, facts.transfers, GRID)
    for at in GRID:
        for team in SCOPES:
            assert read(ledger, at, team) == naive.reading(at, WITHIN, team)


@given(pools.pool_facts())
def test_nothing_changes_between_the_instants_at_which_something_happens(facts):
    ledger = facts.settled()
    within = {"balance", "balances", "purchased", "drawn", "expired", "shortfall"}
    for before, at in pairwise(GRID):
        for team in SCOPES:
            just_before, earlier = read(ledger, at - MOMENT, team), read(ledger, before, team)
            assert {name: just_before[name] for name in within} == {name: earlier[name] for name in within}


@given(pools.pool_facts())
def test_purchased_tokens_are_left_drawn_or_expired_at_every_instant(facts):
    ledger = facts.settled()
    for at in GRID:
        assert ledger.purchased(at) == ledger.balance(at) + ledger.drawn(at) + ledger.expired(at)
        assert ledger.balance(at) == sum(ledger.balances(at).values())


@given(pools.pool_facts())
def test_the_pools_of_the_teams_make_up_the_whole(facts):
    ledger = facts.settled()
    for at in GRID:
        whole_pool, parts = read(ledger, at), [read(ledger, at, team) for team in TEAMS]
        for name in ("balance", "purchased", "drawn", "expired", "shortfall"):
            assert sum(part[name] for part in parts) == whole_pool[name]


@given(pools.pool_facts())
def test_purchased_and_moved_tokens_of_each_team_are_left_drawn_or_expired(facts):
    ledger = facts.settled()
    for team in TEAMS:
        moved = sum(entry.tokens for entry in ledger.history(team=team) if entry.kind is EntryKind.TRANSFER)
        end = read(ledger, GRID[-1], team)
        assert end["purchased"] + moved == end["balance"] + end["drawn"] + end["expired"]


@given(pools.pool_facts())
def test_draws_and_shortfall_make_each_charge(facts):
    ledger = facts.settled()
    paid = {charge.id: Decimal(0) for charge in ledger.charges}
    for draw in ledger.draws:
        paid[draw.charge_id] += draw.tokens
    for gap in ledger.shortfalls:
        if gap.kind is EntryKind.DRAW:
            paid[gap.reference] += gap.tokens
    assert paid == {charge.id: charge.tokens for charge in ledger.charges}


@given(pools.pool_facts())
def test_no_pack_and_no_pool_ever_falls_below_zero(facts):
    ledger = facts.settled()
    left = {}
    for entry in ledger.history():
        lot = (entry.pack_id, entry.team)
        left[lot] = left.get(lot, Decimal(0)) + entry.tokens
        assert left[lot] >= 0
        assert entry.balance >= 0
    assert not any(left.values())


@given(pools.pool_facts())
def test_p1_nothing_is_drawn_outside_the_span_of_a_pack(facts):
    spans = {pack.id: (pack.starts_at, pack.expires_at) for pack in facts.packs}
    for draw in facts.settled().draws:
        starts_at, expires_at = spans[draw.pack_id]
        assert starts_at <= draw.at < expires_at
        assert draw.tokens > 0


@given(pools.pool_facts())
def test_p2_no_draw_passes_over_a_pack_that_ranks_before_it(facts):
    packs = {pack.id: pack for pack in facts.packs}

    def rank(pack_id):
        pack = packs[pack_id]
        return (pack.expires_at, pack.tokens, pack.starts_at, pack.id)

    left = {}
    for entry in facts.settled().history():
        if entry.kind is EntryKind.DRAW:
            others = [pack_id for (pack_id, team), tokens in left.items() if team == entry.team and tokens]
            assert entry.pack_id == min(others, key=rank)
        left[entry.pack_id, entry.team] = left.get((entry.pack_id, entry.team), Decimal(0)) + entry.tokens


@given(pools.pool_facts())
def test_a_charge_falls_short_only_where_its_pool_is_left_empty(facts):
    ledger = evolve(facts, refunds=()).settled()
    for gap in ledger.shortfalls:
        assert gap.tokens > 0
        assert gap.kind is EntryKind.TRANSFER or ledger.balance(gap.at, team=gap.team) == 0


@given(pools.pool_facts())
def test_the_history_is_in_time_order_and_its_balances_are_the_running_total(facts):
    ledger = facts.settled()
    history = ledger.history()
    assert [entry.at for entry in history] == sorted(entry.at for entry in history)
    assert [entry.balance for entry in history] == list(accumulate(entry.tokens for entry in history))
    assert all(entry.tokens for entry in history)
    for at in GRID:
        assert ledger.balance(at) == next((entry.balance for entry in reversed(history) if entry.at <= at), 0)


@given(pools.packs(teams=[None], sizes=whole, most=3), pools.charges(teams=[None], tokens=whole, most=5))
def test_p2_no_order_of_drawing_lets_fewer_tokens_expire(packs, charges):
    distinct = list({charge.id: charge for charge in charges}.values())
    assert settle(charges, packs).expired(GRID[-1]) == least_expiry(distinct, packs)


@given(pools.pool_facts(), st.data())
def test_the_order_in_which_facts_are_given_makes_no_difference(facts, data):
    shuffled = PoolFacts(*(tuple(data.draw(st.permutations(part))) for part in _parts(facts)))
    assert shuffled.settled() == facts.settled()


@given(pools.pool_facts())
def test_the_same_facts_given_twice_count_once(facts):
    twice = PoolFacts(*(part + part for part in _parts(facts)))
    assert twice.settled() == facts.settled()


@given(pools.pool_facts(), pools.instants)
def test_run_to_an_instant_saved_and_resumed_is_the_whole_run(facts, at):
    saved = facts.until(at).settled().save()
    rest = facts.after(at)
    resumed = Ledger.resume(saved).extend(rest.charges, refunds=rest.refunds)
    assert resumed == facts.settled()
    assert read_all(resumed, GRID) == read_all(facts.settled(), GRID)


@given(pools.pool_facts())
def test_a_saved_ledger_is_resumed_as_it_was(facts):
    ledger = facts.settled()
    assert Ledger.resume(ledger.save()) == ledger
    assert Ledger.resume(ledger.save()).save() == ledger.save()


@given(pools.pool_facts())
def test_extending_an_empty_ledger_by_facts_is_to_settle_them(facts):
    extended = settle([], []).extend(facts.charges, facts.packs, refunds=facts.refunds, transfers=facts.transfers)
    assert extended == facts.settled()


@given(pools.pool_facts(), pools.instants)
def test_charges_and_refunds_after_an_instant_change_no_reading_up_to_it(facts, at):
    earlier = [instant for instant in GRID if instant <= at]
    assert read_all(facts.until(at).settled(), earlier) == read_all(facts.settled(), earlier)


@given(pools.pool_facts(), pools.instants, st.integers(1, 3))
def test_a_later_pack_of_a_pool_that_has_one_changes_no_reading_up_to_its_start(facts, at, tokens):
    teams = {pack.team for pack in facts.packs} | {None}
    earlier = [instant for instant in GRID if instant < at]
    for team in teams:
        later = TokenPack("later", tokens, at, at + timedelta(days=1), team=team)
        before, after = read_all(facts.settled(), earlier), read_all(facts.settled().extend(packs=[later]), earlier)
        for reading in after:
            assert reading["balances"].pop("later") == 0
        assert after == before


@given(pools.pool_facts(), pools.instants)
def test_every_ledger_verifies_as_do_its_parts(facts, at):
    facts.settled().verify()
    facts.until(at).settled().verify()


@given(pools.pool_facts())
def test_what_is_explained_of_the_packs_adds_up_to_what_is_read(facts):
    ledger = facts.settled()
    data = [ledger.explain_pack(pack.id).data for pack in ledger.packs]
    end = GRID[-1]
    assert sum(Decimal(one["drawn"]) - Decimal(one["returned"]) for one in data) == ledger.drawn(end)
    assert sum(Decimal(one["expired"]) for one in data) == ledger.expired(end)
    explained = [ledger.explain(charge).data for charge in ledger.charges]
    assert sum(Decimal(one["shortfall"]) for one in explained) == ledger.shortfall(end)
    assert sum(Decimal(draw["tokens"]) for one in explained for draw in one["draws"]) == sum(draw.tokens for draw in ledger.draws)


def _parts(facts):
    return facts.charges, facts.packs, facts.refunds, facts.transfers

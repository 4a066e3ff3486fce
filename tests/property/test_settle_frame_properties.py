"""The columnar ledger is the typed one: draw for draw, shortfall for shortfall, reading for reading."""

import pool_strategies as pools
from charge_frames import KINDS, charge_table, draws_in, draws_of, rows_of, settled_rows
from hypothesis import given
from hypothesis import strategies as st
from pool_builders import MOMENT
from pool_strategies import GRID, TEAMS

from flexlib import EVERY_TEAM
from flexlib.model.amounts import total
from flexlib.scale import settle_frame

INSTANTS = sorted({*GRID, *(at - MOMENT for at in GRID)})
SCOPES = (EVERY_TEAM, *TEAMS)
charges = pools.charges(most=12)
packs = pools.packs(most=8)
kinds = st.sampled_from(sorted(KINDS))


def settled_as(kind, charged, bought):
    return settle_frame(KINDS[kind](charge_table(charged)), bought)


def readings(ledger):
    return [
        (
            ledger.balance(at, team=team),
            ledger.balances(at, team=team),
            ledger.expired(at, team=team),
            ledger.shortfall(at, team=team),
        )
        for at in INSTANTS
        for team in SCOPES
    ]


@given(charges, packs, kinds)
def test_every_draw_and_shortfall_is_that_of_settle_in_its_order(charged, bought, kind):
    assert draws_in(settled_as(kind, charged, bought)) == draws_of(settled_rows(charged, bought))


@given(charges, packs)
def test_every_reading_at_every_instant_of_interest_is_that_of_settle(charged, bought):
    assert readings(settle_frame(charge_table(charged), bought)) == readings(settled_rows(charged, bought))


@given(charges, packs, kinds)
def test_every_row_says_what_settle_drew_for_it_and_nothing_where_it_repeats_another(charged, bought, kind):
    ledger = settled_rows(charged, bought)
    expected = []
    for number, charge in enumerate(charge_table(charged).to_pylist()):
        drawn = total(draw.tokens for draw in ledger.draws if int(draw.charge_id) == number)
        short = total(gap.tokens for gap in ledger.shortfalls if int(gap.reference) == number)
        counts = any(int(known.id) == number for known in ledger.charges)
        expected.append({**charge, "drawn": drawn if counts else None, "shortfall": short if counts else None})
    assert rows_of(settled_as(kind, charged, bought).charges) == expected


@given(charges, packs, kinds)
def test_every_pack_says_what_became_of_it(charged, bought, kind):
    ledger = settled_rows(charged, bought)
    expected = [
        {
            "pack": pack.id,
            "team": pack.team,
            "tokens": pack.tokens,
            "drawn": total(draw.tokens for draw in ledger.draws if draw.pack_id == pack.id),
            "expired": total(
                -entry.tokens for entry in ledger.history() if (entry.pack_id, entry.kind.value) == (pack.id, "expiry")
            ),
        }
        for pack in ledger.packs
    ]
    assert rows_of(settled_as(kind, charged, bought).packs) == expected


@given(charges, packs, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_packs_makes_no_difference_to_a_reading(charged, bought, random):
    other, others = random.sample(charged, len(charged)), random.sample(bought, len(bought))
    assert readings(settle_frame(charge_table(other), others)) == readings(settle_frame(charge_table(charged), bought))


@given(charges, packs, st.integers(0, 12))
def test_rows_and_packs_given_twice_count_once(charged, bought, number):
    twice = settle_frame(charge_table([*charged, *charged[:number]]), [*bought, *bought])
    once = settle_frame(charge_table(charged), bought)
    assert draws_in(twice) == draws_in(once)
    assert readings(twice) == readings(once)


@given(charges, packs)
def test_drawn_and_expired_tokens_are_those_bought_and_drawn_and_missing_ones_those_charged(charged, bought):
    settled = settle_frame(charge_table(charged), bought)
    for row in rows_of(settled.packs):
        assert row["tokens"] == row["drawn"] + row["expired"]
    for row in rows_of(settled.charges):
        assert row["drawn"] is None or row["tokens"] == row["drawn"] + row["shortfall"]

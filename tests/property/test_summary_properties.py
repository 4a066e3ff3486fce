"""What holds of every summary: it is the naive one, and its rows add up to its total."""

from decimal import Decimal
from itertools import combinations
from zoneinfo import ZoneInfo

import pool_strategies as pools
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from flexlib import settle
from flexlib.reports import allocate_prices, summarize

NAMES = ("product", "user", "team", "day", "week", "month", "hour")
ZONES = st.sampled_from([ZoneInfo(name) for name in ("UTC", "Asia/Kolkata", "America/New_York", "Pacific/Kiritimati")])
groupings = st.sampled_from([by for size in range(4) for by in combinations(NAMES, size)])


def naive_key(charge, by, zone):
    local = charge.at.astimezone(zone)
    year, week, _ = local.isocalendar()
    values = {
        "product": charge.product,
        "user": charge.user,
        "team": charge.team,
        "day": f"{local:%Y-%m-%d}",
        "week": f"{year}-W{week:02}",
        "month": f"{local:%Y-%m}",
        "hour": (local.isoweekday() - 1) * 24 + local.hour,
    }
    return tuple(values[name] for name in by)


@given(pools.pool_facts(), groupings, ZONES)
def test_every_charge_is_in_the_one_row_of_its_group(facts, by, zone):
    naive = {}
    for charge in facts.charges:
        naive.setdefault(naive_key(charge, by, zone), []).append(charge)
    summary = summarize(facts.charges, by, zone=zone)
    figures = sorted((row.tokens, row.charges, row.users, row.days) for row in summary)
    assert figures == sorted(
        (
            sum((charge.tokens for charge in own), Decimal(0)),
            len(own),
            len({charge.user for charge in own}),
            len({charge.at.astimezone(zone).date() for charge in own}),
        )
        for own in naive.values()
    )


@given(pools.pool_facts(), groupings)
def test_the_rows_add_up_to_the_total_in_tokens_and_in_money(facts, by):
    packs = [evolve(pack, price=pack.tokens * 3, currency="USD") for pack in facts.packs]
    ledger = settle(facts.charges, packs, refunds=facts.refunds, transfers=facts.transfers)
    summary = summarize(ledger.charges, by, prices=allocate_prices(ledger))
    assert sum((row.tokens for row in summary), Decimal(0)) == summary.total.tokens
    assert sum(row.windows for row in summary) == summary.total.windows
    costs = [row.costs.get("USD", Decimal(0)) for row in summary]
    assert sum(costs, Decimal(0)) == summary.total.costs.get("USD", Decimal(0)) == 3 * ledger.drawn(max_at(ledger))


def max_at(ledger):
    return max((entry.at for entry in ledger.history()), default=pools.GRID[-1])


@given(pools.pool_facts(), groupings, st.randoms(use_true_random=False))
def test_the_order_of_the_charges_makes_no_difference(facts, by, random):
    shuffled = random.sample(list(facts.charges), len(facts.charges))
    assert summarize(shuffled, by) == summarize(facts.charges, by)

"""What holds of every alert: it is told from what has happened, and from nothing that happens later."""

from datetime import timedelta

import pool_strategies as pools
from hypothesis import given
from hypothesis import strategies as st
from pool_builders import pack
from pool_strategies import GRID, LAST_DAY, RATES

from flexlib import Budget, ExpiringTokens, LowBalance, Reserve, RunningOn, Session, alerts, charge_usage, replay_alerts, settle

RULES = (
    LowBalance(),
    LowBalance(share=None, tokens=1, team="ops"),
    ExpiringTokens(within=timedelta(days=2)),
    Reserve(tokens=2, after=timedelta(days=1), team=None),
    Budget(tokens=2, user="ada", per="day"),
    Budget(tokens=2, team="ops", per="year"),
)


@given(pools.pool_facts(), pools.instants)
def test_p6_no_charge_or_refund_after_an_instant_changes_an_alert_at_it(facts, at):
    assert alerts(facts.until(at).settled(), at, RULES) == alerts(facts.settled(), at, RULES)


@given(pools.usage, pools.instants)
def test_c3_no_use_after_an_instant_changes_what_runs_on_at_it(usage, at):
    packs = [pack("A", 99, -1, LAST_DAY + 9)]
    rule = RunningOn([use for use in usage if isinstance(use, Session)], within=timedelta(hours=12))
    charges = charge_usage(usage, RATES)
    earlier = settle([charge for charge in charges if charge.at <= at], packs)
    assert alerts(earlier, at, [rule]) == alerts(settle(charges, packs), at, [rule])


@given(pools.pool_facts(), st.sampled_from(RULES))
def test_an_alert_is_said_in_a_replay_exactly_where_it_stands_and_did_not_stand_before(facts, rule):
    ledger = facts.settled()
    expected, before = [], set()
    for at in GRID:
        now = alerts(ledger, at, [rule])
        expected += [alert for alert in now if alert.subject not in before]
        before = {alert.subject for alert in now}
    assert replay_alerts(ledger, GRID, [rule]) == expected


@given(pools.pool_facts(), pools.instants)
def test_alerts_come_in_the_order_of_their_rules(facts, at):
    ledger = facts.settled()
    assert alerts(ledger, at, RULES) == [alert for rule in RULES for alert in alerts(ledger, at, [rule])]

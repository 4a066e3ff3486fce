"""Alerts said over history: each when it first stands, and again after it had gone."""

from datetime import timedelta, timezone
from decimal import Decimal

import pytest
from pool_builders import charge, day, pack, refund

from flexlib import Alert, Budget, ExpiringTokens, LowBalance, NaiveDatetimeError, Reserve, replay_alerts, settle

DAYS = [day(number) for number in range(12)]


def said(ledger, rules, instants=DAYS):
    return [(alert.kind, alert.subject, alert.at) for alert in replay_alerts(ledger, instants, rules)]


def test_an_alert_is_said_at_the_first_instant_at_which_it_stands_and_not_again():
    ledger = settle([charge(85, 2), charge(5, 4)], [pack("A", 100, 0, 99)])
    assert said(ledger, [LowBalance()]) == [("low-balance", "the pool", day(2))]


def test_an_alert_that_had_gone_and_comes_back_is_said_again():
    ledger = settle([charge(90, 2, "x"), charge(80, 6)], [pack("A", 100, 0, 99)], refunds=[refund("x", 90, 4)])
    assert said(ledger, [LowBalance()]) == [("low-balance", "the pool", day(2)), ("low-balance", "the pool", day(6))]


def test_what_is_said_is_what_stood_at_that_instant():
    ledger = settle([charge(85, 2), charge(5, 4)], [pack("A", 100, 0, 99)])
    message = "the pool has 15 tokens left of 100 in packs that are usable"
    assert replay_alerts(ledger, DAYS, [LowBalance()]) == [Alert("low-balance", "the pool", day(2), message, Decimal(15))]


def test_alerts_of_different_subjects_are_said_apart():
    ledger = settle([], [pack("A", 5, 0, 6), pack("B", 5, 0, 8)])
    rule = ExpiringTokens(within=timedelta(days=3))
    assert said(ledger, [rule]) == [("expiring", "A", day(3)), ("expiring", "B", day(5))]


def test_alerts_of_different_kinds_on_one_subject_are_said_apart():
    ledger = settle([charge(60, 2), charge(25, 4)], [pack("A", 100, 0, 99)])
    assert said(ledger, [LowBalance(), Reserve(tokens=50)]) == [
        ("reserve", "the pool", day(2)),
        ("low-balance", "the pool", day(4)),
    ]


def test_two_rules_of_one_kind_on_one_subject_are_said_each_when_it_first_stands():
    ledger = settle([charge(11, 1), charge(11, 2)], [])
    rules = [Budget(tokens=10, user="ada", per="day"), Budget(tokens=20, user="ada", per="year")]
    assert [(alert.at, alert.message) for alert in replay_alerts(ledger, DAYS[:3], rules)] == [
        (day(1), "ada was charged 11 tokens this day, over the budget of 10"),
        (day(2), "ada was charged 22 tokens this year, over the budget of 20"),
    ]


def test_instants_may_be_given_in_any_order_zone_and_number():
    ledger = settle([charge(85, 2)], [pack("A", 100, 0, 99)])
    elsewhere = [at.astimezone(timezone(timedelta(hours=9))) for at in reversed(DAYS)]
    assert replay_alerts(ledger, elsewhere + DAYS, [LowBalance()]) == replay_alerts(ledger, DAYS, [LowBalance()])


def test_only_the_given_instants_are_looked_at():
    ledger = settle([charge(85, 2)], [pack("A", 100, 0, 99)])
    assert said(ledger, [LowBalance()], [day(1), day(7)]) == [("low-balance", "the pool", day(7))]
    assert said(ledger, [LowBalance()], []) == []


def test_rules_may_be_given_as_an_iterator():
    ledger = settle([charge(85, 2)], [pack("A", 100, 0, 99)])
    assert said(ledger, iter([LowBalance()])) == [("low-balance", "the pool", day(2))]


def test_p6_the_standard_rules_are_replayed_unless_others_are_given():
    ledger = settle([charge(85, 2)], [pack("A", 100, 0, 99)])
    assert [(alert.kind, alert.at) for alert in replay_alerts(ledger, DAYS)] == [("low-balance", day(2)), ("expiring", day(9))]


def test_t1_a_naive_instant_is_refused():
    with pytest.raises(NaiveDatetimeError):
        replay_alerts(settle([], []), [day(1).replace(tzinfo=None)])

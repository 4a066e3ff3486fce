"""Alerts: what each rule says, at its boundaries (rule P6)."""

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, localcontext
from zoneinfo import ZoneInfo

import pytest
from pool_builders import MOMENT, charge, day, pack, rates, session, transfer

from flexlib import (
    STANDARD_RULES,
    Alert,
    Budget,
    Charge,
    ExpiringTokens,
    InvalidTokensError,
    InvalidValueError,
    LowBalance,
    NaiveDatetimeError,
    Reserve,
    RunningOn,
    alerts,
    charge_usage,
    settle,
)

DAYS_90 = timedelta(days=90)


def left(tokens, *, of=100):
    """Return a ledger in which some tokens of a pack are left on day 1."""
    return settle([charge(of - tokens, 1)], [pack("A", of, 0, 365)])


# low balance


@pytest.mark.parametrize(("tokens", "speaks"), [(21, False), (Decimal("20.1"), False), (20, True), (0, True)])
def test_p6_a_balance_is_low_where_a_fifth_or_less_is_left(tokens, speaks):
    assert len(alerts(left(tokens), day(1), [LowBalance()])) == speaks


def test_p6_a_low_balance_is_told_with_what_is_left():
    assert alerts(left(20), day(1), [LowBalance()]) == [
        Alert("low-balance", "the pool", day(1), "the pool has 20 tokens left of 100 in packs that are usable", Decimal(20))
    ]


def test_p6_an_expired_pack_no_longer_counts_and_one_to_come_does_not_yet():
    ledger = settle([charge(80, 1)], [pack("A", 900, 0, 1), pack("B", 100, 1, 5), pack("C", 900, 3, 5)])
    assert alerts(ledger, day(2), [LowBalance()])[0].message.endswith("20 tokens left of 100 in packs that are usable")
    assert alerts(ledger, day(3), [LowBalance()]) == []
    assert alerts(ledger, day(0.5), [LowBalance()]) == []


def test_p6_a_pack_no_longer_counts_at_its_very_end():
    ledger = settle([], [pack("A", 900, 0, 1), pack("B", 100, 0, 5)])
    assert alerts(ledger, day(1), [LowBalance()]) == []
    assert [alert.tokens for alert in alerts(ledger, day(1), [LowBalance(share=1)])] == [100]


def test_p6_before_the_first_pack_there_is_no_low_balance_and_after_the_last_there_is():
    ledger = settle([], [pack("A", 100, 1, 5)])
    assert alerts(ledger, day(1) - MOMENT, [LowBalance()]) == []
    assert alerts(ledger, day(5) - MOMENT, [LowBalance()]) == []
    assert [alert.tokens for alert in alerts(ledger, day(5), [LowBalance()])] == [0]
    assert alerts(settle([], []), day(1), [LowBalance()]) == []


def test_p6_a_balance_is_low_at_the_very_start_of_a_pack_if_a_charge_of_that_instant_makes_it_so():
    assert len(alerts(settle([charge(80, 1)], [pack("A", 100, 1, 5)]), day(1), [LowBalance()])) == 1


@pytest.mark.parametrize(("tokens", "speaks"), [(51, False), (50, True), (49, True)])
def test_a_balance_is_low_at_an_amount_or_less(tokens, speaks):
    assert len(alerts(left(tokens), day(1), [LowBalance(share=None, tokens=50)])) == speaks
    assert len(alerts(left(tokens), day(1), [LowBalance(tokens=50)])) == speaks


def test_a_balance_is_low_by_the_share_although_the_amount_is_there():
    assert len(alerts(left(20), day(1), [LowBalance(tokens=10)])) == 1
    assert alerts(left(20), day(1), [LowBalance(share=None, tokens=10)]) == []


def test_a_low_balance_is_watched_for_a_team_or_the_common_pool():
    ledger = settle([charge(9, 1, team="ops")], [pack("A", 10, 0, 9, team="ops"), pack("B", 100, 0, 9)])
    assert [alert.subject for alert in alerts(ledger, day(1), [LowBalance(team="ops")])] == ["the pool of ops"]
    assert alerts(ledger, day(1), [LowBalance(team=None), LowBalance(), LowBalance(team="guests")]) == []
    assert alerts(ledger, day(1), [LowBalance(team=None, share=1)])[0].subject == "the common pool"


def test_a_low_balance_is_told_of_a_team_that_has_only_what_was_transferred_to_it():
    moves = [transfer(None, "ops", 10, 1)]
    ledger = settle([charge(8, 2, team="ops")], [pack("A", 100, 0, 9)], transfers=moves)
    assert [alert.tokens for alert in alerts(ledger, day(2), [LowBalance(share=None, tokens=5, team="ops")])] == [2]


def test_p6_the_share_counts_what_a_pool_holds_after_transfers():
    packs = [pack("A", 100, 0, 9), pack("old", 50, 0, 2)]
    moves = [transfer(None, "ops", 50, 1), transfer(None, "ops", 40, 3), transfer("ops", None, 10, 4), transfer(None, "ops", 9, 6)]
    ledger = settle([charge(24, 5, team="ops")], packs, transfers=moves)
    assert alerts(ledger, day(4), [LowBalance(team="ops")]) == []
    low = alerts(ledger, day(5), [LowBalance(team="ops")])
    assert [alert.message for alert in low] == ["the pool of ops has 6 tokens left of 30 in packs that are usable"]
    assert alerts(ledger, day(6), [LowBalance(team="ops")]) == []
    assert alerts(ledger, day(0.5), [LowBalance(team="ops")]) == []


def test_a_share_must_be_exact():
    with pytest.raises(InvalidTokensError):
        LowBalance(share=0.2)


# expiring tokens


@pytest.mark.parametrize(
    ("at", "speaks"),
    [(day(100) - DAYS_90 - MOMENT, False), (day(100) - DAYS_90, True), (day(100) - MOMENT, True), (day(100), False)],
    ids=["a moment more than 90 days before", "90 days before", "just before", "at the very end"],
)
def test_p6_tokens_are_expiring_from_90_days_before_the_end_of_their_pack(at, speaks):
    ledger = settle([], [pack("A", 5, 0, 100)])
    expected = Alert("expiring", "A", at, "5 tokens of pack A expire at 2026-04-11T00:00:00+00:00", Decimal(5))
    assert alerts(ledger, at, [ExpiringTokens()]) == ([expected] if speaks else [])


def test_p6_each_pack_that_is_expiring_is_told_soonest_first_and_one_without_tokens_is_not():
    ledger = settle([charge(3, 0)], [pack("A", 5, 0, 60), pack("B", 5, 0, 50), pack("C", 3, 0, 40)])
    assert [alert.subject for alert in alerts(ledger, day(1), [ExpiringTokens()])] == ["B", "A"]


@pytest.mark.parametrize(("tokens", "speaks"), [(Decimal("0.9"), 0), (1, 1)])
def test_less_than_a_token_is_not_told_as_expiring(tokens, speaks):
    assert len(alerts(settle([], [pack("A", tokens, 0, 9)]), day(1), [ExpiringTokens()])) == speaks


def test_the_span_and_the_amount_of_expiring_tokens_are_set_by_the_caller():
    ledger = settle([], [pack("A", 5, 0, 9), pack("B", 10, 0, 9), pack("C", 10, 0, 10)])
    rule = ExpiringTokens(within=timedelta(days=3), at_least=10)
    assert [alert.subject for alert in alerts(ledger, day(6), [rule])] == ["B"]


# reserve


@pytest.mark.parametrize(("tokens", "speaks"), [(50, False), (Decimal("49.9"), True)])
def test_a_reserve_that_is_exactly_there_is_enough(tokens, speaks):
    found = alerts(left(tokens), day(1), [Reserve(tokens=50)])
    assert [(alert.kind, alert.tokens) for alert in found] == ([("reserve", tokens)] if speaks else [])


def test_a_reserve_counts_only_what_lasts_long_enough():
    ledger = settle([], [pack("A", 40, 0, 9), pack("B", 30, 0, 20)])
    rule = Reserve(tokens=50, after=timedelta(days=5))
    assert alerts(ledger, day(4) - MOMENT, [rule]) == []
    message = "the pool has 30 tokens that last until 2026-01-10T00:00:00+00:00, below the reserve of 50"
    assert alerts(ledger, day(4), [rule]) == [Alert("reserve", "the pool", day(4), message, Decimal(30))]
    assert alerts(ledger, day(4), [Reserve(tokens=50)]) == []


def test_a_reserve_of_now_is_told_without_a_date_and_for_a_team():
    ledger = settle([], [pack("A", 40, 0, 9), pack("B", 30, 0, 20, team="ops")])
    found = alerts(ledger, day(1), [Reserve(tokens=50, team="ops"), Reserve(tokens=50, team=None)])
    assert [alert.message for alert in found] == [
        "the pool of ops has 30 tokens, below the reserve of 50",
        "the common pool has 40 tokens, below the reserve of 50",
    ]


# budgets


@pytest.mark.parametrize(("tokens", "speaks"), [(10, False), (Decimal("9.9"), True)], ids=["exactly met", "exceeded"])
def test_a_budget_is_exceeded_by_more_than_it_and_not_by_as_much(tokens, speaks):
    ledger = settle([charge(4, 1), charge(6, 2), charge(6, 1, user="bob")], [])
    assert len(alerts(ledger, day(2), [Budget(tokens=tokens, user="ada")])) == speaks
    assert alerts(ledger, day(2) - MOMENT, [Budget(tokens=tokens, user="ada")]) == []


def test_a_budget_is_told_with_what_was_charged():
    ledger = settle([charge(11, 1)], [])
    message = "ada was charged 11 tokens this month, over the budget of 10"
    assert alerts(ledger, day(1), [Budget(tokens=10, user="ada")]) == [Alert("budget", "ada", day(1), message, Decimal(11))]


def test_a_budget_of_nothing_is_exceeded_by_any_charge():
    ledger = settle([charge(0, 1), charge(Decimal("0.1"), 2)], [])
    assert [len(alerts(ledger, day(at), [Budget(tokens=0, user="ada")])) for at in (1, 2)] == [0, 1]


def test_a_budget_for_a_team_counts_the_charges_of_the_team_and_of_no_other():
    ledger = settle([charge(6, 1, team="ops"), charge(6, 1, user="bob", team="ops"), charge(99, 1), charge(9, 1, team="lab")], [])
    assert [(alert.subject, alert.tokens) for alert in alerts(ledger, day(1), [Budget(tokens=10, team="ops")])] == [
        ("team ops", 12)
    ]


@pytest.mark.parametrize(
    ("per", "first"),
    [("day", "2026-03-02T00:00"), ("month", "2026-03-01T00:00"), ("year", "2026-01-01T00:00")],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles"])
def test_a_budget_counts_from_the_first_instant_of_the_period_in_its_zone(per, first, zone):
    start = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    at = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo(zone))
    rule = Budget(tokens=10, user="ada", per=per, zone=ZoneInfo(zone))
    within = settle([Charge("ada", "revit", start, 11)], [])
    before = settle([Charge("ada", "revit", start - MOMENT, 11)], [])
    assert len(alerts(within, at, [rule])) == 1
    assert alerts(before, at, [rule]) == []
    assert alerts(within, at, [rule])[0].message.startswith(f"ada was charged 11 tokens this {per}")


def test_a_budget_of_a_day_on_which_midnight_comes_twice_counts_from_the_first():
    havana = ZoneInfo("America/Havana")
    first, second = (datetime(2025, 11, 2, tzinfo=havana, fold=fold).astimezone(UTC) for fold in (0, 1))
    assert second - first == timedelta(hours=1)
    ledger = settle([Charge("ada", "revit", first, 11)], [])
    rule = Budget(tokens=10, user="ada", per="day", zone=havana)
    assert len(alerts(ledger, second + timedelta(minutes=30), [rule])) == 1
    assert alerts(settle([Charge("ada", "revit", first - MOMENT, 11)], []), second, [rule]) == []


@pytest.mark.parametrize("whose", [{}, {"user": "ada", "team": "ops"}], ids=["neither", "both"])
def test_a_budget_is_for_either_a_user_or_a_team(whose):
    with pytest.raises(InvalidValueError, match="either a user or a team"):
        Budget(tokens=10, **whose)


# running on


def running(use, *, of=None):
    return settle(charge_usage([of or use], rates(revit=10)), [pack("A", 500, 0, 9)]), RunningOn([use])


@pytest.mark.parametrize(
    ("hours", "speaks"),
    [(22.9, False), (23, True), (23.9, True), (24, False), (47, True), (48, False)],
)
def test_c3_a_session_runs_on_from_an_hour_before_its_window_ends(hours, speaks):
    ledger, rule = running(session(0, 2))
    assert len(alerts(ledger, day(hours / 24), [rule])) == speaks


def test_c3_what_runs_on_is_told_with_the_instant_and_the_tokens():
    ledger, rule = running(session(0, 2))
    message = "ada still has revit open: at 2026-01-02T00:00:00+00:00 it is charged again"
    at = day(23.5 / 24)
    assert alerts(ledger, at, [rule]) == [Alert("running-on", "ada: revit", at, message, Decimal(10))]


def test_c3_a_session_that_has_been_closed_does_not_run_on():
    at = day(23.5 / 24)
    ledger, _ = running(session(0, 2))
    assert alerts(ledger, at, [RunningOn([session(0, 23.5 / 24)])]) == []
    assert alerts(ledger, at, [RunningOn([session(0, 23.6 / 24)])]) != []


def test_c3_a_session_that_opens_in_the_window_runs_on_from_its_very_opening():
    ledger, _ = running(session(0, 0.5))
    rule = RunningOn([session(0, 0.5), session(23.5 / 24, 2)])
    assert [len(alerts(ledger, at, [rule])) for at in (day(23.5 / 24) - MOMENT, day(23.5 / 24))] == [0, 1]


def test_c7_a_session_of_unknown_end_is_taken_as_open():
    ledger, rule = running(session(0, None))
    assert len(alerts(ledger, day(23.5 / 24), [rule])) == 1


def test_only_the_open_product_of_that_user_runs_on():
    ledger, _ = running(session(0, 2))
    others = [session(0, 2, user="bob"), session(0, 2, product="maya")]
    assert alerts(ledger, day(23.5 / 24), [RunningOn(others)]) == []


def test_the_span_before_a_windows_end_is_set_by_the_caller_and_results_have_none():
    ledger, _ = running(session(0, 2))
    rule = RunningOn([session(0, 2)], within=timedelta(hours=3))
    assert [len(alerts(ledger.extend([charge(1, 0.5)]), day(hours / 24), [rule])) for hours in (20.9, 21)] == [0, 1]
    at_once = RunningOn([session(0, 2)], within=timedelta(0))
    assert alerts(ledger, day(1) - MOMENT, [at_once]) == []


def test_c3_a_session_runs_on_from_the_very_start_of_its_window_where_the_span_is_as_long():
    ledger, _ = running(session(0, 2))
    rule = RunningOn([session(0, 2)], within=timedelta(days=1))
    assert [len(alerts(ledger, at, [rule])) for at in (day(0) - MOMENT, day(0), day(1))] == [0, 1, 1]


def test_a_rule_on_sessions_is_shown_without_them():
    assert repr(RunningOn([session(0, 2)])) == repr(RunningOn([]))


# all of them


def test_p6_the_standard_rules_are_the_two_of_the_vendor_in_their_order():
    ledger = settle([charge(90, 1)], [pack("A", 100, 0, 60)])
    assert list(STANDARD_RULES) == [LowBalance(), ExpiringTokens()]
    assert [alert.kind for alert in alerts(ledger, day(1))] == ["low-balance", "expiring"]


@pytest.mark.parametrize(
    "rule",
    [LowBalance(), ExpiringTokens(), Reserve(tokens=1), Budget(tokens=1, user="ada"), RunningOn([])],
    ids=lambda rule: type(rule).__name__,
)
def test_t1_a_naive_instant_is_refused_by_every_rule(rule):
    with pytest.raises(NaiveDatetimeError):
        alerts(left(1), datetime(2026, 1, 1), [rule])


def test_alerts_are_exact_whatever_the_decimal_context_of_the_caller():
    packs = [pack("A", Decimal("1234.567"), 0, 9), pack("B", Decimal("0.111"), 0.5, 2)]
    ledger = settle([charge(Decimal("987.654"), 0.25)], packs)
    rules = [LowBalance(tokens=248), Reserve(tokens=500, after=timedelta(days=2)), Budget(tokens=987, user="ada")]
    exactly = alerts(ledger, day(1), rules)
    with localcontext(Context(prec=2)):
        assert alerts(ledger, day(1), rules) == exactly
    assert [alert.tokens for alert in exactly] == [Decimal("247.024"), Decimal("246.913"), Decimal("987.654")]


def test_the_share_of_a_low_balance_is_compared_exactly():
    ledger = settle([charge(Decimal("987.654"), 1)], [pack("A", Decimal("1234.567"), 0, 9)])
    just_above = LowBalance(share=Decimal("0.199999"))
    assert alerts(ledger, day(1), [just_above]) == []
    with localcontext(Context(prec=2)):
        assert alerts(ledger, day(1), [just_above]) == []

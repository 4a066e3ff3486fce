"""What the functions return is of the types that are public, so that callers can name them."""

from datetime import UTC, date, datetime, timedelta

from flexlib import (
    EVERY_TEAM,
    STANDARD_RULES,
    Alert,
    AlertRule,
    Charge,
    ChargeWindow,
    Draw,
    EveryTeam,
    Explanation,
    Ledger,
    LedgerEntry,
    Meter,
    MeterChange,
    PluginRegistry,
    Rate,
    RateBook,
    RateConflict,
    RateSheet,
    Refusal,
    Session,
    Shortfall,
    Simulation,
    TokenPack,
    UseAccount,
    alerts,
    charge_usage,
    charge_windows,
    explain_usage,
    load_plugins,
    settle,
    simulate,
)
from flexlib.testing import LOOKUP_WITHIN, SHEETS_WITHIN

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
USE = [Session("ada", "revit", AT)]
PACKS = [TokenPack.purchase("A", 4, date(2026, 1, 1))]


def book(*tokens: int) -> RateBook:
    return RateBook([RateSheet(f"sheet {number}", [Rate("revit", number, effective_from=date(2021, 12, 21))]) for number in tokens])


def test_charging_returns_windows_charges_accounts_and_changes():
    [window], [charge] = charge_windows(USE), charge_usage(USE, book(10))
    assert (type(window), type(charge), type(charge.explain())) == (ChargeWindow, Charge, Explanation)
    assert [type(account) for account in explain_usage(USE, book(10))] == [UseAccount]
    assert type(Meter(book(10)).feed(USE)) is MeterChange


def test_settling_returns_a_ledger_of_entries_and_shortfalls():
    ledger = settle(charge_usage(USE, book(10)), PACKS)
    assert type(ledger) is Ledger
    assert {type(entry) for entry in ledger.history()} == {LedgerEntry}
    assert [type(gap) for gap in ledger.shortfalls] == [Shortfall]
    assert [type(draw) for draw in ledger.draws] == [Draw]
    assert ledger.balance(AT, team=EveryTeam.EVERY_TEAM) == ledger.balance(AT, team=EVERY_TEAM)


def test_alerts_come_of_rules_that_anyone_may_write():
    class Always(AlertRule):
        def check(self, ledger: Ledger, at: datetime) -> list[Alert]:
            return [Alert("always", "the pool", at, "look", ledger.balance(at))]

    ledger = settle([], PACKS)
    assert [alert.kind for alert in alerts(ledger, AT, [Always(), *STANDARD_RULES])] == ["always"]


def test_simulating_returns_a_simulation_with_refusals():
    simulation = simulate(USE, book(10), PACKS)
    assert type(simulation) is Simulation
    assert [type(refusal) for refusal in simulation.refusals] == [Refusal]


def test_rates_that_disagree_are_conflicts():
    assert [type(conflict) for conflict in book(5, 7).conflicts] == [RateConflict]


def test_loading_returns_a_registry():
    assert type(load_plugins()) is PluginRegistry


def test_the_limits_of_the_conformance_kit_are_spans_of_time():
    assert timedelta() < LOOKUP_WITHIN < SHEETS_WITHIN

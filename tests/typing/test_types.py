"""What type checkers see of the public names; mypy and pyright check this file, and it runs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type

from flexlib import (
    Charge,
    ChargeWindow,
    Explanation,
    Ledger,
    Meter,
    Rate,
    RateBook,
    RateSheet,
    ResultUse,
    Session,
    TokenPack,
    charge_usage,
    charge_windows,
    settle,
)

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_the_way_from_usage_to_balance_is_typed() -> None:
    rates = RateBook([RateSheet("s", [Rate("revit", 10, effective_from=date(2021, 12, 21))])])
    session = Session("ada", "revit", AT)
    assert_type(session.opened_at, datetime)
    assert_type(session.closed_at, datetime | None)
    assert_type(ResultUse("ada", "cfd", AT, 2).quantity, Decimal)
    assert_type(rates.rate("revit", AT).tokens, Decimal)
    assert_type(charge_windows([session]), list[ChargeWindow])
    charges = charge_usage([session], rates)
    assert_type(charges, list[Charge])
    assert_type(charges[0].explain(), Explanation)
    ledger = settle(charges, [TokenPack.purchase("A", 500, date(2026, 1, 1))])
    assert_type(ledger, Ledger)
    assert_type(ledger.balance(AT), Decimal)
    assert_type(ledger.balances(AT), dict[str, Decimal])
    assert_type(Meter(rates).feed([session]).added, list[Charge])

"""Ledgers that are saved, resumed and extended."""

from datetime import date
from decimal import Decimal

import pytest
from pool_builders import charge, day, pack, refund, transfer

from flexlib import (
    ChargeBasis,
    FormatError,
    Ledger,
    Rate,
    RateBook,
    RateSheet,
    ResultUse,
    Session,
    Source,
    TokenPack,
    charge_usage,
    settle,
)


def facts_of_every_kind():
    source = Source("vendor", "rates page", date(2024, 9, 1))
    results = Rate("solve", Decimal("0.5"), effective_from=date(2021, 1, 1), basis=ChargeBasis.PER_RESULT, source=source)
    book = RateBook([RateSheet("2021", [Rate("revit", 10, effective_from=date(2021, 1, 1), region="EMEA"), results])])
    usage = [
        Session("ada", "revit", day(1), day(2.5), idle=[(day(1.1), day(1.2))], team="ops", machine="m1", version="2026"),
        ResultUse("bob", "solve", day(1), 3, id="r1"),
    ]
    charges = [*charge_usage(usage, book, region="EMEA"), charge(3, 2, "own id")]
    packs = [pack("A", Decimal("4.5"), 0, 9), TokenPack("B", 20, day(0), day(8), price=60, currency="USD", team="ops")]
    return settle(charges, packs, refunds=[refund("own id", 1, 3, number="r")], transfers=[transfer("ops", None, 1, 1, name="t")])


def test_a_ledger_is_resumed_with_its_windows_rates_and_sources():
    ledger = facts_of_every_kind()
    resumed = Ledger.resume(ledger.save())
    assert resumed == ledger
    assert [one.explain() for one in resumed.charges] == [one.explain() for one in ledger.charges]
    assert [resumed.explain(one) for one in resumed.charges] == [ledger.explain(one) for one in ledger.charges]
    assert resumed.history() == ledger.history()


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "null", '{"charges": 1, "packs": [], "refunds": [], "transfers": []}'])
def test_a_text_that_is_no_saved_ledger_is_refused(text):
    with pytest.raises(FormatError, match="ledger state"):
        Ledger.resume(text)


@pytest.mark.parametrize("text", ['{"a": ' * 100_000, f'{{"a": {"1" * 5_000}}}'])
def test_a_text_nested_or_a_number_as_long_as_json_cannot_hold_is_refused(text):
    with pytest.raises(FormatError, match="ledger state: it cannot be read: "):
        Ledger.resume(text)


def test_a_ledger_is_extended_by_late_facts_in_their_places():
    late = settle([charge(4, 2, "y")], [pack("A", 5, 0, 9)]).extend(
        [charge(3, 1, "x")], [pack("B", 1, 0, 3)], refunds=[refund("x", 1, 4)], transfers=[transfer(None, "ops", 1, 1)]
    )
    assert [(draw.charge_id, draw.pack_id, draw.tokens) for draw in late.draws] == [("x", "A", 3), ("y", "A", 2)]
    assert late.shortfall(day(9)) == 2
    assert (late.refunds, late.transfers) == ((refund("x", 1, 4),), (transfer(None, "ops", 1, 1),))


def test_extending_a_ledger_leaves_it_as_it_was():
    ledger = settle([charge(4, 2)], [pack("A", 5, 0, 9)])
    ledger.extend([charge(1, 1)])
    assert ledger.drawn(day(9)) == 4

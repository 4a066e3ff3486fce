"""Explanations of charges and of packs, in words and as data."""

import json
from datetime import date
from decimal import Context, Decimal, localcontext

import pytest
from pool_builders import charge, day, pack, refund, transfer

from flexlib import LedgerError, Rate, RateBook, RateSheet, Session, Source, UnknownRecordError, charge_usage, settle


def lines_of(explanation):
    return list(explanation.lines)


@pytest.fixture
def ledger():
    """Return a ledger in which ada's charge draws on two packs, falls short, and is returned in part."""
    packs = [pack("A", 2, 0, 5), pack("B", Decimal("3.5"), 0, 8)]
    return settle([charge(8, 1, "x"), charge(1, 3, "y", user="bob", product="maya")], packs, refunds=[refund("x", 2, 2)])


def test_a_charge_is_explained_by_each_pack_that_paid_for_it(ledger):
    explanation = ledger.explain("x")
    assert lines_of(explanation)[0] == "ada was charged 8 tokens for revit at 2026-01-02T00:00:00+00:00"
    assert lines_of(explanation)[-4:] == [
        "2 tokens were drawn on pack A, the first to end that had any",
        "3.5 tokens were drawn on pack B, the first to end that had any",
        "2.5 tokens were missing: the pool had no more",
        "2 tokens were returned to pack B at 2026-01-03T00:00:00+00:00",
    ]
    assert explanation.rules[-4:] == ("P2", "P3", "P4", "P5")


def test_a_charge_is_explained_as_data(ledger):
    data = json.loads(json.dumps(ledger.explain("x").data))
    assert data["id"] == "x"
    assert data["tokens"] == "8"
    assert data["draws"] == [{"pack": "A", "tokens": "2"}, {"pack": "B", "tokens": "3.5"}]
    assert data["shortfall"] == "2.5"
    assert data["refunds"] == [{"pack": "B", "tokens": "2", "at": "2026-01-03T00:00:00+00:00"}]


def test_a_charge_on_one_pack_cites_no_rule_of_several_of_shortfalls_or_of_refunds(ledger):
    explanation = ledger.explain("y")
    assert explanation.rules[-1] == "P2"
    assert not {"P3", "P4", "P5"} & set(explanation.rules)
    assert explanation.data["draws"] == [{"pack": "B", "tokens": "1"}]
    assert (explanation.data["shortfall"], explanation.data["refunds"]) == ("0", [])


def test_a_charge_is_explained_whole_or_by_its_id(ledger):
    assert ledger.explain(charge(8, 1, "x")) == ledger.explain("x")


def test_a_charge_of_usage_is_explained_by_its_session_and_its_rate_too():
    source = Source("vendor", "rates page", date(2024, 9, 1))
    book = RateBook([RateSheet("2021", [Rate("revit", 10, effective_from=date(2021, 1, 1), source=source)])])
    charges = charge_usage([Session("ada", "revit", day(1), day(1.25))], book)
    explanation = settle(charges, [pack("A", 20, 0, 9)]).explain(charges[0])
    assert explanation.lines[: len(charges[0].explain().lines)] == charges[0].explain().lines
    assert {"C1", "R1", "T3", "P2"} <= set(explanation.rules)
    assert explanation.data["source"] == "vendor, rates page (as of 2024-09-01)"
    json.dumps(explanation.data)


def test_a_free_charge_is_explained_without_draws():
    explanation = settle([charge(0, 1, "x")], []).explain("x")
    assert "C11" in explanation.rules
    assert explanation.data["draws"] == []


def test_an_explanation_is_written_with_its_rules_last(ledger):
    assert str(ledger.explain("x")).splitlines()[-1].strip().startswith("rules: T3")


@pytest.mark.parametrize("unknown", ["nobody's", charge(1, 1)], ids=["an id", "a charge"])
def test_an_unknown_charge_is_not_explained(ledger, unknown):
    with pytest.raises(UnknownRecordError, match="the ledger holds no charge"):
        ledger.explain(unknown)


def test_an_unknown_pack_is_not_explained(ledger):
    with pytest.raises(UnknownRecordError, match="the ledger holds no pack 'Z'") as refused:
        ledger.explain_pack("Z")
    assert isinstance(refused.value, LedgerError)
    assert isinstance(refused.value, LookupError)


def test_a_pack_is_explained_by_what_became_of_its_tokens(ledger):
    explanation = ledger.explain_pack("B")
    assert lines_of(explanation) == [
        "pack B of 3.5 tokens, usable from 2026-01-01T00:00:00+00:00 to 2026-01-09T00:00:00+00:00",
        "4.5 tokens were drawn, 2 returned, 1 expired unused",
        "2026-01-02T00:00:00+00:00: draw -3.5 for ada's revit",
        "2026-01-03T00:00:00+00:00: refund 2 for ada's revit",
        "2026-01-04T00:00:00+00:00: draw -1 for bob's maya",
        "2026-01-09T00:00:00+00:00: expiry -1",
    ]
    assert explanation.rules == ("P1", "P2", "P3", "P5")


def test_a_pack_is_explained_as_data(ledger):
    assert json.loads(json.dumps(ledger.explain_pack("B").data)) == {
        "pack": "B",
        "tokens": "3.5",
        "starts_at": "2026-01-01T00:00:00+00:00",
        "expires_at": "2026-01-09T00:00:00+00:00",
        "drawn": "4.5",
        "returned": "2",
        "expired": "1",
        "entries": [
            {"at": "2026-01-01T00:00:00+00:00", "kind": "purchase", "tokens": "3.5", "reference": None},
            {"at": "2026-01-02T00:00:00+00:00", "kind": "draw", "tokens": "-3.5", "reference": "x"},
            {"at": "2026-01-03T00:00:00+00:00", "kind": "refund", "tokens": "2", "reference": "x"},
            {"at": "2026-01-04T00:00:00+00:00", "kind": "draw", "tokens": "-1", "reference": "y"},
            {"at": "2026-01-09T00:00:00+00:00", "kind": "expiry", "tokens": "-1", "reference": None},
        ],
    }


def test_a_pack_whose_tokens_moved_is_explained_team_by_team():
    ledger = settle([charge(1, 2, "x", team="ops")], [pack("A", 5, 0, 9)], transfers=[transfer(None, "ops", 2, 1)])
    assert lines_of(ledger.explain_pack("A"))[2:] == [
        "2026-01-02T00:00:00+00:00: transfer -2",
        "2026-01-02T00:00:00+00:00: transfer 2 in the pool of ops",
        "2026-01-03T00:00:00+00:00: draw -1 for ada's revit in the pool of ops",
        "2026-01-10T00:00:00+00:00: expiry -3",
        "2026-01-10T00:00:00+00:00: expiry -1 in the pool of ops",
    ]


def test_a_transfer_to_a_team_that_is_called_like_a_charge_is_not_told_as_that_charge():
    ledger = settle([charge(1, 2, "ops")], [pack("A", 5, 0, 9)], transfers=[transfer(None, "ops", 2, 1)])
    assert lines_of(ledger.explain_pack("A"))[2] == "2026-01-02T00:00:00+00:00: transfer -2"
    assert ledger.explain("ops").data["draws"] == [{"pack": "A", "tokens": "1"}]


def test_explanations_are_exact_whatever_the_decimal_context_of_the_caller():
    ledger = settle(
        [charge(Decimal("234.567"), 1, "x")], [pack("A", Decimal("1234.567"), 0, 9)], refunds=[refund("x", Decimal("1.234"), 2)]
    )
    exactly = ledger.explain("x"), ledger.explain_pack("A")
    with localcontext(Context(prec=2)):
        assert (ledger.explain("x"), ledger.explain_pack("A")) == exactly

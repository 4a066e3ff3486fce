"""FOCUS 1.2 rows: what a ledger becomes."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from focus_ledgers import TAGS, motley, priced
from pool_builders import charge, day, pack, refund

from flexlib import (
    Catalog,
    Charge,
    InvalidValueError,
    NaiveDatetimeError,
    Product,
    Rate,
    ReportedUse,
    ResultUse,
    settle,
)
from flexlib.formats import FocusRow, costs_by_tag, focus_rows, write_focus
from flexlib.reports import ChargebackTags, TagAssignment, UnusedRule


def shown(rows, *fields):
    """Return fields of rows, amounts as text."""
    return [tuple(f"{value:f}" if isinstance(value := getattr(row, name), Decimal) else value for name in fields) for row in rows]


def usage(rows):
    return [row for row in rows if row.charge_category == "Usage"]


def test_a_pack_is_a_purchase_that_is_billed_whole_and_costs_its_users_nothing_yet():
    [row] = focus_rows(settle([], [priced("PO-1", 500, 20, 400, "1500", team="lab")]), until=day(30))
    assert row == FocusRow(
        billed_cost=Decimal(1500),
        billing_account_id="autodesk-account",
        billing_account_name="Autodesk account",
        billing_currency="USD",
        billing_period_start=datetime(2026, 1, 1, tzinfo=UTC),
        billing_period_end=datetime(2026, 2, 1, tzinfo=UTC),
        charge_category="Purchase",
        charge_description="Pack PO-1 of 500 Flex tokens",
        charge_frequency="One-Time",
        charge_period_start=day(20),
        charge_period_end=day(400),
        contracted_cost=Decimal(1500),
        contracted_unit_price=Decimal(3),
        effective_cost=Decimal(0),
        list_cost=Decimal(1500),
        list_unit_price=Decimal(3),
        pricing_currency="USD",
        pricing_currency_contracted_unit_price=Decimal(3),
        pricing_currency_effective_cost=Decimal(0),
        pricing_currency_list_unit_price=Decimal(3),
        pricing_quantity=Decimal(500),
        pricing_unit="Tokens",
        resource_id="PO-1",
        resource_name="Pack PO-1",
        resource_type="Token Allocation",
        service_name="Autodesk Flex",
        sku_id="autodesk-flex-tokens",
        sku_meter="Tokens",
        sku_price_id="autodesk-flex-tokens/500/1500 USD",
        sub_account_id="lab",
        sub_account_name="lab",
    )


def test_a_charge_is_a_day_of_use_that_costs_what_its_tokens_cost():
    rate = Rate("revit", 10, effective_from=day(-9), sheet="published", region="DE")
    use = Charge("ada@x.example", "revit", day(3.5), 10, team="lab", rate=rate)
    catalog = Catalog([Product("revit", "Autodesk Revit")])
    tags = ChargebackTags([TagAssignment("project", "tower")])
    [row] = usage(focus_rows(settle([use], [priced()]), until=day(4), catalog=catalog, tags=tags))
    assert row == FocusRow(
        billed_cost=Decimal(0),
        billing_account_id="autodesk-account",
        billing_account_name="Autodesk account",
        billing_currency="USD",
        billing_period_start=datetime(2026, 1, 1, tzinfo=UTC),
        billing_period_end=datetime(2026, 2, 1, tzinfo=UTC),
        charge_category="Usage",
        charge_description="Autodesk Revit: 10 tokens of pack A",
        charge_frequency="Usage-Based",
        charge_period_start=day(3),
        charge_period_end=day(4),
        consumed_quantity=Decimal(1),
        consumed_unit="Days",
        contracted_cost=Decimal(30),
        contracted_unit_price=Decimal(30),
        effective_cost=Decimal(30),
        list_cost=Decimal(30),
        list_unit_price=Decimal(30),
        pricing_currency="Token",
        pricing_currency_contracted_unit_price=Decimal(10),
        pricing_currency_effective_cost=Decimal(10),
        pricing_currency_list_unit_price=Decimal(10),
        pricing_quantity=Decimal(1),
        pricing_unit="Days",
        resource_id="ada@x.example",
        resource_name="ada@x.example",
        resource_type="User",
        service_name="Autodesk Revit",
        sku_id="revit",
        sku_meter="Product days",
        sku_price_id="revit/published/DE/2025-12-23",
        sub_account_id="lab",
        sub_account_name="lab",
        tags={"project": "tower"},
    )


SPLIT = (
    "charge_description",
    "pricing_quantity",
    "list_unit_price",
    "list_cost",
    "effective_cost",
    "pricing_currency_effective_cost",
)


def test_p3_a_charge_on_packs_of_different_prices_is_split_so_that_quantity_times_price_is_cost():
    ledger = settle([charge(10, 1)], [priced("A", 4, 0, 5, "8"), priced("B", 9, 0, 9, "27")])
    assert shown(usage(focus_rows(ledger, until=day(1))), *SPLIT) == [
        ("revit: 4 tokens of pack A", "0.4", "20", "8", "8.00", "4"),
        ("revit: 6 tokens of pack B", "0.6", "30", "18", "18.00", "6"),
    ]


def test_a_charge_on_packs_of_one_price_a_token_is_one_row():
    ledger = settle([charge(10, 1)], [priced("A", 4, 0, 5, "8"), priced("B", 9, 0, 9, "18")])
    assert shown(usage(focus_rows(ledger, until=day(1))), *SPLIT) == [
        ("revit: 10 tokens of packs A, B", "1", "20", "20", "20.00", "10")
    ]


def test_parts_of_a_day_that_no_decimal_holds_add_up_to_exactly_one():
    ledger = settle([charge(7, 1)], [priced("A", 1, 0, 5, "1"), priced("B", 1, 0, 6, "2"), priced("C", 9, 0, 9, "30")])
    quantities = [row.pricing_quantity for row in usage(focus_rows(ledger, until=day(1)))]
    assert [str(quantity) for quantity in quantities] == ["0.142857142857142857", "0.142857142857142857", "0.714285714285714286"]
    assert sum(quantities) == 1


def test_several_charges_of_a_user_product_and_day_are_a_row_each():
    ledger = settle([charge(1, 1, "a"), charge(2, 1.5, "b")], [priced()])
    assert shown(usage(focus_rows(ledger, until=day(2))), "pricing_quantity", "effective_cost") == [("1", "3.00"), ("1", "6.00")]


def test_c10_results_are_counted_in_results():
    use = ResultUse("ada", "cfd", day(1), Decimal("0.5"))
    [row] = usage(focus_rows(settle([Charge("ada", "cfd", day(1), 5, result=use)], [priced()]), until=day(1)))
    fields = (
        "pricing_quantity",
        "pricing_unit",
        "consumed_quantity",
        "consumed_unit",
        "sku_meter",
        "pricing_currency_list_unit_price",
    )
    assert shown([row], *fields, "list_unit_price") == [("0.5", "Results", "0.5", "Results", "Results", "10", "30")]
    assert row.pricing_quantity * row.list_unit_price == row.list_cost == 15


def test_p4_what_the_pool_lacked_has_tokens_and_no_cost():
    rows = usage(focus_rows(settle([charge(8, 1)], [priced("A", 6, 0, 9, "12")])))
    assert shown(rows, *SPLIT) == [
        ("revit: 6 tokens of pack A", "0.75", "16", "12", "12.00", "6"),
        ("revit: 2 tokens, a shortfall: the pool had none, so it cost nothing", "0.25", "0", "0", "0", "2"),
    ]


def test_c11_a_charge_of_no_tokens_is_a_row_that_costs_nothing():
    rows = usage(focus_rows(settle([charge(0, 1)], [priced()]), until=day(1)))
    assert shown(rows, *SPLIT) == [("revit: 0 tokens", "1", "0", "0", "0", "0")]


REFUND = (
    "charge_period_start",
    "charge_class",
    "pricing_quantity",
    "list_cost",
    "effective_cost",
    "pricing_currency_effective_cost",
)


def test_p5_tokens_that_return_in_the_same_month_are_a_negative_row_of_their_own_day():
    ledger = settle([charge(10, 1, "a")], [priced()], refunds=[refund("a", 4, 3.5)])
    [_, row] = usage(focus_rows(ledger, until=day(4)))
    assert shown([row], *REFUND) == [(day(3), None, "-0.4", "-12", "-12.00", "-4")]
    assert row.charge_description == "revit of 2026-01-02: 4 tokens returned to pack A"


def test_p5_tokens_that_return_in_a_later_month_are_a_correction():
    ledger = settle([charge(10, 1, "a")], [priced(end=60)], refunds=[refund("a", 10, 32)])
    assert shown(usage(focus_rows(ledger, until=day(40))), *REFUND)[1:] == [(day(32), "Correction", "-1", "-30", "-30.00", "-10")]


def test_p5_tokens_returned_of_a_shortfall_bring_no_money_back():
    ledger = settle([charge(10, 1, "a")], [priced("A", 4, 0, 9, "8")], refunds=[refund("a", 10, 2)])
    assert shown(usage(focus_rows(ledger, until=day(4))), "charge_description", *REFUND[2:])[2:] == [
        ("revit of 2026-01-02: 4 tokens returned to pack A", "-0.4", "-8", "-8.00", "-4"),
        ("revit of 2026-01-02: 6 tokens returned, for which no pack had paid", "-0.6", "0", "0", "-6"),
    ]


def test_p1_what_expired_unused_is_use_of_nothing_that_costs_what_the_tokens_cost():
    [_, _, row] = focus_rows(settle([charge(4, 1)], [priced()]))
    assert row.charge_description == "6 tokens of pack A expired unused"
    assert (row.charge_category, row.resource_id, row.resource_type, row.charge_period_start) == (
        "Usage",
        "A",
        "Token Allocation",
        day(9),
    )
    fields = ("consumed_quantity", "pricing_quantity", "pricing_currency_list_unit_price", "list_unit_price", "list_cost")
    assert shown([row], *fields) == [("0", "6", "1", "3", "18")]
    assert shown([row], "effective_cost", "pricing_currency_effective_cost") == [("18.00", "0")]


@pytest.mark.parametrize(("rule", "costs"), [("by-tokens", ["7.50", "22.50"]), ("by-user", ["12.00", "18.00"])])
def test_the_unused_is_shared_out_by_the_rule_that_the_caller_names_and_changes_effective_costs_alone(rule, costs):
    ledger = settle([charge(1, 1, user="ada"), charge(3, 2, user="bob")], [priced()])
    separate, shared = focus_rows(ledger), focus_rows(ledger, unused=UnusedRule(rule))
    assert [str(row.effective_cost) for row in usage(shared)] == costs
    assert [row.charge_description for row in usage(shared)] == [
        "revit: 1 token of pack A, with a share of what expired unused",
        "revit: 3 tokens of pack A, with a share of what expired unused",
    ]
    same = [(row.effective_cost, row.charge_description) for row in separate[:-1]]
    restored = [evolve(row, effective_cost=cost, charge_description=text) for row, (cost, text) in zip(shared, same, strict=True)]
    assert restored == separate[:-1]


def test_up_to_an_instant_only_what_had_happened_by_then_is_there():
    ledger = settle(
        [charge(1, 1, "a"), charge(1, 3, "b")], [priced(), priced("B", 1, 2, 9)], refunds=[refund("a", 1, 2), refund("b", 1, 4)]
    )
    rows = focus_rows(ledger, until=day(1))
    assert [row.charge_description for row in rows] == ["Pack A of 10 Flex tokens", "revit: 1 token of pack A"]
    assert len(focus_rows(ledger, until=day(3))) == 5
    with pytest.raises(NaiveDatetimeError):
        focus_rows(ledger, until=datetime(2026, 1, 1))


def test_a_reported_row_has_no_rate_sheet_and_its_sku_stands_for_its_price():
    ledger = settle([ReportedUse("ada", "revit", day(1).date(), 3)], [priced()])
    [row] = usage(focus_rows(ledger, until=day(2)))
    assert (row.sku_id, row.sku_price_id) == ("revit", "revit")


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        *(("12345", True), ("1.5", True), ("1e5", True), ("2026-03-02", True), ("true", True), ("NaN", True), ("null", True)),
        *(("=1+1", True), ("+44", True), ("-x", True), ("@sum", True), (" 7 ", True)),
        *(("PO-1", False), ("ada@x.example", False), ("1a", False), ("zee", False), ("Nîmes", False)),
    ],
)
def test_an_id_that_a_reader_would_take_for_a_number_or_a_formula_has_its_kind_before_it(text, marked):
    packs = [evolve(priced(team=text), id=text)]
    [purchase, use] = focus_rows(
        settle([charge(1, 1, user=text, product=text, team=text)], packs), billing_account_id=text, until=day(1)
    )
    kinds = [
        ("resource_id", use, "user"),
        ("resource_name", use, "user"),
        ("sub_account_id", use, "team"),
        ("sub_account_name", use, "team"),
        ("sku_id", use, "product"),
        ("service_name", use, "product"),
        ("resource_id", purchase, "pack"),
        ("billing_account_id", use, "account"),
    ]
    assert [getattr(row, field) for field, row, _ in kinds] == [f"{kind}:{text}" if marked else text for _, _, kind in kinds]
    assert use.charge_description.startswith(use.service_name)


def test_a_team_without_a_name_is_no_sub_account():
    assert {row.sub_account_id for row in focus_rows(settle([charge(1, 1, team=" ")], [priced()]))} == {None}


def test_packs_without_a_price_or_currency_are_refused_by_name_and_nothing_is_written(tmp_path):
    ledger = settle([], [pack("PO-1", 1, 0, 9), priced("PO-2", currency=None), priced("PO-3")])
    with pytest.raises(InvalidValueError, match="'PO-1, PO-2': expected a price and a currency"):
        write_focus(ledger, tmp_path / "focus.csv")
    assert list(tmp_path.iterdir()) == []


def test_charges_without_any_pack_need_a_currency():
    ledger = settle([charge(1, 1)], [])
    with pytest.raises(InvalidValueError, match="currency is None: expected an ISO 4217 code"):
        focus_rows(ledger)
    with pytest.raises(InvalidValueError, match="'euro'"):
        focus_rows(ledger, currency="euro")
    assert shown(focus_rows(ledger, currency="EUR"), "billing_currency", "effective_cost") == [("EUR", "0")]


def test_a_shortfall_is_billed_in_the_currency_of_what_its_charge_drew_on():
    packs = [priced("A", 1, 0, 9, "1"), priced("Y", 1, 0, 9, "100", currency="JPY", team="tokyo")]
    rows = usage(focus_rows(settle([charge(2, 1, team="tokyo"), charge(2, 2)], packs), until=day(2), currency="EUR"))
    assert shown(rows, "billing_currency", "pricing_currency_effective_cost") == [
        ("JPY", "1"),
        ("JPY", "1"),
        ("USD", "1"),
        ("USD", "1"),
    ]


@pytest.mark.parametrize("field", ["billing_account_id", "billing_account_name"])
def test_a_billing_account_without_a_name_is_refused(field):
    with pytest.raises(InvalidValueError, match=field):
        focus_rows(settle([], []), **{field: " "})


def test_a_month_whose_end_no_instant_can_hold_is_refused():
    last = datetime(9999, 12, 31, 12, tzinfo=UTC)
    for start in (datetime(9999, 12, 1, tzinfo=UTC), last):
        with pytest.raises(InvalidValueError, match="before December 9999"):
            focus_rows(settle([], [evolve(priced(), starts_at=start, expires_at=last.replace(hour=23))]))
    with pytest.raises(InvalidValueError, match="before December 9999"):
        focus_rows(settle([Charge("ada", "revit", last, 1)], []), currency="USD")


def test_the_costs_by_a_tag_add_up_with_those_of_the_rows_without_it():
    tags = ChargebackTags([TagAssignment("cost-centre", "4711", user="ada"), TagAssignment("cost-centre", "4720", user="bob")])
    ledger = settle([charge(1, 1), charge(2, 2, user="bob"), charge(3, 3, user="cy")], [priced()])
    rows = focus_rows(ledger, tags=tags)
    assert costs_by_tag(rows, "cost-centre") == {"4711": 3, "4720": 6, None: 21}
    assert costs_by_tag(rows, "project") == {None: 30}
    assert costs_by_tag([], "project") == {}


def test_costs_in_several_currencies_are_added_up_for_the_one_that_is_named():
    rows = focus_rows(motley(), tags=TAGS)
    with pytest.raises(InvalidValueError, match="one of JPY, USD"):
        costs_by_tag(rows, "project")
    assert sum(costs_by_tag(rows, "project", currency="JPY").values()) == 9001
    assert sum(costs_by_tag(rows, "project", currency="USD").values()) == Decimal("300.04")


def test_a_refund_has_the_tags_of_its_charge():
    tags = ChargebackTags([TagAssignment("project", "tower", ends_at=day(2)), TagAssignment("project", "hall", starts_at=day(2))])
    ledger = settle([charge(1, 1, "a")], [priced()], refunds=[refund("a", 1, 3)])
    assert [row.tags for row in usage(focus_rows(ledger, tags=tags, until=day(4)))] == [{"project": "tower"}] * 2

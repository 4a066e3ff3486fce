"""What the vendor reports: rows by the day, which are charges, rows over a period, and totals."""

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from flexlib import (
    Catalog,
    Charge,
    InvalidTokensError,
    InvalidValueError,
    Ledger,
    LedgerError,
    Product,
    Refund,
    ReportedSummary,
    ReportedTotal,
    ReportedUse,
    TokenPack,
    UnknownProductError,
    charge_reported,
    settle,
)

ADA = "ada@studio.example"
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
CATALOG = Catalog([Product("revit", "Revit", aliases=["RVT"]), Product("autocad", "AutoCAD")])


def row(tokens=10, day=MONDAY, *, user=ADA, product="revit", **rest):
    """Return a row of Ada's Revit on Monday unless said otherwise."""
    return ReportedUse(user, product, day, tokens, **rest)


def pack(tokens, name="A"):
    """Return a pack of the year 2026."""
    return TokenPack.purchase(name, tokens, date(2026, 1, 1))


def test_t3_a_row_is_a_charge_at_midnight_utc_of_its_day():
    [charge] = charge_reported([row(team="north")])
    assert charge == Charge(ADA, "revit", MIDNIGHT, 10, team="north", reported=row(team="north"))
    assert (charge.window, charge.rate, charge.result, charge.opened_by) == (None, None, None, None)


def test_charges_of_rows_stand_in_time_order_then_by_user_and_product():
    rows = [row(1, TUESDAY), row(2, user="cat@studio.example"), row(3), row(4, product="autocad"), row(5, TUESDAY, user="a@b")]
    assert [int(charge.tokens) for charge in charge_reported(rows)] == [4, 3, 2, 5, 1]


def test_the_same_row_given_twice_counts_once():
    assert len(charge_reported([row(), row(), row(Decimal("10.0"))])) == 1
    ledger = settle([row(), row(), *charge_reported([row()])], [pack(500)])
    assert ledger.drawn(MIDNIGHT) == 10


@pytest.mark.parametrize(
    "other", [row(11), row(day=TUESDAY), row(user="b@c"), row(product="autocad"), row(team="north"), row(feature="cloud rendering")]
)
def test_rows_that_differ_in_anything_are_charges_of_their_own(other):
    charges = charge_reported([row(), other])
    assert len({charge.id for charge in charges}) == 2
    assert settle([row(), other], [pack(500)]).charges == tuple(charges)


def test_a_row_and_a_computed_charge_of_the_same_content_are_not_taken_for_one_another():
    [read] = charge_reported([row()])
    assert read.id != Charge(ADA, "revit", MIDNIGHT, 10).id
    assert read.id == charge_reported([row()])[0].id


def test_c11_a_row_of_zero_tokens_is_a_charge_like_any_other():
    [charge] = charge_reported([row(0)])
    assert charge.tokens == 0
    assert "C11" in charge.explain().rules


def test_with_a_catalogue_charges_carry_the_codes_of_products_and_keep_the_row_as_it_was():
    [charge] = charge_reported([row(product="RVT 2026")], catalog=CATALOG)
    assert (charge.product, charge.reported.product) == ("revit", "RVT 2026")
    with pytest.raises(UnknownProductError, match="ravit"):
        charge_reported([row(product="ravit")], catalog=CATALOG)


@pytest.mark.parametrize(
    "wrong", [ReportedSummary(ADA, "revit"), ReportedTotal(5), Charge(ADA, "revit", MIDNIGHT, 10), "revit", None]
)
def test_only_rows_by_the_day_are_charges(wrong):
    with pytest.raises(InvalidValueError, match="rows of the vendor's report, as ReportedUse"):
        charge_reported([row(), wrong])


def test_a_charge_explains_that_it_was_reported_and_for_which_day():
    [plain] = charge_reported([row()])
    told = "the vendor reported it for 2026-03-02; at which instant of the day is not known"
    assert told in plain.explain().lines
    assert plain.explain().rules == ("T3",)
    [featured] = charge_reported([row(feature="cloud rendering")])
    assert any("for 2026-03-02 (cloud rendering);" in line for line in featured.explain().lines)
    assert not any("the vendor reported" in line for line in Charge(ADA, "revit", MIDNIGHT, 10).explain().lines)


def test_rows_settle_against_packs_directly_as_their_charges_do():
    rows = [row(10), row(30, TUESDAY)]
    ledger = settle(rows, [pack(25)])
    assert ledger == settle(charge_reported(rows), [pack(25)])
    assert ledger.charges == tuple(charge_reported(rows))
    assert [(draw.tokens, draw.at.date()) for draw in ledger.draws] == [(10, MONDAY), (15, TUESDAY)]
    assert ledger.shortfall(datetime(2026, 3, 4, tzinfo=UTC)) == 15
    ledger.verify()


def test_the_order_of_rows_and_charges_makes_no_difference_to_a_ledger():
    facts = [row(10), row(30, TUESDAY), Charge("ben", "revit", MIDNIGHT, 7)]
    assert settle(facts, [pack(25)]) == settle(facts[::-1], [pack(25)])


def test_a_ledger_is_extended_by_rows():
    ledger = settle([row()], [pack(500)])
    assert ledger.extend([row(day=TUESDAY)]) == settle([row(), row(day=TUESDAY)], [pack(500)])
    assert ledger.extend([row()]) == ledger


def test_a_ledger_of_rows_is_saved_and_resumed_with_them():
    ledger = settle([row(Decimal("0.1"), feature="cloud rendering", team="north"), row(day=TUESDAY)], [pack(500)])
    resumed = Ledger.resume(ledger.save())
    assert resumed == ledger
    assert [charge.reported for charge in resumed.charges] == [charge.reported for charge in ledger.charges]
    assert [resumed.explain(charge) for charge in resumed.charges] == [ledger.explain(charge) for charge in ledger.charges]


def test_p5_tokens_of_a_row_are_refunded_by_the_id_of_its_charge():
    [charge] = charge_reported([row()])
    ledger = settle([row()], [pack(500)], refunds=[Refund(charge.id, 4, MIDNIGHT)])
    assert ledger.balance(MIDNIGHT) == 494
    assert ledger.explain(charge).lines[-1].startswith("4 tokens")


def test_two_charges_of_one_id_of_which_one_was_reported_are_refused_where_they_differ():
    [charge] = charge_reported([row()])
    with pytest.raises(LedgerError, match="two charges with the id"):
        settle([row(), Charge(ADA, "revit", MIDNIGHT, 11, id=charge.id)], [])


def test_a_feature_is_a_part_of_what_a_row_is():
    assert row(feature="cloud rendering") != row()
    assert row(feature="cloud rendering").feature == "cloud rendering"
    assert row().feature is None


def test_a_blank_of_a_usage_report_is_not_zero():
    blank, zero = ReportedSummary(ADA, "revit"), ReportedSummary(ADA, "revit", 0, 0, days_inactive=0, monthly_average=0)
    assert (blank.tokens, blank.days_used, blank.days_inactive, blank.monthly_average) == (None, None, None, None)
    assert (zero.tokens, zero.days_used, zero.days_inactive, zero.monthly_average) == (0, 0, 0, 0)
    assert blank != zero


def test_a_row_of_a_usage_report_holds_all_that_the_report_says():
    summary = ReportedSummary(
        ADA,
        "revit",
        Decimal("70.5"),
        7,
        monthly_average=Decimal("2.33"),
        days_inactive=3,
        version="2026",
        team="north",
        group="bim",
        access="Flex",
        seat_assignment="Assigned",
        activity="Active",
        assigned_on=date(2026, 1, 1),
        unassigned_on=date(2026, 4, 1),
        last_accessed_on=MONDAY,
    )
    assert pickle.loads(pickle.dumps(summary)) == summary
    assert (summary.tokens, summary.monthly_average) == (Decimal("70.5"), Decimal("2.33"))


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "7", Decimal(7)])
@pytest.mark.parametrize(
    "make",
    [
        lambda count: ReportedSummary(ADA, "revit", days_used=count),
        lambda count: ReportedSummary(ADA, "revit", days_inactive=count),
        lambda count: ReportedTotal(5, contract_year=count),
        lambda count: ReportedTotal(5, users=count),
    ],
)
def test_a_count_is_a_whole_number_of_zero_or_more(make, wrong):
    with pytest.raises(InvalidValueError, match="a whole number, zero or more"):
        make(wrong)


@pytest.mark.parametrize("wrong", [1.5, -1, "10", Decimal("NaN")])
def test_reported_tokens_are_exact(wrong):
    for make in (ReportedTotal, lambda tokens: ReportedSummary(ADA, "revit", tokens)):
        with pytest.raises(InvalidTokensError):
            make(wrong)


@pytest.mark.parametrize(
    "make",
    [
        lambda day: ReportedSummary(ADA, "revit", assigned_on=day),
        lambda day: ReportedSummary(ADA, "revit", unassigned_on=day),
        lambda day: ReportedSummary(ADA, "revit", last_accessed_on=day),
        lambda day: ReportedTotal(5, month=day),
    ],
)
def test_the_days_of_a_report_are_dates_and_not_instants(make):
    make(MONDAY)
    with pytest.raises(InvalidValueError, match="a date without a time of day"):
        make(MIDNIGHT)


@pytest.mark.parametrize("make", [lambda name: ReportedSummary(name, "revit"), lambda name: ReportedSummary(ADA, name)])
def test_a_row_of_a_usage_report_has_a_user_and_an_offering(make):
    with pytest.raises(InvalidValueError, match="a name that is not blank"):
        make(" ")


def test_a_total_may_be_of_a_category_a_product_a_user_or_a_month():
    total = ReportedTotal(
        Decimal("60.5"), "PRODUCT_CONSUMPTION", product="revit", user=ADA, month=date(2026, 3, 1), contract_year=1, users=2
    )
    assert pickle.loads(pickle.dumps(total)) == total
    assert ReportedTotal(60) == ReportedTotal(Decimal(60), None, product=None, users=None)


@pytest.mark.parametrize("wrong", [ReportedSummary(ADA, "revit"), "row", None])
def test_what_is_neither_a_charge_nor_a_row_of_a_day_cannot_be_settled(wrong):
    with pytest.raises(InvalidValueError, match="charges, or rows of the vendor's report as ReportedUse"):
        settle([wrong], [pack(500)])

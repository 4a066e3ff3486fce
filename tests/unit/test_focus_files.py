"""FOCUS 1.2 files: how rows are written as CSV and Parquet."""

import csv
import json
import subprocess
import sys
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from focus_ledgers import TAGS, motley, priced, studio
from pool_builders import charge, day

from flexlib import FormatError, InvalidValueError, TokenPack, settle
from flexlib.formats import FOCUS_COLUMNS, focus_rows, write_focus
from flexlib.reports import ChargebackTags, TagAssignment, UnusedRule

REQUIRED = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
    "PricingCurrency",
    "PricingCurrencyListUnitPrice",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
]


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_that_focus_wants_always_and_with_a_virtual_currency_are_there():
    assert set(REQUIRED) <= set(FOCUS_COLUMNS.values())
    assert list(FOCUS_COLUMNS.values()) == sorted(FOCUS_COLUMNS.values())


def test_a_file_says_what_it_adds_up_to(tmp_path):
    written = write_focus(settle([charge(4, 1)], [priced()]), tmp_path / "focus.csv", until=day(2))
    assert (written.rows, written.billed, written.effective, written.left, written.tokens) == (
        2,
        {"USD": 30},
        {"USD": 12},
        {"USD": 18},
        4,
    )


def test_the_studio_costs_what_was_paid_to_the_cent_under_every_rule(tmp_path):
    ledger, catalog = studio()
    for rule in UnusedRule:
        written = write_focus(ledger, tmp_path / "focus.csv", unused=rule, catalog=catalog)
        assert written.billed == written.effective == {"USD": 5550}
        rows = read_csv(tmp_path / "focus.csv")
        assert sum(Decimal(row["BilledCost"]) for row in rows) == sum(Decimal(row["EffectiveCost"]) for row in rows) == 5550
        assert (
            sum(Decimal(row["PricingCurrencyEffectiveCost"]) for row in rows) == sum(use.tokens for use in ledger.charges) == 1802
        )


def test_a_csv_file_has_decimals_with_a_point_instants_in_utc_and_tags_as_json(tmp_path):
    ledger = settle([charge(1, 1, team="lab")], [priced("A", 3, 0, 9, "10")])
    write_focus(ledger, tmp_path / "focus.csv", tags=ChargebackTags([TagAssignment("project", 'the "hall", Nîmes')]))
    use = read_csv(tmp_path / "focus.csv")[1]
    assert (use["BilledCost"], use["EffectiveCost"], use["PricingQuantity"], use["ListCost"]) == (
        "0.0",
        "3.33",
        "1.0",
        "3.333333333333333333",
    )
    assert (use["ChargePeriodStart"], use["BillingPeriodEnd"]) == ("2026-01-02T00:00:00Z", "2026-02-01T00:00:00Z")
    assert json.loads(use["Tags"]) == {"project": 'the "hall", Nîmes'}
    assert (use["InvoiceId"], use["CommitmentDiscountStatus"], use["ChargeClass"]) == ("", "", "")


@pytest.mark.parametrize("name", ["a\rb", "a\nb", 'a,"b"', "a;b\t", "Zoë"])
def test_a_name_of_any_characters_is_one_cell(tmp_path, name):
    write_focus(settle([charge(1, 1, user=name)], [priced()]), tmp_path / "focus.csv", until=day(2))
    assert [row["ResourceId"] for row in read_csv(tmp_path / "focus.csv")] == ["A", name]


def test_a_parquet_file_has_exact_decimals_utc_instants_and_nulls(tmp_path):
    ledger = motley()
    written = write_focus(ledger, tmp_path / "focus.PARQUET", tags=TAGS)
    rows = pq.read_table(tmp_path / "focus.PARQUET").to_pylist()
    assert rows == [dict(zip(FOCUS_COLUMNS.values(), row.cells(), strict=True)) for row in focus_rows(ledger, tags=TAGS)]
    assert len(rows) == written.rows


@pytest.mark.parametrize("name", ["focus.csv", "focus.parquet"])
def test_a_ledger_of_nothing_is_a_file_without_rows(tmp_path, name):
    assert write_focus(settle([], []), tmp_path / name).rows == 0
    found = pq.read_table(tmp_path / name).column_names if name.endswith("t") else (tmp_path / name).read_text().strip().split(",")
    assert found == list(FOCUS_COLUMNS.values())


@pytest.mark.parametrize("name", ["focus", "focus.xlsx", "focus.csv.gz"])
def test_a_suffix_that_tells_no_format_is_refused(tmp_path, name):
    with pytest.raises(FormatError, match=r"end in \.csv or \.parquet") as refused:
        write_focus(settle([], []), tmp_path / name)
    assert refused.value.file == str(tmp_path / name)


@pytest.mark.parametrize("name", ["focus.csv", "focus.parquet"])
def test_a_file_that_cannot_be_written_is_an_error_and_leaves_what_was_there(tmp_path, name):
    kept = tmp_path / name
    kept.write_text("kept")
    ledger = settle([charge(1, 1, user="ada\ud800")], [priced()])
    with pytest.raises(FormatError, match="no text that UTF-8 can hold"):
        write_focus(ledger, kept)
    with pytest.raises(FormatError, match="it cannot be written: No such file or directory"):
        write_focus(settle([], []), tmp_path / "missing" / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert kept.read_text() == "kept"


def test_an_amount_that_parquet_cannot_hold_is_refused_by_its_column_and_csv_takes_it(tmp_path):
    small = TokenPack("A", Decimal("1E-12"), day(0), day(9), price=Decimal(10**14), currency="USD")
    with pytest.raises(InvalidValueError, match=r"ContractedUnitPrice is .* at most 20 digits before the point; write CSV"):
        write_focus(settle([], [small]), tmp_path / "focus.parquet")
    assert write_focus(settle([], [small]), tmp_path / "focus.csv").effective == {"USD": 10**14}
    assert [path.name for path in tmp_path.iterdir()] == ["focus.csv"]


def test_without_pyarrow_parquet_is_refused_with_the_extra_to_install_and_csv_is_written(tmp_path):
    program = f"""
import sys
sys.modules["pyarrow"] = None
from flexlib import FormatError, settle
from flexlib.formats import write_focus
print(write_focus(settle([], []), {str(tmp_path / "focus.csv")!r}).rows)
try:
    write_focus(settle([], []), {str(tmp_path / "focus.parquet")!r})
except FormatError as error:
    print(error.problem)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["0", "Parquet needs pyarrow: install flexlib with its extra `parquet`, or write CSV"]

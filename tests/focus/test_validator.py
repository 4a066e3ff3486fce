"""The FOCUS Foundation's validator, run offline over what `write_focus` writes.

It needs Python 3.12, so it runs in an environment of its own: ``tox run -e focus``. Where it is not installed, these tests are skipped.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from focus_ledgers import TAGS, motley, studio

from flexlib.formats import write_focus
from flexlib.reports import UnusedRule

PACKAGE = find_spec("focus_validator")
pytestmark = pytest.mark.skipif(PACKAGE is None, reason="focus-validator is not installed: run tox -e focus")

CRITERIA = [
    "VIRTUAL_CURRENCY_SUPPORTED",
    "PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED",
    "PUBLIC_PRICE_LIST_SUPPORTED",
    "UNIT_PRICING_SUPPORTED",
    "USAGE_MEASUREMENT_SUPPORTED",
    "SUB_ACCOUNT_SUPPORTED",
    "TAGGING_SUPPORTED",
    "NEGOTIATED_PRICING_SUPPORTED",
    "ACCOUNT_NAMING_SUPPORTED",
]

# Where the validator asks for what the specification does not.
KNOWN_GAPS = {
    # It wants a code of ISO 4217, where the specification allows a virtual currency: Token. The second only repeats the first.
    "PricingCurrency-C-003-M",
    "PricingCurrency-C-000-C",
    # It wants every InvoiceId to be null (C-004) and not null (C-005), whatever the charge, so that every file fails one of the two.
    # The specification wants null where there is no invoice, and flexlib knows of none.
    "InvoiceId-C-005-C",
}


def failing_rules(file: Path) -> set[str]:
    """Return the rules that a file fails, as the validator prints them; it exits with 0 either way."""
    run = file.parent / "run"
    rules = run / "focus_validator" / "rules"
    rules.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(PACKAGE.origin).parent / "rules" / "currency_codes.csv", rules)
    arguments = ["--data-file", str(file), "--validate-version", "1.2.0.1", "--focus-dataset", "CostAndUsage", "--block-download"]
    done = subprocess.run(
        [sys.executable, "-m", "focus_validator.main", *arguments, "--applicability-criteria", ",".join(CRITERIA)],
        cwd=run,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    summary = re.search(r"^Total: (\d+) \| Pass: (\d+) \| Fail: (\d+) \| Skipped: (\d+)$", done.stdout, re.MULTILINE)
    assert summary, done.stdout + done.stderr
    total, passed, failed, skipped = map(int, summary.groups())
    assert passed > 200
    assert total == passed + failed + skipped
    failing = set(re.findall(r"^\S+ (\S+): FAIL\b", done.stdout, re.MULTILINE))
    assert len(failing) == failed
    return failing


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_file_of_the_studio_fails_nothing_but_the_known_gaps(tmp_path, suffix):
    ledger, catalog = studio()
    write_focus(ledger, tmp_path / f"studio{suffix}", catalog=catalog)
    assert failing_rules(tmp_path / f"studio{suffix}") == KNOWN_GAPS


@pytest.mark.parametrize("rule", UnusedRule)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_with_everything_that_a_row_can_be_fails_nothing_but_the_known_gaps(tmp_path, suffix, rule):
    write_focus(motley(), tmp_path / f"motley{suffix}", tags=TAGS, unused=rule)
    assert failing_rules(tmp_path / f"motley{suffix}") == KNOWN_GAPS


def altered(path: Path, **cells: str) -> Path:
    """Return a copy of a file with the same cells in every row."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row | cells for row in csv.DictReader(file)]
    copy = path.with_name("altered.csv")
    with copy.open("x", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return copy


@pytest.mark.parametrize(
    ("cells", "gone", "come"),
    [
        ({"InvoiceId": "INV-1"}, {"InvoiceId-C-005-C"}, {"InvoiceId-C-004-C"}),
        ({"PricingCurrency": "USD"}, {"PricingCurrency-C-003-M", "PricingCurrency-C-000-C"}, set()),
    ],
)
def test_the_known_gaps_are_those_of_the_validator(tmp_path, cells, gone, come):
    write_focus(motley(), tmp_path / "motley.csv")
    assert failing_rules(altered(tmp_path / "motley.csv", **cells)) == KNOWN_GAPS - gone | come


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"ServiceCategory": "Design"}, "ServiceCategory-C-003-M"),
        ({"BillingPeriodStart": "3/1/26"}, "BillingPeriodStart-C-001-M"),
        ({"BillingAccountId": "12345"}, "BillingAccountId-C-002-M"),
        ({"EffectiveCost": "1.0"}, "EffectiveCost-C-005-C"),
    ],
)
def test_the_validator_finds_what_is_wrong(tmp_path, cells, rule):
    write_focus(motley(), tmp_path / "motley.csv")
    assert rule in failing_rules(altered(tmp_path / "motley.csv", **cells))


def test_the_validator_does_not_multiply_where_the_charge_class_is_null_so_other_tests_do(tmp_path):
    write_focus(motley(), tmp_path / "motley.csv")
    assert failing_rules(altered(tmp_path / "motley.csv", ListUnitPrice="5.5")) == KNOWN_GAPS

"""``flexlib export focus``: the file that it writes, what it says of it, and what it refuses."""

import csv
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from command import STUDIO, office, run, run_json
from written_files import written

ACCOUNT = """
[[packs]]
id = "A-1"
tokens = 20
purchased_on = 2026-01-01
price = 60
currency = "USD"
[[products]]
code = "autocad"
name = "AutoCAD"
"""
USAGE = """day_used,email,product_name,team_alias,tokens_used
2026-03-02,ada@studio.example,AutoCAD,design,7
2026-03-03,ben@studio.example,AutoCAD,survey,8
"""
TAGS = """key,value,user,team,product,starts_at,ends_at
cost-centre,4711,ada,,,,2026-03-03
cost-centre,4712,ada,,AutoCAD 2026,2026-03-03,
"""


def firm(folder, **files):
    """A folder of its own with two charges of 7 tokens and a pack of 20 with a price."""
    (folder / "firm").mkdir(exist_ok=True)
    return office(folder / "firm", account=files.pop("account", ACCOUNT), **files)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def exported(*arguments):
    """The rows that it writes; the first argument is the firm's folder, or other files."""
    first = arguments[0] if isinstance(arguments[0], list) else [arguments[0]]
    out = first[0].parent / "focus.csv"
    result = run("export", "focus", *first, "--out", out, *arguments[1:])
    assert result.exit_code == 0, result.output
    return rows(out)


def test_a_csv_file_has_the_purchases_and_the_charges(tmp_path):
    found = exported(firm(tmp_path), "--until", "2026-04-01")
    assert [(row["ChargeCategory"], row["ChargePeriodStart"], row["BilledCost"], row["EffectiveCost"]) for row in found] == [
        ("Purchase", "2026-01-01T00:00:00Z", "60.0", "0.0"),
        ("Usage", "2026-03-02T00:00:00Z", "0.0", "21.0"),
        ("Usage", "2026-03-03T00:00:00Z", "0.0", "21.0"),
    ]
    assert {row["ServiceName"] for row in found} == {"Autodesk Flex", "AutoCAD"}


def test_a_parquet_file_has_the_same_rows(tmp_path):
    found = exported(firm(tmp_path))
    assert run("export", "focus", tmp_path / "firm", "--out", tmp_path / "focus.parquet").exit_code == 0
    table = pq.read_table(tmp_path / "focus.parquet")
    assert table.column_names == list(found[0])
    assert table["EffectiveCost"].to_pylist() == [Decimal(row["EffectiveCost"]) for row in found]


def test_the_sums_of_the_file_are_said(tmp_path):
    out = tmp_path / "focus.csv"
    shown = run("export", "focus", firm(tmp_path), "--out", out, "--until", "2026-04-01")
    assert shown.stdout.splitlines() == [
        f"3 rows with 14 tokens written to {out}.",
        "60 USD billed, 42 effective, 18 still unused.",
    ]


def test_the_json_has_just_these_fields(tmp_path):
    made = run_json("export", "focus", firm(tmp_path), "--out", tmp_path / "focus.csv", "--until", "2026-04-01")
    assert made == {
        "schema": "flexlib-focus/1",
        "rows": 3,
        "billed": {"USD": "60"},
        "effective": {"USD": "42"},
        "left": {"USD": "18"},
        "tokens": "14",
        "set_aside": [],
    }


def test_without_until_the_whole_life_of_the_packs_is_told(tmp_path):
    made = run_json("export", "focus", firm(tmp_path), "--out", tmp_path / "focus.csv")
    assert (made["effective"], made["left"]) == ({"USD": "60"}, {"USD": "0"})
    assert rows(tmp_path / "focus.csv")[-1]["ChargePeriodStart"] == "2027-01-01T00:00:00Z"


def test_until_is_the_last_instant_that_counts_and_a_date_begins_in_the_zone(tmp_path):
    assert len(exported(firm(tmp_path), "--until", "2026-03-03T07:59Z")) == 2
    assert len(exported(tmp_path / "firm", "--until", "2026-03-03T08:00Z")) == 3
    assert len(exported(tmp_path / "firm", "--until", "2026-03-03", "--zone", "America/Los_Angeles")) == 3
    assert len(exported(tmp_path / "firm", "--until", "2026-03-03")) == 2


@pytest.mark.parametrize(
    ("rule", "costs"), [("separate", [21, 24]), ("by-tokens", [28, 32]), ("by-user", [Decimal("28.5"), Decimal("31.5")])]
)
def test_what_expires_unused_is_borne_by_the_rule_that_is_named(tmp_path, rule, costs):
    found = exported([written(tmp_path, "usage.csv", USAGE), firm(tmp_path) / "account.toml"], "--unused", rule)
    assert [Decimal(row["EffectiveCost"]) for row in found if row["ResourceType"] == "User"] == costs


def test_tags_are_those_of_the_file_dated_in_the_zone_and_products_by_any_name(tmp_path):
    tags = written(tmp_path, "tags.txt", TAGS)
    found = exported(firm(tmp_path), "--tags", tags, "--until", "2026-04-01")
    assert [row["Tags"] for row in found] == ["", '{"cost-centre": "4711"}', '{"cost-centre": "4712"}']
    later = exported(tmp_path / "firm", "--tags", tags, "--until", "2026-04-01", "--zone", "Pacific/Honolulu")
    assert [row["Tags"] for row in later] == ["", '{"cost-centre": "4711"}', '{"cost-centre": "4711"}']


def test_a_wrong_row_of_tags_stops_it_before_anything_is_written(tmp_path):
    tags = written(tmp_path, "tags.txt", TAGS.replace("AutoCAD 2026", "SketchUp"))
    result = run("export", "focus", firm(tmp_path), "--out", tmp_path / "focus.csv", "--tags", tags)
    assert result.exit_code == 1
    assert "tags.txt: row 3: product: no product is known as 'SketchUp'" in result.stderr
    assert not (tmp_path / "focus.csv").exists()


def test_the_billing_account_is_the_one_given(tmp_path):
    assert {row["BillingAccountId"] for row in exported(firm(tmp_path))} == {"autodesk-account"}
    assert {row["BillingAccountId"] for row in exported(tmp_path / "firm", "--billing-account", "firm-0815")} == {"firm-0815"}


def test_a_pack_without_a_price_is_refused_by_its_id(tmp_path):
    result = run("export", "focus", firm(tmp_path, account=ACCOUNT.replace("price = 60\n", "")), "--out", tmp_path / "focus.csv")
    assert result.exit_code == 1
    assert "packs is 'A-1': expected a price and a currency for each of them" in result.stderr
    assert not (tmp_path / "focus.csv").exists()


def test_charges_without_packs_need_a_currency(tmp_path):
    usage = written(tmp_path, "usage.csv", USAGE)
    refused = run("export", "focus", usage, "--out", tmp_path / "focus.csv")
    assert refused.exit_code == 1
    assert "currency is None: expected an ISO 4217 code such as USD, as no pack has one" in refused.stderr
    found = exported([usage], "--currency", "EUR")
    assert {(row["BillingCurrency"], row["EffectiveCost"]) for row in found} == {("EUR", "0.0")}
    wrong = run("export", "focus", usage, "--out", tmp_path / "focus.csv", "--currency", "euro")
    assert (wrong.exit_code, "currency is 'euro'" in wrong.stderr) == (1, True)


def test_the_currency_is_that_of_charges_that_no_pack_paid(tmp_path):
    later = firm(tmp_path, account=ACCOUNT.replace("2026-01-01", "2026-03-03"))
    found = exported(later, "--until", "2026-04-01", "--currency", "EUR")
    assert [(row["ChargePeriodStart"][:10], row["BillingCurrency"]) for row in found] == [
        ("2026-03-02", "EUR"),
        ("2026-03-03", "USD"),
        ("2026-03-03", "USD"),
    ]


def test_an_export_of_the_vendors_is_written_under_its_own_days(tmp_path):
    found = exported([written(tmp_path, "usage.csv", USAGE), firm(tmp_path) / "account.toml"], "--until", "2026-04-01")
    assert [(row["ResourceId"], row["ChargePeriodStart"], row["EffectiveCost"], row["SubAccountId"]) for row in found[1:]] == [
        ("ada@studio.example", "2026-03-02T00:00:00Z", "21.0", "design"),
        ("ben@studio.example", "2026-03-03T00:00:00Z", "24.0", "survey"),
    ]


def test_a_history_with_its_packs_is_enough(tmp_path):
    firm(tmp_path)
    run("import", written(tmp_path, "usage.csv", USAGE), tmp_path / "firm" / "account.toml", "--into", tmp_path / "kept.history")
    assert len(exported([tmp_path / "kept.history"], "--until", "2026-04-01")) == 3


def test_sessions_beside_an_export_need_to_be_told_which_are_the_charges(tmp_path):
    firm(tmp_path)
    written(tmp_path / "firm", "usage.csv", USAGE)
    assert run("export", "focus", tmp_path / "firm", "--out", tmp_path / "focus.csv").exit_code == 1
    assert {row["ResourceId"] for row in exported(tmp_path / "firm", "--charges-from", "sessions")} == {"ada", "A-1"}


def test_what_is_set_aside_is_told_and_the_rest_is_written(tmp_path):
    folder = firm(
        tmp_path,
        sessions="user,product,opened_at\nada,autocad,2026-03-02T08:00Z\nada,sketchup,2026-03-02T08:00Z\nada,autocad,noon\n",
    )
    result = run("export", "focus", folder, "--out", tmp_path / "out.csv")
    assert result.exit_code == 3
    assert "Set aside, and not in the file" in result.stdout
    assert "row 4: opened_at: 'noon'" in result.stdout
    assert "no product is known as 'sketchup'" in result.stdout
    assert len(run_json("export", "focus", folder, "--out", tmp_path / "out.csv")["set_aside"]) == 2


def test_a_file_that_would_be_read_as_an_input_the_next_time_is_refused(tmp_path):
    folder = firm(tmp_path)
    result = run("export", "focus", folder, "--out", folder / "focus.csv")
    assert result.exit_code == 1
    assert f"{folder / 'focus.csv'} would be read with the other files of {folder} the next time" in result.stderr
    assert not (folder / "focus.csv").exists()
    assert run("export", "focus", folder, "--out", folder / "focus.parquet").exit_code == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("focus.xml", "its suffix tells no format: let it end in .csv or .parquet"),
        ("nowhere/focus.csv", "it cannot be written: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_named(tmp_path, name, message):
    result = run("export", "focus", firm(tmp_path), "--out", tmp_path / name)
    assert result.exit_code == 1
    assert f"{tmp_path / name}: {message}" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing option '--out'"),
        (["--out", "focus.csv", "--unused", "evenly"], "'evenly' is not one of 'separate', 'by-tokens', 'by-user'"),
        (["--out", "focus.csv", "--until", "soon"], "'soon' is not an ISO 8601 instant"),
    ],
)
def test_a_command_given_wrongly_says_so(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = run("export", "focus", firm(tmp_path), *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "focus.csv").exists()


def test_a_user_whose_name_is_a_formula_has_its_kind_before_it(tmp_path):
    firm(tmp_path)
    usage = written(tmp_path, "usage.csv", "day_used,email,product_name,tokens_used\n2026-03-02,=cmd,[bold]x[/bold],7\n")
    found = exported([usage, tmp_path / "firm" / "account.toml"], "--until", "2026-04-01")
    assert (found[1]["ResourceId"], found[1]["ServiceName"]) == ("user:=cmd", "[bold]x[/bold]")


def test_a_path_with_markup_is_shown_as_it_is(tmp_path):
    out = tmp_path / "[bold]focus.csv"
    assert f"written to {out}." in run("export", "focus", firm(tmp_path), "--out", out).stdout


def test_the_studios_costs_are_what_was_paid(tmp_path):
    paid = Decimal(4500 + 750 + 300)
    made = run_json("export", "focus", STUDIO, "--out", tmp_path / "focus.csv")
    assert (made["billed"], made["effective"]) == ({"USD": str(paid)}, {"USD": str(paid)})
    found = rows(tmp_path / "focus.csv")
    assert len(found) == made["rows"]
    assert sum(Decimal(row["BilledCost"]) for row in found) == sum(Decimal(row["EffectiveCost"]) for row in found) == paid
    assert datetime.fromisoformat(found[0]["ChargePeriodStart"]) <= datetime(2026, 1, 1, tzinfo=UTC)

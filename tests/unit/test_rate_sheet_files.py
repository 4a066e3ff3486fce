"""Rate sheets in TOML, JSON and CSV: what they hold, and what is said of those that are wrong."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from written_files import RATES, sheet, sheet_complaint

from flexlib import ChargeBasis, FormatError, Rate, Source, read_rate_sheet

TOML = """
name = "prices"
source = {provider = "Autodesk", document = "Rate sheet, 2026", as_of = 2026-01-15}

[[rates]]
product = "autocad"
tokens = 7
effective_from = 2021-12-21
effective_until = 2027-01-01T00:00:00+01:00
region = "EMEA"

[[rates]]
product = "cfd"
tokens = "0.5"
effective_from = "2025-01-14"
basis = "result"
source = {provider = "Reseller", document = "FAQ"}
"""

JSON = json.dumps(
    {
        "name": "prices",
        "source": {"provider": "Autodesk", "document": "Rate sheet, 2026", "as_of": "2026-01-15"},
        "rates": [
            {
                "product": "autocad",
                "tokens": 7,
                "effective_from": "2021-12-21",
                "effective_until": "2026-12-31T23:00:00Z",
                "region": "EMEA",
            },
            {
                "product": "cfd",
                "tokens": "0.5",
                "effective_from": "2025-01-14T00:00Z",
                "basis": "result",
                "source": {"provider": "Reseller", "document": "FAQ"},
            },
        ],
    }
)

CSV = """product,tokens,effective_from,effective_until,region,basis,provider,document,as_of
autocad,7,2021-12-21,2027-01-01T00:00+01:00,EMEA,,Autodesk,"Rate sheet, 2026",2026-01-15
cfd,0.5,2025-01-14,,,result,Reseller,FAQ,
"""

RATES_MEANT = (
    Rate(
        "autocad",
        7,
        effective_from=date(2021, 12, 21),
        effective_until=datetime(2026, 12, 31, 23, tzinfo=UTC),
        region="EMEA",
        source=Source("Autodesk", "Rate sheet, 2026", date(2026, 1, 15)),
    ),
    Rate(
        "cfd",
        Decimal("0.5"),
        effective_from=date(2025, 1, 14),
        basis=ChargeBasis.PER_RESULT,
        source=Source("Reseller", "FAQ"),
    ),
)


@pytest.mark.parametrize(("name", "content"), [("prices.toml", TOML), ("prices.json", JSON), ("prices.csv", CSV)])
def test_r3_one_sheet_reads_as_the_same_rates_from_toml_json_and_csv_each_with_its_source(tmp_path, name, content):
    found = sheet(tmp_path, name, content)
    assert found.name == "prices"
    assert found.rates == RATES_MEANT
    assert [rate.sheet for rate in found.rates] == ["prices", "prices"]


@pytest.mark.parametrize(("name", "content"), [("prices.toml", TOML), ("prices.json", JSON), ("prices.csv", CSV)])
def test_a_byte_order_mark_is_read_over(tmp_path, name, content):
    assert sheet(tmp_path, name, "\ufeff" + content).rates == RATES_MEANT


@pytest.mark.parametrize(("name", "content"), [("prices.toml", TOML), ("prices.json", JSON), ("prices.csv", CSV)])
def test_lines_may_end_as_windows_ends_them(tmp_path, name, content):
    assert sheet(tmp_path, name, content.replace("\n", "\r\n")).rates == RATES_MEANT


def test_the_suffix_may_be_in_capitals_and_the_path_a_text(tmp_path):
    path = tmp_path / "PRICES.CSV"
    path.write_text(RATES + "autocad,7,2021-12-21\n")
    assert read_rate_sheet(str(path)).name == "PRICES"


def test_a_sheet_without_rates_is_a_sheet(tmp_path):
    assert sheet(tmp_path, "s.toml", 'name = "empty"\nrates = []\n').rates == ()
    assert sheet(tmp_path, "s.csv", RATES).rates == ()


def test_c11_a_rate_of_zero_is_a_rate(tmp_path):
    assert sheet(tmp_path, "s.csv", RATES + "viewer,0,2021-12-21\n").rates[0].tokens == 0


def test_c10_tokens_in_quotes_keep_each_digit(tmp_path):
    assert str(sheet(tmp_path, "s.toml", one_rate(tokens='"0.10"')).rates[0].tokens) == "0.10"


def test_json_may_say_null_for_what_is_not_known(tmp_path):
    rate = {"product": "a", "tokens": 1, "effective_from": "2026-01-01", "effective_until": None, "region": None, "source": None}
    found = sheet(tmp_path, "s.json", json.dumps({"name": "s", "source": None, "rates": [rate]}))
    assert found.rates == (Rate("a", 1, effective_from=date(2026, 1, 1)),)


def one_rate(**fields: str) -> str:
    """Return a TOML sheet of one rate, with fields put in place of its own; an empty text leaves a field out."""
    all_fields = {"product": '"autocad"', "tokens": "7", "effective_from": "2021-12-21"} | fields
    return 'name = "s"\n[[rates]]\n' + "".join(f"{key} = {value}\n" for key, value in all_fields.items() if value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("tokens", "0.5", '0.5 is a float, which is not exact: write it in quotes, such as "0.5"'),
        ("tokens", "inf", "inf is a float, which is not exact"),
        ("tokens", "-1", "give a finite number, zero or more"),
        ("tokens", '"NaN"', "give a finite number, zero or more"),
        ("tokens", '"sNaN"', "give a finite number, zero or more"),
        ("tokens", '"Infinity"', "give a finite number, zero or more"),
        ("tokens", '"1e400"', "at most 15 digits before the point"),
        pytest.param("tokens", '"' + "9" * 5000 + '"', "at most 15 digits before the point", id="5000-digits"),
        ("tokens", '"1e9999999999999999999"', "is not a number such as 10 or 0.5"),
        ("tokens", '"seven"', "'seven' is not a number such as 10 or 0.5"),
        ("tokens", "true", "True is not a number such as 10 or 0.5"),
        ("tokens", "[7]", "[7] is not a number such as 10 or 0.5"),
        ("tokens", "", "it is missing"),
        ("product", "", "it is missing"),
        ("product", "7", "7 is not text: write it in quotes"),
        ("product", '" "', "it is blank"),
        ("region", '""', "it is blank: give text, or leave it out"),
        ("effective_from", "", "it is missing"),
        ("effective_from", '"2026-02-30"', "'2026-02-30' is not a date such as 2026-03-02"),
        ("effective_from", '"2026-02"', "'2026-02' is not a date such as 2026-03-02"),
        ("effective_from", '"2026-W10-1"', "'2026-W10-1' is not a date such as 2026-03-02"),
        ("effective_from", '"0000-01-01"', "is not a date such as 2026-03-02"),
        ("effective_from", "2026", "2026 is not a date such as 2026-03-02"),
        ("effective_from", "10:00:00", "is not a date such as 2026-03-02"),
        ("effective_from", "2026-03-02T08:00:00", "2026-03-02T08:00:00 has no zone: give an ISO 8601 instant with a zone"),
        ("effective_from", '"2026-03-02T08:00"', "has no zone: give an ISO 8601 instant with a zone"),
        ("effective_from", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00 lies outside the years that can be held"),
        ("effective_from", '"9999-12-31T23:00:00-05:00"', "9999-12-31T23:00 lies outside the years that can be held"),
        ("effective_until", "2021-12-21", "expected an instant after effective_from"),
        ("basis", '"week"', "'week' is no basis: write 'day' or 'result'"),
        ("basis", "[]", "[] is no basis: write 'day' or 'result'"),
        ("price", "3", "no such key is known here; the keys are product, tokens, effective_from, effective_until"),
        ("source", '"Autodesk"', "it is no table of keys and values"),
    ],
)
def test_a_wrong_value_of_a_rate_is_named_by_its_rate_and_field_with_what_would_be_right(tmp_path, field, value, said):
    problem = sheet_complaint(tmp_path, "s.toml", one_rate(**{field: value}))
    assert problem[:2] == ("rates[0]", field)
    assert said in problem.problem


@pytest.mark.parametrize(
    ("source", "field", "said"),
    [
        ('{provider = "Autodesk"}', "source.document", "it is missing"),
        ('{provider = "Autodesk", document = 5}', "source.document", "5 is not text: write it in quotes"),
        ('{provider = "Autodesk", document = "d", as_of = 2026-01-01T00:00:00Z}', "source.as_of", "has a time of day"),
        ('{provider = "Autodesk", document = "d", page = 3}', "source.page", "the keys are provider, document, as_of"),
    ],
)
def test_a_wrong_source_is_named_by_its_own_key_in_a_rate_and_for_the_whole_sheet(tmp_path, source, field, said):
    in_rate = sheet_complaint(tmp_path, "s.toml", one_rate(source=source))
    of_sheet = sheet_complaint(tmp_path, "s.toml", f"source = {source}\n" + one_rate())
    assert in_rate[:2] == ("rates[0]", field)
    assert of_sheet[:2] == (None, field)
    assert said in in_rate.problem
    assert said in of_sheet.problem


def test_the_rate_at_fault_is_told_from_those_beside_it(tmp_path):
    second = '[[rates]]\nproduct = "revit"\ntokens = -1\neffective_from = 2021-12-21\n'
    assert sheet_complaint(tmp_path, "s.toml", one_rate() + second)[:2] == ("rates[1]", "tokens")


@pytest.mark.parametrize(
    ("content", "field", "said"),
    [
        ('{"rates": []}', "name", "it is missing"),
        ('{"name": "s"}', "rates", "it is missing"),
        ('{"name": " ", "rates": []}', "name", "it is blank"),
        ('{"name": 5, "rates": []}', "name", "5 is not text"),
        ('{"name": "s", "rates": [], "owner": "me"}', "owner", "no such key is known here; the keys are name, rates, source"),
        ('{"name": "s", "rates": {}}', "rates", "no list of tables"),
        ('{"name": "s", "rates": "abc"}', "rates", "no list of tables"),
        ('{"name": "s", "rates": null}', "rates", "no list of tables"),
        ('{"name": "s", "rates": [1]}', "rates", "no list of tables"),
    ],
)
def test_a_wrong_key_of_the_sheet_is_named(tmp_path, content, field, said):
    problem = sheet_complaint(tmp_path, "s.json", content)
    assert problem[:2] == (None, field)
    assert said in problem.problem


@pytest.mark.parametrize("tokens", ["0.5", "7.0", "1e400", "Infinity", "NaN"])
def test_c10_a_float_in_json_is_refused(tmp_path, tokens):
    rate = '{"product": "a", "effective_from": "2026-01-01", "tokens": ' + tokens + "}"
    content = '{"name": "s", "rates": [' + rate + "]}"
    problem = sheet_complaint(tmp_path, "s.json", content)
    assert problem[:2] == ("rates[0]", "tokens")
    assert "is a float, which is not exact: write it in quotes" in problem.problem


def test_one_key_with_two_values_in_json_is_refused(tmp_path):
    content = '{"name": "s", "rates": [{"product": "a", "tokens": 1, "tokens": 2, "effective_from": "2026-01-01"}]}'
    assert "the key 'tokens' stands twice in one object" in sheet_complaint(tmp_path, "s.json", content).problem


def test_json_that_is_a_list_is_no_sheet(tmp_path):
    assert sheet_complaint(tmp_path, "s.json", "[]") == (None, None, "it holds no object with the keys name and rates")


def test_what_is_no_json_is_told_with_its_line(tmp_path):
    assert sheet_complaint(tmp_path, "s.json", '{\n"name":\n}') == ("line 3", None, "it is not JSON: Expecting value")
    assert sheet_complaint(tmp_path, "s.json", "")[:2] == ("line 1", None)


def test_what_is_no_toml_is_told_with_its_line(tmp_path):
    problem = sheet_complaint(tmp_path, "s.toml", 'name = "s"\nrates =\n')
    assert problem.problem.startswith("it is not TOML: ")
    assert "line 2" in problem.problem


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.toml", one_rate(tokens="9" * 5000)),
        ("s.json", '{"name": ' + "9" * 5000 + "}"),
        ("s.toml", "rates = " + "[" * 100_000),
        ("s.json", "[" * 100_000),
        ("s.json", '{"a":' * 100_000),
    ],
    ids=["toml-digits", "json-digits", "toml-depth", "json-list-depth", "json-object-depth"],
)
def test_what_no_parser_can_hold_is_told_as_a_file_that_cannot_be_read(tmp_path, name, content):
    assert sheet_complaint(tmp_path, name, content).problem.startswith("it cannot be read: ")


@pytest.mark.parametrize(("name", "content"), [("s.toml", ""), ("s.json", "{}")])
def test_an_empty_sheet_lacks_its_name(tmp_path, name, content):
    assert sheet_complaint(tmp_path, name, content) == (None, "name", "it is missing")


@pytest.mark.parametrize(
    ("rows", "place", "field", "said"),
    [
        ("autocad,7,2021-12-21\nrevit,ten,2021-12-21\n", "row 3", "tokens", "'ten' is not a number such as 10 or 0.5"),
        ("autocad,-7,2021-12-21\n", "row 2", "tokens", "zero or more"),
        ("autocad,7,soon\n", "row 2", "effective_from", "'soon' is not a date such as 2026-03-02"),
        ("autocad,7,2021-12-21T08:00\n", "row 2", "effective_from", "has no zone"),
        (" ,7,2021-12-21\n", "row 2", "product", "it is missing"),
        ("autocad,,2021-12-21\n", "row 2", "tokens", "it is missing"),
        ("\n\nautocad,7\n", "row 4", None, "it has 2 cells where the header has 3"),
        ("autocad,7,2021-12-21,EMEA\n", "row 2", None, "it has 4 cells where the header has 3"),
    ],
)
def test_a_wrong_row_is_named_by_its_number_and_column(tmp_path, rows, place, field, said):
    problem = sheet_complaint(tmp_path, "s.csv", RATES + rows)
    assert problem[:2] == (place, field)
    assert said in problem.problem


def test_a_source_in_csv_needs_both_a_provider_and_a_document(tmp_path):
    content = "product,tokens,effective_from,provider\nautocad,7,2021-12-21,Autodesk\n"
    assert sheet_complaint(tmp_path, "s.csv", content) == ("row 2", "source.document", "it is missing")


@pytest.mark.parametrize(
    ("first", "clash"),
    [("autocad,7,2021-12-21,", "autocad,5,2021-12-21,"), ("autocad,7,2021-12-21,2023-01-01", "autocad,5,2022-01-01,")],
    ids=["one-beginning", "an-end-beyond-the-next-beginning"],
)
def test_r1_two_rates_of_a_sheet_that_hold_at_once_are_both_named_and_no_other(tmp_path, first, clash):
    header = "product,tokens,effective_from,effective_until"
    content = f"{header}\n{first}\nrevit,10,2021-12-21,\nautocad,1,2020-01-01,\n{clash}\n"
    problem = sheet_complaint(tmp_path, "s.csv", content)
    assert problem[:2] == ("row 2 and row 5", "effective_from")
    assert problem.problem.startswith("two rates for 'autocad' hold at 202")
    assert "7 tokens a day from 2021-12-21" in problem.problem
    assert "5 tokens a day from 202" in problem.problem
    assert problem.problem.endswith("leave one")


def test_r1_an_end_at_the_next_beginning_is_no_clash(tmp_path):
    content = "product,tokens,effective_from,effective_until\nautocad,7,2021-12-21,2022-01-01\nautocad,5,2022-01-01,\n"
    assert [rate.tokens for rate in sheet(tmp_path, "s.csv", content).rates] == [7, 5]


def test_r2_rates_of_one_product_for_two_regions_do_not_clash(tmp_path):
    content = "product,tokens,effective_from,region\nautocad,7,2021-12-21,EMEA\nautocad,7,2021-12-21,AMER\nautocad,7,2021-12-21,\n"
    assert [rate.region for rate in sheet(tmp_path, "s.csv", content).rates] == ["EMEA", "AMER", None]


def test_a_csv_file_whose_name_is_blank_makes_no_sheet(tmp_path):
    assert sheet_complaint(tmp_path, " .csv", RATES)[:2] == (None, "name")


def test_a_file_of_an_unknown_kind_is_told_with_the_known_kinds(tmp_path):
    said = sheet_complaint(tmp_path, "prices.xyz", "").problem
    assert said == "no plugin reads rate sheets of this kind: give TOML, JSON or CSV"


def test_a_wrong_sheet_is_an_error_that_keeps_its_parts(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text(RATES + "autocad,ten,2021-12-21\n")
    with pytest.raises(FormatError, match="row 2: tokens: 'ten'") as caught:
        read_rate_sheet(path)
    assert (caught.value.file, caught.value.place, caught.value.field) == (str(path), "row 2", "tokens")

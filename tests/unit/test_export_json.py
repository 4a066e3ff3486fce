"""What the vendor's APIs answer, and what people save of their requests, as JSON."""

import json
from datetime import date
from decimal import Decimal

import pytest
from export_files import aside, export, refusal

from flexlib import ReportedTotal, ReportedUse
from flexlib.formats import ExportKind

COLUMNS = ["usageDate", "productName", "tokens", "emailAddress"]
ADA = ReportedUse("ada@x.example", "Revit", date(2026, 7, 29), 10)
ROW = ["2026-07-29", "Revit", 10, "Ada@x.example"]


def answer(rows, columns=COLUMNS, **more):
    """Return the JSON of a table."""
    return json.dumps({"columns": columns, "rows": rows, **more})


def test_a_table_of_lists_of_objects_of_a_query_and_bare_objects_are_the_same(tmp_path):
    objects = [dict(zip(COLUMNS, ROW, strict=True))]
    shapes = [
        answer([ROW]),
        answer(objects),
        json.dumps({"status": "DONE", "result": {"columns": COLUMNS, "rows": [ROW], "total": 1, "offset": 0, "limit": 100}}),
        json.dumps(objects),
        "\n \ufeff ".strip() + json.dumps(objects, indent=2),
    ]
    for shape in shapes:
        found = export(tmp_path, shape)
        assert (found.kind, found.rows, found.problems, found.numbers) == (ExportKind.INSIGHTS, [ADA], [], [1])
        assert found.origin(0).endswith(": row 1")


def test_totals_of_an_enterprise_query_are_exact(tmp_path):
    content = (
        '{"status":"DONE","result":{"columns":["usageCategory","productName","tokensConsumed"],'
        '"rows":[["PRODUCT_CONSUMPTION","ReMake",46.0],["PRODUCT_CONSUMPTION","Revit Live",0.1]],"total":2,"offset":0,"limit":100}}'
    )
    found = export(tmp_path, content)
    assert found.kind is ExportKind.TOTALS
    assert found.totals == [
        ReportedTotal(Decimal(46), "PRODUCT_CONSUMPTION", product="ReMake"),
        ReportedTotal(Decimal("0.1"), "PRODUCT_CONSUMPTION", product="Revit Live"),
    ]
    assert [str(row.tokens) for row in found.totals] == ["46", "0.1"]


def test_totals_may_be_of_a_month_a_year_of_contract_and_a_number_of_users(tmp_path):
    row = {
        "usageMonth": "2015-02-01",
        "contractYear": 1,
        "usageCategory": "MANUAL_ADJUSTMENT",
        "uniqueUsers": 3,
        "tokensConsumed": 5,
    }
    found = export(tmp_path, json.dumps([row, row | {"userName": "jdoe", "usageMonth": "2015-02-02"}, row | {"userName": "jdoe"}]))
    month = ReportedTotal(5, "MANUAL_ADJUSTMENT", month=date(2015, 2, 1), contract_year=1, users=3)
    assert found.rows[0] == month
    assert found.rows[1].user == "jdoe"
    assert aside(found) == [("row 2", "usageMonth", "2015-02-02 is not a month: write its first day, 2015-02-01")]


def test_objects_may_lack_keys_and_have_others(tmp_path):
    full = dict(zip(COLUMNS, ROW, strict=True))
    found = export(tmp_path, json.dumps([full, full | {"note": None}, full | {"note": True, "weight": 1.50}]))
    assert found.extra == {"note": ["", "", "true"], "weight": ["", "", "1.5"]}


def test_rows_as_objects_may_have_keys_beyond_the_columns(tmp_path):
    found = export(tmp_path, answer([dict(zip(COLUMNS, ROW, strict=True)) | {"note": "x"}, ROW]))
    assert (found.rows, found.extra) == ([ADA, ADA], {"note": ["x", ""]})


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        (ROW[:3], None, "it has 3 cells where the header has 4"),
        ([*ROW, 1], None, "it has 5 cells where the header has 4"),
        ("text", None, "it is neither a list of values nor an object"),
        (None, None, "it is neither a list of values nor an object"),
        ([["2026"], "Revit", 10, "ada"], "usageDate", "it is a list or an object, where text or a number is meant"),
        ([20260729, "Revit", 10, "ada"], "usageDate", "'20260729' is not a day"),
        (["2026-07-29", "Revit", None, "ada"], "tokens", "it is blank"),
        (["2026-07-29", "Revit", True, "ada"], "tokens", "'true' is not a number"),
        (["2026-07-29", "Revit", float("nan"), "ada"], "tokens", "'NaN' is not a number"),
        (["2026-07-29", "Revit", -1.5, "ada"], "tokens", "'-1.5' is not an amount"),
        (["2026-07-29", "Revit", 10**60, "ada"], "tokens", "is not an amount: give at most 15 digits"),
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside_and_the_others_are_read(tmp_path, row, field, said):
    found = export(tmp_path, answer([ROW, row, [None] * 4, ROW]))
    [problem] = aside(found)
    assert problem[:2] == ("row 2", field)
    assert said in problem.problem
    assert (found.rows, found.numbers) == ([ADA, ADA], [1, 4])


def test_a_number_with_a_huge_exponent_takes_no_time(tmp_path):
    content = answer([ROW]).replace("10,", "1e999999999,")
    assert "'1e999999999' is not a number" in aside(export(tmp_path, content))[0].problem
    assert export(tmp_path, answer([[*ROW, 1]], [*COLUMNS, "x"]).replace(", 1]", ", 1e-999999999999999999999]")).rows == [ADA]


def test_a_page_of_a_result_says_that_it_is_one(tmp_path):
    paged = export(tmp_path, answer([ROW, ROW], total=250, offset=100, limit=2))
    assert len(paged.rows) == 2
    assert aside(paged) == [
        (None, None, "it holds only the rows 101 to 102 of 250: ask for the other pages too, and read them all")
    ]
    assert aside(export(tmp_path, answer([ROW], total=2, offset=0)))[0].problem.startswith("it holds only the rows 1 to 1 of 2")
    assert aside(export(tmp_path, answer([], total=2, offset=0)))[0].problem.startswith("it holds none of the 2 rows")
    assert aside(export(tmp_path, answer([ROW], total=2, offset=1)))[0].problem.startswith("it holds only the rows 2 to 2 of 2")
    assert export(tmp_path, answer([ROW], total=1, offset=0)).problems == []


@pytest.mark.parametrize(
    ("document", "kind", "said"),
    [
        (
            {"fields": ["usageDate"], "metrics": ["tokensConsumed"], "downloadFileName": "july"},
            ExportKind.REQUEST,
            "it is a request for an export and holds no rows: send it, and read the file that is then to be downloaded, which it names 'july'",
        ),
        (
            {"requestKey": "k", "requestStatus": "Download", "downloadFileName": "july.csv"},
            ExportKind.STATUS,
            "it is the status of an export, which is 'Download', and holds no rows: download the file 'july.csv' and read that",
        ),
        (
            {"id": "1", "status": "SUBMITTED", "downloads": [], "reports": ["USAGE"]},
            ExportKind.STATUS,
            "it is the status of an export, which is 'SUBMITTED', and holds no rows: download the file that it offers once it is done",
        ),
        ({"status": "DONE", "downloads": []}, ExportKind.STATUS, "it is the status of an export, which is 'DONE'"),
        (
            {"status": "RUNNING"},
            ExportKind.STATUS,
            "the query is 'RUNNING' and not 'DONE', so that it holds no rows: ask for its result",
        ),
        ({"status": "FAILED", "result": {"columns": COLUMNS, "rows": [ROW]}}, ExportKind.STATUS, "the query is 'FAILED'"),
    ],
)
def test_what_holds_no_rows_yet_says_what_it_is_and_what_to_do(tmp_path, document, kind, said):
    found = export(tmp_path, json.dumps(document))
    [problem] = aside(found)
    assert (found.kind, found.rows, found.numbers, found.extra) == (kind, [], [], {})
    assert problem[:2] == (None, None)
    assert said in problem.problem


@pytest.mark.parametrize(
    ("content", "place", "field", "said"),
    [
        ("{", "line 1", None, "it is not JSON: Expecting property name"),
        ('[{"a": 1}\n{"a": 1}]', "line 2", None, "it is not JSON: Expecting ',' delimiter"),
        ("[" * 100_000, None, None, "it is nested too deeply"),
        ('[{"tokens": 1, "tokens": 2}]', None, None, "the key 'tokens' stands twice in one object"),
        ("[]", None, None, "it holds no rows with named values"),
        ("[1, 2]", None, None, "it holds no rows with named values"),
        ('{"columns": "usageDate", "rows": []}', None, "columns", "it is no list of names"),
        ('{"columns": [1], "rows": []}', None, "columns", "it holds what is no name"),
        ('{"columns": ["usageDate"], "rows": {}}', None, "rows", "it is no list of rows"),
        (answer([ROW], total="4"), None, "total", "it is not a whole number"),
        (answer([ROW], total=1, offset=0.5), None, "offset", "it is not a whole number"),
        ('{"rows": []}', None, None, "it has no columns and rows, and is neither a request for an export nor its status"),
        ('{"status": "DONE"}', None, None, "it has no columns and rows"),
        ('{"status": "DONE", "result": [1]}', None, None, "it has no columns and rows"),
        (answer([ROW], ["usageDate", "usage_date", "tokens", "email"]), None, None, "it matches no export that is known here"),
        (answer([[*ROW, 1]], [*COLUMNS, "tokens_used"]), None, "tokens_used", "it means the same as the column 'tokens'"),
        (json.dumps([{f"key {number}": 1 for number in range(1_001)}]), None, None, "more than 1000 names"),
    ],
)
def test_other_json_is_refused(tmp_path, content, place, field, said):
    problem = refusal(tmp_path, content)
    assert problem[:2] == (place, field)
    assert said in problem.problem

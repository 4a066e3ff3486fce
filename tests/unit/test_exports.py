"""The vendor's exports: each kind in each state of its header, and the rows that they hold."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from export_files import USAGE, aside, export, refusal

from flexlib import InvalidValueError, ReportedSummary, ReportedUse, charge_reported
from flexlib.formats import ExportKind, read_export

JULY_29 = date(2026, 7, 29)
ADA = ReportedUse("ada@studio.example", "AutoCAD", JULY_29, 7, team="Design")
STATES = [
    "day_used,email,product_name,team_alias,tokens_used",
    "Day used,Email,Product,Team,Tokens used",
    "Day Used,EMAIL,product,team,tokens-used",
    "dayUsed,emailAddress,productName,teamAlias,tokensUsed",
    " day_used ,Email,Product  Name,Team_Alias,Tokens_Used",
]
REPORT = (
    "hashed_autodesk_id,first_name,last_name,email,autodesk_id,team_alias,group,offering_name,version,seat_assignment,assigned_date,"
    "unassigned_date,user_activity,days_inactive,access_option,days_used,monthly_average,tokens_used,last_accessed\n"
)
TOKEN_USAGE = "Day used,Email,First name,Last name,Product,Feature,Team,Tokens used\n"


@pytest.mark.parametrize("header", STATES)
def test_every_state_of_the_header_gives_the_same_rows(tmp_path, header):
    found = export(tmp_path, f"{header}\n2026-07-29,ada@studio.example,AutoCAD,Design,7\n")
    assert (found.kind, found.rows, found.problems, found.extra) == (ExportKind.USAGE, [ADA], [], {})
    assert found.numbers == [2]
    assert found.origin(0) == f"{tmp_path / 'export.csv'}: row 2"


def test_columns_may_stand_in_any_order(tmp_path):
    row = {
        "day_used": "2026-07-29",
        "email": "ada@studio.example",
        "product_name": "AutoCAD",
        "team_alias": "Design",
        "tokens_used": "7",
    }
    for order in permutations(row):
        found = export(tmp_path, f"{','.join(order)}\n{','.join(row[name] for name in order)}\n")
        assert found.rows == [ADA]


def test_a_feature_makes_it_a_token_usage_export(tmp_path):
    found = export(tmp_path, f"{TOKEN_USAGE}2026-07-29,Ada@Studio.example,Ada,Byron,Fusion,Generative study,Design,11\n")
    assert found.kind is ExportKind.TOKEN_USAGE
    assert found.rows == [ReportedUse("ada@studio.example", "Fusion", JULY_29, 11, team="Design", feature="Generative study")]
    assert found.extra == {"First name": ["Ada"], "Last name": ["Byron"]}


def test_an_insights_table_is_told_by_its_usage_date_and_has_the_product_within_a_collection_for_a_feature(tmp_path):
    content = "productName,usageDate,tokens,emailAddress,childProductName,fullName\nAEC,2026-07-29T00:00:00Z,10,ada@x.example,Revit,Ada B\n"
    found = export(tmp_path, content)
    assert found.kind is ExportKind.INSIGHTS
    assert found.rows == [ReportedUse("ada@x.example", "AEC", JULY_29, 10, feature="Revit")]
    assert found.extra == {"fullName": ["Ada B"]}


def test_a_usage_report_is_read_whole(tmp_path):
    row = (
        "h1,Ada,Byron,Ada@Studio.example,A1,Design,Group 1,AutoCAD,2026,Assigned,2026-01-05,,Active,3,Flex,12,4.5,84,"
        "2026-07-29T21:20:32Z\n"
    )
    found = export(tmp_path, REPORT + row)
    assert found.kind is ExportKind.USAGE_REPORT
    assert found.rows == [
        ReportedSummary(
            "ada@studio.example",
            "AutoCAD",
            84,
            12,
            monthly_average=Decimal("4.5"),
            days_inactive=3,
            version="2026",
            team="Design",
            group="Group 1",
            access="Flex",
            seat_assignment="Assigned",
            activity="Active",
            assigned_on=date(2026, 1, 5),
            last_accessed_on=JULY_29,
        )
    ]
    assert found.extra == {"hashed_autodesk_id": ["h1"], "first_name": ["Ada"], "last_name": ["Byron"], "autodesk_id": ["A1"]}
    assert found.identities == {"h1": "ada@studio.example", "A1": "ada@studio.example"}


def test_a_blank_in_a_usage_report_is_none_and_not_zero(tmp_path):
    [row] = export(tmp_path, f"{REPORT}h1,,,,,,,AutoCAD,,,,,,,,,,,\n").rows
    assert row == ReportedSummary("h1", "AutoCAD")
    assert (row.tokens, row.days_used, row.monthly_average, row.days_inactive, row.last_accessed_on) == (None,) * 5


def test_a_report_without_days_holds_no_use_a_day(tmp_path):
    found = export(tmp_path, "Email,Product,Days used,Tokens used\nada@studio.example,AutoCAD,3,21\n")
    assert (found.kind, len(found.summaries)) == (ExportKind.USAGE_REPORT, 1)
    assert (found.reported, found.sessions, found.totals) == ([], [], [])


def test_a_day_makes_it_daily_whatever_else_it_has(tmp_path):
    found = export(tmp_path, f"Days used,{USAGE}3,2026-07-29,ada@studio.example,AutoCAD,Design,7\n")
    assert (found.kind, found.rows, found.extra) == (ExportKind.USAGE, [ADA], {"Days used": ["3"]})


def test_the_rows_of_a_kind_are_found_under_its_name(tmp_path):
    daily = export(tmp_path, f"{USAGE}2026-07-29,ada@studio.example,AutoCAD,Design,7\n")
    assert daily.reported == daily.rows == [ADA]
    assert charge_reported(daily.reported)[0].reported == ADA


def test_an_offering_stands_for_the_product_only_where_there_is_no_product(tmp_path):
    one = export(tmp_path, "day_used,email,offering_name,tokens_used\n2026-07-29,ada@studio.example,AutoCAD,7\n")
    both = export(tmp_path, "day_used,email,offering_name,product_name,tokens_used\n2026-07-29,ada@studio.example,AEC,AutoCAD,7\n")
    assert [one.rows[0].product, both.rows[0].product] == ["AutoCAD", "AutoCAD"]
    assert both.extra == {"offering_name": ["AEC"]}


def test_users_who_differ_in_case_or_in_blanks_around_are_one(tmp_path):
    found = export(tmp_path, f"{USAGE}2026-07-29, ADA@Studio.Example ,AutoCAD,,7\n2026-07-29,ada@studio.example,Revit,,10\n")
    assert {row.user for row in found.rows} == {"ada@studio.example"}


HIDDEN = "day_used,userName,autodesk_id,email,hashed_autodesk_id,product_name,tokens_used\n2026-07-29,"


@pytest.mark.parametrize(
    ("cells", "user"),
    [
        ("Ada B,A1,Ada@X.example,h1", "ada@x.example"),
        ("*****,A1,*****,h1", "h1"),
        ("Ada B,A1,,", "A1"),
        ("Ada B,**,,  ", "Ada B"),
        ("Ada@X.example,,,", "ada@x.example"),
        ("Ada B,A1,*,H1", "H1"),
    ],
)
def test_where_personal_data_is_hidden_the_next_id_names_the_user(tmp_path, cells, user):
    assert export(tmp_path, f"{HIDDEN}{cells},AutoCAD,7\n").rows == [ReportedUse(user, "AutoCAD", JULY_29, 7)]


def test_a_row_that_names_no_user_is_set_aside(tmp_path):
    found = export(tmp_path, f"{HIDDEN}*****,,*****,*,AutoCAD,7\n")
    assert aside(found) == [("row 2", "email", "it is blank or hidden, and so is every other column that could tell the user")]
    assert (found.rows, found.numbers, found.extra["userName"]) == ([], [], [])


def test_hidden_names_are_blank_and_ids_are_kept_beside_the_rows(tmp_path):
    found = export(tmp_path, f"first_name,hashed_autodesk_id,{USAGE}*****,h1,2026-07-29,*****,AutoCAD,*****,7\n")
    assert found.rows == [ReportedUse("h1", "AutoCAD", JULY_29, 7)]
    assert found.extra == {"first_name": [""], "hashed_autodesk_id": ["h1"]}
    assert found.identities == {}


def test_identities_are_those_of_rows_that_show_both_id_and_email(tmp_path):
    rows = "h1,2026-07-29,ada@x.example,AutoCAD,,7\nh2,2026-07-29,*****,AutoCAD,,7\nh1,2026-07-29,*****,Revit,,10\n"
    assert export(tmp_path, f"hashed_autodesk_id,{USAGE}{rows}").identities == {"h1": "ada@x.example"}


def test_an_id_with_two_emails_keeps_the_first(tmp_path):
    rows = "h1,2026-07-29,ada@x.example,AutoCAD,,7\nh1,2026-07-30,ada.b@x.example,AutoCAD,,7\n"
    assert export(tmp_path, f"hashed_autodesk_id,{USAGE}{rows}").identities == {"h1": "ada@x.example"}


def test_a_zero_is_a_row_like_any_other_c11(tmp_path):
    assert export(tmp_path, f"{USAGE}2026-07-29,ada@studio.example,AutoCAD,Design,0\n").rows[0].tokens == 0


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        (",ada@x.example,AutoCAD,,7", "day_used", "it is blank"),
        ("07/08/2026,ada@x.example,AutoCAD,,7", "day_used", "'07/08/2026' is ambiguous"),
        ("soon,ada@x.example,AutoCAD,,7", "day_used", "'soon' is not a day: write the day as 2026-07-29"),
        ("2026-02-30,ada@x.example,AutoCAD,,7", "day_used", "'2026-02-30' is not a day"),
        ("2026-07-29T10:00:00,ada@x.example,AutoCAD,,7", "day_used", "no zone"),
        ("0001-01-01T00:00:00+10:00,ada@x.example,AutoCAD,,7", "day_used", "is not a day"),
        ("2026-07-29,ada@x.example,,,7", "product_name", "it is blank"),
        ("2026-07-29,ada@x.example,*****,,7", "product_name", "it is blank"),
        ("2026-07-29,,AutoCAD,,7", "email", "it is blank or hidden"),
        ("2026-07-29,ada@x.example,AutoCAD,,", "tokens_used", "it is blank"),
        ("2026-07-29,ada@x.example,AutoCAD,,seven", "tokens_used", "'seven' is not a number"),
        ("2026-07-29,ada@x.example,AutoCAD,,-7", "tokens_used", "'-7' is not an amount: give a finite number, zero or more"),
        ("2026-07-29,ada@x.example,AutoCAD,,NaN", "tokens_used", "is not a number"),
        ("2026-07-29,ada@x.example,AutoCAD,,1e400", "tokens_used", "at most 15 digits"),
        ("2026-07-29,ada@x.example,AutoCAD,,1e99999999999999999999", "tokens_used", "is not a number"),
        ("2026-07-29,ada@x.example,AutoCAD,", None, "it has 4 cells where the header has 5"),
        ("2026-07-29,ada@x.example,AutoCAD,,7,", None, "it has 6 cells where the header has 5"),
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside_with_its_number_column_and_reason(tmp_path, row, field, said):
    good = "2026-07-29,bob@x.example,AutoCAD,,7\n"
    found = export(tmp_path, f"{USAGE}{good}{row}\n{good}")
    [problem] = aside(found)
    assert problem[:2] == ("row 3", field)
    assert said in problem.problem
    assert ([row.user for row in found.rows], found.numbers) == (["bob@x.example"] * 2, [2, 4])


def test_blank_rows_are_passed_over_and_still_counted(tmp_path):
    row = "2026-07-29,ada@studio.example,AutoCAD,Design,7\n"
    found = export(tmp_path, f"\n{USAGE}\n , ,,,\n{row},,,,\n{row}\n\n")
    assert (found.rows, found.numbers, found.problems) == ([ADA, ADA], [5, 7], [])


def test_a_row_with_a_blank_first_cell_is_no_blank_row(tmp_path):
    found = export(tmp_path, "team_alias,day_used,email,product_name,tokens_used\n,2026-07-29,ada@x.example,AutoCAD,7\n")
    assert found.rows == [ReportedUse("ada@x.example", "AutoCAD", JULY_29, 7)]


def test_a_header_alone_is_an_export_of_nothing(tmp_path):
    found = export(tmp_path, USAGE)
    assert (found.kind, found.rows, found.problems, found.extra) == (ExportKind.USAGE, [], [], {})


def test_lines_above_the_header_are_passed_over(tmp_path):
    found = export(tmp_path, f"Report of July,,\n\nTeam,All\n{USAGE}2026-07-29,ada@studio.example,AutoCAD,Design,7\n")
    assert (found.rows, found.numbers) == ([ADA], [5])


def test_unknown_columns_are_kept_under_their_header_as_written(tmp_path):
    header = "Cost Centre ,day_used,email,product_name,team_alias,tokens_used,,Cost Centre,\n"
    found = export(tmp_path, f"{header}CC 1,2026-07-29,ada@studio.example,AutoCAD,Design,7,left over, CC 2 ,\n")
    assert found.rows == [ADA]
    assert found.extra == {"Cost Centre": ["CC 1"], "(column 7)": ["left over"], "Cost Centre (column 8)": ["CC 2"]}


def test_what_is_beside_the_rows_stays_in_step_with_them(tmp_path):
    rows = "a,2026-07-29,ada@x.example,AutoCAD,,7\nb,soon,ada@x.example,AutoCAD,,7\nc,2026-07-29,bob@x.example,AutoCAD,,7\n"
    found = export(tmp_path, f"Note,{USAGE}{rows}")
    assert (found.numbers, found.extra) == ([2, 4], {"Note": ["a", "c"]})


def test_problems_stand_in_the_order_of_the_rows(tmp_path):
    good, short, bad = "2026-07-29,ada@x.example,AutoCAD,,7\n", "2026-07-29\n", "2026-07-29,ada@x.example,AutoCAD,,x\n"
    found = export(tmp_path, USAGE + bad + short + good + ",,,,1\n" + bad)
    assert [problem.place for problem in aside(found)] == ["row 2", "row 3", "row 5", "row 6"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            "Day used,Email,Product",
            "The nearest is the daily Usage export, of which it lacks a column Tokens used",
        ),
        ("Day usd,Email,Product,Tokens used", "a column Day used, did you mean that by 'Day usd'?"),
        (
            "Day used,Emial,Product,Tokens used",
            "a column Email (or hashed_autodesk_id, Autodesk ID, userName), did you mean that by",
        ),
        (
            "usageMonth,productName,tokens,emailAddress",
            "the insights usage table, of which it lacks a column usageDate: a month holds no",
        ),
        ("Email,offering_name,seat_assignment", "the Usage Report, of which it lacks a column days_used"),
        ("sessionStartDate,productName,machineName", "the tokenflex session export, of which it lacks a column Email"),
        ("user,product,opened_at,closed_at", "it matches no export that is known here"),
        (
            "product,unit(day|result),tokens,effective_from(or as-of date),region,source_url",
            "the daily Usage export, of which it lacks",
        ),
    ],
)
def test_a_header_that_matches_no_export_is_refused_with_the_nearest_and_what_it_lacks(tmp_path, header, said):
    problem = refusal(tmp_path, f"{header}\n1,2,3\n")
    assert problem[:2] == ("row 1", None)
    assert said in problem.problem


def test_a_file_without_any_known_column_is_refused_with_the_exports_that_are_known(tmp_path):
    problem = refusal(tmp_path, "Dear all,\nplease find the figures below.\n")
    assert problem[:2] == (None, None)
    assert "none of its columns is: the tokenflex session export, the Usage Report" in problem.problem


def test_two_columns_of_one_meaning_are_refused_with_both_names(tmp_path):
    problem = refusal(tmp_path, "Day used,Email,Product,product_name,Tokens used\n")
    assert problem == ("row 1", "product_name", "it means the same as the column 'Product': leave one of them out")


@pytest.mark.parametrize("content", [b"", b" \r\n\n"])
def test_an_empty_file_is_refused(tmp_path, content):
    assert refusal(tmp_path, content).problem == "it is empty"


def test_what_cannot_be_opened_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing.csv", f"{tmp_path}/a\0b"):
        with pytest.raises(ValueError, match="it cannot be read"):
            read_export(path)


def test_a_decimal_mark_is_a_point_or_a_comma(tmp_path):
    with pytest.raises(InvalidValueError, match="expected '\\.' or ','"):
        export(tmp_path, USAGE, decimal="'")

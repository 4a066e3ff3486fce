"""Sessions and results in CSV: what they hold, and the rows that are set aside."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from written_files import RESULTS, SESSIONS, set_aside, usage, usage_complaint

from flexlib import ResultUse, Session
from flexlib.formats.usage import is_usage

EIGHT, NINE = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)
TEN, NOON = datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_row_is_a_session_with_all_that_its_columns_say(tmp_path):
    idle = "2026-03-02T09:00Z/2026-03-02T10:00Z"
    found = usage(tmp_path, f"{SESSIONS}ann,autocad,2026-03-02T08:00Z,2026-03-02T12:00Z,{idle},design,ws-1,2026\n")
    assert found.problems == []
    assert found.rows == [Session("ann", "autocad", EIGHT, NOON, idle=[(NINE, TEN)], team="design", machine="ws-1", version="2026")]


def test_c7_a_session_may_lack_its_close_and_all_else_that_is_not_needed(tmp_path):
    assert usage(tmp_path, "opened_at,product,user\n2026-03-02T08:00Z,autocad,ann\n").rows == [Session("ann", "autocad", EIGHT)]
    assert usage(tmp_path, f"{SESSIONS}ann,autocad,2026-03-02T08:00Z,,,,,\n").rows == [Session("ann", "autocad", EIGHT)]


def test_c10_a_row_with_the_column_at_is_a_result_with_an_exact_quantity(tmp_path):
    found = usage(tmp_path, f"{RESULTS}ann,cfd,2026-03-02T08:00Z,0.10,design,r-1\nbob,cfd,2026-03-02T09:00Z,,,\n")
    assert found.rows == [
        ResultUse("ann", "cfd", EIGHT, Decimal("0.10"), team="design", id="r-1"),
        ResultUse("bob", "cfd", NINE),
    ]
    assert str(found.rows[0].quantity) == "0.10"


def test_rows_stand_in_the_order_of_the_file(tmp_path):
    rows = "zoe,revit,2026-03-02T10:00Z,,,,,\nann,autocad,2026-03-02T08:00Z,,,,,\n"
    assert [use.user for use in usage(tmp_path, SESSIONS + rows).rows] == ["zoe", "ann"]


def test_a_file_of_a_header_alone_holds_nothing(tmp_path):
    found = usage(tmp_path, SESSIONS)
    assert (found.rows, found.problems) == ([], [])


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        (",autocad,2026-03-02T08:00Z,,,,,", "user", "it is missing"),
        ("ann,,2026-03-02T08:00Z,,,,,", "product", "it is missing"),
        ("ann,autocad,,,,,,", "opened_at", "it is missing"),
        ("ann,autocad,soon,,,,,", "opened_at", "'soon' is not an ISO 8601 instant"),
        ("ann,autocad,2026-03-02,,,,,", "opened_at", "'2026-03-02' has no time of day"),
        ("ann,autocad,2026-03-02T08:00,,,,,", "opened_at", "has no zone"),
        ("ann,autocad,2026-03-02T08:00Z,later,,,,", "closed_at", "'later' is not an ISO 8601 instant"),
        ("ann,autocad,2026-03-02T08:00Z,2026-03-02T07:00Z,,,,", "closed_at", "expected 2026-03-02T08:00:00+00:00 or later"),
        ("ann,autocad,2026-03-02T08:00Z", None, "it has 3 cells where the header has 8"),
        ("ann,autocad,2026-03-02T08:00Z,,,,,,", None, "it has 9 cells where the header has 8"),
    ],
)
def test_a_wrong_session_is_set_aside_with_its_number_field_and_reason_and_the_others_are_read(tmp_path, row, field, said):
    content = f"{SESSIONS}bob,revit,2026-03-02T08:00Z,,,,,\n{row}\nzoe,revit,2026-03-02T08:00Z,,,,,\n"
    [problem] = set_aside(tmp_path, content)
    assert problem[:2] == ("row 3", field)
    assert said in problem.problem
    assert [use.user for use in usage(tmp_path, content).rows] == ["bob", "zoe"]


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("ann,cfd,2026-03-02T08:00Z,0,,", "quantity", "give a number above zero"),
        ("ann,cfd,2026-03-02T08:00Z,-1,,", "quantity", "zero or more"),
        ("ann,cfd,2026-03-02T08:00Z,NaN,,", "quantity", "a finite number"),
        ("ann,cfd,2026-03-02T08:00Z,sNaN,,", "quantity", "a finite number"),
        ("ann,cfd,2026-03-02T08:00Z,1e400,,", "quantity", "at most 15 digits"),
        ("ann,cfd,2026-03-02T08:00Z,two,,", "quantity", "'two' is not a number"),
        ("ann,cfd,2026-03-02,1,,", "at", "has no time of day"),
        (",cfd,2026-03-02T08:00Z,1,,", "user", "it is missing"),
    ],
)
def test_a_wrong_result_is_set_aside_likewise(tmp_path, row, field, said):
    [problem] = set_aside(tmp_path, f"{RESULTS}bob,cfd,2026-03-02T08:00Z,1,,\n{row}\n")
    assert problem[:2] == ("row 3", field)
    assert said in problem.problem


def test_several_wrong_rows_are_each_told(tmp_path):
    found = usage(tmp_path, f"{SESSIONS},a,2026-03-02T08:00Z,,,,,\nann,a,2026-03-02T08:00Z,,,,,\nann,,2026-03-02T08:00Z,,,,,\n")
    assert [(problem.place, problem.field) for problem in found.problems] == [("row 2", "user"), ("row 4", "product")]
    assert len(found.rows) == 1


def test_a_result_that_repeats_another_counts_once_and_is_told_with_the_row_that_it_repeats(tmp_path):
    rows = "ann,cfd,2026-03-02T08:00Z,1,,\nbob,cfd,2026-03-02T08:00Z,1,,\nann,cfd,2026-03-02T09:00+01:00,1.0,,\n"
    [problem] = set_aside(tmp_path, RESULTS + rows)
    assert problem == (
        "row 4",
        "id",
        "it repeats row 2 and counts once; where both are meant, tell them apart in a column id",
    )
    assert len(usage(tmp_path, RESULTS + rows).rows) == 2


def test_results_told_apart_by_their_id_both_count(tmp_path):
    found = usage(tmp_path, f"{RESULTS}ann,cfd,2026-03-02T08:00Z,1,,a\nann,cfd,2026-03-02T08:00Z,1,,b\n")
    assert len(found.rows) == 2
    assert found.problems == []


def test_c2_a_session_that_repeats_another_is_kept_as_it_adds_nothing_to_the_charges(tmp_path):
    found = usage(tmp_path, SESSIONS + "ann,autocad,2026-03-02T08:00Z,,,,,\n" * 2)
    assert (len(found.rows), found.problems) == (2, [])


def session_with(idle: str, close: str = "2026-03-02T12:00Z") -> str:
    """Return a file of one session with idle spans."""
    return f"{SESSIONS}ann,autocad,2026-03-02T08:00Z,{close},{idle},,,\n"


def test_c6_idle_spans_are_separated_by_blanks_and_may_stand_in_any_order(tmp_path):
    idle = "2026-03-02T11:00Z/2026-03-02T12:00Z  2026-03-02T09:00Z/2026-03-02T10:00Z"
    [found] = usage(tmp_path, session_with(idle)).rows
    assert found.idle == ((NINE, TEN), (datetime(2026, 3, 2, 11, tzinfo=UTC), NOON))


def test_t1_idle_spans_without_a_zone_are_read_in_the_zone_that_is_named(tmp_path):
    content = session_with("2026-03-02T04:00/2026-03-02T05:00")
    [found] = usage(tmp_path, content, zone=ZoneInfo("America/New_York")).rows
    assert found.idle == ((NINE, TEN),)


@pytest.mark.parametrize(
    ("idle", "said"),
    [
        ("2026-03-02T09:00Z", "'2026-03-02T09:00Z' is not a span start/end"),
        ("soon", "'soon' is not a span start/end"),
        ("2026-03-02T09:00Z/soon", "'soon' is not an ISO 8601 instant"),
        ("2026-03-02T09:00Z/", "'' is not an ISO 8601 instant"),
        ("2026-03-02/2026-03-02", "'2026-03-02' has no time of day"),
        ("2026-03-02T09:00/2026-03-02T10:00", "has no zone"),
        ("2026-03-02T07:00Z/2026-03-02T09:00Z", "expected spans inside the session"),
        ("2026-03-02T10:00Z/2026-03-02T09:00Z", "expected spans inside the session, none empty"),
    ],
)
def test_a_session_with_a_wrong_idle_span_is_set_aside(tmp_path, idle, said):
    [problem] = set_aside(tmp_path, session_with(idle))
    assert problem[:2] == ("row 2", "idle")
    assert said in problem.problem


def test_c7_a_session_without_a_close_has_no_idle_spans(tmp_path):
    [problem] = set_aside(tmp_path, session_with("2026-03-02T09:00Z/2026-03-02T10:00Z", close=""))
    assert problem[:2] == ("row 2", "idle")


@pytest.mark.parametrize(
    ("header", "column", "said"),
    [
        ("user,product", "opened_at", "this column is missing"),
        ("user,product,quantity", "at", "this column is missing"),
        ("user,product,open_at", "open_at", "did you mean opened_at?"),
        ("user,product,open_at,closed_at", "open_at", "did you mean opened_at?"),
        ("product,opened_at", "user", "this column is missing"),
        ("user,at", "product", "this column is missing"),
        ("user,product,opened_at,close_at", "close_at", "did you mean closed_at?"),
        ("user,product,opened_at,at", "at", "no such column is known here"),
        ("user,product,at,machine", "machine", "the columns are user, product, at, quantity, team, id"),
        ("User,product,opened_at", "User", "did you mean user?"),
    ],
)
def test_columns_that_are_no_usage_refuse_the_file(tmp_path, header, column, said):
    problem = usage_complaint(tmp_path, header + "\n")
    assert problem[:2] == ("row 1", column)
    assert said in problem.problem


def test_a_file_is_known_as_usage_by_its_columns_even_with_one_misspelt():
    of_rates = ["product", "tokens", "effective_from"]
    assert is_usage(["user", "product", "opened_at"], of_rates)
    assert is_usage(["user", "product", "at"], of_rates)
    assert is_usage(["user", "product", "open_at"], of_rates)
    assert not is_usage(of_rates, of_rates)
    assert not is_usage(["product", "token", "effective_from"], of_rates)


def test_a_long_file_is_read_whole(tmp_path):
    found = usage(tmp_path, SESSIONS + "ann,autocad,2026-03-02T08:00Z,2026-03-02T09:00Z,,,,\n" * 5_000)
    assert len(found.rows) == 5_000

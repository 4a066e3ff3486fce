"""Exports that overlap: the same fact once, a changed one told, and where each was met."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from flexlib import FormatError, ReportedSummary, ReportedTotal, ReportedUse, Session
from flexlib.formats import Export, ExportKind, MergedExports, Origin, ReportedChange, merge_exports, read_exports

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def use(tokens, user="ada@studio.example", product="Revit", day=MONDAY, **more):
    """Return a row of a daily export."""
    return ReportedUse(user, product, day, tokens, **more)


def export(file, *rows, kind=ExportKind.USAGE, problems=(), extra=None, identities=None):
    """Return an export whose rows stand from row 2 on."""
    numbers = list(range(2, len(rows) + 2))
    return Export(kind, list(rows), list(problems), file, numbers, extra or {}, identities or {})


def places(merged, row):
    """Return where a row was met, as text."""
    return [str(origin) for origin in merged.origins_of(row)]


def test_no_exports_merge_to_nothing():
    assert merge_exports([]) == MergedExports([], [], [], [], [], [], 0)


def test_one_export_merges_to_its_rows_by_day_user_and_product():
    rows = [use(10, day=TUESDAY), use(10, "ben@studio.example"), use(7, product="autocad"), use(10)]
    merged = merge_exports([export("a.csv", *rows)])
    assert merged.reported == [rows[2], rows[3], rows[1], rows[0]]
    assert places(merged, rows[1]) == ["a.csv: row 3"]
    assert (merged.changes, merged.problems, merged.repeated) == ([], [], 0)


def test_a_row_that_two_files_hold_is_one_fact_that_was_met_in_both():
    merged = merge_exports([export("a.csv", use(10), use(7, product="AutoCAD")), export("b.csv", use(10), use(10, day=TUESDAY))])
    assert merged.reported == [use(7, product="AutoCAD"), use(10), use(10, day=TUESDAY)]
    assert merged.origins_of(use(10)) == (Origin("a.csv", 2), Origin("b.csv", 2))
    assert places(merged, use(10, day=TUESDAY)) == ["b.csv: row 3"]
    assert (merged.changes, merged.repeated) == ([], 1)


def test_a_row_that_no_file_holds_was_met_nowhere():
    assert merge_exports([export("a.csv", use(10))]).origins_of(use(11)) == ()


def test_a_row_that_stands_twice_in_one_file_counts_once():
    merged = merge_exports([export("a.csv", use(10), use(10))])
    assert merged.reported == [use(10)]
    assert places(merged, use(10)) == ["a.csv: row 2", "a.csv: row 3"]
    assert (merged.problems, merged.repeated) == ([], 1)


def test_rows_that_differ_only_in_a_column_that_they_do_not_carry_count_once_and_are_told():
    extra = {"first_name": ["Ada", "Ada", "Ada"], "version": ["2026", "2025", "2026"]}
    merged = merge_exports([export("a.csv", use(1), use(1), use(1), extra=extra)])
    assert (merged.reported, merged.repeated) == ([use(1)], 2)
    [problem] = merged.problems
    assert str(problem) == "a.csv: row 3: version: it says what row 2 says but for this column, and counts once"


def test_c11_rows_of_zero_tokens_that_differ_only_in_such_a_column_need_no_word():
    merged = merge_exports([export("a.csv", use(0), use(0), extra={"version": ["2026", "2025"]})])
    assert (merged.reported, merged.problems, merged.repeated) == ([use(0)], [], 1)


def test_a_fact_that_a_later_file_tells_otherwise_is_replaced_and_the_change_is_told():
    merged = merge_exports([export("a.csv", use(10), use(7, product="AutoCAD")), export("b.csv", use(20, product="REVIT"))])
    assert merged.reported == [use(7, product="AutoCAD"), use(20, product="REVIT")]
    before, after = (use(10),), (use(20, product="REVIT"),)
    assert merged.changes == [ReportedChange("ada@studio.example", "REVIT", MONDAY, before, after, "a.csv", "b.csv")]
    assert places(merged, use(10)) == ["a.csv: row 2"]
    assert merged.repeated == 0


def test_a_change_tells_the_tokens_before_and_after_with_the_files():
    first = export("a.csv", use(Decimal("0.50"), feature="Study"), use(Decimal("0.5")))
    [change] = merge_exports([first, export("b.csv", use(20))]).changes
    assert str(change) == "ada@studio.example, Revit, 2026-03-02: 1 token in a.csv, 20 in b.csv"


def test_a_later_file_replaces_all_that_an_earlier_one_charges_for_the_product_and_day():
    first = export("a.csv", use(5, feature="Study"), use(2, feature="Render"), use(0))
    merged = merge_exports([first, export("b.csv", use(8))])
    assert merged.reported == [use(8)]
    [change] = merged.changes
    assert (set(change.before), change.after) == (set(first.rows), (use(8),))


def test_the_earlier_figure_that_comes_back_holds_again_after_two_changes():
    merged = merge_exports([export("a.csv", use(10)), export("b.csv", use(20)), export("c.csv", use(10))])
    assert merged.reported == [use(10)]
    assert [(change.before_file, change.after_file) for change in merged.changes] == [("a.csv", "b.csv"), ("b.csv", "c.csv")]
    assert [change.after for change in merged.changes] == [(use(20),), (use(10),)]
    assert places(merged, use(10)) == ["a.csv: row 2", "c.csv: row 2"]


def test_c11_a_row_of_zero_tokens_is_a_fact_and_no_blank():
    merged = merge_exports([export("a.csv", use(0)), export("b.csv", use(0)), export("c.csv", use(7))])
    assert merged.reported == [use(7)]
    assert [(change.before, change.after_file) for change in merged.changes] == [((use(0),), "c.csv")]
    assert merged.repeated == 1


def test_c10_amounts_that_are_written_otherwise_are_the_same():
    merged = merge_exports([export("a.csv", use(Decimal("0.5"))), export("b.csv", use(Decimal("0.50")))])
    assert (len(merged.reported), merged.changes, merged.repeated) == (1, [], 1)


@pytest.mark.parametrize("swapped", [False, True])
def test_one_period_as_usage_and_as_token_usage_counts_once_with_the_teams_and_features_of_the_latter(swapped):
    daily = export("daily.csv", use(10))
    detailed = export(
        "tokens.csv",
        use(7, team="Bridges", feature="Study"),
        use(3, team="Roads", feature="Render"),
        kind=ExportKind.TOKEN_USAGE,
    )
    merged = merge_exports([detailed, daily] if swapped else [daily, detailed])
    assert merged.reported == detailed.rows
    assert (merged.changes, merged.repeated) == ([], 1)
    assert sorted(places(merged, detailed.rows[1])) == ["daily.csv: row 2", "tokens.csv: row 3"]


def test_two_files_that_name_the_same_teams_agree_though_they_write_the_rows_otherwise():
    first = export("a.csv", use(7, team="Bridges"), use(3, team="Bridges", feature="Render"))
    merged = merge_exports([first, export("b.csv", use(10, team="Bridges"))])
    assert merged.reported == first.rows
    assert (merged.changes, merged.repeated) == ([], 1)


def test_tokens_that_moved_to_another_team_are_a_change():
    merged = merge_exports([export("a.csv", use(10, team="Bridges")), export("b.csv", use(10, team="Roads"))])
    assert merged.reported == [use(10, team="Roads")]
    assert [change.before for change in merged.changes] == [(use(10, team="Bridges"),)]


def test_a_team_of_which_another_file_is_silent_stays():
    merged = merge_exports([export("a.csv", use(10, team="Bridges")), export("b.csv", use(10))])
    assert merged.reported == [use(10, team="Bridges")]
    assert places(merged, use(10, team="Bridges")) == ["a.csv: row 2", "b.csv: row 2"]


def test_products_are_the_same_in_any_case_and_with_any_blanks():
    merged = merge_exports([export("a.csv", use(7, product="AutoCAD LT")), export("b.csv", use(7, product="autocad  lt"))])
    assert merged.reported == [use(7, product="AutoCAD LT")]


def test_a_file_with_personal_data_off_merges_with_one_that_has_it_on():
    on = export("on.csv", use(10), identities={"h1": "ada@studio.example"})
    off = export("off.csv", use(10, "h1"), use(7, "h1", day=TUESDAY), use(5, "h2"))
    for files in ([on, off], [off, on]):
        merged = merge_exports(files)
        assert merged.reported == [use(10), use(5, "h2"), use(7, day=TUESDAY)]
        assert (merged.changes, merged.repeated) == ([], 1)


def test_a_user_whose_e_mail_changed_is_one_user_with_the_latest():
    old = export("a.csv", use(10, "ada@old.example"), identities={"h1": "ada@old.example"})
    new = export("b.csv", use(10), use(10, "h1", day=TUESDAY), identities={"h1": "ada@studio.example"})
    merged = merge_exports([old, export("c.csv", use(10, "ada@old.example")), new])
    assert merged.reported == [use(10), use(10, day=TUESDAY)]


def test_an_e_mail_that_another_user_has_stays_with_the_rows_that_name_it():
    shared = {"h2": "post@studio.example", "h1": "post@studio.example"}
    old = export("a.csv", use(10, "post@studio.example"), identities=shared)
    new = export("b.csv", use(10), identities={"h1": "ada@studio.example"})
    assert merge_exports([old, new]).reported == [use(10), use(10, "post@studio.example")]


def test_equal_sessions_summaries_and_totals_are_one_and_others_stand_side_by_side():
    session, summary, total = Session("ada", "revit", EIGHT), ReportedSummary("ada", "Revit", 70), ReportedTotal(5, "CLOUD")
    files = [
        export("a.csv", session, kind=ExportKind.SESSIONS),
        export("b.csv", session, Session("ben", "revit", EIGHT), kind=ExportKind.SESSIONS),
        export("c.csv", summary, summary, ReportedSummary("ada", "Revit", 80), kind=ExportKind.USAGE_REPORT),
        export("d.json", total, total, ReportedTotal(6, "CLOUD"), kind=ExportKind.TOTALS),
        export("e.json", kind=ExportKind.STATUS),
    ]
    merged = merge_exports(files)
    assert merged.sessions == [session, Session("ben", "revit", EIGHT)]
    assert merged.summaries == [summary, ReportedSummary("ada", "Revit", 80)]
    assert merged.totals == [total, ReportedTotal(6, "CLOUD")]
    assert (merged.reported, merged.changes, merged.repeated) == ([], [], 3)
    assert places(merged, session) == ["a.csv: row 2", "b.csv: row 2"]
    assert places(merged, summary) == ["c.csv: row 2", "c.csv: row 3"]


def test_the_rows_set_aside_in_every_file_are_told_once_each():
    wrong = FormatError("a.csv", "row 9", "tokens_used", "it is missing")
    same = FormatError("a.csv", "row 9", "tokens_used", "it is missing")
    other = FormatError("b.csv", "row 9", "tokens_used", "it is missing")
    files = [export("a.csv", problems=[wrong]), export("a.csv", problems=[same]), export("b.csv", problems=[other])]
    assert merge_exports(files).problems == [wrong, other]


def test_files_are_read_and_merged_in_one(tmp_path):
    header = "day_used,email,product_name,tokens_used\n"
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    paths[0].write_text(f"{header}2026-03-02,ada@studio.example,Revit,10\n2026-03-02,ben@studio.example,Revit,\n", "utf-8")
    paths[1].write_text(f"{header}2026-03-03,ada@studio.example,Revit,10\n2026-03-02,Ada@Studio.example,Revit,10\n", "utf-8")
    merged = read_exports(paths)
    assert merged.reported == [use(10), use(10, day=TUESDAY)]
    assert places(merged, use(10)) == [f"{paths[0]}: row 2", f"{paths[1]}: row 3"]
    assert [(problem.file, problem.place) for problem in merged.problems] == [(str(paths[0]), "row 3")]


def test_the_zone_and_the_decimal_mark_hold_for_every_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('day_used,email,product_name,tokens_used\n2026-03-02,ada@studio.example,Revit,"1,234"\n', "utf-8")
    figures = [read_exports([path], decimal=mark).reported[0].tokens for mark in (".", ",")]
    assert [str(figure) for figure in figures] == ["1234", "1.234"]


def test_a_file_that_is_no_export_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(FormatError) as caught:
        read_exports([path])
    assert caught.value.file == str(path)

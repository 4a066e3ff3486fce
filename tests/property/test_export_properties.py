"""Generated exports: what is written is read back, in every state, encoding and locale, and a bad row costs no other."""

import json
from datetime import date
from decimal import Decimal

import export_writer as writer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexlib import ReportedSummary, ReportedTotal, ReportedUse, Session
from flexlib.formats import merge_exports, read_export

DAILY = ["usage", "token-usage", "insights"]
TABLES = ["usage", "token-usage", "usage-report"]
KINDS = [*TABLES, "insights"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


def user_of(row, style):
    """Return the user that a file shows."""
    return row["hashed_id"] if style.hidden else row["email"]


def expected(kind, row, style):
    """Return what is to be read of a row."""
    user = user_of(row, style)
    if kind == "usage-report":
        same = ("monthly_average", "days_inactive", "version", "team", "group", "access", "seat_assignment", "activity")
        dates = ("assigned_on", "unassigned_on", "last_accessed_on")
        return ReportedSummary(
            user, row["offering"], row["tokens"], row["days_used"], **{name: row[name] for name in (*same, *dates)}
        )
    shown = writer.COLUMNS[kind]
    more = {name: row[name] for name in ("team", "feature") if name in shown}
    return ReportedUse(user, row["product"], row["day"], row["tokens"], **more)


def read(folder, kind, style, rows):
    """Return what is read of rows written in a style."""
    return read_export(writer.written(folder, kind, rows, style), decimal=style.mark if style.grouped else None)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_what_is_written_is_read_back_whatever_the_header_encoding_and_locale(folder, kind, data):
    style, rows = data.draw(writer.files(kind))
    export = read(folder, kind, style, rows)
    assert export.problems == []
    assert export.kind == kind
    assert export.rows == [expected(kind, row, style) for row in rows]
    assert export.numbers == [writer.row_number(kind, index, style) for index in range(len(rows))]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_columns_that_the_rows_do_not_carry_are_kept_by_their_headers(folder, kind, data):
    style, rows = data.draw(writer.files(kind))
    extra = read(folder, kind, style, rows).extra
    headers = dict(zip(writer.columns(kind, style), writer.header(kind, style), strict=True))
    for column in style.unknown:
        assert extra[headers[column]] == [row[column] or "" for row in rows]
    if not style.hidden:
        assert extra[headers["first_name"]] == [row["first_name"] for row in rows]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_who_an_id_is_is_told_where_personal_data_is_on(folder, kind, data):
    style, rows = data.draw(writer.files(kind))
    ids = [name for name in ("hashed_id", "autodesk_id") if name in writer.COLUMNS[kind]]
    known = {} if style.hidden else {row[name]: row["email"] for row in rows for name in ids}
    assert read(folder, kind, style, rows).identities == known


@pytest.mark.parametrize("kind", TABLES)
@given(data=st.data())
def test_each_state_of_the_headers_gives_the_same_rows(folder, kind, data):
    style, rows = data.draw(writer.files(kind, min_size=1))
    found = [read(folder, kind, style._replace(state=state), rows) for state in ("snake", "title", "mixed")]
    assert found[0].rows == found[1].rows == found[2].rows
    assert found[0].kind == found[1].kind == found[2].kind


@given(writer.files("usage", min_size=1))
def test_every_encoding_and_container_gives_the_same_rows(folder, file):
    style, rows = file
    rows = [{**row, "team": "Müller", "product": "Ähnliches", "version": None, "group": "Zoë", "access": "x"} for row in rows]
    rows = [{**row, "first_name": "Zoë", "last_name": "Ångström"} | dict.fromkeys(style.unknown) for row in rows]
    plain = style._replace(workbook="")
    found = [read(folder, "usage", plain._replace(encoding=encoding), rows).rows for encoding in writer.ENCODINGS]
    found += [
        read(folder, "usage", style._replace(workbook=book), rows).rows for book in ("dates", "filters, dates", "filters, texts")
    ]
    assert [rows == found[0] for rows in found] == [True] * len(found)


@given(writer.files("usage", told=False), st.sampled_from([".", ","]))
def test_the_decimal_mark_that_is_told_is_the_one_found(folder, file, other):
    style, rows = file
    path = writer.written(folder, "usage", rows, style)
    assert read_export(path).rows == read_export(path, decimal=style.mark).rows


@given(writer.files("usage-report", min_size=1))
def test_what_a_report_leaves_blank_is_none_and_not_zero(folder, file):
    style, rows = file
    blank = dict.fromkeys(["tokens", "days_used", "days_inactive", "monthly_average"])
    [summary, *_] = read(folder, "usage-report", style, [{**rows[0], **blank}]).rows
    assert [getattr(summary, name) for name in blank] == [None] * 4
    zero = {"tokens": Decimal(0), "days_used": 0, "days_inactive": 0, "monthly_average": Decimal(0)}
    [summary, *_] = read(folder, "usage-report", style, [{**rows[0], **zero}]).rows
    assert [getattr(summary, name) for name in blank] == [0] * 4


# What can be wrong with a row: the column at fault, and what stands there.
DAMAGES = [
    *[("tokens", cell) for cell in ("", "  ", "many", "-1", "NaN", "inf", "1e400", "1.2.3")],
    *[("day", cell) for cell in ("", "soon", "2026-13-01", "2026-02-30", "03/04/2026", "2026-03-02T25:00:00Z", "20260302")],
    ("product", ""),
    ("user", ""),
    ("user", "*****"),
    ("width", "short"),
    ("width", "long"),
]


def damaged(line, meanings, damage):
    """Return a line with something wrong in it."""
    what, cell = damage
    if what == "width":
        return line[:-1] if cell == "short" else [*line, "more"]
    at_fault = {"email", "hashed_id", "autodesk_id"} if what == "user" else {what}
    return [cell if meaning in at_fault else own for own, meaning in zip(line, meanings, strict=True)]


@pytest.mark.parametrize("kind", ["usage", "token-usage"])
@given(data=st.data())
def test_a_bad_row_is_set_aside_with_its_number_and_field_and_the_others_are_read(folder, kind, data):
    style, rows = data.draw(writer.files(kind, min_size=1, max_size=8))
    possible = [damage for damage in DAMAGES if damage != ("width", "short") or not style.workbook]
    damages = {index: data.draw(st.none() | st.sampled_from(possible)) for index in range(len(rows))}
    meanings, header = writer.columns(kind, style), writer.header(kind, style)
    lines = writer.table(kind, rows, style)
    wrong = {index: damage for index, damage in damages.items() if damage}
    lines[1:] = [damaged(line, meanings, wrong[index]) if index in wrong else line for index, line in enumerate(lines[1:])]
    path = folder / "damaged"
    path.write_bytes(writer.as_workbook(lines, style) if style.workbook else writer.as_csv(lines, style))
    export = read_export(path, decimal=style.mark)
    assert export.rows == [expected(kind, row, style) for index, row in enumerate(rows) if index not in wrong]
    assert export.numbers == [writer.row_number(kind, index, style) for index in range(len(rows)) if index not in wrong]
    assert [problem.place for problem in export.problems] == [
        f"row {writer.row_number(kind, index, style)}" for index in sorted(wrong)
    ]
    for problem, (what, _) in zip(export.problems, (wrong[index] for index in sorted(wrong)), strict=True):
        assert problem.file == str(path)
        who = {header[meanings.index(name)] for name in ("email", "hashed_id", "autodesk_id") if name in meanings}
        at_fault = {"width": {None}, "user": who}.get(what) or {header[meanings.index(what)]}
        assert problem.field in at_fault
    assert all(len(texts) == len(export.rows) for texts in export.extra.values())


@given(st.lists(writer.flex_sessions(), max_size=4), writer.session_orders, writer.styles(books=False))
def test_t1_sessions_are_read_at_their_instants_and_with_user_and_machine_in_their_places(folder, sessions, order, style):
    made = [
        Session(one["user"], one["product"], one["opened"], one["closed"], machine=one["machine"], version=one["version"])
        for one in sessions
    ]
    of_csv, of_json = folder / "sessions.csv", folder / "sessions.json"
    of_csv.write_bytes(writer.sessions_as_csv(sessions, order, style))
    of_json.write_bytes(writer.sessions_as_json(sessions, order))
    for path in (of_csv, of_json):
        export = read_export(path)
        assert (export.kind, export.rows, export.problems) == ("tokenflex-sessions", made, [])
        assert export.extra["usageType"] == ["Normal"] * len(made)


@given(st.lists(writer.totals, min_size=1, max_size=4))
def test_totals_are_read_back_whether_listed_or_as_columns_and_rows(folder, totals):
    made = [
        ReportedTotal(
            Decimal(str(one["tokensConsumed"])),
            one["usageCategory"],
            month=date.fromisoformat(one["usageMonth"]),
            contract_year=one["contractYear"],
            users=one["uniqueUsers"],
        )
        for one in totals
    ]
    columns = list(totals[0])
    result = {
        "columns": columns,
        "rows": [[one[name] for name in columns] for one in totals],
        "total": len(totals),
        "offset": 0,
        "limit": 100,
    }
    path = folder / "totals.json"
    for document in (totals, {"status": "DONE", "result": result}):
        path.write_text(json.dumps(document), "utf-8")
        export = read_export(path)
        assert (export.kind, export.rows, export.problems) == ("tokenflex-totals", made, [])


@pytest.mark.parametrize("kind", DAILY)
@given(data=st.data())
def test_merging_exports_of_one_period_in_two_states_is_the_rows_of_either(folder, kind, data):
    style, rows = data.draw(writer.files(kind))
    same = {"unknown": style.unknown, "encoding": style.encoding, "workbook": style.workbook}
    twin = data.draw(writer.styles())._replace(**same, hidden=False)
    first = read(folder, kind, style, rows)
    second = read(folder, kind, twin, rows)
    both = merge_exports([first, second])
    assert both.reported == merge_exports([second]).reported
    assert both.changes == []

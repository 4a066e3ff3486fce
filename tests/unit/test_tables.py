"""CSV files as tables: their text, their header, and the numbers of their rows."""

import pytest
from written_files import RATES, sheet, sheet_complaint, usage, usage_complaint, written

from flexlib import FormatError, read_rate_sheet
from flexlib.formats.accounts import read_account
from flexlib.formats.usage import read_usage

NAMED = "user,product,opened_at,team\n"


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ('"Civil, north"', "Civil, north"),
        ('"the ""A"" team"', 'the "A" team'),
        ('"two\nlines"', "two\nlines"),
        ('"two\r\nlines"', "two\r\nlines"),
        ("  spaces about  ", "spaces about"),
        ("a\u2028b", "a\u2028b"),
        ("a\x85b", "a\x85b"),
        ("a\x0bb\x0cc\x1cd", "a\x0bb\x0cc\x1cd"),
        ("a\x00b", "a\x00b"),
        ("Zürich 東京", "Zürich 東京"),
        ('""', None),
    ],
)
def test_a_cell_is_what_the_csv_says_whatever_stands_in_it(tmp_path, cell, meant):
    found = usage(tmp_path, f"{NAMED}ann,autocad,2026-03-02T08:00Z,{cell}\nbob,revit,2026-03-02T08:00Z,\n")
    assert found.problems == []
    assert [use.team for use in found.rows] == [meant, None]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_may_end_in_any_of_the_three_ways(tmp_path, end):
    assert len(usage(tmp_path, f"{NAMED}ann,autocad,2026-03-02T08:00Z,\n".replace("\n", end)).rows) == 1


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    assert len(usage(tmp_path, b"\xef\xbb\xbf" + f"{NAMED}ann,autocad,2026-03-02T08:00Z,\n".encode()).rows) == 1


def test_blank_rows_are_read_over_but_counted(tmp_path):
    found = usage(tmp_path, f"{NAMED}\n,,,\nann,autocad,soon,\n")
    assert [(problem.place, problem.field) for problem in found.problems] == [("row 4", "opened_at")]


def test_a_cell_of_two_lines_makes_one_row_as_in_a_spreadsheet(tmp_path):
    found = usage(tmp_path, f'{NAMED}ann,autocad,2026-03-02T08:00Z,"two\nlines"\nbob,autocad,soon,\n')
    assert [problem.place for problem in found.problems] == ["row 3"]


def test_names_of_columns_may_have_blanks_about_them_and_stand_in_any_order(tmp_path):
    assert sheet(tmp_path, "s.csv", " effective_from , product,tokens\n2021-12-21,autocad,7\n").rates[0].tokens == 7


@pytest.mark.parametrize("content", ["", "\n", ",,\n", "\nproduct,tokens,effective_from\n"])
def test_a_file_without_a_header_is_told_so(tmp_path, content):
    said = ("row 1", None, "it has no header: the first row names the columns")
    assert sheet_complaint(tmp_path, "s.csv", content) == said
    assert usage_complaint(tmp_path, content) == said


@pytest.mark.parametrize(
    ("header", "column"),
    [("product,tokens,effective_from,product", "product"), ("product,tokens,effective_from,,", "(blank)")],
)
def test_two_columns_of_one_name_are_refused(tmp_path, header, column):
    assert sheet_complaint(tmp_path, "s.csv", header + "\n") == ("row 1", column, "two columns have this name")


def test_an_unknown_column_is_named_with_the_nearest_and_all_that_are_known(tmp_path):
    known = "product, tokens, effective_from, effective_until, region, basis, provider, document, as_of"
    near = sheet_complaint(tmp_path, "s.csv", "product,token,effective_from\n")
    far = sheet_complaint(tmp_path, "s.csv", "product,zzz,effective_from\n")
    assert near == ("row 1", "token", f"no such column is known here: did you mean tokens? the columns are {known}")
    assert far == ("row 1", "zzz", f"no such column is known here: the columns are {known}")


def test_a_column_without_a_name_is_unknown(tmp_path):
    assert sheet_complaint(tmp_path, "s.csv", "product,tokens,effective_from,\n")[:2] == ("row 1", "(blank)")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_file_with_other_separators_than_commas_is_told_so(tmp_path, separator):
    said = ("row 1", None, "its cells are not separated by commas: save it as comma-separated CSV")
    assert sheet_complaint(tmp_path, "s.csv", RATES.replace(",", separator)) == said
    assert usage_complaint(tmp_path, NAMED.replace(",", separator)) == said


@pytest.mark.parametrize("column", ["product", "tokens", "effective_from"])
def test_a_column_that_a_rate_sheet_needs_is_named_where_it_is_missing(tmp_path, column):
    header = ",".join(name for name in RATES.strip().split(",") if name != column) + "\n"
    assert sheet_complaint(tmp_path, "s.csv", header) == ("row 1", column, "this column is missing")


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        ('autocad,7,2021-12-21\n"revit,10,2021-12-21\n', "line 3", "unexpected end of data"),
        ('"auto"cad,7,2021-12-21\n', "line 2", "',' expected after '\"'"),
        ("a" * 200_000 + ",7,2021-12-21\n", "line 2", "field larger than field limit"),
    ],
    ids=["open-quote", "text-behind-a-quote", "endless-cell"],
)
def test_what_is_no_csv_is_told_with_its_line(tmp_path, rows, line, said):
    problem = sheet_complaint(tmp_path, "s.csv", RATES + rows)
    assert problem[:2] == (line, None)
    assert problem.problem.startswith("it is not CSV: ")
    assert said in problem.problem


@pytest.mark.parametrize("name", ["s.csv", "s.toml", "s.json"])
def test_what_is_not_utf8_is_told_with_the_place_of_the_first_such_byte(tmp_path, name):
    told = ("byte 5", None, "it is not UTF-8 text: save it as UTF-8")
    assert sheet_complaint(tmp_path, name, b"\xef\xbb\xbfab\xe9") == told
    assert sheet_complaint(tmp_path, name, "a".encode("utf-16"))[0] == "byte 0"


@pytest.mark.parametrize("name", ["missing.csv", "missing.toml", "missing.json"])
@pytest.mark.parametrize("read", [read_rate_sheet, read_usage, read_account])
def test_a_file_that_is_not_there_is_told_so(tmp_path, name, read):
    with pytest.raises(FormatError, match="it cannot be read: No such file or directory") as caught:
        read(tmp_path / name)
    assert caught.value.file == str(tmp_path / name)
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("name", ["folder.csv", "folder.toml", "folder.json"])
@pytest.mark.parametrize("read", [read_rate_sheet, read_usage, read_account])
def test_a_folder_is_told_to_be_none_of_the_files(tmp_path, name, read):
    (tmp_path / name).mkdir()
    with pytest.raises(FormatError, match="it cannot be read: "):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a\0b.csv", "a\0b.toml", "x" * 5000 + ".csv"], ids=["nul-csv", "nul-toml", "too-long"])
@pytest.mark.parametrize("read", [read_rate_sheet, read_usage, read_account])
def test_a_path_that_can_name_no_file_is_told_so(tmp_path, name, read):
    with pytest.raises(FormatError, match="it cannot be read: "):
        read(tmp_path / name)


def test_a_path_may_be_a_text(tmp_path):
    assert read_usage(str(written(tmp_path, "u.csv", NAMED))).rows == []

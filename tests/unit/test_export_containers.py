"""The vendor's exports as spreadsheets leave them: encodings, delimiters, quotes, workbooks."""

import csv
import io
import sys
import zipfile
from datetime import date, datetime

import pytest
from export_files import USAGE, aside, export, refusal, workbook
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from flexlib import ReportedUse
from flexlib.formats import ExportKind
from flexlib.formats.exports.csv_tables import csv_table

ROW = "2026-07-29,zoë@studio.example,AutoCAD,Çafé,7\n"
ZOE = ReportedUse("zoë@studio.example", "AutoCAD", date(2026, 7, 29), 7, team="Çafé")
BOMS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
CELLS = USAGE.strip().split(",")


@pytest.mark.parametrize(("encoding", "mark"), [*BOMS.items(), *((name, b"") for name in BOMS), ("cp1252", b"")])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_line_end_and_delimiter_gives_the_same_rows(tmp_path, encoding, mark, newline, delimiter):
    content = (USAGE + ROW * 2).replace("\n", newline).replace(",", delimiter)
    found = export(tmp_path, mark + content.encode(encoding))
    assert (found.rows, found.problems, found.numbers) == ([ZOE, ZOE], [], [2, 3])


def test_the_name_of_a_file_makes_no_difference(tmp_path):
    for name in ("usage.txt", "usage.xlsx", "usage.json", "usage"):
        assert export(tmp_path, USAGE + ROW, name=name).rows == [ZOE]


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_the_line_by_which_excel_is_told_the_delimiter_is_no_row(tmp_path, line):
    found = export(tmp_path, line + (USAGE + ROW).replace(",", ";"))
    assert (found.rows, found.numbers) == ([ZOE], [2])


def test_a_delimiter_inside_a_cell_is_quoted(tmp_path):
    found = export(tmp_path, f'{USAGE}2026-07-29,zoë@studio.example,"Max, 3ds ""2026""",,"1,234.5"\n')
    assert (found.rows[0].product, str(found.rows[0].tokens)) == ('Max, 3ds "2026"', "1234.5")


def test_a_cell_of_two_lines_is_one_row_as_in_a_spreadsheet(tmp_path):
    found = export(tmp_path, f'{USAGE}2026-07-29,zoë@studio.example,"Auto\nCAD",Çafé,7\n{ROW}soon,,,,\n')
    assert (found.rows[0].product, found.numbers) == ("Auto\nCAD", [2, 3])
    assert found.problems[0].place == "row 4"


@pytest.mark.parametrize("text", [f'{USAGE}"open,,,,\n', f'{USAGE}"a"b,,,,\n', '"open\n'])
def test_broken_quotes_refuse_the_file(tmp_path, text):
    assert "it is not CSV" in refusal(tmp_path, text).problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x81\x8d" * 100, "it is not utf-8 or cp1252 text"),
        (BOMS["utf-8"] + USAGE.encode() + b"\xff", "it is not utf-8 text"),
        (BOMS["utf-16-le"] + b"a", "it is not utf-16 text"),
        (USAGE.encode() + ROW.encode() + b"\0" * 9, "it is neither text nor a workbook"),
        (b"\0" + USAGE.encode() + ROW.encode(), "it is neither text nor a workbook"),
        (bytes(range(256)) * 4, "text"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "it is an XLS workbook, or one with a password"),
        (b"PK\x03\x04" + bytes(600), "it is no XLSX workbook that can be read"),
    ],
)
def test_what_is_no_text_in_a_known_encoding_is_refused(tmp_path, content, said):
    assert said in refusal(tmp_path, content).problem


def test_the_vendors_block_of_filters_is_passed_over(tmp_path):
    content = workbook(
        Filters=[["Report", "Usage"], ["Product", "All"], ["Team", "Çafé"]],
        Data=[[], CELLS, ["2026-07-29", "Zoë@studio.example", "AutoCAD", "Çafé", 7]],
    )
    found = export(tmp_path, content)
    assert (found.kind, found.rows, found.problems, found.numbers) == (ExportKind.USAGE, [ZOE], [], [3])


def test_dates_of_a_workbook_are_days_and_its_numbers_texts_where_text_is_meant(tmp_path):
    rows = [
        [date(2026, 7, 29), "zoë@studio.example", "AutoCAD", "Çafé", 7, 2026, True, None],
        [datetime(2026, 7, 29, 21, 20, 32), "zoë@studio.example", "AutoCAD", "Çafé", 7.0, 2026.5, datetime(2026, 7, 29, 8), 0],
    ]
    found = export(tmp_path, workbook(Data=[[*CELLS, "version", "Note", "Zero"], *rows]))
    assert found.rows == [ZOE, ZOE]
    assert found.extra == {"version": ["2026", "2026.5"], "Note": ["true", "2026-07-29T08:00:00"], "Zero": ["", "0"]}


def test_blank_cells_at_the_end_of_a_workbooks_row_may_be_there_or_not(tmp_path):
    good = ["2026-07-29", "zoë@studio.example", "AutoCAD", "Çafé", 7]
    short = ["2026-07-29", "zoë@studio.example"]
    found = export(tmp_path, workbook(Data=[CELLS, good, [*good, None, " "], [*good, None, "x"], short, [None, " "], good]))
    assert (found.rows, found.numbers) == ([ZOE] * 3, [2, 3, 7])
    assert aside(found) == [("row 4", None, "it has 7 cells where the header has 5"), ("row 5", "product_name", "it is blank")]


def test_a_second_table_of_a_workbook_is_not_passed_over_without_a_word(tmp_path):
    row = ["2026-07-29", "zoë@studio.example", "AutoCAD", "Çafé", 7]
    found = export(tmp_path, workbook(July=[CELLS, row], Notes=[["see July"]], August=[CELLS, row]))
    assert found.rows == [ZOE]
    assert aside(found) == [("sheet 'August'", None, "it holds a table too, which is not read here: save it as a file of its own")]


def test_a_workbook_without_a_known_table_is_refused_with_the_nearest(tmp_path):
    assert "of which it lacks a column Tokens used" in refusal(tmp_path, workbook(A=[["x"]], B=[CELLS[:-1]])).problem
    assert "none of its columns is" in refusal(tmp_path, workbook(A=[])).problem


def test_a_workbook_that_states_its_size_wrongly_is_read_whole(tmp_path):
    source, target = io.BytesIO(workbook(Data=[CELLS, ["2026-07-29", "zoë@studio.example", "AutoCAD", "Çafé", 7]])), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<dimension ref="A1:E2"', b'<dimension ref="A1"'))
    assert export(tmp_path, target.getvalue()).rows == [ZOE]


def test_without_openpyxl_a_workbook_is_refused_with_what_to_install(tmp_path, monkeypatch):
    content = workbook(Data=[CELLS])
    monkeypatch.delitem(sys.modules, "flexlib.formats.workbooks", raising=False)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert refusal(tmp_path, content).problem.endswith('pip install "flexlib[excel]"')


def test_a_workbook_of_formulas_without_results_has_blanks(tmp_path):
    book, target = Workbook(), io.BytesIO()
    book.active.append(CELLS)
    book.active.append(["2026-07-29", "zoë@studio.example", "AutoCAD", None, "=3+4"])
    book.save(target)
    book.close()
    assert aside(export(tmp_path, target.getvalue())) == [("row 2", "tokens_used", "it is blank")]


cells = st.text(st.sampled_from("ab \u2028\u00a0é\x0b\x1c"), max_size=3)
lines = st.lists(cells, min_size=5, max_size=5) | st.lists(cells, min_size=1, max_size=7)
ends = st.sampled_from(["\n", "\n", "\r\n", "\r\n", "\r"])


@given(rows=st.lists(st.tuples(lines, ends), max_size=6), last=st.booleans())
def test_a_text_without_quotes_is_cut_up_as_the_csv_module_does(rows, last):
    text = USAGE + "".join(",".join(row) + end for row, end in rows) + ("" if last else "a,b,c,d,e")
    blocks = list(csv_table("f", text).blocks)
    parsed = [
        (number, row) for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1) if number > 1
    ]
    filled = [(number, row) for number, row in parsed if "".join(row).strip()]
    assert [number for block in blocks for number in block.numbers] == [number for number, row in filled if len(row) == 5]
    assert [list(row) for block in blocks for row in zip(*block.columns, strict=True)] == [
        row for _, row in filled if len(row) == 5
    ]
    assert [fault.number for block in blocks for fault in block.faults] == [number for number, row in filled if len(row) != 5]


@pytest.mark.parametrize("quoted", ["Çafé", '"Çafé"'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_many_blocks_is_numbered_through(tmp_path, quoted, end):
    lines = [ROW.strip().replace("Çafé", quoted)] * 30_000
    lines[20_000] = ""
    lines[25_000] = "soon" + lines[25_000][10:]
    found = export(tmp_path, end.join([USAGE.strip(), *lines]) + end)
    assert found.numbers == [number for number in range(2, 30_002) if number not in {20_002, 25_002}]
    assert [problem.place for problem in found.problems] == ["row 25002"]
    assert set(found.rows) == {ZOE}

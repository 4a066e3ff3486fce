"""What a file may claim: of each limit, a file at it is read and one beyond it is refused, soon; and files that once broke a reader."""

import contextlib
import importlib.util
import io
import os
import re
import zipfile
from pathlib import Path

import pytest
from export_files import workbook
from without_delay import without_delay
from written_files import written

from flexlib import FlexError, FormatError, Meter, RateBook, load_plugins, read_rate_sheet
from flexlib.formats import large_usage, limits, read_export, read_offers, read_people, read_tags, session_lines
from flexlib.formats.accounts import read_account
from flexlib.formats.large_usage import read_large_usage
from flexlib.formats.session_header import session_header
from flexlib.formats.usage import read_usage

SHEET = "xl/worksheets/sheet1.xml"
START = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = b"</sheetData></worksheet>"
RATES = "product,tokens,effective_from\n"
RATE = "autocad,7,2026-01-01\n"
USAGE = "user,product,opened_at\n"
USE = "ann,autocad,2026-03-02T08:00Z\n"
EXPORT = "Day used,Email,Product,Tokens used\n"
REPORTED = "2026-03-02,ann@studio.example,Revit,10\n"
PEOPLE = "Email address\n"
PACK = '[[packs]]\nid = "p"\npurchased_on = 2026-01-15\ntokens = '


def refused(read, path):
    """Return what is said of a file that is refused as a whole, without delay and in a few lines of text."""
    with without_delay(), pytest.raises(FormatError) as caught:
        read(path)
    assert caught.value.file == str(path)
    assert len(str(caught.value)) < len(str(path)) + 1_200
    return str(caught.value).removeprefix(str(path)).removeprefix(": ")


def read_large(path):
    """Read a session file into columns."""
    return read_large_usage(path, session_header(path), None)


TABLES = {
    "usage": (read_usage, "u.csv", USAGE, USE),
    "people": (read_people, "p.csv", PEOPLE, "ann@studio.example\n"),
    "tags": (read_tags, "t.csv", "key,value\n", "cost,42\n"),
    "rates": (read_rate_sheet, "r.csv", RATES, RATE),
    "export": (read_export, "e.csv", EXPORT, REPORTED),
    "quoted export": (read_export, "e.csv", EXPORT, REPORTED.replace("Revit", '"Revit"')),
}
SETTINGS = {
    "account": (read_account, "a.toml", f"{PACK}500\n"),
    "offers": (read_offers, "o.toml", "token_price = 3\n"),
    "rates in TOML": (read_rate_sheet, "r.toml", 'name = "s"\nrates = []\n'),
    "rates in JSON": (read_rate_sheet, "r.json", '{"name": "s", "rates": []}'),
}
WHOLE = {
    **{name: (read, file, head + row) for name, (read, file, head, row) in TABLES.items()},
    "export in a workbook": (read_export, "e.xlsx", workbook(a=[EXPORT.strip().split(","), REPORTED.strip().split(",")])),
    "rates in a workbook": (read_rate_sheet, "r.xlsx", workbook(a=[RATES.strip().split(","), ["autocad", 7, "2026-01-01"]])),
}


def at_and_beyond(monkeypatch, name, size, read, path):
    """Read a file with a limit at its size; return what is said of it with the limit below that."""
    monkeypatch.setattr(limits, name, size)
    read(path)
    monkeypatch.setattr(limits, name, size - 1)
    return refused(read, path)


@pytest.mark.parametrize("case", WHOLE)
def test_a_file_of_more_bytes_than_are_read_whole_is_refused(tmp_path, monkeypatch, case):
    read, file, content = WHOLE[case]
    path = written(tmp_path, file, content)
    said = at_and_beyond(monkeypatch, "MOST_BYTES", path.stat().st_size, read, path)
    assert re.match(r"it has more than [0-9,]+ bytes, which is the most that is read of ", said)


@pytest.mark.parametrize("case", SETTINGS)
def test_toml_or_json_of_our_own_with_more_bytes_than_are_read_is_refused(tmp_path, monkeypatch, case):
    read, file, content = SETTINGS[case]
    path = written(tmp_path, file, content)
    said = at_and_beyond(monkeypatch, "MOST_SETTINGS_BYTES", path.stat().st_size, read, path)
    assert "bytes, which is the most that is read of TOML, or of a rate sheet in JSON" in said


def test_an_answer_in_json_of_more_bytes_than_are_read_is_refused(tmp_path, monkeypatch):
    path = written(tmp_path, "a.json", '[{"usageCategory": "CLOUD", "tokensConsumed": 5}]')
    assert "the most that is read of JSON" in at_and_beyond(monkeypatch, "MOST_JSON_BYTES", path.stat().st_size, read_export, path)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no file without an end here")  # noqa: PTH110
@pytest.mark.parametrize("read", [read_usage, read_account, read_export, read_people, read_offers, read_tags])
def test_a_file_without_an_end_is_refused(monkeypatch, read):
    monkeypatch.setattr(limits, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(limits, "MOST_SETTINGS_BYTES", 1 << 20)
    assert "it has more than 1,048,576 bytes" in refused(read, Path("/dev/zero"))


@pytest.mark.parametrize("case", TABLES)
def test_a_table_of_more_rows_than_are_read_is_refused(tmp_path, monkeypatch, case):
    read, file, head, row = TABLES[case]
    several = [row.replace("ann", f"ann{number}").replace("autocad", f"cad{number}") for number in range(4)]
    path = written(tmp_path, file, head + "".join(several))
    assert "rows: split it, such as by month" in at_and_beyond(monkeypatch, "MOST_ROWS", 4, read, path)


@pytest.mark.parametrize("case", TABLES)
def test_a_row_of_more_cells_than_are_read_is_refused_with_its_number(tmp_path, case):
    read, file, head, row = TABLES[case]
    wide = "," * limits.MOST_COLUMNS + "\n"
    said = "it has 1,001 cells, and at most 1,000 are read: leave only the columns of the table"
    assert refused(read, written(tmp_path, file, head + row + wide)) == f"row 3: {said}"


@pytest.mark.parametrize("case", TABLES)
@pytest.mark.parametrize("columns", [1_001, 100_000])
def test_a_header_of_any_length_is_refused_soon(tmp_path, case, columns):
    read, file, head, row = TABLES[case]
    more = ",".join(f"usage {number}" for number in range(columns))
    assert refused(read, written(tmp_path, file, f"{head.strip()},{more}\n{row}"))


def test_a_sheet_of_more_columns_than_are_read_is_refused(tmp_path):
    header = ["Day used", *(f"usage {number}" for number in range(1_000))]
    for read in (read_export, read_rate_sheet):
        assert "row 1: it has 1,001 cells" in refused(read, written(tmp_path, "w.xlsx", workbook(a=[header])))


@pytest.mark.parametrize("case", TABLES)
def test_an_open_quote_does_not_make_one_row_of_the_whole_file(tmp_path, monkeypatch, case):
    monkeypatch.setattr(limits, "LONGEST_ROW", 2_000)
    read, file, head, row = TABLES[case]
    said = refused(read, written(tmp_path, file, head + row + '"a\n",' * 1_000))
    assert "its row has more than 2,000 characters: look for a quote that is not closed, or for missing line ends" in said


def test_an_export_without_line_ends_is_refused(tmp_path):
    said = refused(read_export, written(tmp_path, "e.csv", EXPORT + REPORTED + "a" * 2_000_000))
    assert said.startswith("row 2 or one soon after it: its row has more than 1,048,576 characters")


def test_a_row_as_long_as_is_read_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_ROW", len(USE))
    assert len(read_usage(written(tmp_path, "u.csv", USAGE + USE * 3)).rows) == 3


def test_a_line_without_an_end_comes_in_pieces_that_are_bounded(monkeypatch):
    monkeypatch.setattr(session_lines, "MOST_PIECE_BYTES", 100)
    found = list(session_lines.pieces(io.BytesIO(b"a" * 10_000), 10))
    assert b"".join(found) == b"a" * 10_000
    assert max(map(len, found)) < 200


def test_a_session_file_with_such_a_line_is_left_to_the_reader_of_rows(tmp_path, monkeypatch):
    for module in (session_lines, large_usage):
        monkeypatch.setattr(module, "MOST_PIECE_BYTES", 2_000)
    monkeypatch.setattr(large_usage, "PIECE_BYTES", 100)
    assert read_large(written(tmp_path, "u.csv", USAGE + USE + "a" * 10_000)) is None


BAD = {
    "usage": (read_usage, USAGE, "ann,autocad,noon\n"),
    "usage of a wrong width": (read_usage, USAGE, "ann\n"),
    "usage in columns": (read_large, USAGE, "ann,autocad,noon\n"),
    "people": (read_people, PEOPLE, "nobody\n"),
    "export": (read_export, EXPORT, "noon,ann@studio.example,Revit,10\n"),
    "export of a wrong width": (read_export, EXPORT, "noon\n"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_with_more_bad_rows_than_are_kept_is_refused(tmp_path, monkeypatch, case):
    read, head, row = BAD[case]
    path = written(tmp_path, "b.csv", head + row * 3)
    assert "of its rows cannot be read: put these right" in at_and_beyond(monkeypatch, "MOST_PROBLEMS", 3, read, path)


def test_the_first_bad_row_is_the_example(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MOST_PROBLEMS", 1)
    said = refused(read_usage, written(tmp_path, "b.csv", USAGE + USE + "ann\nbob\n"))
    assert said.endswith("the first: row 3: it has 1 cells where the header has 3")


def test_a_session_file_of_more_rows_than_are_read_into_columns_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(large_usage, "PIECE_BYTES", 40)
    path = written(tmp_path, "u.csv", USAGE + USE * 9)
    assert len(read_large(path).table.opened) == 9
    monkeypatch.setattr(limits, "MOST_COLUMNAR_ROWS", 5)
    assert "more than 5 rows: split it, such as by year" in refused(read_large, path)


@pytest.mark.parametrize("key", ["a" + ".a" * 32, '"a b"' + " . 'c'" * 32, "[a" + ".a" * 32 + "]", "a" + ".a" * 200_000])
def test_a_toml_key_of_more_parts_than_any_needs_is_refused(tmp_path, key):
    said = refused(read_account, written(tmp_path, "a.toml", f"zone = 'UTC'\n{key} = 1\n"))
    assert said == "it has more than 32 parts with dots between them in one key: write tables instead"


@pytest.mark.parametrize("text", ["www." + "a" * 300_000, "." * 300_000, "a.b" * 31, " " * 300_000, '"' * 0, "a. " + " " * 300_000])
def test_dots_in_a_text_are_no_key(tmp_path, text):
    with without_delay():
        assert read_account(written(tmp_path, "a.toml", f"[[products]]\ncode = 'a'\nname = 'x{text}'\n")).products


@pytest.mark.parametrize(
    "tokens", ["0x" + "f" * 400_000, f'"{"9" * 500_000}"', '"1e999999999"', '"1e-999999999"', "9" * 5_000, '"0.' + "0" * 200 + '"']
)
def test_a_number_of_any_length_is_refused_soon_and_in_short(tmp_path, tokens):
    assert refused(read_account, written(tmp_path, "a.toml", f"{PACK}{tokens}\n"))


GOOD = {"id": '"p"', "tokens": "500", "purchased_on": "2026-01-15"}


@pytest.mark.parametrize("entry", ["id", "tokens", "purchased_on", "starts_at", "months", "currency", "price", "k" * 9])
@pytest.mark.parametrize("value", ['"' + "x" * 100_000 + '"', "[" * 90 + "]" * 90, "0x" + "f" * 90_000])
def test_a_long_value_is_cut_in_the_message(tmp_path, entry, value):
    keys = GOOD | {entry: value}
    content = "[[packs]]\n" + "".join(f"{key} = {keys[key]}\n" for key in keys)
    if entry == "id" and value.startswith('"'):
        assert read_account(written(tmp_path, "a.toml", content)).packs  # a name may be long
    else:
        assert refused(read_account, written(tmp_path, "a.toml", content)).startswith(f"packs[0]: {entry}: ")


LONG_CELLS = {
    "an instant": (read_usage, f"{USAGE}ann,autocad,{'x' * 100_000}\n"),
    "idle spans": (read_usage, f"user,product,opened_at,idle\nann,autocad,2026-03-02T08:00Z,{'x' * 100_000}\n"),
    "a quantity": (read_usage, f"user,product,at,quantity\nann,cfd,2026-03-02T08:00Z,{'9' * 100_000}\n"),
    "an address": (read_people, f"{PEOPLE}{'x' * 100_000}\n"),
    "products": (read_people, f"Email address,Products\na@b.example,all;{'x' * 100_000}\n"),
    "a day": (read_export, f"{EXPORT}{'x' * 100_000},ann@studio.example,Revit,10\n"),
    "tokens": (read_export, f"{EXPORT}2026-03-02,ann@studio.example,Revit,{'9' * 100_000}\n"),
}


@pytest.mark.parametrize("case", LONG_CELLS)
def test_a_long_cell_is_cut_in_what_is_said_of_its_row(tmp_path, case):
    read, content = LONG_CELLS[case]
    (problem,) = read(written(tmp_path, "c.csv", content)).problems
    assert len(problem.problem) < 400


def test_a_long_key_or_column_is_cut_in_the_message(tmp_path):
    assert refused(read_account, written(tmp_path, "a.toml", "k" * 100_000 + " = 1\n"))
    assert refused(read_offers, written(tmp_path, "o.toml", f'currency = "{"k" * 100_000}"\n'))
    assert refused(read_usage, written(tmp_path, "u.csv", f"{USAGE.strip()},{'k' * 100_000}\n"))


def test_an_object_of_any_number_of_keys_is_looked_through_once(tmp_path):
    keys = ",".join(f'"key {number}": 1' for number in range(100_000))
    assert "product: it is missing" in refused(
        read_rate_sheet, written(tmp_path, "r.json", f'{{"name": "s", "rates": [{{{keys}}}]}}')
    )


@pytest.mark.parametrize(
    "zone", ["../../etc/passwd", "/etc/passwd", "Europe", ".", "tzdata.zi", "a" * 10_000, "\\u0000", "Europe\\\\London"]
)
def test_a_zone_is_a_name_and_no_path(tmp_path, zone):
    assert "is no time zone" in refused(read_account, written(tmp_path, "a.toml", f'zone = "{zone}"\n'))


ANSWER = '[{"usageCategory": "%s", "tokensConsumed": 5}]'
SHEET_OF = '{"name": "%s", "rates": []}'


@pytest.mark.parametrize(("read", "document"), [(read_export, ANSWER), (read_rate_sheet, SHEET_OF)])
@pytest.mark.parametrize(
    "text", ["\\ud800", "\\uDC00", "a\\ud83d\\nb", "\\ud83dx\\ude00", "\\ude00\\ud83d", "\\ud83d\\ud83d\\ude00", "\\\\\\ud800"]
)
def test_half_a_character_in_json_is_refused_as_it_could_be_written_to_no_file(tmp_path, read, document, text):
    assert "is half a character: leave it out, or give both halves" in refused(read, written(tmp_path, "a.json", document % text))


@pytest.mark.parametrize(("text", "meant"), [("\\ud83d\\ude00", "😀"), ("\\\\ud800", "\\ud800"), ("\\u00e9\\ud83d\\ude00", "é😀")])
def test_whole_characters_in_json_are_read(tmp_path, text, meant):
    assert read_rate_sheet(written(tmp_path, "a.json", SHEET_OF % text)).name == meant


def with_part(sheet, *, name=SHEET, of=WHOLE["rates in a workbook"][2]):
    """Return a workbook of which one part holds what the pieces of `sheet` say."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(of)) as book, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as changed:
        for part in book.namelist():
            if part != name:
                changed.writestr(part, book.read(part))
        with changed.open(name, "w", force_zip64=True) as target:
            for piece in sheet:
                target.write(piece)
    return stream.getvalue()


both = pytest.mark.parametrize("read", [read_export, read_rate_sheet])


@pytest.fixture(scope="module")
def bomb():
    """A workbook of a few megabytes that unpacks to more than a gigabyte."""
    content = with_part([START, *[b" " * (1 << 20)] * 1_025, END])
    assert len(content) < 10 << 20
    return content


@both
def test_a_workbook_that_unpacks_to_more_than_is_read_is_refused_before_it_is_unpacked(tmp_path, read, bomb):
    said = refused(read, written(tmp_path, "w.xlsx", bomb))
    assert said == "it has more than 1,073,741,824 bytes once unpacked: save the table as CSV"


@both
def test_a_workbook_of_more_parts_than_any_has_is_refused(tmp_path, monkeypatch, read):
    content = WHOLE["export in a workbook" if read is read_export else "rates in a workbook"][2]
    parts = len(zipfile.ZipFile(io.BytesIO(content)).namelist())
    said = at_and_beyond(monkeypatch, "MOST_PARTS", parts, read, written(tmp_path, "w.xlsx", content))
    assert said == f"it has more than {parts - 1} parts: save it anew with a spreadsheet program"


@both
def test_a_workbook_of_more_elements_than_are_read_is_refused(tmp_path, monkeypatch, read):
    monkeypatch.setattr(limits, "MOST_ELEMENTS", 5_000)
    said = refused(read, written(tmp_path, "w.xlsx", with_part([START, b'<row r="1"/>' * 5_000, END])))
    assert said == "it has more than 5,000 rows, cells and other elements: save the table as CSV"


@both
def test_a_row_of_a_workbook_with_more_elements_than_are_read_is_refused_before_it_is_held(tmp_path, monkeypatch, read):
    monkeypatch.setattr(limits, "MOST_ROW_ELEMENTS", 20_000)
    said = refused(read, written(tmp_path, "w.xlsx", with_part([START, b"<row>", b"<c/>" * 20_001, b"</row>", END])))
    assert said == "it has more than 20,000 elements in one row: save the table as CSV"


def test_the_elements_of_a_row_are_counted_anew_in_each_row(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MOST_ROW_ELEMENTS", 200)
    rows = [EXPORT.strip().split(","), *[REPORTED.strip().split(",")] * 500]
    assert len(read_export(written(tmp_path, "w.xlsx", workbook(a=rows))).rows) == 500


@both
@pytest.mark.parametrize("tag", [(b'<row x="', b'"/>'), (b"<!--", b"-->"), (b"<", b"/>")])
def test_a_tag_longer_than_any_is_refused_as_older_parsers_go_through_it_again_and_again(tmp_path, read, tag):
    said = refused(read, written(tmp_path, "w.xlsx", with_part([START, tag[0], b"x" * (2 << 20), tag[1], END])))
    assert said == "it has more than 1,048,576 bytes in one tag: save the table as CSV"


def test_a_text_between_tags_may_be_long(tmp_path):
    cell = [b'<row><c t="inlineStr"><is><t>', b"x" * (2 << 20), b"</t></is></c></row>"]
    assert "no such column is known here" in refused(read_rate_sheet, written(tmp_path, "w.xlsx", with_part([START, *cell, END])))


@both
def test_cells_far_to_the_right_count_with_the_blank_ones_before_them(tmp_path, monkeypatch, read):
    monkeypatch.setattr(limits, "MOST_CELLS", 40_000)
    said = refused(read, written(tmp_path, "w.xlsx", with_part([START, b'<row><c r="XFD1"/></row>' * 3, END])))
    assert said == "it has more than 40,000 cells, blank ones included: save the table as CSV"


@both
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_a_workbook_with_a_document_type_is_refused_as_entities_grow_without_end(tmp_path, read, encoding, part):
    entities = f'<!DOCTYPE a [<!ENTITY a "{"x" * 1_000}"><!ENTITY b "{"&a;" * 1_000}">]><a>{"&b;" * 100}</a>'.encode(encoding)
    said = refused(read, written(tmp_path, "w.xlsx", with_part([b"", entities], name=part)))
    assert said == "its XML declares a document type, as no workbook does: save the table as CSV"


STYLES = (
    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt numFmtId="164" formatCode="'
)
NAMED = b'<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">'
SLOW = {
    "number format": ("xl/styles.xml", lambda _: STYLES + b"[h" * 50_000 + b'"/></numFmts></styleSheet>'),
    "print area": (
        "xl/workbook.xml",
        lambda book: re.sub(
            b"<definedNames ?/>|(?=<calcPr)", NAMED + b"''" * 20_000 + b"</definedName></definedNames>", book, count=1
        ),
    ),
    "page header": (
        SHEET,
        lambda sheet: sheet.replace(
            b"</worksheet>", b"<headerFooter><oddHeader>" + b"&amp;L" * 200_000 + b"</oddHeader></headerFooter></worksheet>"
        ),
    ),
}


@both
@pytest.mark.parametrize("case", SLOW)
def test_a_setting_that_takes_the_square_of_its_length_is_refused(tmp_path, read, case):
    name, change = SLOW[case]
    with zipfile.ZipFile(io.BytesIO(WHOLE["rates in a workbook"][2])) as book:
        changed = change(book.read(name))
    said = refused(read, written(tmp_path, "w.xlsx", with_part([changed], name=name)))
    assert said == "it has more than 1,000 characters in a number format, a print area or a page header: save the table as CSV"


@both
def test_one_part_as_several_sheets_is_refused_as_each_is_read_anew(tmp_path, read):
    book = workbook(a=[["x"]], b=[["x"]])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        relations, sheets = archive.read("xl/_rels/workbook.xml.rels"), archive.read("xl/workbook.xml")
    same_part = relations.replace(b"sheet2.xml", b"../worksheets/sheet1.xml")
    same_relation = sheets.replace(b'r:id="rId2"', b'r:id="rId1"')
    assert (same_part, same_relation) != (relations, sheets)
    for name, part in (("xl/_rels/workbook.xml.rels", same_part), ("xl/workbook.xml", same_relation)):
        assert "two of its sheets are one" in refused(read, written(tmp_path, "w.xlsx", with_part([part], name=name, of=book)))


@pytest.mark.parametrize("state", ["[" * 100_000, '{"a": ' * 100_000, f'{{"a": {"1" * 5_000}}}'])
def test_a_state_of_a_meter_that_json_cannot_hold_is_refused(state):
    with pytest.raises(FormatError, match="meter state: it cannot be read: "):
        Meter.resume(state, RateBook([]))


@pytest.mark.parametrize("about", [b"Name: a\xff\n", b"\xff\xfe\n"])
def test_metadata_that_is_no_text_is_reported_and_the_other_plugins_serve_on(tmp_path, monkeypatch, about):
    home = tmp_path / "broken-1.0.dist-info"
    home.mkdir()
    (home / "METADATA").write_bytes(about)
    (home / "entry_points.txt").write_bytes(b"[flexlib]\nx = nowhere:plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded = load_plugins()
    assert [(failure.stage, failure.name) for failure in loaded.failures] == [("metadata", "unknown")]
    assert "published" in [plugin.name for plugin in loaded.plugins]


def fuzzer():
    """Return the program that fuzzes the readers."""
    spec = importlib.util.spec_from_file_location("fuzz_readers", Path(__file__).parents[1] / "fuzz" / "fuzz_readers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZER = fuzzer()


@pytest.mark.parametrize("name", FUZZER.NAMES)
def test_the_seeds_of_the_fuzzer_are_read_or_refused(tmp_path, name):
    take, seeds = FUZZER.target(name, tmp_path)
    for content in [*seeds, *FUZZER.ODD]:
        with contextlib.suppress(FlexError):
            take(content)


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "limits.md"


def test_the_page_of_limits_says_what_the_code_holds():
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| ([0-9,]+) ", PAGE.read_text("utf-8"), re.MULTILINE))
    held = {name: f"{value:,}" for name, value in vars(limits).items() if name.isupper() and not name.startswith("_")}
    assert told == held

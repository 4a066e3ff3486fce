"""The providers that come with flexlib: the published rates, the article's, XLSX workbooks and folders of sheets."""

import csv
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

import flexlib
from flexlib import (
    FolderRateProvider,
    FormatError,
    RateConflictError,
    RateNotFoundError,
    RateProvider,
    load_plugins,
    load_rates,
    read_rate_sheet,
)

TODAY = datetime(2026, 11, 24, tzinfo=UTC)
RULES = {
    "autocad": "7",
    "revit": "10",
    "3ds-max": "6",
    "maya": "6",
    "mudbox": "1",
    "navisworks-manage": "9",
    "navisworks-simulate": "4",
    "cfd-solve-simple": "5",
    "cfd-solve-moderate": "10",
    "cfd-solve-complex": "35",
    "fusion-generative-study": "11",
    "fusion-media-10-images": "1",
    "flow-wedging-hour": "2",
    "aps-design-automation-hour": "2",
    "aps-model-derivative-complex": "0.5",
    "aps-model-derivative-simple": "0.1",
    "aps-reality-capture-50-photos": "1",
    "aps-automation-fusion-hour": "3",
    "rendering-standard-6-mp": "0",
}


@pytest.fixture(scope="module")
def published():
    return load_rates(only=["published"], strict=True)


def test_the_published_rates_are_just_those_with_a_source(published):
    assert {product: str(published.rate(product, TODAY).tokens) for product in published.products} == RULES
    assert published.conflicts == ()


def test_each_published_rate_has_the_address_at_which_it_was_read(published):
    for rate in published.sheets[0].rates:
        assert rate.source.document.startswith("https://")
        assert rate.source.as_of is None or rate.source.as_of == rate.effective_from.date()


def test_a_page_without_a_date_counts_from_when_it_was_read_and_not_before(published):
    with pytest.raises(RateNotFoundError, match="everywhere from 2026-11-01"):
        published.rate("fusion-generative-study", datetime(2026, 10, 31, tzinfo=UTC))


def test_a_product_without_a_source_is_an_error_that_says_where_to_look_and_what_to_do(published):
    with pytest.raises(RateNotFoundError, match=r"look it up in the vendor's rate sheet, https://.*add it to a sheet of your own"):
        published.rate("civil-3d", TODAY)


def test_every_published_product_has_a_name_of_the_vendors():
    data = Path(flexlib.__file__).parent / "providers" / "data" / "products.toml"
    named = {product["code"] for product in tomllib.loads(data.read_text("utf-8"))["products"]}
    assert named == set(RULES)


def test_r3_the_articles_figures_conflict_and_are_loaded_only_by_their_name():
    assert "article" not in [plugin.name for plugin in load_plugins().plugins]
    book = load_rates(only=["article"])
    with pytest.raises(RateConflictError, match=r"5 tokens .* 7 tokens|7 tokens .* 5 tokens"):
        book.rate("autocad", TODAY)
    assert load_rates(only=["article"], precedence=["article-one"]).rate("autocad", TODAY).tokens == 5
    assert load_rates(only=["article", "published"], precedence=["published"]).rate("autocad", TODAY).tokens == 7


ROWS = [
    ["product", "tokens", "effective_from", "basis", "provider", "document"],
    ["revit", 10, datetime(2021, 12, 21), None, "me", "a page"],
    ["aps", 0.1, date(2022, 11, 7), "result", "me", "a page"],
    ["free", 0.0, "2022-11-07", "result", None, None],
]


def workbook(path, rows=ROWS):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("notes").append(["this sheet is not read"])
    book.save(path)
    return path


def test_the_same_sheet_reads_alike_from_xlsx_and_csv(tmp_path):
    with (tmp_path / "rates.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([cell.date() if isinstance(cell, datetime) else cell for cell in row] for row in ROWS)
    sheet = read_rate_sheet(workbook(tmp_path / "rates.xlsx"))
    assert sheet == read_rate_sheet(tmp_path / "rates.csv")
    assert [rate.tokens for rate in sheet.rates] == [10, Decimal("0.1"), 0]


def test_blank_cells_right_of_a_workbooks_header_are_not_there(tmp_path):
    rows = [[*ROWS[0], None, None], [*ROWS[1], None, None], [None] * 8]
    assert len(read_rate_sheet(workbook(tmp_path / "rates.xlsx", rows)).rates) == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "it has no header"),
        ([ROWS[0], ["revit", 10, datetime(2021, 12, 21, 9, 30)]], "row 2: effective_from: .* has no zone"),
        ([ROWS[0], ["revit", "ten", "2021-12-21"]], "row 2: tokens: 'ten' is not a number"),
        ([ROWS[0], ["revit", True, "2021-12-21"]], "row 2: tokens"),
        ([ROWS[0], [*ROWS[1], "more"]], "row 2: it has 7 cells where the header has 6"),
    ],
)
def test_a_wrong_workbook_is_refused_with_row_and_field(tmp_path, rows, said):
    with pytest.raises(FormatError, match=said):
        read_rate_sheet(workbook(tmp_path / "rates.xlsx", rows))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_workbook_is_refused(tmp_path, content):
    (tmp_path / "rates.xlsx").write_bytes(content)
    with pytest.raises(FormatError, match="no XLSX workbook"):
        read_rate_sheet(tmp_path / "rates.xlsx")


def test_a_folder_of_sheets_is_a_provider(tmp_path):
    workbook(tmp_path / "b.xlsx")
    (tmp_path / "a.csv").write_text("product,tokens,effective_from,region\nmaya,6,2021-09-24,GB\n", "utf-8")
    (tmp_path / "readme.txt").write_text("not a sheet", "utf-8")
    folder = FolderRateProvider("ours", tmp_path, regions=["GB"])
    assert isinstance(folder, RateProvider)
    assert [(sheet.name, len(sheet.rates)) for sheet in folder.rate_sheets("GB")] == [("a", 1), ("b", 3)]
    assert [(sheet.name, len(sheet.rates)) for sheet in folder.rate_sheets("FR")] == [("a", 0), ("b", 3)]
    assert folder.regions == ("GB",)


def test_without_its_extra_xlsx_is_refused_with_what_to_install(tmp_path):
    with pytest.raises(FormatError, match=r"XLSX needs the extra: pip install 'flexlib\[excel\]'"):
        load_plugins(block=["excel"]).read_rate_sheet(workbook(tmp_path / "rates.xlsx"))

"""Files of any content: every reader ends in a result or a `FlexError`, soon, and loses no row."""

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal

import export_writer as writer
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from without_delay import without_delay

from flexlib import FlexError, RateSheet, read_rate_sheet
from flexlib.formats import (
    Export,
    MergedExports,
    OfferFile,
    PeopleFile,
    read_export,
    read_exports,
    read_offers,
    read_people,
    read_tags,
)
from flexlib.formats.accounts import AccountFile, read_account
from flexlib.formats.usage import UsageFile, read_usage
from flexlib.reports.chargeback import ChargebackTags

READERS = {
    "export": (read_export, Export),
    "exports": (lambda path: read_exports([path, path]), MergedExports),
    "usage": (read_usage, UsageFile),
    "account": (read_account, AccountFile),
    "people": (read_people, PeopleFile),
    "tags": (read_tags, ChargebackTags),
    "offers": (read_offers, OfferFile),
    "rates": (read_rate_sheet, RateSheet),
}
SUFFIXES = {
    "export": ["csv", "xlsx", "json", "txt"],
    "exports": ["csv"],
    "usage": ["csv"],
    "account": ["toml"],
    "people": ["csv"],
    "tags": ["csv"],
    "offers": ["toml"],
    "rates": ["csv", "json", "toml", "xlsx"],
}
CASES = [(reader, suffix) for reader, suffixes in SUFFIXES.items() for suffix in suffixes]

PERSON = {"first_name": "Zoë", "last_name": "Ng", "email": "zoe@studio.example", "hashed_id": "h1", "autodesk_id": "Z1"}
DAY = date(2026, 3, 2)
ROW = PERSON | {"team": "Bridges", "product": "Revit", "offering": "Revit", "day": DAY, "tokens": Decimal("10.50"), "days_used": 3}
ROWS = [ROW, ROW | {"tokens": Decimal(0), "team": None}]


def as_text(kind, **style):
    """Return a valid export as text."""
    look = writer.Style(**style)
    return writer.as_csv(writer.table(kind, ROWS, look), look)


def workbook(kind, name):
    """Return a valid export as a workbook."""
    look = writer.Style(workbook=name)
    return writer.as_workbook(writer.typed_table(kind, ROWS, look), look)


USAGE = (
    b"user,product,opened_at,closed_at,idle\nann,autocad,2026-03-02T08:00Z,2026-03-02T12:00Z,2026-03-02T09:00Z/2026-03-02T10:00Z\n"
)
PEOPLE = b"First name,Last name,Email address\nZoe,Ng,zoe@studio.example\n"
ACCOUNT = b"""zone = "Europe/London"
[[packs]]
id = "p"
tokens = 500
purchased_on = 2026-01-15
[[seats]]
user = "ada"
products = ["autocad"]
starts_at = 2026-01-01
"""
TAGS = b"key,value,user,starts_at\ncost centre,42,zoe@studio.example,2026-01-01\ncost centre,43,,\n"
OFFERS = b'token_price = 3\ncurrency = "USD"\n[[pack_offers]]\nname = "p"\ntokens = 500\nprice = "1500"\n'
RATES_CSV = b"product,tokens,effective_from\nautocad,7,2026-01-01\n"
RATES_JSON = b'{"name": "s", "rates": [{"product": "autocad", "tokens": "7", "effective_from": "2026-01-01"}]}'
RATES_TOML = b'name = "s"\n[[rates]]\nproduct = "autocad"\ntokens = 7\neffective_from = 2026-01-01\n'
TOTALS = b'[{"usageMonth":"2015-01-01","contractYear":1,"usageCategory":"CLOUD_CONSUMPTION","uniqueUsers":2,"tokensConsumed":5}]'
QUERY = b'{"status":"DONE","result":{"columns":["usageCategory","tokensConsumed"],"rows":[["A",60.0]],"total":1,"offset":0}}'
SESSIONS = (
    b"productName,userName,machineName,sessionStartDate,sessionEndDate,licenseServerTimeZoneOffset,usageType,tokensConsumed\n"
    b"Revit,ann,WS-1,2018-01-02T08:00:00,2018-01-02T09:00:00,-8:00,Normal,60.0\n"
)

SEEDS = {
    "csv": [
        *(as_text(kind) for kind in ("usage", "token-usage", "usage-report")),
        *(as_text("usage", encoding=encoding, delimiter=";", mark=",") for encoding in writer.ENCODINGS),
        as_text("usage", sep_line=True, delimiter="\t", quoted=True),
        *(SESSIONS, USAGE, PEOPLE, TAGS, RATES_CSV),
    ],
    "json": [writer.as_json(ROWS, writer.Style()), TOTALS, QUERY, RATES_JSON],
    "toml": [ACCOUNT, OFFERS, RATES_TOML],
    "xlsx": [workbook("usage", "dates"), workbook("token-usage", "filters, texts")],
}
SEEDS["txt"] = [seed for suffix in ("csv", "json", "xlsx") for seed in SEEDS[suffix]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def sound(export, path):
    """Check that an export hangs together."""
    assert len(export.numbers) == len(export.rows)
    assert all(len(texts) == len(export.rows) for texts in export.extra.values())
    assert all(problem.file == str(path) and problem.problem for problem in export.problems)
    assert export.numbers == sorted(set(export.numbers))
    return export


def outcome(folder, reader, suffix, content):
    """Return what a reader makes of a file, or the `FlexError` that refuses it; any other error, or work without end, fails."""
    read, kind = READERS[reader]
    path = folder / f"{reader}.{suffix}"
    path.write_bytes(content)
    with without_delay():
        try:
            result = read(path)
        except FlexError as error:
            result = error
    assert isinstance(result, kind) or str(result).startswith(str(path))
    assert "failed at" not in str(result)
    return sound(result, path) if isinstance(result, Export) else result


@pytest.mark.parametrize(("reader", "suffix"), CASES)
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(content=b"")
@example(content=b"\xff\xfe")
@example(content=b"\xfe\xff\xd8")
@example(content=b"PK\x03\x04")
@example(content=b"[" * 100_000)
@example(content=b'{"a":' * 50_000)
@example(content=b"1" * 5_000)
@example(content=b"a" * 200_000)
@example(content=b"," * 50_000)
@example(content=b"a,b\n" + b"\n" * 200_000)
@example(content=b'"' * 50_001)
@example(content=b"sep=\n")
@example(content=b"sep=;")
def test_any_bytes_are_read_or_refused(folder, reader, suffix, content):
    outcome(folder, reader, suffix, content)


places = st.floats(0, 1, exclude_max=True)
edits = st.lists(
    st.tuples(places, st.sampled_from(["flip", "cut", "insert", "double"]), st.binary(min_size=1, max_size=6), st.integers(1, 40)),
    min_size=1,
    max_size=6,
)


def edited(content, changes):
    """Return content after bytes of it were flipped, cut, put in or doubled."""
    data = bytearray(content)
    for place, change, more, length in changes:
        start = int(place * len(data))
        if change == "flip" and data:
            data[start] ^= more[0] or 1
        elif change == "cut":
            del data[start : start + length]
        elif change == "insert":
            data[start:start] = more
        else:
            data[start:start] = data[start : start + length]
    return bytes(data)


@pytest.mark.parametrize(("reader", "suffix"), CASES)
@given(data=st.data())
def test_a_valid_file_with_some_bytes_changed_is_read_or_refused(folder, reader, suffix, data):
    content = edited(data.draw(st.sampled_from(SEEDS[suffix])), data.draw(edits))
    outcome(folder, reader, suffix, content)


MEMBERS = ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "xl/sharedStrings.xml"]


@pytest.mark.parametrize("reader", ["export", "rates"])
@given(
    st.sampled_from(SEEDS["xlsx"]),
    st.sampled_from([*MEMBERS, "xl/worksheets/sheet2.xml", "xl/_rels/workbook.xml.rels"]),
    edits,
    st.booleans(),
)
def test_a_workbook_with_some_bytes_of_a_part_changed_is_read_or_refused(folder, reader, seed, member, changes, gone):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(seed)) as book, zipfile.ZipFile(stream, "w") as changed:
        for name in book.namelist():
            if name != member:
                changed.writestr(name, book.read(name))
            elif not gone:
                changed.writestr(name, edited(book.read(name), changes))
    outcome(folder, reader, "xlsx", stream.getvalue())


NUMBERS = ["0", "-1", "1,5", "1.5", "1,234", "1.234,5", "NaN", "inf", "1e400", "9" * 30, "9" * 5000, "0x10", "١٢"]
DATES = ["2026-03-02", "2026-03-02T08:00:00Z", "9999-12-31T23:59:59-23:00", "0000-00-00", "0001-01-01T00:00:00+14:00", "02/03/2026"]
TEXTS = [
    "zoe@studio.example",
    "ZOE@Studio.example",
    "@",
    "\x1a",
    "\ufeff",
    "a\nb",
    'a"b',
    "=1+1",
    "-8:00",
    "+99:99",
    "Arnold",
]
cells = st.sampled_from(["", "  ", "*****", *NUMBERS, *DATES, *TEXTS]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5
)
odd_cells = cells | st.just("\x00")
HEADERS = sorted({spelling for pair in writer.SPELLINGS.values() for spelling in pair} | set(writer.CAMEL.values()))
MORE_HEADERS = ["userName", "machineName", "sessionStartDate", "sessionEndDate", "licenseServerTimeZoneOffset", "usageCategory"]
MORE_HEADERS += ["tokensConsumed", "contractYear", "uniqueUsers", "productLineCode", "usageMonth"]
NEEDED = [
    ["day_used", "email", "product_name", "tokens_used"],
    ["Day used", "Email", "Product", "Feature", "Team", "Tokens used"],
    ["hashed_autodesk_id", "offering_name", "days_used", "tokens_used", "email"],
    ["usageDate", "productName", "tokens", "emailAddress", "hashedUserId"],
    ["sessionStartDate", "sessionEndDate", "licenseServerTimeZoneOffset", "userName", "machineName", "productName"],
    ["usageMonth", "usageCategory", "tokensConsumed", "contractYear", "uniqueUsers"],
]
known_headers = st.sampled_from(NEEDED).flatmap(st.permutations)
any_headers = st.lists(st.sampled_from([*HEADERS, *MORE_HEADERS, ""]) | st.text(max_size=4), max_size=8)


def as_csv(lines, delimiter):
    """Return lines as the csv module writes them."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(lines)
    return stream.getvalue().encode("utf-8", "surrogatepass")


@given(any_headers, st.lists(st.lists(odd_cells, max_size=8), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_a_table_of_any_headers_and_cells_is_read_or_refused(folder, header, lines, delimiter):
    outcome(folder, "export", "csv", as_csv([header, *lines], delimiter))


@given(known_headers, st.data(), st.sampled_from([",", ";", "\t"]))
def test_of_a_table_of_known_headers_every_row_that_is_not_blank_is_read_or_set_aside(folder, header, data, delimiter):
    width = st.just(len(header)) | st.integers(1, len(header) + 1)
    lines = data.draw(
        st.lists(
            width.flatmap(lambda size: st.lists(cells, min_size=size, max_size=size)),
            max_size=6,
        )
    )
    result = outcome(folder, "export", "csv", as_csv([header, *lines], delimiter))
    assert isinstance(result, Export), result
    filled = {number for number, line in enumerate(lines, start=2) if any(cell.strip() for cell in line)}
    aside = [int(problem.place.removeprefix("row ")) for problem in result.problems if problem.place]
    assert sorted([*result.numbers, *aside]) == sorted(filled)
    assert aside == sorted(aside)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_cells | st.sampled_from(["DONE", "SUBMITTED", "Download"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["columns", "rows", "result", "status", *HEADERS[:6], *MORE_HEADERS]), inner, max_size=4)
    ),
    max_leaves=12,
)
API = [header for header in NEEDED if header[0] in {"usageDate", "sessionStartDate", "usageMonth"}]
shaped = st.sampled_from(API).flatmap(
    lambda header: st.fixed_dictionaries(
        {
            "columns": st.just(header),
            "rows": st.lists(st.lists(values, min_size=len(header), max_size=len(header)) | values, max_size=4),
        },
        optional={"status": values, "result": values, "total": values, "offset": values, "limit": values},
    )
)
listed = st.sampled_from(API).flatmap(lambda header: st.lists(st.fixed_dictionaries(dict.fromkeys(header, values)), max_size=4))
documents = values | shaped | listed | st.fixed_dictionaries({"status": st.just("DONE"), "result": shaped | values})


@given(documents)
def test_any_json_is_read_or_refused(folder, document):
    outcome(folder, "export", "json", json.dumps(document).encode())

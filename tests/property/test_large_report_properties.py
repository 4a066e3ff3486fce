"""The report in columns: for any facts it is that of the values, and any file is read as `read_usage` reads it."""

import csv
import io
import json
from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import large_inputs
import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from flexlib import FormatError, Session
from flexlib.cli.large import large_report
from flexlib.cli.report import make_report
from flexlib.formats import large_usage
from flexlib.formats.large_usage import read_large_usage
from flexlib.formats.session_header import session_header
from flexlib.formats.session_tables import SessionTable
from flexlib.formats.usage import SESSION_COLUMNS, read_usage

ODD_ZONE = timezone(-timedelta(hours=8, minutes=7, seconds=30))  # its days begin within a quarter of an hour
ZONES = st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ODD_ZONE])


@st.composite
def cases(draw):
    facts = draw(large_inputs.inputs())
    sessions = [use for use in facts.usage if isinstance(use, Session)]
    parts = [[], [], []]
    for session in sessions:
        parts[draw(st.integers(0, 2))].append(session)
    others = [use for use in facts.usage if not isinstance(use, Session)]
    tables = tuple(SessionTable.of(part) for part in parts[1:])
    return facts, evolve(facts, usage=(*parts[0], *others), tables=tables), draw(large_inputs.moments(facts)), draw(ZONES)


@given(cases())
def test_the_report_of_sessions_in_columns_is_that_of_the_values(case):
    facts, in_columns, at, zone = case
    expected = make_report(large_inputs.job().case_of(facts, large_inputs.BOOK), at, zone)
    found = large_report(in_columns, large_inputs.BOOK, None, at, zone)
    assert found == expected
    assert json.dumps(found.as_json()) == json.dumps(expected.as_json())


TIMES = [
    "2026-03-02T08:00Z", "2026-03-02 08:00:00+01:00", "2026-03-02T09:30:00.25-0500", "2026-03-03T08:00:00Z", "2026-03-29T01:30", "2026-03-02",
    "20260302T0800Z", "2026-W10-1T08:00Z", "2026-02-30T08:00Z", "2026-03-02T24:00Z", "2026-03-02T08:00:00.1234567Z", " 2026-03-02T08:00Z ",
    "0001-01-01T00:00+05:00", "9999-12-31T23:59Z", "yesterday", "",
]  # fmt: skip
NAMES = [
    "ada",
    "ada ",
    "\xa0bo\u2003",
    " ",
    "",
    "O'Neil",
    'Anna "Ann" Lee',
    "Lee, Ann",
    "two\nlines",
    "two\rlines",
    "Zoë",
    "NA",
    "\ufeff",
]
IDLE = ["", "", "", " ", "2026-03-02T09:00Z/2026-03-02T10:00Z", "09:00/10:00", "never"]
RAW = [
    "",
    ",,,",
    "  ",
    "ada",
    "ada,acad,2026-03-02T08:00Z",
    '"ada,acad",2026-03-02T08:00Z',
    '"ada,acad',
    'a"da,acad,2026-03-02T08:00Z,',
    '"ada" ,acad',
    "x" * 90,
]
CELLS = {"opened_at": TIMES, "closed_at": TIMES, "idle": IDLE}


@st.composite
def session_texts(draw):
    """A session file in the form of some program, with some lines that no program would write."""
    columns = draw(st.permutations(["user", "product", "opened_at", *draw(st.sets(st.sampled_from(SESSION_COLUMNS[3:])))]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r\n", "\r"]))
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, lineterminator=end, quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    )
    writer.writerow(columns)
    for _ in range(draw(st.integers(0, 12))):
        if draw(st.integers(0, 5)):
            plain = draw(st.booleans())
            writer.writerow([draw(st.sampled_from(CELLS.get(name, NAMES)[: 2 if plain else None])) for name in columns])
        else:
            text.write(draw(st.sampled_from(RAW)) + end)
    text.write(draw(st.sampled_from(["", "", "ada,acad,2026-03-02T08:00Z", '"ada,acad",2026-03-02T08:00Z', "\n"])))
    return draw(st.sampled_from(["", "", "\ufeff"])) + text.getvalue()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "sessions.csv"


def in_columns(path, zone, piece_bytes):
    """Return what is read in columns, in pieces of so many bytes: sessions and problems in words; None where it is left to `read_usage`."""
    header = session_header(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_usage, "PIECE_BYTES", piece_bytes)
        found = header and read_large_usage(path, header, zone)
    return found and (sorted(map(repr, found.table.sessions())), list(map(str, found.problems)))


def by_rows(path, zone):
    """Return the same of `read_usage`, or the error that it raises."""
    try:
        found = read_usage(path, zone=zone)
    except FormatError as error:
        return error
    return sorted(map(repr, found.rows)), list(map(str, found.problems))


@given(session_texts(), st.sampled_from([None, None, ZoneInfo("Europe/London")]), st.integers(40, 400))
@example('user,product,opened_at\nada,acad,2026-03-02T08:00Z\n"ada","ac\n\nad",2026-03-02T08:00Z\nbo,acad,never', None, 40)
def test_a_file_read_in_columns_holds_the_sessions_and_the_problems_that_its_rows_hold(path, text, zone, piece_bytes):
    path.write_bytes(text.encode())
    expected, found = by_rows(path, zone), in_columns(path, zone, piece_bytes)
    assert found in (None, expected)
    assert found or isinstance(expected, FormatError) or session_header(path) is None


@given(st.binary(max_size=80), st.integers(1, 80))
def test_bytes_of_any_kind_behind_a_header_are_read_in_columns_as_by_rows_or_left_to_these(path, content, piece_bytes):
    path.write_bytes(b"user,product,opened_at,team\nada,acad,2026-03-02T08:00Z,\n" + content)
    assert in_columns(path, None, piece_bytes) in (None, by_rows(path, None))

"""``flexlib report`` on large session files: what it reads in columns, what it leaves to rows, and what it says and shows of that."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import ACCOUNT, C3_WEEK, RATES, office, run

from flexlib.cli import reporting
from flexlib.formats.session_header import session_header

MORE = """bob,autocad,2026-03-02T08:00:00+01:00,2026-03-04T09:00:00+01:00
bob,AutoCAD,2026-03-02T07:00Z,2026-03-02T07:04Z
"bob",autocad,2026-03-09T08:00Z,2026-03-09T12:00Z
bob,autocad,2026-03-09T08:00Z,2026-03-09T12:00Z
cyd,sketchup,2026-03-09T08:00Z,
,autocad,2026-03-09T08:00Z,
cyd,autocad,yesterday,
cyd,autocad,2026-03-09T08:00,
cyd,autocad,2026-03-09T08:00Z,2026-03-09T07:00Z
cyd,autocad,2026-03-09T08:00Z

"dee
dee",autocad,2026-03-30T08:00Z,2026-04-01T08:00Z
eve, autocad ,2026-03-30T08:00Z,2026-03-31T09:00Z
"""
SEAT = '[[seats]]\nuser = "eve"\nproducts = ["autocad"]\nstarts_at = 2026-01-01T00:00:00Z\n'


def both(monkeypatch, *arguments):
    """Return what the command does with the values, and what in columns."""
    results = []
    for large in (10**12, 0):
        monkeypatch.setattr(reporting, "LARGE", large)
        results.append(run("report", *arguments))
    return results


@pytest.fixture
def in_columns(monkeypatch):
    """Make every session file a large one, and fail where the report is not made in columns."""
    monkeypatch.setattr(reporting, "LARGE", 0)
    monkeypatch.setattr(reporting, "make_report", None)


@pytest.mark.parametrize("at", ["2026-03-31T07:30Z", "2026-03-02", "2020-01-01", "2027-02-01"])
@pytest.mark.parametrize("options", [["--json"], [], ["--json", "--times-in", "Europe/Berlin", "--zone", "Asia/Tokyo"]])
def test_what_a_large_file_gives_is_byte_for_byte_what_its_rows_give(tmp_path, monkeypatch, at, options):
    folder = office(tmp_path, sessions=C3_WEEK + MORE, account=ACCOUNT + SEAT)
    (tmp_path / "results.csv").write_text("user,product,at,quantity\nada,CFD,2026-03-05T09:00Z,3\n", "utf-8")
    (tmp_path / "more.csv").write_text(C3_WEEK.replace("ada", "fay"), "utf-8")
    by_rows, columnar = both(monkeypatch, folder, "--at", at, *options)
    assert by_rows.exit_code == 3
    assert (columnar.exit_code, columnar.stdout, columnar.stderr) == (3, by_rows.stdout, by_rows.stderr)


def test_the_report_of_a_large_file_is_made_in_columns(tmp_path, in_columns):
    shown = run("report", office(tmp_path, sessions=C3_WEEK + MORE), "--at", "2026-04-01", "--json")
    assert json.loads(shown.stdout)["uses"]["charged"] == 6


def test_a_small_file_is_read_by_its_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(reporting, "LARGE", len(C3_WEEK) + 1)
    monkeypatch.setattr(reporting, "_in_columns", None)
    assert run("report", office(tmp_path), "--at", "2026-04-01").exit_code == 0


def test_without_a_rate_sheet_a_large_file_is_charged_by_the_installed_providers(tmp_path, monkeypatch):
    (tmp_path / "sessions.csv").write_text(C3_WEEK, "utf-8")
    by_rows, columnar = both(monkeypatch, tmp_path, "--at", "2026-04-01", "--json")
    assert columnar.stdout == by_rows.stdout
    assert json.loads(columnar.stdout)["by_product"][0]["name"] == "AutoCAD"


@pytest.mark.parametrize(
    "changes",
    [
        {"rates": RATES.replace("tokens = 7", 'tokens = "7.0000001"')},
        {"rates": RATES.replace("tokens = 7", "tokens = 900000000000000")},
        {"account": ACCOUNT.replace("tokens = 20", 'tokens = "20.0000001"')},
        {"sessions": C3_WEEK.replace("2026-03-03T07:00Z,2026-03-03T17:00Z", "2026-03-03T07:00Z,9999-12-31T12:00Z")},
        {"sessions": C3_WEEK.replace("2026-03-03T07:00Z,2026-03-03T17:00Z", "0001-01-01T00:00Z,0001-01-02T00:00Z")},
        {"sessions": C3_WEEK + '"ada,autocad,2026-03-03T07:00Z,\n'},
        {"sessions": C3_WEEK + 'ada,"auto"cad,2026-03-03T07:00Z,\n'},
        {"sessions": C3_WEEK + "x" * 200_000 + ",autocad,2026-03-03T07:00Z,\n"},
        {"sessions": C3_WEEK + "a\0da,autocad,2026-03-03T07:00Z,\n"},
        {"sessions": C3_WEEK.replace("\n", "\r")},
        {"sessions": C3_WEEK.replace("ada", "eve", 1), "account": ACCOUNT + SEAT.replace("autocad", "nothing")},
        {"account": ACCOUNT + '[[refunds]]\ncharge_id = "none"\ntokens = 1\nat = 2026-03-05T00:00:00Z\n'},
        {"sessions": "user,product,opened_at,closed_at\n"},
        {"sessions": C3_WEEK.splitlines()[0]},
        {"sessions": ""},
        {"sessions": C3_WEEK.replace("opened_at", "opened")},
        {"sessions": C3_WEEK.replace("closed_at", "user")},
    ],
)
def test_what_columns_cannot_hold_or_what_is_wrong_is_left_to_the_rows(tmp_path, monkeypatch, changes):
    by_rows, columnar = both(monkeypatch, office(tmp_path, **changes), "--at", "2026-04-01", "--json")
    assert (columnar.exit_code, columnar.output) == (by_rows.exit_code, by_rows.output)


def test_text_that_is_not_utf_8_is_refused_as_ever(tmp_path, monkeypatch):
    office(tmp_path)
    (tmp_path / "sessions.csv").write_bytes(C3_WEEK.encode() + b"zo\xeb,autocad,2026-03-03T07:00Z,\n")
    by_rows, columnar = both(monkeypatch, tmp_path, "--at", "2026-04-01")
    assert columnar.exit_code == 1
    assert columnar.stderr == by_rows.stderr


def test_a_refunded_charge_is_found_by_its_id(tmp_path, monkeypatch):
    sessions = C3_WEEK + "bob,autocad,2026-03-09T08:00Z,2026-03-09T12:00Z\n"
    gap = json.loads(run("report", office(tmp_path, sessions=sessions), "--at", "2026-04-01", "--json").stdout)["shortfalls"][0]
    refund = f'[[refunds]]\ncharge_id = "{gap["reference"]}"\ntokens = 6\nat = 2026-03-10T00:00:00Z\n'
    by_rows, columnar = both(
        monkeypatch, office(tmp_path, sessions=sessions, account=ACCOUNT + refund), "--at", "2026-04-01", "--json"
    )
    assert columnar.stdout == by_rows.stdout
    assert json.loads(columnar.stdout)["balance"] == "6"


def test_what_a_team_draws_before_tokens_are_moved_to_it_is_drawn_on_the_common_pool(tmp_path, monkeypatch):
    sessions = "user,product,opened_at,team\nada,autocad,2026-03-02T08:00Z,north\nada,autocad,2026-03-04T08:00Z,north\n"
    moved = '[[transfers]]\ntokens = 7\nat = 2026-03-03T00:00:00Z\nto_team = "north"\n'
    by_rows, columnar = both(
        monkeypatch, office(tmp_path, sessions=sessions, account=ACCOUNT + moved), "--at", "2026-04-01", "--json"
    )
    assert columnar.stdout == by_rows.stdout
    assert json.loads(columnar.stdout)["shortfalls"] == []


def test_of_two_sessions_that_differ_in_nothing_but_their_idle_spans_the_same_one_is_charged(tmp_path, monkeypatch):
    span = "ada,autocad,2026-03-02T08:00Z,2026-03-04T08:00Z"
    sessions = f"user,product,opened_at,closed_at,idle\n{span},2026-03-02T10:00Z/2026-03-02T11:00Z\n{span},2026-03-02T09:00Z/2026-03-04T07:00Z\n"
    by_rows, columnar = both(monkeypatch, office(tmp_path, sessions=sessions), "--at", "2026-04-01", "--json")
    assert columnar.stdout == by_rows.stdout
    assert json.loads(columnar.stdout)["uses"]["charged"] == 2


def test_where_the_charges_are_the_exports_the_sessions_of_a_large_file_are_left_out(tmp_path, monkeypatch):
    office(tmp_path)
    (tmp_path / "export.csv").write_text("Day used,Email,Product,Tokens used\n2026-03-02,ada@x.example,AutoCAD,7\n", "utf-8")
    for side in ("export", "sessions"):
        by_rows, columnar = both(monkeypatch, tmp_path, "--at", "2026-04-01", "--json", "--charges-from", side)
        assert columnar.stdout == by_rows.stdout
    by_rows, columnar = both(monkeypatch, tmp_path, "--at", "2026-04-01")
    assert columnar.exit_code == 1
    assert columnar.stderr == by_rows.stderr


def test_a_header_below_which_an_export_begins_is_no_session_file(tmp_path):
    path = tmp_path / "sessions.csv"
    path.write_text(
        "user,product,opened_at,team\nDay used,Email,Product,Tokens used\n2026-03-02,ada@x.example,AutoCAD,7\n", "utf-8"
    )
    assert session_header(path) is None
    path.write_text("\ufeff user ,product,opened_at\nada,acad,2026-03-02T08:00Z\n", "utf-8")
    assert session_header(path) == (["user", "product", "opened_at"], len("\ufeff user ,product,opened_at\n".encode()))


def test_without_the_extra_the_rows_are_read_and_a_line_says_what_would_be_faster(tmp_path, monkeypatch):
    monkeypatch.setattr(reporting, "LARGE", 0)
    monkeypatch.delitem(sys.modules, "flexlib.formats.large_usage", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    shown = run("report", office(tmp_path), "--at", "2026-04-01", "--json")
    assert json.loads(shown.stdout)["charged"] == "14"
    hint = 'with pip install "flexlib[frames]" it is read many times as fast'
    assert shown.stderr == f"Warning: {tmp_path / 'sessions.csv'} is large: {hint}\n"


def test_neither_arrow_nor_the_columnar_engine_is_loaded_for_small_files(tmp_path):
    probe = (
        "import sys; from flexlib.cli.main import main; main(sys.argv[1:], standalone_mode=False); "
        "print(sorted({'pyarrow', 'flexlib.scale'} & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", probe, "report", str(office(tmp_path)), "--at", "2026-04-01"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == "[]\n"


def on_a_terminal(*arguments):
    """Run the command with every session file a large one and standard error a terminal; return what it wrote to the two outputs."""
    pty = importlib.import_module("pty")
    program = "import sys; from flexlib.cli import main, reporting; reporting.LARGE = 0; main.main(sys.argv[1:])"
    reader, writer = pty.openpty()
    surroundings = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=writer, env=surroundings
    ) as running:
        os.close(writer)
        stdout = running.stdout.read().decode()
    told = b""
    with os.fdopen(reader, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(1 << 16):
                told += part
        except OSError:  # the end, on Linux
            pass
    return stdout, told.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_progress_is_shown_on_a_terminal_and_not_with_json(tmp_path):
    folder: Path = office(tmp_path)
    stdout, told = on_a_terminal("report", folder, "--at", "2026-04-01")
    assert "14 tokens were charged" in stdout
    assert "Reading sessions.csv" in told
    assert "Charging" in told
    stdout, told = on_a_terminal("report", folder, "--at", "2026-04-01", "--json")
    assert json.loads(stdout)["charged"] == "14"
    assert told == ""

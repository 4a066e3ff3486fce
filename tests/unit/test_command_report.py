"""``flexlib report``: its figures, its options, its exit codes and what it says where something is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import C3_WEEK, RATES, office, run, run_json


def test_the_c3_week_is_reported_as_two_charges_of_seven_tokens(tmp_path):
    report = run_json("report", office(tmp_path), "--at", "2026-04-01")
    assert report["charged"] == "14"
    assert report["by_product"] == [{"name": "AutoCAD", "tokens": "14", "charges": 2, "users": 1, "products": 1}]
    assert [(line["name"], line["tokens"]) for line in report["by_day"]] == [("2026-03-02", "7"), ("2026-03-03", "7")]
    assert report["balance"] == "6"


def test_the_tables_show_the_same_figures_as_the_json(tmp_path):
    shown = run("report", office(tmp_path), "--at", "2026-04-01")
    assert shown.exit_code == 0
    assert "14 tokens were charged from 2026-03-02 08:00 UTC to 2026-03-03 08:00 UTC" in shown.stdout
    assert "6 tokens are usable: 20 bought, 14 used, 0 expired unused; 0 were lacking" in shown.stdout
    assert "ada" in shown.stdout


def test_t3_a_charge_is_reported_on_the_day_of_the_named_zone_in_which_its_window_opened(tmp_path):
    sessions = "user,product,opened_at,closed_at\nada,autocad,2026-03-02T23:30Z,2026-03-02T23:50Z\n"
    folder = office(tmp_path, sessions=sessions)
    assert run_json("report", folder, "--at", "2026-04-01")["by_day"][0]["name"] == "2026-03-02"
    assert run_json("report", folder, "--at", "2026-04-01", "--zone", "Europe/Berlin")["by_day"][0]["name"] == "2026-03-03"


def test_charges_after_the_instant_of_the_report_are_counted_apart(tmp_path):
    report = run_json("report", office(tmp_path), "--at", "2026-03-02T08:00Z")
    assert (report["charged"], report["charges_later"], report["balance"]) == ("7", 1, "13")
    assert "Not in this report: 1 later charge." in run("report", tmp_path, "--at", "2026-03-02T08:00Z").stdout


def test_a_date_means_midnight_in_the_zone_of_the_command(tmp_path):
    report = run_json("report", office(tmp_path), "--at", "2026-03-03", "--zone", "America/New_York")
    assert report["at"] == "2026-03-03T05:00:00+00:00"


def test_without_at_the_report_is_of_now(tmp_path):
    assert run_json("report", office(tmp_path))["charged"] == "14"


def test_files_can_be_named_one_by_one_and_the_rates_apart(tmp_path):
    office(tmp_path)
    named = [
        "report",
        tmp_path / "sessions.csv",
        tmp_path / "account.toml",
        "--rates",
        tmp_path / "rates.toml",
        "--at",
        "2026-04-01",
    ]
    assert run_json(*named)["charged"] == "14"


def test_results_are_charged_and_counted(tmp_path):
    office(tmp_path)
    (tmp_path / "results.csv").write_text("user,product,at,quantity\nada,CFD,2026-03-05T09:00Z,3\n", "utf-8")
    assert run_json("report", tmp_path, "--at", "2026-04-01")["charged"] == "15.5"


def test_uses_are_told_apart_by_what_became_of_them(tmp_path):
    sessions = C3_WEEK + "ada,autocad,2026-03-03T18:00Z,2026-03-03T19:00Z\nbob,autocad,2026-03-03T18:00Z,2026-03-03T18:02Z\n"
    report = run_json("report", office(tmp_path, sessions=sessions), "--at", "2026-04-01")
    assert report["uses"] == {
        "charged": 2,
        "zero_rate": 0,
        "within_window": 1,
        "short_launch": 1,
        "seat": 0,
        "idle": 0,
        "unrated": 0,
    }


def test_shortfalls_are_named_with_whose_they_are(tmp_path):
    sessions = C3_WEEK + "bob,autocad,2026-03-09T08:00Z,2026-03-09T12:00Z\n"
    report = run_json("report", office(tmp_path, sessions=sessions), "--at", "2026-04-01")
    assert [(gap["tokens"], gap["reason"]) for gap in report["shortfalls"]] == [("1", "bob's autocad")]


def test_the_alerts_of_the_vendor_are_given(tmp_path):
    sessions = C3_WEEK + "bob,autocad,2026-03-09T08:00Z,2026-03-09T12:00Z\n"
    folder = office(tmp_path, sessions=sessions)
    assert [alert["kind"] for alert in run_json("report", folder, "--at", "2026-04-01")["alerts"]] == ["low-balance"]


def test_tokens_about_to_expire_are_shown_with_their_pack(tmp_path):
    report = run_json("report", office(tmp_path), "--at", "2026-12-01")
    assert report["expiring"] == {"A-1": "6"}
    assert "6 within 90 days" in run("report", tmp_path, "--at", "2026-12-01").stdout
    assert "expired" in run("report", tmp_path, "--at", "2027-02-01").stdout


def test_without_packs_the_report_says_so(tmp_path):
    office(tmp_path, account="")
    (tmp_path / "account.toml").unlink()
    (tmp_path / "sessions.csv").write_text(C3_WEEK.replace("AutoCAD 2026", "autocad"), "utf-8")
    shown = run("report", tmp_path, "--at", "2026-04-01")
    assert shown.exit_code == 0
    assert "No packs were given" in shown.stdout


def test_nothing_charged_is_said(tmp_path):
    assert "Nothing was charged." in run("report", office(tmp_path), "--at", "2026-01-02").stdout


def test_a_bad_row_is_set_aside_with_its_reason_and_the_exit_code_says_so(tmp_path):
    folder = office(tmp_path, sessions=C3_WEEK + "bob,autocad,yesterday,\n")
    shown = run("report", folder, "--at", "2026-04-01")
    assert shown.exit_code == 3
    assert "row 4: opened_at: 'yesterday' is not an ISO 8601 instant" in shown.stdout
    assert run_json("report", folder, "--at", "2026-04-01")["charged"] == "14"


def test_use_of_a_product_without_a_rate_is_set_aside_and_the_rest_is_reported(tmp_path):
    account = '[[products]]\ncode = "autocad"\nname = "AutoCAD"\n[[products]]\ncode = "maya"\nname = "Maya"\n'
    sessions = C3_WEEK + "bob,maya,2026-03-03T18:00Z,\ncyd,sketchup,2026-03-03T18:00Z,\n"
    shown = run("report", office(tmp_path, sessions=sessions, account=account), "--at", "2026-04-01")
    assert shown.exit_code == 3
    assert "no rate for 'maya'" in shown.stdout
    assert "no product is known as 'sketchup'" in shown.stdout
    assert "14 tokens were charged" in shown.stdout


def test_r3_sheets_that_disagree_need_a_stated_precedence(tmp_path):
    office(tmp_path)
    other = RATES.replace("test rates", "other").replace("tokens = 7", "tokens = 5").replace('"test"', '"other"')
    (tmp_path / "other.toml").write_text(other, "utf-8")
    in_conflict = run("report", tmp_path, "--at", "2026-04-01")
    assert in_conflict.exit_code == 3
    assert "disagree" in in_conflict.stdout
    assert run_json("report", tmp_path, "--at", "2026-04-01", "--precedence", "other")["charged"] == "10"


def test_t1_times_without_a_zone_are_read_only_where_their_zone_is_named(tmp_path):
    folder = office(tmp_path, sessions="user,product,opened_at\nada,autocad,2026-07-01T08:00\n")
    assert run("report", folder, "--at", "2026-08-01").exit_code == 3
    report = run_json("report", folder, "--at", "2026-08-01", "--times-in", "Europe/London")
    assert report["first_charge"] == "2026-07-01T07:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 1, "nowhere: there is no such file or folder"),
        ([], 2, "Missing argument"),
        (["x.csv", "--zone", "Mars"], 2, "'Mars' is no time zone"),
        (["x.csv", "--at", "2026-02-30"], 2, "'2026-02-30' is not a date"),
        (["{office}", "--at", "sometime"], 2, "'sometime' is not an ISO 8601 instant"),
        (["{office}", "--precedence", "nobody"], 1, "precedence is 'nobody'"),
        (["{office}/account.toml"], 1, "no sessions or results in"),
    ],
)
def test_what_is_wrong_is_said_in_one_message_without_a_traceback(tmp_path, arguments, code, message):
    office(tmp_path)
    result = run("report", *(argument.format(office=tmp_path) for argument in arguments))
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_files_of_a_folder_that_are_of_no_known_kind_are_named_as_not_read(tmp_path):
    office(tmp_path)
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    (tmp_path / ".hidden").write_text("x", "utf-8")
    result = run("report", tmp_path, "--at", "2026-04-01")
    assert result.stderr.strip() == f"Not read: {tmp_path / 'notes.txt'}"


def test_markup_in_a_users_name_is_shown_as_it_is(tmp_path):
    folder = office(tmp_path, sessions="user,product,opened_at\n[bold]eve[/bold],autocad,2026-03-02T08:00Z\n")
    assert "[bold]eve[/bold]" in run("report", folder, "--at", "2026-04-01").stdout


def test_the_installed_script_writes_json_into_a_pipe(tmp_path):
    script = Path(sys.executable).parent / "flexlib"
    done = subprocess.run(
        [script, "report", office(tmp_path), "--json"], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert json.loads(done.stdout)["schema"] == "flexlib-report/1"


def test_the_json_schema_has_just_these_fields(tmp_path):
    assert list(run_json("report", office(tmp_path), "--at", "2026-04-01")) == [
        "schema", "at", "zone", "charges_from", "first_charge", "last_charge", "charged", "charges_later", "by_product", "by_user",
        "by_day", "uses", "balance", "purchased", "drawn", "expired", "shortfall", "packs", "expiring", "shortfalls", "alerts", "set_aside",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("user,product,opened,closed_at", "row 1: opened: no such column is known here: did you mean opened_at?"),
        ("user,product,when", "row 1: when: no such column is known here"),
        ("user;product;opened_at", "its cells are not separated by commas"),
        ("product,token,effective_from", "row 1: token: no such column is known here: did you mean tokens?"),
    ],
)
def test_a_csv_file_of_no_known_columns_is_refused_with_the_nearest(tmp_path, header, message):
    (tmp_path / "some.csv").write_text(f"{header}\n", "utf-8")
    result = run("report", tmp_path)
    assert result.exit_code == 1
    assert message in result.stderr


def test_the_width_is_that_of_the_terminal_and_100_columns_in_a_pipe(tmp_path):
    sessions = f"user,product,opened_at\n{'x' * 150},autocad,2026-03-02T08:00Z\n"
    folder = office(tmp_path, sessions=sessions)
    widths = [
        max(len(line) for line in run("report", folder, "--at", "2026-04-01", COLUMNS="130", **terminal).stdout.splitlines())
        for terminal in ({}, {"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm"})
    ]
    assert widths[0] == 100
    assert widths[1] >= 130


def test_rates_may_be_a_folder_of_rate_sheets(tmp_path):
    office(tmp_path)
    (tmp_path / "sheets").mkdir()
    (tmp_path / "rates.toml").rename(tmp_path / "sheets" / "rates.toml")
    arguments = ["report", tmp_path / "sessions.csv", tmp_path / "account.toml", "--rates", tmp_path / "sheets"]
    assert run_json(*arguments, "--at", "2026-04-01")["charged"] == "14"

"""``flexlib report`` on the vendor's exports and on histories: how they are told apart, and what is said where they do not serve."""

import json
from datetime import UTC, datetime

import pytest
from command import office, run, run_json
from export_files import workbook
from written_files import written

from flexlib import ReportedUse, TokenPack
from flexlib.history import History

USAGE = """day_used,email,product_name,team_alias,tokens_used
2026-03-02,Ada@Studio.Example,AutoCAD,design,7
2026-03-03,ada@studio.example,AutoCAD,design,7
2026-03-03,ben@studio.example,SketchUp,design,0
"""
GERMAN = "Day used;Email;Product;Tokens used\r\n2026-03-02;ada@studio.example;AutoCAD;7,5\r\n"
SUMMARY = "email,offering_name,days_used,tokens_used\nada@studio.example,AutoCAD,2,14\n"


def charged(*arguments):
    return run_json("report", *arguments, "--at", "2026-04-01")["charged"]


def test_an_export_alone_is_reported_without_rates_and_sessions(tmp_path):
    shown = run("report", written(tmp_path, "usage.csv", USAGE), "--at", "2026-04-01")
    assert shown.exit_code == 0
    assert "14 tokens were charged from 2026-03-02 to 2026-03-03, as the vendor reported." in shown.stdout
    assert shown.stderr == ""


def test_rates_that_would_be_in_conflict_are_not_asked(tmp_path):
    office(tmp_path)
    (tmp_path / "sessions.csv").unlink()
    written(tmp_path, "usage.csv", USAGE)
    twin = (tmp_path / "rates.toml").read_text("utf-8").replace("test rates", "twin").replace("tokens = 7", "tokens = 9")
    written(tmp_path, "twin.toml", twin)
    report = run_json("report", tmp_path, "--at", "2026-04-01")
    assert (report["charged"], report["balance"], report["set_aside"]) == ("14", "6", [])


def test_a_product_that_the_catalogue_does_not_know_keeps_the_vendors_name(tmp_path):
    office(tmp_path)
    report = run_json("report", written(tmp_path, "usage.csv", USAGE), tmp_path / "account.toml", "--at", "2026-04-01")
    assert [line["name"] for line in report["by_product"]] == ["AutoCAD", "SketchUp"]
    assert report["by_user"][0]["name"] == "ada@studio.example"


def test_rows_that_the_catalogue_makes_one_product_of_are_each_charged(tmp_path):
    office(tmp_path)
    rows = "day_used,email,product_name,tokens_used\n2026-03-02,ada@x.example,AutoCAD 2025,7\n2026-03-02,ada@x.example,AutoCAD 2026,7\n"
    report = run_json("report", written(tmp_path, "usage.csv", rows), tmp_path / "account.toml", "--at", "2026-04-01")
    assert report["by_product"] == [{"name": "AutoCAD", "tokens": "14", "charges": 2, "users": 1, "products": 1}]
    assert report["drawn"] == "14"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_t3_the_day_of_a_reported_charge_is_the_vendors_in_every_zone(tmp_path, zone):
    report = run_json("report", written(tmp_path, "usage.csv", USAGE), "--at", "2026-04-01", "--zone", zone)
    assert [(line["name"], line["tokens"]) for line in report["by_day"]] == [("2026-03-02", "7"), ("2026-03-03", "7")]
    assert report["charges_from"] == "export"
    shown = run("report", tmp_path / "usage.csv", "--at", "2026-04-01", "--zone", zone).stdout
    assert "from 2026-03-02 to 2026-03-03" in shown
    assert "Tokens by day (as reported)" in shown


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_export_is_read_in_any_encoding_and_delimiter(tmp_path, encoding, delimiter):
    text = USAGE.replace(",", delimiter).replace("design", "Büro")
    assert charged(written(tmp_path, "usage.csv", text.encode(encoding))) == "14"


@pytest.mark.parametrize("name", ["usage.txt", "usage.tsv", "USAGE.CSV"])
def test_the_suffix_of_a_text_that_is_named_makes_no_difference(tmp_path, name):
    assert charged(written(tmp_path, name, USAGE.replace(",", "\t"))) == "14"


def test_a_workbook_and_json_are_read_like_csv(tmp_path):
    rows = [line.split(",") for line in USAGE.splitlines()]
    book = workbook(Filters=[["Team", "all"]], Data=[rows[0], *([*row[:-1], int(row[-1])] for row in rows[1:])])
    names = dict(zip(["usageDate", "emailAddress", "productName", "team", "tokens"], range(5), strict=True))
    objects = [{name: row[place] for name, place in names.items()} for row in rows[1:]]
    assert charged(written(tmp_path, "usage.xlsx", book)) == "14"
    assert charged(written(tmp_path, "usage.json", json.dumps(objects))) == "14"


def test_the_decimal_mark_is_told_from_the_figures_or_given(tmp_path):
    assert charged(written(tmp_path, "usage.csv", GERMAN)) == "7.5"
    unclear = written(tmp_path, "unclear.csv", GERMAN.replace("7,5", "1,500"))
    assert run("report", unclear, "--at", "2026-04-01").exit_code == 3
    assert charged(unclear, "--decimal", ",") == "1.5"
    assert charged(unclear, "--decimal", ".") == "1500"


def test_a_folder_is_read_with_all_exports_in_it_and_other_suffixes_are_named_as_not_read(tmp_path):
    written(tmp_path, "usage.csv", USAGE)
    written(tmp_path, "notes.txt", USAGE.replace("2026-03", "2026-02"))
    with History(tmp_path / "kept.history") as history:
        history.add([ReportedUse("ada@studio.example", "AutoCAD", datetime(2026, 2, 1, tzinfo=UTC).date(), 7)])
    result = run("report", tmp_path, "--at", "2026-04-01")
    assert "14 tokens were charged" in result.stdout
    assert result.stderr.strip() == f"Not read: {tmp_path / 'kept.history'}, {tmp_path / 'notes.txt'}"


def test_exports_that_overlap_are_merged_the_one_with_the_latest_day_last(tmp_path):
    written(tmp_path, "b.csv", USAGE)
    later = [
        "day_used,email,product_name,tokens_used",
        "2026-03-02,ada@studio.example,AutoCAD,14",
        "2026-03-04,ada@studio.example,AutoCAD,7",
    ]
    written(tmp_path, "a.csv", "\n".join(later))
    assert [line["tokens"] for line in run_json("report", tmp_path, "--at", "2026-04-01")["by_day"]] == ["14", "7", "7"]


def test_a_history_is_an_input_like_any_other(tmp_path):
    with History(tmp_path / "kept.history") as history:
        history.add([ReportedUse("ada@studio.example", "AutoCAD", datetime(2026, 3, 2, tzinfo=UTC).date(), 7)])
        history.add([TokenPack("A-1", 20, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))])
    report = run_json("report", tmp_path / "kept.history", "--at", "2026-04-01")
    assert (report["charged"], report["balance"]) == ("7", "13")


def test_a_history_and_the_export_that_it_keeps_count_once(tmp_path):
    usage = written(tmp_path, "usage.csv", USAGE)
    run("import", usage, "--into", tmp_path / "kept.history")
    assert charged(usage, tmp_path / "kept.history") == "14"


def test_sessions_and_an_export_need_to_be_told_which_are_the_charges(tmp_path):
    office(tmp_path)
    written(
        tmp_path, "usage.csv", USAGE.replace("03,ada@studio.example,AutoCAD", "04,ada@studio.example,AutoCAD").replace(",7", ",6")
    )
    undecided = run("report", tmp_path, "--at", "2026-04-01")
    assert undecided.exit_code == 1
    assert "say --charges-from sessions or --charges-from export; flexlib reconcile compares the two" in undecided.stderr
    by_sessions = run_json("report", tmp_path, "--at", "2026-04-01", "--charges-from", "sessions")
    by_export = run_json("report", tmp_path, "--at", "2026-04-01", "--charges-from", "export")
    assert (by_sessions["charged"], by_sessions["charges_from"], by_sessions["uses"]["charged"]) == ("14", "sessions", 2)
    assert (by_export["charged"], by_export["charges_from"], by_export["uses"]["charged"]) == ("12", "export", 0)


def test_sessions_that_are_not_the_charges_are_in_nothing_of_the_report(tmp_path):
    office(tmp_path)
    written(tmp_path, "usage.csv", USAGE)
    alerts = {
        side: [
            alert["kind"] for alert in run_json("report", tmp_path, "--at", "2026-03-03T07:30Z", "--charges-from", side)["alerts"]
        ]
        for side in ("sessions", "export")
    }
    assert alerts == {"sessions": ["running-on"], "export": []}


@pytest.mark.parametrize(("asked", "there"), [("export", "sessions.csv"), ("sessions", "usage.csv")])
def test_charges_that_are_asked_for_and_not_there_are_an_error(tmp_path, asked, there):
    office(tmp_path)
    written(tmp_path, "usage.csv", USAGE)
    result = run("report", tmp_path / there, "--charges-from", asked)
    assert result.exit_code == 1
    assert f"--charges-from is {asked}, and there are none of these charges in {tmp_path / there}" in result.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (SUMMARY, "a Usage Report holds no days, so no charge can be read from it: export the daily usage"),
        ("productName,tokensConsumed\nAutoCAD,60\n", "it holds totals of all users, so no charge can be read from it"),
    ],
)
def test_an_export_without_days_is_set_aside_with_the_reason(tmp_path, content, reason):
    summary = written(tmp_path, "summary.csv", content)
    alone = run("report", summary, "--at", "2026-04-01")
    assert alone.exit_code == 3
    assert f"{summary}: {reason}" in alone.stdout
    beside = run("report", summary, written(tmp_path, "usage.csv", USAGE), "--at", "2026-04-01")
    assert beside.exit_code == 3
    assert "14 tokens were charged" in beside.stdout


def test_a_row_of_an_export_that_cannot_be_read_is_set_aside_with_its_number(tmp_path):
    usage = written(tmp_path, "usage.csv", USAGE + "yesterday,ada@studio.example,AutoCAD,design,7\n")
    shown = run("report", usage, "--at", "2026-04-01")
    assert shown.exit_code == 3
    assert f"{usage}: row 5: day_used: 'yesterday' is not a day" in shown.stdout
    assert "14 tokens were charged" in shown.stdout


def test_an_export_that_lacks_a_column_is_refused_with_what_is_missing(tmp_path):
    lacking = written(tmp_path, "usage.csv", "day_used,email,product_name\n2026-03-02,ada@studio.example,AutoCAD\n")
    result = run("report", lacking)
    assert result.exit_code == 1
    assert "The nearest is the daily Usage export, of which it lacks a column Tokens used" in result.stderr


def test_files_that_are_no_export_say_why_also_as_one(tmp_path):
    text = run("report", written(tmp_path, "some.txt", "a,b\n1,2\n"))
    assert text.exit_code == 1
    assert "no plugin reads rate sheets of this kind" in text.stderr
    assert "as an export of the vendor's: it is no export that is known here" in text.stderr
    assert "as an export" not in run("report", written(tmp_path, "rates.json", '{"name": "x", "rates": [{}]}')).stderr


def test_a_damaged_history_is_named(tmp_path):
    run("import", written(tmp_path, "usage.csv", USAGE), "--into", tmp_path / "kept.history")
    kept = (tmp_path / "kept.history").read_bytes()
    result = run("report", written(tmp_path, "half.history", kept[: len(kept) // 2]))
    assert result.exit_code == 1
    assert "half.history: it is damaged" in result.stderr
    assert "Traceback" not in result.output


def test_names_that_look_like_formulas_or_markup_are_shown_as_they_are(tmp_path):
    rows = "day_used,email,product_name,tokens_used\n2026-03-02,=cmd,[bold]x[/bold],7\n"
    shown = run("report", written(tmp_path, "usage.csv", rows), "--at", "2026-04-01").stdout
    assert "=cmd" in shown
    assert "[bold]x[/bold]" in shown


def test_without_packs_the_shortfall_is_said_once_and_not_for_each_charge(tmp_path):
    shown = run("report", written(tmp_path, "usage.csv", USAGE), "--at", "2026-04-01").stdout
    assert "No packs were given, so all charges are a shortfall." in shown
    assert "Shortfalls" not in shown
    assert len(run_json("report", tmp_path / "usage.csv", "--at", "2026-04-01")["shortfalls"]) == 2


def test_a_file_of_rates_beside_exports_is_found_in_a_folder_of_rates(tmp_path):
    office(tmp_path)
    written(tmp_path, "usage.csv", USAGE)
    written(tmp_path, "usage.xlsx", workbook(Data=[line.split(",") for line in USAGE.splitlines()]))
    assert charged(tmp_path / "sessions.csv", tmp_path / "account.toml", "--rates", tmp_path) == "14"

"""``flexlib summary``: what was charged by any names, in four forms."""

import csv
import io
import json

import pytest
from command import C3_WEEK, STUDIO, office, run, run_json

from flexlib.cli import reporting

SESSIONS = """user,product,opened_at,closed_at,team
ada,AutoCAD 2026,2026-03-02T08:00Z,2026-03-02T17:00Z,design
ada,AutoCAD 2026,2026-03-03T07:00Z,2026-03-03T17:00Z,design
ben,AutoCAD 2026,2026-04-01T09:00Z,2026-04-01T10:00Z,=survey
"""
PRICED = """
[[packs]]
id = "A-1"
tokens = 20
purchased_on = 2026-01-01
price = "60"
currency = "USD"
[[products]]
code = "autocad"
name = "AutoCAD"
"""
TAGS = "key,value,user\nproject,tower,ada\nproject,bridge,ben\n"


def rows(folder, *options):
    return run_json("summary", folder, *options)["rows"]


def test_without_a_name_it_is_by_product_and_products_have_their_names(tmp_path):
    assert rows(office(tmp_path, sessions=SESSIONS)) == [
        {"product": "AutoCAD", "tokens": "21", "charges": 3, "windows": 3, "users": 2, "days": 3}
    ]


def test_several_names_make_a_row_for_each_combination(tmp_path):
    made = run_json("summary", office(tmp_path, sessions=SESSIONS), "--by", "month,user")
    assert made["by"] == ["month", "user"]
    assert [(row["month"], row["user"], row["tokens"]) for row in made["rows"]] == [
        ("2026-03", "ada", "14"),
        ("2026-04", "ben", "7"),
    ]
    assert made["total"]["tokens"] == "21"


def test_where_packs_have_prices_the_rows_tell_the_costs_and_what_was_lacking_costs_nothing(tmp_path):
    made = run_json("summary", office(tmp_path, sessions=SESSIONS, account=PRICED), "--by", "user")
    assert [(row["user"], row["cost_usd"]) for row in made["rows"]] == [("ada", "42"), ("ben", "18")]
    assert made["total"]["cost_usd"] == "60"


def test_where_only_some_packs_have_prices_there_are_no_costs_and_a_line_names_the_others(tmp_path):
    account = PRICED + '[[packs]]\nid = "B-2"\ntokens = 5\npurchased_on = 2026-02-01\n'
    done = run("summary", office(tmp_path, sessions=SESSIONS, account=account), "--format", "csv")
    assert done.exit_code == 0
    assert "cost_usd" not in done.stdout
    assert done.stderr == "No costs are told, as these packs have no price or no currency: B-2\n"


def test_tags_out_of_a_file_can_be_grouped_by(tmp_path):
    tags = tmp_path / "tags.csv"
    tags.write_text(TAGS, "utf-8")
    (tmp_path / "usage").mkdir()
    made = rows(office(tmp_path / "usage", sessions=SESSIONS), "--by", "project", "--tags", tags)
    assert [(row["project"], row["tokens"]) for row in made] == [("bridge", "7"), ("tower", "14")]


def test_a_name_that_nothing_has_is_refused_with_those_that_there_are(tmp_path):
    done = run("summary", office(tmp_path), "--by", "projekt")
    assert done.exit_code == 2
    assert "expected one of product, user, team, day, week, month, hour" in " ".join(done.stderr.split())


def test_the_days_are_those_of_the_zone_and_first_and_last_day_count(tmp_path):
    folder = office(tmp_path, sessions="user,product,opened_at,closed_at\nada,autocad,2026-03-02T23:30Z,2026-03-02T23:50Z\n")
    assert rows(folder, "--by", "day")[0]["day"] == "2026-03-02"
    assert rows(folder, "--by", "day", "--zone", "Europe/Berlin")[0]["day"] == "2026-03-03"
    assert len(rows(folder, "--first-day", "2026-03-02", "--last-day", "2026-03-02")) == 1
    assert rows(folder, "--first-day", "2026-03-03") == []
    assert rows(folder, "--last-day", "2026-03-01") == []


def test_the_rows_with_the_most_tokens_can_stand_first(tmp_path):
    folder = office(tmp_path, sessions=C3_WEEK + "aaa,autocad,2026-03-02T08:00Z,2026-03-02T09:00Z\n")
    assert [row["user"] for row in rows(folder, "--by", "user")] == ["aaa", "ada"]
    assert [row["user"] for row in rows(folder, "--by", "user", "--largest-first")] == ["ada", "aaa"]


def test_csv_holds_the_same_and_no_name_is_a_formula(tmp_path):
    done = run("summary", office(tmp_path, sessions=SESSIONS), "--by", "team", "--format", "csv")
    assert list(csv.DictReader(io.StringIO(done.stdout))) == [
        {"team": "'=survey", "tokens": "7", "charges": "1", "windows": "1", "users": "1", "days": "1"},
        {"team": "design", "tokens": "14", "charges": "2", "windows": "2", "users": "1", "days": "2"},
    ]


def test_the_table_and_markdown_end_with_the_total(tmp_path):
    folder = office(tmp_path, sessions=SESSIONS, account=PRICED)
    table = [line.split() for line in run("summary", folder, "--by", "user").stdout.splitlines() if line.strip()]
    assert table[0] == ["user", "tokens", "charges", "windows", "users", "days", "cost", "USD"]
    assert table[-1] == ["all", "21", "3", "3", "2", "3", "60.00"]
    markdown = run("summary", folder, "--by", "user", "--format", "markdown").stdout
    assert markdown.splitlines()[-1] == "|  | **21** | **3** | **3** | **2** | **3** | **60** |"


def test_hours_of_the_week_have_names_in_the_table(tmp_path):
    assert "Mon 08:00" in run("summary", office(tmp_path), "--by", "hour").stdout


def test_the_rows_of_the_studio_add_up_to_its_report():
    made = run_json("summary", STUDIO, "--by", "product")
    report = run_json("report", STUDIO, "--at", "2026-05-01")
    assert {row["product"]: row["tokens"] for row in made["rows"]} == {
        line["name"]: line["tokens"] for line in report["by_product"]
    }


@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_what_was_set_aside_is_named_and_makes_the_exit_code_3(tmp_path, form):
    done = run("summary", office(tmp_path, sessions=C3_WEEK + "bob,AutoCAD,soon,\n"), "--format", form)
    assert done.exit_code == 3
    assert "is not an ISO 8601 instant" in (done.stdout if form == "table" else done.stderr)
    assert ("bob" in done.stdout, "14" in done.stdout) == (False, True)


def test_json_lists_what_was_set_aside(tmp_path):
    done = run("summary", office(tmp_path, sessions=C3_WEEK + "bob,AutoCAD,soon,\n"), "--format", "json")
    assert done.exit_code == 3
    assert len(json.loads(done.stdout)["set_aside"]) == 1


def test_two_forms_at_once_are_refused(tmp_path):
    done = run("summary", office(tmp_path), "--format", "csv", "--json")
    assert done.exit_code == 2
    assert "two forms" in done.stderr


def test_large_files_give_the_same(tmp_path, monkeypatch):
    small = rows(office(tmp_path, sessions=SESSIONS), "--by", "user,day")
    monkeypatch.setattr(reporting, "LARGE", 0)
    assert rows(tmp_path, "--by", "user,day") == small

"""``flexlib import``: what becomes of the files, what it says, and what it refuses."""

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from command import office, run, run_json
from written_files import written

from flexlib import ReportedUse
from flexlib.formats import read_export
from flexlib.history import History

HEADER = "day_used,email,product_name,team_alias,tokens_used\n"
MARCH = f"{HEADER}2026-03-02,Ada@Studio.Example,AutoCAD,design,7\n2026-03-03,ben@studio.example,Revit,design,10\n"
SPRING = f"{HEADER}2026-03-03,ben@studio.example,Revit,design,20\n2026-04-01,ada@studio.example,AutoCAD,design,7\n"
CHANGE = "reported use ben@studio.example, Revit, 2026-03-03: 10 tokens (team design), then 20 tokens (team design)"


def counts(folder, *files, into="kept.history", options=()):
    """The new, changed, known, outdated and set aside of each file, by its name."""
    made = run_json("import", *files, "--into", folder / into, *options)
    keys = ("new", "changed", "known", "superseded", "set_aside")
    return {Path(line["file"]).name: tuple(line[key] for key in keys) for line in made["files"]}


def kept(folder, name="kept.history"):
    with History(folder / name, readonly=True) as history:
        return history.known()


def test_a_history_is_made_and_holds_what_the_export_says(tmp_path):
    march = written(tmp_path, "march.csv", MARCH)
    shown = run("import", march, "--into", tmp_path / "kept.history")
    assert shown.exit_code == 0
    assert f"Added to {tmp_path / 'kept.history'}" in shown.stdout
    assert set(kept(tmp_path).reported) == set(read_export(march).rows)


def test_new_changed_known_and_outdated_facts_are_counted_a_file(tmp_path):
    march, spring = written(tmp_path, "march.csv", MARCH), written(tmp_path, "spring.csv", SPRING)
    assert counts(tmp_path, march) == {"march.csv": (2, 0, 0, 0, 0)}
    assert counts(tmp_path, spring) == {"spring.csv": (1, 1, 0, 0, 0)}
    assert counts(tmp_path, march, spring) == {"march.csv": (0, 0, 1, 1, 0), "spring.csv": (0, 0, 2, 0, 0)}


def test_importing_again_changes_nothing(tmp_path):
    files = written(tmp_path, "march.csv", MARCH), written(tmp_path, "spring.csv", SPRING)
    run("import", *files, "--into", tmp_path / "kept.history")
    before = (tmp_path / "kept.history").read_bytes()
    again = run("import", *files, "--into", tmp_path / "kept.history")
    assert again.exit_code == 0
    assert "Changed" not in again.stdout
    assert (tmp_path / "kept.history").read_bytes() == before


def test_what_changed_is_told_in_words(tmp_path):
    files = written(tmp_path, "march.csv", MARCH), written(tmp_path, "spring.csv", SPRING)
    shown = run("import", *files, "--into", tmp_path / "kept.history")
    assert CHANGE in shown.stdout
    assert run_json("import", *files, "--into", tmp_path / "other.history")["changes"] == [CHANGE]


def test_exports_are_added_in_the_order_of_their_last_days_however_they_are_named(tmp_path):
    later, earlier = written(tmp_path, "a.csv", SPRING), written(tmp_path, "b.csv", MARCH)
    made = run_json("import", later, earlier, "--into", tmp_path / "kept.history")
    assert [line["file"] for line in made["files"]] == [str(earlier), str(later)]
    assert made["changes"] == [CHANGE]


def test_an_outdated_figure_holds_again_where_that_is_asked_for(tmp_path):
    march, spring = written(tmp_path, "march.csv", MARCH), written(tmp_path, "spring.csv", SPRING)
    run("import", march, spring, "--into", tmp_path / "kept.history")
    shown = run("import", march, "--into", tmp_path / "kept.history")
    assert "Outdated, as a later file says otherwise: 1 fact. If the old holds again, add it with --restore." in shown.stdout
    assert ReportedUse("ben@studio.example", "Revit", date(2026, 3, 3), 20, team="design") in kept(tmp_path).reported
    assert counts(tmp_path, march, options=["--restore"]) == {"march.csv": (0, 1, 1, 0, 0)}
    assert ReportedUse("ben@studio.example", "Revit", date(2026, 3, 3), 10, team="design") in kept(tmp_path).reported


def test_a_pack_too_is_changed_and_holds_again_where_that_is_asked_for(tmp_path):
    pack = '[[packs]]\nid = "A-1"\ntokens = 20\npurchased_on = 2026-01-01\nprice = 60\ncurrency = "USD"\n'
    first, second = written(tmp_path, "first.toml", pack), written(tmp_path, "second.toml", pack.replace("60", "50"))
    run("import", first, "--into", tmp_path / "kept.history")
    assert counts(tmp_path, second) == {"second.toml": (0, 1, 0, 0, 0)}
    assert counts(tmp_path, first) == {"first.toml": (0, 0, 0, 1, 0)}
    assert counts(tmp_path, first, options=["--restore"]) == {"first.toml": (0, 1, 0, 0, 0)}
    assert kept(tmp_path).packs[0].price == 60


def test_sessions_packs_and_seats_are_kept_too(tmp_path):
    office(tmp_path)
    with (tmp_path / "account.toml").open("a", encoding="utf-8") as file:
        file.write('[[seats]]\nuser = "ada"\nproducts = ["autocad"]\nstarts_at = 2027-01-01\n')
    assert counts(tmp_path, tmp_path) == {"account.toml": (2, 0, 0, 0, 0), "sessions.csv": (2, 0, 0, 0, 0)}
    known = kept(tmp_path)
    assert (len(known.usage), len(known.packs), len(known.seats)) == (2, 1, 1)


def test_a_usage_report_is_kept(tmp_path):
    summary = written(tmp_path, "summary.csv", "email,offering_name,days_used,tokens_used\nada@studio.example,AutoCAD,2,14\n")
    assert counts(tmp_path, summary) == {"summary.csv": (1, 0, 0, 0, 0)}
    assert kept(tmp_path).summaries[0].tokens == 14


def test_what_is_not_kept_is_said(tmp_path):
    office(tmp_path)
    written(tmp_path, "notes.txt", "x")
    written(tmp_path, "offers.toml", 'token_price = "3"\n')
    result = run("import", tmp_path, "--into", tmp_path / "kept.history")
    assert result.exit_code == 0
    _, _, said = result.stdout.partition("Not kept in a history: rate sheets, products and offers, of")
    assert said.split() == [str(tmp_path / name) for name in ("account.toml", "offers.toml", "rates.toml")]
    assert result.stderr.strip() == f"Not read: {tmp_path / 'notes.txt'}"


def test_rows_set_aside_are_told_and_not_kept(tmp_path):
    march = written(tmp_path, "march.csv", f"{MARCH}2026-03-04,ada@studio.example,AutoCAD,design,\n")
    shown = run("import", march, "--into", tmp_path / "kept.history")
    assert shown.exit_code == 3
    assert "Set aside, and not in the history" in shown.stdout
    assert f"{march}: row 4: tokens_used: " in shown.stdout
    assert counts(tmp_path, march) == {"march.csv": (0, 0, 2, 0, 1)}
    assert len(kept(tmp_path).reported) == 2


def test_rows_of_usage_set_aside_are_told_also_where_none_is_left(tmp_path):
    log = written(tmp_path, "log.csv", "user,product,opened_at\nada,autocad,2026-03-29T01:30\n")
    assert run("import", log, "--into", tmp_path / "kept.history").exit_code == 3
    assert counts(tmp_path, log) == {"log.csv": (0, 0, 0, 0, 1)}
    assert counts(tmp_path, log, options=["--times-in", "America/New_York"]) == {"log.csv": (1, 0, 0, 0, 0)}


def test_a_row_that_repeats_another_but_for_a_column_that_is_not_kept_counts_once_and_is_told(tmp_path):
    doubled = "day_used,email,product_name,version,tokens_used\n2026-03-02,a@x.example,Revit,2025,10\n2026-03-02,a@x.example,Revit,2026,10\n"
    shown = run("import", written(tmp_path, "doubled.csv", doubled), "--into", tmp_path / "kept.history")
    assert shown.exit_code == 3
    assert "row 3: version: it says what row 2 says but for this column, and counts once" in shown.stdout
    assert len(kept(tmp_path).reported) == 1


def test_known_at_says_when_the_facts_became_known(tmp_path):
    march, spring = written(tmp_path, "march.csv", MARCH), written(tmp_path, "spring.csv", SPRING)
    run("import", march, "--into", tmp_path / "kept.history", "--known-at", "2026-03-05", "--zone", "America/New_York")
    log = written(tmp_path, "log.csv", "user,product,opened_at\nada,autocad,2026-03-29T01:30Z\n")
    run("import", log, "--into", tmp_path / "kept.history", "--known-at", "2026-04-01")
    run("import", spring, "--into", tmp_path / "kept.history", "--known-at", "2026-04-02T09:00Z")
    with History(tmp_path / "kept.history") as history:
        assert [added.known_at for added in history.imports()] == [
            datetime(2026, 3, 5, 5, tzinfo=UTC),
            datetime(2026, 4, 1, tzinfo=UTC),
            datetime(2026, 4, 2, 9, tzinfo=UTC),
        ]


def test_the_decimal_mark_is_that_of_the_option(tmp_path):
    unclear = written(tmp_path, "unclear.csv", "Day used;Email;Product;Tokens used\n2026-03-02;a@x.example;CFD;1,500\n")
    assert counts(tmp_path, unclear) == {"unclear.csv": (0, 0, 0, 0, 1)}
    assert counts(tmp_path, unclear, options=["--decimal", ","]) == {"unclear.csv": (1, 0, 0, 0, 0)}
    assert kept(tmp_path).reported[0].tokens == Decimal("1.5")


def test_without_known_at_it_is_now(tmp_path):
    before = datetime.now(UTC)
    run("import", written(tmp_path, "march.csv", MARCH), "--into", tmp_path / "kept.history")
    with History(tmp_path / "kept.history") as history:
        assert before <= history.imports()[0].known_at <= datetime.now(UTC)


def test_facts_cannot_have_been_known_before_others_that_were_added(tmp_path):
    march, spring = written(tmp_path, "march.csv", MARCH), written(tmp_path, "spring.csv", SPRING)
    run("import", march, "--into", tmp_path / "kept.history", "--known-at", "2026-04-05")
    result = run("import", spring, "--into", tmp_path / "kept.history", "--known-at", "2026-04-04")
    assert result.exit_code == 1
    assert "give that or later, or leave it out for now" in result.stderr
    assert len(kept(tmp_path).reported) == 2


def test_the_json_has_just_these_fields(tmp_path):
    made = run_json("import", written(tmp_path, "march.csv", MARCH), "--into", tmp_path / "kept.history")
    assert made == {
        "schema": "flexlib-import/1",
        "history": str(tmp_path / "kept.history"),
        "files": [{"file": str(tmp_path / "march.csv"), "new": 2, "changed": 0, "known": 0, "superseded": 0, "set_aside": 0}],
        "changes": [],
        "not_kept": [],
        "set_aside": [],
    }


def test_one_file_that_cannot_be_read_keeps_all_of_them_out(tmp_path):
    march = written(tmp_path, "march.csv", MARCH)
    result = run("import", march, tmp_path / "nowhere.csv", "--into", tmp_path / "kept.history")
    assert result.exit_code == 1
    assert "nowhere.csv: there is no such file or folder" in result.stderr
    assert not (tmp_path / "kept.history").exists()


@pytest.mark.parametrize("name", ["rates.toml", "empty"])
def test_files_with_nothing_to_keep_make_no_history(tmp_path, name):
    office(tmp_path)
    (tmp_path / "empty").mkdir()
    result = run("import", tmp_path / name, "--into", tmp_path / "kept.history")
    assert result.exit_code == 1
    assert f"there is nothing to keep in {tmp_path / name}" in result.stderr
    assert not (tmp_path / "kept.history").exists()


def test_a_history_is_not_added_to_a_history(tmp_path):
    run("import", written(tmp_path, "march.csv", MARCH), "--into", tmp_path / "kept.history")
    for into in ("kept.history", "other.history"):
        result = run("import", tmp_path / "kept.history", "--into", tmp_path / into)
        assert result.exit_code == 1
        assert "kept.history is a history itself: add the files that it was made of" in result.stderr
    assert not (tmp_path / "other.history").exists()


def test_a_damaged_history_is_named_and_left_as_it_is(tmp_path):
    march = written(tmp_path, "march.csv", MARCH)
    run("import", march, "--into", tmp_path / "kept.history")
    half = (tmp_path / "kept.history").read_bytes()[:5000]
    damaged = written(tmp_path, "half.history", half)
    result = run("import", march, "--into", damaged)
    assert result.exit_code == 1
    assert "half.history: it is damaged" in result.stderr
    assert damaged.read_bytes() == half
    assert "Traceback" not in result.output


def test_a_file_that_is_no_history_is_refused_and_left_as_it_is(tmp_path):
    march = written(tmp_path, "march.csv", MARCH)
    result = run("import", march, "--into", march)
    assert result.exit_code == 1
    assert "march.csv: it is no history: give another file" in result.stderr
    assert march.read_text("utf-8") == MARCH


def test_a_locked_history_is_waited_for_and_then_named(tmp_path):
    march = written(tmp_path, "march.csv", MARCH)
    run("import", march, "--into", tmp_path / "kept.history")
    other = sqlite3.connect(tmp_path / "kept.history", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    result = run("import", march, "--into", tmp_path / "kept.history", "--timeout", "0.05")
    other.close()
    assert result.exit_code == 1
    assert "kept.history: another process kept it locked for more than 0.05 seconds: try again" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing option '--into'"),
        (["--into", "x.history", "--known-at", "2026-02-30"], "'2026-02-30' is not a date"),
        (["--into", "x.history", "--timeout", "-1"], "'--timeout'"),
        (["--into", "x.history", "--known-at", "soon"], "'soon' is not an ISO 8601 instant"),
    ],
)
def test_a_command_given_wrongly_says_so(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = run("import", written(tmp_path, "march.csv", MARCH), *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "x.history").exists()


def test_names_that_look_like_formulas_or_markup_are_shown_as_they_are(tmp_path):
    first = f"{HEADER}2026-03-02,=cmd,[bold]x[/bold],,7\n"
    march, again = written(tmp_path, "[red].csv", first), written(tmp_path, "again.csv", first.replace(",7", ",8"))
    assert "[red].csv" in run("import", march, "--into", tmp_path / "kept.history").stdout
    shown = run("import", again, "--into", tmp_path / "kept.history").stdout
    assert "reported use =cmd, [bold]x[/bold], 2026-03-02: 7 tokens, then 8 tokens" in shown

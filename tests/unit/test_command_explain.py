"""``flexlib explain``: why something was charged, or free."""

from command import C3_WEEK, STUDIO, office, run, run_json
from written_files import written


def test_c3_the_second_charge_of_the_week_is_explained_with_window_rate_source_and_pack(tmp_path):
    shown = run("explain", "ada", "AutoCAD", "2026-03-03T09:00Z", office(tmp_path))
    assert shown.exit_code == 0
    assert "the product was still in use when the window before it ended" in shown.stdout
    assert "the rate was 7 tokens a day from 2021-12-21 (sheet test rates; test, none (as of 2021-12-21))" in shown.stdout
    assert "7 tokens were drawn on pack A-1" in shown.stdout
    assert "rules: T3, C1, C3, R1, P2" in shown.stdout


def test_a_date_asks_for_all_use_of_that_day_in_the_zone(tmp_path):
    folder = office(tmp_path, sessions=C3_WEEK + "ada,autocad,2026-03-03T19:00Z,2026-03-03T19:02Z\n")
    assert [use["outcome"] for use in run_json("explain", "ada", "autocad", "2026-03-03", folder)["uses"]] == [
        "charged",
        "short_launch",
    ]
    assert len(run_json("explain", "ada", "autocad", "2026-03-02", folder)["uses"]) == 1


def test_c2_use_inside_a_window_is_explained_as_free_with_the_session_that_opened_the_window(tmp_path):
    folder = office(tmp_path, sessions=C3_WEEK + "ada,autocad,2026-03-02T20:00Z,2026-03-02T21:00Z\n")
    shown = run("explain", "ada", "autocad", "2026-03-02T20:30Z", folder)
    assert "it was free: it lies in a window that was charged before" in shown.stdout
    assert "which the session from 2026-03-02T08:00:00+00:00 opened" in shown.stdout


def test_c8_use_under_a_seat_is_explained_as_free():
    assert "a seat covers it" in run("explain", "ben@studio.example", "revit", "2026-02-10", STUDIO).stdout


def test_the_json_holds_each_charge_with_its_draws(tmp_path):
    explained = run_json("explain", "ada", "autocad", "2026-03-03T09:00Z", office(tmp_path))
    assert explained["schema"] == "flexlib-explain/1"
    (use,) = explained["uses"]
    assert use["charges"][0]["draws"] == [{"pack": "A-1", "tokens": "7"}]


def test_a_time_without_use_names_the_nearest_use(tmp_path):
    result = run("explain", "ada", "autocad", "2026-03-05", office(tmp_path))
    assert result.exit_code == 1
    assert "the nearest use began at 2026-03-03T07:00:00+00:00" in result.stderr


def test_a_user_or_product_that_never_occurs_is_said(tmp_path):
    office(tmp_path)
    assert "eve never used autocad" in run("explain", "eve", "autocad", "2026-03-05", tmp_path).stderr
    unknown = run("explain", "ada", "autocat", "2026-03-05", tmp_path)
    assert unknown.exit_code == 1
    assert "did you mean autocad?" in unknown.stderr


def test_use_that_could_not_be_charged_is_explained_with_the_reason(tmp_path):
    folder = office(tmp_path, sessions="user,product,opened_at\nada,maya,2026-03-02T08:00Z\n", account="")
    (folder / "account.toml").unlink()
    result = run("explain", "ada", "maya", "2026-03-02", folder)
    assert result.exit_code == 3
    assert "no rate for 'maya'" in result.stdout


ROWS = """day_used,email,product_name,Feature,tokens_used
2026-03-02,Ada@Studio.Example,AutoCAD,,15
2026-03-03,Ada@Studio.Example,AutoCAD,,7
2026-03-03,Ada@Studio.Example,AutoCAD,Plotting,0
"""


def export(folder):
    office(folder)
    return written(folder, "usage.csv", ROWS), folder / "account.toml"


def test_of_an_export_the_rows_of_a_day_are_explained_with_the_packs_that_paid(tmp_path):
    shown = run("explain", "ada@studio.example", "AutoCAD", "2026-03-03", *export(tmp_path))
    assert shown.exit_code == 0
    assert "was charged 7 tokens for autocad at 2026-03-03T00:00:00+00:00" in shown.stdout
    assert "the vendor reported it for 2026-03-03; at which instant of the day is not known" in shown.stdout
    assert "5 tokens were drawn on pack A-1" in shown.stdout
    assert "2 tokens were missing" in shown.stdout
    assert "the vendor reported it for 2026-03-03 (Plotting)" in shown.stdout


def test_t3_an_instant_asks_for_the_rows_of_its_utc_day(tmp_path):
    files = export(tmp_path)
    late = run_json("explain", "ada@studio.example", "autocad", "2026-03-02T22:00-05:00", *files)
    assert {use["at"] for use in late["uses"]} == {"2026-03-03T00:00:00+00:00"}
    here = run_json("explain", "ada@studio.example", "autocad", "2026-03-02", *files, "--zone", "America/New_York")
    assert {use["at"] for use in here["uses"]} == {"2026-03-02T00:00:00+00:00"}
    there = run_json("explain", "ada@studio.example", "autocad", "2026-03-02T22:00", *files, "--zone", "America/New_York")
    assert there == late


def test_the_json_of_a_reported_row_has_the_keys_of_a_use(tmp_path):
    (row,) = run_json("explain", "ada@studio.example", "autocad", "2026-03-02", *export(tmp_path))["uses"]
    (use,) = run_json("explain", "ada", "autocad", "2026-03-02", office(tmp_path), "--charges-from", "sessions")["uses"]
    assert row.keys() == use.keys()
    assert row["charges"][0].keys() == use["charges"][0].keys()
    assert (row["outcome"], row["tokens"], row["windows"], row["error"]) == ("reported", "15", [], None)
    assert row["charges"][0]["draws"] == [{"pack": "A-1", "tokens": "15"}]


def test_users_and_products_of_an_export_are_found_in_any_case(tmp_path):
    usage, _ = export(tmp_path)
    assert "15 tokens" in run("explain", "ADA@studio.example", "autocad", "2026-03-02", usage).stdout


def test_a_reported_product_that_the_catalogue_does_not_know_is_found_by_the_vendors_name(tmp_path):
    usage, account = export(tmp_path)
    usage.write_text(ROWS.replace("AutoCAD", "SketchUp"), "utf-8")
    assert "15 tokens for SketchUp" in run("explain", "ada@studio.example", "sketchup", "2026-03-02", usage, account).stdout


def test_what_the_vendor_did_not_report_is_said_with_the_nearest(tmp_path):
    files = export(tmp_path)
    other_day = run("explain", "ada@studio.example", "autocad", "2026-03-07", *files)
    assert other_day.exit_code == 1
    assert "the nearest use began at 2026-03-03T00:00:00+00:00" in other_day.stderr
    misspelt = run("explain", "ada@studio.example", "autocat", "2026-03-02", files[0])
    assert misspelt.exit_code == 1
    assert "ada@studio.example never used autocat in these files: did you mean AutoCAD?" in misspelt.stderr


def test_a_history_explains_what_was_reported(tmp_path):
    usage, account = export(tmp_path)
    run("import", usage, account, "--into", tmp_path / "kept.history")
    shown = run("explain", "ada@studio.example", "AutoCAD", "2026-03-02", tmp_path / "kept.history")
    assert "15 tokens were drawn on pack A-1" in shown.stdout


def test_what_sessions_cost_is_explained_beside_an_export_where_they_are_the_charges(tmp_path):
    export(tmp_path)
    undecided = run("explain", "ada", "autocad", "2026-03-03", tmp_path)
    assert undecided.exit_code == 1
    shown = run("explain", "ada", "autocad", "2026-03-03T09:00Z", tmp_path, "--charges-from", "sessions")
    assert "the product was still in use when the window before it ended" in shown.stdout


def test_a_user_whose_name_is_a_formula_is_shown_as_it_is(tmp_path):
    usage = written(tmp_path, "usage.csv", "day_used,email,product_name,tokens_used\n2026-03-02,=[bold]x[/bold],AutoCAD,7\n")
    assert run("explain", "=[bold]x[/bold]", "AutoCAD", "2026-03-02", usage).stdout.startswith(
        "=[bold]x[/bold] was charged 7 tokens"
    )


def test_rows_set_aside_are_told_by_the_exit_code(tmp_path):
    usage, account = export(tmp_path)
    usage.write_text(ROWS + "2026-03-04,ada@studio.example,AutoCAD,,\n", "utf-8")
    assert run("explain", "ada@studio.example", "AutoCAD", "2026-03-02", usage, account).exit_code == 3

"""``flexlib explain``: why something was charged, or free."""

from command import C3_WEEK, STUDIO, office, run, run_json


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

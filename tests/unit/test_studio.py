"""The made-up studio: its files are what its script writes, and its report holds the stories that it tells."""

import runpy

from command import STUDIO, run, run_json

from flexlib.formats import merge_exports, read_export


def test_the_studios_usage_is_what_its_script_writes(tmp_path):
    runpy.run_path(str(STUDIO.parent / "make_studio.py"))["main"](tmp_path)
    for name in ("sessions.csv", "results.csv"):
        assert (tmp_path / name).read_text("utf-8") == (STUDIO / name).read_text("utf-8")


def test_the_studios_exports_are_what_their_script_writes(tmp_path):
    runpy.run_path(str(STUDIO.parent / "make_exports.py"))["main"](tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in (STUDIO.parent / "exports").iterdir()}


def test_the_studios_exports_overlap_and_one_figure_changes():
    early, late = (read_export(path) for path in sorted((STUDIO.parent / "exports").iterdir(), reverse=True))
    assert (early.problems, late.problems) == ([], [])
    assert max(row.day for row in early.reported) > min(row.day for row in late.reported)
    assert len(merge_exports([early, late]).changes) == 1


def test_the_studios_report_shows_an_expiry_a_shortfall_and_free_use_of_each_kind():
    report = run_json("report", STUDIO, "--at", "2026-04-03", "--zone", "Europe/London")
    assert int(report["expired"]) > 0
    assert int(report["shortfall"]) > 0
    assert all(report["uses"][kind] for kind in ("charged", "within_window", "short_launch", "seat"))
    assert len(report["by_user"]) == 12
    assert report["set_aside"] == []


def test_the_studios_tokens_add_up():
    report = run_json("report", STUDIO, "--at", "2026-04-03")
    for lines in ("by_product", "by_user", "by_day"):
        assert sum(int(line["tokens"]) for line in report[lines]) == int(report["charged"])
    assert int(report["purchased"]) == int(report["balance"]) + int(report["drawn"]) + int(report["expired"])
    assert int(report["charged"]) == int(report["drawn"]) + int(report["shortfall"])


def test_c3_the_studio_holds_the_week_of_the_vendors_example():
    shown = run("explain", "ada@studio.example", "autocad", "2026-03-03T09:00Z", STUDIO)
    assert "charged 7 tokens for autocad at 2026-03-03T08:00:00+00:00" in shown.stdout

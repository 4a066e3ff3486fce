"""``--html``: the page of a report, written whole or not at all."""

import base64
import re
import subprocess
import sys

import pytest
from command import C3_WEEK, STUDIO, office, run, run_json
from plan_office import run_without

from flexlib.cli import reporting

YEAR = STUDIO.parent / "year"
AT = ("--at", "2026-04-01")


def pictures(text):
    """The SVG documents in a page."""
    return [base64.b64decode(found).decode() for found in re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", text)]


def charts(text):
    """The titles of the charts in a page."""
    return re.findall(r"<figcaption>([^<]+)</figcaption>", text)


def test_the_page_is_written_and_one_line_says_where(tmp_path):
    page = tmp_path / "page.html"
    done = run("report", office(tmp_path), *AT, "--html", page)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{page} holds the report: 14 tokens charged, 6 usable.\n"
    text = page.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.rstrip().endswith("</html>")
    assert "AutoCAD" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["account.toml", "page.html", "rates.toml", "sessions.csv"]


def test_of_sessions_the_page_shows_balance_burn_and_hours_in_light_and_dark(tmp_path):
    page = tmp_path / "page.html"
    run("report", office(tmp_path), *AT, "--html", page)
    text = page.read_text("utf-8")
    assert charts(text) == ["Balance", "Burn by month and product", "Burn by weekday and hour"]
    shown = pictures(text)
    assert len(shown) == 6
    assert len(set(shown)) == 6
    assert all("<svg" in picture for picture in shown)


def test_of_an_export_which_knows_no_hours_the_months_are_shown(tmp_path):
    page = tmp_path / "page.html"
    assert run("report", YEAR, "--at", "2026-11-01", "--html", page).exit_code == 0
    assert "Burn by weekday and month" in charts(page.read_text("utf-8"))


def test_without_packs_there_is_no_chart_of_a_balance(tmp_path):
    account = '[[products]]\ncode = "autocad"\nname = "AutoCAD"\n'
    page = tmp_path / "page.html"
    assert run("report", office(tmp_path, account=account), *AT, "--html", page).exit_code == 0
    text = page.read_text("utf-8")
    assert "Balance" not in charts(text)
    assert len(pictures(text)) == 4


def test_where_nothing_is_charged_the_page_is_written_all_the_same(tmp_path):
    page = tmp_path / "page.html"
    done = run("report", office(tmp_path), "--at", "2026-01-02", "--html", page)
    assert done.stdout == f"{page} holds the report: 0 tokens charged, 20 usable.\n"
    assert len(pictures(page.read_text("utf-8"))) == 2


def test_rows_that_were_set_aside_are_on_the_page_and_make_the_exit_code_3(tmp_path):
    page = tmp_path / "page.html"
    done = run("report", office(tmp_path, sessions=C3_WEEK + "bob,AutoCAD,soon,\n"), *AT, "--html", page)
    assert done.exit_code == 3
    assert "1 row or use set aside, which it lists" in done.stdout
    assert "is not an ISO 8601 instant" in page.read_text("utf-8")


def test_json_and_page_can_be_had_together(tmp_path):
    page = tmp_path / "page.html"
    assert run_json("report", office(tmp_path), *AT, "--html", page)["charged"] == "14"
    assert page.exists()


def test_the_same_files_give_the_same_page(tmp_path):
    texts = []
    for name in ("a.html", "b.html"):
        run("report", office(tmp_path), *AT, "--html", tmp_path / name)
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]


def test_a_page_that_is_there_is_replaced(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("old", "utf-8")
    run("report", office(tmp_path), *AT, "--html", page)
    assert "old" not in page.read_text("utf-8")[:9]


@pytest.mark.parametrize(
    ("name", "message"), [("nowhere/page.html", "there is no folder"), ("page.pdf", "no file whose name ends in .html")]
)
def test_a_file_that_cannot_be_a_page_is_refused_before_the_work(tmp_path, name, message):
    done = run("report", tmp_path / "missing.csv", "--html", tmp_path / name)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left_behind(tmp_path):
    place = tmp_path / "page.html"
    place.mkdir()
    done = run("report", office(tmp_path), *AT, "--html", place)
    assert done.exit_code == 1
    assert f"the page cannot be written to {place}: " in done.stderr
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_without_matplotlib_the_page_has_no_charts_and_a_line_says_what_to_install(tmp_path):
    page = tmp_path / "page.html"
    done = run_without("matplotlib", "report", office(tmp_path), *AT, "--html", page)
    assert done.returncode == 0
    assert done.stderr == "The page has no charts, as these need the package 'matplotlib': pip install \"flexlib[plot]\"\n"
    assert pictures(page.read_text("utf-8")) == []
    assert "AutoCAD" in page.read_text("utf-8")


def test_without_jinja2_the_extra_is_named_in_one_line_before_any_file_is_read(tmp_path):
    done = run_without("jinja2", "report", tmp_path / "missing.csv", "--html", tmp_path / "page.html")
    assert done.returncode == 1
    assert done.stderr == "Error: this needs the package 'jinja2': pip install \"flexlib[page]\"\n"


def test_neither_jinja2_nor_matplotlib_is_needed_without_the_option(tmp_path):
    assert run_without("jinja2 matplotlib", "report", office(tmp_path), *AT).returncode == 0


def test_of_large_files_the_page_is_the_same_and_a_line_says_why_it_takes_longer(tmp_path, monkeypatch):
    run("report", office(tmp_path), *AT, "--html", tmp_path / "small.html")
    monkeypatch.setattr(reporting, "LARGE", 0)
    done = run("report", tmp_path, *AT, "--html", tmp_path / "large.html")
    assert done.exit_code == 0
    assert "2 sessions are charged one by one" in done.stderr
    assert (tmp_path / "large.html").read_bytes() == (tmp_path / "small.html").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such permissions")
def test_whoever_may_read_a_new_file_may_read_the_page(tmp_path):
    page, other = tmp_path / "page.html", tmp_path / "other.txt"
    other.write_text("", "utf-8")
    run("report", office(tmp_path), *AT, "--html", page)
    assert page.stat().st_mode == other.stat().st_mode


USED = '[{{"day_used": "2026-03-02", "email": "{}@x.example", "product_name": "{}", "tokens_used": 10}}]'


def test_letters_that_no_file_can_hold_are_named_and_no_page_is_left(tmp_path):
    export = tmp_path / "usage.json"
    export.write_text(USED.format("a\\ud800", "Revit"), "utf-8")
    done = run("report", export, "--html", tmp_path / "page.html")
    assert done.exit_code == 1
    assert done.stderr == f"Error: {export}: line 1: \\ud800 is half a character: leave it out, or give both halves\n"
    assert [path.name for path in tmp_path.iterdir()] == ["usage.json"]


def test_letters_that_the_charts_have_not_are_told_in_one_line_and_the_tables_have_them(tmp_path):
    export = tmp_path / "usage.json"
    export.write_text(USED.format("ada", "製図 $x_1$ <b>"), "utf-8")
    done = run("report", export, *AT, "--html", tmp_path / "page.html")
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "Some names have letters that the font of the charts does not have: there they are boxes; the tables show them"
    ]
    assert "製図 $x_1$ &lt;b&gt;" in (tmp_path / "page.html").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_where_the_disk_takes_half_a_page_only_the_page_before_stays(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("the page before", "utf-8")
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
        "from flexlib.cli.main import main; main(sys.argv[1:])"
    )
    arguments = ["report", office(tmp_path), *AT, "--html", page]
    done = subprocess.run([sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Error: the page cannot be written to {page}: " in done.stderr
    assert page.read_text("utf-8") == "the page before"
    assert len(list(tmp_path.iterdir())) == 4

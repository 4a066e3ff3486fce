"""``flexlib demo``: a report for which no file is needed."""

import shlex

import pytest
from command import STUDIO, run, run_json

from flexlib.cli.demonstration import FILES

NAMES = ["account.toml", "rates.toml", "results.csv", "sessions.csv"]


def test_it_shows_the_report_of_a_studio_and_says_that_it_is_made_up():
    done = run("demo")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "all made up" in done.stdout.splitlines()[0]
    assert "1802 tokens were charged" in done.stdout
    assert "72 expired unused" in done.stdout


def test_it_is_the_studio_of_the_examples():
    assert sorted(path.name for path in FILES.iterdir()) == NAMES
    assert [(FILES / name).read_bytes() for name in NAMES] == [(STUDIO / name).read_bytes() for name in NAMES]


def test_the_json_is_that_of_report():
    assert run_json("demo") == run_json("report", STUDIO, "--at", "2026-04-03", "--zone", "Europe/London")


def test_with_html_it_writes_the_page_which_says_that_the_studio_is_made_up(tmp_path):
    page = tmp_path / "demo.html"
    done = run("demo", "--html", page)
    assert done.stdout == f"{page} holds the report on a made-up studio: open it in a browser.\n"
    assert "of a made-up studio</title>" in page.read_text("utf-8")


def test_its_files_can_be_had_and_what_to_try_on_them_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my demo"
    done = run("demo", "--into", folder)
    assert done.exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    commands = [shlex.split(line)[1:] for line in done.stdout.splitlines() if line.startswith("  flexlib ")]
    assert len(commands) == 4
    assert [run(*command).exit_code for command in commands] == [0, 0, 0, 0]
    assert (tmp_path / "page.html").exists()


def test_it_replaces_nothing(tmp_path):
    (tmp_path / "rates.toml").write_text("mine", "utf-8")
    done = run("demo", "--into", tmp_path)
    assert done.exit_code == 1
    assert "rates.toml is there already" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["rates.toml"]
    assert (tmp_path / "rates.toml").read_text("utf-8") == "mine"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    done = run("demo", "--into", tmp_path / "file" / "folder")
    assert done.exit_code == 1
    assert "the demo cannot be written into" in done.stderr


def test_files_and_page_can_be_had_together(tmp_path):
    done = run("demo", "--into", tmp_path / "demo", "--html", tmp_path / "page.html")
    assert done.exit_code == 0
    assert (tmp_path / "page.html").exists()
    assert (tmp_path / "demo" / "sessions.csv").exists()


def test_json_beside_files_is_refused(tmp_path):
    done = run("demo", "--into", tmp_path / "demo", "--json")
    assert done.exit_code == 2
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("option", ["--at", "--zone"])
def test_it_has_no_options_of_its_facts(option):
    assert run("demo", option, "2026-04-03").exit_code == 2

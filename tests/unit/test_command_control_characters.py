"""What a terminal would obey is shown, and not obeyed: a name out of a file moves no cursor and renames no window."""

import json

import pytest
from command import office, run

OBEYED = ["\x1b[2J", "\x1b]0;renamed\x07", "\x9b31m", "back\rover", "\x7f", "\u202eturned", "\u2066apart"]
EVIL = "ada" + "".join(OBEYED)
SIGNS = {sign for sign in EVIL if not sign.isprintable()}
SESSIONS = f"""user,product,opened_at,closed_at
"{EVIL}",AutoCAD,2026-03-02T08:00Z,2026-03-02T17:00Z
"{EVIL}","{EVIL}",2026-03-02T08:00Z,2026-03-02T17:00Z
"{EVIL}",AutoCAD,"{EVIL}",
"""
RATES = f"""name = {json.dumps(EVIL)}
[[rates]]
product = "autocad"
tokens = 7
effective_from = 2021-12-21
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["summary", "--by", "user,product"],
        ["summary", "--by", "user", "--format", "table"],
        ["explain", EVIL, "AutoCAD", "2026-03-02"],
        ["explain", EVIL, "Revit", "2026-03-02"],
        ["explain", "ben", "AutoCAD", "2026-03-02"],
        ["reconcile"],
        ["plan", "what-if", "--close-at", "12:00"],
    ],
)
def test_no_name_reaches_the_terminal_with_what_it_would_obey(tmp_path, arguments):
    shown = run(*arguments, office(tmp_path, sessions=SESSIONS, rates=RATES))
    assert SIGNS & set(shown.stdout + shown.stderr) == set()


def test_in_its_place_stands_the_sign_for_a_character_that_cannot_be_shown(tmp_path):
    folder = office(tmp_path, sessions=SESSIONS, rates=RATES)
    shown = run("explain", EVIL, "AutoCAD", "2026-03-02", folder).stdout
    assert "ada\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}]0;renamed" in shown


def test_neither_do_the_names_of_rate_sheets_and_files(tmp_path):
    folder = tmp_path / "a\x1b[31mb"
    folder.mkdir()
    for arguments in (["rates", "--rates"], ["rates", "check"]):
        shown = run(*arguments, office(folder, rates=RATES) / "rates.toml")
        assert "\x1b" not in shown.stdout + shown.stderr
    assert SIGNS & set(run("report", folder / "none.csv").stderr) == set()


def test_json_has_the_name_as_it_is(tmp_path):
    folder = office(tmp_path, sessions=SESSIONS, rates=RATES)
    assert json.loads(run("explain", EVIL, "AutoCAD", "2026-03-02", folder, "--json").stdout)["uses"][0]["user"] == EVIL


def test_colours_are_kept_where_they_are_wanted(tmp_path):
    folder = office(tmp_path, sessions=SESSIONS, rates=RATES)
    shown = run("report", folder, FORCE_COLOR="1", TERM="xterm").stdout
    assert "\x1b[1m" in shown
    assert "\x1b[2J" not in shown
    assert "\x1b]0" not in shown

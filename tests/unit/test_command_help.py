"""What the command says of itself, how it behaves where no one looks, and its exit codes."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command import C3_WEEK, STUDIO, office, run, run_json

from flexlib.cli.main import main

YEAR = STUDIO.parent / "year"
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "command.md").read_text("utf-8")


def commands(group, path=""):
    for word, command in group.commands.items():
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield f"{path}{word}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{word} ")


EVERY = dict(commands(main))


def test_the_help_lists_every_command_with_its_whole_summary():
    shown = run("--help").stdout
    flat = " ".join(shown.split())
    assert "..." not in shown.replace("[ARGS]...", "")
    for name, command in EVERY.items():
        first = command.help.partition("\n\n")[0]
        assert f"{name} {' '.join(first.split())}".removesuffix(".") in flat


def test_every_command_stands_under_what_it_is_for():
    shown = run("--help").stdout
    assert re.findall(r"^(\S.*):$", shown, re.MULTILINE) == [
        "Options",
        "See what was charged",
        "Check it against the vendor",
        "Plan",
        "Keep it and pass it on",
        "Rates and plugins",
        "This command",
    ]


@pytest.mark.parametrize("group", ["plan", "rates", "export"])
def test_the_help_of_a_group_cuts_no_summary_short(group):
    assert "..." not in run(group, "--help").stdout.replace("PATHS...", "").replace("[ARGS]...", "")


@pytest.mark.parametrize("name", EVERY)
def test_every_command_explains_itself(name):
    shown = run(*name.split(), "--help")
    assert shown.exit_code == 0
    assert "Usage: " in shown.stdout


SHOWS_DATA = [name for name in EVERY if name != "completion"]


@pytest.mark.parametrize("name", SHOWS_DATA)
def test_every_command_that_shows_data_writes_json_too(name):
    assert any("--json" in option.opts for option in EVERY[name].params)


def test_rates_check_writes_json(tmp_path):
    (tmp_path / "wrong.toml").write_text("nothing = 1\n", "utf-8")
    made = run_json("rates", "check", STUDIO / "rates.toml", tmp_path / "wrong.toml")
    good, wrong = made["files"]
    assert (good["file"], good["error"], good["unsourced"]) == (str(STUDIO / "rates.toml"), None, [])
    assert good["rates"] >= good["products"] > 0
    assert "wrong.toml" in wrong["error"]
    assert run("rates", "check", tmp_path / "wrong.toml", "--json").exit_code == 1


COLOURED = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}


@pytest.mark.parametrize("arguments", [["demo"], ["summary", YEAR, "--by", "user"], ["rates"]])
def test_no_color_and_a_dumb_terminal_are_heeded(arguments):
    def shown(**surroundings):
        return run(*arguments, COLUMNS="100", **surroundings).stdout

    assert "\x1b[1m" in shown(**COLOURED)
    assert not re.search(r"\x1b\[[\d;]*3\dm", shown(**COLOURED, NO_COLOR="1"))
    assert "\x1b" not in shown(TERM="dumb")
    assert "\x1b" not in shown()


@pytest.mark.parametrize(
    "arguments", [["report", STUDIO, "--at", "2026-04-03"], ["plan", "seats", YEAR], ["summary", YEAR], ["demo"]]
)
def test_into_a_pipe_nothing_is_written_but_what_was_asked_for(arguments):
    done = run(*arguments)
    assert (done.exit_code, done.stderr) == (0, "")


def on_a_terminal(*arguments, both=False, **surroundings):
    """Run the command with a wait of nothing, and standard error a terminal, or both outputs; return what it wrote to either."""
    pty = importlib.import_module("pty")
    program = "import sys; from flexlib.cli import main, waiting; waiting.AFTER = 0; main.main(sys.argv[1:])"
    reader, writer = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=writer if both else subprocess.PIPE,
        stderr=writer,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm", **surroundings},
    ) as running:
        os.close(writer)
        stdout = running.stdout.read().decode() if running.stdout else ""
        told = b""
        with os.fdopen(reader, "rb", buffering=0) as terminal:
            try:
                while part := terminal.read(1 << 16):
                    told += part
            except OSError:  # the end, on Linux
                pass
    return stdout, told.decode()


on_unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
SEATS = ["plan", "seats", YEAR]


@on_unix
def test_a_plan_that_takes_long_shows_so_on_a_terminal_and_its_output_is_the_same():
    stdout, told = on_a_terminal(*SEATS)
    assert "plan seats: working it out …" in told
    assert stdout == run(*SEATS).stdout


@on_unix
def test_the_sign_is_gone_before_the_output_begins():
    _, told = on_a_terminal(*SEATS, both=True)
    begun = told.index("The use from")
    assert "working it out" in told[:begun]
    assert "working it out" not in told[begun:]


@on_unix
@pytest.mark.parametrize(("options", "surroundings"), [(["--json"], {}), ([], {"TERM": "dumb"})])
def test_with_json_and_on_a_dumb_terminal_nothing_is_shown_meanwhile(options, surroundings):
    assert on_a_terminal(*SEATS, *options, **surroundings)[1] == ""


@on_unix
def test_an_error_stands_alone_once_the_sign_is_gone(tmp_path):
    _, told = on_a_terminal("plan", "seats", office(tmp_path))
    last = told.rstrip().splitlines()[-1]
    assert re.sub(r"\x1b\[[\d;?]*\w", "", last).startswith("Error: there is no offers file in")


def exit_codes():
    """The table of exit codes in the reference."""
    section = PAGE.partition("## Exit codes")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| (\d) \| (.+) \|$", section, re.MULTILINE))


def test_the_reference_lists_the_exit_codes():
    assert list(exit_codes()) == ["0", "1", "2", "3"]


WRONG_ROW = C3_WEEK + "bob,AutoCAD,soon,\n"


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, ["report", "{office}"]),
        (0, ["summary", "{office}"]),
        (0, ["demo"]),
        (0, ["completion", "bash"]),
        (1, ["report", "missing.csv"]),
        (1, ["summary", "missing.csv"]),
        (1, ["explain", "nobody", "autocad", "2026-03-02", "{office}"]),
        (1, ["rates", "check", "missing.toml"]),
        (1, ["plan", "seats", "{office}"]),
        (1, ["demo", "--into", "{office}"]),
        (2, ["report"]),
        (2, ["report", "{office}", "--zone", "Mars/Base"]),
        (2, ["summary", "{office}", "--by", "colour"]),
        (2, ["completion", "tcsh"]),
        (2, ["nothing"]),
        (3, ["report", "{wrong}"]),
        (3, ["report", "{wrong}", "--json"]),
        (3, ["report", "{wrong}", "--html", "{office}/page.html"]),
        (3, ["summary", "{wrong}"]),
        (3, ["plan", "what-if", "{wrong}", "--at-most", "2"]),
    ],
)
def test_the_exit_codes_are_those_of_the_reference(tmp_path, code, arguments):
    for name in ("office", "wrong"):
        (tmp_path / name).mkdir()
    places = {"office": office(tmp_path / "office"), "wrong": office(tmp_path / "wrong", sessions=WRONG_ROW)}
    done = run(*(argument.format(**places) for argument in arguments))
    assert done.exit_code == code
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == (code in {1, 2}) or arguments[0] == "rates"

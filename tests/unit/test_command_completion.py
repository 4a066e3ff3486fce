"""``flexlib completion``: what a shell completes, by its script in a real Bash, and by the answers that all shells get."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import run

BASH = shutil.which("bash")
SHELLS = ["bash", "zsh", "fish"]

in_bash = pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="there is no Bash that runs the installed script")


def completed(folder, *words):
    """What a real Bash completes the last of these words to, with the script that the command prints."""
    script = folder / "complete.bash"
    script.write_text(run("completion", "bash").stdout, "utf-8")
    line = " ".join(f"'{word}'" for word in ["flexlib", *words])
    program = f"""
compopt() {{ local IFS=' '; echo "compopt $*"; }}
source '{script}'
COMP_WORDS=({line}); COMP_CWORD={len(words)}
_flexlib_completion flexlib
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [BASH, "--norc", "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@in_bash
def test_bash_completes_commands(tmp_path):
    assert completed(tmp_path, "re") == ["reconcile", "report"]


@in_bash
def test_bash_completes_the_commands_of_a_group(tmp_path):
    assert completed(tmp_path, "plan", "") == ["forecast", "purchase", "seats", "what-if"]


@in_bash
def test_bash_completes_options_and_their_values(tmp_path):
    assert completed(tmp_path, "report", "--ht") == ["--html"]
    assert completed(tmp_path, "summary", "--format", "") == ["table", "csv", "json", "markdown"]


@in_bash
def test_bash_completes_files_by_itself(tmp_path):
    assert "compopt -o default" in completed(tmp_path, "report", "exa")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell_asks_the_command_and_nothing_else_is_printed(shell):
    done = run("completion", shell)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"_FLEXLIB_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize("shell", ["zsh", "fish"])
@pytest.mark.skipif(sys.platform == "win32", reason="these shells are not at home on Windows")
def test_zsh_and_fish_are_answered_with_summaries(shell):
    program = Path(sys.executable).parent / "flexlib"
    words = {"COMP_WORDS": "flexlib summ", "COMP_CWORD": "summ" if shell == "fish" else "1"}
    surroundings = {**os.environ, **words, "_FLEXLIB_COMPLETE": f"{shell}_complete"}
    told = subprocess.run([program], capture_output=True, text=True, check=False, env=surroundings).stdout
    assert "summary" in told
    assert "Sum up what was charged" in told


def test_the_help_says_where_to_put_the_script():
    shown = run("completion", "--help").stdout
    for place in ("~/.bashrc", "~/.zshrc", "~/.config/fish/completions/flexlib.fish"):
        assert place in shown

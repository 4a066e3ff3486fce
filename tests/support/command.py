"""Runs the command in this process, as the installed script would."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from flexlib.cli.main import main

STUDIO = Path(__file__).parents[2] / "examples" / "studio"

RATES = """
name = "test rates"
[[rates]]
product = "autocad"
tokens = 7
effective_from = 2021-12-21
source = { provider = "test", document = "none", as_of = 2021-12-21 }
[[rates]]
product = "cfd"
tokens = "0.5"
effective_from = 2021-12-21
basis = "result"
"""

ACCOUNT = """
[[packs]]
id = "A-1"
tokens = 20
purchased_on = 2026-01-01
[[products]]
code = "autocad"
name = "AutoCAD"
[[products]]
code = "cfd"
name = "CFD"
basis = "result"
"""

C3_WEEK = """user,product,opened_at,closed_at
ada,AutoCAD 2026,2026-03-02T08:00Z,2026-03-02T17:00Z
ada,AutoCAD 2026,2026-03-03T07:00Z,2026-03-03T17:00Z
"""


def run(*arguments: object, **surroundings: str) -> Result:
    """Run ``flexlib`` with arguments, its two outputs apart, with environment variables where some are given."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=surroundings)


def run_json(*arguments: object) -> dict:
    """Run ``flexlib`` with arguments and ``--json``, and return what it wrote."""
    return json.loads(run(*arguments, "--json").stdout)


def office(folder: Path, *, sessions: str = C3_WEEK, rates: str = RATES, account: str = ACCOUNT) -> Path:
    """Write a small office's files into a folder."""
    (folder / "sessions.csv").write_text(sessions, "utf-8")
    (folder / "rates.toml").write_text(rates, "utf-8")
    (folder / "account.toml").write_text(account, "utf-8")
    return folder

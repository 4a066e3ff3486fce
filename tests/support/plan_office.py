"""A small firm's export, packs and offers, for the commands of ``flexlib plan``; every price is made up but for US$3 a token (rule P7)."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from command import STUDIO

YEAR = STUDIO.parent / "year"

PACKS = """
[[packs]]
id = "A-1"
tokens = 3000
purchased_on = 2026-01-01
price = "9000"
currency = "USD"
[[products]]
code = "revit"
name = "Revit"
[[products]]
code = "autocad"
name = "AutoCAD"
"""

PRICE = """
token_price = "3"
currency = "USD"
"""

REVIT_SEAT = """
[[seat_offers]]
name = "Revit, annual"
products = ["Revit"]
price = "2500"
"""

SMALL_PACKS = """
[[pack_offers]]
name = "500 tokens"
tokens = 500
price = "1500"
"""


def used(user, product, first, days, tokens, team=""):
    """Rows of the vendor's export: some days in a row."""
    start = date.fromisoformat(first)
    return "".join(f"{start + timedelta(day)},{user},{team},{product},{tokens}\n" for day in range(days))


ROWS = used("ada", "Revit", "2026-01-05", 100, 10) + used("ben", "Revit", "2026-01-05", 41, 10)
COLUMNS = "day_used,email,team_alias,product_name,tokens_used\n"


def firm(folder: Path, *, rows: str = ROWS, account: str = PACKS, offers: str | None = PRICE + REVIT_SEAT) -> Path:
    """Write a small firm's files into a folder: an export, packs and products, and offers where there are any."""
    (folder / "usage.csv").write_text(COLUMNS + rows, "utf-8")
    (folder / "account.toml").write_text(account, "utf-8")
    if offers is not None:
        (folder / "offers.toml").write_text(offers, "utf-8")
    return folder


def run_without(packages, *arguments):
    """Run ``flexlib`` in a process of its own in which these packages cannot be imported; without any, as it is."""
    program = (
        "import sys; sys.modules.update(dict.fromkeys(sys.argv[1].split())); from flexlib.cli.main import main; main(sys.argv[2:])"
    )
    command = [sys.executable, "-c", program, packages, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)

"""Measures reading the vendor's exports against what polars needs to parse the same file, both sides in one run.

Run with ``python benchmarks/exports.py``; it needs polars. The rows are made up: twenty thousand users, thirty products, a year of days.
"""

from __future__ import annotations

import argparse
import csv
import platform
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from measuring import RUNS, Figure, pairs, seconds

from flexlib.formats import merge_exports, read_export


def write_export(path: Path, rows: int) -> None:
    """Write a made-up Token Usage export."""
    rng = random.Random(1)
    users = [f"user{number}@firm{number % 7}.example" for number in range(20_000)]
    days = [(date(2025, 1, 1) + timedelta(days=number)).isoformat() for number in range(365)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Day used", "Email", "First name", "Last name", "Product", "Feature", "Team", "Tokens used"])
        for _ in range(rows):
            product = f"Product {rng.randrange(30)}"
            writer.writerow(
                [rng.choice(days), rng.choice(users), "Ann", "Lee", product, "", "Team A", rng.choice(["7", "10", "0.5", "0"])]
            )


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many rows the export has")
    rows = parser.parse_args().rows
    print(f"{platform.node()}, {platform.machine()}, Python {platform.python_version()}; median of {RUNS} runs, {rows:,} rows")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write_export(path, rows)
        timed = pairs(lambda: read_export(path), lambda: pl.read_csv(path))
        print(Figure("seconds of read_export", [ours for ours, _ in timed]))
        print(Figure("seconds of polars.read_csv", [theirs for _, theirs in timed]))
        print(Figure("read_export / polars.read_csv", [ours / theirs for ours, theirs in timed], at_most=3))
        export = read_export(path)
        print(f"merge_exports of it with itself {seconds(lambda: merge_exports([export, export])):.3f} s")


if __name__ == "__main__":
    main()

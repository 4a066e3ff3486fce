"""Measures reading the vendor's exports against what polars needs to parse the same file, both sides in one run.

Run with ``python benchmarks/exports.py``; it needs polars. The rows are made up: twenty thousand users, thirty products, a year of days.
"""

from __future__ import annotations

import argparse
import csv
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from flexlib.formats import merge_exports, read_export

RUNS = 5


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


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many rows the export has")
    rows = parser.parse_args().rows
    print(f"{platform.node()}, {platform.machine()}, Python {platform.python_version()}; median of {RUNS} runs, {rows:,} rows")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write_export(path, rows)
        pairs = [(seconds(lambda: read_export(path)), seconds(lambda: pl.read_csv(path))) for _ in range(RUNS)]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"read_export {ours:.3f} s, polars.read_csv {theirs:.3f} s")
        print(f"read_export / polars.read_csv {statistics.median(one / other for one, other in pairs):.1f}  (aim: 3)")
        export = read_export(path)
        print(f"merge_exports of it with itself {seconds(lambda: merge_exports([export, export])):.3f} s")


if __name__ == "__main__":
    main()

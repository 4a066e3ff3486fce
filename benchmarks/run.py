"""Measures flexlib's speed as ratios, both sides in one process, and prints them with the bars that they should meet.

Run with ``python benchmarks/run.py``; ``--scale 0.1`` for a quick look at a tenth of the sizes. It needs the extra ``frames``, polars and pandas;
``--spark`` also runs Spark's bar, which needs the extra ``spark`` and Java 17 or newer; ``--large`` reads once more at fifty million sessions,
which needs 24 GB of memory. The data is made up (`made_up.py`).
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from collections.abc import Iterator

import append_bars
import columnar_bars
import pool_bars
import typed_bars
from measuring import RUNS, Figure


def figures(scale: float, *, spark: bool, large: bool) -> Iterator[Figure]:
    """Yield every figure."""
    yield from columnar_bars.figures(int(10_000_000 * scale))
    yield from pool_bars.figures(int(1_000_000 * scale))
    yield from append_bars.figures(int(10_000_000 * scale))
    yield from typed_bars.figures(int(1_000_000 * scale))
    if spark:
        yield from importlib.import_module("spark_bars").figures(int(5_000_000 * scale))
    if large:
        yield from columnar_bars.growth(int(50_000_000 * scale))


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of which size the data is")
    parser.add_argument("--spark", action="store_true", help="run Spark's bar, too")
    parser.add_argument("--large", action="store_true", help="read once more at fifty million sessions")
    given = parser.parse_args()
    machine = (
        f"{platform.node()}, {platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )
    print(f"{machine}; medians of {RUNS} runs", flush=True)
    for figure in figures(given.scale, spark=given.spark, large=given.large):
        print(figure, flush=True)


if __name__ == "__main__":
    main()

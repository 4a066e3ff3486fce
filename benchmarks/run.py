"""Measures flexlib's speed as ratios, both sides in one run, and prints them with the bars that they should meet.

Run with ``python benchmarks/run.py``; ``--sessions 100000`` for a quick look. The data is made up: users and products by a power law, a
year, a quarter of the sessions without a close, one in two hundred over several days.
"""

from __future__ import annotations

import argparse
import gc
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from flexlib import Charge, Rate, RateBook, RateSheet, Session, TokenPack, charge_usage, settle

Row = tuple[str, str, str, str]

RUNS = 5
BASELINE_IMPORT = "import attrs, pluggy, dateutil.relativedelta"


def made_up_rows(number: int) -> list[Row]:
    """Return the rows of a session log, shuffled: user, product, opening and close in ISO 8601."""
    rng = random.Random(1)
    users = [f"user{place:05}" for place in range(20_000)]
    products = [f"product{place:02}" for place in range(30)]
    year = datetime(2025, 1, 1, tzinfo=UTC)
    who = rng.choices(users, [1 / (place + 1) ** 0.6 for place in range(len(users))], k=number)
    what = rng.choices(products, [1 / (place + 1) for place in range(len(products))], k=number)
    rows = []
    for user, product in zip(who, what, strict=True):
        opened = year + timedelta(seconds=rng.randrange(365 * 86_400))
        kind = rng.random()
        if kind < 0.25:
            closed = ""
        elif kind < 0.255:
            closed = (opened + timedelta(days=rng.randrange(1, 5))).isoformat()
        else:
            closed = (opened + timedelta(seconds=rng.randrange(60, 9 * 3600))).isoformat()
        rows.append((user, product, opened.isoformat(), closed))
    return rows


def from_text(rows: list[Row]) -> list[Session]:
    """Build sessions as a program does that reads a log: out of text."""
    instant = datetime.fromisoformat
    return [Session(user, product, instant(opened), instant(closed) if closed else None) for user, product, opened, closed in rows]


def rates() -> RateBook:
    """Return made-up rates of the made-up products."""
    sheet = RateSheet("made up", [Rate(f"product{place:02}", place, effective_from=date(2020, 1, 1)) for place in range(30)])
    return RateBook([sheet])


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Return the seconds that work takes, and what it returns."""
    gc.collect()
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def charging_ratios(rows: list[Row]) -> Iterator[tuple[float, float, float]]:
    """Yield, for each run, the seconds of building from text, of building from datetimes, and of charging."""
    book = rates()
    for _ in range(RUNS):
        building, sessions = timed(lambda: from_text(rows))
        parts = [(session.user, session.product, session.opened_at, session.closed_at) for session in sessions]
        bare, _ = timed(lambda parts=parts: [Session(*part) for part in parts])
        del parts
        charging, _ = timed(lambda sessions=sessions: charge_usage(sessions, book))
        yield building, bare, charging


def import_seconds(statement: str) -> float:
    """Return the seconds of a fresh interpreter that runs a statement."""
    return timed(lambda: subprocess.run([sys.executable, "-c", statement], check=True))[0]


def settle_seconds(number: int) -> float:
    """Return the seconds of settling charges on a thousand packs."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    charges = [Charge(f"user{place % 997}", "product", start + timedelta(seconds=30 * place), 7) for place in range(number)]
    packs = [
        TokenPack.purchase(f"pack{place}", 7 * number // 900, date(2025, 1, 1) + timedelta(days=place % 360))
        for place in range(1000)
    ]
    return timed(lambda: settle(charges, packs))[0]


def show(what: str, figures: list[float], bar: float | None) -> None:
    """Print a figure with its spread, its bar and the verdict."""
    median = statistics.median(figures)
    verdict = "" if bar is None else f"bar {bar:g}: {'met' if median <= bar else 'NOT met'}"
    print(f"{what:<78} {median:8.3f}  ({min(figures):.3f} to {max(figures):.3f})  {verdict}")


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000, help="how many sessions to charge")
    number = parser.parse_args().sessions
    print(
        f"{platform.node()}, {platform.machine()}, {platform.system()}, Python {platform.python_version()}; median of {RUNS} runs"
    )
    pairs = [(import_seconds("import flexlib"), import_seconds(BASELINE_IMPORT)) for _ in range(3 * RUNS)]
    show(f"import flexlib / {BASELINE_IMPORT}", [ours / theirs for ours, theirs in pairs], 2.5)
    rows = made_up_rows(number)
    for order, given in (("in time order", sorted(rows, key=lambda row: row[2])), ("shuffled", rows)):
        runs = list(charging_ratios(given))
        show(f"charging {number:,} sessions {order} / building them from text", [run[2] / run[0] for run in runs], 1.0)
        show(f"charging {number:,} sessions {order} / building them from datetimes", [run[2] / run[1] for run in runs], None)
        show(f"seconds of charging {number:,} sessions {order}", [run[2] for run in runs], None)
    show(f"seconds of settling {number // 10:,} charges on 1,000 packs", [settle_seconds(number // 10) for _ in range(RUNS)], None)


if __name__ == "__main__":
    main()

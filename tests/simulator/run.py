"""Run the simulator: ``python tests/simulator/run.py --seed 1 --years 2 --runs 1000``.

Each seed is one made-up firm. The first whose readings are not those of the naive model is shrunk, and shown with the command that
finds it again. The same seed gives the same firm, the same failure and the same shrunk events on every machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from driver import Figures, MismatchError, simulate
from firm import firm_of_seed
from shrinking import shrunk, told


def main() -> int:
    """Run firms; return 1 where one of them failed."""
    parser = argparse.ArgumentParser(description="Simulate made-up firms and hold every reading against a naive model.")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; each run takes the next one")
    parser.add_argument("--years", type=float, default=2.0, help="the years of each firm's life")
    parser.add_argument("--runs", type=int, default=100, help="how many firms")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no run after so many seconds")
    terms = parser.parse_args()
    figures, began, worked = Figures(), time.perf_counter(), time.process_time()
    for seed in range(terms.seed, terms.seed + terms.runs):
        if time.perf_counter() - began >= terms.seconds:
            break
        firm = firm_of_seed(seed, terms.years)
        try:
            figures.add(simulate(firm))
        except MismatchError as mismatch:
            smaller, error = shrunk(firm, mismatch)
            sys.stdout.write(
                f"seed {seed} fails after {figures.firms} runs: {mismatch}\n\n"
                f"shrunk from {firm.size} facts to {smaller.size}:\n{told(smaller)}\n\n{error}\n\n"
                f"python tests/simulator/run.py --seed {seed} --years {terms.years:g} --runs 1\n"
            )
            return 1
    sys.stdout.write(
        f"seeds {terms.seed} to {terms.seed + figures.firms - 1}: {figures.firms} firms of {terms.years:g} years, "
        f"{figures.facts} facts in {figures.imports} imports, {figures.readings} readings checked, "
        f"{figures.crashes} crashes ({figures.half_written} with a half-written file), no difference, "
        f"{time.process_time() - worked:.0f} seconds of one processor\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

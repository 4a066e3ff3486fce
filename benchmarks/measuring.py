"""Timing of two sides in one process, and the line that says how they compare."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

RUNS = 5


class Figure(NamedTuple):
    """What was measured, with the bar that it should meet: at most so much, or at least."""

    what: str
    values: Sequence[float]
    at_most: float | None = None
    at_least: float | None = None

    def __str__(self) -> str:
        median = statistics.median(self.values)
        return f"{self.what:<88} {median:9.3f}  ({min(self.values):.3f} to {max(self.values):.3f})  {self._verdict(median)}"

    def _verdict(self, median: float) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g}: {'met' if median <= self.at_most else 'NOT met'}"
        if self.at_least is not None:
            return f"at least {self.at_least:g}: {'met' if median >= self.at_least else 'NOT met'}"
        return ""


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that work takes."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def pairs(one: Callable[[], object], other: Callable[[], object], runs: int = RUNS) -> list[tuple[float, float]]:
    """Return the seconds of two sides, run by turns."""
    return [(seconds(one), seconds(other)) for _ in range(runs)]


def ratios(one: Callable[[], object], other: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Return how many times the seconds of the other side one takes, run by turns."""
    return [mine / theirs for mine, theirs in pairs(one, other, runs)]

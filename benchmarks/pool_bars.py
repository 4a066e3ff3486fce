"""The bars of the columnar ledger: against a running total, and against a loop with a heap."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
from made_up import DAYS, START
from measuring import Figure, ratios

from flexlib import Charge, TokenPack, settle
from flexlib.scale.arrays import as_ticks
from flexlib.scale.sweep import Line, Packs, draw_rows, sweep

PACKS = 1_000


def figures(charges: int) -> Iterator[Figure]:
    """Yield the figures of settling so many charges on a thousand packs."""
    rng = np.random.default_rng(2)
    at = np.sort(rng.integers(0, DAYS * 86_400, charges)) * 1_000_000 + START
    tokens = rng.choice([6, 7, 10], charges).astype(np.int64) * 1_000_000
    size = int(tokens.sum()) // 1_000_000 // 900
    packs = [TokenPack.purchase(f"pack{place:04}", size, date(2025, 1, 1) + timedelta(days=place % 360)) for place in range(PACKS)]

    def totals() -> object:
        return sweep(Line.of(at, tokens), Packs.of(packs))

    def rows() -> object:
        line = Line.of(at, tokens)
        return draw_rows(line, sweep(line, Packs.of(packs)))

    yield Figure(
        f"ledger totals of {charges:,} charges on {PACKS:,} packs / numpy.cumsum",
        ratios(totals, lambda: np.cumsum(tokens)),
        at_most=4,
    )
    loop = ratios(lambda: heap_loop(at.tolist(), tokens.tolist(), packs), rows)
    yield Figure(f"a heap loop over {charges:,} charges / the ledger with draw rows", loop, at_least=6)
    yield Figure("typed settle / the ledger with draw rows, a tenth of the charges", _typed(at[::10], tokens[::10], packs))


def heap_loop(at: list[int], tokens: list[int], packs: list[TokenPack]) -> list[tuple[int, int, int]]:
    """Draw charge by charge from a heap of packs, as one would write it: the place of the charge, the pack, the tokens."""
    starts = [as_ticks(pack.starts_at) for pack in packs]
    ends = [as_ticks(pack.expires_at) for pack in packs]
    left = [int(pack.tokens) * 1_000_000 for pack in packs]
    coming = sorted(range(len(packs)), key=starts.__getitem__, reverse=True)
    queue: list[tuple[int, int]] = []
    draws: list[tuple[int, int, int]] = []
    for place, (instant, cost) in enumerate(zip(at, tokens, strict=True)):
        due = cost
        while coming and starts[coming[-1]] <= instant:
            pack = coming.pop()
            heapq.heappush(queue, (ends[pack], pack))
        while queue and queue[0][0] <= instant:
            heapq.heappop(queue)
        while due and queue:
            pack = queue[0][1]
            part = min(due, left[pack])
            left[pack] -= part
            due -= part
            draws.append((place, pack, part))
            if not left[pack]:
                heapq.heappop(queue)
    return draws


def _typed(at: np.ndarray, tokens: np.ndarray, packs: list[TokenPack]) -> list[float]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    charges = [
        Charge(f"user{place % 997}", "product", epoch + timedelta(microseconds=instant), due // 1_000_000)
        for place, (instant, due) in enumerate(zip(at.tolist(), tokens.tolist(), strict=True))
    ]

    def rows() -> object:
        line = Line.of(at, tokens)
        return draw_rows(line, sweep(line, Packs.of(packs)))

    return ratios(lambda: settle(charges, packs), rows, runs=3)

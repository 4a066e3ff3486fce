"""Paths of burn drawn on packs in the vendor's order, all paths at once (rules P1 to P4)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from flexlib.model.packs import TokenPack
from flexlib.pool.running import DrawingOrder, drawing_order

MILLION = 1_000_000


class PoolPaths(NamedTuple):
    """What became of the pool on each path.

    Attributes:
        ran_out: The number of the first day that the pool could not pay whole, counted from 0; the number of days where there is none.
        unmet: The tokens that the pool lacked over all days.
        unused: What was left of each pack after the last day on which it could be drawn, by pack id.
    """

    ran_out: npt.NDArray[np.int64]
    unmet: npt.NDArray[np.float64]
    unused: Mapping[str, npt.NDArray[np.float64]]


class _Lot(NamedTuple):
    order: DrawingOrder
    ends: int
    left: npt.NDArray[np.float64]


def draw_paths(
    burn: npt.NDArray[np.float64], drawn_at: Sequence[datetime], packs: Iterable[tuple[TokenPack, Decimal]]
) -> PoolPaths:
    """Draw paths of burn, one row each, on packs: earliest end first, then smallest original size (rule P2).

    Tokens are counted in whole millionths, so that sums of up to nine billion of them are exact.

    Args:
        burn: Tokens by path and day, shape ``(paths, days)``.
        drawn_at: The instant at which each day's burn is drawn, ascending.
        packs: The packs, with ids of their own, and what each holds when it can first be drawn on.
    """
    needs = np.rint(burn.T * MILLION)
    days, paths = needs.shape
    starts: dict[int, list[_Lot]] = {}
    unused: dict[str, npt.NDArray[np.float64]] = {}
    for pack, tokens in packs:
        first, ends = bisect_left(drawn_at, pack.starts_at), bisect_left(drawn_at, pack.expires_at)
        lot = _Lot(drawing_order(pack), ends, np.full(paths, float(round(tokens * MILLION))))
        unused[pack.id] = lot.left
        starts.setdefault(first, []).append(lot)
    queue: list[_Lot] = []
    ran_out, unmet = np.full(paths, days, np.int64), np.zeros(paths)
    for day, need in enumerate(needs):
        for lot in starts.get(day, ()):
            insort(queue, lot, key=lambda own: own.order)
        _leave(queue, day)
        _draw(queue, need)
        unmet += need
        ran_out[(need > 0) & (ran_out == days)] = day
    return PoolPaths(ran_out, unmet / MILLION, {pack_id: left / MILLION for pack_id, left in unused.items()})


def _leave(queue: list[_Lot], day: int) -> None:
    """Take out of a queue the lots that have ended, which stand first in it, and those that are empty on every path."""
    while queue and (queue[0].ends <= day or not queue[0].left.any()):
        queue.pop(0)


def _draw(queue: Iterable[_Lot], need: npt.NDArray[np.float64]) -> None:
    """Draw what each path needs on the lots in turn, and leave in ``need`` what they lack."""
    for lot in queue:
        if not need.any():
            return
        part = np.minimum(lot.left, need)
        lot.left[:] -= part
        need -= part

"""Made-up usage: users and products by a power law, a year, a quarter of the sessions without a close, one in two hundred over days."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from flexlib import Rate, RateBook, RateSheet
from flexlib.scale.arrays import UNKNOWN

USERS, PRODUCTS, DAYS = 20_000, 30, 365
SECOND = 1_000_000
DAY = 86_400 * SECOND
START = 1_735_689_600 * SECOND  # 2025-01-01 in UTC
INSTANT = pa.timestamp("us", "UTC")

USER_NAMES = [f"user{place:05}@firm.example" for place in range(USERS)]
PRODUCT_NAMES = [f"product{place:02}" for place in range(PRODUCTS)]


class Log(NamedTuple):
    """Sessions as integer columns: user, product, launch, and close or UNKNOWN, instants in microseconds."""

    user: npt.NDArray[np.int32]
    product: npt.NDArray[np.int32]
    opened: npt.NDArray[np.int64]
    closed: npt.NDArray[np.int64]

    def of(self, rows: npt.NDArray[np.bool_]) -> Log:
        """Return some of the sessions."""
        return Log(*(column[rows] for column in self))

    def table(self) -> pa.Table:
        """Return the sessions as an Arrow table with names and instants."""
        return pa.table(
            {
                "user": pa.array(USER_NAMES).take(pa.array(self.user)),
                "product": pa.array(PRODUCT_NAMES).take(pa.array(self.product)),
                "opened_at": pa.array(self.opened).cast(INSTANT),
                "closed_at": pa.array(self.closed, mask=self.closed == UNKNOWN).cast(INSTANT),
            }
        )


def log(sessions: int) -> Log:
    """Return a session log, shuffled."""
    rng = np.random.default_rng(1)
    user = _by_power_law(rng, USERS, 0.6, sessions)
    product = _by_power_law(rng, PRODUCTS, 1.0, sessions)
    opened = rng.integers(0, DAYS * 86_400, sessions) * SECOND + START
    kind = rng.random(sessions)
    length = rng.integers(60, 9 * 3600, sessions) * SECOND
    long = kind < 0.005
    length[long] = rng.integers(1, 5, int(long.sum())) * DAY
    closed = opened + length
    closed[kind > 0.75] = UNKNOWN
    return Log(user, product, opened, closed)


def rates() -> RateBook:
    """Return made-up rates: of every product one, and of every tenth another in mid-year."""
    first = [Rate(name, place, effective_from=date(2020, 1, 1)) for place, name in enumerate(PRODUCT_NAMES)]
    later = [Rate(name, place + 1, effective_from=date(2025, 7, 1)) for place, name in enumerate(PRODUCT_NAMES) if place % 10 == 0]
    return RateBook([RateSheet("made up", [*first, *later])])


def _by_power_law(rng: np.random.Generator, several: int, power: float, number: int) -> npt.NDArray[np.int32]:
    """Return places among several, the first being the most frequent."""
    weights = 1 / np.arange(1, several + 1) ** power
    return rng.choice(several, number, p=weights / weights.sum()).astype(np.int32)

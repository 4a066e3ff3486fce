"""The columns of the engine, and how instants stand in them: microseconds since 1970 as 64-bit integers.

Every instant lies in the years 1 to 9999, as in Python, so the span between two of them takes less than 59 bits (`LONGEST`). The modules of
the engine say, where they add or multiply, why 64 bits hold it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from flexlib.charging.spans import FOREVER
from flexlib.errors import InvalidValueError

Instants: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.int32]
Places: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

UNKNOWN = int(np.iinfo(np.int64).min)
"""Stands for a close that is not known."""

FIRST_ROWS = 5
"""How many of the rows that are wrong an error names."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def as_ticks(instant: datetime) -> int:
    """Return an instant as microseconds since 1970."""
    return (instant - EPOCH) // TICK


def as_instant(ticks: int) -> datetime:
    """Return the instant of microseconds since 1970."""
    return EPOCH + ticks * TICK


FIRST, LAST = as_ticks(datetime.min.replace(tzinfo=UTC)), as_ticks(FOREVER)
"""The first and the last instant that there is."""

LONGEST = LAST - FIRST + 1
"""More than lies between any two instants."""


def span_ticks(span: timedelta) -> int:
    """Return a span of time in microseconds; one that is longer than all time is `LONGEST`, since that changes no comparison."""
    return min(span // TICK, LONGEST)


def check_instants(field: str, first: int, last: int) -> None:
    """Refuse instants, given the first and the last of them, that lie outside of the years 1 to 9999: the engine would overflow."""
    for ticks in (first, last):
        if not FIRST <= ticks <= LAST:
            raise InvalidValueError(field, ticks, f"microseconds since 1970 from {FIRST} to {LAST}, which are the years 1 to 9999")


class Names(NamedTuple):
    """A column of names: the sorted names, and the place of each row's among them."""

    names: list[str]
    codes: Codes

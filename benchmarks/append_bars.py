"""The bar of charging a day at a time: a day appended to a year's state, against charging the whole year."""

from __future__ import annotations

from collections.abc import Iterator

import made_up
import polars as pl
from made_up import DAY, DAYS, START
from measuring import Figure, ratios

from flexlib.scale import WindowState, charge_frame

LAST_DAYS = 9  # the state merges what is newer into the rest on one of some four


def figures(sessions: int) -> Iterator[Figure]:
    """Yield the figures of a log of so many sessions: each of its last days appended to the state of all days before it."""
    log, book = made_up.log(sessions), made_up.rates()
    day = (log.opened - START) // DAY
    first = DAYS - LAST_DAYS
    whole = pl.DataFrame(pl.from_arrow(log.table()))
    days = [pl.DataFrame(pl.from_arrow(log.of(day == number).table())) for number in range(first, DAYS)]
    state = WindowState.empty().append(pl.DataFrame(pl.from_arrow(log.of(day < first).table())), book).state
    values = []
    for frame in days:
        before = state

        def append(frame: pl.DataFrame = frame, before: WindowState = before) -> None:
            nonlocal state
            state = before.append(frame, book).state

        values += ratios(append, lambda: charge_frame(whole, book), runs=1)
    yield Figure(f"a day appended to the state of a year / the year of {sessions:,} sessions", values, at_most=0.01)

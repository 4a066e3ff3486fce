"""The bars of columnar charging: against polars' sort, against itself at a tenth of the size, against pandas, and its memory."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import made_up
import numpy as np
import pandas as pd
import polars as pl
from made_up import DAY, PRODUCT_NAMES, USER_NAMES, Log
from measuring import RUNS, Figure, ratios, seconds

from flexlib import FLEX
from flexlib.scale import charge_frame
from flexlib.scale.arrays import Names
from flexlib.scale.charging import ChargeColumns, SessionColumns, Terms, charge_columns
from flexlib.scale.spans import Cover
from flexlib.scale.windows import open_windows

PANDAS_SESSIONS = 20_000
MEGABYTE = 1 << 20


def figures(sessions: int) -> Iterator[Figure]:
    """Yield the figures of charging so many sessions."""
    whole = made_up.log(sessions)
    yield _against_sort(whole)
    tenth = made_up.log(sessions // 10)
    times = [_windows_seconds(whole) / _windows_seconds(tenth) for _ in range(RUNS)]
    yield Figure(f"windows of {sessions:,} sessions / of a tenth of them", times, at_most=13)
    yield _frames_against_sort(made_up.log(sessions // 2))
    yield _against_pandas(whole)
    del whole, tenth
    yield Figure(f"megabytes above the input at {sessions:,} sessions", [peak_megabytes(sessions)], at_most=600)


def charge(log: Log) -> ChargeColumns:
    """Charge sessions in integer columns: sort, windows and rates."""
    columns = SessionColumns(Names(USER_NAMES, log.user), Names(PRODUCT_NAMES, log.product), log.opened, log.closed, Cover.of(()))
    return charge_columns(columns, Terms(made_up.rates(), None, (), FLEX, None))


def _against_sort(log: Log) -> Figure:
    frame = pl.DataFrame(log._asdict())
    values = ratios(lambda: charge(log), lambda: frame.sort("user", "product", "opened"))
    return Figure(f"charging {len(log.user):,} shuffled sessions in integer columns / polars' sort of them", values, at_most=1.3)


def _windows_seconds(log: Log) -> float:
    group = log.user.astype(np.int64) * made_up.PRODUCTS + log.product
    return seconds(lambda: open_windows(group, log.opened, log.closed, DAY))


def _frames_against_sort(log: Log) -> Figure:
    frame = pl.DataFrame(pl.from_arrow(log.table()))
    book = made_up.rates()
    values = ratios(lambda: charge_frame(frame, book), lambda: frame.sort("user", "product", "opened_at"))
    return Figure(f"charge_frame on a polars frame of {len(frame):,} sessions with names / polars' sort of it", values, at_most=1.5)


def _against_pandas(log: Log) -> Figure:
    """Compare, per session, with what a user would write: a walk through each group of a pandas frame."""
    some = log.of(log.user >= np.sort(log.user)[-PANDAS_SESSIONS])
    frame = pd.DataFrame(some._asdict())
    frame["closed"] = np.maximum(frame["closed"], frame["opened"])

    def walk(group: pd.DataFrame) -> int:
        ends, windows = -1, 0
        for opened, closed in group.sort_values("opened")[["opened", "closed"]].itertuples(index=False):
            if opened >= ends:
                ends, windows = opened + DAY, windows + 1
            while closed > ends:
                ends, windows = ends + DAY, windows + 1
        return windows

    theirs = seconds(lambda: frame.groupby(["user", "product"])[["opened", "closed"]].apply(walk)) / len(frame)
    times = [theirs / (seconds(lambda: charge(log)) / len(log.user)) for _ in range(3)]
    return Figure(f"sessions a second: columnar / pandas groupby.apply (of {len(frame):,})", times, at_least=300)


def peak_megabytes(sessions: int) -> float:
    """Return the most memory that charging takes above its input, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure_peak, args=(theirs, sessions))
    process.start()
    theirs.close()  # so that the end of the process is the end of the pipe
    peak = float(ours.recv())
    process.join()
    return peak


def _measure_peak(to: Connection, sessions: int) -> None:
    charge(made_up.log(1000))
    log = made_up.log(sessions)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = _status("VmRSS")
    charge(log)
    to.send((_status("VmHWM") - before) / MEGABYTE)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def growth(sessions: int) -> Iterator[Figure]:
    """Yield how time and memory grow up to so many sessions."""
    for part in (sessions // 50, sessions // 5, sessions):
        log = made_up.log(part)
        yield Figure(
            f"microseconds a session of charging {part:,}", [seconds(lambda log=log: charge(log)) / part * 1e6 for _ in range(2)]
        )
        del log
        yield Figure(f"megabytes above the input at {part:,} sessions", [peak_megabytes(part)])

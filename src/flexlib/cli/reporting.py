"""Which engine makes the report: the typed one, or for large files, where it is installed, the columnar one with the same results."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Self

import click
from attrs import evolve
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from flexlib.cli.console import say
from flexlib.cli.inputs import Inputs
from flexlib.cli.job import Case, Job
from flexlib.cli.pages import PageFile
from flexlib.cli.report import Report, make_report
from flexlib.formats.session_header import session_header
from flexlib.model.ratebook import RateBook

LARGE = 20_000_000
"""From how many bytes on a session file is read in columns."""

_HINT = 'Warning: {} is large: with pip install "flexlib[frames]" it is read many times as fast'
_ONE_BY_ONE = "{:,} sessions are charged one by one, so that each can be shown: this takes longer than the tables of flexlib report"


def report_of(job: Job, at: datetime, *, quiet: bool) -> tuple[Report, tuple[Path, ...]]:
    """Return the report of a job, and the files that were left unread.

    Raises:
        FlexError: As `Job.case` does.
    """
    with _Bar(quiet=quiet) as bar:
        inputs, book = job.given(_LargeFiles(job.times_in, bar))
        made = _in_columns(job, inputs, book, at, bar) if inputs.tables and book else None
    if made is None:
        made = make_report(job.case_of(_as_values(inputs), book), at, job.zone)
    return made, inputs.unread


def report_with_page(job: Job, at: datetime, page: PageFile, *, quiet: bool) -> tuple[Report, tuple[Path, ...]]:
    """Write the page of a job, and return the report and the files that were left unread.

    Raises:
        FlexError: As `Job.case` and `PageFile.write` do.
    """
    case = case_of(job, quiet=quiet)
    page.write(case, at, job.zone)
    return make_report(case, at, job.zone), case.inputs.unread


def case_of(job: Job, *, quiet: bool) -> Case:
    """Return the case of a job with each charge as a value, also of large files: they are read in columns, and charged one by one.

    Raises:
        FlexError: As `Job.case` does.
    """
    with _Bar(quiet=quiet) as bar:
        inputs, book = job.given(_LargeFiles(job.times_in, bar))
    if inputs.tables:
        number = sum(len(table.opened) for table in inputs.tables)
        click.echo(_ONE_BY_ONE.format(number), err=True)
    return job.case_of(_as_values(inputs), book)


def _as_values(inputs: Inputs) -> Inputs:
    """Return the same with the sessions of large files as values."""
    sessions = [session for table in inputs.tables for session in table.sessions()]
    return evolve(inputs, usage=(*inputs.usage, *sessions), tables=())


def _in_columns(job: Job, inputs: Inputs, book: RateBook, at: datetime, bar: _Bar) -> Report | None:
    from flexlib.cli.large import large_report  # noqa: PLC0415  # its packages are an extra

    bar.task("Charging", None)
    return large_report(inputs, book, job.region, at, job.zone)


class _LargeFiles:
    """Reads large session files in columns, where the packages for it are installed."""

    def __init__(self, zone: tzinfo | None, bar: _Bar) -> None:
        self._zone, self._bar = zone, bar

    def __call__(self, file: Path) -> Inputs | None:
        size = file.stat().st_size if file.suffix.lower() == ".csv" else -1
        header = session_header(file) if size >= LARGE else None
        if header is None:
            return None
        try:
            from flexlib.formats.large_usage import read_large_usage  # noqa: PLC0415  # its packages are an extra
        except ModuleNotFoundError:
            say(_HINT.format(file), err=True)
            return None
        read = read_large_usage(file, header, self._zone, self._bar.task(f"Reading {file.name}", size))
        if read is None:
            return None
        return Inputs(tables=(read.table,) if len(read.table.opened) else (), problems=tuple(read.problems))


class _Bar:
    """A progress bar on standard error, where that is a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._shown = not quiet and sys.stderr.isatty()
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True, disable=not self._shown)

    def __enter__(self) -> Self:
        if self._shown:
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown:  # where it is hidden, stopping it would print an empty line
            self._progress.stop()

    def task(self, what: str, total: float | None) -> Callable[[int], None]:
        """Show a task; what is returned is told of its steps."""
        task = self._progress.add_task(what, total=total)

        def advance(steps: int) -> None:
            self._progress.advance(task, steps)

        return advance

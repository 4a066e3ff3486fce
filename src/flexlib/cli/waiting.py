"""A sign of life on standard error while a command works, where that is a terminal and the work takes long."""

from __future__ import annotations

import os
import sys
from threading import Lock, Timer
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

AFTER = 1.0
"""After how many seconds work counts as long."""


class Waiting:
    """Shows a spinner from some time on, until it is told to stop; not where output is quiet or no one would see it move."""

    def __init__(self, what: str, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        self._progress = Progress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, disable=not self._shown
        )
        self._progress.add_task(what, total=None)
        self._lock, self._over, self._started = Lock(), False, False
        self._timer = Timer(AFTER, self._start)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if self._shown:
            self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _start(self) -> None:
        with self._lock:
            if not self._over:
                self._progress.start()
                self._started = True

    def stop(self) -> None:
        """Take the spinner away, so that something can be written; it does not come back."""
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._started:
                self._progress.stop()
                self._started = False


class PatientCommand(click.Command):
    """A command that may take long; it calls `stop_waiting` before it writes."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, with a spinner where that takes long."""
        with Waiting(f"{ctx.command_path}: working it out …", quiet=bool(ctx.params.get("as_json"))) as waiting:
            ctx.obj = waiting
            return super().invoke(ctx)


def stop_waiting(ctx: click.Context) -> None:
    """Take the spinner of a command away."""
    waiting = ctx.find_object(Waiting)
    if waiting is not None:
        waiting.stop()

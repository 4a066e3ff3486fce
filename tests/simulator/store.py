"""A history on a machine that can stop between any two steps of its store: the next to open it finds what a crash leaves on the disk."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from attrs import define, field

from flexlib import HistoryError
from flexlib.history import History

PAGES = 3
"""So few pages in memory that changes reach the file before the end of an add, with the journal that undoes them."""


@define
class Machine:
    """A folder with a history, and the count of steps after which the machine stops.

    SQLite calls after every step of its own. At the last one the files are copied as they lie there, and nothing more is done: the copy
    is what is opened next.
    """

    folder: Path
    crashes: int = field(default=0, init=False)
    half_written: int = field(default=0, init=False)
    _history: History | None = field(default=None, init=False)
    _connection: sqlite3.Connection | None = field(default=None, init=False)
    _left: int = field(default=0, init=False)

    @property
    def history(self) -> History:
        """The history, open."""
        if self._history is None:
            self._disk.mkdir(exist_ok=True)
            with _connections_by(self._connect):
                self._history = History(self._disk / "flex.history")
        return self._history

    @property
    def _disk(self) -> Path:
        return self.folder / "disk"

    @property
    def _left_by_crash(self) -> Path:
        return self.folder / "left by the crash"

    def close(self) -> None:
        """Close the history."""
        if self._history is not None:
            self._history.close()
            self._history = None

    def stops_in(self, work: Callable[[], object], after: int) -> bool:
        """Do work in which the machine stops after some steps; tell whether it stopped, or the work was done before."""
        self._left = after
        if self._connection is not None:
            self._connection.set_progress_handler(self._step, 1)
        try:
            work()
        except HistoryError:
            if not self._left_by_crash.exists():
                raise
        finally:
            self._left = 0
            if self._history is not None and self._connection is not None:
                self._connection.set_progress_handler(None, 0)
        return self._restarted()

    def _restarted(self) -> bool:
        if not self._left_by_crash.exists():
            return False
        self.close()
        journal = self._left_by_crash / "flex.history-journal"
        self.crashes += 1
        self.half_written += journal.exists() and journal.stat().st_size > 0
        shutil.rmtree(self._disk)
        self._left_by_crash.rename(self._disk)
        return True

    def _connect(self, *terms: object, **named: object) -> sqlite3.Connection:
        self._connection = sqlite3.Connection(*terms, **named)
        self._connection.execute(f"PRAGMA cache_size = {PAGES}")
        if self._left:
            self._connection.set_progress_handler(self._step, 1)
        return self._connection

    def _step(self) -> bool:
        self._left -= 1
        if not self._left:
            shutil.copytree(self._disk, self._left_by_crash)
        return self._left <= 0


@contextmanager
def _connections_by(factory: Callable[..., sqlite3.Connection]) -> Iterator[None]:
    """Let SQLite's connections be made by a factory, as its own ``connect`` allows."""
    own = sqlite3.connect
    sqlite3.connect = partial(own, factory=factory)
    try:
        yield
    finally:
        sqlite3.connect = own

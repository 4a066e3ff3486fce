"""The file of a history: its tables, how it is opened, and what its errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from os import PathLike
from pathlib import Path
from threading import RLock

from flexlib.errors import HistoryError, InvalidValueError
from flexlib.history.facts import damaged

APPLICATION_ID = 0x464C4558  # "FLEX"
SCHEMA_VERSION = 1
_HEAD = 100  # bytes of an SQLite file's header, the application's id among them
_LONGEST_WAIT = timedelta(days=1)

_MEANINGS = {
    sqlite3.SQLITE_NOTADB: "it is no history: give another file",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: look whether its folder exists and may be written to",
    sqlite3.SQLITE_READONLY: "it may not be written to: open it for reading only, or give it the permission",
    sqlite3.SQLITE_FULL: "the disk is full: make room and try again",
    sqlite3.SQLITE_IOERR: "the disk does not read or write it: make room, or look after the disk, and try again",
    sqlite3.SQLITE_NOMEM: "there is too little memory for it",
    sqlite3.SQLITE_INTERRUPT: "it was interrupted: try again",
}

# A plain DELETE trigger does not fire for INSERT OR REPLACE; that every row is appended at the end keeps this way shut too.
_SCHEMA = (
    """
    CREATE TABLE imports (
        id INTEGER PRIMARY KEY,
        source TEXT,
        known_at TEXT NOT NULL,
        new INTEGER NOT NULL,
        known INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        superseded INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE versions (
        sequence INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        identity TEXT NOT NULL,
        number INTEGER NOT NULL,
        body TEXT NOT NULL,
        import_id INTEGER NOT NULL REFERENCES imports (id),
        file_rows TEXT,
        UNIQUE (kind, identity, number)
    ) STRICT
    """,
    """
    CREATE TRIGGER imports_are_appended BEFORE INSERT ON imports
    WHEN NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM imports)
        OR NEW.known_at < (SELECT known_at FROM imports ORDER BY id DESC LIMIT 1)
    BEGIN SELECT raise(ABORT, 'a history is append-only: rows are added at its end'); END
    """,
    """
    CREATE TRIGGER versions_are_appended BEFORE INSERT ON versions
    WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM versions)
        OR NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM versions WHERE kind = NEW.kind AND identity = NEW.identity)
    BEGIN SELECT raise(ABORT, 'a history is append-only: rows are added at its end'); END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_are_kept_from_{verb.lower()} BEFORE {verb} ON {table}
        BEGIN SELECT raise(ABORT, 'a history is append-only: nothing in it is changed or deleted'); END
        """
        for table in ("imports", "versions")
        for verb in ("UPDATE", "DELETE")
    ),
)


def is_history(path: str | PathLike[str]) -> bool:
    """Tell from its first bytes whether a file is a history; what cannot be read is none.

    .. versionadded:: 0.1.0
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD)
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return False
    return head.startswith(b"SQLite format 3\0") and head[68:72] == APPLICATION_ID.to_bytes(4, "big")


class HistoryFile:
    """A connection to the file of a history, for several threads in turn."""

    def __init__(self, path: Path, timeout: timedelta, *, readonly: bool) -> None:
        if timeout < timedelta():
            raise InvalidValueError("timeout", timeout, "a span of zero or more")
        self.name: str = str(path)
        self._timeout = timeout
        self._readonly = readonly
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        with self._named_errors():
            self._connection = self._connect(path)
            try:
                self._prepare(self._connection)
            except BaseException:  # also where it is interrupted: the file is closed, and the error goes on
                self.close()
                raise

    def close(self) -> None:
        """Close the file; it may be closed already."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read in one transaction, so that all that is read was there at one moment."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, alone among all writers; an error undoes all of it."""
        if self._readonly:
            raise HistoryError(self.name, "it was opened for reading only")
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self._named_errors():
            if self._connection is None:
                raise HistoryError(self.name, "it is closed: open it again")
            with _all_or_nothing(self._connection, begin):
                yield self._connection

    def _connect(self, path: Path) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < (3, 37):
            raise HistoryError(self.name, f"it needs SQLite 3.37 or later; this Python has {sqlite3.sqlite_version}")
        if self._readonly and not path.is_file():
            raise HistoryError(self.name, "there is no such file")
        wait = min(self._timeout, _LONGEST_WAIT).total_seconds()
        try:
            # An absolute path, since ":memory:" is no file; no transactions but ours; the lock stands in for the check of threads.
            # Readers open it likewise: SQLite's own mode=ro could not undo what a crash left half-way.
            return sqlite3.connect(path.absolute(), timeout=wait, isolation_level=None, check_same_thread=False)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise HistoryError(self.name, f"it cannot be opened: {error}") from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        with _all_or_nothing(connection, "BEGIN"):
            empty = self._is_empty(connection)
        if not empty:
            return
        if self._readonly:
            raise HistoryError(self.name, "it is empty, and no history yet")
        with _all_or_nothing(connection, "BEGIN IMMEDIATE"):
            if self._is_empty(connection):  # no other process was faster
                for statement in _SCHEMA:
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _is_empty(self, connection: sqlite3.Connection) -> bool:
        """Tell whether the file holds nothing yet; what holds something else than a history raises `HistoryError`."""
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not application and not version and not tables:
            return True
        if application != APPLICATION_ID or version < 1:
            raise HistoryError(self.name, "it is an SQLite database, but no history: give another file")
        if version > SCHEMA_VERSION:
            raise HistoryError(
                self.name,
                f"it was written by a newer flexlib: its schema is {version}, and this flexlib knows {SCHEMA_VERSION}; update flexlib",
            )
        return False

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise HistoryError(self.name, self._meaning(error)) from error
        except UnicodeDecodeError as error:  # sqlite3 could not read the message about a damaged file
            raise damaged(self.name, error) from error

    def _meaning(self, error: sqlite3.Error) -> str:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte; the rest tells more than is asked
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            wait = f"{self._timeout.total_seconds():g} seconds"
            return f"another process kept it locked for more than {wait}: try again, or give a longer timeout"
        return _MEANINGS[code] if code in _MEANINGS else damaged(self.name, error).problem


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:  # also where it is interrupted: nothing stays half done, and the error goes on
        if connection.in_transaction:  # some errors, such as a full disk, have ended it already
            connection.execute("ROLLBACK")
        raise

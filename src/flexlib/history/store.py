"""The history itself: facts are added, and read as they were known."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import Self, cast

from flexlib.errors import FlexError, HistoryError, InvalidValueError
from flexlib.history.facts import Content, Fact, agree, contents_of, damaged, fact_order, read_facts
from flexlib.history.placing import Placing, Version
from flexlib.history.schema import HistoryFile
from flexlib.history.values import Added, Change, ExportedRows, Import, KnownFacts, Origin, change_of
from flexlib.model.instants import as_utc
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.reported import ReportedSummary, ReportedTotal, ReportedUse
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session

_AT_ONCE = 500  # how many identities one query asks for; old SQLite takes no more than 999

_KNOWN = """
    SELECT kind, body FROM versions AS version
    WHERE import_id <= :last AND NOT EXISTS (
        SELECT 1 FROM versions AS later
        WHERE later.kind = version.kind AND later.identity = version.identity
            AND later.number = version.number + 1 AND later.import_id <= :last
    )
"""
_CHANGES = """
    SELECT version.kind, before.body, version.body, known_at, source
    FROM versions AS version
    JOIN versions AS before ON before.kind = version.kind AND before.identity = version.identity AND before.number = version.number - 1
    JOIN imports ON imports.id = version.import_id
    WHERE version.number > 1 ORDER BY version.sequence
"""
_ORIGINS = """
    SELECT body, file_rows, source, known_at FROM versions JOIN imports ON imports.id = import_id
    WHERE kind = ? AND identity = ? ORDER BY sequence
"""


class History:
    """A store of facts in one file, to which facts are added and in which none is ever changed or deleted.

    Adding the same facts again changes nothing, so exports whose ranges overlap can all be added. An add takes effect as a whole or,
    where the process dies in it, not at all; several processes may add at once, one waits for the other. Threads may share a history;
    after a fork, open another.

    Args:
        path: The file; it is made where there is none, unless it is opened for reading only.
        timeout: How long to wait for another process that has the file locked.
        readonly: Refuse every add, and make no file.

    Raises:
        HistoryError: The file is no history, is damaged, cannot be opened, or was written by a newer flexlib.

    .. versionadded:: 0.1.0
    """

    def __init__(self, path: str | PathLike[str], *, timeout: timedelta = timedelta(seconds=30), readonly: bool = False) -> None:
        self.path: Path = Path(path)
        self._file = HistoryFile(self.path, timeout, readonly=readonly)

    def add(
        self,
        facts: Iterable[Fact],
        *,
        known_at: datetime | None = None,
        source: str | None = None,
        restore: bool = False,
    ) -> Added:
        """Add sessions, results, reported rows, summaries and totals, packs, seats, refunds and transfers, and return what was new.

        A pack is known by its id, a seat by its user, products and start; reported rows by their user, product and day, and all rows of
        one in the same add are together what the vendor says of it. With other content they are another version, which replaces the
        one before. Every other fact is its content.

        A version that another has replaced changes nothing when it comes again, so that an old file added after a newer one does not
        bring old figures back. Where the old version does hold again, say ``restore``.

        Args:
            facts: The facts.
            known_at: When they became known, now unless given; not before anything else became known.
            source: Where they came from, in words.
            restore: Take versions that others have replaced for changes back to them.

        Raises:
            InvalidValueError: A value is no such fact; nothing is added.
            HistoryError: The file stayed locked or cannot be written, or ``known_at`` lies before another; nothing is added.

        .. versionadded:: 0.1.0
        """
        if source is not None and not isinstance(source, str):
            raise InvalidValueError("source", source, "text, or None")
        contents = contents_of((fact, None) for fact in facts)
        return self._record(contents, known_at, source, restore=restore)

    def add_export(self, export: ExportedRows, *, known_at: datetime | None = None, restore: bool = False) -> Added:
        """Add the rows of an export, with its file and their numbers in it as their origin; otherwise as `add`.

        The rows that its reader set aside are not among them: look at its problems first.

        .. versionadded:: 0.1.0
        """
        contents = contents_of(zip(export.rows, export.numbers, strict=True))
        return self._record(contents, known_at, export.file, restore=restore)

    def known(self, at: datetime | None = None) -> KnownFacts:
        """Return what was known at an instant, everything unless one is given.

        It is final before the newest instant at which anything became known, since nothing can be added that became known earlier.

        .. versionadded:: 0.1.0
        """
        until = None if at is None else _text(at)
        with self._file.reading() as connection:
            (last,) = connection.execute(
                "SELECT max(id) FROM imports WHERE :until IS NULL OR known_at <= :until", {"until": until}
            ).fetchone()
            rows = connection.execute(_KNOWN, {"last": last or 0}).fetchall()
        return _known_facts((read_facts(kind, body, self._file.name), body) for kind, body in rows)

    def imports(self) -> list[Import]:
        """Return every add that brought something, in order.

        .. versionadded:: 0.1.0
        """
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT id, source, known_at, new, known, changed, superseded FROM imports ORDER BY id"
            ).fetchall()
        return [Import(number, source, _instant(known_at, self._file.name), *counts) for number, source, known_at, *counts in rows]

    def changes(self) -> list[Change]:
        """Return every change of a fact to another version, in the order in which they were added.

        .. versionadded:: 0.1.0
        """
        with self._file.reading() as connection:
            rows = connection.execute(_CHANGES).fetchall()
        return [
            change_of(
                kind,
                read_facts(kind, before, self._file.name),
                read_facts(kind, after, self._file.name),
                _instant(known_at, self._file.name),
                source,
            )
            for kind, before, after, known_at, source in rows
        ]

    def origins(self, fact: Fact) -> tuple[Origin, ...]:
        """Return where a fact was met: for each version that holds it the row, or rows, that first gave it; none for an unknown fact.

        .. versionadded:: 0.1.0
        """
        (content,) = contents_of([(fact, None)])
        with self._file.reading() as connection:
            rows = connection.execute(_ORIGINS, (content.kind, content.identity)).fetchall()
        return tuple(
            Origin(source, number, _instant(known_at, self._file.name))
            for body, file_rows, source, known_at in rows
            for number in _rows_of(content, read_facts(content.kind, body, self._file.name), file_rows, self._file.name)
        )

    def close(self) -> None:
        """Close the file.

        .. versionadded:: 0.1.0
        """
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def _record(self, contents: list[Content], known_at: datetime | None, source: str | None, *, restore: bool) -> Added:
        given = None if known_at is None else as_utc(known_at)
        # A file's name may hold what is no text.
        label = None if source is None else source.encode("utf-8", "backslashreplace").decode()
        with self._file.writing() as connection:
            placing = Placing(self._versions(connection, contents), self._file.name, restore)
            for content in contents:
                placing.place(content)
            if not placing.kept:
                return Added(known=placing.known, superseded=placing.superseded)
            when = self._when(connection, given)
            _append(connection, placing, when, label)
        changed = tuple(
            change_of(placed.content.kind, placed.before.facts, placed.content.facts, when, label)
            for placed in placing.kept
            if placed.before
        )
        return Added(len(placing.kept) - len(changed), placing.known, changed, placing.superseded)

    def _versions(self, connection: sqlite3.Connection, contents: Iterable[Content]) -> dict[tuple[str, str], list[Version]]:
        """Return the versions held of each fact, in order."""
        wanted: dict[str, dict[str, None]] = defaultdict(dict)
        for content in contents:
            wanted[content.kind][content.identity] = None
        versions: dict[tuple[str, str], list[Version]] = defaultdict(list)
        for kind, identities in wanted.items():
            for some in _portions(list(identities)):
                query = f"SELECT identity, body FROM versions WHERE kind = ? AND identity IN ({','.join('?' * len(some))}) ORDER BY number"  # noqa: S608  # marks only
                for identity, body in connection.execute(query, (kind, *some)):
                    versions[kind, identity].append(Version(kind, body, self._file.name))
        return versions

    def _when(self, connection: sqlite3.Connection, given: datetime | None) -> datetime:
        """Return when facts became known: the clock may be behind what is known already, a caller may not."""
        last = connection.execute("SELECT known_at FROM imports ORDER BY id DESC LIMIT 1").fetchone()
        newest = None if last is None else _instant(last[0], self._file.name)
        if given is None:
            now = datetime.now(UTC)
            return now if newest is None else max(now, newest)
        if newest is not None and given < newest:
            raise HistoryError(
                self._file.name,
                f"known_at is {given.isoformat()}, and something was added that became known at {newest.isoformat()}: "
                "give that or later, or leave it out for now",
            )
        return given


def _append(connection: sqlite3.Connection, placing: Placing, when: datetime, source: str | None) -> None:
    (sequence,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM versions").fetchone()
    (imports,) = connection.execute("SELECT coalesce(max(id), 0) FROM imports").fetchone()
    changed = placing.changed
    counts = (len(placing.kept) - changed, placing.known, changed, placing.superseded)
    connection.execute("INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?, ?)", (imports + 1, source, _text(when), *counts))
    connection.executemany(
        "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (
                place,
                placed.content.kind,
                placed.content.identity,
                placed.number,
                placed.content.body,
                imports + 1,
                json.dumps(placed.content.numbers) if any(placed.content.numbers) else None,
            )
            for place, placed in enumerate(placing.kept, start=sequence + 1)
        ),
    )


def _portions(identities: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(identities), _AT_ONCE):
        yield identities[start : start + _AT_ONCE]


def _rows_of(content: Content, held: tuple[Fact, ...], file_rows: str | None, file: str) -> list[int | None]:
    """Return the numbers of the rows that gave a fact, [None] where it came from none, and [] where a version does not hold it."""
    (fact,) = content.facts
    if isinstance(fact, ReportedUse):
        if fact not in held:
            return []
        place = held.index(fact)
    elif agree(content.facts, held):
        place = 0
    else:
        return []
    try:
        return list(json.loads(file_rows)[place]) if file_rows else [None]
    except (LookupError, TypeError, ValueError) as error:
        raise damaged(file, error) from error


def _text(instant: datetime) -> str:
    """Return an instant such that texts are in order where instants are."""
    return as_utc(instant).isoformat(timespec="microseconds")


def _instant(text: str, file: str) -> datetime:
    try:
        return as_utc(datetime.fromisoformat(text))
    except (FlexError, TypeError, ValueError) as error:
        raise damaged(file, error) from error


def _known_facts(held: Iterable[tuple[tuple[Fact, ...], str]]) -> KnownFacts:
    """Return facts by type, each in order; what is left alike by it is told apart by how it is written."""
    places: dict[type[Fact], list[tuple[tuple[object, ...], str, tuple[Fact, ...]]]] = defaultdict(list)
    for facts, body in held:
        kind = Session if isinstance(facts[0], ResultUse) else type(facts[0])
        places[kind].append((fact_order(facts[0]), body, facts))
    ordered = {kind: tuple(fact for _, _, facts in sorted(own) for fact in facts) for kind, own in places.items()}
    return KnownFacts(
        usage=cast("tuple[Session | ResultUse, ...]", ordered.get(Session, ())),
        reported=cast("tuple[ReportedUse, ...]", ordered.get(ReportedUse, ())),
        packs=cast("tuple[TokenPack, ...]", ordered.get(TokenPack, ())),
        seats=cast("tuple[Seat, ...]", ordered.get(Seat, ())),
        refunds=cast("tuple[Refund, ...]", ordered.get(Refund, ())),
        transfers=cast("tuple[Transfer, ...]", ordered.get(Transfer, ())),
        summaries=cast("tuple[ReportedSummary, ...]", ordered.get(ReportedSummary, ())),
        totals=cast("tuple[ReportedTotal, ...]", ordered.get(ReportedTotal, ())),
    )

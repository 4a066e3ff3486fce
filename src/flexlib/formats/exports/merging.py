"""Several exports of one account as one: the same fact once, a changed one told, and where each was met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, tzinfo
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import define, evolve, field, frozen

from flexlib.charging.bulk import collector_paused
from flexlib.errors import FormatError
from flexlib.formats.exports.exported import Export, ExportRow
from flexlib.formats.exports.reading import read_export
from flexlib.model.amounts import counted, exact, plain, total
from flexlib.model.reported import ReportedSummary, ReportedTotal, ReportedUse, named, say_the_same
from flexlib.model.usage import Session

_Key: TypeAlias = tuple[date, str, str]


@frozen(order=True)
class Origin:
    """A place at which a fact was met; as text, such as ``july.csv: row 12``.

    Attributes:
        file: The file, as it was named.
        row: The row's number in it.

    .. versionadded:: 0.1.0
    """

    file: str
    row: int

    def __str__(self) -> str:
        return f"{self.file}: row {self.row}"


@frozen
class ReportedChange:
    """What a later file says otherwise of a user's use of a product on a day.

    Attributes:
        user: The user.
        product: The product, as the later file writes it.
        day: The day.
        before: The rows that held until then; they are no longer among the merged ones.
        after: The rows that took their place.
        before_file: The file that ``before`` is from.
        after_file: The file that ``after`` is from.

    .. versionadded:: 0.1.0
    """

    user: str
    product: str
    day: date
    before: tuple[ReportedUse, ...]
    after: tuple[ReportedUse, ...]
    before_file: str
    after_file: str

    def __str__(self) -> str:
        before, after = (total(row.tokens for row in rows) for rows in (self.before, self.after))
        key = f"{self.user}, {self.product}, {self.day.isoformat()}"
        return f"{key}: {counted(before, 'token')} in {self.before_file}, {plain(after)} in {self.after_file}"


@frozen
class MergedExports:
    """What several exports of one account hold together.

    Each row of the files is counted once: it stands here, it was replaced (in ``changes``), or it was met again (in ``repeated``).

    Attributes:
        reported: The rows of the daily exports by day, user and product.
        summaries: The rows of Usage Reports, in the order met.
        totals: The totals of enterprise queries, in the order met.
        sessions: The sessions of enterprise exports, in the order met.
        changes: What later files say otherwise than earlier ones, in the order of the files.
        problems: The rows that were set aside, of all files; and those that equal another of their file in all but a column that the
            values do not carry, so that their tokens count once.
        repeated: How many rows say what another one says.

    .. versionadded:: 0.1.0
    """

    reported: list[ReportedUse]
    summaries: list[ReportedSummary]
    totals: list[ReportedTotal]
    sessions: list[Session]
    changes: list[ReportedChange]
    problems: list[FormatError]
    repeated: int
    _groups: dict[_Key, list[_Group]] = field(factory=dict, repr=False, eq=False, alias="groups")
    _others: dict[ExportRow, list[Origin]] = field(factory=dict, repr=False, eq=False, alias="others")

    def origins_of(self, row: ExportRow) -> tuple[Origin, ...]:
        """Return every place at which a row was met, or the same in other words; none for a row that is neither here nor replaced.

        .. versionadded:: 0.1.0
        """
        if not isinstance(row, ReportedUse):
            return tuple(dict.fromkeys(self._others.get(row, ())))
        groups = self._groups.get(_key(row), ())
        return tuple(dict.fromkeys(chain.from_iterable(group.origins_of(row) for group in groups if row in group.rows)))


def read_exports(
    paths: Iterable[str | Path], *, zone: tzinfo | None = None, decimal: Literal[".", ","] | None = None
) -> MergedExports:
    """Return what several exports of one account hold together, the oldest file first; `read_export` and `merge_exports` in one.

    Raises:
        FormatError: A file as a whole cannot be read or is no export.

    .. versionadded:: 0.1.0
    """
    return merge_exports(read_export(path, zone=zone, decimal=decimal) for path in paths)


def merge_exports(exports: Iterable[Export]) -> MergedExports:
    """Return what several exports of one account hold together, the oldest export first.

    What a daily export charges a user for a product on a day is one fact, be it one row or several. Of two exports that charge the
    same for it, by all that both name of team and feature, it is kept once: from the one that names more, or else from
    the first. Where they charge otherwise the later one holds, and the change is told. Equal sessions, summaries or totals are one.

    Where any export gives the e-mail of an id, that user has this e-mail throughout; where two give one id different e-mails, the
    last one.

    >>> from flexlib.formats import ExportKind
    >>> def export(file, tokens):
    ...     row = ReportedUse("ada@studio.example", "Revit", date(2026, 3, 2), tokens)
    ...     return Export(ExportKind.USAGE, [row], [], file, [2])
    >>> merged = merge_exports([export("march.csv", 10), export("spring.csv", 20)])
    >>> print(merged.reported[0].tokens, merged.changes[0].before[0].tokens, merged.origins_of(merged.reported[0])[0])
    20 10 spring.csv: row 2

    .. versionadded:: 0.1.0
    """
    exports = list(exports)
    people = _people(exports)
    merge = _Merge()
    with exact(), collector_paused():
        for export in exports:
            merge.add(export, people)
    return merge.merged()


def _people(exports: Sequence[Export]) -> dict[str, str]:
    """Return the e-mail of each id, and the present one of each that an id had before; an e-mail still in use by another stays."""
    current: dict[str, str] = {}
    for export in exports:
        current.update(export.identities)
    in_use = set(current.values())
    known = chain.from_iterable(export.identities.items() for export in exports)
    former = {email: current[identity] for identity, email in known if email not in in_use}
    return former | current


@define(eq=False)
class _Group:
    """What one file says of a user, product and day: its rows, each with its numbers, and all groups that say the same, if any."""

    file: str
    rows: dict[ReportedUse, list[int]] = field(factory=dict)
    said: tuple[_Group, ...] = field(default=(), repr=False)

    def says_the_same_as(self, other: _Group) -> bool:
        return self.rows.keys() == other.rows.keys() or say_the_same(self.rows, other.rows)

    def origins_of(self, row: ReportedUse) -> Iterator[Origin]:
        """Yield where each file says what a row says: at the equal row, and at the rows that put the same otherwise."""
        for group in self.said or (self,):
            for other, numbers in group.rows.items():
                if other == row or other not in self.rows:
                    yield from (Origin(group.file, number) for number in numbers)


class _Merge:
    def __init__(self) -> None:
        self._groups: dict[_Key, list[_Group]] = {}  # of each, the last holds; those before it were replaced
        self._others: dict[ExportRow, list[Origin]] = {}
        self._changes: list[ReportedChange] = []
        self._problems: dict[tuple[object, ...], FormatError] = {}  # errors are equal to none; their arguments tell them apart
        self._repeated = 0

    def add(self, export: Export, people: dict[str, str]) -> None:
        groups: dict[_Key, _Group] = {}
        again: list[tuple[int, int]] = []
        for row, number in zip(export.rows, export.numbers, strict=True):
            own = _renamed(row, people)
            if not isinstance(own, ReportedUse):
                self._repeated += own in self._others
                self._others.setdefault(own, []).append(Origin(export.file, number))
                continue
            key = _key(own)
            group = groups.get(key)
            if group is None:
                group = groups[key] = _Group(export.file)
            numbers = group.rows.setdefault(own, [])
            self._repeated += bool(numbers)
            if numbers and own.tokens:
                again.append((numbers[0], number))
            numbers.append(number)
        self._tell([*export.problems, *_doubts(export, again)])
        for key, group in groups.items():
            self._take(key, group)

    def _tell(self, problems: Iterable[FormatError]) -> None:
        for problem in problems:
            self._problems.setdefault(problem.args, problem)

    def _take(self, key: _Key, group: _Group) -> None:
        known = self._groups.setdefault(key, [])
        if not known:
            known.append(group)
        elif known[-1].says_the_same_as(group):
            said = (*(known[-1].said or known[-1:]), group)
            kept, other = (group, known[-1]) if named(group.rows) > named(known[-1].rows) else (known[-1], group)
            kept.said, known[-1] = said, kept
            self._repeated += len(other.rows)
        else:
            self._changes.append(_change(known[-1], group))
            known.append(group)

    def merged(self) -> MergedExports:
        reported = (row for key in sorted(self._groups) for row in self._groups[key][-1].rows)
        others = list(self._others)
        return MergedExports(
            reported=list(reported),
            summaries=[row for row in others if isinstance(row, ReportedSummary)],
            totals=[row for row in others if isinstance(row, ReportedTotal)],
            sessions=[row for row in others if isinstance(row, Session)],
            changes=self._changes,
            problems=list(self._problems.values()),
            repeated=self._repeated,
            groups=self._groups,
            others=self._others,
        )


def _renamed(row: ExportRow, people: dict[str, str]) -> ExportRow:
    user = people.get(row.user) if row.user else None
    return row if user is None or user == row.user else evolve(row, user=user)


def _key(row: ReportedUse) -> _Key:
    return row.day, row.user, _folded(row.product)


@lru_cache(maxsize=1024)
def _folded(product: str) -> str:
    return " ".join(product.casefold().split())


def _doubts(export: Export, again: list[tuple[int, int]]) -> Iterator[FormatError]:
    """Yield a problem for each row that equals an earlier one of its file in all but a column that the values do not carry."""
    index = {number: index for index, number in enumerate(export.numbers)} if again else {}
    for first, number in again:
        column = next((header for header, texts in export.extra.items() if texts[index[first]] != texts[index[number]]), None)
        if column is not None:
            reason = f"it says what row {first} says but for this column, and counts once"
            yield FormatError(export.file, f"row {number}", column, reason)


def _change(known: _Group, later: _Group) -> ReportedChange:
    before, after = tuple(known.rows), tuple(later.rows)
    return ReportedChange(after[0].user, after[0].product, after[0].day, before, after, known.file, later.file)

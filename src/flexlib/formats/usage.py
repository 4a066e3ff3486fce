"""Sessions and results out of CSV files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import attrs
from attrs import frozen

from flexlib.errors import FlexError, FormatError
from flexlib.formats import limits
from flexlib.formats.records import RecordProblem, RecordReader
from flexlib.formats.tables import Table, TableRow, read_table
from flexlib.formats.times import parse_instant
from flexlib.model.usage import ResultUse, Session, Span, Use

T = TypeVar("T")


@frozen
class _SessionRecord:
    user: str
    product: str
    opened_at: datetime
    closed_at: datetime | None = None
    idle: str = ""
    team: str | None = None
    machine: str | None = None
    version: str | None = None


@frozen
class _ResultRecord:
    user: str
    product: str
    at: datetime
    quantity: Decimal = Decimal(1)
    team: str | None = None
    id: str | None = None


SESSION_COLUMNS = [attribute.name for attribute in attrs.fields(_SessionRecord)]
RESULT_COLUMNS = [attribute.name for attribute in attrs.fields(_ResultRecord)]


@frozen
class UsageFile:
    """What a usage file holds.

    Attributes:
        rows: The sessions or results, in the order of the file.
        problems: The rows set aside, each with its number, field and reason; none is dropped without one.

    .. versionadded:: 0.1.0
    """

    rows: list[Use]
    problems: list[FormatError]


def is_usage(columns: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether the columns of a CSV file are rather those of sessions or results than others."""
    found = set(columns)
    return len(found.intersection(SESSION_COLUMNS + RESULT_COLUMNS)) >= len(found.intersection(others))


def read_usage(path: str | Path, *, zone: tzinfo | None = None) -> UsageFile:
    """Return the sessions or results in a CSV file; its columns tell which.

    Sessions have the columns user, product, opened_at, and may have closed_at, idle, team, machine, version. Results have user,
    product, at, and may have quantity, team, id. Instants are ISO 8601 with a zone; ``zone`` says in which zone to read those
    without (rule T1). ``idle`` holds spans ``start/end``, separated by blanks.

    Raises:
        FormatError: The file cannot be read, or its columns are not those. A bad row raises nothing: it is set aside.

    .. versionadded:: 0.1.0
    """
    return read_usage_table(read_table(Path(path)), zone)


def read_usage_table(table: Table, zone: tzinfo | None) -> UsageFile:
    """Return the sessions or results in a table."""
    found = set(table.columns)
    likelier = len(found.intersection(SESSION_COLUMNS)) >= len(found.intersection(RESULT_COLUMNS))
    sessions = "opened_at" in found or ("at" not in found and likelier)
    columns, first = (SESSION_COLUMNS, "opened_at") if sessions else (RESULT_COLUMNS, "at")
    table.require(columns, ["user", "product", first])
    reader = RecordReader(zone, days=False)
    rows: list[Use] = []
    problems: list[FormatError] = []
    met: dict[Use, int] = {}
    for row in table.rows:
        try:
            use = _session(row, reader, zone) if sessions else _result(row, reader)
        except RecordProblem as error:
            limits.set_aside(problems, FormatError(str(table.path), f"row {row.number}", error.field, error.problem))
            continue
        if not sessions and use in met:
            reason = f"it repeats row {met[use]} and counts once; where both are meant, tell them apart in a column id"
            limits.set_aside(problems, FormatError(str(table.path), f"row {row.number}", "id", reason))
            continue
        met[use] = row.number
        rows.append(use)
    return UsageFile(rows, problems)


def _session(row: TableRow, reader: RecordReader, zone: tzinfo | None) -> Session:
    record = _record(row, reader, _SessionRecord)
    idle = _idle(record.idle, zone)
    try:
        return Session(
            record.user,
            record.product,
            record.opened_at,
            record.closed_at,
            idle=idle,
            team=record.team,
            machine=record.machine,
            version=record.version,
        )
    except FlexError as error:
        raise RecordProblem(getattr(error, "field", None), limits.in_short(error)) from error


def _result(row: TableRow, reader: RecordReader) -> ResultUse:
    record = _record(row, reader, _ResultRecord)
    try:
        return ResultUse(record.user, record.product, record.at, record.quantity, team=record.team, id=record.id)
    except FlexError as error:
        raise RecordProblem("quantity", limits.in_short(error)) from error


def _record(row: TableRow, reader: RecordReader, kind: type[T]) -> T:
    if row.problem:
        raise RecordProblem(None, row.problem)
    return reader.structure(row.cells, kind)


def _idle(text: str, zone: tzinfo | None) -> list[Span]:
    spans: list[Span] = []
    for part in text.split():
        start, slash, end = part.partition("/")
        try:
            spans.append((parse_instant(start, zone), parse_instant(end, zone)))
        except ValueError as error:
            reason = limits.in_short(error) if slash else f"{limits.shown(part)} is not a span start/end"
            raise RecordProblem("idle", reason) from error
    return spans

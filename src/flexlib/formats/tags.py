"""Chargeback tags out of CSV files."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path

import attrs
from attrs import frozen

from flexlib.errors import FlexError, FormatError
from flexlib.formats import limits
from flexlib.formats.records import RecordProblem, RecordReader
from flexlib.formats.tables import TableRow, read_table
from flexlib.model.products import Catalog
from flexlib.reports.chargeback import ChargebackTags, TagAssignment, conflict


@frozen
class _TagRecord:
    key: str
    value: str
    user: str | None = None
    team: str | None = None
    product: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


COLUMNS = [attribute.name for attribute in attrs.fields(_TagRecord)]


def read_tags(path: str | Path, *, catalog: Catalog | None = None, zone: tzinfo | None = None) -> ChargebackTags:
    """Return the chargeback tags in a CSV file.

    The columns are key and value, and may be user, team, product, starts_at, ends_at; a blank cell means every user, team or product,
    and no bound. ``catalog`` resolves the products. A date stands for 00:00 in ``zone``, UTC without one. A wrong row raises,
    since costs would go to the wrong place without it.

    Raises:
        FormatError: The file cannot be read, a row is wrong, or two rows give different values for the same at one instant; the error
            names the row, or both, and the field.

    .. versionadded:: 0.1.0
    """
    table = read_table(Path(path))
    table.require(COLUMNS, ["key", "value"])
    reader = RecordReader(zone)
    rows: dict[int, TagAssignment] = {}
    for row in table.rows:
        try:
            rows[row.number] = _assignment(row, reader, catalog)
        except RecordProblem as error:
            raise FormatError(str(path), f"row {row.number}", error.field, error.problem) from error
    doubled = conflict(rows.values())
    if doubled:
        first, second = sorted(number for number, assignment in rows.items() if any(assignment is one for one in doubled))
        problem = f"it and row {first} give different values at one instant: {rows[second]}, and {rows[first]}"
        raise FormatError(str(path), f"row {second}", "value", problem)
    return ChargebackTags(rows.values())


def _assignment(row: TableRow, reader: RecordReader, catalog: Catalog | None) -> TagAssignment:
    if row.problem:
        raise RecordProblem(None, row.problem)
    record = reader.structure(row.cells, _TagRecord)
    product = record.product
    if product is not None and catalog is not None:
        try:
            product = catalog.resolve(product).code
        except FlexError as error:
            raise RecordProblem("product", limits.in_short(error)) from error
    try:
        return TagAssignment(
            record.key,
            record.value,
            user=record.user,
            team=record.team,
            product=product,
            starts_at=record.starts_at,
            ends_at=record.ends_at,
        )
    except FlexError as error:
        raise RecordProblem(getattr(error, "field", None), limits.in_short(error)) from error
